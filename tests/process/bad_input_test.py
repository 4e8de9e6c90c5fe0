#!/usr/bin/python3
"""What no sender, file or operator should do, over the real socket and the real command: each gets a clear answer, nothing changes, memory stays bounded,
and the others are served meanwhile."""
import contextlib
import json
import os
import shutil
import socket
import struct
import tempfile
import time

import msgpack
import zmq

import harness
from harness import BUILDING, DISPUTE, until
from harness import staircase

MB = 1 << 20
HERE = os.path.dirname(os.path.abspath(__file__))
VECTORS = os.path.join(harness.SOURCE, "proto", "vectors", "refused.jsonl")


class Raw:
    """A connection that may say anything."""

    def __init__(self, endpoint, routing_id=None):
        self.context = zmq.Context()
        self.socket = self.context.socket(zmq.DEALER)
        self.socket.setsockopt(zmq.LINGER, 0)
        self.socket.setsockopt(zmq.SNDHWM, 0)
        if routing_id:
            self.socket.setsockopt(zmq.ROUTING_ID, routing_id)
        self.socket.connect(endpoint)

    def ask(self, *frames):
        self.socket.send_multipart(frames)
        return self.answer()

    def answer(self, patience=harness.PATIENCE):
        if not self.socket.poll(patience * 1000):
            raise AssertionError("no answer came")
        return staircase.decode(self.socket.recv())

    def close(self):
        self.socket.close(0)
        self.context.term()


class Input(harness.Case):
    def setUp(self):
        self.running = self.engine()
        self.one = self.client(self.running)
        self.case = self.open_dispute(self.one)["case"]

    def raw(self, **options):
        raw = Raw(self.running.endpoint, **options)
        self.addCleanup(raw.close)
        return raw

    @contextlib.contextmanager
    def nothing_changes(self, memory=16 * MB):
        """Neither the log nor (much) the memory grows, and a client that was there before is answered."""
        before, held = self.one.status(), self.running.memory()
        yield
        after = self.one.status()
        self.assertEqual([after[name] for name in ("p", "hash", "cases", "parked")], [before[name] for name in ("p", "hash", "cases", "parked")])
        self.assertLess(self.running.memory() - held, memory)
        self.assertEqual(self.one.show(self.case)[0]["s"], "consent")


class Messages(Input):
    def test_every_vector_of_what_is_no_message(self):
        raw, count = self.raw(), 0
        with self.nothing_changes(), open(VECTORS, encoding="utf-8") as file:
            for line in file:
                vector = json.loads(line)
                data = bytes.fromhex(vector["hex"]) + bytes.fromhex(vector.get("repeat", "")) * vector.get("times", 0) + \
                    bytes.fromhex(vector.get("tail", ""))
                with self.subTest(vector["name"]):
                    if len(data) > staircase.MESSAGE_MOST:  # breaks the connection; ZeroMQ makes a new one
                        self.raw().socket.send(data)
                        continue
                    answer = self.refused(raw.ask(data), vector["code"])
                    self.assertEqual(answer["r"], vector["r"])
                    self.assertIn(vector["names"], answer["why"])
                    count += 1
        self.assertGreater(count, 60)

    def test_a_good_message_cut_at_every_byte(self):
        raw = self.raw()
        good = staircase.encode({"m": "send", "r": 9, "id": staircase.new_id(), "c": self.case, "e": "comment", "as": "li", "d": {"comments": "好"}})
        with self.nothing_changes():
            for size in range(len(good)):
                self.refused(raw.ask(good[:size]), "malformed")
        self.assertEqual(raw.ask(good)["m"], "applied")

    def test_noise_of_a_fixed_seed(self):
        raw, dice = self.raw(), harness.seeded(7)
        good = bytearray(staircase.encode({"m": "open", "r": 9, "id": staircase.new_id(), "key": staircase.new_id(), "w": "dispute-mediation",
                                           "u": "jinnong/grid-99", "as": "li", "d": DISPUTE}))
        with self.nothing_changes():
            for _ in range(2000):
                noise = bytearray(good)
                for _ in range(dice.randrange(1, 4)):
                    noise[dice.randrange(len(noise))] = dice.randrange(256)
                answer = raw.ask(bytes(noise))
                self.assertEqual(answer["m"], "refused", answer)

    def test_several_frames(self):
        good = staircase.encode({"m": "status", "r": 5})
        with self.nothing_changes():
            self.refused(self.raw().ask(good, good), "malformed")
            self.refused(self.raw().ask(b"", good), "malformed")

    def test_a_map_that_would_be_26_megabytes_of_nothing(self):
        raw = self.raw()
        with self.nothing_changes():
            for data in (b"\x82\xa1m\xa4send\xa1d\xdf\xff\xff\xff\xff", b"\xdd\x7f\xff\xff\xff" + b"\xc0" * 500000, b"\x91" * 500000):
                self.assertIn(raw.ask(data)["code"], ("malformed", "too-large"))

    def test_who_chooses_its_own_routing_id_is_not_heard(self):
        with self.nothing_changes():
            self.refused(self.raw(routing_id=b"somebody").ask(staircase.encode({"m": "status", "r": 1})), "denied")


class Events(Input):
    """Good messages that say what cannot be. (What a workflow refuses in detail is tested at the core; here is one of each kind.)"""

    def refuse(self, code, kind, **members):
        members = {("as" if name == "as_" else name): value for name, value in members.items()}
        answer = self.one.event(kind, members)
        return self.refused(answer, code)

    def test_each_kind(self):
        good = {"w": "dispute-mediation", "u": BUILDING, "as_": "li", "d": DISPUTE}
        tomorrow = int(time.time() * 1000) + 24 * 3600 * 1000
        with self.nothing_changes():
            self.refuse("unknown-workflow", "open", **{**good, "w": "no-such"})
            self.refuse("unknown-unit", "open", **{**good, "u": "jinnong/grid-99"})
            self.refuse("unknown-person", "open", **{**good, "as_": "nobody"})
            self.refuse("not-allowed", "open", **{**good, "as_": "clerk-12"})
            self.refuse("bad-time", "open", **good, at=tomorrow)
            self.refuse("bad-data", "open", **good, held=True)  # an old case says when it happened
            for wrong in ({"summary": None}, {"summary": 7}, {"summary": True}, {"summary": ["a"]}, {"summary": "好" * 2001}, {"category": "weather"},
                          {"category": 1}, {"applicant": []}, {"applicant": 5}, {"applicant": ["app:p%d" % n for n in range(21)]}, {"colour": "red"},
                          {"kept": True}, {"summary": {"a": {"b": "c"}}}):
                data = {name: value for name, value in {**DISPUTE, **wrong}.items() if value is not None}
                answer = self.refuse("bad-data", "open", **{**good, "d": data})
                self.assertIn(next(iter(wrong)), answer["why"])
            self.refuse("unknown-case", "send", c=4711, e="agree-to-mediate", as_="app:zhao")
            self.refuse("unknown-case", "send", c="金农调字〔1999〕1号", e="agree-to-mediate", as_="app:zhao")
            self.assertIn("agree-to-mediate", self.refuse("unknown-event", "send", c=self.case, e="explode", as_="li")["can"])
            self.refuse("not-now", "send", c=self.case, e="sign", as_="li", d={"agreement": "x"})
            self.refuse("not-allowed", "send", c=self.case, e="agree-to-mediate", as_="app:wu")
            self.refuse("unknown-person", "send", c=self.case, e="agree-to-mediate", as_="wu")
            self.refuse("bad-time", "send", c=self.case, e="agree-to-mediate", as_="app:zhao", at=tomorrow)
            self.refuse("denied", "send", c=self.case, e="agree-to-mediate", as_="app:zhao", task=3, lease=1)
            self.refuse("unknown-incident", "retry", task=4711, as_="zhou")
            self.refuse("unknown-unit", "list", u="jinnong/grid-99")
            self.refuse("unknown-case", "watch", c=4711, credit=1)
            self.refuse("version", "hello", v=99, what="the future")

    def test_deployments(self):
        with open(os.path.join(harness.SOURCE, "workflows/dispute-mediation/workflow.yaml"), encoding="utf-8") as file:
            good = file.read()
        mistakes = good.replace("version: 1", "version: 2").replace("climb: up", "climb: sideways").replace("go:", "goto:").replace("mediator", "meditator")
        with self.nothing_changes(memory=32 * MB):
            deploy = lambda source, what="workflow": self.one.deploy(what, "w.yaml", source, "zheng")
            answer = self.refused(deploy(mistakes), "invalid-source")
            self.assertGreater(len(answer["rows"]), 10)
            self.assertEqual(set(answer["rows"][0]) & {"line", "column", "why"}, {"line", "column", "why"})
            self.refused(deploy(good.replace("5 working days", "6 working days")), "other-content")
            self.refused(deploy(good, what="directory"), "bad-data")
            self.refused(deploy("a: [" * 100000), "invalid-source")
            self.refused(deploy(b"\xff\xfe" * 1000), "invalid-source")
            self.refused(deploy("x" * (1 << 20) + "x"), "too-large")
            self.refuse("malformed", "deploy", id=staircase.new_id(), as_="zheng", what="workflow", n="w.yaml", part=2, parts=3, b=b"x")
            self.refuse("invalid-source", "deploy", id=staircase.new_id(), as_="zheng", what="weather", n="w.yaml", part=1, parts=1, b=b"x")

    def test_too_much_that_waits(self):
        """Events for cases that never come are bounded for each sender."""
        for _ in range(20):
            self.one.submit({"m": "send", "c": staircase.new_id(), "e": "agree-to-mediate", "as": "app:zhao"})
        codes = {self.one.next_answer(harness.PATIENCE)["m"] for _ in range(20)}
        self.assertEqual(codes, {"parked"})

    def test_reports_of_who_is_no_worker(self):
        with self.nothing_changes():
            raw = Raw(self.running.workers_endpoint)
            self.addCleanup(raw.close)
            send = lambda **message: raw.ask(staircase.encode(message))
            self.refused(send(m="settle", r=1, task=1, lease=1), "not-registered")
            self.refused(send(m="open", r=1, id=staircase.new_id(), key=staircase.new_id(), w="dispute-mediation", u=BUILDING, **{"as": "li"}), "denied")
            self.assertEqual(send(m="register", r=2, what="x", topics=["mediation-centre"], credit=1)["m"], "registered")
            self.refused(send(m="settle", r=3, task=4711, lease=1), "unknown-task")


class Connections(Input):
    def connect(self):
        peer = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.addCleanup(peer.close)
        peer.connect(os.path.join(self.running.data, "engine.sock"))
        return peer

    def test_garbage_on_the_socket(self):
        dice = harness.seeded(11)
        with self.nothing_changes():
            for start in (b"", b"GET / HTTP/1.1\r\n\r\n", b"\xff" + b"\0" * 8 + b"\x7f\x03\0NULL", b"\xff\0\0\0\0\0\0\0\1\x7f" + b"\xff" * 54):
                for _ in range(5):
                    peer = self.connect()
                    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                        for _ in range(20):
                            peer.sendall(start + dice.randbytes(4096))

    def greet(self):
        """A connection that speaks ZMTP by hand: greeting and READY are done."""
        peer = self.connect()
        peer.sendall(b"\xff" + b"\0" * 8 + b"\x7f" + b"\3\0" + b"NULL".ljust(20, b"\0") + b"\0" * 32)
        ready = b"\x05READY\x0bSocket-Type\0\0\0\x06DEALER\x08Identity\0\0\0\0"
        peer.sendall(b"\x04" + bytes([len(ready)]) + ready)
        peer.settimeout(harness.PATIENCE)
        return peer

    def wait_until_broken(self, peer):
        with contextlib.suppress(ConnectionResetError, BrokenPipeError):
            while peer.recv(65536):
                pass

    def test_a_frame_that_claims_to_be_huge(self):
        """The header says 8 gigabytes; nobody waits for them, or makes room."""
        with self.nothing_changes():
            peer = self.greet()
            peer.sendall(b"\x02" + struct.pack(">Q", 8 << 30) + b"x" * 65536)
            self.wait_until_broken(peer)

    def test_a_message_that_never_ends(self):
        """Frames that all promise another one. ZeroMQ hands such a message to nobody and keeps all of it: the engine breaks the connection."""
        held, most, sent = self.running.memory("RssAnon"), 0, 0
        peer = self.greet()
        frame = b"\x03" + struct.pack(">Q", 1 << 18) + b"x" * (1 << 18)
        with contextlib.suppress(ConnectionResetError, BrokenPipeError):
            while sent < 4096 * MB:
                peer.sendall(frame)
                sent += len(frame)
                if sent % (64 * len(frame)) == 0:
                    self.one.status()
                    most = max(most, self.running.memory("RssAnon"))
        self.assertLess(sent, 4096 * MB, "the connection was not broken")
        self.assertLess(most, 1536 * MB)
        until("its memory is given back", lambda: self.running.memory("RssAnon") - held < 32 * MB)
        self.assertIn("memory-full", self.running.said())
        self.assertEqual(self.one.show(self.case)[0]["s"], "consent")

    def test_a_hundred_that_say_nothing(self):
        peers = [self.connect() for _ in range(100)]
        with self.nothing_changes():
            begun = time.monotonic()
            for _ in range(50):
                self.one.status()
            self.assertLess(time.monotonic() - begun, 5)
            newcomer = self.client(self.running, name="newcomer")
            newcomer.status()
        descriptors = self.running.descriptors
        for peer in peers:
            peer.close()
        until("they are forgotten", lambda: descriptors() < 80)

    def test_who_never_reads_its_answers(self):
        raw = Raw(self.running.endpoint)
        raw.socket.setsockopt(zmq.RCVHWM, 1)
        self.addCleanup(raw.close)
        held = self.running.memory()
        for number in range(100000):
            with contextlib.suppress(zmq.Again):
                raw.socket.send(staircase.encode({"m": "status", "r": number}), zmq.DONTWAIT)
        for _ in range(20):
            self.one.status()
        self.assertLess(self.running.memory() - held, 128 * MB)


class Operators(harness.Case):
    """What the one who starts the engine can do wrong: a sentence on standard error, an exit code, and nothing is written."""

    def refuse(self, engine, words, code, *more):
        engine.spawn(*more)
        self.assertEqual(engine.wait(harness.PATIENCE), code, engine.said())
        said = engine.said()
        for word in words:
            self.assertIn(word, said)
        self.assertNotIn("Assertion", said)
        return said

    def test_a_second_engine_on_the_same_folder(self):
        engine = self.engine()
        second = self.engine(start=False)
        second.data = engine.data
        self.refuse(second, ["Another engine runs on this data folder", "--data"], 5)
        client = self.client(engine)
        self.open_dispute(client)
        self.assertEqual(engine.command("verify").returncode, 5)  # a running folder is not to be verified
        self.assertEqual(engine.stop(), 0)

    def test_a_folder_of_a_newer_format(self):
        engine = self.engine()
        self.assertEqual(engine.stop(), 0)
        path = os.path.join(engine.data, "store", "data.mdb")
        with open(path, "r+b") as file:
            for page in (0, 4096):  # the version of LMDB's own format stands in both of its first pages
                file.seek(page + 16)
                magic, version = struct.unpack("<II", file.read(8))
                self.assertEqual(magic, 0xBEEFC0DE)
                file.seek(page + 20)
                file.write(struct.pack("<I", version + 1))
        self.refuse_unchanged(engine, path, "written by a newer")

    def test_a_folder_in_which_a_bit_has_tipped(self):
        engine = self.engine()
        client = self.client(engine)
        self.open_dispute(client)
        status = client.status()
        self.assertEqual(engine.stop(), 0)
        path, found = os.path.join(engine.data, "store", "data.mdb"), 0
        with open(path, "r+b") as file:  # where the state says how far it has come: the hash of the last record
            pages = file.read()
            at = pages.find(status["hash"])
            while at >= 0:
                file.seek(at)
                file.write(bytes([status["hash"][0] ^ 1]))
                found, at = found + 1, pages.find(status["hash"], at + 1)
        self.assertGreater(found, 0)
        self.refuse_unchanged(engine, path, "does not match its checksum")
        verified = engine.command("verify")
        self.assertNotEqual(verified.returncode, 0)
        self.assertIn("Restore a backup", verified.stderr)

    def refuse_unchanged(self, engine, path, words):
        with open(path, "rb") as file:
            before = file.read()
        self.assertEqual(self.refuse(engine, [words], 5).count(words), 1)
        with open(path, "rb") as file:
            self.assertTrue(file.read() == before, "the store was written to")

    def test_a_configuration_with_mistakes(self):
        good = self.engine(start=False)
        for text, words in (("deploys: []\n", ["deploys", "deploy"]), ("deploy: 7\n", ["deploy"]), ("deploy: [\n", ["1:"]),
                            ("retry: {attempts: 0}\n", ["attempts"]), ("retry: {attempts: 3, attempts: 4}\n", ["attempts"]),
                            ("retry: {base-seconds: 10, most-seconds: 1}\n", ["base-seconds"]), ("log: loud\n", ["warn"]),
                            ("deploy:\n  - {workflow: not-there.yaml}\n", ["not-there.yaml"]),
                            ("listen: {clients: 'tcp://everywhere:7000'}\n", ["where to listen"]),
                            ("listen: {clients: 'tcp://192.0.2.1'}\n", ["port"]),
                            ("listen: {clients: 'tcp://127.0.0.1:7000', workers: 'tcp://127.0.0.1:7000'}\n", ["7000"])):
            with self.subTest(text):
                good.write("staircase.yaml", text)
                good.data = os.path.join(good.folder, str(len(os.listdir(good.folder))))
                self.refuse(good, words, 1)
                self.assertFalse(os.path.exists(os.path.join(good.data, "engine.sock")))
                os.rename(good.log, good.data + ".log")

    def test_no_configuration_where_one_is_named(self):
        engine = self.engine(start=False)
        engine.config = os.path.join(engine.folder, "not-there.yaml")
        self.refuse(engine, ["not-there.yaml"], 1)

    def test_a_path_that_is_too_long_for_a_socket(self):
        engine = self.engine(start=False)
        engine.data = os.path.join(engine.folder, "x" * 100)
        os.mkdir(engine.data)
        self.refuse(engine, ["the name of a socket may have", "shorter path"], 1)
        self.assertEqual(os.listdir(engine.data), [])

    def test_a_folder_that_is_none(self):
        engine = self.engine(start=False)
        engine.data = engine.write("file", "this is a file\n")
        self.refuse(engine, [engine.data], 5)

    def test_the_folder_is_for_its_owner_alone(self):
        engine = self.engine()
        self.assertEqual(os.stat(engine.data).st_mode & 0o777, 0o700)


if __name__ == "__main__":
    harness.main()
