/* kin_link: cases that people tie to each other: linked, merged, un-merged, split. See kin.h.
 *
 * These are events of a supervisor, for every workflow. Which other case is meant has been found at the door, which puts its key, number and
 * unit into the event: a supervisor of both units is asked for. What follows goes to the other case as any word between cases does.
 *
 *     link       this case          ── linked ──────────>  the other       both know each other
 *     merge      the one that stays ── merge ───────────>  ends as merged; from now on it names the one that stays
 *                                   <── merged ──────────  with its deadline: the earlier one wins     (or merge-refused, why)
 *     un-merge   the merged one goes on where it stood, by its old deadline
 *                                   ── un-merged ───────>  the one that stayed
 *     split      this case          ── EVENT_OPEN ──────>  a case of the same workflow, with what the supervisor gave it
 *                                   <── split-off ───────  its number                                  (or split-refused, why) */
#include "engine/kin.h"

#include "engine/attempt.h"
#include "engine/clock.h"
#include "engine/intake.h"
#include "engine/outcome.h"
#include "engine/sender.h"
#include "engine/stop.h"

/* ---- links ---- */

static struct case_link *link_to(struct case_state *state, struct text key, enum link_kind kind)
{
    for (uint32_t i = 0; i < state->link_count; i++)
        if (state->links[i].kind == kind && memcmp(state->links[i].key, key.data, ID_SIZE) == 0)
            return &state->links[i];
    return NULL;
}

/* The other case as the event names it. An existing link of that kind is renewed. */
static struct case_link *tie(struct step *step, enum link_kind kind)
{
    const struct event *event = step->input.event;
    struct case_link *link = link_to(step->state, event->other, kind);
    link = link ? link : case_add_link(step->arena, step->state);
    *link = (struct case_link){.kind = kind, .id = event->other_case, .number = event->other_number};
    memcpy(link->key, event->other.data, ID_SIZE);
    return link;
}

static void untie(struct step *step, enum link_kind kind)
{
    struct case_link *link = link_to(step->state, step->input.event->other, kind);
    if (link)
        case_drop_link(step->state, (uint32_t)(link - step->state->links));
}

/* "金农议〔2026〕3号 (case 45)" */
static struct text other_words(struct step *step, struct text number, uint64_t id)
{
    return number.size ? arena_print(step->arena, "%.*s (case %llu)", SHOWN(number), (unsigned long long)id)
                       : arena_print(step->arena, "case %llu", (unsigned long long)id);
}

struct text kin_survivor(struct step *step)
{
    const struct case_link *link = case_link_of(step->state, LINK_MERGED_INTO);
    return link ? other_words(step, link->number, link->id) : (struct text){0};
}

static bool say_back(struct step *step, const char *name, struct text why)
{
    struct event *event = kin_say(step, text_of(name), step->input.event->other);
    if (!event)
        return false;
    event->why = why;
    return true;
}

/* ---- who may ---- */

static bool supervises(const struct step *step, int32_t unit)
{
    const struct directory *directory = step->input.directory;
    int32_t role = directory_find_role(directory, TEXT("supervisor")), person = directory_find_person(directory, step->person);
    return role != NONE && person != NONE && unit != NONE &&
           directory_holds(directory, person, role, unit, calendar_date(step->calendar, step->input.now));
}

/* Of the unit of this case and of the unit where the other stands. */
static bool may_tie(struct step *step, bool other)
{
    const struct event *event = step->input.event;
    const struct directory *directory = step->input.directory;
    if (!sender_named(step))
        return false;
    if (step->state->flags & CASE_HELD)
        return step_refuse(step, ERR_NOT_NOW, "an imported case has nothing to do with others until it is released");
    if (other && event->other.size == 0)
        return step_refuse(step, ERR_BAD_DATA, "case: the number of the other case is needed");
    if (other && memcmp(event->other.data, step->state->key, ID_SIZE) == 0)
        return step_refuse(step, ERR_BAD_DATA, "case: that is this case itself");
    if (!supervises(step, step->unit))
        return step_refuse(step, ERR_NOT_ALLOWED, "that is done by a supervisor at %s, not by %.*s", directory_unit_path(directory, step->unit), SHOWN(step->person));
    if (other && !supervises(step, directory_find_unit(directory, event->other_unit)))
        return step_refuse(step, ERR_NOT_ALLOWED, "the other case stands at %.*s, where %.*s is no supervisor", SHOWN(event->other_unit), SHOWN(step->person));
    if (step->state->link_count >= CASE_LINKS_MOST)
        return step_refuse(step, ERR_CASE_FULL, "the case is tied to %d others, which is all that it can be", CASE_LINKS_MOST);
    return true;
}

/* ---- what a supervisor sends ---- */

bool kin_link(struct step *step)
{
    if (!may_tie(step, true))
        return false;
    tie(step, LINK_OTHER);
    return kin_say(step, TEXT("linked"), step->input.event->other) != NULL;
}

bool kin_merge(struct step *step)
{
    if (!may_tie(step, true))
        return false;
    if (step->input.event->end.size)
        return step_refuse(step, ERR_NOT_NOW, "the other case cannot be merged: it has ended, or is not released yet (%.*s)", SHOWN(step->input.event->end));
    tie(step, LINK_ABSORBED)->waits = true;
    return kin_say(step, TEXT("merge"), step->input.event->other) != NULL;
}

/* Which children count to the stage: leaving it forgets that, and a case that was merged has not left it. */
static bool *stage_children(const struct step *step)
{
    bool *in_stage = ARENA_ARRAY(step->arena, bool, step->state->child_count);
    for (uint32_t i = 0; i < step->state->child_count; i++)
        in_stage[i] = step->state->children[i].in_stage;
    return in_stage;
}

static void keep_stage_children(struct step *step, const bool *in_stage)
{
    for (uint32_t i = 0; i < step->state->child_count; i++)
        step->state->children[i].in_stage = in_stage[i];
}

/* It goes on where it stood, by the deadline that it had. What had passed has passed; children that it waited for may have ended meanwhile. */
static bool go_on(struct step *step)
{
    struct case_link *survivor = case_link_of(step->state, LINK_MERGED_INTO), link = *survivor;
    bool *in_stage = stage_children(step);
    step->state->due_cap = link.due == CASE_DUE_PASSED ? 0 : link.due;
    case_drop_link(step->state, (uint32_t)(survivor - step->state->links));
    if (!outcome_resume(step))
        return false;
    keep_stage_children(step, in_stage);
    if (link.due == CASE_DUE_PASSED)
        clock_stay_overdue(step);
    if (link.waits)
        clock_stay_over_limit(step);
    kin_try_to_go_on(step);
    return true;
}

bool kin_unmerge(struct step *step)
{
    if (!case_link_of(step->state, LINK_MERGED_INTO))
        return step_refuse(step, ERR_NOT_NOW, "the case was not merged into another");
    return may_tie(step, true) && go_on(step) && kin_say(step, TEXT("un-merged"), step->input.event->other) != NULL;
}

/* What the new case begins with is held against the workflow at once: it is the same one. */
bool kin_split(struct step *step)
{
    const struct workflow_head *head = workflow_head(step->workflow);
    struct intake intake = {.needs = head->opens_needs, .may = head->opens_may};
    if (!may_tie(step, false) || !intake_check(step, &intake))
        return false;
    struct event *event = kin_say_open(step, step->state->home_unit);
    if (!event)
        return false;
    event->workflow = text_of(workflow_string(step->workflow, head->name));
    event->data = step->input.event->data;
    event->data_count = step->input.event->data_count;
    event->as = step->input.event->as;
    event->on_behalf = step->input.event->on_behalf;
    return true;
}

/* ---- what another case has to say about it ---- */

/* A clock that stands goes on now, with what was left of it. A vote that is over, or a publication, begins anew if the case ever goes on. */
static int64_t due_of_merged(struct step *step)
{
    stop_leave(step);
    kin_let_clock_go(step);
    const struct case_clock *clock = case_clock(step->state, CLOCK_STAGE, 0);
    bool passes_once = step_stage(step)->vote == NONE && step_stage(step)->publish == NONE;
    if (clock)
        return clock->due;
    return step->state->flags & CASE_OVERDUE && passes_once && step_stage(step)->within != NONE ? CASE_DUE_PASSED : 0;
}

/* The one that stays asks this one to end. */
static bool hear_merge(struct step *step)
{
    const struct event *event = step->input.event;
    if (step->state->flags & CASE_ENDED)
        return say_back(step, "merge-refused", TEXT("it has ended"));
    if (link_to(step->state, event->other, LINK_ABSORBED))
        return say_back(step, "merge-refused", TEXT("it takes the first one over itself"));
    struct attempt attempt = attempt_begin(step);
    bool *in_stage = stage_children(step);
    int64_t due = due_of_merged(step);
    struct case_link *link = tie(step, LINK_MERGED_INTO);
    link->due = due;
    link->waits = (step->state->flags & CASE_OVER_LIMIT) != 0;
    struct event *answer = outcome_end_merged(step) ? kin_say(step, TEXT("merged"), event->other) : NULL;
    if (answer) {
        keep_stage_children(step, in_stage);
        answer->due = due == CASE_DUE_PASSED ? 0 : due;
        return true;
    }
    struct text why = step->out->why;
    attempt_undo(step, &attempt);
    return say_back(step, "merge-refused", why);
}

/* The earliest deadline wins, as long as the case stays in its stage. */
static void follow_caps(struct step *step)
{
    struct case_state *state = step->state;
    state->due_cap = 0;
    for (uint32_t i = 0; i < state->link_count; i++)
        if (state->links[i].kind == LINK_ABSORBED && state->links[i].due && (!state->due_cap || state->links[i].due < state->due_cap))
            state->due_cap = state->links[i].due;
    clock_follow_cap(step);
}

static bool hear_merged(struct step *step)
{
    struct case_link *link = link_to(step->state, step->input.event->other, LINK_ABSORBED);
    if (step->state->flags & CASE_ENDED || !link) {
        untie(step, LINK_ABSORBED);
        return say_back(step, "merge-undone", TEXT("the case that it was merged into had ended meanwhile"));
    }
    link->waits = false;
    link->due = clock_before_stop(step, step->input.event->due);
    link->id = step->input.event->other_case;
    link->number = step->input.event->other_number;
    follow_caps(step);
    return true;
}

static bool hear_merge_refused(struct step *step)
{
    const struct event *event = step->input.event;
    struct text other = other_words(step, event->other_number, event->other_case);
    untie(step, LINK_ABSORBED);
    if (!(step->state->flags & CASE_ENDED))
        kin_tell_supervisor(step, arena_print(step->arena, "%.*s 无法并入：%.*s", SHOWN(other), SHOWN(event->why)),
                        arena_print(step->arena, "%.*s could not be merged into this case: %.*s", SHOWN(other), SHOWN(event->why)));
    return true;
}

/* It was merged into a case that had ended: it goes on, without anybody asking. */
static bool hear_merge_undone(struct step *step)
{
    struct case_link *link = case_link_of(step->state, LINK_MERGED_INTO);
    if (!link || memcmp(link->key, step->input.event->other.data, ID_SIZE) != 0)
        return step_refuse(step, ERR_NOT_NOW, "the case was not merged into that one");
    return go_on(step);
}

static bool hear_unmerged(struct step *step)
{
    untie(step, LINK_ABSORBED);
    if (!(step->state->flags & CASE_ENDED))
        follow_caps(step);
    return true;
}

static bool hear_split_refused(struct step *step)
{
    const struct event *event = step->input.event;
    if (!(step->state->flags & CASE_ENDED))
        kin_tell_supervisor(step, arena_print(step->arena, "分立的案件无法立案：%.*s", SHOWN(event->why)),
                        arena_print(step->arena, "the case that was split off could not be opened: %.*s", SHOWN(event->why)));
    return true;
}

static bool hear_linked(struct step *step)
{
    tie(step, LINK_OTHER);
    return true;
}

static bool hear_split_off(struct step *step)
{
    tie(step, LINK_SPLIT_INTO);
    return true;
}

bool kin_hear_link(struct step *step, bool *known)
{
    static const struct {
        const char *name;
        bool (*hear)(struct step *step);
    } words[] = {{"linked", hear_linked},           {"merge", hear_merge},         {"merged", hear_merged},       {"merge-refused", hear_merge_refused},
                 {"merge-undone", hear_merge_undone}, {"un-merged", hear_unmerged}, {"split-off", hear_split_off}, {"split-refused", hear_split_refused}};
    *known = true;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (text_is(step->input.event->name, words[i].name))
            return words[i].hear(step);
    *known = false;
    return false;
}

bool kin_was_split_off(struct step *step)
{
    tie(step, LINK_SPLIT_FROM);
    return kin_say(step, TEXT("split-off"), step->input.event->other) != NULL;
}
