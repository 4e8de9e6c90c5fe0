"""ZMTP 3.0 by hand, NULL and CURVE (RFC 23, RFC 26), for a peer that may stop, lie or go on for ever at any point. The library does none of that.

    peer = zmtp.Peer(zmtp.connect(address))
    peer.greet("CURVE"); peer.hello(keys); peer.welcome(); peer.initiate(); peer.ready()     # or peer.greet("NULL"); peer.null_ready()
    peer.send(frame, more=True)                                                              # sealed where CURVE is on
"""
import contextlib
import ctypes
import ctypes.util
import os
import socket
import struct
import time

MORE, LONG, COMMAND = 1, 2, 4
SIGNATURE = b"\xff" + b"\0" * 8 + b"\x7f"
BOX_EXTRA = 16

sodium = ctypes.CDLL(ctypes.util.find_library("sodium"))


def pair():
    public, secret = ctypes.create_string_buffer(32), ctypes.create_string_buffer(32)
    sodium.crypto_box_keypair(public, secret)
    return public.raw, secret.raw


def seal(data, nonce, public, secret):
    out = ctypes.create_string_buffer(len(data) + BOX_EXTRA)
    if sodium.crypto_box_easy(out, data, ctypes.c_ulonglong(len(data)), nonce, public, secret):
        raise ValueError("cannot be sealed")
    return out.raw


def opened(box, nonce, public, secret):
    out = ctypes.create_string_buffer(len(box) - BOX_EXTRA)
    if sodium.crypto_box_open_easy(out, box, ctypes.c_ulonglong(len(box)), nonce, public, secret):
        raise ValueError("cannot be opened")
    return out.raw


def connect(address):
    """Of a path, or (host, port)."""
    peer = socket.socket(socket.AF_UNIX if isinstance(address, str) else socket.AF_INET, socket.SOCK_STREAM)
    peer.connect(address)
    peer.settimeout(20)
    return peer


def greeting(mechanism, server=False):
    return SIGNATURE + b"\3\0" + mechanism.encode().ljust(20, b"\0") + bytes([server]) + b"\0" * 31


def frame(data, flags=0, claim=None):
    """One frame; `claim`: what its header says that it holds."""
    size = len(data) if claim is None else claim
    if size > 255 or flags & LONG:
        return bytes([flags | LONG]) + struct.pack(">Q", size) + data
    return bytes([flags, size]) + data


def prop(name, value):
    return bytes([len(name)]) + name + struct.pack(">I", len(value)) + value


METADATA = prop(b"Socket-Type", b"DEALER") + prop(b"Identity", b"")


class Peer:
    def __init__(self, stream):
        self.stream, self.sealed, self.nonce = stream, None, 0

    def close(self):
        self.stream.close()

    def put(self, data):
        """False: the other end is gone."""
        try:
            self.stream.sendall(data)
        except (BrokenPipeError, ConnectionResetError):
            return False
        return True

    def take(self, count):
        data = b""
        while len(data) < count:
            piece = self.stream.recv(count - len(data))
            if not piece:
                raise ConnectionResetError("the other end is gone")
            data += piece
        return data

    def take_frame(self):
        flags = self.take(1)[0]
        size = struct.unpack(">Q", self.take(8))[0] if flags & LONG else self.take(1)[0]
        return self.take(size)

    def wait_until_broken(self, within=20.0):
        """Whatever is said meanwhile."""
        until = time.monotonic() + within
        with contextlib.suppress(ConnectionResetError, BrokenPipeError):
            while self.stream.recv(65536):
                self.stream.settimeout(max(until - time.monotonic(), 0.001))

    # ---- handshakes ----

    def greet(self, mechanism):
        """False: it was not liked."""
        self.put(greeting(mechanism))
        with contextlib.suppress(ConnectionResetError):
            return self.take(64)
        return False

    def null_ready(self, metadata=METADATA, claim=None):
        data = b"\x05READY" + metadata
        return self.put(frame(data, COMMAND, claim))

    def next_nonce(self, prefix):
        self.nonce += 1
        short = struct.pack(">Q", self.nonce)
        return short, prefix + short

    def hello(self, ring):
        """`ring`: public, secret, server, 32 bytes each."""
        self.ring = ring
        self.short_pair = pair()
        short, nonce = self.next_nonce(b"CurveZMQHELLO---")
        box = seal(b"\0" * 64, nonce, ring["server"], self.short_pair[1])
        return self.put(frame(b"\x05HELLO\1\0" + b"\0" * 72 + self.short_pair[0] + short + box, COMMAND))

    def welcome(self):
        data = self.take_frame()
        if data[:8] != b"\x07WELCOME":
            raise ValueError("no WELCOME: %r" % data[:40])
        plain = opened(data[24:], b"WELCOME-" + data[8:24], self.ring["server"], self.short_pair[1])
        self.server_short, self.cookie = plain[:32], plain[32:]

    def initiate(self, metadata=METADATA):
        vouch_nonce = os.urandom(16)
        vouch = seal(self.short_pair[0] + self.ring["server"], b"VOUCH---" + vouch_nonce, self.server_short, self.ring["secret"])
        short, nonce = self.next_nonce(b"CurveZMQINITIATE")
        box = seal(self.ring["public"] + vouch_nonce + vouch + metadata, nonce, self.server_short, self.short_pair[1])
        return self.put(frame(b"\x08INITIATE" + self.cookie + short + box, COMMAND))

    def ready(self):
        data = self.take_frame()
        if data[:6] != b"\x05READY":
            raise ValueError("no READY: %r" % data[:40])
        self.sealed = True

    def curve(self, ring):
        self.greet("CURVE")
        self.hello(ring)
        self.welcome()
        self.initiate()
        self.ready()
        return self

    def null(self):
        self.greet("NULL")
        self.null_ready()
        self.take_frame()
        return self

    # ---- messages ----

    def bytes_of(self, data, more=False):
        if not self.sealed:
            return frame(data, MORE if more else 0)
        short, nonce = self.next_nonce(b"CurveZMQMESSAGEC")
        return frame(b"\x07MESSAGE" + short + seal(bytes([MORE if more else 0]) + data, nonce, self.server_short, self.short_pair[1]))

    def send(self, data, more=False):
        return self.put(self.bytes_of(data, more))

    def message(self):
        """The next message's one frame; heartbeats are passed over."""
        while True:
            data = self.take_frame()
            if self.sealed and data[:8] == b"\x07MESSAGE":
                plain = opened(data[16:], b"CurveZMQMESSAGES" + data[8:16], self.server_short, self.short_pair[1])
                if not plain[0] & 2:  # a command: PING
                    return plain[1:]
            elif not self.sealed and data[:5] != b"\x04PING":
                return data
