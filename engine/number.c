/* number: case numbers: the workflow's `reference` with unit, year and the number in its series filled in. */
#include "engine/number.h"

struct placeholder {
    const char *name;
    struct text value;
};

/* Size of the placeholder's value where `rest` begins with one; the text that stands for it in `*value`. */
static size_t match(const struct placeholder *placeholders, struct text rest, struct text *value)
{
    for (const struct placeholder *p = placeholders; p->name; p++) {
        size_t size = strlen(p->name);
        if (rest.size >= size && memcmp(rest.data, p->name, size) == 0) {
            *value = p->value;
            return size;
        }
    }
    return 0;
}

static struct text filled(struct arena *arena, struct text pattern, const struct placeholder *placeholders)
{
    size_t room = pattern.size + 1;
    for (const struct placeholder *p = placeholders; p->name; p++)
        room += p->value.size * (pattern.size / strlen(p->name));
    char *out = arena_take(arena, room);
    size_t size = 0;
    for (size_t at = 0; at < pattern.size;) {
        struct text value = {.data = pattern.data + at, .size = 1};
        size_t matched = match(placeholders, (struct text){.data = pattern.data + at, .size = pattern.size - at}, &value);
        memcpy(out + size, value.data, value.size);
        size += value.size;
        at += matched ? matched : 1;
    }
    return (struct text){.data = out, .size = size};
}

struct text advance_series(const struct advance_input *input, struct arena *arena)
{
    int32_t reference = workflow_head(input->workflow)->reference;
    int32_t unit = directory_find_unit(input->directory, input->event->unit);
    const struct calendar *calendar = unit == NONE ? NULL : advance_calendar(input, unit);
    if (reference == NONE || !calendar)
        return (struct text){0};
    struct placeholder placeholders[] = {
        {"{unit}", text_of(directory_unit_short(input->directory, unit))},
        {"{year}", arena_print(arena, "%d", civil_of(calendar_date(calendar, input->now)).year)},
        {NULL, {0}},
    };
    return filled(arena, text_of(workflow_string(input->workflow, reference)), placeholders);
}

struct text number_in(struct arena *arena, struct text series, uint64_t sequence)
{
    struct placeholder placeholders[] = {
        {"{number}", arena_print(arena, "%llu", (unsigned long long)sequence)},
        {NULL, {0}},
    };
    return filled(arena, series, placeholders);
}
