/* bench_curve: see bench.h. What encryption costs: the same engine, the same load, over the socket in its folder and over TCP with CURVE, a second each
 * in turn, so that a disk or a machine that is slow for a moment is so for both. */
#include "engine/command/bench.h"

enum { WARM_UP_US = 500000, SLICE_US = 1000000 };

struct way {
    struct bench_load load;
    int64_t elapsed_us;
};

static enum err slice(struct way *way, int64_t us)
{
    int64_t from = bench_now_us();
    enum err code = bench_load_run(&way->load, from + us, NULL, NULL);
    way->elapsed_us += bench_now_us() - from;
    return code;
}

static enum err measure(struct way ways[2], const struct bench_engine *engine, const struct bench_units *units, uint32_t in_flight, int64_t seconds)
{
    enum err code = ERR_OK;
    for (int i = 0; i < 2 && !code; i++) {
        code = bench_load_open(&ways[i].load, engine, i == 1, units, in_flight);
        code = code ? code : slice(&ways[i], WARM_UP_US);
        bench_load_forget(&ways[i].load);
        ways[i].elapsed_us = 0;
    }
    for (int64_t second = 0; second < seconds && !code; second++) {
        code = slice(&ways[0], SLICE_US);
        code = code ? code : slice(&ways[1], SLICE_US);
    }
    return code;
}

static uint64_t rate(const struct way *way)
{
    return way->elapsed_us > 0 ? way->load.applied * 1000000 / (uint64_t)way->elapsed_us : 0;
}

static void print_way(const char *name, struct arena *arena, const struct way *way)
{
    uint64_t p50 = bench_percentile_us(&way->load.times, 500), p99 = bench_percentile_us(&way->load.times, 990);
    printf("%s %s: %llu events/s, p50 %llu.%03llu ms, p99 %llu.%03llu ms\n", name, arena_print(arena, "%u in flight", way->load.in_flight).data,
           (unsigned long long)rate(way), (unsigned long long)p50 / 1000, (unsigned long long)p50 % 1000, (unsigned long long)p99 / 1000, (unsigned long long)p99 % 1000);
}

int bench_curve(struct command_line *line, const struct bench_units *units, uint32_t in_flight, int64_t seconds)
{
    struct bench_engine engine;
    struct way ways[2] = {0};
    int exit = bench_engine_start_curve(line, &engine);
    enum err code = exit ? ERR_OK : measure(ways, &engine, units, in_flight, seconds);
    for (int i = 0; i < 2; i++)
        bench_load_close(&ways[i].load);
    bench_engine_stop(&engine);
    if (exit || code)
        return exit ? exit : command_fail(line, command_exit_of(code), "%s", err_sentence(code));
    if (ways[0].load.refused + ways[1].load.refused)
        return command_fail(line, COMMAND_FAILED, "events were refused: %s%s", ways[0].load.refusal, ways[1].load.refusal);
    uint64_t percent = rate(&ways[0]) ? rate(&ways[1]) * 100 / rate(&ways[0]) : 0;
    if (line->json) {
        printf("{\"in_flight\":%u,\"socket_events_per_s\":%llu,\"curve_events_per_s\":%llu,\"curve_percent\":%llu}\n", in_flight, (unsigned long long)rate(&ways[0]),
               (unsigned long long)rate(&ways[1]), (unsigned long long)percent);
        return COMMAND_DONE;
    }
    print_way("socket     ", line->arena, &ways[0]);
    print_way("TCP, CURVE ", line->arena, &ways[1]);
    printf("ratio       %llu %% of the speed without\n", (unsigned long long)percent);
    return COMMAND_DONE;
}
