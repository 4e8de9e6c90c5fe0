#!/bin/sh
# Includes go one way, and each library enters through its own rooms (design section 3).
# usage: tests/unit/05_direction_test.sh [BUILD_DIR]   (nothing there is looked at: what counts is the source)
set -eu
cd "$(dirname "$0")/../.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# One floor a line, lowest first: its rooms, and the floors below that it may include (its own always). A room is a .c with its .h; `*`
# stands for any ending; the first line that fits a room is its floor. `tests/` and the bench of another language are no rooms.
cat >"$work/floors" <<'TABLE'
ground    proto/text proto/err proto/value engine/arena engine/bytes engine/map                                :
message   proto/message proto/message_* proto/wire proto/wire_put proto/json                           : ground
client    proto/key proto/connection proto/pending proto/client proto/client_*                         : ground message
values    engine/tables engine/refusal_words engine/vote engine/vote_words engine/decimal engine/rating engine/workflow engine/workflow_shape engine/workflow_sound engine/calendar engine/civil engine/period engine/duration engine/directory engine/directory_make engine/recurrence : ground message
case      engine/roll engine/event engine/case engine/case_fits engine/case_record engine/case_record_* engine/case_section engine/effect                                    : ground message values
decide    engine/advance engine/access engine/access_* engine/condition engine/lookup engine/retain engine/step engine/clock engine/clock_stand engine/notice engine/task engine/task_* engine/intake engine/intake_value engine/sender engine/poll engine/poll_* engine/part engine/place engine/outcome engine/attempt engine/kin engine/kin_* engine/extend engine/moment engine/stop engine/publication engine/reopen engine/number engine/possible engine/due engine/migrate engine/migrate_* : ground message values case
machine   engine/sha256 engine/tree engine/limits engine/store engine/store_* engine/reads engine/metrics engine/walltime engine/oplog engine/guard engine/systemd engine/alarm engine/embedded       : ground message values
record    engine/record engine/record_* engine/log engine/batch                                                  : ground message values case machine
readers   engine/yaml engine/yaml_* engine/problems engine/zone engine/zone_rule engine/calendar_yaml engine/directory_* engine/workflow_* engine/source engine/form engine/schema engine/schema_* : ground message values
drawing   engine/draw engine/draw_*                                                                    : ground message values
link      engine/link engine/link_* engine/backlog                                                                  : ground machine
keys      engine/principal engine/principal_yaml engine/key_folder                                     : ground message client values machine readers
config    engine/config engine/config_*                                                                : ground message machine readers link
engine    engine/engine engine/engine_* engine/rehearse engine/verify engine/verify_* engine/manifest engine/backup                                               : ground message values case decide machine record
door      engine/proof engine/door engine/door_* engine/seal engine/seal_* engine/view engine/view_*                   : ground message values case decide machine record engine
explain   engine/explain engine/explain_*                                                              : ground message values case decide machine record drawing engine door
outbox    engine/outbox engine/outbox_* engine/query engine/query_*                                    : ground message values case decide machine record drawing engine door explain
scenario  engine/scenario engine/scenario_*                                                            : ground message values case decide machine record readers config engine door outbox
server    engine/server engine/server_* engine/children                                                : ground message values case decide machine record readers config engine door outbox link keys client
worker    workers/worker workers/exec                                                                  : ground message client
command   engine/command/*                                                                             : ground message client values machine readers drawing keys config engine door scenario server worker
docket    workers/docket workers/docket_*                                                              : ground message machine
centre    workers/desk workers/centre                                                                  : ground message client machine link worker command docket
main      engine/main workers/mediation_centre                                                         : ground machine command centre
TABLE

# Each foreign header, and the only rooms that may include it.
cat >"$work/foreign" <<'TABLE'
uv.h            engine/server engine/server_* engine/children
zmq.h           engine/link engine/link_zap proto/connection
lmdb.h          engine/store_lmdb engine/store_lmdb_* engine/store_bench
msgpack.h       proto/wire_put
msgpack/*       proto/wire_put
yaml.h          engine/yaml
graphviz/gvc.h  engine/draw_svg
libical/ical.h  engine/recurrence
nettle/sha2.h   engine/sha256
sodium.h        engine/command/prove engine/seal engine/seal_keys engine/key_folder engine/manifest engine/command/import engine/command/import_row
TABLE

# What belongs to the language and the system. Anything else is a library that nobody has let in.
cat >"$work/system" <<'TABLE'
assert.h ctype.h dirent.h dlfcn.h errno.h fcntl.h ftw.h grp.h inttypes.h libgen.h limits.h malloc.h poll.h pthread.h pwd.h signal.h spawn.h stdarg.h
stdatomic.h stdbool.h stddef.h stdint.h stdio.h stdlib.h string.h time.h unistd.h sys/* arpa/* netinet/* linux/*
TABLE

find proto engine workers -name '*.[ch]' | sort >"$work/files"
while read -r file; do
    sed -n -e "s|^[ \t]*#[ \t]*include[ \t]*\"\([^\"]*\)\".*|own $file \1|p" -e "s|^[ \t]*#[ \t]*include[ \t]*<\([^>]*\)>.*|foreign $file \1|p" "$file"
done <"$work/files" >"$work/includes"

awk -v work="$work" '
function fits(pattern, name) {
    if (pattern ~ /\*$/) return index(name, substr(pattern, 1, length(pattern) - 1)) == 1
    return pattern == name
}
function room_of(file) { sub(/\.[ch]$/, "", file); return file }
function floor_of(room,    i) {
    for (i = 1; i <= rules; i++) if (fits(rule[i], room)) { used[i] = 1; return rule_floor[i] }
    return ""
}
function among(list, name,    i, count, word) {
    count = split(list, word, " ")
    for (i = 1; i <= count; i++) if (fits(word[i], name)) return 1
    return 0
}
function wrong(words) { print words; mistakes++ }
BEGIN {
    while ((getline line < (work "/floors")) > 0) {
        at = index(line, ":")
        count = split(substr(line, 1, at - 1), word, " ")
        below = split(substr(line, at + 1), lower, " ")
        floor = word[1]
        for (i = 1; i <= below; i++) {
            if (!(lower[i] in known)) wrong("the table lets " floor " include " lower[i] ", which is not below it")
            may[floor, lower[i]] = 1
        }
        known[floor] = may[floor, floor] = 1
        for (i = 2; i <= count; i++) { rule[++rules] = word[i]; rule_floor[rules] = floor }
    }
    while ((getline line < (work "/foreign")) > 0) { header = line; sub(/ .*/, "", header); sub(/^[^ ]+ +/, "", line); headers[++foreign] = header; through[foreign] = line }
    while ((getline line < (work "/system")) > 0) system_headers = system_headers " " line
    while ((getline line < (work "/files")) > 0) { files++; if (floor_of(room_of(line)) == "") wrong(line ": no floor of the table in tests/unit/05_direction_test.sh has this room") }
    if (files < 50) wrong("only " files " files: this test looks at nothing")
    while ((getline line < (work "/includes")) > 0) {
        split(line, part, " ")
        from = room_of(part[2]); to = part[3]; seen++
        if (part[1] == "own") {
            a = floor_of(from); b = floor_of(room_of(to))
            if (b == "") wrong(part[2] ": includes " to ", which is in no room")
            else if (a != "" && !((a, b) in may)) wrong(part[2] " (" a ") includes " to " (" b "): the direction is wrong")
            continue
        }
        found = 0
        for (i = 1; i <= foreign; i++) if (fits(headers[i], to)) {
            found = 1
            if (!among(through[i], from)) wrong(part[2] ": <" to "> enters through " through[i] " only")
        }
        if (!found && !among(system_headers, to)) wrong(part[2] ": <" to "> is a library that the table does not know")
    }
    for (i = 1; i <= rules; i++) if (!(i in used) && rule[i] !~ /\*$/) wrong(rule[i] ": in the table, but no such room")
    if (seen < 200) wrong("only " seen " includes: this test looks at nothing")
    if (mistakes) exit 1
    print files " files, " seen " includes, all of them downwards"
}' </dev/null
