#!/usr/bin/python3
"""A disk that fills: nothing acknowledged is lost, questions are answered, and when there is room again it goes on by itself.

The disk is a small tmpfs in a mount namespace of this test's own; where the system does not allow that, the test is skipped."""
import os
import subprocess
import sys
import tempfile

import harness
from harness import BUILDING, DISPUTE, PATIENCE, until

SIZE = 96 << 20


class Disk(harness.Case):
    def engine_on_a_small_disk(self):
        folder = tempfile.mkdtemp(prefix="staircase-")
        self.addCleanup(os.rmdir, folder)
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=%d" % SIZE, "tmpfs", folder], check=True)
        self.addCleanup(subprocess.run, ["umount", "-l", folder], check=True)
        return self.engine(folder=folder)

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


if __name__ == "__main__":
    if "STAIRCASE_OWN_MOUNTS" not in os.environ:
        probe = subprocess.run(["unshare", "-Urm", "mount", "-t", "tmpfs", "tmpfs", "/mnt"], capture_output=True, text=True, check=False)
        if probe.returncode != 0:
            print("no mount namespace of its own: %s" % (probe.stderr.strip().splitlines() or ["unshare failed"])[-1])
            sys.exit(77)
        os.execvpe("unshare", ["unshare", "-Urm", sys.executable, *sys.argv], {**os.environ, "STAIRCASE_OWN_MOUNTS": "1"})
    harness.main()
