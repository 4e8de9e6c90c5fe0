#!/bin/sh
# workflows/README.md: each of the 49 mechanisms has one row, whose workflow is there with scenarios; each workflow stands in the table; and it says
# itself, in a comment at its head, which mechanisms it is for.
set -eu
cd "$(dirname "$0")/../.."
wrong=0
table=$(mktemp)
trap 'rm -f "$table"' EXIT
say() { echo "$*"; wrong=1; }
rows=$(sed -n 's/^| \([0-9][0-9]*\) | .*/\1/p' workflows/README.md)
[ "$(echo "$rows" | tr '\n' ' ')" = "$(seq -s ' ' 1 49) " ] || say "the table has not the rows 1 to 49, each once and in order: $(echo $rows)"
sed -n 's/^| \([0-9][0-9]*\) |[^|]*|[^]]*\[\([a-z-]*\)\](\([a-z-]*\)).*/\1 \2 \3/p' workflows/README.md >"$table"
[ "$(wc -l <"$table")" -eq 49 ] || say "not every row links a workflow"
while read -r number name folder; do
    [ "$name" = "$folder" ] || say "row $number: $name leads to $folder"
    file=workflows/$folder/workflow.yaml
    if [ ! -f "$file" ]; then say "row $number: there is no $file"; continue; fi
    grep -q "^workflow: $name\$" "$file" || say "$file: is not the workflow $name"
    grep -rql '^scenario:' "workflows/$folder/scenarios" 2>/dev/null || say "row $number: $folder has no scenarios"
    sed -n '1,/^workflow:/s/^#//p' "$file" | grep -Eq "(D2|mechanisms?)[^#]*[^0-9]$number([^0-9]|\$)" || say "$file: its head does not name mechanism $number (such as: D2 no. $number)"
done <"$table"
for file in workflows/*/workflow.yaml; do
    folder=$(basename "$(dirname "$file")")
    [ "$folder" = bench ] || grep -q "]($folder)" workflows/README.md || say "$file: not in the table of workflows/README.md"
done
grep -q '^## What is not built' workflows/README.md || say "workflows/README.md does not say what is not built"
exit $wrong
