#!/usr/bin/python3
"""Which branches the tests reached, file by file, from what gcov counted; a failure where a branch of a named room was not.

usage: coverage.py BUILD LIST   (a build with --coverage in which the tests have run; LIST: tests/coverage/exceptions.txt)

The list names the rooms that must be reached wholly, and the branches in them that need not be, each with its reason; how it is written
stands at its head. Branches of assert() do not count: what they refuse is a bug, not something the world can do;
nor does the way past the last case of a switch over an enum that names them all. A line of the list that
excuses nothing is a failure too: the list never says more than what holds.
"""
import fnmatch
import gzip
import json
import os
import re
import subprocess
import sys
import tempfile


def lines_of_asserts(source):
    """The numbers of the lines on which an assert stands, to its last bracket."""
    found, depth = set(), 0
    for number, line in enumerate(source, 1):
        if depth == 0 and not re.match(r"\s*assert\(", line):
            continue
        found.add(number)
        bare = re.sub(r"'(\\.|[^'])'|\"(\\.|[^\"])*\"", "", line)
        depth = max(0, depth + bare.count("(") - bare.count(")"))
    return found


def lines_of_whole_switches(source):
    """The numbers of the lines on which a switch without a default begins: what it is over is an enum, and the compiler (-Wswitch) sees to it
    that each of its values has a case."""
    found = set()
    for number, line in enumerate(source, 1):
        if not re.match(r"\s*switch \(", line):
            continue
        end = re.match(r"\s*", line).group() + "}"
        block = []
        for inner in source[number:]:
            if inner.startswith(end):
                break
            block.append(inner)
        if not any(re.match(r"\s*default:", inner) for inner in block):
            found.add(number)
    return found


def reports(build):
    """gcov's own words about every object of the build, with counts added up over the objects that hold the same file."""
    data = [os.path.abspath(os.path.join(folder, name)) for folder, _, names in os.walk(build)
            for name in names if name.endswith(".gcda") and "/tests/" not in folder + "/"]
    if not data:
        sys.exit(f"{build}: no counts: not a build with --coverage, or nothing has run")
    with tempfile.TemporaryDirectory() as work:
        gcov = subprocess.run(["gcov", "--json-format", "--branch-probabilities", "--hash-filenames", *data], cwd=work, text=True,
                              stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        if gcov.returncode != 0 or gcov.stderr:
            sys.exit(f"gcov: {(gcov.stderr.splitlines() or [gcov.returncode])[0]}")
        for name in sorted(os.listdir(work)):
            with gzip.open(os.path.join(work, name)) as file:
                yield from json.load(file)["files"]


def branches(build):
    """{file: {line: (function, [count of each branch], text)}} of the C files of the project, and their lines."""
    files, wholes = {}, {}
    for report in reports(build):
        path = os.path.relpath(report["file"]) if os.path.isabs(report["file"]) else report["file"]
        if path.startswith("..") or not path.endswith(".c") or path.startswith("tests/"):
            continue
        with open(path, encoding="utf-8") as file:
            source = file.read().split("\n")
        asserts, switches = lines_of_asserts(source), lines_of_whole_switches(source)
        lines = files.setdefault(path, {})
        for line in report["lines"]:
            counts = [branch["count"] for branch in line["branches"]]
            if counts and line["line_number"] not in asserts:
                if line["line_number"] in switches and 0 in counts:
                    counts.remove(0)
                lines[line["line_number"]] = (line.get("function_name", ""), counts, source[line["line_number"] - 1].strip())
        wholes[path] = source
    return files, wholes


def read_list(path):
    """The rooms' patterns, the functions that never answer true, and the exceptions."""
    rooms, refusals, excused = [], [], []
    with open(path, encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            line = line.rstrip("\n")
            if not line or line.startswith("#"):
                continue
            if line.startswith("room "):
                rooms += line.split()[1:]
                continue
            if line.startswith("refusal "):
                refusals += line.split()[1:]
                continue
            parts = line.split(" | ")
            if len(parts) != 5 or not parts[3].isdigit() or not parts[4].strip():
                sys.exit(f"{path}:{number}: expected 'file | function | text of the line | how many branches | reason'")
            excused.append({"file": parts[0], "function": parts[1], "text": parts[2], "most": int(parts[3]), "at": f"{path}:{number}", "found": 0})
    return rooms, refusals, excused


def statement(source, number, lines):
    """The line and those that go on with it and have no branches of their own: gcov counts a condition where it begins."""
    text = source[number - 1]
    while number not in lines or not source[number - 1].rstrip().endswith((";", "{", "}")):
        number += 1
        if number > len(source) or number in lines:
            break
        text += " " + source[number - 1].strip()
        if source[number - 1].rstrip().endswith((";", "{", "}")):
            break
    return text


def never_taken(text, refusals):
    """How many branches of a line are those in which a refusal answers true: one for each that stands behind || or is asked by itself."""
    return sum(len(re.findall(r"(?:\|\||&&|if \(!?|\?|:) ?!?" + name + r"\(", text)) for name in refusals)


def excuse(exceptions, path, function, text, missing):
    """Whether the list excuses exactly so many branches of that line."""
    for one in exceptions:
        if (one["file"], one["function"], one["text"]) == (path, function, text):
            one["found"] += missing
            return one["most"]
    return 0


def main():
    build, path = sys.argv[1:]
    rooms, refusals, exceptions = read_list(path)
    unreached, total = [], [0, 0]
    files, sources = branches(build)
    for name in sorted(files):
        in_room = any(fnmatch.fnmatch(name, room) for room in rooms)
        reached = there = excused = 0
        for number in sorted(files[name]):
            function, counts, text = files[name][number]
            never = min(never_taken(statement(sources[name], number, files[name]), refusals), counts.count(0))
            missing = counts.count(0) - never
            there += len(counts) - never
            reached += len(counts) - never - missing
            if not missing or not in_room:
                continue
            if excuse(exceptions, name, function, text, missing) >= missing:
                excused += missing
            else:
                unreached.append(f"{name}:{number}: {function}: {missing} of {len(counts)} branches not reached: {text}")
        total = [total[0] + reached, total[1] + there]
        share = 100.0 if there == 0 else 100.0 * reached / there
        print(f"{name:42} {reached:6} of {there:6}  {share:5.1f} %{'  room' if in_room else ''}{f', {excused} excused' if excused else ''}")
    print(f"{'all':42} {total[0]:6} of {total[1]:6}  {100.0 * total[0] / max(total[1], 1):5.1f} %")
    stale = [f"{one['at']}: excuses {one['most']} branches, and {one['found']} are not reached: {one['text']}" for one in exceptions if one["found"] != one["most"]]
    for room in rooms:
        if not any(fnmatch.fnmatch(name, room) and files[name] for name in files):
            stale.append(f"{path}: no file with branches is {room}")
    for line in unreached + stale:
        print(line)
    return 1 if unreached or stale else 0


if __name__ == "__main__":
    sys.exit(main())
