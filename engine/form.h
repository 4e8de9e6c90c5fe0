/* form: what a value of a file may be, in enough detail that an editor can help while it is written. A reader's table of keys (yaml.h)
 * names one for each key, so that the schema (schema.h) comes from the table that the reader uses.
 *
 * A form says what can be said without the rest of the file: words, patterns, bounds, which kind of mapping. Whether a name is that of a
 * stage, only the reader knows: what a form refuses the reader refuses too, or warns of; what a form allows the reader may still refuse. */
#ifndef STAIRCASE_FORM_H
#define STAIRCASE_FORM_H

#include "engine/yaml.h"

enum form_kind {
    FORM_ANY,     /* whatever it is */
    FORM_NOTHING, /* the key alone, or null */
    FORM_TEXT,    /* `least` to `most` characters (0: any number), as `pattern` says (NULL: any) */
    FORM_WORD,    /* one of `words` */
    FORM_WHOLE,   /* a whole number from `least` to `most` */
    FORM_NUMBER,
    FORM_BOOLEAN,
    FORM_TRUE,    /* true, and nothing else */
    FORM_LIST,    /* `least` elements or more, each as `of` says */
    FORM_NAMED,   /* a mapping of free names as `keys` says, `least` or more, to values as `of` says */
    FORM_MAP,     /* a mapping of the kind `where` of the same table */
    FORM_EITHER,  /* one of `parts`: the short form and the long one */
};

struct form {
    enum form_kind kind;
    const char *name;    /* stands in the schema once, under this name; NULL: wherever it is used */
    int64_t least, most;
    const char *pattern; /* a regular expression of both JSON Schema and POSIX, from ^ to $ */
    const char *const *words;
    size_t word_count;
    const struct form *of, *keys;
    const struct form *const *parts; /* ends with NULL */
    int where;
};

/* Bits of enum node_kinds: what a value of this form may be. It is what the key says that has it (a test holds the two together). */
unsigned form_kinds(const struct form *form);

#define FORM_WORDS(list) {.kind = FORM_WORD, .words = (list), .word_count = sizeof(list) / sizeof *(list)}
#define FORM_ONE_OF(list) {.kind = FORM_EITHER, .parts = (list)}

/* ---- forms that every reader needs ---- */

#define FORM_NAME_PATTERN "[a-z][a-z0-9]*(-[a-z0-9]+)*"

extern const struct form form_any, form_nothing, form_text, form_number, form_boolean, form_true;
extern const struct form form_name;     /* kebab-case, at most 64 */
extern const struct form form_names;    /* a list of them */
extern const struct form form_count;    /* a whole number from 1 */
extern const struct form form_date;     /* 2026-10-09 */
extern const struct form form_duration; /* 5 working days */

#define FORM_DURATION_PATTERN "[1-9][0-9]* (minutes?|hours?|working hours?|days?|working days?|weeks?|months?)"

#endif
