/* breaks: rows of the store that change behind the engine's back, for --break. */
#ifndef STAIRCASE_SIMULATE_BREAKS_H
#define STAIRCASE_SIMULATE_BREAKS_H

struct sim;

/* After a turn: does what the break of this run does, if it is one of those. */
void breaks_act(struct sim *sim);
/* --break keep-vote-key: what was destroyed last comes back. Before: what there is now is noted. */
void breaks_note_keys(struct sim *sim);
void breaks_restore_keys(struct sim *sim);
/* While the process is down. */
void breaks_at_rest(struct sim *sim);

#endif
