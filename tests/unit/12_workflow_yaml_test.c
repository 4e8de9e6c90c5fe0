/* workflow_yaml: what a workflow says becomes tables; each kind of mistake has its exact words; no file can do harm. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/workflow_yaml.h"
#include "proto/value.h"
#include "tests/unit/yaml_mistakes.h"

static struct arena arena;

static int arena_open(void **state)
{
    (void)state;
    arena_init(&arena);
    return 0;
}

static int arena_shut(void **state)
{
    (void)state;
    arena_close(&arena);
    return 0;
}

/* What people read about a source; "" when it has no mistake. */
static const char *printed_for(struct text source)
{
    struct problems problems;
    struct workflow workflow;
    enum err err = workflow_read(&arena, "f", source, &problems, &workflow);
    assert_int_equal(err, problems.errors ? ERR_INVALID_SOURCE : ERR_OK);
    return problems_print(&problems, &arena).data;
}

static void read_good(struct text source, struct workflow *workflow)
{
    struct problems problems;
    if (workflow_read(&arena, "f", source, &problems, workflow) || problems.warnings)
        fail_msg("%s", problems_print(&problems, &arena).data);
}

/* ---- what is expected: "{keys of stage}" stands for the keys that the table has there, so that a new key changes no test ---- */

static const char *keys_of(struct text name)
{
    const char *list = "";
    for (size_t i = 0; i < workflow_keys.count; i++) {
        const struct key *key = &workflow_keys.key[i];
        if (text_is(name, workflow_keys.mapping[key->where].name) && !(key->flags & KEY_LATER))
            list = arena_print(&arena, "%s%s%s", list, *list ? ", " : "", key->name).data;
    }
    return list;
}

static const char *expected(const char *written)
{
    static const char opening[] = "{keys of ";
    const char *at = strstr(written, opening);
    if (!at)
        return written;
    const char *name = at + sizeof opening - 1, *end = strchr(name, '}');
    assert_non_null(end);
    const char *keys = keys_of((struct text){.data = name, .size = (size_t)(end - name)});
    assert_string_not_equal(keys, "");
    return expected(arena_print(&arena, "%.*s%s%s", (int)(at - written), written, keys, end + 1).data);
}

/* ---- mistakes, one by one: tests/mistakes/workflow.txt ---- */

/* Lines that begin with `mark`, joined; `*at` is left behind them. */
static const char *marked_lines(const char **at, char mark)
{
    const char *joined = NULL;
    while (**at == mark) {
        const char *end = strchr(*at, '\n'), *from = *at + ((*at)[1] == ' ' ? 2 : 1);
        joined = arena_print(&arena, "%s%s%.*s", joined ? joined : "", joined ? "\n" : "", (int)(end - from), from).data;
        *at = end + 1;
    }
    return joined ? joined : "";
}

static const char *lines_to_empty(const char **at)
{
    const char *from = *at;
    while (**at && **at != '\n')
        *at = strchr(*at, '\n') + 1;
    return arena_string(&arena, (struct text){.data = from, .size = (size_t)(*at - from)});
}

/* The next case; false at the end of the file. */
static bool next_mistake(const char **at, struct mistake *mistake)
{
    while (**at && **at != '-')
        *at = strchr(*at, '\n') + 1;
    if (!**at)
        return false;
    mistake->from = marked_lines(at, '-');
    mistake->to = marked_lines(at, '+');
    mistake->printed = lines_to_empty(at);
    return true;
}

/* Each NAME.txt changes NAME.yaml. How many mistakes there are. */
static int mistakes_in(const char *name)
{
    const char *good = source_of(&arena, arena_print(&arena, "tests/mistakes/%s.yaml", name).data).data;
    const char *at = source_of(&arena, arena_print(&arena, "tests/mistakes/%s.txt", name).data).data;
    struct mistake mistake;
    int seen = 0;
    assert_string_equal(printed_for(text_of(good)), "");
    for (struct arena_mark mark = arena_save(&arena); next_mistake(&at, &mistake); arena_rewind(&arena, mark)) {
        const char *printed = printed_for(source_with(&arena, good, mistake.from, mistake.to));
        if (strcmp(printed, expected(mistake.printed)) != 0)
            print_error("%s\nwritten as\n%s\n", mistake.from, mistake.to);
        assert_string_equal(printed, expected(mistake.printed));
        seen++;
    }
    return seen;
}

static void test_mistakes(void **state)
{
    (void)state;
    assert_true(mistakes_in("workflow") > 150);
    assert_true(mistakes_in("tables") > 20);
}

/* ---- mistakes that only a whole file shows ---- */

#define HEAD "workflow: w\nversion: 1\nopens: {by: clerk}\n"

static const struct {
    const char *source, *printed;
} whole_files[] = {
    /* no stage has an event that leads out */
    {HEAD "start: {go: a}\n"
          "stages:\n"
          "  a: {events: {note: {by: clerk, stay: true}, back: {by: clerk, go: b}}}\n"
          "  b: {events: {note: {by: clerk, go: b}}}\n"
          "ends: {done: }\n"
          "anywhere: {note: {by: clerk, stay: true}, end-it: {by: clerk, most: 1, stay: true}}\n",
     "f:7:3: stages.b: no way leads out of the stage \"b\": a case that comes here stays for ever. Add an event "
     "that leads to another stage or to an end.\n"
     "f:8:8: ends.done: \"done\" is never used. Let some outcome lead to it (end: ...), or leave it out.\n"
     "f:9:12: anywhere.note: this event can never be sent: every stage has an event \"note\" of its own, which "
     "comes first.\n"},
    /* only anywhere leads out */
    {HEAD "start: {go: a}\n"
          "stages: {a: {events: {note: {by: clerk, stay: true}}}}\n"
          "anywhere: {close: {by: clerk, end: done}}\n"
          "ends: {done: }\n",
     "f:5:13: warning: stages.a: only events of \"anywhere\" lead out of the stage \"a\".\n"},
    /* nobody can be in time */
    {HEAD "start: {go: a}\n"
          "stages: {a: {within: 2 days, overdue: {end: done}}}\n"
          "ends: {done: }\n",
     "f:5:10: stages.a: nothing that anyone can do leads out of the stage \"a\" before its deadline, so nobody "
     "could keep it. Add an event.\n"},
    /* a loop without an end */
    {HEAD "start: {choose: [{when: {big: true}, go: a}, {go: c}]}\n"
          "data: {big: {type: boolean}}\n"
          "stages:\n"
          "  a: {events: {on-to-b: {by: clerk, may: [big], go: b}}}\n"
          "  b: {events: {back-to-a: {by: clerk, go: a}}}\n"
          "  c: {events: {close: {by: clerk, end: done}}}\n"
          "ends: {done: }\n",
     "f:7:3: stages.a: no way leads from the stage \"a\" to an end: a case that comes here could never be "
     "over.\n"
     "f:8:3: stages.b: no way leads from the stage \"b\" to an end: a case that comes here could never be "
     "over.\n"},
    /* ladders in different orders */
    {HEAD "start: {go: a}\n"
          "stages:\n"
          "  a: {ladder: [building, grid], events: {move: {by: clerk, go: b, level: keep}}}\n"
          "  b: {ladder: [grid, building], events: {close: {by: clerk, end: done}}}\n"
          "ends: {done: }\n",
     "f:7:15: stages.b.ladder: this ladder goes through its levels in another order than that of \"a\" "
     "(building, grid). The lowest comes first.\n"},
    /* anywhere hidden by every stage */
    {HEAD "start: {go: a}\n"
          "stages: {a: {events: {close: {by: clerk, end: done}}}}\n"
          "anywhere: {close: {by: clerk, end: done}}\n"
          "ends: {done: }\n",
     "f:6:12: anywhere.close: this event can never be sent: every stage has an event \"close\" of its own, "
     "which comes first.\n"},
    /* anywhere climbs where there is no ladder */
    {HEAD "start: {go: a}\n"
          "stages:\n"
          "  a: {ladder: [grid, community], top: {stay: true}, events: {next: {by: clerk, go: b}}}\n"
          "  b: {events: {close: {by: clerk, end: done}}}\n"
          "anywhere: {push: {by: clerk, climb: up}}\n"
          "ends: {done: }\n",
     "f:8:18: anywhere.push: the stage \"b\" has no ladder to climb. Give it one (ladder: [...]), or name a stage (go: ...).\n"},
    /* anywhere by worker without any */
    {HEAD "start: {go: a}\n"
          "stages: {a: {events: {close: {by: clerk, end: done}}}}\n"
          "anywhere: {report: {by: worker, stay: true}}\n"
          "ends: {done: }\n",
     "f:6:12: anywhere.report: this event is by worker, but no stage has a task for a worker.\n"},
    /* keep from a ladder that has more */
    {HEAD "start: {go: a}\n"
          "stages:\n"
          "  a: {ladder: [building, grid], events: {move: {by: clerk, go: b, level: keep}}}\n"
          "  b: {ladder: [grid], events: {close: {by: clerk, end: done}}}\n"
          "ends: {done: }\n",
     "f:6:48: stages.a.events.move: \"level: keep\" cannot be: the case may come from the level \"building\" of "
     "\"a\", which the ladder of \"b\" lacks.\n"},
    /* keep from one level */
    {HEAD "start: {go: a}\n"
          "stages:\n"
          "  a: {at: community, events: {move: {by: clerk, go: b, level: keep}}}\n"
          "  b: {ladder: [grid], events: {close: {by: clerk, end: done}}}\n"
          "ends: {done: }\n",
     "f:6:37: stages.a.events.move: \"level: keep\" cannot be: the case may come from the level \"community\" "
     "of \"a\", which the ladder of \"b\" lacks.\n"},
    /* nothing at all */
    {HEAD "start: {go: a}\n"
          "stages: {}\n"
          "ends: {}\n",
     "f:5:9: stages: found an empty mapping; at least one stage is needed.\n"
     "f:6:7: ends: found an empty mapping; at least one end is needed.\n"},
    /* not even a mapping */
    {"- workflow\n",
     "f:1:1: found a list; allowed is a mapping with the keys: {keys of workflow}.\n"},
    /* a stage that is no mapping */
    {HEAD "start: {go: a}\n"
          "stages: {a: now}\n"
          "ends: {done: }\n",
     "f:5:13: stages.a: found \"now\"; allowed is a mapping with the keys: {keys of stage}.\n"},
    /* ambiguous event */
    {HEAD "start: {go: a}\n"
          "stages:\n"
          "  a: {events: {x: {by: clerk, go: b}}}\n"
          "  b: {events: {x: {by: clerk, go: c}}}\n"
          "  c: {events: {z: {by: clerk, when: {count: {event: x, least: 1}}, end: done}}}\n"
          "ends: {done: }\n",
     "f:8:53: stages.c.events.z.when.count.event: an event \"x\" stands in 2 other stages: it is not clear "
     "which is meant. Rename one of them.\n"},
    /* remind after a deadline that is not there */
    {HEAD "start: {go: a}\n"
          "stages: {a: {remind: {who: clerk, every: 1 day, after: due}, events: {close: {by: clerk, end: "
          "done}}}}\n"
          "ends: {done: }\n",
     "f:5:56: stages.a.remind.after: \"after: due\" needs a deadline, and this stage has no \"within\".\n"},
    /* extend without a deadline */
    {HEAD "start: {go: a}\n"
          "stages: {a: {warn: 1 day, extend: {by: clerk, add: 1 day}, events: {close: {by: clerk, end: "
          "done}}}}\n"
          "ends: {done: }\n",
     "f:5:14: stages.a.warn: \"warn\" needs a deadline, and this stage has no \"within\".\n"
     "f:5:27: stages.a.extend: \"extend\" needs a deadline, and this stage has no \"within\".\n"},
    /* task and tasks */
    {HEAD "start: {go: a}\n"
          "stages: {a: {task: {for: clerk}, tasks: {t: {for: clerk}}, done: any, events: {t: {by: clerk, stay: "
          "true}, close: {by: clerk, end: done}}}}\n"
          "ends: {done: }\n",
     "f:5:34: stages.a.tasks: \"task\" and \"tasks\" cannot stand in one stage: make the one task one of the "
     "others.\n"
     "f:5:34: stages.a.tasks: \"tasks\" needs \"then\": what follows when they are done.\n"},
    /* then without tasks */
    {HEAD "start: {go: a}\n"
          "stages: {a: {then: {end: done}, events: {close: {by: clerk, end: done}}}}\n"
          "ends: {done: }\n",
     "f:5:14: stages.a.then: \"then\" means something only beside \"tasks\", \"children\", \"rate\", \"publish\", or a \"within\" whose end it follows.\n"},
    /* a choice that is a field too */
    {HEAD "start: {go: a}\n"
          "data: {kind: {type: choice, of: [note, other]}, note: {type: text}}\n"
          "stages: {a: {events: {close: {by: clerk, may: [note], end: done, set: {kind: note}}}}}\n"
          "ends: {done: }\n",
     "f:6:78: stages.a.events.close.set.kind: \"note\" is a choice of \"kind\" and the name of a field too: it "
     "is not clear which is meant. Rename one of them.\n"},
    /* another scale */
    {HEAD "start: {go: a}\n"
          "data: {cents: {type: number, scale: 2}, whole: {type: number}}\n"
          "stages: {a: {events: {close: {by: clerk, may: [whole], end: done, set: {cents: whole}}}}}\n"
          "ends: {done: }\n",
     "f:6:80: stages.a.events.close.set.cents: \"whole\" has 0 decimal places and \"cents\" has 2. They must be "
     "the same.\n"},
    /* children that end otherwise */
    {HEAD "start: {go: a}\nstages: {a: {children: {wait: all, ends: kept}, events: {more: {by: clerk, stay: true, open: {workflow: survey}}}, then: {end: done}}}\nends: {done: }\n",
     "f:5:14: stages.a.children: nothing but its children leads out of the stage \"a\": when they end otherwise, the case stays for ever. "
     "Add an event or a deadline that leads out.\n"},
    /* children that only a quota opens */
    {HEAD "start: {go: a}\nquota: {least: 1, a: year, for-each: grid, ends: done, short: {open: {workflow: survey}}}\n"
          "stages: {a: {children: {wait: all}, events: {close: {by: clerk, end: done}}, then: {end: done}}}\nends: {done: }\n",
     "f:6:14: stages.a.children: this stage waits for child cases, but nothing opens any. Let some outcome do so (open: [...]).\n"},
    /* choose in choose in choose */
    {HEAD "start: {go: a}\n"
          "stages: {a: {events: {close: {by: clerk, choose: [{when: {level: grid}, end: done}, {choose: [{when: "
          "{level: grid}, end: done}, {choose: [{when: {level: grid}, end: done}, {choose: [{when: {level: "
          "grid}, end: done}, {choose: [{when: {level: grid}, end: done}, {end: done}]}]}]}]}]}}}}\n"
          "ends: {done: }\n",
     "f:5:226: stages.a.events.close.choose[2].choose[2].choose[2].choose[2].choose: choose stands within "
     "choose more than 4 deep.\n"},
    /* a vote and a publication without the date that closes them */
    {"workflow: w\nversion: 1\nopens: {by: clerk, may: [day]}\ndata: {day: {type: date}}\nstart: {go: a}\nstages:\n"
     "  a: {events: {call: {by: clerk, go: v}, set-day: {by: clerk, go: v, set: {day: today}}, leave: {by: clerk, end: done}}}\n"
     "  v: {within: {until: day}, vote: {roll: clerk, choices: [x-1, y-1], pass: {x-1: more than 1/2, of: cast}, passed: {go: p}, failed: {go: a}}}\n"
     "  p: {within: {limit: 3 days, from: day}, publish: {fields: [day]}, then: {end: done}}\n"
     "anywhere: {fill: {by: clerk, needs: [day], stay: true}}\nreopen: {by: clerk, go: p}\nends: {done: }\n",
     "f:8:15: warning: stages.v.within: a case can come to \"v\" without \"day\": the vote stays open there until somebody fills it. Let what leads here need "
     "it (needs: [day]).\n"
     "f:9:15: warning: stages.p.within: a case can come to \"p\" without \"day\": the publication stays open there until somebody fills it. Let what leads "
     "here need it (needs: [day]).\n"},
    /* and with it: what leads there needs it, sets it, looks at it, or waited for it */
    {"workflow: w\nversion: 1\nopens: {by: clerk, may: [day]}\ndata: {day: {type: date}}\nstart: {go: a}\nstages:\n"
     "  a: {events: {call: {by: clerk, needs: [day], go: v}, set-day: {by: clerk, go: v, set: {day: today}}, leave: {by: clerk, go: b},\n"
     "      look: {by: clerk, choose: [{when: {day: {after: 2026-01-01}}, go: v}, {go: b}]}}}\n"
     "  b: {within: {until: day}, events: {note: {by: clerk, may: [day], stay: true}, drop: {by: clerk, end: done}}, then: {go: p}}\n"
     "  v: {within: {until: day}, vote: {roll: clerk, choices: [x-1, y-1], pass: {x-1: more than 1/2, of: cast}, passed: {go: p}, failed: {go: a}}}\n"
     "  p: {within: {limit: 3 days, from: day}, publish: {fields: [day]}, then: {end: done}}\n"
     "reopen: {by: clerk, needs: [day], go: p}\nends: {done: }\n",
     ""},
};

static void test_whole_files(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof whole_files / sizeof *whole_files; i++)
        assert_string_equal(printed_for(text_of(whole_files[i].source)), expected(whole_files[i].printed));
}

/* ---- what is compiled ---- */

static const struct workflow_stage *stage_named(const struct workflow *workflow, const char *name)
{
    int32_t row = workflow_find_stage(workflow, text_of(name));
    assert_int_not_equal(row, NONE);
    return workflow_stage(workflow, row);
}

static const struct workflow_event *event_named(const struct workflow *workflow, const char *stage, const char *name)
{
    int32_t row = workflow_find_event(workflow, workflow_find_stage(workflow, text_of(stage)), text_of(name));
    assert_int_not_equal(row, NONE);
    return workflow_event(workflow, row);
}

static const struct workflow_people *people_at(const struct workflow *workflow, struct span people, int32_t index)
{
    assert_true(index < people.count);
    return workflow_people(workflow, people.first + index);
}

static void expect_duration(const struct workflow *workflow, int32_t row, enum duration_unit unit, int32_t count)
{
    assert_int_equal(workflow_duration(workflow, row)->unit, unit);
    assert_int_equal(workflow_duration(workflow, row)->count, count);
}

static void test_compiled_head_and_data(void **state)
{
    (void)state;
    struct workflow workflow;
    read_good(source_of(&arena, "tests/mistakes/workflow.yaml"), &workflow);
    const struct workflow_head *head = workflow_head(&workflow);
    assert_string_equal(workflow_string(&workflow, head->name), "tiny");
    assert_string_equal(workflow_string(&workflow, head->title_zh), "小流程");
    assert_int_equal(head->about_zh, NONE);
    assert_int_equal(head->applies_from, 20454);
    assert_int_equal(head->late, LATE_THEN);
    assert_int_equal(people_at(&workflow, workflow_by(&workflow, head->opens_by)->people, 0)->kind, PEOPLE_RESIDENT);
    assert_string_equal(workflow_level_name(&workflow, workflow_ref(&workflow, head->opens_at.first + 1)), "grid");
    assert_int_equal(head->opens_needs.count, 3);
    assert_int_equal(head->opens_may.count, 3);
    assert_int_equal(people_at(&workflow, head->tells, 0)->kind, PEOPLE_GROUP);

    const struct workflow_field *cost = workflow_field(&workflow, workflow_find_field(&workflow, TEXT("cost")));
    assert_int_equal(cost->type, FIELD_NUMBER);
    assert_int_equal(cost->bounded, 3);
    assert_int_equal(cost->most, 10000); /* 100.00 */
    const struct workflow_field *secret = workflow_field(&workflow, workflow_find_field(&workflow, TEXT("secret")));
    assert_true(secret->private);
    assert_int_equal(secret->sees.count, 2);
    const struct workflow_field *notes = workflow_field(&workflow, workflow_find_field(&workflow, TEXT("notes")));
    assert_int_equal(workflow_field(&workflow, notes->of)->most, 100);
    assert_true(notes->of > workflow_find_field(&workflow, TEXT("notes"))); /* elements stand after all named fields */
    assert_int_equal(workflow_field(&workflow, notes->of)->name, NONE);
}

static void test_compiled_ladder(void **state)
{
    (void)state;
    struct workflow workflow;
    read_good(source_of(&arena, "tests/mistakes/workflow.yaml"), &workflow);
    const struct workflow_stage *ask = stage_named(&workflow, "ask");
    const struct workflow_outcome *start = workflow_outcome(&workflow, workflow_head(&workflow)->start);
    assert_int_equal(start->go_level, GO_LEVEL_NAMED);
    assert_int_equal(ask->ladder.count, 2);
    const struct workflow_limit *within = workflow_limit(&workflow, ask->within);
    assert_int_equal(within->kind, LIMIT_LEVEL);
    const struct workflow_limit_row *grid = workflow_limit_row(&workflow, within->rows.first + 1);
    assert_string_equal(workflow_level_name(&workflow, grid->level), "grid");
    expect_duration(&workflow, grid->duration, DAYS, 3);
    const struct workflow_extend *extend = workflow_extend(&workflow, ask->extend);
    assert_int_equal(workflow_by(&workflow, extend->by)->kind, BY_EACH);
    assert_true(extend->up_to);
    expect_duration(&workflow, extend->add, DAYS, 2);
    assert_int_equal(extend->asks.count, 1);
    const struct workflow_topic_row *topic = workflow_topic_row(&workflow, workflow_task(&workflow, ask->task)->topics.first);
    assert_string_equal(workflow_string(&workflow, topic->topic), "desk");
    const struct workflow_reminder *reminder = workflow_reminder(&workflow, ask->reminders.first);
    assert_int_equal(people_at(&workflow, reminder->who, 0)->kind, PEOPLE_MISSING);
    assert_string_equal(workflow_event_name(&workflow, people_at(&workflow, reminder->who, 0)->event), "agree");
    assert_int_equal(workflow_outcome(&workflow, ask->overdue)->direction, CLIMB_UP);
    assert_int_equal(workflow_outcome(&workflow, event_named(&workflow, "ask", "back")->outcome)->direction, CLIMB_DOWN);
    assert_int_equal(workflow_condition(&workflow, event_named(&workflow, "ask", "back")->when)->kind, CONDITION_LEVEL);
    assert_int_equal(event_named(&workflow, "ask", "back")->line, 41);
}

static void test_compiled_tasks_and_conditions(void **state)
{
    (void)state;
    struct workflow workflow;
    read_good(source_of(&arena, "tests/mistakes/workflow.yaml"), &workflow);
    const struct workflow_stage *work = stage_named(&workflow, "work");
    assert_int_equal(work->at, AT_UNIT_FIELD);
    assert_int_equal(workflow_limit(&workflow, work->within)->from, FROM_FIRST_ENTRY);
    assert_int_equal(work->done, DONE_ALL);
    assert_int_equal(work->tasks.count, 2);
    assert_int_equal(event_named(&workflow, "work", "paint")->task, work->tasks.first);
    assert_int_equal(people_at(&workflow, workflow_task(&workflow, work->tasks.first + 1)->people, 0)->where, WHERE_HOME);
    const struct workflow_event *clean = event_named(&workflow, "work", "clean");
    assert_int_equal(clean->not_same_as_events.count, 1);
    assert_int_equal(clean->not_same_as_fields.count, 1);
    const struct workflow_outcome *stay = workflow_outcome(&workflow, clean->outcome);
    assert_int_equal(workflow_value(&workflow, workflow_set(&workflow, stay->sets.first)->value)->kind, VALUE_BOOLEAN);
    assert_int_equal(workflow_set(&workflow, stay->sets.first + 1)->kind, SET_TODAY);
    const struct workflow_outcome *then = workflow_outcome(&workflow, work->then);
    assert_int_equal(then->branches.count, 3);
    const struct workflow_condition *all = workflow_condition(&workflow, workflow_branch(&workflow, then->branches.first)->condition);
    assert_int_equal(all->kind, CONDITION_ALL);
    const struct workflow_condition *range = workflow_condition(&workflow, workflow_ref(&workflow, all->parts.first + 1));
    assert_int_equal(range->kind, CONDITION_RANGE);
    assert_int_equal(range->most, 9950);
    assert_int_equal(workflow_branch(&workflow, then->branches.first + 2)->condition, NONE);
    const struct workflow_by *half = workflow_by(&workflow, event_named(&workflow, "work", "stop")->by);
    assert_int_equal(half->kind, BY_AT_LEAST);
    assert_int_equal(half->numerator * 10 + half->denominator, 12);
}

/* The hash of the compiled form names the content: so it must not hang on anything but the source. */
static void test_same_source_same_bytes(void **state)
{
    (void)state;
    struct text source = source_of(&arena, "workflows/dispute-mediation/workflow.yaml");
    struct workflow first, second;
    struct tables back;
    read_good(source, &first);
    arena_take(&arena, 12345);
    read_good(source, &second);
    struct text bytes = tables_encode(&arena, &workflow_shape, &first.tables);
    assert_true(text_equal(bytes, tables_encode(&arena, &workflow_shape, &second.tables)));
    assert_int_equal(tables_decode(&arena, &workflow_shape, bytes, &back), ERR_OK);
    struct workflow decoded = {.tables = back};
    workflow_bind(&decoded);
    assert_true(workflow_sound(&decoded));
    assert_true(text_equal(bytes, tables_encode(&arena, &workflow_shape, &back)));
}

static void expect_titles(const struct workflow *workflow, struct span names, const char *word, const char *zh, const char *en)
{
    struct text found_zh, found_en;
    int32_t index = workflow_find_choice(workflow, names, text_of(word));
    assert_int_not_equal(index, NONE);
    workflow_choice_titles(workflow, names, index, &found_zh, &found_en);
    assert_true(text_is(found_zh, zh) && text_is(found_en, en));
}

static void test_words_with_titles(void **state)
{
    (void)state;
    struct workflow read, decoded = {.position = 0};
    read_good(source_of(&arena, "tests/draw/titled.yaml"), &read);
    struct text bytes = tables_encode(&arena, &workflow_shape, &read.tables);
    assert_int_equal(tables_decode(&arena, &workflow_shape, bytes, &decoded.tables), ERR_OK);
    workflow_bind(&decoded);
    assert_true(workflow_sound(&decoded));
    struct span kind = workflow_field(&decoded, workflow_find_field(&decoded, TEXT("kind")))->choices;
    expect_titles(&decoded, kind, "question", "咨询", "Question");
    expect_titles(&decoded, kind, "complaint", "投诉", "");
    expect_titles(&decoded, kind, "odd", "", "");
    assert_int_equal(workflow_find_choice(&decoded, kind, TEXT("咨询")), NONE); /* what is sent is the word */
    const struct workflow_vote *rating = workflow_vote(&decoded, stage_named(&decoded, "rated")->vote);
    expect_titles(&decoded, rating->choices, "good", "好", "Good");
    expect_titles(&decoded, rating->choices, "poor", "", "");
    assert_int_equal(workflow_grade(&decoded, rating->grades.first)->value, 100);
    expect_titles(&decoded, workflow_stop(&decoded, stage_named(&decoded, "answer")->stop_clock)->grounds, "hearing", "听证", "Hearing");
}

/* What says nothing new keeps the bytes, and so the hash, that it had: a mapping without titles is the list. */
static void test_words_without_titles(void **state)
{
    (void)state;
    static const char list[] = "of: [noise, water]", mapping[] = "of: {noise: , water: }";
    struct text source = source_of(&arena, "tests/mistakes/workflow.yaml");
    const char *text = arena_string(&arena, source), *at = strstr(text, list);
    assert_non_null(at);
    struct text changed = arena_print(&arena, "%.*s%s%s", (int)(at - text), text, mapping, at + sizeof list - 1);
    struct workflow first, second;
    read_good(source, &first);
    read_good(changed, &second);
    assert_true(text_equal(tables_encode(&arena, &workflow_shape, &first.tables), tables_encode(&arena, &workflow_shape, &second.tables)));
}

static void test_shipped_workflows(void **state)
{
    (void)state;
    static const char *const paths[] = {"workflows/dispute-mediation/workflow.yaml", "workflows/grid-matter/workflow.yaml",
                                        "workflows/bench/workflow.yaml"};
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        struct workflow workflow;
        read_good(source_of(&arena, paths[i]), &workflow);
    }
}

/* A key stands once in each kind of mapping, and says what it is. */
static void test_table_of_keys(void **state)
{
    (void)state;
    bool seen[WORKFLOW_WHERE_COUNT] = {false};
    for (size_t i = 0; i < workflow_keys.count; i++) {
        const struct key *key = &workflow_keys.key[i];
        assert_in_range(key->where, 0, WORKFLOW_WHERE_COUNT - 1);
        seen[key->where] = true;
        assert_true(key->kinds != 0 && *key->shape && *key->meaning);
        for (size_t j = 0; j < i; j++)
            assert_false(workflow_keys.key[j].where == key->where && strcmp(workflow_keys.key[j].name, key->name) == 0);
    }
    for (int where = 0; where < WORKFLOW_WHERE_COUNT; where++)
        assert_true(seen[where]);
}

/* The reference speaks of every key, those of later versions too. */
static void test_reference_names_every_key(void **state)
{
    (void)state;
    const char *reference = source_of(&arena, "workflows/LANGUAGE.md").data;
    for (size_t i = 0; i < workflow_keys.count; i++) {
        const char *name = workflow_keys.key[i].name;
        const struct text forms[] = {arena_print(&arena, "`%s`", name), arena_print(&arena, "`{%s:", name), arena_print(&arena, " %s: ", name),
                                     arena_print(&arena, "{%s: ", name), arena_print(&arena, "{%s, ", name), arena_print(&arena, ", %s}", name),
                                     arena_print(&arena, ", %s,", name)};
        bool found = false;
        for (size_t form = 0; form < sizeof forms / sizeof forms[0]; form++)
            found = found || strstr(reference, forms[form].data);
        if (!found)
            fail_msg("workflows/LANGUAGE.md does not speak of \"%s\"", name);
    }
}

/* Fifteen thousand wrong names: each is counted, a hundred are shown, and memory stays within bounds. */
static void test_many_mistakes(void **state)
{
    (void)state;
    enum { WRONG = 15000 };
    struct text start = TEXT(HEAD "start: {go: a}\ndata: {one: {type: text}}\nends: {done: }\n"
                                  "stages: {a: {events: {e: {by: clerk, end: done, needs: [");
    char *source = arena_take(&arena, YAML_BYTES_MOST), *at = source;
    at = (char *)memcpy(at, start.data, start.size) + start.size;
    for (int i = 0; i < WRONG; i++) {
        struct text name = arena_print(&arena, "wrong-name-of-some-length-%d, ", i);
        at = (char *)memcpy(at, name.data, name.size) + name.size;
    }
    at = (char *)memcpy(at, "]}}}}\n", 6) + 6;
    struct problems problems;
    struct workflow workflow;
    size_t before = arena.total;
    assert_int_equal(workflow_read(&arena, "f", (struct text){.data = source, .size = (size_t)(at - source)}, &problems, &workflow),
                     ERR_INVALID_SOURCE);
    assert_int_equal(problems.errors, WRONG);
    assert_true(arena.total - before < 32 << 20);
}

/* ---- mutations ---- */

static uint32_t random_state;

static uint32_t random_below(uint32_t most)
{
    random_state = random_state * 1664525u + 1013904223u;
    return (random_state >> 8) % most;
}

/* One random change: a byte, a cut, or a piece of the file copied somewhere else. */
static size_t mutate(char *text, size_t size)
{
    size_t at = random_below((uint32_t)size), from = random_below((uint32_t)size);
    size_t length = 1 + random_below(40);
    switch (random_below(4)) {
    case 0: text[at] = (char)random_below(256); return size;
    case 1: text[at] = "{}[],:-&*!|>'\"\n #?%@`"[random_below(22)]; return size;
    case 2:
        length = at + length > size ? size - at : length;
        memmove(text + at, text + at + length, size - at - length);
        return size - length;
    default:
        length = from + length > size ? size - from : length;
        memmove(text + at + length, text + at, size - at);
        memmove(text + at, text + (from >= at ? from + length : from), length);
        return size + length;
    }
}

/* Whatever is read compiles to something sound; whatever is refused says why. */
static void test_mutations(void **state)
{
    (void)state;
    enum { ROUNDS = 4000, ROOM = 64 * 1024 };
    struct text sources[] = {source_of(&arena, "tests/mistakes/workflow.yaml"), source_of(&arena, "workflows/grid-matter/workflow.yaml")};
    char *text = arena_take(&arena, ROOM);
    int good = 0;
    random_state = 20260924;
    for (int round = 0; round < ROUNDS; round++) {
        struct arena_mark mark = arena_save(&arena);
        struct text source = sources[round % 2];
        size_t size = source.size;
        memcpy(text, source.data, size);
        for (uint32_t change = 0, changes = 1 + random_below(3); change < changes; change++)
            size = mutate(text, size);
        struct problems problems;
        struct workflow workflow;
        enum err err = workflow_read(&arena, "f", (struct text){.data = text, .size = size}, &problems, &workflow);
        assert_int_equal(err, problems.errors ? ERR_INVALID_SOURCE : ERR_OK);
        problems_print(&problems, &arena);
        if (err == ERR_OK) {
            assert_true(workflow_sound(&workflow));
            tables_encode(&arena, &workflow_shape, &workflow.tables);
            good++;
        }
        arena_rewind(&arena, mark);
    }
    assert_in_range(good, 100, ROUNDS - 100); /* or the test tests nothing */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_mistakes, arena_open, arena_shut),
        cmocka_unit_test_setup_teardown(test_whole_files, arena_open, arena_shut),
        cmocka_unit_test_setup_teardown(test_compiled_head_and_data, arena_open, arena_shut),
        cmocka_unit_test_setup_teardown(test_words_with_titles, arena_open, arena_shut),
        cmocka_unit_test_setup_teardown(test_words_without_titles, arena_open, arena_shut),
        cmocka_unit_test_setup_teardown(test_compiled_ladder, arena_open, arena_shut),
        cmocka_unit_test_setup_teardown(test_compiled_tasks_and_conditions, arena_open, arena_shut),
        cmocka_unit_test_setup_teardown(test_same_source_same_bytes, arena_open, arena_shut),
        cmocka_unit_test_setup_teardown(test_shipped_workflows, arena_open, arena_shut),
        cmocka_unit_test_setup_teardown(test_table_of_keys, arena_open, arena_shut),
        cmocka_unit_test_setup_teardown(test_reference_names_every_key, arena_open, arena_shut),
        cmocka_unit_test_setup_teardown(test_many_mistakes, arena_open, arena_shut),
        cmocka_unit_test_setup_teardown(test_mutations, arena_open, arena_shut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
