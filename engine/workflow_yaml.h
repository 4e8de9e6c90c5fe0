/* workflow_yaml: a workflow that a supervisor wrote, read, checked and compiled. The language: workflows/LANGUAGE.md.
 *
 * All mistakes of a file are found in one run, each with its place, what was found, what is allowed, and the nearest word. What
 * has no mistake compiles to the tables of workflow.h: the same source gives the same tables, byte for byte when encoded, so that their
 * hash names the content. */
#ifndef STAIRCASE_WORKFLOW_YAML_H
#define STAIRCASE_WORKFLOW_YAML_H

#include "engine/workflow.h"
#include "engine/yaml.h"

struct directory;

/* Ceilings of one workflow. */
enum {
    WORKFLOW_FIELDS_MOST = 100,
    WORKFLOW_GROUPS_MOST = 50,
    WORKFLOW_WITHS_MOST = 16,     /* what belongs to each person of a field */
    WORKFLOW_STAGES_MOST = 200,
    WORKFLOW_ENDS_MOST = 50,
    WORKFLOW_EVENTS_MOST = 100,   /* of one stage, or anywhere */
    WORKFLOW_EVENTS_ALL_MOST = 2000,
    WORKFLOW_TASKS_MOST = 32,     /* of one stage */
    WORKFLOW_PUBLICATIONS_MOST = 50,
    WORKFLOW_GROUNDS_MOST = 20,   /* on which a clock may be stopped */
    WORKFLOW_REMINDERS_MOST = 8,  /* of one stage */
    WORKFLOW_NOTICES_MOST = 8,    /* of one outcome: with STEP_DEPTH_MOST outcomes in a row and all tasks, a deadline stays below STEP_MADE_MOST */
    WORKFLOW_OPENS_MOST = 16,     /* child cases of one outcome */
    WORKFLOW_LEVELS_MOST = 32,
    WORKFLOW_TABLES_MOST = 32,
    WORKFLOW_COLUMNS_MOST = 8,    /* fields of one table */
    WORKFLOW_LIST_MOST = 200,     /* entries of one list: choices, values, people */
    WORKFLOW_TEXT_MOST = 500,     /* characters of a title or notice */
    WORKFLOW_CHOOSE_MOST = 4,     /* choose within choose */
    WORKFLOW_VERSION_MOST = 1000000,
    WORKFLOW_REFERENCE_MOST = 60, /* characters */
    WORKFLOW_PEOPLE_MOST = 10000, /* in a field; that must send an event */
    WORKFLOW_QUOTA_MOST = 1000,   /* least of a quota */
    WORKFLOW_SCALE_MOST = 9,      /* decimal places */
};

/* Reads a workflow. ERR_OK; ERR_INVALID_SOURCE when problems->errors is above 0 (then `out` is untouched; warnings alone do no harm).
 * `problems` is initialised here; everything lives in the arena. `position` and `hash` of the result are the caller's to set. */
enum err workflow_read(struct arena *arena, const char *file_name, struct text source, struct problems *problems,
                       struct workflow *out);
/* The same; besides, its roles and levels must be in the directory (NULL: as workflow_read). What is compiled is the same. */
enum err workflow_read_for(struct arena *arena, const char *file_name, struct text source, const struct directory *directory,
                           struct problems *problems, struct workflow *out);

/* ---- the keys of the language ---- */

/* Kinds of mapping in a workflow file. */
enum workflow_where {
    IN_WORKFLOW,
    IN_TITLE,     /* {zh, en} */
    IN_OPENS,
    IN_FIELD,     /* of data */
    IN_ELEMENT,   /* of a list: what its elements are */
    IN_WITH,      /* of a people field: what belongs to each person */
    IN_STAGE,
    IN_AT,        /* {unit: FIELD} */
    IN_LIMIT,     /* within */
    IN_REMIND,
    IN_EXTEND,
    IN_REOPEN,
    IN_PUBLISH,     /* of a stage */
    IN_PUBLISH_FOR, /* of an outcome */
    IN_STOP,      /* stop-clock */
    IN_TASK,      /* task */
    IN_TASKS,     /* one of tasks */
    IN_WORKER,    /* {per, topics} */
    IN_EVENT,
    IN_OUTCOME,   /* start, overdue, top, bottom, then */
    IN_BRANCH,    /* of choose */
    IN_NOTIFY,
    IN_SET_TABLE, /* {table: NAME} */
    IN_TABLE,     /* one of tables */
    IN_ROLE,      /* {role, of} */
    IN_EACH,
    IN_AT_LEAST,
    IN_MISSING,
    IN_RANGE,     /* of a condition */
    IN_COUNT,     /* of a condition */
    IN_END,
    IN_CONDITION, /* when, and the parts of all, any, none */
    IN_CHILD,     /* one of open */
    IN_CHILDREN,
    IN_RECURS,    /* of opens */
    IN_TURN,      /* for-each of recurs: {role or level, in: rotation} */
    IN_QUOTA,
    IN_SHORT,     /* of quota: what follows where no case is */
    IN_SHORT_OPEN,
    IN_VOTE,
    IN_PASS,      /* of a vote: {CHOICE: part, of: base}, or {per, limits} */
    IN_QUORUM,
    IN_RECUSE,    /* {who, grounds, by} */
    IN_PROXY,
    IN_RATE,
    IN_RATER,     /* one of raters */
    IN_GRADE,     /* of a rating: {worth, title} */
    WORKFLOW_WHERE_COUNT
};

/* Every key with where it stands, what it may hold and what it means: drives the reader, and makes the schema. */
extern const struct keys workflow_keys;

#endif
