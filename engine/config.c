/* config: see config.h. The table of keys below is the language of the file; config/staircase.yaml shows all of it. */
#include "engine/config.h"

#include <stdlib.h>

#include "engine/form.h"
#include "engine/limits.h"
#include "engine/link.h"
#include "engine/source.h"

enum where { IN_CONFIG, IN_LISTEN, IN_RETRY, IN_STORE, IN_METRICS, IN_WORKER, IN_DEPLOY };

enum {
    LEASE_SECONDS_MOST = 3600, ATTEMPTS_MOST = 100, BASE_SECONDS_MOST = 86400, RETRY_SECONDS_MOST = 604800, MAP_GIGABYTES_MOST = 65536, METRICS_SECONDS_MOST = 3600,
    ADDRESS_MOST = 128, ARGUMENT_MOST = 4096, USER_MOST = 32,
};

static const char *const log_words[4] = {"debug", "info", "warn", "error"};

/* ---- the language of the file ---- */

#define FROM_ONE_TO(number) {.kind = FORM_WHOLE, .least = 1, .most = (number)}
static const struct form log_level_form = FORM_WORDS(log_words);
static const struct form batch_form = FROM_ONE_TO(LIMIT_BATCH_MESSAGES), lease_form = FROM_ONE_TO(LEASE_SECONDS_MOST), attempts_form = FROM_ONE_TO(ATTEMPTS_MOST),
                         base_seconds_form = FROM_ONE_TO(BASE_SECONDS_MOST), most_seconds_form = FROM_ONE_TO(RETRY_SECONDS_MOST),
                         gigabytes_form = FROM_ONE_TO(MAP_GIGABYTES_MOST),
                         metrics_seconds_form = FROM_ONE_TO(METRICS_SECONDS_MOST);
static const struct form address_form = {.kind = FORM_TEXT, .most = ADDRESS_MOST, .pattern = "^tcp://"};
static const struct form argument_form = {.kind = FORM_TEXT, .least = 1, .most = ARGUMENT_MOST}, command_form = {.kind = FORM_LIST, .least = 1, .of = &argument_form};
static const struct form metrics_file_form = {.kind = FORM_TEXT, .least = 1, .most = ARGUMENT_MOST, .pattern = "[.]prom$"};
static const struct form user_form = {.kind = FORM_TEXT, .least = 1, .most = USER_MOST, .pattern = "^[a-z_][a-z0-9_-]*$"};
static const struct form file_form = {.kind = FORM_TEXT, .least = 1, .most = ARGUMENT_MOST};
static const struct form listen_form = {.kind = FORM_MAP, .where = IN_LISTEN}, retry_form = {.kind = FORM_MAP, .where = IN_RETRY},
                         store_form = {.kind = FORM_MAP, .where = IN_STORE}, metrics_form = {.kind = FORM_MAP, .where = IN_METRICS};
static const struct form worker_form = {.kind = FORM_MAP, .where = IN_WORKER}, workers_form = {.kind = FORM_LIST, .least = 1, .most = LIMIT_CHILDREN, .of = &worker_form};
static const struct form deploy_form = {.kind = FORM_MAP, .where = IN_DEPLOY}, deploys_form = {.kind = FORM_LIST, .least = 1, .of = &deploy_form};

static const struct key keys[] = {
    {IN_CONFIG, "log", KIND_SCALAR, 0, "debug, info, warn or error", "the least that is worth a line in the operator's log", &log_level_form},
    {IN_CONFIG, "user", KIND_SCALAR, 0, "the name of a user of this machine", "who the engine becomes when root starts it; the data folder is theirs", &user_form},
    {IN_CONFIG, "batch", KIND_SCALAR, 0, "a number from 1 to 1024", "events in one commit at most", &batch_form},
    {IN_CONFIG, "lease-seconds", KIND_SCALAR, 0, "a number from 1 to 3600", "how long a worker may be silent before its tasks go to another", &lease_form},
    {IN_CONFIG, "listen", KIND_MAP, 0, "a mapping with `clients`, `workers`", "addresses besides the sockets in the data folder", &listen_form},
    {IN_CONFIG, "retry", KIND_MAP, 0, "a mapping with `attempts`, `base-seconds`, `most-seconds`", "what follows when a worker fails", &retry_form},
    {IN_CONFIG, "store", KIND_MAP, 0, "a mapping with `map-gigabytes`", "the store on disk", &store_form},
    {IN_CONFIG, "prometheus", KIND_MAP, 0, "a mapping with `file`, `seconds`", "figures for Prometheus in a file", &metrics_form},
    {IN_CONFIG, "history", KIND_LIST, 0, "a list of topics", "topics whose tasks bring the history of their case along", &form_names},
    {IN_CONFIG, "workers", KIND_LIST, 0, "a list of mappings with `name` and `command`", "worker processes that the engine starts, and starts again", &workers_form},
    {IN_CONFIG, "deploy", KIND_LIST, 0, "a list of mappings with one of `calendar`, `directory`, `workflow`", "what is deployed when the engine starts, unless it is already", &deploys_form},
    {IN_LISTEN, "clients", KIND_SCALAR, 0, "tcp://ADDRESS:PORT", "clients by TCP, with keys", &address_form},
    {IN_LISTEN, "workers", KIND_SCALAR, 0, "tcp://ADDRESS:PORT", "workers by TCP, with keys", &address_form},
    {IN_RETRY, "attempts", KIND_SCALAR, 0, "a number from 1 to 100", "after so many an incident stands on the case", &attempts_form},
    {IN_RETRY, "base-seconds", KIND_SCALAR, 0, "a number from 1 to 86400", "the delay after the first failure; it doubles", &base_seconds_form},
    {IN_RETRY, "most-seconds", KIND_SCALAR, 0, "a number from 1 to 604800", "the longest delay", &most_seconds_form},
    {IN_STORE, "map-gigabytes", KIND_SCALAR, 0, "a number from 1 to 65536", "address space to begin with; it is sparse and grows", &gigabytes_form},
    {IN_METRICS, "file", KIND_SCALAR, KEY_NEEDED, "a path that ends in .prom", "where node_exporter looks for it; written anew, whole", &metrics_file_form},
    {IN_METRICS, "seconds", KIND_SCALAR, 0, "a number from 1 to 3600", "how often", &metrics_seconds_form},
    {IN_WORKER, "name", KIND_SCALAR, KEY_NEEDED, "a name in kebab-case", "for the operator's log", &form_name},
    {IN_WORKER, "command", KIND_LIST, KEY_NEEDED, "a list: program and arguments", "`{data}` in it stands for the data folder", &command_form},
    {IN_DEPLOY, "calendar", KIND_SCALAR, KEY_ONE, "a path", "relative to this file", &file_form},
    {IN_DEPLOY, "directory", KIND_SCALAR, KEY_ONE, "a path", "relative to this file", &file_form},
    {IN_DEPLOY, "workflow", KIND_SCALAR, KEY_ONE, "a path", "relative to this file", &file_form},
};

static const struct mapping mappings[] = {
    [IN_CONFIG] = {.name = "configuration"}, [IN_LISTEN] = {.name = "listen"}, [IN_RETRY] = {.name = "retry"}, [IN_STORE] = {.name = "store"},
    [IN_METRICS] = {.name = "prometheus"},
    [IN_WORKER] = {.name = "worker"}, [IN_DEPLOY] = {.name = "deploy"},
};

const struct keys config_keys = {.key = keys, .count = sizeof keys / sizeof *keys, .mapping = mappings, .mapping_count = sizeof mappings / sizeof *mappings};

struct reader {
    struct config *config;
    struct arena *arena;
    struct problems *problems;
    struct text folder; /* of the file, with the slash; empty: the working directory */
};

void config_defaults(struct config *config)
{
    *config = (struct config){
        .file = "",
        .batch_most = LIMIT_BATCH_MESSAGES,
        .retry_attempts = 8,
        .retry_base_ms = 2000,
        .retry_most_ms = 3600000,
        .lease_ms = 30000,
        .metrics_seconds = 15,
        .log_level = OPLOG_INFO,
    };
}

/* ---- single settings ---- */

static const struct node *get(const struct node *map, enum where where, const char *name)
{
    return keys_get(map, &config_keys, (int)where, name);
}

static void read_number(struct reader *reader, const struct node *map, enum where where, const char *name, int32_t most, uint32_t factor, uint32_t *out)
{
    int32_t number;
    const struct node *node = get(map, where, name);
    if (node && node_number(reader->problems, node, 1, most, &number))
        *out = (uint32_t)number * factor;
}

static void read_address(struct reader *reader, const struct node *map, const char *name, const char **out)
{
    struct text text;
    const struct node *node = get(map, IN_LISTEN, name);
    if (!node || !node_text(reader->problems, node, ADDRESS_MOST, &text))
        return;
    *out = arena_string(reader->arena, text);
    struct text why = {0};
    if (strncmp(*out, "tcp://", 6) != 0)
        problems_add(reader->problems, node, "Found %s; an address is written tcp://127.0.0.1:PORT.", node_found(reader->arena, node));
    else if (link_check_address(*out, reader->arena, &why))
        problems_add(reader->problems, node, "%.*s", (int)why.size, why.data);
}

static void read_listen(struct reader *reader, const struct node *map)
{
    if (!map || !keys_check(reader->problems, map, &config_keys, IN_LISTEN))
        return;
    struct config *config = reader->config;
    read_address(reader, map, "clients", &config->listen_clients);
    read_address(reader, map, "workers", &config->listen_workers);
    if (config->listen_clients && config->listen_workers && strcmp(config->listen_clients, config->listen_workers) == 0)
        problems_add(reader->problems, get(map, IN_LISTEN, "workers"), "Clients and workers cannot share the address %s: give each a port of its own.",
                     config->listen_workers);
}

static void read_retry(struct reader *reader, const struct node *map)
{
    if (!map || !keys_check(reader->problems, map, &config_keys, IN_RETRY))
        return;
    struct config *config = reader->config;
    read_number(reader, map, IN_RETRY, "attempts", ATTEMPTS_MOST, 1, &config->retry_attempts);
    read_number(reader, map, IN_RETRY, "base-seconds", BASE_SECONDS_MOST, 1000, &config->retry_base_ms);
    read_number(reader, map, IN_RETRY, "most-seconds", RETRY_SECONDS_MOST, 1000, &config->retry_most_ms);
    if (config->retry_base_ms > config->retry_most_ms)
        problems_add(reader->problems, map, "The first delay (base-seconds: %u) is longer than the longest (most-seconds: %u).",
                     config->retry_base_ms / 1000, config->retry_most_ms / 1000);
}

static void read_store(struct reader *reader, const struct node *map)
{
    uint32_t gigabytes = 0;
    if (!map || !keys_check(reader->problems, map, &config_keys, IN_STORE))
        return;
    read_number(reader, map, IN_STORE, "map-gigabytes", MAP_GIGABYTES_MOST, 1, &gigabytes);
    reader->config->map_bytes = (uint64_t)gigabytes << 30;
}

/* Paths are those of the file, so that it does not matter where the engine was started. */
static const char *beside_file(struct reader *reader, struct text path)
{
    if (path.data[0] == '/')
        return arena_string(reader->arena, path);
    return arena_print(reader->arena, "%.*s%.*s", (int)reader->folder.size, reader->folder.data, (int)path.size, path.data).data;
}

static void read_metrics(struct reader *reader, const struct node *map)
{
    struct text path;
    if (!map || !keys_check(reader->problems, map, &config_keys, IN_METRICS))
        return;
    const struct node *node = get(map, IN_METRICS, "file");
    if (node && node_text(reader->problems, node, ARGUMENT_MOST, &path)) {
        if (path.size <= 5 || memcmp(path.data + path.size - 5, ".prom", 5) != 0)
            problems_add(reader->problems, node, "Found %s; node_exporter reads files that end in .prom.", node_found(reader->arena, node));
        reader->config->metrics_file = beside_file(reader, path);
    }
    read_number(reader, map, IN_METRICS, "seconds", METRICS_SECONDS_MOST, 1, &reader->config->metrics_seconds);
}

static void read_log(struct reader *reader, const struct node *node)
{
    int32_t level;
    if (node && node_choice(reader->problems, node, log_words, 4, &level))
        reader->config->log_level = (enum oplog_level)level;
}

static bool is_user_name(const char *name)
{
    bool good = (*name >= 'a' && *name <= 'z') || *name == '_';
    for (; good && *name; name++)
        good = (*name >= 'a' && *name <= 'z') || (*name >= '0' && *name <= '9') || *name == '_' || *name == '-';
    return good;
}

static void read_user(struct reader *reader, const struct node *node)
{
    struct text name;
    if (!node || !node_text(reader->problems, node, USER_MOST, &name))
        return;
    reader->config->user = arena_string(reader->arena, name);
    if (!is_user_name(reader->config->user))
        problems_add(reader->problems, node, "Found %s; a user's name is in small letters, as in /etc/passwd.", node_found(reader->arena, node));
}

/* ---- lists ---- */

static void read_history(struct reader *reader, const struct node *list)
{
    const struct node *first;
    uint32_t count = 0;
    if (!list || !node_list(reader->problems, list, false, &first, &count))
        return;
    struct text *topics = ARENA_ARRAY(reader->arena, struct text, count);
    for (const struct node *item = first; item; item = item->next)
        if (node_name(reader->problems, item, &topics[reader->config->history_topic_count]))
            reader->config->history_topic_count++;
    reader->config->history_topics = topics;
}

static void read_command(struct reader *reader, const struct node *list, struct config_worker *worker)
{
    const struct node *first;
    uint32_t count = 0;
    if (!list || !node_list(reader->problems, list, false, &first, &count))
        return;
    if (count == 0)
        problems_add(reader->problems, list, "Found an empty list; a command has a program, and arguments where it needs them.");
    worker->command = ARENA_ARRAY(reader->arena, char *, (size_t)count + 1);
    uint32_t at = 0;
    for (const struct node *item = first; item; item = item->next) {
        struct text argument;
        if (node_text(reader->problems, item, ARGUMENT_MOST, &argument))
            worker->command[at++] = arena_string(reader->arena, argument);
    }
}

static bool worker_named_before(const struct config *config, const char *name)
{
    for (uint32_t i = 0; i < config->worker_count; i++)
        if (strcmp(config->workers[i].name, name) == 0)
            return true;
    return false;
}

static void read_worker(struct reader *reader, const struct node *map, struct config_worker *worker)
{
    struct text name;
    const struct node *named = get(map, IN_WORKER, "name");
    *worker = (struct config_worker){.name = ""};
    if (named && node_name(reader->problems, named, &name))
        worker->name = arena_string(reader->arena, name);
    if (*worker->name && worker_named_before(reader->config, worker->name))
        problems_add(reader->problems, named, "Another worker is called \"%s\" already.", worker->name);
    read_command(reader, get(map, IN_WORKER, "command"), worker);
}

static void read_workers(struct reader *reader, const struct node *list)
{
    const struct node *first;
    uint32_t count = 0;
    if (!list || !node_list(reader->problems, list, false, &first, &count))
        return;
    if (count > LIMIT_CHILDREN)
        problems_add(reader->problems, list, "Found %u workers; the engine starts at most %d.", count, LIMIT_CHILDREN);
    struct config_worker *workers = ARENA_ARRAY(reader->arena, struct config_worker, count);
    reader->config->workers = workers;
    for (const struct node *item = first; item; item = item->next)
        if (keys_check(reader->problems, item, &config_keys, IN_WORKER)) {
            read_worker(reader, item, &workers[reader->config->worker_count]);
            reader->config->worker_count++;
        }
}

static void read_deploy(struct reader *reader, const struct node *map, struct config_deploy *deploys)
{
    static const char *const kinds[] = {"calendar", "directory", "workflow"};
    uint32_t found = 0;
    for (int i = 0; i < 3; i++) {
        struct text path;
        const struct node *node = get(map, IN_DEPLOY, kinds[i]);
        if (!node || !node_text(reader->problems, node, ARGUMENT_MOST, &path))
            continue;
        if (found++ == 0)
            deploys[reader->config->deploy_count++] = (struct config_deploy){.what = kinds[i], .path = beside_file(reader, path)};
    }
    if (found != 1 && map->count > 0)
        problems_add(reader->problems, map, "Found %u of calendar, directory, workflow; each item of the list names one file.", found);
}

static void read_deploys(struct reader *reader, const struct node *list)
{
    const struct node *first;
    uint32_t count = 0;
    if (!list || !node_list(reader->problems, list, false, &first, &count))
        return;
    struct config_deploy *deploys = ARENA_ARRAY(reader->arena, struct config_deploy, count);
    reader->config->deploys = deploys;
    for (const struct node *item = first; item; item = item->next)
        if (keys_check(reader->problems, item, &config_keys, IN_DEPLOY))
            read_deploy(reader, item, deploys);
}

/* ---- the file ---- */

static void read_root(struct reader *reader, const struct node *root)
{
    struct config *config = reader->config;
    if (!keys_check(reader->problems, root, &config_keys, IN_CONFIG))
        return;
    read_log(reader, get(root, IN_CONFIG, "log"));
    read_user(reader, get(root, IN_CONFIG, "user"));
    read_number(reader, root, IN_CONFIG, "batch", LIMIT_BATCH_MESSAGES, 1, &config->batch_most);
    read_number(reader, root, IN_CONFIG, "lease-seconds", LEASE_SECONDS_MOST, 1000, &config->lease_ms);
    read_listen(reader, get(root, IN_CONFIG, "listen"));
    read_retry(reader, get(root, IN_CONFIG, "retry"));
    read_store(reader, get(root, IN_CONFIG, "store"));
    read_metrics(reader, get(root, IN_CONFIG, "prometheus"));
    read_history(reader, get(root, IN_CONFIG, "history"));
    read_workers(reader, get(root, IN_CONFIG, "workers"));
    read_deploys(reader, get(root, IN_CONFIG, "deploy"));
}

/* Nothing but comments and blank lines: as it is when everything is left at its default. */
static bool says_nothing(struct text source)
{
    bool comment = false;
    for (size_t i = 0; i < source.size; i++) {
        char byte = source.data[i];
        comment = byte == '#' || (comment && byte != '\n');
        if (!comment && byte != ' ' && byte != '\t' && byte != '\r' && byte != '\n')
            return false;
    }
    return true;
}

enum err config_read(struct config *config, struct arena *arena, const char *path, struct text source, struct problems *problems)
{
    const char *slash = strrchr(path, '/');
    config_defaults(config);
    config->file = arena_string(arena, text_of(path));
    struct reader reader = {.config = config, .arena = arena, .problems = problems,
                            .folder = {.data = path, .size = slash ? (size_t)(slash - path) + 1 : 0}};
    problems_init(problems, arena, config->file);
    const struct node *root = says_nothing(source) ? NULL : yaml_load(arena, source, problems);
    if (root)
        read_root(&reader, root);
    return problems->errors ? ERR_BAD_CONFIG : ERR_OK;
}

enum err config_load(struct config *config, struct arena *arena, const char *path, struct problems *problems)
{
    struct text source, why = {0};
    config_defaults(config);
    enum err code = source_load(arena, path, &source, &why);
    if (!code)
        return config_read(config, arena, path, source, problems);
    problems_init(problems, arena, path);
    size_t named = strlen(path) + 2; /* it begins with the path, as every problem does */
    problems_add_at(problems, (struct place){1, 1}, (struct text){0}, "%.*s", (int)(why.size - named), why.data + named);
    return code == ERR_NOT_FOUND ? code : ERR_BAD_CONFIG;
}
