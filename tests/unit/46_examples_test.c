/* Every key of the language, in its place, stands in a workflow that a scenario runs; and every key has its example in workflows/LANGUAGE.md: a piece,
 * word for word, of such a workflow. So what the reference shows is what has been tried.
 *
 * Which keys a file uses is found by walking its tree beside the forms of the table of keys (form.h): the tree alone does not say whether `of` is that
 * of a role or that of a choice. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <ftw.h>
#include <stdlib.h>
#include <unistd.h>

#include "engine/form.h"
#include "engine/scenario.h"
#include "engine/workflow_yaml.h"
#include "tests/unit/yaml_mistakes.h"

enum { KEYS_MOST = 400, FILES_MOST = 400 };

static struct arena arena, kept; /* of one file; of the whole run */
static bool run[KEYS_MOST], shown[KEYS_MOST];
static const char *files[FILES_MOST]; /* that scenarios run, each once */
static size_t file_count, scenario_count;

static int setup(void **state)
{
    (void)state;
    arena_init(&arena);
    arena_init(&kept);
    assert_in_range(workflow_keys.count, 1, KEYS_MOST);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_close(&arena);
    arena_close(&kept);
    return 0;
}

/* ---- which keys a tree uses ---- */

/* Keys in lines `first` to `last` are marked. */
struct walk {
    bool *used;
    int32_t first, last;
};

static const char *where_name(const struct key *key)
{
    return workflow_keys.mapping[key->where].name;
}

static const struct key *key_in(int where, struct text name)
{
    for (size_t i = 0; i < workflow_keys.count; i++)
        if (workflow_keys.key[i].where == where && text_is(name, workflow_keys.key[i].name))
            return &workflow_keys.key[i];
    return NULL;
}

static bool fits_mapping(const struct node *map, int where)
{
    for (node_each(item, map))
        if (!key_in(where, item->key) && !workflow_keys.mapping[where].others)
            return false;
    for (size_t i = 0; i < workflow_keys.count; i++)
        if (workflow_keys.key[i].where == where && (workflow_keys.key[i].flags & KEY_NEEDED) && !node_get(map, workflow_keys.key[i].name))
            return false;
    return true;
}

static bool fits(const struct node *node, const struct form *form)
{
    switch (form->kind) {
    case FORM_ANY: return true;
    case FORM_LIST: return node->kind == NODE_LIST;
    case FORM_NAMED: return node->kind == NODE_MAP;
    case FORM_MAP: return node->kind == NODE_MAP && fits_mapping(node, form->where);
    case FORM_EITHER:
        for (const struct form *const *part = form->parts; *part; part++)
            if (fits(node, *part))
                return true;
        return false;
    default: return node->kind == NODE_SCALAR;
    }
}

static void walk_value(const struct walk *walk, const struct node *node, const struct form *form);

static void walk_mapping(const struct walk *walk, const struct node *map, int where)
{
    for (node_each(item, map)) {
        const struct key *key = key_in(where, item->key);
        if (key && item->key_place.line >= walk->first && item->key_place.line <= walk->last)
            walk->used[key - workflow_keys.key] = true;
        walk_value(walk, item, key ? key->form : workflow_keys.mapping[where].others);
    }
}

static void walk_value(const struct walk *walk, const struct node *node, const struct form *form)
{
    const struct form *const *part = form->parts;
    switch (form->kind) {
    case FORM_MAP: walk_mapping(walk, node, form->where); break;
    case FORM_LIST:
    case FORM_NAMED:
        for (node_each(item, node))
            walk_value(walk, item, form->of);
        break;
    case FORM_EITHER:
        while (*part && !fits(node, *part))
            part++;
        if (!*part)
            fail_msg("line %d: no form fits here", node->place.line);
        walk_value(walk, node, *part);
        break;
    default: break;
    }
}

static const struct node *tree_of(const char *path)
{
    struct problems problems;
    problems_init(&problems, &arena, path);
    const struct node *root = yaml_load(&arena, source_of(&arena, path), &problems);
    if (!root || problems.errors)
        fail_msg("%s", problems_print(&problems, &arena).data);
    return root;
}

/* ---- what scenarios run ---- */

static bool is_known(const char *path)
{
    for (size_t i = 0; i < file_count; i++)
        if (strcmp(files[i], path) == 0)
            return true;
    return false;
}

/* `name` beside the scenario, as scenario_run finds it; its canonical path, so that each file is there once. Nothing when there is no such file. */
static bool add_file(const char *scenario, const char *name)
{
    char folder[4096], path[8192], root[4096], real[4096];
    snprintf(folder, sizeof folder, "%s", scenario);
    *(strrchr(folder, '/') + 1) = '\0';
    snprintf(path, sizeof path, "%s%s", folder, name);
    if (!realpath(path, real))
        return false;
    assert_non_null(getcwd(root, sizeof root));
    assert_int_equal(strncmp(real, root, strlen(root)), 0);
    const char *own = arena_string(&kept, text_of(real + strlen(root) + 1));
    if (!is_known(own)) {
        assert_true(file_count < FILES_MOST);
        files[file_count++] = own;
    }
    return true;
}

static void add_named(const char *scenario, const struct node *node)
{
    if (node->kind == NODE_SCALAR && !add_file(scenario, node->text.data))
        fail_msg("%s:%d: there is no %s", scenario, node->place.line, node->text.data);
    for (node_each(item, node))
        add_named(scenario, item);
}

static int look_at(const char *path, const struct stat *status, int flag, struct FTW *walk)
{
    (void)status;
    (void)walk;
    size_t size = strlen(path);
    if (flag != FTW_F || size < 5 || strcmp(path + size - 5, ".yaml") != 0)
        return 0;
    arena_reset(&arena);
    const struct node *root = tree_of(path), *named = node_get(root, "workflow");
    if (!node_get(root, "scenario"))
        return 0;
    scenario_count++;
    if (named)
        add_named(path, named);
    else if (!add_file(path, "workflow.yaml") && !add_file(path, "../workflow.yaml"))
        fail_msg("%s: there is no workflow beside it", path);
    for (node_each(step, node_get(root, "steps")))
        if (node_get(step, "deploy"))
            add_named(path, node_get(step, "deploy"));
    return 0;
}

static void find_files(void)
{
    static const char *const folders[] = {"workflows", "tests/scenarios", "tests/patterns"};
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
        assert_int_equal(nftw(folders[i], look_at, 16, FTW_PHYS), 0);
    assert_true(scenario_count > 100 && file_count > 50);
}

static void every_key_is_run_by_a_scenario(void **state)
{
    (void)state;
    int missing = 0;
    find_files();
    for (size_t i = 0; i < file_count; i++) {
        arena_reset(&arena);
        const struct node *root = tree_of(files[i]);
        if (node_get(root, "workflow")) /* a directory or a calendar can be deployed too */
            walk_mapping(&(struct walk){.used = run, .first = 1, .last = INT32_MAX}, root, IN_WORKFLOW);
    }
    for (size_t i = 0; i < workflow_keys.count; i++)
        if (!run[i] && ++missing)
            print_error("no scenario runs a workflow with \"%s\" of %s\n", workflow_keys.key[i].name, where_name(&workflow_keys.key[i]));
    assert_int_equal(missing, 0);
}

/* ---- what the reference shows ---- */

/* Lines of a text, one after the other. */
struct lines {
    const char *at;
    int32_t number; /* of the line that was given last */
};

static bool next_line(struct lines *lines, struct text *line)
{
    if (!*lines->at)
        return false;
    const char *end = strchrnul(lines->at, '\n');
    *line = (struct text){.data = lines->at, .size = (size_t)(end - lines->at)};
    lines->at = *end ? end + 1 : end;
    lines->number++;
    return true;
}

static size_t indent_of(struct text line)
{
    size_t indent = 0;
    while (indent < line.size && line.data[indent] == ' ')
        indent++;
    return indent;
}

static struct text without_indent(struct text line)
{
    size_t indent = indent_of(line);
    return (struct text){.data = line.data + indent, .size = line.size - indent};
}

/* A piece of a file in an example. */
struct piece {
    const char *path;        /* of the file */
    const struct node *root;
    struct lines from;       /* what stands behind the last line that was found */
    long shift;              /* how much further right it stands in the file; -1: not known yet */
    bool gap;                /* `...` stood before: lines may be left out */
};

/* A line of an example is the next of the file; after a gap some later one. Empty lines say nothing. */
static bool find_line(struct piece *piece, struct text wanted)
{
    struct text line;
    size_t indent = indent_of(wanted);
    while (next_line(&piece->from, &line)) {
        bool same = text_equal(without_indent(line), without_indent(wanted)) && indent_of(line) >= indent;
        if (same && piece->shift < 0)
            piece->shift = (long)(indent_of(line) - indent);
        if (same && indent_of(line) == indent + (size_t)piece->shift)
            return true;
        if (!piece->gap && line.size)
            return false;
    }
    return false;
}

static void take_line(struct piece *piece, struct text line, int32_t number)
{
    if (text_is(without_indent(line), "...")) {
        piece->gap = true;
        return;
    }
    if (!line.size)
        return;
    if (!find_line(piece, line))
        fail_msg("workflows/LANGUAGE.md:%d: this does not stand here in %s: %.*s", number, piece->path, (int)line.size, line.data);
    piece->gap = false;
    walk_mapping(&(struct walk){.used = shown, .first = piece->from.number, .last = piece->from.number}, piece->root, IN_WORKFLOW);
}

/* `# FILE`, from the folder of the reference. */
static void begin_piece(struct piece *piece, struct text line, int32_t number)
{
    if (line.size < 3 || strncmp(line.data, "# ", 2) != 0)
        fail_msg("workflows/LANGUAGE.md:%d: an example begins with the file that it is from: # FILE", number);
    arena_reset(&arena);
    const char *path = arena_print(&arena, "workflows/%.*s", (int)line.size - 2, line.data + 2).data;
    const char *up = strstr(path, "workflows/../");
    path = up ? up + sizeof "workflows/../" - 1 : path;
    if (!is_known(path))
        fail_msg("workflows/LANGUAGE.md:%d: no scenario runs %s", number, path);
    const char *text = arena_string(&arena, source_of(&arena, path));
    *piece = (struct piece){.path = path, .root = tree_of(path), .from = {.at = text}, .shift = -1, .gap = true};
}

/* The lines of one example, to its end. */
static void take_example(struct lines *lines)
{
    struct text line;
    struct piece piece = {.path = NULL};
    while (next_line(lines, &line) && !text_is(line, "```"))
        if (!piece.path || (line.size > 2 && strncmp(line.data, "# ", 2) == 0))
            begin_piece(&piece, line, lines->number);
        else
            take_line(&piece, line, lines->number);
}

/* The same key stands in several kinds of mapping: one example is enough for it. */
static bool is_shown(const struct key *key)
{
    for (size_t i = 0; i < workflow_keys.count; i++)
        if (shown[i] && strcmp(workflow_keys.key[i].name, key->name) == 0 && strcmp(workflow_keys.key[i].meaning, key->meaning) == 0)
            return true;
    return false;
}

static void every_key_has_its_example(void **state)
{
    (void)state;
    int missing = 0;
    struct text line;
    struct lines lines = {.at = arena_string(&kept, source_of(&arena, "workflows/LANGUAGE.md"))};
    while (next_line(&lines, &line))
        if (text_is(line, "```yaml"))
            take_example(&lines);
    for (size_t i = 0; i < workflow_keys.count; i++)
        if (!is_shown(&workflow_keys.key[i]) && ++missing)
            print_error("workflows/LANGUAGE.md has no example of \"%s\" of %s\n", workflow_keys.key[i].name, where_name(&workflow_keys.key[i]));
    assert_int_equal(missing, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_key_is_run_by_a_scenario),
        cmocka_unit_test(every_key_has_its_example), /* knows from the one before which files scenarios run */
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
