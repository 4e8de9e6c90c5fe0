#!/usr/bin/python3
"""Time that is not what it was: a wall clock thrown a year forth and back, a machine that slept, time-zone data that changed, a calendar amended in the middle
of a holiday, deadlines by the thousand. None fires before its time by the log, none is lost, each fires once."""
import collections
import os
import shutil
import sys

import clocks
import harness
from clocks import at, civil
from harness import BUILDING, PATIENCE, until
from harness import staircase

sys.path.insert(0, os.path.join(harness.SOURCE, "tests", "campaign"))
import deadlines  # noqa: E402

MINUTE_MS = 60 * 1000
HOUR_MS = 60 * MINUTE_MS


class Time(harness.Case):
    def begin(self, now, **options):
        self.running = self.engine(start=False, workflows=(), own=["tests/process/waiting.yaml"], **options)
        self.clock = clocks.Clock(self.running, now)
        self.running.start()
        self.one = self.client(self.running)
        self.dues = {}

    def open(self, count=1):
        """So many cases; when each is due is remembered in self.dues."""
        for _ in range(count):
            answer = self.applied(self.one.open("waiting", BUILDING, "li", {"what": "x"}))
            self.dues[answer["case"]] = answer["due"]
        return answer

    def log(self):
        """Everything so far."""
        last, rows = self.one.status()["p"], []
        for row in self.one.watch(position=1, timeout=PATIENCE):
            rows.append(row)
            if row["p"] >= last:
                return rows

    def fired(self):
        """By case, when its deadline fired by the log. Fails where one fired twice, or early; and where the log goes back."""
        rows = self.log()
        self.assertEqual([row["t"] for row in rows], sorted(row["t"] for row in rows))
        fired = [(row["case"], row["t"]) for row in rows if row["e"] == "due"]
        self.assertEqual([case for case, times in collections.Counter(case for case, _ in fired).items() if times > 1], [])
        for case, time in fired:
            self.assertGreater(time, self.dues[case], "early: due %s, fired %s" % (civil(self.dues[case]), civil(time)))
        return dict(fired)

    def all_fire(self):
        until("each deadline has fired", lambda: not self.one.list(workflow="waiting"))
        self.assertEqual(set(self.fired()), set(self.dues))
        self.assertEqual(self.running.stop(), 0)
        self.verify(self.running)

    def alarms(self):
        return self.one.status().get("alarm-names", [])

    # ---- the wall clock ----

    def test_a_wall_clock_thrown_a_year_forth_and_back(self):
        self.begin("2026-09-14 09:00")
        self.open(20)
        for days, followed in ((365, False), (-730, False), (365, True)):
            self.clock.throw(days=days)
            until("it is looked at", lambda: self.alarms() == ([] if followed else ["clock-not-followed"]))  # noqa: B023
            opened = self.open()
            self.assertLess(abs(opened["t"] - self.clock.believed()), 5 * MINUTE_MS, "stamped %s" % civil(opened["t"]))
            self.assertEqual(opened["due"], at("2026-09-20 18:00"))
        self.assertEqual(self.fired(), {})
        self.clock.throw(days=365)
        self.clock.sleep_until(at("2027-09-20 17:59:50"))  # by the clock that is not believed, a year ago
        self.open()
        self.assertEqual(self.fired(), {})
        self.clock.sleep(seconds=20)
        until("those of this moment have fired", lambda: len(self.fired()) == 23)
        self.clock.sleep(days=30)
        self.all_fire()

    def test_small_steps_are_followed(self):
        """An hour at most at a time it is believed, and deadlines fire by it; back again, time stands in the log until the clock is there."""
        self.begin("2026-09-14 09:00")
        self.open(3)
        self.clock.sleep_until(at("2026-09-20 16:30"))
        for steps, minutes in enumerate((50, 50, -50, -50, 50), 1):
            self.clock.throw(minutes=minutes)
            until("it is followed", lambda: self.running.said().count("event=clock-jumped") == steps)  # noqa: B023
            until("what is due fires", lambda: len(self.fired()) == (3 if steps > 1 else 0))  # noqa: B023
            self.assertEqual(self.alarms(), ["clock-behind-log"] if steps == 4 else [])
            late = self.open()
            self.assertGreaterEqual(late["t"], at("2026-09-20 17:20" if steps == 1 else "2026-09-20 18:10"))
        self.clock.sleep_until(late["due"] + 1000)
        self.all_fire()

    def test_a_start_with_the_clock_a_year_off(self):
        """Who starts the engine has accepted the clock: what is due by it fires. Set back afterwards, the log does not go back, and nothing fires again."""
        self.begin("2026-09-14 09:00")
        self.open(5)
        self.assertEqual(self.running.stop(), 0)
        self.clock.throw(days=365)
        self.running.start()
        self.one = self.client(self.running)
        until("each deadline has fired", lambda: not self.one.list(workflow="waiting"))
        self.assertEqual(set(self.fired()), set(self.dues))
        self.assertEqual(self.running.stop(), 0)
        self.clock.throw(days=-365)
        self.running.start()
        self.one = self.client(self.running)
        self.assertEqual(self.alarms(), ["clock-behind-log"])
        late = self.open()
        self.assertGreater(late["t"], at("2027-09-13 00:00"))
        self.assertEqual(set(self.fired()), set(self.dues) - {late["case"]})
        self.assertEqual(self.running.stop(), 0)
        self.clock.throw(days=365)
        self.clock.sleep_until(late["due"] + 1000)
        self.running.start()
        self.one = self.client(self.running)
        self.assertEqual(self.alarms(), [])
        self.all_fire()

    # ---- sleep ----

    def test_a_machine_that_slept(self):
        """The wall clock and the boot clock have gone on together: no jump, and what fell due meanwhile fires at once."""
        self.begin("2026-09-14 09:00")
        for _ in range(5):
            self.open(4)
            self.clock.sleep(days=1)
        before = self.fired()
        self.assertEqual(before, {})
        self.clock.sleep(days=30)
        until("each deadline has fired", lambda: not self.one.list(workflow="waiting"))
        self.assertEqual(self.alarms(), [])
        self.assertNotIn("clock", self.running.said())
        self.assertEqual(len(set(self.dues.values())), 5)
        self.all_fire()

    # ---- time zones and calendars ----

    def zones(self, shanghai):
        """A folder of zones in which Shanghai is some other place."""
        folder = os.path.join(self.running.folder, "zoneinfo")
        shutil.rmtree(folder, ignore_errors=True)
        os.makedirs(os.path.join(folder, "Asia"))
        shutil.copy(os.path.join("/usr/share/zoneinfo", shanghai), os.path.join(folder, "Asia", "Shanghai"))
        self.running.environment["TZDIR"] = folder

    def test_time_zone_data_that_changed(self):
        """The table of a calendar came with its deployment. New data on the machine change nothing until a new version is deployed; then what is open is counted anew."""
        self.begin("2026-09-14 09:00")
        before = self.open(10)["due"]
        self.assertEqual(before, at("2026-09-20 18:00"))
        self.assertEqual(self.running.stop(), 0)
        self.zones("Asia/Tokyo")
        self.running.start()
        self.one = self.client(self.running)
        self.assertEqual(self.open()["due"], before)
        self.assertEqual(self.running.stop(), 0)
        self.verify(self.running)
        self.running.start()
        self.one = self.client(self.running)
        self.deploy_calendar(2)
        self.moved(before, before - HOUR_MS)
        self.clock.sleep_until(before - HOUR_MS - 2000)
        self.assertEqual(self.fired(), {})
        self.all_fire()

    def deploy_calendar(self, version, change=lambda text: text):
        with open(os.path.join(harness.SOURCE, "config/calendar-cn.yaml"), encoding="utf-8") as file:
            source = file.read().replace("\nversion: 1\n", "\nversion: %d\n" % version)
        changed = change(source)
        self.applied(self.one.deploy("calendar", "calendar-cn.yaml", changed, "zheng"))

    def moved(self, before, after):
        """Every open deadline is at its new place, and the history of its case says from where it was moved."""
        until("all are counted anew", lambda: {row["due"] for row in self.one.list(workflow="waiting")} == {after})
        for case in self.dues:
            entry = self.one.show(case, history=True)[-1]
            self.assertEqual((entry["e"], entry["before"], entry["after"]), ("recompute", before, after))
            self.dues[case] = after

    def year_2026(self, text, off=(), on=(), not_off=()):
        """Changes the days of October 2026, and the check sum with them."""
        head, rest = text.split("\n  2026:\n", 1)
        days = int(rest.split("working-days: ", 1)[1].split("\n", 1)[0])
        for date, weekday in off:
            rest = rest.replace("    days-off:\n", "    days-off:\n      - {date: %s, wd: %d, name: 国庆节}\n" % (date, weekday), 1)
        for date in not_off:
            rest = "\n".join(line for line in rest.split("\n") if "date: %s," % date not in line)
        del on
        rest = rest.replace("working-days: %d" % days, "working-days: %d" % (days - len(off) + len(not_off)), 1)
        return head + "\n  2026:\n" + self.in_order(rest)

    def in_order(self, text):
        """The days of each list, by date."""
        lines, at_ = text.split("\n"), 0
        while at_ < len(lines):
            end = at_
            while end < len(lines) and lines[end].startswith("      - {date:"):
                end += 1
            lines[at_:end] = sorted(lines[at_:end])
            at_ = max(end, at_ + 1)
        return "\n".join(lines)

    def test_a_calendar_amended_in_the_middle_of_a_holiday(self):
        """On 3 October the holiday is made longer by the 8th and the 9th; on the 6th the same is taken back, and the 7th with it."""
        self.begin("2026-09-25 09:00")
        first = self.open(10)["due"]
        self.clock.sleep_until(at("2026-10-03 12:00"))
        self.deploy_calendar(2, lambda text: self.year_2026(text, off=(("2026-10-08", 4), ("2026-10-09", 5))))
        longer = self.due_of_all()
        self.assertGreater(longer, first)
        self.moved(first, longer)
        self.clock.sleep_until(at("2026-10-06 12:00"))
        self.deploy_calendar(3, lambda text: self.year_2026(text, not_off=("2026-10-07",)))
        shorter = self.due_of_all()
        self.assertLess(shorter, longer)
        self.moved(longer, shorter)
        self.clock.sleep_until(shorter - 2000)
        self.assertEqual(self.fired(), {})
        self.all_fire()

    def due_of_all(self):
        dues = until("all are counted anew", lambda: (found := {row["due"] for row in self.one.list(workflow="waiting")}) and len(found) == 1 and found != {self.dues[min(self.dues)]} and found)
        return dues.pop()

    def test_a_calendar_by_which_it_was_yesterday(self):
        """Counted anew, the deadline has passed already: it fires now, once, and not at a time that was."""
        self.begin("2026-09-25 09:00")
        first = self.open(10)["due"]
        self.clock.sleep_until(at("2026-10-07 12:00"))
        self.assertGreater(first, self.clock.now())
        self.deploy_calendar(2, lambda text: self.year_2026(text, not_off=("2026-10-01", "2026-10-02", "2026-10-05", "2026-10-06")))
        until("each deadline has fired", lambda: not self.one.list(workflow="waiting"))
        for case in self.dues:
            entries = self.one.show(case, history=True)[1:]
            self.assertEqual([entry["e"] for entry in entries], ["open", "recompute", "due"])
            self.assertEqual(entries[1]["before"], first)
            self.dues[case] = entries[1]["after"]
            self.assertLess(entries[1]["after"], entries[1]["t"])
        self.all_fire()

    # ---- very many ----

    def test_twenty_thousand_deadlines(self):
        """Of five days, fired in two sleeps, with somebody else served meanwhile and a kill -9 in the midst."""
        self.running = self.engine(start=False, workflows=(), own=["tests/process/waiting.yaml"])
        found = deadlines.run(self.running, count=20000, days=5, kill=True)
        self.assertEqual((found["lost"], found["twice"], found["early"]), (0, 0, 0), found)
        self.assertEqual(found["fired"], found["opened"])
        self.assertGreaterEqual(found["opened"], 20000)
        print(deadlines.told(found))
        self.assertEqual(self.running.stop(), 0)
        self.verify(self.running)


if __name__ == "__main__":
    if not os.access(harness.program(clocks.SHIM), os.R_OK):
        sys.exit("the clock is not built: make test builds it")
    harness.main()
