/* schema: `staircase schema` prints what an editor needs to help with a file: see engine/schema.h. */
#include "engine/schema.h"

#include "engine/calendar_yaml.h"
#include "engine/command/command.h"
#include "engine/config.h"
#include "engine/directory_yaml.h"
#include "engine/scenario.h"
#include "engine/workflow_yaml.h"

/* The root of every file is the kind of mapping that its table begins with. */
static const struct {
    const char *name, *title;
    const struct keys *keys;
} kinds[] = {
    {"workflow", "A workflow of Staircase", &workflow_keys},    {"scenario", "A scenario of Staircase", &scenario_keys},
    {"directory", "A directory of Staircase", &directory_keys}, {"calendar", "A calendar of Staircase", &calendar_keys},
    {"configuration", "A configuration of Staircase", &config_keys},
};

static int run(struct command_line *line)
{
    const char *name = line->operand_count ? line->operands[0] : kinds[0].name;
    struct nearest nearest = nearest_to(text_of(name));
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        nearest_offer(&nearest, text_of(kinds[i].name));
        if (strcmp(kinds[i].name, name) != 0)
            continue;
        struct text schema = schema_make(line->arena, kinds[i].keys, kinds[i].keys->key[0].where, kinds[i].title);
        fwrite(schema.data, 1, schema.size, stdout); /* command.c asks whether stdout took it */
        return COMMAND_DONE;
    }
    struct text hint = {"", 0};
    if (nearest.best.size)
        hint = arena_print(line->arena, command_say(line, " Did you mean \"%.*s\"?", " 是否指“%.*s”？"), (int)nearest.best.size, nearest.best.data);
    return command_misuse(line, command_say(line, "there is no schema of \"%s\".%s Schemas: workflow, scenario, directory, calendar, configuration.",
                                            "没有“%s”的模式。%s 可选: workflow、scenario、directory、calendar、configuration。"), name, hint.data);
}

const struct command command_schema = {
    .name = "schema",
    .line = {"print the JSON Schema of a kind of file, for editors", "输出某类文件的 JSON Schema，供编辑器使用"},
    .synopsis = "[workflow|scenario|directory|calendar|configuration]",
    .examples = {"  staircase schema >workflow.schema.json\n"
                 "  staircase schema scenario >scenario.schema.json\n"
                 "  An editor with yaml-language-server completes, explains and underlines, once the file begins with:\n"
                 "  # yaml-language-server: $schema=workflow.schema.json\n",
                 "  staircase schema >workflow.schema.json\n"
                 "  staircase schema scenario >scenario.schema.json\n"
                 "  文件首行写上下面一行，带 yaml-language-server 的编辑器即可补全、解释并标出错误:\n"
                 "  # yaml-language-server: $schema=workflow.schema.json\n"},
    .operands_most = 1,
    .run = run,
};
