/* trouble: see trouble.h. */
#include "tests/simulate/trouble.h"

#include "tests/simulate/audit.h"
#include "tests/simulate/breaks.h"
#include "tests/simulate/host.h"

/* Kills and failures of one run: beyond that it would do nothing but start again. */
enum { TROUBLE_MOST = 40 };

void trouble_begin(struct sim *sim)
{
    sim->trouble = ARENA_NEW(&sim->memory, struct trouble);
    sim->trouble->deploying = SOURCE_CALENDAR_1;
}

/* ---- kills and faults ---- */

bool trouble_kills(struct sim *sim, uint32_t weight)
{
    return !sim->draining && sim->host->crashes < TROUBLE_MOST && dice_below(&sim->dice, 1000 * 1000) < sim->profile.crash * weight;
}

static struct store_memory_fault random_fault(struct sim *sim)
{
    static const enum err codes[] = {ERR_IO, ERR_DISK_FULL, ERR_MAP_FULL};
    struct store_memory_fault fault = {.countdown = (uint32_t)dice_tail(&sim->dice, 1, 2000), .code = codes[dice_below(&sim->dice, 3)]};
    fault.commit_holds = fault.code != ERR_MAP_FULL && dice_chance(&sim->dice, 500);
    return fault;
}

static void arm(struct sim *sim)
{
    struct host *host = sim->host;
    struct store_memory_fault fault = random_fault(sim);
    bool keys = dice_chance(&sim->dice, 150);
    struct store *store = keys ? host->keys : host->store;
    store_memory_set_fault(store, fault);
    if (sim->options.broken == BREAK_SILENT_FAULT)
        return;
    *(keys ? &host->keys_armed : &host->store_armed) = true;
    *(keys ? &host->keys_fault : &host->store_fault) = fault;
    *(keys ? &host->keys_fails_at : &host->store_fails_at) = store_memory_calls(store) + fault.countdown;
    sim_trace(sim, "the store of %s will fail at its call %u from now: %s%s", keys ? "keys" : "data", fault.countdown, err_name(fault.code),
              fault.commit_holds ? ", a commit holds" : "");
}

/* Both stores lie on one disk. From now on each write fails, and nothing else does. */
static void fill_disk(struct sim *sim)
{
    struct host *host = sim->host;
    const struct store_memory_fault full = {.countdown = 1, .code = ERR_DISK_FULL, .writes_only = true};
    host->store_armed = host->keys_armed = true;
    host->store_fault = host->keys_fault = full;
    store_memory_set_fault(host->store, full);
    store_memory_set_fault(host->keys, full);
    host->store_fails_at = store_memory_calls(host->store) + 1;
    host->keys_fails_at = store_memory_calls(host->keys) + 1;
}

bool trouble_disk_is_full(const struct sim *sim)
{
    return !sim->draining && sim->now < sim->trouble->full_until;
}

void trouble_before_start(struct sim *sim)
{
    if (sim->trouble && trouble_disk_is_full(sim))
        fill_disk(sim);
}

/* The watch is set right or drifts; or it jumps by hours, or by a year and more, and back: that must not be followed. */
static void step_clock(struct sim *sim)
{
    struct host *host = sim->host;
    if (dice_chance(&sim->dice, 300)) {
        host->jump = host->jump ? 0 : dice_tail(&sim->dice, 2 * HOUR, 400 * DAY) * (dice_chance(&sim->dice, 500) ? 1 : -1);
        sim_trace(sim, "the clock of the engine jumps by %lld h", (long long)(host->jump / HOUR));
        return;
    }
    host->skew = dice_chance(&sim->dice, 300) ? 0 : dice_between(&sim->dice, -20 * MINUTE, 20 * MINUTE);
    sim_trace(sim, "the clock of the engine is now off by %lld s", (long long)(host->skew / SECOND));
}

/* Some file, under an id that was used before or under a new one: also what is deployed already, and what is older. */
static void begin_deploying(struct sim *sim)
{
    bool calendar = dice_chance(&sim->dice, 400) && sim->audit->calendar_version < 5;
    sim->trouble->deploying = calendar ? (enum source_name)(SOURCE_CALENDAR_2 + sim->audit->calendar_version - 1)
                                       : (enum source_name)dice_between(&sim->dice, dice_chance(&sim->dice, 600) ? SOURCE_DIRECTORY_2 : SOURCE_DIRECTORY_1, SOURCE_COUNT - 1);
    sim->trouble->ids += dice_chance(&sim->dice, 500);
}

void trouble_before_turn(struct sim *sim)
{
    const struct host *host = sim->host;
    bool armed = host->store_armed || host->keys_armed;
    if (sim->trouble->deployed < (1u << SOURCE_FIRST_LATER) - 1)
        return; /* the office is being set up */
    if (armed && (sim->draining || host_fault_came(sim)))
        host_disarm(sim); /* it went by unnoticed: a read whose failure changed nothing */
    if (sim->draining)
        return;
    if (trouble_disk_is_full(sim)) {
        fill_disk(sim);
    } else if (dice_chance(&sim->dice, sim->profile.full)) {
        sim->trouble->full_until = sim->now + dice_tail(&sim->dice, 10 * SECOND, HOUR);
        sim_trace(sim, "the disk is full for %lld s", (long long)((sim->trouble->full_until - sim->now) / SECOND));
    }
    armed = host->store_armed || host->keys_armed;
    if (!armed && host->faults < TROUBLE_MOST && dice_chance(&sim->dice, sim->profile.fault))
        arm(sim);
    if (dice_chance(&sim->dice, sim->profile.clock))
        step_clock(sim);
    if (sim->trouble->deploying == SOURCE_COUNT && dice_chance(&sim->dice, sim->profile.deploy))
        begin_deploying(sim);
}

void trouble_after_turn(struct sim *sim)
{
    breaks_act(sim);
}

void trouble_lose_last(struct sim *sim)
{
    if (sim->options.broken == BREAK_LOSE_LAST && sim->audit->count > 0)
        replica_rebuild(sim, sim->audit->count - 1);
}

/* ---- deployments ---- */

enum err trouble_deploy(struct sim *sim, struct message *answer)
{
    enum source_name name = sim->trouble->deploying;
    if (name == SOURCE_COUNT)
        return ERR_OK;
    const struct sim_source *file = source_of(name == SOURCE_DIRECTORY_1 && sim->options.broken == BREAK_ANYBODY ? SOURCE_DIRECTORY_WRONG : name);
    char *id = arena_take(&sim->host->arena, ID_SIZE);
    id[ID_SIZE - 1] = (char)(1 + name);
    id[ID_SIZE - 2] = (char)(1 + sim->trouble->ids);
    const struct deployment deployment = {
        .id = {id, ID_SIZE}, .sender = TEXT("operator"), .as = TEXT("operator:one"), .what = text_of(source_kind_name(file->source.kind)), .name = file->source.name,
        .version = file->source.version, .applies_from = file->source.applies_from, .source = file->text, .compiled = file->source.compiled};
    return engine_deploy(sim->host->engine, &deployment, answer);
}

void trouble_deployed(struct sim *sim, const struct message *answer)
{
    struct trouble *trouble = sim->trouble;
    enum source_name name = trouble->deploying;
    if (name == SOURCE_COUNT)
        return;
    sim_trace(sim, "deployed %s: %s %s", source_of(name)->name, message_kind_name(answer->kind), answer->kind == MESSAGE_REFUSED ? err_name(answer->code) : "");
    trouble->deployed |= 1u << name;
    bool setting_up = trouble->deployed < (1u << SOURCE_FIRST_LATER) - 1;
    trouble->deploying = setting_up ? name + 1 : SOURCE_COUNT;
    if (trouble->deploying != SOURCE_COUNT)
        host_plan_turn(sim, sim->now + 1);
}
