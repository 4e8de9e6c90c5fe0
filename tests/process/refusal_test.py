#!/usr/bin/python3
"""Each refusal is counted by its code and told to the log, of whatever kind and by whatever door, and never with what somebody sent."""
import re

import zmq

import harness
from harness import BUILDING, DISPUTE, PATIENCE, until
from harness import staircase

MARK = "绝密MARK7731"  # stands in everything that is sent, and may stand in nothing that is logged
REFUSED = re.compile(r'^time=\S+ level=info event=refused code=([a-z-]+) message=([a-z-]+) from=(\S+)$')


class Refusals(harness.Case):
    def setUp(self):
        self.running = self.engine(settings="log: debug\n")
        self.one = self.client(self.running)

    def counted(self):
        return {name: number for name, number in re.findall(r'staircase_refusals_total\{code="([a-z-]+)"\} (\d+)', self.command(self.running, "metrics").stdout)}

    def lines(self):
        return [match.groups() for match in map(REFUSED.match, self.running.said().splitlines()) if match]

    def ask(self, kind, **members):
        return self.one.ask({"m": kind, **{name.rstrip("_"): value for name, value in members.items()}}, PATIENCE)

    def once(self, message, code, ask):
        """The refusal is counted, and has its line, where there is still one in this second."""
        before, had = int(self.counted().get(code, 0)), len(self.lines())
        self.refused(ask(), code)
        self.assertEqual(int(self.counted()[code]), before + 1, (message, code))
        self.assertIn([line[:2] for line in self.lines()[had:]], ([], [(code, message)]))

    def told(self):
        return len(self.lines()) + sum(map(int, re.findall(r"event=more-refused count=(\d+)", self.running.said())))

    def all_are_told(self):
        return self.one.status() and self.told() == sum(map(int, self.counted().values()))

    def test_of_each_kind(self):
        case = self.open_dispute(self.one)["case"]
        raw = self.one.socket
        wrong = dict(DISPUTE, category=MARK)
        key, id_ = staircase.new_id(), staircase.new_id()
        self.applied(self.one.open("dispute-mediation", BUILDING, "li", DISPUTE, key=key, id=id_))
        for message, code, ask in (
                ("send", "not-now", lambda: self.one.send(case, "sign", "li", {"agreement": MARK})),
                ("send", "unknown-event", lambda: self.one.send(case, MARK, "li")),
                ("send", "unknown-person", lambda: self.one.send(case, "comment", MARK, {"comments": MARK})),
                ("send", "not-allowed", lambda: self.one.send(case, "agree-to-mediate", "app:" + MARK)),
                ("send", "bad-data", lambda: self.one.send(case, "comment", "app:zhao", {MARK: MARK})),
                ("send", "unknown-case", lambda: self.one.send(MARK, "comment", "app:zhao")),
                ("send", "denied", lambda: self.ask("send", c=case, e="comment", as_="app:zhao", task=5, lease=5)),
                ("open", "bad-data", lambda: self.one.open("dispute-mediation", BUILDING, "li", wrong)),
                ("open", "unknown-workflow", lambda: self.one.open(MARK, BUILDING, "li", DISPUTE)),
                ("open", "unknown-unit", lambda: self.one.open("dispute-mediation", MARK, "li", DISPUTE)),
                ("open", "key-taken", lambda: self.one.open("dispute-mediation", BUILDING, "li", DISPUTE, key=key)),
                ("open", "id-reused", lambda: self.one.open("dispute-mediation", BUILDING, "li", dict(DISPUTE, summary=MARK), key=key, id=id_)),
                ("deploy", "invalid-source", lambda: self.one.deploy("workflow", "w.yaml", "workflow: " + MARK, "local")),
                ("retry", "unknown-incident", lambda: self.ask("retry", as_="li", task=77)),
                ("show", "unknown-case", lambda: self.ask("show", c=MARK)),
                ("show", "unknown-person", lambda: self.ask("show", c=case, as_=MARK)),
                ("explain", "bad-data", lambda: self.ask("explain", c=case, e=MARK)),
                ("list", "bad-data", lambda: self.ask("list", what=MARK)),
                ("list", "unknown-unit", lambda: self.ask("list", u=MARK)),
                ("incidents", "unknown-case", lambda: self.ask("incidents", c=MARK)),
                ("status", "bad-data", lambda: self.ask("status", what=MARK)),
                ("watch", "unknown-workflow", lambda: self.ask("watch", credit=1, w=MARK)),
                ("register", "denied", lambda: self.ask("register", what=MARK, topics=[MARK], credit=1))):
            with self.subTest(message=message, code=code):
                self.once(message, code, ask)
        worker = self.worker(self.running, "centre", ["mediation-centre"])
        for message, code, ask in (
                ("send", "denied", lambda: worker.ask({"m": "send", "c": case, "e": "comment", "as": "worker:centre", "id": staircase.new_id(), "d": {"comments": MARK}}, PATIENCE)),
                ("settle", "unknown-task", lambda: worker.ask({"m": "settle", "task": 77, "lease": 1, "why": MARK}, PATIENCE)),
                ("show", "denied", lambda: worker.ask({"m": "show", "c": MARK}, PATIENCE)),
                ("register", "unknown-unit", lambda: worker.ask({"m": "register", "what": MARK, "topics": [MARK], "credit": 1, "u": MARK}, PATIENCE))):
            with self.subTest(message=message, code=code):
                self.once(message, code, ask)
        for bytes_, code in ((MARK.encode(), "malformed"), (staircase.msgpack.packb({"m": "show", "r": 5, MARK: MARK}), "malformed"),
                             (staircase.msgpack.packb({"m": "hello", "r": 5, "v": 9, "what": MARK}), "version")):
            with self.subTest(bytes=bytes_):
                before = int(self.counted().get(code, 0))
                raw.send(bytes_)
                until("it is counted", lambda: int(self.counted().get(code, 0)) == before + 1)  # noqa: B023
        until("all are told of", self.all_are_told)
        self.assertGreaterEqual(len(self.lines()), 10)
        self.assertNotIn(MARK, self.running.said())
        self.assertNotIn("MARK7731", self.running.said())

    def test_of_whom_the_link_does_not_hear(self):
        """Who chose its routing id itself is refused by the link; that counts too."""
        context = zmq.Context()
        self.addCleanup(context.destroy, 0)
        socket = context.socket(zmq.DEALER)
        socket.setsockopt(zmq.IDENTITY, b"mine")
        socket.connect(self.running.endpoint)
        socket.send(b"x")
        self.assertTrue(socket.poll(PATIENCE * 1000))
        self.assertEqual(staircase.decode(socket.recv())["code"], "denied")
        socket.close()
        until("it is counted", lambda: int(self.counted().get("denied", 0)) == 1)

    def test_of_what_was_parked(self):
        """Decided when its case comes, and refused then."""
        key = staircase.new_id()
        self.assertEqual(self.one.ask({"m": "send", "c": key, "e": "comment", "as": "app:nobody", "d": {"comments": MARK}}, PATIENCE)["m"], "parked")
        self.open_dispute(self.one, key=key)
        until("it is counted", lambda: int(self.counted().get("not-allowed", 0)) == 1)
        self.assertEqual([line[:2] for line in self.lines()], [("not-allowed", "send")])
        self.assertNotIn(MARK, self.running.said())

    def test_a_flood_is_a_number(self):
        for _ in range(400):
            self.one.submit({"m": "show", "c": 987654321})
        for _ in range(400):
            self.refused(self.one.next_answer(PATIENCE), "unknown-case")
        self.assertEqual(int(self.counted()["unknown-case"]), 400)
        until("all are told of", self.all_are_told)
        self.assertLess(len(self.lines()), 200)


if __name__ == "__main__":
    harness.main()
