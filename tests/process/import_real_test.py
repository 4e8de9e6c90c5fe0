#!/usr/bin/python3
"""A year of a real office: 1,434 permits, 8,577 events, through `staircase import`. Only where the folder with the real logs stands beside the project."""
import os
import subprocess
import sys

import harness
from harness import SOURCE, until
from import_test import EXAMPLE, Import

REAL = os.path.join(SOURCE, "..", "shared", "data", "real", "permit-receipts.csv")

class Real(Import):
    path = REAL

    def test_the_whole_year(self):
        engine = self.office()
        figures, _ = self.bring(engine, code=0)
        self.assertEqual((figures["rows"], figures["cases"], figures["applied"]), (8577, 1434, 8577))
        client = self.client(engine)
        self.assertEqual(self.check_deadlines(client), 1080)
        before = client.status()
        again, _ = self.bring(engine, code=0)
        self.assertEqual((again["applied"], again["duplicate"], again["refused"]), (0, 8577, 0))
        after = client.status()
        self.assertEqual((after["p"], after["hash"]), (before["p"], before["hash"]))
        self.assertEqual(engine.stop(), 0)
        calm = self.verify(engine)
        self.assertEqual(self.disturbed()["state_hash"], calm["state_hash"])

    def disturbed(self):
        """The same on another folder, with engine and import killed hard in the middle, and again."""
        engine, dice = self.office(), harness.seeded(1434)
        client = self.client(engine)
        for _ in range(3):
            goal = client.status()["p"] + dice.randrange(200, 1200)
            running = subprocess.Popen([harness.program("staircase"), "import", REAL, "--map", os.path.join(SOURCE, EXAMPLE, "map.yaml"), "--data", engine.data],
                                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=SOURCE)
            self.addCleanup(harness.end_process, running)
            until("it is in the middle, or done", lambda: client.status()["p"] >= goal or running.poll() is not None)
            self.assertIsNone(running.poll())
            engine.kill()
            engine.start()
            harness.end_process(running)
        self.bring(engine, code=0)
        self.assertEqual(engine.stop(), 0)
        return self.verify(engine)


if __name__ == "__main__":
    if not os.path.exists(REAL):
        print("the real logs are not here: ../shared/data/real")
        sys.exit(77)
    harness.main()
