/* access: who is meant by People, and whether someone is among them. Pure. */
#ifndef STAIRCASE_ACCESS_H
#define STAIRCASE_ACCESS_H

#include "engine/advance.h"

/* All of them look at input->before as the case, so it may not be NULL, and at input->now as the day on which roles are held. */

/* Is the person (and, for PEOPLE_WORKER, the event's worker and task) among these people of the case now? */
bool access_includes(const struct advance_input *input, struct span people, struct text person);

/* In the directory, a resident, or named in the case: someone that an event may speak of. */
bool access_knows(const struct advance_input *input, struct text person);

/* Everyone that must act for `each`: people fields and groups by their entries (each once, ascending); roles by who holds them now. */
uint32_t access_everyone(const struct advance_input *input, struct arena *arena, struct span people, const struct text **persons);
/* The same without those who only substitute one of them: where it counts how many there are (a roll, `each`, a share), nobody counts twice. */
uint32_t access_members(const struct advance_input *input, struct arena *arena, struct span people, const struct text **persons);
/* Does `person` hold a role of these people today in place of `other`? */
bool access_stands_in(const struct advance_input *input, struct span people, struct text person, struct text other);
/* Has that member, or a substitute of theirs, sent the event that others are waited for? */
bool access_has_sent(const struct advance_input *input, struct span people, int32_t event, struct text member);

/* For notices: persons as they are, roles as role@unit-path (role@unit-path/ for those below it). Ascending, each once. */
uint32_t access_names(const struct advance_input *input, struct arena *arena, struct span people, const struct text **names);

/* A growing list of persons or names: ascending, each once. Begin with {.arena = arena}. */
struct persons {
    struct arena *arena;
    struct text *items;
    uint32_t count, room;
    bool members; /* of roles: without those who only substitute */
};
void persons_add(struct persons *persons, struct text person);
/* As access_names, onto a list. */
void access_add_names(const struct advance_input *input, struct persons *names, struct span people);

/* In words, for refusals: "mediator at jinnong/grid-3, applicant". */
struct text access_words(const struct advance_input *input, struct arena *arena, struct span people);

/* A reference to someone who is not in the directory: app:token, both parts non-empty. */
bool access_is_resident(struct text person);

#endif
