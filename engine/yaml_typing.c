/* yaml_typing: slips of the keyboard. A Chinese input method writes `：` where YAML wants a colon, `，` for a comma, `“` for a quote, and a wide
 * space that nobody can tell from an ordinary one; an editor indents with tabs. libyaml then complains of something else, somewhere else. Here
 * each of them is told by name and place.
 *
 * A file that cannot be read is looked through line by line. A sign counts as a slip only where it stands between signs of ASCII as a sign of
 * YAML would: in comments, in quotes and in Chinese text it is right. In a file that can be read, a wide sign may be what is wrong with a
 * single word; then node_found tells it. */
#include "engine/yaml.h"

/* What is on no ASCII keyboard. */
#define OTHER '\x7f'

/* ---- characters ---- */

/* The character at the beginning of a text, and its bytes. What is no UTF-8 counts as one byte. */
static uint32_t character_at(struct text text, size_t *bytes)
{
    const unsigned char *at = (const unsigned char *)text.data;
    size_t more = at[0] >= 0xf0 ? 3 : at[0] >= 0xe0 ? 2 : at[0] >= 0xc0 ? 1 : 0;
    *bytes = text.size > more ? more + 1 : 1;
    if (*bytes == 1)
        return at[0];
    uint32_t code = at[0] & (0x3fu >> more);
    for (size_t i = 1; i <= more; i++)
        code = code << 6 | (at[i] & 0x3fu);
    return code;
}

/* The sign of ASCII that somebody meant who typed a wide one; 0 when it is none. */
static char plain_of(uint32_t code)
{
    static const struct {
        uint32_t wide;
        char plain;
    } signs[] = {
        {0x00a0, ' '}, {0x3000, ' '}, {0x3001, ','},  {0x3010, '['},  {0x3011, ']'},
        {0x201c, '"'}, {0x201d, '"'}, {0x2018, '\''}, {0x2019, '\''},
    };
    if (code >= 0xff01 && code <= 0xff5e) /* the full-width forms of ASCII, in its order */
        return (char)(code - 0xff01 + '!');
    for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++)
        if (signs[i].wide == code)
            return signs[i].plain;
    return 0;
}

const char *typing_hint(struct arena *arena, struct text text)
{
    struct text wide = {0};
    char meant = 0;
    for (size_t at = 0, bytes; at < text.size; at += bytes) {
        uint32_t code = character_at((struct text){text.data + at, text.size - at}, &bytes);
        char plain = plain_of(code);
        if (code >= 0x80 && !plain)
            return ""; /* it is Chinese: there such signs are right */
        if (plain && !meant) {
            meant = plain;
            wide = (struct text){text.data + at, bytes};
        }
    }
    if (meant == ' ')
        return " (with a wide space: write an ordinary one)";
    return meant ? arena_print(arena, " (with the full-width \"%.*s\": write \"%c\")", (int)wide.size, wide.data, meant).data : "";
}

/* ---- a line ---- */

struct line {
    int32_t number;
    int32_t size;    /* characters */
    char *plain;     /* what each would be on an ASCII keyboard, or OTHER */
    bool *wide;      /* whether it is the wide form of that */
    const char **at; /* where it stands in the source */
};

static void line_read(struct line *line, struct text text)
{
    line->size = 0;
    for (size_t at = 0, bytes; at < text.size; at += bytes) {
        uint32_t code = character_at((struct text){text.data + at, text.size - at}, &bytes);
        char plain = code < 0x80 ? (char)code : plain_of(code);
        line->plain[line->size] = plain ? plain : OTHER;
        line->wide[line->size] = code >= 0x80 && plain;
        line->at[line->size++] = text.data + at;
    }
}

/* The next character that is no space, in a direction; -1 beyond the line. */
static int32_t beside(const struct line *line, int32_t at, int32_t step)
{
    for (at += step; at >= 0 && at < line->size; at += step)
        if (line->plain[at] != ' ')
            return at;
    return -1;
}

static bool is_ascii(const struct line *line, int32_t at)
{
    return at >= 0 && line->plain[at] != OTHER;
}

static bool is_one_of(const struct line *line, int32_t at, const char *signs)
{
    return at >= 0 && strchr(signs, line->plain[at]);
}

static bool begins_value(const struct line *line, int32_t at)
{
    int32_t before = beside(line, at, -1);
    return before < 0 || is_one_of(line, before, ":,[{-");
}

/* Cuts the comment off, and makes other signs of what stands in proper quotes. */
static void line_leave_out(struct line *line)
{
    for (int32_t i = 0; i < line->size; i++) {
        char sign = line->plain[i];
        if (line->wide[i])
            continue;
        if (sign == '#' && (i == 0 || line->plain[i - 1] == ' ')) {
            line->size = i;
            return;
        }
        if ((sign != '"' && sign != '\'') || !begins_value(line, i))
            continue;
        for (i++; i < line->size && (line->plain[i] != sign || line->wide[i]); i++) {
            line->plain[i] = OTHER;
            line->wide[i] = false;
        }
    }
}

/* ---- slips ---- */

static bool is_name(char sign)
{
    return (sign >= 'a' && sign <= 'z') || (sign >= 'A' && sign <= 'Z') || (sign >= '0' && sign <= '9') || sign == '-' || sign == '_';
}

/* Where the word before a colon begins, when it stands as a key does; -1 otherwise. */
static int32_t key_before(const struct line *line, int32_t colon)
{
    int32_t last = beside(line, colon, -1), first = last;
    while (first >= 0 && !line->wide[first] && is_name(line->plain[first]))
        first--;
    if (last < 0 || first == last)
        return -1;
    int32_t before = first >= 0 && line->plain[first] == ' ' ? beside(line, first, -1) : first;
    return before < 0 || is_one_of(line, before, "{,-") ? first + 1 : -1;
}

static void report(struct problems *problems, const struct line *line, int32_t at, const char *advice)
{
    size_t bytes;
    character_at((struct text){line->at[at], 4}, &bytes); /* no wide sign is longer, and this one is whole: line_read has read it */
    problems_add_at(problems, (struct place){line->number, at + 1}, TEXT(""), "found the full-width \"%.*s\". %s", (int)bytes, line->at[at],
                    advice);
}

static void look_at_indent(struct problems *problems, const struct line *line)
{
    for (int32_t i = 0; i < line->size && (line->plain[i] == ' ' || line->plain[i] == '\t'); i++)
        if (line->plain[i] == '\t' || line->wide[i]) {
            problems_add_at(problems, (struct place){line->number, i + 1}, TEXT(""), "%s stands at the beginning of this line. Indent with ordinary spaces.",
                            line->plain[i] == '\t' ? "a tab" : "a wide space");
            return;
        }
}

/* `within：3 days`, `within:3 days`, and a wide space after the colon. */
static void look_at_colon(struct problems *problems, const struct line *line, int32_t at)
{
    int32_t key = key_before(line, at);
    if (key < 0)
        return;
    if (line->wide[at])
        report(problems, line, at, "After a key comes \":\" and a space.");
    else if (at + 1 < line->size && line->wide[at + 1] && line->plain[at + 1] == ' ')
        problems_add_at(problems, (struct place){line->number, at + 2}, TEXT(""), "a wide space stands after the colon. Write an ordinary one.");
    else if (at + 1 < line->size && (is_name(line->plain[at + 1]) || line->plain[at + 1] == OTHER) &&
             (beside(line, key, -1) < 0 || is_one_of(line, beside(line, key, -1), "{")))
        problems_add_at(problems, (struct place){line->number, at + 1}, TEXT(""), "a space is missing after this colon.");
}

/* A wide bracket or quote; `open` counts those that were told in this line, whose other half is told too. */
static void look_at_bracket(struct problems *problems, const struct line *line, int32_t at, int32_t *open)
{
    bool begins = !strchr("}]", line->plain[at]) && begins_value(line, at) && is_ascii(line, beside(line, at, 1));
    if (!begins && *open == 0)
        return;
    *open += begins ? 1 : -1;
    report(problems, line, at, arena_print(problems->arena, "Write the ordinary %c", line->plain[at]).data);
}

/* What follows reads as a key: `，en: Tiny`. */
static bool key_follows(const struct line *line, int32_t at)
{
    int32_t first = beside(line, at, 1), last = first;
    while (last >= 0 && last < line->size && !line->wide[last] && is_name(line->plain[last]))
        last++;
    return first >= 0 && last > first && last < line->size && !line->wide[last] && line->plain[last] == ':';
}

static void look_at_line(struct problems *problems, struct line *line)
{
    int32_t open = 0;
    line_leave_out(line);
    look_at_indent(problems, line);
    for (int32_t i = 0; i < line->size; i++) {
        char sign = line->plain[i];
        if (sign == ':')
            look_at_colon(problems, line, i);
        else if (line->wide[i] && sign == ',' && ((is_ascii(line, beside(line, i, -1)) && is_ascii(line, beside(line, i, 1))) || key_follows(line, i)))
            report(problems, line, i, "Entries are separated by \",\" and a space.");
        else if (line->wide[i] && strchr("{}[]\"'", sign))
            look_at_bracket(problems, line, i, &open);
    }
}

static struct text line_at(struct text source, size_t start)
{
    const char *end = memchr(source.data + start, '\n', source.size - start);
    return (struct text){source.data + start, end ? (size_t)(end - source.data) - start : source.size - start};
}

static size_t longest_line(struct text source)
{
    size_t longest = 0;
    for (size_t start = 0, size; start < source.size; start += size + 1) {
        size = line_at(source, start).size;
        longest = size > longest ? size : longest;
    }
    return longest;
}

void typing_report(struct problems *problems, struct text source)
{
    size_t longest = longest_line(source);
    struct line line = {
        .plain = ARENA_ARRAY(problems->arena, char, longest + 1),
        .wide = ARENA_ARRAY(problems->arena, bool, longest + 1),
        .at = ARENA_ARRAY(problems->arena, const char *, longest + 1),
    };
    for (size_t start = 0, size; start < source.size && !problems_full(problems); start += size + 1) {
        struct text text = line_at(source, start);
        size = text.size;
        line.number++;
        line_read(&line, text);
        look_at_line(problems, &line);
    }
}
