#!/bin/sh
# The programs as the linker left them: what the Makefile asks for (HARDEN) is in them, and a program without it is told from them.
# usage: 49_hardened_test.sh BUILD_DIR
set -eu
build=${1:?usage: 49_hardened_test.sh BUILD_DIR}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

command -v readelf >/dev/null && command -v objdump >/dev/null || { echo "readelf and objdump are not here"; exit 77; }
if readelf -W --dyn-syms "$build/staircase" | grep -q '__\(asan\|ubsan\|tsan\)'; then
    echo "built with sanitizers, which look closer"
    exit 77
fi

if readelf -W -s "$build/staircase" | grep -q __gcov_init; then
    echo "built with --coverage, without optimization"
    exit 77
fi

# lacks PROGRAM: what it does not have, a word each.
lacks() {
    readelf -W -h -l -d "$1" >"$work/elf"
    readelf -W --dyn-syms "$1" >"$work/symbols"
    grep -q 'FLAGS_1.*PIE' "$work/elf" || echo position-independent
    grep -q 'FLAGS_1.*NOW' "$work/elf" || echo bound-at-the-start
    grep -q GNU_RELRO "$work/elf" || echo read-only-tables
    grep 'GNU_STACK' "$work/elf" | grep -q 'RW ' || echo stack-without-code
    grep -qE '^ +[A-Z_]+ .* RWE ' "$work/elf" && echo nothing-writable-and-executable
    grep -qE 'TEXTREL|R(UN)?PATH' "$work/elf" && echo no-path-of-its-own-to-libraries
    grep -q __stack_chk_fail "$work/symbols" || echo stack-protector
    grep -q '__[a-z]*printf_chk' "$work/symbols" || echo fortified-calls
    # A large frame is touched page by page: gcc's probe, and clang's.
    objdump -d --no-show-raw-insn "$1" >"$work/code"
    case $(uname -m) in x86_64)
        grep -qE '(or|mov)q +\$0x0,(0x[0-9a-f]+)?\(%rsp\)' "$work/code" || echo stack-clash-protection
        grep -A1 '<main>:' "$work/code" | grep -q endbr64 || echo marked-jump-targets ;;
    esac
}

for program in staircase mediation_centre; do
    found=$(lacks "$build/$program")
    [ -z "$found" ] || { echo "$program lacks:" $found; exit 1; }
done

# That it would be seen: the opposite of each.
command -v gcc >/dev/null || { echo "hardened; no gcc to make the opposite with"; exit 0; }
printf 'int puts(const char *);\nint main(void) { return puts("x"); }\n' >"$work/weak.c"
gcc -O0 -fno-stack-protector -fcf-protection=none -fno-pie -no-pie -Wl,-z,norelro,-z,lazy,-z,execstack,-rpath,/tmp -o "$work/weak" "$work/weak.c" 2>"$work/said" ||
    { cat "$work/said"; exit 1; }
found=$(lacks "$work/weak" | grep -c .)
[ "$found" -ge 8 ] || { echo "of a program with nothing of it only this is seen to lack:" $(lacks "$work/weak"); exit 1; }
echo "hardened; of a weak program $found things are told"
