/* store on LMDB: what only a store on disk can meet: locks, rights, full maps and disks, damaged and foreign files. */
#include "tests/unit/stores.h"

#include <fcntl.h>
#include <lmdb.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

enum { MAP_SIZE = 4 << 20 };

#ifdef __has_feature
#define HAS_SANITIZER __has_feature(address_sanitizer)
#elif defined __SANITIZE_ADDRESS__
#define HAS_SANITIZER 1
#else
#define HAS_SANITIZER 0
#endif

static int start(void **state)
{
    struct rig *rig = calloc(1, sizeof *rig);
    folder_make(rig->folder, sizeof rig->folder);
    *state = rig;
    return 0;
}

static int finish(void **state)
{
    struct rig *rig = *state;
    folder_remove(rig->folder);
    free(rig);
    return 0;
}

static const char *folder_of(void **state)
{
    return ((struct rig *)*state)->folder;
}

static const char *file_in(void **state, const char *name)
{
    static char path[1024];
    snprintf(path, sizeof path, "%s/%s", folder_of(state), name);
    return path;
}

static enum err try_open(struct store **store, const char *folder, bool read_only)
{
    struct store_lmdb_options options = {.map_size = MAP_SIZE, .read_only = read_only};
    return store_lmdb_open(store, folder, &options);
}

/* A store with rows enough for several pages, stopped. */
static void make_stopped_store(void **state)
{
    struct store *store = lmdb_open(folder_of(state), MAP_SIZE);
    char name[16], value[200] = {0};
    memset(value, 'v', sizeof value - 1);
    struct store_txn *txn = begin_write(store);
    for (unsigned i = 0; i < 100; i++) {
        snprintf(name, sizeof name, "%04u", i);
        put(txn, STORE_CASE, name, value);
    }
    put(txn, STORE_META, "here", "a value that can be found in the file");
    commit(txn);
    store_close(&store);
}

static void write_at(const char *path, off_t offset, const void *bytes, size_t size)
{
    int file = open(path, O_WRONLY);
    assert_true(file >= 0);
    assert_int_equal(pwrite(file, bytes, size, offset), (ssize_t)size);
    close(file);
}

/* ---- the folder ---- */

static void what_was_committed_is_there_at_the_next_opening(void **state)
{
    make_stopped_store(state);
    struct store *store = lmdb_open(folder_of(state), MAP_SIZE);
    expect_now(store, STORE_META, "here", "a value that can be found in the file");
    store_close(&store);
}

static void folder_and_files_are_for_their_owner_only(void **state)
{
    struct stat status;
    char folder[512];
    snprintf(folder, sizeof folder, "%s/inner", folder_of(state));
    mode_t before = umask(0);
    struct store *store = lmdb_open(folder, MAP_SIZE);
    umask(before);
    assert_int_equal(stat(folder, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0700);
    assert_int_equal(stat(file_in(state, "inner/data.mdb"), &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    assert_int_equal(stat(file_in(state, "inner/store.lock"), &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    store_close(&store);
    folder_remove(folder);
}

static void no_descriptor_is_left_to_children(void **state)
{
    struct store *store = lmdb_open(folder_of(state), MAP_SIZE);
    DIR *listing = opendir("/proc/self/fd");
    unsigned ours = 0;
    assert_non_null(listing);
    for (struct dirent *entry; (entry = readdir(listing)) != NULL;) {
        char link[512], target[512] = {0};
        snprintf(link, sizeof link, "/proc/self/fd/%s", entry->d_name);
        if (readlink(link, target, sizeof target - 1) < 0 || strncmp(target, folder_of(state), strlen(folder_of(state))) != 0)
            continue;
        ours++;
        assert_true(fcntl(atoi(entry->d_name), F_GETFD) & FD_CLOEXEC);
    }
    closedir(listing);
    assert_true(ours >= 3);
    store_close(&store);
}

static void a_parent_that_is_not_there_is_an_error(void **state)
{
    struct store *store = NULL;
    assert_int_equal(try_open(&store, file_in(state, "no/such"), false), ERR_IO);
    assert_null(store);
}

/* ---- who may open it ---- */

static void only_one_may_write(void **state)
{
    struct store *first = lmdb_open(folder_of(state), MAP_SIZE), *second = NULL;
    assert_int_equal(try_open(&second, folder_of(state), false), ERR_LOCKED);
    assert_int_equal(try_open(&second, folder_of(state), true), ERR_LOCKED);
    assert_int_equal(store_reopen(first), ERR_OK);
    assert_int_equal(try_open(&second, folder_of(state), false), ERR_LOCKED);
    put_now(first, STORE_CASE, "a", "one");
    store_close(&first);
    assert_int_equal(try_open(&second, folder_of(state), false), ERR_OK);
    expect_now(second, STORE_CASE, "a", "one");
    store_close(&second);
}

static void readers_of_a_stopped_folder_share_it(void **state)
{
    struct store *first = NULL, *second = NULL, *writer = NULL;
    make_stopped_store(state);
    assert_int_equal(try_open(&first, folder_of(state), true), ERR_OK);
    store_close(&first);
    assert_int_equal(try_open(&first, folder_of(state), true), ERR_OK);
    assert_int_equal(try_open(&writer, folder_of(state), false), ERR_LOCKED);
    expect_now(first, STORE_META, "here", "a value that can be found in the file");
    store_close(&first);
    assert_int_equal(try_open(&writer, folder_of(state), false), ERR_OK);
    assert_int_equal(try_open(&second, folder_of(state), true), ERR_LOCKED);
    store_close(&writer);
}

/* A copy on a medium that cannot be written, seen by somebody who may not write. As root, become nobody for it. */
static void a_copy_is_read_without_any_right_to_write(void **state)
{
    struct store *store = NULL;
    struct store_figures figures;
    make_stopped_store(state);
    assert_int_equal(unlink(file_in(state, "store.lock")), 0);
    assert_int_equal(unlink(file_in(state, "lock.mdb")), 0);
    assert_int_equal(chmod(file_in(state, "data.mdb"), 0444), 0);
    assert_int_equal(chmod(folder_of(state), 0555), 0);
    uid_t user = geteuid();
    if (user == 0)
        assert_int_equal(seteuid(65534), 0);
    enum err err = try_open(&store, folder_of(state), true);
    if (!err) {
        expect_now(store, STORE_META, "here", "a value that can be found in the file");
        err = store_read_figures(store, &figures);
        store_close(&store);
    }
    assert_int_equal(seteuid(user), 0);
    assert_int_equal(chmod(folder_of(state), 0700), 0);
    assert_int_equal(err, ERR_OK);
    assert_int_equal(figures.rows[STORE_CASE], 100);
    assert_int_equal(access(file_in(state, "store.lock"), F_OK), -1);
    assert_int_equal(access(file_in(state, "lock.mdb"), F_OK), -1);
}

static void reading_creates_nothing(void **state)
{
    struct store *store = NULL;
    assert_int_equal(try_open(&store, file_in(state, "missing"), true), ERR_NOT_FOUND);
    assert_int_equal(try_open(&store, folder_of(state), true), ERR_NOT_FOUND);
    assert_int_equal(access(file_in(state, "missing"), F_OK), -1);
    assert_int_equal(access(file_in(state, "data.mdb"), F_OK), -1);
    assert_int_equal(access(file_in(state, "store.lock"), F_OK), -1);
}

/* ---- no room ---- */

static void a_full_map_is_enlarged_and_the_batch_run_again(void **state)
{
    struct store *store = lmdb_open(folder_of(state), 1 << 20);
    struct store_figures figures;
    char *large = malloc(700001);
    memset(large, 'x', 700000);
    large[700000] = '\0';
    put_now(store, STORE_CASE, "before", "kept");
    enum err err = ERR_MAP_FULL;
    for (unsigned grown = 0; grown < 3 && err == ERR_MAP_FULL; grown++) {
        struct store_txn *txn = begin_write(store);
        put(txn, STORE_CASE, "before", "changed");
        err = store_put(txn, STORE_LOG, TEXT("1"), text_of(large));
        if (!err)
            err = store_put(txn, STORE_LOG, TEXT("2"), text_of(large));
        if (!err) {
            err = store_commit(&txn);
            continue;
        }
        assert_int_equal(store_put(txn, STORE_CASE, TEXT("more"), TEXT("")), ERR_MAP_FULL);
        assert_int_equal(store_delete(txn, STORE_CASE, TEXT("before")), ERR_MAP_FULL);
        if (grown == 0)
            store_abort(&txn);
        else
            assert_int_equal(store_commit(&txn), ERR_MAP_FULL);
        expect_now(store, STORE_CASE, "before", "kept");
        assert_int_equal(store_grow(store), ERR_OK);
    }
    assert_int_equal(err, ERR_OK);
    expect_now(store, STORE_CASE, "before", "changed");
    expect_now(store, STORE_LOG, "2", large);
    assert_int_equal(store_reopen(store), ERR_OK);
    assert_int_equal(store_read_figures(store, &figures), ERR_OK);
    assert_int_equal(figures.map_size, 2 << 20);
    store_close(&store);
    store = lmdb_open(folder_of(state), 1 << 20); /* smaller than what is in it */
    expect_now(store, STORE_LOG, "2", large);
    store_close(&store);
    free(large);
}

/* The limit on a file's size stands in for a full disk: the same write comes back short (`room` for part of it) or not at all. */
static void refuse_a_commit(void **state, size_t room)
{
    struct rlimit before, limit;
    struct stat status;
    struct store *store = lmdb_open(folder_of(state), 64 << 20);
    struct store_txn *txn = NULL;
    char large[20001];
    memset(large, 'x', 20000);
    large[20000] = '\0';
    put_now(store, STORE_CASE, "before", "kept");
    assert_int_equal(stat(file_in(state, "data.mdb"), &status), 0);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    limit = before;
    limit.rlim_cur = (rlim_t)status.st_size + room;
    void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    txn = begin_write(store);
    put(txn, STORE_CASE, "before", "changed");
    put(txn, STORE_LOG, "1", large);
    enum err err = store_commit(&txn);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    signal(SIGXFSZ, handler);
    assert_int_equal(err, ERR_DISK_FULL);
    assert_null(txn);
    assert_int_equal(store_begin_write(store, &txn), ERR_IO);
    assert_int_equal(store_begin_read(store, &txn), ERR_IO);
    assert_int_equal(store_grow(store), ERR_IO);
    assert_int_equal(store_reopen(store), ERR_OK);
    expect_now(store, STORE_CASE, "before", "kept");
    expect_now(store, STORE_LOG, "1", NULL);
    put_now(store, STORE_LOG, "1", large);
    expect_now(store, STORE_LOG, "1", large);
    store_close(&store);
}

static void a_commit_that_the_disk_refuses_asks_for_a_reopening(void **state)
{
    refuse_a_commit(state, 0);
}

/* LMDB then says EIO, as it does when the disk is broken (pitfall 13); and the figures of the file system say that there is room. */
static void a_commit_that_the_disk_takes_in_part_met_a_full_disk(void **state)
{
    refuse_a_commit(state, 8192);
}

static void the_map_keeps_to_the_address_space_that_is_allowed(void **state)
{
#if HAS_SANITIZER
    (void)state;
    skip(); /* its shadow alone is larger than any limit that would show something */
#else
    struct rlimit before, limit;
    struct store_figures figures;
    struct store *store = NULL;
    struct store_lmdb_options options = {0};
    assert_int_equal(getrlimit(RLIMIT_AS, &before), 0);
    limit = before;
    limit.rlim_cur = (rlim_t)16 << 30;
    assert_int_equal(setrlimit(RLIMIT_AS, &limit), 0);
    enum err err = store_lmdb_open(&store, folder_of(state), &options);
    assert_int_equal(setrlimit(RLIMIT_AS, &before), 0);
    assert_int_equal(err, ERR_OK);
    assert_int_equal(store_read_figures(store, &figures), ERR_OK);
    assert_in_range(figures.map_size, (uint64_t)1 << 30, (uint64_t)8 << 30);
    limit.rlim_cur = 1 << 20;
    assert_int_equal(setrlimit(RLIMIT_AS, &limit), 0);
    err = store_grow(store);
    assert_int_equal(setrlimit(RLIMIT_AS, &before), 0);
    assert_int_equal(err, ERR_NO_MEMORY);
    put_now(store, STORE_CASE, "a", "still works");
    expect_now(store, STORE_CASE, "a", "still works");
    store_close(&store);
#endif
}

/* ---- damaged and foreign files ---- */

static void a_changed_byte_is_found(void **state)
{
    struct store *store = NULL;
    struct text value;
    make_stopped_store(state);
    char *bytes = malloc(MAP_SIZE);
    int file = open(file_in(state, "data.mdb"), O_RDWR);
    ssize_t size = read(file, bytes, MAP_SIZE);
    char *at = memmem(bytes, (size_t)size, "can be found", 12);
    assert_non_null(at);
    assert_int_equal(pwrite(file, "C", 1, at - bytes), 1);
    close(file);
    free(bytes);
    assert_int_equal(try_open(&store, folder_of(state), true), ERR_OK);
    struct store_txn *txn = begin_read(store);
    struct store_cursor *cursor = NULL;
    struct text key;
    assert_int_equal(store_get(txn, STORE_META, TEXT("here"), &value), ERR_CORRUPT);
    assert_int_equal(store_get(txn, STORE_CASE, TEXT("0042"), &value), ERR_OK);
    assert_int_equal(store_cursor_open(txn, STORE_META, &cursor), ERR_OK);
    assert_int_equal(store_cursor_seek(cursor, TEXT("here"), &key, &value), ERR_CORRUPT);
    store_end_read(&txn);
    store_close(&store);
}

static void a_file_that_was_cut_short_is_found_and_left_as_it_is(void **state)
{
    struct stat status, after;
    make_stopped_store(state);
    assert_int_equal(stat(file_in(state, "data.mdb"), &status), 0);
    for (off_t less = 1; less < status.st_size - 8192; less += 4095) {
        struct store *store = NULL;
        assert_int_equal(truncate(file_in(state, "data.mdb"), status.st_size - less), 0);
        for (unsigned read_only = 0; read_only < 2; read_only++) {
            assert_int_equal(try_open(&store, folder_of(state), read_only == 1), ERR_CORRUPT);
            assert_null(store);
            assert_int_equal(stat(file_in(state, "data.mdb"), &after), 0);
            assert_int_equal(after.st_size, status.st_size - less);
        }
    }
}

/* Puts many rows and deletes them again, in one transaction, and puts one. */
static void put_and_delete(struct store *store, unsigned rows)
{
    char name[16], value[1001] = {0};
    memset(value, 'v', 1000);
    struct store_txn *txn = begin_write(store);
    for (unsigned i = 0; i < rows; i++) {
        snprintf(name, sizeof name, "%04u", i);
        put(txn, STORE_CASE, name, value);
    }
    for (unsigned i = rows; i > 0; i--) {
        snprintf(name, sizeof name, "%04u", i - 1);
        assert_int_equal(store_delete(txn, STORE_CASE, text_of(name)), ERR_OK);
    }
    put(txn, STORE_CASE, "a", "one");
    commit(txn);
}

/* LMDB does not write pages that were taken and given back within a transaction, even at the end of the file. */
static void a_file_whose_end_was_never_written_is_whole(void **state)
{
    struct store *store = lmdb_open(folder_of(state), MAP_SIZE);
    struct store_figures figures;
    struct stat status;
    for (unsigned rows = 50; rows <= 400; rows += 50)
        put_and_delete(store, rows); /* each beyond the pages that the one before has freed */
    assert_int_equal(store_read_figures(store, &figures), ERR_OK);
    store_close(&store);
    assert_int_equal(stat(file_in(state, "data.mdb"), &status), 0);
    assert_true((uint64_t)status.st_size < figures.map_used); /* otherwise this test shows nothing */
    assert_int_equal(try_open(&store, folder_of(state), true), ERR_OK);
    expect_now(store, STORE_CASE, "a", "one");
    store_close(&store);
    store = lmdb_open(folder_of(state), MAP_SIZE);
    expect_now(store, STORE_CASE, "a", "one");
    store_close(&store);
}

static void a_file_that_is_no_store_is_refused(void **state)
{
    struct store *store = NULL;
    char text[9000];
    memset(text, '#', sizeof text);
    make_stopped_store(state);
    write_at(file_in(state, "data.mdb"), 0, text, sizeof text);
    assert_int_equal(try_open(&store, folder_of(state), false), ERR_CORRUPT);
    assert_int_equal(try_open(&store, folder_of(state), true), ERR_CORRUPT);
    assert_null(store);
}

static void a_file_of_another_lmdb_format_is_refused(void **state)
{
    struct store *store = NULL;
    uint32_t version = 99;
    make_stopped_store(state);
    write_at(file_in(state, "data.mdb"), 20, &version, sizeof version); /* behind the page's header and the magic number */
    write_at(file_in(state, "data.mdb"), 4096 + 20, &version, sizeof version);
    assert_int_equal(try_open(&store, folder_of(state), false), ERR_NEWER_FORMAT);
    assert_int_equal(try_open(&store, folder_of(state), true), ERR_NEWER_FORMAT);
}

/* As it was before a table was added to the list. */
static void a_store_without_the_newest_tables_is_read_as_if_they_were_empty(void **state)
{
    MDB_env *env;
    MDB_txn *bare;
    MDB_dbi table;
    assert_int_equal(mdb_env_create(&env), 0);
    assert_int_equal(mdb_env_set_maxdbs(env, 4), 0);
    assert_int_equal(mdb_env_open(env, folder_of(state), 0, 0600), 0);
    assert_int_equal(mdb_txn_begin(env, NULL, 0, &bare), 0);
    assert_int_equal(mdb_dbi_open(bare, "case", MDB_CREATE, &table), 0);
    assert_int_equal(mdb_txn_commit(bare), 0);
    mdb_env_close(env);
    for (unsigned read_only = 2; read_only-- > 0;) {
        struct store *store = NULL;
        struct store_cursor *cursor = NULL;
        struct store_figures figures;
        struct text key, value;
        assert_int_equal(try_open(&store, folder_of(state), read_only == 1), ERR_OK);
        struct store_txn *txn = begin_read(store);
        expect(txn, STORE_CASE, "a", NULL);
        expect(txn, STORE_DEPLOYED, "a", NULL);
        assert_int_equal(store_cursor_open(txn, STORE_DEPLOYED, &cursor), ERR_OK);
        assert_int_equal(store_cursor_seek(cursor, TEXT("a"), &key, &value), ERR_NOT_FOUND);
        assert_int_equal(store_cursor_previous(cursor, &key, &value), ERR_NOT_FOUND);
        store_cursor_close(&cursor);
        store_end_read(&txn);
        assert_int_equal(store_read_figures(store, &figures), ERR_OK);
        store_close(&store);
    }
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, start, finish)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(what_was_committed_is_there_at_the_next_opening),
        IN_FOLDER(folder_and_files_are_for_their_owner_only),
        IN_FOLDER(no_descriptor_is_left_to_children),
        IN_FOLDER(a_parent_that_is_not_there_is_an_error),
        IN_FOLDER(only_one_may_write),
        IN_FOLDER(readers_of_a_stopped_folder_share_it),
        IN_FOLDER(a_copy_is_read_without_any_right_to_write),
        IN_FOLDER(reading_creates_nothing),
        IN_FOLDER(a_full_map_is_enlarged_and_the_batch_run_again),
        IN_FOLDER(a_commit_that_the_disk_refuses_asks_for_a_reopening),
        IN_FOLDER(a_commit_that_the_disk_takes_in_part_met_a_full_disk),
        IN_FOLDER(the_map_keeps_to_the_address_space_that_is_allowed),
        IN_FOLDER(a_changed_byte_is_found),
        IN_FOLDER(a_file_that_was_cut_short_is_found_and_left_as_it_is),
        IN_FOLDER(a_file_whose_end_was_never_written_is_whole),
        IN_FOLDER(a_file_that_is_no_store_is_refused),
        IN_FOLDER(a_file_of_another_lmdb_format_is_refused),
        IN_FOLDER(a_store_without_the_newest_tables_is_read_as_if_they_were_empty),
    };
    return cmocka_run_group_tests_name("store on LMDB", tests, NULL, NULL);
}
