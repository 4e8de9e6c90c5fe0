/* audit_log: what every new record of the log must be like. See audit.h. */
#include "tests/simulate/audit.h"
#include "tests/simulate/host.h"
#include "tests/simulate/sources.h"

#define AT_POSITION "record %llu (%s): "
#define POSITION(position) (unsigned long long)(position)

static const char *kind_name(enum event_kind kind)
{
    static const char *const names[] = {[EVENT_OPEN] = "open", [EVENT_SEND] = "send", [EVENT_RELEASE] = "release", [EVENT_RETRY] = "retry", [EVENT_ACCEPT] = "accept",
                                        [EVENT_SETTLE] = "settle", [EVENT_FAIL] = "fail", [EVENT_DUE] = "due", [EVENT_RECOMPUTE] = "recompute", [EVENT_PARK] = "park",
                                        [EVENT_UNPARK] = "unpark", [EVENT_DEPLOY_PART] = "part", [EVENT_DEPLOY] = "deploy", [EVENT_CASE] = "case",
                                        [EVENT_MIGRATE] = "migrate", [EVENT_COUNT] = "count", [EVENT_RUN] = "run", [EVENT_QUOTA] = "quota", [EVENT_ERASE] = "erase"};
    return (size_t)kind < sizeof names / sizeof *names && names[kind] ? names[kind] : "?";
}

/* ---- chain and time ---- */

static void check_chain(struct sim *sim, const struct seen_record *seen, uint64_t position)
{
    static const uint8_t nothing[HASH_SIZE];
    const struct seen_record *before = audit_record(sim, position - 1);
    const uint8_t *expected = before ? before->hash : nothing;
    if (memcmp(seen->record.predecessor, expected, HASH_SIZE) != 0)
        sim_broken(sim, INVARIANT_CHAIN_HOLDS, AT_POSITION "does not name the record before it", POSITION(position), kind_name(seen->record.event.kind));
}

static void check_time(struct sim *sim, const struct seen_record *seen, uint64_t position)
{
    struct audit *audit = sim->audit;
    if (seen->record.time < audit->time)
        sim_broken(sim, INVARIANT_CHAIN_HOLDS, AT_POSITION "its time lies before that of the record before it", POSITION(position), kind_name(seen->record.event.kind));
    if (seen->record.time > sim->host->clock_most)
        sim_broken(sim, INVARIANT_DEADLINES_HOLD, AT_POSITION "its time has not come yet on any clock", POSITION(position), kind_name(seen->record.event.kind));
    if (seen->record.time > sim->now + HOUR)
        sim_broken(sim, INVARIANT_DEADLINES_HOLD, AT_POSITION "its time is %lld h ahead of the true one", POSITION(position), kind_name(seen->record.event.kind),
                   (long long)((seen->record.time - sim->now) / HOUR));
    if (seen->record.epoch < audit->process)
        sim_broken(sim, INVARIANT_CHAIN_HOLDS, AT_POSITION "a process from before has written it", POSITION(position), kind_name(seen->record.event.kind));
    audit->time = seen->record.time;
    audit->epoch = seen->record.epoch;
}

/* ---- once only ---- */

static void check_parked(struct sim *sim, const struct seen_record *seen, uint64_t position)
{
    const struct event *event = &seen->record.event;
    struct map_number storage;
    if (!event->parked)
        return;
    void **park = map_at(&sim->audit->parks, map_key(&storage, event->parked));
    struct seen_record *parked = *park;
    if (!parked) {
        sim_broken(sim, INVARIANT_EVERY_MESSAGE_ENDS, AT_POSITION "what was parked at %llu has ended before", POSITION(position), kind_name(event->kind),
                   POSITION(event->parked));
        return;
    }
    audit_identity(sim, parked->record.event.sender, parked->record.event.id)->parked = 0;
    sim->audit->undecided--;
    parked->ended = position;
    *park = NULL;
}

static void check_once(struct sim *sim, struct seen_record *seen, uint64_t position)
{
    const struct event *event = &seen->record.event;
    struct map_number storage;
    check_parked(sim, seen, position);
    if (!event->id.size)
        return;
    struct identity *identity = audit_identity(sim, event->sender, event->id);
    if (identity->applied)
        sim_broken(sim, INVARIANT_ONCE_ONLY, AT_POSITION "event %08x of %.*s was applied at %llu already", POSITION(position), kind_name(event->kind),
                   sim_short(event->id), SHOW(event->sender), POSITION(identity->applied));
    if (event->kind != EVENT_PARK) {
        identity->applied = position;
        return;
    }
    if (identity->parked)
        sim_broken(sim, INVARIANT_ONCE_ONLY, AT_POSITION "event %08x of %.*s is parked already at %llu", POSITION(position), kind_name(event->kind),
                   sim_short(event->id), SHOW(event->sender), POSITION(identity->parked));
    identity->parked = position;
    *map_at(&sim->audit->parks, map_key(&storage, position)) = seen;
    sim->audit->undecided++;
}

/* ---- deadlines ---- */

/* When it was due after all: under a newer calendar it was computed anew before it fired. */
static int64_t due_in_the_end(const struct log_record *record)
{
    const struct event *event = &record->event;
    for (uint32_t i = 0; i < record->change_count; i++)
        if (record->changes[i].kind == event->clock_kind && record->changes[i].which == event->clock_which)
            return record->changes[i].after;
    return event->due;
}

static void check_fired(struct sim *sim, const struct seen_record *seen, uint64_t position)
{
    const struct log_record *record = &seen->record;
    const struct event *event = &record->event;
    const struct seen_case *subject = seen->subject;
    int64_t due = due_in_the_end(record);
    if (event->due >= record->time || event->due > record->effective)
        sim_broken(sim, INVARIANT_DEADLINES_HOLD, AT_POSITION "fired %lld ms before its time", POSITION(position), kind_name(event->kind),
                   (long long)(event->due - record->time));
    if (subject->held && record->effective != (event->due > subject->effective ? event->due : subject->effective))
        sim_broken(sim, INVARIANT_DEADLINES_HOLD, AT_POSITION "an imported case lives in its own time, but this has fired in another", POSITION(position), kind_name(event->kind));
    bool stops = event->clock_kind == CLOCK_STAGE || event->clock_kind == CLOCK_WARN || event->clock_kind == CLOCK_CASE;
    if (subject->stopped && stops)
        sim_broken(sim, INVARIANT_STOPPED_IS_STILL, AT_POSITION "a clock (kind %d) of case %llu fires while it is stopped", POSITION(position), kind_name(event->kind),
                   event->clock_kind, POSITION(subject->id));
    if (due > record->effective)
        return; /* it was not due any more: it has fired nothing */
    struct text what = arena_print(&sim->scratch, "%llu %d %d %lld %llu %.*s %.*s", POSITION(subject->id), event->clock_kind, event->clock_which, (long long)due,
                                   POSITION(subject->last_other), SHOW(subject->stage), SHOW(subject->level));
    void **slot = map_at(&sim->audit->fired, what);
    if (*slot)
        sim_broken(sim, INVARIANT_DEADLINES_HOLD, AT_POSITION "the same clock (kind %d of case %llu) has fired before, and nothing happened in between", POSITION(position),
                   kind_name(event->kind), event->clock_kind, POSITION(subject->id));
    *slot = seen->subject;
}

/* ---- cases ---- */

static const struct workflow *newest(const struct audit *audit, struct text name)
{
    const struct seen_workflow *found = NULL;
    for (uint32_t i = 0; i < audit->workflow_count; i++)
        if (text_equal(audit->workflows[i].name, name) && (!found || audit->workflows[i].version > found->version))
            found = &audit->workflows[i];
    return found ? found->workflow : NULL;
}

static void *first_of(struct sim *sim, struct map *map, struct text key, void *value, const char *what)
{
    void **slot = map_at(map, key);
    if (*slot)
        sim_broken(sim, INVARIANT_NUMBERS_ARE_UNIQUE, "two cases have the same %s", what);
    return *slot = value;
}

static void open_case(struct sim *sim, struct seen_record *seen, uint64_t position)
{
    struct audit *audit = sim->audit;
    struct seen_case *subject = ARENA_NEW(&sim->memory, struct seen_case);
    struct map_number storage;
    subject->id = position;
    subject->workflow = newest(audit, seen->record.event.workflow);
    if (seen->record.case_id != position)
        sim_broken(sim, INVARIANT_KNOWN_STATES_ONLY, AT_POSITION "the id of a case is the position of its opening", POSITION(position), "open");
    first_of(sim, &audit->cases, map_key(&storage, position), subject, "id");
    first_of(sim, &audit->keys, seen->record.event.key, subject, "key");
    if (seen->record.number.size)
        first_of(sim, &audit->numbers, seen->record.number, subject, "number");
    audit->all_count++;
}

static bool is_name(struct text name, const char *known)
{
    return name.size && text_is(name, known);
}

static void check_names(struct sim *sim, const struct seen_record *seen, uint64_t position)
{
    const struct workflow *workflow = seen->subject->workflow;
    const struct log_record *record = &seen->record;
    bool ended = record->end.size > 0;
    bool stage = workflow && workflow_find_stage(workflow, record->stage) != NONE;
    bool level = workflow && (record->level.size == 0 || workflow_find_level(workflow, record->level) != NONE);
    bool end = !ended || text_is(record->end, "cancelled") || text_is(record->end, "merged");
    for (int32_t i = 0; workflow && i < workflow_count(workflow, WORKFLOW_ENDS); i++)
        end = end || is_name(record->end, workflow_end_name(workflow, i));
    if (!stage || !level || !end || directory_find_unit(source_directory(), record->unit) == NONE)
        sim_broken(sim, INVARIANT_KNOWN_STATES_ONLY, AT_POSITION "the case stands in '%.*s', level '%.*s', unit '%.*s', end '%.*s'", POSITION(position),
                   kind_name(record->event.kind), SHOW(record->stage), SHOW(record->level), SHOW(record->unit), SHOW(record->end));
}

/* From stop-clock to resume, or to the end of the longest stop, or until the stage is left. */
static void follow_stop(struct seen_case *subject, const struct log_record *record)
{
    const struct event *event = &record->event;
    if (event->kind == EVENT_SEND && text_is(event->name, "stop-clock"))
        subject->stopped = true;
    else if ((event->kind == EVENT_SEND && text_is(event->name, "resume")) || (event->kind == EVENT_DUE && event->clock_kind == CLOCK_STOP && due_in_the_end(record) <= record->effective) || record->end.size ||
             !text_equal(record->stage, subject->stage) || (event->kind == EVENT_SEND && text_is(event->name, "again")))
        subject->stopped = false;
}

static void follow_case(struct sim *sim, struct seen_record *seen, uint64_t position)
{
    const struct log_record *record = &seen->record;
    enum event_kind kind = record->event.kind;
    if (!record->case_id)
        return;
    if (kind == EVENT_OPEN)
        open_case(sim, seen, position);
    struct seen_case *subject = seen->subject = audit_case(sim, record->case_id);
    if (!subject || record->previous != subject->last) {
        sim_broken(sim, INVARIANT_CHAIN_HOLDS, AT_POSITION "the history of case %llu is not connected", POSITION(position), kind_name(kind), POSITION(record->case_id));
        return;
    }
    if (kind == EVENT_DUE)
        check_fired(sim, seen, position);
    else
        subject->last_other = position;
    if (kind == EVENT_MIGRATE)
        subject->workflow = source_workflow(record->event.workflow, record->event.version);
    subject->forgotten = subject->forgotten || (kind == EVENT_DUE && record->event.clock_kind == CLOCK_RETAIN);
    subject->unclaimed = subject->unclaimed || (kind == EVENT_SEND && text_is(record->event.name, "unclaim"));
    check_names(sim, seen, position);
    follow_stop(subject, record);
    audit_case_ended(sim, subject, record);
    audit_private_record(sim, subject, record);
    if (kind == EVENT_OPEN || kind == EVENT_RELEASE)
        subject->held = (kind == EVENT_OPEN && record->event.held) || sim->options.broken == BREAK_NOISY_IMPORT;
    if (subject->held && record->notice_count)
        sim_broken(sim, INVARIANT_IMPORTED_IS_SILENT, AT_POSITION "people are told of an imported case", POSITION(position), kind_name(kind));
    subject->last = position;
    subject->effective = record->effective;
    subject->events++;
    subject->stage = record->stage;
    subject->level = record->level;
    subject->end = record->end;
}

/* ---- tasks ---- */

/* A task that fails is tried again as often as was configured, then an incident stands on it; a retry begins anew. */
static void follow_task(struct sim *sim, const struct seen_record *seen)
{
    const struct event *event = &seen->record.event;
    struct map_number storage;
    if (event->kind != EVENT_FAIL && event->kind != EVENT_RETRY)
        return;
    void **slot = map_at(&sim->audit->tasks, map_key(&storage, event->task));
    struct seen_task *task = *slot ? *slot : (*slot = ARENA_NEW(&sim->memory, struct seen_task));
    task->failures = event->kind == EVENT_FAIL ? task->failures + 1 : 0;
    task->incident = event->kind == EVENT_FAIL && (!event->again || task->failures >= event->attempts_most);
}

/* ---- what cases have to say to each other ---- */

/* Nothing here ends twice, so nothing comes back twice; and what came is what was said. */
static void check_heard(struct sim *sim, const struct seen_record *seen, uint64_t position)
{
    const struct event *event = &seen->record.event;
    if (event->kind != EVENT_CASE || !text_is(event->name, "child-ended") || event->code)
        return;
    const struct seen_case *child = map_find(&sim->audit->keys, event->other);
    void **slot = map_at(&sim->audit->fired, arena_print(&sim->scratch, "heard %llu %llu", POSITION(seen->record.case_id), POSITION(event->child)));
    if (*slot)
        sim_broken(sim, INVARIANT_HEARD_ONCE, AT_POSITION "the end of child %llu comes back a second time", POSITION(position), kind_name(event->kind), POSITION(event->child));
    bool merged = text_is(event->end, "merged"); /* and may have been un-merged since */
    if (!child || (!merged && !text_equal(child->end, event->end)))
        sim_broken(sim, INVARIANT_HEARD_ONCE, AT_POSITION "child %llu has not ended so", POSITION(position), kind_name(event->kind), POSITION(event->child));
    if (!text_is(event->end, "merged")) /* one that was merged by mistake ends again */
        *slot = seen->subject;
}

/* ---- deployments ---- */

static void follow_deployment(struct sim *sim, const struct seen_record *seen, uint64_t position)
{
    const struct event *event = &seen->record.event;
    struct audit *audit = sim->audit;
    if (event->kind != EVENT_DEPLOY)
        return;
    if (text_is(event->what, "calendar"))
        audit->calendar_version = event->version;
    if (text_is(event->what, "workflow") && audit->workflow_count < WORKFLOWS_MOST)
        audit->workflows[audit->workflow_count++] =
            (struct seen_workflow){source_workflow(event->deployed, event->version), event->deployed, event->version, position};
}

/* ---- all of it ---- */

static bool holds_secret(struct text bytes)
{
    return memmem(bytes.data, bytes.size, "GEHEIM", 6) != NULL;
}

static void trace(struct sim *sim, const struct seen_record *seen, uint64_t position)
{
    const struct log_record *record = &seen->record;
    if (record->event.kind == EVENT_DUE)
        sim_trace(sim, "  record %llu: due (clock %d) case %llu -> %.*s/%.*s %.*s", POSITION(position), record->event.clock_kind, POSITION(record->case_id),
                  SHOW(record->stage), SHOW(record->level), SHOW(record->end));
    else
        sim_trace(sim, "  record %llu: %s %.*s%.*s as %.*s%.*s case %llu -> %.*s/%.*s %.*s", POSITION(position), kind_name(record->event.kind), SHOW(record->event.name),
                  SHOW(record->event.what), SHOW(record->event.as), SHOW(record->event.worker), POSITION(record->case_id), SHOW(record->stage), SHOW(record->level),
                  SHOW(record->end));
}

void audit_log_record(struct sim *sim, struct seen_record *seen, uint64_t position)
{
    trace(sim, seen, position);
    check_chain(sim, seen, position);
    check_time(sim, seen, position);
    check_once(sim, seen, position);
    follow_deployment(sim, seen, position);
    follow_case(sim, seen, position);
    check_heard(sim, seen, position);
    follow_task(sim, seen);
    audit_person_record(sim, &seen->record, position);
    if (holds_secret(seen->bytes))
        sim_broken(sim, INVARIANT_PRIVATE_STAYS_SEALED, AT_POSITION "holds what is private in clear", POSITION(position), kind_name(seen->record.event.kind));
}
