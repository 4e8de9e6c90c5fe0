#!/bin/sh
# The core is pure: linked alone, its objects call memory and string functions, what the arena stands on, and the assert handler; nothing
# else. No clock, no file, no socket, no random number, no library of ours below it but the names of errors.
# usage: tests/pure_test.sh BUILD_DIR
set -eu
build=${1:?usage: tests/pure_test.sh BUILD_DIR}
nm=${NM:-nm} ld=${LD:-ld}

allowed='memchr memcmp memcpy memmove memset bcmp strchr strcmp strlen strncmp strrchr malloc free abort __assert_fail __stack_chk_fail'
# What the compiler itself brings for arithmetic on 128 bits.
allowed="$allowed __divti3 __modti3 __divmodti4 __udivti3 __umodti3 __udivmodti4 __multi3 __muloti4"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
$ld -r -o "$work/pure.o" --whole-archive "$build/pure.a" --no-whole-archive "$build/proto/err.o"
$nm -u "$work/pure.o" | awk '{print $NF}' | sort -u >"$work/called"
test -s "$work/called" || { echo "no undefined symbol at all: this test looks at nothing"; exit 1; }
if grep -q '^__\(asan\|ubsan\|tsan\)' "$work/called"; then
    echo "built with sanitizers, which call things of their own"
    exit 77
fi
if grep -q '^__gcov' "$work/called"; then
    echo "built with --coverage, which calls things of its own"
    exit 77
fi
printf '%s\n' $allowed | sort -u >"$work/allowed"
comm -23 "$work/called" "$work/allowed" >"$work/strange"
if test -s "$work/strange"; then
    while read -r symbol; do
        echo "$symbol is called by: $($nm -A -u "$build/pure.a" | awk -v s="$symbol" '$NF == s {split($1, at, ":"); print at[2]}' | sort -u | tr '\n' ' ')"
    done <"$work/strange"
    exit 1
fi

# Everything that decides is here: a room that is missed out could call what it likes.
for room in advance outcome rating vote condition access case effect clock calendar directory workflow; do
    ar t "$build/pure.a" | grep -qx "$room.o" || { echo "$room.o is not among the pure rooms"; exit 1; }
done

# No floating point in anything that decides: not one instruction on the registers that only floats are computed in. (Moves through
# them are how memory is copied; conversions and arithmetic are not.)
if command -v objdump >/dev/null 2>&1 && [ "$(uname -m)" = x86_64 ]; then
    floats='^(v?(add|sub|mul|div|sqrt|u?comi)[sp][sd]|v?cvt[a-z0-9]*s[sd][a-z0-9]*|f(ld|ild|ist|add|sub|mul|div)[a-z]*)$'
    if objdump -d --no-show-raw-insn "$work/pure.o" | awk -F'\t' -v floats="$floats" '{split($2, word, " "); if (word[1] ~ floats) {print; found = 1}} END {exit !found}'; then
        echo "the core computes with floating-point numbers"
        exit 1
    fi
fi
echo "$(ar t "$build/pure.a" | wc -l) rooms call only: $(tr '\n' ' ' <"$work/called")"
