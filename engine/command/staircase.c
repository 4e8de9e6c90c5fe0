/* staircase: the table of the subcommands of `staircase`. See command.h. */
#include "engine/command/command.h"

/* In the order in which somebody new to it would meet them. */
static const struct command *const commands[] = {
    &command_serve, &command_check,  &command_test,      &command_draw,    &command_deploy, &command_open, &command_send,  &command_show,
    &command_explain, &command_rehearse, &command_migrate,    &command_list,  &command_watch, &command_status, &command_incidents, &command_reads, &command_release, &command_erase, &command_work, &command_import, &command_health, &command_metrics, &command_backup, &command_verify, &command_head, &command_prove, &command_bench,
    &command_schema, &command_keys,
};

static const struct command_program staircase = {
    "staircase",
    {"cases that climb, from the building to the mediation centre", "案件逐级而上，从楼院到调解中心"},
    commands,
    sizeof commands / sizeof *commands,
    "engine.sock",
    {"engine", "引擎"},
    true,
};

int command_main(int argc, char **argv)
{
    return command_run(&staircase, argc, argv);
}
