/* What waits is taken in turns, connection by connection and in order; what there is no room for is told when to come again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

#include "engine/backlog.h"

enum { BATCH = 1024 };

struct rig {
    struct backlog backlog;
    struct arena arena;
};

static int set_up(void **state)
{
    struct rig *rig = calloc(1, sizeof *rig);
    arena_init(&rig->arena);
    assert_int_equal(backlog_open(&rig->backlog), ERR_OK);
    *state = rig;
    return 0;
}

static int tear_down(void **state)
{
    struct rig *rig = *state;
    backlog_close(&rig->backlog);
    arena_close(&rig->arena);
    free(rig);
    return 0;
}

static struct link_message from(link_peer peer, const char *text)
{
    return (struct link_message){.peer = peer, .side = LINK_CLIENTS, .bytes = text_of(text)};
}

static void put(struct rig *rig, link_peer peer, const char *text)
{
    const struct link_message message = from(peer, text);
    assert_true(backlog_put(&rig->backlog, &message));
}

static void expect(struct rig *rig, link_peer peer, const char *text)
{
    struct link_message message;
    assert_true(backlog_take(&rig->backlog, &rig->arena, &message));
    assert_true(message.peer == peer);
    assert_true(text_is(message.bytes, text));
}

static void everyone_has_a_turn_and_keeps_its_order(void **state)
{
    struct rig *rig = *state;
    struct link_message none;
    put(rig, 1, "a"), put(rig, 1, "b"), put(rig, 1, "c"), put(rig, 2, "x"), put(rig, 3, "p"), put(rig, 3, "q");
    expect(rig, 1, "a");
    expect(rig, 2, "x");
    put(rig, 2, "y"); /* the second of 2: not before the second of 1 */
    put(rig, 4, "m"); /* nothing of it waits: it is in the turn that is being taken */
    expect(rig, 3, "p");
    expect(rig, 4, "m");
    expect(rig, 1, "b");
    expect(rig, 3, "q");
    expect(rig, 2, "y");
    expect(rig, 1, "c");
    assert_false(backlog_take(&rig->backlog, &rig->arena, &none));
    put(rig, 1, "d");
    expect(rig, 1, "d");
    assert_int_equal(rig->backlog.bytes, 0);
}

/* At a millisecond an event, a quarter of a second is 250 of them. */
static void fill(struct rig *rig, link_peer peer, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        put(rig, peer, "event");
}

static void as_much_waits_as_can_be_decided_soon(void **state)
{
    struct rig *rig = *state;
    enum { SMALL = 8 };
    const struct link_message one = from(1, "event"), other = from(2, "event");
    struct link_message report = from(1, "report");
    report.side = LINK_WORKERS;
    for (int i = 0; i < 100; i++)
        backlog_learn(&rig->backlog, SMALL, SMALL, SMALL * 1000);
    backlog_learn(&rig->backlog, 1, SMALL, 1000000); /* one alone says nothing */
    uint32_t soon = LIMIT_WAIT_US / 1000 - SMALL;
    fill(rig, 1, soon);
    assert_true(backlog_has_room(&rig->backlog, &one, SMALL));
    put(rig, 1, "event");
    assert_false(backlog_has_room(&rig->backlog, &one, SMALL));
    assert_true(backlog_has_room(&rig->backlog, &other, SMALL)); /* who has nothing waiting */
    assert_true(backlog_has_room(&rig->backlog, &report, SMALL));
    fill(rig, 1, soon + SMALL);
    assert_false(backlog_has_room(&rig->backlog, &other, SMALL));
    assert_true(backlog_has_room(&rig->backlog, &report, SMALL));
}

static void however_slow_a_batch_may_wait(void **state)
{
    struct rig *rig = *state;
    const struct link_message one = from(1, "event");
    for (int i = 0; i < 100; i++)
        backlog_learn(&rig->backlog, BATCH, BATCH, 60000000);
    fill(rig, 1, BATCH - 1);
    assert_true(backlog_has_room(&rig->backlog, &one, BATCH));
    put(rig, 1, "event");
    assert_false(backlog_has_room(&rig->backlog, &one, BATCH));
}

static void there_is_an_end_to_numbers_and_to_bytes(void **state)
{
    struct rig *rig = *state;
    struct link_message message = from(7, "event"), large = from(8, "large");
    message.side = large.side = LINK_WORKERS;
    uint32_t count = 0;
    while (backlog_has_room(&rig->backlog, &message, BATCH) && backlog_put(&rig->backlog, &message))
        count++;
    assert_int_equal(count, LIMIT_BACKLOG);
    backlog_sift(&rig->backlog, NULL, NULL);
    assert_int_equal(rig->backlog.count, 0);
    large.bytes = (struct text){.data = calloc(1, WIRE_MESSAGE_MOST), .size = WIRE_MESSAGE_MOST};
    while (backlog_has_room(&rig->backlog, &large, BATCH))
        assert_true(backlog_put(&rig->backlog, &large));
    assert_true(rig->backlog.bytes <= LIMIT_BACKLOG_BYTES && rig->backlog.bytes + WIRE_MESSAGE_MOST > LIMIT_BACKLOG_BYTES);
    free((char *)large.bytes.data);
}

/* At a millisecond an event the hundredth is told a time a hundred milliseconds later than the first. */
static void who_is_turned_away_comes_back_one_after_the_other(void **state)
{
    struct rig *rig = *state;
    for (int i = 0; i < 200; i++)
        backlog_learn(&rig->backlog, BATCH, BATCH, BATCH * 1000);
    fill(rig, 1, 200);
    uint64_t first = backlog_place_ms(&rig->backlog, 5000000), last = 0;
    assert_in_range(first, 195, 205);
    for (int i = 0; i < 100; i++)
        last = backlog_place_ms(&rig->backlog, 5000000);
    assert_in_range(last - first, 98, 102);
    assert_in_range(backlog_place_ms(&rig->backlog, 5000000 + 60000000), 195, 205); /* places that have passed are promised again */
    for (int i = 0; i < 100000; i++)
        last = backlog_place_ms(&rig->backlog, 5000000 + 60000000);
    assert_int_equal(last, 2000); /* nobody is put off for longer, however many there are */
    backlog_sift(&rig->backlog, NULL, NULL);
    assert_int_equal(backlog_place_ms(&rig->backlog, 500000000), 20);
}

static bool even(void *context, struct link_message *message)
{
    message->who = context;
    return message->peer % 2 == 0;
}

static void what_is_forgotten_leaves_the_others_as_they_were(void **state)
{
    struct rig *rig = *state;
    struct link_message message;
    put(rig, 1, "a"), put(rig, 2, "x"), put(rig, 3, "p"), put(rig, 2, "y"), put(rig, 1, "b"), put(rig, 4, "m");
    backlog_sift(&rig->backlog, even, rig);
    expect(rig, 2, "x");
    assert_true(backlog_take(&rig->backlog, &rig->arena, &message) && message.peer == 4 && message.who == rig);
    put(rig, 1, "c");
    expect(rig, 2, "y");
    expect(rig, 1, "c");
    assert_int_equal(rig->backlog.count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(everyone_has_a_turn_and_keeps_its_order, set_up, tear_down),
        cmocka_unit_test_setup_teardown(as_much_waits_as_can_be_decided_soon, set_up, tear_down),
        cmocka_unit_test_setup_teardown(however_slow_a_batch_may_wait, set_up, tear_down),
        cmocka_unit_test_setup_teardown(there_is_an_end_to_numbers_and_to_bytes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(who_is_turned_away_comes_back_one_after_the_other, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_forgotten_leaves_the_others_as_they_were, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
