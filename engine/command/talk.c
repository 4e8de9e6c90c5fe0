/* talk: see talk.h. */
#include "engine/command/talk.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "engine/alarm.h"
#include "engine/command/receipt.h"
#include "engine/command/table.h"
#include "engine/command/word.h"
#include "proto/wire.h"

/* ---- finding the engine ---- */

/* Does anything listen there? ERR_OK, ERR_NO_ENGINE, ERR_DENIED. */
static enum err probe(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    memcpy(address.sun_path, path, strlen(path) + 1);
    int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (descriptor < 0)
        return ERR_IO;
    int failed = connect(descriptor, (const struct sockaddr *)&address, sizeof address) == 0 ? 0 : errno;
    close(descriptor);
    return failed == 0 || failed == EAGAIN ? ERR_OK : failed == EACCES || failed == EPERM ? ERR_DENIED : ERR_NO_ENGINE;
}

static int no_engine(const struct command_line *line)
{
    const struct command_program *program = line->program;
    return command_fail(
        line, COMMAND_NO_ENGINE,
        command_say(line, "no %s runs on %s.\nStart one with: %s serve --data %s", "没有%s在 %s 上运行。\n启动: %s serve --data %s"),
        command_say(line, program->server.en, program->server.zh), line->data, program->name, line->data);
}

int talk_place(const struct command_line *line, const char *socket, const char **endpoint, const struct key_ring **key)
{
    return talk_place_of(line, "connect", "key-file", socket, endpoint, key);
}

int talk_place_of(const struct command_line *line, const char *connect, const char *key_file, const char *socket, const char **endpoint, const struct key_ring **key)
{
    const char *elsewhere = command_value(line, connect), *file = command_value(line, key_file);
    *key = NULL;
    if (!elsewhere && !file) {
        *endpoint = arena_print(line->arena, "ipc://%s/%s", line->data, socket).data;
        return COMMAND_DONE;
    }
    if (!elsewhere || !file)
        return command_misuse(line, command_say(line, "--%s and --%s go together.", "--%s 与 --%s 须同时给出。"), connect, key_file);
    if (strncmp(elsewhere, "tcp://", 6) != 0)
        return command_misuse(line, command_say(line, "--%s takes tcp://HOST:PORT, not \"%s\".", "--%s 需要 tcp://HOST:PORT，不是“%s”。"), connect, elsewhere);
    struct key_ring *ring = ARENA_NEW(line->arena, struct key_ring);
    enum err code = key_load(file, true, ring);
    if (code)
        return command_fail(line, COMMAND_USAGE, "%s: %s", file, key_sentence(code));
    *endpoint = elsewhere;
    *key = ring;
    return COMMAND_DONE;
}

/* Whether anything listens in the data folder. COMMAND_DONE, or what to return. */
static int look_for_engine(const struct command_line *line, const char *path)
{
    if (strlen(path) >= sizeof((struct sockaddr_un *)NULL)->sun_path)
        return command_fail(line, COMMAND_USAGE,
                            command_say(line, "the path %s is too long for a socket: name the folder by a shorter one.",
                                        "路径 %s 太长，无法用作套接字，请换用较短的目录。"),
                            path);
    enum err code = probe(path);
    if (code == ERR_DENIED)
        return command_fail(
            line, COMMAND_NO_ENGINE,
            command_say(line, "%s belongs to someone else: only its owner may talk to it.", "%s 属于他人，只有其所有者可以连接。"), path);
    return code ? no_engine(line) : COMMAND_DONE;
}

int talk_connect(const struct command_line *line, struct client **client)
{
    int64_t seconds = 30;
    struct client_options options = {0};
    if (!command_number(line, "timeout", 1, 86400, &seconds))
        return COMMAND_USAGE;
    options.endpoint = arena_print(line->arena, "ipc://%s/%s", line->data, line->program->socket).data;
    int exit = line->program->elsewhere ? talk_place(line, line->program->socket, &options.endpoint, &options.key) : COMMAND_DONE;
    if (!exit && !options.key)
        exit = look_for_engine(line, options.endpoint + strlen("ipc://"));
    if (exit)
        return exit;
    options.name = arena_print(line->arena, "%s %s", line->program->name, line->command->name).data;
    options.give_up_ms = (uint32_t)seconds * 1000;
    enum err code = client_connect(client, &options);
    return code == ERR_OK ? COMMAND_DONE : command_fail(line, command_exit_of(code), "%s", err_sentence(code));
}

/* ---- events ---- */

/* `busy`: code and why are what the engine said last, if it said anything. */
static int no_answer(const struct command_line *line, enum err code, const struct message *busy, struct text id)
{
    if (code == ERR_DENIED)
        return command_fail(line, COMMAND_REFUSED, "%s", command_say(line, "the engine does not know this key, or knows it no longer.", "引擎不认识此密钥，或已将其吊销。"));
    /* Something listened when we came: that it has said nothing since does not mean that it has not heard. */
    if (code != ERR_TIMED_OUT && code != ERR_NO_ENGINE)
        return command_fail(line, command_exit_of(code), "%s %s", err_sentence(code), err_advice(code));
    struct text why = text_harmless_lines(line->arena, busy->why);
    if (busy->code != ERR_OK)
        fprintf(stderr, "%s: %s\n", err_name(busy->code), code_sentence(line, busy->code));
    if (why.size && !text_is(why, err_sentence(busy->code)))
        fprintf(stderr, "%.*s\n", (int)why.size, why.data);
    if (id.size != ID_SIZE)
        return command_fail(line, COMMAND_UNCERTAIN, "%s", command_say(line, "no answer came in time.", "未及时得到回答。"));
    return command_fail(
        line, COMMAND_UNCERTAIN,
        command_say(line,
                    "no answer came in time: it is not known whether this was applied.\nSend it again with --id %s and it counts once.",
                    "未及时得到回答，不知是否已生效。\n请加 --id %s 重发，不会重复计算。"),
        receipt_id(line->arena, id).data);
}

/* ---- what an answer says ---- */

struct value talk_keep(const struct command_line *line, struct arena *arena, const struct value *value)
{
    struct value copy = *value;
    if (value->kind == VALUE_TEXT)
        copy.text = line->json ? arena_copy(arena, value->text) : text_harmless(arena, value->text);
    if (value->kind == VALUE_BYTES)
        copy.text = arena_copy(arena, value->text);
    if (value->kind == VALUE_LIST || value->kind == VALUE_MAP) {
        uint32_t count = value->kind == VALUE_MAP ? value->count * 2 : value->count;
        struct value *items = ARENA_ARRAY(arena, struct value, count);
        for (uint32_t i = 0; i < count; i++)
            items[i] = talk_keep(line, arena, &value->items[i]);
        copy.items = items;
    }
    return copy;
}

/* For a receipt: where the case stands, in which zone, what is possible; of no case, the zone of the engine. The event is applied whether or
 * not this comes. */
static const struct value *look_up(const struct command_line *line, struct client *client, uint64_t case_id)
{
    struct message question = {.kind = MESSAGE_SHOW, .subject = {.kind = CASE_REF_ID, .id = case_id}}, answer = {0};
    if (case_id == 0)
        question = (struct message){.kind = MESSAGE_STATUS};
    if (client_ask(client, &question, &answer) != ERR_OK || answer.kind != MESSAGE_RESULT ||
        answer.rows.kind != VALUE_LIST || answer.rows.count == 0)
        return NULL;
    struct value *row = ARENA_NEW(line->arena, struct value);
    *row = talk_keep(line, line->arena, &answer.rows.items[0]);
    return row;
}

int talk_answer(const struct command_line *line, struct client *client, enum message_kind sent, enum err code, const struct message *answer)
{
    if (code != ERR_OK) {
        const uint8_t *id = client_id_of(client, answer->request);
        return no_answer(line, code, answer, (struct text){(const char *)id, id ? ID_SIZE : 0});
    }
    bool refused = answer->kind == MESSAGE_REFUSED || answer->kind == MESSAGE_BUSY;
    if (line->json) {
        talk_print_message(line, answer);
    } else {
        /* The answer lives in the client until the next call: kept before anything else is asked. */
        struct message kept;
        struct text why;
        enum err decoded = wire_decode(line->arena, wire_encode(line->arena, answer), &kept, &why);
        assert(decoded == ERR_OK);
        receipt_print(line, sent, &kept, refused ? NULL : look_up(line, client, kept.case_id));
    }
    return refused ? COMMAND_REFUSED : COMMAND_DONE;
}

/* A case number whose brackets or digits were typed otherwise: 金农调字(2026)15号 for 金农调字〔2026〕15号. */
static enum err ask_official(const struct command_line *line, struct client *client, const struct message *asked, struct message *answer)
{
    struct message again = *asked;
    enum err code = client_ask(client, asked, answer);
    if (code != ERR_OK || answer->kind != MESSAGE_REFUSED || answer->code != ERR_UNKNOWN_CASE || asked->subject.kind != CASE_REF_NUMBER ||
        !word_official(line->arena, &again.subject.text))
        return code;
    return client_ask(client, &again, answer);
}

int talk_event(const struct command_line *line, struct client *client, const struct message *event)
{
    struct message named = *event, answer = {0};
    uint8_t id[ID_SIZE];
    if (named.id.size == 0) { /* chosen here, so that it can be told when no answer comes */
        client_new_id(id);
        named.id = (struct text){(const char *)id, ID_SIZE};
    }
    enum err code = ask_official(line, client, &named, &answer);
    return code == ERR_OK ? talk_answer(line, client, named.kind, code, &answer) : no_answer(line, code, &answer, named.id);
}

/* ---- questions ---- */

static void page_add(const struct command_line *line, struct talk_page *page, struct arena *arena, const struct value *row)
{
    if (page->count == page->room) {
        uint32_t room = page->room ? page->room * 2 : 64;
        struct value *rows = ARENA_ARRAY(arena, struct value, room);
        if (page->count)
            memcpy(rows, page->rows, page->count * sizeof *rows);
        page->rows = rows;
        page->room = room;
    }
    ((struct value *)page->rows)[page->count++] = talk_keep(line, arena, row);
}

int talk_ask(const struct command_line *line, struct client *client, const struct message *question, struct arena *arena,
             struct talk_page *page)
{
    *page = (struct talk_page){0};
    struct message answer = {0};
    enum err code = ask_official(line, client, question, &answer);
    for (;;) {
        if (code != ERR_OK)
            return no_answer(line, code, &answer, (struct text){NULL, 0});
        if (answer.kind != MESSAGE_RESULT)
            return talk_answer(line, client, question->kind, ERR_OK, &answer);
        for (uint32_t i = 0; answer.rows.kind == VALUE_LIST && i < answer.rows.count; i++)
            page_add(line, page, arena, &answer.rows.items[i]);
        page->after = answer.after;
        if (!answer.more)
            return COMMAND_DONE;
        code = client_next(client, -1, &answer);
    }
}

int talk_ask_once(const struct command_line *line, const struct message *question, struct talk_page *page)
{
    struct client *client;
    int code = talk_connect(line, &client);
    if (code != COMMAND_DONE)
        return code;
    code = talk_ask(line, client, question, line->arena, page);
    client_disconnect(&client);
    return code;
}

int talk_show_pages(const struct command_line *line, const struct message *question, talk_shower show)
{
    struct message asked = *question;
    struct talk_page page;
    struct client *client;
    struct arena arena;
    int code = talk_connect(line, &client);
    if (code != COMMAND_DONE)
        return code;
    arena_init(&arena);
    bool first = true;
    do {
        arena_reset(&arena);
        code = talk_ask(line, client, &asked, &arena, &page);
        if (code == COMMAND_DONE)
            code = show(line, &page, first);
        first = false;
        asked.after = page.after;
    } while (code == COMMAND_DONE && asked.after);
    arena_close(&arena);
    client_disconnect(&client);
    return code;
}

struct text talk_alarm(const struct command_line *line, struct text name, struct text otherwise)
{
    const struct alarm *alarm = alarm_by_name(name);
    return alarm ? text_of(command_say(line, alarm->en, alarm->zh)) : otherwise;
}

/* ---- printing for programs ---- */

static void print_json(const struct command_line *line, const struct value *value)
{
    struct text json = wire_json(line->arena, value);
    fwrite(json.data, 1, json.size, stdout);
    fputc('\n', stdout);
}

void talk_print_message(const struct command_line *line, const struct message *message)
{
    struct wire_reader reader = wire_reader_of(line->arena, wire_encode(line->arena, message));
    struct value value = wire_get_value(&reader);
    print_json(line, &value);
}

void talk_print_row(const struct command_line *line, const struct value *row)
{
    struct arena_mark mark = arena_save(line->arena);
    print_json(line, row);
    arena_rewind(line->arena, mark);
}
