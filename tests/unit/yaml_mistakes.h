/* yaml_mistakes: a good file in which one text is changed, and what the reader must say to it. */
#ifndef STAIRCASE_TEST_YAML_MISTAKES_H
#define STAIRCASE_TEST_YAML_MISTAKES_H

#include <stdio.h>

#include "engine/yaml.h"

struct mistake {
    const char *from, *to; /* the first `from` in the good file becomes `to` */
    const char *printed;   /* all problems, as people see them, for a file named "f" */
};

static inline struct text source_with(struct arena *arena, const char *good, const char *from, const char *to)
{
    const char *at = strstr(good, from);
    assert_non_null(at);
    return arena_print(arena, "%.*s%s%s", (int)(at - good), good, to, at + strlen(from));
}

/* Whatever is cut off the good file or struck out, there is an answer: each call of `read` gets it broken at another place. */
static inline void read_damaged(struct arena *arena, const char *good, void (*read)(struct text source))
{
    for (size_t size = 0; size < strlen(good); size++) {
        char *changed = arena_string(arena, text_of(good));
        read((struct text){changed, size});
        changed[size] = "#:-[{\"9 "[size % 8];
        read(text_of(changed));
        arena_reset(arena);
    }
}

/* A file of the project; tests run in its root. */
static inline struct text source_of(struct arena *arena, const char *path)
{
    FILE *file = fopen(path, "rb");
    if (!file)
        fail_msg("%s cannot be opened: tests run in the root of the project", path);
    char *bytes = arena_take(arena, YAML_BYTES_MOST + 1);
    size_t size = fread(bytes, 1, YAML_BYTES_MOST + 1, file);
    fclose(file);
    return (struct text){.data = bytes, .size = size};
}

#endif
