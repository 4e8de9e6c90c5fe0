/* sender: see sender.h. */
#include "engine/sender.h"

#include "engine/poll.h"

/* People of the directory: what lets the one act for the other, where the directory says so of anyone. Who acts for a resident is the app's to
 * say, which speaks for both. */
static bool delegated(struct step *step, struct text as, struct text on_behalf)
{
    const struct directory *directory = step->input.directory;
    int32_t other = directory_find_person(directory, on_behalf), person = directory_find_person(directory, as);
    if (other == NONE || other == person || !directory_delegates(directory))
        return true;
    const struct directory_delegation *ended = NULL, *found = NULL;
    if (person != NONE)
        found = directory_delegation(directory, person, other, calendar_date(step->calendar, step->input.now), &ended);
    if (found) {
        step_say(step, arena_print(step->arena, "%.*s代%.*s办理：%s", SHOWN(as), SHOWN(on_behalf), directory_string(directory, found->basis)), "%.*s acts for %.*s: %s", SHOWN(as), SHOWN(on_behalf), directory_string(directory, found->basis));
        return true;
    }
    if (ended)
        return step_refuse(step, ERR_NOT_ALLOWED, "%.*s may act for %.*s no more: %s ended with %.*s", SHOWN(as), SHOWN(on_behalf),
                           directory_string(directory, ended->basis), SHOWN(civil_print(step->arena, ended->until)));
    return step_refuse(step, ERR_NOT_ALLOWED, "%.*s may not act for %.*s: the directory says nothing of it for this day", SHOWN(as), SHOWN(on_behalf));
}

bool sender_named(struct step *step)
{
    const struct event *event = step->input.event;
    if (!event->as.size && !event->worker.size)
        return step_refuse(step, ERR_UNKNOWN_PERSON, "the event does not say who acts");
    if (event->on_behalf.size && !access_knows(&step->input, event->as))
        return step_refuse(step, ERR_UNKNOWN_PERSON, "'%.*s', who acts for %.*s, is neither in the directory nor in this case",
                           SHOWN(event->as), SHOWN(event->on_behalf));
    return !event->on_behalf.size || delegated(step, event->as, event->on_behalf);
}

bool sender_among(struct step *step, struct span people)
{
    if (access_includes(&step->input, people, step->person)) {
        step_tell(step, TRACE(.kind = TRACE_SENDER, .name = step->person.size ? step->person : step->input.event->worker), "%.*s may send it", SHOWN(step->person.size ? step->person : step->input.event->worker));
        return true;
    }
    struct text words = access_words(&step->input, step->arena, people);
    if (step->person.size && !access_knows(&step->input, step->person))
        return step_refuse(step, ERR_UNKNOWN_PERSON, "'%.*s' is neither in the directory nor in this case; it may be sent by: %.*s",
                           SHOWN(step->person), SHOWN(words));
    return step_refuse(step, ERR_NOT_ALLOWED, "%.*s may not send it; it may be sent by: %.*s",
                       SHOWN(step->person.size ? step->person : step->input.event->worker), SHOWN(words));
}

/* ---- not-same-as ---- */

static bool is_one_of(struct text person, struct text as, struct text on_behalf)
{
    return person.size && (text_equal(person, as) || text_equal(person, on_behalf));
}

static bool sent(const struct case_state *state, int32_t event, struct text person)
{
    const struct case_count *count = case_count_of(state, event);
    if (count && is_one_of(person, count->last_as, count->last_for))
        return true;
    for (uint32_t i = 0; i < state->part_count; i++)
        if (state->parts[i].event == event && is_one_of(person, state->parts[i].person, state->parts[i].by))
            return true;
    return false;
}

static bool differs(struct step *step, const struct workflow_event *event, struct text person)
{
    const struct workflow *workflow = step->workflow;
    for (int32_t i = 0; i < event->not_same_as_events.count; i++) {
        int32_t other = workflow_ref(workflow, event->not_same_as_events.first + i);
        if (sent(step->state, other, person))
            return step_refuse(step, ERR_NOT_ALLOWED, "%.*s has sent %s and may not send this one too", SHOWN(person),
                               workflow_event_name(workflow, other));
    }
    for (int32_t i = 0; i < event->not_same_as_fields.count; i++) {
        int32_t field = workflow_ref(workflow, event->not_same_as_fields.first + i);
        if (case_has_person(&step->state->data[field], person))
            return step_refuse(step, ERR_NOT_ALLOWED, "%.*s is named in %s and may not send this", SHOWN(person),
                               workflow_field_name(workflow, field));
    }
    if (event->not_same_as_opener && is_one_of(person, step->state->opener, step->state->opener_for))
        return step_refuse(step, ERR_NOT_ALLOWED, "%.*s has opened this case and may not send this", SHOWN(person));
    if (event->not_same_as_vote != NONE && poll_had_voice(step, event->not_same_as_vote, person))
        return step_refuse(step, ERR_NOT_ALLOWED, "%.*s had a voice in the vote of %s and may not send this", SHOWN(person),
                           workflow_stage_name(workflow, event->not_same_as_vote));
    return true;
}

bool sender_not_same(struct step *step, const struct workflow_event *event)
{
    return differs(step, event, step->input.event->as) && differs(step, event, step->input.event->on_behalf);
}

/* ---- counting ---- */

bool sender_not_too_often(struct step *step, int32_t event, int32_t most)
{
    const struct case_count *count = case_count_of(step->state, event);
    if (most == 0 || !count || count->in_case < most)
        return true;
    return step_refuse(step, ERR_TOO_OFTEN, "%s has happened %d times in this case, which is all that is allowed",
                       event == CASE_EXTEND ? "extend" : event == CASE_REOPEN ? "reopen" : workflow_event_name(step->workflow, event), count->in_case);
}

void sender_count(struct step *step, int32_t event)
{
    struct case_count *count = case_add_count(step->arena, step->state, event);
    count->in_case++;
    count->in_stage++;
    count->last_as = step->input.event->as;
    count->last_for = step->input.event->on_behalf;
}
