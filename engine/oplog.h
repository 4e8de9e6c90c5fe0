/* oplog: the operator's log. One event is one line of logfmt on standard error:
 *
 *     time=2026-11-21T18:24:42.117Z level=info event=listening endpoint="ipc://var/engine.sock" batch=1024
 *
 * It tells what the engine did, with names, codes, positions and counts; never a value that somebody put into a case, never a
 * person, never a key. A line is written whole or not at all, and a full pipe loses it (the next line says how many were lost): the log must not stop the engine. */
#ifndef STAIRCASE_OPLOG_H
#define STAIRCASE_OPLOG_H

#include "proto/text.h"

enum oplog_level { OPLOG_DEBUG, OPLOG_INFO, OPLOG_WARN, OPLOG_ERROR };

enum oplog_kind { OPLOG_END, OPLOG_IS_TEXT, OPLOG_IS_NUMBER };

struct oplog_field {
    enum oplog_kind kind;
    const char *name;
    struct text text;
    int64_t number;
};

#define OPLOG_TEXT(key, value) {.kind = OPLOG_IS_TEXT, .name = (key), .text = (value)}
#define OPLOG_STRING(key, value) {.kind = OPLOG_IS_TEXT, .name = (key), .text = text_of(value)}
#define OPLOG_NUMBER(key, value) {.kind = OPLOG_IS_NUMBER, .name = (key), .number = (int64_t)(value)}

/* oplog(OPLOG_INFO, "listening", OPLOG_STRING("endpoint", address), OPLOG_NUMBER("batch", most)); */
#define oplog(level, event, ...) oplog_write((level), (event), (const struct oplog_field[]){__VA_ARGS__ __VA_OPT__(, ){.kind = OPLOG_END}})
void oplog_write(enum oplog_level level, const char *event, const struct oplog_field *fields);

/* Lines below this level are not written. Info unless set. */
void oplog_set_level(enum oplog_level level);
/* Where lines go: standard error unless set. */
void oplog_set_descriptor(int descriptor);
/* "debug", "info", "warn", "error"; false when it is none of them. */
bool oplog_level_of(struct text name, enum oplog_level *level);

#endif
