/* view_shown: what private fields a look has shown, by name. See view.h. */
#include "engine/view.h"

static bool has(const struct view_shown *shown, struct text name)
{
    const char *end = shown->names + shown->size;
    for (const char *at = shown->names; at < end;) {
        const char *comma = memchr(at, ',', (size_t)(end - at));
        const char *next = comma ? comma : end;
        if (text_equal((struct text){.data = at, .size = (size_t)(next - at)}, name))
            return true;
        at = next + 1;
    }
    return false;
}

void view_note_shown(struct view *view, const struct case_state *state, struct text name)
{
    struct view_shown *shown = view->shown;
    if (!shown || has(shown, name))
        return;
    shown->case_id = state->id;
    if (shown->size + 1 + name.size > sizeof shown->names) {
        shown->cut = true;
        return;
    }
    if (shown->size)
        shown->names[shown->size++] = ',';
    memcpy(shown->names + shown->size, name.data, name.size);
    shown->size += name.size;
}
