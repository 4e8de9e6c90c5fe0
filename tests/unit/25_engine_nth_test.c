/* engine: fail the Nth allocation. A process works on a folder, and its Nth allocation fails, once, for every N that there is: it says that memory ran
 * out and leaves, or an arena ends it on the spot (arena.h). Who opens the folder afterwards finds every batch that was acknowledged, none half,
 * and goes on to the same end as one whom nothing disturbed. */
#include "tests/unit/engines.h"
#include "tests/unit/fault.h"
#include "tests/unit/stores.h"

#include "engine/verify.h"

#include <signal.h>
#include <sodium.h>
#include <sys/mman.h>
#include <sys/wait.h>

enum { MAP = 64 << 20, TURNS = 9, LEFT_SAYING_SO = 3, LEFT_OTHERWISE = 4, WENT_ON = 5 };

static struct text texts[3]; /* what is deployed */
static uint64_t *acknowledged; /* position of the last batch that was, shared with the process that works */
static char folder[64], scratch[64];

static const struct field_value note[] = {{.name = {"note", 4}, .value = {.kind = VALUE_TEXT, .text = {"water", 5}}}};

static struct text key_of(struct bed *bed, uint32_t n)
{
    return arena_print(&bed->arena, "case-key-%07u", n);
}

static struct text id_of(struct bed *bed, uint32_t n)
{
    return arena_print(&bed->arena, "event-id-%07u", n);
}

static enum err decide(struct bed *bed, const struct event *event)
{
    struct message answer;
    enum err code = engine_decide(bed->engine, event, &answer);
    /* What was parked and has expired is a new event when it is said again, and comes too late. */
    return code ? code : answer.kind == MESSAGE_REFUSED && answer.code != ERR_NOT_NOW ? ERR_OTHER : ERR_OK;
}

static enum err open_case(struct bed *bed, uint32_t n)
{
    const struct event event = {.kind = EVENT_OPEN, .id = id_of(bed, n), .sender = TEXT("local"), .key = key_of(bed, n), .workflow = TEXT("bench"),
                                .unit = TEXT("jinnong/grid-3/building-7"), .as = TEXT("zhou"), .data = note, .data_count = 1};
    return decide(bed, &event);
}

static enum err send(struct bed *bed, uint32_t id, uint32_t n, const char *name, uint32_t fields)
{
    const struct event event = {.kind = EVENT_SEND, .id = id_of(bed, id), .sender = TEXT("local"), .subject = {.kind = CASE_REF_KEY, .text = key_of(bed, n)},
                                .name = text_of(name), .as = TEXT("zhou"), .data = fields ? note : NULL, .data_count = fields};
    return decide(bed, &event);
}

static enum err deploy(struct bed *bed, uint32_t n)
{
    struct problems problems;
    struct source source;
    struct message answer;
    enum err code = source_read(&bed->arena, "source.yaml", texts[n], &problems, &source);
    if (code)
        return code;
    const struct deployment deployment = {.id = id_of(bed, 900 + n), .sender = TEXT("local"), .what = text_of(source_kind_name(source.kind)), .name = source.name,
                                          .version = source.version, .applies_from = source.applies_from, .source = texts[n], .compiled = source.compiled};
    return engine_deploy(bed->engine, &deployment, &answer);
}

/* One batch of its life. Whatever it was, it may be said again. */
static enum err decide_turn(struct bed *bed, uint32_t turn)
{
    uint32_t fired;
    enum err code = ERR_OK;
    switch (turn) {
    case 0:
    case 1:
    case 2: return deploy(bed, turn);
    case 3:
        for (uint32_t i = 0; i < 40 && !code; i++)
            code = open_case(bed, i);
        return code;
    case 4: return send(bed, 101, 0, "raise", 1);
    case 5:
        code = send(bed, 102, 1, "raise", 1);
        return code ? code : send(bed, 103, 2, "resolve", 1);
    case 6: return send(bed, 104, 70, "raise", 0); /* parked */
    case 7: return open_case(bed, 70);
    default: return engine_fire(bed->engine, 10000, &fired);
    }
}

static enum err run_turn(struct bed *bed, uint32_t turn)
{
    engine_begin(bed->engine, AT(1000) + (int64_t)turn * (turn == TURNS - 1 ? INT64_C(30) * 86400000 : 60000));
    enum err code = decide_turn(bed, turn);
    if (code)
        engine_abort(bed->engine);
    return code ? code : engine_commit(bed->engine, NULL);
}

static enum err open_bed(struct bed *bed, bool sync)
{
    const struct store_lmdb_options options = {.map_size = MAP, .unsafe_no_sync = !sync};
    const struct engine_options few = {.cached_workflows_most = 1};
    const char *why;
    arena_init(&bed->arena);
    enum err code = store_lmdb_open(&bed->store, folder, &options);
    return code ? code : engine_open(&bed->engine, bed->store, &few, &why);
}

static enum err run_life(struct bed *bed)
{
    enum err code = open_bed(bed, false);
    for (uint32_t turn = 0; turn < TURNS && !code; turn++) {
        code = run_turn(bed, turn);
        if (!code)
            *acknowledged = engine_position(bed->engine);
    }
    return code;
}

/* In a process of its own. */
static void work(uint64_t n)
{
    struct bed bed = {0};
    fault_arm(FAULT_ALLOCATE, n, ENOMEM);
    enum err code = run_life(&bed);
    bool hit = fault_hit();
    _exit(code == ERR_NO_MEMORY && hit ? LEFT_SAYING_SO : code ? LEFT_OTHERWISE : hit ? WENT_ON : 0);
}

/* false: nothing failed. */
static bool works_until_it_fails(uint64_t n)
{
    int status;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        if (!freopen("/dev/null", "w", stderr)) /* an arena's end is no news here */
            _exit(LEFT_OTHERWISE);
        signal(SIGABRT, SIG_DFL);
        work(n);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    if (WIFSIGNALED(status))
        assert_int_equal(WTERMSIG(status), SIGABRT);
    else if (WEXITSTATUS(status) != 0 && WEXITSTATUS(status) != LEFT_SAYING_SO && WEXITSTATUS(status) != WENT_ON)
        fail_msg("allocation %llu: it left with %d", (unsigned long long)n, WEXITSTATUS(status));
    return !WIFEXITED(status) || WEXITSTATUS(status) != 0;
}

static void verify(uint64_t n)
{
    struct verify_report report;
    if (verify_folder(folder, &report, NULL, NULL))
        fail_msg("allocation %llu: %s", (unsigned long long)n, report.problem);
}

/* Says everything again, as its senders would. */
static void goes_on_to_the_same_end(uint64_t n, const uint8_t expected[HASH_SIZE])
{
    struct bed bed = {0};
    uint8_t hash[HASH_SIZE];
    assert_int_equal(open_bed(&bed, false), ERR_OK);
    if (engine_position(bed.engine) < *acknowledged)
        fail_msg("allocation %llu: record %llu was acknowledged, and the log ends at %llu", (unsigned long long)n, (unsigned long long)*acknowledged,
                 (unsigned long long)engine_position(bed.engine));
    for (uint32_t turn = 0; turn < TURNS; turn++) {
        enum err code = run_turn(&bed, turn);
        if (code)
            fail_msg("allocation %llu: turn %u: %s", (unsigned long long)n, turn, err_name(code));
    }
    bed_hash(&bed, hash);
    if (expected && memcmp(hash, expected, HASH_SIZE) != 0)
        fail_msg("allocation %llu: another end", (unsigned long long)n);
    bed_close(&bed);
}

static int set_up(void **state)
{
    static struct bed bed;
    (void)state;
    arena_init(&bed.arena);
    texts[0] = bed_file(&bed, "config/calendar-cn.yaml");
    texts[1] = bed_file(&bed, "config/practice-directory.yaml");
    texts[2] = bed_file(&bed, "workflows/bench/workflow.yaml");
    *state = &bed;
    acknowledged = mmap(NULL, sizeof *acknowledged, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(acknowledged != MAP_FAILED);
    folder_make(scratch, sizeof scratch);
    setenv("TMPDIR", scratch, 1);
    return 0;
}

static int tear_down(void **state)
{
    struct bed *bed = *state;
    arena_close(&bed->arena);
    munmap(acknowledged, sizeof *acknowledged);
    folder_remove(scratch);
    return 0;
}

static void every_allocation_fails_once(void **state)
{
    uint8_t end[HASH_SIZE];
    struct bed bed = {0};
    uint64_t n = 1;
    (void)state;
    folder_make(folder, sizeof folder);
    assert_int_equal(run_life(&bed), ERR_OK);
    bed_hash(&bed, end);
    bed_close(&bed);
    folder_remove(folder);
    for (bool failed = true; failed; n++) {
        folder_make(folder, sizeof folder);
        *acknowledged = 0;
        failed = works_until_it_fails(n);
        goes_on_to_the_same_end(n, end);
        if (n % 8 == 0 || !failed)
            verify(n);
        folder_remove(folder);
    }
    print_message("%llu allocations\n", (unsigned long long)n - 2);
    assert_true(n > 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_allocation_fails_once)};
    return sodium_init() < 0 ? 1 : cmocka_run_group_tests_name("engine, fail the nth allocation", tests, set_up, tear_down);
}
