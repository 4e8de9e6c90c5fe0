/* problems: everything that is wrong with a file, in the order of its lines; and the word that was probably meant. See yaml.h. */
#include "engine/yaml.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void problems_init(struct problems *problems, struct arena *arena, const char *file)
{
    *problems = (struct problems){.arena = arena, .file = file};
}

bool problems_full(const struct problems *problems)
{
    return problems->kept >= PROBLEMS_KEPT;
}

static struct problem *problem_new(struct problems *problems)
{
    if (problems->kept == problems->room) {
        uint32_t room = problems->room ? problems->room * 2 : 16;
        struct problem *items = ARENA_ARRAY(problems->arena, struct problem, room);
        if (problems->kept)
            memcpy(items, problems->items, problems->kept * sizeof *items);
        problems->items = items;
        problems->room = room;
    }
    struct problem *problem = &problems->items[problems->kept];
    problem->number = problems->kept++;
    return problem;
}

static struct text __attribute__((nonnull, format(printf, 2, 0))) print_list(struct arena *arena, const char *format, va_list args)
{
    va_list copy;
    va_copy(copy, args);
    int size = vsnprintf(NULL, 0, format, copy);
    va_end(copy);
    assert(size >= 0);
    char *text = arena_take(arena, (size_t)size + 1);
    vsnprintf(text, (size_t)size + 1, format, args);
    return (struct text){.data = text, .size = (size_t)size};
}

/* Counts always; keeps what there is room for. Formatting is left out for the rest: a hostile file must not buy memory. */
static void add(struct problems *problems, bool warning, struct place place, struct text path, const char *format,
                va_list args)
{
    if (warning)
        problems->warnings++;
    else
        problems->errors++;
    if (problems_full(problems))
        return;
    struct problem *problem = problem_new(problems);
    problem->place = place;
    problem->warning = warning;
    problem->path = path;
    problem->text = print_list(problems->arena, format, args);
}

static struct text path_of(struct problems *problems, const struct node *node)
{
    return problems_full(problems) ? TEXT("") : node_path(problems->arena, node);
}

void problems_add(struct problems *problems, const struct node *node, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    add(problems, false, node->place, path_of(problems, node), format, args);
    va_end(args);
}

void problems_add_key(struct problems *problems, const struct node *node, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    add(problems, false, node->key_place, path_of(problems, node), format, args);
    va_end(args);
}

void problems_add_at(struct problems *problems, struct place place, struct text path, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    add(problems, false, place, path, format, args);
    va_end(args);
}

void problems_warn(struct problems *problems, const struct node *node, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    add(problems, true, node->place, path_of(problems, node), format, args);
    va_end(args);
}

static int compare_problems(const void *left, const void *right)
{
    const struct problem *a = left, *b = right;
    if (a->place.line != b->place.line)
        return a->place.line < b->place.line ? -1 : 1;
    if (a->place.column != b->place.column)
        return a->place.column < b->place.column ? -1 : 1;
    return (a->number > b->number) - (a->number < b->number);
}

const struct problem *problems_sorted(const struct problems *problems, struct arena *arena, uint32_t *count)
{
    struct problem *sorted = ARENA_ARRAY(arena, struct problem, problems->kept);
    if (problems->kept) {
        memcpy(sorted, problems->items, problems->kept * sizeof *sorted);
        qsort(sorted, problems->kept, sizeof *sorted, compare_problems);
    }
    *count = problems->kept;
    return sorted;
}

struct text problems_print(const struct problems *problems, struct arena *arena)
{
    uint32_t kept;
    const struct problem *sorted = problems_sorted(problems, arena, &kept);
    uint32_t shown = kept < PROBLEMS_SHOWN ? kept : PROBLEMS_SHOWN;
    struct text *lines = ARENA_ARRAY(arena, struct text, shown + 1);
    size_t size = 0;
    for (uint32_t i = 0; i < shown; i++) {
        const struct problem *problem = &sorted[i];
        lines[i] = arena_print(arena, "%s:%d:%d: %s%.*s%s%.*s\n", problems->file, problem->place.line, problem->place.column,
                               problem->warning ? "warning: " : "", (int)problem->path.size, problem->path.data,
                               problem->path.size ? ": " : "", (int)problem->text.size, problem->text.data);
        size += lines[i].size;
    }
    uint32_t rest = problems->errors + problems->warnings - shown;
    lines[shown] = rest ? arena_print(arena, "%s: and %u more\n", problems->file, rest) : TEXT("");
    size += lines[shown].size;
    char *all = arena_take(arena, size + 1), *at = all;
    for (uint32_t i = 0; i <= shown; i++)
        if (lines[i].size)
            at = (char *)memcpy(at, lines[i].data, lines[i].size) + lines[i].size;
    return (struct text){.data = all, .size = size};
}

/* ---- the nearest word ---- */

enum { WORD_MOST = 64 };

struct nearest nearest_to(struct text wanted)
{
    return (struct nearest){.wanted = wanted};
}

static size_t least_of(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Edit distance where two swapped neighbours count as one mistake (the commonest slip of the fingers); anything above `most` when it is
 * more than that. Bytes, not characters: the words of the language are ASCII. */
static size_t edit_distance(struct text a, struct text b, size_t most)
{
    size_t rows[3][WORD_MOST + 1];
    size_t *before = rows[0], *last = rows[1], *now = rows[2];
    for (size_t j = 0; j <= b.size; j++)
        last[j] = j;
    for (size_t i = 1; i <= a.size; i++) {
        size_t least = i;
        now[0] = i;
        for (size_t j = 1; j <= b.size; j++) {
            size_t other = a.data[i - 1] != b.data[j - 1];
            now[j] = least_of(least_of(last[j] + 1, now[j - 1] + 1), last[j - 1] + other);
            if (i > 1 && j > 1 && a.data[i - 1] == b.data[j - 2] && a.data[i - 2] == b.data[j - 1])
                now[j] = least_of(now[j], before[j - 2] + 1);
            least = least_of(least, now[j]);
        }
        if (least > most + 1) /* a swap may still save one */
            return least;
        size_t *free_row = before;
        before = last;
        last = now;
        now = free_row;
    }
    return last[b.size];
}

void nearest_offer(struct nearest *nearest, struct text word)
{
    if (word.size == 0 || word.size > WORD_MOST || nearest->wanted.size > WORD_MOST)
        return;
    size_t shorter = least_of(nearest->wanted.size, word.size), longer = nearest->wanted.size + word.size - shorter;
    size_t most = nearest->most ? nearest->most : (longer + 2) / 3;
    if (longer - shorter > most)
        return;
    size_t distance = edit_distance(nearest->wanted, word, most);
    if (distance > most || (nearest->best.size && distance >= nearest->distance))
        return;
    nearest->best = word;
    nearest->distance = distance;
}

const char *nearest_hint(const struct nearest *nearest, struct arena *arena)
{
    if (nearest->best.size == 0)
        return "";
    return arena_print(arena, " Did you mean \"%.*s\"?", (int)nearest->best.size, nearest->best.data).data;
}
