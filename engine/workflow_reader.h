/* workflow_reader: what the files of the workflow reader share. Internal to workflow_*_yaml.c, workflow_build.c and
 * workflow_check*.c; everyone else includes workflow_yaml.h.
 *
 * Two passes. First every name is declared: fields, groups, stages with their events, ends get their rows, in the order of the
 * file. Then the bodies are read, and a name can be resolved wherever it stands. Rows that a span covers are pushed together;
 * what contains others (conditions, choices) is pushed after them. Beside each row stands the node that it was read from,
 * and marks of how it is used: the checks of the whole file (workflow_check.c, workflow_flow.c) work on these.
 *
 * After a mistake reading goes on as if the nearest right thing had been written, so that one mistake does not cause others. */
#ifndef STAIRCASE_WORKFLOW_READER_H
#define STAIRCASE_WORKFLOW_READER_H

#include "engine/workflow_yaml.h"

struct directory;

enum workflow_mark {
    MARK_USED = 1,   /* something refers to it */
    MARK_FILLED = 2, /* of a field: an event brings it, or an outcome sets it */
    MARK_REACHED = 4, /* of a stage: a case can come there */
    MARK_ENDS = 8,    /* of a stage: an end can be reached from there */
    MARK_REPORTED = 16, /* of an outcome: a problem of it has been said (those of `anywhere` are looked at once for each stage) */
};

struct growing {
    char *rows;
    const struct node **nodes; /* beside the rows; NULL where there is no own place */
    uint8_t *marks;
    int32_t count, room;
};

/* Where the reader stands: conditions on the level and events by worker mean something else in each. */
enum reading { READING_HEAD, READING_STAGE, READING_ANYWHERE };

struct workflow_reader {
    struct arena *arena;
    struct problems *problems;
    const struct directory *directory; /* whose roles and levels must be used; NULL: not known */
    struct growing table[WORKFLOW_TABLE_COUNT];
    char *strings;
    size_t strings_size, strings_room;
    int32_t *slots; /* hash table of string offsets; NONE: free */
    size_t slot_count, slots_used;
    enum reading reading;
    int32_t stage; /* row of the stage that is being read, or NONE */
    struct span anywhere; /* EVENTS */
    int32_t reopen; /* what follows when an ended case is opened again: row of OUTCOMES, or NONE */
    int32_t overdue; /* at the limit of the whole case: row of OUTCOMES, or NONE */
    int32_t choose_depth;
    struct reader_table *tables; /* workflow_table_yaml.c */
    int32_t table_count;
    int32_t short_opens;                 /* rows of OPENS that are no children: the quota's */
    const struct node *children_awaited; /* a stage's `children`, read before any `open` was; or NULL */
    bool doubtful[WORKFLOW_TABLE_COUNT]; /* something could not be read that may refer to rows of this table: none is called unused */
};

/* ---- workflow_keys.c: words that the reader and the schema share, each in the order of its enum ---- */

enum { TYPE_COUNT = FIELD_REFERENCE + 1 };
extern const char *const type_words[TYPE_COUNT];
extern const char *const late_words[3], *const direction_words[2], *const after_words[2], *const stop_words[2], *const scope_words[2], *const from_words[3],
    *const parent_ends_words[2], *const base_words[4];
extern const char *const day_off_words[4], *const missed_words[2];

/* ---- workflow_build.c: rows, strings, names ---- */

void reader_init(struct workflow_reader *reader, struct arena *arena, struct problems *problems);
/* A row whose strings and rows are NONE and whose numbers are 0. */
void row_blank(enum workflow_table table, void *row);
/* Copies the row; returns its number. */
int32_t row_push(struct workflow_reader *reader, enum workflow_table table, const void *row, const struct node *node);
/* Valid until the next push to that table. */
void *row_at(const struct workflow_reader *reader, enum workflow_table table, int32_t row);
#define ROW_OF(reader, table, type, row) ((struct workflow_##type *)row_at((reader), WORKFLOW_##table, (row)))
int32_t row_count(const struct workflow_reader *reader, enum workflow_table table);
const struct node *row_node(const struct workflow_reader *reader, enum workflow_table table, int32_t row);
void row_mark(struct workflow_reader *reader, enum workflow_table table, int32_t row, enum workflow_mark mark);
bool row_marked(const struct workflow_reader *reader, enum workflow_table table, int32_t row, enum workflow_mark mark);
/* Row numbers as refs, in one span. */
struct span refs_push(struct workflow_reader *reader, const int32_t *rows, int32_t count);
int32_t ref_at(const struct workflow_reader *reader, int32_t row);
/* Offset of the string in the pool; equal strings have one offset. */
int32_t string_push(struct workflow_reader *reader, struct text text);
const char *string_at(const struct workflow_reader *reader, int32_t offset);
/* The finished tables. */
void reader_finish(struct workflow_reader *reader, struct workflow *out);

/* The row of that name among fields, groups, stages, ends, levels (or within a span of events or tasks); NONE when there is none. */
int32_t name_find(const struct workflow_reader *reader, enum workflow_table table, struct text name);
int32_t name_find_in(const struct workflow_reader *reader, enum workflow_table table, struct span rows, struct text name);
const char *row_name(const struct workflow_reader *reader, enum workflow_table table, int32_t row);
/* The row that a scalar names, marked as used. When there is none: a problem with the nearest, which is then taken
 * (NONE when none is near). */
int32_t name_resolve(struct workflow_reader *reader, enum workflow_table table, const struct node *node);
/* Names joined by commas, for problems; the first dozen. */
const char *names_listed(const struct workflow_reader *reader, enum workflow_table table, struct span rows);
/* A name that may be given: kebab-case and not reserved. Otherwise a problem at the key. */
bool name_allowed(struct workflow_reader *reader, const struct node *node);
bool word_reserved(struct text word);
/* Where a word of the language or a name may stand: the scalar is no field, level or role that the file knows and very near to one of the
 * words: reported as a slip. */
bool word_meant(struct workflow_reader *reader, const struct node *node, const char *const *words, size_t count, const char *allowed);
/* The level of that name: a row for each that is named anywhere. NONE with a problem when it cannot be one. */
int32_t level_resolve(struct workflow_reader *reader, const struct node *node);
/* Levels as refs, each once. */
struct span levels_read(struct workflow_reader *reader, const struct node *node);
bool refs_include(const struct workflow_reader *reader, struct span refs, int32_t row);

/* A key as a scalar of its own, at the key's place: for names and values that are written as keys. */
const struct node *key_node(const struct workflow_reader *reader, const struct node *node);
/* keys_get and keys_check on the table of the language. */
const struct node *key_get(const struct node *map, enum workflow_where where, const char *name);
bool key_check(struct workflow_reader *reader, const struct node *map, enum workflow_where where);
/* {zh, en} under `title` or another key; both NONE when it is not there. */
void title_read(struct workflow_reader *reader, const struct node *node, int32_t *zh, int32_t *en);

/* ---- workflow_words_yaml.c: words with titles ---- */

/* The first item of a list of words such as [a, b], or of a mapping of words to titles (walk by `next`). False with a problem when it is neither. */
bool words_begin(struct workflow_reader *reader, const struct node *node, const struct node **first);
/* The word of such an item, as a scalar at its place; and its title, or NULL. */
const struct node *word_node(const struct workflow_reader *reader, const struct node *item);
const struct node *word_title(const struct node *item);
/* A row of NAMES. `title`: {zh, en}, empty, or NULL. */
void word_push(struct workflow_reader *reader, const struct node *item, struct text word, const struct node *title);

/* ---- workflow_data_yaml.c: fields, groups, values ---- */

void data_declare(struct workflow_reader *reader, const struct node *data, const struct node *groups);
void data_read(struct workflow_reader *reader);
/* `previous` of a workflow: rows of PREVIOUS. */
struct span previous_read(struct workflow_reader *reader, const struct node *node);

/* Bits of field types. */
#define OF_TYPE(type) (1u << (type))
enum { ANY_TYPE = 0x1ff };
enum field_use {
    USE_MOVE = 0, /* sealed values may go there too: needs, may */
    USE_LOOK = 1, /* the engine looks into it: a private field may not stand there */
};
/* The field that a scalar names; a problem and NONE when there is none, its type is not among `types`, or it is private where
 * the engine would have to look into it. `purpose` for the problem: "a limit counts from". */
int32_t field_resolve(struct workflow_reader *reader, const struct node *node, unsigned types, enum field_use use, const char *purpose);
int32_t field_check(struct workflow_reader *reader, int32_t field, const struct node *node, unsigned types, enum field_use use,
                    const char *purpose);
/* A list of fields, each once. */
struct span fields_read(struct workflow_reader *reader, const struct node *node);
const char *type_name(int32_t type);
/* A value of a field's type (a row of VALUES). NONE with a problem when it is none. */
int32_t value_read(struct workflow_reader *reader, int32_t field, const struct node *node);

/* ---- workflow_people_yaml.c ---- */

enum people_allowed {
    ALLOW_CASE = 1,     /* people fields, groups, opener: there is a case already */
    ALLOW_RESIDENT = 2, /* anyone */
    ALLOW_WORKER = 4,   /* the worker that holds the task */
    ALLOW_MISSING = 8,  /* {missing: EVENT} */
};
struct span people_read(struct workflow_reader *reader, const struct node *node, unsigned allowed);
/* A row of BY; NONE with a problem when it is none. */
int32_t by_read(struct workflow_reader *reader, const struct node *node, unsigned allowed);
bool by_includes(const struct workflow_reader *reader, int32_t by, enum people_kind kind);

/* ---- workflow_condition_yaml.c ---- */

/* A row of CONDITIONS; NONE with a problem when it is none. */
int32_t condition_read(struct workflow_reader *reader, const struct node *node);
bool condition_looks_at(const struct workflow_reader *reader, int32_t condition, int32_t field);

/* ---- workflow_limit_yaml.c ---- */

/* A row of DURATIONS. `until` (a day of the year) is allowed for limits only. */
int32_t duration_read(struct workflow_reader *reader, const struct node *node, bool until);
/* "up to 30 days" as well. */
int32_t extension_read(struct workflow_reader *reader, const struct node *node, int32_t *up_to);
int32_t limit_read(struct workflow_reader *reader, const struct node *node);
/* The shortest (longest) that a limit can be, in minutes as duration_rough has them; -1 when that cannot be said. */
int64_t limit_shortest(const struct workflow_reader *reader, int32_t limit);
int64_t limit_longest(const struct workflow_reader *reader, int32_t limit);
/* Rough length in minutes, for comparing: a month 30.4 days, a working day 7/5 days. -1: until a date. */
int64_t duration_rough(const struct workflow_reader *reader, int32_t duration);
/* `worker` of a task: its topics. */
struct span topics_read(struct workflow_reader *reader, const struct node *node, int32_t *topic_field);

/* ---- workflow_table_yaml.c ---- */

void tables_declare(struct workflow_reader *reader, const struct node *tables);
void tables_read(struct workflow_reader *reader);
/* The row of LOOKUPS for a table that a scalar names, used for a field (whose value its results are) or for limits (NONE: they are durations).
 * NONE with a problem when there is none. */
int32_t lookup_read(struct workflow_reader *reader, const struct node *node, int32_t field);
/* Tables that nothing uses. */
void check_tables(struct workflow_reader *reader);

/* ---- workflow_outcome_yaml.c ---- */

/* Whether what is in one field can be put into another: otherwise a problem. */
void check_assignable(struct workflow_reader *reader, int32_t to, int32_t from, const struct node *node);
/* A row of OUTCOMES; NONE with a problem when it is none. The keys of the mapping have been checked. */
int32_t outcome_read(struct workflow_reader *reader, const struct node *node, enum workflow_where where);
/* The same for a mapping that holds nothing else; NULL gives NONE. */
int32_t outcome_alone(struct workflow_reader *reader, const struct node *node);
/* What stands under `notify`; `allowed` as for people_read. */
struct span notices_read(struct workflow_reader *reader, const struct node *node, unsigned allowed);

/* ---- workflow_recurs_yaml.c: what the calendar opens, and how many a year there must be ---- */

void recurs_read(struct workflow_reader *reader, const struct node *node, struct workflow_head *head);
/* When all has been read. */
void recurs_check(struct workflow_reader *reader, const struct workflow_head *head);
void quota_read(struct workflow_reader *reader, const struct node *node);

/* ---- workflow_publication_yaml.c ---- */

/* `publish` of a stage (IN_PUBLISH) or an outcome (IN_PUBLISH_FOR): a row of PUBLICATIONS; NONE with a problem when it is none. */
int32_t publish_read(struct workflow_reader *reader, const struct node *node, enum workflow_where where);
/* Of a stage: what a publication needs beside it. */
void publish_check(struct workflow_reader *reader, const struct node *stage);

/* ---- workflow_reopen_yaml.c ---- */

/* `reopen` of a workflow: a row of REOPENS. */
int32_t reopen_read(struct workflow_reader *reader, const struct node *node, bool has_limit);

/* ---- workflow_stop_yaml.c ---- */

/* `stop-clock` of a stage whose `within` has been read: a row of STOPS; NONE with a problem when it is none. */
int32_t stop_read(struct workflow_reader *reader, const struct node *node, const struct workflow_stage *stage);

/* ---- workflow_open_yaml.c ---- */

/* `open` beside an outcome; NULL: none. */
struct span opens_read_children(struct workflow_reader *reader, const struct node *node);
/* `open` of a quota's `short`, which counts at the units of that level; NULL: none. */
struct span opens_read_short(struct workflow_reader *reader, const struct node *node, int32_t level);
/* `children` of a stage; NULL: none. */
void children_read(struct workflow_reader *reader, const struct node *node, struct workflow_stage *stage);
/* `gives` of an end; NULL: none. */
struct span gives_read(struct workflow_reader *reader, const struct node *node);
/* Who waits for children has some. */
void check_children(struct workflow_reader *reader);

/* ---- workflow_event_yaml.c, workflow_stage_yaml.c ---- */

/* "2 of 3"; false: it is none. */
bool some_read(struct text text, int32_t *some, int32_t *of);


/* `objections` (of a stage; otherwise NULL) are an event too: object. */
struct span events_declare(struct workflow_reader *reader, const struct node *events, const struct node *objections);
void events_read(struct workflow_reader *reader, struct span events);
/* What each of several people brings must have room beside what the others bring: only lists have. */
void fields_check_shared(struct workflow_reader *reader, int32_t by, struct span fields, const struct node *node);
/* The event that a word means here: of the stage, anywhere, or the only one of that name. NONE with a problem. */
int32_t event_resolve(struct workflow_reader *reader, const struct node *node);
void stages_declare(struct workflow_reader *reader, const struct node *stages);
void stages_read(struct workflow_reader *reader);
/* `vote` of the stage that is being read (workflow_vote_yaml.c). */
/* In the order of `final`. */
extern const char *const ballot_words[2];
/* `rate` of a stage whose `then` has been read. */
void rate_read(struct workflow_reader *reader, const struct node *node, struct workflow_stage *stage);
/* `recuse` of a vote or a rating. */
void recuse_read(struct workflow_reader *reader, const struct node *node, struct workflow_vote *vote);
void vote_read(struct workflow_reader *reader, const struct node *node, struct workflow_stage *stage);
/* At which levels a case can be in a stage: those of its ladder, the one of `at: LEVEL`; otherwise any. */
bool stage_may_be_at(const struct workflow_reader *reader, int32_t stage, int32_t level);
/* ` Did you mean "grid"?`: the nearest level of the stage, or "". */
const char *level_hint(const struct workflow_reader *reader, int32_t stage, int32_t level);

/* ---- workflow_check.c, workflow_flow.c: the whole file ---- */

/* What is declared is used, what is used is filled, who works can report. */
void check_use(struct workflow_reader *reader);
/* A stage that may take longer than the whole case. */
void check_within_limit(struct workflow_reader *reader, int32_t limit);
/* Stages are reached and left, ladders are climbed within their ends. */
void check_flow(struct workflow_reader *reader, int32_t start);

/* ---- workflow_dates.c: a vote or publication that a date closes has that date ---- */
void check_dates(struct workflow_reader *reader, const struct workflow_head *head);

/* ---- workflow_directory.c: against the directory, when there is one ---- */

void check_directory(struct workflow_reader *reader);

#endif
