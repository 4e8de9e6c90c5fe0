/* server_refusal: each refusal, whoever refuses and whatever, is counted by its code and told to the operator's log: the code, the kind of message and the
 * principal, never who was meant, about what, or why: sentences may quote what somebody sent.
 *
 * At most LINES_A_SECOND lines a second, of refusals and of keys together: a flood of them is a number in one line (`more-refused`). */
#include "engine/server_inner.h"

enum { LINES_A_SECOND = 10 };

/* What there was no line for, once its second is over. */
void refusal_sum_up(struct server *server)
{
    struct refusals *refusals = &server->refusals;
    int64_t second = server->walltime.monotonic / 1000;
    if (second == refusals->second)
        return;
    if (refusals->unlogged)
        oplog(OPLOG_WARN, "more-refused", OPLOG_NUMBER("count", refusals->unlogged));
    *refusals = (struct refusals){.second = second};
}

bool refusal_may_log(struct server *server)
{
    refusal_sum_up(server);
    if (server->refusals.logged == LINES_A_SECOND) {
        server->refusals.unlogged++;
        return false;
    }
    server->refusals.logged++;
    return true;
}

void refusal_count(struct server *server, enum err code)
{
    server->figures.refused++;
    meter_refusal(&server->meter, code);
}

void refusal_note(struct server *server, struct text principal, const char *message, enum err code)
{
    refusal_count(server, code);
    if (refusal_may_log(server))
        oplog(OPLOG_INFO, "refused", OPLOG_STRING("code", err_name(code)), OPLOG_STRING("message", message), OPLOG_TEXT("from", principal));
}
