"""The command as a person types it: each subcommand on a running engine, wrong names, every documented exit code."""
import json
import os
import pty
import re
import subprocess
import tempfile
import uuid

import zmq

import harness
from harness import BUILDING, SOURCE, until

DONE, REFUSED, USAGE, NO_ENGINE, UNCERTAIN, FAILED = range(6)
FIELDS = ("summary=楼上漏水到我家", "category=neighbour", "applicant=app:zhao", "respondent=app:qian")


class CommandTest(harness.Case):
    def open(self, engine, *more, **options):
        """A dispute, opened by the command; its answer as a program gets it."""
        done = self.command(engine, "open", "dispute-mediation", BUILDING, "--as", "li", *FIELDS, "--json", *more, **options)
        return json.loads(done.stdout)

    def test_a_case_from_its_opening_to_its_end(self):
        engine = self.engine()
        said = self.command(engine, "open", "dispute-mediation", BUILDING, "--as", "li", *FIELDS).stdout
        self.assertRegex(said, r"Opened 金农调字〔\d{4}〕1号 \(case \d+\)\.")
        self.assertRegex(said, r"Now: consent at building, %s; due \d{4}-\d\d-\d\d 18:00\. Possible: .*agree-to-mediate" % BUILDING)
        number = said.split("Opened ")[1].split(" (case")[0]
        self.command(engine, "send", number, "agree-to-mediate", "--as", "app:zhao")
        said = self.command(engine, "send", number, "agree-to-mediate", "--as", "app:qian").stdout
        self.assertIn("Applied to " + number, said)
        self.assertIn("Now: mediation at building", said)
        self.command(engine, "send", number, "sign", "--as", "li", "agreement=三日内修好")
        said = self.command(engine, "send", number, "follow-up", "--as", "li", "kept=true").stdout
        self.assertIn("It has ended: resolved.", said)

    def test_chinese_is_spoken(self):
        engine = self.engine()
        said = self.command(engine, "open", "dispute-mediation", BUILDING, "--as", "li", *FIELDS, "--lang", "zh").stdout
        self.assertIn("已立案 金农调字", said)
        self.assertIn("征求双方同意（consent）", said)
        number = said.split()[1].split("（")[0]
        said = self.command(engine, "show", number, "--lang", "zh").stdout
        for words in ("矛盾纠纷调处（dispute-mediation）", "楼院（building）", "类别（category）: 邻里（neighbour）", "不同意调解（decline）", "转交（hand-over）"):
            self.assertIn(words, said)
        self.assertIn("category: 邻里（neighbour）", self.command(engine, "show", number, "--history", "--lang", "zh").stdout)
        self.assertIn("category: neighbour", self.command(engine, "show", number, "--history").stdout)
        self.assertNotIn("征求双方同意", self.command(engine, "show", number).stdout)
        self.assertIn("环节变更", self.command(engine, "watch", "--from", "1", "--case", number, "--count", "1", "--lang", "zh").stdout)
        done = self.command(engine, "send", "99", "raise", "--as", "li", "--lang", "zh", code=REFUSED)
        self.assertIn("没有这个案件", done.stderr)
        done = engine.command("show", "1", environment={"LC_ALL": "zh_CN.UTF-8"})
        self.assertIn("没有这个案件", done.stderr)

    def test_a_case_is_named_by_id_number_and_key(self):
        engine = self.engine()
        key = str(uuid.uuid4())
        opened = self.open(engine, "--key", key)
        for name in (opened["case"], opened["no"], key, key.replace("-", "").upper()):
            rows = engine.rows("show", name)
            self.assertEqual([row["case"] for row in rows], [opened["case"]], name)

    def test_the_same_event_again_counts_once(self):
        engine = self.engine()
        identity = str(uuid.uuid4())
        first = self.open(engine, "--id", identity, "--key", identity)
        again = self.open(engine, "--id", identity, "--key", identity)
        self.assertEqual((first["m"], again["m"], again["case"]), ("applied", "duplicate", first["case"]))
        said = self.command(engine, "open", "dispute-mediation", BUILDING, "--as", "li", *FIELDS, "--id", identity, "--key", identity).stdout
        self.assertIn("applied before; it counts once", said)
        self.assertEqual(len(engine.rows("list")), 1)

    def test_show_tells_where_it_stands_and_what_happened(self):
        engine = self.engine()
        case = self.open(engine)["case"]
        self.command(engine, "send", case, "comment", "--as", "li", "comments=evil \033[2J text\nsecond line")
        said = self.command(engine, "show", case, "--history").stdout
        for words in ("dispute-mediation version 2", "consent · building, " + BUILDING, "mediator", "category: neighbour", "agree-to-mediate", "comment"):
            self.assertIn(words, said)
        self.assertNotIn("楼上漏水", said)  # private, and nobody looks
        self.assertNotIn("\033", said)
        said = self.command(engine, "show", case, "--as", "li").stdout
        self.assertIn("楼上漏水到我家", said)
        self.assertNotIn("\033", said)
        entries = engine.rows("show", case, "--history")[1:]
        self.assertEqual([entry["e"] for entry in entries], ["open", "comment"])

    def test_list_by_unit_workflow_stage_and_page(self):
        engine = self.engine()
        cases = [self.open(engine)["case"] for _ in range(3)]
        matter = json.loads(self.command(engine, "open", "grid-matter", "jinnong/grid-4", "--as", "worker-104", "summary=灯坏", "kind=facility", "--json").stdout)
        listed = lambda *filters: sorted(row["case"] for row in engine.rows("list", *filters))
        self.assertEqual(listed(), sorted(cases + [matter["case"]]))
        self.assertEqual(listed("--unit", "jinnong/grid-3"), cases)
        self.assertEqual(listed("--workflow", "grid-matter"), [matter["case"]])
        self.assertEqual(listed("--stage", "consent"), cases)
        self.assertEqual(listed("--overdue"), [])
        self.assertEqual(len(listed("--limit", "2")), 2)
        self.assertEqual(len(listed("--limit", "0")), 4)
        done = self.command(engine, "list", "--limit", "2")
        self.assertIn("There are more", done.stderr)
        self.assertEqual(len(done.stdout.splitlines()), 3)
        self.assertIn("grid-3/building-7", self.command(engine, "list", "--units").stdout)
        self.assertIn("None.", self.command(engine, "list", "--overdue").stderr)

    def test_watch_from_a_position(self):
        engine = self.engine()
        opened = self.open(engine)
        rows = engine.rows("watch", "--from", opened["p"], "--count", 1)
        self.assertEqual([(row["p"], row["e"], row["case"]) for row in rows], [(opened["p"], "open", opened["case"])])
        said = self.command(engine, "watch", "--from", opened["p"], "--count", 1).stdout
        self.assertRegex(said, r"%d  \d{4}-\d\d-\d\d \d\d:\d\d  金农调字.* open \(li\) → consent · building" % opened["p"])
        self.assertIn("→ mediator@%s: stage" % BUILDING, said)
        # What comes later is told as it comes.
        with subprocess.Popen([harness.program("staircase"), "watch", "--data", engine.data, "--from", str(opened["p"] + 1), "--count", "1", "--json",
                               "--case", str(opened["case"])], stdout=subprocess.PIPE, text=True) as watch:
            self.open(engine)
            self.command(engine, "send", opened["case"], "agree-to-mediate", "--as", "app:zhao")
            line, _ = watch.communicate(timeout=harness.PATIENCE)
        self.assertEqual(json.loads(line)["e"], "agree-to-mediate")
        self.assertEqual(watch.returncode, DONE)

    def test_status(self):
        engine = self.engine()
        self.open(engine)
        said = self.command(engine, "status").stdout
        for words in ("1 open", "next ", "workflow dispute-mediation version 2", "MB used"):
            self.assertIn(words, said)
        self.assertEqual(engine.rows("status")[0]["cases"], 1)

    def test_deploy_a_new_version(self):
        engine = self.engine()
        with open(os.path.join(SOURCE, "workflows/grid-matter/workflow.yaml"), encoding="utf-8") as file:
            source = file.read()
        version = lambda number: re.sub(r"(?m)^version: \d+$", "version: %d" % number, source, count=1)
        newer = engine.write("newer.yaml", version(9))
        self.assertIn("Deployed workflow grid-matter version 9.", self.command(engine, "deploy", newer).stdout)
        self.assertIn("Deployed workflow grid-matter version 9.", self.command(engine, "deploy", newer).stdout)  # the same is no mistake
        other = engine.write("other.yaml", version(9).replace("most: 500", "most: 400"))
        self.assertIn("other-content", self.command(engine, "deploy", other, code=REFUSED).stderr)
        older = engine.write("older.yaml", version(8))
        self.assertIn("older-version", self.command(engine, "deploy", older, code=REFUSED).stderr)
        broken = engine.write("broken.yaml", source.replace("stages:", "stagse:"))
        done = self.command(engine, "deploy", broken, code=REFUSED)
        self.assertIn("broken.yaml:", done.stdout)
        self.assertIn("Nothing was deployed.", done.stderr)
        nobody = engine.write("nobody.yaml", version(10).replace("by:    handling-unit", "by:    handling-unti", 1))
        said = self.command(engine, "deploy", nobody, code=REFUSED)
        for words in ("has no role \"handling-unti\"", "Did you mean \"handling-unit\"?"):
            self.assertIn(words, said.stdout + said.stderr)

    def test_refusals_say_why_and_what_to_do(self):
        engine = self.engine()
        case = self.open(engine)["case"]
        tries = [
            (("send", case, "agree-to-mediate", "--as", "chen"), "not-allowed"),
            (("send", case, "sign", "--as", "li", "agreement=x"), "not-now"),
            (("send", case, "agree", "--as", "app:zhao"), "unknown-event"),
            (("send", "4711", "raise", "--as", "li"), "unknown-case"),
            (("send", "金农调字〔1999〕1号", "raise", "--as", "li"), "unknown-case"),
            (("send", case, "raise", "--as", "nobody"), "unknown-person"),
            (("open", "dispute-mediaton", BUILDING, "--as", "li"), "unknown-workflow"),
            (("open", "dispute-mediation", "jinnong/grid-99", "--as", "li", *FIELDS), "unknown-unit"),
            (("open", "dispute-mediation", BUILDING, "--as", "li", "colour=red"), "bad-data"),
            (("send", case, "withdraw", "--as", "app:zhao", "reason=x", "--at", "2099-01-01 09:00"), "bad-time"),
            (("show", "4711"), "unknown-case"),
            (("list", "--unit", "nowhere"), "unknown-unit"),
            (("list", "--workflow", "dispute-mediaton"), "unknown-workflow"),
            (("list", "--stage", "consnet"), "bad-data"),
            (("show", case, "--as", "nobody"), "unknown-person"),
            (("watch", "--workflow", "dispute-mediaton"), "unknown-workflow"),
            (("release", case, "--as", "zhou"), "not-now"),
        ]
        for arguments, code in tries:
            done = self.command(engine, *arguments, code=REFUSED)
            self.assertEqual(done.stdout, "")
            self.assertTrue(done.stderr.startswith(code + ": "), (arguments, done.stderr))
            self.assertIn("What to do: ", done.stderr)
        done = self.command(engine, "send", case, "agree", "--as", "app:zhao", "--json", code=REFUSED)
        answer = json.loads(done.stdout)
        self.assertEqual((answer["m"], answer["code"]), ("refused", "unknown-event"))
        self.assertIn("agree-to-mediate", answer["can"])
        said = self.command(engine, "open", "dispute-mediaton", BUILDING, "--as", "li", code=REFUSED).stderr
        self.assertIn("Deployed: dispute-mediation, grid-matter.", said)
        number = json.loads(self.command(engine, "show", case, "--json").stdout)["no"]
        typed = number.replace("〔", "(").replace("〕", ")")
        self.assertNotEqual(number, typed)
        self.assertIn(number, self.command(engine, "show", typed).stdout)
        self.assertIn(number, self.command(engine, "send", typed, "comment", "--as", "li", "comments=x").stdout)

    def test_an_event_before_its_case_is_parked(self):
        engine = self.engine()
        key = str(uuid.uuid4())
        said = self.command(engine, "send", key, "comment", "--as", "li", "comments=早到").stdout
        self.assertIn("Parked: its case is not here yet.", said)
        case = self.open(engine, "--key", key)["case"]
        until("it is decided", lambda: len(engine.rows("show", case, "--history")) == 3)

    def test_incidents_are_listed_and_retried(self):
        engine = self.engine(settings="retry: {attempts: 1}\n")
        client, worker = self.client(engine), self.worker(engine, "mediation-centre", ["mediation-centre"])
        case = self.open_dispute(client)["case"]
        self.climb(client, case)
        task = worker.next_task(harness.PATIENCE)
        worker.fail(task, "打印机坏了", again=False)
        rows = until("an incident stands", lambda: engine.rows("incidents"))
        self.assertEqual([(row["case"], row["why"]) for row in rows], [(case, "打印机坏了")])
        self.assertIn("打印机坏了", self.command(engine, "incidents", "--unit", "jinnong-centre").stdout)
        self.command(engine, "incidents", "retry", case, "--as", "li", code=REFUSED)
        self.command(engine, "incidents", "retry", case, "--as", "zheng")
        self.assertEqual(engine.rows("incidents"), [])
        self.command(engine, "incidents", "retry", case, "--as", "zheng", code=REFUSED)

    def test_a_held_case_is_released(self):
        engine = self.engine()
        case = self.open(engine, "--held", "--at", "2026-03-02T10:00+08:00")["case"]
        self.assertTrue(engine.rows("show", case)[0]["held"])
        self.command(engine, "release", case, "--as", "zhou")
        self.assertNotIn("held", engine.rows("show", case)[0])

    def test_no_engine(self):
        with tempfile.TemporaryDirectory() as folder:
            for arguments in (("status",), ("show", "1"), ("open", "w", "u", "--as", "li"), ("watch",)):
                done = harness.run(*arguments, "--data", folder)
                self.assertEqual(done.returncode, NO_ENGINE, done.stderr)
                self.assertIn("staircase serve --data", done.stderr)

    def test_an_engine_that_died_leaves_no_one_waiting(self):
        engine = self.engine()
        engine.kill()
        self.assertEqual(engine.command("status").returncode, NO_ENGINE)

    def test_no_answer_is_uncertain_and_says_how_to_ask_again(self):
        with tempfile.TemporaryDirectory() as folder, zmq.Context() as context, context.socket(zmq.ROUTER) as mute:
            mute.linger = 0
            mute.bind("ipc://%s/engine.sock" % folder)
            for arguments, words in ((("send", "1", "raise", "--as", "li"), r"--id [0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-"), (("status",), "no answer")):
                done = harness.run(*arguments, "--data", folder, "--timeout", "1")
                self.assertEqual(done.returncode, UNCERTAIN, done.stderr)
                self.assertRegex(done.stderr, words)

    def test_the_machine_fails(self):
        self.assertEqual(harness.run("check", "/nowhere/workflow.yaml").returncode, FAILED)
        for command in ("--help", "schema"):  # the second writes in the middle, and has nothing left for the end
            with open("/dev/full", "w") as full:
                done = subprocess.run([harness.program("staircase"), command], stdout=full, stderr=subprocess.PIPE, text=True)
            self.assertEqual(done.returncode, FAILED)
            self.assertIn("could not write the output: No space left on device", done.stderr)

    def test_a_reader_that_has_seen_enough_is_no_failure(self):
        for command in ("--help", "schema"):
            reading, writing = os.pipe()
            os.close(reading)
            done = subprocess.run([harness.program("staircase"), command], stdout=writing, stderr=subprocess.PIPE, text=True)
            os.close(writing)
            self.assertEqual((done.returncode, done.stderr), (0, ""))
        engine = self.engine()
        for _ in range(3):
            self.open(engine)
        done = subprocess.run("%s list --data %s | head -n 1" % (harness.program("staircase"), engine.data), shell=True, capture_output=True, text=True)
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_colour_only_on_a_terminal(self):
        engine = self.engine()
        self.open(engine)

        def on_terminal(**environment):
            inner, outer = pty.openpty()
            try:
                subprocess.run([harness.program("staircase"), "list", "--data", engine.data], stdout=outer, stdin=subprocess.DEVNULL, check=True,
                               env={**os.environ, "TERM": "xterm", **environment})
                return os.read(inner, 65536).decode()
            finally:
                os.close(inner)
                os.close(outer)
        self.assertNotIn("\033", self.command(engine, "list").stdout)
        self.assertIn("\033[1m", on_terminal())
        self.assertNotIn("\033", on_terminal(NO_COLOR="1"))
        self.assertNotIn("\033", on_terminal(TERM="dumb"))


if __name__ == "__main__":
    harness.main()
