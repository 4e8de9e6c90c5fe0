#!/bin/sh
# Runs each fuzz target for a while, one after the other. usage: fuzz.sh BUILD SECONDS TARGET...
# Seeds: corpus/TARGET beside this script, and the project's own files of that kind. What is found new is kept in BUILD/corpus/TARGET, so that runs add
# up; an input that breaks something is kept in BUILD/found/TARGET and makes the exit status 1. A line for each target.
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
for target in "$@"; do
    corpus=$build/corpus/$target found=$build/found/$target
    mkdir -p "$corpus" "$found"
    for seed in $(seeds "$target"); do cp "$seed" "$corpus/seed-$(echo "$seed" | tr / _)"; done
    if "$build/tests/campaign/fuzz_$target" -max_total_time="$seconds" -max_len=65536 -timeout=10 -rss_limit_mb=1024 -print_final_stats=1 \
        -artifact_prefix="$found/" "$corpus" >"$build/fuzz-$target.log" 2>&1; then
        word=clean
    else
        word="FOUND something: $found, $build/fuzz-$target.log" status=1
    fi
    runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$build/fuzz-$target.log")
    edges=$(sed -n 's/.* cov: \([0-9]*\) .*/\1/p' "$build/fuzz-$target.log" | tail -n 1)
    echo "$target: $seconds s, ${runs:-?} inputs, ${edges:-?} edges, $(ls "$corpus" | wc -l) kept: $word"
done
exit $status
