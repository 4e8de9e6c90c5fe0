"""`staircase migrate`: open cases go on under another version, each all or nothing; over real sockets."""
import os

import harness
from harness import BUILDING, SOURCE

DONE, REFUSED, USAGE = range(3)
FILE = "tests/migrate/neighbour-matter.yaml"
OPENING = {"what": "狗叫", "kind": "noise", "parties": ["app:qian", "app:zhao"], "secret": "悄悄话"}


class MigrateTest(harness.Case):
    def changed(self, engine, name, *pairs):
        with open(os.path.join(SOURCE, FILE), encoding="utf-8") as file:
            text = file.read()
        for old, new in pairs:
            self.assertIn(old, text)
            text = text.replace(old, new)
        return engine.write(name, text)

    def cases(self, engine, count):
        client = self.client(engine)
        return client, [self.applied(client.open("neighbour-matter", BUILDING, "li", OPENING))["case"] for _ in range(count)]

    def test_dry_run_and_go(self):
        engine = self.engine(own=(FILE,))
        client, cases = self.cases(engine, 5)
        self.applied(client.send(cases[0], "note", "li", {"remark": "留着"}))
        newer = self.changed(engine, "newer.yaml", ("version: 1", "version: 2"), ("talk", "hearing"), ("within:  5 working days", "within:  8 working days"),
                             ("  remark:  {type: text, most: 200}\n", ""), ("[remark, secret]", "[secret]"))
        self.command(engine, "deploy", newer)
        said = self.command(engine, "migrate", "neighbour-matter", "--to", 2, code=REFUSED).stdout
        self.assertIn("no-place: the stage 'talk'", said)
        self.assertIn("0 cases can go on under version 2; 5 cannot; 0 are under it already. Nothing was changed.", said)
        mapped = ("migrate", "neighbour-matter", "--to", 2, "--map", "talk=hearing")
        said = self.command(engine, *mapped, code=REFUSED).stdout
        self.assertIn("the field 'remark' holds something", said)
        self.assertIn("4 cases can go on", said)
        self.assertRegex(said, r"talk → hearing +\d{4}-\d\d-\d\d 18:00 → \d{4}-\d\d-\d\d 18:00 +can go")
        self.assertEqual({row["version"] for row in engine.rows("list")}, {1})
        rows = engine.rows(*mapped, "--go")
        self.assertEqual([row["case"] for row in rows if not row["moved"]], [cases[0]])
        self.assertEqual(sorted(row["version"] for row in engine.rows("list")), [1, 2, 2, 2, 2])
        said = self.command(engine, *mapped, "--drop", "remark", "--go", "--lang", "zh").stdout
        self.assertIn("1 件已改按第 2 版继续；0 件不能迁移", said)
        self.assertIn("4 件此前已是该版", said)
        history = engine.rows("show", cases[0], "--history")
        self.assertEqual([(row["e"], row.get("from"), row.get("version")) for row in history[1:]][-1], ("migrate", 1, 2))
        self.assertIn("before", history[-1])
        explained = self.command(engine, "explain", cases[0]).stdout
        for words in ("stands at: hearing", "enters talk", "moved to another version", "goes on under version 2"):
            self.assertIn(words, explained)
        self.applied(client.send(cases[0], "give-up", "li"))
        engine.stop()
        self.verify(engine)

    def test_one_case_and_wrong_calls(self):
        engine = self.engine(own=(FILE,))
        _, cases = self.cases(engine, 2)
        self.command(engine, "deploy", self.changed(engine, "newer.yaml", ("version: 1", "version: 2")))
        said = self.command(engine, "migrate", "neighbour-matter", "--to", 2, "--case", cases[1], "--go").stdout
        self.assertIn("1 cases go on under version 2", said)
        self.assertEqual([row["version"] for row in engine.rows("list")], [1, 2])
        self.assertIn("version 9 of neighbour-matter is not deployed", self.command(engine, "migrate", "neighbour-matter", "--to", 9, code=REFUSED).stdout)
        self.assertIn("unknown-workflow", self.command(engine, "migrate", "neighbor-matter", "--to", 2, code=REFUSED).stderr)
        self.command(engine, "migrate", "neighbour-matter", code=USAGE)
        self.command(engine, "migrate", "neighbour-matter", "--to", 2, "--map", "talk", code=USAGE)

    def test_what_is_published_and_what_is_voted_on(self):
        engine = self.engine(own=("tests/scenarios/vote/council.yaml",))
        notice = """workflow: notice-matter
version: 1
title: {zh: 公示事项, en: Notice}
opens: {by: [mediator], at: [building], needs: [what, reason]}
data:
  what: {type: text, most: 200}
  reason: {type: text, most: 200}
start: {go: shown}
stages:
  shown:
    within: 7 days
    publish: {fields: [what]}
    objections: {by: resident, needs: [reason], go: again}
    then: {end: done}
  again:
    within: 3 days
    events:
      settle: {by: mediator, end: done}
    overdue: {end: done}
ends:
  done: {title: {zh: 完成, en: Done}}
"""
        client = self.client(engine)
        self.command(engine, "deploy", engine.write("one.yaml", notice))
        self.applied(client.open("notice-matter", BUILDING, "li", {"what": "x", "reason": "y"}))
        self.command(engine, "deploy", engine.write("two.yaml", notice.replace("version: 1", "version: 2").replace("fields: [what]", "fields: [reason]")))
        self.assertIn("does not publish the same fields", self.command(engine, "migrate", "notice-matter", "--to", 2, code=REFUSED).stdout)
        self.command(engine, "deploy", engine.write("three.yaml", notice.replace("version: 1", "version: 3").replace("7 days", "9 days")))
        self.assertIn("1 cases go on under version 3", self.command(engine, "migrate", "notice-matter", "--to", 3, "--go").stdout)
        self.assertIn("the period of the publication is over", self.command(engine, "explain", engine.rows("list")[0]["case"]).stdout)
        case = self.applied(client.open("council", "jinnong", "secretary-11", {"topic": "加装电梯"}))["case"]
        self.command(engine, "deploy", self.changed_council(engine))
        self.assertIn("a vote is open", self.command(engine, "migrate", "council", "--to", 2, "--case", case, code=REFUSED).stdout)
        engine.stop()
        self.verify(engine)

    def changed_council(self, engine):
        with open(os.path.join(SOURCE, "tests/scenarios/vote/council.yaml"), encoding="utf-8") as file:
            return engine.write("council.yaml", file.read().replace("version: 1", "version: 2"))


if __name__ == "__main__":
    harness.main()
