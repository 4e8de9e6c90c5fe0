/* server_sight: how far a connection sees: which cases a key is shown, whom it is told of, what a refusal tells it. See server.h; whether a message may be
 * sent at all is server_access.c's, what of a case is shown to whom view.h's.
 *
 *     an app in the name of somebody     cases that concern that person, and those at its units
 *     an app in nobody's, a watcher      cases at its units
 *
 * Asked again for every message and for each handful of news, of the list of keys and the directory as they are then. */
#include "engine/server_inner.h"

static bool sees_all(const struct principal *principal)
{
    return !principal || principal->kind == PRINCIPAL_OPERATOR;
}

static bool acts_for(void *context, struct text person)
{
    const struct server_sight *sight = context;
    return access_acts_for(sight->server, sight->principal, person);
}

static bool at_unit(void *context, uint32_t unit_id)
{
    const struct server_sight *sight = context;
    const struct directory *directory = engine_directory(sight->server->engine);
    return directory && principal_at_row(sight->principal, directory, advance_unit(directory, unit_id));
}

const struct sight *sight_of(struct server *server, const struct principal *principal, struct server_sight *sight)
{
    *sight = (struct server_sight){.server = server, .principal = principal};
    sight->sight = (struct sight){.acts_for = acts_for, .at_unit = at_unit, .context = sight};
    return sees_all(principal) ? NULL : &sight->sight;
}

static bool shows(struct server *server, const struct principal *principal, struct text person, const struct case_ref *subject)
{
    const struct case_state *state;
    struct server_sight sight;
    struct view view = {.engine = server->engine, .arena = &server->scratch};
    const struct viewer viewer = {.person = person, .sight = sight_of(server, principal, &sight)};
    return engine_find_case(server->engine, subject, &state) == ERR_OK && view_shows_case(&view, state, &viewer);
}

bool access_to_case(struct server *server, const struct item *item, struct text *why)
{
    const struct principal *principal = item->from->who;
    const struct message *message = &item->message;
    *why = (struct text){0};
    if (sees_all(principal) || (message->kind != MESSAGE_SHOW && message->kind != MESSAGE_EXPLAIN))
        return true;
    if (shows(server, principal, message->as, &message->subject))
        return true;
    /* Whether it is elsewhere is not said. */
    *why = message->as.size ? TEXT("There is no such case that concerns this person, or stands at the units of this key.") : TEXT("There is no such case at the units of this key.");
    return false;
}

/* ---- what a refusal tells ---- */

/* These say in a sentence how the case stands. */
static bool speaks_of_case(enum err code)
{
    switch (code) {
    case ERR_NOT_NOW:
    case ERR_NOT_ALLOWED:
    case ERR_TOO_LATE:
    case ERR_TOO_OFTEN:
    case ERR_CONDITION:
    case ERR_NO_LEVEL:
    case ERR_CASE_FULL:
    case ERR_UNKNOWN_EVENT:
    case ERR_UNKNOWN_PERSON:
    case ERR_STALE_LEASE: return true;
    default: return false;
    }
}

static void tell_no_more_than_code(struct message *answer)
{
    struct message bare = {.kind = answer->kind, .request = answer->request, .has = MESSAGE_HAS_CODE, .code = answer->code, .id = answer->id, .todo = answer->todo,
                           .why = speaks_of_case(answer->code) ? text_of(err_sentence(answer->code)) : answer->why};
    *answer = bare;
}

static bool names_somebody_hidden(struct server *server, const struct message *sent, struct text why)
{
    const struct case_state *state;
    struct view view = {.engine = server->engine, .arena = &server->scratch};
    const struct viewer viewer = {.person = sent->on_behalf.size ? sent->on_behalf : sent->as};
    return engine_find_case(server->engine, &sent->subject, &state) == ERR_OK && view_tells_of_hidden(&view, state, &viewer, why);
}

void sight_of_refusal(struct server *server, const struct principal *principal, const struct message *sent, struct message *answer)
{
    if (answer->kind != MESSAGE_REFUSED || sent->subject.kind == CASE_REF_NONE || sent->kind == MESSAGE_OPEN)
        return;
    if (!sees_all(principal) && !shows(server, principal, sent->as, &sent->subject) && !shows(server, principal, sent->on_behalf, &sent->subject))
        tell_no_more_than_code(answer);
    else if (speaks_of_case(answer->code) && names_somebody_hidden(server, sent, answer->why))
        answer->why = text_of(err_sentence(answer->code));
}
