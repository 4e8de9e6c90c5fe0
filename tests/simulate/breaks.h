/* breaks: rows of the store that change behind the engine's back, for --break. */
#ifndef STAIRCASE_SIMULATE_BREAKS_H
#define STAIRCASE_SIMULATE_BREAKS_H

struct sim;

/* After a turn: does what the break of this run does, if it is one of those. */
void breaks_act(struct sim *sim);

#endif
