#!/usr/bin/python3
"""A disk that fills: nothing acknowledged is lost, questions are answered, and when there is room again it goes on by itself. One that dies: nothing more is
acknowledged, the engine leaves, and recovers at its next start.

The disks are a small tmpfs, and for root a small image with ext4 on a loop device, in a mount namespace of this test's own; where the system does not
allow that, the test is skipped. That a disk dies is told to the engine by strace, call by call."""
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

import harness
from harness import BUILDING, DISPUTE, PATIENCE, until
from harness import staircase

SIZE = 96 << 20


def system(*words, **more):
    return subprocess.run(words, check=True, capture_output=True, text=True, **more).stdout.strip()


def has_loops():
    """Whether an image can be mounted here at all."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "image")
        with open(path, "wb") as file:
            file.truncate(8 << 20)
        try:
            system("mkfs.ext4", "-q", "-F", path)
            system("mount", "-o", "loop", path, folder)
            system("umount", folder)
        except (OSError, subprocess.CalledProcessError):
            return False
    return True


LOOPS = "STAIRCASE_OWN_MOUNTS" in os.environ and has_loops()


class Mounted(harness.Case):
    def folder(self):
        folder = tempfile.mkdtemp(prefix="staircase-")
        self.addCleanup(os.rmdir, folder)
        return folder

    def mount(self, *words):
        folder = self.folder()
        system("mount", *words, folder)
        self.addCleanup(self.unmount, folder)
        return folder

    def unmount(self, folder):
        if os.path.ismount(folder):
            system("umount", "-l", folder)

    def tmpfs(self, size):
        return self.mount("-t", "tmpfs", "-o", "size=%d" % size, "tmpfs")

    def image(self, folder, size):
        """A file with ext4 in it."""
        path = os.path.join(folder, "image")
        with open(path, "wb") as file:
            file.truncate(size)
        system("mkfs.ext4", "-q", "-F", "-m", "0", path)
        return path


class Disk(Mounted):
    def small_disk(self):
        return self.tmpfs(SIZE)

    def engine_on_a_small_disk(self):
        return self.engine(folder=self.small_disk())

    def free(self, engine):
        disk = os.statvfs(engine.folder)
        return disk.f_bavail * disk.f_frsize

    def fill(self, engine, leave=0):
        """A file that leaves only so many bytes."""
        path = os.path.join(engine.folder, "ballast")
        with open(path, "ab", buffering=0) as file:
            while (room := self.free(engine) - leave) > 0:
                try:
                    file.write(b"\0" * min(room, 1 << 20))
                except OSError:
                    break
        return path

    def test_nearly_full_and_full_and_room_again(self):
        engine = self.engine_on_a_small_disk()
        client, other = self.client(engine, retry=3), self.client(engine)
        case = self.open_dispute(client)["case"]
        ballast = self.fill(engine, leave=32 << 20)
        until("the disk is seen to be nearly full", lambda: self.refuses_new_cases(client))
        self.agree(other, case)  # what is begun goes on

        self.fill(engine)
        events = [client.submit({"m": "send", "c": case, "e": "comment", "as": "li", "d": {"comments": "第%d条" % number + "好" * 1500}}) for number in range(200)]
        until("it is read-only", lambda: other.status().get("read-only"))
        self.assertEqual(other.show(case)[0]["s"], "mediation")
        self.assertIn("disk-full", other.status()["alarm-names"])
        self.assertIn("the disk is full", self.command(engine, "health", code=1).stdout)
        os.unlink(ballast)
        answers = {}
        while len(answers) < len(events):
            answer = client.next_answer(PATIENCE)
            self.assertIsNotNone(answer, "no answer, with %d open" % len(client.pending))
            if answer["r"] in events:
                self.assertIn(answer["m"], ("applied", "duplicate"))
                answers[answer["r"]] = answer["p"]
        self.assertEqual(len(set(answers.values())), len(events))
        self.assertFalse(other.status().get("read-only"))
        self.assertEqual(sum(entry["e"] == "comment" for entry in other.show(case, history=True)[1:]), len(events))
        self.assertEqual(engine.stop(), 0)
        self.verify(engine)

    def refuses_new_cases(self, client):
        request = client.submit({"m": "open", "w": "dispute-mediation", "u": BUILDING, "as": "li", "d": DISPUTE})
        return client.next_answer(0.2) is None and client.pending[request].busy

    def test_it_refuses_within_one_batch(self):
        """One event at a time, so that each is a batch: the first that does not fit is the last for which anything is tried."""
        engine = self.engine_on_a_small_disk()
        client, other = self.client(engine, retry=60), self.client(engine)
        case = self.open_dispute(client)["case"]
        ballast = self.fill(engine)
        sent, applied = 0, 0
        while sent == applied:
            request = client.submit({"m": "send", "c": case, "e": "comment", "as": "li", "d": {"comments": "好" * 2000}})
            sent += 1
            answer = until("it is answered, or the disk is seen to be full", lambda: client.next_answer(0.05) or other.status().get("read-only"))
            applied += answer is not True and answer["r"] == request
            self.assertLess(sent, 20000, "the disk does not fill")
        status = other.status()
        self.assertEqual((status.get("read-only"), status["alarm-names"][0]), (True, "disk-full"))
        for _ in range(20):  # at once, and with a time; nothing is written
            with staircase.Client(engine.endpoint, retry=60) as third:
                request = third.submit({"m": "send", "c": case, "e": "comment", "as": "li", "d": {"comments": "x"}})
                until("it is put off", lambda: third.next_answer(0.02) is None and third.pending[request].busy)  # noqa: B023
        self.assertEqual(other.status()["p"], status["p"])
        self.assertEqual(len(other.show(case, history=True)), 1 + 1 + applied)  # its row, its opening, and what was acknowledged
        os.unlink(ballast)
        until("it goes on by itself", lambda: not other.status().get("read-only") or self.nudge(other, case))
        self.assertEqual(engine.said().count("event=disk-full "), 1)
        self.assertEqual(engine.stop(), 0)
        self.verify(engine)

    def nudge(self, client, case):
        client.submit({"m": "send", "c": case, "e": "comment", "as": "li", "d": {"comments": "x"}})
        return client.next_answer(0.2)

    def test_killed_when_full(self):
        engine = self.engine_on_a_small_disk()
        client = self.client(engine, retry=3)
        case = self.open_dispute(client)["case"]
        ballast = self.fill(engine)
        for number in range(200):
            client.submit({"m": "send", "c": case, "e": "comment", "as": "li", "d": {"comments": "好" * 2000}})
        other = self.client(engine)
        until("it is read-only", lambda: other.status().get("read-only"))
        engine.kill()
        os.unlink(ballast)
        engine.start()
        while client.pending:
            answer = client.next_answer(PATIENCE)
            self.assertIn(answer and answer["m"], ("applied", "duplicate"))
        self.assertEqual(sum(entry["e"] == "comment" for entry in other.show(case, history=True)[1:]), 200)
        self.assertEqual(engine.stop(), 0)
        self.verify(engine)


@unittest.skipUnless(LOOPS, "no image can be mounted here")
class Image(Disk):
    """The same on ext4, which promises room before it has it."""

    test_killed_when_full = None  # as on any disk

    def small_disk(self):
        return self.mount("-o", "loop", self.image(self.folder_of_files(), SIZE))

    def folder_of_files(self):
        folder = tempfile.mkdtemp(prefix="staircase-")
        self.addCleanup(shutil.rmtree, folder, ignore_errors=True)
        return folder


@unittest.skipUnless(LOOPS, "no image can be mounted here")
class Thin(Mounted):
    """A disk that has less than it has promised, as of a storage that is shared out more than once: the writes succeed, and a sync says that there is no room. On
    Linux 6.18 with ext4 on a loop device what the sync before it had made durable may be gone then, and what is written over what failed does not arrive
    although its sync succeeds, unless the system is made to forget what it remembers of the file (store_lmdb_file.c)."""

    def test_it_is_told_and_not_believed(self):
        under = self.tmpfs(24 << 20)
        image = self.image(under, 256 << 20)
        folder = self.mount("-o", "loop", image)
        engine = self.engine(folder=folder)
        receipts, open_one = {}, {"m": "open", "w": "dispute-mediation", "u": BUILDING, "as": "li", "d": {**DISPUTE, "summary": "漏" * 2000}}
        gave_up = lambda: engine.process.poll() is not None or "event=disk-full " in engine.said()
        client = self.client(engine, retry=1)
        while not gave_up():
            request = client.submit({**open_one, "key": staircase.new_id()})
            answer = until("it is answered, or gives up", lambda: client.next_answer(0.02) or gave_up())
            if answer is not True:
                self.assertEqual(answer["r"], request)
                receipts[self.applied(answer)["case"]] = answer
        self.assertGreater(len(receipts), 5)
        system("mount", "-o", "remount,size=%d" % (512 << 20), under)
        until("it goes on by itself, or leaves", lambda: engine.process.poll() is not None or client.next_answer(0.1))
        if engine.process.poll() is not None:  # it has read again what the disk has, and it was not what was synced
            self.assertIn("code=corrupt", engine.said())
            self.assertNotEqual(engine.command("verify").returncode, 0)
            return
        self.assertEqual(engine.stop(), 0)
        system("umount", folder)  # what the system's memory held and the disk does not is gone
        system("mount", "-o", "loop", image, folder)
        self.verify(engine)
        engine.start()
        there = {row["case"]: row["p"] for row in self.news(self.client(engine)) if row["e"] == "open"}
        self.assertEqual({case: there[case] for case in receipts}, {case: answer["p"] for case, answer in receipts.items()})


class Dying(Mounted):
    """EIO."""

    def test_a_call_that_fails_from_now_on(self):
        """strace lets each sync, or each write, of the store or of the keys fail from one moment on."""
        if shutil.which("strace") is None or subprocess.run(["strace", "-qq", "-o", "/dev/null", "true"], capture_output=True, check=False).returncode:
            self.skipTest("no strace")
        for call, part in (("fdatasync", "store"), ("pwrite64,pwritev,writev,write", "store"), ("fdatasync", "keys")):
            with self.subTest(call=call, part=part):
                engine = self.engine(start=False)
                path = os.path.join(engine.data, part)
                engine.spawn(launch=["strace", "-f", "-qq", "-o", os.path.join(engine.folder, "trace"), "-P", os.path.join(path, "data.mdb"), "-P", path,
                                     "-e", "trace=" + call, "-e", "inject=%s:error=EIO:when=30+" % call])
                engine.wait_until_it_answers()
                receipts, sent = self.send_until_it_leaves(engine)
                self.assertIn("event=leaving", engine.said())
                self.recovers(engine, receipts, sent)

    def send_until_it_leaves(self, engine):
        """Cases one after the other. What was acknowledged, and what was sent; nothing is acknowledged after the first that was not."""
        receipts, sent, silent = {}, {}, 0
        with staircase.Client(engine.endpoint, retry=0.3) as client:
            while engine.process.poll() is None:
                message = {"m": "open", "w": "dispute-mediation", "u": BUILDING, "as": "li", "d": {**DISPUTE, "summary": "漏" * 2000}, "id": staircase.new_id(), "key": staircase.new_id()}
                request = client.submit(message)
                sent[message["id"]] = message
                answer = until("it is answered, or the engine leaves", lambda: client.next_answer(0.02) or engine.process.poll() is not None)
                if answer is True:
                    break
                self.assertEqual((answer["r"], silent), (request, 0))
                receipts[message["id"]] = self.applied(answer)
        self.assertNotEqual(engine.wait(PATIENCE), 0)
        return receipts, sent

    def recovers(self, engine, receipts, sent):
        self.assertEqual(engine.command("verify").returncode, 0)
        engine.start()
        client = self.client(engine)
        rows = {row["id"]: row for row in self.news(client) if row["e"] == "open"}
        for id, receipt in receipts.items():
            self.assertEqual((rows[id]["p"], rows[id]["case"]), (receipt["p"], receipt["case"]))
        self.assertLessEqual(set(rows), set(sent))
        for id in list(sent)[-2:]:  # the last one had no receipt: now it has
            answer = client.ask(sent[id], PATIENCE)
            self.assertEqual(answer["m"], "duplicate" if id in rows else "applied")
        self.assertEqual(engine.stop(), 0)
        self.verify(engine)


if __name__ == "__main__":
    if "STAIRCASE_OWN_MOUNTS" not in os.environ:
        own = ["unshare", "-m"] if os.geteuid() == 0 else ["unshare", "-Urm"]
        probe = subprocess.run([*own, "mount", "-t", "tmpfs", "tmpfs", "/mnt"], capture_output=True, text=True, check=False)
        if probe.returncode != 0:
            print("no mount namespace of its own: %s" % (probe.stderr.strip().splitlines() or ["unshare failed"])[-1])
            sys.exit(77)
        os.execvpe("unshare", [*own, sys.executable, *sys.argv], {**os.environ, "STAIRCASE_OWN_MOUNTS": "1"})
    harness.main()
