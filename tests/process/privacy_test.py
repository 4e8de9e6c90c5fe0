#!/usr/bin/python3
"""Nothing private stands where it does not belong: marks are put into private fields of every kind and by every way, and looked for in all that is written and
told: the operator's log, the folder's files, metrics, status, news, lists, refusals, proofs, backups, tasks, what commands print. Who may see them does, and
that they did is recorded."""
import base64
import json
import os
import struct

import harness
from curve_test import Curve
from harness import PATIENCE, staircase, until

GRID = "jinnong/grid-3"
MARK = "QZXPRIV"            # in each private text
AMOUNT = 98765432107654     # 987654321076.54: a private number
TOLD = {"name": MARK + "name", "telephone": MARK + "telephone"}
MAP = """import: old-complaints
workflow: complaint
case: case
event: event
time: time
person: {always: leader-103}
unit: {always: jinnong/grid-3}
events:
  made: {opens: true, fields: {matter: matter, complained-of: whom, since: since, amount: amount}}
  added: {event: add, fields: {notes: matter}}
"""
CSV = """case,event,time,whom,matter,since,amount
1,made,2026-01-05T09:00:00+08:00,app:qian,QZXPRIVimported,2026-01-01,5.00
1,added,2026-01-06T09:00:00+08:00,,QZXPRIVadded,,
2,made,2026-01-05T09:00:00+08:00,app:qian,QZXPRIVwrong,QZXPRIVdate,987654321076.54
3,made,QZXPRIVtime,app:qian,QZXPRIVtimeless,2026-01-01,1.00
4,QZXPRIVevent,2026-01-05T09:00:00+08:00,app:qian,QZXPRIVeventless,2026-01-01,1.00
"""


class Privacy(Curve):
    own = ("tests/process/complaint.yaml", "tests/process/errand.yaml")

    def setUp(self):
        super().setUp()
        self.data = {"matter": MARK + "matter" + "長" * 1200, "complainant": [{"id": "app:wu", **TOLD}], "witness": [{"id": "wang", **TOLD}],
                     "complained-of": ["li"], "since": "2026-03-04", "amount": "987654321076.54"}
        self.case = self.applied(self.one.open("complaint", GRID, "app:wu", self.data))["case"]

    def question(self, client, kind, **members):
        return client.question(kind, **{name.rstrip("_"): value for name, value in members.items() if value is not None})

    # ---- what is put where ----

    def fill(self):
        """Each way in which something private comes to the engine, applied and refused."""
        one, case = self.one, self.case
        for note in range(3):
            self.applied(one.send(case, "add", "app:wu", {"notes": MARK + "note%d" % note}))
        again = staircase.new_id()
        self.applied(one.send(case, "add", "app:wu", {"notes": MARK + "once"}, id=again))
        self.refused(one.send(case, "add", "app:wu", {"notes": MARK + "twice"}, id=again), "id-reused")
        for data in ({"notes": MARK + "x" * 2001}, {"notes": [MARK]}, {"notes": {MARK: MARK}}, {"notes": "x", "matter": MARK}, {"matter": MARK}, {MARK: MARK}):
            self.refused(one.send(case, "add", "app:wu", data), "bad-data")
        for wrong in ({"since": MARK}, {"amount": MARK}, {"complainant": MARK}, {"complainant": [{"name": MARK}]}, {"complainant": [{"id": MARK, "name": MARK}]}):
            answer = one.open("complaint", GRID, "app:wu", {**self.data, **wrong})
            self.assertEqual(answer["m"], "refused" if wrong.get("complainant") != [{"id": MARK, "name": MARK}] else "applied" if answer["m"] == "applied" else "refused", wrong)
        self.refused(one.open("complaint", "jinnong/no-grid", "app:wu", self.data), "unknown-unit")
        self.refused(one.send(case, "add", "app:nobody", {"notes": MARK}), "not-allowed")
        self.refused(one.send(case, "drop", "app:wu", {"notes": MARK}), "bad-data")
        self.refused(one.send(999999, "add", "app:wu", {"notes": MARK}), "unknown-case")
        one.explain(case, "add", "app:wu", {"notes": MARK + "tried"})
        self.parked(case)
        self.worked(case)
        self.tied(case)

    def park(self, key, data):
        self.one.submit({"m": "send", "c": key, "e": "add", "as": "app:wu", "d": data})
        self.assertEqual(self.one.next_answer(PATIENCE)["m"], "parked")

    def parked(self, case):
        """One that is applied when its case comes, one that is refused then, one that waits for ever."""
        key = staircase.new_id()
        self.park(key, {"notes": MARK + "parked"})
        self.park(key, {"notes": MARK + "p" * 2001})
        self.park(staircase.new_id(), {"notes": MARK + "waits"})
        self.one.submit({"m": "open", "key": key, "w": "complaint", "u": GRID, "as": "app:wu", "d": self.data})
        self.assertEqual(sorted(self.one.next_answer(PATIENCE)["m"] for _ in range(3)), ["applied", "applied", "refused"])
        self.assertIsNotNone(case)

    def worked(self, case):
        worker = self.worker(self.running, "centre", ["complaints"], credit=9)
        self.tasks = [task for task in iter(lambda: worker.next_task(0.5), None)]
        task = next(task for task in self.tasks if task["case"] != case)
        self.refused(worker.send(task, "find", "worker:centre", {"finding": MARK + "f" * 2001}), "bad-data")
        self.applied(worker.send(task, "find", "worker:centre", {"finding": MARK + "found"}))
        worker.close()

    def tied(self, case):
        self.applied(self.one.send(case, "split", "zhou", {**self.data, "matter": MARK + "split"}))
        until("it was split", lambda: any(link["kind"] == "split-into" for link in self.one.show(case)[0].get("links", ())))
        import_ = self.running.write("old.csv", CSV), self.running.write("map.yaml", MAP), os.path.join(self.running.folder, "refused.csv")
        done = self.running.command("import", import_[0], "--map", import_[1], "--refused", import_[2], "--json")
        self.assertEqual(json.loads(done.stdout.splitlines()[-1]).get("refused"), 4, done.stdout + done.stderr)

    # ---- where it is looked for ----

    def clean(self, said, where):
        """`said`: bytes, text, or what an answer holds."""
        if not isinstance(said, (bytes, str)):
            said = json.dumps(said, ensure_ascii=False, default=lambda some: base64.b64encode(some).decode())
        said = said.encode() if isinstance(said, str) else said
        for what in (MARK.encode(), b"987654321076", str(AMOUNT).encode(), struct.pack(">Q", AMOUNT), struct.pack("<Q", AMOUNT)):
            at = said.find(what)
            self.assertEqual(at, -1, "%s stands in %s: ...%r" % (what, where, said[max(0, at - 120):at + 60]))

    def clean_files(self, folder):
        seen = 0
        for path, _, names in os.walk(folder):
            for name in names:
                if not os.path.islink(os.path.join(path, name)) and os.path.isfile(os.path.join(path, name)):
                    with open(os.path.join(path, name), "rb") as file:
                        self.clean(file.read(), os.path.join(path, name))
                    seen += 1
        return seen

    def told(self, client, *persons, unit=None):
        """All that these may ask, of all cases."""
        cases = [row["case"] for row in client.list(unit=unit)]
        self.assertTrue(cases)
        for person in persons:
            for case in cases:
                for rows in (self.question(client, "show", c=case, as_=person, history=True), self.question(client, "explain", c=case, as_=person),
                             self.question(client, "explain", c=case, as_=person, e="add", d={"notes": "x"}) if person else ()):
                    self.clean(rows, (person, case))
            for what in (None, "published", "late", "units"):
                self.clean(self.question(client, "list", as_=person, u=unit, what=what), what)
            self.clean(self.question(client, "incidents", as_=person, u=unit), "incidents")

    def watched(self, client, **members):
        last, rows = self.one.status()["p"], []
        request = client.submit({"m": "watch", "credit": 1000, "p": 1, **members})
        while not rows or rows[-1]["p"] < last:
            answer = client.next_answer(2.0)
            if answer is None:
                break
            if answer["m"] == "news":
                rows.append(answer)
        client.pending.pop(request, None)
        client.put({"m": "credit", "r": request, "credit": 0})
        self.assertTrue(rows)
        return rows

    def test_nothing_private_is_written_or_told(self):
        with open(self.running.config, "a", encoding="utf-8") as file:
            file.write("log: debug\nprometheus: {file: out.prom, seconds: 1}\n")
        self.running.tell(1)  # SIGHUP: read again
        until("it is read", lambda: "event=reloaded" in self.running.said())
        self.fill()
        self.assertIn(MARK + "matter", str(self.question(self.one, "show", c=self.case, as_="zhou")))  # who may see it does
        app = self.app(self.make("grid-app", "--app", "--resident", "app", "--people", "jinnong-district", "--unit", "jinnong"))
        screen = self.app(self.make("screen", "--watcher", "jinnong"))
        # Whom it does not concern: nobody, the person complained of, another officer, another resident, a watcher.
        self.told(self.one, None, "li", "app:qian", "leader-103", "app:other")
        self.told(app, "li", "app:qian", "leader-103", unit="jinnong")
        self.told(screen, None, unit="jinnong")
        for client, members in ((self.one, {}), (self.one, {"as": "li"}), (self.one, {"as": "zhou"}), (app, {"u": "jinnong"}), (screen, {"u": "jinnong"})):
            self.clean(self.watched(client, **members), "news")
        for task in self.tasks:  # a worker sees the matter, and nothing else of it
            self.assertIn(MARK + "matter", str(task))
            self.clean(str(task).replace(MARK + "matter", ""), "task")
        self.clean(self.one.metrics() + str(self.one.status()), "metrics")
        until("the file is there", lambda: os.path.exists(os.path.join(self.running.folder, "out.prom")))
        for words in (("list",), ("list", "--late"), ("status",), ("health",), ("incidents",), ("metrics",), ("reads",), ("head",), ("show", self.case, "--history"),
                      ("explain", self.case), ("keys", "list"), ("rehearse", os.path.join(harness.SOURCE, "tests/process/complaint.yaml"))):
            for more in ((), ("--json",)) if words[0] not in ("metrics", "head") else ((),):
                done = self.running.command(*words, *more)
                self.clean(done.stdout + done.stderr, words)
        for who in ((), ("--as", "li"), ("--as", "zhou")):
            proof = json.loads(self.command(self.running, "prove", self.case, *who).stdout)
            self.clean(b"".join(base64.b64decode(record.get("record", "")) for record in proof["records"]), "proof")
        copy = os.path.join(self.running.folder, "copy")
        self.command(self.running, "backup", copy)
        self.assertEqual(self.running.stop(), 0)
        self.clean(self.running.said(), "the log of the engine")
        for name in ("old.csv", "refused.csv"):  # the office's own
            os.unlink(os.path.join(self.running.folder, name))
        self.assertGreater(self.clean_files(self.running.folder), 8)
        self.clean(self.verify(self.running), "verify")
        self.running.start()

    # ---- who was shown it ----

    def reads(self, *arguments):
        return [(row["as"], row["what"], row["through"], row.get("fields", [])) for row in self.running.rows("reads", *arguments)]

    def test_who_was_shown_it_is_recorded(self):
        self.assertEqual(self.reads(), [])
        self.one.show(self.case, history=True)  # nobody: shown nothing
        self.question(self.one, "show", c=self.case, as_="li", history=True)
        self.one.list()
        self.assertEqual(self.reads(), [])
        self.question(self.one, "show", c=self.case, as_="zhou")
        everything = ["matter", "complainant", "witness", "since", "amount"]
        self.assertEqual(self.reads(), [("zhou", "show", "local", everything)])
        self.applied(self.one.send(self.case, "add", "app:wu", {"notes": "补充"}))
        self.assertEqual(len(self.reads()), 1)
        app = self.app(self.make("grid-app", "--app", "--resident", "app", "--person", "zhou", "--unit", "jinnong"))
        self.question(app, "show", c=self.case, as_="app:wu", history=True)
        self.question(app, "explain", c=self.case, as_="zhou")
        worker = self.worker(self.running, "centre", ["complaints"])
        self.assertEqual(worker.next_task(PATIENCE)["case"], self.case)
        told = self.reads()
        self.assertEqual(told[1], ("app:wu", "show", "grid-app", ["notes"]))
        self.assertEqual((told[2][:3], set(told[2][3]) >= {"complainant", "witness", "notes"}), (("zhou", "explain", "grid-app"), True))
        self.assertEqual(told[3], ("worker:centre", "task", "local", ["matter"]))
        self.assertEqual(len(told), 4)
        # By case, by person; for people; after a kill.
        other = self.applied(self.one.open("complaint", GRID, "app:wu", {"matter": "另", "complained-of": ["app:qian"]}))["case"]
        self.question(self.one, "show", c=other, as_="zhou")
        self.assertEqual(len(self.reads(other)), 1)
        self.assertEqual(self.reads("--person", "app:wu"), [told[1]])
        self.assertEqual([row["case"] for row in self.running.rows("reads", "--person", "zhou")], [self.case, self.case, other])
        self.assertIn("worker:centre", self.command(self.running, "reads").stdout)
        self.assertIn("何人", self.command(self.running, "reads", "--lang", "zh").stdout)
        before = self.reads()
        self.running.kill()
        self.running.start()
        self.assertEqual(self.reads(), before)
        self.assertEqual(self.running.command("reads", "999999").returncode, 1)
        self.assertEqual([len(self.question(self.one, "list", what="reads", limit=2)), len(self.question(self.one, "list", what="reads", limit=2, after=4))], [2, 1])

    def test_who_may_list_it(self):
        self.question(self.one, "show", c=self.case, as_="zhou")
        app = self.app(self.make("grid-app", "--app", "--resident", "app", "--people", "jinnong-district", "--unit", "jinnong"))
        desk = self.app(self.make("night-desk", "--operator"))
        self.assertEqual(self.question(desk, "list", what="reads")[0]["as"], "zhou")
        self.assertEqual(self.question(app, "list", what="reads", c=self.case, as_="zhou")[0]["as"], "zhou")  # supervises there
        self.assertEqual(self.question(app, "list", what="reads", c=self.case, as_="zhou", for_="nobody"), [])
        for members in ({}, {"c": self.case}, {"as_": "zhou"}, {"c": self.case, "as_": "li"}, {"c": self.case, "as_": "app:wu"}, {"c": 999999, "as_": "zhou"}, {"u": "jinnong"},
                        {"c": self.case, "as_": "other:wu"}):
            self.refused(self.question(app, "list", what="reads", **members)[0], "denied")
        screen = self.app(self.make("screen", "--watcher", "jinnong"))
        self.refused(self.question(screen, "list", what="reads", u="jinnong")[0], "denied")


del Curve

if __name__ == "__main__":
    harness.main()
