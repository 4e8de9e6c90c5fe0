/* oplog: see oplog.h. */
#include "engine/oplog.h"

#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "engine/calendar.h"

enum { LINE_MOST = 2048, VALUE_MOST = 512 };
_Static_assert(LINE_MOST <= PIPE_BUF, "a line goes into a pipe whole or not at all");

static enum oplog_level least = OPLOG_INFO;
static int descriptor = STDERR_FILENO;
static int64_t lost; /* lines, since the last that was written */

static const char *const level_names[] = {"debug", "info", "warn", "error"};

struct line {
    char bytes[LINE_MOST];
    size_t size;
};

/* Leaves room for the end of the line; what does not fit is cut. */
static void put(struct line *line, const char *bytes, size_t size)
{
    size_t room = sizeof line->bytes - 1 - line->size;
    size = size < room ? size : room;
    memcpy(line->bytes + line->size, bytes, size);
    line->size += size;
}

static void put_string(struct line *line, const char *string)
{
    put(line, string, strlen(string));
}

static bool needs_quotes(struct text text)
{
    for (size_t i = 0; i < text.size; i++) {
        unsigned char byte = (unsigned char)text.data[i];
        if (byte <= ' ' || byte == '"' || byte == '=' || byte == '\\' || byte == 0x7f)
            return true;
    }
    return text.size == 0;
}

/* One value is one word, or stands in quotes on one line: a text can never look like another field or another line. */
static void put_value(struct line *line, struct text text)
{
    if (text.size > VALUE_MOST)
        text.size = VALUE_MOST;
    if (!needs_quotes(text)) {
        put(line, text.data, text.size);
        return;
    }
    put_string(line, "\"");
    for (size_t i = 0; i < text.size; i++) {
        unsigned char byte = (unsigned char)text.data[i];
        if (byte == '"' || byte == '\\')
            put(line, "\\", 1);
        if (byte == '\n')
            put_string(line, "\\n");
        else if (byte >= ' ' && byte != 0x7f)
            put(line, &text.data[i], 1);
    }
    put_string(line, "\"");
}

static void put_time(struct line *line)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    struct civil date = civil_of((int32_t)(now.tv_sec / 86400));
    int second = (int)(now.tv_sec % 86400);
    char text[64];
    snprintf(text, sizeof text, "time=%04d-%02d-%02dT%02d:%02d:%02d.%03ldZ", date.year, date.month, date.day, second / 3600, second / 60 % 60,
             second % 60, now.tv_nsec / 1000000);
    put_string(line, text);
}

static void put_field(struct line *line, const struct oplog_field *field)
{
    put_string(line, " ");
    put_string(line, field->name);
    put_string(line, "=");
    if (field->kind == OPLOG_IS_TEXT) {
        put_value(line, field->text);
        return;
    }
    char number[24];
    snprintf(number, sizeof number, "%lld", (long long)field->number);
    put_string(line, number);
}

/* One write is one line. A pipe that is full would make the engine wait for whoever reads it: then the line is lost, and the next that is
 * written says how many were. Where POLLOUT is given, a pipe has room for a line (LINE_MOST is below PIPE_BUF). */
static bool write_line(const struct line *line)
{
    struct pollfd room = {.fd = descriptor, .events = POLLOUT};
    if (poll(&room, 1, 0) <= 0 || !(room.revents & POLLOUT))
        return false;
    return write(descriptor, line->bytes, line->size) == (ssize_t)line->size;
}

void oplog_write(enum oplog_level level, const char *event, const struct oplog_field *fields)
{
    if (level < least)
        return;
    struct line line = {.size = 0};
    put_time(&line);
    put_string(&line, " level=");
    put_string(&line, level_names[level]);
    put_string(&line, " event=");
    put_string(&line, event);
    for (; fields->kind != OPLOG_END; fields++)
        put_field(&line, fields);
    if (lost)
        put_field(&line, &(struct oplog_field){.kind = OPLOG_IS_NUMBER, .name = "lost", .number = lost});
    line.bytes[line.size++] = '\n';
    lost = write_line(&line) ? 0 : lost + 1;
}

void oplog_set_level(enum oplog_level level)
{
    least = level;
}

void oplog_set_descriptor(int to)
{
    descriptor = to;
}

bool oplog_level_of(struct text name, enum oplog_level *level)
{
    for (unsigned i = 0; i < sizeof level_names / sizeof *level_names; i++)
        if (text_is(name, level_names[i])) {
            *level = (enum oplog_level)i;
            return true;
        }
    return false;
}
