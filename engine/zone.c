/* zone: see zone.h. Reading a TZif file; its footer is read in zone_rule.c. */
#include "engine/zone.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

/* Bytes that are read from their front; `failed` sticks. */
struct bytes_reader {
    const unsigned char *at, *end;
    bool failed;
};

static const unsigned char *take(struct bytes_reader *reader, size_t size)
{
    if (reader->failed || (size_t)(reader->end - reader->at) < size) {
        reader->failed = true;
        return NULL;
    }
    reader->at += size;
    return reader->at - size;
}

static int64_t big_endian(const unsigned char *bytes, int size)
{
    uint64_t number = bytes[0] & 0x80 ? UINT64_MAX : 0; /* the sign is carried on */
    for (int i = 0; i < size; i++)
        number = number << 8 | bytes[i];
    return (int64_t)number;
}

/* ---- the parts of the file ---- */

/* Counts of one block, in the order of the file. */
struct counts {
    uint32_t utc, standard, leap, times, types, characters;
};

enum { HEADER_SIZE = 44, OFFSET_MOST = 26 * 3600 };
/* Beyond these no civil date lies; the first is where some files put their beginning of time. */
static const int64_t TIME_LEAST = -((int64_t)1 << 36), TIME_MOST = (int64_t)1 << 38;

static bool read_header(struct bytes_reader *reader, struct counts *counts, unsigned char *version)
{
    const unsigned char *header = take(reader, HEADER_SIZE);
    if (!header || memcmp(header, "TZif", 4) != 0)
        return false;
    uint32_t *const fields[] = {&counts->utc, &counts->standard, &counts->leap, &counts->times, &counts->types, &counts->characters};
    for (int i = 0; i < 6; i++)
        *fields[i] = (uint32_t)big_endian(header + 20 + 4 * i, 4);
    *version = header[4];
    return counts->times <= ZONE_BYTES_MOST && counts->types <= 256 && counts->characters <= ZONE_BYTES_MOST &&
           counts->leap <= ZONE_BYTES_MOST && counts->standard <= 256 && counts->utc <= 256;
}

static size_t block_size(const struct counts *counts, size_t time_size)
{
    return counts->times * (time_size + 1) + counts->types * 6 + counts->characters + counts->leap * (time_size + 4) +
           counts->standard + counts->utc;
}

/* Rows that grow; a row that changes nothing is left out. */
struct rows {
    struct calendar_offset *row;
    int32_t count;
};

static void add_row(struct rows *rows, int64_t from, int32_t seconds)
{
    if (rows->count == 1 && from < TIME_LEAST)
        rows->row[0].seconds = seconds;
    else if (seconds != rows->row[rows->count - 1].seconds)
        rows->row[rows->count++] = (struct calendar_offset){from, seconds};
}

/* The 64-bit block into rows. `*last` is its last transition. */
static bool read_block(struct bytes_reader *reader, const struct counts *counts, struct rows *rows, int64_t *last)
{
    const unsigned char *times = take(reader, counts->times * 8), *kinds = take(reader, counts->times);
    const unsigned char *types = take(reader, counts->types * 6);
    take(reader, counts->characters + counts->standard + counts->utc);
    if (reader->failed || counts->types == 0 || counts->leap > 0)
        return false;
    for (uint32_t i = 0; i < counts->types; i++) {
        int64_t seconds = big_endian(types + 6 * i, 4);
        if (seconds < -OFFSET_MOST || seconds > OFFSET_MOST)
            return false;
    }
    rows->row[rows->count++] = (struct calendar_offset){INT64_MIN, (int32_t)big_endian(types, 4)};
    *last = INT64_MIN;
    for (uint32_t i = 0; i < counts->times; i++) {
        int64_t from = big_endian(times + 8 * i, 8);
        if (from <= *last || from > TIME_MOST || kinds[i] >= counts->types)
            return false;
        add_row(rows, from, (int32_t)big_endian(types + 6 * kinds[i], 4));
        *last = from;
    }
    return true;
}

/* The text between two line ends, which is the rest of the file. */
static bool read_footer(struct bytes_reader *reader, struct text *rule)
{
    const unsigned char *first = take(reader, 1);
    size_t size = (size_t)(reader->end - reader->at);
    if (!first || *first != '\n' || size == 0 || reader->at[size - 1] != '\n')
        return false;
    *rule = (struct text){(const char *)reader->at, size - 1};
    return true;
}

static bool add_rule(struct arena *arena, struct text rule, int64_t last, struct rows *rows)
{
    if (rule.size == 0) /* then the last offset holds for ever */
        return true;
    struct calendar_offset *made = ARENA_ARRAY(arena, struct calendar_offset, ZONE_RULE_ROWS);
    int32_t count = zone_rule(rule, last, made);
    for (int32_t i = 0; i < count; i++)
        add_row(rows, made[i].from, made[i].seconds);
    return count >= 0;
}

enum err zone_compile(struct arena *arena, struct text bytes, struct zone *out, struct text *why)
{
    struct bytes_reader reader = {(const unsigned char *)bytes.data, (const unsigned char *)bytes.data + bytes.size, false};
    struct counts counts = {0};
    unsigned char version = 0;
    struct rows rows = {0};
    int64_t last = INT64_MIN;
    struct text rule = {0};
    *why = TEXT("it is no time zone file");
    if (!read_header(&reader, &counts, &version))
        return ERR_CORRUPT;
    *why = TEXT("it is of version 1, without times after 2037");
    if (version < '2')
        return ERR_CORRUPT;
    *why = TEXT("its tables do not fit together, or it counts leap seconds");
    take(&reader, block_size(&counts, 4));
    if (!read_header(&reader, &counts, &version))
        return ERR_CORRUPT;
    rows.row = ARENA_ARRAY(arena, struct calendar_offset, counts.times + ZONE_RULE_ROWS + 1);
    if (!read_block(&reader, &counts, &rows, &last))
        return ERR_CORRUPT;
    *why = TEXT("the rule at its end cannot be read");
    if (!read_footer(&reader, &rule) || !add_rule(arena, rule, last, &rows))
        return ERR_CORRUPT;
    *out = (struct zone){rows.row, rows.count};
    *why = TEXT("");
    return ERR_OK;
}

/* ---- the file ---- */

/* Letters, digits, + - _ in pieces: a name leads nowhere but below the folder. */
static bool zone_name_holds(struct text name)
{
    static const char others[] = "+-_/";
    for (size_t i = 0; i < name.size; i++) {
        char byte = name.data[i];
        bool letter = (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9');
        if (!letter && (byte == '\0' || !strchr(others, byte)))
            return false;
    }
    return name.size > 0 && name.size <= 64 && name.data[0] != '/';
}

static enum err read_all(struct arena *arena, int file, struct text *bytes)
{
    char *data = arena_take(arena, ZONE_BYTES_MOST + 1);
    size_t size = 0;
    for (ssize_t got; (got = read(file, data + size, ZONE_BYTES_MOST + 1 - size)) != 0;) {
        if (got < 0 && errno != EINTR)
            return ERR_IO;
        size += got > 0 ? (size_t)got : 0;
    }
    *bytes = (struct text){data, size};
    return size > ZONE_BYTES_MOST ? ERR_CORRUPT : ERR_OK;
}

enum err zone_read(struct arena *arena, struct text name, struct zone *out, struct text *why)
{
    const char *folder = getenv("TZDIR");
    struct text bytes, path = arena_print(arena, "%s/%.*s", folder && *folder ? folder : "/usr/share/zoneinfo", (int)name.size, name.data);
    *why = TEXT("the tz database of this machine has no such zone");
    int file = zone_name_holds(name) ? open(path.data, O_RDONLY | O_CLOEXEC) : -1;
    if (file < 0)
        return ERR_NOT_FOUND;
    enum err err = read_all(arena, file, &bytes);
    close(file);
    if (err) {
        *why = arena_print(arena, "%s cannot be read", path.data);
        return err;
    }
    err = zone_compile(arena, bytes, out, why);
    if (err)
        *why = arena_print(arena, "%s cannot be used: %s", path.data, why->data);
    return err;
}
