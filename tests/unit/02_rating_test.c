/* rating: worked examples, and comparison with a naive model that keeps one great fraction. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/rating.h"

__extension__ typedef __int128 wide;

static struct rating_group group(int64_t weight, int64_t rated, int64_t sum)
{
    return (struct rating_group){.name = TEXT("g"), .weight = weight, .least = 1, .rated = rated, .sum = sum};
}

static void worked_examples(void **state)
{
    (void)state;
    struct rating_group review[] = {group(30, 2, 170), group(10, 3, 210), group(60, 50, 4200)};
    assert_int_equal(rating_score(review, 3, 2), 8290); /* 30 × 85 + 10 × 70 + 60 × 84 = 8290, / 100 */
    assert_int_equal(rating_score(review, 3, 0), 83);   /* 82.9 */
    struct rating_group thirds[] = {group(1, 3, 100)};
    assert_int_equal(rating_score(thirds, 1, 2), 3333);
    assert_int_equal(rating_score(thirds, 1, 9), 33333333333);
    struct rating_group half[] = {group(1, 2, 1)};
    assert_int_equal(rating_score(half, 1, 0), 1); /* half up */
    struct rating_group below[] = {group(1, 10000, 4999)};
    assert_int_equal(rating_score(below, 1, 0), 0);
    /* A half that only comes together from two groups: (1/4 + 3/4) / 2. */
    struct rating_group quarters[] = {group(1, 4, 1), group(1, 4, 3)};
    assert_int_equal(rating_score(quarters, 2, 0), 1);
    /* One 10000th less than a half. */
    struct rating_group nearly[] = {group(1, 4, 1), group(1, 10000, 7499)};
    assert_int_equal(rating_score(nearly, 2, 0), 0);
}

static void the_greatest_of_all(void **state)
{
    (void)state;
    static const int64_t primes[RATING_GROUPS_MOST] = {9973, 9967, 9949, 9941, 9931, 9929, 9923, 9907};
    struct rating_group groups[RATING_GROUPS_MOST];
    for (int i = 0; i < RATING_GROUPS_MOST; i++)
        groups[i] = group(RATING_WEIGHT_MOST, primes[i], primes[i] * RATING_GRADE_MOST);
    assert_true(rating_score(groups, RATING_GROUPS_MOST, RATING_SCALE_MOST) == INT64_C(1000000000000000));
    for (int i = 0; i < RATING_GROUPS_MOST; i++)
        groups[i].sum = primes[i] / 2; /* just below a half in each */
    assert_int_equal(rating_score(groups, RATING_GROUPS_MOST, 0), 0);
    for (int i = 0; i < RATING_GROUPS_MOST; i++)
        groups[i].sum = primes[i] / 2 + 1;
    assert_int_equal(rating_score(groups, RATING_GROUPS_MOST, 0), 1);
}

/* One fraction over everything: right as long as nothing overflows, which small numbers do not. */
static int64_t naive(const struct rating_group *groups, uint32_t count, int64_t unit)
{
    wide numerator = 0, denominator = 1, weights = 0;
    for (uint32_t i = 0; i < count; i++)
        denominator *= groups[i].rated;
    for (uint32_t i = 0; i < count; i++) {
        numerator += (wide)groups[i].weight * unit * groups[i].sum * (denominator / groups[i].rated);
        weights += groups[i].weight;
    }
    denominator *= weights;
    return (int64_t)((2 * numerator + denominator) / (2 * denominator));
}

static void every_small_rating(void **state)
{
    (void)state;
    for (int64_t a = 1; a <= 6; a++)
        for (int64_t b = 1; b <= 6; b++)
            for (int64_t x = 0; x <= 3 * a; x++)
                for (int64_t y = 0; y <= 3 * b; y++)
                    for (int64_t w = 1; w <= 5; w++) {
                        struct rating_group groups[] = {group(w, a, x), group(3, b, y)};
                        assert_true(rating_score(groups, 2, 0) == naive(groups, 2, 1));
                        assert_true(rating_score(groups, 2, 1) == naive(groups, 2, 10));
                    }
}

static void who_is_missing(void **state)
{
    (void)state;
    struct rating_group groups[] = {group(1, 3, 3), group(1, 4, 3)};
    groups[0].least = 3, groups[1].least = 5;
    assert_int_equal(rating_short(groups, 2), 1);
    groups[1].rated = 5;
    assert_int_equal(rating_short(groups, 2), 2);
    groups[0].rated = 0;
    assert_int_equal(rating_short(groups, 2), 0);
}

static void in_words(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena);
    struct rating_group groups[] = {group(30, 2, 170), group(60, 50, 4200)};
    groups[0].name = TEXT("superior"), groups[1].name = TEXT("residents");
    struct text words = rating_words(&arena, groups, 2, 2);
    assert_true(text_equal(words, TEXT("superior 30 × 170/2, residents 60 × 4200/50; / 90 = 84.33")));
    arena_close(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(worked_examples), cmocka_unit_test(the_greatest_of_all), cmocka_unit_test(every_small_rating),
        cmocka_unit_test(who_is_missing),  cmocka_unit_test(in_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
