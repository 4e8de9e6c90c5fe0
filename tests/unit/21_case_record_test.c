/* case_record: what is written is what is read, byte for byte; a golden record; nothing that is read back is believed. */
#include "engine/bytes.h"
#include "tests/unit/core_world.h"
#include "tests/unit/dispute.h"

static struct world w;

static int start(void **state)
{
    (void)state;
    world_begin(&w);
    return 0;
}

static int finish(void **state)
{
    (void)state;
    world_end(&w);
    return 0;
}

/* A case with something in every array. */
static struct case_state *full_case(void)
{
    struct case_state *state = ARENA_NEW(&w.arena, struct case_state);
    *state = (struct case_state){
        .partition = 3, .id = 1000, .key = "0123456789abcde", .workflow = 7, .home_unit = 4, .unit = 3, .previous_unit = 4, .stage = 1,
        .level = 2, .end = NONE, .flags = CASE_OVERDUE | CASE_WAS_LATE | CASE_INCIDENT, .opened_at = 1770000000000, .entered_at = 1770000100000,
        .last_at = -1, .last_id = "fedcba987654321", .last_position = UINT64_C(1) << 40, .events = 12, .number = TEXT("金农调字〔2026〕15号"),
        .opener = TEXT("li"), .opener_for = TEXT("app:zhao"), .asked_by = TEXT("app:qian"), .asked_add = 2, .data_count = 7,
    };
    struct value *pair = ARENA_ARRAY(&w.arena, struct value, 2);
    pair[0] = value_integer(998);
    pair[1] = value_integer(4000);
    struct value *sealed = ARENA_ARRAY(&w.arena, struct value, 4);
    sealed[0] = value_text(TEXT("id"));
    sealed[1] = value_text(TEXT("app:zhao"));
    sealed[2] = value_text(TEXT("sealed"));
    sealed[3] = value_bytes("\0\xff", 2);
    struct value *people = ARENA_ARRAY(&w.arena, struct value, 2);
    people[0] = value_text(TEXT("app:qian"));
    people[1] = (struct value){.kind = VALUE_MAP, .count = 2, .items = sealed};
    state->data = ARENA_ARRAY(&w.arena, struct value, 7);
    state->data[1] = value_boolean(true);
    state->data[2] = value_integer(-70000);
    state->data[3] = value_text(TEXT("漏水"));
    state->data[4] = value_bytes("sealed", 6);
    state->data[5] = (struct value){.kind = VALUE_LIST, .count = 2, .items = pair};
    state->data[6] = (struct value){.kind = VALUE_LIST, .count = 2, .items = people};
    struct case_clock *clock = case_add_clock(&w.arena, state, CLOCK_REMIND, 5);
    *clock = (struct case_clock){CLOCK_REMIND, 5, 1, 2, -1, 2, false, 0, 3};
    clock = case_add_clock(&w.arena, state, CLOCK_STAGE, 0);
    *clock = (struct case_clock){CLOCK_STAGE, 0, 1770000100000, 1770500000000, 0, 2, true, 4, 0};
    struct case_task *task = case_add_task(&w.arena, state, 256000);
    *task = (struct case_task){256000, 1, TASK_HELD, TEXT("printing"), TEXT("w1"), 1770000100000, 2};
    *case_add_task(&w.arena, state, 256001) = (struct case_task){256001, 2, TASK_FAILED, {NULL, 0}, {NULL, 0}, 0, 0};
    *case_add_part(&w.arena, state) = (struct case_part){CASE_EXTEND, TEXT("app:zhao"), TEXT("gao")};
    case_add_count(&w.arena, state, 4)->in_case = 9;
    *case_add_count(&w.arena, state, CASE_EXTEND) = (struct case_count){CASE_EXTEND, 2, 1, TEXT("li"), TEXT("app:zhao")};
    *case_add_first(&w.arena, state, 1) = (struct case_first){1, 1770000100000, 4};
    return state;
}

/* Section 5. */
static void stop_its_clock(struct case_state *state)
{
    state->flags |= CASE_STOPPED;
    *case_add_handler(&w.arena, state) = (struct case_handler){0, TEXT("han"), TEXT("li")};
    *case_add_handler(&w.arena, state) = (struct case_handler){0, TEXT("gao"), TEXT("li")};
    state->stopped_at = 1770000200000;
    state->stopped_ground = 1;
    *case_add_clock(&w.arena, state, CLOCK_CASE, 0) = (struct case_clock){CLOCK_CASE, 0, 1770000000000, 1780000000000, 12, 2, false, 0, 0};
    *case_add_clock(&w.arena, state, CLOCK_STOP, 0) = (struct case_clock){CLOCK_STOP, 0, 1770000200000, 1770900000000, -1, 2, false, 0, 0};
    *case_add_rest(&w.arena, state, CLOCK_CASE, 0) = (struct case_rest){CLOCK_CASE, 0, 1770000200000, 12, WORKING_DAYS, 0, 1780000000000};
    *case_add_rest(&w.arena, state, CLOCK_STAGE, 1) = (struct case_rest){CLOCK_STAGE, 1, 1770000200000, CASE_REST_ANEW, DAYS, 4, -5};
    *case_add_stop(&w.arena, state, 1) = (struct case_stop){1, 86400001};
    state->reopened_at = 1769000000000; /* section 8 */
    struct case_publication *publication = case_add_publication(&w.arena, state, 2); /* section 3 */
    *publication = (struct case_publication){.row = 2, .at = -7, .values = state->data + 3, .count = 3};
    *case_add_publication(&w.arena, state, 1) = (struct case_publication){.row = 1, .at = 7, .values = state->data, .count = 1};
    assert_int_equal(state->publications[0].row, 1);
}

static bool texts_equal(const struct text *a, const struct text *b, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!text_equal(a[i], b[i]))
            return false;
    return true;
}

/* Everything is compared by hand, so that a member which the form forgets is found. */
static void same(const struct case_state *a, const struct case_state *b)
{
    assert_true(a->partition == b->partition && a->id == b->id && a->workflow == b->workflow && a->flags == b->flags);
    assert_memory_equal(a->key, b->key, ID_SIZE);
    assert_memory_equal(a->last_id, b->last_id, ID_SIZE);
    assert_true(a->home_unit == b->home_unit && a->unit == b->unit && a->previous_unit == b->previous_unit);
    assert_true(a->stage == b->stage && a->level == b->level && a->end == b->end && a->events == b->events);
    assert_true(a->opened_at == b->opened_at && a->entered_at == b->entered_at && a->last_at == b->last_at);
    assert_true(a->last_position == b->last_position && a->asked_add == b->asked_add);
    assert_true(texts_equal(&a->number, &b->number, 4)); /* number, opener, opener_for, asked_by stand one after the other */
    assert_int_equal(a->data_count, b->data_count);
    for (uint32_t i = 0; i < a->data_count; i++)
        assert_true(value_equal(&a->data[i], &b->data[i]));
    assert_int_equal(a->clock_count, b->clock_count);
    for (uint32_t i = 0; i < a->clock_count; i++) {
        const struct case_clock *x = &a->clocks[i], *y = &b->clocks[i];
        assert_true(x->kind == y->kind && x->which == y->which && x->started == y->started && x->due == y->due && x->remaining == y->remaining);
        assert_true(x->calendar == y->calendar && x->provisional == y->provisional && x->added == y->added && x->count == y->count);
    }
    assert_int_equal(a->task_count, b->task_count);
    for (uint32_t i = 0; i < a->task_count; i++) {
        const struct case_task *x = &a->tasks[i], *y = &b->tasks[i];
        assert_true(x->id == y->id && x->row == y->row && x->state == y->state && x->ready_at == y->ready_at && x->attempts == y->attempts);
        assert_true(text_equal(x->topic, y->topic) && text_equal(x->holder, y->holder));
    }
    assert_int_equal(a->part_count, b->part_count);
    for (uint32_t i = 0; i < a->part_count; i++)
        assert_true(a->parts[i].event == b->parts[i].event && texts_equal(&a->parts[i].person, &b->parts[i].person, 2));
    assert_int_equal(a->count_count, b->count_count);
    for (uint32_t i = 0; i < a->count_count; i++) {
        const struct case_count *x = &a->counts[i], *y = &b->counts[i];
        assert_true(x->event == y->event && x->in_case == y->in_case && x->in_stage == y->in_stage && texts_equal(&x->last_as, &y->last_as, 2));
    }
    assert_int_equal(a->first_count, b->first_count);
    for (uint32_t i = 0; i < a->first_count; i++)
        assert_true(a->firsts[i].stage == b->firsts[i].stage && a->firsts[i].at == b->firsts[i].at && a->firsts[i].added == b->firsts[i].added);
    assert_int_equal(a->handler_count, b->handler_count);
    for (uint32_t i = 0; i < a->handler_count; i++)
        assert_true(a->handlers[i].task == b->handlers[i].task && text_equal(a->handlers[i].person, b->handlers[i].person) &&
                    text_equal(a->handlers[i].by, b->handlers[i].by));
    assert_true(a->stopped_at == b->stopped_at && a->stopped_ground == b->stopped_ground);
    assert_int_equal(a->rest_count, b->rest_count);
    for (uint32_t i = 0; i < a->rest_count; i++) {
        const struct case_rest *x = &a->rests[i], *y = &b->rests[i];
        assert_true(x->kind == y->kind && x->which == y->which && x->at == y->at && x->left == y->left);
        assert_true(x->unit == y->unit && x->added == y->added && x->plain == y->plain);
    }
    assert_int_equal(a->stop_count, b->stop_count);
    for (uint32_t i = 0; i < a->stop_count; i++)
        assert_true(a->stops[i].stage == b->stops[i].stage && a->stops[i].left == b->stops[i].left);
    assert_true(a->ended_at == b->ended_at && a->reopened_at == b->reopened_at);
    assert_int_equal(a->publication_count, b->publication_count);
    for (uint32_t i = 0; i < a->publication_count; i++) {
        const struct case_publication *x = &a->publications[i], *y = &b->publications[i];
        assert_true(x->row == y->row && x->at == y->at && x->count == y->count);
        for (uint32_t j = 0; j < x->count; j++)
            assert_true(value_equal(&x->values[j], &y->values[j]));
    }
}

static void there_and_back(const struct case_state *state)
{
    struct text bytes = case_encode(&w.arena, state);
    struct case_state *again;
    assert_in_range(bytes.size, 1, case_size(state));
    assert_int_equal(case_decode(&w.arena, bytes, &again), ERR_OK);
    same(state, again);
    assert_true(text_equal(case_encode(&w.arena, again), bytes));
}

static void what_is_written_is_what_is_read(void **state)
{
    (void)state;
    there_and_back(full_case());
    struct case_state *stopped = full_case();
    stop_its_clock(stopped);
    there_and_back(stopped);
    struct case_state empty = {.level = NONE, .end = NONE};
    there_and_back(&empty);
}

static void the_header_is_read_by_offset(void **state)
{
    (void)state;
    struct case_state *full = full_case();
    struct text bytes = case_encode(&w.arena, full);
    struct case_header header;
    assert_int_equal(case_header_read((struct text){bytes.data, 133}, &header), ERR_OK); /* without the rest */
    assert_true(header.flags == full->flags && header.partition == 3 && header.id == 1000 && header.workflow == 7);
    assert_true(header.last_position == full->last_position && header.home_unit == 4 && header.unit == 3 && header.previous_unit == 4);
    assert_true(header.events == 12 && header.stage == 1 && header.level == 2 && header.end == NONE);
    assert_true(header.opened_at == full->opened_at && header.entered_at == full->entered_at && header.last_at == -1);
    assert_true(header.due == 1770500000000);
    assert_memory_equal(header.key, full->key, ID_SIZE);
    assert_int_equal(case_header_read((struct text){bytes.data, 132}, &header), ERR_CORRUPT);
    assert_int_equal(case_header_read((struct text){NULL, 0}, &header), ERR_CORRUPT);
}

/* The form of version 1, for ever: whoever changes it must count the version up and keep this readable. */
static void a_golden_record(void **state)
{
    (void)state;
    struct text bytes = case_encode(&w.arena, full_case());
    uint64_t sum = UINT64_C(14695981039346656037); /* FNV-1a */
    for (size_t i = 0; i < bytes.size; i++)
        sum = (sum ^ (uint8_t)bytes.data[i]) * UINT64_C(1099511628211);
    assert_int_equal(bytes.data[0], 1);
    assert_int_equal(bytes.size, 380);
    assert_true(sum == UINT64_C(0x52347137b9ecba3b));
}

/* A change to a case that must not be readable. */
static void not_read(const struct case_state *state)
{
    struct case_state *again;
    assert_int_equal(case_decode(&w.arena, case_encode(&w.arena, state), &again), ERR_CORRUPT);
}

/* ---- cases that it knows: sections 4 and 7 ---- */

enum { KIN_SIZE = 514 };
#define KIN_SUM UINT64_C(0xe9580713ded2305a)

static struct case_state *with_kin(void)
{
    struct case_state *state = full_case();
    state->child = 77 * 256 + 1;
    memcpy(state->parent, "the-parents--key", ID_SIZE);
    *case_add_child(&w.arena, state, 5000) = (struct case_child){5000, 1, CHILD_ENDED, false, TEXT("done")};
    *case_add_child(&w.arena, state, 5001) = (struct case_child){5001, 0, CHILD_REFUSED, true, {0}};
    *case_add_child(&w.arena, state, 5300) = (struct case_child){5300, 0, CHILD_OPEN, true, {0}};
    state->due_cap = 1770400000000;
    *case_add_link(&w.arena, state) = (struct case_link){{1, 2, 3}, LINK_ABSORBED, true, 12, TEXT("记〔2026〕12号"), 1770400000000};
    *case_add_link(&w.arena, state) = (struct case_link){{4, 5, 6}, LINK_SPLIT_FROM, false, 13, {0}, 0};
    return state;
}

static void kin_is_read_as_it_was_written(void **state)
{
    (void)state;
    struct case_state *known = with_kin(), *again;
    struct text bytes = case_encode(&w.arena, known);
    there_and_back(known);
    assert_int_equal(case_decode(&w.arena, bytes, &again), ERR_OK);
    assert_true(again->child == known->child && again->due_cap == known->due_cap && again->child_count == 3 && again->link_count == 2);
    assert_memory_equal(again->parent, known->parent, ID_SIZE);
    for (uint32_t i = 0; i < 3; i++) {
        const struct case_child *a = &known->children[i], *b = &again->children[i];
        assert_true(a->id == b->id && a->open == b->open && a->state == b->state && a->in_stage == b->in_stage && text_equal(a->end, b->end));
    }
    for (uint32_t i = 0; i < 2; i++) {
        const struct case_link *a = &known->links[i], *b = &again->links[i];
        assert_memory_equal(a->key, b->key, ID_SIZE);
        assert_true(a->kind == b->kind && a->waits == b->waits && a->id == b->id && a->due == b->due && text_equal(a->number, b->number));
    }
    uint64_t sum = UINT64_C(14695981039346656037); /* its form, for ever */
    for (size_t i = 0; i < bytes.size; i++)
        sum = (sum ^ (uint8_t)bytes.data[i]) * UINT64_C(1099511628211);
    if (bytes.size != KIN_SIZE || sum != KIN_SUM)
        fail_msg("%zu 0x%llx", bytes.size, (unsigned long long)sum);
}

static void kin_that_cannot_be_is_not_read(void **state)
{
    (void)state;
    struct case_state bad, *known = with_kin();
    bad = *case_copy(&w.arena, known), bad.children[1].id = 5000, not_read(&bad); /* each once, in their order */
    bad = *case_copy(&w.arena, known), bad.children[0].end = (struct text){0}, not_read(&bad);
    bad = *case_copy(&w.arena, known), bad.children[2].end = TEXT("done"), not_read(&bad);
    bad = *case_copy(&w.arena, known), bad.children[2].state = (enum child_state)3, not_read(&bad);
    bad = *case_copy(&w.arena, known), bad.children[2].open = -1, not_read(&bad);
    bad = *case_copy(&w.arena, known), bad.links[1].kind = (enum link_kind)5, not_read(&bad);
}

/* ---- votes: section 1 ---- */

enum { VOTES_SIZE = 498 };
#define VOTES_SUM UINT64_C(0xb326f96fc3f16793)

static struct case_state *with_votes(void)
{
    struct case_state *state = full_case();
    struct case_poll *poll = case_add_poll(&w.arena, state);
    *poll = (struct case_poll){.roll = 1, .stage = 1, .rule = 0, .state = POLL_PASSED, .early = true, .opened_at = 1770000000000, .closed_at = 1770000200000,
                               .members = 16, .late = 2, .tally = {.lanes = 1, .choices = 2, .lane = {{16, 15, 14, 13, 1, 0, {12, 1}}}}};
    poll = case_add_poll(&w.arena, state);
    assert_int_equal(poll->roll, 2);
    *poll = (struct case_poll){.roll = 2, .stage = 2, .rule = 3, .state = POLL_COUNTING, .opened_at = 1770000300000, .closed_at = 1770000400000, .members = 3,
                               .owed = 77000, .owed_at = 1770000400000,
                               .tally = {.lanes = 2, .choices = 3, .lane = {{3, 3, 2, 2, 0, 0, {0}}, {VOTE_TOTAL_MOST, 900, 800, 700, 100, 50, {1, 2, 3}}}}};
    return state;
}

static void votes_are_read_as_they_were_written(void **state)
{
    (void)state;
    struct case_state *voted = with_votes(), *again;
    struct text bytes = case_encode(&w.arena, voted);
    there_and_back(voted);
    assert_int_equal(case_decode(&w.arena, bytes, &again), ERR_OK);
    assert_int_equal(again->poll_count, 2);
    for (uint32_t i = 0; i < 2; i++) {
        const struct case_poll *a = &voted->polls[i], *b = &again->polls[i];
        assert_true(a->roll == b->roll && a->stage == b->stage && a->rule == b->rule && a->state == b->state && a->early == b->early && a->members == b->members &&
                    a->opened_at == b->opened_at && a->closed_at == b->closed_at && a->late == b->late && a->owed == b->owed && a->owed_at == b->owed_at);
        assert_memory_equal(&a->tally, &b->tally, sizeof a->tally);
    }
    uint64_t sum = UINT64_C(14695981039346656037); /* its form, for ever */
    for (size_t i = 0; i < bytes.size; i++)
        sum = (sum ^ (uint8_t)bytes.data[i]) * UINT64_C(1099511628211);
    assert_int_equal(bytes.data[0], 2);
    assert_int_equal(bytes.size, VOTES_SIZE);
    if (sum != VOTES_SUM)
        fail_msg("%llx", (unsigned long long)sum);
}

static void votes_that_cannot_be_are_not_read(void **state)
{
    (void)state;
    struct case_state bad, *voted = with_votes();
    bad = *case_copy(&w.arena, voted), bad.polls[0].roll = 2, not_read(&bad);
    bad = *case_copy(&w.arena, voted), bad.polls[0].state = POLL_OPEN, bad.polls[0].closed_at = 0, not_read(&bad); /* only the last may be open */
    bad = *case_copy(&w.arena, voted), bad.polls[1].closed_at = 0, not_read(&bad);
    bad = *case_copy(&w.arena, voted), bad.polls[1].state = (enum poll_state)9, not_read(&bad);
    bad = *case_copy(&w.arena, voted), bad.polls[1].tally.lane[1].all = VOTE_TOTAL_MOST + 1, not_read(&bad);
    bad = *case_copy(&w.arena, voted), bad.polls[0].tally.lane[0].cast = 15, not_read(&bad);
    bad = *case_copy(&w.arena, voted), bad.polls[0].tally.lane[0].choice[1] = 2, not_read(&bad);
    bad = *case_copy(&w.arena, voted), bad.polls[0].tally.lane[0].choice[1] = -1, not_read(&bad);
}

/* The last are kept; numbers go on. */
static void the_oldest_vote_goes(void **state)
{
    (void)state;
    struct case_state *voted = full_case();
    for (uint32_t i = 0; i < CASE_POLLS_MOST + 3; i++)
        assert_int_equal(case_add_poll(&w.arena, voted)->roll, i + 1);
    assert_int_equal(voted->poll_count, CASE_POLLS_MOST);
    assert_int_equal(voted->polls[0].roll, 4);
}

static void a_newer_version_stops(void **state)
{
    (void)state;
    struct text bytes = case_encode(&w.arena, full_case());
    struct case_state *again;
    char *changed = arena_string(&w.arena, bytes);
    changed[0] = 3;
    assert_int_equal(case_decode(&w.arena, (struct text){changed, bytes.size}, &again), ERR_NEWER_FORMAT);
    changed[0] = 0;
    assert_int_equal(case_decode(&w.arena, (struct text){changed, bytes.size}, &again), ERR_CORRUPT);
}

static void what_cannot_be_is_not_read(void **state)
{
    (void)state;
    struct case_state *full = full_case(), bad;
    bad = *full, bad.stage = NONE, not_read(&bad);
    bad = *full, bad.level = -2, not_read(&bad);
    bad = *full, bad.flags = 1u << 20, not_read(&bad);
    bad = *case_copy(&w.arena, full), bad.clocks[0].kind = 99, not_read(&bad);
    bad = *case_copy(&w.arena, full), bad.clocks[1] = bad.clocks[0], not_read(&bad);
    bad = *case_copy(&w.arena, full), bad.clocks[0].remaining = -2, not_read(&bad);
    bad = *case_copy(&w.arena, full), bad.tasks[1].id = bad.tasks[0].id, not_read(&bad);
    bad = *case_copy(&w.arena, full), bad.tasks[0].state = (enum task_state)9, not_read(&bad);
    bad = *case_copy(&w.arena, full), bad.counts[0].event = 4, not_read(&bad);
    bad = *case_copy(&w.arena, full), bad.counts[1].in_case = -1, not_read(&bad);
    bad = *full, bad.clocks = ARENA_ARRAY(&w.arena, struct case_clock, CASE_CLOCKS_MOST + 1), bad.clock_count = CASE_CLOCKS_MOST + 1;
    for (uint32_t i = 0; i < bad.clock_count; i++)
        bad.clocks[i] = (struct case_clock){.kind = CLOCK_TASK, .which = (int32_t)i, .remaining = -1};
    not_read(&bad);
    bad.clock_count--;
    there_and_back(&bad);
}

/* Every prefix, every single byte turned to several others, and runs of noise: either it is refused, or it is a case that can be
 * written again. The seed is fixed: a failure comes back. */
static void noise_is_never_believed(void **state)
{
    (void)state;
    struct text bytes = case_encode(&w.arena, full_case());
    struct arena arena;
    struct case_state *again;
    arena_init(&arena);
    for (size_t size = 0; size < bytes.size; size++) {
        char *exact = arena_string(&arena, (struct text){bytes.data, size});
        assert_int_not_equal(case_decode(&arena, (struct text){exact, size}, &again), ERR_OK);
        arena_reset(&arena);
    }
    uint64_t seed = 20261009, read = 0;
    for (int round = 0; round < 40000; round++) {
        char *changed = arena_string(&arena, bytes);
        int changes = 1 + round % 4;
        for (int i = 0; i < changes; i++) {
            seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
            changed[(seed >> 33) % bytes.size] = (char)(seed >> 25);
        }
        if (case_decode(&arena, (struct text){changed, bytes.size}, &again) == ERR_OK) {
            read++;
            struct text written = case_encode(&arena, again);
            struct case_state *third;
            assert_int_equal(case_decode(&arena, written, &third), ERR_OK);
            assert_true(text_equal(case_encode(&arena, third), written));
        }
        arena_reset(&arena);
    }
    assert_in_range(read, 1000, 39000); /* both ways were taken */
    arena_close(&arena);
}

/* What advance makes is what is stored: a whole life of a case, each step there and back. */
static void every_step_of_a_case(void **state)
{
    (void)state;
    w.workflow = dispute_workflow(&w.arena);
    give_text(&w, "summary", "漏水");
    give_text(&w, "category", "neighbour");
    give_people(&w, "applicant", "app:zhao");
    give_people(&w, "respondent", "app:qian");
    opened(&w, "jinnong/grid-3/building-7", "li");
    static const struct {
        const char *event, *as, *field;
    } steps[] = {{"comment", "app:zhao", "comments"}, {"agree-to-mediate", "app:zhao", NULL}, {"agree-to-mediate", "app:qian", NULL},
                 {"claim", "li", NULL}, {"extend", "app:zhao", NULL}, {"extend", "app:qian", NULL}, {"raise", "wu", "reason"},
                 {"withdraw", "app:zhao", "reason"}};
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        if (steps[i].field)
            give_text(&w, steps[i].field, "原因");
        applied(&w, steps[i].event, steps[i].as);
        there_and_back(w.state);
        struct case_state *again;
        assert_int_equal(case_decode(&w.arena, case_encode(&w.arena, w.state), &again), ERR_OK);
        w.state = again; /* the next step starts from what was read back */
    }
    has_ended(&w, "withdrawn");
}

static void a_case_of_another_workflow_does_not_fit(void **state)
{
    (void)state;
    w.workflow = dispute_workflow(&w.arena);
    struct case_state *full = full_case();
    assert_false(case_fits(full, w.workflow)); /* 7 fields; the workflow has 9 */
    full->data_count = 9;
    full->data = ARENA_ARRAY(&w.arena, struct value, 9);
    full->clock_count = 1; /* the reminder is of a row that is not there */
    assert_true(case_fits(full, w.workflow));
    full->tasks[0].row = 3;
    assert_false(case_fits(full, w.workflow));
    full->tasks[0].row = 1;
    full->stage = 3;
    assert_false(case_fits(full, w.workflow));
    full->stage = 1;
    full->flags |= CASE_ENDED;
    assert_false(case_fits(full, w.workflow));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, finish)
    const struct CMUnitTest tests[] = {
        TEST(what_is_written_is_what_is_read), TEST(the_header_is_read_by_offset), TEST(a_golden_record), TEST(votes_are_read_as_they_were_written), TEST(votes_that_cannot_be_are_not_read), TEST(the_oldest_vote_goes), TEST(kin_is_read_as_it_was_written), TEST(kin_that_cannot_be_is_not_read), TEST(a_newer_version_stops),
        TEST(what_cannot_be_is_not_read), TEST(noise_is_never_believed), TEST(every_step_of_a_case), TEST(a_case_of_another_workflow_does_not_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
