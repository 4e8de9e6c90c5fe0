/* access_words: People for those who read: the addressees of notices, and the words of refusals. */
#include "engine/access_place.h"

/* role@unit-path; role@unit-path/ for those below it. Put together by hand: it is done at every change of stage. */
static struct text role_name(struct arena *arena, const struct place *place, const struct workflow_people *people)
{
    struct text role = text_of(workflow_string(place->input->workflow, people->role));
    int32_t unit = access_role_unit(place, people);
    if (unit == NONE)
        return (struct text){0};
    struct text path = text_of(directory_unit_path(place->input->directory, unit));
    bool below = people->where == WHERE_BELOW;
    char *name = arena_take(arena, role.size + path.size + 2);
    memcpy(name, role.data, role.size);
    name[role.size] = '@';
    memcpy(name + role.size + 1, path.data, path.size);
    if (below)
        name[role.size + 1 + path.size] = '/';
    return (struct text){.data = name, .size = role.size + path.size + 1 + below};
}

void access_add_names(const struct advance_input *input, struct persons *names, struct span people)
{
    struct place place = {.input = NULL};
    for (int32_t i = 0; i < people.count; i++) {
        const struct workflow_people *row = workflow_people(input->workflow, people.first + i);
        if (row->kind != PEOPLE_ROLE) {
            access_add_people(input, names, people.first + i);
            continue;
        }
        if (!place.input)
            place = access_place(input);
        struct text name = role_name(names->arena, &place, row);
        if (name.size)
            persons_add(names, name);
    }
}

uint32_t access_names(const struct advance_input *input, struct arena *arena, struct span people, const struct text **names)
{
    struct persons found = {.arena = arena};
    access_add_names(input, &found, people);
    *names = found.items;
    return found.count;
}

/* ---- words ---- */

static struct text role_words(const struct advance_input *input, struct arena *arena, const struct workflow_people *people)
{
    struct place place = access_place(input);
    const char *role = workflow_string(input->workflow, people->role);
    int32_t unit = access_role_unit(&place, people);
    if (unit == NONE && people->where == WHERE_FIELD)
        return arena_print(arena, "%s (at no unit: %s names none)", role, workflow_field_name(input->workflow, people->field));
    if (unit == NONE)
        return arena_print(arena, "%s (at no unit: there is none of that level)", role);
    return arena_print(arena, "%s %s %s", role, people->where == WHERE_BELOW ? "below" : "at", directory_unit_path(input->directory, unit));
}

static struct text people_words(const struct advance_input *input, struct arena *arena, const struct workflow_people *people)
{
    const struct workflow *workflow = input->workflow;
    switch ((enum people_kind)people->kind) {
    case PEOPLE_ROLE: return role_words(input, arena, people);
    case PEOPLE_FIELD: return text_of(workflow_field_name(workflow, people->field));
    case PEOPLE_GROUP: return text_of(workflow_string(workflow, workflow_group(workflow, people->group)->name));
    case PEOPLE_OPENER: return TEXT("who opened the case");
    case PEOPLE_RESIDENT: return TEXT("a resident (app:token)");
    case PEOPLE_WORKER: return TEXT("the worker that holds the task");
    case PEOPLE_MISSING: return arena_print(arena, "who has not sent %s yet", workflow_event_name(workflow, people->event));
    }
    return (struct text){0};
}

struct text access_words(const struct advance_input *input, struct arena *arena, struct span people)
{
    struct text words = {0};
    for (int32_t i = 0; i < people.count; i++) {
        struct text word = people_words(input, arena, workflow_people(input->workflow, people.first + i));
        words = i == 0 ? word : arena_print(arena, "%.*s, %.*s", (int)words.size, words.data, (int)word.size, word.data);
    }
    return words.size ? words : TEXT("nobody");
}
