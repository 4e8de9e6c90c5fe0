/* Who may connect by TCP: the file as it is read and written, and what each kind may. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/directory_yaml.h"
#include "engine/embedded.h"
#include "engine/key_folder.h"
#include "engine/principal.h"
#include "engine/source.h"

#define KEY_A "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define KEY_B "10112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

static struct arena arena;

static int set_up(void **state)
{
    (void)state;
    arena_init(&arena);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_close(&arena);
    return 0;
}

static struct principals read_good(const char *text)
{
    struct principals principals;
    struct problems problems;
    enum err code = principals_read(&principals, &arena, "p.yaml", text_of(text), &problems);
    if (code)
        print_message("%s", problems_print(&problems, &arena).data);
    assert_int_equal(code, ERR_OK);
    return principals;
}

static void expect_mistake(const char *text, const char *words)
{
    struct principals principals;
    struct problems problems;
    assert_int_equal(principals_read(&principals, &arena, "p.yaml", text_of(text), &problems), ERR_BAD_CONFIG);
    const char *said = problems_print(&problems, &arena).data;
    if (!strstr(said, words))
        print_message("%s", said);
    assert_non_null(strstr(said, words));
}

#define ONE(name, kind, key, more) "  - {name: " name ", kind: " kind ", key: \"" key "\", made: 2026-11-21" more "}\n"

static void it_is_written_as_it_is_read(void **state)
{
    (void)state;
    struct principals first = read_good("principals:\n" ONE("grid-app", "app", KEY_A, ", residents: [app], persons: [li], people: [jinnong], units: [jinnong/grid-3]")
                                        ONE("old", "worker", KEY_B, ", topics: [errands, other], revoked: 2026-11-22"));
    struct principals again = read_good(principals_print(&first, &arena).data);
    assert_int_equal(again.count, 2);
    for (uint32_t i = 0; i < 2; i++)
        assert_true(principal_equal(&first.items[i], &again.items[i]));
    assert_false(principal_equal(&first.items[0], &first.items[1]));
}

static void a_revoked_key_is_nobodys(void **state)
{
    (void)state;
    struct principals principals = read_good("principals:\n" ONE("one", "operator", KEY_A, ", revoked: 2026-11-22") ONE("one", "operator", KEY_B, ""));
    assert_null(principals_by_key(&principals, TEXT(KEY_A)));
    assert_ptr_equal(principals_by_key(&principals, TEXT(KEY_B)), &principals.items[1]);
    assert_ptr_equal(principals_by_name(&principals, TEXT("one")), &principals.items[1]);
    assert_null(principals_by_key(&principals, TEXT("")));
}

static void mistakes_are_told(void **state)
{
    (void)state;
    expect_mistake("principals:\n" ONE("one", "king", KEY_A, ""), "app, worker, watcher");
    expect_mistake("principals:\n" ONE("one", "operator", "0011", ""), "64 hexadecimal digits");
    expect_mistake("principals:\n" ONE("o!e", "operator", KEY_A, "") "  - {naem: two, kind: operator, key: \"" KEY_B "\", made: 2026-11-21}\n", "naem"); /* neither has a name */
    expect_mistake("principals:\n" ONE("one", "operator", KEY_A, "") ONE("two", "operator", KEY_A, ""), "twice");
    expect_mistake("principals:\n" ONE("one", "operator", KEY_A, "") ONE("one", "operator", KEY_B, ""), "already");
    expect_mistake("principals:\n" ONE("one", "worker", KEY_A, ""), "A worker has topics");
    expect_mistake("principals:\n" ONE("one", "app", KEY_A, ", topics: [errands]"), "Only a worker");
    expect_mistake("principals:\n" ONE("one", "watcher", KEY_A, ""), "A watcher has units");
    expect_mistake("principals:\n" ONE("one", "watcher", KEY_A, ", units: [jinnong], persons: [li]"), "acts for nobody");
    expect_mistake("principals:\n" ONE("one", "operator", KEY_A, ", units: [jinnong]"), "may everything");
    expect_mistake("principals:\n" ONE("local", "operator", KEY_A, ""), "socket in the data folder");
    expect_mistake("principals:\n" ONE("one", "app", KEY_A, ", residents: [worker]"), "no resident");
    expect_mistake("principals:\n" ONE("one", "app", KEY_A, ", persons: ['a\"b']"), "quotes");
    expect_mistake("", "p.yaml:1");
    expect_mistake("principal: []\n", "principals");
}

/* ---- rights ---- */

static const struct directory *practice(void)
{
    struct directory *directory = ARENA_NEW(&arena, struct directory);
    struct problems problems;
    problems_init(&problems, &arena, "practice");
    assert_int_equal(directory_read(&arena, "practice", embedded_directory(), &problems, directory), ERR_OK);
    return directory;
}

static void an_app_acts_for_whom_it_is_trusted(void **state)
{
    (void)state;
    const struct directory *directory = practice();
    const int32_t day = 20780;
    struct principals principals = read_good("principals:\n" ONE("app", "app", KEY_A, ", residents: [app], persons: [li], people: [heping], units: [heping]"));
    const struct principal *app = &principals.items[0];
    assert_true(principal_acts_for(app, directory, day, TEXT("app:zhao")));
    assert_true(principal_acts_for(app, directory, day, TEXT("li")));
    assert_true(principal_acts_for(app, directory, day, TEXT("zhou")));   /* a supervisor of a community below the street */
    assert_false(principal_acts_for(app, directory, day, TEXT("zheng"))); /* of the centre, which is not */
    assert_false(principal_acts_for(app, directory, day, TEXT("other:zhao")));
    assert_false(principal_acts_for(app, directory, day, TEXT("app")));
    assert_false(principal_acts_for(app, directory, day, TEXT("")));
    assert_false(principal_acts_for(app, NULL, day, TEXT("zhou")));
    assert_true(principal_at_unit(app, directory, TEXT("jinnong/grid-3")));
    assert_true(principal_at_unit(app, directory, TEXT("heping")));
    assert_false(principal_at_unit(app, directory, TEXT("jinnong-district")));
    assert_false(principal_at_unit(app, directory, TEXT("no/such")));
    assert_false(principal_at_unit(app, directory, TEXT("")));
}

static void the_other_kinds(void **state)
{
    (void)state;
    const struct directory *directory = practice();
    struct principals principals = read_good("principals:\n" ONE("desk", "operator", KEY_A, "") ONE("screen", "watcher", KEY_B, ", units: [heping]"));
    assert_true(principal_acts_for(&principals.items[0], directory, 20780, TEXT("whoever")));
    assert_false(principal_acts_for(&principals.items[1], directory, 20780, TEXT("li")));
    assert_false(principal_has_topic(&principals.items[1], TEXT("errands")));
}

/* ---- the folder ---- */

static void keys_are_their_owners_alone(void **state)
{
    (void)state;
    char folder[] = "/tmp/staircase-keys-XXXXXX", path[128];
    struct key_ring first, again;
    struct text why = {0};
    struct principals principals;
    assert_non_null(mkdtemp(folder));
    assert_int_equal(key_folder_server(folder, &arena, &first, &why), ERR_OK);
    assert_int_equal(key_folder_server(folder, &arena, &again, &why), ERR_OK);
    assert_memory_equal(&first, &again, sizeof first);
    assert_int_equal(key_folder_read(folder, &arena, &principals, &why), ERR_OK);
    assert_int_equal(principals.count, 0);
    struct key_stamp none = key_folder_stamp(folder, &arena);
    principals = read_good("principals:\n" ONE("one", "operator", KEY_A, ""));
    assert_int_equal(key_folder_write(folder, &arena, &principals, &why), ERR_OK);
    assert_int_equal(key_folder_read(folder, &arena, &principals, &why), ERR_OK);
    assert_int_equal(principals.count, 1);
    struct key_stamp some = key_folder_stamp(folder, &arena);
    assert_memory_not_equal(&none, &some, sizeof some);
    snprintf(path, sizeof path, "%s/keys/server.key", folder);
    assert_int_equal(key_load(path, true, &again), ERR_BAD_CONFIG); /* it names no engine */
    assert_int_equal(chmod(path, 0640), 0);
    assert_int_equal(key_folder_server(folder, &arena, &again, &why), ERR_DENIED);
    unlink(path);
    snprintf(path, sizeof path, "%s/client.key", folder);
    assert_int_equal(key_folder_write_client(path, "one", &first, &arena), ERR_OK);
    assert_int_equal(key_folder_write_client(path, "one", &first, &arena), ERR_KEY_TAKEN);
    assert_int_equal(key_load(path, true, &again), ERR_OK);
    assert_memory_equal(&first, &again, sizeof first);
    unlink(path);
    snprintf(path, sizeof path, "%s/keys/principals.yaml", folder);
    assert_int_equal(chmod(path, 0604), 0);
    assert_int_equal(key_folder_read(folder, &arena, &principals, &why), ERR_DENIED);
    unlink(path);
    snprintf(path, sizeof path, "%s/keys", folder);
    assert_int_equal(rmdir(path), 0);
    assert_int_equal(rmdir(folder), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(it_is_written_as_it_is_read, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_revoked_key_is_nobodys, set_up, tear_down),
        cmocka_unit_test_setup_teardown(mistakes_are_told, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_app_acts_for_whom_it_is_trusted, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_other_kinds, set_up, tear_down),
        cmocka_unit_test_setup_teardown(keys_are_their_owners_alone, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
