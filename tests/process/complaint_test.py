#!/usr/bin/python3
"""A person complained of does not learn who complained: not by any question, watch, notice, refusal, proof, or case that is tied to theirs; whether the
complainant stands in a private field or has only opened the case; whether a resident or an officer is complained of."""
import base64
import json
import os

import harness
from curve_test import Curve
from harness import PATIENCE, staircase, until

GRID = "jinnong/grid-3"
HIDDEN = ("app:wu", "wang", "吴某某", "13912345678")


class Complaint(Curve):
    """Two cases: an officer (li), complained of by app:wu, who stands in a private field, with wang as a witness; and a resident (app:qian), complained of by
    app:wu, who has only opened it."""

    own = ("tests/process/complaint.yaml", "tests/process/errand.yaml")

    def setUp(self):
        super().setUp()
        named = {"id": "app:wu", "name": "吴某某", "telephone": "13912345678"}
        self.officer = self.applied(self.one.open("complaint", GRID, "app:wu", {"matter": "态度恶劣", "complainant": [named], "witness": ["wang"], "complained-of": ["li"]}))["case"]
        self.resident = self.applied(self.one.open("complaint", GRID, "app:wu", {"matter": "深夜喧哗", "complained-of": ["app:qian"]}))["case"]
        self.applied(self.one.send(self.officer, "add", "app:wu", {"notes": "又来一次"}))
        self.applied(self.one.send(self.officer, "add", "wang", {"notes": "我看见了"}))
        self.applied(self.one.send(self.officer, "extend", "app:wu"))
        self.applied(self.one.send(self.officer, "claim", "zhou"))

    def both(self):
        return ((self.officer, "li"), (self.resident, "app:qian"))

    def key_for_all(self):
        return self.app(self.make("grid-app", "--app", "--resident", "app", "--people", "jinnong-district", "--unit", "jinnong"))

    def nobody_in(self, said, where):
        text = said if isinstance(said, str) else json.dumps(said, ensure_ascii=False, default=lambda some: base64.b64encode(some).decode())
        for who in HIDDEN:
            self.assertNotIn(who, text, where)

    def question(self, client, kind, **members):
        return client.question(kind, **{name.rstrip("_"): value for name, value in members.items()})

    def watched(self, client, **members):
        """What the watch tells up to now."""
        last = self.one.status()["p"]
        request, rows = client.submit({"m": "watch", "credit": 1000, "p": 1, **members}), []
        while True:
            answer = client.next_answer(PATIENCE)
            self.assertIsNotNone(answer)
            if answer["r"] == request and answer["m"] == "news":
                rows.append(answer)
            if answer.get("p", 0) >= last and answer["m"] == "news":
                client.pending.pop(request)
                client.put({"m": "credit", "r": request, "credit": 0})
                return rows

    def test_who_handles_it_knows(self):
        """So that the other tests can fail: it is all there."""
        for client in (self.one, self.key_for_all()):
            rows = self.question(client, "show", c=self.officer, as_="zhou", history=True)
            self.assertEqual(rows[0]["data"]["complainant"][0]["name"], "吴某某")
            self.assertEqual([row.get("as") for row in rows[1:]], ["app:wu", "app:wu", "wang", "app:wu", "zhou"])
            self.assertIn("app:wu", [notice["who"] for row in rows[1:] for notice in row.get("notices", ())])
            rows = self.question(client, "show", c=self.resident, as_="zhou", history=True)
            self.assertEqual(rows[1]["as"], "app:wu")
        self.assertIn("app:wu", str(self.question(self.one, "explain", c=self.officer, as_="zhou")))
        self.assertIn("app:wu", str(self.watched(self.one)))

    def test_who_complained_sees_their_own(self):
        rows = self.question(self.one, "show", c=self.officer, as_="app:wu", history=True)
        self.assertEqual([row.get("as") for row in rows[1:]], ["app:wu", "app:wu", None, "app:wu", "zhou"])
        self.assertEqual(rows[3]["unnamed"], ["as"])

    def test_by_no_question(self):
        for client in (self.one, self.key_for_all()):
            for case, person in self.both():
                rows = self.question(client, "show", c=case, as_=person, history=True)
                self.assertIn("as", rows[1]["unnamed"])
                self.nobody_in(rows, "show")
                self.nobody_in(self.question(client, "explain", c=case, as_=person), "explain")
                for event in ("reply", "add", "look", "find", "drop", "extend", "grant", "deny", "claim", "hand-over", "comment"):
                    self.nobody_in(self.question(client, "explain", c=case, as_=person, e=event, d={"notes": "x"} if event == "add" else {}), event)
                self.nobody_in(self.question(client, "list", as_=person, u="jinnong"), "list")
                self.nobody_in(self.question(client, "incidents", as_=person, u="jinnong"), "incidents")

    def test_by_no_watch_and_no_notice(self):
        self.applied(self.one.send(self.officer, "grant", "zhou"))
        self.applied(self.one.send(self.officer, "add", "app:wu", {"notes": "第三次"}))
        for client in (self.one, self.key_for_all()):
            for case, person in self.both():
                rows = self.watched(client, u="jinnong", **{"as": person})
                mine = [row for row in rows if row.get("case") == case]
                self.nobody_in(mine, "watch")
                if person == "li":  # who is told is told, and not who else is
                    self.assertIn("li", [notice["who"] for row in mine for notice in row["rows"].get("notices", ())])
        # An app learns of notices to those for whom it acts, a watcher of those to offices.
        other = self.app(self.make("other-app", "--app", "--resident", "other", "--person", "li", "--unit", "jinnong"))
        self.nobody_in([row for row in self.watched(other, u="jinnong") if row.get("case") == self.officer], "another app")
        screen = self.app(self.make("screen", "--watcher", "jinnong"))
        self.nobody_in(self.watched(screen, u="jinnong"), "watcher")
        for case, _ in self.both():
            self.nobody_in(self.question(screen, "show", c=case, history=True), "a watcher's show")
            self.nobody_in(self.question(screen, "explain", c=case), "a watcher's explain")

    def test_by_no_refusal(self):
        for client in (self.one, self.key_for_all()):
            for case, person in self.both():
                for event, data in (("reply", None), ("add", {"notes": "x"}), ("look", {"answer": "x"} if person != "li" else None), ("find", {"finding": "x"}), ("drop", None), ("extend", None),
                                    ("grant", None), ("deny", None), ("claim", None), ("hand-over", {"to": "app:wu"}), ("give-back", None), ("take-back", None),
                                    ("add-handler", {"who": "chen"}), ("link", {"case": 1}), ("nonsense", None)):
                    answer = client.send(case, event, person, data)
                    self.assertEqual(answer["m"], "refused", (event, answer))
                    if "app:wu" not in str(data):
                        self.nobody_in(answer, event)
        # Others too: an extension waits that somebody asked for, a task is held.
        answer = self.one.send(self.officer, "extend", "app:wu")
        self.assertIn("app:wu", answer["why"])
        self.nobody_in(self.one.send(self.officer, "grant", "li"), "grant")

    def test_by_no_proof(self):
        """Whole records are those in which nobody stands who is hidden."""
        for case, person in self.both():
            for who in (("--as", person), ()):
                proof = json.loads(self.command(self.running, "prove", case, *who).stdout)
                self.nobody_in("".join(base64.b64decode(record.get("record", "")).decode("utf-8", "replace") for record in proof["records"]), "proof")
        proof = json.loads(self.command(self.running, "prove", self.officer, "--as", "zhou").stdout)
        self.assertTrue(all("record" in record for record in proof["records"]))

    def test_by_no_case_that_is_tied_to_it(self):
        tied = self.applied(self.one.open("complaint", GRID, "app:wu", {"matter": "另一件", "complainant": ["app:wu"], "complained-of": ["app:other"]}))["case"]
        self.applied(self.one.send(self.officer, "link", "zhou", {"case": tied}))
        self.applied(self.one.send(self.resident, "link", "zhou", {"case": tied}))
        until("they are tied", lambda: len(self.one.show(tied)[0].get("links", ())) == 2)
        app = self.key_for_all()
        far = self.app(self.make("far-app", "--app", "--resident", "app", "--people", "jinnong-district"))
        for case, person in self.both():
            for client in (self.one, app, far):
                self.nobody_in(self.question(client, "show", c=case, as_=person, history=True), "a tied case")
            self.nobody_in(self.question(self.one, "show", c=tied, as_=person, history=True), "the other one")
        # A key without units of its own sees what concerns the person, and no more: that there is another case, and nothing of it.
        self.assertEqual([set(link) for link in self.question(far, "show", c=self.resident, as_="app:qian")[0]["links"]], [{"kind"}])
        self.assertNotIn("other", self.question(far, "show", c=self.resident, as_="app:qian", history=True)[-1])
        self.refused(far.ask({"m": "show", "c": tied, "as": "app:qian"}, PATIENCE), "denied")
        self.assertIn("no", self.question(self.one, "show", c=self.resident, as_="app:qian")[0]["links"][0])

    def test_by_no_office(self):
        """The supervisor is complained of: what a supervisor sees, this one does not see of this case; the one above does."""
        case = self.applied(self.one.open("complaint", GRID, "app:wu", {"matter": "徇私", "complainant": [{"id": "app:wu", "name": "吴某某"}], "complained-of": ["zhou"]}))["case"]
        for client in (self.one, self.key_for_all()):
            rows = self.question(client, "show", c=case, as_="zhou", history=True)
            self.nobody_in(rows, "show")
            self.assertEqual(sorted(rows[0]["private"]), ["complainant", "matter"])
            self.nobody_in(self.question(client, "explain", c=case, as_="zhou"), "explain")
            self.nobody_in([row for row in self.watched(client, u="jinnong", **{"as": "zhou"}) if row.get("case") == case], "watch")
            self.assertIn("app:wu", str(self.question(client, "show", c=case, as_="ma")))
        self.assertIn("finding", self.answered(case))

    def answered(self, case):
        """What is meant for who is complained of they see as that."""
        self.applied(self.one.send(case, "find", "ma", {"finding": "属实"}))
        return self.question(self.one, "show", c=case, as_="zhou")[0]["data"]

    def test_on_the_command_line(self):
        for case, person in self.both():
            for words in (("show", case, "--history"), ("explain", case), ("list",), ("watch", "--from", "1", "--count", "3")):
                done = self.running.command(*words, "--as", person, "--json")
                if done.returncode == 0:
                    self.nobody_in(done.stdout + done.stderr, words)


del Curve

if __name__ == "__main__":
    harness.main()
