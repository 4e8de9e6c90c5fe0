/* directory_yaml: see directory_yaml.h. The keys; levels, roles and people; units are read in directory_units.c. */
#include "engine/directory_yaml.h"

#include "engine/directory_draft.h"
#include "engine/form.h"
#include "proto/wire.h"

enum { TITLE_MOST = 200, VERSION_MOST = 1000000000 };

static const char *const reach_words[2] = {"here", "below"};

/* ---- the language of the file ---- */

/* What person_holds looks for, by what cannot stand there. */
#define PERSON_PATTERN "^[^\\x00-/:-@\\[-`{-\\x7f][^\\x00-,/:-@\\[-^`{-\\x7f]*$"

static const struct form version_form = {.kind = FORM_WHOLE, .least = 1, .most = VERSION_MOST};
static const struct form unit_id_form = {.kind = FORM_WHOLE, .least = 1, .most = INT32_MAX};
static const struct form title_text_form = {.kind = FORM_TEXT, .least = 1, .most = TITLE_MOST}, title_map_form = {.kind = FORM_MAP, .where = IN_TITLE};
static const struct form title_form = {.kind = FORM_EITHER, .name = "text-or-title", .parts = (const struct form *const[]){&title_text_form, &title_map_form, NULL}};
static const struct form short_name_form = {.kind = FORM_TEXT, .least = 1, .most = DIRECTORY_SHORT_MOST};
static const struct form reach_form = FORM_WORDS(reach_words);
static const struct form path_form = {.kind = FORM_TEXT, .name = "path", .least = 1, .most = WIRE_PATH_MOST, .pattern = "^" FORM_NAME_PATTERN "(/" FORM_NAME_PATTERN ")*$"};
static const struct form paths_form = {.kind = FORM_LIST, .least = 1, .of = &path_form};
static const struct form served_form = {.kind = FORM_EITHER, .parts = (const struct form *const[]){&path_form, &paths_form, NULL}};
static const struct form level_form = {.kind = FORM_MAP, .where = IN_LEVEL}, levels_form = {.kind = FORM_LIST, .least = 1, .most = DIRECTORY_DEPTH_MOST, .of = &level_form};
static const struct form role_form = {.kind = FORM_MAP, .where = IN_ROLE}, roles_form = {.kind = FORM_NAMED, .keys = &form_name, .of = &role_form};
static const struct form unit_form = {.kind = FORM_MAP, .where = IN_UNIT}, units_form = {.kind = FORM_NAMED, .least = 1, .keys = &path_form, .of = &unit_form};
static const struct form person_id_form = {.kind = FORM_TEXT, .least = 1, .most = WIRE_PERSON_MOST, .pattern = PERSON_PATTERN};
static const struct form person_form = {.kind = FORM_MAP, .where = IN_PERSON}, people_form = {.kind = FORM_NAMED, .keys = &person_id_form, .of = &person_form};
static const struct form hold_form = {.kind = FORM_MAP, .where = IN_HOLD}, holds_form = {.kind = FORM_LIST, .of = &hold_form};

static const struct form substitute_form = {.kind = FORM_MAP, .where = IN_SUBSTITUTE}, substitutes_form = {.kind = FORM_LIST, .of = &substitute_form};
static const struct form delegation_form = {.kind = FORM_MAP, .where = IN_DELEGATION}, delegations_form = {.kind = FORM_LIST, .of = &delegation_form};

static const struct key key_rows[] = {
    {IN_DIRECTORY, "directory", KIND_SCALAR, KEY_NEEDED, "a name such as jinnong", "what the directory is called", &form_name},
    {IN_DIRECTORY, "version", KIND_SCALAR, KEY_NEEDED, "a whole number from 1", "counted up with every change", &version_form},
    {IN_DIRECTORY, "levels", KIND_LIST, KEY_NEEDED, "a list such as [{level: building}, {level: grid}]", "the levels of units, lowest first", &levels_form},
    {IN_DIRECTORY, "roles", KIND_MAP, KEY_NEEDED, "a mapping of roles", "what people can be at a unit", &roles_form},
    {IN_DIRECTORY, "units", KIND_MAP, KEY_NEEDED, "a mapping of paths to units", "the tree of units", &units_form},
    {IN_DIRECTORY, "people", KIND_MAP, 0, "a mapping of people", "who holds which role where", &people_form},
    {IN_LEVEL, "level", KIND_SCALAR, KEY_NEEDED, "a name such as grid", "what the level is called", &form_name},
    {IN_LEVEL, "title", KIND_SCALAR | KIND_MAP, 0, "text, or {zh: 网格, en: Grid}", "shown to people", &title_form},
    {IN_ROLE, "title", KIND_SCALAR | KIND_MAP, 0, "text, or {zh: 调解员, en: Mediator}", "shown to people", &title_form},
    {IN_ROLE, "reach", KIND_SCALAR, KEY_NEEDED, "here or below", "holds at its unit only, or at every unit below it too", &reach_form},
    {IN_UNIT, "id", KIND_SCALAR, KEY_NEEDED, "a whole number from 1", "permanent: never changed, never given again", &unit_id_form},
    {IN_UNIT, "level", KIND_SCALAR, KEY_NEEDED, "one of the `levels`", "its level", &form_name},
    {IN_UNIT, "title", KIND_SCALAR | KIND_MAP, 0, "text, or {zh: 三网格, en: Grid 3}", "shown to people", &title_form},
    {IN_UNIT, "in", KIND_SCALAR, 0, "the path of a unit", "the unit above, where the path does not say it", &path_form},
    {IN_UNIT, "calendar", KIND_SCALAR, 0, "the name of a calendar", "counts here and below", &form_name},
    {IN_UNIT, "short", KIND_SCALAR, 0, "a short text such as 金农", "the name in case numbers, here and below", &short_name_form},
    {IN_UNIT, "serves", KIND_SCALAR | KIND_LIST, 0, "the path of a unit, or a list of them", "for whom it is the unit of its level", &served_form},
    {IN_UNIT, "successor", KIND_SCALAR, 0, "the path of a unit", "the unit is closed; its cases move there", &path_form},
    {IN_PERSON, "name", KIND_SCALAR, 0, "text", "shown to people", &title_text_form},
    {IN_PERSON, "holds", KIND_LIST, 0, "a list such as [{role: mediator, at: jinnong/grid-3}]", "the roles of the person", &holds_form},
    {IN_HOLD, "role", KIND_SCALAR, KEY_NEEDED, "one of the `roles`", "which role", &form_name},
    {IN_HOLD, "at", KIND_SCALAR, KEY_NEEDED, "the path of a unit", "where it is held", &path_form},
    {IN_HOLD, "from", KIND_SCALAR, 0, "a date such as 2026-01-01", "the first day", &form_date},
    {IN_HOLD, "until", KIND_SCALAR, 0, "a date such as 2026-12-31", "the last day", &form_date},
    {IN_PERSON, "substitutes", KIND_LIST, 0, "a list such as [{for: chen, role: mediator, at: jinnong, from: 2026-05-01, until: 2026-05-31}]", "whose role the person holds too, for a time", &substitutes_form},
    {IN_PERSON, "acts-for", KIND_LIST, 0, "a list such as [{for: chen, basis: 授权书 3 号, until: 2026-12-31}]", "for whom the person may act", &delegations_form},
    {IN_SUBSTITUTE, "for", KIND_SCALAR, KEY_NEEDED, "a person of the directory", "who is substituted", &person_id_form},
    {IN_SUBSTITUTE, "role", KIND_SCALAR, KEY_NEEDED, "one of the `roles`", "in which role", &form_name},
    {IN_SUBSTITUTE, "at", KIND_SCALAR, KEY_NEEDED, "the path of a unit", "where it is held", &path_form},
    {IN_SUBSTITUTE, "from", KIND_SCALAR, KEY_NEEDED, "a date such as 2026-05-01", "the first day", &form_date},
    {IN_SUBSTITUTE, "until", KIND_SCALAR, KEY_NEEDED, "a date such as 2026-05-31", "the last day", &form_date},
    {IN_DELEGATION, "for", KIND_SCALAR, KEY_NEEDED, "a person of the directory", "who is acted for", &person_id_form},
    {IN_DELEGATION, "basis", KIND_SCALAR, KEY_NEEDED, "text", "on what it rests, such as a written authorisation", &title_text_form},
    {IN_DELEGATION, "from", KIND_SCALAR, 0, "a date such as 2026-05-01", "the first day", &form_date},
    {IN_DELEGATION, "until", KIND_SCALAR, KEY_NEEDED, "a date such as 2026-12-31", "the last day", &form_date},
    {IN_TITLE, "zh", KIND_SCALAR, 0, "text", "in Chinese", &title_text_form},
    {IN_TITLE, "en", KIND_SCALAR, 0, "text", "in English", &title_text_form},
};
static const struct mapping mappings[] = {
    [IN_DIRECTORY] = {.name = "directory"}, [IN_LEVEL] = {.name = "level"}, [IN_ROLE] = {.name = "role"}, [IN_UNIT] = {.name = "unit"},
    [IN_PERSON] = {.name = "person"}, [IN_HOLD] = {.name = "hold"}, [IN_TITLE] = {.name = "title"},
    [IN_SUBSTITUTE] = {.name = "substitute"}, [IN_DELEGATION] = {.name = "delegation"},
};

const struct keys directory_keys = {key_rows, sizeof key_rows / sizeof *key_rows, mappings, sizeof mappings / sizeof *mappings};

const struct node *draft_get(const struct node *map, enum directory_where where, const char *name)
{
    return keys_get(map, &directory_keys, (int)where, name);
}

bool draft_check(struct draft *draft, const struct node *map, enum directory_where where)
{
    return keys_check(draft->problems, map, &directory_keys, (int)where);
}

void draft_title(struct draft *draft, const struct node *map, enum directory_where where, struct part_title *title)
{
    const struct node *node = draft_get(map, where, "title");
    if (!node || node->kind == NODE_SCALAR) {
        node_text(draft->problems, node, TITLE_MOST, &title->zh);
        return;
    }
    draft_check(draft, node, IN_TITLE);
    node_text(draft->problems, draft_get(node, IN_TITLE, "zh"), TITLE_MOST, &title->zh);
    node_text(draft->problems, draft_get(node, IN_TITLE, "en"), TITLE_MOST, &title->en);
}

/* ---- levels and roles ---- */

static int32_t find_level(const struct draft *draft, struct text name)
{
    for (int32_t i = 0; i < draft->level_count; i++)
        if (text_equal(draft->levels[i].name, name))
            return i;
    return NONE;
}

int32_t draft_level(struct draft *draft, const struct node *node)
{
    struct text name;
    if (!node_text(draft->problems, node, 0, &name))
        return NONE;
    int32_t level = find_level(draft, name);
    if (level != NONE || !draft->levels_hold)
        return level;
    struct nearest nearest = nearest_to(name);
    for (int32_t i = 0; i < draft->level_count; i++)
        nearest_offer(&nearest, draft->levels[i].name);
    problems_add(draft->problems, node, "there is no level %s in `levels`.%s", node_found(draft->arena, node),
                 nearest_hint(&nearest, draft->arena));
    return NONE;
}

static void read_levels(struct draft *draft)
{
    const struct node *list = draft_get(draft->root, IN_DIRECTORY, "levels"), *first;
    uint32_t count, errors = draft->problems->errors;
    if (!node_list(draft->problems, list, false, &first, &count))
        return;
    if (count > DIRECTORY_DEPTH_MOST)
        problems_add(draft->problems, list, "found %u levels; at most %d are allowed.", count, DIRECTORY_DEPTH_MOST);
    draft->levels = ARENA_ARRAY(draft->arena, struct part_level, count);
    for (node_each(item, list)) {
        struct part_level level = {.name = TEXT("")};
        if (!draft_check(draft, item, IN_LEVEL))
            continue;
        const struct node *name = draft_get(item, IN_LEVEL, "level");
        draft_title(draft, item, IN_LEVEL, &level.title);
        if (!node_name(draft->problems, name, &level.name))
            continue;
        if (find_level(draft, level.name) != NONE)
            problems_add(draft->problems, name, "the level %s is listed twice.", level.name.data);
        else
            draft->levels[draft->level_count++] = level;
    }
    draft->levels_hold = draft->problems->errors == errors;
}

/* Words that the workflow language gives a meaning of its own wherever a role may stand. */
static bool reserved(struct text name)
{
    static const char *const words[] = {"level",  "count",      "all",   "any",        "none",     "today", "previous", "opener",
                                        "resident", "worker",   "extend", "grant",     "deny",     "stop-clock", "resume", "claim",
                                        "hand-over", "unclaim", "add-handler", "remove-handler", "ballot",  "attend", "recuse",    "take-back",
                                        "link", "merge", "un-merge", "split"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (text_is(name, words[i]))
            return true;
    return false;
}

static void read_roles(struct draft *draft)
{
    const struct node *map = draft_get(draft->root, IN_DIRECTORY, "roles");
    uint32_t errors = draft->problems->errors;
    draft->roles = ARENA_ARRAY(draft->arena, struct part_role, map ? map->count : 0);
    for (node_each(node, map)) {
        struct part_role *role = &draft->roles[draft->role_count++];
        int32_t reach = REACH_HERE;
        role->name = node->key;
        if (node_key_name(draft->problems, node) && reserved(node->key))
            problems_add_key(draft->problems, node, "\"%s\" has a meaning of its own in workflows. Use another name.", node->key.data);
        if (!draft_check(draft, node, IN_ROLE))
            continue;
        draft_title(draft, node, IN_ROLE, &role->title);
        node_choice(draft->problems, draft_get(node, IN_ROLE, "reach"), reach_words, 2, &reach);
        role->reach = (enum role_reach)reach;
    }
    draft->roles_hold = map && draft->problems->errors == errors;
}

int32_t draft_role(struct draft *draft, const struct node *node)
{
    struct text name;
    if (!node_text(draft->problems, node, 0, &name))
        return NONE;
    for (int32_t i = 0; i < draft->role_count; i++)
        if (text_equal(draft->roles[i].name, name))
            return i;
    struct nearest nearest = nearest_to(name); /* only now: a district names its roles tens of thousands of times */
    for (int32_t i = 0; i < draft->role_count && !problems_full(draft->problems); i++)
        nearest_offer(&nearest, draft->roles[i].name);
    if (draft->roles_hold)
        problems_add(draft->problems, node, "there is no role %s in `roles`.%s", node_found(draft->arena, node),
                     nearest_hint(&nearest, draft->arena));
    return NONE;
}

/* ---- people ---- */

/* Letters of any script, digits, - _ and point: no colon, which marks residents (app:token), and nothing that a command line splits. */
static bool person_holds(struct text id)
{
    for (size_t i = 0; i < id.size; i++) {
        unsigned char byte = (unsigned char)id.data[i];
        bool letter = (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9') || byte >= 0x80;
        if (!letter && (i == 0 || (byte != '-' && byte != '_' && byte != '.')))
            return false;
    }
    return id.size > 0 && id.size <= WIRE_PERSON_MOST;
}

/* Whether two holds of one person are the same role at the same unit on some day. */
static bool overlap(const struct part_hold *a, const struct part_hold *b)
{
    return a->person == b->person && a->role == b->role && a->unit == b->unit &&
           (a->from == NONE || b->until == NONE || a->from <= b->until) && (b->from == NONE || a->until == NONE || b->from <= a->until);
}

static void read_hold(struct draft *draft, const struct node *node, int32_t first)
{
    struct part_hold hold = {.person = draft->person_count - 1, .from = NONE, .until = NONE, .instead_of = NONE};
    if (!draft_check(draft, node, IN_HOLD))
        return;
    const struct node *until = draft_get(node, IN_HOLD, "until");
    hold.role = draft_role(draft, draft_get(node, IN_HOLD, "role"));
    hold.unit = draft_unit(draft, draft_get(node, IN_HOLD, "at"));
    bool both = node_date(draft->problems, draft_get(node, IN_HOLD, "from"), &hold.from);
    both = node_date(draft->problems, until, &hold.until) && both;
    if (both && hold.until < hold.from)
        problems_add(draft->problems, until, "found %s, which is before `from`.", node_found(draft->arena, until));
    if (hold.role == NONE || hold.unit == NONE)
        return;
    for (int32_t i = first; i < draft->hold_count; i++)
        if (overlap(&draft->holds[i], &hold)) {
            problems_add(draft->problems, node, "this person holds %s at %s already, in the same time.",
                         draft->roles[hold.role].name.data, draft->units[hold.unit].path.data);
            return;
        }
    draft->holds[draft->hold_count++] = hold;
}

static void read_person(struct draft *draft, const struct node *node)
{
    struct part_person *person = &draft->people[draft->person_count++];
    int32_t first = draft->hold_count;
    person->id = node->key;
    if (!person_holds(node->key))
        problems_add_key(draft->problems, node, "found \"%.*s\"; allowed is an id of letters, digits, hyphens, underscores and points, at most "
                         "%d bytes, beginning with a letter or digit.", text_shown(node->key), node->key.data, WIRE_PERSON_MOST);
    if (!draft_check(draft, node, IN_PERSON))
        return;
    node_text(draft->problems, draft_get(node, IN_PERSON, "name"), TITLE_MOST, &person->title);
    for (node_each(item, draft_get(node, IN_PERSON, "holds")))
        read_hold(draft, item, first);
}

static void read_people(struct draft *draft)
{
    const struct node *map = draft_get(draft->root, IN_DIRECTORY, "people");
    size_t holds = 0;
    for (node_each(person, map)) {
        const struct node *list = node_get(person, "holds");
        holds += list ? list->count : 0;
    }
    draft->people = ARENA_ARRAY(draft->arena, struct part_person, map ? map->count : 0);
    draft->holds = ARENA_ARRAY(draft->arena, struct part_hold, holds);
    for (node_each(person, map))
        read_person(draft, person);
    draft_deputies(draft, map);
}

/* ---- all of it ---- */

static void make_directory(const struct draft *draft, struct directory *out)
{
    struct directory_parts parts = {
        .name = draft->name, .version = draft->version,
        .levels = draft->levels, .level_count = draft->level_count, .roles = draft->roles, .role_count = draft->role_count,
        .units = draft->units, .unit_count = draft->unit_count, .serves = draft->serves, .serve_count = draft->serve_count,
        .people = draft->people, .person_count = draft->person_count, .holds = draft->holds, .hold_count = draft->hold_count,
        .delegations = draft->delegations, .delegation_count = draft->delegation_count,
    };
    directory_make(draft->arena, &parts, out);
}

enum err directory_read(struct arena *arena, const char *file, struct text source, struct problems *problems, struct directory *out)
{
    struct draft draft = {.arena = arena, .problems = problems};
    problems_init(problems, arena, file);
    draft.root = yaml_load(arena, source, problems);
    if (!draft_check(&draft, draft.root, IN_DIRECTORY))
        return ERR_INVALID_SOURCE;
    node_name(problems, draft_get(draft.root, IN_DIRECTORY, "directory"), &draft.name);
    node_number(problems, draft_get(draft.root, IN_DIRECTORY, "version"), 1, VERSION_MOST, &draft.version);
    read_levels(&draft);
    read_roles(&draft);
    draft_units(&draft);
    read_people(&draft);
    if (problems->errors)
        return ERR_INVALID_SOURCE;
    make_directory(&draft, out);
    return ERR_OK;
}
