/* host_owed: what the process owes to secret votes, and to cases whose time is over: it holds the keys. As the server does it (server_turn.c, server_forget.c). */
#include "engine/case.h"
#include "tests/simulate/breaks.h"
#include "tests/simulate/host.h"

enum { COUNTS_AGAIN_MS = 5 * SECOND };

/* ---- secret votes ---- */

/* --break keep-vote-key: a copy of the keys is kept, and put back. */
static enum err count_next(struct sim *sim, struct record_key *after, struct event *event)
{
    struct host *host = sim->host;
    breaks_note_keys(sim);
    enum err code = door_count(&host->door, &host->arena, after, event);
    if (!code && text_is(event->name, "key-destroyed") && sim->options.broken == BREAK_KEEP_VOTE_KEY)
        breaks_restore_keys(sim);
    return code;
}

/* --break miscount: a ballot goes from one choice to the other. */
static void miscount(struct sim *sim, struct event *event)
{
    struct field_value *data = (struct field_value *)(uintptr_t)event->data;
    for (uint32_t i = 0; i + 1 < event->data_count; i++)
        if (data[i].value.integer > 0) {
            data[i] = (struct field_value){data[i].name, value_integer(data[i].value.integer - 1)};
            data[i + 1] = (struct field_value){data[i + 1].name, value_integer(data[i + 1].value.integer + 1)};
            sim_trace(sim, "a ballot is counted for another choice");
            return;
        }
}

bool host_owes_counts(const struct sim *sim)
{
    return engine_owes_counts(sim->host->engine) && sim_monotonic(sim) >= sim->host->counts_at;
}

enum err host_take_counts(struct sim *sim, struct event *events, uint32_t most, uint32_t *count)
{
    struct host *host = sim->host;
    struct record_key after = {.size = 0};
    enum err code = ERR_OK;
    *count = 0;
    while (host_owes_counts(sim) && !code && *count < most) {
        code = count_next(sim, &after, &events[*count]);
        if (!code && sim->options.broken == BREAK_MISCOUNT && text_is(events[*count].name, "counted"))
            miscount(sim, &events[*count]);
        *count += code == ERR_OK;
    }
    if (code == ERR_DISK_FULL) /* of the keys: it stays owed, and is asked for again */
        host->counts_at = sim_monotonic(sim) + COUNTS_AGAIN_MS;
    if (code == ERR_DISK_FULL && store_reopen(host->keys))
        code = ERR_IO;
    return code == ERR_NOT_FOUND || code == ERR_DISK_FULL ? ERR_OK : code;
}

enum err host_decide_counts(struct sim *sim, const struct event *events, uint32_t count)
{
    enum err code = ERR_OK;
    for (uint32_t i = 0; i < count && !code; i++) {
        struct message answer;
        code = engine_decide(sim->host->engine, &events[i], &answer);
        if (!code && answer.kind == MESSAGE_REFUSED) {
            sim_trace(sim, "  what is owed to the votes of case %llu is not taken: %.*s", (unsigned long long)events[i].subject.id, SHOW(answer.why));
            engine_forget_counts(sim->host->engine);
        }
    }
    return code;
}

/* ---- cases whose time is over ---- */

static enum err forget(struct sim *sim, struct text case_key)
{
    struct seal_key key = seal_key_of_case(case_key);
    return sim->options.broken == BREAK_KEEP_CASE_KEY ? ERR_OK : seal_destroy(sim->host->seal, &key);
}

enum err host_forget(struct sim *sim, const struct engine_done *done)
{
    enum err code = ERR_OK;
    for (uint32_t i = 0; i < done->forgotten_count && !code; i++)
        code = forget(sim, done->forgotten[i]);
    return code;
}

enum err host_erase(struct sim *sim, struct text person)
{
    struct seal_key key = seal_key_of_person(person);
    return sim->options.broken == BREAK_KEEP_PERSON_KEY ? ERR_OK : seal_destroy(sim->host->seal, &key);
}

static enum err erase_again(struct sim *sim)
{
    struct record_key after = {.size = 0};
    struct engine_erased erased;
    enum err code = ERR_OK;
    while (!code) {
        code = engine_next_erased(sim->host->engine, &sim->scratch, &after, &erased);
        code = code ? code : host_erase(sim, erased.person);
    }
    return code == ERR_NOT_FOUND ? ERR_OK : code;
}

/* The process may have died between the event and the end of the key. */
enum err host_forget_again(struct sim *sim)
{
    struct store_txn *txn;
    struct store_cursor *cursor;
    struct text key, value;
    enum err code = store_begin_read(sim->host->store, &txn);
    if (code)
        return code;
    code = store_cursor_open(txn, STORE_CASE, &cursor);
    code = code ? code : store_cursor_seek(cursor, (struct text){0}, &key, &value);
    for (; !code; code = code ? code : store_cursor_next(cursor, &key, &value)) {
        struct case_header header;
        code = case_header_read(value, &header);
        if (!code && header.flags & CASE_FORGOTTEN)
            code = forget(sim, (struct text){(const char *)header.key, ID_SIZE});
    }
    store_end_read(&txn);
    return code == ERR_NOT_FOUND || !code ? erase_again(sim) : code;
}
