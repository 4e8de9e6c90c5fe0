#!/usr/bin/python3
"""Far more than the engine can do, a small piece of `make overload`: who sends one thing at a time is served meanwhile, the rest hears busy with a time, memory
stays under its bound, and whoever does not read costs no more than what the system keeps for it. A worker that takes everything and answers nothing
keeps no task from the others."""
import os
import sys
import threading

import harness
from harness import PATIENCE, until
from harness import staircase

sys.path.insert(0, os.path.join(harness.SOURCE, "tests", "campaign"))
import overload  # noqa: E402

MB = 1 << 20
MEMORY_MOST = 320 * MB  # LIMIT_MEMORY_TIGHT and what a turn may bring besides; breaking connections begins at 512
LATENCY_MOST_MS = 8000  # of who sends one thing at a time; on a machine that is busy with other things too


class Overload(harness.Case):
    def crowd(self, engine, message, **options):
        process = overload.crowd(engine, message, **options)
        self.addCleanup(harness.end_process, process)
        return process

    def test_a_flood_of_events(self):
        """200 clients with 100 events in flight each, half of them rude, and batches of 64: more than a quarter of a second of work by far."""
        engine = self.engine(workflows=("dispute-mediation",), settings="batch: 64\n")
        with overload.Eye(engine) as eye:
            flood = [self.crowd(engine, overload.OPENING, clients=100, in_flight=100, seconds=3, rude=rude) for rude in (False, True)]
            until("the flood is there", lambda: self.applied_by(engine) > 100)
            among = overload.figures_of(self.crowd(engine, overload.OPENING, clients=20, in_flight=1, rate=50, seconds=2))
            polite, rude = (overload.figures_of(process) for process in flood)
        self.assertIsNone(eye.failure)
        self.assertGreater(polite["busy"] + rude["busy"], polite["applied"] + rude["applied"])
        self.assertGreater(polite["after-least-ms"], 0)
        self.assertGreater(polite["applied"], 100)
        for figures in (among, polite, rude):
            self.assertEqual((figures["refused"], figures["broken"], figures["other"]), (0, 0, 0), figures)
        self.assertGreater(among["applied"], 3)
        self.assertLess(among["most-us"], LATENCY_MOST_MS * 1000)
        self.assertLess(among["p50-us"], polite["p50-us"])
        self.assertLess(eye.most, MEMORY_MOST)
        print("others: p99 %.0f ms, busy %d; the flood: applied %d, busy %d, at least %d ms; %.0f MB" % (
            among["p99-us"] / 1000, among["busy"], polite["applied"] + rude["applied"], polite["busy"] + rude["busy"], polite["after-least-ms"], eye.most / MB))
        until("it is through", lambda: overload.answers_at_once(engine))
        self.assertEqual(engine.stop(), 0)
        self.verify(engine)

    def applied_by(self, engine):
        with staircase.Client(engine.endpoint, timeout=PATIENCE) as client:
            return client.status().get("applied", 0)

    def deaf(self, message, most, seconds=2, **options):
        """Everybody asks and nobody reads a byte; another client is served, and memory is bounded."""
        engine = self.engine(workflows=("dispute-mediation",))
        self.assertGreater(overload.figures_of(self.crowd(engine, overload.OPENING, clients=64, in_flight=16, seconds=1))["applied"], 300)
        client, applied = self.client(engine), 0
        held = engine.memory("RssAnon")
        with overload.Eye(engine) as eye:
            process = self.crowd(engine, message, seconds=seconds, deaf=True, once=True, **options)
            while process.poll() is None:
                self.open_dispute(client)
                applied += 1
        self.assertIsNone(eye.failure)
        self.assertGreater(applied, 5)
        print("%d events of another, its status after %.0f ms at most; %.0f MB, %.0f before" % (applied, eye.longest * 1000, eye.most / MB, held / MB))
        self.assertLess(eye.most, held + most)
        self.assertLess(eye.longest, LATENCY_MOST_MS / 1000)
        self.assertNotIn("memory-full", engine.said())
        return client

    def test_lists_that_nobody_reads(self):
        self.deaf(overload.LIST, MEMORY_MOST, clients=50, in_flight=100)

    def test_watches_that_nobody_reads(self):
        """Each has a place in the log and no more: what it does not take is not there yet."""
        client = self.deaf(overload.WATCH, MEMORY_MOST, seconds=4, clients=120, in_flight=2)
        rows = [row for row, _ in zip(client.watch(position=1, timeout=PATIENCE), range(2000))]  # who reads has them all
        self.assertEqual([row["p"] for row in rows], sorted({row["p"] for row in rows}))

    def test_a_worker_that_takes_and_never_answers(self):
        engine = self.engine(workflows=(), own=["tests/process/errand.yaml"], settings="lease-seconds: 1\nretry: {attempts: 20, base-seconds: 1, most-seconds: 1}\n")
        client = self.client(engine)
        cases = {self.applied(client.open("errand", "jinnong/grid-3", "li", {"what": "nr %d" % number}))["case"] for number in range(20)}
        hoarder = self.worker(engine, "hoarder", ["errands"], credit=30)
        hoarder.next_beat = float("inf")  # its process lives; its code does nothing
        taken = {hoarder.next_task(PATIENCE)["case"] for _ in cases}
        self.assertEqual(taken, cases)
        worker, done = self.worker(engine, "diligent", ["errands"], credit=10), set()
        while done < cases:
            task = worker.next_task(PATIENCE)
            self.assertIsNotNone(task, "no task came; done are %d" % len(done))
            answer = worker.send(task, "did", "worker:diligent")
            done |= {task["case"]} if answer["m"] == "applied" else set()
        until("nothing is open", lambda: not client.list(workflow="errand"))
        self.assertEqual(client.status().get("incidents", 0), 0)

    def test_one_that_lives_and_does_nothing(self):
        """With beats its leases never lapse: that is for its operator to see. But it has only what it had credit for."""
        engine = self.engine(workflows=(), own=["tests/process/errand.yaml"], settings="lease-seconds: 1\n")
        client, worker = self.client(engine), self.worker(engine, "diligent", ["errands"], credit=1)
        hoarder, over = staircase.Worker(engine.workers_endpoint, "hoarder", ["errands"], credit=5), threading.Event()
        held = []

        def hoard():
            while not over.is_set():
                task = hoarder.next_task(0.05)
                held.extend([task] if task else [])
            hoarder.close()
        thread = threading.Thread(target=hoard)
        thread.start()
        self.addCleanup(thread.join)
        self.addCleanup(over.set)
        for number in range(30):
            self.applied(client.open("errand", "jinnong/grid-3", "li", {"what": "nr %d" % number}))
        for _ in range(25):
            self.applied(worker.send(worker.next_task(PATIENCE), "did", "worker:diligent"))
        until("it has what it had credit for", lambda: len(held) == 5)
        self.assertEqual(len(client.list(workflow="errand")), 5)
        self.assertEqual({row["what"]: row.get("leased", 0) for row in client.status()["workers"]}, {"hoarder": 5, "diligent": 0})


if __name__ == "__main__":
    if not os.access(harness.program("tests/campaign/crowd"), os.X_OK):
        sys.exit("the crowd is not built: make test builds it")
    harness.main()
