#!/usr/bin/python3
"""Each write, sync and rename of a run of 200 transactions is once the last thing that the engine does.

    crash.py [--transactions 200] [--step 1] [--from 1] [--kinds fdatasync,...] [--error EIO] [--jobs 1] [--state FILE]

strace counts the calls that change files (the store, the keys), from the first one of an empty folder on, and kills the engine at the Nth; or, with
--error, lets that one call fail. The client sends one event after the other and keeps each receipt. Then: `verify` holds; the engine starts
again; every acknowledged event is in the log once, where its receipt says; nothing is there that was not sent; the first event that had no
receipt is sent again and counts once; a repeat gets the first answer; `verify` holds once more. With --state each point that held is written
down, and a run that was stopped goes on where it was. Status 77: strace cannot be used here."""
import argparse
import concurrent.futures
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

from load import check_log, harness, must, read_log, same, skip, staircase, transactions, verify

CALLS = "pwrite64,pwritev,pwritev2,write,writev,fsync,fdatasync,msync,sync_file_range,ftruncate,fallocate,rename,renameat,renameat2,unlink,mkdir,link"
# Calls on sockets, pipes and wake-ups are not what is asked here: only those on files of the data folder are counted.
FILES = ("store", "store/data.mdb", "store/lock.mdb", "store/store.lock", "keys", "keys/data.mdb", "keys/lock.mdb", "keys/store.lock", "")
SILENCE = 30.0  # seconds without an answer, with a process that lives: something hangs (a full disk is tried again after 5)


def launch(data, trace, inject=None):
    """strace before the engine. Not with --seccomp-bpf, which is faster, but injects no signals (6.1)."""
    line = ["strace", "-f", "-qq", "-o", trace, "-e", "trace=" + CALLS]
    for name in FILES:
        line += ["-P", os.path.join(data, name).rstrip("/")]
    return line + (["-e", "inject=" + inject] if inject else [])


def drive(engine, messages):
    """Sends one after the other while the engine lives, again where no answer came (a failed commit has none). Receipts by id; how many were sent."""
    receipts, client = {}, staircase.Client(engine.endpoint, name="crash", retry=2.0)
    with client:
        for count, message in enumerate(messages):
            request, since = client.submit(message), time.monotonic()
            while True:
                answer = client.next_answer(0.02)
                if answer is not None and answer["r"] == request:
                    break
                if engine.process.poll() is not None:
                    return receipts, count + 1
                must(time.monotonic() - since < SILENCE, "no answer, and the engine lives:", engine.said())
            must(answer["m"] in ("applied", "duplicate"), answer)
            receipts[message["id"]] = answer
    return receipts, len(messages)


def afterwards(engine, messages, receipts, sent):
    """The folder as it was left, and the engine that starts on it. How many events were applied although no receipt came."""
    if os.path.exists(os.path.join(engine.data, "store", "data.mdb")):
        done = harness.run("verify", "--data", engine.data, "--json")
        # A store that had not come into being when its engine was killed holds nothing, and says so.
        must(done.returncode == 0 or not receipts, "verify:", done.stdout, done.stderr)
    engine.start()
    with staircase.Client(engine.endpoint, name="afterwards", retry=5.0, timeout=20.0) as client:
        unknown = check_log(read_log(client), receipts, [message["id"] for message in messages[:sent]])
        must(unknown <= 1, unknown, "events without a receipt, of one that was in flight")
        if sent > len(receipts):
            must(client.ask(messages[len(receipts)], 20)["m"] == ("duplicate" if unknown else "applied"), "the event in flight")
        for message in [m for m in messages if m["id"] in receipts][-2:]:
            again = client.ask(message, 20)
            must(again["m"] == "duplicate" and same(again) == same(receipts[message["id"]]), "not the first answer:", again)
    must(engine.stop() == 0, "did not stop well:", engine.said())
    verify(engine.data)
    return unknown


def kill_traced(strace):
    with open("/proc/%d/task/%d/children" % (strace, strace), encoding="ascii") as file:
        for child in file.read().split():
            os.kill(int(child), signal.SIGKILL)


def one_run(messages, inject, folder):
    """One engine on an empty folder. What strace saw, and what came of it."""
    engine = harness.Engine(workflows=("dispute-mediation",), folder=folder)
    trace = os.path.join(folder, "trace")
    try:
        engine.spawn(launch=launch(engine.data, trace, inject))
        receipts, sent = drive(engine, messages)
        if engine.process.poll() is None:
            kill_traced(engine.process.pid)
        engine.process.wait(harness.STOP_WITHIN)
        with open(trace, encoding="utf-8", errors="replace") as file:
            calls = re.findall(r"^\d+ +(\w+)\(.*$", file.read(), re.M)
        return calls, len(receipts), afterwards(engine, messages, receipts, sent)
    finally:
        engine.end()


def all_points(calls, options):
    """Every call by its kind and number, in the order in which they came: strace counts the calls of each kind by themselves."""
    counted, points = {}, []
    for kind in calls:
        counted[kind] = counted.get(kind, 0) + 1
        points.append((kind, counted[kind]))
    wanted = points[options.first - 1::options.step]
    return [point for point in wanted if not options.kinds or point[0] in options.kinds.split(",")]


def fresh():
    return tempfile.mkdtemp(prefix="staircase-crash-")


def read_state(path):
    """What held before, by point: whether it was reached, how many were acknowledged, and how many were applied without a receipt."""
    done = {}
    if path and os.path.exists(path):
        with open(path, encoding="ascii") as file:
            for line in file:
                kind, number, *figures = line.split()
                done[kind, int(number)] = tuple(map(int, figures))
    return done


def try_point(messages, what, kind, number):
    try:
        seen, receipts, applied = one_run(messages, "%s:%s:when=%d" % (kind, what, number), fresh())
    except AssertionError as error:
        raise AssertionError("%s at %s number %d: %s" % (what, kind, number, error)) from error
    # How many calls a run makes hangs on how its events fall into batches: the last few may not be reached.
    return int(seen.count(kind) >= number), receipts, applied


def try_points(messages, what, points, done, options):
    """Those that are not done yet, so many at a time; stops at the first that does not hold."""
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        running = {pool.submit(try_point, messages, what, *point): point for point in points if point not in done}
        try:
            for future in concurrent.futures.as_completed(running):
                point = running[future]
                done[point] = future.result()
                if options.state:
                    with open(options.state, "a", encoding="ascii") as file:
                        file.write("%s %d %d %d %d\n" % (*point, *done[point]))
                if len(done) % 100 == 0:
                    print("%d of %d points" % (len(done), len(points)), flush=True)
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def campaign(options):
    messages = transactions(options.transactions)
    calls, receipts, _ = one_run(messages, None, fresh())
    must(receipts == len(messages) and calls, "the run without a crash:", receipts, calls)
    kinds = ", ".join("%s %d" % (name, calls.count(name)) for name in sorted(set(calls)))
    what = "error=" + options.error if options.error else "signal=SIGKILL"
    points, done = all_points(calls, options), read_state(options.state)
    print("%d transactions make %d calls: %s; %d of them are tried with %s" % (len(messages), len(calls), kinds, len(points), what), flush=True)
    try_points(messages, what, points, done, options)
    reached, acknowledged, unknown = (sum(column) for column in zip(*done.values()))
    must(reached >= 0.95 * len(done), "only", reached, "of", len(done), "points were reached")
    print("%d points, %d of them reached: %d events acknowledged, 0 lost, 0 twice; %d applied without a receipt" %
          (len(done), reached, acknowledged, unknown))


# ---- the list of keys: another program, which renames ----

KEY_FILES = ("keys", "keys/principals.new", "keys/principals.yaml", "keys/server.key", "keys/principals.lock")


def keys(data, *words):
    """`staircase keys` on that folder; secrets go where nobody keeps them."""
    return harness.run("keys", *words, "--data", data)


def keys_listed(data):
    done = keys(data, "list")
    must(done.returncode == 0, "keys list:", done.stdout, done.stderr)
    return [name for name in ("first", "second", "third") if name in done.stdout]


def try_key(template, inject):
    """One key is made and its maker killed; the list is the one before or the one after, and takes the next key. What strace saw."""
    folder = fresh()
    data, trace = os.path.join(folder, "var"), os.path.join(folder, "trace")
    shutil.copytree(template, data)
    line = ["strace", "-f", "-qq", "-o", trace, "-e", "trace=" + CALLS] + [word for name in KEY_FILES for word in ("-P", os.path.join(data, name))]
    line += ["-e", "inject=" + inject] if inject else []
    subprocess.run([*line, harness.program("staircase"), "keys", "make", "second", "--operator", "--out", os.path.join(folder, "second.key"), "--data", data],
                   capture_output=True, check=False)
    must(keys_listed(data) in (["first"], ["first", "second"]), inject, "left", keys_listed(data))
    done = keys(data, "make", "third", "--operator", "--out", os.path.join(folder, "third.key"))
    must(done.returncode == 0 and "third" in keys_listed(data), inject, "and then:", done.stdout, done.stderr)
    with open(trace, encoding="utf-8", errors="replace") as file:
        calls = re.findall(r"^\d+ +(\w+)\(.*$", file.read(), re.M)
    shutil.rmtree(folder)
    return calls


def keys_campaign():
    folder = fresh()
    template = os.path.join(folder, "var")
    must(keys(template, "make", "first", "--operator", "--out", os.path.join(folder, "first.key")).returncode == 0, "no first key")
    calls = try_key(template, None)
    points = all_points(calls, argparse.Namespace(first=1, step=1, kinds=None))
    for kind, number in points:
        try_key(template, "%s:signal=SIGKILL:when=%d" % (kind, number))
    shutil.rmtree(folder)
    print("a key is made with %d calls (%s), each of them killed once: the list of keys was never broken" %
          (len(points), ", ".join("%s %d" % (name, calls.count(name)) for name in sorted(set(calls)))))


def ask_for_strace():
    """Skips what cannot be done without it."""
    if not shutil.which("strace"):
        skip("strace is not installed (apt-get install strace)")
    probe = subprocess.run(["strace", "-f", "-qq", "-e", "trace=write", "-o", "/dev/null", "true"], capture_output=True, text=True, check=False)
    if probe.returncode:
        skip("strace may not trace here: %s" % (probe.stderr.strip().splitlines() or ["no reason given"])[-1])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--transactions", type=int, default=200)
    parser.add_argument("--step", type=int, default=1)
    parser.add_argument("--from", dest="first", type=int, default=1)
    parser.add_argument("--kinds", help="only calls of these names, such as fdatasync,ftruncate")
    parser.add_argument("--error", help="the call fails with this, such as EIO, instead of a kill")
    parser.add_argument("--jobs", type=int, default=1, help="so many at a time: most of the time goes by waiting for the disk")
    parser.add_argument("--state", help="a file that keeps what held: a run goes on where it was")
    options = parser.parse_args()
    ask_for_strace()
    if not options.error:
        keys_campaign()
    campaign(options)


if __name__ == "__main__":
    sys.exit(main())
