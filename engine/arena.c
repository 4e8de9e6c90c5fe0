/* arena: see arena.h. */
#include "engine/arena.h"

#include <assert.h>
#include <stdarg.h>
#include <stdlib.h>

enum { BLOCK_SIZE = 256 * 1024, KEEP_BYTES = 4 * 1024 * 1024, ALIGN = 16 };

struct arena_block {
    struct arena_block *next;
    size_t size;
    _Alignas(ALIGN) unsigned char bytes[];
};

static struct arena_block *block_create(size_t size)
{
    struct arena_block *block = malloc(sizeof *block + size);
    if (!block)
        abort(); /* see the head comment of arena.h */
    block->next = NULL;
    block->size = size;
    return block;
}

void arena_init(struct arena *arena)
{
    *arena = (struct arena){0};
}

void arena_close(struct arena *arena)
{
    for (struct arena_block *block = arena->first, *next; block; block = next) {
        next = block->next;
        free(block);
    }
    *arena = (struct arena){0};
}

void arena_reset(struct arena *arena)
{
    size_t kept = 0;
    struct arena_block **link = &arena->first;
    while (*link) {
        struct arena_block *block = *link;
        if (kept + block->size > KEEP_BYTES && kept > 0) {
            *link = block->next;
            free(block);
        } else {
            kept += block->size;
            link = &block->next;
        }
    }
    arena->current = arena->first;
    arena->used = 0;
    arena->total = 0;
}

struct arena_mark arena_save(const struct arena *arena)
{
    return (struct arena_mark){.block = arena->current, .used = arena->used, .total = arena->total};
}

void arena_rewind(struct arena *arena, struct arena_mark mark)
{
    arena->current = mark.block ? mark.block : arena->first;
    arena->used = mark.block ? mark.used : 0;
    arena->total = mark.total;
}

/* Moves on to a block with room for `size`, inserting a new one when the next is too small. */
static void next_block(struct arena *arena, size_t size)
{
    struct arena_block *next = arena->current ? arena->current->next : arena->first;
    if (!next || next->size < size) {
        struct arena_block *made = block_create(size > BLOCK_SIZE ? size : BLOCK_SIZE);
        made->next = next;
        if (arena->current)
            arena->current->next = made;
        else
            arena->first = made;
        next = made;
    }
    arena->current = next;
    arena->used = 0;
}

void *arena_take(struct arena *arena, size_t size)
{
    assert(size < SIZE_MAX / 2);
    size = (size + ALIGN - 1) & ~(size_t)(ALIGN - 1);
    if (!arena->current || arena->current->size - arena->used < size)
        next_block(arena, size);
    unsigned char *at = arena->current->bytes + arena->used;
    arena->used += size;
    arena->total += size;
    return memset(at, 0, size);
}

void *arena_take_array(struct arena *arena, size_t count, size_t size)
{
    assert(size == 0 || count < SIZE_MAX / 2 / size);
    return arena_take(arena, count * size);
}

struct text arena_copy(struct arena *arena, struct text text)
{
    return (struct text){.data = arena_string(arena, text), .size = text.size};
}

char *arena_string(struct arena *arena, struct text text)
{
    char *copy = arena_take(arena, text.size + 1);
    if (text.size)
        memcpy(copy, text.data, text.size);
    return copy;
}

/* ---- printing ---- */

struct printer {
    char *out; /* NULL while measuring */
    size_t size;
};

static void print_byte(struct printer *printer, char byte)
{
    if (printer->out)
        printer->out[printer->size] = byte;
    printer->size++;
}

static void print_padded(struct printer *printer, const char *bytes, size_t size, size_t width, char pad)
{
    for (size_t i = size; i < width; i++)
        print_byte(printer, pad);
    for (size_t i = 0; i < size; i++)
        print_byte(printer, bytes[i]);
}

static void print_number(struct printer *printer, unsigned long long number, bool negative, unsigned base, size_t width,
                         char pad)
{
    char digits[24];
    size_t at = sizeof digits;
    do {
        digits[--at] = "0123456789abcdef"[number % base];
        number /= base;
    } while (number);
    if (negative && pad == '0') {
        print_byte(printer, '-');
        width = width ? width - 1 : 0;
    } else if (negative) {
        digits[--at] = '-';
    }
    print_padded(printer, digits + at, sizeof digits - at, width, pad);
}

static void print_directive(struct printer *printer, const char **at, va_list *args)
{
    const char *p = *at;
    char pad = ' ';
    size_t width = 0, precision = SIZE_MAX;
    if (*p == '0') {
        pad = '0';
        p++;
    }
    for (; *p >= '0' && *p <= '9'; p++)
        width = width * 10 + (size_t)(*p - '0');
    if (p[0] == '.' && p[1] == '*') {
        int given = va_arg(*args, int);
        precision = given < 0 ? 0 : (size_t)given;
        p += 2;
    }
    int longs = 0;
    for (; *p == 'l' || *p == 'z'; p++)
        longs += *p == 'z' ? 2 : 1;
    if (*p == 'd') {
        long long n = longs == 0 ? va_arg(*args, int) : longs == 1 ? va_arg(*args, long) : va_arg(*args, long long);
        unsigned long long size = n < 0 ? 0 - (unsigned long long)n : (unsigned long long)n;
        print_number(printer, size, n < 0, 10, width, pad);
    } else if (*p == 'u' || *p == 'x') {
        unsigned long long n = longs == 0   ? va_arg(*args, unsigned)
                               : longs == 1 ? va_arg(*args, unsigned long)
                                            : va_arg(*args, unsigned long long);
        print_number(printer, n, false, *p == 'x' ? 16 : 10, width, pad);
    } else if (*p == 's') {
        const char *string = va_arg(*args, const char *);
        size_t size = 0;
        while (string && size < precision && string[size])
            size++;
        print_padded(printer, string, size, width, ' ');
    } else if (*p == 'c') {
        print_byte(printer, (char)va_arg(*args, int));
    } else {
        assert(*p == '%');
        print_byte(printer, '%');
    }
    *at = p + 1;
}

static size_t print_all(char *out, const char *format, va_list args)
{
    struct printer printer = {.out = out};
    va_list copy;
    va_copy(copy, args);
    for (const char *p = format; *p;) {
        if (*p != '%') {
            print_byte(&printer, *p++);
        } else {
            p++;
            print_directive(&printer, &p, &copy);
        }
    }
    va_end(copy);
    return printer.size;
}

struct text arena_print(struct arena *arena, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    size_t size = print_all(NULL, format, args);
    char *out = arena_take(arena, size + 1);
    print_all(out, format, args);
    va_end(args);
    return (struct text){.data = out, .size = size};
}
