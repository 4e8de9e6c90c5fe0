/* sim: see sim.h. */
#include "tests/simulate/sim.h"

#include "engine/calendar.h"
#include "tests/simulate/audit.h"
#include "tests/simulate/clients.h"
#include "tests/simulate/host.h"
#include "tests/simulate/sources.h"
#include "tests/simulate/trouble.h"
#include "tests/simulate/workers.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* A single client that is often away would live for years: its life ends after so many happenings, and must then come to rest within as many again. */
enum { LIFE_MOST = 100000, HAPPENINGS_MOST = 200000 };
#define DRAIN_MOST (20 * DAY)

/* ---- what happens when ---- */

static bool earlier(const struct happening *one, const struct happening *other)
{
    return one->at != other->at ? one->at < other->at : one->order < other->order;
}

void sim_at(struct sim *sim, int64_t at, sim_happen happen, void *subject)
{
    if (sim->waiting == sim->room) {
        sim->room = sim->room ? sim->room * 2 : 256;
        sim->queue = realloc(sim->queue, sim->room * sizeof *sim->queue);
        assert(sim->queue);
    }
    struct happening next = {.at = at > sim->now ? at : sim->now, .order = sim->order++, .happen = happen, .subject = subject};
    size_t place = sim->waiting++;
    for (; place > 0 && earlier(&next, &sim->queue[(place - 1) / 2]); place = (place - 1) / 2)
        sim->queue[place] = sim->queue[(place - 1) / 2];
    sim->queue[place] = next;
}

void sim_after(struct sim *sim, int64_t milliseconds, sim_happen happen, void *subject)
{
    sim_at(sim, sim->now + milliseconds, happen, subject);
}

static struct happening take_first(struct sim *sim)
{
    struct happening first = sim->queue[0], last = sim->queue[--sim->waiting];
    size_t place = 0;
    for (;;) {
        size_t child = 2 * place + 1;
        if (child + 1 < sim->waiting && earlier(&sim->queue[child + 1], &sim->queue[child]))
            child++;
        if (child >= sim->waiting || !earlier(&sim->queue[child], &last))
            break;
        sim->queue[place] = sim->queue[child];
        place = child;
    }
    sim->queue[place] = last;
    return first;
}

int64_t sim_monotonic(const struct sim *sim)
{
    return sim->now - sim->start;
}

/* ---- telling ---- */

static void keep_tail(struct sim *sim, const char *line)
{
    for (; *line; line++)
        sim->options.tail[sim->tail_at++ % sim->options.tail_size] = *line;
}

void sim_tell(struct sim *sim, const char *format, ...)
{
    char line[800];
    struct civil date = civil_of((int32_t)((sim->now + 8 * HOUR) / DAY));
    int64_t clock = (sim->now + 8 * HOUR) % DAY;
    int size = snprintf(line, sizeof line, "%04d-%02d-%02d %02d:%02d:%02d.%03d ", date.year, date.month, date.day, (int)(clock / HOUR), (int)(clock / MINUTE % 60),
                        (int)(clock / SECOND % 60), (int)(clock % SECOND));
    va_list arguments;
    va_start(arguments, format);
    size += vsnprintf(line + size, sizeof line - (size_t)size - 1, format, arguments);
    va_end(arguments);
    size = size < (int)sizeof line - 2 ? size : (int)sizeof line - 2;
    line[size] = '\n';
    line[size + 1] = 0;
    if (sim->options.trace)
        fputs(line, stdout);
    if (sim->options.tail)
        keep_tail(sim, line);
}

unsigned sim_short(struct text id)
{
    unsigned number = 0;
    for (size_t i = id.size < 4 ? 0 : id.size - 4; i < id.size; i++)
        number = number << 8 | (unsigned char)id.data[i];
    return number;
}

void sim_broken(struct sim *sim, enum invariant which, const char *format, ...)
{
    if (sim->broken_promise.found || (sim->options.broken && which != broken_invariant(sim->options.broken)))
        return; /* the first one counts; and with --break only the one that must see it */
    sim->broken_promise.found = true;
    sim->broken_promise.which = which;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(sim->broken_promise.text, sizeof sim->broken_promise.text, format, arguments);
    va_end(arguments);
    sim_trace(sim, "BROKEN: %s: %s", invariant_name(which), sim->broken_promise.text);
}

bool sim_over(const struct sim *sim)
{
    return sim->broken_promise.found;
}

/* ---- how wild ---- */

static uint32_t one_of(struct dice *dice, const uint32_t *choices, uint32_t count)
{
    return choices[dice_below(dice, count)];
}
#define ONE_OF(dice, ...) one_of(dice, (const uint32_t[]){__VA_ARGS__}, sizeof((const uint32_t[]){__VA_ARGS__}) / sizeof(uint32_t))

/* Any measure may be nothing at all: what is never disturbed shows other faults than what always is. */
static void draw_profile(struct sim *sim)
{
    struct dice *dice = &sim->dice;
    sim->profile = (struct profile){
        .clients = 1 + dice_below(dice, 5), .cases = ONE_OF(dice, 4, 12, 30), .letters = ONE_OF(dice, 120, 250, 500, 900),
        .pace = ONE_OF(dice, 2 * SECOND, 20 * MINUTE, HOUR, 3 * HOUR),
        .away = ONE_OF(dice, 0, 3, 20), .early = ONE_OF(dice, 0, 200, 500), .held = ONE_OF(dice, 0, 0, 150, 400), .late = ONE_OF(dice, 0, 200, 600), .wrong = ONE_OF(dice, 0, 60, 250),
        .repeat = ONE_OF(dice, 20, 100, 300), .impostor = ONE_OF(dice, 0, 20, 60), .on_behalf = ONE_OF(dice, 0, 100),
        .lose = ONE_OF(dice, 0, 50, 250), .twice = ONE_OF(dice, 0, 50, 250), .slow = ONE_OF(dice, 0, 20, 200),
        .crash = ONE_OF(dice, 0, 20, 60, 150), .fault = ONE_OF(dice, 0, 20, 100), .full = ONE_OF(dice, 0, 0, 0, 2, 8), .clock = ONE_OF(dice, 0, 10, 60), .deploy = ONE_OF(dice, 0, 10, 40), .migrate = ONE_OF(dice, 0, 0, 15, 60), .down = ONE_OF(dice, 0, 50, 200),
        .die = ONE_OF(dice, 0, 30, 150), .silent = ONE_OF(dice, 0, 30, 150), .fail = ONE_OF(dice, 0, 100, 500), .hold = ONE_OF(dice, 100, 500, 900),
        .batch = ONE_OF(dice, 1, 8, 64), .fire = ONE_OF(dice, 1, 4, 64),
        .credit = ONE_OF(dice, 1, 3), .attempts = ONE_OF(dice, 1, 2, 5), .lease_ms = ONE_OF(dice, 10 * SECOND, MINUTE), .retry_base_ms = ONE_OF(dice, SECOND, MINUTE), .retry_most_ms = HOUR,
    };
}

/* ---- a run ---- */

static void begin(struct sim *sim, const struct sim_options *options)
{
    *sim = (struct sim){.options = *options, .dice = {options->seed * 0x9e3779b97f4a7c15u + 0x1234567u}};
    arena_init(&sim->memory);
    arena_init(&sim->scratch);
    /* Some day from 2026-03-05 to 2026-09-20, in the morning; or shortly before the year is over. */
    int64_t days = dice_chance(&sim->dice, 150) ? dice_between(&sim->dice, 282, 300) : dice_between(&sim->dice, 0, 199);
    sim->start = sim->now = (20517 + days) * DAY + HOUR;
    draw_profile(sim);
    sources_draw(options->seed);
    mail_begin(sim);
    host_begin(sim);
    audit_begin(sim);
    trouble_begin(sim);
    workers_begin(sim);
    clients_begin(sim);
    host_start(sim);
}

static void end(struct sim *sim)
{
    audit_end(sim);
    host_end(sim);
    free(sim->queue);
    arena_close(&sim->memory);
    arena_close(&sim->scratch);
}

static void drain(struct sim *sim)
{
    sim_trace(sim, "---- no more trouble: everything that is owed must arrive now ----");
    sim->draining = true;
    host_disarm(sim);
    sim->host->skew = sim->host->jump = 0;
    host_wake(sim);
    clients_drain(sim);
    workers_drain(sim);
    host_plan_turn(sim, sim->now);
}

/* What is still going on; NULL: nothing. */
static const char *unrest(struct sim *sim)
{
    struct host *host = sim->host;
    if (!host->alive)
        return "the engine is not running";
    if (host->reload || host->inbox || host->parked)
        return "the engine has something to do";
    if (!clients_done(sim))
        return "a letter waits for its answer";
    if (!workers_done(sim))
        return "a worker has a task that it has done nothing about";
    struct text owed = audit_first_owed(sim);
    if (owed.size)
        return arena_print(&sim->scratch, "this is owed to workers: %.*s", SHOW(owed)).data;
    bool due = engine_next_due(host->engine) < host_clock(sim);
    return due && sim->options.broken != BREAK_NEVER_FIRE ? "something is due" : NULL;
}

static void live(struct sim *sim)
{
    int64_t until = INT64_MAX;
    for (uint64_t happened = 0; sim->waiting && happened < HAPPENINGS_MOST && !sim_over(sim) && sim->now < until; happened++) {
        struct happening next = take_first(sim);
        sim->now = next.at;
        arena_reset(&sim->scratch);
        next.happen(sim, next.subject);
        if (!sim->draining && (sim->clients->letters >= sim->profile.letters || happened == LIFE_MOST)) {
            drain(sim);
            until = sim->now + DRAIN_MOST;
        } else if (sim->draining && !unrest(sim)) {
            return;
        }
    }
    if (!sim_over(sim) && sim->host->alive)
        audit_ends(sim); /* says best what is still open */
    if (!sim->draining)
        sim_broken(sim, INVARIANT_EVERYTHING_OWED_ARRIVES, "too much happens: the acts of the clients are not reached");
    const char *why = unrest(sim);
    if (why)
        sim_broken(sim, INVARIANT_EVERYTHING_OWED_ARRIVES, "it never comes to rest: %s", why);
}

void sim_run(const struct sim_options *options, struct broken_promise *out, struct sim_figures *figures)
{
    struct sim sim;
    begin(&sim, options);
    live(&sim);
    if (!sim_over(&sim) && sim.host->alive)
        audit_finish(&sim);
    *out = sim.broken_promise;
    *figures = (struct sim_figures){.records = sim.audit->count, .letters = sim.mail->count, .crashes = sim.host->crashes, .faults = sim.host->faults,
                                    .cases = sim.audit->all_count};
    if (sim.audit->count)
        memcpy(figures->hash, sim.audit->records[sim.audit->count - 1]->hash, sizeof figures->hash);
    end(&sim);
}
