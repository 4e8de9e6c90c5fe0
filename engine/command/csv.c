/* csv: see csv.h. */
#include "engine/command/csv.h"

#include "proto/wire.h"

#include <errno.h>
#include <stdlib.h>

enum err csv_open(struct csv *csv, const char *path)
{
    *csv = (struct csv){.next_line = 1};
    csv->file = fopen(path, "re");
    if (!csv->file)
        return errno == ENOENT ? ERR_NOT_FOUND : ERR_IO;
    csv->bytes = malloc(CSV_ROW_MOST);
    if (!csv->bytes) {
        csv_close(csv);
        return ERR_NO_MEMORY;
    }
    int first = getc(csv->file);
    if (first == 0xEF && getc(csv->file) == 0xBB && getc(csv->file) == 0xBF)
        return ERR_OK;
    rewind(csv->file);
    return ERR_OK;
}

void csv_close(struct csv *csv)
{
    if (csv->file)
        fclose(csv->file);
    free(csv->bytes);
    *csv = (struct csv){0};
}

/* What a row is made of while it is read. */
struct row {
    struct csv *csv;
    size_t used, cell_from;
    bool ended; /* its line is behind us */
    const char *why;
};

static bool add_byte(struct row *row, int byte)
{
    if (row->used == CSV_ROW_MOST) {
        row->why = "a row is longer than 256 KB (is a quote left open?)";
        return false;
    }
    row->csv->bytes[row->used++] = (char)byte;
    return true;
}

static bool end_cell(struct row *row)
{
    struct csv *csv = row->csv;
    if (csv->cell_count == CSV_COLUMNS_MOST) {
        row->why = "a row has more than 256 columns";
        return false;
    }
    csv->cells[csv->cell_count++] = (struct text){csv->bytes + row->cell_from, row->used - row->cell_from};
    row->cell_from = row->used;
    return true;
}

/* Behind an opening quote, up to the closing one. */
static bool read_quoted(struct row *row)
{
    for (;;) {
        int byte = getc(row->csv->file);
        if (byte == EOF) {
            row->why = "a quote is left open";
            return false;
        }
        if (byte == '\n')
            row->csv->next_line++;
        if (byte == '"') {
            int next = getc(row->csv->file);
            if (next != '"') {
                ungetc(next, row->csv->file);
                return true;
            }
        }
        if (!add_byte(row, byte))
            return false;
    }
}

/* True: the row goes on with another cell. `*more` false with row->why set: malformed. */
static bool read_cell(struct row *row)
{
    FILE *file = row->csv->file;
    int byte = getc(file);
    if (byte == '"') {
        if (!read_quoted(row))
            return false;
        byte = getc(file);
        if (byte != ',' && byte != '\n' && byte != '\r' && byte != EOF) {
            row->why = "text stands behind a closing quote";
            return false;
        }
    } else {
        for (; byte != ',' && byte != '\n' && byte != '\r' && byte != EOF; byte = getc(file))
            if (!add_byte(row, byte))
                return false;
    }
    if (byte == '\r') {
        byte = getc(file);
        if (byte != '\n')
            ungetc(byte, file);
        byte = '\n';
    }
    row->ended = byte == '\n' || byte == EOF;
    if (byte == '\n')
        row->csv->next_line++;
    return end_cell(row) && byte == ',';
}

/* A row that cannot be read ends with its line: what follows is a row again. */
static void pass_over(struct row *row)
{
    int byte = row->ended ? '\n' : getc(row->csv->file);
    while (byte != '\n' && byte != EOF)
        byte = getc(row->csv->file);
    if (!row->ended && byte == '\n')
        row->csv->next_line++;
}

static bool is_utf8(const struct csv *csv)
{
    for (uint32_t i = 0; i < csv->cell_count; i++)
        if (!wire_is_text(csv->cells[i]))
            return false;
    return true;
}

static bool is_blank(const struct csv *csv)
{
    return csv->cell_count == 1 && csv->cells[0].size == 0;
}

enum err csv_next(struct csv *csv, const char **why)
{
    do {
        int byte = getc(csv->file);
        if (byte == EOF)
            return ferror(csv->file) ? ERR_IO : ERR_NOT_FOUND;
        ungetc(byte, csv->file);
        csv->line = csv->next_line;
        csv->cell_count = 0;
        struct row row = {.csv = csv};
        while (read_cell(&row)) {}
        if (row.why) {
            pass_over(&row);
            *why = row.why;
            return ERR_MALFORMED;
        }
    } while (is_blank(csv));
    if (!is_utf8(csv)) {
        *why = "the row is not UTF-8; save the file as UTF-8";
        return ERR_MALFORMED;
    }
    if (csv->columns == 0)
        csv->columns = csv->cell_count;
    if (csv->cell_count == csv->columns)
        return ERR_OK;
    *why = csv->cell_count < csv->columns ? "the row has fewer columns than the head" : "the row has more columns than the head";
    return ERR_MALFORMED;
}
