#!/usr/bin/python3
"""The Python client against the shared vectors and against a fake engine: run from the project's folder; the exit code tells."""
import json
import os
import re
import sys
import tempfile
import threading
import unittest

import zmq

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "proto"))
import staircase  # noqa: E402

VECTORS = os.path.join(os.path.dirname(staircase.__file__), "vectors")
T = 1790000000000


def lines(name):
    with open(os.path.join(VECTORS, name), encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def plain(value):
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, dict):
        return {name: plain(item) for name, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, list) else value


class Vectors(unittest.TestCase):
    def test_good_messages(self):
        vectors = lines("messages.jsonl")
        self.assertGreater(len(vectors), 60)
        self.assertEqual({vector["message"]["m"] for vector in vectors}, set(staircase.KINDS))
        for vector in vectors:
            with self.subTest(vector["name"]):
                message = staircase.decode(bytes.fromhex(vector["hex"]))
                self.assertEqual(plain(message), vector["message"])
                self.assertEqual(staircase.encode(message).hex(), vector.get("canonical", vector["hex"]))

    def test_refused_messages(self):
        vectors = lines("refused.jsonl")
        self.assertGreater(len(vectors), 60)
        for vector in vectors:
            with self.subTest(vector["name"]):
                data = bytes.fromhex(vector["hex"]) + bytes.fromhex(vector.get("repeat", "")) * vector.get("times", 0) + \
                    bytes.fromhex(vector.get("tail", ""))
                with self.assertRaises(staircase.Malformed) as refusal:
                    staircase.decode(data)
                self.assertEqual(refusal.exception.code, vector["code"])

    def test_cut_at_every_byte(self):
        for vector in lines("messages.jsonl"):
            data = bytes.fromhex(vector["hex"])
            for size in range(len(data)):
                self.assertRaises(staircase.Malformed, staircase.decode, data[:size])

    def test_the_grammar_of_the_protocol(self):
        with open(os.path.join(os.path.dirname(VECTORS), "PROTOCOL.md"), encoding="utf-8") as file:
            text = file.read()
        receipt = re.search(r"^receipt +=([^;]*);", text, re.M).group(1).split()
        kinds = {}
        for kind, must, may in re.findall(r'^\w+ *= \{ m:"(\w+)" *([^\[}]*?) *(?:\[(.*?)\])? *\}', text, re.M):
            may = receipt if may == "receipt" else may.split()
            kinds[kind] = (frozenset(must.split()), frozenset(may))
        self.assertEqual(kinds, staircase.KINDS)

    def test_ids(self):
        a, b = staircase.new_id(), staircase.new_id()
        self.assertTrue(len(a) == 16 and a != b and a[6] >> 4 == 7 and a[8] >> 6 == 2)


class Engine(threading.Thread):
    """A fake engine: answers each message by `answer(message, engine)`, a list of messages; keeps what it got."""

    def __init__(self, endpoint, answer):
        super().__init__(daemon=True)
        self.answer, self.got, self.error = answer, [], None
        self.context = zmq.Context()
        self.router = self.context.socket(zmq.ROUTER)
        self.router.setsockopt(zmq.LINGER, 0)
        self.router.bind(endpoint)
        self.control = self.context.socket(zmq.PAIR)
        self.control.bind("inproc://stop")
        self.stopper = self.context.socket(zmq.PAIR)
        self.stopper.connect("inproc://stop")
        self.start()

    def run(self):
        poller = zmq.Poller()
        poller.register(self.router, zmq.POLLIN)
        poller.register(self.control, zmq.POLLIN)
        try:
            while self.control not in dict(poller.poll()):
                peer, data = self.router.recv_multipart()
                message = staircase.decode(data)
                self.got.append(message)
                for answer in self.answer(message, self):
                    self.router.send_multipart([peer, staircase.encode(answer)])
        except Exception as error:  # shown by the test, which would otherwise only see silence
            self.error = error

    def count(self, kind):
        return sum(message["m"] == kind for message in self.got)

    def stop(self):
        self.stopper.send(b"")
        self.join()
        for socket in (self.router, self.control, self.stopper):
            socket.close(0)
        self.context.term()
        if self.error:
            raise self.error


def applied(message, position=1, **more):
    return {"m": "applied", "r": message["r"], "p": position, "t": T, **({"id": message["id"]} if "id" in message else {}), **more}


class WithEngine(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.endpoint = "ipc://%s/engine.sock" % folder.name
        self.engine = None

    def start(self, answer):
        self.engine = Engine(self.endpoint, answer)

    def tearDown(self):
        if self.engine:
            self.engine.stop()


class Clients(WithEngine):
    def client(self, **options):
        client = staircase.Client(self.endpoint, **options)
        self.addCleanup(client.close)
        return client

    def test_an_opening_and_an_event(self):
        self.start(lambda message, _: [applied(message, case=4711)] if message["m"] in staircase.EVENTS else [])
        client = self.client()
        receipt = client.open("dispute-mediation", "jinnong/grid-3", "li", {"summary": "漏水"})
        self.assertEqual((receipt["m"], receipt["case"]), ("applied", 4711))
        client.send(receipt["case"], "raise", "li", {"b": 1, "a": 2}, on_behalf="app:7", at=T)
        hello, opening, event = self.engine.got
        self.assertEqual((hello["m"], hello["v"]), ("hello", 1))
        self.assertEqual((len(opening["id"]), len(opening["key"]), opening["d"]), (16, 16, {"summary": "漏水"}))
        self.assertEqual((event["c"], event["e"], event["for"], event["at"], list(event["d"])), (4711, "raise", "app:7", T, ["a", "b"]))

    def test_lost_busy_and_parked_end_in_one_final_answer(self):
        def answer(message, engine):
            if message["m"] != "send":
                return []
            sent = engine.count("send")
            return [[], [{"m": "busy", "r": message["r"], "after": 5}], [{"m": "parked", "r": message["r"]}],
                    [{"m": "parked", "r": message["r"]}, applied(message)]][sent - 1]
        self.start(answer)
        client = self.client(retry=0.02)
        request = client.submit({"m": "send", "c": b"k" * 16, "e": "raise", "as": "li"})
        self.assertEqual(client.next_answer(10)["m"], "parked")
        final = client.next_answer(10)
        self.assertEqual((final["m"], final["r"]), ("applied", request))
        self.assertFalse(client.pending)
        sent = [message for message in self.engine.got if message["m"] == "send"]
        self.assertEqual(len(sent), 4)
        self.assertEqual(len({(message["id"], message["r"]) for message in sent}), 1)

    def test_many_in_flight(self):
        self.start(lambda message, _: [applied(message, message["r"])] if message["m"] == "send" else [])
        client = self.client()
        requests = [client.submit({"m": "send", "c": 1, "e": "raise", "as": "li"}) for _ in range(500)]
        self.assertEqual(sorted(client.next_answer(10)["r"] for _ in requests), requests)
        self.assertIsNone(client.next_answer(0))

    def test_after_a_restart_it_goes_on(self):
        self.start(lambda message, _: [])
        client = self.client(retry=60)
        first = client.submit({"m": "send", "c": 1, "e": "first", "as": "li"})
        second = client.submit({"m": "send", "c": 1, "e": "second", "as": "li"})
        while self.engine.count("send") < 2:
            client.next_answer(0.01)
        ids = [message["id"] for message in self.engine.got if message["m"] == "send"]
        self.engine.stop()
        self.start(lambda message, _: [applied(message)] if message["m"] == "send" else [])
        answers = [client.next_answer(10), client.next_answer(10)]
        self.assertEqual([answer["r"] for answer in answers], [first, second])
        self.assertEqual([answer["id"] for answer in answers], ids)

    def test_questions(self):
        def answer(message, _):
            if message["m"] == "show":
                return [{"m": "result", "r": message["r"], "rows": [{"case": 1}], "more": True},
                        {"m": "result", "r": message["r"], "rows": [{"p": 1}, {"p": 2}]}]
            if message["m"] == "status":
                return [{"m": "result", "r": message["r"], "rows": [{"p": 9}]}]
            return [{"m": "refused", "r": message["r"], "code": "unknown-unit", "why": "no", "do": "look"}] if message["m"] == "list" else []
        self.start(answer)
        client = self.client()
        self.assertEqual(client.show(1, history=True), [{"case": 1}, {"p": 1}, {"p": 2}])
        self.assertEqual(client.status(), {"p": 9})
        self.assertEqual(client.list(unit="nowhere")[0]["code"], "unknown-unit")

    def test_a_question_that_breaks_off_is_asked_anew(self):
        def answer(message, engine):
            if message["m"] != "show":
                return []
            first = {"m": "result", "r": message["r"], "rows": [{"case": 1}], "more": True}
            return [first] if engine.count("show") == 1 else [first, {"m": "result", "r": message["r"], "rows": [{"p": 1}]}]
        self.start(answer)
        self.assertEqual(self.client(retry=0.05).show(1, history=True), [{"case": 1}, {"p": 1}])

    def test_a_watch_gives_credit_and_each_news_once(self):
        def answer(message, engine):
            if message["m"] == "watch":
                self.request, self.last = message["r"], message.get("p", 10) - 1
                return [{"m": "result", "r": self.request, "rows": [], "p": 9}] + news(4)
            return news(message["credit"]) if message["m"] == "credit" else []

        def news(count):
            self.last += count
            return [{"m": "news", "r": self.request, "p": p, "t": T, "rows": {"p": p}} for p in range(self.last - count + 1, self.last + 1)]
        self.start(answer)
        client, seen = self.client(retry=60), []
        for row in client.watch(credit=4):
            seen.append(row["p"])
            if len(seen) == 20:
                self.engine.stop()
                self.start(answer)
            if len(seen) == 40:
                break
        self.assertEqual(seen, list(range(10, 50)))

    def test_a_deployment_in_parts(self):
        def answer(message, engine):
            if message["m"] != "deploy":
                return []
            if engine.count("deploy") == 2:
                return [{"m": "refused", "r": message["r"], "code": "malformed", "why": "part 2 before part 1", "do": "again"}]
            return [applied(message) if message["part"] == message["parts"] else {"m": "result", "r": message["r"], "rows": []}]
        self.start(answer)
        source = os.urandom(600 * 1024)
        self.assertEqual(self.client().deploy("workflow", "w.yaml", source, "chief")["m"], "applied")
        parts = [message for message in self.engine.got if message["m"] == "deploy"]
        self.assertEqual([part["part"] for part in parts], [1, 2, 1, 2, 3])
        self.assertEqual(b"".join(part["b"] for part in parts[2:]), source)
        self.assertEqual(len({part["id"] for part in parts}), 1)

    def test_no_engine(self):
        client = self.client(timeout=0.05)
        self.assertRaises(TimeoutError, client.send, 1, "raise", "li")
        self.assertFalse(client.pending)


class Workers(WithEngine):
    def test_a_worker_s_life(self):
        def task(number, **more):
            return {"m": "task", "rows": {"case": 4711}, "case": 4711, "task": number, "lease": number + 100, "ms": 30, "try": 1, "topic": "print", **more}

        def answer(message, engine):
            if message["m"] == "register":
                return [{"m": "registered", "r": message["r"], "ms": 30}] + ([task(1), task(2)] if engine.count("register") == 2 else [])
            if message["m"] == "beat":
                return [{"m": "beat"}] if engine.count("beat") > 1 else \
                    [{"m": "refused", "r": 0, "code": "not-registered", "why": "who?", "do": "register"}]
            if message["m"] == "settle" and engine.count("settle") == 1:
                return [task(3), {"m": "cancel", "task": 2, "lease": 102}]  # and no answer
            if message["m"] == "fail":
                return [applied(message), {"m": "cancel", "task": 4, "lease": 104, "about": 3}]
            return [applied(message)] if message["m"] in ("accept", "settle", "send") else []
        self.start(answer)
        worker = staircase.Worker(self.endpoint, "printer", ["print"], unit="jinnong", credit=2, retry=0.02)
        self.addCleanup(worker.close)
        seen = []
        for task_ in worker.tasks(timeout=10):
            seen.append((task_["m"], task_["task"]))
            if task_["task"] == 1:
                self.assertEqual(worker.settle(task_)["m"], "applied")
            elif task_["task"] == 2:
                self.assertEqual(worker.fail(task_, "no paper", again=True, after=5)["m"], "applied")
            elif task_["task"] == 3:
                worker.accept(task_)
                worker.send(task_, "conclude", "wang", {"agreement": "x"})
            else:
                worker.settle(task_)
                break
        self.assertEqual(seen, [("task", 1), ("task", 2), ("task", 3), ("cancel", 4)])
        while self.engine.count("credit") < 4:
            worker.next_task(0.01)
        event = [message for message in self.engine.got if message["m"] == "send"][0]
        self.assertEqual((event["task"], event["c"], "lease" in event), (3, 4711, False))
        register = self.engine.got[0]
        self.assertEqual((register["what"], register["topics"], register["u"], register["credit"]), ("printer", ["print"], "jinnong", 2))
        self.assertEqual(self.engine.count("credit"), 4)  # one for each of 1, 2, 3, 4; not a second one for the event after accept


if __name__ == "__main__":
    unittest.main(verbosity=1)
