#!/usr/bin/python3
"""Stopping and starting again: within 5 s under load, with everything that was acknowledged, and with all the processes that were started."""
import os
import re
import signal
import subprocess
import threading

import harness
from harness import BUILDING, DISPUTE, PARTIES, PATIENCE, SOURCE, STOP_WITHIN, until
from harness import staircase


class Load(threading.Thread):
    """Clients' work without an end: opens and consents, pipelined, until told to finish."""

    def __init__(self, engine):
        super().__init__(daemon=True)
        self.engine, self.enough, self.answers, self.error = engine, threading.Event(), {}, None

    def run(self):
        try:
            with staircase.Client(self.engine.endpoint, name="load", retry=1.0) as client:
                while not self.enough.is_set():
                    key = staircase.new_id()
                    client.submit({"m": "open", "w": "dispute-mediation", "u": BUILDING, "as": "li", "d": DISPUTE, "key": key})
                    for party in PARTIES:
                        client.submit({"m": "send", "c": key, "e": "agree-to-mediate", "as": party})
                    while len(client.pending) > 512:
                        self.take(client)
                while client.pending:
                    self.take(client)
        except Exception as error:
            self.error = error

    def take(self, client):
        ids = {pending.message["r"]: pending.message["id"] for pending in client.pending.values()}
        answer = client.next_answer(PATIENCE)
        if answer is None or answer["m"] not in ("applied", "duplicate", "parked"):
            raise AssertionError(answer)
        if answer["m"] != "parked":
            self.answers[ids[answer["r"]]] = answer


class Stop(harness.Case):
    def test_under_load_and_on_again(self):
        engine = self.engine()
        load = Load(engine)
        load.start()
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGTERM):
            goal = len(load.answers) + 300
            until("some events are acknowledged", lambda: load.error or len(load.answers) >= goal)
            self.assertIsNone(load.error)
            self.assertEqual(engine.stop(number), 0, engine.said())
            self.assertFalse(os.path.exists(os.path.join(engine.data, "engine.sock")))
            self.verify(engine)
            engine.start()
        load.enough.set()
        load.join()
        self.assertIsNone(load.error)
        rows = {row["id"]: row["p"] for row in self.news(self.client(engine)) if "id" in row}
        for id, answer in load.answers.items():
            self.assertEqual(rows[id], answer["p"])
        self.assertEqual(engine.stop(), 0)

    def test_twice_told(self):
        """Impatience does no harm: a second signal while it stops changes nothing."""
        engine = self.engine()
        self.open_dispute(self.client(engine))
        for _ in range(3):
            engine.tell(signal.SIGINT)
        while engine.process.poll() is None:  # to its very last moment
            engine.tell(signal.SIGINT)
        self.assertEqual(engine.wait(), 0)
        self.verify(engine)

    def test_watchers_and_workers_do_not_hold_it_up(self):
        engine = self.engine()
        client, worker = self.client(engine), self.worker(engine, "centre", ["mediation-centre"])
        watch = self.client(engine).watch(position=1, timeout=PATIENCE)
        next(watch)
        self.climb(client, self.open_dispute(client)["case"])
        self.assertIsNotNone(worker.next_task(PATIENCE))
        self.assertEqual(engine.stop(), 0)


class Shipped(harness.Case):
    """The configuration of `make run`: engine and mediation centre on the sample district."""

    def setUp(self):
        self.running = self.engine(start=False)
        self.running.config = os.path.join(SOURCE, "config", "staircase.yaml")

    def children(self):
        """Processes that the engine started: their ids."""
        with open("/proc/%d/task/%d/children" % (self.running.process.pid, self.running.process.pid), encoding="ascii") as file:
            return [int(child) for child in file.read().split()]

    def start(self):
        self.running.start()
        until("the centre serves its docket", lambda: self.running.command("list", name="mediation_centre").returncode == 0)
        children = self.children()
        self.assertEqual(len(children), 1)
        return children[0]

    def gone(self, pid):
        try:
            with open("/proc/%d/stat" % pid, encoding="ascii") as file:
                return file.read().rsplit(")", 1)[1].split()[0] == "Z"
        except FileNotFoundError:
            return True

    def test_ctrl_c_stops_engine_and_centre(self):
        """Ctrl-C reaches every process of the terminal's group at once."""
        for _ in range(2):
            centre = self.start()
            os.killpg(self.running.process.pid, signal.SIGINT)
            self.assertEqual(self.running.wait(STOP_WITHIN), 0, self.running.said())
            self.assertTrue(self.gone(centre))

    def test_a_signal_to_the_engine_alone_stops_both(self):
        centre = self.start()
        self.assertEqual(self.running.stop(), 0)
        self.assertTrue(self.gone(centre))

    def test_the_centre_does_not_outlive_a_killed_engine(self):
        centre = self.start()
        self.running.kill()
        until("the centre is gone, too", lambda: self.gone(centre))
        self.start()

    def test_a_centre_that_dies_is_started_again(self):
        centre = self.start()
        os.kill(centre, signal.SIGKILL)
        until("there is a new one", lambda: self.children() and self.children()[0] != centre)
        until("it serves its docket", lambda: self.running.command("list", name="mediation_centre").returncode == 0)

    def test_make_run_is_that_command(self):
        with open(os.path.join(SOURCE, "Makefile"), encoding="utf-8") as file:
            recipe = re.search(r"^run:.*\n\t@?(.*)$", file.read(), re.M).group(1)
        self.assertEqual(recipe.replace("$(B)", "build"), "build/staircase serve --config config/staircase.yaml")


if __name__ == "__main__":
    harness.main()
