#!/usr/bin/python3
"""`staircase import` with the example of the fines: the engine's own deadline finds the penalty on the day on which the log has it. fines.csv beside this file
is our own, with invented cases in the columns of the real log, which is brought too where the folder with the real logs stands beside the project."""
import collections
import csv
import datetime
import hashlib
import json
import os
import unittest
import zoneinfo

import harness
from harness import SOURCE, until

EXAMPLE = os.path.join("workflows", "examples", "fines")
OWN = os.path.join(os.path.dirname(os.path.abspath(__file__)), "fines.csv")
REAL = os.path.join(SOURCE, "..", "shared", "data", "real", "fines-sample.csv")
OFFICE = zoneinfo.ZoneInfo("Europe/Rome")


def rows_of(path):
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def day_that_ends(milliseconds):
    """The civil date of a deadline at midnight: the day that ends there."""
    return (datetime.datetime.fromtimestamp(milliseconds / 1000, OFFICE) - datetime.timedelta(minutes=1)).date()


def key_of(case):
    """The key that the import gives a case (engine/command/import_row.c)."""
    hashed = hashlib.blake2b(digest_size=16)
    for text in (b"traffic-fines", case.encode()):
        hashed.update(len(text).to_bytes(8, "big") + text)
    key = bytearray(hashed.digest())
    key[6], key[8] = key[6] & 0x0F | 0x80, key[8] & 0x3F | 0x80
    return bytes(key)


def penalties_of(path):
    """The day on which the log has each case's penalty."""
    return {row["case"]: datetime.date.fromisoformat(row["time"][:10]) for row in rows_of(path) if row["activity"] == "Add penalty"}


class Fines(harness.Case):
    def office(self):
        return self.engine(workflows=(), own=[EXAMPLE + "/workflow.yaml"], directory=EXAMPLE + "/directory.yaml", calendar=EXAMPLE + "/calendar.yaml")

    def bring(self, engine, path, *options, code=0):
        refused = os.path.join(engine.folder, "refused.csv")
        done = self.command(engine, "import", path, "--map", os.path.join(SOURCE, EXAMPLE, "map.yaml"), "--refused", refused, "--json", *options, code=code)
        reasons = collections.defaultdict(list)
        for row in rows_of(refused):
            reasons[row["code"]].append(row["why"])
        return json.loads(done.stdout), reasons

    def check_penalties(self, client, path):
        """The engine's sixtieth day against the log's, for each case; how many of the deadlines have fired among the events."""
        fired, penalties = 0, penalties_of(path)
        for case in {row["case"] for row in rows_of(path)}:
            now, *history = client.show(key_of(case), history=True)
            due = [entry for entry in history if entry["e"] == "due"]
            fired += len(due)
            found = day_that_ends(due[0]["at"]) if due else day_that_ends(now["due"]) if now.get("due") else None
            self.assertEqual(found, penalties.get(case), case)
            self.assertEqual(now["s"] == "penalised", bool(due), case)
        return fired


class Own(Fines):
    def test_the_deadline_finds_the_penalty(self):
        engine = self.office()
        figures, reasons = self.bring(engine, OWN, code=1)
        self.assertEqual((figures["rows"], figures["cases"], figures["applied"]), (22, 5, 21))
        self.assertIn("Appeal to Judge", reasons["bad-data"][0])
        client = self.client(engine)
        # sample-4 has no event after the day: its deadline fires when it is released.
        self.assertEqual(self.check_penalties(client, OWN), 2)
        ended = client.show(key_of("sample-3"))[0]
        self.assertEqual((ended["end"], ended["data"]["total"], ended["data"]["notified"]), ("collected", "70.00", "2004-01-20"))
        paid = client.show(key_of("sample-1"))[0]
        self.assertEqual((paid["s"], paid["data"]["paid"], paid["data"]["paid-total"]), ("penalised", "50.00", "70.00"))
        again, _ = self.bring(engine, OWN, "--release", "--as", "head", code=1)
        self.assertEqual((again["applied"], again["duplicate"]), (0, 21))
        until("the deadline of sample-4 has fired", lambda: client.show(key_of("sample-4"))[0]["s"] == "penalised")
        self.applied(client.send(key_of("sample-4"), "close", "clerk"))
        self.assertEqual(engine.stop(), 0)
        self.verify(engine)


@unittest.skipUnless(os.path.exists(REAL), "the real logs are not here: ../shared/data/real")
class Real(Fines):
    def test_a_hundred_cases(self):
        engine = self.office()
        figures, _ = self.bring(engine, REAL)
        self.assertEqual((figures["rows"], figures["cases"], figures["applied"]), (390, 100, 390))
        client = self.client(engine)
        self.assertEqual(len(penalties_of(REAL)), 57)
        print("%d penalties on the same day, %d of them fired among the events" % (57, self.check_penalties(client, REAL)))
        before = client.status()
        again, _ = self.bring(engine, REAL)
        self.assertEqual((again["applied"], again["duplicate"]), (0, 390))
        after = client.status()
        self.assertEqual((after["p"], after["hash"]), (before["p"], before["hash"]))
        self.assertEqual(engine.stop(), 0)
        self.verify(engine)


if __name__ == "__main__":
    harness.main()
