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

/* Everything but the event of the record at `position` (or that would stand there): directory and calendars as they counted then. Good until the
 * past is closed. ERR_OK; ERR_CORRUPT, store errors. */
enum err past_input(struct past *past, uint64_t position, const struct workflow *workflow, const struct case_state *before, struct advance_input *input);

/* The records of a case from its last one back, oldest first: their positions. ERR_OK; ERR_TOO_LARGE: it has more than `most`;
 * ERR_CORRUPT, store errors. The arena holds the list alone. */
enum err past_positions(const struct past *past, struct store_txn *txn, struct arena *arena, uint64_t last, uint32_t most, const uint64_t **positions,
                        uint32_t *count);
enum err past_record(const struct past *past, struct store_txn *txn, struct arena *arena, uint64_t position, struct log_record *record);

/* Takes the decision over as the engine does: `*state` is the case as it stood afterwards. Only of a decision that was no refusal. */
void past_apply(const struct decision *decision, const struct log_record *record, uint64_t position, const struct case_state **state);

/* One clock after another that is due strictly before `time`, each at its own time or later, never before the case's last event. */
enum err past_fire(struct past *past, uint64_t position, const struct workflow *workflow, struct arena *arena, int64_t time, bool explain,
                   const struct case_state **state, uint32_t *fired, struct decision *last);

#endif
