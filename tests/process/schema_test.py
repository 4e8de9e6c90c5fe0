#!/usr/bin/python3
"""`staircase schema` before a validator that is not ours: what is shipped is valid, what is broken is not, and the reader says the same of both."""
import glob
import json
import os
import re
import tempfile

import jsonschema
import yaml

import harness
from harness import SOURCE

KINDS = ("workflow", "scenario", "directory", "calendar", "configuration")


class Core(yaml.SafeLoader):
    """YAML as an editor reads it: the core schema of YAML 1.2, where `yes` and 2026-10-09 are text, and the keys of a mapping are."""

    yaml_implicit_resolvers = {}

    def construct_mapping(self, node, deep=False):
        keys = [key.value for key, _ in node.value]
        assert len(keys) == len(set(keys)), "a key twice: %s" % keys
        return {key.value: self.construct_object(value, deep=True) for key, value in node.value}


for tag, pattern, first in (("null", r"null|Null|NULL|~|", "~nN"), ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"), ("int", r"[-+]?[0-9]+", "-+0123456789"),
                            ("float", r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", "-+.0123456789")):
    Core.add_implicit_resolver("tag:yaml.org,2002:" + tag, re.compile("^(?:%s)$" % pattern), list(first) + ([""] if tag == "null" else []))
Core.add_constructor("tag:yaml.org,2002:int", lambda loader, node: int(node.value))
Core.add_constructor("tag:yaml.org,2002:map", lambda loader, node: loader.construct_mapping(node))


def load(text):
    return yaml.load(text, Core)


def read(path):
    with open(os.path.join(SOURCE, path), encoding="utf-8") as file:
        return file.read()


def kind_of(document):
    """As the program tells it, by the first key; None for what has no schema (how a CSV is imported)."""
    first = next(iter(document))
    return first if first in KINDS else None if first == "import" else "configuration"


WORKFLOW = """\
workflow: w
version: 1
title: {zh: 试, en: A try}
reference: "{unit}-{number}"
opens: {by: [resident, clerk], at: grid, needs: [kind, when, people]}
data:
  kind: {type: choice, of: [a, b]}
  urgent: {type: boolean}
  when: {type: date}
  cost: {type: number, scale: 2, least: 0, most: 99.5}
  people: {type: people, least: 1, most: 3}
  notes: {type: list, of: {type: text, most: 20}, most: 5, sees: clerk}
groups: {everyone: [people]}
start: {go: work}
stages:
  work:
    ladder: [grid, community]
    within: {per: kind, limits: {a: 5 working days, any: none}, from: first-entry}
    warn: 1 day
    overdue: {climb: up}
    remind: {who: [clerk, {missing: agree}], every: 1 day, after: entry}
    extend: {by: clerk, add: up to 3 days, most: 1}
    tasks:
      look: {for: clerk, within: 1 day, overdue: {stay: true}}
      ask: {worker: {per: level, topics: {grid: asking}}}
    done: 1 of 2
    then: {end: closed}
    top: {end: closed}
    events:
      look: {by: [clerk, worker], may: notes, stay: true}
      ask: {by: worker, needs: urgent, stay: true}
      agree: {by: {each: everyone}, when: {any: [{kind: a}, {level: grid, urgent: [true, false]}, {count: {event: look, least: 1}}]}, within: 2 days, stay: true}
      pay:
        by: {at-least: 2/3, of: [everyone, {role: leader, of: home}]}
        most: 2
        set: {cost: 1.5, urgent: null}
        choose:
          - {when: {cost: {least: 1, most: 2}}, climb: up}
          - {end: closed, notify: {who: opener, text: {en: Over}}}
ends: {closed: }
tells: everyone
"""

# What is put in place of what, and is right all the same: the short forms and the long ones.
GOOD_WORKFLOWS = (
    ("{by: [resident, clerk], at: grid,", "{by: clerk, at: [grid, community],"),
    ("within: {per: kind, limits: {a: 5 working days, any: none}, from: first-entry}", "within: 5 working days"),
    ("within: {per: kind, limits: {a: 5 working days, any: none}, from: first-entry}", "within: until 12-31"),
    ("within: {per: kind, limits: {a: 5 working days, any: none}, from: first-entry}", "within: {limit: 1 month, from: when}"),
    ("within: {per: kind, limits: {a: 5 working days, any: none}, from: first-entry}", "within: {until: when}"),
    ("remind: {who: [clerk, {missing: agree}], every: 1 day, after: entry}", "remind: [{who: clerk, every: 1 day, after: due}, {who: {missing: agree}, every: 2 days, after: entry}]"),
    ("done: 1 of 2", "done: all"),
    ("{worker: {per: level, topics: {grid: asking}}}", "{worker: asking}"),
    ("{at-least: 2/3, of:", "{at-least: 2, of:"),
    ("of: {type: text, most: 20}, most: 5", "of: text"),
    ("ends: {closed: }", "ends: {closed: {title: {zh: 完}}}"),
    ("urgent: null", "urgent: false"),
    ("tells: everyone", "tells: [everyone, {role: leader, of: community}]\nlate: refuse"),
)

# What is put in place of what, and the place at which it must be refused.
BROKEN_WORKFLOWS = (
    ("version: 1\n", "", ""),
    ("version: 1", "version: one", "version"),
    ("version: 1", 'version: "1"', "version"),
    ("version: 1", "version: 0", "version"),
    ("workflow: w", "workflow: My_workflow", "workflow"),
    ("title: {zh: 试, en: A try}", "title: A try", "title"),
    ("title: {zh: 试, en: A try}", "title: {}", "title"),
    ("title: {zh: 试, en: A try}", "title: {zh: 试, de: Versuch}", "title"),
    ('reference: "{unit}-{number}"', 'reference: "{unit}"', "reference"),
    ("opens: {by: [resident, clerk],", "opens: {bye: [resident, clerk],", "opens"),
    ("type: boolean", "type: bool", "data.urgent"),
    ("type: boolean", "tpye: boolean", "data.urgent"),
    ("type: choice, of: [a, b]", "type: choice, of: []", "data.kind"),
    ("scale: 2", "scale: 12", "data.cost"),
    ("groups: {everyone: [people]}", "groups: {everyone: people}", "groups.everyone"),
    ("start: {go: work}", "start: {}", "start"),
    ("start: {go: work}", "start: {go: work, end: closed}", "start"),
    ("stages:\n", "stages: {}\nstgaes:\n", ""),
    ("ladder: [grid, community]", "ladder: grid", "stages.work.ladder"),
    ("a: 5 working days,", "a: 5 workdays,", "stages.work.within"),
    ("a: 5 working days,", "a: five days,", "stages.work.within"),
    ("warn: 1 day", "warn: 01 day", "stages.work.warn"),
    ("warn: 1 day", "warn: until 12-31", "stages.work.warn"),
    ("overdue: {climb: up}", "overdue: {climb: sideways}", "stages.work.overdue"),
    ("overdue: {climb: up}", "overdue: {climbs: up}", "stages.work.overdue"),
    ("after: entry}", "after: never}", "stages.work.remind"),
    ("every: 1 day, after: entry", "after: entry", "stages.work.remind"),
    ("add: up to 3 days", "add: up to 3", "stages.work.extend.add"),
    ("{for: clerk, within: 1 day,", "{within: 1 day,", "stages.work.tasks.look"),
    ("done: 1 of 2", "done: half", "stages.work.done"),
    ("look: {by: [clerk, worker], may: notes, stay: true}", "look: {may: notes, stay: true}", "stages.work.events.look"),
    ("look: {by: [clerk, worker], may: notes, stay: true}", "look: {by: [clerk, worker], may: notes, stay: yes}", "stages.work.events.look.stay"),
    ("look: {by: [clerk, worker], may: notes, stay: true}", "look: {by: [clerk, worker], may: notes}", "stages.work.events.look"),
    ("{each: everyone}", "{every: everyone}", "stages.work.events.agree.by"),
    ("at-least: 2/3", "at-least: some", "stages.work.events.pay.by"),
    ("least: 1}}]}", "least: 1, in: stages}}]}", "stages.work.events.agree.when"),
    ("least: 1}}]}", "times: 1}}]}", "stages.work.events.agree.when"),
    ("most: 2\n", "most: 0\n", "stages.work.events.pay.most"),
    ("{cost: {least: 1, most: 2}}", "{cost: {from: 1, most: 2}}", "stages.work.events.pay.choose"),
    ("text: {en: Over}", "text: Over", "stages.work.events.pay.choose"),
    ("who: opener, text", "who: opener, worker: w, text", "stages.work.events.pay.choose"),
    ("ends: {closed: }", "ends: {}", "ends"),
    ("ends: {closed: }", "ends: [closed]", "ends"),
    ("ends: {closed: }", "ends: {closed: over}", "ends.closed"),
    ("tells: everyone\n", "tells: everyone\nlate: maybe\n", "late"),
    ("tells: everyone\n", "tells: everyone\nretain: soon\n", "retain"),
    ("tells: everyone\n", "tells: everyone\napplies-from: 1 January\n", "applies-from"),
)

# Whole files of the other kinds that use every key, and what breaks them.
OTHERS = {
    "scenario": ("""\
scenario: every key
now: 2026-09-24 09:00
workflow: [a.yaml, b.yaml]
directory: d.yaml
calendar: c.yaml
people: {li: mediator at jinnong, hu: [clerk at jinnong/grid-3, leader at jinnong]}
steps:
  - open: {case: one, workflow: w, unit: jinnong, by: li, for: hu, data: {a: 1, b: [x, true]}, at: 2026-09-24 08:00, held: true, crash: after-commit}
  - send: {case: one, event: e, by: li, for: hu, data: {a: null}, at: 2026-09-24, crash: before-commit}
  - refused: not-now
  - refused: {code: not-now, says: perhaps, possible: [e, f]}
  - release: {by: li, case: one}
  - retry: {by: li}
  - worker: {topic: t, event: e, by: li, data: {}}
  - worker: {topic: t, case: one, does: fail, why: broken, again: false}
  - wait: until due
  - wait: 3 working days
  - wait: until 2026-10-09 18:00
  - crash
  - repeat
  - parked
  - deploy: new.yaml
  - expect: {case: one, stage: s, level: none, unit: jinnong, home: jinnong, due: 2026-10-09, overdue: false, end: none, held: true, number: 金农1号}
  - expect: {task: [mediator, t], holder: li, incident: true, data: {a: none}, seen-by: li, possible: e, impossible: [f], notices: [stage, handed-over], told: none}
""", (
        ("now: 2026-09-24 09:00\n", "", ""), ("now: 2026-09-24 09:00", "now: tomorrow", "now"), ("hu: [clerk at", "hu: [clerk of", "people.hu"),
        ("unit: jinnong, by: li, for", "unti: jinnong, by: li, for", "steps.0"), ("held: true, crash", "held: yes, crash", "steps.0"),
        ("after-commit", "whenever", "steps.0"), ("event: e, by: li, for", "by: li, for", "steps.1"), ("{code: not-now, says", "{says", "steps.3"),
        ("does: fail", "does: nothing", "steps.7"), ("does: fail", "event: e, does: fail", "steps.7"), ("3 working days", "3 workdays", "steps.9"),
        ("- repeat", "- again", "steps.12"), ("- release: {by: li, case: one}", "- release: {by: li, case: one}\n    repeat: one", "steps.4"),
        ("[stage, handed-over]", "[stage, hint]", "steps.16"), ("overdue: false", "laet: false", "steps.15"), ("steps:", "people2: {}\nsteps:", ""),
    )),
    "directory": ("""\
directory: d
version: 2
levels: [{level: grid}, {level: district, title: {zh: 区, en: District}}]
roles: {mediator: {reach: here, title: 调解员}, supervisor: {reach: below}}
units:
  top: {id: 1, level: district, title: 东区, calendar: cn, short: 东}
  grid-3: {id: 3, level: grid, in: top, title: {en: Grid 3}}
  desk: {id: 4, level: grid, in: top}
  top/grid-4: {id: 5, level: grid, successor: grid-3}
people:
  li: {name: 李某, holds: [{role: mediator, at: grid-3, from: 2026-01-01, until: 2026-12-31}]}
  王某_2: {holds: []}
""", (
        ("version: 2", "version: 2.5", "version"), ("{reach: below}", "{reach: above}", "roles.supervisor"), ("{reach: below}", "{}", "roles.supervisor"),
        ("{level: grid},", "grid,", "levels.0"), ("desk: {id: 4, level: grid", "desk: {id: none, level: grid", "units.desk"), ("desk: {id: 4, level", "Desk: {id: 4, level", "units"),
        ("short: 东", "short: 东东东东东东东东东东东东东东东东东", "units.top"), ("role: mediator, at", "role: mediator, in", "people.li.holds"),
        ("from: 2026-01-01", "from: 1.1.2026", "people.li.holds"), ("王某_2", "app:wang", "people"), ("holds: []", "hold: []", "people"),
        ("in: top, title: {en: Grid 3}", "in: top, title: {fr: Grille}", "units.grid-3"), ("levels: [", "level: [", ""),
    )),
    "calendar": ("""\
calendar: c
version: 1
zone: Asia/Shanghai
weekly-off: [saturday, sunday]
office-hours: ["09:00-12:00", "14:00-24:00"]
last-day-off: moves
from: 2026-01-01
through: 2026-12-31
years:
  2026:
    working-days: 261
    notices: [http://www.gov.cn/]
    days-off: [{date: 2026-10-01, wd: 4, name: 国庆节}]
    days-on: [{date: 2026-10-10}]
""", (
        ("zone: Asia/Shanghai\n", "", ""), ("saturday", "Saturday", "weekly-off"), ("09:00-12:00", "9-12", "office-hours"), ("moves", "move", "last-day-off"),
        ("2026-12-31", "end of 2026", "through"), ("  2026:", "  next:", "years"), ("261", "many", "years.2026"), ("wd: 4", "wd: 8", "years.2026"),
        ("{date: 2026-10-10}", "2026-10-10", "years.2026"), ("days-on", "days-in", "years.2026"), ("{date: 2026-10-10}", "{name: x}", "years.2026"),
    )),
    "configuration": ("""\
log: warn
user: staircase
batch: 64
lease-seconds: 30
listen: {clients: "tcp://127.0.0.1:7410", workers: "tcp://127.0.0.1:7411"}
retry: {attempts: 8, base-seconds: 2, most-seconds: 3600}
store: {map-gigabytes: 64}
history: [mediation-centre]
workers: [{name: centre, command: [mediation_centre, serve]}]
deploy: [{calendar: c.yaml}, {directory: d.yaml}, {workflow: w.yaml}]
""", (
        ("warn", "loud", "log"), ("user: staircase", "user: Big Boss", "user"), ("64\nlease", "0\nlease", "batch"), ("tcp://127.0.0.1:7410", "127.0.0.1:7410", "listen"), ("attempts: 8", "attempt: 8", "retry"),
        ("attempts: 8", "attempts: eight", "retry"), ("map-gigabytes: 64", "map-gigabytes: 64000000", "store"), ("[mediation-centre]", "mediation-centre", "history"),
        ("[mediation_centre, serve]", "mediation_centre serve", "workers"), ("{calendar: c.yaml}", "{calendar: c.yaml, directory: d.yaml}", "deploy"),
        ("{calendar: c.yaml}", "c.yaml", "deploy"), ("batch: 64", "batches: 64", ""),
    )),
}


# Of a scenario: what the reader of the file leaves to the run.
ONLY_WHEN_RUN = ("now: tomorrow", "[stage, hint]")


def changed(text, old, new):
    assert text.count(old) == 1, "%r stands there %d times" % (old, text.count(old))
    return text.replace(old, new)


class Schema(harness.Case):
    @classmethod
    def setUpClass(cls):
        cls.validators = {}
        for kind in KINDS:
            done = harness.run("schema", kind)
            assert done.returncode == 0 and not done.stderr, done.stderr
            schema = json.loads(done.stdout)
            jsonschema.Draft7Validator.check_schema(schema)
            cls.validators[kind] = jsonschema.Draft7Validator(schema)

    def wrong(self, kind, text):
        """Where the text is not as its schema says: the places, as "stages.work.within"."""
        return {".".join(map(str, error.absolute_path)): error.message for error in self.validators[kind].iter_errors(load(text))}

    def refused(self, texts):
        """The texts, by number, in which `staircase check` finds a mistake."""
        with tempfile.TemporaryDirectory() as folder:
            paths = [os.path.join(folder, "%d.yaml" % i) for i in range(len(texts))]
            for path, text in zip(paths, texts):
                with open(path, "w", encoding="utf-8") as file:
                    file.write(text)
            rows = [json.loads(line) for line in harness.run("check", "--json", *paths).stdout.splitlines()]
        return {paths.index(row["file"]) for row in rows if not row.get("warning")}

    def test_what_is_shipped_is_valid(self):
        paths = sorted(glob.glob("workflows/**/*.yaml", recursive=True, root_dir=SOURCE) + glob.glob("config/*.yaml", root_dir=SOURCE)
                       + glob.glob("tests/**/*.yaml", recursive=True, root_dir=SOURCE))
        seen = dict.fromkeys((*KINDS, None), 0)
        for path in paths:
            if path.startswith("tests/mistakes/"):
                continue
            kind = kind_of(load(read(path)))
            seen[kind] += 1
            with self.subTest(path):
                self.assertEqual(kind and self.wrong(kind, read(path)), kind and {})
        for kind, least in zip(KINDS, (4, 20, 3, 2, 2)):
            self.assertGreaterEqual(seen[kind], least, kind)

    def test_what_is_written_about_scenarios_is_valid(self):
        examples = re.findall(r"^```yaml\n(.*?)^```$", read("workflows/SCENARIOS.md"), re.M | re.S)
        self.assertTrue(examples)
        for example in examples:
            self.assertEqual(self.wrong("scenario", example), {})

    def test_what_is_right_is_valid(self):
        texts = [WORKFLOW] + [changed(WORKFLOW, old, new) for old, new in GOOD_WORKFLOWS]
        for text, change in zip(texts, (("as it is",), *GOOD_WORKFLOWS)):
            with self.subTest(change[-1]):
                self.assertEqual(self.wrong("workflow", text), {})
        self.assertEqual(self.refused(texts), set())
        for kind, (text, _) in OTHERS.items():
            with self.subTest(kind):
                self.assertEqual(self.wrong(kind, text), {})

    def test_what_is_broken_is_not_valid_and_the_reader_says_so_too(self):
        for kind, text, breaks in [("workflow", WORKFLOW, BROKEN_WORKFLOWS)] + [(kind, *OTHERS[kind]) for kind in OTHERS]:
            texts = [changed(text, old, new) for old, new, _ in breaks]
            for broken, (old, new, place) in zip(texts, breaks):
                with self.subTest("%s: %s" % (kind, new or "without " + old)):
                    wrong = self.wrong(kind, broken)
                    self.assertTrue(any(found.startswith(place) if place else found == "" for found in wrong), wrong)
            late = {i for i, (_, new, _) in enumerate(breaks) if new in ONLY_WHEN_RUN}
            self.assertEqual(set(range(len(texts))) - self.refused(texts) - late, set(), kind)

    def test_what_the_schema_refuses_the_reader_refuses_or_warns_of(self):
        """The other way round is not so: that a stage exists only the reader knows. tests/mistakes/workflow.txt says what the reader finds."""
        whole, refused = read("tests/mistakes/workflow.yaml"), 0
        self.assertEqual(self.wrong("workflow", whole), {})
        cases = [case.splitlines() for case in re.split(r"\n\n+", read("tests/mistakes/workflow.txt"))]
        for lines in cases:
            lines = [line for line in lines if not line.startswith("#")]
            old, new = ("\n".join(line[2:] for line in lines if line[:1] == sign) for sign in "-+")
            said = [line for line in lines if line[:1] not in "-+"]
            if not old:
                continue
            self.assertIn(old, whole)
            try:
                wrong = self.wrong("workflow", whole.replace(old, new, 1))
            except (yaml.YAMLError, AssertionError):
                continue  # no YAML, or a key twice
            refused += bool(wrong)
            with self.subTest(new):
                self.assertFalse(wrong and not said, wrong)
        self.assertGreater(refused, 50)

    def test_how_it_is_called(self):
        self.assertEqual(harness.run("schema").stdout, harness.run("schema", "workflow").stdout)
        done = harness.run("schema", "calender")
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertIn('Did you mean "calendar"?', done.stderr)

    def test_every_mapping_is_closed_and_every_key_explained(self):
        def each(schema):
            if isinstance(schema, dict):
                yield schema
                for value in schema.values():
                    yield from each(value)
            elif isinstance(schema, list):
                for value in schema:
                    yield from each(value)

        for kind, validator in self.validators.items():
            named = set(validator.schema["definitions"])
            referred = {part["$ref"] for part in each(validator.schema) if "$ref" in part}
            self.assertEqual(referred, {"#/definitions/" + name for name in named}, kind)
            for mapping in [validator.schema, *validator.schema["definitions"].values()]:
                if mapping.get("type") != "object" or "properties" not in mapping:
                    continue
                closed = mapping["additionalProperties"]
                self.assertTrue(closed is False or "$ref" in closed, mapping)
                for name, value in mapping["properties"].items():
                    self.assertRegex(value.get("description", ""), ": ", name)


if __name__ == "__main__":
    harness.main()
