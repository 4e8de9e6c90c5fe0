#!/usr/bin/python3
"""`staircase head` and `prove`, from outside: what they give out is checked by a program that knows nothing of Staircase (proto/check_proof.py), against
heads as they were published; nothing else passes, and nothing in it that is not for whom it is."""
import base64
import json
import os
import shutil
import subprocess
import sys

import harness
from harness import BUILDING, DISPUTE, PARTIES, SOURCE, until

CHECK = os.path.join(SOURCE, "proto", "check_proof.py")
sys.path.insert(0, os.path.dirname(CHECK))
import check_proof  # noqa: E402

REFUSED, USAGE = 1, 2
OLD = 1767578400000  # 2026-01-05 10:00 in Shanghai


class Proof(harness.Case):
    def setUp(self):
        self.running = self.engine()
        self.sender = self.client(self.running)

    def out(self, name, *arguments):
        """What the command prints, as a file of the engine's folder."""
        return self.running.write(name, self.command(self.running, *arguments, "--json").stdout)

    def head(self, name, *arguments):
        return self.out(name, "head", *arguments)

    def checked(self, *arguments):
        return subprocess.run([sys.executable, CHECK, *map(str, arguments)], capture_output=True, text=True, timeout=60, env={**os.environ, "PYTHONIOENCODING": "utf-8"})

    def holds(self, *arguments):
        done = self.checked(*arguments)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn("holds: ", done.stdout)
        return done.stdout

    def fails(self, *arguments):
        done = self.checked(*arguments)
        self.assertNotEqual(done.returncode, 0, done.stdout)
        self.assertNotIn("\nholds: ", "\n" + done.stdout)
        return done.stderr

    def escalated(self):
        """A dispute that was raised once; its id and number."""
        receipt = self.open_dispute(self.sender)
        self.agree(self.sender, receipt["case"])
        self.applied(self.sender.send(receipt["case"], "raise", "li", {"reason": "双方差距太大"}))
        return receipt["case"], receipt["no"]

    def test_a_case_against_a_head(self):
        others = [self.escalated() for _ in range(2)]
        case, number = self.escalated()
        head = self.head("head.json")
        size = self.read(head)["size"]
        proof = self.out("proof.json", "prove", number, "--as", "wang")
        self.assertLess(os.path.getsize(proof), 8192)
        said = self.holds(proof, head, number)
        self.assertRegex(said, r"(?m)^\d+ \d{4}-\d\d-\d\d \d\d:\d\d:\d\d[.\d]* kind 2 e='raise' as='li' ")
        self.holds(proof, head, case)
        self.holds(proof, head)
        self.fails(proof, head, others[0][1])
        self.fails(proof, head, others[0][0])
        # The log goes on: the old head and its proof stay, a later head is another one; against the old head the case can be proven anew.
        self.agree(self.sender, case)
        newer = self.head("newer.json")
        self.holds(proof, head, number)
        self.fails(proof, newer, number)
        self.assertEqual(self.read(self.out("again.json", "prove", str(case), "--as", "wang", "--head", str(size))), self.read(proof))
        longer = self.out("longer.json", "prove", str(case), "--as", "wang")
        self.assertEqual(len(self.read(longer)["records"]), len(self.read(proof)["records"]) + 2)
        self.holds(longer, newer, number)
        self.assertEqual(self.read(self.head("then.json", "--position", str(size))), self.read(head))

    def read(self, path):
        with open(path, encoding="utf-8") as file:
            return json.load(file)

    def test_not_a_byte_may_be_changed(self):
        case, _ = self.escalated()
        head, proof = (self.read(self.head("head.json")), self.command(self.running, "prove", str(case), "--as", "wang").stdout.encode().rstrip())
        self.checks_in_process(json.loads(proof), head)
        for at in range(len(proof)):
            changed = bytearray(proof)
            changed[at] ^= 1
            with self.assertRaises((SystemExit, ValueError, KeyError, TypeError, IndexError, OverflowError, RecursionError), msg=bytes(changed[max(0, at - 20):at + 20])):
                self.checks_in_process(json.loads(changed), head)
        rows = json.loads(proof)["records"]
        for row in rows:  # a hash that is cut elsewhere
            path = base64.b64decode(row["path"])
            whole = {name: row[name] for name in ("path", "position")}
            leaf = (check_proof.hashlib.sha256(b"\0" + base64.b64decode(row["record"])).digest() if "record" in row else base64.b64decode(row["leaf"])) + path[:1]
            with self.assertRaises(SystemExit):
                self.checks_in_process({**json.loads(proof), "records": [{**whole, "leaf": base64.b64encode(leaf).decode(), "path": base64.b64encode(path[1:]).decode()}]}, head)
        with self.assertRaises(SystemExit):
            self.checks_in_process({"head": head, "records": []}, head)
        for left_out in range(len(rows) - 1):
            with self.assertRaises(SystemExit):
                self.checks_in_process({**json.loads(proof), "records": rows[:left_out] + rows[left_out + 1:]}, head)

    def checks_in_process(self, proof, head):
        """As the program does it, without starting it a thousand times."""
        with open(os.devnull, "w", encoding="utf-8") as nothing:
            stdout, sys.stdout = sys.stdout, nothing
            try:
                check_proof.check(proof, head)
            finally:
                sys.stdout = stdout

    def test_two_heads(self):
        self.escalated()
        old = self.head("old.json")
        self.escalated()
        new = self.head("new.json")
        sizes = [str(self.read(path)["size"]) for path in (old, new)]
        proof = self.out("consistent.json", "prove", "--consistency", *sizes)
        self.assertIn("begins with the %s of the older head" % sizes[0], self.holds(proof, old, new))
        self.holds(self.out("same.json", "prove", "--consistency", sizes[1], sizes[1]), new, new)
        self.fails(proof, new, old)
        self.fails(proof, old, old)
        other = self.engine()
        self.open_dispute(self.client(other))
        self.assertNotEqual(json.loads(self.command(other, "head", "--json", "--position", "1").stdout), self.read(self.head("first.json", "--position", "1")))
        for member in ("path", "root"):
            changed = self.read(proof)
            if member == "path":
                changed["path"] = base64.b64encode(base64.b64decode(changed["path"])[:-1] + b"\0").decode()
            else:
                changed["new"]["root"] = changed["old"]["root"]
            self.fails(self.running.write("changed.json", json.dumps(changed)), old, new)

    def test_what_is_not_for_him_is_a_hash(self):
        case, number = self.escalated()
        head = self.head("head.json")
        whole = {person: [row["position"] for row in self.read(self.out(person[-2:], "prove", str(case), "--as", person))["records"] if "record" in row]
                 for person in ("wang", *PARTIES)}
        nobody = self.read(self.out("nobody.json", "prove", str(case)))
        rows = nobody["records"]
        self.assertEqual(whole["wang"], [row["position"] for row in rows])  # the mediator sees all of it
        self.assertNotIn(case, whole["app:qian"])  # the opening says who complained and of what
        self.assertIn("leaf", rows[0])
        self.assertIn("leaf", rows[1])  # who agrees stands in a private field
        self.assertIn(rows[1]["position"], set(whole["app:qian"]) & set(whole["app:zhao"]))  # and is known to the other party
        self.holds(os.path.join(self.running.folder, "nobody.json"), head)
        self.holds(os.path.join(self.running.folder, "an"), head, number)
        for row in self.read(self.out("wang.json", "prove", str(case), "--as", "wang"))["records"]:
            self.assertNotIn(DISPUTE["summary"].encode(), base64.b64decode(row["record"]))  # for whoever it is: sealed

    def whole(self, engine, case, *more):
        """The events of the records that are given whole, and how many there are."""
        rows = json.loads(self.command(engine, "prove", str(case), *more).stdout)["records"]
        events = [check_proof.unpack(iter(base64.b64decode(row["record"])[88:])).get("e") for row in rows if "record" in row]
        return events, len(rows)

    def test_a_secret_ballot_is_a_hash_for_everyone(self):
        engine = self.engine(own=("tests/scenarios/vote/secret.yaml",), directory="config/directory.yaml")
        client = self.client(engine)
        case = self.applied(client.open("secret-ballot", "jinnong", "secretary-11", {}))["case"]
        self.applied(client.send(case, "ballot", "council-11-1", {"choice": "赞成"}))
        for viewer in ((), ("--as", "council-11-1"), ("--as", "secretary-11")):
            events, count = self.whole(engine, case, *viewer)
            self.assertEqual((count, events), (2, [None]), viewer)

    def test_what_is_forgotten_is_a_hash(self):
        engine = self.engine(workflows=(), own=["tests/scenarios/data/kept.yaml"])
        client = self.client(engine)
        data = {"kind": "noise", "story": "夜间噪音", "applicant": ["app:zhao"]}
        case = self.applied(client.open("kept", BUILDING, "li", data, held=True, at=OLD))["case"]
        self.applied(client.send(case, "close", "li", at=OLD + 86400000))
        head = engine.write("head.json", self.command(engine, "head", "--json").stdout)
        proof = engine.write("proof.json", self.command(engine, "prove", str(case), "--as", "li").stdout)
        self.assertEqual(self.whole(engine, case, "--as", "li"), ([None, "close"], 2))
        self.command(engine, "release", case, "--as", "li")
        until("it is forgotten", lambda: client.show(case)[0].get("forgotten"))
        events, count = self.whole(engine, case, "--as", "li")
        self.assertEqual((events[0], len(events)), ("close", count - 1))  # not the opening, which names people
        self.holds(proof, head)  # what was given out before still holds

    def test_stopped_copied_and_mistaken(self):
        case, number = self.escalated()
        before = self.out("before.json", "prove", str(case))
        self.assertEqual(self.running.stop(), 0)
        head = self.head("head.json")
        self.assertEqual(self.read(self.out("after.json", "prove", number)), self.read(before))
        copy = os.path.join(self.running.folder, "copy")
        shutil.copytree(os.path.join(self.running.data, "store"), copy)
        self.assertEqual(json.loads(harness.run("head", "--data", copy, "--json").stdout), self.read(head))
        size = self.read(head)["size"]
        for code, words, arguments in (
                (REFUSED, "the log has %d records" % size, ("head", "--position", size + 1)), (USAGE, "not a number", ("head", "--position", "0")),
                (REFUSED, "There is no such case", ("prove", "9999")), (REFUSED, "opened after the head", ("prove", number, "--head", case - 1)),
                (REFUSED, "", ("prove", number, "--as", "nobody-here")), (USAGE, "the older head comes first", ("prove", "--consistency", 2, 1)),
                (USAGE, "--consistency takes", ("prove", "--consistency", 2)), (USAGE, "one case", ("prove", case, case))):
            done = self.command(self.running, *map(str, arguments), code=code)
            self.assertIn(words, done.stderr)
            self.assertEqual(done.stdout, "")
        self.assertRegex(self.command(self.running, "head").stdout, r"(?m)^head     [0-9a-f]{64}$")
        self.verify(self.running)


if __name__ == "__main__":
    harness.main()
