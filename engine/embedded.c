/* embedded: see embedded.h. The assembler takes the files in as they are; paths are from the root of the checkout, where make runs. */
#include "engine/embedded.h"

/* The size first, then the bytes and a NUL. */
#define EMBED(name, file)                                                                                              \
    __asm__(".pushsection .rodata\n"                                                                                   \
            ".balign 8\n"                                                                                              \
            ".global embedded_" #name "_size\nembedded_" #name "_size:\n"                                              \
            ".quad 2f - 1f\n"                                                                                          \
            ".global embedded_" #name "_bytes\nembedded_" #name "_bytes:\n"                                            \
            "1:\n.incbin \"" file "\"\n"                                                                              \
            "2:\n.byte 0\n"                                                                                           \
            ".popsection\n");                                                                                          \
    extern const uint64_t embedded_##name##_size;                                                                      \
    extern const char embedded_##name##_bytes[]

EMBED(calendar, "config/calendar-cn.yaml");
EMBED(directory, "config/practice-directory.yaml");

struct text embedded_calendar(void)
{
    return (struct text){embedded_calendar_bytes, embedded_calendar_size};
}

struct text embedded_directory(void)
{
    return (struct text){embedded_directory_bytes, embedded_directory_size};
}
