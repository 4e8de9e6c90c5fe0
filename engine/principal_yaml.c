/* principal_yaml: the file of principals, read and written. All of it is good, or nothing of it is used. */
#include "engine/principal.h"

#include "engine/calendar.h"
#include "proto/key.h"

enum where { IN_FILE, IN_PRINCIPAL };
enum { WORD_MOST = 256 };

static const char *const kinds[] = {"app", "worker", "watcher", "operator"};

static const struct key keys[] = {
    {IN_FILE, "principals", KIND_LIST, KEY_NEEDED, "a list of mappings with `name`, `kind`, `key`", "who may connect by TCP", NULL},
    {IN_PRINCIPAL, "name", KIND_SCALAR, KEY_NEEDED, "a name in kebab-case", "stands as the sender beside each of its events", NULL},
    {IN_PRINCIPAL, "kind", KIND_SCALAR, KEY_NEEDED, "app, worker, watcher or operator", "what it is for", NULL},
    {IN_PRINCIPAL, "key", KIND_SCALAR, KEY_NEEDED, "64 hexadecimal digits in lower case", "its public key", NULL},
    {IN_PRINCIPAL, "made", KIND_SCALAR, KEY_NEEDED, "a date", "when the key was made", NULL},
    {IN_PRINCIPAL, "revoked", KIND_SCALAR, 0, "a date", "since when it may nothing any more", NULL},
    {IN_PRINCIPAL, "residents", KIND_LIST, 0, "a list of first parts, such as `app` of app:zhao", "residents for whom it acts", NULL},
    {IN_PRINCIPAL, "persons", KIND_LIST, 0, "a list of persons of the directory", "for whom it acts", NULL},
    {IN_PRINCIPAL, "people", KIND_LIST, 0, "a list of units", "it acts for who holds a role there or below", NULL},
    {IN_PRINCIPAL, "topics", KIND_LIST, 0, "a list of topics", "of a worker", NULL},
    {IN_PRINCIPAL, "units", KIND_LIST, 0, "a list of units", "where a worker works, or what the others look at; with all below", NULL},
};

static const struct keys file_keys = {.key = keys, .count = sizeof keys / sizeof *keys};

struct reader {
    struct principals *principals;
    struct arena *arena;
    struct problems *problems;
};

static const struct node *get(const struct node *map, enum where where, const char *name)
{
    return keys_get(map, &file_keys, (int)where, name);
}

const char *principal_kind_name(enum principal_kind kind)
{
    return kinds[kind];
}

/* ---- reading ---- */

/* A unit or a person: nothing that a file or a line of the log would have to quote. */
static bool read_word(struct reader *reader, const struct node *node, struct text *out)
{
    struct text word;
    if (!node_text(reader->problems, node, WORD_MOST, &word))
        return false;
    for (size_t i = 0; i < word.size; i++)
        if (word.data[i] == '"' || word.data[i] == '\\' || (unsigned char)word.data[i] < ' ') {
            problems_add(reader->problems, node, "Found %s; quotes, backslashes and line breaks stand in no unit or person.", node_found(reader->arena, node));
            return false;
        }
    *out = word;
    return true;
}

static void read_list(struct reader *reader, const struct node *map, const char *name, bool names, struct principal_list *out)
{
    const struct node *list = get(map, IN_PRINCIPAL, name), *first;
    uint32_t count = 0;
    if (!list || !node_list(reader->problems, list, false, &first, &count))
        return;
    if (count > PRINCIPAL_LIST_MOST)
        problems_add(reader->problems, list, "Found %u entries; there can be %d.", count, PRINCIPAL_LIST_MOST);
    struct text *items = ARENA_ARRAY(reader->arena, struct text, count);
    for (const struct node *item = first; item; item = item->next)
        if (names ? node_name(reader->problems, item, &items[out->count]) : read_word(reader, item, &items[out->count]))
            out->count++;
    out->items = items;
}

static void read_key(struct reader *reader, const struct node *node, struct text *out)
{
    uint8_t key[KEY_SIZE];
    if (!node || !node_text(reader->problems, node, KEY_DIGITS, out))
        return;
    if (!key_from_digits(*out, key))
        problems_add(reader->problems, node, "Found %s; a public key is 64 hexadecimal digits in lower case.", node_found(reader->arena, node));
}

/* A key belongs to one principal for ever, also when it is revoked; a name to one at a time. */
static void check_alone(struct reader *reader, const struct node *map, const struct principal *new)
{
    for (uint32_t i = 0; i < reader->principals->count; i++) {
        const struct principal *other = &reader->principals->items[i];
        if (new->key.size && text_equal(other->key, new->key))
            problems_add(reader->problems, get(map, IN_PRINCIPAL, "key"), "This key stands here twice.");
        if (new->name.size && new->revoked == NONE && other->revoked == NONE && text_equal(other->name, new->name))
            problems_add(reader->problems, get(map, IN_PRINCIPAL, "name"), "Another key is that of \"%.*s\" already.", (int)new->name.size, new->name.data);
    }
}

/* What is written down and would have no effect is a misunderstanding about who may do what. */
static void check_fits(struct reader *reader, const struct node *map, const struct principal *new)
{
    bool acts = new->residents.count || new->persons.count || new->people.count;
    if (new->kind == PRINCIPAL_WORKER && new->topics.count == 0)
        problems_add(reader->problems, map, "A worker has topics.");
    if (new->kind != PRINCIPAL_WORKER && new->topics.count)
        problems_add(reader->problems, map, "Only a worker has topics.");
    if (new->kind == PRINCIPAL_WATCHER && (acts || new->units.count == 0))
        problems_add(reader->problems, map, "A watcher has units, and acts for nobody.");
    if (new->kind == PRINCIPAL_OPERATOR && (acts || new->units.count))
        problems_add(reader->problems, map, "An operator may everything: there is nothing to name.");
    if (text_is(new->name, "local"))
        problems_add(reader->problems, map, "\"local\" is who comes by the socket in the data folder; a key has another name.");
    for (uint32_t i = 0; i < new->residents.count; i++)
        if (text_is(new->residents.items[i], "worker"))
            problems_add(reader->problems, map, "worker:NAME is no resident: workers act under that name.");
}

static void read_principal(struct reader *reader, const struct node *map, struct principal *out)
{
    int32_t kind = 0;
    const struct node *node = get(map, IN_PRINCIPAL, "name");
    *out = (struct principal){.revoked = NONE};
    if (node)
        node_name(reader->problems, node, &out->name);
    if ((node = get(map, IN_PRINCIPAL, "kind")) && node_choice(reader->problems, node, kinds, sizeof kinds / sizeof *kinds, &kind))
        out->kind = (enum principal_kind)kind;
    read_key(reader, get(map, IN_PRINCIPAL, "key"), &out->key);
    if ((node = get(map, IN_PRINCIPAL, "made")))
        node_date(reader->problems, node, &out->made);
    if ((node = get(map, IN_PRINCIPAL, "revoked")))
        node_date(reader->problems, node, &out->revoked);
    read_list(reader, map, "residents", true, &out->residents);
    read_list(reader, map, "persons", false, &out->persons);
    read_list(reader, map, "people", false, &out->people);
    read_list(reader, map, "topics", true, &out->topics);
    read_list(reader, map, "units", false, &out->units);
    check_alone(reader, map, out);
    if (node_get(map, "kind") && !reader->problems->errors)
        check_fits(reader, map, out);
}

enum err principals_read(struct principals *principals, struct arena *arena, const char *path, struct text source, struct problems *problems)
{
    struct reader reader = {.principals = principals, .arena = arena, .problems = problems};
    const struct node *first;
    uint32_t count = 0;
    *principals = (struct principals){0};
    problems_init(problems, arena, path);
    const struct node *root = yaml_load(arena, source, problems);
    const struct node *list = root && keys_check(problems, root, &file_keys, IN_FILE) ? get(root, IN_FILE, "principals") : NULL;
    if (list && node_list(problems, list, false, &first, &count)) {
        if (count > PRINCIPALS_MOST)
            problems_add(problems, list, "Found %u keys; there can be %d. Take out some that were revoked long ago.", count, PRINCIPALS_MOST);
        principals->items = ARENA_ARRAY(arena, struct principal, count + 1);
        for (const struct node *item = first; item; item = item->next)
            if (keys_check(problems, item, &file_keys, IN_PRINCIPAL)) {
                read_principal(&reader, item, &principals->items[principals->count]);
                principals->count++;
            }
    }
    return problems->errors ? ERR_BAD_CONFIG : ERR_OK;
}

/* ---- writing ---- */

static struct text append(struct arena *arena, struct text so_far, struct text more)
{
    return arena_print(arena, "%.*s%.*s", (int)so_far.size, so_far.data, (int)more.size, more.data);
}

static struct text print_list(struct arena *arena, struct text so_far, const char *name, const struct principal_list *list)
{
    for (uint32_t i = 0; i < list->count; i++) {
        struct text word = list->items[i];
        struct text lead = i ? TEXT(", ") : arena_print(arena, "    %s: [", name);
        so_far = append(arena, so_far, arena_print(arena, "%.*s\"%.*s\"%s", (int)lead.size, lead.data, (int)word.size, word.data, i + 1 == list->count ? "]\n" : ""));
    }
    return so_far;
}

static struct text print_one(struct arena *arena, struct text so_far, const struct principal *principal)
{
    so_far = append(arena, so_far, arena_print(arena, "  - name: %.*s\n    kind: %s\n    key: \"%.*s\"\n    made: %s\n", (int)principal->name.size, principal->name.data,
                                               kinds[principal->kind], (int)principal->key.size, principal->key.data, civil_print(arena, principal->made).data));
    if (principal->revoked != NONE)
        so_far = append(arena, so_far, arena_print(arena, "    revoked: %s\n", civil_print(arena, principal->revoked).data));
    so_far = print_list(arena, so_far, "residents", &principal->residents);
    so_far = print_list(arena, so_far, "persons", &principal->persons);
    so_far = print_list(arena, so_far, "people", &principal->people);
    so_far = print_list(arena, so_far, "topics", &principal->topics);
    return print_list(arena, so_far, "units", &principal->units);
}

struct text principals_print(const struct principals *principals, struct arena *arena)
{
    struct text text = TEXT("# Who may connect by TCP, by public key. `staircase keys` writes this file; the engine reads it when it changes,\n"
                            "# all of it or nothing. What was revoked stays here, so that it never comes back.\n");
    text = append(arena, text, TEXT("principals:\n"));
    for (uint32_t i = 0; i < principals->count; i++)
        text = print_one(arena, text, &principals->items[i]);
    return text;
}
