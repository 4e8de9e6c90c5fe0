#!/bin/sh
# Whole workflow files with the typical mistakes of a supervisor who does not program: for each the right line, and a sentence that says what to do.
# usage: tests/unit/12_mistake_files_test.sh [BUILD_DIR] [--write]   (--write: what is said now becomes what is expected; read it before you keep it)
#
# tests/mistakes/files/NN-what.yaml, and beside it NN-what.txt: what `staircase check` says, without the name of the file, and its exit status. Lists
# that grow with the language or the directory are cut: "Allowed: ...", "Roles: ...".
set -eu
cd "$(dirname "$0")/../.."
build=${1:-build}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
broken=0 wrong=0
for file in tests/mistakes/files/*.yaml; do
    expected=${file%.yaml}.txt
    status=0
    "$build/staircase" check "$file" --directory config/practice-directory.yaml --lang en >"$work/said" 2>&1 || status=$?
    sed -e "s|^$file:||" -e 's/^ *//' -e 's/ Allowed: .*/ Allowed: .../' -e 's/ Roles: .*/ Roles: .../' -e 's/\(the directory has no level.*\) Levels: .*/\1 Levels: .../' "$work/said" >"$work/found"
    echo "exit $status" >>"$work/found"
    [ "$status" = 1 ] && broken=$((broken + 1))
    [ "${2:-}" = --write ] && cp "$work/found" "$expected"
    diff -u "$expected" "$work/found" || { echo "$file: says something else"; wrong=$((wrong + 1)); }
done
[ "$broken" -ge 40 ] || { echo "only $broken broken files: this test looks at too little"; exit 1; }
[ "$wrong" = 0 ] || exit 1
echo "$broken broken files, each told at its line"
