/* desk: the commands of the mediation centre as the C client sends them, answered from a docket in memory; the test is the engine and the clock. */
#include "workers/desk.h"

#include "engine/store.h"
#include "proto/client.h"
#include "proto/wire.h"

#include <stdarg.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { TURNS_MOST = 2000 };

struct scene {
    char folder[64], address[128];
    struct store *store;
    struct docket *docket;
    struct desk *desk;
    struct client *client;
    struct arena arena;
    struct desk_turn turn; /* of all turns since it was cleared */
    int64_t now;
};

static void begin(struct scene *scene)
{
    *scene = (struct scene){.folder = "/tmp/desk-test-XXXXXX", .now = 50000};
    struct text why;
    assert_non_null(mkdtemp(scene->folder));
    snprintf(scene->address, sizeof scene->address, "ipc://%s/docket.sock", scene->folder);
    arena_init(&scene->arena);
    assert_int_equal(store_memory_open(&scene->store), ERR_OK);
    assert_int_equal(docket_open(&scene->docket, scene->store), ERR_OK);
    struct desk_options desk = {.address = scene->address, .person = "mediation-centre", .docket = scene->docket};
    assert_int_equal(desk_open(&scene->desk, &desk, &scene->arena, &why), ERR_OK);
    struct client_options client = {.endpoint = scene->address, .name = "test", .retry_ms = 60000};
    assert_int_equal(client_connect(&scene->client, &client), ERR_OK);
}

static void end(struct scene *scene)
{
    char path[128];
    client_disconnect(&scene->client);
    desk_close(&scene->desk);
    assert_null(scene->desk);
    docket_close(&scene->docket);
    store_close(&scene->store);
    arena_close(&scene->arena);
    snprintf(path, sizeof path, "%s/docket.sock", scene->folder);
    unlink(path);
    assert_int_equal(rmdir(scene->folder), 0);
}

static void turn(struct scene *scene)
{
    struct desk_turn one;
    assert_int_equal(desk_serve(scene->desk, 1700000000000, scene->now, &one), ERR_OK);
    scene->turn.heard |= one.heard;
    scene->turn.ordered |= one.ordered;
    scene->turn.wanted |= one.wanted;
}

static uint64_t submit(struct scene *scene, const struct message *message)
{
    uint64_t request;
    scene->turn = (struct desk_turn){0};
    assert_int_equal(client_submit(scene->client, message, &request), ERR_OK);
    return request;
}

/* Turns of the desk until the client has its answer. */
static struct message answer(struct scene *scene, enum message_kind kind)
{
    struct message message;
    for (int i = 0; i < TURNS_MOST; i++) {
        turn(scene);
        if (client_next(scene->client, 5, &message) == ERR_OK) {
            assert_string_equal(message_kind_name(message.kind), message_kind_name(kind));
            return message;
        }
    }
    fail_msg("no %s came", message_kind_name(kind));
    return (struct message){0};
}

/* Turns until the desk has heard it; no answer comes of that. */
static void heard(struct scene *scene)
{
    struct message message;
    for (int i = 0; i < TURNS_MOST && !scene->turn.ordered && !scene->turn.wanted; i++) {
        turn(scene);
        assert_int_equal(client_next(scene->client, 5, &message), ERR_TIMED_OUT);
    }
    assert_true(scene->turn.ordered || scene->turn.wanted);
}

static void receive(struct scene *scene, uint64_t case_id)
{
    struct value items[] = {value_text(TEXT("case")), value_integer((int64_t)case_id), value_text(TEXT("s")), value_text(TEXT("mediation"))};
    struct message task = {.kind = MESSAGE_TASK, .task = case_id << 8, .case_id = case_id, .rows = {.kind = VALUE_MAP, .count = 2, .items = items}};
    bool fresh;
    assert_int_equal(docket_receive(scene->docket, &task, 1000, &fresh), ERR_OK);
}

static struct message order(uint64_t case_id, const char *event)
{
    return (struct message){.kind = MESSAGE_SEND, .subject = {.kind = CASE_REF_ID, .id = case_id}, .event = text_of(event), .as = TEXT("sun")};
}

static const struct value *docket_of(const struct message *message, uint32_t row)
{
    assert_true(message->rows.kind == VALUE_LIST && message->rows.count > row);
    return value_get(&message->rows.items[row], "docket");
}

static bool state_is(const struct value *docket, const char *state)
{
    return text_is(value_get(docket, "state")->text, state);
}

/* ---- tests ---- */

static void the_list_has_what_is_not_done(void **state)
{
    struct scene scene;
    (void)state;
    begin(&scene);
    submit(&scene, &(struct message){.kind = MESSAGE_LIST});
    assert_int_equal(answer(&scene, MESSAGE_RESULT).rows.count, 0);
    receive(&scene, 7);
    receive(&scene, 8);
    docket_withdraw(scene.docket, 8 << 8, 2000);
    submit(&scene, &(struct message){.kind = MESSAGE_LIST});
    struct message listed = answer(&scene, MESSAGE_RESULT);
    assert_int_equal(listed.rows.count, 1);
    assert_int_equal(value_get(&listed.rows.items[0], "case")->integer, 7);
    assert_true(state_is(docket_of(&listed, 0), "received"));
    submit(&scene, &(struct message){.kind = MESSAGE_LIST, .what = TEXT("all")});
    assert_int_equal(answer(&scene, MESSAGE_RESULT).rows.count, 2);
    submit(&scene, &(struct message){.kind = MESSAGE_LIST, .what = TEXT("units")});
    assert_int_equal(answer(&scene, MESSAGE_REFUSED).code, ERR_BAD_DATA);
    submit(&scene, &(struct message){.kind = MESSAGE_STATUS});
    assert_int_equal(answer(&scene, MESSAGE_REFUSED).code, ERR_DENIED);
    end(&scene);
}

static void a_long_list_comes_in_pages(void **state)
{
    struct scene scene;
    uint64_t after = 0, seen = 0;
    (void)state;
    begin(&scene);
    for (uint64_t i = 1; i <= 1203; i++)
        receive(&scene, i);
    do {
        struct message page = {.more = true};
        submit(&scene, &(struct message){.kind = MESSAGE_LIST, .after = after});
        while (page.more) {
            page = answer(&scene, MESSAGE_RESULT);
            for (uint32_t i = 0; i < page.rows.count; i++)
                assert_int_equal(value_get(&page.rows.items[i], "case")->integer, ++seen);
        }
        after = page.after;
    } while (after);
    assert_int_equal(seen, 1203);
    end(&scene);
}

static void a_claim_is_answered_at_once(void **state)
{
    struct scene scene;
    (void)state;
    begin(&scene);
    receive(&scene, 7);
    struct message claim = order(7, "claim");
    submit(&scene, &claim);
    assert_int_equal(answer(&scene, MESSAGE_APPLIED).case_id, 7);
    assert_false(scene.turn.ordered);
    submit(&scene, &claim);
    assert_int_equal(answer(&scene, MESSAGE_REFUSED).code, ERR_NOT_NOW);
    struct message elsewhere = order(8, "claim");
    submit(&scene, &elsewhere);
    assert_int_equal(answer(&scene, MESSAGE_REFUSED).code, ERR_UNKNOWN_CASE);
    end(&scene);
}

static void an_event_is_answered_when_the_engine_has(void **state)
{
    struct scene scene;
    struct docket_intent intent;
    (void)state;
    begin(&scene);
    receive(&scene, 7);
    struct message sign = order(7, "sign"), applied = {.kind = MESSAGE_APPLIED, .position = 12, .time = 3, .stage = TEXT("keeping")};
    submit(&scene, &sign);
    heard(&scene);
    assert_int_equal(docket_next_intent(scene.docket, &scene.arena, 0, &intent), ERR_OK);
    assert_true(text_is(intent.event.as, "sun"));
    assert_int_equal(docket_answered(scene.docket, intent.sequence, &applied, 2000), ERR_OK);
    desk_answered(scene.desk, intent.event.id, &applied);
    struct message said = answer(&scene, MESSAGE_APPLIED);
    assert_int_equal(said.position, 12);
    assert_true(text_is(said.stage, "keeping"));
    end(&scene);
}

static void without_the_engine_it_is_kept(void **state)
{
    struct scene scene;
    (void)state;
    begin(&scene);
    receive(&scene, 7);
    struct message sign = order(7, "sign");
    assert_int_equal(desk_wake_ms(scene.desk, scene.now), -1);
    submit(&scene, &sign);
    heard(&scene);
    assert_in_range(desk_wake_ms(scene.desk, scene.now), 1, 3000);
    scene.now += 2999;
    turn(&scene);
    scene.now += 1;
    answer(&scene, MESSAGE_PARKED);
    assert_int_equal(desk_wake_ms(scene.desk, scene.now), -1);
    end(&scene);
}

static void a_question_waits_for_the_history(void **state)
{
    struct scene scene;
    uint64_t case_id, wanted;
    (void)state;
    begin(&scene);
    receive(&scene, 7);
    struct message show = {.kind = MESSAGE_SHOW, .subject = {.kind = CASE_REF_ID, .id = 7}, .history = true};
    submit(&scene, &show);
    heard(&scene);
    assert_int_equal(docket_next_unread(scene.docket, 0, &case_id, &wanted), ERR_OK);
    struct value rows[450], items[450][4];
    for (int i = 0; i < 450; i++) {
        items[i][0] = value_text(TEXT("e"));
        items[i][1] = value_text(TEXT("raise"));
        items[i][2] = value_text(TEXT("p"));
        items[i][3] = value_integer(i + 1);
        rows[i] = (struct value){.kind = VALUE_MAP, .count = 2, .items = items[i]};
    }
    assert_int_equal(docket_read(scene.docket, 7, wanted, &(struct value){.kind = VALUE_LIST, .count = 450, .items = rows}, true), ERR_OK);
    assert_int_equal(desk_read(scene.desk, 7), ERR_OK);
    struct message part = answer(&scene, MESSAGE_RESULT);
    assert_int_equal(part.rows.count, 1);
    assert_true(state_is(docket_of(&part, 0), "received"));
    uint32_t entries = 0;
    while (part.more) {
        part = answer(&scene, MESSAGE_RESULT);
        for (uint32_t i = 0; i < part.rows.count; i++)
            assert_int_equal(value_get(&part.rows.items[i], "p")->integer, ++entries);
    }
    assert_int_equal(entries, 450);
    end(&scene);
}

static void but_not_for_ever(void **state)
{
    struct scene scene;
    (void)state;
    begin(&scene);
    receive(&scene, 7);
    submit(&scene, &(struct message){.kind = MESSAGE_SHOW, .subject = {.kind = CASE_REF_ID, .id = 7}});
    heard(&scene);
    scene.now += 1500;
    struct message shown = answer(&scene, MESSAGE_RESULT);
    assert_int_equal(shown.rows.count, 1);
    assert_false(shown.more);
    submit(&scene, &(struct message){.kind = MESSAGE_SHOW, .subject = {.kind = CASE_REF_ID, .id = 8}});
    assert_int_equal(answer(&scene, MESSAGE_REFUSED).code, ERR_UNKNOWN_CASE);
    end(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_list_has_what_is_not_done),
        cmocka_unit_test(a_long_list_comes_in_pages),
        cmocka_unit_test(a_claim_is_answered_at_once),
        cmocka_unit_test(an_event_is_answered_when_the_engine_has),
        cmocka_unit_test(without_the_engine_it_is_kept),
        cmocka_unit_test(a_question_waits_for_the_history),
        cmocka_unit_test(but_not_for_ever),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
