/* fuzz_form: a compiled form gives the same bytes after it was decoded again. For the targets of the readers of workflows, directories, calendars. */
#ifndef STAIRCASE_FUZZ_FORM_H
#define STAIRCASE_FUZZ_FORM_H

#include "engine/tables.h"
#include "engine/yaml.h"
#include "tests/campaign/fuzz.h"

static inline void fuzz_form_again(struct arena *arena, const struct form_shape *shape, const struct tables *tables, struct tables *again)
{
    struct text once = tables_encode(arena, shape, tables);
    MUST(tables_decode(arena, shape, once, again) == ERR_OK);
    MUST(text_equal(once, tables_encode(arena, shape, again)));
}

/* A reader says what is wrong when it refuses, and says nothing wrong when it does not. */
static inline void fuzz_form_problems(struct arena *arena, enum err code, const struct problems *problems)
{
    MUST((code == ERR_OK) == (problems->errors == 0));
    struct text printed = problems_print(problems, arena);
    MUST(code == ERR_OK || printed.size > 0);
}

#endif
