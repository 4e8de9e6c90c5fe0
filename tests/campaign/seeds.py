#!/usr/bin/python3
"""The simulator, a hundred thousand seeds and more, in pieces: stopped at any moment it goes on where it was, and what was run adds up.

    seeds.py PROGRAM STATE [--seeds 100000] [--from 1] [--piece 500] [--jobs 1] [--commit WORD]

STATE is a file with a line for each piece that passed: its first seed, its last, the day, the commit, and what happened in it. A piece with a seed
that fails is told, kept beside STATE (failed-FROM.txt), and not written down: it is run again when the campaign goes on, on the mended build."""
import argparse
import concurrent.futures
import fcntl
import os
import re
import subprocess
import sys
import time

FIGURES = ("events", "cases", "letters", "crashes", "failures")


def read_state(path):
    """What has passed, by first seed."""
    done = {}
    if os.path.exists(path):
        with open(path, encoding="utf-8") as file:
            for line in file:
                words = line.split()
                done[int(words[0])] = (int(words[1]), [int(word) for word in words[4:]])
    return done


def pieces(options, done):
    """First and last seed of what is still to run, so that no seed counts twice whatever the size of a piece was before."""
    seen = sorted((first, last) for first, (last, _) in done.items())
    at, end = options.first, options.first + options.seeds
    for first, last in seen + [(end, end)]:
        while at < min(first, end):
            upto = min(at + options.piece, first, end)
            yield at, upto - 1
            at = upto
        at = max(at, last + 1)


def run_piece(options, first, last):
    done = subprocess.run([options.program, "--from", str(first), "--seeds", str(last - first + 1)], capture_output=True, text=True, check=False)
    said = done.stdout + done.stderr
    counted = re.search(r"^(\d+) events in (\d+) cases, (\d+) letters, (\d+) crashes, (\d+) failures", said, re.M)
    if done.returncode == 0 and counted and "%d seeds passed, 0 failed" % (last - first + 1) in said:
        return counted.groups()
    with open(os.path.join(os.path.dirname(options.state), "failed-%d.txt" % first), "w", encoding="utf-8") as file:
        file.write(said)
    return None


def campaign(options):
    """Whether everything passed that was run now."""
    failed = 0
    with open(options.state, "a+", encoding="utf-8") as state:
        fcntl.flock(state, fcntl.LOCK_EX)
        wanted = list(pieces(options, read_state(options.state)))
        with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
            running = {pool.submit(run_piece, options, *piece): piece for piece in wanted}
            for future in concurrent.futures.as_completed(running):
                (first, last), counted = running[future], future.result()
                if counted:
                    state.write("%d %d %s %s %s\n" % (first, last, time.strftime("%Y-%m-%d", time.gmtime()), options.commit, " ".join(counted)))
                    state.flush()
                else:
                    failed += 1
                    print("seeds %d to %d: FAILED, see failed-%d.txt beside %s" % (first, last, first, options.state), flush=True)
    return failed == 0


def tell(options):
    done = read_state(options.state)
    seeds = sum(last - first + 1 for first, (last, _) in done.items())
    sums = [sum(column) for column in zip(*(figures for _, figures in done.values()))]
    print("%d seeds passed in all: %s" % (seeds, ", ".join("%d %s" % pair for pair in zip(sums, FIGURES))))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("state")
    parser.add_argument("--seeds", type=int, default=100000)
    parser.add_argument("--from", dest="first", type=int, default=1)
    parser.add_argument("--piece", type=int, default=500)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--commit", default="unknown")
    options = parser.parse_args()
    os.makedirs(os.path.dirname(os.path.abspath(options.state)), exist_ok=True)
    options.state = os.path.abspath(options.state)
    well = campaign(options)
    tell(options)
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main())
