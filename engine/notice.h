/* notice: who is told what. A held case tells nobody. Pure. */
#ifndef STAIRCASE_NOTICE_H
#define STAIRCASE_NOTICE_H

#include "engine/step.h"

/* Texts may be empty: the kind and the case say enough. */
struct notice_words {
    struct text zh, en;
};
#define NOTICE_NO_WORDS ((struct notice_words){.zh = {0}, .en = {0}})

/* Emits one notice to these names, unless there are none. */
void notice_send(struct step *step, enum notice_kind kind, const struct persons *names, struct notice_words words);
void notice_to_person(struct step *step, enum notice_kind kind, struct text person, struct notice_words words);
void notice_to_people(struct step *step, enum notice_kind kind, struct span people, struct notice_words words);
/* To the workflow's `tells`, and with `owners` to whoever is owed work now. */
void notice_to_told(struct step *step, enum notice_kind kind, bool owners, struct notice_words words);
/* To who owns a task (row of the case's tasks; NULL: every task that is not done) and to the supervisor of the case's unit; of what
 * is overdue also to the supervisor of the unit above it. */
void notice_to_owners(struct step *step, enum notice_kind kind, const struct case_task *task, struct notice_words words);
/* The workflow's own `notify`: people are told, worker topics get an entry in the outbox. false: refused. */
bool notice_workflow(struct step *step, struct span notices);

#endif
