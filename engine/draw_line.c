/* draw_line: a text becomes lines. See draw_add in draw_words.h. */
#include "engine/draw_words.h"

/* One character of UTF-8: its bytes, and the columns that it takes. */
struct character {
    size_t bytes;
    int columns;
};

static struct character character_at(struct text text, size_t at)
{
    unsigned char lead = (unsigned char)text.data[at];
    size_t bytes = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    if (bytes > text.size - at)
        bytes = text.size - at;
    return (struct character){bytes, lead >= 0xe2 ? 2 : 1};
}

static bool among(struct text text, size_t at, const char *const *list)
{
    for (; *list; list++)
        if (text.size - at >= strlen(*list) && memcmp(text.data + at, *list, strlen(*list)) == 0)
            return true;
    return false;
}

/* Whether a line may end before the character at `at`, which follows the one at `before`. */
static bool may_break(struct text text, size_t before, size_t at)
{
    static const char *const never_first[] = {
        "，", "。", "、", "；", "：", "）", "》", "」", "”", "！", "？", "〕", " ", "\u00a0", ")", ",", NULL,
    };
    static const char *const never_last[] = {"（", "《", "「", "“", "〔", "(", NULL};
    bool number = text.data[before] >= '0' && text.data[before] <= '9'; /* stays with what it counts */
    bool wide = character_at(text, before).columns == 2 || (character_at(text, at).columns == 2 && !number);
    return (text.data[before] == ' ' || wide) && !among(text, at, never_first) && !among(text, before, never_last);
}

/* Where the line that begins at `from` ends: at the last good place, or, in a word that is longer than a line, in the word. */
static size_t line_end(struct text text, size_t from, int columns)
{
    size_t at = from, before = from, good = 0;
    for (int used = 0; at < text.size;) {
        struct character character = character_at(text, at);
        if (at > from && may_break(text, before, at))
            good = at;
        if (used + character.columns > columns && at > from && text.data[at] != ' ')
            return good ? good : at;
        used += character.columns;
        before = at;
        at += character.bytes;
    }
    return at;
}

/* XML has no control characters, and neither U+FFFE nor U+FFFF; a title has no line breaks of its own. */
static struct text cleaned(struct arena *arena, struct text text)
{
    char *bytes = arena_string(arena, text);
    for (size_t i = 0; i < text.size; i++) {
        if ((unsigned char)bytes[i] < ' ' || bytes[i] == 0x7f)
            bytes[i] = ' ';
        else if (i + 2 < text.size && (memcmp(bytes + i, "\xef\xbf\xbe", 3) == 0 || memcmp(bytes + i, "\xef\xbf\xbf", 3) == 0))
            memset(bytes + i, ' ', 3);
    }
    return (struct text){.data = bytes, .size = text.size};
}

void draw_add(const struct draw_words *words, struct draw_lines *lines, enum draw_tone tone, int columns, struct text text)
{
    text = cleaned(words->arena, text);
    for (size_t at = 0, end; at < text.size; at = end) {
        struct draw_line *line = ARENA_NEW(words->arena, struct draw_line);
        end = line_end(text, at, columns);
        *line = (struct draw_line){.tone = tone, .text = {.data = text.data + at, .size = end - at}};
        while (line->text.size && line->text.data[line->text.size - 1] == ' ')
            line->text.size--;
        if (line->text.size == 0)
            continue;
        if (lines->last)
            lines->last->next = line;
        else
            lines->first = line;
        lines->last = line;
    }
}
