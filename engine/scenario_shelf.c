/* scenario_shelf: files that scenarios use, read once. See scenario_inner.h. */
#include "engine/scenario_inner.h"

#include <assert.h>
#include <stdlib.h>

#include "engine/embedded.h"

struct scenario_shelf {
    struct arena arena;
    struct shelf_form *forms;
};

struct scenario_shelf *scenario_shelf_create(void)
{
    struct scenario_shelf *shelf = calloc(1, sizeof *shelf);
    if (!shelf)
        abort(); /* as arena.h does: there is nothing to go on with */
    arena_init(&shelf->arena);
    return shelf;
}

void scenario_shelf_destroy(struct scenario_shelf **shelf)
{
    if (!*shelf)
        return;
    arena_close(&(*shelf)->arena);
    free(*shelf);
    *shelf = NULL;
}

/* The bytes of the file, or why there are none. */
static bool load(struct arena *arena, struct shelf_form *form)
{
    if (strcmp(form->path, SHELF_DIRECTORY) == 0)
        form->text = embedded_directory();
    else if (strcmp(form->path, SHELF_CALENDAR) == 0)
        form->text = embedded_calendar();
    else
        return source_load(arena, form->path, &form->text, &form->mistakes) == ERR_OK;
    return true;
}

struct text shelf_tell(struct scenario_shelf *shelf, const struct shelf_form *form)
{
    struct shelf_form *own = shelf->forms;
    while (own != form)
        own = own->next;
    struct text mistakes = own->told ? TEXT("") : own->mistakes;
    own->told = true;
    return mistakes;
}

const struct shelf_form *shelf_get(struct scenario_shelf *shelf, const char *path)
{
    for (struct shelf_form *form = shelf->forms; form; form = form->next)
        if (strcmp(form->path, path) == 0)
            return form;
    struct problems problems;
    struct shelf_form *form = ARENA_NEW(&shelf->arena, struct shelf_form);
    form->path = arena_string(&shelf->arena, text_of(path));
    if (load(&shelf->arena, form) && source_read(&shelf->arena, form->path, form->text, &problems, &form->source) != ERR_OK)
        form->mistakes = problems_print(&problems, &shelf->arena);
    form->next = shelf->forms;
    shelf->forms = form;
    return form;
}
