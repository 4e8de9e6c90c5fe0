/* draw: the pictures of a small workflow, character by character; one of fifteen stages; and `staircase draw` as it is called. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "engine/draw.h"
#include "engine/source.h"
#include "tests/unit/command_run.h"
#include "tests/unit/yaml_mistakes.h"

#define SMALL "tests/draw/small.yaml"
#define FIFTEEN "tests/draw/fifteen-stages.yaml"

/* For a build under the leak sanitizer: what the libraries beneath Graphviz keep until the process ends is theirs. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libfontconfig\nleak:libglib\nleak:libpango\nleak:libgvc\nleak:libgvplugin\nleak:libcgraph\n";
}

static struct arena arena;
static char folder[64];

static int setup(void **state)
{
    (void)state;
    arena_init(&arena);
    strcpy(folder, "/tmp/draw-XXXXXX");
    return mkdtemp(folder) ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    rmdir(folder); /* the tests have emptied it */
    arena_close(&arena);
    return 0;
}

static struct drawing drawing_of(struct text text, enum draw_language language)
{
    struct problems problems;
    struct source *source = ARENA_NEW(&arena, struct source);
    if (source_read(&arena, "f", text, &problems, source) != ERR_OK)
        fail_msg("%s", problems_print(&problems, &arena).data);
    return draw_workflow(&arena, &source->workflow, NULL, language);
}

static const char *written(const struct drawing *drawing, void (*write)(const struct drawing *, FILE *))
{
    char *bytes;
    size_t size;
    FILE *stream = open_memstream(&bytes, &size);
    write(drawing, stream);
    assert_int_equal(fclose(stream), 0);
    const char *kept = arena_string(&arena, (struct text){.data = bytes, .size = size});
    free(bytes);
    return kept;
}

static const char *svg_of(const struct drawing *drawing)
{
    struct text svg, why;
    if (draw_svg(drawing, &svg, &why) != ERR_OK)
        fail_msg("%.*s", (int)why.size, why.data);
    return arena_string(&arena, svg);
}

#define assert_says(text, words)                                                                                       \
    do {                                                                                                               \
        if (!strstr((text), (words)))                                                                                  \
            print_error("wanted: %s\nfound: %s\n", (words), (text));                                                   \
        assert_non_null(strstr((text), (words)));                                                                      \
    } while (0)

/* ---- the formats ---- */

static void dot_of_a_small_workflow(void **state)
{
    (void)state;
    struct drawing drawing = drawing_of(source_of(&arena, SMALL), DRAW_EN);
    assert_string_equal(written(&drawing, draw_dot), arena_string(&arena, source_of(&arena, "tests/draw/small.dot")));
}

static void mermaid_of_a_small_workflow(void **state)
{
    (void)state;
    struct drawing drawing = drawing_of(source_of(&arena, SMALL), DRAW_EN);
    assert_string_equal(written(&drawing, draw_mermaid), arena_string(&arena, source_of(&arena, "tests/draw/small.mmd")));
    drawing = drawing_of(source_of(&arena, SMALL), DRAW_ZH);
    assert_says(written(&drawing, draw_mermaid), "subgraph stage_look[\"查看\"]");
    assert_says(written(&drawing, draw_mermaid), "|\"↑ 上报#35;1\"|");
}

/* In its other language where a title says only that, and as it is where a word has none. */
static void words_by_their_titles(void **state)
{
    (void)state;
    struct drawing drawing = drawing_of(source_of(&arena, "tests/draw/titled.yaml"), DRAW_ZH);
    const char *chinese = written(&drawing, draw_dot);
    assert_says(chinese, "咨询 2个工作日、投诉 5个工作日");
    assert_says(chinese, "听证、heard");
    assert_says(chinese, "投诉：同意 至少 4/5（全体成员）");
    assert_says(chinese, "种类 = 投诉/odd");
    drawing = drawing_of(source_of(&arena, "tests/draw/titled.yaml"), DRAW_EN);
    const char *english = written(&drawing, draw_dot);
    assert_says(english, "Question 2 working days, 投诉 5");
    assert_says(english, "Hearing, heard");
    assert_says(english, "投诉: Approval at least 4/5 of all members");
}

/* What a shipped workflow waits for, opens, and stands still for; and levels and roles as the directory calls them. */
static void what_the_directory_calls_it(void **state)
{
    (void)state;
    struct problems problems;
    struct source workflow, directory;
    assert_int_equal(source_read(&arena, "f", source_of(&arena, "workflows/full-agency/workflow.yaml"), &problems, &workflow), ERR_OK);
    assert_int_equal(source_read(&arena, "d", source_of(&arena, "config/practice-directory.yaml"), &problems, &directory), ERR_OK);
    struct drawing drawing = draw_workflow(&arena, &workflow.workflow, &directory.directory, DRAW_ZH);
    const char *dot = written(&drawing, draw_dot);
    assert_says(dot, "社区工作人员");
    assert_says(dot, "楼院、网格、社区");
    assert_says(dot, "子案件全部办结");
    assert_says(dot, "agency-errand");
    assert_null(strstr(dot, "community-clerk"));
    drawing = drawing_of(source_of(&arena, "workflows/grid-matter/workflow.yaml"), DRAW_EN);
    dot = written(&drawing, draw_dot);
    assert_says(dot, "clock stops for");
    assert_says(dot, "the whole within: 30 working days");
    assert_says(dot, "overdue: the whole");
    struct drawing appeal = drawing_of(source_of(&arena, "workflows/appeal/workflow.yaml"), DRAW_EN);
    assert_says(written(&appeal, draw_dot), "the time is over");
    assert_says(dot, "After any end");
    const char *again = strstr(dot, "opened again");
    assert_non_null(again);
    assert_null(strstr(again + 1, "opened again")); /* once, not from every end */
}

/* When the calendar opens cases, who rates, who may not: in words. */
static void rules_are_said_in_words(void **state)
{
    (void)state;
    static const char *const said[][3] = {
        {"FREQ=WEEKLY;BYDAY=TU,TH", "每周周二、周四，遇休息日顺延", "every week, Tuesday, Thursday; or the next working day"},
        {"FREQ=MONTHLY;INTERVAL=6;BYMONTHDAY=10", "每6个月10日（自 2026-12-15 起）", "every 6 months, day 10, from 2026-12-15"},
        {"FREQ=MONTHLY;BYMONTHDAY=-1", "每月最后一天", "every month, the last day"},
        {"FREQ=DAILY", "每天", "every day"},
        {"FREQ=MONTHLY;BYDAY=1MO", "日历：FREQ=MONTHLY;BYDAY=1MO", "the calendar: FREQ=MONTHLY;BYDAY=1MO"}, /* no words for it */
        {"FREQ=YEARLY;COUNT=3", "日历：FREQ=YEARLY;COUNT=3", "the calendar: FREQ=YEARLY;COUNT=3"},
    };
    const char *review = source_of(&arena, "workflows/annual-review/workflow.yaml").data, *rule = "FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=15";
    struct drawing drawing = drawing_of(source_of(&arena, "workflows/annual-review/workflow.yaml"), DRAW_ZH);
    assert_says(written(&drawing, draw_mermaid), "每年12月15日");
    assert_says(written(&drawing, draw_mermaid), "☑ 评议：party-group 30；member-unit 30；");
    assert_says(written(&drawing, draw_mermaid), "若：（书");
    for (size_t i = 0; i < sizeof said / sizeof *said; i++)
        for (int language = 0; language < 2; language++) {
            drawing = drawing_of(source_with(&arena, review, rule, said[i][0]), language ? DRAW_EN : DRAW_ZH);
            const struct draw_line *line = drawing.nodes[0].lines.first->next->next;
            char whole[256] = "";
            for (; line; line = line->next)
                snprintf(whole + strlen(whole), sizeof whole - strlen(whole), "%.*s%s", (int)line->text.size, line->text.data, language ? " " : "");
            assert_says(whole, said[i][1 + language]);
        }
    drawing = drawing_of(source_of(&arena, "workflows/feast-activity/workflow.yaml"), DRAW_EN);
    assert_says(written(&drawing, draw_mermaid), "2026-01-27, 2026-09-10");
    drawing = drawing_of(source_of(&arena, "workflows/seal-use/workflow.yaml"), DRAW_ZH);
    assert_says(written(&drawing, draw_mermaid), "回避：立案人");
    drawing = drawing_of(source_of(&arena, "workflows/concentrated-visits/workflow.yaml"), DRAW_ZH);
    assert_says(written(&drawing, draw_mermaid), "每年至少 4 件，每个grid：已走访\"]");
    drawing = drawing_of(source_of(&arena, "tests/scenarios/recurs/team-visits.yaml"), DRAW_EN);
    assert_says(written(&drawing, draw_mermaid), "at least 1 a year at each grid: visited;<br/>fewer opens explanation, explanation");
}

/* Past one tag, a comment or a declaration; its depth is added to `depth`. */
static const char *past_tag(const char *at, int *depth)
{
    if (strncmp(at, "<!--", 4) == 0)
        return strstr(at, "-->") + 3;
    const char *end = at + 1;
    for (char quote = '\0'; quote || *end != '>'; end++) {
        assert_true(*end && *end != '<');
        quote = quote ? (*end == quote ? '\0' : quote) : *end == '"' ? '"' : '\0';
    }
    if (at[1] == '/')
        --*depth;
    else if (at[1] != '?' && at[1] != '!' && end[-1] != '/')
        ++*depth;
    assert_true(*depth >= 0);
    return end + 1;
}

/* Every tag is closed, and what is no tag has no bare mark in it. */
static void assert_well_formed(const char *svg)
{
    int depth = 0, tags = 0;
    while (*svg) {
        if (*svg == '<') {
            svg = past_tag(svg, &depth);
            tags++;
            continue;
        }
        assert_true(*svg != '>' && (unsigned char)*svg != 0x01);
        if (*svg == '&')
            assert_true(strspn(svg + 1, "#abcdefghijklmnopqrstuvwxyz0123456789") == strcspn(svg + 1, ";"));
        svg++;
    }
    assert_int_equal(depth, 0);
    assert_true(tags > 50);
}

static void svg_is_well_formed_and_has_the_titles(void **state)
{
    (void)state;
    static const char *const titles[] = {
        "提议", "概算", "联审", "听证", "决定", "公示", "比选", "签约", "开工令", "施工", "停工整改",
        "验收", "付款", "质保", "归档", "已归档", "任何阶段", "社区小型工程", "Noto Sans CJK SC",
    };
    struct drawing drawing = drawing_of(source_of(&arena, FIFTEEN), DRAW_ZH);
    const char *svg = svg_of(&drawing);
    assert_well_formed(svg);
    for (size_t i = 0; i < sizeof titles / sizeof *titles; i++)
        assert_says(svg, titles[i]);
    assert_string_equal(svg, svg_of(&drawing)); /* the same picture again */
    drawing = drawing_of(source_of(&arena, SMALL), DRAW_EN);
    svg = svg_of(&drawing);
    assert_well_formed(svg);
    assert_says(svg, "Small &lt;one&gt; &amp; &quot;quotes&quot;");
    assert_says(svg, "stroke-dasharray"); /* what follows when it is overdue */
}

/* ---- what is in the picture ---- */

static void a_title_cannot_break_out_of_a_label(void **state)
{
    (void)state;
    const char *small = source_of(&arena, SMALL).data;
    static const char breaking[] = "en: \"]]--></B>>\\x01\\n;`|%%{\\\\\\U0000FFFE\"";
    struct drawing drawing = drawing_of(source_with(&arena, small, "en: Note", breaking), DRAW_EN);
    assert_well_formed(svg_of(&drawing));
    assert_says(written(&drawing, draw_dot), "]]--&gt;&lt;/B&gt;&gt;  ;`|%%{\\");
    assert_says(written(&drawing, draw_mermaid), "#93;#93;--#62;#60;/B#62;#62;  ;#96;#124;%%#123;#92;");
}

static void steps_are_climbed_where_the_condition_lets_them(void **state)
{
    (void)state;
    const char *small = source_of(&arena, SMALL).data;
    struct drawing drawing = drawing_of(source_with(&arena, small, "when: {level: grid}", "when: {level: building}"), DRAW_EN);
    const struct draw_node *look = &drawing.nodes[1];
    int count = 0;
    assert_int_equal(look->step_count, 2);
    for (const struct draw_climb *climb = look->climbs; climb; climb = climb->next, count++)
        assert_true(climb->from == 0 && climb->to == 1); /* nobody at the grid may send it back */
    assert_int_equal(count, 2);
}

static void long_titles_are_broken_where_a_reader_would(void **state)
{
    (void)state;
    const char *small = source_of(&arena, SMALL).data;
    struct drawing drawing = drawing_of(source_with(&arena, small, "zh: 结束", "zh: 调解终止，告知仲裁、行政途径（含司法）与三十"), DRAW_ZH);
    const struct draw_line *line = drawing.nodes[drawing.node_count - 2].lines.first; /* the last is for ended cases */
    assert_true(text_is(line->text, "调解终止，告知仲裁、行政途径"));
    assert_true(text_is(line->next->text, "（含司法）与三十"));
    drawing = drawing_of(source_with(&arena, small, "en: Over", "en: Abcdefghijklmnopqrstuvwxyzabcdefghijk over and out and over"), DRAW_EN);
    line = drawing.nodes[drawing.node_count - 2].lines.first;
    assert_true(text_is(line->text, "Abcdefghijklmnopqrstuvwxyzab"));
    assert_true(text_is(line->next->text, "cdefghijk over and out and"));
    assert_true(text_is(line->next->next->text, "over"));
    assert_null(line->next->next->next);
}

static void every_stage_can_be_told_from_every_other(void **state)
{
    (void)state;
    struct drawing drawing = drawing_of(source_of(&arena, FIFTEEN), DRAW_EN);
    assert_int_equal(drawing.node_count, 1 + 15 + 1 + 4 + 1);
    for (int32_t i = 0; i < drawing.node_count; i++)
        for (int32_t before = 0; before < i; before++)
            assert_false(text_equal(drawing.nodes[i].id, drawing.nodes[before].id));
    for (const struct draw_edge *edge = drawing.edges; edge; edge = edge->next)
        for (const struct draw_edge *other = edge->next; other; other = other->next)
            assert_false(edge->from == other->from && edge->to == other->to && edge->way == other->way);
}

/* ---- the command ---- */

static void drawings_go_to_stdout_or_where_they_are_sent(void **state)
{
    (void)state;
    assert_int_equal(run("draw", SMALL, "--format", "dot", "--lang", "en"), COMMAND_DONE);
    assert_string_equal(out, arena_string(&arena, source_of(&arena, "tests/draw/small.dot")));
    assert_string_equal(err, "");
    assert_int_equal(run("draw", SMALL, "--lang", "zh"), COMMAND_DONE);
    assert_says(out, "<svg");
    assert_says(out, "查看");
    assert_int_equal(run("draw", SMALL, FIFTEEN, "--format", "mermaid", "--lang", "en", "--out", folder), COMMAND_DONE);
    assert_string_equal(out, "");
    const char *small = arena_print(&arena, "%s/small.mmd", folder).data, *fifteen = arena_print(&arena, "%s/works-contract.mmd", folder).data;
    assert_string_equal(arena_string(&arena, source_of(&arena, small)), arena_string(&arena, source_of(&arena, "tests/draw/small.mmd")));
    assert_int_equal(unlink(small), 0);
    assert_int_equal(unlink(fifteen), 0);
    assert_int_equal(run("draw", SMALL, "--json", "--format", "mermaid"), COMMAND_DONE);
    assert_says(out, "\"drawing\":\"flowchart TB\\n");
}

static void what_cannot_be_drawn_is_said(void **state)
{
    (void)state;
    char *nowhere = arena_string(&arena, arena_print(&arena, "%s/no/such.svg", folder));
    assert_int_equal(run("draw", SMALL, "--format", "png"), COMMAND_USAGE);
    assert_says(err, "--format is svg, dot or mermaid, not \"png\"");
    assert_int_equal(run("draw", SMALL, FIFTEEN), COMMAND_USAGE);
    assert_says(err, "--out FOLDER");
    assert_int_equal(run("draw", "config/calendar-cn.yaml"), COMMAND_REFUSED);
    assert_says(err, "is no workflow");
    assert_int_equal(run("draw", "no-such-file.yaml"), COMMAND_FAILED);
    assert_says(err, "no-such-file.yaml");
    assert_int_equal(run("draw", SMALL, "--format", "dot", "--out", nowhere), COMMAND_FAILED);
    assert_says(err, "no/such.svg");
    assert_string_equal(out, "");
}

static void a_workflow_with_mistakes_is_not_drawn(void **state)
{
    (void)state;
    char *path = arena_string(&arena, arena_print(&arena, "%s/bad.yaml", folder));
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs("workflow: bad\nversion: 1\n", file);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(run("draw", path), COMMAND_REFUSED);
    assert_says(err, "bad.yaml:1:");
    assert_string_equal(out, "");
    assert_int_equal(unlink(path), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(dot_of_a_small_workflow, setup, teardown),
        cmocka_unit_test_setup_teardown(mermaid_of_a_small_workflow, setup, teardown),
        cmocka_unit_test_setup_teardown(words_by_their_titles, setup, teardown),
        cmocka_unit_test_setup_teardown(what_the_directory_calls_it, setup, teardown),
        cmocka_unit_test_setup_teardown(rules_are_said_in_words, setup, teardown),
        cmocka_unit_test_setup_teardown(svg_is_well_formed_and_has_the_titles, setup, teardown),
        cmocka_unit_test_setup_teardown(a_title_cannot_break_out_of_a_label, setup, teardown),
        cmocka_unit_test_setup_teardown(steps_are_climbed_where_the_condition_lets_them, setup, teardown),
        cmocka_unit_test_setup_teardown(long_titles_are_broken_where_a_reader_would, setup, teardown),
        cmocka_unit_test_setup_teardown(every_stage_can_be_told_from_every_other, setup, teardown),
        cmocka_unit_test_setup_teardown(drawings_go_to_stdout_or_where_they_are_sent, setup, teardown),
        cmocka_unit_test_setup_teardown(what_cannot_be_drawn_is_said, setup, teardown),
        cmocka_unit_test_setup_teardown(a_workflow_with_mistakes_is_not_drawn, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
