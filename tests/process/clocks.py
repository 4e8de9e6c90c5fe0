"""A clock that a test moves: for an engine that is started with clock_shim.so before the C library, and the clock in its hands.

    clock = clocks.Clock(engine, "2026-10-03 09:00")     # before the engine is started
    clock.sleep(days=3)      # the machine slept: wall and boot clock have gone on, the monotonic clock stood
    clock.throw(days=365)    # somebody set the wall clock
"""
import datetime
import mmap
import os
import struct
import time

import harness

SHANGHAI = datetime.timezone(datetime.timedelta(hours=8))
SHIM = "tests/process/clock_shim.so"
DAY_MS = 24 * 3600 * 1000


def at(text):
    """Milliseconds of a civil time in Shanghai."""
    return int(datetime.datetime.fromisoformat(text).replace(tzinfo=SHANGHAI).timestamp() * 1000)


def civil(ms):
    return datetime.datetime.fromtimestamp(ms / 1000, SHANGHAI).strftime("%Y-%m-%d %H:%M")


def milliseconds(days=0, hours=0, minutes=0, seconds=0, ms=0):
    return int((((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000 + ms)


class Clock:
    def __init__(self, engine, now):
        path = os.path.join(engine.folder, "clock")
        with open(path, "wb") as file:
            file.write(bytes(16))
        with open(path, "r+b") as file:
            self.map = mmap.mmap(file.fileno(), 16)
        engine.environment = {"LD_PRELOAD": harness.program(SHIM), "CLOCK_SHIM": path}
        self.wall, self.boot = at(now) - int(time.time() * 1000), 0
        self.first = self.wall
        self.put()

    def put(self):
        self.map[:] = struct.pack("<qq", self.wall, self.boot)

    def sleep(self, **long):
        self.wall += milliseconds(**long)
        self.boot += milliseconds(**long)
        self.put()

    def sleep_until(self, ms):
        self.sleep(ms=ms - self.now())

    def throw(self, **far):
        self.wall += milliseconds(**far)
        self.put()

    def now(self):
        return int(time.time() * 1000) + self.wall

    def believed(self):
        """What whoever looked at the wall clock once, and at the boot clock since, takes it to be."""
        return int(time.time() * 1000) + self.first + self.boot
