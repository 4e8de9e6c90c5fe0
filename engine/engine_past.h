/* engine_past: what a case went through, decided again in memory: the directory and the calendars as they counted at each of its records.
 *
 * For who tells a history with its reasons (explain) and who asks what another workflow would have made of it (rehearse). Nothing is
 * written; the engine's own state is only looked at. Between batches, inside one read transaction of the caller. */
#ifndef STAIRCASE_ENGINE_PAST_H
#define STAIRCASE_ENGINE_PAST_H

#include "engine/engine.h"

struct past;
struct store_txn;

/* ERR_OK, ERR_NO_MEMORY. */
enum err past_open(struct past **past, struct engine *engine);
void past_close(struct past **past);

/* A case comes next: from its beginning (`rolls` NULL), or as it stands: then what its rolls hold is read in that transaction. */
void past_begin(struct past *past, struct store_txn *rolls);
/* What is to be decided, and as of where. */
struct past_step {
    uint64_t position; /* of its record: directory and calendars as they counted there */
    const struct workflow *workflow, *target; /* target: of a migration; NULL: the version that the event names */
    const struct event *event;
    int64_t now;
    bool explain;
};
/* Decides it for the case as it stood before (NULL: an opening). Whether it is a refusal, the decision says. ERR_OK; ERR_CORRUPT, store errors. */
enum err past_decide(struct past *past, struct arena *arena, const struct past_step *step, const struct case_state *before, struct decision *decision);

/* The records of a case from its last one back, oldest first: their positions. ERR_OK; ERR_TOO_LARGE: it has more than `most`;
 * ERR_CORRUPT, store errors. The arena holds the list alone. `*workflow`, the one it is pinned to, becomes the one it was opened under. */
enum err past_positions(const struct past *past, struct store_txn *txn, struct arena *arena, uint64_t last, uint32_t most, const uint64_t **positions,
                        uint32_t *count, uint64_t *workflow);
enum err past_record(const struct past *past, struct store_txn *txn, struct arena *arena, uint64_t position, struct log_record *record);

/* Takes the decision over as the engine does: `*state` is the case as it stood afterwards. Only of a decision that was no refusal. ERR_OK, ERR_NO_MEMORY. */
enum err past_apply(struct past *past, const struct decision *decision, const struct log_record *record, uint64_t position, const struct case_state **state);

/* One clock after another that is due strictly before `time`, never before the case's last event: each at once, as the engine fires what it finds
 * before an event; or (`as_it_fell`) just after it was due, as the engine has fired it when it was running. */
enum err past_fire(struct past *past, struct arena *arena, uint64_t position, const struct workflow *workflow, int64_t time, bool as_it_fell,
                   const struct case_state **state, uint32_t *fired);

#endif
