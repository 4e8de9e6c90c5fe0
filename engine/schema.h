/* schema: a reader's table of keys as JSON Schema draft-07, so that an editor helps while a file is written: it completes keys and words, tells
 * what a key means, and underlines what can be seen to be wrong without reading the rest of the file. Made for yaml-language-server, and plain
 * enough for any validator.
 *
 * The table says everything: which keys a mapping has and what they mean (struct key), what their values are (form.h), which keys are needed
 * (KEY_NEEDED, KEY_ONE, KEY_SOME). Keys that this version does not carry (KEY_LATER) are left out. Kinds of mapping and forms with a name become
 * definitions, in the order in which the table reaches them: the same table gives the same bytes. */
#ifndef STAIRCASE_SCHEMA_H
#define STAIRCASE_SCHEMA_H

#include "engine/yaml.h"

/* The schema of a file whose root is a mapping of the kind `root`; lines, each with its newline. `title` names the kind of file. */
struct text schema_make(struct arena *arena, const struct keys *keys, int root, const char *title);

#endif
