#!/bin/bash
# Runs each fuzz target for a while, one after the other. usage: fuzz.sh BUILD SECONDS TARGET...
# Seeds: corpus/TARGET beside this script, and the project's own files of that kind. What is found new is kept in BUILD/corpus/TARGET, so that runs add
# up; an input that breaks something is kept in BUILD/found/TARGET and makes the exit status 1. A line for each target, also in BUILD/fuzz-done: what was
# spent is seconds of the processor, which are fewer than SECONDS where others want it too; the sum of all runs is told last.
set -u
build=$1 seconds=$2
shift 2
here=$(cd "$(dirname "$0")/../.." && pwd)
case $build in /*) ;; *) build=$here/$build ;; esac
cd "$here" || exit 1

seeds() {
    find "tests/campaign/corpus/$1" -type f 2>/dev/null
    case $1 in
    workflow) find workflows tests/process -name workflow.yaml -o -name errand.yaml ;;
    scenario) find workflows -path '*/scenarios/*.yaml' ;;
    calendar) echo config/calendar-cn.yaml; find workflows -name calendar.yaml ;;
    directory) echo config/practice-directory.yaml; find workflows -name directory.yaml ;;
    config) echo config/staircase.yaml; find workflows -name staircase.yaml ;;
    esac
}

status=0
TIMEFORMAT='%U %S'
for target in "$@"; do
    corpus=$build/corpus/$target found=$build/found/$target log=$build/fuzz-$target.log
    mkdir -p "$corpus" "$found"
    for seed in $(seeds "$target"); do cp "$seed" "$corpus/seed-$(echo "$seed" | tr / _)"; done
    word=clean
    { time "$build/tests/campaign/fuzz_$target" -max_total_time="$seconds" -max_len=65536 -timeout=60 -rss_limit_mb=1024 -print_final_stats=1 \
        -artifact_prefix="$found/" "$corpus" >"$log" 2>&1; } 2>"$build/fuzz-time" || { word="FOUND something: $found, $log" status=1; }
    spent=$(awk '{print int($1 + $2)}' "$build/fuzz-time")
    runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
    edges=$(sed -n 's/.* cov: \([0-9]*\) .*/\1/p' "$log" | tail -n 1)
    echo "$target: $spent s, ${runs:-?} inputs, ${edges:-?} edges, $(ls "$corpus" | wc -l) kept: $word" | tee -a "$build/fuzz-done"
done
awk '{sum += $2} END {printf "%d min of the processor in all runs so far\n", sum / 60}' "$build/fuzz-done"
exit $status
