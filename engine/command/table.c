/* table: see table.h. */
#include "engine/command/table.h"

#include <assert.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* ---- characters ---- */

enum { REPLACEMENT = 0xFFFD };

/* The character at the beginning of the text, and how many bytes it takes. A byte that is no UTF-8 is one replacement. */
static uint32_t next_character(struct text text, size_t *size)
{
    const unsigned char *byte = (const unsigned char *)text.data;
    size_t length = byte[0] < 0x80 ? 1 : byte[0] >= 0xF0 ? 4 : byte[0] >= 0xE0 ? 3 : byte[0] >= 0xC2 ? 2 : 0;
    *size = 1;
    if (length == 0 || length > text.size)
        return REPLACEMENT;
    if (length == 1)
        return byte[0];
    uint32_t character = byte[0] & (0xFFu >> (length + 1));
    for (size_t i = 1; i < length; i++) {
        if ((byte[i] & 0xC0) != 0x80)
            return REPLACEMENT;
        character = character << 6 | (byte[i] & 0x3F);
    }
    *size = length;
    return character;
}

struct range {
    uint32_t first, last;
};

/* Drawn over the character before, or not at all (Unicode: Mn, Me, Cf, as far as they occur in names and notes). */
static const struct range narrowless[] = {
    {0x0300, 0x036F}, {0x0483, 0x0489}, {0x0591, 0x05BD}, {0x0610, 0x061A}, {0x064B, 0x065F}, {0x1AB0, 0x1AFF}, {0x1DC0, 0x1DFF},
    {0x200B, 0x200F}, {0x2060, 0x2064}, {0x20D0, 0x20F0}, {0x302A, 0x302D}, {0x3099, 0x309A}, {0xFE00, 0xFE0F}, {0xFE20, 0xFE2F},
    {0xFEFF, 0xFEFF}, {0xE0100, 0xE01EF},
};

/* Unicode East Asian Width W and F. */
static const struct range wide[] = {
    {0x1100, 0x115F},   {0x231A, 0x231B},   {0x2329, 0x232A},   {0x2E80, 0x303E},   {0x3041, 0x33FF},   {0x3400, 0x4DBF},
    {0x4E00, 0xA4CF},   {0xA960, 0xA97C},   {0xAC00, 0xD7A3},   {0xF900, 0xFAFF},   {0xFE10, 0xFE19},   {0xFE30, 0xFE6F},
    {0xFF01, 0xFF60},   {0xFFE0, 0xFFE6},   {0x16FE0, 0x18DFF}, {0x1B000, 0x1B2FB}, {0x1F300, 0x1F64F}, {0x1F680, 0x1F6FC},
    {0x1F900, 0x1F9FF}, {0x20000, 0x2FFFD}, {0x30000, 0x3FFFD},
};

static bool within(const struct range *ranges, size_t count, uint32_t character)
{
    for (size_t i = 0; i < count && character >= ranges[i].first; i++)
        if (character <= ranges[i].last)
            return true;
    return false;
}

static int character_width(uint32_t character)
{
    if (within(narrowless, sizeof narrowless / sizeof *narrowless, character))
        return 0;
    return within(wide, sizeof wide / sizeof *wide, character) ? 2 : 1;
}

/* Marks that turn the direction of writing could make a line read as something else. */
static bool harmful(uint32_t character)
{
    return character < 0x20 || (character >= 0x7F && character < 0xA0) || (character >= 0x202A && character <= 0x202E) ||
           (character >= 0x2066 && character <= 0x2069) || character == 0x2028 || character == 0x2029 || character == REPLACEMENT;
}

static struct text make_harmless(struct arena *arena, struct text text, bool keep_lines)
{
    char *out = arena_take(arena, text.size * 3 + 1); /* a replacement is three bytes */
    size_t size = 0;
    while (text.size) {
        size_t taken;
        uint32_t character = next_character(text, &taken);
        bool kept = keep_lines && character == '\n', space = character == '\n' || character == '\t' || character == '\r';
        struct text shown = kept || !harmful(character) ? (struct text){text.data, taken} : space ? TEXT(" ") : TEXT("\xEF\xBF\xBD");
        memcpy(out + size, shown.data, shown.size);
        size += shown.size;
        text = (struct text){text.data + taken, text.size - taken};
    }
    return (struct text){out, size};
}

struct text text_harmless(struct arena *arena, struct text text)
{
    return make_harmless(arena, text, false);
}

struct text text_harmless_lines(struct arena *arena, struct text text)
{
    return make_harmless(arena, text, true);
}

int text_width(struct text text)
{
    int width = 0;
    while (text.size) {
        size_t taken;
        width += character_width(next_character(text, &taken));
        text = (struct text){text.data + taken, text.size - taken};
    }
    return width;
}

struct text text_fit(struct arena *arena, struct text text, int columns)
{
    if (columns < 1 || text_width(text) <= columns)
        return text;
    int width = 0;
    size_t kept = 0;
    while (kept < text.size) {
        size_t taken;
        int next = character_width(next_character((struct text){text.data + kept, text.size - kept}, &taken));
        if (width + next > columns - 1)
            break;
        width += next;
        kept += taken;
    }
    return arena_print(arena, "%.*s…", (int)kept, text.data);
}

int terminal_width(int descriptor)
{
    struct winsize size;
    return isatty(descriptor) && ioctl(descriptor, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

/* ---- rows ---- */

void text_table_init(struct text_table *table, struct arena *arena, int columns)
{
    assert(columns >= 1 && columns <= TEXT_TABLE_COLUMNS_MOST);
    *table = (struct text_table){.arena = arena, .columns = columns};
}

void text_table_begin(struct text_table *table, const struct command_line *line, struct arena *arena, const struct command_words *heads, int columns)
{
    text_table_init(table, arena, columns);
    table->headed = true;
    table->colour = line->colour_out;
    table->width = terminal_width(STDOUT_FILENO);
    for (int i = 0; i < columns; i++)
        text_table_cell(table, text_of(command_say(line, heads[i].en, heads[i].zh)));
}

void text_table_cell(struct text_table *table, struct text cell)
{
    if (table->count == table->room) {
        size_t room = table->room ? table->room * 2 : 64;
        struct text *cells = ARENA_ARRAY(table->arena, struct text, room);
        if (table->count)
            memcpy(cells, table->cells, table->count * sizeof *cells);
        table->cells = cells;
        table->room = room;
    }
    table->cells[table->count++] = text_harmless(table->arena, cell);
}

static void measure(const struct text_table *table, int widths[TEXT_TABLE_COLUMNS_MOST])
{
    for (size_t i = 0; i < table->count; i++) {
        int width = text_width(table->cells[i]), *widest = &widths[i % (size_t)table->columns];
        *widest = width > *widest ? width : *widest;
    }
}

/* What is left of the terminal's width for the last column; 0: as much as it takes. */
static int last_column(const struct text_table *table, const int *widths)
{
    int before = 0;
    for (int column = 0; column + 1 < table->columns; column++)
        before += widths[column] + 2;
    return table->width > before + 8 ? table->width - before : 0;
}

/* Padding is owed until another cell needs it: lines end with their last character. */
static void print_row(const struct text_table *table, const struct text *cells, const int *widths, FILE *out)
{
    int owed = 0;
    for (int column = 0; column < table->columns; column++) {
        bool last = column + 1 == table->columns;
        struct text cell = last ? text_fit(table->arena, cells[column], last_column(table, widths)) : cells[column];
        int pad = widths[column] - text_width(cell);
        pad = pad > 0 ? pad : 0;
        if (cell.size)
            fprintf(out, "%*s%.*s", owed + (table->right[column] ? pad : 0), "", (int)cell.size, cell.data);
        owed = (cell.size ? 0 : owed + (table->right[column] ? pad : 0)) + (table->right[column] ? 0 : pad) + 2;
    }
}

void text_table_print(const struct text_table *table, FILE *out)
{
    assert(table->count % (size_t)table->columns == 0);
    int widths[TEXT_TABLE_COLUMNS_MOST] = {0};
    measure(table, widths);
    for (size_t row = 0; row < table->count; row += (size_t)table->columns) {
        bool bold = row == 0 && table->headed && table->colour;
        fputs(bold ? "\033[1m" : "", out);
        print_row(table, table->cells + row, widths, out);
        fputs(bold ? "\033[0m\n" : "\n", out);
    }
}
