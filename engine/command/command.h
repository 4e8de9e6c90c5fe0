/* command: what `staircase NAME ...` is made of. One file per subcommand defines one `struct command`; staircase.c
 * holds the table of them; command.c reads the command line by the tables of options, and prints the help. A subcommand's function starts with
 * everything read and checked: it asks for its options by name.
 *
 * Exit codes are a promise to scripts (enum command_exit; `staircase --help` lists them). People read stdout for what they asked
 * for and stderr for everything else (mistakes, progress); with --json stdout has one JSON object a line and nothing else. */
#ifndef STAIRCASE_COMMAND_H
#define STAIRCASE_COMMAND_H

#include <stdio.h>

#include "engine/arena.h"
#include "proto/err.h"

enum command_exit {
    COMMAND_DONE = 0,
    COMMAND_REFUSED = 1,   /* the engine refused, or mistakes were found */
    COMMAND_USAGE = 2,     /* called wrongly: nothing was done */
    COMMAND_NO_ENGINE = 3, /* nothing listens at the data folder */
    COMMAND_UNCERTAIN = 4, /* no answer in time: not known whether it was applied */
    COMMAND_FAILED = 5,    /* the machine failed: a file, the disk, memory, the store */
};

enum command_language { LANGUAGE_EN, LANGUAGE_ZH };

/* A sentence in both languages: at least `en`. */
struct command_words {
    const char *en, *zh;
};

/* One option of a command. Tables of them end with a row of zeros. */
struct command_option {
    const char *name;  /* without the dashes */
    const char *value; /* what its value is called in the help; NULL: a flag */
    struct command_words help;
    bool many;         /* may be given more than once (otherwise the second is a mistake) */
};

struct command_line;

/* A program made of commands: `staircase`, and others with a table of their own (workers/mediation_centre.c). */
struct command_program {
    const char *name;
    struct command_words line;   /* what it is, in one line */
    const struct command *const *commands;
    size_t count;
    const char *socket;          /* in the data folder: where what its commands talk to listens */
    struct command_words server; /* what that is; `NAME serve` starts it */
    bool elsewhere;              /* it may be on another machine: --connect */
};

struct command {
    const char *name;
    struct command_words line;     /* what it does, in one line */
    const char *synopsis;          /* what follows the name: "CASE EVENT --as PERSON [FIELD=VALUE]..." */
    struct command_words examples; /* lines of help: teaching by example */
    const struct command_option *options; /* its own; NULL: none. --data, --config, --json, --lang, --help are everyone's */
    int operands_least, operands_most;    /* most -1: any number */
    bool rest;                     /* takes what stands behind `--` as it is */
    int (*run)(struct command_line *line);
};

/* A command line that was read. Strings belong to argv, or live as long as `arena`. */
struct command_line {
    const struct command_program *program;
    const struct command *command;
    const char *data;   /* --data: the data folder, "./var" unless given */
    const char *config; /* --config: the configuration file, or NULL */
    bool json;
    enum command_language language;
    bool colour_out, colour_err; /* that stream is a terminal, and NO_COLOR is not set */
    char **operands;
    int operand_count;
    char **rest; /* behind `--`, ends with NULL */
    int rest_count;
    struct arena *arena; /* for as long as the command runs */
    const struct command_given *given; /* private: ask with command_value and its sisters */
    int given_count;
};

/* The value of an option (of `many`: the last one), NULL when it was not given. Asking for an option that is not in the table
 * is a bug (asserted). */
const char *command_value(const struct command_line *line, const char *option);
/* The n-th value of an option that may be given more than once; NULL past the last. */
const char *command_value_at(const struct command_line *line, const char *option, int n);
bool command_flag(const struct command_line *line, const char *option);
/* The value as a whole number from least to most; `*number` stays as it is when the option is not given. False: said what is
 * wrong, return COMMAND_USAGE. */
bool command_number(const struct command_line *line, const char *option, int64_t least, int64_t most, int64_t *number);

/* One of the two sentences; both may be formats (the compiler checks both). */
const char *command_say(const struct command_line *line, const char *en, const char *zh) __attribute__((format_arg(2), format_arg(3)));
/* Says on stderr what is wrong with the call and where the help is; returns COMMAND_USAGE. */
int command_misuse(const struct command_line *line, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Says on stderr what went wrong ("PROGRAM NAME: ..."); returns `code`. */
int command_fail(const struct command_line *line, enum command_exit code, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* The exit code of an error that no engine answered with (files, store, connection). */
enum command_exit command_exit_of(enum err code);

/* Bytes as lower-case hexadecimal digits, in the line's arena. */
const char *command_hex(const struct command_line *line, const uint8_t *bytes, size_t size);

/* How far long work has come, on stderr, only where that is a terminal and at most ten times a second; `total` 0: not known. */
void command_progress(const struct command_line *line, const char *what, uint64_t done, uint64_t total);
/* Clears the line of progress, before anything else is printed. */
void command_progress_end(const struct command_line *line);

/* Runs `staircase ARGUMENTS`; what main returns. */
int command_main(int argc, char **argv);
/* Runs another program's `NAME ARGUMENTS`. */
int command_run(const struct command_program *program, int argc, char **argv);

/* ---- the commands, one file each ---- */
extern const struct command command_serve, command_deploy, command_check, command_test, command_draw, command_open, command_send, command_show,
    command_explain, command_rehearse, command_migrate,    command_list, command_watch, command_work, command_incidents, command_reads, command_release, command_status, command_import, command_verify,
    command_backup, command_metrics, command_health, command_bench, command_schema, command_head, command_prove, command_keys, command_erase;

#endif
