/* form: the forms that every reader needs. See form.h. */
#include "engine/form.h"

const struct form form_any = {.kind = FORM_ANY}, form_nothing = {.kind = FORM_NOTHING}, form_text = {.kind = FORM_TEXT, .least = 1},
                  form_number = {.kind = FORM_NUMBER}, form_boolean = {.kind = FORM_BOOLEAN}, form_true = {.kind = FORM_TRUE};
const struct form form_name = {.kind = FORM_TEXT, .name = "name", .least = 1, .most = 64, .pattern = "^" FORM_NAME_PATTERN "$"};
const struct form form_names = {.kind = FORM_LIST, .least = 1, .of = &form_name};
const struct form form_count = {.kind = FORM_WHOLE, .least = 1, .most = 10000};
const struct form form_date = {.kind = FORM_TEXT, .pattern = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"};
const struct form form_duration = {.kind = FORM_TEXT, .name = "duration", .pattern = "^" FORM_DURATION_PATTERN "$"};

static unsigned either_kinds(const struct form *form)
{
    unsigned kinds = 0;
    for (const struct form *const *part = form->parts; *part; part++)
        kinds |= form_kinds(*part);
    return kinds;
}

unsigned form_kinds(const struct form *form)
{
    switch (form->kind) {
    case FORM_ANY: return KIND_ANY;
    case FORM_NOTHING:
    case FORM_TEXT:
    case FORM_WORD:
    case FORM_WHOLE:
    case FORM_NUMBER:
    case FORM_BOOLEAN:
    case FORM_TRUE: return KIND_SCALAR;
    case FORM_LIST: return KIND_LIST;
    case FORM_NAMED:
    case FORM_MAP: return KIND_MAP;
    case FORM_EITHER: return either_kinds(form);
    }
    return 0;
}
