/* text: a run of bytes that somebody else owns; UTF-8 where it is shown to people. Not NUL-terminated. */
#ifndef STAIRCASE_TEXT_H
#define STAIRCASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct text {
    const char *data; /* may be NULL when size is 0 */
    size_t size;
};

#define TEXT(literal) ((struct text){.data = (literal), .size = sizeof(literal) - 1})

static inline struct text text_of(const char *string)
{
    return (struct text){.data = string, .size = string ? strlen(string) : 0};
}

static inline bool text_equal(struct text a, struct text b)
{
    return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

static inline bool text_is(struct text a, const char *string)
{
    return text_equal(a, text_of(string));
}

/* Bytewise, shorter first when one begins the other: <0, 0, >0. */
static inline int text_compare(struct text a, struct text b)
{
    size_t least = a.size < b.size ? a.size : b.size;
    int order = least ? memcmp(a.data, b.data, least) : 0;
    return order ? order : (a.size > b.size) - (a.size < b.size);
}

#endif
