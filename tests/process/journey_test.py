#!/usr/bin/python3
"""The main job end to end, as clients and workers see it: a case climbs from the building to the mediation centre and is resolved."""
import glob
import os
import time

import harness
from harness import BUILDING, DISPUTE, MEDIATORS, PARTIES, until
from harness import staircase

DAY = 24 * 3600 * 1000


def now():
    return int(time.time() * 1000)


class Climb(harness.Case):
    def test_from_the_building_to_the_centre_and_resolved(self):
        engine = self.engine()
        client, centre = self.client(engine), self.worker(engine, "centre", ["mediation-centre"], credit=5)
        opened = self.open_dispute(client)
        self.assertEqual((opened["s"], opened["l"], opened["u"]), ("consent", "building", BUILDING))
        self.assertRegex(opened["no"], r"^金农调字〔\d{4}〕1号$")
        self.assertGreater(opened["due"], opened["t"])
        self.assertLessEqual(abs(opened["t"] - now()), 60000)
        case, places, last = opened["case"], [], opened
        for mediator in MEDIATORS:
            last = self.agree(client, case)
            places.append((last["s"], last["l"], last["u"]))
            last = self.applied(client.send(case, "raise", mediator, {"reason": "双方差距太大"}))
            places.append((last["s"], last["l"], last["u"]))
        self.assertEqual(places, [
            ("mediation", "building", BUILDING), ("consent", "grid", "jinnong/grid-3"), ("mediation", "grid", "jinnong/grid-3"),
            ("consent", "community", "jinnong"), ("mediation", "community", "jinnong"), ("consent", "centre", "jinnong-centre")])
        self.assertEqual(client.status()["owed"], 0)  # the centre is owed nothing while consent is asked for
        last = self.agree(client, case)
        self.assertEqual((last["s"], last["l"], last["u"]), ("mediation", "centre", "jinnong-centre"))

        task = centre.next_task(harness.PATIENCE)
        self.assertIsNotNone(task, "the centre got no task")
        self.assertEqual((task["case"], task["no"], task["topic"], task["try"]), (case, opened["no"], "mediation-centre", 1))
        self.assertEqual((task["rows"]["s"], task["rows"]["u"], task["rows"]["home"]), ("mediation", "jinnong-centre", BUILDING))
        self.assertIn("sign", task["rows"]["can"])
        number = task["task"]
        self.assertEqual(self.applied(centre.accept(task))["task"], number)
        self.refused(centre.send(task, "sign", "sun"), "bad-data")  # it brings no agreement
        signed = self.applied(centre.send(task, "sign", "sun", {"agreement": "周五前修好，费用各半"}))
        self.assertEqual((signed["s"], signed["u"], signed["task"]), ("keeping", "jinnong/grid-3", number))
        kept = self.applied(client.send(case, "follow-up", "li", {"kept": True}))
        self.assertEqual(kept["end"], "resolved")
        self.refused(client.send(case, "follow-up", "li", {"kept": True}), "not-now")

        row, *history = client.show(case, history=True)
        self.assertEqual((row["end"], row["case"], row["data"]["kept"]), ("resolved", case, True))
        climb = ["agree-to-mediate", "agree-to-mediate", "raise"] * 3 + ["agree-to-mediate", "agree-to-mediate"]
        self.assertEqual([entry["e"] for entry in history], ["open", *climb, "accept", "sign", "follow-up"])
        self.assertEqual(history[-2]["worker"], "centre")
        positions = [entry["p"] for entry in history]
        self.assertEqual((positions, positions[0], positions[-1]), (sorted(set(positions)), opened["p"], kept["p"]))
        status = client.status()
        self.assertEqual((status["cases"], status["owed"], status["incidents"]), (0, 0, 0))
        self.assertEqual(engine.stop(), 0)
        report = self.verify(engine)
        self.assertEqual((report["cases"], report["open"]), (1, 0))

    def test_the_task_of_the_centre_brings_the_history_along(self):
        engine = self.engine(settings="history: [mediation-centre]\n")
        client, centre = self.client(engine), self.worker(engine, "centre", ["mediation-centre"])
        self.climb(client, self.open_dispute(client)["case"])
        task = centre.next_task(harness.PATIENCE)
        events = [entry["e"] for entry in task["rows"]["history"]]
        self.assertEqual((events[0], len(events)), ("open", 12))
        self.assertEqual(task["rows"]["history"][3]["data"], {"reason": "双方差距太大"})


class Answers(harness.Case):
    def setUp(self):
        self.running = self.engine()
        self.one = self.client(self.running)

    def test_the_same_event_again_gets_its_first_answer(self):
        key, ids = staircase.new_id(), [staircase.new_id() for _ in range(3)]
        opened = self.open_dispute(self.one, key=key, id=ids[0])
        agreed = self.applied(self.one.send(key, "agree-to-mediate", "app:zhao", id=ids[1]))
        both = self.applied(self.one.send(key, "agree-to-mediate", "app:qian", id=ids[2]))
        self.assertEqual((opened["s"], agreed["s"], both["s"]), ("consent", "consent", "mediation"))
        for engine_again in (False, True):
            if engine_again:
                self.running.kill()
                self.running.start()
            self.duplicate(self.one.open("dispute-mediation", BUILDING, "li", DISPUTE, key=key, id=ids[0]), opened)
            self.duplicate(self.one.send(key, "agree-to-mediate", "app:zhao", id=ids[1]), agreed)
            self.duplicate(self.one.send(key, "agree-to-mediate", "app:qian", id=ids[2]), both)
            self.assertEqual(self.one.status()["p"], both["p"])

    def test_an_id_is_for_one_content_and_a_key_for_one_case(self):
        key, id = staircase.new_id(), staircase.new_id()
        self.open_dispute(self.one, key=key, id=id)
        before = self.one.status()["p"]
        self.refused(self.one.open("dispute-mediation", BUILDING, "li", {**DISPUTE, "summary": "另一件事"}, key=key, id=id), "id-reused")
        self.refused(self.one.open("dispute-mediation", BUILDING, "li", DISPUTE, key=key), "key-taken")
        self.refused(self.one.send(key, "agree-to-mediate", "app:zhao", id=id), "id-reused")
        self.assertEqual(self.one.status()["p"], before)

    def test_a_refusal_is_not_remembered(self):
        case, id = self.open_dispute(self.one)["case"], staircase.new_id()
        refusal = self.refused(self.one.send(case, "raise", "li", {"reason": "x"}, id=id), "not-now")
        self.assertIn("agree-to-mediate", refusal["can"])
        self.agree(self.one, case)
        self.applied(self.one.send(case, "raise", "li", {"reason": "x"}, id=id))

    def test_an_event_that_comes_before_its_case(self):
        key, other = staircase.new_id(), self.client(self.running)
        gone = self.client(self.running)
        event = {"m": "send", "c": key, "e": "agree-to-mediate", "as": "app:zhao", "id": staircase.new_id()}
        request = other.submit(event)
        parked = other.next_answer(harness.PATIENCE)
        self.assertEqual((parked["m"], parked["r"]), ("parked", request))
        self.assertGreater(parked["due"], now() + 29 * DAY)
        forgotten = {"m": "send", "c": key, "e": "decline", "as": "app:nobody", "id": staircase.new_id()}
        gone.submit(forgotten)
        self.assertEqual(gone.next_answer(harness.PATIENCE)["m"], "parked")
        gone.close()
        self.running.kill()  # parked is on disk
        self.running.start()
        self.assertEqual(self.one.status()["parked"], 2)
        other.renew()
        until("it is parked still", lambda: (answer := other.receive(0.05)) and answer["m"] == "parked" and not other.take(answer))
        opened = self.open_dispute(self.one, key=key)
        final = other.next_answer(harness.PATIENCE)
        self.assertEqual((final["m"], final["r"], final["case"]), ("applied", request, opened["case"]))
        self.assertGreater(final["p"], opened["p"])
        until("nothing is parked", lambda: self.one.status()["parked"] == 0)
        # Who was away asks again, and hears what it would have heard: rights are checked when the case is there.
        self.refused(self.one.event("send", {name: forgotten[name] for name in ("c", "e", "as", "id")}), "not-allowed")
        again = self.one.event("send", {name: event[name] for name in ("c", "e", "as", "id")})
        self.duplicate(again, final)

    def test_when_it_happened(self):
        case = self.open_dispute(self.one, at=now() - 3 * DAY)["case"]
        happened = now() - 2 * DAY
        self.applied(self.one.send(case, "agree-to-mediate", "app:zhao", at=happened))
        self.refused(self.one.send(case, "agree-to-mediate", "app:qian", at=now() + 10 * 60 * 1000), "bad-time")
        _, _, entry = self.one.show(case, history=True)
        self.assertEqual((entry["happened"], entry["as"]), (happened, "app:zhao"))
        self.assertGreater(entry["t"], happened + DAY)

    def test_two_clients_pipeline_side_by_side(self):
        clients = [self.client(self.running, name="one"), self.client(self.running, name="two")]
        cases, sent, answers = 60, {}, {0: [], 1: []}
        for index, client in enumerate(clients):
            for _ in range(cases):
                key = staircase.new_id()
                requests = [client.submit({"m": "open", "w": "dispute-mediation", "u": BUILDING, "as": "li", "d": DISPUTE, "key": key})]
                requests += [client.submit({"m": "send", "c": key, "e": "agree-to-mediate", "as": party}) for party in PARTIES]
                requests += [client.submit({"m": "send", "c": key, "e": "raise", "as": "li", "d": {"reason": "x"}})]
                for step, request in enumerate(requests):
                    sent[index, request] = key, step
        for index, client in enumerate(clients):
            while client.pending:
                answers[index].append(self.applied(client.next_answer(harness.PATIENCE)))
        stood = {}
        for index in answers:
            self.assertEqual(len(answers[index]), 4 * cases)
            for answer in answers[index]:
                key, step = sent[index, answer["r"]]
                stood.setdefault(key, []).append((step, answer["p"], answer["s"], answer["l"]))
        for key, steps in stood.items():
            self.assertEqual([(step, stage, level) for step, _, stage, level in steps],
                             [(0, "consent", "building"), (1, "consent", "building"), (2, "mediation", "building"), (3, "consent", "grid")])
            self.assertEqual(steps, sorted(steps, key=lambda step: step[1]))  # the order of sending is the order of the log
        positions = [position for steps in stood.values() for _, position, _, _ in steps]
        self.assertEqual(len(set(positions)), 2 * 4 * cases)


class Questions(harness.Case):
    def setUp(self):
        self.running = self.engine()
        self.one = self.client(self.running)

    def test_a_case_by_id_number_and_key(self):
        key = staircase.new_id()
        opened = self.open_dispute(self.one, key=key)
        shown = self.one.show(opened["case"])[0]
        for name in (opened["no"], key):
            self.assertEqual(self.one.show(name)[0], shown)
        self.assertEqual((shown["s"], shown["l"], shown["due"], shown["key"]), ("consent", "building", opened["due"], key))
        self.refused(self.one.show(4711)[0], "unknown-case")
        self.refused(self.one.show("金农调字〔1999〕1号")[0], "unknown-case")

    def test_private_fields_are_for_those_who_may_see_them(self):
        secret = "不可外传的内容7391"
        case = self.applied(self.one.open("dispute-mediation", BUILDING, "li", {**DISPUTE, "summary": secret}))["case"]
        self.assertEqual(self.one.question("show", c=case, **{"as": "li"})[0]["data"]["summary"], secret)
        shown = self.one.question("show", c=case, **{"as": "clerk-12"})[0]["data"]
        self.assertNotIn("summary", shown)
        self.assertEqual(shown["category"], "neighbour")
        self.assertNotIn(secret, str(self.one.list()) + str(self.news(self.one)))
        self.assertEqual(self.running.stop(), 0)
        for path in glob.glob(os.path.join(self.running.data, "**"), recursive=True):
            if os.path.isfile(path):
                with open(path, "rb") as file:
                    self.assertNotIn(secret.encode(), file.read(), path)

    def test_lists(self):
        places = [BUILDING] * 3 + ["jinnong/grid-3/building-8"] * 2 + ["jinnong/grid-4/building-10"]
        openers = {BUILDING: "li", "jinnong/grid-3/building-8": "mediator-1008", "jinnong/grid-4/building-10": "mediator-1010"}
        cases = [self.applied(self.one.open("dispute-mediation", place, openers[place], DISPUTE))["case"] for place in places]
        self.agree(self.one, cases[0])
        matter = self.applied(self.one.open("grid-matter", "jinnong/grid-3", "li", {"summary": "路灯不亮", "kind": "facility"}))["case"]

        def listed(**filter):  # in the order of the units
            return sorted(row["case"] for row in self.one.list(**filter))
        self.assertEqual(listed(), cases + [matter])
        self.assertEqual(listed(unit="jinnong/grid-3"), cases[:5] + [matter])
        self.assertEqual(listed(unit="jinnong/grid-3", workflow="dispute-mediation"), cases[:5])
        self.assertEqual(listed(unit="jinnong/grid-4"), cases[5:])
        self.assertEqual(listed(stage="mediation"), cases[:1])
        self.assertEqual(listed(level="grid"), [matter])
        self.assertEqual(listed(overdue=True), [])
        self.refused(self.one.list(unit="jinnong/grid-99")[0], "unknown-unit")
        self.assertEqual([row["u"] for row in self.one.list(what="units", unit="jinnong/grid-4")], ["jinnong/grid-4", "jinnong/grid-4/building-10"])
        # Page by page it is the same list.
        pages, after = [], None
        while True:
            answer = self.one.event("list", {"limit": 4, "after": after})
            self.assertEqual(answer["m"], "result")
            pages.append([row["case"] for row in answer["rows"]])
            after = answer.get("after")
            if not after:
                break
        self.assertEqual([case for page in pages for case in page], [row["case"] for row in self.one.list()])
        self.assertEqual([len(page) for page in pages], [4, 3])

    def test_a_watch_tells_everything_once_and_in_order_also_over_a_restart(self):
        first = self.open_dispute(self.one)
        watcher = self.client(self.running, name="watcher")
        news = watcher.watch(position=1, credit=4, timeout=harness.PATIENCE)
        seen = [next(news)]
        while seen[-1]["p"] < first["p"]:
            seen.append(next(news))
        self.assertIn("deploy", [row["e"] for row in seen])
        self.assertEqual((seen[-1]["e"], seen[-1]["case"], seen[-1]["as"]), ("open", first["case"], "li"))
        self.assertEqual(sorted(notice["kind"] for notice in seen[-1]["notices"]), ["stage"] * len(seen[-1]["notices"]))
        self.agree(self.one, first["case"])
        self.running.kill()
        self.running.start()
        last = self.one.send(first["case"], "raise", "li", {"reason": "x"})
        self.assertIn(last["m"], ("applied", "duplicate"))  # it may have been sent again over the break
        while seen[-1]["p"] < last["p"]:
            seen.append(next(news))
        positions = [row["p"] for row in seen]
        self.assertEqual(positions, sorted(set(positions)))
        self.assertEqual([row["e"] for row in seen[-4:]], ["open", "agree-to-mediate", "agree-to-mediate", "raise"])

    def test_a_watch_of_one_place(self):
        here = self.open_dispute(self.one)
        self.applied(self.one.open("dispute-mediation", "jinnong/grid-4/building-10", "mediator-1010", DISPUTE))
        last = self.agree(self.one, here["case"])
        rows = []
        for row in self.one.watch(position=1, unit="jinnong/grid-3", timeout=harness.PATIENCE):
            rows.append(row)
            if row["p"] == last["p"]:
                break
        self.assertEqual([(row["e"], row["case"]) for row in rows], [("open", here["case"])] + [("agree-to-mediate", here["case"])] * 2)


if __name__ == "__main__":
    harness.main()
