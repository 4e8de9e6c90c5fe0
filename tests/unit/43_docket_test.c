/* docket: each escalated case once, each event of the centre once, whatever crashes between any two calls of the store. */
#include "workers/docket.h"

#include "engine/map.h"
#include "engine/store.h"
#include "proto/wire.h"

#include <stdarg.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>

static const char id_a[] = "event-id-is-16-a", id_b[] = "event-id-is-16-b", id_c[] = "event-id-is-16-c";
static const char key_7[] = "case-key-is-16-b";

static struct text id_of(const char *bytes)
{
    return (struct text){.data = bytes, .size = ID_SIZE};
}

struct scene {
    struct store *store;
    struct docket *docket;
    struct arena arena;
};

static void begin(struct scene *scene)
{
    *scene = (struct scene){0};
    arena_init(&scene->arena);
    assert_int_equal(store_memory_open(&scene->store), ERR_OK);
    assert_int_equal(docket_open(&scene->docket, scene->store), ERR_OK);
}

static void end(struct scene *scene)
{
    docket_close(&scene->docket);
    store_close(&scene->store);
    arena_close(&scene->arena);
}

/* ---- what the engine says ---- */

static struct value map_of(struct arena *arena, const char *const *names, const struct value *values, uint32_t count)
{
    struct value *items = ARENA_ARRAY(arena, struct value, 2 * (size_t)count);
    for (uint32_t i = 0; i < count; i++) {
        items[2 * i] = value_text(text_of(names[i]));
        items[2 * i + 1] = values[i];
    }
    return (struct value){.kind = VALUE_MAP, .count = count, .items = items};
}

static struct value case_row(struct arena *arena, const char *level)
{
    static const char *const names[] = {"case", "data", "l", "s", "u", "w"};
    struct value data = {.kind = VALUE_MAP};
    struct value values[] = {value_integer(7), data, value_text(text_of(level)), value_text(TEXT("mediation")), value_text(TEXT("jinnong-centre")),
                             value_text(TEXT("dispute-mediation"))};
    return map_of(arena, names, values, 6);
}

static struct message task_of(struct arena *arena, uint64_t task)
{
    return (struct message){.kind = MESSAGE_TASK, .task = task, .lease = 1, .case_id = 7, .number = TEXT("金农调字〔2026〕15号"), .key = id_of(key_7),
                            .topic = TEXT("mediation-centre"), .rows = case_row(arena, "centre")};
}

static struct value entry_at(struct arena *arena, int64_t position)
{
    static const char *const names[] = {"case", "e", "p"};
    struct value values[] = {value_integer(7), value_text(TEXT("raise")), value_integer(position)};
    return map_of(arena, names, values, 3);
}

static const struct message applied_lower = {.kind = MESSAGE_APPLIED, .position = 9, .time = 5, .stage = {.data = "consent", .size = 7},
                                             .level = {.data = "community", .size = 9}, .unit = {.data = "jinnong", .size = 7}};

/* ---- what people do ---- */

static struct message order_of(const char *id, const char *event)
{
    return (struct message){.kind = MESSAGE_SEND, .id = id_of(id), .subject = {.kind = CASE_REF_ID, .id = 7}, .event = text_of(event), .as = TEXT("mediation-centre")};
}

static struct message order(struct scene *scene, const char *id, const char *event)
{
    struct message answer, wanted = order_of(id, event);
    assert_int_equal(docket_order(scene->docket, &scene->arena, &wanted, 2000, &answer), ERR_OK);
    return answer;
}

/* ---- what the docket shows ---- */

static const struct value *docket_part(struct scene *scene)
{
    struct value *row = ARENA_NEW(&scene->arena, struct value);
    assert_int_equal(docket_case(scene->docket, &scene->arena, 7, row), ERR_OK);
    const struct value *part = value_get(row, "docket");
    assert_non_null(part);
    return part;
}

static void assert_member(const struct value *map, const char *name, const char *expected)
{
    const struct value *value = value_get(map, name);
    if (!expected) {
        assert_null(value);
        return;
    }
    assert_non_null(value);
    assert_int_equal(value->kind, VALUE_TEXT);
    assert_int_equal(value->text.size, strlen(expected));
    assert_memory_equal(value->text.data, expected, strlen(expected));
}

static void assert_state(struct scene *scene, const char *expected)
{
    assert_member(docket_part(scene), "state", expected);
}

static uint32_t listed(struct scene *scene, bool all)
{
    struct value rows;
    uint64_t after = 0;
    assert_int_equal(docket_list(scene->docket, &scene->arena, all, &after, 10, &rows), ERR_OK);
    return rows.count;
}

static void receive(struct scene *scene, uint64_t task, bool expected)
{
    struct message message = task_of(&scene->arena, task);
    bool fresh;
    assert_int_equal(docket_receive(scene->docket, &message, 1000, &fresh), ERR_OK);
    assert_int_equal(fresh, expected);
}

static uint64_t only_intent(struct scene *scene, struct docket_intent *intent)
{
    struct docket_intent none;
    assert_int_equal(docket_next_intent(scene->docket, &scene->arena, 0, intent), ERR_OK);
    assert_int_equal(docket_next_intent(scene->docket, &scene->arena, intent->sequence, &none), ERR_NOT_FOUND);
    return intent->sequence;
}

/* ---- tests ---- */

static void a_case_stands_once_however_often_its_task_comes(void **state)
{
    struct scene scene;
    (void)state;
    begin(&scene);
    receive(&scene, 1800, true);
    receive(&scene, 1800, false);
    assert_int_equal(listed(&scene, false), 1);
    assert_state(&scene, "received");
    uint64_t case_id;
    assert_int_equal(docket_find(scene.docket, &(struct case_ref){.kind = CASE_REF_NUMBER, .text = TEXT("金农调字〔2026〕15号")}, &case_id), ERR_OK);
    assert_int_equal(case_id, 7);
    assert_int_equal(docket_find(scene.docket, &(struct case_ref){.kind = CASE_REF_KEY, .text = id_of(key_7)}, &case_id), ERR_OK);
    assert_int_equal(docket_find(scene.docket, &(struct case_ref){.kind = CASE_REF_ID, .id = 8}, &case_id), ERR_UNKNOWN_CASE);
    struct message nobody = {.kind = MESSAGE_TASK, .task = 1};
    bool fresh;
    assert_int_equal(docket_receive(scene.docket, &nobody, 0, &fresh), ERR_MALFORMED);
    end(&scene);
}

static void a_person_claims_it_once(void **state)
{
    struct scene scene;
    (void)state;
    begin(&scene);
    receive(&scene, 1800, true);
    assert_int_equal(order(&scene, id_a, "claim").kind, MESSAGE_APPLIED);
    assert_state(&scene, "accepted");
    assert_member(docket_part(&scene), "by", "mediation-centre");
    assert_int_equal(order(&scene, id_a, "claim").kind, MESSAGE_DUPLICATE);
    struct message answer = order(&scene, id_b, "claim");
    assert_int_equal(answer.kind, MESSAGE_REFUSED);
    assert_int_equal(answer.code, ERR_NOT_NOW);
    assert_int_equal(order(&scene, id_a, "return").code, ERR_ID_REUSED);
    end(&scene);
}

static void an_event_is_kept_until_it_is_answered(void **state)
{
    struct scene scene;
    struct docket_intent intent;
    struct field_value reason = {.name = TEXT("reason"), .value = value_text(TEXT("材料不全"))};
    struct message answer, wanted = order_of(id_a, "return");
    (void)state;
    begin(&scene);
    receive(&scene, 1800, true);
    wanted.data = &reason;
    wanted.data_count = 1;
    assert_int_equal(docket_order(scene.docket, &scene.arena, &wanted, 2000, &answer), ERR_OK);
    assert_int_equal(answer.kind, MESSAGE_PARKED);
    uint64_t sequence = only_intent(&scene, &intent);
    assert_int_equal(intent.task, 1800);
    assert_true(text_equal(intent.event.id, id_of(id_a)));
    assert_true(text_is(intent.event.event, "return"));
    assert_true(text_is(intent.event.data[0].value.text, "材料不全"));
    assert_int_equal(order(&scene, id_b, "sign").code, ERR_NOT_NOW); /* one at a time */
    assert_int_equal(docket_order(scene.docket, &scene.arena, &wanted, 2000, &answer), ERR_OK);
    assert_int_equal(answer.kind, MESSAGE_PARKED);
    assert_int_equal(docket_answered(scene.docket, sequence, &applied_lower, 3000), ERR_OK);
    assert_int_equal(docket_answered(scene.docket, sequence, &applied_lower, 3000), ERR_NOT_FOUND);
    assert_state(&scene, "returned");
    assert_int_equal(listed(&scene, false), 0);
    assert_int_equal(listed(&scene, true), 1);
    assert_int_equal(docket_order(scene.docket, &scene.arena, &wanted, 2000, &answer), ERR_OK);
    assert_int_equal(answer.kind, MESSAGE_DUPLICATE);
    assert_true(text_is(answer.level, "community"));
    assert_int_equal(order(&scene, id_c, "sign").code, ERR_NOT_NOW);
    end(&scene);
}

static void a_refused_event_leaves_the_case_as_it_was(void **state)
{
    struct scene scene;
    struct docket_intent intent;
    struct message refused = {.kind = MESSAGE_REFUSED, .code = ERR_BAD_DATA, .why = TEXT("agreement is missing"), .todo = TEXT("Mend it.")};
    (void)state;
    begin(&scene);
    receive(&scene, 1800, true);
    order(&scene, id_a, "claim");
    order(&scene, id_b, "sign");
    assert_int_equal(docket_answered(scene.docket, only_intent(&scene, &intent), &refused, 3000), ERR_OK);
    assert_state(&scene, "accepted");
    assert_member(docket_part(&scene), "code", "bad-data");
    assert_member(docket_part(&scene), "why", "agreement is missing");
    assert_int_equal(order(&scene, id_b, "sign").code, ERR_BAD_DATA);
    assert_int_equal(order(&scene, id_c, "sign").kind, MESSAGE_PARKED);
    assert_member(docket_part(&scene), "code", NULL);
    refused.code = ERR_UNKNOWN_TASK;
    assert_int_equal(docket_answered(scene.docket, only_intent(&scene, &intent), &refused, 3000), ERR_OK);
    assert_state(&scene, "withdrawn");
    end(&scene);
}

static void what_is_no_longer_wanted_is_marked(void **state)
{
    struct scene scene;
    struct docket_intent intent;
    (void)state;
    begin(&scene);
    receive(&scene, 1800, true);
    assert_int_equal(docket_withdraw(scene.docket, 4711, 2000), ERR_OK);
    assert_state(&scene, "received");
    assert_int_equal(docket_withdraw(scene.docket, 1800, 2000), ERR_OK);
    assert_state(&scene, "withdrawn");
    assert_int_equal(order(&scene, id_a, "sign").code, ERR_NOT_NOW);
    receive(&scene, 2000, true); /* it has come up again */
    assert_state(&scene, "received");
    order(&scene, id_b, "sign");
    docket_answered(scene.docket, only_intent(&scene, &intent), &applied_lower, 3000);
    assert_int_equal(docket_withdraw(scene.docket, 2000, 4000), ERR_OK); /* its own event settled it: no news */
    assert_state(&scene, "concluded");
    end(&scene);
}

static void an_answer_about_an_earlier_visit_does_not_touch_this_one(void **state)
{
    struct scene scene;
    struct docket_intent intent;
    (void)state;
    begin(&scene);
    receive(&scene, 1800, true);
    order(&scene, id_a, "return");
    receive(&scene, 2000, true); /* returned, and up again, before we hear of it */
    assert_state(&scene, "received");
    assert_int_equal(order(&scene, id_b, "sign").code, ERR_NOT_NOW);
    assert_int_equal(docket_answered(scene.docket, only_intent(&scene, &intent), &applied_lower, 3000), ERR_OK);
    assert_state(&scene, "received");
    assert_int_equal(order(&scene, id_b, "sign").kind, MESSAGE_PARKED);
    end(&scene);
}

static void an_event_that_stays_leaves_the_case_here(void **state)
{
    struct scene scene;
    struct docket_intent intent;
    struct message stays = applied_lower;
    (void)state;
    begin(&scene);
    receive(&scene, 1800, true);
    order(&scene, id_a, "claim");
    order(&scene, id_b, "comment");
    stays.stage = TEXT("mediation");
    stays.level = TEXT("centre");
    stays.unit = TEXT("jinnong-centre");
    assert_int_equal(docket_answered(scene.docket, only_intent(&scene, &intent), &stays, 3000), ERR_OK);
    assert_state(&scene, "accepted");
    end(&scene);
}

static void the_history_is_read_until_it_is_whole(void **state)
{
    struct scene scene;
    uint64_t case_id, turn, after = 0;
    struct value rows, items[3];
    (void)state;
    begin(&scene);
    assert_int_equal(docket_next_unread(scene.docket, 0, &case_id, &turn), ERR_NOT_FOUND);
    receive(&scene, 1800, true);
    assert_int_equal(docket_next_unread(scene.docket, 0, &case_id, &turn), ERR_OK);
    assert_int_equal(case_id, 7);
    items[0] = case_row(&scene.arena, "grid");
    items[1] = entry_at(&scene.arena, 3);
    items[2] = entry_at(&scene.arena, 300);
    rows = (struct value){.kind = VALUE_LIST, .count = 3, .items = items};
    assert_int_equal(docket_read(scene.docket, 7, turn, &rows, false), ERR_OK);
    assert_int_equal(docket_want(scene.docket, 7), ERR_OK); /* something happened meanwhile */
    assert_int_equal(docket_read(scene.docket, 7, turn, &rows, true), ERR_OK);
    assert_int_equal(docket_next_unread(scene.docket, 0, &case_id, &turn), ERR_OK);
    assert_int_equal(docket_next_unread(scene.docket, 7, &case_id, &turn), ERR_NOT_FOUND);
    assert_int_equal(docket_next_unread(scene.docket, 6, &case_id, &turn), ERR_OK);
    assert_int_equal(docket_read(scene.docket, 7, turn, &(struct value){.kind = VALUE_LIST}, true), ERR_OK);
    assert_int_equal(docket_next_unread(scene.docket, 0, &case_id, &turn), ERR_NOT_FOUND);
    assert_int_equal(docket_history(scene.docket, &scene.arena, 7, &after, 1, &rows), ERR_OK);
    assert_int_equal(rows.count, 1);
    assert_int_equal(value_get(&rows.items[0], "p")->integer, 3);
    assert_int_equal(after, 3);
    assert_int_equal(docket_history(scene.docket, &scene.arena, 7, &after, 10, &rows), ERR_OK);
    assert_int_equal(rows.count, 1);
    assert_int_equal(value_get(&rows.items[0], "p")->integer, 300);
    assert_int_equal(after, 0);
    struct value row;
    assert_int_equal(docket_case(scene.docket, &scene.arena, 7, &row), ERR_OK);
    assert_member(&row, "l", "grid");
    assert_int_equal(docket_want(scene.docket, 8), ERR_NOT_FOUND);
    end(&scene);
}

static struct value row_with(struct arena *arena, struct value data, const char *hidden)
{
    static const char *const names[] = {"case", "data", "private"};
    struct value *name = ARENA_NEW(arena, struct value);
    *name = value_text(text_of(hidden));
    struct value values[] = {value_integer(7), data, {.kind = VALUE_LIST, .count = 1, .items = name}};
    return map_of(arena, names, values, hidden ? 3 : 2);
}

static void what_was_seen_is_kept_when_it_is_no_longer_shown(void **state)
{
    static const char *const both[] = {"category", "summary"}, *const open_one[] = {"category"};
    struct scene scene;
    struct value row;
    (void)state;
    begin(&scene);
    receive(&scene, 1800, true);
    struct value before[] = {value_text(TEXT("neighbour")), value_text(TEXT("漏水"))}, after[] = {value_text(TEXT("property"))};
    struct value full = row_with(&scene.arena, map_of(&scene.arena, both, before, 2), "agreement");
    struct value less = row_with(&scene.arena, map_of(&scene.arena, open_one, after, 1), "summary");
    assert_int_equal(docket_read(scene.docket, 7, 1, &(struct value){.kind = VALUE_LIST, .count = 1, .items = &full}, false), ERR_OK);
    assert_int_equal(docket_case(scene.docket, &scene.arena, 7, &row), ERR_OK);
    assert_int_equal(value_get(&row, "private")->count, 1);
    assert_int_equal(docket_read(scene.docket, 7, 1, &(struct value){.kind = VALUE_LIST, .count = 1, .items = &less}, true), ERR_OK);
    assert_int_equal(docket_case(scene.docket, &scene.arena, 7, &row), ERR_OK);
    assert_member(value_get(&row, "data"), "summary", "漏水");
    assert_member(value_get(&row, "data"), "category", "property");
    assert_null(value_get(&row, "private"));
    end(&scene);
}

/* ---- what is destroyed ---- */

static struct value erased_row(struct arena *arena, const char *field)
{
    static const char *const names[] = {"case", "erased", "private"};
    struct value *name = ARENA_NEW(arena, struct value);
    *name = value_text(text_of(field));
    struct value list = {.kind = VALUE_LIST, .count = 1, .items = name}, values[] = {value_integer(7), list, list};
    return map_of(arena, names, values, 3);
}

static void read_all(struct scene *scene, const struct value *row)
{
    uint64_t case_id, turn;
    assert_int_equal(docket_next_unread(scene->docket, 0, &case_id, &turn), ERR_OK);
    assert_int_equal(case_id, 7);
    assert_int_equal(docket_read(scene->docket, 7, turn, &(struct value){.kind = VALUE_LIST, .count = 1, .items = (struct value *)(uintptr_t)row}, true), ERR_OK);
    assert_int_equal(docket_next_unread(scene->docket, 0, &case_id, &turn), ERR_NOT_FOUND);
}

static struct value summary_row(struct scene *scene, const char *applicant)
{
    static const char *const fields[] = {"applicant", "summary"};
    struct value person = value_text(text_of(applicant)), data[] = {{.kind = VALUE_LIST, .count = 1, .items = &person}, value_text(TEXT("漏水"))};
    struct value row = row_with(&scene->arena, map_of(&scene->arena, fields, data, 2), NULL);
    return value_copy(&scene->arena, &row);
}

static void what_was_erased_is_not_kept(void **state)
{
    struct scene scene;
    struct value row;
    uint64_t case_id, turn, position;
    (void)state;
    begin(&scene);
    receive(&scene, 1800, true);
    struct value full = summary_row(&scene, "app:zhao"), less = erased_row(&scene.arena, "summary");
    read_all(&scene, &full);
    struct docket_loss other = {.position = 40, .person = TEXT("app:qian")}, loss = {.position = 41, .person = TEXT("app:zhao")};
    assert_int_equal(docket_lose(scene.docket, &other), ERR_OK);
    assert_int_equal(docket_next_unread(scene.docket, 0, &case_id, &turn), ERR_NOT_FOUND); /* it speaks of nobody here */
    assert_int_equal(docket_lose(scene.docket, &loss), ERR_OK);
    assert_int_equal(docket_watched(scene.docket, &position), ERR_OK);
    assert_int_equal(position, 41);
    read_all(&scene, &less);
    assert_int_equal(docket_case(scene.docket, &scene.arena, 7, &row), ERR_OK);
    assert_null(value_get(value_get(&row, "data"), "summary"));
    assert_non_null(value_get(&row, "private"));
    /* Who it was is not told to everybody: then it may be anybody. */
    struct docket_loss anyone = {.position = 42, .anyone = true};
    assert_int_equal(docket_lose(scene.docket, &anyone), ERR_OK);
    read_all(&scene, &less);
    end(&scene);
}

static void a_forgotten_case_is_forgotten_here(void **state)
{
    static const char *const names[] = {"case", "forgotten"}, *const entry_names[] = {"case", "data", "p"}, *const fields[] = {"summary"};
    struct scene scene;
    struct value row, rows;
    uint64_t case_id, turn, after = 0;
    bool empty;
    (void)state;
    begin(&scene);
    assert_int_equal(docket_is_empty(scene.docket, &empty), ERR_OK);
    assert_true(empty);
    receive(&scene, 1800, true);
    assert_int_equal(docket_is_empty(scene.docket, &empty), ERR_OK);
    assert_false(empty);
    struct value summary = value_text(TEXT("漏水")), data = map_of(&scene.arena, fields, &summary, 1);
    struct value entry[] = {value_integer(7), data, value_integer(3)}, gone[] = {value_integer(7), {.kind = VALUE_BOOLEAN, .boolean = true}};
    struct value both[] = {summary_row(&scene, "app:zhao"), map_of(&scene.arena, entry_names, entry, 3)}, forgotten = map_of(&scene.arena, names, gone, 2);
    assert_int_equal(docket_next_unread(scene.docket, 0, &case_id, &turn), ERR_OK);
    assert_int_equal(docket_read(scene.docket, 7, turn, &(struct value){.kind = VALUE_LIST, .count = 2, .items = both}, true), ERR_OK);
    struct docket_loss loss = {.position = 50, .case_id = 7}, elsewhere = {.position = 49, .case_id = 8};
    assert_int_equal(docket_lose(scene.docket, &elsewhere), ERR_OK);
    assert_int_equal(docket_next_unread(scene.docket, 0, &case_id, &turn), ERR_NOT_FOUND);
    assert_int_equal(docket_lose(scene.docket, &loss), ERR_OK);
    read_all(&scene, &forgotten);
    assert_int_equal(docket_case(scene.docket, &scene.arena, 7, &row), ERR_OK);
    assert_null(value_get(&row, "data"));
    assert_int_equal(docket_history(scene.docket, &scene.arena, 7, &after, 10, &rows), ERR_OK);
    assert_int_equal(rows.count, 1);
    assert_null(value_get(&rows.items[0], "data"));
    end(&scene);
}

static void what_the_centre_wrote_itself_it_knows(void **state)
{
    struct scene scene;
    struct docket_intent intent;
    struct value row, rows;
    struct field_value agreement = {.name = TEXT("agreement"), .value = value_text(TEXT("周五前修好"))};
    struct message answer, wanted = order_of(id_a, "sign"), applied = applied_lower;
    uint64_t after = 0;
    (void)state;
    begin(&scene);
    receive(&scene, 1800, true);
    wanted.data = &agreement;
    wanted.data_count = 1;
    assert_int_equal(docket_order(scene.docket, &scene.arena, &wanted, 2000, &answer), ERR_OK);
    applied.position = 30;
    assert_int_equal(docket_answered(scene.docket, only_intent(&scene, &intent), &applied, 3000), ERR_OK);
    struct value shown = row_with(&scene.arena, (struct value){.kind = VALUE_MAP}, "agreement"); /* the case has moved on */
    assert_int_equal(docket_read(scene.docket, 7, 1, &(struct value){.kind = VALUE_LIST, .count = 1, .items = &shown}, true), ERR_OK);
    assert_int_equal(docket_case(scene.docket, &scene.arena, 7, &row), ERR_OK);
    assert_member(value_get(&row, "data"), "agreement", "周五前修好");
    assert_int_equal(docket_history(scene.docket, &scene.arena, 7, &after, 10, &rows), ERR_OK);
    assert_int_equal(value_get(&rows.items[0], "p")->integer, 30);
    assert_member(value_get(&rows.items[0], "data"), "agreement", "周五前修好");
    end(&scene);
}

static void a_notice_is_noted_once(void **state)
{
    static const char *const names[] = {"case", "text"}, *const languages[] = {"en"};
    struct scene scene;
    (void)state;
    begin(&scene);
    receive(&scene, 1800, true);
    struct value words = value_text(TEXT("The parties have agreed to more time."));
    struct value members[] = {value_integer(7), map_of(&scene.arena, languages, &words, 1)};
    for (int i = 0; i < 40; i++) {
        struct message notice = {.kind = MESSAGE_TASK, .task = 3000 + (uint64_t)i / 2, .what = TEXT("notice"), .rows = map_of(&scene.arena, names, members, 2)};
        assert_int_equal(docket_note(scene.docket, &notice, 1000 + i), ERR_OK);
    }
    const struct value *notes = value_get(docket_part(&scene), "notes");
    assert_int_equal(notes->count, 16); /* the newest */
    assert_int_equal(value_get(&notes->items[15], "t")->integer, 1038);
    assert_member(value_get(&notes->items[0], "text"), "en", "The parties have agreed to more time.");
    struct message elsewhere = {.kind = MESSAGE_TASK, .task = 5000, .case_id = 8, .rows = {.kind = VALUE_MAP}};
    assert_int_equal(docket_note(scene.docket, &elsewhere, 1), ERR_OK);
    assert_int_equal(listed(&scene, true), 1);
    end(&scene);
}

static void the_list_goes_page_by_page(void **state)
{
    struct scene scene;
    (void)state;
    begin(&scene);
    for (uint64_t i = 1; i <= 25; i++) {
        struct message task = {.kind = MESSAGE_TASK, .task = i * 256, .case_id = i, .rows = {.kind = VALUE_MAP}};
        bool fresh;
        assert_int_equal(docket_receive(scene.docket, &task, 1000, &fresh), ERR_OK);
    }
    uint64_t after = 0, seen = 0;
    struct value rows;
    do {
        assert_int_equal(docket_list(scene.docket, &scene.arena, false, &after, 10, &rows), ERR_OK);
        for (uint32_t i = 0; i < rows.count; i++)
            assert_int_equal(value_get(&rows.items[i], "case")->integer, ++seen);
    } while (after);
    assert_int_equal(seen, 25);
    end(&scene);
}

static void long_cases_make_short_pages(void **state)
{
    static const char *const names[] = {"case", "data"}, *const fields[] = {"summary"};
    struct scene scene;
    (void)state;
    begin(&scene);
    char *words = malloc(300000);
    memset(words, 'x', 300000);
    for (uint64_t i = 1; i <= 40; i++) {
        struct value summary = value_text((struct text){.data = words, .size = 300000});
        struct value members[] = {value_integer((int64_t)i), map_of(&scene.arena, fields, &summary, 1)};
        struct message task = {.kind = MESSAGE_TASK, .task = i * 256, .case_id = i, .rows = map_of(&scene.arena, names, members, 2)};
        bool fresh;
        assert_int_equal(docket_receive(scene.docket, &task, 1000, &fresh), ERR_OK);
    }
    uint64_t after = 0, seen = 0;
    struct value rows;
    do {
        assert_int_equal(docket_list(scene.docket, &scene.arena, true, &after, 1000, &rows), ERR_OK);
        assert_in_range(rows.count, 1, 20);
        seen += rows.count;
    } while (after);
    assert_int_equal(seen, 40);
    free(words);
    end(&scene);
}

/* ---- crashes ----
 *
 * A small engine that repeats what has no answer, people who repeat their orders, and a centre that loses its memory at the n-th call
 * of the store, for every n. What must hold whatever n is: each visit stands in the docket once, each event was applied once. */

struct world {
    struct scene scene;
    uint64_t accepted[4];   /* tasks the centre has acknowledged */
    uint32_t accepted_count;
    uint32_t applied_a, applied_b;
    bool crashed;
};

/* The centre starts again on what is on disk. */
static void start_again(struct world *world)
{
    docket_close(&world->scene.docket);
    store_memory_crash(world->scene.store);
    store_memory_set_fault(world->scene.store, (struct store_memory_fault){0});
    assert_int_equal(docket_open(&world->scene.docket, world->scene.store), ERR_OK);
    world->crashed = true;
}

static bool survives(struct world *world, enum err err)
{
    if (err && err != ERR_NOT_FOUND)
        start_again(world);
    return !err;
}

static void deliver(struct world *world, uint64_t task)
{
    struct message message = task_of(&world->scene.arena, task);
    bool fresh;
    while (!survives(world, docket_receive(world->scene.docket, &message, 1000, &fresh)))
        ;
    world->accepted[world->accepted_count++] = task; /* only now does `accept` leave */
}

static void insist(struct world *world, const char *id, const char *event)
{
    struct message answer, wanted = order_of(id, event);
    while (!survives(world, docket_order(world->scene.docket, &world->scene.arena, &wanted, 2000, &answer)))
        ;
    assert_true(answer.kind == MESSAGE_PARKED || answer.kind == MESSAGE_APPLIED || answer.kind == MESSAGE_DUPLICATE);
}

/* The engine applies an id once, and answers every repeat. */
static void send_intents(struct world *world)
{
    for (;;) {
        struct docket_intent intent;
        enum err err = docket_next_intent(world->scene.docket, &world->scene.arena, 0, &intent);
        if (err == ERR_NOT_FOUND)
            return;
        if (!survives(world, err))
            continue;
        uint32_t *applied = text_equal(intent.event.id, id_of(id_a)) ? &world->applied_a : &world->applied_b;
        struct message answer = applied_lower;
        answer.kind = *applied ? MESSAGE_DUPLICATE : MESSAGE_APPLIED;
        *applied = 1;
        survives(world, docket_answered(world->scene.docket, intent.sequence, &answer, 3000));
    }
}

static void read_histories(struct world *world)
{
    for (;;) {
        uint64_t case_id, turn;
        enum err err = docket_next_unread(world->scene.docket, 0, &case_id, &turn);
        if (err == ERR_NOT_FOUND)
            return;
        if (!survives(world, err))
            continue;
        struct value items[] = {case_row(&world->scene.arena, "centre"), entry_at(&world->scene.arena, 3)};
        struct value rows = {.kind = VALUE_LIST, .count = 2, .items = items};
        survives(world, docket_read(world->scene.docket, case_id, turn, &rows, true));
    }
}

static void live(struct world *world)
{
    deliver(world, 1800);
    deliver(world, 1800);
    read_histories(world);
    insist(world, id_c, "claim");
    insist(world, id_a, "return");
    send_intents(world);
    deliver(world, 2000);
    read_histories(world);
    insist(world, id_b, "sign");
    insist(world, id_b, "sign");
    send_intents(world);
    read_histories(world);
}

static void assert_promises(struct world *world)
{
    struct scene *scene = &world->scene;
    uint64_t after = 0;
    struct value rows;
    start_again(world);
    assert_int_equal(listed(scene, true), 1);
    assert_int_equal(listed(scene, false), 0);
    assert_state(scene, "concluded");
    assert_int_equal(value_get(docket_part(scene), "visits")->integer, 2);
    assert_int_equal(world->applied_a, 1);
    assert_int_equal(world->applied_b, 1);
    assert_int_equal(docket_history(scene->docket, &scene->arena, 7, &after, 10, &rows), ERR_OK);
    assert_int_equal(rows.count, 2); /* what was read, and the place where this engine applied the centre's own */
    assert_int_equal(order(scene, id_a, "return").kind, MESSAGE_DUPLICATE);
}

static bool crash_at(uint32_t call, bool commit_holds)
{
    struct world world = {0};
    begin(&world.scene);
    store_memory_set_fault(world.scene.store, (struct store_memory_fault){.countdown = call, .code = ERR_IO, .commit_holds = commit_holds});
    live(&world);
    bool crashed = world.crashed;
    store_memory_set_fault(world.scene.store, (struct store_memory_fault){0});
    assert_promises(&world);
    end(&world.scene);
    return crashed;
}

static void a_crash_between_any_two_calls_loses_and_doubles_nothing(void **state)
{
    uint32_t call = 0;
    (void)state;
    do {
        call++;
        crash_at(call, false);
    } while (crash_at(call, true));
    assert_in_range(call, 100, 1000); /* as many calls as such a life has */
}

static void a_full_map_is_enlarged(void **state)
{
    struct scene scene;
    (void)state;
    begin(&scene);
    for (uint32_t call = 2; call < 8; call++) {
        store_memory_set_fault(scene.store, (struct store_memory_fault){.countdown = call, .code = ERR_MAP_FULL});
        receive(&scene, 1800 + 256 * (uint64_t)call, true);
    }
    end(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_case_stands_once_however_often_its_task_comes),
        cmocka_unit_test(a_person_claims_it_once),
        cmocka_unit_test(an_event_is_kept_until_it_is_answered),
        cmocka_unit_test(a_refused_event_leaves_the_case_as_it_was),
        cmocka_unit_test(what_is_no_longer_wanted_is_marked),
        cmocka_unit_test(an_answer_about_an_earlier_visit_does_not_touch_this_one),
        cmocka_unit_test(an_event_that_stays_leaves_the_case_here),
        cmocka_unit_test(the_history_is_read_until_it_is_whole),
        cmocka_unit_test(what_was_seen_is_kept_when_it_is_no_longer_shown),
        cmocka_unit_test(what_was_erased_is_not_kept),
        cmocka_unit_test(a_forgotten_case_is_forgotten_here),
        cmocka_unit_test(what_the_centre_wrote_itself_it_knows),
        cmocka_unit_test(a_notice_is_noted_once),
        cmocka_unit_test(the_list_goes_page_by_page),
        cmocka_unit_test(long_cases_make_short_pages),
        cmocka_unit_test(a_crash_between_any_two_calls_loses_and_doubles_nothing),
        cmocka_unit_test(a_full_map_is_enlarged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
