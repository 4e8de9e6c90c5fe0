/* server_forget: the keys of cases whose time is over (`retain`), and of persons who are erased. The event comes first, since what it says must be on disk before
 * anything is destroyed; a run that ends between the two leaves a case that is marked, or a person that is written down as erased, whose key is still there: the
 * next start looks for such. So does a server that goes on after a commit that may have held although it failed, or that found the disk of the keys full;
 * and so the keys of an older backup lose what was erased since, when they are put beside a newer log.
 *
 *     the event ─ on disk ─> the key ─ destroyed on disk ─> its bytes in LMDB's file are overwritten ──> an erasure is answered
 *                                                          (for cases and votes within the minute) */
#include "engine/server_inner.h"

#include "engine/record.h"

enum { TRY_AGAIN_MS = 5000 };

void server_forget_later(struct server *server)
{
    server->forget_due = true;
    server->forget_at = 0;
}

/* The disk of the keys is full: that ends nothing, and is looked for again. */
static enum err put_off(struct server *server)
{
    oplog(OPLOG_ERROR, "key-not-destroyed", OPLOG_STRING("why", err_sentence(ERR_DISK_FULL)));
    server->forget_due = true;
    server->forget_at = server->walltime.monotonic + TRY_AGAIN_MS;
    return store_reopen(server->keys);
}

void server_forget(struct server *server, struct text case_key)
{
    struct seal_key key = seal_key_of_case(case_key);
    enum err code = seal_destroy(server->seal, &key);
    code = code == ERR_DISK_FULL ? put_off(server) : code;
    if (code)
        server_fail(server, code, "destroying the key of a case");
}

/* ---- persons ---- */

bool server_erase(struct server *server, struct text person)
{
    struct seal_key key = seal_key_of_person(person);
    enum err code = seal_destroy(server->seal, &key);
    if (code == ERR_DISK_FULL) {
        code = put_off(server);
        if (code)
            server_fail(server, code, "destroying the key of a person");
        return false;
    }
    if (code)
        server_fail(server, code, "destroying the key of a person");
    else
        server_wipe(server);
    return code == ERR_OK;
}

static enum err look_through_erased(struct server *server)
{
    struct record_key after = {.size = 0};
    struct engine_erased erased;
    enum err code = ERR_OK;
    while (!code) {
        struct arena_mark mark = arena_save(&server->scratch);
        code = engine_next_erased(server->engine, &server->scratch, &after, &erased);
        if (!code) {
            struct seal_key key = seal_key_of_person(erased.person);
            code = seal_destroy(server->seal, &key);
        }
        arena_rewind(&server->scratch, mark);
    }
    return code == ERR_NOT_FOUND ? ERR_OK : code;
}

/* While a backup reads the keys, what it reads is left to it. */
void server_wipe(struct server *server)
{
    enum err code = seal_wipe(server->seal);
    if (code == ERR_BUSY || code == ERR_DISK_FULL)
        oplog(OPLOG_INFO, "keys-not-overwritten-yet", OPLOG_STRING("why", err_sentence(code)));
    else if (code)
        server_fail(server, code, "overwriting destroyed keys");
}

/* ---- cases ---- */

/* Without one nothing was ever forgotten, and no case need be looked at. */
static bool any_retains(struct server *server)
{
    struct text name;
    uint64_t position;
    for (uint32_t i = 0; engine_deployed_workflow(server->engine, i, &name, &position); i++) {
        const struct workflow *workflow = engine_workflow(server->engine, position);
        if (workflow && workflow_head(workflow)->retain != NONE)
            return true;
    }
    return false;
}

static enum err look_through(struct server *server, struct store_cursor *cursor)
{
    struct text key, value;
    struct record_key from = key_case(engine_partition(server->engine), 0);
    enum err code = store_cursor_seek(cursor, key_text(&from), &key, &value);
    for (; code == ERR_OK; code = store_cursor_next(cursor, &key, &value)) {
        struct case_header header;
        code = case_header_read(value, &header);
        if (code)
            return code;
        struct seal_key sealed = seal_key_of_case((struct text){.data = (const char *)header.key, .size = ID_SIZE});
        if (header.flags & CASE_FORGOTTEN)
            code = seal_destroy(server->seal, &sealed);
        if (code)
            return code;
    }
    return code == ERR_NOT_FOUND ? ERR_OK : code;
}

static enum err look_through_cases(struct server *server)
{
    struct store_txn *txn;
    struct store_cursor *cursor;
    if (!any_retains(server))
        return ERR_OK;
    enum err code = store_begin_read(server->store, &txn);
    if (code)
        return code;
    code = store_cursor_open(txn, STORE_CASE, &cursor);
    if (!code) {
        code = look_through(server, cursor);
        store_cursor_close(&cursor);
    }
    store_end_read(&txn);
    return code;
}

enum err server_forget_again(struct server *server)
{
    if (!server->forget_due || server->walltime.monotonic < server->forget_at)
        return ERR_OK;
    server->forget_due = false;
    enum err code = look_through_erased(server);
    code = code ? code : look_through_cases(server);
    return code == ERR_DISK_FULL ? put_off(server) : code;
}
