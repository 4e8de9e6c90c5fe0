/* err: the one list of everything that can go wrong, with its sentence and the next step for whoever hears it.
 *
 * Each code has a name (kebab-case: it is what travels on the wire and what scripts match on), a sentence (what happened)
 * and an advice (what the sender should do next). Codes are added at the end of their group and never renamed:
 * receipts kept by clients quote them. PROTOCOL.md section "Refusals" is checked against this list by a test. */
#ifndef STAIRCASE_ERR_H
#define STAIRCASE_ERR_H

#include <stdbool.h>

#define ERR_LIST(X)                                                                                                    \
    X(OK, "ok", "Done.", "Nothing to do.")                                                                             \
    /* What a sender can mend in the message itself. */                                                                \
    X(MALFORMED, "malformed", "The message is not a valid Staircase message.", "Send it again as PROTOCOL.md says.")   \
    X(TOO_LARGE, "too-large", "The message is larger than the limit.", "Send less: long documents belong in another system, by reference.") \
    X(VERSION, "version", "This protocol version is not spoken here.", "Use a version that the welcome names.")        \
    X(BAD_DATA, "bad-data", "A field is missing, unknown, or of the wrong shape.", "Mend the fields that are named and send again.") \
    X(BAD_TIME, "bad-time", "The event says that it happened in the future.", "Set the clock of the sending device and send again.") \
    X(ID_REUSED, "id-reused", "This event id was used before with other content.", "Give a new event its own id.")     \
    X(KEY_TAKEN, "key-taken", "This case key belongs to another case already.", "Give a new case its own key.")        \
    X(OUT_OF_ORDER, "out-of-order", "A later event of this imported case has been applied already.", "Send the events of an old case in the order of their time.") \
    /* What is not here. */                                                                                            \
    X(UNKNOWN_CASE, "unknown-case", "There is no such case.", "Check the id, number or key; a case key may also be sent before its case.") \
    X(UNKNOWN_WORKFLOW, "unknown-workflow", "No such workflow is deployed, or none applies yet.", "Deploy it, or check the name.") \
    X(UNKNOWN_UNIT, "unknown-unit", "There is no such unit in the directory.", "Check the path; `staircase list --units` shows them.") \
    X(UNKNOWN_PERSON, "unknown-person", "There is no such person in the directory.", "Check the name; a resident is written app:token.") \
    X(UNKNOWN_EVENT, "unknown-event", "The workflow of this case has no such event.", "Use one of the events that are named.") \
    X(UNKNOWN_TASK, "unknown-task", "There is no such task, or it is settled.", "Drop the report: nothing is owed any more.") \
    X(UNKNOWN_INCIDENT, "unknown-incident", "There is no such open incident.", "List the open ones with `staircase incidents`.") \
    /* What the case does not allow now. */                                                                            \
    X(NOT_NOW, "not-now", "The case does not take this event where it stands.", "See what is possible now; drop the event or send it later.") \
    X(NOT_ALLOWED, "not-allowed", "This person may not send this event.", "Let someone who may send it.")              \
    X(TOO_LATE, "too-late", "The time for this event has passed.", "Nothing: see the deadline that is named.")         \
    X(TOO_OFTEN, "too-often", "This event may not be sent again in this case.", "Use another way on.")                 \
    X(CONDITION, "condition", "The condition of this event does not hold.", "See the part of the condition that is named.") \
    X(NO_LEVEL, "no-level", "No unit serves that level for this case.", "Name the unit in the directory, or choose another level.") \
    X(CASE_FULL, "case-full", "The case holds all that a case can hold.", "Open a new case and refer to this one.")    \
    X(STALE_LEASE, "stale-lease", "The task was given to another worker meanwhile.", "Drop the report.")               \
    X(TOO_MANY_PARKED, "too-many-parked", "Too many events of this sender wait for cases that are not here.", "Send the opening events first.") \
    X(PARKED_EXPIRED, "parked-expired", "The case that this event waited for did not come in time.", "Send the opening event, then this one under a new id.") \
    X(NO_PLACE, "no-place", "The other version has no place for this case as it stands.", "Name a place for what is missing, or what may be dropped; or let the case go on first.") \
    /* Deployments. */                                                                                                 \
    X(INVALID_SOURCE, "invalid-source", "The file has mistakes.", "Mend what is listed; `staircase check FILE` shows it with its place.") \
    X(OTHER_CONTENT, "other-content", "This name and version are deployed with other content.", "Give the changed file a new version.") \
    X(OLDER_VERSION, "older-version", "A newer version is deployed already.", "Give the changed file a version above the newest.") \
    X(UNIT_IN_USE, "unit-in-use", "Open cases stand at a unit that the new directory lacks.", "Keep the unit, or name its successor.") \
    /* The engine's own state. */                                                                                      \
    X(BUSY, "busy", "The engine has all the work it can take now.", "Send the same event again after the time given.") \
    X(READ_ONLY, "read-only", "The disk is full: the engine answers questions only.", "Make room; send the same event again then.") \
    X(DENIED, "denied", "This connection may not do that.", "Use the connection and the key that are meant for it.")   \
    X(STOPPING, "stopping", "The engine is stopping.", "Send the same event again when it is back.")                   \
    X(NOT_REGISTERED, "not-registered", "The engine does not know this worker: one of the two was started again, or the worker was silent too long.", "Register again; what it held comes again under a new lease.") \
    /* What the machine does to us. */                                                                                 \
    X(NO_MEMORY, "no-memory", "Memory ran out.", "Give the process more memory, or send less at once.")                \
    X(IO, "io", "Reading or writing the disk failed.", "Check the disk; the engine recovers at its next start.")       \
    X(DISK_FULL, "disk-full", "The disk is full.", "Make room on the disk.")                                           \
    X(MAP_FULL, "map-full", "The store's map is full.", "Nothing: the engine enlarges it.")                            \
    X(NOT_FOUND, "not-found", "Not found.", "Check the name.")                                                         \
    X(CORRUPT, "corrupt", "Stored data does not match its checksum.", "Restore a backup; run `staircase verify` on a copy.") \
    X(NEWER_FORMAT, "newer-format", "The data were written by a newer Staircase.", "Use that version or a newer one.") \
    X(LOCKED, "locked", "Another engine runs on this data folder.", "Stop it first, or name another folder with --data.") \
    X(BAD_CONFIG, "bad-config", "The configuration contradicts itself.", "Mend the lines that are named.")             \
    X(NO_ENGINE, "no-engine", "No engine answers at this data folder.", "Start it with `staircase serve`, or name its folder with --data.") \
    X(TIMED_OUT, "timed-out", "No answer came in time: whether the event was applied is not known.", "Send it again with the same event id.") \
    X(USAGE, "usage", "The command was called wrongly.", "See `staircase COMMAND --help`.")                            \
    X(OTHER, "other", "The engine refused for a reason that this program is too old to know.", "Read the sentence that came with it.")

enum err {
#define ERR_ENUM(code, name, sentence, advice) ERR_##code,
    ERR_LIST(ERR_ENUM)
#undef ERR_ENUM
    ERR_COUNT
};

/* The name that travels, the sentence, the advice. Never NULL; an unknown number gives those of ERR_CORRUPT. */
const char *err_name(enum err code);
const char *err_sentence(enum err code);
const char *err_advice(enum err code);

/* May stand in a refusal or a busy. The others are for whoever runs a program on this machine. */
bool err_travels(enum err code);

/* The code of a name, ERR_COUNT when there is none. */
enum err err_from_name(const char *name, unsigned long length);

#endif
