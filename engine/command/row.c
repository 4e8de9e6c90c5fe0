/* row: see row.h. */
#include "engine/command/row.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "engine/command/receipt.h"

enum { BYTES_SHOWN_MOST = 64 }; /* ids and hashes */

static const struct value *member(const struct value *row, const char *name, enum value_kind kind)
{
    const struct value *value = value_get(row, name);
    return value && value->kind == kind ? value : NULL;
}

struct text row_text(const struct value *row, const char *name)
{
    const struct value *value = member(row, name, VALUE_TEXT);
    return value ? value->text : (struct text){"", 0};
}

int64_t row_integer(const struct value *row, const char *name)
{
    const struct value *value = member(row, name, VALUE_INTEGER);
    return value ? value->integer : 0;
}

bool row_flag(const struct value *row, const char *name)
{
    const struct value *value = member(row, name, VALUE_BOOLEAN);
    return value && value->boolean;
}

const struct value *row_list(const struct value *row, const char *name)
{
    return member(row, name, VALUE_LIST);
}

const struct value *row_map(const struct value *row, const char *name)
{
    return member(row, name, VALUE_MAP);
}

/* ---- titles ---- */

/* The language's own events have no titles in a workflow. */
static struct text own_title(struct text name)
{
    static const struct {
        const char *name, *zh;
    } own[] = {{"claim", "认领"},       {"hand-over", "转交"},      {"extend", "延长期限"},
               {"grant", "同意延长"}, {"deny", "不同意延长"}, {"take-back", "收回"}, {"unclaim", "放回"}, {"add-handler", "增加协办"}, {"remove-handler", "移出协办"}};
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        if (text_is(name, own[i].name))
            return text_of(own[i].zh);
    return (struct text){"", 0};
}

static struct text named(struct arena *arena, struct text zh, struct text name)
{
    return zh.size ? arena_print(arena, "%.*s（%.*s）", (int)zh.size, zh.data, (int)name.size, name.data) : name;
}

struct text row_title(struct arena *arena, const struct value *row, const char *member, struct text name, bool chinese)
{
    const struct value *title = row_map(row_map(row, "titles"), member);
    bool among = strcmp(member, "can") == 0 || strcmp(member, "data") == 0;
    if (title && among)
        title = row_map(title, arena_string(arena, name));
    struct text zh = title ? row_text(title, "zh") : (struct text){"", 0};
    if (zh.size == 0 && strcmp(member, "can") == 0)
        zh = own_title(name);
    return chinese ? named(arena, zh, name) : name;
}

struct text row_possible(struct arena *arena, const struct value *row, bool chinese)
{
    const struct value *can = row_list(row, "can");
    struct text out = {"", 0};
    for (uint32_t i = 0; can && i < can->count; i++) {
        struct text name = row_title(arena, row, "can", value_words(arena, &can->items[i]), chinese);
        out = arena_print(arena, "%.*s%s%.*s", (int)out.size, out.data, !i ? "" : chinese ? "、" : ", ", (int)name.size, name.data);
    }
    return out;
}

/* ---- values ---- */

/* `titles`: {WORD: {en, zh}}, of the words that are called by their Chinese titles; or NULL. */
static struct text called(struct arena *arena, const struct value *value, const struct value *titles);

static struct text join_items(struct arena *arena, const struct value *value, const struct value *titles)
{
    struct text out = {"", 0};
    bool map = value->kind == VALUE_MAP;
    for (uint32_t i = 0; i < value->count; i++) {
        struct text item = called(arena, &value->items[map ? 2 * i + 1 : i], titles);
        struct text name = map ? value->items[2 * i].text : (struct text){"", 0};
        out = arena_print(arena, "%.*s%s%.*s%s%.*s", (int)out.size, out.data, i ? ", " : "", (int)name.size, name.data, map ? ": " : "",
                          (int)item.size, item.data);
    }
    return out;
}

static struct text called(struct arena *arena, const struct value *value, const struct value *titles)
{
    switch (value->kind) {
    case VALUE_NONE: return TEXT("");
    case VALUE_BOOLEAN: return value->boolean ? TEXT("true") : TEXT("false");
    case VALUE_INTEGER: return arena_print(arena, "%lld", (long long)value->integer);
    case VALUE_TEXT: return titles ? named(arena, row_text(row_map(titles, arena_string(arena, value->text)), "zh"), value->text) : value->text;
    case VALUE_BYTES:
        return value->text.size <= BYTES_SHOWN_MOST ? receipt_id(arena, value->text) : arena_print(arena, "(%zu bytes)", value->text.size);
    case VALUE_LIST:
    case VALUE_MAP: break;
    }
    return join_items(arena, value, titles);
}

struct text value_words(struct arena *arena, const struct value *value)
{
    return called(arena, value, NULL);
}

struct text row_value(struct arena *arena, const struct value *row, struct text field, const struct value *value, bool chinese)
{
    const struct value *words = chinese ? row_map(row, "words") : NULL;
    return called(arena, value, words ? row_map(words, arena_string(arena, field)) : NULL);
}

/* ---- times ----
 * The engine keeps to UTC and its own calendars; for showing a moment to people the machine's zone data are good enough. */

static bool zone_known(const char *zone)
{
    const char *path[] = {"/usr/share/zoneinfo/", zone};
    char name[256];
    size_t folder = strlen(path[0]), size = strlen(zone) + 1;
    if (strstr(zone, "..") || folder + size > sizeof name)
        return false;
    memcpy(name, path[0], folder);
    memcpy(name + folder, zone, size);
    return access(name, R_OK) == 0;
}

/* True: the times that localtime_r gives now are those of the zone. */
static bool enter_zone(struct arena *arena, struct text name)
{
    static char entered[128];
    if (name.size == 0 || name.size >= sizeof entered)
        return false;
    if (text_is(name, entered))
        return true;
    const char *zone = arena_string(arena, name);
    if (!zone_known(zone) || setenv("TZ", zone, 1) != 0)
        return false;
    tzset();
    memcpy(entered, zone, name.size + 1);
    return true;
}

static struct text print_time(struct arena *arena, struct text zone, int64_t time, bool due)
{
    bool local = enter_zone(arena, zone);
    time_t seconds = (time_t)(time / 1000);
    struct tm parts = {0};
    if (!(local ? localtime_r : gmtime_r)(&seconds, &parts))
        return arena_print(arena, "%lld", (long long)time);
    bool ends_day = due && parts.tm_hour == 0 && parts.tm_min == 0 && parts.tm_sec == 0;
    seconds -= ends_day ? 1 : 0;
    if (ends_day && !(local ? localtime_r : gmtime_r)(&seconds, &parts))
        return arena_print(arena, "%lld", (long long)time);
    return arena_print(arena, "%04d-%02d-%02d %02d:%02d%s", parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday,
                       ends_day ? 24 : parts.tm_hour, ends_day ? 0 : parts.tm_min, local ? "" : "Z");
}

struct text time_words(struct arena *arena, struct text zone, int64_t time)
{
    return time ? print_time(arena, zone, time, false) : TEXT("");
}

struct text due_words(struct arena *arena, struct text zone, int64_t due)
{
    return due ? print_time(arena, zone, due, true) : TEXT("");
}

struct text row_time(struct arena *arena, const struct value *row, const char *name)
{
    return time_words(arena, row_text(row, "zone"), row_integer(row, name));
}

struct text row_due(struct arena *arena, const struct value *row, const char *name)
{
    return due_words(arena, row_text(row, "zone"), row_integer(row, name));
}
