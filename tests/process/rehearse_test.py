"""`staircase rehearse`: a changed workflow tried on the cases of a running engine, a stopped one, a copy; nothing is changed."""
import os
import shutil

import harness
from harness import BUILDING, SOURCE

DONE, REFUSED, USAGE, NO_ENGINE, UNCERTAIN, FAILED = range(6)
FILE = "tests/migrate/neighbour-matter.yaml"
COUNCIL = "tests/scenarios/vote/council.yaml"
OPENING = {"what": "狗叫", "kind": "noise", "parties": ["app:qian", "app:zhao"], "secret": "悄悄话"}


class RehearseTest(harness.Case):
    def changed(self, engine, name, source, *pairs):
        with open(os.path.join(SOURCE, source), encoding="utf-8") as file:
            text = file.read()
        for old, new in pairs:
            self.assertIn(old, text)
            text = text.replace(old, new)
        return engine.write(name, text)

    def cases(self, engine):
        """One that waits, one that was given up, one in work."""
        client = self.client(engine)
        cases = [self.applied(client.open("neighbour-matter", BUILDING, "li", OPENING))["case"] for _ in range(3)]
        self.applied(client.send(cases[1], "give-up", "li"))
        for party in ("app:qian", "app:zhao"):
            self.applied(client.send(cases[2], "agree", party))
        self.applied(client.send(cases[2], "repair", "li", {"cost": "3.50"}))
        return cases

    def rehearse(self, engine, *arguments):
        *rows, last = engine.rows("rehearse", *arguments)
        return {row["case"]: row for row in rows}, last["summary"]

    def test_the_same_workflow_changes_nothing(self):
        engine = self.engine(own=(FILE,))
        self.cases(engine)
        rows, summary = self.rehearse(engine, self.changed(engine, "same.yaml", FILE, ("version: 1", "version: 2")))
        self.assertEqual(rows, {})
        self.assertEqual((summary["cases"], summary["open"]), (3, 2))

    def test_what_would_differ(self):
        engine = self.engine(own=(FILE,))
        waits, given_up, works = self.cases(engine)
        before = engine.rows("status")[0]["p"]
        newer = self.changed(engine, "newer.yaml", FILE, ("version: 1", "version: 2"), ("talk", "hearing"), ("give-up: {by: mediator,", "give-up: {by: mediator, needs: [remark],"))
        rows, summary = self.rehearse(engine, newer)
        self.assertEqual((summary["refused"], summary["no-place"]), (1, 1))
        self.assertIn("the stage 'talk'", rows[waits]["no-place"])
        self.assertEqual((rows[given_up]["event"], rows[given_up]["code"], rows[given_up]["by"]), ("give-up", "bad-data", "li"))
        self.assertEqual((rows[given_up]["end"], rows[given_up]["would-s"]), ("dropped", "hearing"))
        rows, summary = self.rehearse(engine, newer, "--map", "talk=hearing")
        self.assertEqual(list(rows), [given_up])
        self.assertEqual(summary["no-place"], 0)
        self.assertEqual(self.rehearse(engine, newer, "--map", "talk=hearing", "--open")[1]["cases"], 2)
        said = self.command(engine, "rehearse", newer).stdout
        for words in ("3 cases rehearsed, 2 of them open", "1 have an event that would be refused", "no place: the stage 'talk'", "Nothing was changed."):
            self.assertIn(words, said)
        self.assertIn("未改动任何内容", self.command(engine, "rehearse", newer, "--lang", "zh").stdout)
        self.assertEqual(engine.rows("status")[0]["p"], before)
        later = self.changed(engine, "later.yaml", FILE, ("version: 1", "version: 2"), ("done:   all", "done:   any"))
        rows, summary = self.rehearse(engine, later)
        self.assertEqual((list(rows), rows[works]["s"], rows[works]["would-end"]), ([works], "work", "solved"))
        # As from a copy, and from a stopped folder.
        engine.stop()
        self.assertEqual(self.rehearse(engine, later), (rows, summary))
        copy = os.path.join(engine.folder, "copy")
        shutil.copytree(os.path.join(engine.data, "store"), copy)
        self.assertEqual(harness.run("rehearse", later, "--data", copy, "--json").stdout.count("\n"), len(rows) + 1)
        self.verify(engine)

    def test_who_would_be_late(self):
        engine = self.engine(own=(FILE,))
        client = self.client(engine)
        held = self.applied(client.open("neighbour-matter", BUILDING, "li", OPENING, held=True, at=1767317400000))["case"]  # 2026-01-02 09:30
        self.applied(client.send(held, "give-up", "li", at=1767317400000 + 3 * 86400000))
        shorter = self.changed(engine, "shorter.yaml", FILE, ("version: 1", "version: 2"), ("within:  5 working days", "within:  1 hour"))
        rows, summary = self.rehearse(engine, shorter)
        self.assertEqual(summary["late"], 1)
        self.assertTrue(rows[held]["late"])

    def test_a_vote_would_go_the_other_way(self):
        engine = self.engine(own=(COUNCIL,))
        client = self.client(engine)
        case = self.applied(client.open("council", "jinnong", "secretary-11", {"topic": "加装电梯"}))["case"]
        for member in range(1, 17):
            choice = "reject" if member <= 3 else "approve"
            answer = self.applied(client.send(case, "ballot", "council-11-%d" % member, {"choice": choice}))
        self.assertEqual(answer["end"], "proposed")
        harder = self.changed(engine, "harder.yaml", COUNCIL, ("version: 1", "version: 2"), ("at least 4/5", "at least 9/10"))
        rows, summary = self.rehearse(engine, harder)
        self.assertEqual(summary["flipped"], 1)
        self.assertEqual((rows[case]["flipped"], rows[case]["end"], rows[case]["would-end"]), (1, "proposed", "returned"))
        self.assertIn("a vote would go the other way", self.command(engine, "rehearse", harder).stdout)

    def test_wrong_calls(self):
        engine = self.engine(own=(FILE,))
        self.assertIn("there is no key \"stagse\"", self.command(engine, "rehearse", self.changed(engine, "bad.yaml", FILE, ("stages:", "stagse:")), code=REFUSED).stdout)
        self.command(engine, "rehearse", os.path.join(SOURCE, "config/calendar-cn.yaml"), code=REFUSED)
        self.command(engine, "rehearse", os.path.join(SOURCE, FILE), "--map", "talk", code=USAGE)
        self.assertIn("there are no cases", harness.run("rehearse", FILE, "--data", os.path.join(engine.folder, "nowhere")).stderr)


if __name__ == "__main__":
    harness.main()
