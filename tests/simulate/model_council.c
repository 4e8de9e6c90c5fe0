/* model_council: council.yaml, by hand. See model.h. A vote is a list of members with what each has done; it is added up anew whenever somebody asks. */
#include "tests/simulate/model_inner.h"

#include "engine/case.h"

enum { ASKING, OPEN_VOTE, CHANGING, HIDDEN, RATING, NOTICE };
enum { ADOPTED, REJECTED, DROPPED, EXPIRED };
enum { PLAIN, CHANGING_KIND, HIDDEN_KIND, GRADED };
enum { NO_CHOICE = -1, APPROVE = 0, SEALED = 9, VOTERS_MOST = PARTIES_MOST * 2 };

static const char *const stages[] = {"asking", "open-vote", "changing-vote", "hidden-vote", "rating", "notice", NULL};
static const char *const ends[] = {"adopted", "rejected", "dropped", "expired", NULL};

struct voter {
    struct text person;
    bool outer;    /* of a rating: of the second group */
    bool recused, gone, attended, cast;
    int choice;
};

struct council {
    int kind;
    struct text members[PARTIES_MOST], parties[PARTIES_MOST];
    int member_count, party_count;
    struct voter voters[VOTERS_MOST];
    int voter_count;
    bool open;          /* of the vote */
    int64_t opened_at;
    int objections;
    int64_t began;      /* from when the limit counts */
    bool limit_loose;   /* it was stopped in between: how long, is not kept here */
    bool rested;        /* the stage's clock was stopped: what was left of it, and from when it went on */
    int64_t left, went_on;
};

/* ---- the roll ---- */

static void draw(struct predicted *p, struct text person, bool outer, bool recused)
{
    struct council *c = p->council;
    for (int i = 0; i < c->voter_count; i++)
        if (text_equal(c->voters[i].person, person))
            return; /* in the first group that has them */
    c->voters[c->voter_count++] = (struct voter){.person = person, .outer = outer, .recused = recused, .choice = NO_CHOICE};
}

static void open_vote(struct predicted *p, int stage, int64_t now)
{
    struct council *c = p->council;
    c->voter_count = 0;
    c->open = true;
    c->opened_at = now;
    for (int i = 0; i < c->member_count; i++)
        draw(p, c->members[i], false, (stage == OPEN_VOTE || stage == CHANGING) && model_among(c->parties, c->party_count, c->members[i]));
    for (int i = 0; i < c->party_count && stage == RATING; i++)
        draw(p, c->parties[i], true, false);
}

static struct voter *find_voter(struct predicted *p, struct text person)
{
    for (int i = 0; i < p->council->voter_count; i++)
        if (text_equal(p->council->voters[i].person, person))
            return &p->council->voters[i];
    p->wrong = "whoever sent it is not on the roll";
    return NULL;
}

/* ---- where it goes ---- */

static void enter(struct predicted *p, int stage, int64_t now)
{
    struct council *c = p->council;
    c->rested = p->still = c->open = false;
    c->objections = 0;
    if (stage >= OPEN_VOTE && stage <= RATING)
        open_vote(p, stage, now);
    model_enter(p, stage, COMMUNITY, now);
}

static void finish(struct predicted *p, int end)
{
    p->council->open = p->still = false;
    model_end(p, end);
}

static void begin(struct sim *sim, struct predicted *p, const struct log_record *record)
{
    static const char *const kinds[] = {"plain", "changing", "hidden", "graded"};
    struct council *c = p->council = ARENA_NEW(&sim->memory, struct council);
    for (int i = 0; i < 4; i++)
        if (model_word(record, "kind", kinds[i]))
            c->kind = i;
    model_read_people(record, "members", c->members, &c->member_count);
    model_read_people(record, "parties", c->parties, &c->party_count);
}

static void open(struct predicted *p, const struct log_record *record)
{
    p->council->began = record->effective;
    enter(p, ASKING, record->effective);
}

static void call(struct predicted *p, const struct log_record *record)
{
    static const int votes[] = {OPEN_VOTE, CHANGING, HIDDEN, RATING};
    enter(p, votes[p->council->kind], record->effective);
}

static void ask_again(struct predicted *p, const struct log_record *record)
{
    enter(p, ASKING, record->effective);
}

static void withdraw(struct predicted *p, const struct log_record *record)
{
    (void)record;
    finish(p, DROPPED);
}

static void reopen(struct predicted *p, const struct log_record *record)
{
    if (p->end == NOT_ENDED)
        p->wrong = "it had not ended";
    p->end = NOT_ENDED;
    p->council->limit_loose = false;
    open(p, record);
}

static void object(struct predicted *p, const struct log_record *record)
{
    if (++p->council->objections >= 2)
        enter(p, ASKING, record->effective);
}

/* ---- counting ---- */

struct sums {
    int all, roll, present, cast, approve, waiting; /* waiting: may still give a ballot */
};

static struct sums add_up(const struct council *c)
{
    struct sums sums = {0};
    for (int i = 0; i < c->voter_count; i++) {
        const struct voter *voter = &c->voters[i];
        sums.all++;
        sums.roll += !voter->recused;
        sums.present += voter->cast || voter->attended;
        sums.cast += voter->cast;
        sums.approve += voter->cast && !voter->gone && voter->choice == APPROVE;
        sums.waiting += !voter->recused && !voter->gone && !voter->cast;
    }
    return sums;
}

static void decided(struct predicted *p, bool passed, int64_t now)
{
    if (passed)
        enter(p, NOTICE, now);
    else
        finish(p, REJECTED);
}

/* Two fifths of all. */
static bool enough(int approve, int all)
{
    return all > 0 && approve * 5 >= all * 2;
}

static void close_rating(struct predicted *p, int64_t now)
{
    static const int worth[] = {100, 60, 0};
    int rated[2] = {0, 0}, sum[2] = {0, 0};
    for (int i = 0; i < p->council->voter_count; i++) {
        const struct voter *voter = &p->council->voters[i];
        if (!voter->cast || voter->gone)
            continue;
        rated[voter->outer]++;
        sum[voter->outer] += worth[voter->choice];
    }
    if (rated[0] < 2 || rated[1] < 1) {
        enter(p, ASKING, now);
        return;
    }
    /* 60 or more, when hundredths are rounded half up: 59.995 is enough. */
    int64_t times = (int64_t)rated[0] * rated[1], score = (int64_t)70 * sum[0] * rated[1] + (int64_t)30 * sum[1] * rated[0];
    decided(p, score * 2 >= times * 11999, now);
}

static void close_vote(struct predicted *p, int64_t now)
{
    struct sums sums = add_up(p->council);
    p->council->open = false;
    if (p->stage == RATING)
        close_rating(p, now);
    else if (p->stage == OPEN_VOTE)
        decided(p, enough(sums.approve, sums.all), now);
    else if (p->stage == CHANGING && (sums.roll == 0 || sums.present * 3 < sums.roll))
        enter(p, ASKING, now);
    else if (p->stage == CHANGING)
        decided(p, sums.cast > 0 && sums.approve * 3 >= sums.cast * 2, now);
}

/* Of the counts of a secret vote audit_polls.c knows whether they are right. */
static void counted(struct predicted *p, const struct log_record *record)
{
    const struct value *approve = model_field(record, "secretly-for");
    struct sums sums = add_up(p->council);
    if (text_is(record->event.name, "counted"))
        decided(p, sums.cast > 0 && approve->integer * 2 > sums.cast, record->effective);
}

/* ---- what members do ---- */

static bool for_this_vote(const struct predicted *p, const struct log_record *record)
{
    const struct council *c = p->council;
    const struct value *vote = model_field(record, "vote");
    if (!c->open || p->end != NOT_ENDED || (vote && !text_is(vote->text, stages[p->stage])))
        return false;
    return !record->event.has_happened_at || record->event.happened_at >= c->opened_at;
}

static void look_early(struct predicted *p, int64_t now)
{
    struct sums sums = add_up(p->council);
    bool certain = enough(sums.approve, sums.all) || !enough(sums.approve + sums.waiting, sums.all);
    if (p->council->open && ((p->stage == OPEN_VOTE && certain) || (p->stage == RATING && sums.waiting == 0)))
        close_vote(p, now);
}

static int choice_of(const struct log_record *record)
{
    static const char *const choices[][2] = {{"approve", "good"}, {"reject", "fair"}, {"abstain", "bad"}};
    for (int i = 0; i < 3; i++)
        if (model_word(record, "choice", choices[i][0]) || model_word(record, "choice", choices[i][1]))
            return i;
    return SEALED;
}

static void ballot(struct predicted *p, const struct log_record *record)
{
    if (!for_this_vote(p, record))
        return; /* it is late */
    struct voter *voter = find_voter(p, model_person(record));
    if (!voter)
        return;
    if (voter->recused || voter->gone || (voter->cast && (p->stage == OPEN_VOTE || p->stage == RATING)))
        p->wrong = "whoever sent it may not vote, or not again";
    voter->cast = true;
    voter->choice = choice_of(record);
    look_early(p, record->effective);
}

static void attend(struct predicted *p, const struct log_record *record)
{
    struct voter *voter = find_voter(p, model_person(record));
    if (!p->council->open)
        p->wrong = "no vote is open";
    if (voter)
        voter->attended = true;
    look_early(p, record->effective);
}

static void recuse(struct predicted *p, const struct log_record *record)
{
    const struct value *other = model_field(record, "person");
    struct voter *voter = find_voter(p, other ? other->text : model_person(record));
    if (!p->council->open)
        p->wrong = "no vote is open";
    if (voter)
        voter->gone = true;
    look_early(p, record->effective);
}

/* ---- deadlines ---- */

static int asking_days(const struct predicted *p, uint32_t version)
{
    return p->council->kind == PLAIN ? (version == 1 ? 3 : 4) : p->council->kind == CHANGING_KIND ? 5 : 8;
}

/* Nothing is left but the day itself, or, after its close, the next one. */
static int64_t rest_of_day(uint32_t calendar, int64_t from)
{
    int64_t due = days_due(calendar, from, 0);
    return due >= from ? due : days_due(calendar, from, 1);
}

static int64_t asking_due(const struct predicted *p, uint32_t calendar)
{
    const struct council *c = p->council;
    int64_t due;
    if (!c->rested)
        due = working_days_due(calendar, p->entered, asking_days(p, p->version));
    else if (c->left > 0)
        due = working_days_due(calendar, c->went_on, (int)c->left);
    else
        due = rest_of_day(calendar, c->went_on);
    return p->added ? working_days_due(calendar, due - 1, p->added) : due;
}

static int64_t stage_due(const struct predicted *p, uint32_t calendar)
{
    switch (p->stage) {
    case ASKING: return asking_due(p, calendar);
    case OPEN_VOTE: return days_due(calendar, p->entered, 4);
    case HIDDEN: return days_due(calendar, p->entered, p->version == 1 ? 2 : 3);
    default: return working_days_due(calendar, p->entered, 3);
    }
}

static void overdue(struct predicted *p, int64_t now)
{
    if (p->stage == ASKING)
        finish(p, DROPPED);
    else if (p->stage == NOTICE)
        finish(p, ADOPTED);
    else
        close_vote(p, now);
}

/* Days that are worked, from tomorrow to the last one. */
static void stop(struct predicted *p, const struct log_record *record)
{
    struct council *c = p->council;
    if (p->still)
        p->wrong = "it was stopped before";
    c->left = 0;
    for (int64_t day = (record->effective + INT64_C(8) * HOUR) / DAY + 1; day <= (p->due + INT64_C(8) * HOUR) / DAY; day++)
        c->left += day_is_worked(model_calendar, day);
    p->added = 0; /* it is in what is left */
    p->still = c->limit_loose = true;
}

static void go_on(struct predicted *p, int64_t at)
{
    p->still = false;
    p->council->rested = true;
    p->council->went_on = at;
    p->due = stage_due(p, model_calendar);
}

static void resume(struct predicted *p, const struct log_record *record)
{
    if (!p->still)
        p->wrong = "it was not stopped";
    go_on(p, record->effective);
}

/* By what the limit has moved, what is left of it moves too. */
static void migrated(struct predicted *p, uint32_t to)
{
    p->council->left += asking_days(p, to) - asking_days(p, p->version);
}

static void extend(struct predicted *p, const struct log_record *record)
{
    (void)record;
    p->added += 2;
    p->due = stage_due(p, model_calendar);
}

/* Under a newer calendar it may not be due any more. */
static int64_t due_after_all(const struct log_record *record)
{
    for (uint32_t i = 0; i < record->change_count; i++)
        if (record->changes[i].kind == record->event.clock_kind && record->changes[i].which == record->event.clock_which)
            return record->changes[i].after;
    return record->event.due;
}

static void limit_is_due(struct predicted *p, const struct log_record *record)
{
    int64_t due = due_after_all(record), expected = days_due(model_calendar, p->council->began, p->version == 1 ? 25 : 20);
    if (due <= record->effective)
        finish(p, EXPIRED);
    if (due != expected && !p->council->limit_loose)
        p->wrong = "the limit of the whole case was due at another time";
}

static void other_due(struct predicted *p, const struct log_record *record)
{
    if (record->event.clock_kind == CLOCK_CASE)
        limit_is_due(p, record);
    if (record->event.clock_kind == CLOCK_STOP && p->still && due_after_all(record) <= record->effective)
        go_on(p, due_after_all(record));
}

static const struct rule events[] = {
    {"call", ASKING, BY_CLERK | BY_GRID_WORKER | BY_SUPERVISOR, call, false},
    {"stop-clock", ASKING, BY_CLERK | BY_GRID_WORKER, stop, false},
    {"resume", ASKING, BY_CLERK | BY_GRID_WORKER, resume, false},
    {"extend", ASKING, BY_CLERK, extend, false},
    {"object", NOTICE, BY_RESIDENT, object, false},
    {"ballot", NOWHERE, BY_ANYONE, ballot, true},
    {"attend", NOWHERE, BY_ANYONE, attend, false},
    {"recuse", NOWHERE, BY_ANYONE, recuse, false},
    {"withdraw", NOWHERE, BY_SUPERVISOR, withdraw, false},
    {"again", NOWHERE, BY_CLERK | BY_SUPERVISOR, ask_again, false},
    {"reopen", NOWHERE, BY_SUPERVISOR, reopen, true},
    {NULL, 0, 0, NULL, false},
};

const struct rules model_council = {
    .workflow = "council", .stages = stages, .ends = ends, .opened_by = BY_RESIDENT | BY_GRID_WORKER | BY_SUPERVISOR, .events = events,
    .open = open, .overdue = overdue, .stage_due = stage_due, .begin = begin, .other_due = other_due, .counted = counted, .migrated = migrated,
};
