/* drawn: see drawn.h. */
#include "tests/simulate/drawn.h"

#include "tests/simulate/model_inner.h"

struct drawn drawn;

/* ---- where it goes ---- */

static bool is_within(unsigned ladder, unsigned other)
{
    return ladder && (ladder & ~other) == 0;
}

static int level_of(struct dice *dice, unsigned ladder)
{
    int level;
    do
        level = (int)dice_below(dice, DRAWN_LEVELS);
    while (!(ladder & 1u << level));
    return level;
}

/* From the ladder of a stage (0: it has none) into another stage. */
static struct drawn_outcome go(struct dice *dice, unsigned from, int to)
{
    const struct drawn_stage *stage = &drawn.stages[to];
    struct drawn_outcome outcome = {.move = DRAWN_GO, .to = to, .level = NOWHERE};
    if (!stage->ladder)
        return outcome;
    if (is_within(from, stage->ladder) && dice_chance(dice, 500))
        outcome.level = DRAWN_KEEP;
    else if (from || dice_chance(dice, 500))
        outcome.level = level_of(dice, stage->ladder);
    return outcome;
}

static struct drawn_outcome go_or_end(struct dice *dice, unsigned from)
{
    if (dice_chance(dice, 350))
        return (struct drawn_outcome){.move = DRAWN_END, .to = (int)dice_below(dice, DRAWN_ENDS)};
    return go(dice, from, (int)dice_below(dice, (uint32_t)drawn.stage_count));
}

static struct drawn_outcome climb(struct dice *dice, const struct drawn_stage *stage)
{
    struct drawn_outcome outcome = {.move = dice_chance(dice, 700) ? DRAWN_UP : DRAWN_DOWN, .to = NOWHERE};
    int to = (int)dice_below(dice, (uint32_t)drawn.stage_count);
    if (is_within(stage->ladder, drawn.stages[to].ladder) && dice_chance(dice, 500))
        outcome.to = to;
    return outcome;
}

static struct drawn_outcome any_outcome(struct dice *dice, const struct drawn_stage *stage)
{
    uint32_t roll = dice_below(dice, 100);
    if (roll < 15)
        return (struct drawn_outcome){.move = DRAWN_STAY};
    return stage->ladder && roll < 45 ? climb(dice, stage) : go_or_end(dice, stage->ladder);
}

/* ---- conditions ---- */

static struct drawn_way any_way(struct dice *dice, const struct drawn_stage *stage, struct drawn_event *event)
{
    struct drawn_way way = {.when = DRAWN_LARGE};
    uint32_t roll = dice_below(dice, 4);
    if (roll == 0 && event) {
        way.when = DRAWN_FLAG;
        event->flag = true;
    } else if (roll == 1 && event) {
        way = (struct drawn_way){.when = DRAWN_OFTEN, .value = 2 + (int)dice_below(dice, 2)};
    } else if (roll == 2 && stage->ladder) {
        way = (struct drawn_way){.when = DRAWN_AT_LEVEL, .value = level_of(dice, stage->ladder)};
    }
    way.outcome = any_outcome(dice, stage);
    return way;
}

static struct drawn_choice any_choice(struct dice *dice, const struct drawn_stage *stage, struct drawn_event *event)
{
    struct drawn_choice choice = {.last = any_outcome(dice, stage)};
    while (choice.way_count < DRAWN_WAYS_MOST && dice_chance(dice, 300))
        choice.ways[choice.way_count++] = any_way(dice, stage, event);
    return choice;
}

/* ---- events ---- */

static unsigned any_people(struct dice *dice)
{
    static const unsigned all[] = {BY_MEDIATOR, BY_MEDIATOR, BY_GRID_WORKER, BY_SUPERVISOR, BY_SUPERVISOR, BY_CLERK, BY_RESIDENT, BY_APPLICANT};
    unsigned who = all[dice_below(dice, sizeof all / sizeof *all)];
    return dice_chance(dice, 500) ? who : who | all[dice_below(dice, sizeof all / sizeof *all)];
}

/* What several must send leads somewhere, and brings nothing. */
static void draw_several(struct dice *dice, const struct drawn_stage *stage, struct drawn_event *event)
{
    static const unsigned countable[] = {BY_GRID_WORKER, BY_SUPERVISOR, BY_CLERK, BY_APPLICANT};
    event->several = dice_chance(dice, 600) ? DRAWN_EACH : 2;
    event->who = event->several == DRAWN_EACH ? BY_APPLICANT : countable[dice_below(dice, 4)];
    event->choice = (struct drawn_choice){.last = go_or_end(dice, stage->ladder)};
}

static void draw_event(struct dice *dice, const struct drawn_stage *stage, struct drawn_event *event, bool several)
{
    *event = (struct drawn_event){.who = any_people(dice)};
    event->tells_archive = dice_chance(dice, 100);
    if (several) {
        draw_several(dice, stage, event);
        return;
    }
    event->choice = any_choice(dice, stage, event);
    event->size = dice_chance(dice, 150);
    event->words = dice_chance(dice, 200);
    event->sets_large = dice_chance(dice, 100);
    event->most = dice_chance(dice, 150) ? 1 + (int)dice_below(dice, 3) : 0;
    if (stage->ladder && dice_chance(dice, 150))
        event->levels = stage->ladder & (1u + dice_below(dice, 15));
}

/* ---- stages ---- */

static void draw_place(struct dice *dice, struct drawn_stage *stage)
{
    stage->ladder = dice_chance(dice, 700) ? 1u + dice_below(dice, 15) : 0;
    stage->at = dice_chance(dice, 500) ? COMMUNITY : CENTRE; /* which every home has */
    if (stage->ladder && !(stage->ladder & (1u << COMMUNITY | 1u << CENTRE)))
        stage->ladder |= 1u << CENTRE; /* every home has a rung to stand on */
}

static void draw_limit(struct dice *dice, struct drawn_stage *stage)
{
    stage->unit = dice_chance(dice, 800) ? (enum drawn_unit)(1 + dice_below(dice, DRAWN_UNITS - 1)) : DRAWN_NO_LIMIT;
    bool hours = stage->unit == DRAWN_HOURS || stage->unit == DRAWN_WORKING_HOURS;
    for (int i = 0; i < DRAWN_VERSIONS; i++)
        stage->limit[i] = stage->unit == DRAWN_MONTHS ? 1 : (hours ? 4 : 2) + (int)dice_below(dice, hours ? 40 : 9);
    if (stage->unit == DRAWN_NO_LIMIT)
        return;
    if (stage->ladder & 1u << CENTRE && stage->ladder != 1u << CENTRE && dice_chance(dice, 300))
        stage->centre_days = 2 + (int)dice_below(dice, 6);
    stage->follows = dice_chance(dice, 750);
    if (stage->follows)
        stage->overdue = any_choice(dice, stage, NULL);
    stage->extend = dice_chance(dice, 250) ? 1 + (int)dice_below(dice, 5) : 0;
    stage->warns = stage->unit == DRAWN_WORKING_DAYS && !stage->centre_days && dice_chance(dice, 300);
}

/* What a worker says about its task settles it, by leaving the stage: the workers here do not go on with a task after that. */
static void let_workers_send(struct dice *dice, const struct drawn_stage *stage, struct drawn_event *event)
{
    event->who |= BY_WORKER;
    event->levels = 0;
    event->choice.last = go_or_end(dice, stage->ladder);
    for (int i = 0; i < event->choice.way_count; i++)
        event->choice.ways[i].outcome = go_or_end(dice, stage->ladder);
}

static void draw_work(struct dice *dice, struct drawn_stage *stage)
{
    static const char *const roles[] = {"mediator", "grid-worker", "supervisor"}, *const topics[] = {"survey", "photo", "reports", "docket", "camera"};
    stage->task = dice_chance(dice, 700) ? roles[dice_below(dice, 3)] : NULL;
    stage->topic = stage->task && dice_chance(dice, 400) ? topics[dice_below(dice, 5)] : NULL;
    stage->reminds = dice_chance(dice, 200);
    for (int i = 0; stage->topic && i < stage->event_count; i++)
        if (!stage->events[i].several && (i == 0 || dice_chance(dice, 300)))
            let_workers_send(dice, stage, &stage->events[i]);
}

static bool choice_climbs(const struct drawn_choice *choice, enum drawn_move move)
{
    for (int i = 0; i < choice->way_count; i++)
        if (choice->ways[i].outcome.move == move)
            return true;
    return choice->last.move == move;
}

static bool climbs(const struct drawn_stage *stage, enum drawn_move move)
{
    for (int i = 0; i < stage->event_count; i++)
        if (choice_climbs(&stage->events[i].choice, move))
            return true;
    return stage->follows && choice_climbs(&stage->overdue, move);
}

static void draw_stage(struct dice *dice, struct drawn_stage *stage)
{
    draw_limit(dice, stage);
    stage->event_count = 1 + (int)dice_below(dice, DRAWN_EVENTS_MOST);
    for (int i = 0; i < stage->event_count; i++)
        draw_event(dice, stage, &stage->events[i], i > 0 && i == stage->event_count - 1 && dice_chance(dice, 400));
    draw_work(dice, stage);
    stage->has_top = climbs(stage, DRAWN_UP);
    stage->has_bottom = climbs(stage, DRAWN_DOWN);
    stage->top = dice_chance(dice, 200) ? (struct drawn_outcome){.move = DRAWN_STAY} : go_or_end(dice, stage->ladder);
    stage->bottom = dice_chance(dice, 400) ? (struct drawn_outcome){.move = DRAWN_STAY} : go_or_end(dice, stage->ladder);
}

void drawn_throw(struct dice *dice)
{
    static const char *const late[] = {"now", "then", "refuse"};
    static const unsigned openers[] = {BY_RESIDENT | BY_MEDIATOR, BY_GRID_WORKER | BY_SUPERVISOR, BY_RESIDENT | BY_GRID_WORKER | BY_MEDIATOR, BY_SUPERVISOR};
    drawn = (struct drawn){.opened_by = openers[dice_below(dice, 4)], .at_community = dice_chance(dice, 400), .reference = dice_chance(dice, 600), .tells = dice_chance(dice, 500),
                           .stage_count = 2 + (int)dice_below(dice, DRAWN_STAGES_MOST - 1)};
    for (int i = 0; i < DRAWN_VERSIONS; i++)
        drawn.late[i] = late[dice_below(dice, 3)];
    for (int i = 0; i < drawn.stage_count; i++)
        draw_place(dice, &drawn.stages[i]);
    for (int i = 0; i < drawn.stage_count; i++)
        draw_stage(dice, &drawn.stages[i]);
    drawn.start.last = go(dice, 0, (int)dice_below(dice, (uint32_t)drawn.stage_count));
    if (dice_chance(dice, 400))
        drawn.start.ways[drawn.start.way_count++] = (struct drawn_way){.when = DRAWN_LARGE, .outcome = go(dice, 0, (int)dice_below(dice, (uint32_t)drawn.stage_count))};
}

const struct drawn_choice *drawn_choice(int number)
{
    if (number-- == 0)
        return &drawn.start;
    for (int i = 0; i < drawn.stage_count; i++) {
        const struct drawn_stage *stage = &drawn.stages[i];
        if (stage->follows && number-- == 0)
            return &stage->overdue;
        if (number < stage->event_count)
            return &stage->events[number].choice;
        number -= stage->event_count;
    }
    return NULL;
}
