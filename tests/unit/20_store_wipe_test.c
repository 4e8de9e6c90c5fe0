/* store_wipe: what was deleted or overwritten stands nowhere in LMDB's file any more, and what is there is untouched. */
#include "tests/unit/stores.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>

enum { MAP_SIZE = 16 << 20, ROWS = 3000, SECRET = 32 };

static int start(void **state)
{
    struct rig *rig = calloc(1, sizeof *rig);
    folder_make(rig->folder, sizeof rig->folder);
    rig->store = lmdb_open(rig->folder, MAP_SIZE);
    *state = rig;
    return 0;
}

static int finish(void **state)
{
    struct rig *rig = *state;
    if (rig->store)
        store_close(&rig->store);
    folder_remove(rig->folder);
    free(rig);
    return 0;
}

/* Spread over the table, so that pages are split, merged and used again. */
static struct text name_of(unsigned row, char name[16])
{
    snprintf(name, 16, "%08x", row * 2654435761u);
    return text_of(name);
}

static struct text secret_of(unsigned row, char secret[SECRET + 1])
{
    snprintf(secret, SECRET + 1, "secret-%08u-%016llx", row, (unsigned long long)row * 11400714819323198485ull);
    return text_of(secret);
}

static void put_rows(struct store *store, unsigned from, unsigned to, bool destroyed)
{
    char name[16], secret[SECRET + 1];
    struct store_txn *txn = begin_write(store);
    for (unsigned row = from; row < to; row++) {
        struct text value = secret_of(row, secret);
        if (destroyed)
            memset(secret, 'D', value.size);
        assert_int_equal(store_put(txn, STORE_KEY, name_of(row, name), value), ERR_OK);
    }
    assert_int_equal(store_commit(&txn), ERR_OK);
}

static bool file_holds(const struct rig *rig, unsigned row)
{
    char path[1024], secret[SECRET + 1];
    struct stat status;
    snprintf(path, sizeof path, "%s/data.mdb", rig->folder);
    int file = open(path, O_RDONLY);
    assert_true(file >= 0 && fstat(file, &status) == 0);
    char *bytes = malloc((size_t)status.st_size);
    assert_int_equal(pread(file, bytes, (size_t)status.st_size, 0), status.st_size);
    struct text wanted = secret_of(row, secret);
    bool found = memmem(bytes, (size_t)status.st_size, wanted.data, wanted.size) != NULL;
    free(bytes);
    close(file);
    return found;
}

static void expect_rows(struct store *store, unsigned destroyed_from, unsigned destroyed_to)
{
    char name[16], secret[SECRET + 1];
    struct store_txn *txn;
    assert_int_equal(store_begin_read(store, &txn), ERR_OK);
    for (unsigned row = 0; row < ROWS; row++) {
        struct text value, expected = secret_of(row, secret);
        if (row >= destroyed_from && row < destroyed_to)
            memset(secret, 'D', expected.size);
        assert_int_equal(store_get(txn, STORE_KEY, name_of(row, name), &value), ERR_OK);
        assert_true(text_equal(value, expected));
    }
    store_end_read(&txn);
}

/* In batches of all sizes, as keys are made. */
static void fill(struct store *store)
{
    for (unsigned from = 0, size = 1; from < ROWS; from += size, size = size % 40 + 1)
        put_rows(store, from, from + size < ROWS ? from + size : ROWS, false);
}

static void what_was_overwritten_is_gone(void **state)
{
    struct rig *rig = *state;
    unsigned left = 0;
    fill(rig->store);
    for (unsigned row = 1000; row < 1010; row++)
        put_rows(rig->store, row, row + 1, true);
    for (unsigned row = 1000; row < 1010; row++)
        left += file_holds(rig, row);
    assert_true(left > 0); /* otherwise this test shows nothing */
    assert_int_equal(store_wipe(rig->store), ERR_OK);
    for (unsigned row = 1000; row < 1010; row++)
        assert_false(file_holds(rig, row));
    expect_rows(rig->store, 1000, 1010);
    assert_true(file_holds(rig, 999) && file_holds(rig, 1010));
}

/* And nothing that is written later brings it back. */
static void it_stays_gone(void **state)
{
    struct rig *rig = *state;
    fill(rig->store);
    put_rows(rig->store, 0, 100, true);
    assert_int_equal(store_wipe(rig->store), ERR_OK);
    assert_int_equal(store_wipe(rig->store), ERR_OK);
    for (unsigned row = 100; row < ROWS; row += 3)
        put_rows(rig->store, row, row + 1, false);
    for (unsigned row = ROWS; row < ROWS + 500; row += 7)
        put_rows(rig->store, row, row + 7, false);
    for (unsigned row = 0; row < 100; row++)
        assert_false(file_holds(rig, row));
    expect_rows(rig->store, 0, 100);
    store_close(&rig->store);
    rig->store = lmdb_open(rig->folder, MAP_SIZE);
    expect_rows(rig->store, 0, 100);
}

static void large_rows_are_wiped_and_left(void **state)
{
    struct rig *rig = *state;
    static char large[40000];
    char secret[SECRET + 1];
    for (unsigned row = 0; row < 4; row++) {
        struct store_txn *txn = begin_write(rig->store);
        memset(large, 'v', sizeof large);
        memcpy(large + 30000, secret_of(row, secret).data, SECRET);
        assert_int_equal(store_put(txn, STORE_LOG, text_of(row % 2 ? "a" : "b"), (struct text){large, sizeof large}), ERR_OK);
        assert_int_equal(store_commit(&txn), ERR_OK);
    }
    assert_int_equal(store_wipe(rig->store), ERR_OK);
    assert_true(!file_holds(rig, 0) && !file_holds(rig, 1) && file_holds(rig, 2) && file_holds(rig, 3));
    struct store_txn *txn;
    struct text value;
    assert_int_equal(store_begin_read(rig->store, &txn), ERR_OK);
    assert_int_equal(store_get(txn, STORE_LOG, TEXT("a"), &value), ERR_OK);
    assert_int_equal(value.size, sizeof large);
    store_end_read(&txn);
}

/* A backup beside the engine keeps what it reads. */
static void who_reads_is_waited_for(void **state)
{
    struct rig *rig = *state;
    int said[2], heard[2];
    char byte = 0;
    fill(rig->store);
    assert_true(pipe(said) == 0 && pipe(heard) == 0);
    store_close(&rig->store); /* no fork with it open (pitfall 15) */
    pid_t child = fork();
    if (child == 0) {
        struct store *beside;
        struct store_txn *txn;
        assert_int_equal(read(heard[0], &byte, 1), 1);
        assert_int_equal(store_lmdb_open(&beside, rig->folder, &(struct store_lmdb_options){.read_only = true, .beside = true}), ERR_OK);
        assert_int_equal(store_begin_read(beside, &txn), ERR_OK);
        assert_int_equal(write(said[1], "r", 1), 1);
        assert_int_equal(read(heard[0], &byte, 1), 1);
        char name[16], secret[SECRET + 1];
        struct text value;
        bool still = store_get(txn, STORE_KEY, name_of(7, name), &value) == ERR_OK && text_equal(value, secret_of(7, secret));
        store_end_read(&txn);
        store_close(&beside);
        _exit(!still);
    }
    rig->store = lmdb_open(rig->folder, MAP_SIZE);
    assert_int_equal(write(heard[1], "g", 1), 1);
    assert_int_equal(read(said[0], &byte, 1), 1);
    put_rows(rig->store, 7, 8, true);
    assert_int_equal(store_wipe(rig->store), ERR_BUSY);
    assert_true(file_holds(rig, 7));
    assert_int_equal(write(heard[1], "g", 1), 1);
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_int_equal(store_wipe(rig->store), ERR_OK);
    assert_false(file_holds(rig, 7));
    for (int i = 0; i < 2; i++) {
        close(said[i]);
        close(heard[i]);
    }
}

/* A page that is none of LMDB's stops it before anything behind it is touched. */
static void a_strange_page_is_left_alone(void **state)
{
    struct rig *rig = *state;
    char path[1024];
    fill(rig->store);
    snprintf(path, sizeof path, "%s/data.mdb", rig->folder);
    int file = open(path, O_RDWR);
    struct stat status;
    assert_true(file >= 0 && fstat(file, &status) == 0);
    bool found = false;
    for (off_t page = status.st_size / 4096 - 1; page > 2 && !found; page--) {
        uint16_t head[8];
        assert_int_equal(pread(file, head, sizeof head, page * 4096), sizeof head);
        if (head[5] != 2)
            continue;
        head[6] = 4000; /* its free room begins behind its end */
        head[7] = 100;
        assert_int_equal(pwrite(file, head, sizeof head, page * 4096), sizeof head);
        found = store_wipe(rig->store) == ERR_CORRUPT;
        head[6] = head[7] = 0;
    }
    assert_true(found);
    close(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_was_overwritten_is_gone, start, finish),
        cmocka_unit_test_setup_teardown(it_stays_gone, start, finish),
        cmocka_unit_test_setup_teardown(large_rows_are_wiped_and_left, start, finish),
        cmocka_unit_test_setup_teardown(who_reads_is_waited_for, start, finish),
        cmocka_unit_test_setup_teardown(a_strange_page_is_left_alone, start, finish),
    };
    return cmocka_run_group_tests_name("store wipe", tests, NULL, NULL);
}
