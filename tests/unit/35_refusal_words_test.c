/* refusal_words: each sentence with which the core refuses has its Chinese one. The sentences are looked up in the sources: who adds one adds its words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <glob.h>

#include "engine/refusal_words.h"
#include "tests/unit/yaml_mistakes.h"

static struct arena arena;

static int setup(void **state)
{
    (void)state;
    arena_init(&arena);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_close(&arena);
    return 0;
}

static void expect_zh(const char *why, const char *zh)
{
    struct text said = refusal_zh(&arena, text_of(why));
    assert_string_equal(arena_string(&arena, said), zh);
}

static void what_varies_is_taken_over(void **state)
{
    (void)state;
    expect_zh("it was possible until 2026-03-05 18:00", "只可办理至 2026-03-05 18:00");
    expect_zh("reopen has happened 2 times in this case, which is all that is allowed", "“reopen”在本案中已办 2 次，不得再办");
    expect_zh("'li', who acts for chen, is neither in the directory nor in this case", "代 chen 办理的“li”既不在通讯录中，也不是本案中的人");
    expect_zh("the task to mend of the case is open, and 'work' has none of the kind (version 3)", "本案交办 to mend尚未办结，而第 3 版“work”没有这样的交办");
    expect_zh("the clock is stopped already: hearing", "已中止计时：hearing");
    expect_zh("the clock is stopped", "已中止计时");
    expect_zh("the clock is stopped, somehow", "");
    expect_zh("nobody knows", "");
    expect_zh("", "");
}

static void each_field_has_its_complaint(void **state)
{
    (void)state;
    expect_zh("reason: is needed and did not come", "reason：须填写而没有填");
    expect_zh("reason: is needed and did not come; cost: is 12.50, at most 10 is allowed", "reason：须填写而没有填；cost：为 12.50，不得大于 10");
    expect_zh("what: does not come with this event; allowed: reason, cost", "what：不随本事件填写；可填：reason, cost");
    expect_zh("what: does not come with this event; allowed: reason, cost; cost: must be a number", "what：不随本事件填写；可填：reason, cost；cost：须为数");
    expect_zh("choice: must be one of yes, no", "choice：须为以下之一：yes, no");
    expect_zh("reason: is too sad", "");
    expect_zh("reason: is needed and did not come; cost: is too sad", "");
}

/* ---- the sentences of the sources ---- */

/* The string literals that stand here, put together; `*at` is left behind them. NULL: none stands here. */
static const char *literals(const char **at)
{
    const char *all = NULL;
    for (;;) {
        *at += strspn(*at, " \n");
        if (**at != '"')
            return all;
        const char *from = ++*at;
        while (**at != '"')
            *at += **at == '\\' ? 2 : 1;
        all = arena_print(&arena, "%s%.*s", all ? all : "", (int)(*at - from), from).data;
        ++*at;
    }
}

/* As it is when a number is 7 and a word is x-7. */
static const char *printed(const char *format)
{
    const char *text = "";
    while (*format) {
        size_t plain = strcspn(format, "%\\");
        text = arena_print(&arena, "%s%.*s", text, (int)plain, format).data;
        format += plain;
        if (*format == '\\')
            text = arena_print(&arena, "%s%.*s", text, 1, format + 1).data;
        if (*format == '%')
            text = arena_print(&arena, "%s%s", text, strchr("du", format[strcspn(format, "sdu")]) ? "7" : "x-7").data;
        format += !*format ? 0 : *format == '\\' ? 2 : strcspn(format, "sdu") + 1;
    }
    return text;
}

/* What varies in them is a part of the sentence itself: they stand below in each of their forms. */
static const char *const put_together[] = {
    "x-7 (version 7)", "field: x-7 of x-7: x-7", "the field 'x-7' holds something, and is of another kind therex-7 (version 7)",
    "the ladder of x-7 has no level x-7 x-7 that has a unit for this case", "the task 7 is settled, or was never one of this casex-7",
};

static void what_is_put_together_has_words(void **state)
{
    (void)state;
    expect_zh("owners: area of zhao: must be a number", "owners：area of zhao：须为数");
    expect_zh("the field 'cost' holds something, and is of another kind there (version 2)", "字段“cost”有内容，而在第 2 版中类型不同");
    expect_zh("the field 'cost' holds something, and is of another kind there (private or not) (version 2)", "字段“cost”有内容，而在第 2 版中是否保密不同");
    expect_zh("the ladder of work has no level above grid that has a unit for this case", "“work”的层级中，grid 以上没有承担本案的单元");
    expect_zh("the ladder of work has no level below grid that has a unit for this case", "“work”的层级中，grid 以下没有承担本案的单元");
    expect_zh("the task 264 is settled, or was never one of this case", "交办 264 已办结，或从不属于本案");
    expect_zh("the task 264 is settled, or was never one of this case, which has ended", "交办 264 已办结，或从不属于本案；本案已办结");
}

static int missing, seen;

static void look_up(const char *file, const char *why)
{
    bool words = refusal_zh(&arena, text_of(why)).size > 0;
    for (size_t i = 0; i < sizeof put_together / sizeof *put_together; i++)
        words = words || strcmp(why, put_together[i]) == 0;
    seen++;
    if (words)
        return;
    missing++;
    print_error("%s: no Chinese words for \"%s\" (engine/refusal_words.c)\n", file, why);
}

/* One of two sentences: `asked ? "this" : "that"`. Neither: NULL. */
static const char *next_choice(const char **at, char mark)
{
    size_t reach = strcspn(*at, mark == '?' ? "?;{" : ":;{");
    if ((*at)[reach] != mark)
        return NULL;
    *at += reach + 1;
    return literals(at);
}

/* Each place where `call` stands with a sentence as its argument behind the first `commas`. */
static void look_through(const char *file, const char *source, const char *call, int commas, const char *before, const char *behind)
{
    for (const char *at = source; (at = strstr(at, call));) {
        at += strlen(call);
        for (int i = 0; at && i < commas; i++) {
            size_t reach = strcspn(at, ",;{");
            at = at[reach] == ',' ? at + reach + 1 : NULL;
        }
        if (!at)
            return;
        const char *sentence = literals(&at), *first = sentence ? sentence : next_choice(&at, '?'), *second = sentence || !first ? NULL : next_choice(&at, ':');
        if (first)
            look_up(file, arena_print(&arena, "%s%s%s", before, printed(first), behind).data);
        if (second)
            look_up(file, arena_print(&arena, "%s%s%s", before, printed(second), behind).data);
    }
}

static void every_refusal_of_the_core_has_words(void **state)
{
    (void)state;
    glob_t files;
    assert_int_equal(glob("engine/*.c", 0, NULL, &files), 0);
    for (size_t i = 0; i < files.gl_pathc; i++) {
        arena_reset(&arena);
        const char *file = files.gl_pathv[i], *source = arena_string(&arena, source_of(&arena, file));
        look_through(file, source, "step_refuse(", 2, "", "");
        look_through(file, source, "no_place(", 1, "", " (version 7)");
        if (strcmp(file, "engine/intake_value.c") == 0 || strcmp(file, "engine/intake.c") == 0) {
            look_through(file, source, "return TEXT(", 0, "field: ", "");
            look_through(file, source, "return arena_print(", 1, "field: ", "");
        }
    }
    globfree(&files);
    assert_in_range(seen, 150, 1000); /* or they are not found any more */
    assert_int_equal(missing, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_varies_is_taken_over),
        cmocka_unit_test(each_field_has_its_complaint),
        cmocka_unit_test(what_is_put_together_has_words),
        cmocka_unit_test(every_refusal_of_the_core_has_words),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
