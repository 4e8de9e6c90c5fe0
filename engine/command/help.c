/* help: see help.h. */
#include "engine/command/help.h"

#include "engine/command/table.h"

static const char *say(const struct command_line *line, const struct command_words *words)
{
    return command_say(line, words->en, words->zh);
}

static void add_options(const struct command_line *line, struct text_table *table, const struct command_option *options)
{
    for (; options && options->name; options++) {
        text_table_cell(
            table, arena_print(line->arena, "  --%s%s%s", options->name, options->value ? " " : "", options->value ? options->value : ""));
        text_table_cell(table, text_of(say(line, &options->help)));
    }
}

/* Its own first; either may be NULL. */
static void print_options(const struct command_line *line, FILE *out, const struct command_option *own, const struct command_option *common)
{
    struct text_table table;
    text_table_init(&table, line->arena, 2);
    add_options(line, &table, own);
    add_options(line, &table, common);
    text_table_print(&table, out);
}

static void print_exit_codes(const struct command_line *line, FILE *out)
{
    static const struct command_words codes[] = {
        [COMMAND_DONE] = {"done", "完成"},
        [COMMAND_REFUSED] = {"the engine refused it, or mistakes were found", "被引擎拒绝，或查出错误"},
        [COMMAND_USAGE] = {"called wrongly; nothing was done", "用法不对，什么也没做"},
        [COMMAND_NO_ENGINE] = {"no engine runs on this data folder", "该数据目录上没有引擎在运行"},
        [COMMAND_UNCERTAIN] = {"no answer in time: not known whether it was applied; send it again with the same --id",
                               "未及时得到回答，不知是否已生效；请用同一 --id 重发"},
        [COMMAND_FAILED] = {"the machine failed: a file, the disk, memory", "机器出错：文件、磁盘或内存"},
    };
    fprintf(out, "%s\n", command_say(line, "\nExit codes:", "\n退出码："));
    for (size_t code = 0; code < sizeof codes / sizeof *codes; code++)
        fprintf(out, "  %zu  %s\n", code, say(line, &codes[code]));
}

void help_overview(const struct command_line *line, FILE *out, const struct command_option *common)
{
    const struct command_program *program = line->program;
    fprintf(out, command_say(line, "%s COMMAND ...: %s.\n\n", "%s 命令 ……：%s。\n\n"), program->name, say(line, &program->line));
    struct text_table table;
    text_table_init(&table, line->arena, 2);
    for (size_t i = 0; i < program->count; i++) {
        text_table_cell(&table, arena_print(line->arena, "  %s", program->commands[i]->name));
        text_table_cell(&table, text_of(say(line, &program->commands[i]->line)));
    }
    text_table_print(&table, out);
    fprintf(out, "%s\n", command_say(line, "\nEvery command takes:", "\n所有命令都有："));
    print_options(line, out, NULL, common);
    print_exit_codes(line, out);
    fprintf(out, command_say(line, "\nExamples: %s COMMAND --help\n", "\n示例见: %s 命令 --help\n"), program->name);
}

void help_command(const struct command_line *line, FILE *out, const struct command_option *common)
{
    const struct command *command = line->command;
    fprintf(out, "%s %s %s\n\n%s\n", line->program->name, command->name, command->synopsis, say(line, &command->line));
    if (command->examples.en)
        fprintf(out, "\n%s\n%s", command_say(line, "Examples:", "示例："), say(line, &command->examples));
    fprintf(out, "\n%s\n", command_say(line, "Options:", "选项："));
    print_options(line, out, command->options, common);
}
