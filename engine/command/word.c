/* word: see word.h. */
#include "engine/command/word.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "engine/calendar.h"
#include "proto/wire.h"

/* ---- ids and cases ---- */

static int digit_of(char character)
{
    if (character >= '0' && character <= '9')
        return character - '0';
    if (character >= 'a' && character <= 'f')
        return character - 'a' + 10;
    return character >= 'A' && character <= 'F' ? character - 'A' + 10 : -1;
}

bool word_is_id(struct text word, uint8_t id[ID_SIZE])
{
    bool uuid = word.size == 2 * ID_SIZE + 4;
    if (!uuid && word.size != 2 * ID_SIZE)
        return false;
    size_t digits = 0;
    for (size_t i = 0; i < word.size; i++) {
        bool hyphen = uuid && (i == 8 || i == 13 || i == 18 || i == 23);
        int digit = digit_of(word.data[i]);
        if (hyphen ? word.data[i] != '-' : digit < 0)
            return false;
        if (hyphen)
            continue;
        id[digits / 2] = (uint8_t)(digits % 2 ? id[digits / 2] | digit : digit << 4);
        digits++;
    }
    return digits == 2 * ID_SIZE;
}

static struct text keep_id(const struct command_line *line, const uint8_t id[ID_SIZE])
{
    return arena_copy(line->arena, (struct text){(const char *)id, ID_SIZE});
}

bool word_id(const struct command_line *line, const char *option, struct text *out)
{
    const char *word = command_value(line, option);
    uint8_t id[ID_SIZE];
    if (!word)
        return true;
    if (!word_is_id(text_of(word), id)) {
        command_misuse(
            line,
            command_say(line, "--%s takes 32 hexadecimal digits or a UUID, not \"%s\".", "--%s 需要 32 位十六进制数或 UUID，不是“%s”。"),
            option, word);
        return false;
    }
    *out = keep_id(line, id);
    return true;
}

bool word_case(const struct command_line *line, const char *word, struct case_ref *out)
{
    uint8_t id[ID_SIZE];
    struct text text = text_of(word);
    if (text.size == 0 || text.size > 128 || !wire_is_text(text)) {
        command_misuse(line, "%s", command_say(line, "a case is named by its id, its number, or its key.", "案件用编号、案号或键来指定。"));
        return false;
    }
    if (word_is_id(text, id)) {
        *out = (struct case_ref){.kind = CASE_REF_KEY, .text = keep_id(line, id)};
        return true;
    }
    if (text.size <= 19 && strspn(word, "0123456789") == text.size) {
        *out = (struct case_ref){.kind = CASE_REF_ID, .id = strtoull(word, NULL, 10)};
        return true;
    }
    *out = (struct case_ref){.kind = CASE_REF_NUMBER, .text = text};
    return true;
}

/* What a text begins with, as an official number has it; NULL: as it is. */
static const char *official_sign(struct text text, size_t *taken)
{
    static const struct {
        const char *typed, *official;
    } signs[] = {
        {"(", "〔"},  {"[", "〔"},  {"（", "〔"}, {"［", "〔"}, {"【", "〔"}, {")", "〕"},  {"]", "〕"},  {"）", "〕"}, {"］", "〕"}, {"】", "〕"},
        {"０", "0"}, {"１", "1"}, {"２", "2"}, {"３", "3"}, {"４", "4"}, {"５", "5"}, {"６", "6"}, {"７", "7"}, {"８", "8"}, {"９", "9"},
    };
    for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++) {
        *taken = strlen(signs[i].typed);
        if (text.size >= *taken && memcmp(text.data, signs[i].typed, *taken) == 0)
            return signs[i].official;
    }
    *taken = 1;
    return NULL;
}

bool word_official(struct arena *arena, struct text *number)
{
    char *out = arena_take(arena, number->size * 3 + 1); /* a bracket grows from one byte to three */
    size_t size = 0;
    for (size_t at = 0, taken; at < number->size; at += taken) {
        const char *sign = official_sign((struct text){number->data + at, number->size - at}, &taken);
        struct text taken_over = {number->data + at, taken};
        if (sign)
            taken_over = text_of(sign);
        memcpy(out + size, taken_over.data, taken_over.size);
        size += taken_over.size;
    }
    struct text official = {out, size};
    bool changed = !text_equal(official, *number);
    *number = official;
    return changed;
}

/* ---- moments ---- */

/* Exactly so many digits at `*at`, between least and most. */
static bool take_digits(struct text *at, int digits, int least, int most, int *out)
{
    int number = 0;
    for (int i = 0; i < digits; i++) {
        if ((size_t)i >= at->size || at->data[i] < '0' || at->data[i] > '9')
            return false;
        number = number * 10 + (at->data[i] - '0');
    }
    *at = (struct text){at->data + digits, at->size - (size_t)digits};
    *out = number;
    return number >= least && number <= most;
}

static bool take_character(struct text *at, const char *allowed)
{
    if (at->size == 0 || !strchr(allowed, at->data[0]))
        return false;
    *at = (struct text){at->data + 1, at->size - 1};
    return true;
}

/* Z, +08:00, or nothing. */
static bool take_offset(struct text *at, bool *local, int *minutes)
{
    int hour, minute;
    *local = at->size == 0;
    *minutes = 0;
    if (*local || take_character(at, "Z"))
        return at->size == 0;
    bool west = at->data[0] == '-';
    if (!take_character(at, "+-") || !take_digits(at, 2, 0, 14, &hour) || !take_character(at, ":") || !take_digits(at, 2, 0, 59, &minute))
        return false;
    *minutes = (west ? -1 : 1) * (hour * 60 + minute);
    return at->size == 0;
}

bool word_is_time(struct text word, int64_t *time)
{
    struct civil date;
    int32_t day;
    int hour, minute, second = 0, offset;
    bool local;
    if (word.size < 16 || !civil_parse((struct text){word.data, 10}, &day))
        return false;
    date = civil_of(day);
    struct text at = {word.data + 10, word.size - 10};
    if (!take_character(&at, " T") || !take_digits(&at, 2, 0, 23, &hour) || !take_character(&at, ":") ||
        !take_digits(&at, 2, 0, 59, &minute))
        return false;
    if (at.size && at.data[0] == ':' && !(take_character(&at, ":") && take_digits(&at, 2, 0, 59, &second)))
        return false;
    if (!take_offset(&at, &local, &offset))
        return false;
    struct tm parts = {.tm_year = date.year - 1900,
                       .tm_mon = date.month - 1,
                       .tm_mday = date.day,
                       .tm_hour = hour,
                       .tm_min = minute,
                       .tm_sec = second,
                       .tm_isdst = -1};
    *time = ((int64_t)(local ? mktime(&parts) : timegm(&parts)) - offset * 60) * 1000;
    return true;
}

bool word_time(const struct command_line *line, const char *option, bool *given, int64_t *time)
{
    const char *word = command_value(line, option);
    *given = word != NULL;
    if (!word || word_is_time(text_of(word), time))
        return true;
    command_misuse(line,
                   command_say(line, "--%s takes a moment such as \"2026-09-24 09:00\" or 2026-09-24T09:00+08:00, not \"%s\".",
                               "--%s 需要时间，如 \"2026-09-24 09:00\" 或 2026-09-24T09:00+08:00，不是“%s”。"),
                   option, word);
    return false;
}

/* ---- fields ---- */

static bool read_json(const struct command_line *line, struct text name, const char *json, struct value *out)
{
    struct text why;
    if (wire_from_json(line->arena, text_of(json), out, &why) == ERR_OK)
        return true;
    command_misuse(line, command_say(line, "%.*s:= is not followed by JSON: %.*s.", "%.*s:= 后面不是 JSON: %.*s。"), (int)name.size,
                   name.data, (int)why.size, why.data);
    return false;
}

/* One FIELD=VALUE or FIELD:=JSON. */
static bool read_field(const struct command_line *line, const char *word, struct field_value *field)
{
    const char *equals = strchr(word, '=');
    if (!equals || equals == word || (equals == word + 1 && word[0] == ':')) {
        command_misuse(line, command_say(line, "\"%s\" is not a field: write FIELD=VALUE.", "“%s”不是字段：请写 字段=值。"), word);
        return false;
    }
    bool json = equals[-1] == ':';
    field->name = (struct text){word, (size_t)(equals - word) - json};
    field->value = value_text(text_of(equals + 1));
    if (field->name.size > WIRE_NAME_MOST || !wire_is_text(field->name) || (!json && !wire_is_text(field->value.text))) {
        command_misuse(line,
                       command_say(line, "\"%s\" cannot be a field: its name is too long, or it is not UTF-8.",
                                   "“%s”不能作为字段：名称太长，或不是 UTF-8。"),
                       word);
        return false;
    }
    return !json || read_json(line, field->name, equals + 1, &field->value);
}

/* The same field again: its values become one list. */
static void add_value(struct arena *arena, struct value *value, struct value more)
{
    bool list = value->kind == VALUE_LIST;
    uint32_t count = list ? value->count : 1;
    struct value *items = ARENA_ARRAY(arena, struct value, count + 1);
    memcpy(items, list ? value->items : value, count * sizeof *items);
    items[count] = more;
    *value = (struct value){.kind = VALUE_LIST, .count = count + 1, .items = items};
}

static int compare_fields(const void *a, const void *b)
{
    return text_compare(((const struct field_value *)a)->name, ((const struct field_value *)b)->name);
}

bool word_fields(const struct command_line *line, char **words, int count, const struct field_value **fields, uint32_t *field_count)
{
    struct field_value *list = ARENA_ARRAY(line->arena, struct field_value, (size_t)count);
    uint32_t used = 0;
    for (int i = 0; i < count; i++) {
        struct field_value field;
        uint32_t same = 0;
        if (!read_field(line, words[i], &field))
            return false;
        while (same < used && !text_equal(list[same].name, field.name))
            same++;
        if (same < used)
            add_value(line->arena, &list[same].value, field.value);
        else
            list[used++] = field;
    }
    if (used)
        qsort(list, used, sizeof *list, compare_fields);
    *fields = list;
    *field_count = used;
    return true;
}

bool word_stages(const struct command_line *line, const char *option, struct value *out)
{
    struct map_maker map = map_begin(line->arena);
    const char *word;
    for (int i = 0; (word = command_value_at(line, option, i)); i++) {
        const char *equals = strchr(word, '=');
        struct text old = {word, equals ? (size_t)(equals - word) : 0};
        bool twice = false;
        for (uint32_t at = 0; at < map.pairs; at++)
            twice = twice || text_equal(map.items[2 * at].text, old);
        if (!equals || !old.size || !equals[1] || twice) {
            command_misuse(line, command_say(line, "--%s takes OLD=NEW, two stages, each once, not \"%s\".", "--%s 需要“旧环节=新环节”，各一次，不是“%s”。"), option, word);
            return false;
        }
        map_put_named(&map, old, value_text(text_of(equals + 1)));
    }
    *out = map_end(&map);
    return true;
}
