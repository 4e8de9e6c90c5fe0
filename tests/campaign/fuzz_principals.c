/* fuzz_principals: who may connect, as an operator may have edited it. What is accepted prints to a file that says the same. */
#include "engine/principal.h"
#include "tests/campaign/fuzz_form.h"

static void ask(const struct principals *principals)
{
    for (uint32_t i = 0; i < principals->count; i++) {
        const struct principal *one = &principals->items[i];
        const struct principal *found = principals_by_key(principals, one->key);
        MUST(one->revoked != NONE || found);
        principal_acts_for(one, NULL, 20000, TEXT("app:zhao"));
        principal_at_unit(one, NULL, TEXT("jinnong/grid-3"));
        principal_has_topic(one, TEXT("docket"));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena;
    arena_init(&arena);
    struct problems problems, none;
    struct principals read, again;
    problems_init(&problems, &arena, "principals.yaml");
    problems_init(&none, &arena, "principals.yaml");
    enum err code = principals_read(&read, &arena, "principals.yaml", fuzz_text(data, size), &problems);
    fuzz_form_problems(&arena, code, &problems);
    if (!code && read.count) {
        ask(&read);
        struct text once = principals_print(&read, &arena);
        MUST(principals_read(&again, &arena, "principals.yaml", once, &none) == ERR_OK);
        MUST(again.count == read.count && text_equal(once, principals_print(&again, &arena)));
        for (uint32_t i = 0; i < read.count; i++)
            MUST(principal_equal(&read.items[i], &again.items[i]));
    }
    arena_close(&arena);
    return 0;
}
