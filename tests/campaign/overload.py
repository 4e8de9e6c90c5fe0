#!/usr/bin/python3
"""Far more than the engine can do: memory stays under its bound, what is let in keeps its latency, the rest hears busy with a time.

    overload.py [--clients 1000] [--in-flight 64] [--seconds 20] [--rate 500] [--deaf 50] [--watchers 200] [--settings 'batch: 1024']

First some modest clients alone, for the latency without overload. Then the same ones while a thousand others have as much in flight as they like, half of
them rude (what is put off is sent again at once), some ask for long lists and read nothing, some watch everything and read nothing. (A worker that takes
tasks and never says anything about them is in tests/process/overload_test.py.)"""
import argparse
import json
import os
import subprocess
import sys
import threading
import time

import load
import harness
from harness import BUILDING, DISPUTE, until
from harness import staircase

MB = 1 << 20
MEMORY_MOST = 512 * MB  # LIMIT_MEMORY_HELD
REQUEST, ID, KEY = 0x7eadbeef, b"\xa5" * 16, b"\x5a" * 16
OPENING = {"m": "open", "r": REQUEST, "id": ID, "key": KEY, "w": "dispute-mediation", "u": BUILDING, "as": "li", "d": DISPUTE}
LIST = {"m": "list", "r": REQUEST}
WATCH = {"m": "watch", "r": REQUEST, "credit": 1 << 30, "p": 1}


def crowd(engine, message, **options):
    """Begins; its figures come from figures_of."""
    words = [harness.program("tests/campaign/crowd"), os.path.join(engine.data, "engine.sock"), staircase.encode(message).hex()]
    for name, value in options.items():
        words += ["--" + name.replace("_", "-")] + ([] if value is True else [str(value)]) if value else []
    return subprocess.Popen(words, stdout=subprocess.PIPE, text=True)


def figures_of(process):
    out, _ = process.communicate(timeout=600)
    load.must(process.returncode == 0, "the crowd ended with", process.returncode)
    return json.loads(out)


class Eye:
    """Looks at the engine's memory all the while, and asks it as an operator would."""

    def __init__(self, engine):
        self.engine, self.over = engine, threading.Event()
        self.most, self.longest, self.asked, self.failure = 0, 0.0, 0, None
        self.thread = threading.Thread(target=self.look)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.thread.join()

    def look(self):
        try:
            with staircase.Client(self.engine.endpoint, name="operator", retry=2.0, timeout=30) as client:
                while not self.over.is_set():
                    begun = time.monotonic()
                    client.status()
                    self.longest, self.asked = max(self.longest, time.monotonic() - begun), self.asked + 1
                    self.most = max(self.most, self.engine.memory("RssAnon"))
                    self.over.wait(0.02)
        except Exception as failure:
            self.failure = failure


def run(engine, clients, in_flight, seconds, rate, deaf, watchers):
    """What a run found, as a dictionary of figures."""
    modest = {"clients": 50, "in_flight": 1, "rate": rate, "seconds": seconds}
    alone = figures_of(crowd(engine, OPENING, **modest))
    with Eye(engine) as eye:
        held = engine.memory("RssAnon")
        flood = [crowd(engine, OPENING, clients=clients // 2, in_flight=in_flight, seconds=seconds + 2, rude=rude) for rude in (False, True)]
        if deaf:
            flood.append(crowd(engine, LIST, clients=deaf, in_flight=200, seconds=seconds + 2, deaf=True))
        if watchers:
            flood.append(crowd(engine, WATCH, clients=watchers, in_flight=4, seconds=seconds + 2, deaf=True))
        until("the flood is there", lambda: eye.asked > 3, 60)
        among = figures_of(crowd(engine, OPENING, **modest))
        polite, rude = (figures_of(process) for process in flood[:2])
        for process in flood[2:]:
            process.communicate(timeout=600)
    load.must(eye.failure is None, "asking failed:", eye.failure)
    until("it is through", lambda: answers_at_once(engine), 60)
    return {"alone": alone, "among": among, "polite": polite, "rude": rude, "held": held, "most": eye.most, "status-longest": eye.longest, "asked": eye.asked}


def answers_at_once(engine):
    with staircase.Client(engine.endpoint, timeout=60) as client:
        begun = time.monotonic()
        client.status()
        return time.monotonic() - begun < 0.5


def share_busy(*crowds):
    busy, sent = (sum(figures[name] for figures in crowds) for name in ("busy", "sent"))
    return 100.0 * busy / max(sent, 1)


def tell(found, seconds):
    applied = sum(found[name]["applied"] for name in ("among", "polite", "rude"))
    print("%d events a second were applied, %d times as many offered; %.0f %% of what was sent heard busy, with a time of %d to %d ms" % (
        applied / seconds, sum(found[name]["sent"] for name in ("among", "polite", "rude")) // max(applied, 1), share_busy(found["polite"], found["rude"], found["among"]),
        min(found[name]["after-least-ms"] for name in ("polite", "rude")), max(found[name]["after-most-ms"] for name in ("polite", "rude"))))
    for name, what in (("alone", "modest, alone"), ("among", "modest, meanwhile"), ("polite", "half of the flood, waiting as told"), ("rude", "half of it, rude")):
        figures = found[name]
        print("%-36s applied %8d  busy %9d  p50 %7.1f  p99 %7.1f  most %7.1f ms  broken %d" % (
            what, figures["applied"], figures["busy"], figures["p50-us"] / 1000, figures["p99-us"] / 1000, figures["most-us"] / 1000, figures["broken"]))
    print("memory: %.0f MB before, at most %.0f MB; %d times asked for its status, the longest %.0f ms" % (
        found["held"] / MB, found["most"] / MB, found["asked"], found["status-longest"] * 1000))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, default in (("clients", 1000), ("in-flight", 64), ("seconds", 20), ("rate", 500), ("deaf", 50), ("watchers", 200)):
        parser.add_argument("--" + name, type=int, default=default)
    parser.add_argument("--settings", default="")
    options = parser.parse_args()
    engine = harness.Engine(workflows=("dispute-mediation",), settings=options.settings.replace("\\n", "\n") + "\n" if options.settings else "")
    try:
        engine.start()
        found = run(engine, options.clients, options.in_flight, options.seconds, options.rate, options.deaf, options.watchers)
        tell(found, options.seconds)
        load.must(found["most"] < MEMORY_MOST, "memory")
        load.must(found["among"]["applied"] > 0 and found["among"]["broken"] == 0, "the modest ones were not served")
        load.must(engine.stop() == 0, "it did not stop")
        load.verify(engine.data)
    finally:
        engine.end()
    return 0


if __name__ == "__main__":
    sys.exit(main())
