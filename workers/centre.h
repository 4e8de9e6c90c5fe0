/* centre: `mediation_centre serve`. One loop around four rooms: the worker library (tasks in, reports out), the docket (what is on
 * disk), a client of the engine (histories), the desk (people).
 *
 *     task ──> docket_receive ──> accept          people ──> desk ──> docket_order ──> an intent
 *     cancel ──> docket_withdraw ──> settle       intents ──> send, with the task ──> docket_answered ──> desk
 *
 * It keeps nothing of its own that matters: whatever crashes, what is on the docket's disk and what the engine still owes is everything.
 * An event that the engine refuses as stale-lease is one whose task it does not know us to hold: the acceptance was lost, or another
 * worker has the task now. The intent waits until the task comes again, or its cancellation. */
#ifndef STAIRCASE_CENTRE_H
#define STAIRCASE_CENTRE_H

#include "engine/command/command.h"

/* The name of its folder in the data folder, of the worker, of the topic, and of the person that it acts as. */
#define CENTRE_NAME "mediation-centre"

/* Serves until SIGINT or SIGTERM; an exit code. */
int centre_serve(const struct command_line *line);

#endif
