#!/usr/bin/python3
"""Who breaks ZMTP itself, by hand and over real sockets, before the handshake, in it and after it: half greetings, wrong mechanisms, commands and
messages without an end, frames that claim gigabytes, a byte at a time. Memory stays under its bound and the others are answered all the while."""
import contextlib
import os
import threading
import time

import curve_test
import harness
import zmtp
from harness import BUILDING, DISPUTE, PATIENCE, until
from harness import staircase

MB = 1 << 20
SPARE = 48 * MB          # what any of this may cost beyond what the engine held before
HELD_MOST = 512 * MB     # LIMIT_MEMORY_HELD: beyond it connections are broken;
OVERSHOOT = 512 * MB     # it is looked at ten times a second, and so much may come in between
ANSWER_MOST = 10.0       # seconds for a request of another client; a connection that was broken for all is made anew within

BEFORE_HEARTBEAT = 4.0   # seconds; whose heart does not beat is broken after 6 in any case


class Others:
    """Clients that go on asking and sending meanwhile, and an eye on memory. `with Others(...) as others: ...`, then what they saw."""

    def __init__(self, engine, clients):
        self.engine, self.clients = engine, clients
        self.over, self.failed = threading.Event(), []
        self.answered, self.longest, self.most = 0, 0.0, 0
        self.held = engine.memory("RssAnon")

    def __enter__(self):
        self.thread = threading.Thread(target=self.go_on)
        self.thread.start()
        return self

    def __exit__(self, *_):
        before, until_ = self.answered, time.monotonic() + PATIENCE  # at least one more after the last of it
        while self.thread.is_alive() and self.answered <= before and time.monotonic() < until_:
            self.over.wait(0.001)
        self.over.set()
        self.thread.join()

    def go_on(self):
        try:
            while not self.over.is_set():
                for client in self.clients:
                    begun = time.monotonic()
                    client.status()
                    answer = client.open("dispute-mediation", BUILDING, "li", DISPUTE)
                    if answer["m"] not in ("applied", "duplicate"):
                        raise AssertionError(answer)
                    self.longest = max(self.longest, time.monotonic() - begun)
                    self.answered += 1
                self.most = max(self.most, self.engine.memory("RssAnon"))
                self.over.wait(0.005)
        except Exception as failure:  # told by the test, in its own thread
            self.failed.append(failure)

    def check(self, test, spare=SPARE):
        test.assertEqual(self.failed, [])
        test.assertGreater(self.answered, 0)
        test.assertLess(self.longest, ANSWER_MOST)
        test.assertLess(self.most - self.held, spare)
        print("%s: %d requests of others, the longest %.0f ms, at most %.1f MB more" %
              (test.id().split(".", 1)[1], self.answered, self.longest * 1000, (self.most - self.held) / MB), flush=True)


class Flood(curve_test.Curve):
    def setUp(self):
        super().setUp()
        path = self.make("night-desk", "--operator")
        self.ring = {name: bytes.fromhex(digits) for name, digits in self.lines_of(path).items()}
        self.desk = self.app(path)
        self.desk.status()

    def lines_of(self, path):
        with open(path, encoding="ascii") as file:
            return dict(line.strip().split(": ", 1) for line in file if ": " in line and not line.startswith("#"))

    def tcp(self):
        return self.kept(zmtp.Peer(zmtp.connect(("127.0.0.1", self.ports[0]))))

    def ipc(self):
        return self.kept(zmtp.Peer(zmtp.connect(os.path.join(self.running.data, "engine.sock"))))

    def kept(self, peer):
        self.addCleanup(peer.close)
        return peer

    def let_in(self):
        """One by TCP with its key, one by the file: both may speak."""
        return [self.tcp().curve(self.ring), self.ipc().null()]

    def others(self):
        return Others(self.running, [self.one, self.desk])

    def descriptors(self):
        return len(os.listdir("/proc/%d/fd" % self.running.process.pid))


class Handshakes(Flood):
    def test_half_a_greeting(self):
        before, whole = self.descriptors(), zmtp.greeting("CURVE")
        with self.others() as others:
            for make in (self.tcp, self.ipc):
                for size in (0, 1, 9, 10, 11, 12, 20, 31, 32, 33, 63, 64):
                    for _ in range(8):
                        make().put(whole[:size])
            until("they are thrown out, although they stay", lambda: self.descriptors() <= before + 2)
        others.check(self)

    def test_a_byte_at_a_time(self):
        """Each goes on sending, so that no single wait is long: it is the whole handshake that has its time."""
        before, whole = self.descriptors(), zmtp.greeting("CURVE") * 40
        with self.others() as others:
            slow = [self.tcp() for _ in range(100)]
            sent, left = 0, set(slow)
            while left and sent < len(whole):
                left = {peer for peer in left if peer.put(whole[sent:sent + 1])}
                sent += 1
                others.over.wait(0.02)
            self.assertEqual(left, set(), "still let in after %d bytes" % sent)
            until("they are thrown out", lambda: self.descriptors() <= before + 2)
        others.check(self)

    def test_another_mechanism(self):
        question = zmtp.frame(staircase.encode({"m": "status", "r": 1}))
        before = self.running.said().count("event=")
        with self.others() as others:
            for mechanism in ("NULL", "PLAIN", "GSSAPI", "CURV", "CURVEX", "\x7f" * 20, ""):
                peer = self.tcp()
                peer.greet(mechanism)
                peer.null_ready()
                for _ in range(100):
                    if not peer.put(question):
                        break
                self.not_answered(peer)
            peer = self.tcp()  # as if it were the engine
            peer.put(zmtp.greeting("CURVE", server=True))
            self.not_answered(peer)
        others.check(self)
        self.assertLess(self.running.said().count("event=") - before, 100, "the log grows with what strangers send")

    def not_answered(self, peer):
        """It is broken, and nothing that looks like an answer has come."""
        heard = b""
        try:
            while piece := peer.stream.recv(65536):
                heard += piece
        except ConnectionResetError:
            pass
        self.assertNotIn(b"staircase", heard)
        self.assertLess(len(heard), 400)

    def test_a_handshake_that_goes_wrong(self):
        """After its greeting somebody says everything but what comes next."""
        noise = os.urandom
        stranger = {**self.ring, **dict(zip(("public", "secret"), zmtp.pair()))}
        with self.others() as others:
            for say in (lambda peer: peer.put(zmtp.frame(noise(200), zmtp.COMMAND)),
                        lambda peer: peer.put(zmtp.frame(b"\x05HELLO\1\0" + noise(192), zmtp.COMMAND)),
                        lambda peer: peer.put(zmtp.frame(b"\x05HELLO", zmtp.COMMAND)),
                        lambda peer: peer.put(zmtp.frame(b"\x08INITIATE" + noise(248), zmtp.COMMAND)),
                        lambda peer: peer.put(zmtp.frame(b"\x07MESSAGE" + noise(100))),
                        lambda peer: (peer.hello(self.ring), peer.welcome(), peer.put(zmtp.frame(b"\x08INITIATE" + noise(300), zmtp.COMMAND))),
                        lambda peer: (peer.hello(self.ring), peer.hello(self.ring)),
                        lambda peer: (peer.hello(self.ring), peer.welcome(), peer.initiate(b"\x0bSocket-Type\xff\xff\xff\xffx")),
                        lambda peer: (peer.hello(self.ring), peer.welcome(), peer.initiate(zmtp.prop(b"Socket-Type", b"NOSUCH")))):
                for _ in range(3):
                    peer = self.tcp()
                    peer.greet("CURVE")
                    say(peer)
                    peer.wait_until_broken()
            peer = self.tcp()
            peer.greet("CURVE")
            peer.hello(stranger)
            peer.welcome()
            peer.initiate()
            for _ in range(100):
                if not peer.send(staircase.encode({"m": "status", "r": 1})):
                    break
            self.not_answered(peer)
        others.check(self)

    def test_metadata_without_an_end(self):
        """A READY that claims a terabyte, one that is sent and sent, and one of as much as a message may hold."""
        endless = zmtp.prop(b"X-" + b"y" * 200, b"z" * 60000)
        with self.others() as others:
            for make, mechanism in ((self.tcp, "CURVE"), (self.tcp, "NULL"), (self.ipc, "NULL")):
                for claim in (1 << 40, (1 << 63) - 1, 1 << 63, (1 << 64) - 1, 1 << 20):
                    peer = make()
                    peer.greet(mechanism)
                    self.until_turned_away(peer, zmtp.frame(b"\x05READY", zmtp.COMMAND, claim), endless)
            peer = self.ipc()  # of as much as may be, and then again and again: it is let in, and no more of it is kept
            peer.greet("NULL")
            peer.null_ready(zmtp.METADATA + endless * 8)
            for _ in range(1000):
                self.assertTrue(peer.put(zmtp.frame(b"\x05READY" + endless, zmtp.COMMAND)))
            peer.take_frame()
            peer.send(staircase.encode({"m": "status", "r": 1}))
            self.assertEqual(staircase.decode(peer.message())["r"], 1)
        others.check(self)

    def until_turned_away(self, peer, begin, more, most=64 * MB):
        sent = 0
        if peer.put(begin):
            while sent < most and peer.put(more):
                sent += len(more)
        self.assertLess(sent, most, "it may go on for ever")
        peer.wait_until_broken()


class LetIn(Flood):
    """Who has a key, or may open the file."""

    def test_a_frame_that_claims_gigabytes(self):
        with self.others() as others:
            for claim in (524288 + 200, 1 << 30, 1 << 40, (1 << 63) - 1, (1 << 64) - 1):
                for flags in (0, zmtp.MORE, zmtp.COMMAND):
                    for peer in self.let_in():
                        peer.put(zmtp.frame(b"x" * 65536, flags, claim))
                        peer.wait_until_broken(BEFORE_HEARTBEAT)
        others.check(self)

    def test_three_hundred_that_begin_a_message(self):
        """Each claims the largest frame there may be and sends one byte of it: what is claimed is not yet memory."""
        with self.others() as others:
            peers = [self.ipc().null() for _ in range(150)] + [self.tcp().curve(self.ring) for _ in range(150)]
            for peer in peers:
                self.assertTrue(peer.put(zmtp.frame(b"x", 0, 524288)))
            for _ in range(20):
                for peer in peers:
                    peer.put(b"x")
            before = others.answered
            until("others are answered", lambda: others.answered > before + 5)
        others.check(self)
        for peer in peers[:2]:
            self.assertTrue(peer.put(b"x"))

    def test_commands_without_an_end(self):
        """Commands are for the library; whatever they are, nothing of them stays."""
        with self.others() as others:
            for peer in self.let_in():
                for body in (b"\x04PING\0\0" + b"c" * 16, b"\x04PONG" + b"c" * 16, b"\x09SUBSCRIBE" + b"t" * 200, b"\x05ERROR\xff", b"\x07UNKNOWN" + b"u" * 500, b"\x05READY" + zmtp.METADATA):
                    piece = zmtp.frame(body, zmtp.COMMAND) * 2000
                    for _ in range(8):
                        peer.stream.setblocking(False)
                        try:
                            peer.stream.recv(1 << 20)  # PONGs
                        except OSError:
                            pass
                        peer.stream.settimeout(0.2)
                        try:
                            if not peer.put(piece):
                                break
                        except TimeoutError:
                            break
        others.check(self)

    def test_what_is_not_sealed_as_it_should_be(self):
        with self.others() as others:
            for break_it in (lambda data: data[:-1] + bytes([data[-1] ^ 1]), lambda data: zmtp.frame(b"\x07MESSAGE"), lambda data: zmtp.frame(os.urandom(100)),
                             lambda data: zmtp.frame(staircase.encode({"m": "status", "r": 1}))):
                peer = self.tcp().curve(self.ring)
                peer.put(break_it(peer.bytes_of(staircase.encode({"m": "status", "r": 1}))))
                self.assert_broken_unanswered(peer)
            peer = self.tcp().curve(self.ring)  # said again as it was: its nonce has been used
            data = peer.bytes_of(staircase.encode({"m": "status", "r": 1}))
            peer.put(data)
            self.assertEqual(staircase.decode(peer.message())["r"], 1)
            peer.put(data)
            self.assert_broken_unanswered(peer)
        others.check(self)

    def assert_broken_unanswered(self, peer):
        with self.assertRaises(ConnectionResetError):
            peer.message()

    def test_messages_of_very_many_frames(self):
        """Ten thousand frames and an end: one message, which is no message of ours."""
        with self.others() as others:
            for peer in self.let_in():
                whole = b"".join(peer.bytes_of(b"", more=True) for _ in range(10000)) + peer.bytes_of(b"")
                for _ in range(5):
                    peer.put(whole)
                    self.refused(staircase.decode(peer.message()), "malformed")
                    whole = b"".join(peer.bytes_of(b"", more=True) for _ in range(1000)) + peer.bytes_of(b"")
        others.check(self)

    def endless(self, peer, size):
        sent, piece, most = 0, b"x" * size, 4096 * MB
        many = 1 if size > 4096 else 512
        peer.stream.settimeout(10)
        with self.others() as others, contextlib.suppress(TimeoutError):  # one whose window was shut just then hears late that it was broken
            while sent < most and peer.put(b"".join(peer.bytes_of(piece, more=True) for _ in range(many))):
                sent += size * many
        self.assertLess(sent, most, "the connection was not broken")
        others.check(self, HELD_MOST + OVERSHOOT)
        until("its memory is given back", lambda: self.running.memory("RssAnon") - others.held < SPARE)
        self.assertIn("memory-full", self.running.said())
        return others

    def test_a_message_without_an_end_by_who_has_a_key(self):
        """It alone is broken: what has come over TCP and became no message, the system has counted."""
        others = self.connections()
        self.endless(self.tcp().curve(self.ring), 1 << 18)
        self.assertGreater(len(others), 0)
        self.assertLessEqual(others, self.connections())

    def test_a_message_without_an_end_of_tiny_frames(self):
        self.endless(self.ipc().null(), 8)


if __name__ == "__main__":
    harness.main()
