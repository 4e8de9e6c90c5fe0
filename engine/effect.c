/* effect: see effect.h. */
#include "engine/effect.h"

enum { ROOM_LEAST = 4 };

/* The room doubles whenever the count reaches a power of two: so it need not be kept. */
struct effect *effect_add(struct arena *arena, struct decision *decision, enum effect_kind kind)
{
    uint32_t count = decision->effect_count;
    if (count == 0 || (count >= ROOM_LEAST && (count & (count - 1)) == 0)) {
        struct effect *grown = ARENA_ARRAY(arena, struct effect, count ? (size_t)count * 2 : ROOM_LEAST);
        if (count)
            memcpy(grown, decision->effects, count * sizeof *grown);
        decision->effects = grown;
    }
    decision->effect_count++;
    decision->effects[count] = (struct effect){.kind = kind};
    return &decision->effects[count];
}

/* A whole roll comes at once: doubling keeps it cheap. */
void roll_change(struct arena *arena, struct decision *decision, const struct roll_row *row)
{
    if (decision->roll_count == decision->roll_room) {
        decision->roll_room = decision->roll_room ? decision->roll_room * 2 : ROOM_LEAST;
        struct roll_row *grown = ARENA_ARRAY(arena, struct roll_row, decision->roll_room);
        if (decision->roll_count)
            memcpy(grown, decision->rolls, decision->roll_count * sizeof *grown);
        decision->rolls = grown;
    }
    decision->rolls[decision->roll_count++] = *row;
}
