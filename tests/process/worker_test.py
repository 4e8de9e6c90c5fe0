#!/usr/bin/python3
"""Work that cases owe to programs: `staircase work`, retries and incidents, credit, leases, and the mediation centre's docket."""
import json
import os
import signal
import subprocess
import threading

import harness
from harness import BUILDING, DISPUTE, MEDIATORS, PARTIES, PATIENCE, until
from harness import staircase

# Three attempts, a second apart; a worker that says nothing for a second has lost its lease.
QUICK = "retry: {attempts: 3, base-seconds: 1, most-seconds: 1}\nlease-seconds: 1\n"


class Errands(harness.Case):
    def setUp(self):
        self.running = self.engine(workflows=("dispute-mediation",), own=["tests/process/errand.yaml"], settings=QUICK)
        self.one = self.client(self.running)

    def open_errand(self, what):
        return self.applied(self.one.open("errand", "jinnong/grid-3", "li", {"what": what}))["case"]

    def workers(self):
        return self.one.status().get("workers", [])

    def end_of(self, case):
        return self.one.show(case)[0].get("end")

    def work(self, *command, event=None, **options):
        """`staircase work errands` with that program; its standard error is kept."""
        arguments = ["work", "errands", *(["--event", event] if event else []), "--data", self.running.data, "--", *command]
        process = subprocess.Popen([harness.program("staircase"), *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                   cwd=self.running.folder, **options)
        self.addCleanup(self.end_work, process)
        return process

    def end_work(self, process):
        harness.end_process(process)
        process.stdout.close()
        process.stderr.close()


class Programs(Errands):
    def test_the_exit_status_decides(self):
        """0 settles, 75 is tried again until the attempts are used up, anything else is an incident at once."""
        program = """
            import json, os, sys
            task = json.load(sys.stdin)
            what = task["data"]["what"]
            open("tries-" + what, "a").write("%d\\n" % task["try"])
            print("about", what, file=sys.stderr)
            sys.exit({"good": 0, "later": 75, "bad": 3}[what] if not os.path.exists("mended") else 0)
        """
        program = "\n".join(line[12:] for line in program.splitlines())
        cases = {what: self.open_errand(what) for what in ("good", "later", "bad")}
        worker = self.work("/usr/bin/python3", "-c", program, event="did")
        until("the good one is done", lambda: self.end_of(cases["good"]) == "done")
        incidents = until("both others are incidents", lambda: (rows := self.one.incidents()) and len(rows) == 2 and rows)
        self.assertEqual([(row["case"], row["tries"], row["why"], row["topic"]) for row in sorted(incidents, key=lambda row: row["case"])],
                         [(cases["later"], 3, "about later", "errands"), (cases["bad"], 1, "about bad", "errands")])
        self.assertEqual(self.tries("later"), ["1", "2", "3"])
        self.assertEqual(self.tries("bad"), ["1"])
        shown = self.one.show(cases["bad"])[0]
        self.assertEqual([(task["state"], task.get("incident")) for task in shown["tasks"]], [("failed", True)])
        self.assertIsNone(shown.get("end"))

        listed = self.command(self.running, "incidents").stdout
        self.assertIn("about later", listed)
        self.assertIn("about bad", listed)
        self.command(self.running, "incidents", "retry", cases["bad"], "--as", "li", code=1)  # no supervisor
        open(os.path.join(self.running.folder, "mended"), "w").close()
        for case in (cases["bad"], cases["later"]):
            self.command(self.running, "incidents", "retry", case, "--as", "zhou")
        until("both are done after all", lambda: self.end_of(cases["bad"]) == self.end_of(cases["later"]) == "done")
        self.assertEqual(self.one.incidents(), [])
        self.command(self.running, "incidents", "retry", cases["bad"], "--as", "zhou", code=1)
        events = [entry["e"] for entry in self.one.show(cases["later"], history=True)[1:]]
        self.assertEqual(events, ["open", "fail", "fail", "fail", "retry", "did"])
        worker.send_signal(signal.SIGTERM)
        self.assertEqual(worker.wait(harness.STOP_WITHIN), 0)

    def tries(self, what):
        with open(os.path.join(self.running.folder, "tries-" + what), encoding="ascii") as file:
            return file.read().split()

    def test_the_program_says_which_event_and_what_it_brings(self):
        case = self.open_errand("paint")
        self.work("sh", "-c", "cat >/dev/null; echo '{\"event\": \"did\", \"data\": {\"cost\": 1250}}'")
        until("it is done", lambda: self.end_of(case) == "done")
        self.assertEqual(self.one.show(case)[0]["data"]["cost"], "12.50")

    def test_two_events_and_no_word_which(self):
        case = self.open_errand("paint")
        self.work("true")
        row = until("it is an incident", self.one.incidents)[0]
        self.assertEqual(row["case"], case)
        self.assertIn("did", row["why"])
        self.assertIn("waste", row["why"])

    def test_an_event_that_settles_nothing(self):
        case = self.open_errand("paint")
        self.work("sh", "-c", "cat >/dev/null; echo '{\"event\": \"memo\"}'")
        row = until("it is an incident", self.one.incidents)[0]
        self.assertEqual(row["case"], case)
        self.assertIn("memo does not settle the task", row["why"])
        self.assertIn("did", row["why"])

    def test_a_program_that_is_not_there(self):
        self.command(self.running, "work", "errands", "--", "./not-there", code=2, cwd=self.running.folder)

    def test_a_killed_worker_loses_its_lease(self):
        case = self.open_errand("slow")
        first = self.work("sh", "-c", "exec tail --pid=$PPID -f /dev/null", event="did", start_new_session=True)
        until("it is at work", lambda: [worker for worker in self.workers() if worker["leased"] == 1])
        first.kill()
        second = self.worker(self.running, "second", ["errands"])
        task = second.next_task(PATIENCE)
        self.assertEqual((task["case"], task["try"]), (case, 2))
        self.assertEqual(self.applied(second.send(task, "did", "li"))["end"], "done")
        events = [entry["e"] for entry in self.one.show(case, history=True)[1:]]
        self.assertEqual(events, ["open", "fail", "did"])


class Leases(Errands):
    def test_two_workers_share_and_credit_bounds_each(self):
        first, second = (self.worker(self.running, name, ["errands"], credit=2) for name in ("first", "second"))
        until("both are registered", lambda: first.next_task(0.01) or second.next_task(0.01) or len(self.workers()) == 2)
        cases = [self.open_errand("number %d" % number) for number in range(12)]
        done, held = [], {}
        for worker in (first, second):  # nobody reports: each gets as many as it has credit, and no more
            held[worker] = [worker.next_task(PATIENCE) for _ in range(2)]
        self.assertIsNone(first.next_task(0.1))
        self.assertEqual([worker["leased"] for worker in self.workers()], [2, 2])
        while len(done) < len(cases):
            for worker in (first, second):
                for task in held[worker]:
                    if task is not None:
                        self.assertEqual(self.applied(worker.send(task, "did", "li"))["end"], "done")
                        done.append((task["case"], worker.name))
                held[worker] = [worker.next_task(0.05)]
        self.assertEqual(sorted(case for case, _ in done), cases)
        self.assertEqual({name for _, name in done}, {"first", "second"})
        self.assertEqual(self.one.status()["owed"], 0)

    def test_a_report_after_the_lease_is_to_be_dropped(self):
        case = self.open_errand("late report")
        workers = (self.worker(self.running, "one", ["errands"]), self.worker(self.running, "other", ["errands"]))
        silent, task = until("one of them has it", lambda: next(((worker, task) for worker in workers if (task := worker.next_task(0.01))), None))
        quick = workers[silent is workers[0]]
        again = quick.next_task(PATIENCE)  # the silent one says nothing for as long
        self.assertEqual((again["task"], again["try"]), (task["task"], 2))
        self.refused(silent.send(task, "did", "li"), "stale-lease")
        self.applied(quick.send(again, "did", "li"))
        self.refused(silent.send(task, "did", "li"), "unknown-task")
        self.assertEqual([entry["e"] for entry in self.one.show(case, history=True)[1:]], ["open", "fail", "did"])

    def test_the_engine_forgets_leases_and_never_acceptances(self):
        kept, leased = self.open_errand("accepted"), self.open_errand("leased")
        worker = self.worker(self.running, "careful", ["errands"], credit=2)
        tasks = {task["case"]: task for task in (worker.next_task(PATIENCE), worker.next_task(PATIENCE))}
        self.applied(worker.accept(tasks[kept]))
        self.running.kill()
        self.running.start()
        again = worker.next_task(PATIENCE)
        self.assertEqual((again["case"], again["task"], again["try"]), (leased, tasks[leased]["task"], 1))
        self.applied(worker.send(again, "did", "li"))
        self.applied(worker.send(tasks[kept], "did", "li"))
        self.assertEqual((self.end_of(kept), self.end_of(leased)), ("done", "done"))

    def test_who_is_cancelled_is_told(self):
        case = self.open_errand("settled by hand")
        worker = self.worker(self.running, "holder", ["errands"])
        task = worker.next_task(PATIENCE)
        worker.accept(task)
        self.applied(self.one.send(case, "did", "li"))
        cancel = worker.next_task(PATIENCE)
        self.assertEqual((cancel["m"], cancel["about"]), ("cancel", task["task"]))
        self.applied(worker.settle(cancel))
        self.refused(worker.send(task, "did", "li"), "unknown-task")
        self.assertEqual(self.one.status()["owed"], 0)


class Docket(harness.Case):
    def docket(self, engine, *arguments):
        return engine.rows("list", *arguments, name="mediation_centre")

    def state_of(self, engine, case):
        return {row["case"]: row["docket"]["state"] for row in self.docket(engine, "--all")}.get(case)

    def order(self, engine, *arguments, code=0):
        return self.command(engine, *arguments, name="mediation_centre", code=code)

    def test_accept_return_conclude(self):
        engine = self.engine(workflows=("dispute-mediation",), settings="history: [mediation-centre]\n")
        self.centre(engine)
        client = self.client(engine)
        opened = self.open_dispute(client)
        case, other = opened["case"], self.open_dispute(client)["case"]
        self.climb(client, case)
        self.climb(client, other)
        until("both are in the docket", lambda: len(self.docket(engine)) == 2)
        shown = engine.rows("show", opened["no"], name="mediation_centre")
        self.assertEqual(shown[0]["docket"]["state"], "received")
        self.assertEqual([row["e"] for row in shown[1:]][:4], ["open", "agree-to-mediate", "agree-to-mediate", "raise"])
        self.assertEqual(shown[0]["data"]["summary"], DISPUTE["summary"])

        self.order(engine, "accept", case, "--as", "sun")
        self.assertEqual(self.state_of(engine, case), "accepted")
        self.order(engine, "return", other, "--reason", "社区尚未听取双方意见", "--as", "sun")
        until("it is back at the community", lambda: client.show(other)[0]["u"] == "jinnong")
        self.assertEqual(self.state_of(engine, other), "returned")
        self.order(engine, "conclude", case, "--agreement", "周五前修好，费用各半", "--as", "sun")
        until("the agreement is kept watch over", lambda: client.show(case)[0]["s"] == "keeping")
        self.assertEqual(self.state_of(engine, case), "concluded")
        self.assertEqual(self.docket(engine), [])
        self.order(engine, "conclude", case, "--agreement", "x", code=1)
        self.order(engine, "conclude", 4711, "--agreement", "x", code=1)
        self.order(engine, "return", case, code=2)

        # Returned, it climbs again, and stands in the docket once, on its second visit.
        self.agree(client, other) if client.show(other)[0]["s"] == "consent" else None
        self.applied(client.send(other, "raise", "chen", {"reason": "仍有分歧"}))
        self.agree(client, other)
        until("it is back in the docket", lambda: self.state_of(engine, other) == "received")
        self.assertEqual([row["docket"]["visits"] for row in self.docket(engine)], [2])

    def test_each_case_once_whatever_is_killed(self):
        engine = self.engine(workflows=("dispute-mediation",), settings="lease-seconds: 1\n")  # what a killed centre had been given comes again soon
        dice, cases, count = harness.seeded(20260924), [], 40
        centre = self.centre(engine)
        keys = [staircase.new_id() for _ in range(count)]
        load = threading.Thread(target=self.load, args=(engine, keys))
        load.start()
        watching = self.client(engine, retry=0.5)
        for _ in range(6):
            goal = watching.status()["p"] + dice.randrange(20, 60)
            until("some more events, or all", lambda: watching.status()["p"] >= goal or not load.is_alive())
            if dice.random() < 0.5:
                engine.kill()
                engine.start()
            else:
                harness.end_process(centre)
                centre = self.centre(engine)
        load.join()
        self.assertEqual(self.failures, [])
        cases = sorted(watching.show(key)[0]["case"] for key in keys)
        listed = until("all are in the docket", lambda: len(rows := self.docket(engine)) >= count and rows)
        self.assertEqual(sorted(row["case"] for row in listed), cases)
        self.assertEqual({row["docket"]["state"] for row in listed}, {"received"})
        until("nothing is owed", lambda: watching.status()["owed"] == 0)
        # What the centre decides goes out once, also when the engine is not there at that moment.
        engine.kill()
        process = subprocess.Popen([harness.program("mediation_centre"), "conclude", str(cases[0]), "--agreement", "周五前修好", "--data", engine.data],
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(harness.end_process, process)
        until("the docket keeps it", lambda: engine.rows("show", cases[0], name="mediation_centre")[0]["docket"].get("sending"))
        harness.end_process(centre)
        self.centre(engine)
        engine.start()
        until("the engine has it", lambda: watching.show(cases[0])[0]["s"] == "keeping")
        until("the docket knows", lambda: self.state_of(engine, cases[0]) == "concluded")
        history = [entry["e"] for entry in watching.show(cases[0], history=True)[1:]]
        self.assertEqual((history.count("accept"), history.count("sign")), (1, 1))
        self.assertEqual(engine.stop(), 0)
        self.verify(engine)

    def load(self, engine, keys):
        """All the way up for each case, pipelined; what the kills interrupt is sent again by the client."""
        self.failures = []
        client = staircase.Client(engine.endpoint, retry=1.0)
        steps = [("agree-to-mediate", party, None) for party in PARTIES]
        for key in keys:
            client.submit({"m": "open", "w": "dispute-mediation", "u": BUILDING, "as": "li", "d": DISPUTE, "key": key})
            for mediator in (*MEDIATORS, None):
                for event, who, data in steps + ([("raise", mediator, {"reason": "x"})] if mediator else []):
                    client.submit({"m": "send", "c": key, "e": event, "as": who, **({"d": data} if data else {})})
            while len(client.pending) > 24:
                self.note(client.next_answer(PATIENCE))
        while client.pending:
            self.note(client.next_answer(PATIENCE))
        client.close()

    def note(self, answer):
        if answer is None or answer["m"] not in ("applied", "duplicate", "parked"):
            self.failures.append(answer)
            raise AssertionError(answer)


if __name__ == "__main__":
    harness.main()
