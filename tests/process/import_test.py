#!/usr/bin/python3
"""`staircase import`: an office's old cases from a CSV of events, with the example of the permits. permits.csv beside this file is our own, with invented
cases in the columns of the real log; import_real_test.py brings the real one."""
import collections
import csv
import datetime
import hashlib
import json
import os
import subprocess
import zoneinfo

import harness
from harness import PATIENCE, SOURCE, until

EXAMPLE = os.path.join("workflows", "examples", "permit-receipts")
OWN = os.path.join(os.path.dirname(os.path.abspath(__file__)), "permits.csv")


def rows_of(path):
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


OFFICE = zoneinfo.ZoneInfo("Europe/Amsterdam")


def civil(text):
    """The date on which a moment of the log falls in the office's zone."""
    return datetime.datetime.fromisoformat(text).astimezone(OFFICE).date()


def day_that_ends(milliseconds):
    """The civil date of a deadline at midnight: the day that ends there."""
    return (datetime.datetime.fromtimestamp(milliseconds / 1000, OFFICE) - datetime.timedelta(minutes=1)).date()


def key_of(case):
    """The key that the import gives a case: a hash of the mapping's name and the case's, as UUID version 8 (engine/command/import_row.c)."""
    hashed = hashlib.blake2b(digest_size=16)
    for text in (b"permit-receipts", case.encode()):
        hashed.update(len(text).to_bytes(8, "big") + text)
    key = bytearray(hashed.digest())
    key[6], key[8] = key[6] & 0x0F | 0x80, key[8] & 0x3F | 0x80
    return bytes(key)


class Import(harness.Case):
    path = OWN

    def office(self):
        """An engine for the municipality of the example: its own calendar, directory and workflow."""
        return self.engine(workflows=(), own=[EXAMPLE + "/workflow.yaml"], directory=EXAMPLE + "/directory.yaml", calendar=EXAMPLE + "/calendar.yaml")

    def bring(self, engine, path=None, code=1, map="map.yaml"):
        """Imports; its figures, and the refused rows by code with their reasons."""
        refused = os.path.join(engine.folder, "refused.csv")
        done = self.command(engine, "import", path or self.path, "--map", os.path.join(SOURCE, EXAMPLE, map), "--refused", refused, "--json", code=code)
        reasons = collections.defaultdict(list)
        for row in rows_of(refused):
            reasons[row["code"]].append(row["why"])
        return json.loads(done.stdout), reasons

    def check_deadlines(self, client):
        """Eight weeks from `started`, by civil date, for every case that was opened. How many of these the log has, too: where it has not, the
        permit was suspended or extended."""
        opened = {row["key"]: row["due"] for row in self.news(client) if row["e"] == "open"}
        equal = 0
        for case, row in {row["case"]: row for row in rows_of(self.path)}.items():
            if key_of(case) in opened:
                computed = day_that_ends(opened.pop(key_of(case)))
                self.assertEqual(computed, civil(row["started"]) + datetime.timedelta(days=56), case)
                equal += computed == civil(row["deadline"])
        self.assertEqual(opened, {})
        return equal

    def news(self, client):
        """Everything the log tells, from its beginning to now; no case is opened for it as in the other tests."""
        last, rows = client.status()["p"], []
        for row in client.watch(position=1, timeout=PATIENCE):
            rows.append(row)
            if row["p"] >= last:
                return rows
        raise AssertionError("the watch ended at %s before position %d" % (rows[-1:] or "nothing", last))


class Own(Import):
    def test_every_row_is_applied_or_refused_with_its_reason(self):
        engine = self.office()
        figures, reasons = self.bring(engine)
        rows = rows_of(OWN)
        self.assertEqual(figures["rows"], len(rows))
        self.assertEqual(figures["applied"] + figures["refused"], len(rows))
        self.assertEqual({code: len(whys) for code, whys in reasons.items()}, {"bad-data": 4, "key-taken": 1, "unknown-person": 1, "out-of-order": 1})
        for words in ("T99 Put it in a drawer", "8 June 2011", "Garden", "channel"):
            self.assertTrue(any(words in why for why in reasons["bad-data"]), (words, reasons))
        self.assertEqual((figures["duplicate"], figures["skipped"], figures["waiting"]), (0, 0, 0))
        self.assertEqual(engine.stop(), 0)
        self.verify(engine)

    def test_the_engine_computes_the_legal_deadline(self):
        engine = self.office()
        self.bring(engine)
        # Six cases; one of them (sample-5) was suspended. Among them a start at night, on a Saturday, and over the change to winter time.
        self.assertEqual(self.check_deadlines(self.client(engine)), 5)

    def test_held_cases_live_in_their_own_time(self):
        engine = self.office()
        self.bring(engine)
        client = self.client(engine)
        listed = client.list()
        self.assertEqual([row["held"] for row in listed], [True] * 6)
        # sample-5 was checked on 4 July, its eight weeks ended on 27 June: the deadline fired in between, at its own time.
        case, *history = client.show(key_of("sample-5"), history=True)
        self.assertEqual([entry["e"] for entry in history if entry["e"] != "due"], ["open", "report-hold", "check-report"])
        self.assertEqual([(entry["e"], day_that_ends(entry["at"])) for entry in history][-2], ("due", datetime.date(2011, 6, 27)))
        times = [entry["at"] for entry in history]
        self.assertEqual(times, sorted(times))
        self.assertTrue(case["overdue"])
        self.assertEqual([notice for entry in history for notice in entry.get("notices", [])], [])
        # Released, it is live and takes events of today.
        self.command(engine, "release", case["case"], "--as", "head")
        released = self.applied(client.send(case["case"], "check-report", "Resource06"))
        self.assertEqual((released["s"], sum(row.get("held", False) for row in client.list())), ("receipt", 5))

    def test_a_second_import_changes_nothing(self):
        engine = self.office()
        first, _ = self.bring(engine)
        before = self.client(engine).status()
        second, reasons = self.bring(engine)
        self.assertEqual((second["applied"], second["duplicate"]), (0, first["applied"]))
        self.assertEqual(second["refused"], first["refused"])
        after = self.client(engine).status()
        self.assertEqual((after["p"], after["hash"]), (before["p"], before["hash"]))

    def test_an_opening_that_comes_too_late_or_never(self):
        """Rows in the wrong order wait for their case; those whose case never comes hold up nothing."""
        rows, engine = rows_of(OWN), self.office()
        mixed = os.path.join(engine.folder, "mixed.csv")
        first = [row for row in rows if row["case"] == "sample-1"]
        lost = [dict(row, case="lost-%d" % number) for number in range(200) for row in first[1:2]]
        with open(mixed, "w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, rows[0].keys())
            writer.writeheader()
            writer.writerows(first[1:2] + lost + first[:1] + first[2:])
        figures, _ = self.bring(engine, mixed)
        self.assertEqual((figures["applied"], figures["waiting"]), (len(first), 200))
        self.assertEqual(self.client(engine).status()["parked"], 200)

    def test_a_mapping_with_mistakes(self):
        engine = self.office()
        for text, words in (("import: x\n", "map.yaml:"), ("nonsense\n", "map.yaml:1:1")):
            bad = engine.write("map.yaml", text)
            done = self.command(engine, "import", OWN, "--map", bad, code=1)
            self.assertIn(words, done.stderr)
        other = engine.write("other.csv", "who,what\n1,2\n")
        done = self.command(engine, "import", other, "--map", os.path.join(SOURCE, EXAMPLE, "map.yaml"), code=1)
        self.assertIn("there is no column", done.stderr)
        self.command(engine, "import", os.path.join(engine.folder, "none.csv"), "--map", os.path.join(SOURCE, EXAMPLE, "map.yaml"), code=5)
        self.command(engine, "import", OWN, code=2)
        self.assertEqual(self.client(engine).status()["cases"], 0)


class Interrupted(Import):
    """kill -9 in the middle, of the importing command and of the engine, and again: the same state as of a run that nobody disturbed."""

    copies = 200
    kills = 3
    # What stands in the state hash: every row of every table but the log, so also ids (positions in the log) and times (those of the old events).

    def many(self, folder):
        """The own cases, many times: enough to be in the middle of."""
        rows, path = rows_of(OWN), os.path.join(folder, "many.csv")
        with open(path, "w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, rows[0].keys())
            writer.writeheader()
            for copy in range(self.copies):
                writer.writerows(dict(row, case="%s-%d" % (row["case"], copy)) for row in rows)
        return path

    def test_the_same_state_as_without(self):
        calm, engine, dice = self.office(), self.office(), harness.seeded(56)
        path = self.many(calm.folder)
        figures, _ = self.bring(calm, path)
        client = self.client(engine)
        for kill in range(self.kills):
            goal = client.status()["p"] + dice.randrange(50, 200)
            running = subprocess.Popen([harness.program("staircase"), "import", path, "--map", os.path.join(SOURCE, EXAMPLE, "map.yaml"), "--data", engine.data],
                                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=SOURCE)
            self.addCleanup(harness.end_process, running)
            until("it is in the middle, or done", lambda: client.status()["p"] >= goal or running.poll() is not None)
            self.assertIsNone(running.poll(), "the import was done before it could be killed")
            if kill % 2:
                engine.kill()
                engine.start()
            harness.end_process(running)
        again, _ = self.bring(engine, path)
        self.assertEqual(again["applied"] + again["duplicate"], figures["applied"])
        self.assertGreater(again["duplicate"], 0)
        self.assertEqual((engine.stop(), calm.stop()), (0, 0))
        self.assertEqual(self.verify(engine)["state_hash"], self.verify(calm)["state_hash"])


if __name__ == "__main__":
    harness.main()
