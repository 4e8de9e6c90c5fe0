/* audit_answer: every answer that the host sends, held against the log as it is on disk at that moment. See audit.h. */
#include "tests/simulate/audit.h"

#include "tests/simulate/host.h"
#include "tests/simulate/trouble.h"

#define LETTER "letter %u (%.*s of %.*s): "
#define OF(letter) (letter)->number, SHOW((letter)->words), SHOW((letter)->from->name)

void audit_letter(struct sim *sim, struct letter *letter)
{
    if (!letter->id.size || letter->from->worker)
        return; /* a worker gives no id twice but to say the same again */
    audit_identity(sim, letter->from->name, letter->id)->contents++;
}

static bool same_receipt(const struct receipt *one, const struct receipt *other)
{
    return one->position == other->position && one->case_id == other->case_id && one->time == other->time && one->due == other->due &&
           text_equal(one->number, other->number) && text_equal(one->stage, other->stage) && text_equal(one->level, other->level) && text_equal(one->end, other->end);
}

static struct receipt receipt_of(const struct message *answer)
{
    return (struct receipt){.position = answer->position, .case_id = answer->case_id, .time = answer->time, .due = answer->due, .number = answer->number,
                            .stage = answer->stage, .level = answer->level, .end = answer->end};
}

static struct receipt receipt_kept(struct sim *sim, const struct receipt *receipt)
{
    struct receipt kept = *receipt;
    struct text *texts[] = {&kept.number, &kept.stage, &kept.level, &kept.end};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        *texts[i] = arena_copy(&sim->memory, *texts[i]);
    return kept;
}

/* What the record says must be what the answer says, and it must be the record of this very content. */
static void check_record(struct sim *sim, const struct letter *letter, const struct receipt *receipt, const struct seen_record *seen)
{
    const struct log_record *record = &seen->record;
    struct receipt recorded = {.position = receipt->position, .case_id = record->case_id, .time = record->time, .due = record->due, .number = record->number,
                               .stage = record->stage, .level = record->level, .end = record->end};
    struct message message;
    struct text why;
    if (!same_receipt(&recorded, receipt))
        sim_broken(sim, INVARIANT_SAME_ANSWER, LETTER "the answer says something else than record %llu", OF(letter), (unsigned long long)receipt->position);
    if (wire_decode(&sim->scratch, letter->bytes, &message, &why))
        return;
    const struct event *event = &record->event;
    bool same = text_equal(event->as, message.as) && text_equal(event->on_behalf, message.on_behalf) && text_equal(event->name, message.event) &&
                text_equal(event->key, message.key) && text_equal(event->unit, message.unit) && event->held == message.held &&
                event->data_count == message.data_count && event->has_happened_at == ((message.has & MESSAGE_HAS_HAPPENED_AT) != 0) &&
                event->happened_at == message.happened_at && (event->task == message.task || letter->kind == MESSAGE_RETRY) &&
                (!letter->id.size || (text_equal(event->id, letter->id) && text_equal(event->sender, letter->from->name)));
    if (!same)
        sim_broken(sim, INVARIANT_SAME_ANSWER, LETTER "is answered with record %llu, which is another event", OF(letter), (unsigned long long)receipt->position);
}

static void check_yes(struct sim *sim, struct letter *letter, const struct message *answer)
{
    struct receipt receipt = receipt_of(answer);
    const struct seen_record *seen = audit_record(sim, answer->position);
    if (!seen) {
        sim_broken(sim, INVARIANT_NOTHING_UNCOMMITTED_LEAVES, LETTER "is answered %s for position %llu, the disk stands at %llu", OF(letter),
                   message_kind_name(answer->kind), (unsigned long long)answer->position, (unsigned long long)sim->audit->count);
        return;
    }
    check_record(sim, letter, &receipt, seen);
    /* A report without an id has no receipt: said twice it may be taken twice, and each time that is a record of its own. */
    if (letter->acknowledged && letter->id.size && !same_receipt(&letter->receipt, &receipt))
        sim_broken(sim, INVARIANT_SAME_ANSWER, LETTER "was answered with position %llu, and now with %llu", OF(letter), (unsigned long long)letter->receipt.position,
                   (unsigned long long)receipt.position);
    if (seen->record.event.kind == EVENT_ERASE)
        audit_erased(sim, seen->record.event.on_behalf);
    letter->acknowledged = true;
    letter->receipt = receipt_kept(sim, &receipt);
}

static void check_parked(struct sim *sim, const struct letter *letter, const struct message *answer)
{
    const struct seen_record *seen = audit_record(sim, answer->position);
    struct map_number storage;
    if (!seen)
        sim_broken(sim, INVARIANT_NOTHING_UNCOMMITTED_LEAVES, LETTER "is answered parked for position %llu, the disk stands at %llu", OF(letter),
                   (unsigned long long)answer->position, (unsigned long long)sim->audit->count);
    else if (seen->record.event.kind != EVENT_PARK || !text_equal(seen->record.event.id, letter->id))
        sim_broken(sim, INVARIANT_SAME_ANSWER, LETTER "is answered parked with record %llu, which is something else", OF(letter), (unsigned long long)answer->position);
    else if (!map_find(&sim->audit->parks, map_key(&storage, answer->position)) && seen->ended <= sim->audit->before) /* in this batch: its end is told next */
        sim_broken(sim, INVARIANT_EVERY_MESSAGE_ENDS, LETTER "is answered parked with %llu, which was decided long ago", OF(letter), (unsigned long long)answer->position);
    if (letter->acknowledged)
        sim_broken(sim, INVARIANT_SAME_ANSWER, LETTER "was applied, and is now answered parked", OF(letter));
}

/* ---- refusals ---- */

/* `version` 0: any. */
static bool workflow_is_deployed(const struct audit *audit, struct text name, uint32_t version)
{
    for (uint32_t i = 0; i < audit->workflow_count; i++)
        if (text_equal(audit->workflows[i].name, name) && (!version || audit->workflows[i].version == version))
            return true;
    return false;
}

static const struct seen_case *case_meant(const struct sim *sim, const struct case_ref *ref)
{
    switch (ref->kind) {
    case CASE_REF_ID: return audit_case(sim, ref->id);
    case CASE_REF_KEY: return map_find(&sim->audit->keys, ref->text);
    case CASE_REF_NUMBER: return map_find(&sim->audit->numbers, ref->text);
    case CASE_REF_NONE: break;
    }
    return NULL;
}

/* Whether the reason can be seen in the log, where it is one that must be seen there. `*says` tells what is wrong about it. */
static bool is_true(struct sim *sim, const struct letter *letter, const struct message *message, enum err code, const char **says)
{
    switch (code) {
    case ERR_UNKNOWN_CASE: {
        const struct seen_case *meant = case_meant(sim, &message->subject);
        *says = "its case is here";
        return !meant || meant->id > sim->audit->before; /* it may have come later in the same batch */
    }
    case ERR_UNKNOWN_WORKFLOW:
        *says = "its workflow is deployed";
        return !workflow_is_deployed(sim->audit, message->workflow, letter->kind == MESSAGE_MIGRATE ? message->version : 0) || message->held;
    case ERR_UNKNOWN_UNIT:
        *says = "its unit is in the directory";
        if (!(sim->trouble->deployed >> SOURCE_DIRECTORY_1 & 1))
            return true; /* there is none yet */
        return letter->kind != MESSAGE_OPEN || directory_find_unit(source_directory(), message->unit) == NONE || sim->trouble->deployed >> SOURCE_DIRECTORY_2;
    case ERR_KEY_TAKEN: *says = "its key is free"; return map_find(&sim->audit->keys, message->key) != NULL;
    case ERR_ID_REUSED:
        *says = "its id was never used for anything else";
        return letter->id.size && audit_identity(sim, letter->from->name, letter->id)->contents > 1;
    case ERR_UNKNOWN_EVENT: *says = "the workflow has that event"; return true;
    case ERR_CORRUPT:
    case ERR_IO: *says = "that is no answer for a sender"; return false;
    default: return true;
    }
}

static void check_no(struct sim *sim, const struct letter *letter, const struct message *answer)
{
    struct message message;
    struct text why;
    const char *says = "";
    if (answer->code == ERR_NOT_REGISTERED || answer->code == ERR_DENIED)
        return; /* that speaks of the connection: the same is sent again on one that is known */
    if (letter->acknowledged && letter->id.size)
        sim_broken(sim, INVARIANT_SAME_ANSWER, LETTER "was applied at %llu, and is now refused: %s", OF(letter), (unsigned long long)letter->receipt.position,
                   err_name(answer->code));
    if (!answer->why.size || !answer->todo.size)
        sim_broken(sim, INVARIANT_REFUSALS_ARE_TRUE, LETTER "is refused without a reason or without what to do", OF(letter));
    if (wire_decode(&sim->scratch, letter->bytes, &message, &why) == ERR_OK && !is_true(sim, letter, &message, answer->code, &says))
        sim_broken(sim, INVARIANT_REFUSALS_ARE_TRUE, LETTER "is refused %s, but %s", OF(letter), err_name(answer->code), says);
}

void audit_answer(struct sim *sim, struct letter *letter, const struct message *answer)
{
    letter->answered = true;
    switch (answer->kind) {
    case MESSAGE_APPLIED:
    case MESSAGE_DUPLICATE:
        if (!letter->noted)
            check_yes(sim, letter, answer);
        break;
    case MESSAGE_PARKED: check_parked(sim, letter, answer); break;
    case MESSAGE_REFUSED: check_no(sim, letter, answer); break;
    default: break;
    }
}
