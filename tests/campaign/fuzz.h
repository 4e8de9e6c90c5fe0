/* fuzz: what the fuzz targets share. One program for each target: fuzz_NAME.c has the entry of libFuzzer, feeds one reader with whatever comes, and
 * asserts what must hold of everything that the reader lets pass: mostly that it is the same after writing and reading it again.
 *
 * Inputs are copied to memory of exactly their size (libFuzzer does), so that the sanitizers see a reader that goes past their end. */
#ifndef STAIRCASE_FUZZ_H
#define STAIRCASE_FUZZ_H

#include "engine/arena.h"

#include <stdio.h>
#include <stdlib.h>

/* Entry of libFuzzer. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A promise of a reader; what breaks it is printed and stops the run, with the input kept by libFuzzer. */
#define MUST(holds)                                                                                                    \
    do {                                                                                                               \
        if (!(holds)) {                                                                                                \
            fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #holds);                                 \
            abort();                                                                                                   \
        }                                                                                                              \
    } while (0)

static inline struct text fuzz_text(const uint8_t *data, size_t size)
{
    return (struct text){.data = (const char *)data, .size = size};
}

#endif
