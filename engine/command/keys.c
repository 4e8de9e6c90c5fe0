/* keys: `staircase keys` makes, lists and revokes the keys of TCP. It works on the data folder itself, on the engine's machine; a running engine
 * takes the new list at once. */
#include <errno.h>
#include <time.h>
#include <unistd.h>

#include "engine/calendar.h"
#include "engine/command/command.h"
#include "engine/command/table.h"
#include "engine/key_folder.h"

static int say_why(const struct command_line *line, enum err code, struct text why)
{
    return command_fail(line, command_exit_of(code) == COMMAND_DONE ? COMMAND_FAILED : command_exit_of(code), "%.*s", (int)why.size, why.data);
}

static int32_t today(void)
{
    return (int32_t)(time(NULL) / 86400);
}

/* ---- init ---- */

static int init_keys(const struct command_line *line)
{
    struct key_ring ring;
    struct text why = {0};
    char digits[KEY_DIGITS + 1];
    enum err code = key_folder_server(line->data, line->arena, &ring, &why);
    if (code)
        return say_why(line, code, why);
    key_digits(ring.public_key, digits);
    if (line->json)
        printf("{\"server\":\"%s\"}\n", digits);
    else
        printf(command_say(line, "The engine's public key: %s\n", "引擎的公钥: %s\n"), digits);
    return COMMAND_DONE;
}

/* ---- list ---- */

static struct text join(struct arena *arena, struct text so_far, const char *lead, const struct principal_list *list)
{
    for (uint32_t i = 0; i < list->count; i++)
        so_far = arena_print(arena, "%.*s%s%s%.*s", (int)so_far.size, so_far.data, so_far.size ? " " : "", lead, (int)list->items[i].size, list->items[i].data);
    return so_far;
}

static struct text rights(struct arena *arena, const struct principal *principal)
{
    struct text text = join(arena, TEXT(""), "topic:", &principal->topics);
    text = join(arena, text, "resident:", &principal->residents);
    text = join(arena, text, "person:", &principal->persons);
    text = join(arena, text, "people:", &principal->people);
    return join(arena, text, "unit:", &principal->units);
}

static void print_row(const struct command_line *line, const struct principal *principal)
{
    struct text may = rights(line->arena, principal), made = civil_print(line->arena, principal->made);
    struct text revoked = principal->revoked == NONE ? TEXT("") : civil_print(line->arena, principal->revoked);
    if (line->json)
        printf("{\"name\":\"%.*s\",\"kind\":\"%s\",\"key\":\"%.*s\",\"made\":\"%.*s\",\"revoked\":\"%.*s\",\"may\":\"%.*s\"}\n", (int)principal->name.size,
               principal->name.data, principal_kind_name(principal->kind), (int)principal->key.size, principal->key.data, (int)made.size, made.data,
               (int)revoked.size, revoked.data, (int)may.size, may.data);
    else
        printf("%-24.*s %-9s %.8s  %.*s%s%.*s  %.*s\n", (int)principal->name.size, principal->name.data, principal_kind_name(principal->kind), principal->key.data,
               (int)made.size, made.data, revoked.size ? command_say(line, " revoked ", " 已吊销 ") : "", (int)revoked.size, revoked.data, (int)may.size, may.data);
}

static int list_keys(const struct command_line *line)
{
    struct principals principals;
    struct text why = {0};
    enum err code = key_folder_read(line->data, line->arena, &principals, &why);
    if (code)
        return say_why(line, code, why);
    for (uint32_t i = 0; i < principals.count; i++)
        print_row(line, &principals.items[i]);
    if (principals.count == 0 && !line->json)
        printf("%s\n", command_say(line, "No keys: nobody can connect by TCP.", "没有密钥：无人可经 TCP 连接。"));
    return COMMAND_DONE;
}

/* ---- changing the list ---- */

/* Read again as the engine will: what it would not take is not written. */
static enum err write_list(const struct command_line *line, const struct principals *principals, struct text *why)
{
    struct problems problems;
    struct principals again;
    enum err code = principals_read(&again, line->arena, "keys", principals_print(principals, line->arena), &problems);
    if (code) {
        *why = problems_print(&problems, line->arena);
        return code;
    }
    return key_folder_write(line->data, line->arena, principals, why);
}

static struct principal_list values_of(const struct command_line *line, const char *option)
{
    uint32_t count = 0;
    while (command_value_at(line, option, (int)count))
        count++;
    struct text *items = ARENA_ARRAY(line->arena, struct text, count + 1);
    for (uint32_t i = 0; i < count; i++)
        items[i] = text_of(command_value_at(line, option, (int)i));
    return (struct principal_list){.items = items, .count = count};
}

/* Exactly one of --app, --worker, --watcher, --operator. */
static bool kind_of(const struct command_line *line, struct principal *new)
{
    struct principal_list topics = values_of(line, "worker"), watched = values_of(line, "watcher");
    int kinds = command_flag(line, "app") + (topics.count > 0) + (watched.count > 0) + command_flag(line, "operator");
    new->kind = command_flag(line, "app") ? PRINCIPAL_APP : topics.count ? PRINCIPAL_WORKER : watched.count ? PRINCIPAL_WATCHER : PRINCIPAL_OPERATOR;
    new->topics = topics;
    new->residents = values_of(line, "resident");
    new->persons = values_of(line, "person");
    new->people = values_of(line, "people");
    new->units = watched.count ? watched : values_of(line, "unit");
    if (kinds != 1)
        command_misuse(line, "%s", command_say(line, "which kind? One of --app, --worker TOPIC, --watcher UNIT, --operator.",
                                               "哪一种？--app、--worker 主题、--watcher 单位、--operator 之一。"));
    return kinds == 1;
}

/* The secret first: a key in the list whose secret nobody has would only be in the way. It is not kept here. */
static enum err make_locked(const struct command_line *line, struct principal *new, const char *file, struct text *why)
{
    struct principals principals;
    struct key_ring server, ring;
    char digits[KEY_DIGITS + 1];
    enum err code = key_folder_server(line->data, line->arena, &server, why);
    code = code ? code : key_folder_read(line->data, line->arena, &principals, why);
    if (code)
        return code;
    key_folder_pair(&ring);
    memcpy(ring.server_key, server.public_key, KEY_SIZE);
    key_digits(ring.public_key, digits);
    new->key = text_of(digits);
    struct principal *items = ARENA_ARRAY(line->arena, struct principal, principals.count + 1);
    if (principals.count)
        memcpy(items, principals.items, principals.count * sizeof *items);
    items[principals.count] = *new;
    principals = (struct principals){.items = items, .count = principals.count + 1};
    code = key_folder_write_client(file, line->operands[1], &ring, line->arena);
    explicit_bzero(&ring, sizeof ring);
    if (code) {
        *why = arena_print(line->arena, "%s: %s", file, code == ERR_KEY_TAKEN ? command_say(line, "there is such a file already.", "已有此文件。") : strerror(errno));
        return code;
    }
    code = write_list(line, &principals, why);
    if (code)
        unlink(file);
    return code;
}

static int make_key(const struct command_line *line)
{
    struct principal new = {.revoked = NONE, .made = today()};
    struct text why = {0};
    const char *out = command_value(line, "out");
    int lock;
    if (line->operand_count != 2)
        return command_misuse(line, "%s", command_say(line, "for whom? staircase keys make NAME", "给谁？staircase keys make 名称"));
    if (!kind_of(line, &new))
        return COMMAND_USAGE;
    new.name = text_of(line->operands[1]);
    if (!name_holds(new.name))
        return command_misuse(line, command_say(line, "\"%s\" is no name: lower-case letters, digits and single hyphens.", "“%s”不是名称：用小写字母、数字和单个连字符。"), line->operands[1]);
    const char *file = out ? out : arena_print(line->arena, "%s.key", line->operands[1]).data;
    enum err code = key_folder_lock(line->data, line->arena, &lock, &why);
    if (!code) {
        code = make_locked(line, &new, file, &why);
        key_folder_unlock(lock);
    }
    if (code)
        return say_why(line, code, why);
    if (!line->json)
        printf(command_say(line, "%s is written, once: hand it to %s and delete it here.\n", "已写入 %s（仅此一份）：交给 %s 后请在此删除。\n"), file, line->operands[1]);
    else
        printf("{\"name\":\"%s\",\"kind\":\"%s\"}\n", line->operands[1], principal_kind_name(new.kind));
    return COMMAND_DONE;
}

/* By name, or by the first digits of a key (eight and more). */
static bool is_meant(const struct principal *principal, struct text word)
{
    bool digits = word.size >= 8 && word.size <= principal->key.size && memcmp(principal->key.data, word.data, word.size) == 0;
    return principal->revoked == NONE && (digits || text_equal(principal->name, word));
}

static int revoke_keys(const struct command_line *line)
{
    struct principals principals;
    struct text why = {0};
    uint32_t revoked = 0;
    int lock;
    if (line->operand_count != 2)
        return command_misuse(line, "%s", command_say(line, "whose? staircase keys revoke NAME", "吊销谁的？staircase keys revoke 名称"));
    enum err code = key_folder_lock(line->data, line->arena, &lock, &why);
    if (code)
        return say_why(line, code, why);
    code = key_folder_read(line->data, line->arena, &principals, &why);
    for (uint32_t i = 0; !code && i < principals.count; i++)
        if (is_meant(&principals.items[i], text_of(line->operands[1]))) {
            principals.items[i].revoked = today();
            revoked++;
        }
    if (!code && revoked)
        code = write_list(line, &principals, &why);
    key_folder_unlock(lock);
    if (code)
        return say_why(line, code, why);
    if (!revoked)
        return command_fail(line, COMMAND_REFUSED, command_say(line, "no key in force is called %s.", "没有名为 %s 的有效密钥。"), line->operands[1]);
    if (!line->json)
        printf(command_say(line, "%s is revoked. A running engine has taken it within a second, open connections included.\n",
                           "%s 已吊销。运行中的引擎一秒内生效，已建立的连接也会断开。\n"), line->operands[1]);
    return COMMAND_DONE;
}

/* ---- the command ---- */

static int run(struct command_line *line)
{
    static const struct {
        const char *name;
        int (*run)(const struct command_line *line);
        int operands;
    } actions[] = {{"init", init_keys, 1}, {"make", make_key, 2}, {"list", list_keys, 1}, {"revoke", revoke_keys, 2}};
    for (size_t i = 0; i < sizeof actions / sizeof *actions; i++)
        if (strcmp(line->operands[0], actions[i].name) == 0)
            return line->operand_count > actions[i].operands ? command_misuse(line, command_say(line, "what is \"%s\"?", "“%s”是什么？"), line->operands[actions[i].operands])
                                                             : actions[i].run(line);
    return command_misuse(line, command_say(line, "init, make, list or revoke, not \"%s\".", "须为 init、make、list 或 revoke，不是“%s”。"), line->operands[0]);
}

static const struct command_option options[] = {
    {"app", NULL, {"make: an app, which acts for people", "make：应用，代人办理"}, false},
    {"worker", "TOPIC", {"make: a worker for this topic (may be repeated)", "make：办理该主题的工作进程（可重复）"}, true},
    {"watcher", "UNIT", {"make: looks at this unit and all below (may be repeated)", "make：查看该单位及其下级（可重复）"}, true},
    {"operator", NULL, {"make: may everything", "make：可做一切操作"}, false},
    {"resident", "PREFIX", {"acts for residents PREFIX:... (may be repeated)", "可代 PREFIX:... 居民办理（可重复）"}, true},
    {"person", "ID", {"acts for this person of the directory (may be repeated)", "可代通讯录中此人办理（可重复）"}, true},
    {"people", "UNIT", {"acts for who holds a role at this unit or below (may be repeated)", "可代该单位及其下级任职者办理（可重复）"}, true},
    {"unit", "UNIT", {"an app looks at it, a worker works there, with all below (may be repeated)", "应用可查看、工作进程可办理的单位及其下级（可重复）"}, true},
    {"out", "FILE", {"make: where the secret goes (default NAME.key)", "make：密钥写入的文件（默认 名称.key）"}, false},
    {0},
};

const struct command command_keys = {
    .name = "keys",
    .line = {"who may connect by TCP: make, list and revoke keys", "谁可经 TCP 连接：生成、列出、吊销密钥"},
    .synopsis = "init | make NAME --app|--worker TOPIC|--watcher UNIT|--operator | list | revoke NAME",
    .examples = {"  staircase keys make grid-app --app --resident app --people jinnong --unit jinnong\n"
                 "  staircase keys make water-works --worker water-works --unit jinnong\n"
                 "  staircase keys make street-screen --watcher jinnong/grid-3\n"
                 "  staircase keys make night-desk --operator --out night-desk.key\n"
                 "  staircase keys list\n"
                 "  staircase keys revoke grid-app\n"
                 "  staircase list --connect tcp://10.0.0.5:7410 --key-file street-screen.key --unit jinnong/grid-3\n"
                 "On the engine's machine, on its data folder. A running engine takes a change within a second: what is revoked is heard\n"
                 "no more, and its connections are broken.\n",
                 "  staircase keys make grid-app --app --resident app --people jinnong --unit jinnong\n"
                 "  staircase keys make water-works --worker water-works --unit jinnong\n"
                 "  staircase keys make street-screen --watcher jinnong/grid-3\n"
                 "  staircase keys make night-desk --operator --out night-desk.key\n"
                 "  staircase keys list\n"
                 "  staircase keys revoke grid-app\n"
                 "  staircase list --connect tcp://10.0.0.5:7410 --key-file street-screen.key --unit jinnong/grid-3\n"
                 "在引擎所在机器的数据目录上执行。运行中的引擎一秒内采用更改：被吊销的密钥不再受理，其连接随即断开。\n"},
    .options = options,
    .operands_least = 1,
    .operands_most = 2,
    .run = run,
};
