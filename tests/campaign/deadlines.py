#!/usr/bin/python3
"""Very many deadlines: opened over some days, then the machine sleeps past half of them, is killed while they fire, and sleeps past the rest.

    deadlines.py [--count 1000000] [--days 10] [--no-kill]

Of each it is looked in the log: it fired, once, and after its time. Meanwhile somebody asks for the status, and it is told how long that took."""
import argparse
import os
import sys
import threading
import time

import load  # noqa: F401  (the way to the process tests)
import clocks
import harness
import overload
from harness import BUILDING, until
from harness import staircase

OPENING = {"m": "open", "r": overload.REQUEST, "id": overload.ID, "key": overload.KEY, "w": "waiting", "u": BUILDING, "as": "li", "d": {"what": "x"}}


def open_all(engine, clock, count, days):
    """A share of them each working day at nine."""
    for day in range(days):
        share = count * (day + 1) // days - count * day // days
        done = overload.figures_of(overload.crowd(engine, OPENING, clients=32, in_flight=32, count=share, seconds=3600))
        load.must(done["applied"] + done["duplicate"] >= share, "not all were opened:", done)
        clock.sleep_until(clock.now() + clocks.milliseconds(days=1 if day % 5 < 4 else 3))


class Asker:
    """Somebody who asks all the while."""

    def __init__(self, engine):
        self.client, self.longest, self.over = staircase.Client(engine.endpoint, retry=5, timeout=60), 0.0, threading.Event()
        self.thread = threading.Thread(target=self.ask)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.thread.join()
        self.client.close()

    def ask(self):
        while not self.over.is_set():
            begun = time.monotonic()
            self.client.status()
            self.longest = max(self.longest, time.monotonic() - begun)
            self.over.wait(0.02)


def late_and_open(engine):
    with staircase.Client(engine.endpoint, timeout=60) as client:
        status = client.status()
        return status.get("late", 0), status.get("cases", 0)


def read(engine):
    """What the log says: opened, fired, and what is wrong."""
    due, fired, twice, early = {}, 0, 0, 0
    with staircase.Client(engine.endpoint, timeout=60) as client:
        last = client.status()["p"]
        for row in client.watch(position=1, credit=8192, timeout=60):
            if row["e"] == "open":
                due[row["case"]] = row["due"]
            elif row["e"] == "due":
                fired += 1
                at = due.get(row["case"])
                twice += at is None or at < 0
                early += at is not None and row["t"] <= abs(at)
                due[row["case"]] = -abs(at or 1)
            if row["p"] >= last:
                break
    return {"opened": len(due), "fired": fired, "lost": sum(at > 0 for at in due.values()), "twice": twice, "early": early}


def run(engine, count, days, kill):
    clock = clocks.Clock(engine, "2026-03-02 09:00")
    engine.start()
    begun = time.monotonic()
    open_all(engine, clock, count, days)
    opening, begun, killed = time.monotonic() - begun, time.monotonic(), False
    longest = 0.0
    for pause in (4, 30):  # past the first of them, then past all
        clock.sleep(days=pause)
        if kill and not killed:
            until("they fire", lambda: late_and_open(engine)[1] < count, 600)
            engine.kill()
            engine.start()
            killed = True
        with Asker(engine) as asker:
            until("what is due has fired", lambda: late_and_open(engine)[0] == 0, 3600)
        longest = max(longest, asker.longest)
    firing = time.monotonic() - begun
    found = read(engine)
    found.update(opening=opening, firing=firing, longest=longest, memory=engine.memory("VmHWM"), left=late_and_open(engine)[1])
    return found


def told(found):
    return "%d opened in %.1f s, %d fired in %.1f s (the status after %.0f ms at most): %d lost, %d twice, %d early; %d MB" % (
        found["opened"], found["opening"], found["fired"], found["firing"], found["longest"] * 1000, found["lost"], found["twice"], found["early"],
        found["memory"] >> 20)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=1000000)
    parser.add_argument("--days", type=int, default=10)
    parser.add_argument("--no-kill", action="store_true")
    options = parser.parse_args()
    if not os.access(harness.program(clocks.SHIM), os.R_OK):
        load.skip("the clock is not built")
    engine = harness.Engine(workflows=(), own=["tests/process/waiting.yaml"])
    try:
        found = run(engine, options.count, options.days, not options.no_kill)
        print(told(found))
        load.must(found["lost"] + found["twice"] + found["early"] + found["left"] == 0 and found["fired"] == found["opened"] >= options.count, found)
        load.must(engine.stop() == 0, "it did not stop")
        load.verify(engine.data)
    finally:
        engine.end()
    return 0


if __name__ == "__main__":
    sys.exit(main())
