/* scenario_expect: steps that look: what must be so, or how the event before was refused. See scenario_inner.h. */
#include "engine/scenario_inner.h"

#include <assert.h>

#include "engine/decimal.h"
#include "engine/poll.h"

/* One look at one case: everything that the keys of an expect are held against. */
struct look {
    struct world *world;
    const struct case_state *state;
    const struct workflow *workflow;
    const struct directory *directory;
    const struct calendar *calendar;
    const struct node *map; /* of the expect */
};

#define SHOW(text) (int)(text).size, (text).data

static bool differs(const struct look *look, const struct node *key, struct text found)
{
    return world_fail(look->world, key, "%.*s: expected \"%.*s\", found \"%.*s\".", SHOW(key->key), SHOW(key->text), SHOW(found));
}

/* `none` stands for nothing. */
static bool same_text(const struct look *look, const struct node *key, struct text found)
{
    bool none = found.size == 0;
    if (none ? node_is(key, "none") : text_equal(key->text, found))
        return true;
    return differs(look, key, none ? TEXT("none") : found);
}

static bool same_flag(const struct look *look, const struct node *key, bool found)
{
    return same_text(look, key, found ? TEXT("true") : TEXT("false"));
}

static struct text unit_path(const struct look *look, uint32_t id)
{
    int32_t unit = look->directory ? directory_unit_by_id(look->directory, id) : NONE;
    return unit == NONE ? TEXT("") : text_of(directory_unit_path(look->directory, unit));
}

/* ---- where the case stands ---- */

static bool look_stage(const struct look *look, const struct node *key)
{
    return same_text(look, key, text_of(workflow_stage_name(look->workflow, look->state->stage)));
}

static bool look_level(const struct look *look, const struct node *key)
{
    return same_text(look, key, text_of(look->state->level == NONE ? "" : workflow_level_name(look->workflow, look->state->level)));
}

static bool look_unit(const struct look *look, const struct node *key)
{
    return same_text(look, key, unit_path(look, look->state->unit));
}

static bool look_home(const struct look *look, const struct node *key)
{
    return same_text(look, key, unit_path(look, look->state->home_unit));
}

/* A date alone stands for any time of that day. */
static bool same_due(const struct look *look, const struct node *key, int64_t due)
{
    struct text found = due ? calendar_print_due(look->calendar, look->world->arena, due) : TEXT("");
    bool day_only = key->text.size == 10 && found.size > 10;
    return (day_only && memcmp(key->text.data, found.data, 10) == 0) || same_text(look, key, found);
}

static bool look_due(const struct look *look, const struct node *key)
{
    return same_due(look, key, case_due(look->state));
}

static bool look_limit(const struct look *look, const struct node *key)
{
    return same_due(look, key, case_limit(look->state));
}

static bool look_overdue(const struct look *look, const struct node *key)
{
    return same_flag(look, key, case_flags_overdue(look->state->flags));
}

static bool look_late(const struct look *look, const struct node *key)
{
    return same_flag(look, key, look->state->flags & CASE_WAS_LATE);
}

static bool look_stopped(const struct look *look, const struct node *key)
{
    const struct case_state *state = look->state;
    if (!(state->flags & CASE_STOPPED))
        return same_text(look, key, TEXT(""));
    const struct workflow_stop *stop = workflow_stop(look->workflow, workflow_stage(look->workflow, state->stage)->stop_clock);
    return same_text(look, key, text_of(workflow_choice(look->workflow, stop->grounds, state->stopped_ground)));
}

static bool look_end(const struct look *look, const struct node *key)
{
    return same_text(look, key, text_of(look->state->end == NONE ? "" : workflow_end_name(look->workflow, look->state->end)));
}

static bool look_held(const struct look *look, const struct node *key)
{
    return same_flag(look, key, look->state->flags & CASE_HELD);
}

static bool look_number(const struct look *look, const struct node *key)
{
    return same_text(look, key, look->state->number);
}

static bool look_incident(const struct look *look, const struct node *key)
{
    return same_flag(look, key, look->state->flags & CASE_INCIDENT);
}

/* ---- lists of words: every expected one must be among what is found ---- */

struct words {
    struct text items[64];
    uint32_t count;
};

static void words_add(struct words *words, struct text word)
{
    for (uint32_t i = 0; i < words->count; i++)
        if (text_equal(words->items[i], word))
            return;
    if (word.size && words->count < sizeof words->items / sizeof *words->items)
        words->items[words->count++] = word;
}

static struct text words_print(struct arena *arena, const struct words *words)
{
    struct text out = TEXT("");
    for (uint32_t i = 0; i < words->count; i++)
        out = arena_print(arena, "%.*s%s%.*s", SHOW(out), i ? ", " : "", SHOW(words->items[i]));
    return words->count ? out : TEXT("none");
}

/* role@unit is also called by its role alone. */
static bool word_matches(struct text found, struct text wanted)
{
    const char *at = found.size ? memchr(found.data, '@', found.size) : NULL;
    return text_equal(found, wanted) || (at && text_equal((struct text){found.data, (size_t)(at - found.data)}, wanted));
}

static bool words_have(const struct words *words, struct text wanted)
{
    for (uint32_t i = 0; i < words->count; i++)
        if (word_matches(words->items[i], wanted))
            return true;
    return false;
}

static bool expect_word(const struct look *look, const struct node *key, const struct node *item, const struct words *found)
{
    return words_have(found, item->text) || words_have(found, world_person(look->world, item->text)) ||
           world_fail(look->world, item, "%.*s: expected \"%.*s\", found: %.*s.", SHOW(key->key), SHOW(item->text),
                      SHOW(words_print(look->world->arena, found)));
}

/* A word alone is a list of one; `none` is the empty list. */
static bool expect_words(const struct look *look, const struct node *key, const struct words *found, bool exactly)
{
    const struct node *first = key->kind == NODE_LIST ? key->first : key;
    uint32_t count = key->kind == NODE_LIST ? key->count : 1;
    bool none = key->kind == NODE_SCALAR && node_is(key, "none"), good = true;
    for (const struct node *item = first; count && !none; count--, item = item->next)
        good = expect_word(look, key, item, found) && good;
    uint32_t expected = none ? 0 : key->kind == NODE_LIST ? key->count : 1;
    if (good && (none || exactly) && found->count != expected)
        good = world_fail(look->world, key, "%.*s: expected nothing besides, found: %.*s.", SHOW(key->key),
                          SHOW(words_print(look->world->arena, found)));
    return good;
}

/* ---- tasks ---- */

static void name_people(const struct look *look, struct span people, struct words *words)
{
    const struct workflow *workflow = look->workflow;
    for (int32_t i = people.first; i < people.first + people.count; i++) {
        const struct workflow_people *row = workflow_people(workflow, i);
        switch ((enum people_kind)row->kind) {
        case PEOPLE_ROLE: words_add(words, text_of(workflow_string(workflow, row->role))); break;
        case PEOPLE_FIELD: words_add(words, text_of(workflow_field_name(workflow, row->field))); break;
        case PEOPLE_GROUP: words_add(words, text_of(workflow_string(workflow, workflow_group(workflow, row->group)->name))); break;
        case PEOPLE_OPENER: words_add(words, TEXT("opener")); break;
        case PEOPLE_RESIDENT: words_add(words, TEXT("resident")); break;
        case PEOPLE_WORKER: words_add(words, TEXT("worker")); break;
        case PEOPLE_MISSING: words_add(words, TEXT("missing")); break;
        }
    }
}

/* A task is called by its own name, by whom it is for, and by the topic of its worker. */
static bool look_task(const struct look *look, const struct node *key)
{
    struct words found = {.count = 0};
    for (uint32_t i = 0; i < look->state->task_count; i++) {
        const struct case_task *task = &look->state->tasks[i];
        const struct workflow_task *row = workflow_task(look->workflow, task->row);
        if (task->state == TASK_DONE)
            continue;
        words_add(&found, text_of(row->name == NONE ? "" : workflow_string(look->workflow, row->name)));
        name_people(look, row->people, &found);
        words_add(&found, task->topic);
    }
    return expect_words(look, key, &found, false);
}

static bool look_holder(const struct look *look, const struct node *key)
{
    struct words found = {.count = 0};
    for (uint32_t i = 0; i < look->state->task_count; i++)
        words_add(&found, look->state->tasks[i].holder);
    return expect_words(look, key, &found, false);
}

/* ---- children: each by its state or its end, in the order of their opening ---- */

static struct text child_word(const struct case_child *child)
{
    switch (child->state) {
    case CHILD_OPEN: return TEXT("open");
    case CHILD_REFUSED: return TEXT("refused");
    case CHILD_ENDED: break;
    }
    return child->end;
}

static bool look_children(const struct look *look, const struct node *key)
{
    const struct case_state *state = look->state;
    struct text found = {0};
    bool same = node_is(key, "none") ? state->child_count == 0 : (key->kind == NODE_LIST ? key->count : 1) == state->child_count;
    const struct node *item = key->kind == NODE_LIST ? key->first : key;
    for (uint32_t i = 0; i < state->child_count; i++) {
        struct text word = child_word(&state->children[i]);
        same = same && text_equal(item->text, word);
        item = same ? item->next : item;
        found = arena_print(look->world->arena, "%.*s%s%.*s", SHOW(found), i ? ", " : "", SHOW(word));
    }
    return same || world_fail(look->world, key, "children: found: %.*s.", SHOW(found.size ? found : TEXT("none")));
}

static bool look_links(const struct look *look, const struct node *key)
{
    static const char *const kinds[] = {[LINK_OTHER] = "linked", [LINK_MERGED_INTO] = "merged-into", [LINK_ABSORBED] = "absorbed",
                                        [LINK_SPLIT_FROM] = "split-from", [LINK_SPLIT_INTO] = "split-into"};
    struct words found = {.count = 0};
    for (uint32_t i = 0; i < look->state->link_count; i++)
        words_add(&found, text_of(kinds[look->state->links[i].kind]));
    return expect_words(look, key, &found, true);
}

static bool look_parent(const struct look *look, const struct node *key)
{
    const struct case_state *state = look->state;
    struct world_case *parent = node_is(key, "none") ? NULL : world_find_case(look->world, key->text);
    bool same = parent ? state->child && memcmp(state->parent, parent->key, ID_SIZE) == 0 : !state->child && node_is(key, "none");
    return same || world_fail(look->world, key, "parent: %s.", state->child ? "it was opened by another case" : "no case has opened it");
}

/* ---- what may be sent ---- */

static void find_possible(const struct look *look, struct words *found)
{
    struct advance_input input;
    struct decision decision = {0};
    engine_input(look->world->engine, look->workflow, look->state, &input);
    advance_possible(&input, look->world->arena, &decision);
    for (uint32_t i = 0; i < decision.possible_count; i++)
        words_add(found, decision.possible[i]);
}

static bool look_possible(const struct look *look, const struct node *key)
{
    struct words found = {.count = 0};
    find_possible(look, &found);
    return expect_words(look, key, &found, false);
}

static bool look_impossible(const struct look *look, const struct node *key)
{
    struct words found = {.count = 0};
    bool good = true;
    find_possible(look, &found);
    const struct node *item = key->kind == NODE_LIST ? key->first : key;
    for (uint32_t count = key->kind == NODE_LIST ? key->count : 1; count; count--, item = item->next)
        if (words_have(&found, item->text))
            good = world_fail(look->world, item, "impossible: \"%.*s\" may be sent now.", SHOW(item->text));
    return good;
}

/* ---- notices ---- */

/* Of the case, since the last step that acted: the kinds, or who was told. */
static void find_notices(const struct look *look, bool kinds, struct words *found)
{
    struct world *world = look->world;
    struct view view = {.engine = world->engine, .seal = world->seal, .arena = world->arena};
    struct log_record record;
    enum err code = view_begin(&view);
    assert(code == ERR_OK);
    for (uint64_t position = world->acted + 1; position <= engine_position(world->engine); position++) {
        code = view_record(&view, position, &record);
        assert(code == ERR_OK);
        for (uint32_t i = 0; record.case_id == look->state->id && i < record.notice_count; i++) {
            const struct log_notice *notice = &record.notices[i];
            if (kinds)
                words_add(found, text_of(notice_words[notice->kind]));
            for (uint32_t who = 0; !kinds && who < notice->who_count; who++)
                words_add(found, arena_copy(world->arena, notice->who[who]));
        }
    }
    view_end(&view);
}

static bool look_notices(const struct look *look, const struct node *key)
{
    struct words found = {.count = 0};
    find_notices(look, true, &found);
    return expect_words(look, key, &found, true);
}

/* Whoever holds the role of a `role@unit` that was told; `role@unit/` are those at the units below it. */
static void add_holders(const struct look *look, struct text told, struct words *found)
{
    const struct directory *directory = look->directory;
    const char *at = memchr(told.data, '@', told.size);
    int32_t today = calendar_date(look->calendar, look->world->now);
    if (!at)
        return;
    bool below = told.data[told.size - 1] == '/';
    struct text path = {at + 1, (size_t)(told.data + told.size - at) - 1 - below};
    int32_t role = directory_find_role(directory, (struct text){told.data, (size_t)(at - told.data)}), unit = directory_find_unit(directory, path);
    for (int32_t person = 0; role != NONE && unit != NONE && person < directory->table[DIRECTORY_PEOPLE].count; person++)
        if (below ? directory_holds_below(directory, person, role, unit, today) : directory_holds(directory, person, role, unit, today))
            words_add(found, text_of(directory_string(directory, directory_person(directory, person)->id)));
}

/* `told: zhou` holds also where a role was told that zhou holds. */
static bool look_told(const struct look *look, const struct node *key)
{
    struct words told = {.count = 0}, holders = {.count = 0};
    find_notices(look, false, &told);
    bool good = true;
    if (node_is(key, "none"))
        return expect_words(look, key, &told, false);
    for (uint32_t i = 0; i < told.count; i++)
        add_holders(look, told.items[i], &holders);
    const struct node *item = key->kind == NODE_LIST ? key->first : key;
    for (uint32_t count = key->kind == NODE_LIST ? key->count : 1; count; count--, item = item->next)
        if (!words_have(&holders, item->text))
            good = expect_word(look, key, item, &told) && good;
    return good;
}

/* ---- votes ---- */

static bool says(const struct look *look, const struct node *key, struct text found, struct text too)
{
    if ((found.size && memmem(found.data, found.size, key->text.data, key->text.size)) || (too.size && memmem(too.data, too.size, key->text.data, key->text.size)))
        return true;
    return differs(look, key, found.size ? found : TEXT("none"));
}

static const struct case_poll *find_poll(const struct look *look, const struct node *of)
{
    for (uint32_t i = look->state->poll_count; i-- > 0;)
        if (!of || node_is(of, workflow_stage_name(look->workflow, look->state->polls[i].stage)))
            return &look->state->polls[i];
    return NULL;
}

static bool look_vote(const struct look *look, const struct node *key)
{
    const struct case_poll *poll = find_poll(look, node_get(key, "of"));
    struct arena *arena = look->world->arena;
    const struct node *state = node_get(key, "state"), *early = node_get(key, "early"), *late = node_get(key, "late"), *said = node_get(key, "says");
    if (!poll)
        return world_fail(look->world, key, "vote: there was none.");
    bool good = !state || same_text(look, state, text_of(poll_words[poll->state]));
    good = (!early || same_flag(look, early, poll->early)) && good;
    good = (!late || same_text(look, late, arena_print(arena, "%u", poll->late))) && good;
    return (!said || says(look, said, poll_sentence(look->workflow, arena, poll, false), poll_sentence(look->workflow, arena, poll, true))) && good;
}

static bool look_says(const struct look *look, const struct node *key)
{
    return says(look, key, look->world->answer.why, (struct text){0});
}

/* ---- data ---- */

static bool same_value(const struct look *look, const struct workflow_field *field, const struct node *wanted, const struct value *found);

/* `zhao`, or {id: zhao, area: 98.50}: every member that is named must be so. */
static bool same_person(const struct look *look, const struct workflow_field *field, const struct node *wanted, const struct value *found)
{
    const struct node *id = wanted->kind == NODE_MAP ? node_get(wanted, "id") : wanted;
    if (!id || !text_equal(case_person(found), world_person(look->world, id->text)))
        return false;
    for (node_each(member, wanted)) {
        int32_t with = workflow_find_with(look->workflow, (int32_t)(field - workflow_field(look->workflow, 0)), member->key);
        const struct value *value = value_get(found, arena_string(look->world->arena, member->key));
        bool same = member == id || (value && (with == NONE ? value->kind == VALUE_TEXT && text_equal(value->text, member->text)
                                                            : same_value(look, workflow_field(look->workflow, workflow_with(look->workflow, with)->of), member, value)));
        if (!same)
            return false;
    }
    return true;
}

static bool same_items(const struct look *look, const struct workflow_field *field, const struct node *wanted, const struct value *found)
{
    const struct workflow_field *of = field->type == FIELD_LIST ? workflow_field(look->workflow, field->of) : NULL;
    const struct node *item = wanted->kind == NODE_LIST ? wanted->first : wanted;
    uint32_t count = wanted->kind == NODE_LIST ? wanted->count : 1;
    if (found->kind != VALUE_LIST || found->count != count)
        return false;
    for (uint32_t i = 0; i < count; i++, item = item->next) {
        if (of ? !same_value(look, of, item, &found->items[i]) : !same_person(look, field, item, &found->items[i]))
            return false;
    }
    return true;
}

/* A number with decimal places is shown as text, one without as an integer. */
static bool same_number(const struct workflow_field *field, struct text wanted, const struct value *found)
{
    int64_t left, right = found->kind == VALUE_INTEGER ? found->integer : 0;
    return decimal_parse(wanted, field->scale, &left) && (found->kind != VALUE_TEXT || decimal_parse(found->text, field->scale, &right)) &&
           left == right;
}

static bool same_value(const struct look *look, const struct workflow_field *field, const struct node *wanted, const struct value *found)
{
    if (found->kind == VALUE_NONE)
        return node_is(wanted, "none");
    switch ((enum field_type)field->type) {
    case FIELD_NUMBER: return same_number(field, wanted->text, found);
    case FIELD_BOOLEAN: return found->kind == VALUE_BOOLEAN && node_is(wanted, found->boolean ? "true" : "false");
    case FIELD_PEOPLE:
    case FIELD_LIST: return same_items(look, field, wanted, found);
    default: return found->kind == VALUE_TEXT && wanted->kind == NODE_SCALAR && text_equal(found->text, wanted->text);
    }
}

/* What it is, as the expectation would have been written. */
static struct text print_value(struct arena *arena, const struct value *found)
{
    if (found->kind == VALUE_NONE)
        return TEXT("none");
    return found->kind == VALUE_TEXT ? found->text : wire_json(arena, found);
}

static bool same_field(const struct look *look, const struct node *wanted, const struct value *data, const struct value *private)
{
    static const struct value none = {.kind = VALUE_NONE};
    int32_t row = workflow_find_field(look->workflow, wanted->key);
    if (row == NONE)
        return world_fail(look->world, wanted, "data: the workflow has no field \"%.*s\".", SHOW(wanted->key));
    const struct workflow_field *field = workflow_field(look->workflow, row);
    const struct value *found = value_get(data, arena_string(look->world->arena, wanted->key));
    found = found ? found : &none;
    if (same_value(look, field, wanted, found))
        return true;
    for (uint32_t i = 0; found == &none && private && i < private->count; i++)
        if (text_equal(private->items[i].text, wanted->key))
            return world_fail(look->world, wanted, node_get(look->map, "seen-by")
                              ? "data: \"%.*s\" is private, and this person may not see it where the case is now."
                              : "data: \"%.*s\" is private and there: say `seen-by: PERSON` to look with the eyes of one who may.",
                              SHOW(wanted->key));
    return world_fail(look->world, wanted, "data: expected %.*s to be \"%.*s\", found \"%.*s\".", SHOW(wanted->key), SHOW(wanted->text),
                      SHOW(print_value(look->world->arena, found)));
}

static bool look_data(const struct look *look, const struct node *key)
{
    struct world *world = look->world;
    const struct node *eyes = node_get(look->map, "seen-by");
    struct viewer viewer = {.person = eyes ? world_person(world, eyes->text) : (struct text){NULL, 0}};
    struct view view = {.engine = world->engine, .seal = world->seal, .arena = world->arena};
    struct value row;
    bool good = true;
    enum err code = view_begin(&view);
    assert(code == ERR_OK);
    code = view_case(&view, look->state, &viewer, VIEW_DATA, &row);
    assert(code == ERR_OK);
    for (node_each(wanted, key))
        good = same_field(look, wanted, value_get(&row, "data"), value_get(&row, "private")) && good;
    view_end(&view);
    return good;
}

/* Fields of all that is up now, together; `none`: nothing is. */
static bool look_published(const struct look *look, const struct node *key)
{
    struct world *world = look->world;
    struct view view = {.engine = world->engine, .seal = world->seal, .arena = world->arena};
    struct list_maker list = {.arena = world->arena};
    enum err code = view_begin(&view);
    code = code ? code : view_publications(&view, look->state, &list);
    assert(code == ERR_OK);
    view_end(&view);
    bool good = key->kind == NODE_MAP || list.count == 0 || world_fail(world, key, "published: expected none, but %u are up.", list.count);
    for (node_each(wanted, key)) {
        const struct value *data = NULL;
        for (uint32_t i = 0; i < list.count; i++) {
            const struct value *one = value_get(&list.items[i], "data");
            data = one && value_get(one, wanted->key.data) ? one : data;
        }
        good = same_field(look, wanted, data, NULL) && good;
    }
    return good;
}

/* ---- expect ---- */

static const struct {
    const char *key;
    bool (*holds)(const struct look *look, const struct node *key);
} looks[] = {
    {"stage", look_stage},     {"level", look_level},       {"unit", look_unit},         {"home", look_home},
    {"due", look_due},         {"overdue", look_overdue}, {"limit", look_limit}, {"late", look_late}, {"stopped", look_stopped},   {"published", look_published},   {"end", look_end},           {"held", look_held},
    {"number", look_number},   {"task", look_task},         {"holder", look_holder},     {"incident", look_incident},
    {"possible", look_possible}, {"impossible", look_impossible}, {"notices", look_notices}, {"told", look_told},
    {"data", look_data},       {"children", look_children}, {"parent", look_parent},   {"links", look_links},
    {"vote", look_vote},       {"says", look_says},
};

static bool look_expect(struct world *world, const struct scenario_step *step)
{
    struct world_case *one = world_find_case(world, step->case_name);
    const struct case_state *state = one ? world_state(world, one) : NULL;
    if (!state)
        return world_fail(world, step->node, "there is no such case: none was opened, or its opening was refused.");
    world->current = one;
    struct look look = {.world = world, .map = step->node};
    look.workflow = engine_workflow(world->engine, state->workflow);
    look.directory = engine_directory(world->engine);
    bool good = true;
    for (size_t i = 0; i < sizeof looks / sizeof *looks; i++) {
        const struct node *key = keys_get(step->node, &scenario_keys, SCENARIO_EXPECT, looks[i].key);
        look.state = world_state(world, one); /* lives until the engine is asked again */
        look.calendar = world_calendar(world, look.directory ? directory_unit_by_id(look.directory, look.state->unit) : NONE);
        good = (!key || looks[i].holds(&look, key)) && good;
    }
    return good;
}

/* ---- refused, parked ---- */

static bool same_possible(struct world *world, const struct node *key)
{
    struct words found = {.count = 0};
    struct look look = {.world = world};
    for (uint32_t i = 0; world->answer.possible.kind == VALUE_LIST && i < world->answer.possible.count; i++)
        words_add(&found, world->answer.possible.items[i].text);
    return expect_words(&look, key, &found, false);
}

static bool look_refused(struct world *world, const struct scenario_step *step)
{
    const struct node *code = step->node->kind == NODE_SCALAR ? step->node : node_get(step->node, "code");
    const struct node *says = node_get(step->node, "says"), *possible = node_get(step->node, "possible");
    struct text found = text_of(err_name(world->answer.code)), why = world->answer.why;
    if (!world->unchecked || world->answer.kind != MESSAGE_REFUSED)
        return world_fail(world, step->node, "expected that it is refused as %.*s, but it was %s.", SHOW(code->text),
                          world->has_sent ? message_kind_name(world->answer.kind) : "never sent");
    world->unchecked = false;
    if (!text_equal(found, code->text))
        return world_fail(world, code, "expected that it is refused as %.*s, but it was refused as %.*s: %.*s", SHOW(code->text),
                          SHOW(found), SHOW(why));
    if (says && !memmem(why.data, why.size, says->text.data, says->text.size))
        return world_fail(world, says, "expected that the refusal says \"%.*s\", but it says: %.*s", SHOW(says->text), SHOW(why));
    return !possible || same_possible(world, possible);
}

bool scenario_look(struct world *world, const struct scenario_step *step)
{
    if (step->kind == STEP_EXPECT)
        return look_expect(world, step);
    if (step->kind == STEP_REFUSED)
        return look_refused(world, step);
    if (step->kind == STEP_OPENED)
        return look_opened(world, step);
    if (step->kind == STEP_SHORT)
        return look_short(world, step);
    bool parked = world->unchecked && world->answer.kind == MESSAGE_PARKED;
    world->unchecked = false;
    return parked || world_fail(world, step->node, "expected that the event before waits for its case, but it was %s.",
                                world->has_sent ? message_kind_name(world->answer.kind) : "never sent");
}
