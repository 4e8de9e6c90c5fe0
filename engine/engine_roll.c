/* engine_roll: the rows of a roll that a decision needs: a few, however long the roll is. */
#include "engine/engine_inner.h"
#include "engine/poll.h"

/* What was foreseen, the newest first: it is not in the batch. */
static const struct roll_row *find_foreseen(const struct engine_rolls *foreseen, uint32_t roll, struct text person)
{
    for (uint32_t i = foreseen ? foreseen->count : 0; i-- > 0;)
        if (foreseen->rows[i].roll == roll && text_equal(foreseen->rows[i].person, person))
            return &foreseen->rows[i];
    return NULL;
}

static enum err read_row(struct engine *engine, uint64_t case_id, uint32_t roll, struct text person, struct roll_row *row)
{
    struct text value;
    struct record_key key = key_roll(engine->options.partition, case_id, roll, person);
    enum err code = batch_get(&engine->batch, STORE_ROLL, &key, &value);
    code = code ? code : row_decode_roll(value, row);
    row->roll = roll;
    row->person = person;
    return code;
}

enum err engine_read_rolls(struct engine *engine, const struct event *event, const struct engine_rolls *foreseen, struct advance_input *input)
{
    struct text persons[POLL_READS_MOST];
    uint32_t roll = 0, wanted = input->before ? poll_reads(input->workflow, input->before, event, &roll, persons) : 0;
    struct roll_row *rows = wanted ? ARENA_ARRAY(&engine->batch.arena, struct roll_row, wanted) : NULL;
    for (uint32_t i = 0; i < wanted; i++) {
        const struct roll_row *known = find_foreseen(foreseen, roll, persons[i]);
        enum err code = ERR_OK;
        if (known)
            rows[input->roll_count] = *known;
        else
            code = read_row(engine, input->before->id, roll, persons[i], &rows[input->roll_count]);
        if (code && code != ERR_NOT_FOUND)
            return code;
        input->roll_count += code == ERR_OK;
    }
    input->rolls = rows;
    return ERR_OK;
}

void engine_keep_foreseen(struct engine *engine, const struct decision *decision, struct engine_rolls *foreseen)
{
    if (decision->roll_count == 0)
        return;
    struct roll_row *rows = ARENA_ARRAY(&engine->batch.arena, struct roll_row, (size_t)foreseen->count + decision->roll_count);
    if (foreseen->count)
        memcpy(rows, foreseen->rows, foreseen->count * sizeof *rows);
    memcpy(rows + foreseen->count, decision->rolls, decision->roll_count * sizeof *rows);
    foreseen->rows = rows;
    foreseen->count += decision->roll_count;
}
