/* A backup holds all that its folder held, says so itself, and nothing that was destroyed before it; an engine on it goes on. (Beside a running
 * engine, killed half-way, damaged: tests/process/backup_test.py.) */
#include "engine/backup.h"

#include "engine/seal.h"
#include "tests/unit/engines.h"
#include "tests/unit/stores.h"

#include <ftw.h>
#include <string.h>
#include <sys/stat.h>

enum { MAP = 64 << 20, KEYS = 40, DAY_MS = 86400000 };

static const struct field_value note[] = {{.name = {"note", 4}, .value = {.kind = VALUE_TEXT, .text = {"the water runs", 14}}}};

struct home {
    char folder[64];
    struct arena arena;
    const char *data, *to;
};

static const char *inside(struct home *home, const char *folder, const char *name)
{
    return arena_print(&home->arena, "%s/%s", folder, name).data;
}

/* A secret of the nth key is 32 times its number, from 1 on: it can be looked for in a file. */
static void fill_numbers(void *context, void *bytes, size_t size)
{
    uint8_t *number = context;
    memset(bytes, ++*number, size);
}

static struct seal_key key_of(int number)
{
    char name[16];
    snprintf(name, sizeof name, "app:p%d", number);
    return seal_key_of_person(text_of(name));
}

static void make_keys(struct home *home)
{
    uint8_t number = 0;
    struct seal *seal;
    struct store *keys = lmdb_open(inside(home, home->data, "keys"), MAP);
    assert_int_equal(seal_open(&seal, keys, &(struct seal_random){.fill = fill_numbers, .context = &number}), ERR_OK);
    for (int i = 0; i < KEYS; i++) {
        struct seal_key key = key_of(i);
        struct text sealed;
        assert_int_equal(seal_value(seal, &home->arena, (struct seal_keys){&key, 1}, TEXT("event-id-16bytes"), TEXT("phone"), TEXT("13800000000"), &sealed), ERR_OK);
    }
    assert_int_equal(seal_commit(seal), ERR_OK);
    for (int i = 0; i < KEYS; i += 2) {
        struct seal_key key = key_of(i);
        assert_int_equal(seal_destroy(seal, &key), ERR_OK);
    }
    seal_close(&seal);
    store_close(&keys);
}

static void make_cases(struct home *home)
{
    struct bed bed;
    bed_init(&bed, lmdb_open(inside(home, home->data, "store"), MAP));
    bed_deploy_samples(&bed, "workflows/bench/workflow.yaml");
    for (int i = 0; i < 5; i++) {
        struct event open = {.kind = EVENT_OPEN, .id = bed_id(&bed), .sender = TEXT("local"), .key = bed_id(&bed), .workflow = TEXT("bench"),
                             .unit = TEXT("jinnong/grid-3/building-7"), .as = TEXT("zhou"), .data = note, .data_count = 1};
        assert_int_equal(bed_send(&bed, AT(1000 + i), &open).kind, MESSAGE_APPLIED);
    }
    struct event early = {.kind = EVENT_SEND, .id = bed_id(&bed), .sender = TEXT("local"), .subject = {.kind = CASE_REF_KEY, .text = bed_id(&bed)},
                          .name = TEXT("raise"), .as = TEXT("zhou")}; /* waits for its case, and has a deadline */
    assert_int_equal(bed_send(&bed, AT(4000), &early).kind, MESSAGE_PARKED);
    bed_close(&bed);
}

static int set_up(void **state)
{
    static struct home home;
    arena_init(&home.arena);
    folder_make(home.folder, sizeof home.folder);
    home.data = inside(&home, home.folder, "var");
    home.to = inside(&home, home.folder, "backup");
    assert_int_equal(mkdir(home.data, 0700), 0);
    make_keys(&home);
    make_cases(&home);
    *state = &home;
    return 0;
}

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *walk)
{
    (void)status, (void)type, (void)walk;
    return remove(path);
}

static int tear_down(void **state)
{
    struct home *home = *state;
    nftw(home->folder, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
    arena_close(&home->arena);
    return 0;
}

static struct manifest take(struct home *home)
{
    struct manifest manifest;
    struct text why;
    enum err code = backup_take(home->data, home->to, &manifest, &home->arena, &why);
    if (code)
        fail_msg("%s", why.data);
    return manifest;
}

static struct text read_file(struct home *home, const char *path)
{
    struct stat status;
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    assert_int_equal(fstat(fileno(file), &status), 0);
    char *bytes = arena_take(&home->arena, (size_t)status.st_size);
    assert_int_equal(fread(bytes, 1, (size_t)status.st_size, file), status.st_size);
    fclose(file);
    return (struct text){bytes, (size_t)status.st_size};
}

static bool holds_secret(struct text bytes, int number)
{
    uint8_t secret[32];
    memset(secret, number, sizeof secret);
    return memmem(bytes.data, bytes.size, secret, sizeof secret) != NULL;
}

static void says_what_it_holds(void **state)
{
    struct home *home = *state;
    struct manifest taken = take(home), read;
    struct text why;
    assert_int_equal(backup_read(home->to, &read, &home->arena, &why), ERR_OK);
    assert_int_equal(backup_check(home->to, &read, &home->arena, &why), ERR_OK);
    assert_true(text_equal(manifest_print(&home->arena, &taken), manifest_print(&home->arena, &read)));
    struct bed bed;
    uint8_t hash[HASH_SIZE];
    bed_init(&bed, lmdb_open(inside(home, home->data, "store"), MAP));
    assert_int_equal(read.position, engine_position(bed.engine));
    assert_int_equal(read.epoch, engine_epoch(bed.engine) - 1); /* opening it again began another */
    assert_memory_equal(read.log, engine_hash(bed.engine), HASH_SIZE);
    bed_hash(&bed, hash);
    assert_memory_equal(read.state, hash, HASH_SIZE);
    bed_close(&bed);
}

static void what_was_destroyed_is_not_in_it(void **state)
{
    struct home *home = *state;
    take(home);
    struct text bytes = read_file(home, inside(home, home->to, "keys/data.mdb"));
    for (int i = 0; i < KEYS; i++) { /* two secrets each */
        assert_int_equal(holds_secret(bytes, 2 * i + 1), i % 2 == 1);
        assert_int_equal(holds_secret(bytes, 2 * i + 2), i % 2 == 1);
    }
}

static void a_deadline_that_passed_meanwhile_fires(void **state)
{
    struct home *home = *state;
    take(home);
    struct bed bed;
    uint32_t fired = 0;
    bed_init(&bed, lmdb_open(inside(home, home->to, "store"), MAP));
    engine_begin(bed.engine, AT((int64_t)365 * DAY_MS));
    assert_int_equal(engine_fire(bed.engine, 1000, &fired), ERR_OK);
    bed_commit(&bed);
    assert_true(fired > 0);
    bed_assert_replays(&bed);
    bed_close(&bed);
}

static void a_place_is_taken_once(void **state)
{
    struct home *home = *state;
    struct manifest manifest;
    struct text why;
    take(home);
    assert_int_equal(backup_take(home->data, home->to, &manifest, &home->arena, &why), ERR_USAGE);
    assert_int_equal(backup_take(home->folder, inside(home, home->folder, "other"), &manifest, &home->arena, &why), ERR_NOT_FOUND);
    assert_int_equal(backup_read(inside(home, home->folder, "other.unfinished"), &manifest, &home->arena, &why), ERR_CORRUPT);
    assert_int_equal(backup_take(home->data, inside(home, home->folder, "other"), &manifest, &home->arena, &why), ERR_OK);
    assert_int_equal(backup_read(home->data, &manifest, &home->arena, &why), ERR_NOT_FOUND);
}

static void one_begins_to_live_and_is_a_backup_no_more(void **state)
{
    struct home *home = *state;
    struct manifest manifest;
    struct text why;
    take(home);
    assert_int_equal(backup_read_begun(home->to, &manifest, &home->arena, &why), ERR_NOT_FOUND);
    assert_int_equal(backup_begin_life(home->to, &home->arena), ERR_OK);
    assert_int_equal(backup_read(home->to, &manifest, &home->arena, &why), ERR_NOT_FOUND);
    assert_int_equal(backup_begin_life(home->to, &home->arena), ERR_NOT_FOUND);
    assert_int_equal(backup_read_begun(home->to, &manifest, &home->arena, &why), ERR_OK);
    assert_int_equal(backup_has_life(home->to, &home->arena), ERR_OK);
    assert_int_equal(backup_read_begun(home->to, &manifest, &home->arena, &why), ERR_NOT_FOUND);
}

/* Every byte of it counts. */
static void a_manifest_is_read_strictly(void **state)
{
    struct home *home = *state;
    struct manifest manifest = take(home), read;
    struct text good = manifest_print(&home->arena, &manifest);
    for (size_t size = 0; size < good.size; size++)
        assert_int_equal(manifest_read(&home->arena, (struct text){good.data, size}, &read), ERR_CORRUPT);
    assert_int_equal(manifest_read(&home->arena, arena_print(&home->arena, "%s\n", good.data), &read), ERR_CORRUPT);
    assert_int_equal(manifest_read(&home->arena, arena_print(&home->arena, " %s", good.data), &read), ERR_CORRUPT);
    manifest.format = MANIFEST_FORMAT + 1;
    assert_int_equal(manifest_read(&home->arena, manifest_print(&home->arena, &manifest), &read), ERR_NEWER_FORMAT);
}

/* Word for word what the program wrote before there were other files. */
static void a_manifest_of_the_first_format_is_read(void **state)
{
    struct home *home = *state;
    struct manifest read;
    static const char old[] = "staircase-backup: 1\ntaken: 2026-11-21T22:50:00Z\nprogram: 0.2\nrecord-format: 1\nepoch: 3\nposition: 1234\n"
                              "head: 0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20\n"
                              "state: 2102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20\n"
                              "file: 3102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20 4096 store/data.mdb\n"
                              "file: 4102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20 8192 keys/data.mdb\n";
    assert_int_equal(manifest_read(&home->arena, TEXT(old), &read), ERR_OK);
    assert_int_equal(read.position, 1234);
    assert_int_equal(read.log[0], 1);
    assert_int_equal(read.state[0], 0x21);
    assert_int_equal(read.files[MANIFEST_KEYS].size, 8192);
    assert_false(read.files[MANIFEST_SERVER_KEY].there || read.files[MANIFEST_PRINCIPALS].there || read.files[MANIFEST_DOCKET].there);
    struct text second = arena_print(&home->arena, "%s", old);
    ((char *)second.data)[18] = '2'; /* the second says `log` */
    assert_int_equal(manifest_read(&home->arena, second, &read), ERR_CORRUPT);
}

static void keys_of_tcp_and_the_docket_go_along(void **state)
{
    struct home *home = *state;
    struct text why;
    FILE *file = fopen(inside(home, home->data, "keys/server.key"), "w");
    assert_non_null(file);
    fputs("public: x\n", file);
    fclose(file);
    struct store *docket = lmdb_open(inside(home, home->data, "mediation-centre"), MAP);
    struct manifest manifest = take(home); /* beside a centre that has it open */
    store_close(&docket);
    assert_true(manifest.files[MANIFEST_SERVER_KEY].there && manifest.files[MANIFEST_DOCKET].there);
    assert_false(manifest.files[MANIFEST_PRINCIPALS].there);
    assert_int_equal(manifest.files[MANIFEST_SERVER_KEY].size, 10);
    struct stat status;
    assert_int_equal(stat(inside(home, home->to, "keys/server.key"), &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    assert_int_equal(backup_check(home->to, &manifest, &home->arena, &why), ERR_OK);
    assert_int_equal(backup_glance(home->to, &manifest, &home->arena, &why), ERR_OK);
    assert_int_equal(remove(inside(home, home->to, "keys/server.key")), 0);
    assert_int_equal(backup_glance(home->to, &manifest, &home->arena, &why), ERR_CORRUPT);
    assert_int_equal(backup_check(home->to, &manifest, &home->arena, &why), ERR_CORRUPT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(says_what_it_holds, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_was_destroyed_is_not_in_it, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_deadline_that_passed_meanwhile_fires, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_place_is_taken_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(one_begins_to_live_and_is_a_backup_no_more, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_manifest_is_read_strictly, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_manifest_of_the_first_format_is_read, set_up, tear_down),
        cmocka_unit_test_setup_teardown(keys_of_tcp_and_the_docket_go_along, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
