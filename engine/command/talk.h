/* talk: what the commands that ask a running engine share: finding it, sending one event and telling people what became of it,
 * asking a question and taking its rows page by page.
 *
 * The data folder names the engine: its socket lives there. Whether anything listens is asked of the socket itself first, so that
 * "no engine" is said at once and not after a time of waiting. */
#ifndef STAIRCASE_COMMAND_TALK_H
#define STAIRCASE_COMMAND_TALK_H

#include "engine/command/command.h"
#include "engine/command/row.h"
#include "proto/client.h"
#include "proto/key.h"

/* --connect and --key-file, of every program that speaks to an engine. */
#define TALK_PLACE                                                                                                     \
    {"connect", "tcp://HOST:PORT", {"an engine elsewhere, instead of the one of the data folder", "连接别处的引擎，而不是数据目录的引擎"}, false}, \
    {"key-file", "FILE", {"who one is there: a file of `staircase keys make`", "在那里的身份：`staircase keys make` 生成的密钥文件"}, false}
/* --timeout, of every command that talks. */
#define TALK_HERE                                                                                                      \
    {"timeout", "SECONDS", {"wait at most so long for the answer (default 30)", "最多等待回答的秒数（默认 30）"}, false}
/* All of them, of a command that talks to an engine. */
#define TALK_OPTIONS TALK_PLACE, TALK_HERE

/* Where to connect: by --connect and --key-file, or the socket of that name in the data folder (then `*key` is NULL). COMMAND_DONE, or what to return. */
int talk_place(const struct command_line *line, const char *socket, const char **endpoint, const struct key_ring **key);
/* The same by other options: those two, which go together. */
int talk_place_of(const struct command_line *line, const char *connect, const char *key_file, const char *socket, const char **endpoint, const struct key_ring **key);
/* Connects to the engine there, or to that of the data folder. COMMAND_DONE, or what to return (it was said why). */
int talk_connect(const struct command_line *line, struct client **client);

/* Sends an event, waits for its answer, prints the receipt or the refusal (one JSON object with --json); the exit code. */
int talk_event(const struct command_line *line, struct client *client, const struct message *event);
/* The same for the answer to an event that was sent otherwise (client_deploy): `code` is what the client gave. */
int talk_answer(const struct command_line *line, struct client *client, enum message_kind sent, enum err code, const struct message *answer);

/* All rows of one question, in `arena`. */
struct talk_page {
    const struct value *rows;
    uint32_t count, room;
    uint64_t after; /* ask again with it for more; 0: that was all */
};
int talk_ask(const struct command_line *line, struct client *client, const struct message *question, struct arena *arena,
             struct talk_page *page);
/* The same for a question that is the whole of a command, its rows in the command's arena: connects, asks, disconnects. */
int talk_ask_once(const struct command_line *line, const struct message *question, struct talk_page *page);
/* And page by page until the last, each shown before the next is asked for, in memory that is one page's. `show` gives COMMAND_DONE to go on. */
typedef int (*talk_shower)(const struct command_line *line, const struct talk_page *page, bool first);
int talk_show_pages(const struct command_line *line, const struct message *question, talk_shower show);

/* A copy of a row; made harmless where it is for people: what a case holds must not move the cursor of a terminal. */
struct value talk_keep(const struct command_line *line, struct arena *arena, const struct value *value);

/* An alarm's sentence by its name, in the language of the line; `otherwise` where this program knows none of that name. */
struct text talk_alarm(const struct command_line *line, struct text name, struct text otherwise);

/* A message or a row as one line of JSON on stdout. */
void talk_print_message(const struct command_line *line, const struct message *message);
void talk_print_row(const struct command_line *line, const struct value *row);

#endif
