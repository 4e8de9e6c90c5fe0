/* refusal_words: the particulars of a refusal, in Chinese. The core says each of them once, in English, where it refuses; programs and logs keep to
 * that. Here each of its sentences has its Chinese one; what varies in it (names, numbers, times) is taken over as it stands. */
#ifndef STAIRCASE_REFUSAL_WORDS_H
#define STAIRCASE_REFUSAL_WORDS_H

#include "engine/arena.h"

/* The Chinese sentence in the arena; empty when the sentence is none that the core says. */
struct text refusal_zh(struct arena *arena, struct text why);

#endif
