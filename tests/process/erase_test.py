#!/usr/bin/python3
"""`staircase erase`: what is private of a person stands nowhere any more in what can be read, now or later, whatever stops the engine in between."""
import hashlib
import json
import os
import shutil
import subprocess
import sys

import harness
from harness import BUILDING, until
from harness import staircase

sys.path.insert(0, os.path.join(harness.SOURCE, "tests", "campaign"))
import crash  # noqa: E402

SUMMARY, NAME, TELEPHONE, COMMENT, DANGER = "夜里漏水MARKED", "赵小明MARKED", "13800001111", "赵家补充MARKED", "赵家情绪激动MARKED"
MARKED = [SUMMARY, NAME, TELEPHONE, COMMENT, DANGER]
OTHER = ["钱家的说法STAYS", "钱大方STAYS"]
CASE = {"summary": SUMMARY, "category": "neighbour", "applicant": [{"id": "app:zhao", "name": NAME, "telephone": TELEPHONE}],
        "respondent": [{"id": "app:qian", "name": OTHER[1]}]}


def every_file(folder):
    for place, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(place, name)
            if os.path.isfile(path):
                yield path


def found(folder, *needles):
    """(file, needle) for everything that stands anywhere in the folder's files, byte for byte."""
    places = []
    for path in every_file(folder):
        with open(path, "rb") as file:
            content = file.read()
        places += [(path, needle) for needle in needles if (needle.encode() if isinstance(needle, str) else needle) in content]
    return places


def secrets_of(folder, person):
    """The two halves of the person's key, as they stand in LMDB's file."""
    name = b"\x02" + hashlib.blake2b(person.encode(), digest_size=16).digest()
    with open(os.path.join(folder, "keys", "data.mdb"), "rb") as file:
        content = file.read()
    halves, at = set(), content.find(name)
    while at >= 0:
        row = content[at + len(name) + 8:at + len(name) + 8 + 66]
        if row[:2] == b"\x01L":
            halves |= {row[2:34], row[34:66]}
        at = content.find(name, at + 1)
    return sorted(halves)


class Erase(harness.Case):
    def fill(self, engine):
        """A case of zhao's, with what an official wrote in it, and one of qian's."""
        client = self.client(engine)
        self.opening = {"m": "open", "w": "dispute-mediation", "u": BUILDING, "as": "app:zhao", "d": CASE, "key": staircase.new_id(), "id": staircase.new_id()}
        self.first = self.applied(client.ask(dict(self.opening), 20.0))
        self.mine = self.first["case"]
        self.other = self.applied(client.open("dispute-mediation", BUILDING, "app:qian", {**CASE, "summary": OTHER[0], "applicant": ["app:qian"], "respondent": ["app:zhao"]}))["case"]
        self.applied(client.send(self.mine, "comment", "app:zhao", {"comments": COMMENT}))
        self.applied(client.send(self.mine, "comment", "app:qian", {"comments": OTHER[1]}))
        self.applied(client.send(self.mine, "report-danger", "li", {"danger": DANGER}))
        return client

    def everything_told(self, engine):
        """All that commands print, to those who may see most."""
        told = ""
        for person in ("li", "zhou", "app:zhao", "app:qian"):
            for case in (self.mine, self.other):
                told += self.command(engine, "show", case, "--as", person, "--history").stdout
                told += self.command(engine, "show", case, "--as", person, "--history", "--json").stdout
                told += self.command(engine, "explain", case, "--as", person, "--json").stdout
            told += self.command(engine, "list", "--as", person, "--json").stdout
        told += self.command(engine, "prove", str(self.mine)).stdout
        last = engine.rows("status")[0]["p"]
        for row in self.client(engine).watch(position=1, timeout=harness.PATIENCE):
            told += repr(row)
            if row["p"] >= last:
                return told

    def test_nothing_readable_remains(self):
        engine = self.engine()
        client = self.fill(engine)
        before = self.everything_told(engine)
        for word in MARKED + OTHER:
            self.assertIn(word, before)
        self.assertEqual(found(engine.data, *MARKED, *OTHER), [])  # sealed
        halves = secrets_of(engine.data, "app:zhao")
        self.assertEqual(len(halves), 2)
        self.assertTrue(found(engine.data, *halves))
        earlier = os.path.join(engine.folder, "earlier")
        self.command(engine, "backup", earlier)

        self.refused(client.erase("app:nobody", "zhou", "a slip of the pen"), "unknown-person")
        done = self.command(engine, "erase", "app:zhao", "--as", "zhou", "--why", "asked for, form 12")
        self.assertIn("Applied", done.stdout)
        self.assertEqual(found(engine.data, *halves, *MARKED), [])

        after = self.everything_told(engine)
        for word in MARKED:
            self.assertNotIn(word, after)
        for word in OTHER:
            self.assertIn(word, after)
        case = engine.rows("show", self.mine, "--as", "li")[0]
        self.assertEqual(sorted(case["erased"]), ["applicant", "comments", "danger", "summary"])
        self.assertEqual(case["data"]["comments"], [OTHER[1]])
        self.assertIn("erased", self.command(engine, "show", self.mine, "--as", "li").stdout)

        # History: who, when, why. Told to whoever watches for it.
        row = json.loads(self.command(engine, "watch", "--erasures", "--from", "1", "--count", "1", "--json").stdout)
        self.assertEqual((row["e"], row["as"], row["for"], row["why"]), ("erase", "zhou", "app:zhao", "asked for, form 12"))
        self.command(engine, "erase", "app:zhao", "--as", "zhou", "--why", "again", code=1)

        # First answers stay first answers; nothing new is kept for that reference; the case goes on.
        self.duplicate(client.ask(dict(self.opening), 20.0), self.first)
        self.refused(client.send(self.mine, "comment", "app:zhao", {"comments": "再说一次"}), "bad-data")
        self.applied(client.send(self.mine, "agree-to-mediate", "app:zhao"))
        self.applied(client.send(self.mine, "report-danger", "li", {"danger": "又来了"}))

        later = os.path.join(engine.folder, "later")
        self.command(engine, "backup", later)
        self.assertEqual(found(later, *halves, *MARKED), [])
        self.assertTrue(found(earlier, *halves))  # said in PROTOCOL.md: it was taken before
        self.assertEqual(engine.stop(), 0)
        self.verify(engine)

        # An older folder of keys beside the newer log: the start destroys what the log says is erased.
        shutil.rmtree(os.path.join(engine.data, "keys"))
        shutil.copytree(os.path.join(earlier, "keys"), os.path.join(engine.data, "keys"))
        self.assertTrue(found(engine.data, *halves))
        engine.start()
        self.assertEqual(found(engine.data, *halves), [])
        self.assertNotIn(SUMMARY, self.command(engine, "show", self.mine, "--as", "li", "--history").stdout)
        self.assertEqual(engine.stop(), 0)

        # The later backup lives, and tells nothing.
        shutil.rmtree(engine.data)
        shutil.copytree(later, engine.data)
        engine.start()
        after = self.everything_told(engine)
        for word in MARKED:
            self.assertNotIn(word, after)
        self.assertIn(OTHER[0], after)
        self.assertEqual(engine.stop(), 0)
        self.verify(engine)

    def shown_by_centre(self, engine, case):
        return engine.command("show", case, "--json", name="mediation_centre").stdout  # empty while it is not there

    def test_the_docket_destroys_it_too(self):
        """What its people have seen stands in clear in the docket, until the news of the erasure come: at once, or when it is started again."""
        engine = self.engine()
        centre = self.centre(engine)
        client = self.fill(engine)
        self.climb(client, self.mine)
        docket = os.path.join(engine.data, "mediation-centre")
        until("the docket has read the case", lambda: SUMMARY in self.shown_by_centre(engine, self.mine))
        self.assertTrue(found(docket, SUMMARY))
        self.command(engine, "erase", "app:zhao", "--as", "zhou", "--why", "asked for")
        until("nothing of it stands in the docket", lambda: not found(docket, *MARKED))
        self.assertEqual(found(engine.data, *MARKED), [])
        shown = self.shown_by_centre(engine, self.mine)
        self.assertNotIn(SUMMARY, shown)
        self.assertIn("neighbour", shown)

        # While the centre was away.
        again = self.applied(client.open("dispute-mediation", BUILDING, "app:sun", {**CASE, "applicant": [{"id": "app:sun", "name": NAME}], "respondent": ["app:qian"]}))["case"]
        for mediator in harness.MEDIATORS:
            for party in ("app:sun", "app:qian"):
                self.applied(client.send(again, "agree-to-mediate", party))
            self.applied(client.send(again, "raise", mediator, {"reason": "双方差距太大"}))
        for party in ("app:sun", "app:qian"):
            self.applied(client.send(again, "agree-to-mediate", party))
        until("the docket has read the other case", lambda: SUMMARY in self.shown_by_centre(engine, again))
        harness.end_process(centre)
        self.command(engine, "erase", "app:sun", "--as", "zhou", "--why", "asked for")
        self.assertTrue(found(docket, SUMMARY))
        self.centre(engine)
        until("nothing of it stands in the docket", lambda: not found(docket, *MARKED))
        self.assertNotIn(SUMMARY, self.shown_by_centre(engine, again))
        self.assertEqual(found(engine.data, *MARKED), [])

    def kill_at(self, engine, kind, nth):
        """From now on the nth such call on the files of store and keys is the engine's last."""
        line = ["strace", "-f", "-o", "/dev/null", "-e", "trace=" + kind, "-e", "inject=%s:signal=SIGKILL:when=%d" % (kind, nth)]
        for name in ("store/data.mdb", "keys/data.mdb"):
            line += ["-P", os.path.join(engine.data, name)]
        killer = subprocess.Popen(line + ["-p", str(engine.process.pid)], stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True)
        self.addCleanup(killer.stderr.close)
        self.addCleanup(harness.end_process, killer)
        self.assertIn("attached", killer.stderr.readline())
        return killer

    def erased_with_death(self, engine, prepared, kind, nth):
        """One erasure with such a call, then a start. Whether it was answered all the same, and whether the dead engine had logged it."""
        halves = secrets_of(prepared, "app:zhao")
        shutil.rmtree(engine.data)
        shutil.copytree(prepared, engine.data)
        engine.start()
        position = engine.rows("status")[0]["p"]
        killer = self.kill_at(engine, kind, nth)
        message = {"m": "erase", "for": "app:zhao", "as": "zhou", "why": "asked for", "id": staircase.new_id()}
        answers = []
        with staircase.Client(engine.endpoint, name="eraser", retry=5.0) as client:
            request = client.submit(dict(message))

            def over():
                answer = client.next_answer(0.02)
                if answer and answer["r"] == request:
                    answers.append(answer)
                return answers or engine.process.poll() is not None
            until("the erasure is answered, or the engine is dead", over)
        if answers:
            self.applied(answers[0])
            self.assertEqual(found(engine.data, *halves), [])
        engine.kill()
        killer.wait()
        engine.start()
        logged = engine.rows("status")[0]["p"] > position
        if logged:
            self.assertEqual(found(engine.data, *halves), [], "%s %d: the log says erased, and the key is there" % (kind, nth))
            self.assertNotIn(SUMMARY, self.command(engine, "show", self.mine, "--as", "li").stdout)
        else:
            self.assertIn(SUMMARY, self.command(engine, "show", self.mine, "--as", "li").stdout)
        with staircase.Client(engine.endpoint, name="eraser", retry=5.0) as client:
            self.assertEqual(client.ask(dict(message), 20.0)["m"], "duplicate" if logged else "applied")
        self.assertEqual(found(engine.data, *halves), [])
        self.assertEqual(engine.stop(), 0)
        self.verify(engine)
        return bool(answers), logged

    def test_killed_in_between(self):
        """Each write and sync of the erasure is once the last thing that the engine does."""
        crash.ask_for_strace()
        engine = self.engine()
        self.fill(engine)
        self.assertEqual(engine.stop(), 0)
        prepared = os.path.join(engine.folder, "prepared")
        shutil.copytree(engine.data, prepared)
        deaths = []
        for kind in ("pwrite64", "pwritev", "fdatasync"):
            answered, nth = False, 0
            while not answered:
                nth += 1
                self.assertLess(nth, 30)
                answered, logged = self.erased_with_death(engine, prepared, kind, nth)
                deaths += [] if answered else [(kind, nth, logged)]
        print("killed at:", *["%s %d%s" % (kind, nth, " (logged)" if logged else "") for kind, nth, logged in deaths], flush=True)
        self.assertGreater(len([death for death in deaths if death[2]]), 2)  # between the log and the key, or while it is overwritten
        self.assertGreater(len([death for death in deaths if not death[2]]), 0)


if __name__ == "__main__":
    harness.main()
