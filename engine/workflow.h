/* workflow: a compiled workflow, as a value. What a supervisor wrote in YAML, checked and resolved to tables.
 *
 * workflow_yaml.c makes it (with every check of workflows/LANGUAGE.md), tables.c stores it, advance.c and its helpers read it.
 * Names of the language are kept: a `struct workflow_stage` has the members that a stage has keys. Members that are rows of another
 * table say so; "or NONE" where the key may be absent. Levels, roles, topics and unit paths are names here: the directory
 * that a case meets may be newer than the workflow. Durations are in the units that the author wrote: the calendar of the
 * case's unit turns them into times.
 *
 * The compiled form grows at its end (tables.h): a new table stands after the last, a new member after the last of its row, both with
 * `.since` in workflow_shape.c. What an older form does not say is 0, NONE (rows and strings) or an empty span: so must whoever makes a row say it. */
#ifndef STAIRCASE_WORKFLOW_H
#define STAIRCASE_WORKFLOW_H

#include "engine/tables.h"

enum workflow_table {
    WORKFLOW_HEAD,       /* one row */
    WORKFLOW_NAMES,      /* struct workflow_name: lists of words (choices, grades, grounds) and what people call them */
    WORKFLOW_REFS,       /* struct workflow_ref: lists of row numbers; the member that points here says of what */
    WORKFLOW_LEVELS,     /* struct workflow_level: every level that is named; levels of stages and cases are rows of it */
    WORKFLOW_FIELDS,
    WORKFLOW_GROUPS,
    WORKFLOW_PEOPLE,
    WORKFLOW_VALUES,
    WORKFLOW_CONDITIONS,
    WORKFLOW_DURATIONS,
    WORKFLOW_LIMITS,
    WORKFLOW_LIMIT_ROWS,
    WORKFLOW_REMINDERS,
    WORKFLOW_OUTCOMES,
    WORKFLOW_BRANCHES,
    WORKFLOW_SETS,
    WORKFLOW_NOTICES,
    WORKFLOW_BY,
    WORKFLOW_EVENTS,
    WORKFLOW_TASKS,
    WORKFLOW_TOPIC_ROWS,
    WORKFLOW_EXTENDS,
    WORKFLOW_STAGES,
    WORKFLOW_ENDS,
    WORKFLOW_WITHS,
    WORKFLOW_LOOKUPS,
    WORKFLOW_LOOKUP_ROWS,
    WORKFLOW_LOOKUP_CELLS,
    WORKFLOW_STOPS,
    WORKFLOW_PREVIOUS,
    WORKFLOW_OPENS,      /* struct workflow_open: child cases that an outcome opens */
    WORKFLOW_GIVENS,
    WORKFLOW_RETURNS,
    WORKFLOW_WAITS,      /* struct workflow_wait: `children` of a stage */
    WORKFLOW_RECURS,     /* at most one row */
    WORKFLOW_QUOTAS,     /* at most one row */
    WORKFLOW_VOTES,
    WORKFLOW_VOTE_RULES,
    WORKFLOW_VOTE_WEIGHTS,
    WORKFLOW_REOPENS,
    WORKFLOW_RATERS,
    WORKFLOW_GRADES,
    WORKFLOW_PUBLICATIONS,
    WORKFLOW_TABLE_COUNT
};

enum workflow_late { LATE_NOW, LATE_THEN, LATE_REFUSE };

struct workflow_head {
    int32_t name;               /* string */
    int32_t version;
    int32_t title_zh, title_en; /* strings or NONE */
    int32_t about_zh, about_en; /* strings or NONE */
    int32_t applies_from;       /* days since 1970-01-01, or NONE: at once */
    int32_t reference;          /* string with {unit} {year} {number}, or NONE */
    int32_t opens_by;           /* row of BY, or NONE: only the calendar opens cases (RECURS) */
    struct span opens_at;       /* refs of LEVELS */
    struct span opens_needs;    /* refs of FIELDS */
    struct span opens_may;      /* refs of FIELDS */
    int32_t start;              /* row of OUTCOMES: go or choose */
    struct span anywhere;       /* EVENTS */
    struct span tells;          /* PEOPLE */
    int32_t late;               /* enum workflow_late */
    int32_t limit;              /* of the whole case: row of LIMITS or NONE */
    int32_t overdue;            /* at that limit: row of OUTCOMES or NONE */
    struct span previous;       /* PREVIOUS */
    int32_t reopen;             /* row of REOPENS or NONE */
    int32_t retain;             /* row of DURATIONS or NONE: how long a case is kept after its end */
};

struct workflow_name {
    int32_t name;               /* string: the word, which programs send and keep */
    int32_t title_zh, title_en; /* strings or NONE */
};

struct workflow_level {
    int32_t name; /* string */
};

struct workflow_ref {
    int32_t row;
};

enum field_type { FIELD_TEXT, FIELD_NUMBER, FIELD_BOOLEAN, FIELD_DATE, FIELD_CHOICE, FIELD_PEOPLE, FIELD_LIST, FIELD_UNIT, FIELD_REFERENCE };

struct workflow_field {
    int32_t name;
    int32_t title_zh, title_en;
    int32_t type;      /* enum field_type */
    int32_t of;        /* of a list: row of FIELDS that describes an element (nameless); otherwise NONE */
    int32_t scale;     /* of a number: decimal places */
    int32_t bounded;   /* bit 1: least is given, bit 2: most is given */
    int64_t least;     /* number: in units of the scale; people and list: how many */
    int64_t most;      /* text: bytes of UTF-8 counted as characters; number: in units of the scale; people and list: how many */
    struct span choices; /* NAMES */
    int32_t private;   /* 1: has `sees`, is sealed before the log */
    struct span sees;  /* PEOPLE */
    struct span with;  /* WITHS, of people: what belongs to each of them */
};

/* What belongs to each person of a people field, in clear: the engine reckons with it (an area weighs a ballot). */
struct workflow_with {
    int32_t name;
    int32_t of; /* row of FIELDS that describes it (nameless): number, boolean, date, choice, unit or reference */
};

struct workflow_group {
    int32_t name;
    struct span fields; /* refs of FIELDS */
};

enum people_kind {
    PEOPLE_ROLE,     /* who holds `role` at the unit that `of` says */
    PEOPLE_FIELD,    /* the people of `field` */
    PEOPLE_GROUP,    /* the people of the fields of `group` */
    PEOPLE_OPENER,
    PEOPLE_RESIDENT, /* anyone for whom a trusted app speaks */
    PEOPLE_WORKER,   /* the worker process that holds the task */
    PEOPLE_MISSING,  /* of a reminder: those of an `each` who have not sent `event` yet */
};

enum people_where { WHERE_CURRENT, WHERE_HOME, WHERE_LEVEL, WHERE_BELOW, WHERE_FIELD };

struct workflow_people {
    int32_t kind;
    int32_t role;  /* string */
    int32_t where; /* enum people_where */
    int32_t level; /* of WHERE_LEVEL: row of LEVELS */
    int32_t field; /* row of FIELDS: the people; of WHERE_FIELD: the unit at which the role is held */
    int32_t group; /* row of GROUPS */
    int32_t event; /* of PEOPLE_MISSING: row of EVENTS */
};

enum by_kind {
    BY_ANY,      /* one of them is enough */
    BY_EACH,     /* counts when each of them has sent it */
    BY_AT_LEAST, /* counts when so many, or such a part, of them have sent it */
};

struct workflow_by {
    int32_t kind;
    struct span people;             /* PEOPLE */
    int32_t numerator, denominator; /* of BY_AT_LEAST: 3/1 is a number (denominator 0 marks a plain count), 4/5 a part */
};

struct workflow_value {
    int32_t kind;   /* enum value_kind: BOOLEAN, INTEGER or TEXT */
    int64_t number; /* boolean, number in units of the scale, date as days */
    int32_t string; /* text, choice, unit path, person */
};

enum condition_kind {
    CONDITION_ALL, CONDITION_ANY, CONDITION_NONE, /* over `parts` */
    CONDITION_IN,                                 /* `field` is one of `values` */
    CONDITION_RANGE,                              /* `field` within least..most (inclusive); dates: after < x < before */
    CONDITION_LEVEL,                              /* the case is at one of the levels in `parts` (refs of LEVELS) */
    CONDITION_COUNT,                              /* `event` was completed least..most times, in the stage or the case */
};

enum count_scope { COUNT_CASE, COUNT_STAGE };

struct workflow_condition {
    int32_t kind;
    struct span parts;  /* refs of CONDITIONS; of LEVELS for CONDITION_LEVEL */
    int32_t field;      /* row of FIELDS */
    struct span values; /* VALUES */
    int32_t bounded;    /* bit 1 least, bit 2 most, bit 4 after, bit 8 before */
    int64_t least, most, after, before;
    int32_t event;      /* row of EVENTS */
    int32_t scope;      /* enum count_scope */
    int32_t line;       /* in the source: a refusal says which part did not hold */
};

enum duration_unit { MINUTES, HOURS, DAYS, WEEKS, MONTHS, WORKING_HOURS, WORKING_DAYS, UNTIL_DATE };

struct workflow_duration {
    int32_t unit;  /* enum duration_unit */
    int32_t count;
    int32_t month, day; /* of UNTIL_DATE: the next such day of the year, e.g. 12-31 */
};

enum limit_kind {
    LIMIT_ONE,   /* `duration` from `from` */
    LIMIT_LEVEL, /* per level: rows */
    LIMIT_FIELD, /* per value of `field`: rows */
    LIMIT_UNTIL, /* the end of the day in the date field `field` */
    LIMIT_TABLE, /* as a table says: `lookup` */
};

enum limit_from { FROM_ENTRY, FROM_FIRST_ENTRY, FROM_OPENING, FROM_FIELD };

struct workflow_limit {
    int32_t kind;
    int32_t duration;   /* row of DURATIONS */
    int32_t field;      /* row of FIELDS: LIMIT_FIELD, LIMIT_UNTIL */
    int32_t from;       /* enum limit_from */
    int32_t from_field; /* row of FIELDS: a date */
    struct span rows;   /* LIMIT_ROWS */
    int32_t lookup;     /* row of LOOKUPS or NONE: LIMIT_TABLE */
};

struct workflow_limit_row {
    int32_t level;    /* row of LEVELS, or NONE */
    int32_t value;    /* row of VALUES, or NONE; both NONE: any */
    int32_t duration; /* row of DURATIONS, or NONE: no limit */
};

enum reminder_after { AFTER_ENTRY, AFTER_DUE };

struct workflow_reminder {
    struct span who; /* PEOPLE */
    int32_t every;   /* row of DURATIONS */
    int32_t after;   /* enum reminder_after */
};

enum outcome_kind { OUTCOME_GO, OUTCOME_CLIMB, OUTCOME_END, OUTCOME_STAY, OUTCOME_CHOOSE };
enum go_level { GO_LEVEL_NONE, GO_LEVEL_NAMED, GO_LEVEL_KEEP };
enum climb_direction { CLIMB_UP, CLIMB_DOWN };

struct workflow_outcome {
    int32_t kind;
    int32_t stage;      /* go: row of STAGES; climb: the `to`, or NONE: the same stage */
    int32_t go_level;   /* enum go_level */
    int32_t level;      /* row of LEVELS, of GO_LEVEL_NAMED */
    int32_t direction;  /* enum climb_direction */
    int32_t end;        /* row of ENDS */
    struct span branches; /* BRANCHES, of OUTCOME_CHOOSE */
    struct span sets;     /* SETS */
    struct span notices;  /* NOTICES */
    struct span opens;    /* OPENS */
    int32_t publish;      /* row of PUBLICATIONS or NONE */
};

struct workflow_branch {
    int32_t condition; /* row of CONDITIONS, or NONE: the last way */
    int32_t outcome;   /* row of OUTCOMES */
};

enum set_kind { SET_VALUE, SET_FIELD, SET_TODAY, SET_LOOKUP };

struct workflow_set {
    int32_t field; /* row of FIELDS that is set */
    int32_t kind;  /* enum set_kind */
    int32_t value; /* row of VALUES, or NONE: empties the field */
    int32_t from;  /* row of FIELDS */
    int32_t lookup; /* row of LOOKUPS or NONE: SET_LOOKUP */
};

struct workflow_notice {
    struct span who; /* PEOPLE */
    int32_t worker;  /* topic string, or NONE */
    int32_t text_zh, text_en;
};

struct workflow_event {
    int32_t name;
    int32_t title_zh, title_en;
    int32_t by;              /* row of BY */
    struct span not_same_as_events; /* refs of EVENTS */
    struct span not_same_as_fields; /* refs of FIELDS */
    struct span needs, may;  /* refs of FIELDS */
    int32_t when;            /* row of CONDITIONS or NONE */
    int32_t within;          /* row of DURATIONS or NONE */
    int32_t most;            /* how often in the case; 0: any number */
    int32_t outcome;         /* row of OUTCOMES */
    int32_t task;            /* row of TASKS that this event settles, or NONE */
    int32_t line;            /* in the source */
    int32_t not_same_as_opener; /* 1: nor the opener */
    int32_t not_same_as_vote;   /* row of STAGES: nor who had a voice in its vote; or NONE */
};

struct workflow_task {
    int32_t name;        /* of `tasks`; NONE for the one `task` of a stage */
    struct span people;  /* `for`: PEOPLE */
    struct span topics;  /* TOPIC_ROWS; none: no worker process */
    int32_t topic_field; /* row of FIELDS when the topics are per field, or NONE */
    int32_t within;      /* row of LIMITS or NONE (of `tasks`) */
    int32_t overdue;     /* row of OUTCOMES or NONE (of `tasks`) */
};

struct workflow_topic_row {
    int32_t level; /* row of LEVELS, or NONE */
    int32_t value; /* row of VALUES, or NONE; both NONE: any */
    int32_t topic; /* string */
};

struct workflow_extend {
    int32_t by;        /* row of BY */
    struct span needs; /* refs of FIELDS */
    int32_t add;       /* row of DURATIONS */
    int32_t up_to;     /* 1: the event says how much (field `add`, a duration text), at most `add` */
    int32_t most;      /* how often in the case; 0: any number */
    struct span asks;  /* PEOPLE: their grant is waited for; none: at once */
};

struct workflow_stop {
    int32_t by;          /* row of BY: any of them */
    struct span grounds; /* NAMES: one of them must be given */
    int32_t longest;     /* row of DURATIONS: all stops of the stage together */
    int32_t restart;     /* 1: the stage's limit begins anew; 0: what was left goes on */
};

/* What is shown to everybody. */
struct workflow_publication {
    struct span fields; /* refs of FIELDS, none of them private */
    int32_t lasting;    /* `for` of an outcome: row of DURATIONS; NONE: of a stage, while it lasts */
};

/* An ended case opened again. */
struct workflow_reopen {
    int32_t by;             /* row of BY: any of them */
    struct span needs, may; /* refs of FIELDS */
    int32_t within;         /* row of DURATIONS from the end, or NONE: at any time */
    int32_t most;           /* how often in the case; 0: any number */
    int32_t resume;         /* 1: the limit of the whole case goes on with what was left; 0: begins anew */
    int32_t outcome;        /* row of OUTCOMES: go, or a choice of these */
};

enum stage_at { AT_UNCHANGED, AT_LEVEL, AT_UNIT_FIELD, AT_PREVIOUS };
enum done_kind { DONE_NONE, DONE_ALL, DONE_ANY, DONE_SOME };

struct workflow_stage {
    int32_t name;
    int32_t title_zh, title_en;
    int32_t at;           /* enum stage_at */
    int32_t at_level;     /* row of LEVELS */
    int32_t at_field;     /* row of FIELDS */
    struct span ladder;   /* refs of LEVELS, lowest first; none: no ladder */
    int32_t top, bottom;  /* rows of OUTCOMES or NONE */
    int32_t within;       /* row of LIMITS or NONE */
    int32_t warn;         /* row of DURATIONS or NONE */
    int32_t overdue;      /* row of OUTCOMES or NONE */
    struct span reminders; /* REMINDERS */
    int32_t extend;       /* row of EXTENDS or NONE */
    int32_t task;         /* row of TASKS: the one `task`, or NONE */
    struct span tasks;    /* TASKS, named, side by side */
    int32_t done;         /* enum done_kind */
    int32_t done_some;    /* of DONE_SOME: N of M */
    int32_t then;         /* row of OUTCOMES or NONE */
    struct span events;   /* EVENTS */
    int32_t line;
    int32_t stop_clock;   /* row of STOPS or NONE */
    struct span children; /* WAITS: none or one */
    int32_t vote;         /* row of VOTES or NONE: a vote or a rating */
    int32_t publish;      /* row of PUBLICATIONS or NONE: the stage is a publication, at whose end `then` follows */
};

/* `vote` of a stage. What its words mean: vote.h. */
struct workflow_vote {
    struct span roll;       /* PEOPLE, drawn when the stage is entered */
    struct span choices;    /* NAMES */
    struct span rules;      /* VOTE_RULES, `pass`: the first whose value is that of `field`; one without a value fits always */
    int32_t field;          /* of pass: {per: FIELD}: row of FIELDS, or NONE */
    int32_t quorum;         /* row of VOTE_RULES, or NONE */
    struct span weights;    /* VOTE_WEIGHTS: a lane each */
    int32_t seats;          /* how many members there are, vacant seats included; 0: as many as are drawn */
    struct span recuse;     /* PEOPLE: on the roll, but recused before it is frozen */
    struct span grounds;    /* NAMES: for which members are recused later; none: any words */
    struct span recused_by; /* PEOPLE who may say so of a member; a member may always say it of themself */
    int32_t final;          /* 1: a ballot cannot be changed */
    int32_t early;          /* 1: closes as soon as no further ballot can change the result */
    int32_t secret;
    int32_t proxy_most;     /* for how many others one person may give a ballot; 0: for none */
    int32_t proxy_written;  /* 1: such a ballot names the paper that says so */
    int32_t passed, failed; /* rows of OUTCOMES */
    int32_t no_quorum;      /* row of OUTCOMES, or NONE */
    /* of a rating (`rate`), which is a vote without `pass`: its choices are the grades, and each group of raters has a lane */
    struct span raters;     /* RATERS; none: it is a vote */
    struct span grades;     /* GRADES, one for each of `choices` */
    int32_t sets;           /* row of FIELDS, a number: the score goes there */
};

struct workflow_rater {
    int32_t name;       /* string: the group */
    struct span people; /* PEOPLE */
    int32_t weight;     /* of the group's mean */
    int32_t least;      /* how many of the group must have rated */
    int32_t title_zh, title_en;
};

struct workflow_grade {
    int32_t value;
};

struct workflow_vote_rule {
    int32_t value;     /* row of VALUES, or NONE */
    int32_t choice;    /* of a pass: which of the choices, from 0 */
    int32_t numerator, denominator;
    int32_t more;      /* 1: more than */
    int32_t of;        /* enum vote_base */
    int32_t present;   /* of a quorum: 1: who is present is counted, otherwise who gave a ballot */
};

struct workflow_vote_weight {
    int32_t name; /* string: heads, or what a `with` of the roll's people fields is called */
    int32_t with; /* row of WITHS; NONE: heads, each counts once */
};

struct workflow_end {
    int32_t name;
    int32_t title_zh, title_en;
    struct span gives;    /* refs of FIELDS: what the parent case gets */
};

/* A table of `tables`, as it is used for one field or for limits. The first row that fits gives the result; none: empty, no limit. */
struct workflow_lookup {
    int32_t name;
    struct span of;   /* refs of FIELDS */
    int32_t field;    /* row of FIELDS whose value the results are; NONE: they are durations */
    struct span rows; /* LOOKUP_ROWS */
};

struct workflow_lookup_row {
    struct span cells; /* LOOKUP_CELLS, one for each field of `of` */
    int32_t value;     /* row of VALUES, or NONE: empty */
    int32_t duration;  /* row of DURATIONS, or NONE: no limit */
    int32_t line;      /* in the source */
};

struct workflow_lookup_cell {
    int32_t value; /* row of VALUES, or NONE: any */
};

/* What an opening takes over from the newest ended case of this workflow that was opened at the same unit. */
struct workflow_previous {
    int32_t field; /* row of FIELDS that is filled */
    int32_t from;  /* row of FIELDS of that case, of the same type */
};

enum open_at { OPEN_AT_CURRENT, OPEN_AT_LEVEL, OPEN_AT_FIELD };
enum if_parent_ends { PARENT_ENDS_KEEP, PARENT_ENDS_CANCEL };

/* A child case. What it is called there (fields, ends) is the other workflow's to say: names, not rows. */
struct workflow_open {
    int32_t workflow;       /* string */
    int32_t at;             /* enum open_at */
    int32_t level;          /* of OPEN_AT_LEVEL: row of LEVELS */
    int32_t field;          /* of OPEN_AT_FIELD: row of FIELDS */
    struct span with;       /* GIVENS: what it begins with */
    struct span returns;    /* RETURNS: what comes back with its end */
    int32_t if_parent_ends; /* enum if_parent_ends */
};

struct workflow_given {
    int32_t its;   /* string: a field of the child's workflow */
    int32_t from;  /* row of FIELDS, or NONE: `value` */
    int32_t value; /* row of VALUES, or NONE */
};

struct workflow_return {
    int32_t field; /* row of FIELDS that is filled */
    int32_t its;   /* string: a field of the child's workflow */
};

struct workflow_wait {
    int32_t wait;        /* enum done_kind: not DONE_NONE */
    int32_t some;        /* of DONE_SOME */
    int32_t scope;       /* enum count_scope: children of the case, or those opened in this stage */
    struct span ends;    /* NAMES: ends of the child's workflow that count; none: every end counts */
    int32_t stops_clock; /* 1: the stage's deadline stands still while it waits */
};

/* How every workflow can end, besides the ends that it names: rows that no table has. One that names an end so takes its own. */
enum built_in_end { END_CANCELLED = -2, END_MERGED = -3 };

enum day_off { DAY_OFF_KEEP, DAY_OFF_SKIP, DAY_OFF_NEXT, DAY_OFF_PREVIOUS };
enum missed { MISSED_CATCH_UP, MISSED_REPORT };

/* The calendar opens cases: one at each unit of `level`; or, in rotation, one at the unit of that level, or for the holder of `role`, whose turn it is. */
struct workflow_recurs {
    int32_t rule;       /* string: recurrence.h */
    int32_t first;      /* days since 1970-01-01 */
    int32_t level;      /* row of LEVELS, or NONE: there is a role */
    int32_t role;       /* string, or NONE */
    int32_t rotation;   /* 1: in turn. A role is always in rotation */
    int32_t of;         /* of a rotation: row of LEVELS, each unit of it has a rotation of its own among the units below it; NONE: one for all */
    struct span sets;   /* refs of FIELDS: a date gets the day of the run, people whose turn it is */
    int32_t day_off;    /* enum day_off */
    int32_t missed;     /* enum missed */
};

/* At least so many cases a year with one of these ends, at each unit of `level`; `short_` is what follows where there were fewer. */
struct workflow_quota {
    int32_t least;
    int32_t level;    /* row of LEVELS */
    struct span ends; /* refs of ENDS */
    int32_t short_;   /* row of OUTCOMES: stay, with notices */
};

struct workflow_place {
    int32_t line, column; /* from 1 */
};

struct workflow {
    struct tables tables;
    struct table table[WORKFLOW_TABLE_COUNT];
    uint64_t position;  /* of its deployment: names this version in cases */
    uint8_t hash[32];   /* of the compiled form */
    const struct workflow_place *opens_at, *waits_at; /* where the rows of OPENS and WAITS stand in the source that was just read; NULL: it was not read from one */
};

extern const struct form_shape workflow_shape;

/* Rows by number; asserted to be there. */
const struct workflow_head *workflow_head(const struct workflow *workflow);
const struct workflow_field *workflow_field(const struct workflow *workflow, int32_t row);
const struct workflow_group *workflow_group(const struct workflow *workflow, int32_t row);
const struct workflow_people *workflow_people(const struct workflow *workflow, int32_t row);
const struct workflow_value *workflow_value(const struct workflow *workflow, int32_t row);
const struct workflow_condition *workflow_condition(const struct workflow *workflow, int32_t row);
const struct workflow_duration *workflow_duration(const struct workflow *workflow, int32_t row);
const struct workflow_limit *workflow_limit(const struct workflow *workflow, int32_t row);
const struct workflow_limit_row *workflow_limit_row(const struct workflow *workflow, int32_t row);
const struct workflow_reminder *workflow_reminder(const struct workflow *workflow, int32_t row);
const struct workflow_outcome *workflow_outcome(const struct workflow *workflow, int32_t row);
const struct workflow_branch *workflow_branch(const struct workflow *workflow, int32_t row);
const struct workflow_set *workflow_set(const struct workflow *workflow, int32_t row);
const struct workflow_notice *workflow_notice(const struct workflow *workflow, int32_t row);
const struct workflow_by *workflow_by(const struct workflow *workflow, int32_t row);
const struct workflow_event *workflow_event(const struct workflow *workflow, int32_t row);
const struct workflow_task *workflow_task(const struct workflow *workflow, int32_t row);
const struct workflow_topic_row *workflow_topic_row(const struct workflow *workflow, int32_t row);
const struct workflow_extend *workflow_extend(const struct workflow *workflow, int32_t row);
const struct workflow_reopen *workflow_reopen(const struct workflow *workflow, int32_t row);
const struct workflow_publication *workflow_publication(const struct workflow *workflow, int32_t row);
const struct workflow_stop *workflow_stop(const struct workflow *workflow, int32_t row);
const struct workflow_stage *workflow_stage(const struct workflow *workflow, int32_t row);
const struct workflow_end *workflow_end(const struct workflow *workflow, int32_t row);
const struct workflow_previous *workflow_previous(const struct workflow *workflow, int32_t row);
const struct workflow_with *workflow_with(const struct workflow *workflow, int32_t row);
const struct workflow_lookup *workflow_lookup(const struct workflow *workflow, int32_t row);
const struct workflow_lookup_row *workflow_lookup_row(const struct workflow *workflow, int32_t row);
const struct workflow_lookup_cell *workflow_lookup_cell(const struct workflow *workflow, int32_t row);
const struct workflow_open *workflow_open(const struct workflow *workflow, int32_t row);
const struct workflow_given *workflow_given(const struct workflow *workflow, int32_t row);
const struct workflow_return *workflow_return(const struct workflow *workflow, int32_t row);
const struct workflow_wait *workflow_wait(const struct workflow *workflow, int32_t row);
const struct workflow_vote *workflow_vote(const struct workflow *workflow, int32_t row);
const struct workflow_vote_rule *workflow_vote_rule(const struct workflow *workflow, int32_t row);
const struct workflow_vote_weight *workflow_vote_weight(const struct workflow *workflow, int32_t row);
const struct workflow_rater *workflow_rater(const struct workflow *workflow, int32_t row);
const struct workflow_grade *workflow_grade(const struct workflow *workflow, int32_t row);
int32_t workflow_ref(const struct workflow *workflow, int32_t row);
/* NULL: it has none. */
const struct workflow_recurs *workflow_recurs(const struct workflow *workflow);
const struct workflow_quota *workflow_quota(const struct workflow *workflow);
/* What the quota's `short` opens: rows of OPENS that are no children of a case. */
struct span workflow_short_opens(const struct workflow *workflow);

/* A string of the pool; "" for NONE. */
const char *workflow_string(const struct workflow *workflow, int32_t offset);
/* Names by row; "" for NONE. */
const char *workflow_stage_name(const struct workflow *workflow, int32_t stage);
/* Its `within` is a period that merely ends, and `then` follows: a publication, a time to object or to ask for a review. Nobody is late. */
bool workflow_is_period(const struct workflow_stage *stage);
const char *workflow_level_name(const struct workflow *workflow, int32_t level);
const char *workflow_event_name(const struct workflow *workflow, int32_t event);
const char *workflow_field_name(const struct workflow *workflow, int32_t field);
/* Also of an enum built_in_end. */
const char *workflow_end_name(const struct workflow *workflow, int32_t end);
/* The name of one of a span of NAMES, by its place in it. */
const char *workflow_choice(const struct workflow *workflow, struct span names, int32_t index);
/* What people call it; empty where it has no title. */
void workflow_choice_titles(const struct workflow *workflow, struct span names, int32_t index, struct text *zh, struct text *en);
/* The place of a word among a span of NAMES, or NONE. */
int32_t workflow_find_choice(const struct workflow *workflow, struct span names, struct text word);
void workflow_end_titles(const struct workflow *workflow, int32_t end, struct text *zh, struct text *en);
int32_t workflow_count(const struct workflow *workflow, enum workflow_table table);

/* Rows by name, or NONE. */
int32_t workflow_find_field(const struct workflow *workflow, struct text name);
int32_t workflow_find_stage(const struct workflow *workflow, struct text name);
int32_t workflow_find_level(const struct workflow *workflow, struct text name);
/* The row of WITHS of that name among what belongs to the people of `field`. */
int32_t workflow_find_with(const struct workflow *workflow, int32_t field, struct text name);
int32_t workflow_find_end(const struct workflow *workflow, struct text name);
/* The event of that name in the stage, then anywhere (inner before outer). */
int32_t workflow_find_event(const struct workflow *workflow, int32_t stage, struct text name);
/* Whether any stage knows an event of that name (tells unknown-event from not-now). The names that a key gives (extend,
 * claim, hand-over, take-back) count where the workflow has what they act on. */
bool workflow_knows_event(const struct workflow *workflow, struct text name);

/* Ties `tables` to `table` after decoding. */
void workflow_bind(struct workflow *workflow);

/* What the shape alone cannot say of a form that was decoded and bound: one head; each kind has the rows that it needs;
 * conditions, choices and lists contain only rows before them (so that walking them ends). False: the form is corrupt and
 * must not be used. */
bool workflow_sound(const struct workflow *workflow);

#endif
