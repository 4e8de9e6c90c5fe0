/* embedded: see embedded.h. The assembler takes the files in as they are; paths are from the root of the checkout, where make runs. */
#include "engine/embedded.h"

#define EMBED(name, file)                                                                                              \
    __asm__(".pushsection .rodata\n"                                                                                   \
            ".global embedded_" #name "_begin\nembedded_" #name "_begin:\n"                                            \
            ".incbin \"" file "\"\n"                                                                                   \
            ".global embedded_" #name "_end\nembedded_" #name "_end:\n"                                                \
            ".byte 0\n"                                                                                                \
            ".popsection\n");                                                                                          \
    extern const char embedded_##name##_begin[], embedded_##name##_end[]

EMBED(calendar, "config/calendar-cn.yaml");
EMBED(directory, "config/practice-directory.yaml");

struct text embedded_calendar(void)
{
    return (struct text){embedded_calendar_begin, (size_t)(embedded_calendar_end - embedded_calendar_begin)};
}

struct text embedded_directory(void)
{
    return (struct text){embedded_directory_begin, (size_t)(embedded_directory_end - embedded_directory_begin)};
}
