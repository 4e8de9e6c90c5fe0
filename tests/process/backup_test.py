#!/usr/bin/python3
"""Backups: taken under load, checked, restored; stopped half-way; what was destroyed is in no later one."""
import glob
import os
import re
import shutil
import subprocess
import threading

import harness
from harness import BUILDING, DISPUTE, PATIENCE, until
from harness import staircase
from curve_test import free_port

MARK = "backup-unfinished"


class Load(threading.Thread):
    """Opens cases until told to finish; every acknowledged id with its position."""

    def __init__(self, engine, size=0):
        super().__init__(daemon=True)
        self.engine, self.enough, self.positions, self.error = engine, threading.Event(), {}, None
        self.data = {**DISPUTE, "summary": "漏" * size} if size else DISPUTE

    def run(self):
        try:
            with staircase.Client(self.engine.endpoint, name="load", retry=1.0) as client:
                while not self.enough.is_set() or client.pending:
                    while not self.enough.is_set() and len(client.pending) < 256:
                        client.submit({"m": "open", "w": "dispute-mediation", "u": BUILDING, "as": "li", "d": self.data, "key": staircase.new_id()})
                    ids = {pending.message["r"]: pending.message["id"] for pending in client.pending.values()}
                    answer = client.next_answer(PATIENCE)
                    if answer is None or answer["m"] not in ("applied", "duplicate"):
                        raise AssertionError(answer)
                    self.positions[ids[answer["r"]]] = answer["p"]
        except Exception as error:
            self.error = error

    def reach(self, count):
        until("%d events are acknowledged" % count, lambda: self.error or len(self.positions) >= count, patience=60)
        assert self.error is None, self.error

    def end(self):
        self.enough.set()
        self.join()
        assert self.error is None, self.error


class Backup(harness.Case):
    def setUp(self):
        self.running = self.engine()
        self.to = os.path.join(self.running.folder, "backup")

    def backup(self, code=0, to=None):
        return self.command(self.running, "backup", to or self.to, code=code)

    def verify_copy(self, folder, code=0):
        done = harness.run("verify", folder)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done.stdout + done.stderr

    def manifest(self, folder):
        with open(os.path.join(folder, "manifest"), encoding="ascii") as file:
            return dict(line.split(": ", 1) for line in file.read().splitlines() if not line.startswith("file:"))

    def shown(self, client, case):
        """With what only those who deal with it see."""
        return client.question("show", c=case, **{"as": "li"})[0]

    def restore(self, folder):
        """An engine on a copy of the backup, as an operator does it."""
        engine = self.engine(start=False)
        shutil.copytree(folder, engine.data)
        return engine.start()

    def test_under_load(self):
        """The engine goes on meanwhile; what was acknowledged before it began is in it; restored, it goes on from there."""
        load = Load(self.running)
        load.start()
        load.reach(2000)
        before = dict(load.positions)
        self.backup()
        load.reach(len(before) + 500)
        load.end()
        self.assertIn("its files are those of its manifest", self.verify_copy(self.to))
        position = int(self.manifest(self.to)["position"])
        self.assertGreaterEqual(position, max(before.values()))
        self.assertEqual(sorted(os.listdir(self.to)), ["keys", "manifest", "store"])
        for path in glob.glob(self.to + "/**", recursive=True):
            self.assertEqual(os.stat(path).st_mode & 0o077, 0, path)

        again = self.restore(self.to)
        self.assertIn("event=restored", again.said())
        client = self.client(again)
        self.assertEqual(client.status()["p"], position)
        for id in list(before)[:50]:
            self.assertLessEqual(before[id], position)
        case = self.open_dispute(client)["case"]
        self.assertEqual(self.shown(client, case)["data"]["summary"], DISPUTE["summary"])
        self.assertEqual(again.stop(), 0)
        self.verify(again)
        self.assertTrue(os.path.exists(os.path.join(again.data, "manifest.restored")))
        self.assertEqual(self.running.stop(), 0)
        self.verify(self.running)

    def test_private_values_are_read_again(self):
        client = self.client(self.running)
        first = self.open_dispute(client)
        shown = self.shown(client, first["case"])["data"]
        self.assertEqual(shown["applicant"], DISPUTE["applicant"])
        self.backup()
        again = self.restore(self.to)
        self.assertEqual(self.shown(self.client(again), first["case"])["data"], shown)

    def test_killed_in_the_middle(self):
        """However far it has come: what is left is known as unfinished, is no data folder and no backup, and the next one takes its place."""
        load = Load(self.running, size=1500)
        load.start()
        load.reach(6000)
        load.end()
        work, killed = self.to + ".unfinished", 0
        for delay in (0.0, 0.01, 0.02, 0.04):
            process = subprocess.Popen([harness.program("staircase"), "backup", self.to, "--data", self.running.data])
            until("it has begun", lambda: os.path.exists(os.path.join(work, MARK)) or process.poll() is not None)
            if delay:
                threading.Event().wait(delay)  # a moment of the copying; whichever it is must be survived
            process.kill()
            process.wait()
            if os.path.exists(self.to):  # it was quicker
                shutil.rmtree(self.to)
                continue
            killed += 1
            self.assertIn("stopped before it was finished", self.verify_copy(work, code=1))
            serve = harness.run("serve", "--data", work)
            self.assertEqual(serve.returncode, 5, serve.stderr)
            self.assertIn("stopped before it was finished", serve.stderr)
        self.assertGreater(killed, 0)
        self.client(self.running).status()
        self.backup()
        self.verify_copy(self.to)
        self.assertFalse(os.path.exists(work))

    def test_clients_and_the_centre_go_on(self):
        """What was trusted is trusted again, and what the centre has it has: the keys of TCP and the docket go along."""
        settings = "listen: {clients: 'tcp://127.0.0.1:%d', workers: 'tcp://127.0.0.1:%d'}\nlease-seconds: 1\n" % (free_port(), free_port())
        settings += "workers:\n  - {name: mediation-centre, command: [mediation_centre, serve, --data, '{data}']}\n"
        first = self.engine(workflows=("dispute-mediation",), settings=settings)
        address = re.search(r"clients: '([^']*)'", settings)[1]
        key = os.path.join(first.folder, "desk.key")
        self.command(first, "keys", "make", "desk", "--operator", "--out", key)
        client = self.client(first)
        case = self.open_dispute(client)["case"]
        self.climb(client, case)
        until("it is in the docket", lambda: [row["case"] for row in first.rows("list", name="mediation_centre")] == [case])
        self.command(first, "accept", case, "--as", "sun", name="mediation_centre")  # waits for the engine's answer: the task is the centre's for good
        said = self.command(first, "backup", self.to).stdout
        for name in ("keys/server.key", "keys/principals.yaml", "mediation-centre/data.mdb"):
            self.assertIn("  %s " % name, said)
            self.assertEqual(os.stat(os.path.join(self.to, name)).st_mode & 0o777, 0o600)
        self.verify_copy(self.to)
        self.assertEqual(first.stop(), 0)
        again = self.engine(start=False, workflows=("dispute-mediation",), settings=settings)
        shutil.copytree(self.to, again.data)
        again.start()
        self.assertRegex(again.said(), 'event=restored .*do="revoke again')
        far = staircase.Client(address, key=key, retry=1.0, timeout=PATIENCE)
        self.addCleanup(far.close)
        self.assertEqual(far.show(case)[0]["case"], case)
        until("the docket has it", lambda: [row["case"] for row in again.rows("list", name="mediation_centre")] == [case])
        self.command(again, "conclude", case, "--agreement", "周五前修好", "--as", "sun", name="mediation_centre")
        until("the engine has it", lambda: far.show(case)[0]["s"] == "keeping")

    def test_killed_while_it_is_restored(self):
        """At any write, sync or rename of the start: the next start goes on, and what was restored is whole."""
        if not shutil.which("strace"):
            self.skipTest("strace is not here")
        case = self.open_dispute(self.client(self.running))["case"]
        self.backup()
        position = int(self.manifest(self.to)["position"])
        killed = 0
        for call in ("mkdir", "rename", "fsync", "fdatasync", "pwrite64", "pwritev", "ftruncate", "unlink", "bind"):
            number = 1
            while self.start_killed_at(call, number, position, case):
                number += 1
            killed += number - 1
        self.assertGreater(killed, 8)

    def start_killed_at(self, call, number, position, case):
        """A start on a copy of the backup, killed at that call; then another. False: there are not so many such calls."""
        engine = self.engine(start=False)
        shutil.copytree(self.to, engine.data)
        engine.spawn(launch=("strace", "-f", "-qq", "-e", "trace=" + call, "-e", "inject=%s:signal=SIGKILL:when=%d" % (call, number), "-o", "/dev/null"))
        until("it is killed or serves", lambda: engine.process.poll() is not None or "event=serving" in engine.said())
        killed = "event=serving" not in engine.said()
        if killed:
            engine.start()
            client = self.client(engine)
            self.assertEqual(client.status()["p"], position, (call, number))
            self.assertEqual(self.shown(client, case)["data"]["summary"], DISPUTE["summary"])
            self.assertEqual(engine.stop(), 0)
            self.assertEqual([name for name in os.listdir(engine.data) if name.startswith("manifest")], ["manifest.restored"])
            self.verify(engine)
        engine.end()
        return killed

    def test_killed_when_it_has_written(self):
        """An upgrade of the records writes before it is known where the store stands: its file is another then, and the next start goes on."""
        case = self.open_dispute(self.client(self.running))["case"]
        self.backup()
        engine = self.engine(start=False)
        shutil.copytree(self.to, engine.data)
        os.rename(os.path.join(engine.data, "manifest"), os.path.join(engine.data, "manifest.restoring"))
        with open(os.path.join(engine.data, "store", "data.mdb"), "ab") as file:
            file.write(bytes(4096))
        engine.start()
        self.assertIn("event=restored", engine.said())
        self.assertEqual(self.shown(self.client(engine), case)["data"]["summary"], DISPUTE["summary"])
        # but another store is not taken for it
        os.rename(os.path.join(engine.data, "manifest.restored"), os.path.join(engine.data, "manifest.restoring"))
        self.open_dispute(self.client(engine))
        self.assertEqual(engine.stop(), 0)
        serve = harness.run("serve", "--data", engine.data)
        self.assertEqual(serve.returncode, 5, serve.stderr)
        self.assertIn("does not end where its manifest says", serve.stderr)

    def test_a_place_that_is_taken(self):
        os.mkdir(self.to)
        self.assertIn("is there already", self.backup(code=2).stderr)
        self.assertIn("No such file", self.backup(code=1, to=os.path.join(self.to, "no", "place")).stderr)
        self.assertEqual(os.listdir(self.to), [])

    def test_no_engine_ever(self):
        done = harness.run("backup", self.to, "--data", os.path.join(self.running.folder, "nothing"))
        self.assertEqual(done.returncode, 1)
        self.assertIn("holds no store", done.stderr)

    def test_of_a_stopped_folder(self):
        self.open_dispute(self.client(self.running))
        self.assertEqual(self.running.stop(), 0)
        self.backup()
        self.verify_copy(self.to)

    def test_damage_is_found(self):
        self.open_dispute(self.client(self.running))
        self.backup()
        for path, words in (("store/data.mdb", "store/data.mdb is not the file of the manifest"), ("keys/data.mdb", "keys/data.mdb is not the file"),
                            ("manifest", "")):
            copy = self.to + "-" + path.replace("/", "-")
            shutil.copytree(self.to, copy)
            with open(os.path.join(copy, path), "r+b") as file:
                file.seek(-3, os.SEEK_END)
                byte = file.read(1)
                file.seek(-3, os.SEEK_END)
                file.write(bytes([byte[0] ^ 1]))
            self.assertIn(words, self.verify_copy(copy, code=1))
        os.unlink(os.path.join(self.to, "keys", "data.mdb"))
        self.assertIn("is missing", self.verify_copy(self.to, code=1))

    def test_another_store_under_the_manifest_does_not_start(self):
        client = self.client(self.running)
        self.open_dispute(client)
        self.backup()
        self.open_dispute(client)
        later = self.to + "-later"
        self.backup(to=later)
        without = self.to + "-without"
        shutil.copytree(later, without)
        shutil.rmtree(os.path.join(without, "keys"))
        serve = harness.run("serve", "--data", without)
        self.assertEqual(serve.returncode, 5, serve.stderr)
        self.assertIn("keys/data.mdb is missing", serve.stderr)
        self.assertEqual(sorted(os.listdir(without)), ["manifest", "store"])
        shutil.copy(os.path.join(later, "store", "data.mdb"), os.path.join(self.to, "store", "data.mdb"))
        serve = harness.run("serve", "--data", self.to)
        self.assertEqual(serve.returncode, 5, serve.stderr)
        self.assertRegex(serve.stderr, "does not end where its manifest says|not of the size that the manifest")


if __name__ == "__main__":
    harness.main()
