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

/* What the batch itself has put there. */
static void forget_fresh(struct engine *engine, const struct record_key *prefix)
{
    for (uint32_t i = 0, count = engine->batch.row_count; i < count; i++) {
        const struct batch_row *row = engine->batch.rows[i];
        struct record_key key = {.size = row->key.size};
        if (row->table != STORE_ROLL || row->deleted || !key_begins(row->key, prefix))
            continue;
        memcpy(key.bytes, row->key.data, row->key.size);
        batch_delete(&engine->batch, STORE_ROLL, &key);
    }
}

enum err engine_forget_rolls(struct engine *engine, uint64_t case_id)
{
    struct record_key prefix = key_log(engine->options.partition, case_id); /* a roll's key begins as a position's: partition and case */
    struct store_txn *txn;
    struct store_cursor *cursor;
    struct text name, value;
    enum err code = batch_txn(&engine->batch, &txn);
    code = code ? code : store_cursor_open(txn, STORE_ROLL, &cursor);
    if (code)
        return code;
    forget_fresh(engine, &prefix);
    code = store_cursor_seek(cursor, key_text(&prefix), &name, &value);
    for (; !code && key_begins(name, &prefix); code = store_cursor_next(cursor, &name, &value)) {
        struct record_key key = {.size = name.size};
        memcpy(key.bytes, name.data, name.size);
        batch_delete(&engine->batch, STORE_ROLL, &key);
    }
    store_cursor_close(&cursor);
    return code == ERR_NOT_FOUND ? ERR_OK : code;
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
