/* scenario_look_work: tasks, children, what may be sent, who was told, votes, as an `expect` sees them. See scenario_look.h. */
#include "engine/scenario_look.h"

#include <assert.h>

#include "engine/poll.h"

/* ---- lists of words: every expected one must be among what is found ---- */

void look_words_add(struct found_words *words, struct text word)
{
    for (uint32_t i = 0; i < words->count; i++)
        if (text_equal(words->items[i], word))
            return;
    if (word.size && words->count < sizeof words->items / sizeof *words->items)
        words->items[words->count++] = word;
}

static struct text words_print(struct arena *arena, const struct found_words *words)
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

static bool words_have(const struct found_words *words, struct text wanted)
{
    for (uint32_t i = 0; i < words->count; i++)
        if (word_matches(words->items[i], wanted))
            return true;
    return false;
}

static bool expect_word(const struct look *look, const struct node *key, const struct node *item, const struct found_words *found)
{
    return words_have(found, item->text) || words_have(found, world_person(look->world, item->text)) ||
           world_fail(look->world, item, "%.*s: expected \"%.*s\", found: %.*s.", SHOW(key->key), SHOW(item->text),
                      SHOW(words_print(look->world->arena, found)));
}

/* A word alone is a list of one; `none` is the empty list. */
bool look_words(const struct look *look, const struct node *key, const struct found_words *found, bool exactly)
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

static void name_people(const struct look *look, struct span people, struct found_words *words)
{
    const struct workflow *workflow = look->workflow;
    for (int32_t i = people.first; i < people.first + people.count; i++) {
        const struct workflow_people *row = workflow_people(workflow, i);
        switch ((enum people_kind)row->kind) {
        case PEOPLE_ROLE: look_words_add(words, text_of(workflow_string(workflow, row->role))); break;
        case PEOPLE_FIELD: look_words_add(words, text_of(workflow_field_name(workflow, row->field))); break;
        case PEOPLE_GROUP: look_words_add(words, text_of(workflow_string(workflow, workflow_group(workflow, row->group)->name))); break;
        case PEOPLE_OPENER: look_words_add(words, TEXT("opener")); break;
        case PEOPLE_RESIDENT: look_words_add(words, TEXT("resident")); break;
        case PEOPLE_WORKER: look_words_add(words, TEXT("worker")); break;
        case PEOPLE_MISSING: look_words_add(words, TEXT("missing")); break;
        }
    }
}

/* A task is called by its own name, by whom it is for, and by the topic of its worker. */
bool look_task(const struct look *look, const struct node *key)
{
    struct found_words found = {.count = 0};
    for (uint32_t i = 0; i < look->state->task_count; i++) {
        const struct case_task *task = &look->state->tasks[i];
        const struct workflow_task *row = workflow_task(look->workflow, task->row);
        if (task->state == TASK_DONE)
            continue;
        look_words_add(&found, text_of(row->name == NONE ? "" : workflow_string(look->workflow, row->name)));
        name_people(look, row->people, &found);
        look_words_add(&found, task->topic);
    }
    return look_words(look, key, &found, false);
}

bool look_holder(const struct look *look, const struct node *key)
{
    struct found_words found = {.count = 0};
    for (uint32_t i = 0; i < look->state->task_count; i++)
        look_words_add(&found, look->state->tasks[i].holder);
    return look_words(look, key, &found, false);
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

bool look_children(const struct look *look, const struct node *key)
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

bool look_links(const struct look *look, const struct node *key)
{
    static const char *const kinds[] = {[LINK_OTHER] = "linked", [LINK_MERGED_INTO] = "merged-into", [LINK_ABSORBED] = "absorbed",
                                        [LINK_SPLIT_FROM] = "split-from", [LINK_SPLIT_INTO] = "split-into"};
    struct found_words found = {.count = 0};
    for (uint32_t i = 0; i < look->state->link_count; i++)
        look_words_add(&found, text_of(kinds[look->state->links[i].kind]));
    return look_words(look, key, &found, true);
}

bool look_parent(const struct look *look, const struct node *key)
{
    const struct case_state *state = look->state;
    struct world_case *parent = node_is(key, "none") ? NULL : world_find_case(look->world, key->text);
    bool same = parent ? state->child && memcmp(state->parent, parent->key, ID_SIZE) == 0 : !state->child && node_is(key, "none");
    return same || world_fail(look->world, key, "parent: %s.", state->child ? "it was opened by another case" : "no case has opened it");
}

/* ---- what may be sent ---- */

static void find_possible(const struct look *look, struct found_words *found)
{
    struct advance_input input;
    struct decision decision = {0};
    engine_input(look->world->engine, look->workflow, look->state, &input);
    advance_possible(&input, look->world->arena, &decision);
    for (uint32_t i = 0; i < decision.possible_count; i++)
        look_words_add(found, decision.possible[i]);
}

bool look_possible(const struct look *look, const struct node *key)
{
    struct found_words found = {.count = 0};
    find_possible(look, &found);
    return look_words(look, key, &found, false);
}

bool look_impossible(const struct look *look, const struct node *key)
{
    struct found_words found = {.count = 0};
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
static void find_notices(const struct look *look, bool kinds, struct found_words *found)
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
                look_words_add(found, text_of(notice_words[notice->kind]));
            for (uint32_t who = 0; !kinds && who < notice->who_count; who++)
                look_words_add(found, arena_copy(world->arena, notice->who[who]));
        }
    }
    view_end(&view);
}

bool look_notices(const struct look *look, const struct node *key)
{
    struct found_words found = {.count = 0};
    find_notices(look, true, &found);
    return look_words(look, key, &found, true);
}

/* Whoever holds the role of a `role@unit` that was told; `role@unit/` are those at the units below it. */
static void add_holders(const struct look *look, struct text told, struct found_words *found)
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
            look_words_add(found, text_of(directory_string(directory, directory_person(directory, person)->id)));
}

/* `told: zhou` holds also where a role was told that zhou holds. */
bool look_told(const struct look *look, const struct node *key)
{
    struct found_words told = {.count = 0}, holders = {.count = 0};
    find_notices(look, false, &told);
    bool good = true;
    if (node_is(key, "none"))
        return look_words(look, key, &told, false);
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
    return look_differs(look, key, found.size ? found : TEXT("none"));
}

static const struct case_poll *find_poll(const struct look *look, const struct node *of)
{
    for (uint32_t i = look->state->poll_count; i-- > 0;)
        if (!of || node_is(of, workflow_stage_name(look->workflow, look->state->polls[i].stage)))
            return &look->state->polls[i];
    return NULL;
}

bool look_vote(const struct look *look, const struct node *key)
{
    const struct case_poll *poll = find_poll(look, node_get(key, "of"));
    struct arena *arena = look->world->arena;
    const struct node *state = node_get(key, "state"), *early = node_get(key, "early"), *late = node_get(key, "late"), *said = node_get(key, "says");
    if (!poll)
        return world_fail(look->world, key, "vote: there was none.");
    bool good = !state || look_same_text(look, state, text_of(poll_words[poll->state]));
    good = (!early || look_same_flag(look, early, poll->early)) && good;
    good = (!late || look_same_text(look, late, arena_print(arena, "%u", poll->late))) && good;
    return (!said || says(look, said, poll_sentence(look->workflow, arena, poll, false), poll_sentence(look->workflow, arena, poll, true))) && good;
}

bool look_says(const struct look *look, const struct node *key)
{
    return says(look, key, look->world->answer.why, (struct text){0});
}
