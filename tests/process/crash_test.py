#!/usr/bin/python3
"""The engine is killed hard in the middle of load, again and again, at moments of a fixed seed, and now and then the command that imports old cases
meanwhile. Afterwards every acknowledged event is in the log exactly once, repeats get the first answers, what was owed was done, every row of
the import is there once, and the folder verifies."""
import csv
import json
import os
import subprocess
import threading

import harness
from harness import BUILDING, DISPUTE, PARTIES, PATIENCE, SOURCE, until
from harness import staircase

KILLS = 16
CLIENTS = 3
IN_FLIGHT = 96
PLACES = ((BUILDING, "li"), ("jinnong/grid-3/building-8", "mediator-1008"), ("jinnong/grid-4/building-10", "mediator-1010"))
LEASE = "retry: {attempts: 8, base-seconds: 1, most-seconds: 1}\nlease-seconds: 1\n"


class Sender(threading.Thread):
    """A client that pipelines until it is told to stop; keeps the first final answer to each event. Some events it sends before their
    case (they are parked), some it sends again although they are answered (they are duplicates)."""

    def __init__(self, engine, number, tally):
        super().__init__(daemon=True)
        self.engine, self.number, self.tally = engine, number, tally
        self.dice = harness.random.Random(number)
        self.sent, self.answers, self.repeats, self.wrong = {}, {}, {}, []
        self.enough = threading.Event()
        self.error = None

    def run(self):
        try:
            with staircase.Client(self.engine.endpoint, name="sender %d" % self.number, retry=1.0) as client:
                while not self.enough.is_set():
                    for message in self.a_case():
                        self.submit(client, message)
                    while len(client.pending) > IN_FLIGHT:
                        self.take(client)
                while client.pending:
                    self.take(client)
        except Exception as error:
            self.error = error

    def a_case(self):
        """What a case is sent, in the order in which it is sent."""
        key, (unit, mediator) = staircase.new_id(), self.dice.choice(PLACES)
        if self.dice.random() < 0.4:
            data = {"what": "number %d" % self.dice.randrange(10**6)}
            return [{"m": "open", "w": "errand", "u": "jinnong/grid-3", "as": "li", "d": data, "key": key}]
        events = [("agree-to-mediate", party, None) for party in PARTIES]
        messages = [{"m": "open", "w": "dispute-mediation", "u": unit, "as": mediator, "d": DISPUTE, "key": key}]
        messages += [{"m": "send", "c": key, "e": event, "as": who} for event, who, _ in events]
        messages += [{"m": "send", "c": key, "e": "raise", "as": mediator, "d": {"reason": "双方差距太大"}}]
        if self.dice.random() < 0.2:
            messages.append(messages.pop(0))  # the opening comes last: all before it is parked until then
        return messages

    def submit(self, client, message):
        message["id"] = staircase.new_id()
        self.sent[message["id"]] = message
        client.submit(message)
        if self.answers and self.dice.random() < 0.05:
            id = self.dice.choice(list(self.answers))
            self.repeats[client.submit(self.sent[id])] = id

    def take(self, client):
        ids = {request: pending.message["id"] for request, pending in client.pending.items()}
        answer = client.next_answer(PATIENCE)
        if answer is None:
            raise AssertionError("no answer within %.0f s; %d are open" % (PATIENCE, len(client.pending)))
        if answer["m"] == "parked":
            return
        id = ids[answer["r"]]
        if answer["m"] not in ("applied", "duplicate"):
            self.wrong.append(answer)
        elif answer["r"] in self.repeats:
            self.compare(answer, self.answers[id])
        elif id in self.answers:
            self.wrong.append(("answered twice", answer))
        else:
            self.answers[id] = answer
            self.tally.add()

    def compare(self, answer, first):
        same = lambda message: {name: value for name, value in message.items() if name not in ("m", "r", "id")}
        if answer["m"] != "duplicate" or same(answer) != same(first):
            self.wrong.append(("not the first answer", answer, first))


class Tally:
    def __init__(self):
        self.lock, self.count = threading.Lock(), 0

    def add(self):
        with self.lock:
            self.count += 1


class Runner(threading.Thread):
    """A worker that does errands, also those that it has done before: what counts is what the engine says."""

    def __init__(self, engine, name):
        super().__init__(daemon=True)
        self.engine, self.name_ = engine, name
        self.enough, self.error, self.done = threading.Event(), None, {}

    def run(self):
        try:
            with staircase.Worker(self.engine.workers_endpoint, self.name_, ["errands"], credit=16, retry=1.0) as worker:
                while not self.enough.is_set():
                    task = worker.next_task(0.05)
                    if task is None:
                        continue
                    answer = worker.send(task, "did", "li")
                    if answer["m"] in ("applied", "duplicate"):
                        self.done.setdefault(task["task"], set()).add((answer["p"], answer["case"]))
                    elif answer["code"] not in ("stale-lease", "unknown-task"):
                        raise AssertionError(answer)
        except Exception as error:
            self.error = error


class Importer(threading.Thread):
    """Somebody who brings old cases along, file after file, while the engine dies under the command, and the command itself. What was not told to be done is
    imported again, whole."""

    CASES, EVENTS = 100, ("came", "note", "note", "done")
    MAY_END_WITH = (-9, 3)  # killed; no engine ran just then
    MAP = os.path.join(SOURCE, "tests/process/old-errand-map.yaml")

    def __init__(self, engine):
        super().__init__(daemon=True)
        self.engine, self.files, self.process, self.error = engine, [], None, None
        self.enough, self.lock, self.killed = threading.Event(), threading.Lock(), 0

    def run(self):
        try:
            while not self.enough.is_set():
                self.files.append(self.write(len(self.files)))
                while not self.bring(self.files[-1]) and not self.enough.is_set():
                    pass
        except Exception as error:
            self.error = error

    def write(self, number):
        path = os.path.join(self.engine.folder, "old-%d.csv" % number)
        with open(path, "w", encoding="utf-8", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(("case", "activity", "time", "person", "place", "what"))
            for case in range(self.CASES):
                for hour, event in enumerate(self.EVENTS):
                    rows.writerow(("old-%d-%d" % (number, case), event, "2026-03-02T%02d:00:00+08:00" % (9 + hour), "li", "three", "row %d" % hour))
        return path

    def bring(self, path):
        """Its figures; None when it was stopped in the middle."""
        with self.lock:
            self.process = subprocess.Popen([harness.program("staircase"), "import", path, "--map", self.MAP, "--data", self.engine.data, "--json"],
                                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=SOURCE)
        said, wrong = self.process.communicate()
        if self.process.returncode == 0:
            return json.loads(said.splitlines()[-1])
        if self.process.returncode not in self.MAY_END_WITH:
            raise AssertionError("the import ended with %s: %s%s" % (self.process.returncode, said, wrong))
        return None

    def kill(self):
        with self.lock:
            if self.process and self.process.poll() is None:
                self.process.kill()
                self.killed += 1

    def finish(self, test):
        """Whatever was begun is brought to its end, what was done is done again."""
        for path in self.files:
            figures = self.bring(path)
            test.assertEqual((figures["applied"] + figures["duplicate"], figures["refused"]), (self.CASES * len(self.EVENTS), 0), figures)

    def check(self, rows, test):
        """Every row of every file is in the log once."""
        seen = [row for row in rows if row.get("w") == "old-errand" or row["e"] in ("noted", "closed")]
        test.assertEqual(len(seen), len(self.files) * self.CASES * len(self.EVENTS))
        test.assertEqual(len({row["id"] for row in seen}), len(seen))
        cases = {row["case"] for row in seen if row["e"] == "open"}
        test.assertEqual(len(cases), len(self.files) * self.CASES)
        for event, times in (("noted", 2), ("closed", 1)):
            test.assertEqual(sorted(row["case"] for row in seen if row["e"] == event), sorted(list(cases) * times))


class Crash(harness.Case):
    def test_acknowledged_is_kept_once(self):
        dice, tally = harness.seeded(20260101), Tally()
        engine = self.engine(workflows=("dispute-mediation",), own=["tests/process/errand.yaml", "tests/process/old-errand.yaml"], settings=LEASE)
        senders = [Sender(engine, number, tally) for number in range(CLIENTS)]
        runners = [Runner(engine, name) for name in ("first", "second")]
        importer = Importer(engine)
        everybody = senders + runners + [importer]
        for thread in everybody:
            thread.start()
        for _ in range(KILLS):
            goal = tally.count + dice.randrange(50, 500)
            until("some more are acknowledged", lambda: tally.count >= goal or self.failed(everybody))
            self.assertFalse(self.failed(everybody))
            if dice.random() < 0.3:
                importer.kill()
            engine.kill()
            engine.start()
        for thread in senders + [importer]:
            thread.enough.set()
        for sender in senders:
            sender.join()
        importer.join()
        client = self.client(engine)
        until("nothing is owed to workers", lambda: client.status()["owed"] == 0 or self.failed(runners))
        for runner in runners:
            runner.enough.set()
            runner.join()
        self.assertFalse(self.failed(everybody))
        self.assertEqual([sender.wrong for sender in senders], [[]] * CLIENTS)
        answers = {id: answer for sender in senders for id, answer in sender.answers.items()}
        self.assertEqual(len(answers), sum(len(sender.sent) for sender in senders))
        self.assertGreater(len(answers), KILLS * 50)
        importer.finish(self)
        print("%d events acknowledged, %d kills; %d rows imported, %d kills of the import" %
              (len(answers), KILLS, len(importer.files) * Importer.CASES * len(Importer.EVENTS), importer.killed))
        rows = self.news(client)
        importer.check(rows, self)
        self.check_log(rows, answers)
        self.check_errands(rows, runners)
        self.send_again(engine, senders)
        self.assertEqual(engine.stop(), 0)
        report = self.verify(engine)
        # Starting once more changes nothing, and gives the same state.
        engine.start()
        self.assertEqual(engine.stop(), 0)
        self.assertEqual(self.verify(engine)["state_hash"], report["state_hash"])

    def failed(self, threads):
        for thread in threads:
            if thread.error:
                raise thread.error
        return False

    def check_log(self, rows, answers):
        """Each acknowledged event is there once, where its answer said; and nothing else that anybody sent."""
        positions = [row["p"] for row in rows]
        self.assertEqual(positions, sorted(set(positions)))
        sent = [row for row in rows if row["e"] in ("open", "agree-to-mediate", "raise") and row.get("w") != "old-errand"]
        self.assertEqual(sorted(row["id"] for row in sent), sorted(answers))
        for row in sent:
            answer = answers[row["id"]]
            self.assertEqual((row["p"], row["case"], row["t"]), (answer["p"], answer["case"], answer["t"]))

    def check_errands(self, rows, runners):
        """Each was done exactly once, whoever reported it and however often."""
        did = [row for row in rows if row["e"] == "did"]
        opened = [row["case"] for row in rows if row["e"] == "open" and row["w"] == "errand"]
        self.assertEqual(sorted(row["case"] for row in did), sorted(opened))
        self.assertGreater(len(opened), 20)
        at = {(row["p"], row["case"]) for row in did}
        for runner in runners:
            for reported in runner.done.values():
                self.assertEqual(len(reported), 1)
                self.assertTrue(reported <= at)

    def send_again(self, engine, senders):
        """Everything once more: every answer is the first one again, and the log does not grow."""
        with staircase.Client(engine.endpoint, retry=5.0) as client:
            before = client.status()["p"]
            for sender in senders:
                expected = {}
                for id, message in sender.sent.items():
                    expected[client.submit(message)] = sender.answers[id]
                    while len(client.pending) > IN_FLIGHT or (client.pending and len(expected) == len(sender.sent)):
                        answer = client.next_answer(PATIENCE)
                        self.duplicate(answer, expected[answer["r"]])
            self.assertEqual(client.status()["p"], before)


if __name__ == "__main__":
    harness.main()
