/* fuzz_import: a mapping and a CSV of an office, in one input: the mapping to the first line that begins with '%', the CSV behind it. Every row that
 * can be sent makes a message. */
#include "engine/command/import_row.h"
#include "tests/campaign/fuzz_form.h"

#include <sys/mman.h>
#include <unistd.h>

static void try_row(struct arena *arena, const struct import_map *map, const struct csv *csv)
{
    const struct import_activity *activity = import_map_find(map, csv->cells[map->activity.column]);
    uint8_t key[ID_SIZE], id[ID_SIZE];
    int64_t time;
    struct text why = {0};
    struct message message = {0};
    if (!activity || activity->skip)
        return;
    if (!import_time(map, csv->cells, arena, &time, &why)) {
        MUST(why.size > 0);
        return;
    }
    import_key(map, csv->cells[map->subject.column], key);
    import_id(map, csv->cells, csv->cell_count, time, 0, id);
    MUST(import_message(map, activity, csv->cells, time, key, arena, &message, &why) || why.size > 0);
}

static void try_rows(struct arena *arena, struct import_map *map, struct csv *csv)
{
    const char *why = NULL;
    struct text missing = {0};
    if (csv_next(csv, &why) != ERR_OK || !import_map_bind(map, csv, &missing))
        return;
    for (enum err code = csv_next(csv, &why); code == ERR_OK || code == ERR_MALFORMED; code = csv_next(csv, &why)) {
        MUST(code == ERR_OK || why);
        if (code == ERR_OK && map->activity.column >= 0 && map->subject.column >= 0)
            try_row(arena, map, csv);
    }
}

static void try_csv(struct arena *arena, struct import_map *map, bool mapped, struct text bytes)
{
    char path[32];
    int file = memfd_create("rows", MFD_CLOEXEC);
    MUST(file >= 0 && write(file, bytes.data, bytes.size) == (ssize_t)bytes.size);
    snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    struct csv csv;
    MUST(csv_open(&csv, path) == ERR_OK);
    if (mapped)
        try_rows(arena, map, &csv);
    const char *why = NULL;
    for (enum err code = ERR_OK; code == ERR_OK || code == ERR_MALFORMED;)
        code = csv_next(&csv, &why);
    csv_close(&csv);
    close(file);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena;
    arena_init(&arena);
    const uint8_t *cut = size ? memmem(data, size, "\n%", 2) : NULL;
    size_t head = cut ? (size_t)(cut - data) + 1 : size;
    const uint8_t *line = cut ? memchr(data + head, '\n', size - head) : NULL;
    struct problems problems;
    struct import_map map;
    problems_init(&problems, &arena, "map.yaml");
    enum err code = import_map_read(&arena, fuzz_text(data, head), &problems, &map);
    fuzz_form_problems(&arena, code, &problems);
    if (line)
        try_csv(&arena, &map, code == ERR_OK, fuzz_text(line + 1, (size_t)(data + size - line) - 1));
    arena_close(&arena);
    return 0;
}
