/* decimal: see decimal.h. */
#include "engine/decimal.h"

enum { SCALE_MOST = 18 }; /* 10^18 is the greatest power of ten in 64 bits */

/* number * 10 + digit on the side of zero that `negative` says, so that the least number of all can be read too. */
static bool take_digit(int64_t *number, int digit, bool negative)
{
    return !__builtin_mul_overflow(*number, 10, number) && !__builtin_add_overflow(*number, negative ? -digit : digit, number);
}

bool decimal_parse(struct text text, int32_t scale, int64_t *number)
{
    size_t at = 0;
    bool negative = text.size > 0 && text.data[0] == '-', point = false;
    int32_t places = 0;
    size_t digits = 0;
    at += negative;
    *number = 0;
    for (; at < text.size; at++) {
        char c = text.data[at];
        if (c == '.' && !point && digits) {
            point = true;
            continue;
        }
        if (c < '0' || c > '9' || (point && ++places > scale) || !take_digit(number, c - '0', negative))
            return false;
        digits++;
    }
    for (int32_t missing = scale - places; missing > 0; missing--)
        if (!take_digit(number, 0, negative))
            return false;
    return digits > 0 && (!point || places > 0);
}

struct text decimal_print(struct arena *arena, int64_t number, int32_t scale)
{
    if (scale <= 0 || scale > SCALE_MOST)
        return arena_print(arena, "%lld", (long long)number);
    uint64_t size = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;
    uint64_t unit = 1;
    char fraction[SCALE_MOST];
    for (int32_t i = 0; i < scale; i++)
        unit *= 10;
    uint64_t rest = size % unit;
    for (int32_t i = scale; i-- > 0; rest /= 10)
        fraction[i] = (char)('0' + rest % 10);
    return arena_print(arena, "%s%llu.%.*s", number < 0 ? "-" : "", (unsigned long long)(size / unit), (int)scale, fraction);
}
