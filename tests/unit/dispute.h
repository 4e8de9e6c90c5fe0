/* dispute: the workflow of section 1 of the language, by hand. */
#ifndef STAIRCASE_TEST_DISPUTE_H
#define STAIRCASE_TEST_DISPUTE_H

#include "tests/unit/build_workflow.h"

static inline void dispute_data(struct builder *b)
{
    int32_t summary = field(b, "summary", FIELD_TEXT);
    field_row(b, summary)->bounded = 2;
    field_row(b, summary)->most = 2000;
    choices(b, field(b, "category", FIELD_CHOICE), "neighbour family property labour other");
    field(b, "applicant", FIELD_PEOPLE);
    field(b, "respondent", FIELD_PEOPLE);
    field(b, "reason", FIELD_TEXT);
    field(b, "agreement", FIELD_TEXT);
    field(b, "kept", FIELD_BOOLEAN);
    int32_t comments = field(b, "comments", FIELD_LIST);
    int32_t element = field(b, NULL, FIELD_TEXT);
    field_row(b, comments)->of = element;
    field_row(b, comments)->bounded = 2;
    field_row(b, comments)->most = 3;
    group(b, "parties", "applicant respondent");
}

static inline void dispute_consent(struct builder *b)
{
    ladder(b, "consent", "building grid community centre");
    stage_row(b, "consent")->within = limit(b, "5 working days", FROM_ENTRY, NULL);
    stage_row(b, "consent")->overdue = end_with(b, "refused");
    task(b, "consent", "mediator", NULL);
    event(b, "consent", "agree-to-mediate", each(b, "parties"), go(b, "mediation", "keep"));
    event(b, "consent", "decline", any(b, "parties"), end_with(b, "refused"));
}

static inline void dispute_mediation(struct builder *b)
{
    struct workflow_stage *stage = stage_row(b, "mediation");
    ladder(b, "mediation", "building grid community centre");
    stage->within = limit(b, "1 month", FROM_ENTRY, NULL);
    stage->warn = lasting(b, "5 working days");
    stage->overdue = climb(b, CLIMB_UP, "consent");
    stage->top = end_with(b, "failed");
    extend(b, "mediation", each(b, "parties"), "1 month", 1, NULL);
    task(b, "mediation", "mediator", NULL)->topics = (struct span){topic_row(b, level(b, "centre"), NONE, "mediation-centre"), 1};
    event(b, "mediation", "sign", any(b, "mediator worker"), go(b, "keeping", NULL))->needs = refs_of_fields(b, "agreement");
    event(b, "mediation", "raise", any(b, "mediator"), climb(b, CLIMB_UP, "consent"))->needs = refs_of_fields(b, "reason");
    struct workflow_event *returned = event(b, "mediation", "return", any(b, "mediator worker"), climb(b, CLIMB_DOWN, NULL));
    returned->needs = refs_of_fields(b, "reason");
    returned->most = 2;
    event(b, "mediation", "stop", any(b, "parties"), end_with(b, "refused"));
}

static inline void dispute_keeping(struct builder *b)
{
    stage_at(b, "keeping", "grid");
    stage_row(b, "keeping")->within = limit(b, "30 days", FROM_ENTRY, NULL);
    task(b, "keeping", "grid-worker", NULL);
    remind(b, "keeping", people(b, "grid-worker supervisor"), "3 working days", AFTER_DUE);
    struct workflow_branch ways[] = {{when_true(b, "kept"), end_with(b, "resolved")}, {NONE, go(b, "mediation", "grid")}};
    event(b, "keeping", "follow-up", any(b, "grid-worker"), choose(b, ways, 2))->needs = refs_of_fields(b, "kept");
}

/* Built into *b, for tests that add to it; then workflow_end_building. */
static inline void dispute_build(struct builder *b, struct arena *arena)
{
    *b = workflow_begin(arena, "dispute-mediation");
    dispute_data(b);
    stage(b, "consent");
    stage(b, "mediation");
    stage(b, "keeping");
    dispute_consent(b);
    dispute_mediation(b);
    dispute_keeping(b);
    event(b, NULL, "withdraw", any(b, "applicant"), end_with(b, "withdrawn"))->needs = refs_of_fields(b, "reason");
    event(b, NULL, "comment", any(b, "parties mediator grid-worker"), stay(b))->needs = refs_of_fields(b, "comments");
    opens(b, "resident grid-worker mediator", "building community", "summary category applicant respondent", "", go(b, "consent", "building"));
    head_of(b)->reference = string_of(b, "{unit}调字〔{year}〕{number}号");
    head_of(b)->tells = people(b, "parties");
}

static inline const struct workflow *dispute_workflow(struct arena *arena)
{
    struct builder b;
    dispute_build(&b, arena);
    return workflow_end_building(&b);
}

#endif
