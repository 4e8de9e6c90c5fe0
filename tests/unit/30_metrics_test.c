/* Figures as Prometheus reads them: families, labels that cannot break out, buckets that add up, numbers exact to the last digit. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "engine/metrics.h"

static const uint64_t bounds[HISTOGRAM_BOUNDS] = {1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024};

static void expect(const struct metrics *metrics, const char *expected)
{
    struct text text = metrics_end(metrics);
    if (!text_is(text, expected))
        fail_msg("%.*s\ninstead of\n%s", (int)text.size, text.data, expected);
}

static void a_family_and_its_samples(void **state)
{
    struct arena arena;
    struct metrics metrics;
    (void)state;
    arena_init(&arena);
    metrics_begin(&metrics, &arena);
    metrics_family(&metrics, METRICS_GAUGE, "cases", "Open ones.");
    metrics_put(&metrics, INT64_MAX);
    metrics_family(&metrics, METRICS_COUNTER, "answers_total", "By code.");
    metrics_put_label(&metrics, "code", TEXT("a\"b\\c\nd"), 7);
    metrics_family(&metrics, METRICS_GAUGE, "seconds", "Of waiting.");
    metrics_put_decimal(&metrics, 1500, 3);
    metrics_put_decimal(&metrics, 5, 6);
    metrics_put_decimal(&metrics, 0, 3);
    expect(&metrics, "# HELP cases Open ones.\n# TYPE cases gauge\ncases 9223372036854775807\n"
                     "# HELP answers_total By code.\n# TYPE answers_total counter\nanswers_total{code=\"a\\\"b\\\\c d\"} 7\n"
                     "# HELP seconds Of waiting.\n# TYPE seconds gauge\nseconds 1.500\nseconds 0.000005\nseconds 0.000\n");
    arena_close(&arena);
}

static void buckets_add_up(void **state)
{
    struct histogram histogram = {.sum = 0};
    struct arena arena;
    struct metrics metrics;
    (void)state;
    for (uint64_t value = 1; value <= 2000; value++)
        histogram_note(&histogram, bounds, value);
    arena_init(&arena);
    metrics_begin(&metrics, &arena);
    metrics_family(&metrics, METRICS_HISTOGRAM, "sizes", "x");
    metrics_put_histogram(&metrics, &histogram, bounds, 3);
    struct text text = metrics_end(&metrics);
    const char *const lines[] = {"sizes_bucket{le=\"0.001\"} 1\n", "sizes_bucket{le=\"0.004\"} 4\n", "sizes_bucket{le=\"1.024\"} 1024\n",
                                 "sizes_bucket{le=\"+Inf\"} 2000\n", "sizes_sum 2001.000\n", "sizes_count 2000\n"};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        if (!memmem(text.data, text.size, lines[i], strlen(lines[i])))
            fail_msg("%.*s\nlacks %s", (int)text.size, text.data, lines[i]);
    arena_close(&arena);
}

static void it_grows(void **state)
{
    struct arena arena;
    struct metrics metrics;
    (void)state;
    arena_init(&arena);
    metrics_begin(&metrics, &arena);
    metrics_family(&metrics, METRICS_GAUGE, "x", "y");
    size_t head = metrics_end(&metrics).size;
    for (int i = 0; i < 10000; i++)
        metrics_put(&metrics, 1);
    assert_int_equal(metrics_end(&metrics).size, head + 10000 * strlen("x 1\n"));
    arena_close(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_family_and_its_samples),
        cmocka_unit_test(buckets_add_up),
        cmocka_unit_test(it_grows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
