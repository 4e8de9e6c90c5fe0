/* compose: what clients say. Any workflow will do: needs, may, by and people are read from its compiled form; mostly the message is as it should
 * be, and in a measure that the profile gives it is not. See clients.h. */
#include "tests/simulate/clients.h"

#include "engine/directory.h"
#include "tests/simulate/host.h"

#include <stdlib.h>

enum { RESIDENTS = 12, HOLDERS_MOST = 16 };

/* What is private bears this word, so that it is found where it may not be. */
static const char secret[] = "GEHEIM";

static struct text resident(struct sim *sim)
{
    return arena_print(&sim->memory, "app:r%u", dice_below(&sim->dice, RESIDENTS));
}

static const struct directory *directory(void)
{
    return source_directory();
}

struct text compose_anybody(struct sim *sim)
{
    if (dice_chance(&sim->dice, 300))
        return resident(sim);
    if (dice_chance(&sim->dice, 50))
        return TEXT("nobody");
    int32_t people = directory()->table[DIRECTORY_PEOPLE].count;
    return text_of(directory_string(directory(), directory_person(directory(), (int32_t)dice_below(&sim->dice, (uint32_t)people))->id));
}

/* ---- who may ---- */

static struct text holder(struct sim *sim, const char *role, int32_t unit)
{
    int32_t rows[HOLDERS_MOST], row = directory_find_role(directory(), text_of(role));
    int32_t count = row == NONE || unit == NONE ? 0 : directory_holders(directory(), row, unit, (int32_t)(sim->now / DAY), rows, HOLDERS_MOST);
    if (count == 0)
        return (struct text){0};
    count = count < HOLDERS_MOST ? count : HOLDERS_MOST;
    return text_of(directory_string(directory(), directory_person(directory(), rows[dice_below(&sim->dice, (uint32_t)count)])->id));
}

static int32_t unit_for(const struct workflow *workflow, const struct dossier *dossier, const struct workflow_people *people)
{
    if (people->where == WHERE_HOME)
        return dossier->home;
    if (people->where != WHERE_LEVEL)
        return dossier->unit;
    int32_t level = directory_find_level(directory(), text_of(workflow_level_name(workflow, people->level)));
    return level == NONE ? NONE : directory_unit_at(directory(), dossier->home, level);
}

static struct text person_in(struct sim *sim, const struct dossier *dossier, int32_t field)
{
    struct text found[DOSSIER_PEOPLE_MOST];
    uint32_t count = 0;
    for (uint32_t i = 0; i < dossier->people_count; i++)
        if (dossier->people[i].field == field)
            found[count++] = dossier->people[i].person;
    return count ? found[dice_below(&sim->dice, count)] : (struct text){0};
}

static struct text person_in_group(struct sim *sim, const struct workflow *workflow, const struct dossier *dossier, int32_t group)
{
    struct span fields = workflow_group(workflow, group)->fields;
    return person_in(sim, dossier, workflow_ref(workflow, fields.first + (int32_t)dice_below(&sim->dice, (uint32_t)fields.count)));
}

static struct text one_of(struct sim *sim, const struct workflow *workflow, const struct dossier *dossier, const struct workflow_people *people)
{
    switch ((enum people_kind)people->kind) {
    case PEOPLE_ROLE: return holder(sim, workflow_string(workflow, people->role), unit_for(workflow, dossier, people));
    case PEOPLE_FIELD: return person_in(sim, dossier, people->field);
    case PEOPLE_GROUP: return person_in_group(sim, workflow, dossier, people->group);
    case PEOPLE_OPENER: return dossier->opener;
    case PEOPLE_RESIDENT: return resident(sim);
    case PEOPLE_WORKER:
    case PEOPLE_MISSING: break;
    }
    return (struct text){0};
}

/* Somebody who may, if the client can tell. */
struct text compose_sender(struct sim *sim, const struct workflow *workflow, const struct dossier *dossier, struct span people)
{
    struct text person = {0};
    if (dice_chance(&sim->dice, sim->profile.wrong))
        return compose_anybody(sim);
    for (int tries = 0; tries < 4 && !person.size && people.count; tries++)
        person = one_of(sim, workflow, dossier, workflow_people(workflow, people.first + (int32_t)dice_below(&sim->dice, (uint32_t)people.count)));
    return person.size ? person : compose_anybody(sim);
}

/* ---- values ---- */

static struct value words(struct sim *sim, const struct workflow_field *field)
{
    uint32_t size = (uint32_t)dice_tail(&sim->dice, 1, (field->bounded & 2) && field->most < 400 ? field->most : 400);
    struct text begin = arena_print(&sim->scratch, "%s-%u-", field->private ? secret : "text", dice_below(&sim->dice, 1000));
    if (begin.size >= size)
        return value_text(begin);
    char *bytes = arena_take(&sim->scratch, size);
    memcpy(bytes, begin.data, begin.size);
    memset(bytes + begin.size, 'x', size - begin.size);
    return value_text((struct text){bytes, size});
}

/* A reference alone, or with details, which are private. */
static struct value person_value(struct sim *sim, struct text person)
{
    if (dice_chance(&sim->dice, 700))
        return value_text(person);
    struct value *items = ARENA_ARRAY(&sim->scratch, struct value, 4);
    items[0] = value_text(TEXT("id"));
    items[1] = value_text(person);
    items[2] = value_text(TEXT("name"));
    items[3] = value_text(arena_print(&sim->scratch, "%s-name-%u", secret, dice_below(&sim->dice, 100)));
    return (struct value){.kind = VALUE_MAP, .count = 2, .items = items};
}

static struct value people_value(struct sim *sim, const struct workflow_field *field)
{
    uint32_t count = 1 + dice_below(&sim->dice, (field->bounded & 2) && field->most < 2 ? 1 : 2);
    if ((field->bounded & 1) && field->least > 2)
        count = (uint32_t)dice_between(&sim->dice, field->least, field->most); /* of a council */
    struct value *items = ARENA_ARRAY(&sim->scratch, struct value, count);
    uint32_t first = dice_below(&sim->dice, RESIDENTS);
    for (uint32_t i = 0; i < count; i++)
        items[i] = person_value(sim, arena_print(&sim->memory, "app:r%u", (first + i) % RESIDENTS));
    return (struct value){.kind = VALUE_LIST, .count = count, .items = items};
}

static struct value value_for(struct sim *sim, const struct workflow *workflow, const struct workflow_field *field)
{
    uint32_t units = (uint32_t)directory_unit_count(directory());
    switch ((enum field_type)field->type) {
    case FIELD_TEXT: return words(sim, field);
    case FIELD_NUMBER: return value_integer(dice_between(&sim->dice, field->bounded & 1 ? field->least : 0, field->bounded & 2 ? field->most : 100000));
    case FIELD_BOOLEAN: return value_boolean(dice_chance(&sim->dice, 400));
    case FIELD_DATE: return value_integer(sim->now / DAY + dice_between(&sim->dice, -20, 20));
    case FIELD_CHOICE: {
        int32_t row = field->choices.first + (int32_t)dice_below(&sim->dice, (uint32_t)field->choices.count);
        const struct workflow_name *names = workflow->table[WORKFLOW_NAMES].rows;
        return value_text(text_of(workflow_string(workflow, names[row].name)));
    }
    case FIELD_PEOPLE: return people_value(sim, field);
    case FIELD_LIST: {
        struct workflow_field element = *workflow_field(workflow, field->of);
        element.private = field->private;
        return value_for(sim, workflow, &element);
    }
    case FIELD_UNIT: return value_text(text_of(directory_unit_path(directory(), (int32_t)dice_below(&sim->dice, units))));
    case FIELD_REFERENCE: return value_text(TEXT("file:17"));
    }
    return (struct value){.kind = VALUE_NONE};
}

static struct value wrong_value(struct sim *sim)
{
    switch (dice_below(&sim->dice, 3)) {
    case 0: return value_integer((int64_t)dice_next(&sim->dice));
    case 1: return (struct value){.kind = VALUE_LIST};
    default: return value_text(TEXT("?"));
    }
}

static int by_name(const void *a, const void *b)
{
    return text_compare(((const struct field_value *)a)->name, ((const struct field_value *)b)->name);
}

void compose_fields(struct sim *sim, const struct workflow *workflow, struct span fields, uint32_t per_mille, struct field_value *data, uint32_t *count)
{
    for (int32_t i = 0; i < fields.count; i++) {
        const struct workflow_field *field = workflow_field(workflow, workflow_ref(workflow, fields.first + i));
        if (dice_chance(&sim->dice, per_mille))
            data[(*count)++] = (struct field_value){text_of(workflow_string(workflow, field->name)), value_for(sim, workflow, field)};
    }
}

static void spoil(struct sim *sim, struct field_value *data, uint32_t *count)
{
    uint32_t which = dice_below(&sim->dice, *count);
    switch (dice_below(&sim->dice, 3)) {
    case 0:
        if (*count)
            data[which] = data[--*count];
        break;
    case 1:
        if (*count)
            data[which].value = wrong_value(sim);
        break;
    default: data[(*count)++] = (struct field_value){TEXT("zzz-unknown"), value_boolean(true)}; break;
    }
}

struct field_value *compose_data(struct sim *sim, const struct workflow *workflow, const struct dossier *dossier, struct span needs, struct span may, uint32_t *count)
{
    struct field_value *data = ARENA_ARRAY(&sim->scratch, struct field_value, (size_t)(needs.count + may.count + 2));
    (void)dossier;
    *count = 0;
    compose_fields(sim, workflow, needs, 1000, data, count);
    compose_fields(sim, workflow, may, 500, data, count);
    if (dice_chance(&sim->dice, sim->profile.wrong))
        spoil(sim, data, count);
    if (sim->options.broken == BREAK_SKIP_SEALING && *count && data[0].value.kind == VALUE_TEXT)
        data[0].value = value_text(arena_print(&sim->scratch, "%s-in-clear", secret));
    qsort(data, *count, sizeof *data, by_name);
    return data;
}

/* ---- the parts that every event has ---- */

static struct text next_id(struct sim *sim, struct client *client)
{
    char *id = arena_take(&sim->memory, ID_SIZE);
    uint32_t number = ++client->ids;
    memcpy(id, "event-of-app", 12);
    for (int i = 0; i < 4; i++)
        id[ID_SIZE - 1 - i] = (char)(number >> (8 * i));
    return (struct text){id, ID_SIZE};
}

static void say_when(struct sim *sim, struct dossier *dossier, struct message *message)
{
    bool imported = dossier->held && !dossier->released;
    if (imported) {
        /* Mostly one after the other. */
        int64_t step = dice_chance(&sim->dice, sim->profile.wrong) ? dice_between(&sim->dice, -DAY, DAY) : dice_tail(&sim->dice, 0, 6 * DAY);
        int64_t at = dossier->due && dice_chance(&sim->dice, 200) ? dossier->due + dice_between(&sim->dice, -1, 1) : dossier->happened + step;
        message->happened_at = at < sim->now ? at : sim->now;
        dossier->happened = message->happened_at > dossier->happened ? message->happened_at : dossier->happened;
    } else if (dice_chance(&sim->dice, sim->profile.late)) {
        bool just_in_time = dossier->due && dossier->due < sim->now && dice_chance(&sim->dice, 200);
        message->happened_at = just_in_time ? dossier->due : sim->now - dice_tail(&sim->dice, 0, 9 * DAY) + (dice_chance(&sim->dice, 50) ? HOUR : 0);
    } else {
        return;
    }
    message->has |= MESSAGE_HAS_HAPPENED_AT;
}

static void act_for(struct sim *sim, struct message *message)
{
    if (!dice_chance(&sim->dice, sim->profile.on_behalf))
        return;
    message->on_behalf = message->as;
    message->as = dice_chance(&sim->dice, 800) ? TEXT("walker") : compose_anybody(sim);
}

static struct letter *write(struct sim *sim, struct client *client, struct message *message, struct dossier *dossier, const char *what)
{
    struct text name = arena_print(&sim->scratch, "%s %.*s as %.*s%s%.*s", what, SHOW(message->event), SHOW(message->as), message->on_behalf.size ? " for " : "",
                                   SHOW(message->on_behalf));
    if (dossier)
        name = arena_print(&sim->scratch, "%.*s, case %08x", SHOW(name), sim_short((struct text){dossier->key, ID_SIZE}));
    struct letter *letter = mail_write(sim, &client->speaker, message, dossier, name);
    letter->event = arena_copy(&sim->memory, message->event);
    return letter;
}

/* ---- opening ---- */

static void remember_people(struct sim *sim, struct dossier *dossier, const struct field_value *data, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        int32_t field = workflow_find_field(dossier->workflow, data[i].name);
        const struct value *value = &data[i].value;
        if (field == NONE || workflow_field(dossier->workflow, field)->type != FIELD_PEOPLE || value->kind != VALUE_LIST)
            continue;
        for (uint32_t p = 0; p < value->count && dossier->people_count < DOSSIER_PEOPLE_MOST; p++) {
            const struct value *id = value->items[p].kind == VALUE_MAP ? value_get(&value->items[p], "id") : &value->items[p];
            dossier->people[dossier->people_count++] = (struct dossier_person){field, arena_copy(&sim->memory, id->text)};
        }
    }
}

struct letter *compose_open(struct sim *sim, struct client *client, struct dossier *dossier)
{
    const struct workflow *workflow = dossier->workflow;
    const struct workflow_head *head = workflow_head(workflow);
    bool again = dossier->opening != NULL;
    struct message message = {.kind = MESSAGE_OPEN, .id = next_id(sim, client), .key = {dossier->key, ID_SIZE}, .workflow = text_of(workflow_string(workflow, head->name)),
                              .unit = text_of(directory_unit_path(directory(), dossier->home)), .held = dossier->held};
    if (dice_chance(&sim->dice, sim->profile.wrong / 4))
        message.unit = TEXT("willow/nowhere");
    message.as = compose_sender(sim, workflow, dossier, workflow_by(workflow, head->opens_by)->people);
    say_when(sim, dossier, &message);
    message.data = compose_data(sim, workflow, dossier, head->opens_needs, head->opens_may, &message.data_count);
    if (!again) {
        dossier->opener = message.as;
        remember_people(sim, dossier, message.data, message.data_count);
    }
    act_for(sim, &message);
    return dossier->opening = write(sim, client, &message, dossier, "open");
}

/* ---- events ---- */

/* Of the stage, or of any case; by row, so that every one has its turn. */
static int32_t any_event(struct sim *sim, const struct workflow *workflow, const struct workflow_stage *stage)
{
    struct span anywhere = workflow_head(workflow)->anywhere;
    bool inner = stage->events.count && (!anywhere.count || dice_chance(&sim->dice, 850));
    struct span from = inner ? stage->events : anywhere;
    return from.count ? from.first + (int32_t)dice_below(&sim->dice, (uint32_t)from.count) : NONE;
}

static void compose_named(struct sim *sim, struct dossier *dossier, int32_t row, struct message *message)
{
    const struct workflow *workflow = dossier->workflow;
    const struct workflow_event *event = workflow_event(workflow, row);
    message->event = text_of(workflow_string(workflow, event->name));
    message->as = compose_sender(sim, workflow, dossier, workflow_by(workflow, event->by)->people);
    message->data = compose_data(sim, workflow, dossier, event->needs, event->may, &message->data_count);
}

/* ---- two cases ---- */

/* No model says where these should stand: they may be tied to each other. */
static bool is_of_family(const struct dossier *dossier)
{
    const char *name = workflow_string(dossier->workflow, workflow_head(dossier->workflow)->name);
    return strcmp(name, "family") == 0 || strcmp(name, "member") == 0;
}

static const struct dossier *another(struct sim *sim, const struct dossier *dossier)
{
    for (int tries = 0; tries < 20; tries++) {
        const struct dossier *other = sim->clients->dossiers[dice_below(&sim->dice, sim->clients->dossier_count)];
        if (other != dossier && other->case_id && is_of_family(other))
            return other;
    }
    return dossier; /* which is refused */
}

static void compose_tie(struct sim *sim, struct dossier *dossier, struct message *message)
{
    static const char *const names[] = {"link", "merge", "merge", "un-merge", "un-merge", "split"};
    const struct workflow_head *head = workflow_head(dossier->workflow);
    message->event = text_of(names[dice_below(&sim->dice, sizeof names / sizeof names[0])]);
    message->as = dice_chance(&sim->dice, 900) ? TEXT("boss") : compose_anybody(sim);
    if (text_is(message->event, "split"))
        message->data = compose_data(sim, dossier->workflow, dossier, head->opens_needs, head->opens_may, &message->data_count);
    if (!text_is(message->event, "link") && !text_is(message->event, "merge"))
        return;
    struct field_value *data = ARENA_NEW(&sim->scratch, struct field_value);
    *data = (struct field_value){TEXT("case"), value_integer((int64_t)another(sim, dossier)->case_id)};
    message->data = data;
    message->data_count = 1;
}

struct letter *compose_event(struct sim *sim, struct client *client, struct dossier *dossier)
{
    const struct workflow *workflow = dossier->workflow;
    int32_t stages = workflow_count(workflow, WORKFLOW_STAGES);
    bool lost = dossier->stage == NONE || dice_chance(&sim->dice, sim->profile.wrong);
    int32_t row = lost ? (int32_t)dice_below(&sim->dice, dice_chance(&sim->dice, 700) ? 1 : (uint32_t)stages) : dossier->stage;
    const struct workflow_stage *stage = workflow_stage(workflow, row);
    struct message message = {.kind = MESSAGE_SEND, .id = next_id(sim, client), .subject = {.kind = CASE_REF_KEY, .text = {dossier->key, ID_SIZE}}};
    if (dossier->case_id && dice_chance(&sim->dice, 300))
        message.subject = (struct case_ref){.kind = CASE_REF_ID, .id = dossier->case_id};
    else if (dossier->number.size && dice_chance(&sim->dice, 150))
        message.subject = (struct case_ref){.kind = CASE_REF_NUMBER, .text = dossier->number};
    uint32_t given = dossier->ended || stage->vote != NONE ? 850 : stage->stop_clock != NONE ? 500 : stage->extend != NONE ? 350 : 120;
    int32_t event = dice_chance(&sim->dice, given) ? NONE : any_event(sim, workflow, stage);
    if (is_of_family(dossier) && dossier->case_id && dice_chance(&sim->dice, 200))
        compose_tie(sim, dossier, &message);
    else if (event == NONE)
        compose_fill_given(sim, dossier, stage, NULL, &message);
    else
        compose_named(sim, dossier, event, &message);
    if (dice_chance(&sim->dice, sim->profile.wrong / 4))
        message.event = TEXT("no-such-event");
    say_when(sim, dossier, &message);
    act_for(sim, &message);
    dossier->events++;
    return write(sim, client, &message, dossier, "send");
}

struct letter *compose_given(struct sim *sim, struct client *client, struct dossier *dossier, const char *name)
{
    struct message message = {.kind = MESSAGE_SEND, .subject = {.kind = CASE_REF_KEY, .text = {dossier->key, ID_SIZE}}};
    if (dossier->stage == NONE || !compose_fill_given(sim, dossier, workflow_stage(dossier->workflow, dossier->stage), name, &message))
        return NULL;
    message.id = next_id(sim, client);
    say_when(sim, dossier, &message);
    return write(sim, client, &message, dossier, "send");
}

struct letter *compose_release(struct sim *sim, struct client *client, struct dossier *dossier)
{
    struct message message = {.kind = MESSAGE_RELEASE, .id = next_id(sim, client), .subject = {.kind = CASE_REF_KEY, .text = {dossier->key, ID_SIZE}}, .as = TEXT("boss")};
    return write(sim, client, &message, dossier, "release");
}

/* Onto a version that is newer than the first. */
struct letter *compose_migrate(struct sim *sim, struct client *client, struct dossier *dossier)
{
    struct message message = {.kind = MESSAGE_MIGRATE, .id = next_id(sim, client), .subject = {.kind = CASE_REF_KEY, .text = {dossier->key, ID_SIZE}}, .as = TEXT("boss"),
                              .workflow = text_of(workflow_string(dossier->workflow, workflow_head(dossier->workflow)->name)), .version = 2};
    return write(sim, client, &message, dossier, "migrate");
}

struct letter *compose_erase(struct sim *sim, struct client *client)
{
    struct message message = {.kind = MESSAGE_ERASE, .id = next_id(sim, client), .as = TEXT("boss"), .on_behalf = resident(sim), .why = TEXT("asked for")};
    return write(sim, client, &message, NULL, "erase");
}

struct letter *compose_retry(struct sim *sim, struct client *client, uint64_t task)
{
    struct message message = {.kind = MESSAGE_RETRY, .id = next_id(sim, client), .task = task, .as = dice_chance(&sim->dice, 900) ? TEXT("boss") : compose_anybody(sim)};
    return write(sim, client, &message, NULL, "retry");
}

/* One thing is said otherwise. false: it would be the same. */
static bool falsify(struct sim *sim, struct message *message)
{
    struct text as = message->as;
    switch (dice_below(&sim->dice, 4)) {
    case 0:
        message->happened_at = sim->now - dice_between(&sim->dice, DAY, 2 * DAY);
        message->has |= MESSAGE_HAS_HAPPENED_AT;
        return true;
    case 1:
        if (message->kind != MESSAGE_OPEN)
            return false;
        message->held = !message->held;
        if (!(message->has & MESSAGE_HAS_HAPPENED_AT))
            message->happened_at = sim->now - dice_between(&sim->dice, HOUR, 30 * DAY);
        message->has |= MESSAGE_HAS_HAPPENED_AT;
        return true;
    case 2:
        if (message->data_count == 0)
            return false;
        message->data_count--;
        return true;
    default:
        message->as = compose_anybody(sim);
        return !text_equal(as, message->as);
    }
}

struct letter *compose_impostor(struct sim *sim, struct client *client, const struct letter *original)
{
    struct message message;
    struct text why;
    if (original->id.size != ID_SIZE || wire_decode(&sim->scratch, original->bytes, &message, &why) || !falsify(sim, &message))
        return NULL;
    return write(sim, client, &message, original->about, "(under an id that is used) send");
}
