#!/usr/bin/python3
"""TCP: who has no key, the wrong one, or one that was revoked is not heard and told nothing; who has one may what the key is trusted with. All over real sockets."""
import contextlib
import os
import re
import socket
import subprocess
import time

import zmq
from zmq.utils import z85

import harness
from harness import BUILDING, DISPUTE, PARTIES, PATIENCE, until
from harness import staircase

QUIET = 1.0  # who is not to be answered is waited for so long; each such test asks somebody else meanwhile, who is
MB = 1 << 20


def free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


class Curve(harness.Case):
    own = ("tests/process/errand.yaml",)

    def setUp(self):
        self.ports = free_port(), free_port()
        settings = "listen: {clients: 'tcp://127.0.0.1:%d', workers: 'tcp://127.0.0.1:%d'}\n" % self.ports
        self.running = self.engine(workflows=("dispute-mediation",), own=list(self.own), settings=settings + "lease-seconds: 1\n")
        self.clients, self.workers = ("tcp://127.0.0.1:%d" % port for port in self.ports)
        self.one = self.client(self.running)

    def keys(self, *arguments, code=0):
        return self.command(self.running, "keys", *arguments, code=code)

    def make(self, name, *rights):
        """A key file of that name. The engine has read the list when this returns."""
        path = os.path.join(self.running.folder, name + ".key")
        self.change("make", name, *rights, "--out", path)
        return path

    def change(self, *arguments):
        before = self.running.said().count("event=keys-read")
        self.keys(*arguments)
        until("the engine has read it", lambda: self.running.said().count("event=keys-read") > before)

    def app(self, path, **options):
        client = staircase.Client(self.clients, key=path, **{"retry": 2.0, "timeout": PATIENCE, **options})
        self.addCleanup(client.close)
        return client

    def remote_worker(self, path, name, topics, **options):
        worker = staircase.Worker(self.workers, name, topics, key=path, **{"retry": 2.0, **options})
        self.addCleanup(worker.close)
        return worker

    def connections(self):
        """The engine's established connections of the clients' port, by the port at the other end."""
        with open("/proc/%d/net/tcp" % self.running.process.pid, encoding="ascii") as file:
            rows = [line.split() for line in file.readlines()[1:]]
        return {row[2] for row in rows if row[3] == "01" and int(row[1].split(":")[1], 16) == self.ports[0]}

    def silent(self, peer):
        """Nothing comes, although the engine answers somebody else meanwhile."""
        peer.submit({"m": "status"})
        until_ = time.monotonic() + QUIET
        while time.monotonic() < until_:
            self.assertIsNone(peer.next_answer(0.1))
            self.one.status()

    def ask(self, client, kind, **members):
        members = {name.rstrip("_"): value for name, value in members.items() if value is not None}
        return client.ask({"m": kind, **members}, PATIENCE)


class Doors(Curve):
    def test_who_has_no_key(self):
        plain = staircase.Client(self.clients, retry=1.0)
        self.addCleanup(plain.close)
        self.silent(plain)
        done = harness.run("status", "--connect", self.clients)
        self.assertEqual(done.returncode, 2, done.stderr)

    def test_who_has_a_wrong_key(self):
        good = self.make("night-desk", "--operator")
        self.assertEqual(self.app(good).status()["name"], "staircase")
        with open(good, encoding="ascii") as file:
            lines = file.read()
        public, secret = zmq.curve_keypair()
        digits = lambda key: z85.decode(key).hex()
        stranger = re.sub("(?m)^public: .*$", "public: " + digits(public), re.sub("(?m)^secret: .*$", "secret: " + digits(secret), lines))
        self.silent(self.app(self.key_file("stranger", stranger)))  # a key, but nobody's
        self.assertIn("event=key-not-known", self.running.said())
        borrowed = re.sub("(?m)^secret: .*$", "secret: " + digits(secret), lines)
        self.silent(self.app(self.key_file("borrowed", borrowed)))  # somebody's public key without its secret
        elsewhere = re.sub("(?m)^server: .*$", "server: " + digits(public), lines)
        self.silent(self.app(self.key_file("elsewhere", elsewhere)))  # meant for another engine
        self.assertGreater(self.one.status()["turned-away"], 0)
        done = harness.run("status", "--connect", self.clients, "--key-file", self.key_file("stranger-again", stranger), "--timeout", "20")
        self.assertEqual((done.returncode, "does not know this key" in done.stderr), (1, True), done.stderr)

    def key_file(self, name, text):
        path = os.path.join(self.running.folder, name + ".key")
        with open(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "w", encoding="ascii") as file:
            file.write(text)
        return path

    def test_a_key_is_its_owners_alone(self):
        path = self.make("night-desk", "--operator")
        self.assertEqual(os.stat(path).st_mode & 0o777, 0o600)
        for name in ("server.key", "principals.yaml"):
            self.assertEqual(os.stat(os.path.join(self.running.data, "keys", name)).st_mode & 0o777, 0o600)
        with open(path, encoding="ascii") as secret, open(os.path.join(self.running.data, "keys", "principals.yaml"), encoding="utf-8") as listed:
            self.assertNotIn(re.search("secret: (.*)", secret.read())[1], listed.read())
        os.chmod(path, 0o644)
        done = harness.run("status", "--connect", self.clients, "--key-file", path)
        self.assertEqual((done.returncode, "chmod 600" in done.stderr), (2, True), done.stderr)
        self.assertEqual(self.running.stop(), 0)
        for name in ("server.key", "principals.yaml", "data.mdb"):
            os.chmod(os.path.join(self.running.data, "keys", name), 0o640)
            self.running.spawn()
            self.assertNotEqual(self.running.wait(PATIENCE), 0)
            self.assertIn("chmod 600", self.running.said())
            os.chmod(os.path.join(self.running.data, "keys", name), 0o600)
        self.running.start()

    def test_revoked_while_connected(self):
        path, other = self.make("grid-app", "--app", "--resident", "app", "--unit", "jinnong"), self.make("night-desk", "--operator")
        app, desk = self.app(path), self.app(other)
        case = self.applied(desk.open("dispute-mediation", BUILDING, "li", DISPUTE))["case"]
        self.applied(app.send(case, "agree-to-mediate", "app:zhao"))
        watch = app.submit({"m": "watch", "credit": 100, "u": "jinnong"})
        self.assertEqual(app.next_answer(PATIENCE)["r"], watch)
        desk_socket = self.connections()
        self.change("revoke", "grid-app")
        self.assertEqual(desk_socket & self.connections(), desk_socket - self.gone(desk_socket))
        position = self.applied(desk.send(case, "agree-to-mediate", "app:qian"))["p"]  # the other key goes on
        with self.assertRaises(AssertionError):  # no news, and no answer
            harness.until("something comes", lambda: app.next_answer(0.1), QUIET)
        app.submit({"m": "send", "c": case, "e": "comment", "as": "app:zhao", "d": {"comments": "x"}})
        with self.assertRaises(AssertionError):
            harness.until("something comes", lambda: app.next_answer(0.1), QUIET)
        self.assertEqual(self.one.status()["p"], position)
        self.assertIn("grid-app", self.keys("list").stdout)
        self.refuse_command("keys", "revoke", "grid-app")
        # The name may have another key; the old one stays out.
        again = os.path.join(self.running.folder, "again.key")
        self.change("make", "grid-app", "--app", "--resident", "app", "--unit", "jinnong", "--out", again)
        self.assertEqual(self.app(again).show(case, )[0]["case"], case)
        self.silent(self.app(path))

    def test_what_a_revoked_key_had_parked(self):
        """It is refused when its case comes, and so it is by an engine that was started without TCP meanwhile; what another key had parked counts."""
        app, other = (self.app(self.make(name, "--app", "--resident", "app", "--unit", "jinnong")) for name in ("grid-app", "other-app"))
        keys = [staircase.new_id() for _ in range(2)]
        for key in keys:
            for sender, person in ((app, PARTIES[0]), (other, PARTIES[1])):
                sender.submit({"m": "send", "c": key, "e": "agree-to-mediate", "as": person})
                self.assertEqual(sender.next_answer(PATIENCE)["m"], "parked")
        self.change("revoke", "grid-app")
        for key in keys:
            case = self.applied(self.one.open("dispute-mediation", BUILDING, "li", DISPUTE, key=key))["case"]
            until("both are decided", lambda: self.one.status().get("parked", 0) == 2 * (len(keys) - 1 - keys.index(key)))  # noqa: B023
            self.assertEqual([row["as"] for row in self.one.show(case, history=True)[1:]], ["li", PARTIES[1]])
            self.assertEqual(self.one.show(case)[0]["s"], "consent")
            if key == keys[0]:
                self.assertEqual(self.running.stop(), 0)
                with open(self.running.config, encoding="utf-8") as file:
                    settings = file.read()
                self.running.write("staircase.yaml", "".join(line for line in settings.splitlines(True) if not line.startswith("listen:")))
                self.running.start()
                self.one = self.client(self.running)
        self.assertEqual(self.running.stop(), 0)
        self.verify(self.running)

    def refuse_command(self, *arguments):
        self.assertEqual(self.running.command(*arguments).returncode, 1)

    def gone(self, before):
        return until("one connection is broken", lambda: before - self.connections())

    def test_a_list_with_a_mistake_changes_nothing(self):
        path = self.make("night-desk", "--operator")
        desk = self.app(path)
        desk.status()
        listed = os.path.join(self.running.data, "keys", "principals.yaml")
        with open(listed, encoding="utf-8") as file:
            good = file.read()
        with open(listed, "w", encoding="utf-8") as file:
            file.write(good.replace("operator", "king"))
        until("the mistake is told", lambda: "event=keys-not-read" in self.running.said())
        self.assertIn("list of keys", str(desk.status()["alarms"]))
        with open(listed, "w", encoding="utf-8") as file:
            file.write(good)
        until("the alarm is over", lambda: not self.one.status().get("alarms"))

    def test_three_hundred_that_say_nothing_and_garbage(self):
        desk, dice = self.app(self.make("night-desk", "--operator")), harness.seeded(13)
        desk.status()
        held = self.running.memory()
        mute = [socket.create_connection(("127.0.0.1", self.ports[0])) for _ in range(300)]
        for peer in mute:
            self.addCleanup(peer.close)
        for start in (b"", b"GET / HTTP/1.1\r\n\r\n", b"\xff" + b"\0" * 8 + b"\x7f\x03\0CURVE", b"\xff" + b"\0" * 8 + b"\x7f\x03\0NULL"):
            for _ in range(5):
                with socket.create_connection(("127.0.0.1", self.ports[0])) as peer, contextlib.suppress(OSError):
                    for _ in range(20):
                        peer.sendall(start + dice.randbytes(4096))
        begun = time.monotonic()
        for _ in range(50):
            desk.status()
        self.assertLess(time.monotonic() - begun, 5)
        self.app(os.path.join(self.running.folder, "night-desk.key"), name="newcomer").status()
        self.assertLess(self.running.memory() - held, 32 * MB)
        descriptors = self.running.descriptors
        until("they are thrown out, although they stay", lambda: descriptors() < 80)


class Rights(Curve):
    def test_an_app_acts_for_whom_it_is_trusted(self):
        app = self.app(self.make("grid-app", "--app", "--resident", "app", "--person", "li", "--people", "jinnong/grid-4", "--unit", "jinnong/grid-3"))
        case = self.applied(app.open("dispute-mediation", BUILDING, "li", DISPUTE))["case"]
        self.applied(app.send(case, "agree-to-mediate", PARTIES[0]))
        self.assertEqual(self.one.show(case, history=True)[1]["as"], "li")
        for person in ("zheng", "wang", "other:zhao", "worker:grid-app", "nobody"):
            self.refused(app.send(case, "agree-to-mediate", person), "denied")
            self.refused(self.ask(app, "show", c=case, as_=person), "denied")
        self.refused(self.ask(app, "status"), "denied")
        self.refused(self.ask(app, "release", id=staircase.new_id(), c=case, as_="li"), "denied")
        self.refused(app.deploy("workflow", "w.yaml", "x", "li"), "denied")
        self.refused(app.open("dispute-mediation", BUILDING, "li", DISPUTE, held=True, at=1), "denied")
        self.refused(self.ask(app, "list"), "denied")
        self.refused(self.ask(app, "list", u="jinnong"), "denied")
        self.assertEqual([row["case"] for row in app.list(unit="jinnong/grid-3")], [case])
        self.refused(self.ask(app, "register", what="grid-app", topics=["errands"], credit=1), "denied")
        status = self.one.status()
        self.assertGreater(status["denied"], 10)
        said = self.running.said()
        self.assertIn("event=not-trusted-for-that", said)
        for private in ("zheng", "zhao", DISPUTE["summary"]):
            self.assertNotIn(private, said)

    def test_an_app_sees_what_concerns_whom_it_speaks_for(self):
        here = self.applied(self.one.open("dispute-mediation", BUILDING, "li", DISPUTE))["case"]
        app = self.app(self.make("grid-app", "--app", "--resident", "app", "--people", "jinnong-district"))  # at no units
        for person in ("app:zhao", "app:qian", "li", "zhou"):  # parties, the opener, who supervises there
            self.assertEqual(app.question("show", c=here, **{"as": person})[0]["case"], here)
            self.assertEqual(app.question("explain", c=here, **{"as": person})[0]["case"], here)
        for person in ("app:sun", "worker-104", "secretary-12", None):
            for kind in ("show", "explain"):
                self.refused(self.ask(app, kind, c=here, as_=person), "denied")
                self.refused(self.ask(app, kind, c=here + 1000, as_=person), "denied")
        # Who has nothing to do with it is told by a refusal that it is one, and not how the case stands.
        told = self.refused(app.send(here, "sign", "app:sun", {"agreement": "x"}), "not-now")
        self.assertEqual(set(told) - {"m", "r", "id", "code", "why", "do"}, set())
        self.assertNotIn("consent", told["why"])
        told = self.refused(app.send(here, "sign", "app:zhao", {"agreement": "x"}), "not-now")
        self.assertIn("consent", told["why"])
        self.assertIn("agree-to-mediate", told["can"])
        self.refused(app.send(here, "agree-to-mediate", "app:sun"), "not-allowed")
        key = staircase.new_id()
        self.assertEqual(app.ask({"m": "send", "c": key, "e": "sign", "as": "app:sun", "d": {"agreement": "x"}}, PATIENCE)["m"], "parked")
        waits = self.app(os.path.join(self.running.folder, "grid-app.key"))
        request = waits.submit({"m": "send", "c": (later := staircase.new_id()), "e": "sign", "as": "app:sun"})
        self.assertEqual(waits.next_answer(PATIENCE)["m"], "parked")
        self.applied(self.one.open("dispute-mediation", BUILDING, "li", DISPUTE, key=later))
        told = waits.next_answer(PATIENCE)
        self.assertEqual((told["r"], told["code"], "s" in told, "consent" in told["why"]), (request, "not-now", False, False))

    def test_whom_it_acts_for_is_asked_too(self):
        """The rights may be those of either: as one that it may speak for, for one that it may not, would be a way around."""
        here = self.applied(self.one.open("dispute-mediation", BUILDING, "li", DISPUTE))["case"]
        app = self.app(self.make("grid-app", "--app", "--person", "li", "--unit", "jinnong"))
        for other in ("app:zhao", "sun"):
            self.refused(app.send(here, "agree-to-mediate", "li", on_behalf=other), "denied")
            self.refused(self.ask(app, "explain", c=here, e="agree-to-mediate", as_="li", for_=other), "denied")
        both = self.app(self.make("other-app", "--app", "--person", "li", "--resident", "app", "--unit", "jinnong"))
        self.applied(both.send(here, "agree-to-mediate", "li", on_behalf="app:zhao"))
        entry = self.one.show(here, history=True)[-1]
        self.assertEqual((entry["as"], entry["for"], entry["through"]), ("li", "app:zhao", "other-app"))

    def test_a_directory_that_moves_a_unit_ends_what_looked_there(self):
        watcher, path = self.app(self.make("screen", "--watcher", "jinnong/grid-3")), self.make("errand-boy", "--worker", "errands", "--unit", "jinnong")
        above = self.app(self.make("street-screen", "--watcher", "jinnong"))
        worker = self.remote_worker(path, "errand-boy", ["errands"], unit="jinnong/grid-3")
        self.applied(self.one.open("errand", "jinnong/grid-3", "li", {"what": "one"}))
        self.assertEqual(worker.next_task(PATIENCE)["rows"]["data"]["what"], "one")
        for client in (watcher, above):
            client.submit({"m": "watch", "credit": 100, "u": "jinnong/grid-3"})
            self.assertEqual(client.next_answer(PATIENCE)["m"], "result")
        with open(os.path.join(harness.SOURCE, "config", "practice-directory.yaml"), encoding="utf-8") as file:
            moved = file.read().replace("version: 1", "version: 2", 1).replace("title: 第3网格}", "title: 第3网格, in: yinxing}")
        self.applied(self.one.deploy("directory", "practice.yaml", moved, "local"))
        self.applied(self.one.open("errand", "jinnong/grid-3", "li", {"what": "two"}))
        self.assertEqual(watcher.next_answer(PATIENCE)["m"], "news")  # its unit is what it is named
        self.refused(above.next_answer(PATIENCE), "denied")
        self.assertIsNone(worker.next_task(QUIET))

    def test_both_are_recorded(self):
        """The same id under another sender is another event: it is the key that is the sender."""
        app = self.app(self.make("grid-app", "--app", "--person", "li"))
        key, id_ = staircase.new_id(), staircase.new_id()
        first = self.applied(app.open("dispute-mediation", BUILDING, "li", DISPUTE, key=key, id=id_))
        self.duplicate(app.open("dispute-mediation", BUILDING, "li", DISPUTE, key=key, id=id_), first)
        self.refused(self.one.open("dispute-mediation", BUILDING, "li", DISPUTE, key=key, id=id_), "key-taken")

    def test_a_watcher_sees_its_subtree(self):
        here = self.applied(self.one.open("dispute-mediation", BUILDING, "li", DISPUTE))["case"]
        watcher = self.app(self.make("screen", "--watcher", "jinnong/grid-3"))
        other = self.app(self.make("other-screen", "--watcher", "jinnong/grid-4"))
        above = self.app(self.make("street-screen", "--watcher", "heping"))  # the directory says what is below, not the path
        self.assertEqual(watcher.show(here)[0]["case"], here)
        self.assertEqual(above.show(here)[0]["case"], here)
        self.assertEqual([row["case"] for row in above.list(unit="jinnong")], [here])
        self.refused(self.ask(other, "show", c=here), "denied")
        self.refused(self.ask(other, "explain", c=here), "denied")
        for members in ({}, {"u": "jinnong"}, {"u": BUILDING}, {"u": "no/such"}):
            self.refused(self.ask(other, "list", **members), "denied")
            self.refused(self.ask(other, "watch", credit=1, **members), "denied")
            self.refused(self.ask(other, "incidents", **members), "denied")
        self.refused(self.ask(watcher, "show", c=here, as_="li"), "denied")
        self.refused(watcher.send(here, "agree-to-mediate", PARTIES[0]), "denied")
        news = watcher.watch(position=1, unit="jinnong/grid-3", timeout=PATIENCE)
        self.assertEqual(next(row for row in news if row.get("case"))["case"], here)
        news.close()
        quiet = other.submit({"m": "watch", "credit": 9, "p": 1, "u": "jinnong/grid-4"})
        self.assertEqual(other.next_answer(PATIENCE)["m"], "result")
        self.assertNotIn(here, [(other.next_answer(0.05) or {}).get("case") for _ in range(5)])
        other.pending.pop(quiet)

    def test_a_worker_gets_its_topics_and_units(self):
        path = self.make("errand-boy", "--worker", "errands", "--unit", "jinnong/grid-3")
        for name, topics, unit in (("errand-boy", ["mediation-centre"], "jinnong/grid-3"), ("errand-boy", ["errands", "mediation-centre"], "jinnong/grid-3"),
                                   ("somebody-else", ["errands"], "jinnong/grid-3"), ("errand-boy", ["errands"], None), ("errand-boy", ["errands"], "jinnong")):
            wrong = self.remote_worker(path, name, topics, unit=unit)
            answer = until("it is answered", lambda: wrong.receive(0.1))  # noqa: B023
            self.refused(answer, "denied")
            wrong.close()
        worker = self.remote_worker(path, "errand-boy", ["errands"], unit="jinnong/grid-3")
        elsewhere = self.applied(self.one.open("errand", "jinnong/grid-4", "app:zhao", {"what": "there"}))["case"]
        case = self.applied(self.one.open("errand", "jinnong/grid-3", "li", {"what": "here"}))["case"]
        task = worker.next_task(PATIENCE)
        self.assertEqual(task["case"], case)
        self.refused(worker.send(dict(task), "did", "li"), "denied")
        self.applied(worker.send(task, "did", "worker:errand-boy"))
        self.assertEqual(self.one.show(case)[0]["end"], "done")
        self.assertIsNone(worker.next_task(QUIET))
        self.assertEqual(self.one.show(elsewhere)[0]["tasks"][0]["state"], "open")
        # A task that it does not hold gives it nothing: not of another topic, not at another unit, not for another case.
        centre = self.applied(self.one.open("errand", "jinnong/grid-3", "li", {"what": "again"}))["case"]
        held = worker.next_task(PATIENCE)
        far = self.one.show(elsewhere)[0]["tasks"][0]["task"]
        self.refused(worker.ask({"m": "accept", "task": far, "lease": 1}, PATIENCE), "unknown-task")
        self.refused(worker.ask({"m": "send", "c": elsewhere, "e": "did", "as": "worker:errand-boy", "id": staircase.new_id(), "task": far}, PATIENCE), "unknown-task")
        self.refused(worker.ask({"m": "send", "c": elsewhere, "e": "did", "as": "worker:errand-boy", "id": staircase.new_id(), "task": held["task"], "lease": held["lease"]},
                                PATIENCE), "denied")
        self.applied(worker.send(held, "did", "worker:errand-boy"))
        self.assertEqual(self.one.show(centre)[0]["end"], "done")
        other = self.remote_worker(self.make("other-boy", "--worker", "other-topic"), "other-boy", ["other-topic"])
        self.refused(other.ask({"m": "accept", "task": far, "lease": 1}, PATIENCE), "unknown-task")
        # Its key is not one for clients.
        self.refused(self.ask(self.app(path), "status"), "denied")

    def test_a_worker_that_is_revoked(self):
        """Nothing more comes to it, and what it held goes to another when its lease is over."""
        worker = self.remote_worker(self.make("errand-boy", "--worker", "errands"), "errand-boy", ["errands"], credit=4)
        self.applied(self.one.open("errand", "jinnong/grid-3", "li", {"what": "one"}))
        self.assertEqual(worker.next_task(PATIENCE)["rows"]["data"]["what"], "one")
        self.change("revoke", "errand-boy")
        self.applied(self.one.open("errand", "jinnong/grid-3", "li", {"what": "two"}))
        self.assertIsNone(worker.next_task(QUIET))
        other = self.worker(self.running, "another", ["errands"], credit=4)
        self.assertEqual({other.next_task(PATIENCE)["rows"]["data"]["what"] for _ in range(2)}, {"one", "two"})

    def test_the_command_line(self):
        desk, worker = self.make("night-desk", "--operator"), self.make("errand-boy", "--worker", "errands")
        far = lambda *arguments, key=desk, to=self.clients: harness.run(*arguments, "--connect", to, "--key-file", key)
        done = far("open", "errand", "jinnong/grid-3", "--as", "li", "what=x", "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        process = subprocess.Popen([harness.program("staircase"), "work", "errands", "--name", "errand-boy", "--event", "did", "--connect", self.workers, "--key-file", worker,
                                    "--", "/bin/true"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(harness.end_process, process)
        until("it is done", lambda: not self.one.list(workflow="errand"))
        self.assertEqual(far("status").returncode, 0)
        self.assertEqual(far("list", "--unit", "jinnong").returncode, 0)
        self.assertEqual(harness.run("list", "--connect", self.clients).returncode, 2)
        self.assertEqual(far("status", key="/no/such.key").returncode, 2)
        listed = self.running.rows("keys", "list")
        self.assertEqual([(row["name"], row["kind"]) for row in listed], [("night-desk", "operator"), ("errand-boy", "worker")])
        self.keys("make", "night-desk", "--operator", "--out", os.path.join(self.running.folder, "twice.key"), code=1)
        self.assertFalse(os.path.exists(os.path.join(self.running.folder, "twice.key")))
        self.keys("make", "nobody", code=2)
        self.keys("make", "local", "--operator", code=1)


if __name__ == "__main__":
    harness.main()
