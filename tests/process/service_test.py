#!/usr/bin/python3
"""As a service: what `make install` puts where, what the units say, whether the engine lives in their sandbox, what it tells the service manager; and
that README.md's way there is the way."""
import os
import re
import shutil
import socket
import subprocess

import harness
from harness import SOURCE, until
from curve_test import free_port

UNITS = ("staircase.service", "mediation-centre.service")
EXPOSURE_MOST = 15  # tenths, of 100, as `systemd-analyze security` counts them


def contents(path):
    with open(path, encoding="utf-8", errors="replace") as file:
        return file.read()


def tool(test, name):
    if not shutil.which(name):
        test.skipTest("%s is not here" % name)


class Manager:
    """What systemd is to a service: a socket that hears datagrams."""

    def __init__(self, folder):
        self.path = os.path.join(folder, "notify")
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(self.path)
        os.chmod(self.path, 0o777)
        self.socket.setblocking(False)
        self.heard = []

    def hear(self):
        while True:
            try:
                self.heard.append(self.socket.recv(4096).decode())
            except BlockingIOError:
                return self.heard

    def until(self, word, count=1):
        until("the manager hears %s" % word, lambda: self.hear().count(word) >= count)


class Notify(harness.Case):
    def setUp(self):
        self.running = self.engine(start=False, settings="workers:\n  - {name: env, command: [sh, -c, 'env >%s/env; exec sleep 1000']}\n")
        self.manager = Manager(self.running.folder)
        self.addCleanup(self.manager.socket.close)
        self.running.write("staircase.yaml", contents(self.running.config).replace("%s", self.running.folder))

    def launch(self, **environment):
        """As root would start it, with these in the environment."""
        self.running.spawn(launch=("env", "NOTIFY_SOCKET=" + self.manager.path, *("%s=%s" % pair for pair in environment.items())))

    def test_ready_alive_stopping(self):
        self.launch(WATCHDOG_USEC=100000)
        self.manager.until("READY=1")
        self.open_dispute(self.client(self.running))  # ready is ready: nothing is waited for
        self.manager.until("WATCHDOG=1", 5)
        self.assertNotIn("STOPPING=1", self.manager.heard)
        self.assertEqual(self.running.stop(), 0)
        self.manager.until("STOPPING=1")
        self.assertEqual(self.manager.heard.count("READY=1"), 1)
        self.assertEqual(set(self.manager.heard), {"READY=1", "WATCHDOG=1", "STOPPING=1"})

    def test_who_hangs_is_silent(self):
        self.launch(WATCHDOG_USEC=100000)
        self.manager.until("WATCHDOG=1", 3)
        self.running.tell(19)  # SIGSTOP: nothing of it turns
        until("what was sent before is heard", lambda: contents("/proc/%d/stat" % self.running.process.pid).rsplit(")", 1)[1].split()[0] == "T")
        before = len(self.manager.hear())
        with self.assertRaises(AssertionError):
            until("another beat", lambda: len(self.manager.hear()) > before, 0.5)
        self.running.tell(18)
        until("it goes on", lambda: len(self.manager.hear()) > before)
        self.assertEqual(self.running.stop(), 0)

    def test_no_beats_that_nobody_wants(self):
        self.launch(WATCHDOG_USEC=100000, WATCHDOG_PID=1)  # another process's
        self.manager.until("READY=1")
        self.open_dispute(self.client(self.running))
        self.assertEqual(self.running.stop(), 0)
        self.assertNotIn("WATCHDOG=1", self.manager.hear())

    def test_workers_do_not_speak_for_it(self):
        self.launch(WATCHDOG_USEC=100000)
        self.manager.until("READY=1")
        path = os.path.join(self.running.folder, "env")
        until("the worker has written its environment", lambda: os.path.exists(path) and "PATH=" in contents(path))
        self.assertNotRegex(contents(path), "NOTIFY_SOCKET|WATCHDOG")

    def test_not_ready_when_it_cannot(self):
        with open(self.running.config, "a", encoding="utf-8") as file:
            file.write("batch: many\n")
        self.launch()
        self.assertEqual(self.running.wait(harness.PATIENCE), 1)
        self.assertEqual(self.manager.hear(), [])

    def test_a_manager_that_does_not_listen(self):
        for path in (self.manager.path + "-gone", "@no-such-" + os.path.basename(self.running.folder), "x", "/" + "a" * 300):
            self.running.spawn(launch=("env", "NOTIFY_SOCKET=" + path, "WATCHDOG_USEC=junk"))
            self.running.wait_until_it_answers()
            self.assertEqual(self.running.stop(), 0)

    def test_the_centre(self):
        process = subprocess.Popen([harness.program("mediation_centre"), "serve", "--data", self.running.data], stdin=subprocess.DEVNULL,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={**os.environ, "NOTIFY_SOCKET": self.manager.path})
        self.addCleanup(harness.end_process, process)
        self.manager.until("READY=1")


class Installed(harness.Case):
    def setUp(self):
        tool(self, "make")
        self.running = self.engine(start=False)
        self.root = os.path.join(self.running.folder, "root")

    def install(self, **places):
        done = subprocess.run(["make", "--no-print-directory", "-C", SOURCE, "install", "B=" + harness.BUILD, *("%s=%s" % pair for pair in places.items())],
                              capture_output=True, text=True, timeout=600)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def at(self, *path):
        return os.path.join(self.root, *path)

    def read(self, *path):
        return contents(self.at(*path))

    def test_where_everything_goes(self):
        self.install(DESTDIR=self.root)
        for path, mode in (("usr/local/bin/staircase", 0o755), ("usr/local/bin/mediation_centre", 0o755), ("etc/staircase/staircase.yaml", 0o644),
                           ("usr/local/lib/systemd/system/staircase.service", 0o644), ("usr/local/lib/sysusers.d/staircase.conf", 0o644),
                           ("usr/local/share/staircase/workflows/dispute-mediation/workflow.yaml", 0o644), ("usr/local/share/staircase/RUNBOOK.md", 0o644)):
            self.assertEqual(os.stat(self.at(path)).st_mode & 0o7777, mode, path)
        for folder, _, files in os.walk(self.root):
            for name in files:
                if not folder.endswith("bin"):
                    self.assertNotRegex(self.read(folder, name), "@(BIN|ETC|SHARE)@|\\.\\./workflows" if "workflows" not in folder else "@(BIN|ETC|SHARE)@", name)
        for named in re.findall(r"/usr/local/\S+(?=[} ])", self.read("etc/staircase/staircase.yaml")) + re.findall(r"file:(\S+)", self.read("usr/local/lib/systemd/system/staircase.service")):
            self.assertTrue(os.path.exists(self.root + named), named)
        # what an operator has written stays
        with open(self.at("etc/staircase/staircase.yaml"), "w", encoding="utf-8") as file:
            file.write("log: warn\n")
        self.install(DESTDIR=self.root)
        self.assertEqual(self.read("etc/staircase/staircase.yaml"), "log: warn\n")

    def test_the_units_are_good(self):
        tool(self, "systemd-analyze")
        self.install(PREFIX=self.at("usr"), SYSCONFDIR=self.at("etc"))
        for unit in UNITS:
            path = self.at("usr/lib/systemd/system", unit)
            done = subprocess.run(["systemd-analyze", "verify", "--man=no", path], capture_output=True, text=True, timeout=60)
            said = [line for line in done.stderr.splitlines() if unit in line or self.root in line]
            self.assertEqual((done.returncode, said), (0, []), done.stderr)
            done = subprocess.run(["systemd-analyze", "security", "--offline=yes", "--threshold=%d" % EXPOSURE_MOST, path], capture_output=True, text=True, timeout=60)
            self.assertEqual(done.returncode, 0, "\n".join(line for line in done.stdout.splitlines() if not line.startswith("✓")) + done.stderr)

    def allowed(self):
        """The system calls that the unit leaves: SystemCallFilter, its groups taken apart."""
        def members(group):
            names = set()
            for line in subprocess.run(["systemd-analyze", "syscall-filter", group], capture_output=True, text=True, timeout=60, check=True).stdout.splitlines()[1:]:
                word = line.strip()
                if word and not word.startswith("#"):
                    names |= members(word) if word.startswith("@") else {word}
            return names
        filters = [(no, group) for no, groups in re.findall(r"(?m)^SystemCallFilter=(~?)(.+)$", self.read("usr/lib/systemd/system/staircase.service")) for group in groups.split()]
        return set().union(*(members(group) for no, group in filters if not no)) - set().union(*(members(group) for no, group in filters if no))

    def test_it_calls_nothing_that_its_unit_forbids(self):
        for name in ("systemd-analyze", "strace"):
            tool(self, name)
        self.install(PREFIX=self.at("usr"), SYSCONFDIR=self.at("etc"))
        trace = os.path.join(self.running.folder, "trace")
        with open(self.running.config, "a", encoding="utf-8") as file:
            file.write("workers:\n  - {name: mediation-centre, command: [mediation_centre, serve, --data, '{data}']}\n"
                       "listen: {clients: 'tcp://127.0.0.1:%d', workers: 'tcp://127.0.0.1:%d'}\nprometheus: {file: out.prom, seconds: 1}\n" % (free_port(), free_port()))
        self.running.spawn(launch=("strace", "-f", "-qq", "-e", "signal=none", "-o", trace))
        self.running.wait_until_it_answers()
        client = self.client(self.running)
        self.climb(client, self.open_dispute(client)["case"])
        until("the centre has it", lambda: self.running.rows("list", name="mediation_centre"))
        strace = self.running.process.pid
        with open("/proc/%d/task/%d/children" % (strace, strace), encoding="ascii") as file:
            engine = int(file.read().split()[0])
        os.kill(engine, 1)
        until("it has read its configuration again", lambda: "event=reloaded" in self.running.said())
        until("the metrics are written", lambda: os.path.exists(os.path.join(self.running.folder, "out.prom")))
        os.kill(engine, 15)
        self.running.wait(harness.PATIENCE)
        called = set(re.findall(r"(?m)^\d+ +(?:<\.\.\. )?(\w+)(?:\(| resumed)", contents(trace)))
        self.assertGreater(len(called), 40)
        self.assertEqual(called - self.allowed(), set())
        families = set(re.findall(r"(?m)\bsocket\((AF_\w+)", contents(trace)))
        self.assertGreater(len(families), 2)
        unit = self.read("usr/lib/systemd/system/staircase.service")
        self.assertEqual(families - set(re.search(r"(?m)^RestrictAddressFamilies=(.*)$", unit)[1].split()), set())

    def test_the_way_of_the_readme(self):
        """Each line of it, typed; where only a machine that was booted with systemd could follow, what it would do is done by hand."""
        readme = contents(os.path.join(SOURCE, "README.md"))
        block, = [block for block in re.findall(r"^```sh\n(.*?)^```$", readme, re.M | re.S) if "systemctl" in block]
        start = re.search(r"(?m)^ExecStart=(.*)$", contents(os.path.join(SOURCE, "config/staircase.service")))[1]
        self.assertIn(" --data /var/lib/staircase ", start)
        stubs = """
set -eu
runuser() { [ "$1 $2 $3" = "-u staircase --" ]; shift 3; "$@"; }
apt-get() { [ "$*" = "install -y make" ]; }
make() { command make --no-print-directory -C %(source)s B=%(build)s DESTDIR=%(root)s "$@"; }
systemd-sysusers() {
    command -v /usr/bin/systemd-sysusers >/dev/null || return 0
    /usr/bin/systemd-sysusers --dry-run %(root)s/usr/local/lib/sysusers.d/staircase.conf
}
systemctl() {
    case "$*" in
        daemon-reload) [ -e %(root)s/usr/local/lib/systemd/system/staircase.service ] ;;
        "enable --now staircase")
            start=$(sed -n 's/^ExecStart=//p' %(root)s/usr/local/lib/systemd/system/staircase.service | sed 's| /| %(root)s/|g; s|^/|%(root)s/|')
            mkdir -p %(root)s/var/lib
            sed -i 's|/usr/local/|%(root)s&|' %(root)s/etc/staircase/staircase.yaml
            $start >%(root)s/said 2>&1 & echo $! >%(root)s/pid
            tail --pid=$! -n +1 -f %(root)s/said | sed '/event=serving/q' >/dev/null ;;
        *) false ;;
    esac
}
staircase() { command %(root)s/usr/local/bin/staircase "${@/#\\/var\\/lib/%(root)s/var/lib}"; }
""" % {"source": SOURCE, "build": harness.BUILD, "root": self.root}
        os.mkdir(self.root)
        try:
            done = subprocess.run(["bash", "-c", stubs + block], capture_output=True, text=True, timeout=300)
        finally:
            if os.path.exists(self.at("pid")):
                os.kill(int(self.read("pid")), 15)
        said = self.read("said") if os.path.exists(self.at("said")) else ""
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr + said)
        self.assertIn("Ready: events are taken", done.stdout)
        self.assertIn("event=serving data=%s/var/lib/staircase" % self.root, said)


if __name__ == "__main__":
    harness.main()
