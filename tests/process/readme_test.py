#!/usr/bin/python3
"""README.md is true: what it tells to type is typed, word for word, against the engine that `make run` starts; what it names is there."""
import os
import re
import subprocess

import harness
from harness import SOURCE, until

with open(os.path.join(SOURCE, "README.md"), encoding="utf-8") as file:
    README = file.read()
BLOCKS = re.findall(r"^```sh\n(.*?)^```$", README, re.M | re.S)


class Readme(harness.Case):
    def setUp(self):
        self.running = self.engine(start=False)
        self.running.config = os.path.join(SOURCE, "config", "staircase.yaml")
        for name, target in (("build", harness.BUILD), ("workflows", os.path.join(SOURCE, "workflows")), ("config", os.path.join(SOURCE, "config"))):
            os.symlink(target, os.path.join(self.running.folder, name))

    def type(self, *blocks):
        """Types the blocks into one shell, whose ./var is the engine's folder; stops at the first command that fails. What each block printed."""
        script = "set -eu\n" + "echo '====='\n".join(blocks)
        done = subprocess.run(["bash", "-c", script], cwd=self.running.folder, capture_output=True, text=True, timeout=120, env={**os.environ, "LC_ALL": "C.UTF-8"})
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout.split("=====\n")

    def test_what_it_tells_to_type(self):
        stopped = next(block for block in BLOCKS if "bench" in block)
        service = next(block for block in BLOCKS if "systemctl" in block)  # typed by service_test.py
        self.assertEqual(len(BLOCKS), 7)
        self.running.start()
        until("the centre serves its docket", lambda: self.running.command("list", name="mediation_centre").returncode == 0)
        climb, concluded, vote, workflow, operate = self.type(*[block for block in BLOCKS if block not in (stopped, service)])
        opened, *applied, heads, listed = climb.splitlines()
        self.assertRegex(opened, r"^Opened 金农调字〔\d{4}〕1号 \(case \d+\)\.$")
        self.assertEqual(sum(line.startswith("Applied to 金农调字") for line in applied), 11)
        self.assertRegex(heads, "^ *case +number +state")
        self.assertRegex(listed, r"^ *\d+ +金农调字〔\d{4}〕1号 +received ")
        self.assertIn("It has ended: resolved.", concluded)
        for event in ("open", "raise", "accept", "sign", "follow-up"):
            self.assertRegex(concluded, r"(?m) %s " % event)
        self.assertIn("2 passed, 0 failed", vote)
        for counted, then in (("13 of 16 members: 5 × 13 = 65 ≥ 4 × 16 = 64, passed", r"stage +decision"), ("12 of 16 members: 5 × 12 = 60 < 4 × 16 = 64, failed", r"ended +not-proposed")):
            self.assertEqual(vote.count(counted), 2)  # in the answer to the ballot that decided it, and in the case
            self.assertRegex(vote, "(?m)^ *" + then)
        self.assertIn("no mistakes", workflow)
        self.assertIn(" passed, 0 failed", workflow)
        self.assertIn("monday: all events up to ", operate)
        self.assertEqual(self.running.stop(), 0)
        verified, copied, bench = self.type(*("PATH=$PWD/build:$PATH\n" + line + "\n" for line in stopped.splitlines()))
        self.assertIn("an unbroken chain", verified)
        self.assertIn("its files are those of its manifest", copied)
        self.assertIn("events/s", bench)

    def test_the_engine_says_the_same(self):
        self.running.start()
        said = self.running.said()
        for line in BLOCKS[0].splitlines():
            self.assertIn(line, said)

    def test_what_the_engine_says_can_be_typed_anywhere(self):
        self.running.start()
        until("the centre serves its docket", lambda: self.running.command("list", name="mediation_centre").returncode == 0)
        block = "".join(line + "\n" for line in self.running.said().splitlines() if line.startswith("  "))
        self.assertIn("--data '%s'" % self.running.data, block)
        elsewhere = os.path.join(self.running.folder, "elsewhere")
        os.mkdir(elsewhere)
        os.symlink(harness.BUILD, os.path.join(elsewhere, "build"))
        done = subprocess.run(["bash", "-c", "set -eu\n" + block], cwd=elsewhere, capture_output=True, text=True, timeout=120,
                              env={**os.environ, "LC_ALL": "C.UTF-8"})
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertRegex(done.stdout, r"金农调字〔\d{4}〕1号 +received ")

    def test_the_example_of_the_permits(self):
        with open(os.path.join(SOURCE, "workflows/examples/permit-receipts/README.md"), encoding="utf-8") as file:
            serve, bring = re.findall(r"^```sh\n(.*?)^```$", file.read(), re.M | re.S)
        os.symlink(os.path.join(SOURCE, "tests"), os.path.join(self.running.folder, "tests"))
        options = re.fullmatch(r"build/staircase serve --data (\S+) --config (\S+)\n", serve)
        self.running.data, self.running.config = os.path.join(self.running.folder, options[1]), os.path.join(SOURCE, options[2])
        self.running.start()
        brought, listed, released = self.type(bring.splitlines()[0] + " || [ $? = 1 ]\n", *(line + "\n" for line in bring.splitlines()[1:]))
        self.assertIn("36 rows of 8 cases: 29 applied, 0 already there, 7 refused, 0 skipped.", brought)
        for code in ("bad-data", "unknown-person", "key-taken", "out-of-order"):
            self.assertRegex(brought, r"(?m)^refused %s " % code)
        self.assertEqual(len(listed.splitlines()), 1 + 6)
        self.assertIn("Applied to WABO-2011-1", released)

    def test_its_shape(self):
        lines = README.splitlines()
        self.assertTrue(lines[0].startswith("`make run`"))
        self.assertTrue(lines[1].startswith("`make test`"))
        self.assertLessEqual(len(lines), 126)
        self.assertEqual(re.findall(r"^## (.*)$", README, re.M)[-1], "Read the source")

    def test_what_it_names_is_there(self):
        named = set(re.findall(r"`((?:proto|engine|workers|workflows|config|tests)/[\w./-]+)`", README))
        self.assertGreater(len(named), 15)
        self.assertEqual([path for path in sorted(named) if not os.path.exists(os.path.join(SOURCE, path))], [])
        for code, words in re.findall(r"(\d) ([a-z ]+)[,.]", re.search(r"Exit codes: (.*)", README).group(1)):
            self.assertIn("  %s  " % code, harness.run("--help").stdout, words)


if __name__ == "__main__":
    harness.main()
