/* command: how a command line is read and its command run. See command.h. */
#include "engine/command/command.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/command/help.h"
#include "engine/limits.h"
#include "engine/yaml.h"

static const struct command_option common_options[] = {
    {"data", "DIR", {"the data folder, which names the running engine (default ./var)", "数据目录，即所连接的引擎（默认 ./var）"}, false},
    {"config", "FILE", {"the configuration file", "配置文件"}, false},
    {"json", NULL, {"one JSON object a line, for programs", "每行一个 JSON 对象，供程序读取"}, false},
    {"lang", "zh|en", {"language of messages (default: from LANG)", "提示语言（默认按 LANG）"}, false},
    {"help", NULL, {"this help", "本帮助"}, false},
    {0},
};

struct command_given {
    const struct command_option *option;
    const char *value; /* NULL of a flag */
};

static const struct command *find_command(const struct command_program *program, const char *name)
{
    for (size_t i = 0; i < program->count; i++)
        if (strcmp(program->commands[i]->name, name) == 0)
            return program->commands[i];
    return NULL;
}

static const struct command_option *find_among(const struct command_option *options, struct text name)
{
    for (; options && options->name; options++)
        if (text_is(name, options->name))
            return options;
    return NULL;
}

static const struct command_option *find_option(const struct command *command, struct text name)
{
    const struct command_option *own = command ? find_among(command->options, name) : NULL;
    return own ? own : find_among(common_options, name);
}

/* ---- what is wrong with a call ---- */

const char *command_say(const struct command_line *line, const char *en, const char *zh)
{
    return line->language == LANGUAGE_ZH && zh ? zh : en;
}

static void say_who(const struct command_line *line)
{
    fprintf(stderr, line->command ? "%s %s: " : "%s: ", line->program->name, line->command ? line->command->name : "");
}

int command_misuse(const struct command_line *line, const char *format, ...)
{
    say_who(line);
    va_list arguments;
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    const char *name = line->command ? line->command->name : "";
    fprintf(stderr, command_say(line, "\nSee: %s%s%s --help\n", "\n用法见: %s%s%s --help\n"), line->program->name, *name ? " " : "", name);
    return COMMAND_USAGE;
}

int command_fail(const struct command_line *line, enum command_exit code, const char *format, ...)
{
    command_progress_end(line);
    say_who(line);
    va_list arguments;
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    return (int)code;
}

enum command_exit command_exit_of(enum err code)
{
    switch (code) {
    case ERR_OK: return COMMAND_DONE;
    case ERR_USAGE: return COMMAND_USAGE;
    case ERR_NO_ENGINE: return COMMAND_NO_ENGINE;
    case ERR_TIMED_OUT: return COMMAND_UNCERTAIN;
    case ERR_NO_MEMORY:
    case ERR_IO:
    case ERR_DISK_FULL:
    case ERR_MAP_FULL:
    case ERR_CORRUPT:
    case ERR_NEWER_FORMAT:
    case ERR_LOCKED: return COMMAND_FAILED;
    default: return COMMAND_REFUSED;
    }
}

/* ---- options ---- */

static const char *hint_option(const struct command_line *line, struct text name)
{
    struct nearest nearest = nearest_to(name);
    for (const struct command_option *option = line->command ? line->command->options : NULL; option && option->name; option++)
        nearest_offer(&nearest, text_of(option->name));
    for (const struct command_option *option = common_options; option->name; option++)
        nearest_offer(&nearest, text_of(option->name));
    if (nearest.best.size == 0)
        return "";
    return arena_print(line->arena, command_say(line, " Did you mean --%.*s?", " 是否指 --%.*s？"), (int)nearest.best.size, nearest.best.data).data;
}

static bool given_already(const struct command_line *line, const struct command_option *option)
{
    for (int i = 0; i < line->given_count; i++)
        if (line->given[i].option == option)
            return true;
    return false;
}

/* argv[*at] begins with `--`: takes it, and its value from behind `=` or from the next argument. */
static bool take_option(struct command_line *line, struct command_given *given, char **argv, int argc, int *at)
{
    const char *argument = argv[*at] + 2;
    const char *equals = strchr(argument, '=');
    struct text name = {argument, equals ? (size_t)(equals - argument) : strlen(argument)};
    const struct command_option *option = find_option(line->command, name);
    if (!option) {
        command_misuse(line, command_say(line, "unknown option --%.*s.%s", "没有选项 --%.*s。%s"), (int)name.size, name.data, hint_option(line, name));
        return false;
    }
    const char *value = equals ? equals + 1 : NULL;
    if (!option->value && value) {
        command_misuse(line, command_say(line, "--%s takes no value.", "--%s 不带值。"), option->name);
        return false;
    }
    if (option->value && !value) {
        if (*at + 1 >= argc) {
            command_misuse(line, command_say(line, "--%s needs a value: --%s %s.", "--%s 需要一个值：--%s %s。"), option->name, option->name, option->value);
            return false;
        }
        value = argv[++*at];
    }
    if (given_already(line, option) && option->value && !option->many) {
        command_misuse(line, command_say(line, "--%s is given twice.", "--%s 给了两次。"), option->name);
        return false;
    }
    given[line->given_count++] = (struct command_given){option, value};
    return true;
}

static const struct command_given *last_given(const struct command_line *line, const char *option)
{
    assert(find_option(line->command, text_of(option)));
    for (int i = line->given_count - 1; i >= 0; i--)
        if (strcmp(line->given[i].option->name, option) == 0) /* NOLINT(clang-analyzer-core.NullDereference): what is given has its option */
            return &line->given[i];
    return NULL;
}

const char *command_value(const struct command_line *line, const char *option)
{
    const struct command_given *given = last_given(line, option);
    return given ? given->value : NULL;
}

bool command_flag(const struct command_line *line, const char *option)
{
    return last_given(line, option) != NULL;
}

const char *command_value_at(const struct command_line *line, const char *option, int n)
{
    assert(find_option(line->command, text_of(option)));
    for (int i = 0; i < line->given_count; i++)
        if (strcmp(line->given[i].option->name, option) == 0 && n-- == 0)
            return line->given[i].value;
    return NULL;
}

bool command_number(const struct command_line *line, const char *option, int64_t least, int64_t most, int64_t *number)
{
    const char *value = command_value(line, option);
    if (!value)
        return true;
    char *end;
    errno = 0;
    long long parsed = strtoll(value, &end, 10);
    if (errno || end == value || *end || parsed < least || parsed > most) {
        command_misuse(line, command_say(line, "--%s takes a whole number from %lld to %lld, not \"%s\".", "--%s 需要 %lld 到 %lld 的整数，不是“%s”。"),
                       option, (long long)least, (long long)most, value);
        return false;
    }
    *number = parsed;
    return true;
}

const char *command_hex(const struct command_line *line, const uint8_t *bytes, size_t size)
{
    char *out = arena_take(line->arena, 2 * size + 1);
    for (size_t i = 0; i < size; i++)
        snprintf(out + 2 * i, 3, "%02x", bytes[i]);
    return out;
}

/* ---- reading the line ---- */

static enum command_language language_of_environment(void)
{
    static const char *const names[] = {"LC_ALL", "LC_MESSAGES", "LANG"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *value = getenv(names[i]);
        if (value && *value)
            return strncmp(value, "zh", 2) == 0 ? LANGUAGE_ZH : LANGUAGE_EN;
    }
    return LANGUAGE_EN;
}

static bool colours(int descriptor)
{
    const char *none = getenv("NO_COLOR");
    const char *terminal = getenv("TERM");
    return isatty(descriptor) && !(none && *none) && !(terminal && strcmp(terminal, "dumb") == 0);
}

static bool take_argument(struct command_line *line, struct command_given *given, char **argv, int argc, int *at)
{
    char *argument = argv[*at];
    if (strcmp(argument, "-h") == 0) {
        given[line->given_count++] = (struct command_given){find_option(line->command, TEXT("help")), NULL};
        return true;
    }
    if (strncmp(argument, "--", 2) == 0)
        return take_option(line, given, argv, argc, at);
    if (argument[0] == '-' && argument[1] != '\0') {
        command_misuse(line, command_say(line, "unknown option %s: options are written with two dashes.", "没有选项 %s：选项以两个连字符开头。"), argument);
        return false;
    }
    line->operands[line->operand_count++] = argument;
    return true;
}

static void take_rest(struct command_line *line, char **argv, int argc, int at)
{
    if (line->command->rest) {
        line->rest = argv + at;
        line->rest_count = argc - at;
        return;
    }
    while (at < argc)
        line->operands[line->operand_count++] = argv[at++];
}

static bool settle_common(struct command_line *line)
{
    const char *data = command_value(line, "data"), *language = command_value(line, "lang");
    line->data = data ? data : "./var";
    line->config = command_value(line, "config");
    line->json = command_flag(line, "json");
    if (!language)
        return true;
    if (strcmp(language, "zh") != 0 && strcmp(language, "en") != 0) {
        command_misuse(line, command_say(line, "--lang takes zh or en, not \"%s\".", "--lang 只能是 zh 或 en，不是“%s”。"), language);
        return false;
    }
    line->language = strcmp(language, "zh") == 0 ? LANGUAGE_ZH : LANGUAGE_EN;
    return true;
}

/* Everything behind the name of the command. False: said what is wrong. */
static bool read_line(struct command_line *line, char **argv, int argc)
{
    struct command_given *given = ARENA_ARRAY(line->arena, struct command_given, (size_t)argc + 1);
    line->operands = ARENA_ARRAY(line->arena, char *, (size_t)argc + 1);
    line->given = given;
    for (int at = 0; at < argc; at++) {
        if (strcmp(argv[at], "--") == 0) {
            take_rest(line, argv, argc, at + 1);
            break;
        }
        if (!take_argument(line, given, argv, argc, &at))
            return false;
    }
    return settle_common(line);
}

/* What is needed stands first in the synopsis, a word each. */
static struct text operand_name(const struct command *command, int index)
{
    const char *word = command->synopsis;
    while (index-- > 0)
        word += strcspn(word, " ") + 1;
    return (struct text){word, strcspn(word, " .")};
}

static bool operands_fit(const struct command_line *line)
{
    const struct command *command = line->command;
    if (line->operand_count < command->operands_least) {
        struct text name = operand_name(command, line->operand_count);
        command_misuse(line, command_say(line, "%.*s is missing: %s %s %s", "缺少 %.*s: %s %s %s"), (int)name.size, name.data, line->program->name,
                       command->name, command->synopsis);
        return false;
    }
    if (command->operands_most >= 0 && line->operand_count > command->operands_most) {
        command_misuse(line, command_say(line, "\"%s\" is too much: %s %s %s", "多了“%s”: %s %s %s"), line->operands[command->operands_most],
                       line->program->name, command->name, command->synopsis);
        return false;
    }
    return true;
}

/* Options that every command has may stand before its name too: `staircase --data DIR serve`. The same arguments with the name first. */
static char **command_first(struct command_line *line, int argc, char **argv)
{
    int at = 1;
    for (const struct command_option *option; at < argc && strncmp(argv[at], "--", 2) == 0; at++) {
        const char *name = argv[at] + 2;
        size_t size = strcspn(name, "=");
        option = find_among(common_options, (struct text){name, size});
        if (!option)
            break;
        at += option->value && !name[size];
    }
    if (at == 1 || at >= argc)
        return argv;
    char **ordered = ARENA_ARRAY(line->arena, char *, (size_t)argc + 1);
    ordered[0] = argv[0];
    ordered[1] = argv[at];
    memcpy(ordered + 2, argv + 1, (size_t)(at - 1) * sizeof *argv);
    memcpy(ordered + at + 1, argv + at + 1, (size_t)(argc - at - 1) * sizeof *argv);
    return ordered;
}

/* ---- running ---- */

static int unknown_command(const struct command_line *line, const char *name)
{
    struct nearest nearest = nearest_to(text_of(name));
    for (size_t i = 0; i < line->program->count; i++)
        nearest_offer(&nearest, text_of(line->program->commands[i]->name));
    struct text hint = {"", 0};
    if (nearest.best.size)
        hint = arena_print(line->arena, command_say(line, " Did you mean \"%.*s\"?", " 是否指“%.*s”？"), (int)nearest.best.size, nearest.best.data);
    return command_misuse(line, command_say(line, "there is no command \"%s\".%s", "没有命令“%s”。%s"), name, hint.data);
}

static int print_version(const struct command_line *line)
{
    printf("%s %s\n", line->program->name, STAIRCASE_VERSION);
    return COMMAND_DONE;
}

/* The output was asked for: when it could not be written, the command has not done its work. A reader that has seen enough
 * (`staircase list | head`) is no failure. */
static int flushed(const struct command_line *line, int code)
{
    errno = 0;
    bool failed = fflush(stdout) != 0 || ferror(stdout);
    /* A write in the middle failed, and nobody has kept why: another one says it. */
    if (failed && errno == 0 && write(STDOUT_FILENO, "\n", 1) == 1)
        errno = EIO;
    if (!failed || errno == EPIPE)
        return code;
    return command_fail(line, COMMAND_FAILED, command_say(line, "could not write the output: %s", "无法写出结果: %s"), strerror(errno));
}

static int run(struct command_line *line, int argc, char **argv)
{
    if (argc < 2) {
        help_overview(line, stderr, common_options);
        return COMMAND_USAGE;
    }
    const char *name = argv[1];
    if (strcmp(name, "--version") == 0)
        return print_version(line);
    bool asks_help = strcmp(name, "help") == 0 && argc > 2;
    line->command = find_command(line->program, asks_help ? argv[2] : name);
    if (asks_help && !line->command)
        return unknown_command(line, argv[2]);
    if (!line->command && name[0] != '-' && strcmp(name, "help") != 0)
        return unknown_command(line, name);
    int skip = line->command ? 2 + asks_help : strcmp(name, "help") == 0 ? 2 : 1;
    if (!read_line(line, argv + skip, argc - skip))
        return COMMAND_USAGE;
    if (!line->command && name[0] == '-' && !command_flag(line, "help"))
        return line->operand_count ? command_misuse(line, command_say(line, "the command comes first: %s %s ...", "命令写在最前: %s %s ..."), line->program->name, line->operands[0])
                                   : command_misuse(line, "%s", command_say(line, "which command?", "哪个命令？"));
    if (!line->command) {
        help_overview(line, stdout, common_options);
        return COMMAND_DONE;
    }
    if (asks_help || command_flag(line, "help")) {
        help_command(line, stdout, common_options);
        return COMMAND_DONE;
    }
    return operands_fit(line) ? line->command->run(line) : COMMAND_USAGE;
}

int command_run(const struct command_program *program, int argc, char **argv)
{
    struct arena arena;
    arena_init(&arena);
    struct command_line line = {
        .program = program,
        .data = "./var",
        .language = language_of_environment(),
        .colour_out = colours(STDOUT_FILENO),
        .colour_err = colours(STDERR_FILENO),
        .arena = &arena,
    };
    int code = run(&line, argc, command_first(&line, argc, argv));
    code = flushed(&line, code);
    arena_close(&arena);
    return code;
}
