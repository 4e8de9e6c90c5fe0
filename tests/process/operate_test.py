#!/usr/bin/python3
"""What an operator's monitoring asks: health by exit code, metrics as Prometheus reads them, and in a file for node_exporter."""
import json
import os
import re
import signal

import harness
from harness import DISPUTE, until
from curve_test import free_port

SAMPLE = re.compile(r'^(staircase_[a-z_]+)(\{[a-z]+="[^"\\\n]*"\})? (\d+(?:\.\d+)?)$')


def read(text):
    """Each sample, and the kind of each family; what is no line of the format is an error."""
    samples, kinds, told = {}, {}, set()
    for line in text.splitlines():
        if line.startswith("# HELP "):
            told.add(line.split()[2])
        elif line.startswith("# TYPE "):
            kinds[line.split()[2]] = line.split()[3]
        else:
            name, label, number = SAMPLE.match(line).groups()
            family = name if name in kinds else re.sub("_(bucket|sum|count)$", "", name)
            assert family in kinds and family in told, line
            assert name + (label or "") not in samples, line
            samples[name + (label or "")] = float(number)
    return samples, kinds


class Metrics(harness.Case):
    def samples(self, engine):
        return read(self.command(engine, "metrics").stdout)[0]

    def test_they_tell_what_happened(self):
        engine = self.engine()
        client = self.client(engine)
        case = self.open_dispute(client)["case"]
        self.refused(client.send(case, "sign", "li", {"agreement": "x"}), "not-now")
        self.climb(client, case)
        samples = self.samples(engine)
        self.assertEqual(samples['staircase_refusals_total{code="not-now"}'], 1)
        self.assertEqual(samples['staircase_answers_total{answer="refused"}'], 1)
        self.assertEqual(samples['staircase_answers_total{answer="applied"}'], 12)
        self.assertEqual(samples["staircase_cases_open"], 1)
        self.assertEqual(samples["staircase_log_records_total"], client.status()["p"])
        self.assertEqual(samples["staircase_batch_events_count"], samples["staircase_commit_seconds_count"])
        self.assertGreater(samples["staircase_commit_seconds_sum"], 0)
        self.assertEqual(samples["staircase_writable"], 1)
        self.assertEqual([value for name, value in samples.items() if name.startswith("staircase_alarm")], [0] * 6)
        self.assertGreater(samples["staircase_resident_memory_bytes"], 1 << 20)
        # the centre's task waits, until a worker has it
        until("it has waited", lambda: self.samples(engine)["staircase_oldest_undelivered_task_seconds"] > samples["staircase_oldest_undelivered_task_seconds"])
        worker = self.worker(engine, "centre", ["mediation-centre"])
        until("the worker has it", lambda: self.samples(engine)["staircase_oldest_undelivered_task_seconds"] == 0)
        samples = self.samples(engine)
        self.assertEqual((samples["staircase_workers"], samples["staircase_tasks_leased"]), (1, 1))
        self.assertIsNotNone(worker)

    def test_they_are_private_of_nobody(self):
        engine = self.engine()
        client = self.client(engine)
        self.open_dispute(client)
        said = self.command(engine, "metrics").stdout
        for word in ("jinnong", "li", "zhao", DISPUTE["summary"], "dispute"):
            self.assertIsNone(re.search(r"[\"{ ]%s[\"} ]" % word, said), word)
        self.assertEqual(set(read(client.metrics())[0]), set(read(said)[0]))
        self.refused(client.question("status", what="weather")[0], "bad-data")

    def test_a_watch_that_is_behind(self):
        engine = self.engine()
        client = self.client(engine)
        watch = self.client(engine).watch(position=1, credit=1, timeout=1)
        next(watch)
        for _ in range(5):
            self.open_dispute(client)
        self.assertGreaterEqual(self.samples(engine)["staircase_watch_lag_events"], 5)

    def test_in_a_file(self):
        engine = self.engine(start=False, settings="prometheus: {file: out.prom, seconds: 1}\n")
        path = os.path.join(engine.folder, "out.prom")
        engine.start()
        until("it is written", lambda: os.path.exists(path))
        self.open_dispute(self.client(engine))

        def applied():
            with open(path, encoding="utf-8") as file:
                return read(file.read())[0]['staircase_answers_total{answer="applied"}'] == 1
        until("it is written again", applied)
        os.unlink(path)
        os.mkdir(path)
        until("it cannot be written", lambda: "event=metrics-not-written" in engine.said())
        os.rmdir(path)
        until("it can", lambda: "event=metrics-written-again" in engine.said())
        self.assertEqual(sorted(name for name in os.listdir(engine.folder) if "prom" in name), ["out.prom"])


class Health(harness.Case):
    def test_its_words_and_its_exit_codes(self):
        engine = self.engine()
        self.assertIn("Ready", self.command(engine, "health").stdout)
        self.assertIn("就绪", self.command(engine, "health", "--lang", "zh").stdout)
        self.assertEqual(json.loads(self.command(engine, "health", "--json").stdout),
                         {"alive": True, "ready": True, "read-only": False, "stopping": False, "alarms": []})
        engine.tell(signal.SIGSTOP)
        try:
            self.command(engine, "health", "--timeout", "1", code=4)
        finally:
            engine.tell(signal.SIGCONT)
        self.assertEqual(engine.stop(), 0)
        self.command(engine, "health", code=3)


class Alarms(harness.Case):
    def test_in_both_languages(self):
        engine = self.engine(settings="listen: {clients: 'tcp://127.0.0.1:%d'}\n" % free_port())
        engine.command("keys", "make", "desk", "--operator", "--out", os.path.join(engine.folder, "desk.key"))
        with open(os.path.join(engine.data, "keys", "principals.yaml"), "a", encoding="utf-8") as file:
            file.write("mistake: [\n")
        until("the alarm stands", lambda: engine.command("health").returncode == 1)
        for command in "health", "status":
            code = 1 if command == "health" else 0
            self.assertIn("keys-not-read: The list of keys has a mistake", self.command(engine, command, code=code).stdout)
            said = self.command(engine, command, "--lang", "zh", code=code).stdout
            self.assertIn("keys-not-read: 密钥名单有误", said)
            self.assertNotIn("mistake", said)
        self.assertEqual(json.loads(self.command(engine, "health", "--json", code=1).stdout)["alarms"], ["keys-not-read"])


class Reload(harness.Case):
    def test_all_or_nothing(self):
        engine = self.engine(start=False, settings="log: info\n")
        with open(engine.config, encoding="utf-8") as file:
            good = file.read()
        engine.start()

        def reload(text, count, words):
            engine.write("staircase.yaml", text)
            engine.tell(signal.SIGHUP)
            return until(words, lambda: [line for line in engine.said().splitlines() if "event=%s" % words in line][count:])[0]

        self.assertRegex(reload(good, 0, "reloaded"), 'level=info .*changed="" needs-restart=""$')
        # mistakes change nothing, not even what is right
        line = reload(good.replace("log: info", "log: debug") + "batch: many\nretry: {attempts: 0}\n", 0, "reload-refused")
        self.assertRegex(line, r"level=error .*mistakes=2 why=.*batch")
        os.unlink(engine.config)
        engine.tell(signal.SIGHUP)
        until("a file that is gone is said", lambda: engine.said().count("reload-refused") == 2)
        self.assertNotIn("level=debug", engine.said())
        # what can change does, the rest is named
        changed = good.replace("log: info", "log: debug") + "batch: 16\nprometheus: {file: out.prom, seconds: 1}\nlease-seconds: 7\nlisten: {clients: 'tcp://127.0.0.1:7417'}\n"
        line = reload(changed, 1, "reloaded")
        self.assertRegex(line, r"level=warn .*changed=log,batch,prometheus needs-restart=lease-seconds,listen$")
        self.open_dispute(self.client(engine))
        until("the level is another", lambda: "level=debug" in engine.said())
        until("the metrics are written", lambda: os.path.exists(os.path.join(engine.folder, "out.prom")))
        # what needs a start is named until there is one
        self.assertRegex(reload(good, 2, "reloaded"), r'changed=log,batch,prometheus needs-restart=""$')
        self.assertRegex(reload(good + "history: [a, b]\nworkers:\n  - {name: x, command: ['true']}\n", 3, "reloaded"), "changed=history needs-restart=workers$")
        self.assertRegex(reload(good + "history: [a, b]\nworkers:\n  - {name: x, command: ['true']}\n", 4, "reloaded"), 'changed="" needs-restart=workers$')
        self.open_dispute(self.client(engine))
        self.assertEqual(engine.stop(), 0)
        self.verify(engine)

    def test_under_load(self):
        engine = self.engine()
        client = self.client(engine)
        for number in range(60):
            client.submit({"m": "open", "w": "dispute-mediation", "u": harness.BUILDING, "as": "li", "d": DISPUTE, "key": harness.staircase.new_id()})
            if number % 3 == 0:
                engine.tell(signal.SIGHUP)
        for _ in range(60):
            self.applied(client.next_answer(harness.PATIENCE))
        self.assertEqual(engine.stop(), 0)
        self.verify(engine)

    def test_with_an_empty_file(self):
        engine = self.engine(start=False)
        engine.config = engine.write("empty.yaml", "")
        engine.start()
        engine.tell(signal.SIGHUP)
        until("it is read", lambda: "event=reloaded" in engine.said())
        self.assertEqual(engine.stop(), 0)


if __name__ == "__main__":
    harness.main()
