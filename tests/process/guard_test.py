#!/usr/bin/python3
"""What the engine gives up before it works: memory left behind, rights gained, being root. Seen from outside, in /proc."""
import os
import pwd
import re
import resource
import signal
import subprocess

import harness
from harness import until

NOBODY = pwd.getpwnam("nobody")


def status(pid):
    with open("/proc/%d/status" % pid, encoding="ascii") as file:
        return dict(line.rstrip("\n").split(":\t", 1) for line in file if ":\t" in line)


def ids(text):
    return [int(number) for number in text.split()]


def core_limits(pid):
    with open("/proc/%d/limits" % pid, encoding="ascii") as file:
        return re.search(r"Max core file size +(\S+) +(\S+)", file.read()).groups()


class Guard(harness.Case):
    def setUp(self):
        self.running = self.engine(start=False, settings="workers:\n  - {name: sleeper, command: [sleep, '1000']}\n")
        os.chmod(self.running.folder, 0o711)  # whoever it becomes has to come through

    def child(self):
        """The worker process that it has started."""
        pid = self.running.process.pid

        def found():
            with open("/proc/%d/task/%d/children" % (pid, pid), encoding="ascii") as file:
                return [one for one in ids(file.read()) if os.readlink("/proc/%d/exe" % one).endswith(("sleep", "coreutils"))]
        return until("the worker runs", found)[0]

    def assert_guarded(self, pid):
        self.assertEqual(status(pid)["NoNewPrivs"], "1")
        self.assertEqual(core_limits(pid), ("0", "0"))


class Anybody(Guard):
    def test_it_leaves_no_memory_behind(self):
        resource.setrlimit(resource.RLIMIT_CORE, (resource.getrlimit(resource.RLIMIT_CORE)[1],) * 2)
        self.running.start()
        pid = self.running.process.pid
        self.assert_guarded(pid)
        self.assert_guarded(self.child())
        self.assertEqual(status(pid)["Umask"], "0077")
        self.running.tell(signal.SIGSEGV)
        _, how = os.waitpid(pid, 0)
        self.running.process.returncode = -signal.SIGSEGV
        self.assertEqual((os.WTERMSIG(how), os.WCOREDUMP(how)), (signal.SIGSEGV, False))
        self.running.start()
        self.assertEqual(self.running.stop(), 0)
        for folder, _, files in os.walk(self.running.data):
            for path in [folder] + [os.path.join(folder, name) for name in files]:
                self.assertEqual(os.stat(path).st_mode & 0o077, 0, path)

    def test_the_centre_too(self):
        self.running.start()
        centre = self.centre(self.running)
        self.assert_guarded(centre.pid)
        self.assertEqual(status(centre.pid)["Umask"], "0077")

    def test_a_user_that_is_none(self):
        self.running.spawn("--user", "nobody-at-all")
        self.assertEqual(self.running.wait(harness.PATIENCE), 5)
        self.assertIn("There is no user nobody-at-all on this machine", self.running.said())
        self.assertFalse(os.path.exists(self.running.data))


class Root(Guard):
    def setUp(self):
        if os.geteuid() != 0:
            self.skipTest("only root can become somebody else")
        super().setUp()
        if subprocess.run([harness.program("staircase"), "--help"], user="nobody", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode:
            self.skipTest("nobody cannot come to %s" % harness.BUILD)

    def assert_nobody(self, pid):
        row = status(pid)
        self.assertEqual(ids(row["Uid"]), [NOBODY.pw_uid] * 4)
        self.assertEqual(ids(row["Gid"]), [NOBODY.pw_gid] * 4)
        self.assertEqual(set(ids(row["Groups"])) - {NOBODY.pw_gid}, set())
        for name in ("CapInh", "CapPrm", "CapEff", "CapAmb"):
            self.assertEqual(int(row[name], 16), 0, name)
        self.assert_guarded(pid)

    def assert_not_looked_into(self):
        """What /proc has of a process that others of its user may look into is the user's, otherwise root's."""
        self.assertEqual(os.stat("/proc/%d/environ" % self.running.process.pid).st_uid, 0)

    def test_started_by_that_user(self):
        os.mkdir(self.running.data, 0o700)
        os.chown(self.running.data, NOBODY.pw_uid, NOBODY.pw_gid)
        for more in (), ("--user", "nobody"):
            self.running.spawn(*more, launch=("setpriv", "--reuid=nobody", "--regid=%d" % NOBODY.pw_gid, "--clear-groups"))
            self.running.wait_until_it_answers()
            self.assert_nobody(self.running.process.pid)
            self.assert_not_looked_into()
            self.assertEqual(self.running.stop(), 0)

    def test_it_becomes_the_user(self):
        self.running.spawn("--user", "nobody", launch=("setpriv", "--groups", "4,27"))  # root, in groups of an administrator
        self.running.wait_until_it_answers()
        self.assert_nobody(self.running.process.pid)
        self.assert_nobody(self.child())
        self.assert_not_looked_into()
        self.assertIn("event=became-user user=nobody", self.running.said())
        with open("/proc/%d/environ" % self.child(), "rb") as file:
            self.assertIn(b"HOME=" + NOBODY.pw_dir.encode(), file.read().split(b"\0"))
        self.open_dispute(self.client(self.running))
        self.assertEqual(self.running.stop(), 0)
        self.verify(self.running)

    def test_the_folder_is_handed_over_once(self):
        self.running.start()
        self.assertIn("event=running-as-root", self.running.said())
        self.open_dispute(self.client(self.running))
        self.assertEqual(self.running.stop(), 0)
        with open(self.running.config, "a", encoding="utf-8") as file:
            file.write("user: nobody\n")
        outside = self.running.write("outside", "root's")
        os.symlink(outside, os.path.join(self.running.data, "link"))
        self.running.start()
        self.assert_nobody(self.running.process.pid)
        self.open_dispute(self.client(self.running))
        self.assertEqual(os.stat(outside).st_uid, 0)  # a link is handed over, not what it names
        for folder, folders, files in os.walk(self.running.data):
            for path in [folder] + [os.path.join(folder, name) for name in files]:
                self.assertEqual(os.lstat(path).st_uid, NOBODY.pw_uid, path)
        self.assertEqual(self.running.stop(), 0)
        self.verify(self.running)
        self.assertEqual(self.running.start().stop(), 0)
        # from then on what is in it is not touched any more by root
        os.chown(os.path.join(self.running.data, "store", "data.mdb"), 0, 0)
        self.running.spawn()
        self.assertNotEqual(self.running.wait(harness.PATIENCE), 0)
        self.assertEqual(os.stat(os.path.join(self.running.data, "store", "data.mdb")).st_uid, 0)

    def test_whose_folder_it_is_not(self):
        os.mkdir(self.running.data, 0o700)
        os.chown(self.running.data, 1, 1)
        self.running.spawn("--user", "nobody")
        self.assertEqual(self.running.wait(harness.PATIENCE), 5)
        self.assertIn("chown -R nobody", self.running.said())
        self.assertEqual(os.stat(self.running.data).st_uid, 1)

    def test_a_folder_that_it_cannot_come_to(self):
        os.chmod(self.running.folder, 0o700)
        self.running.spawn("--user", "nobody")
        self.assertEqual(self.running.wait(harness.PATIENCE), 5)
        self.assertIn("nobody cannot come to the data folder", self.running.said())

    def test_who_is_somebody_else(self):
        done = subprocess.run([harness.program("staircase"), "serve", "--data", self.running.data, "--user", "daemon"], user="nobody", group="nogroup",
                              extra_groups=[], capture_output=True, text=True, timeout=harness.PATIENCE, cwd="/")
        self.assertEqual(done.returncode, 5, done.stderr)
        self.assertIn("who cannot become that one", done.stderr)


if __name__ == "__main__":
    harness.main()
