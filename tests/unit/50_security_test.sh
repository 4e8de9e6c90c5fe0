#!/bin/sh
# SECURITY.md is complete: each library that the programs load is in it, and every CVE that the changelog of that version of its package names. Where
# Debian has mended one since, that is said, and is nobody's failure.
# usage: 50_security_test.sh BUILD_DIR
set -eu
build=${1:?usage: 50_security_test.sh BUILD_DIR}
cd "$(dirname "$0")/../.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
command -v readelf >/dev/null && command -v dpkg-query >/dev/null || { echo "readelf or dpkg-query is not here"; exit 77; }

# What is loaded at the start, and what `draw` loads for itself.
{ readelf -W -d "$build/staircase" "$build/mediation_centre" | sed -n 's/.*(NEEDED).*\[\(.*\)\].*/\1/p'
  grep -ho '"lib[a-z]*\.so\.[0-9]*"' engine/*.c | tr -d '"'; } | sort -u | grep -v '^lib\(asan\|ubsan\|cmocka\)' >"$work/libraries"
[ "$(wc -l <"$work/libraries")" -ge 8 ] || { echo "only these: $(cat "$work/libraries"): this test looks at nothing"; exit 1; }

while read -r library; do
    dpkg-query -S "*/$library" 2>/dev/null | sed 's/:.*//' | head -n 1
done <"$work/libraries" | sort -u >"$work/packages"

known=0 other=
while read -r package; do
    grep -q "^|[^|]*\<$package\>" SECURITY.md || { echo "SECURITY.md has no row of $package"; exit 1; }
    case $package in libc6 | libgcc-s1 | libstdc++6) continue ;; esac # Debian's own list is theirs
    version=$(dpkg-query -W -f '${Version}' "$package")
    if ! grep -qF "| $package $version " SECURITY.md; then
        other="$other $package $version"
        continue
    fi
    for cve in $(zgrep -ho 'CVE-[0-9]*-[0-9]*' "/usr/share/doc/$package/changelog.Debian.gz" 2>/dev/null | sort -u); do
        grep -q "$cve\>" SECURITY.md || { echo "the changelog of $package names $cve, SECURITY.md does not"; exit 1; }
        known=$((known + 1))
    done
done <"$work/packages"
if [ -n "$other" ]; then
    echo "SECURITY.md has other versions than this machine: look at the changelogs of$other"
    exit 77
fi
echo "$(wc -l <"$work/packages") packages, $known CVEs of their changelogs"
