#!/bin/sh
# The runbook is complete, and tells of nothing that is not: every event of the operator's log, every alarm, every metric.
set -eu
cd "$(dirname "$0")/../.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# section TITLE: what stands in backquotes in the first column of its tables.
section() { sed -n "/^## $1\$/,/^## /p" engine/RUNBOOK.md | sed -n 's/^| *\(`[^|]*\) |.*/\1/p' | grep -o '`[^`]*`' | tr -d '`' | sort -u; }

# compare WHAT: those of the code against those of the runbook.
compare() {
    [ "$(wc -l <"$work/code")" -ge "$2" ] || { echo "only $(wc -l <"$work/code") $1 in the code: this test looks at nothing"; exit 1; }
    if ! diff "$work/code" "$work/book" >"$work/diff"; then
        echo "engine/RUNBOOK.md and the code differ in their $1 (<: only in the code, >: only in the runbook):"; grep '^[<>]' "$work/diff"; exit 1
    fi
    echo "$(wc -l <"$work/code") $1"
}

# An event is what is quoted before the first field.
cat $(ls engine/*.c engine/command/*.c workers/*.c | grep -v '^engine/oplog\.c$') | tr '\n' ' ' | grep -o '[^a-z_]oplog([^;]*;' | sed 's/OPLOG_[STN][TEU][RXM].*//' | grep -o '"[a-z-]*"' | tr -d '"' | sort -u >"$work/code"
section "The log" >"$work/book"
compare "events of the log" 30

sed -n 's/^ *\[ALARM_[A-Z_]*\] = {"\([a-z-]*\)".*/\1/p' engine/alarm.c | sort -u >"$work/code"
section Alarms >"$work/book"
compare alarms 4

cat engine/*.c | tr '\n' ' ' | grep -o 'metrics_family([^;]*"staircase_[a-z_]*"' | grep -o 'staircase_[a-z_]*' | sort -u >"$work/code"
section Metrics >"$work/book"
compare metrics 25
