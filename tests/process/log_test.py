#!/usr/bin/python3
"""The operator's log: one event one line, each of them logfmt, whatever happens; and nothing in it that anybody put into a case."""
import os
import re
import signal
import subprocess

import harness
from harness import DISPUTE, until
from curve_test import free_port

LINE = re.compile(r'time=\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z level=(debug|info|warn|error) event=[a-z]+(-[a-z]+)*( [a-z]+(-[a-z]+)*=("([^"\\]|\\["\\n])*"|[^ "=\\]+))*')


class Log(harness.Case):
    def setUp(self):
        self.port = free_port()
        settings = """log: debug
listen: {clients: 'tcp://127.0.0.1:%d'}
workers:
  - {name: mediation-centre, command: [mediation_centre, serve, --data, '{data}']}
  - {name: none-such, command: [/no/such/program]}
""" % self.port
        self.running = self.engine(start=False, workflows=("dispute-mediation",), settings=settings)
        self.path = os.path.join(self.running.folder, "stderr")
        with open(self.path, "w", encoding="utf-8") as log:
            self.running.process = subprocess.Popen([harness.program("staircase"), "serve", "--data", self.running.data, "--config", self.running.config],
                                                    stdout=subprocess.DEVNULL, stderr=log, stdin=subprocess.DEVNULL, cwd=harness.SOURCE, start_new_session=True)
        self.running.log = self.path
        self.running.wait_until_it_answers()

    def test_every_line(self):
        client = self.client(self.running)
        case = self.open_dispute(client)["case"]
        self.climb(client, case)
        until("the centre has it", lambda: self.running.rows("list", name="mediation_centre"))
        self.command(self.running, "accept", case, "--as", "sun", name="mediation_centre")
        self.command(self.running, "send", case, "sign", "--as", "sun", name="mediation_centre", code=1)  # refused: no agreement
        self.refused(client.send(case, "raise", "nobody-at-all", {"reason": 'a "quoted"\nline = two'}), "unknown-person")
        stranger = os.path.join(self.running.folder, "stranger.key")
        for count, change in enumerate((("make", "stranger", "--operator", "--out", stranger), ("revoke", "stranger")), 1):
            self.command(self.running, "keys", *change)
            until("it is read", lambda: self.running.said().count("event=keys-read") == count)
        harness.run("status", "--connect", "tcp://127.0.0.1:%d" % self.port, "--key-file", stranger, "--timeout", "5")
        good = self.running.said()
        for text in ("batch: [\n", "deploy:\n  - {calendar: \"no\tsuch\\nfile = x\"}\n", ""):
            self.running.write("staircase.yaml", text)
            before = self.running.said().count("event=reload")
            self.running.tell(signal.SIGHUP)
            until("it is read", lambda: self.running.said().count("event=reload") > before)
        self.assertEqual(self.running.stop(), 0)
        said = self.running.said()
        self.assertTrue(said.startswith(good) and said.endswith("\n"))
        self.assertEqual([line for line in said.splitlines() if not LINE.fullmatch(line)], [])
        for event in ("serving", "listening", "hello", "docket-serving", "engine-found", "case-received", "event-refused", "worker-started", "worker-not-started",
                      "worker-ended", "key-not-known", "keys-read", "reload-refused", "reloaded", "stopping", "docket-stopped", "stopped"):
            self.assertIn(" event=%s" % event, said)
        for private in (DISPUTE["summary"], "zhao", "qian", "双方差距太大", "quoted", "nobody-at-all"):
            self.assertNotIn(private, said)


if __name__ == "__main__":
    harness.main()
