"""A running engine for the process tests: its own data folder, a small district, the shipped workflows; started, stopped, killed.

    class Journey(harness.Case):
        def test_something(self):
            engine = self.engine()              # started and answering; gone when the test ends
            client = self.client(engine)
            receipt = client.open(...)
            engine.kill(); engine.start()       # as after a power cut of the process
            engine.stop()                       # politely, within 5 s
            self.verify(engine)                 # the stopped folder is what its log says

Nothing here sleeps for a while and hopes: `until` asks again and again for the condition itself, and says what it waited for.
The programs are those of STAIRCASE_BUILD (tests/run sets it), else of build/.
"""
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCE = os.environ.get("STAIRCASE_SOURCE") or os.path.dirname(os.path.dirname(HERE))
BUILD = os.path.abspath(os.environ.get("STAIRCASE_BUILD") or os.path.join(SOURCE, "build"))
sys.path.insert(0, os.path.join(SOURCE, "proto"))
import staircase  # noqa: E402

PATIENCE = 20.0  # seconds until a condition that must come is given up; nothing here takes nearly so long
STOP_WITHIN = 5.0

# What a dispute is opened with, and who climbs with it (the practice district).
DISPUTE = {"summary": "楼上漏水到我家", "category": "neighbour", "applicant": ["app:zhao"], "respondent": ["app:qian"]}
BUILDING = "jinnong/grid-3/building-7"
PARTIES = ("app:zhao", "app:qian")
MEDIATORS = ("li", "wang", "chen")  # of the building, the grid, the community; sun is the centre's


def until(what, condition, patience=PATIENCE):
    """Waits until the condition gives something true and returns it. Asks at once, then ever more slowly, at most 20 times a second."""
    give_up, pause = time.monotonic() + patience, 0.001
    while True:
        found = condition()
        if found:
            return found
        if time.monotonic() > give_up:
            raise AssertionError("waited %.0f s for: %s" % (patience, what))
        threading.Event().wait(pause)
        pause = min(pause * 1.5, 0.05)


def program(name):
    return os.path.join(BUILD, name)


def run(*arguments, name="staircase", input=None, timeout=60, cwd=SOURCE, environment=None):
    """Runs one command to its end; .returncode, .stdout, .stderr as text."""
    return subprocess.run([program(name), *map(str, arguments)], input=input, capture_output=True, text=True, timeout=timeout, cwd=cwd,
                          env={**os.environ, "LC_ALL": "C.UTF-8", **(environment or {})})


class Engine:
    """`staircase serve` on a data folder of its own."""

    def __init__(self, workflows=("dispute-mediation", "grid-matter"), own=(), settings="", directory="config/practice-directory.yaml",
                 calendar="config/calendar-cn.yaml", folder=None):
        self.folder = folder or tempfile.mkdtemp(prefix="staircase-")
        self.data = os.path.join(self.folder, "var")
        self.process = self.log = None
        self.environment = {}  # what it is started with besides the test's own
        deploys = [("calendar", calendar), ("directory", directory)]
        deploys += [("workflow", "workflows/%s/workflow.yaml" % name) for name in workflows] + [("workflow", path) for path in own]
        self.config = self.write("staircase.yaml", "deploy:\n" + "".join(
            "  - {%s: %s}\n" % (what, os.path.join(SOURCE, path)) for what, path in deploys) + settings)

    def write(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    @property
    def endpoint(self):
        return "ipc://%s/engine.sock" % self.data

    @property
    def workers_endpoint(self):
        return "ipc://%s/workers.sock" % self.data

    # ---- life ----

    def spawn(self, *more, launch=()):
        """Starts the process and does not wait for it. What it says goes to `said()`."""
        self.log = os.path.join(self.folder, "serve.log")
        with open(self.log, "a", encoding="utf-8") as log:
            self.process = subprocess.Popen([*launch, program("staircase"), "serve", "--data", self.data, "--config", self.config, *more],
                                            stdout=log, stderr=log, stdin=subprocess.DEVNULL, cwd=SOURCE, start_new_session=True,
                                            env={**os.environ, **self.environment})
        return self

    def start(self, *more):
        self.spawn(*more)
        self.wait_until_it_answers()
        return self

    def wait_until_it_answers(self):
        with staircase.Client(self.endpoint, name="harness", retry=1.0) as client:
            request = client.submit({"m": "status"})

            def answered():
                if self.process.poll() is not None:
                    raise AssertionError("the engine ended with status %d before it answered:\n%s" % (self.process.returncode, self.said()))
                answer = client.next_answer(0.05)
                return answer is not None and answer["r"] == request
            until("the engine answers", answered)

    def said(self):
        with open(self.log, encoding="utf-8") as log:
            return log.read()

    def tell(self, number=signal.SIGTERM):
        self.process.send_signal(number)

    def wait(self, within=STOP_WITHIN):
        """Its exit status; fails when it does not end in time."""
        try:
            return self.process.wait(within)
        except subprocess.TimeoutExpired:
            raise AssertionError("the engine has not stopped within %.0f s:\n%s" % (within, self.said())) from None

    def stop(self, number=signal.SIGTERM):
        self.tell(number)
        return self.wait()

    def kill(self):
        """kill -9: nothing of it can be caught."""
        self.process.kill()
        self.process.wait()

    def end(self):
        """Whatever state it is in: gone, with everything it started and all its files."""
        if self.process:
            try:
                os.killpg(self.process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    # ---- talking to it ----

    def command(self, *arguments, name="staircase", **more):
        """A command of `staircase` on this data folder, as a person would type it."""
        return run(*arguments, "--data", self.data, name=name, **more)

    def rows(self, *arguments, name="staircase", **more):
        """The same with --json: its lines."""
        done = self.command(*arguments, "--json", name=name, **more)
        return [json.loads(line) for line in done.stdout.splitlines()]

    def memory(self, what="VmRSS"):
        """Resident memory of its own in bytes (the map of the store is memory of the page cache, and not counted)."""
        with open("/proc/%d/status" % self.process.pid, encoding="ascii") as file:
            figures = dict(re.findall(r"^(\w+):\s+(\d+) kB", file.read(), re.M))
        return int(figures[what]) * 1024

    def descriptors(self):
        """How many it has open. Only root may look: the engine lets nobody else."""
        try:
            return len(os.listdir("/proc/%d/fd" % self.process.pid))
        except PermissionError:
            raise unittest.SkipTest("only root sees what the engine has open") from None


class Case(unittest.TestCase):
    maxDiff = None

    def engine(self, start=True, **options):
        engine = Engine(**options)
        self.addCleanup(engine.end)
        return engine.start() if start else engine

    def client(self, engine, **options):
        client = staircase.Client(engine.endpoint, **{"retry": 2.0, "timeout": PATIENCE, **options})
        self.addCleanup(client.close)
        return client

    def worker(self, engine, name, topics, **options):
        worker = staircase.Worker(engine.workers_endpoint, name, topics, **{"retry": 2.0, **options})
        self.addCleanup(worker.close)
        return worker

    def centre(self, engine):
        """The mediation centre's process, on the same folder; ended with the test."""
        process = subprocess.Popen([program("mediation_centre"), "--data", engine.data, "serve"], stdin=subprocess.DEVNULL,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=SOURCE, start_new_session=True)
        self.addCleanup(end_process, process)
        until("the docket can be asked", lambda: engine.command("list", name="mediation_centre").returncode == 0)
        return process

    # ---- what answers must be ----

    def applied(self, answer):
        self.assertEqual(answer["m"], "applied", answer)
        return answer

    def refused(self, answer, code):
        self.assertEqual((answer["m"], answer.get("code")), ("refused", code), answer)
        self.assertTrue(answer["why"] and answer["do"], answer)
        return answer

    def duplicate(self, answer, first):
        """The first answer again: everything that it said, in other words than applied."""
        self.assertEqual(answer["m"], "duplicate", answer)
        same = lambda message: {name: value for name, value in message.items() if name not in ("m", "r", "id")}
        self.assertEqual(same(answer), same(first))

    def verify(self, engine):
        """`staircase verify` of the stopped folder; returns its report."""
        done = engine.command("verify", "--json")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        report = json.loads(done.stdout)
        self.assertTrue(report["holds"], report)
        return report

    def command(self, engine, *arguments, code=0, **more):
        done = engine.command(*arguments, **more)
        self.assertEqual(done.returncode, code, "%s\n%s%s" % (arguments, done.stdout, done.stderr))
        return done

    # ---- cases ----

    def open_dispute(self, client, **more):
        return self.applied(client.open("dispute-mediation", BUILDING, "li", DISPUTE, **more))

    def agree(self, client, case):
        for party in PARTIES:
            answer = self.applied(client.send(case, "agree-to-mediate", party))
        return answer

    def climb(self, client, case):
        """From the building to the centre: consent at each level, mediation in vain. Its last answer."""
        for mediator in MEDIATORS:
            self.agree(client, case)
            self.applied(client.send(case, "raise", mediator, {"reason": "双方差距太大"}))
        return self.agree(client, case)

    def news(self, client):
        """Everything the log tells, from its beginning to now."""
        last = self.open_dispute(client)["p"]
        rows = []
        for row in client.watch(position=1, timeout=PATIENCE):
            rows.append(row)
            if row["p"] >= last:
                return rows[:-1]
        raise AssertionError("the watch ended at %s before position %d" % (rows[-1:] or "nothing", last))


def end_process(process):
    if process.poll() is None:
        process.kill()
    process.wait()


def seeded(seed):
    """Random numbers of a fixed seed; STAIRCASE_SEED tries another one. Said, so that a failure can be repeated."""
    seed = int(os.environ.get("STAIRCASE_SEED", seed))
    print("seed %d" % seed, flush=True)
    return random.Random(seed)


def main():
    for name in ("staircase", "mediation_centre"):
        if not os.access(program(name), os.X_OK):
            sys.exit("%s is not built: make all" % program(name))
    unittest.main(verbosity=1)
