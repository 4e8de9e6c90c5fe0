/* reopen: see reopen.h. */
#include "engine/reopen.h"

#include "engine/clock.h"
#include "engine/intake.h"
#include "engine/kin.h"
#include "engine/notice.h"
#include "engine/outcome.h"
#include "engine/publication.h"
#include "engine/retain.h"
#include "engine/sender.h"

static const struct workflow_reopen *reopen_of(const struct workflow *workflow)
{
    int32_t row = workflow_head(workflow)->reopen;
    return row == NONE ? NULL : workflow_reopen(workflow, row);
}

void reopen_remember(struct step *step)
{
    const struct workflow_reopen *reopen = reopen_of(step->workflow);
    clock_end(step, reopen && reopen->resume);
    if (reopen)
        step->state->ended_at = step->input.now;
}

/* The last moment; INT64_MAX: there is none. */
static int64_t last_moment(const struct workflow *workflow, const struct workflow_reopen *reopen, const struct calendar *calendar, int64_t ended_at)
{
    return reopen->within == NONE ? INT64_MAX : calendar_add(calendar, ended_at, workflow_duration(workflow, reopen->within)).time;
}

bool reopen_possible(const struct advance_input *input)
{
    const struct workflow_reopen *reopen = reopen_of(input->workflow);
    const struct case_count *count = case_count_of(input->before, CASE_REOPEN);
    int32_t unit = input->directory ? advance_unit(input->directory, input->before->unit) : NONE;
    const struct calendar *calendar = unit == NONE ? NULL : advance_calendar(input, unit);
    if (case_link_of(input->before, LINK_MERGED_INTO))
        return false; /* it goes on in another case; un-merge brings it back */
    if (!reopen || !calendar || (input->before->flags & CASE_FORGOTTEN) || (count && reopen->most && count->in_case >= reopen->most))
        return false;
    return input->now <= last_moment(input->workflow, reopen, calendar, input->before->ended_at);
}

int64_t reopen_last_moment(const struct advance_input *input)
{
    const struct calendar *calendar = advance_calendar(input, advance_unit(input->directory, input->before->unit));
    return last_moment(input->workflow, reopen_of(input->workflow), calendar, input->before->ended_at);
}

static bool may_reopen(struct step *step, const struct workflow_reopen *reopen)
{
    if (!reopen)
        return step_refuse(step, ERR_NOT_NOW, "the case has ended, and its workflow does not let it be opened again");
    if (!(step->state->flags & CASE_ENDED))
        return step_refuse(step, ERR_NOT_NOW, "the case has not ended: it stands in %s", workflow_stage_name(step->workflow, step->state->stage));
    int64_t last = last_moment(step->workflow, reopen, step->calendar, step->state->ended_at);
    if (step->input.now > last)
        return step_refuse(step, ERR_TOO_LATE, "it was possible until %.*s", SHOWN(calendar_print(step->calendar, step->arena, last)));
    return sender_among(step, workflow_by(step->workflow, reopen->by)->people) && sender_not_too_often(step, CASE_REOPEN, reopen->most);
}

static void open_again(struct step *step)
{
    struct case_state *state = step->state;
    state->flags &= ~(uint32_t)(CASE_ENDED | CASE_OVERDUE | CASE_OVER_LIMIT);
    state->end = NONE;
    state->ended_at = 0;
    retain_end(step);
    state->reopened_at = step->input.now;
    state->first_count = 0;
    kin_resume(step);
    step_say(step, TEXT("重新立案"), "opened again");
    notice_to_told(step, NOTICE_REOPENED, false, NOTICE_NO_WORDS);
    publication_withdraw(step);
}

bool reopen_case(struct step *step)
{
    const struct workflow_reopen *reopen = reopen_of(step->workflow);
    if (!may_reopen(step, reopen))
        return false;
    struct intake intake = {.needs = reopen->needs, .may = reopen->may};
    if (!intake_check(step, &intake))
        return false;
    intake_take(step, &intake);
    sender_count(step, CASE_REOPEN);
    open_again(step);
    if (!outcome_run(step, reopen->outcome))
        return false;
    clock_begin(step);
    return true;
}
