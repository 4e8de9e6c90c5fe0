/* audit_erase: what is private of a person who was erased can be opened by nobody, from the moment at which its sender hears that it is done. See audit.h.
 *
 * Of each person the newest value is remembered that was sealed under their key, as its record shows it. */
#include "tests/simulate/audit.h"

#include "engine/seal.h"
#include "tests/simulate/host.h"

#include <assert.h>

struct seen_person {
    bool erased;
    uint64_t position;         /* of the record with the value */
    struct text name, sealed;  /* size 0: none yet */
};

static struct seen_person *person_at(struct sim *sim, struct text key_id)
{
    void **slot = map_at(&sim->audit->persons, key_id);
    if (!*slot)
        *slot = ARENA_NEW(&sim->memory, struct seen_person);
    return *slot;
}

/* ---- what the log shows ---- */

/* Sealed bytes under several keys name them: 2, how many, and of each its kind and id (seal.h). */
static void take_sealed(struct sim *sim, struct text name, struct text sealed, uint64_t position)
{
    const uint8_t *bytes = (const uint8_t *)sealed.data;
    uint32_t count = sealed.size > 2 && bytes[0] == 2 ? bytes[1] : 0;
    for (uint32_t i = 0; i < count && sealed.size >= 2 + (size_t)(i + 1) * (1 + ID_SIZE); i++) {
        const uint8_t *key = bytes + 2 + (size_t)i * (1 + ID_SIZE);
        if (key[0] != SEAL_PERSON)
            continue;
        struct seen_person *person = person_at(sim, (struct text){(const char *)key + 1, ID_SIZE});
        if (person->erased)
            sim_broken(sim, INVARIANT_ERASED_IS_GONE, "record %llu: something is sealed for a person who was erased before", (unsigned long long)position);
        person->name = name;
        person->sealed = sealed;
        person->position = position;
    }
}

static void look_into(struct sim *sim, struct text name, const struct value *value, uint64_t position)
{
    uint32_t items = value->kind == VALUE_MAP ? value->count * 2 : value->kind == VALUE_LIST ? value->count : 0;
    if (value->kind == VALUE_BYTES)
        take_sealed(sim, name, value->text, position);
    for (uint32_t i = 0; i < items; i++)
        look_into(sim, name, &value->items[i], position);
}

void audit_person_record(struct sim *sim, const struct log_record *record, uint64_t position)
{
    for (uint32_t i = 0; i < record->event.data_count; i++)
        look_into(sim, record->event.data[i].name, &record->event.data[i].value, position);
    take_sealed(sim, TEXT("*"), record->event.sealed, position);
    if (record->event.kind != EVENT_ERASE)
        return;
    struct seal_key key = seal_key_of_person(record->event.on_behalf);
    person_at(sim, (struct text){(const char *)key.id, ID_SIZE})->erased = true;
}

/* ---- what the keys say ---- */

static void no_random(void *context, void *bytes, size_t size)
{
    (void)context;
    memset(bytes, 0, size);
}

/* As somebody would who reads the disk. */
static void check_person(struct sim *sim, const struct seen_person *person)
{
    struct seal *seal;
    struct text plain;
    if (!person->erased || person->sealed.size == 0)
        return;
    enum err code = seal_open(&seal, sim->host->keys, &(struct seal_random){no_random, NULL});
    assert(code == ERR_OK);
    host_pause_faults(sim);
    code = unseal_value(seal, &sim->scratch, person->name, person->sealed, &plain);
    host_resume_faults(sim);
    seal_close(&seal);
    if (code != ERR_NOT_FOUND)
        sim_broken(sim, INVARIANT_ERASED_IS_GONE, "what record %llu brought of a person can still be opened, and that person was erased", (unsigned long long)person->position);
}

void audit_erased(struct sim *sim, struct text reference)
{
    struct seal_key key = seal_key_of_person(reference);
    check_person(sim, person_at(sim, (struct text){(const char *)key.id, ID_SIZE}));
}

void audit_persons(struct sim *sim)
{
    for (uint32_t i = 0; i < sim->audit->persons.room && !sim_over(sim); i++)
        if (sim->audit->persons.slots[i].value)
            check_person(sim, sim->audit->persons.slots[i].value);
}
