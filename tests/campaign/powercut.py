#!/usr/bin/python3
"""The power fails, again and again, at moments of a seed; what was acknowledged must be on the disk.

    powercut.py [--cuts 20] [--seed 1]

The data folder lies on a small disk of its own: a file with an ext4 file system, mounted by a loop device. At the moment of the cut the engine is
stopped (SIGSTOP), and the file is copied under the mounted system: the copy has what was written through to the disk and nothing that only the
system's memory held, just as after a power cut. It is mounted elsewhere; `verify` must hold, an engine started on it must have every
event acknowledged so far, once and where its receipt says, and its folder must verify again. Then the first engine goes on.

That the recipe can see a loss is shown first: a store opened without sync (store_driver), cut in the same way, must lose what it had
acknowledged, and the same store with sync must not. Needs root, loop devices and mkfs.ext4; status 77 where there are none."""
import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

from load import check_log, harness, must, read_log, skip, staircase, transactions, verify

DISK = 96 << 20
ENGINE_LIVES = 20  # cuts; then an empty disk and a new engine: the log to be read again stays short
IN_FLIGHT = 64
CONTROL_ROWS = 300


def system(*words):
    return subprocess.run(words, check=True, capture_output=True, text=True)


class Disk:
    """A file with a file system in it, mounted while it is used."""

    def __init__(self, folder, name):
        self.image, self.mount = os.path.join(folder, name + ".image"), os.path.join(folder, name)
        os.mkdir(self.mount)

    def format(self):
        with open(self.image, "wb") as file:
            file.truncate(DISK)
        system("mkfs.ext4", "-q", "-F", self.image)
        return self.insert()

    def insert(self):
        system("mount", "-o", "loop", self.image, self.mount)
        return self

    def remove(self):
        if os.path.ismount(self.mount):
            system("umount", "-l", self.mount)

    def copy_to(self, other):
        """The image as it is now. What the system writes at just this moment could tear the copy: it is taken again until the two are equal. It is a new
        file each time: a loop device lets go of the old one when it likes, and what it still writes there must not fall into the new one."""
        if os.path.exists(other.image):
            os.unlink(other.image)
        while True:
            system("cp", "--sparse=always", self.image, other.image)
            if subprocess.run(["cmp", "-s", self.image, other.image], check=False).returncode == 0:
                return


class Load(threading.Thread):
    """A client with some events in flight that keeps its receipts until it is told to stop."""

    def __init__(self, engine, many):
        super().__init__(daemon=True)
        self.engine, self.messages = engine, transactions(many)
        self.receipts, self.sent, self.error, self.enough = {}, [], None, threading.Event()

    def run(self):
        try:
            with staircase.Client(self.engine.endpoint, name="powercut", retry=60.0) as client:
                ids = {}
                for message in self.messages:
                    if self.enough.is_set():
                        return
                    self.sent.append(message["id"])
                    ids[client.submit(message)] = message["id"]
                    while len(client.pending) >= IN_FLIGHT and not self.enough.is_set():
                        answer = client.next_answer(0.1)
                        if answer is not None:
                            must(answer["m"] == "applied", answer)
                            self.receipts[ids.pop(answer["r"])] = answer
        except Exception as error:  # told by the one who waits for it
            self.error = error


def stop_process(process):
    """Every thread of it has come to rest: none is on its way to the disk any more."""
    process.send_signal(signal.SIGSTOP)

    def rests():
        tasks = "/proc/%d/task" % process.pid
        states = []
        for task in os.listdir(tasks):
            with open(os.path.join(tasks, task, "stat"), encoding="ascii", errors="replace") as file:
                states.append(file.read().rsplit(")", 1)[1].split()[0])
        return set(states) == {"T"}
    harness.until("the process has stopped", rests)


def check_copy(engine, copy, receipts, sent):
    """What the disk holds after the cut."""
    after = harness.Engine(workflows=("dispute-mediation",), folder=copy.mount)
    try:
        verify(after.data)
        after.start()
        with staircase.Client(after.endpoint, name="afterwards", retry=5.0, timeout=20.0) as client:
            unknown = check_log(read_log(client), receipts, sent)
        must(after.stop() == 0, "did not stop well:", after.said())
        verify(after.data)
        return unknown
    finally:
        if after.process and after.process.poll() is None:
            after.kill()


def cut(engine, load, disk, copy, dice):
    goal = len(load.receipts) + dice.randrange(20, 200)
    harness.until("some more are acknowledged", lambda: len(load.receipts) >= goal or load.error)
    must(not load.error, load.error)
    threading.Event().wait(dice.random() * 0.01)
    stop_process(engine.process)
    try:
        disk.copy_to(copy)
        # All that was answered before the cut counts, also what the client has only now read.
        harness.until("what was answered is read", lambda: settled(load))
        receipts, sent = dict(load.receipts), list(load.sent)
        copy.insert()
        try:
            unknown = check_copy(engine, copy, receipts, sent)
        finally:
            copy.remove()
    finally:
        engine.process.send_signal(signal.SIGCONT)
    return len(receipts), unknown


def settled(load):
    before = len(load.receipts)
    threading.Event().wait(0.02)
    return len(load.receipts) == before


def cuts_of_one_engine(folder, count, dice):
    disk, copy = Disk(folder, "disk").format(), Disk(folder, "copy")
    engine = harness.Engine(workflows=("dispute-mediation",), folder=disk.mount)
    load = None
    acknowledged = most = 0
    try:
        engine.start()
        load = Load(engine, count * 400 + 1000)
        load.start()
        for _ in range(count):
            receipts, unknown = cut(engine, load, disk, copy, dice)
            acknowledged, most = receipts, max(most, unknown)
        return acknowledged, most
    finally:
        if load:
            load.enough.set()
            load.join()
        if engine.process:
            engine.kill()
        disk.remove()
        copy.remove()


# ---- the recipe itself: it must see what is not on the disk ----

def control(folder, name, *words):
    """The store alone, cut once. How many rows it had acknowledged, and how many are there afterwards (none where it cannot be read)."""
    driver = harness.program("tests/campaign/store_driver")
    disk, copy = Disk(folder, name).format(), Disk(folder, name + "-copy")
    try:
        # What a fresh file system holds back for a moment is no part of the question.
        os.mkdir(os.path.join(disk.mount, "data"))
        os.sync()
        process = subprocess.Popen([driver, "write", os.path.join(disk.mount, "data", "store"), *words], stdout=subprocess.PIPE, text=True)
        try:
            for line in process.stdout:
                acknowledged = int(line)
                if acknowledged >= CONTROL_ROWS:
                    break
            stop_process(process)
            disk.copy_to(copy)
        finally:
            process.kill()
            process.wait()
            process.stdout.close()
        copy.insert()
        done = subprocess.run([driver, "read", os.path.join(copy.mount, "data", "store")], capture_output=True, text=True, check=False)
        return acknowledged, int(done.stdout) if done.returncode == 0 else 0
    finally:
        disk.remove()
        copy.remove()


def show_that_it_bites(folder):
    acknowledged, kept = control(folder, "unsafe", "unsafe")
    must(kept < acknowledged, "the store without sync lost nothing: this machine's recipe sees no loss")
    print("without sync: %d acknowledged, %d there after the cut, as it must be" % (acknowledged, kept))
    acknowledged, kept = control(folder, "safe")
    must(kept >= acknowledged, "the store with sync lost", acknowledged - kept)
    print("with sync:    %d acknowledged, %d there" % (acknowledged, kept), flush=True)


def campaign(options, folder):
    show_that_it_bites(folder)
    dice, since = random.Random(options.seed), time.monotonic()
    done = acknowledged = most = 0
    while done < options.cuts:
        count = min(ENGINE_LIVES, options.cuts - done)
        own = os.path.join(folder, "engine-%d" % done)
        os.mkdir(own)
        receipts, unknown = cuts_of_one_engine(own, count, dice)
        shutil.rmtree(own)
        done, acknowledged, most = done + count, acknowledged + receipts, max(most, unknown)
        print("%d of %d cuts" % (done, options.cuts), flush=True)
    print("%d cuts, seed %d: %d events acknowledged, 0 lost, 0 twice; at most %d applied without a receipt at a cut; %d s" %
          (done, options.seed, acknowledged, most, time.monotonic() - since))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cuts", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    if os.geteuid() != 0:
        skip("loop devices want root")
    if not shutil.which("mkfs.ext4"):
        skip("mkfs.ext4 is not here (apt-get install e2fsprogs)")
    folder, kept = tempfile.mkdtemp(prefix="staircase-powercut-"), False
    try:
        probe = Disk(folder, "probe")
        try:
            probe.format()
        except subprocess.CalledProcessError as error:
            skip("no loop device can be mounted here: %s" % (error.stderr.strip().splitlines() or ["no reason given"])[-1])
        finally:
            probe.remove()
        campaign(options, folder)
    except AssertionError:
        kept = True
        print("the images are kept: %s" % folder)
        raise
    finally:
        if not kept:
            shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
