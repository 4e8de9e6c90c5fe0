/* model_inner: what the files of the model share. */
#ifndef STAIRCASE_SIMULATE_MODEL_INNER_H
#define STAIRCASE_SIMULATE_MODEL_INNER_H

#include "tests/simulate/model.h"

enum { NOWHERE = -1, BUILDING, GRID, COMMUNITY, CENTRE, LEVELS };
enum { PARTIES_MOST = 12, NOT_ENDED = -1, NO_DEADLINE = 0 };

/* One case, as it should be. */
struct predicted {
    const struct rules *rules;
    const struct seen_case *subject;
    uint32_t version;
    struct text home, unit;      /* paths; unit: where its last record says it stands */
    bool reachable[LEVELS];      /* from its home */
    int stage, level, end;
    int64_t entered, opened, due;
    struct text applicants[PARTIES_MOST], respondents[PARTIES_MOST];
    int applicant_count, respondent_count;
    struct text agreed[PARTIES_MOST * 2], wants_more[PARTIES_MOST * 2]; /* who has sent a part */
    int agreed_count, wants_more_count;
    int64_t from_day;
    bool has_from_day, roof;
    bool done[3];
    int added, asked;            /* of extensions; asked: waits for an answer */
    int follow_ups, finishes;
    bool still;                  /* its clock is stopped: when it was due does not matter now */
    struct council *council;     /* model_council.c */
    struct drawn_case *drawn;    /* model_drawn.c */
    const char *wrong;           /* what was applied may not have been; NULL: nothing */
};

/* Who may send something: bits. */
enum who {
    BY_APPLICANT = 1, BY_PARTY = 2, BY_WORKER = 4, BY_RESIDENT = 8, BY_MEDIATOR = 16, BY_GRID_WORKER = 32, BY_SUPERVISOR = 64, BY_CLERK = 128,
    BY_COMMUNITY_SUPERVISOR = 256, BY_ANYONE = 512,
};

struct rule {
    const char *event;
    int stage;      /* NOWHERE: anywhere */
    unsigned who;   /* enum who */
    void (*follow)(struct predicted *p, const struct log_record *record);
    bool afterwards; /* also of an ended case */
};

/* A workflow. */
struct rules {
    const char *workflow;
    const char *const *stages, *const *ends;
    unsigned opened_by;
    const struct rule *events; /* ends with a NULL name */
    void (*open)(struct predicted *p, const struct log_record *record);
    void (*overdue)(struct predicted *p, int64_t now);
    /* A task's deadline: 0 when the task of that name has none that runs. */
    int64_t (*task_due)(const struct predicted *p, const char *task, uint32_t calendar);
    void (*task_overdue)(struct predicted *p, const char *task, int64_t now);
    /* When the stage is due; NO_DEADLINE. */
    int64_t (*stage_due)(const struct predicted *p, uint32_t calendar);
    /* NULL where there is nothing of the kind: */
    void (*begin)(struct sim *sim, struct predicted *p, const struct log_record *record);
    void (*other_due)(struct predicted *p, const struct log_record *record); /* neither of the stage nor of a task */
    void (*migrated)(struct predicted *p, uint32_t to);                      /* it still has the version that it leaves */
    void (*counted)(struct predicted *p, const struct log_record *record);
};
extern const struct rules model_stairs, model_works, model_council;
extern struct rules model_drawn; /* of the workflow that was drawn last */

/* The calendar that counts for entering a stage now; set by model.c. */
extern uint32_t model_calendar;
extern bool model_skips_level; /* --break skip-level */

/* ---- moving ---- */
void model_enter(struct predicted *p, int stage, int level, int64_t now);
void model_end(struct predicted *p, int end);
/* The first reachable level from `from` on, up or down; NOWHERE: none. */
int model_level(const struct predicted *p, int from, int by);
void model_stay(struct predicted *p, const struct log_record *record);

/* ---- reading ---- */
struct text model_person(const struct log_record *record);
const struct value *model_field(const struct log_record *record, const char *name);
bool model_flag(const struct log_record *record, const char *name);
bool model_word(const struct log_record *record, const char *name, const char *word);

void model_read_people(const struct log_record *record, const char *field, struct text *people, int *count);

/* ---- lists of people ---- */
bool model_among(const struct text *people, int count, struct text person);
void model_join(struct text *people, int *count, struct text person);
void model_part(struct text *people, int *count, struct text person);

/* ---- model_calendar.c: by walking through the days ---- */
int64_t days_due(uint32_t calendar, int64_t from, int days);
int64_t working_days_due(uint32_t calendar, int64_t from, int days);
int64_t months_due(uint32_t calendar, int64_t from, int months);
int64_t working_hours_due(uint32_t calendar, int64_t from, int hours);
bool day_is_worked(uint32_t calendar, int64_t date);
int64_t business_begins(uint32_t calendar, int64_t date);
void day_date(int64_t date, int *year, int *month, int *day);
extern bool model_wrong_calendar; /* --break wrong-calendar */

/* ---- model_people.c ---- */
bool people_hold(struct text person, unsigned role, struct text unit); /* role: one of the BY_ bits */
struct text people_community(struct text unit); /* of a home */

#endif
