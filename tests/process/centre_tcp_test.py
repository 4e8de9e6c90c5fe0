#!/usr/bin/python3
"""The mediation centre on another machine: its docket in a folder of its own, the engine by TCP, with one key for its tasks and one to read histories."""
import json
import os
import subprocess

import harness
from harness import until
from curve_test import free_port


class CentreElsewhere(harness.Case):
    def setUp(self):
        self.ports = free_port(), free_port()
        self.running = self.engine(workflows=("dispute-mediation",), settings="listen: {clients: 'tcp://127.0.0.1:%d', workers: 'tcp://127.0.0.1:%d'}\nlease-seconds: 1\n" % self.ports)
        self.folder = os.path.join(self.running.folder, "centre")
        self.log = open(os.path.join(self.running.folder, "centre.log"), "w+", encoding="utf-8")
        self.addCleanup(self.log.close)
        self.worker_key = self.make("mediation-centre", "--worker", "mediation-centre", "--people", "jinnong-centre")
        self.desk_key = self.make("centre-desk", "--app", "--person", "mediation-centre", "--unit", "jinnong")

    def make(self, name, *rights):
        path = os.path.join(self.running.folder, name + ".key")
        before = self.running.said().count("event=keys-read")
        self.command(self.running, "keys", "make", name, *rights, "--out", path)
        until("the engine has read it", lambda: self.running.said().count("event=keys-read") > before)
        return path

    def serve(self, *more):
        places = ["--workers", "tcp://127.0.0.1:%d" % self.ports[1], "--key-file", self.worker_key,
                  "--clients", "tcp://127.0.0.1:%d" % self.ports[0], "--clients-key-file", self.desk_key]
        process = subprocess.Popen([harness.program("mediation_centre"), "serve", "--data", self.folder, *(more or places)], stdin=subprocess.DEVNULL,
                                   stdout=subprocess.DEVNULL, stderr=self.log, start_new_session=True)
        self.addCleanup(harness.end_process, process)
        until("the docket can be asked", lambda: self.ask("list").returncode == 0)
        return process

    def ask(self, *arguments):
        return harness.run(*arguments, "--data", self.folder, name="mediation_centre")

    def docket(self):
        return [json.loads(line) for line in self.ask("list", "--json", "--all").stdout.splitlines()]

    def test_a_case_goes_there_and_back(self):
        self.serve()
        client = self.client(self.running)
        case = self.open_dispute(client)["case"]
        self.climb(client, case)
        until("it is in the docket", lambda: [row["case"] for row in self.docket()] == [case])
        until("its history is read", lambda: "raise" in self.ask("show", case).stdout)
        for order in ("accept", case), ("conclude", case, "--agreement", "周五前修好"):
            done = self.ask(*order, "--as", "sun")
            self.assertEqual(done.returncode, 0, done.stderr)
        until("the engine has it", lambda: client.show(case)[0]["s"] == "keeping")
        signed, = [row for row in client.show(case, history=True)[1:] if row.get("e") == "sign"]
        self.assertEqual((signed["worker"], signed["as"]), ("mediation-centre", "sun"), signed)
        self.assertFalse(os.path.exists(os.path.join(self.running.data, "mediation-centre")))
        self.log.seek(0)
        self.assertNotIn("level=warn", self.log.read())  # histories are read, erasures watched

    def test_it_waits_for_its_engine_and_for_its_key(self):
        self.assertEqual(self.running.stop(), 0)
        process = self.serve()
        self.running.start()
        client = self.client(self.running)
        case = self.open_dispute(client)["case"]
        self.climb(client, case)
        until("it is in the docket", lambda: [row["case"] for row in self.docket()] == [case])
        self.command(self.running, "keys", "revoke", "mediation-centre")
        until("the engine has read it", lambda: "event=key-not-known" in self.running.said())
        self.climb(client, self.open_dispute(client)["case"])
        self.assertEqual([row["case"] for row in self.docket()], [case])  # nothing more is shown to it
        self.assertIsNone(process.poll())
        self.assertEqual(self.ask("show", case).returncode, 0)  # what it has it has

    def holds(self, words):
        with open(os.path.join(self.folder, "mediation-centre", "data.mdb"), "rb") as file:
            return words.encode() in file.read()

    def test_what_is_erased_goes_there_too(self):
        """Its key may not act for the person: it hears that somebody was erased, not who, and looks through everything that it has."""
        self.serve()
        client = self.client(self.running)
        words = "夜里漏水MARKED"
        case = self.applied(client.open("dispute-mediation", harness.BUILDING, "app:zhao", {**harness.DISPUTE, "summary": words}))["case"]
        self.climb(client, case)
        until("its history is read", lambda: words in self.ask("show", case).stdout)
        self.assertTrue(self.holds(words))
        self.command(self.running, "erase", "app:zhao", "--as", "zhou", "--why", "asked for")
        until("it stands there no more", lambda: not self.holds(words))
        self.assertNotIn(words, self.ask("show", case).stdout)

    def test_called_wrongly(self):
        wrong = (("--workers", "tcp://127.0.0.1:%d" % self.ports[1]), ("--workers", "tcp://127.0.0.1:1", "--key-file", self.worker_key),
                 ("--clients", "tcp://127.0.0.1:1", "--clients-key-file", self.desk_key), ("--clients-key-file", self.desk_key),
                 ("--workers", "ipc://x", "--key-file", self.worker_key), ("--workers", "tcp://127.0.0.1:1", "--key-file", "/no/such.key"))
        for arguments in wrong:
            done = self.ask("serve", *arguments)
            self.assertEqual(done.returncode, 2, (arguments, done.stderr))
        self.assertIn("--workers and --key-file go together", self.ask("serve", *wrong[0]).stderr)
        self.assertFalse(os.path.exists(self.folder))


if __name__ == "__main__":
    harness.main()
