/* door_owner: to whom belongs what an event brings, and so under which keys it is sealed (PROTOCOL.md, section 14).
 *
 *     for whom it was sent ─ a resident ─────────────────────────────> theirs
 *            │ an official, or nobody
 *     who sent it ─ a resident ──────────────────────────────────────> theirs
 *            │ an official, a worker
 *     for whom, or by whom, the case was opened ─ a resident ────────> theirs, unless they were erased meanwhile
 *            └ nobody of these ──────────────────────────────────────> the case's alone */
#ifndef STAIRCASE_DOOR_OWNER_H
#define STAIRCASE_DOOR_OWNER_H

#include "engine/door.h"

/* An opaque reference, app:token: nobody of the directory, and no worker. */
bool door_is_resident(struct text person);
/* `*owner`: empty where it is the case's alone. `*erased`: it would belong to somebody who was erased, and is not to be kept. ERR_OK or a store error. */
enum err door_find_owner(struct door *door, struct arena *arena, const struct door_brought *brought, struct text *owner, bool *erased);

#endif
