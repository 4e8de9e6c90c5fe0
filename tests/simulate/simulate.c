/* simulate: runs of the simulator, one for each seed; each is a small office with its apps, workers, network, disk and bad luck. README.md tells what
 * is looked after.
 *
 *     simulate --seeds 200 [--from N]     so many runs; ends with a plain count
 *     simulate --seed N [--trace]         one run; with everything that happens in it
 *     simulate --break NAME [--seeds N]   something is broken on purpose: the runs must fail (exit status 0 when they do)
 *     simulate --breaks [--seeds N]       all of these, one after the other
 *     simulate --list                     invariants and breaks */
#include "tests/simulate/sim.h"
#include "tests/simulate/sources.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TAIL = 6000, SEEDS_USUAL = 200, SEEDS_TO_BREAK = 100, TWICE_EVERY = 50 };

static struct {
    uint64_t from, seeds;
    bool one, trace, breaks, list, quiet;
    enum broken broken;
} options = {.from = 1, .seeds = 0};

static volatile uint64_t seed_now;

/* ---- when the program itself stops: an assertion, a bad pointer ---- */

static void say_seed(int number)
{
    char line[128];
    int size = snprintf(line, sizeof line, "seed %llu: the program stopped (signal %d); see: simulate --seed %llu --trace\n", (unsigned long long)seed_now, number,
                        (unsigned long long)seed_now);
    if (write(STDERR_FILENO, line, (size_t)size) < 0)
        _exit(3);
    signal(number, SIG_DFL);
    raise(number);
}

/* ---- running ---- */

static bool run(uint64_t seed, enum broken broken, struct broken_promise *promise, struct sim_figures *figures)
{
    const struct sim_options one = {.seed = seed, .trace = options.trace, .broken = broken};
    seed_now = seed;
    sim_run(&one, promise, figures);
    return !promise->found;
}

/* The same again, keeping the last lines of the trace. */
static void show_tail(uint64_t seed, enum broken broken)
{
    static char tail[TAIL + 1];
    struct broken_promise promise;
    struct sim_figures figures;
    memset(tail, 0, sizeof tail);
    const struct sim_options again = {.seed = seed, .broken = broken, .tail = tail, .tail_size = TAIL};
    sim_run(&again, &promise, &figures);
    /* The ring begins behind its end: behind the last line, which tells what is broken. */
    const char *last = strstr(tail, "BROKEN: ");
    const char *end = last ? strchr(last, '\n') : NULL;
    size_t split = end ? (size_t)(end + 1 - tail) : 0;
    const char *first = split < TAIL ? strchr(tail + split, '\n') : NULL;
    printf("%s%.*s", first ? first + 1 : "", (int)split, tail);
}

static void report(uint64_t seed, enum broken broken, const struct broken_promise *promise)
{
    if (!options.trace)
        show_tail(seed, broken);
    printf("seed %llu: %s is broken (%s): %s\n", (unsigned long long)seed, invariant_name(promise->which), invariant_says(promise->which), promise->text);
    printf("    see: simulate --seed %llu%s%s --trace\n", (unsigned long long)seed, broken ? " --break " : "", broken ? broken_name(broken) : "");
    fflush(stdout);
}

/* A run depends on its seed alone; otherwise no failure could be found again. */
static bool is_repeatable(uint64_t seed, const struct sim_figures *first)
{
    struct broken_promise promise;
    struct sim_figures again;
    run(seed, BREAK_NOTHING, &promise, &again);
    if (memcmp(&again, first, sizeof again) == 0)
        return true;
    printf("seed %llu: the same seed gave another run\n", (unsigned long long)seed);
    return false;
}

static int run_seeds(void)
{
    uint64_t passed = 0, failed = 0, seeds = options.seeds ? options.seeds : SEEDS_USUAL;
    struct sim_figures all = {0};
    for (uint64_t seed = options.from; seed < options.from + seeds; seed++) {
        struct broken_promise promise;
        struct sim_figures figures;
        bool well = run(seed, BREAK_NOTHING, &promise, &figures);
        if (!well)
            report(seed, BREAK_NOTHING, &promise);
        else if (seed % TWICE_EVERY == 0)
            well = is_repeatable(seed, &figures);
        passed += well;
        failed += !well;
        all.records += figures.records;
        all.letters += figures.letters;
        all.crashes += figures.crashes;
        all.faults += figures.faults;
        all.cases += figures.cases;
    }
    printf("%llu events in %llu cases, %llu letters, %llu crashes, %llu failures of the disk\n", (unsigned long long)all.records, (unsigned long long)all.cases,
           (unsigned long long)all.letters, (unsigned long long)all.crashes, (unsigned long long)all.faults);
    printf("%llu seeds passed, %llu failed\n", (unsigned long long)passed, (unsigned long long)failed);
    return failed ? 1 : 0;
}

/* ---- breaking on purpose ---- */

/* How many seeds it took to see it; 0: it was not seen. */
static uint64_t seeds_until_seen(enum broken broken, bool tell)
{
    uint64_t most = options.seeds ? options.seeds : SEEDS_TO_BREAK;
    for (uint64_t seed = options.from; seed < options.from + most; seed++) {
        struct broken_promise promise;
        struct sim_figures figures;
        if (run(seed, broken, &promise, &figures))
            continue;
        if (tell)
            report(seed, broken, &promise);
        return seed - options.from + 1;
    }
    return 0;
}

static int run_breaks(enum broken first, enum broken last)
{
    uint32_t seen = 0, unseen = 0;
    for (int broken = (int)first; broken <= (int)last; broken++) {
        uint64_t seeds = seeds_until_seen((enum broken)broken, first == last);
        const char *invariant = invariant_name(broken_invariant((enum broken)broken));
        if (seeds)
            printf("%-18s seen by %-27s after %llu seed%s\n", broken_name((enum broken)broken), invariant, (unsigned long long)seeds, seeds == 1 ? "" : "s");
        else
            printf("%-18s NOT SEEN by %s\n", broken_name((enum broken)broken), invariant);
        fflush(stdout);
        seen += seeds > 0;
        unseen += seeds == 0;
    }
    printf("%u breaks seen, %u not seen\n", seen, unseen);
    return unseen ? 1 : 0;
}

static int list(void)
{
    for (int i = 0; i < INVARIANT_COUNT; i++)
        printf("%-27s %s\n", invariant_name((enum invariant)i), invariant_says((enum invariant)i));
    printf("\n");
    for (int i = 1; i < BREAK_COUNT; i++)
        printf("--break %-18s %-27s %s\n", broken_name((enum broken)i), invariant_name(broken_invariant((enum broken)i)), broken_does((enum broken)i));
    return 0;
}

/* ---- the command line ---- */

static bool number(const char *text, uint64_t *out)
{
    char *end;
    *out = text ? strtoull(text, &end, 10) : 0;
    return text && *text && !*end;
}

static bool name_of_break(const char *text)
{
    for (int i = 1; i < BREAK_COUNT; i++)
        if (text && strcmp(text, broken_name((enum broken)i)) == 0)
            options.broken = (enum broken)i;
    return options.broken != BREAK_NOTHING;
}

static bool read_options(char **argument)
{
    for (argument++; *argument; argument++) {
        if (strcmp(*argument, "--trace") == 0)
            options.trace = true;
        else if (strcmp(*argument, "--breaks") == 0)
            options.breaks = true;
        else if (strcmp(*argument, "--list") == 0)
            options.list = true;
        else if (strcmp(*argument, "--seeds") == 0 && number(argument[1], &options.seeds))
            argument++;
        else if (strcmp(*argument, "--from") == 0 && number(argument[1], &options.from))
            argument++;
        else if (strcmp(*argument, "--seed") == 0 && number(argument[1], &options.from))
            argument++, options.seeds = 1;
        else if (strcmp(*argument, "--break") == 0 && name_of_break(argument[1]))
            argument++;
        else
            return false;
    }
    return true;
}

int main(int count, char **arguments)
{
    (void)count;
    if (!read_options(arguments)) {
        fprintf(stderr, "usage: simulate [--seeds N] [--from N] | --seed N [--trace] | --break NAME | --breaks | --list\n");
        return 64;
    }
    if (options.list)
        return list();
    const char *root = getenv("STAIRCASE_SOURCE");
    if (!sources_load(root ? root : "."))
        return 2;
    signal(SIGABRT, say_seed);
    signal(SIGSEGV, say_seed);
    signal(SIGFPE, say_seed);
    int status = options.breaks ? run_breaks((enum broken)1, (enum broken)(BREAK_COUNT - 1))
                 : options.broken ? run_breaks(options.broken, options.broken)
                                  : run_seeds();
    sources_unload();
    return status;
}
