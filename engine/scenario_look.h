/* scenario_look: what the keys of an `expect` are held against, one function a key. Internal to scenario_expect.c and scenario_look*.c.
 *
 *     scenario_look.c       where the case stands
 *     scenario_look_work.c  tasks, children, what may be sent, who was told, votes
 *     scenario_look_data.c  fields, and what is published */
#ifndef STAIRCASE_SCENARIO_LOOK_H
#define STAIRCASE_SCENARIO_LOOK_H

#include "engine/scenario_inner.h"

/* One look at one case: everything that the keys of an expect are held against. */
struct look {
    struct world *world;
    const struct case_state *state;
    const struct workflow *workflow;
    const struct directory *directory;
    const struct calendar *calendar;
    const struct node *map; /* of the expect */
};

#define SHOW(text) (int)(text).size, (text).data

struct found_words {
    struct text items[64];
    uint32_t count;
};

/* Each says what differs, and where. */
bool look_differs(const struct look *look, const struct node *key, struct text found);
bool look_same_text(const struct look *look, const struct node *key, struct text found);
bool look_same_flag(const struct look *look, const struct node *key, bool found);
struct text look_unit_path(const struct look *look, uint32_t id);
void look_words_add(struct found_words *words, struct text word);
bool look_words(const struct look *look, const struct node *key, const struct found_words *found, bool exactly);

/* ---- the keys: true: it is so ---- */
bool look_stage(const struct look *look, const struct node *key);
bool look_level(const struct look *look, const struct node *key);
bool look_unit(const struct look *look, const struct node *key);
bool look_home(const struct look *look, const struct node *key);
bool look_due(const struct look *look, const struct node *key);
bool look_limit(const struct look *look, const struct node *key);
bool look_overdue(const struct look *look, const struct node *key);
bool look_late(const struct look *look, const struct node *key);
bool look_stopped(const struct look *look, const struct node *key);
bool look_end(const struct look *look, const struct node *key);
bool look_held(const struct look *look, const struct node *key);
bool look_number(const struct look *look, const struct node *key);
bool look_incident(const struct look *look, const struct node *key);
bool look_task(const struct look *look, const struct node *key);
bool look_holder(const struct look *look, const struct node *key);
bool look_children(const struct look *look, const struct node *key);
bool look_links(const struct look *look, const struct node *key);
bool look_parent(const struct look *look, const struct node *key);
bool look_possible(const struct look *look, const struct node *key);
bool look_impossible(const struct look *look, const struct node *key);
bool look_notices(const struct look *look, const struct node *key);
bool look_told(const struct look *look, const struct node *key);
bool look_vote(const struct look *look, const struct node *key);
bool look_says(const struct look *look, const struct node *key);
bool look_data(const struct look *look, const struct node *key);
bool look_published(const struct look *look, const struct node *key);

#endif
