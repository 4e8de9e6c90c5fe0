/* command_run: a whole command, run as main would, with what it printed. For the tests of commands. */
#ifndef STAIRCASE_TEST_COMMAND_RUN_H
#define STAIRCASE_TEST_COMMAND_RUN_H

#include <stdio.h>
#include <unistd.h>

#include "engine/command/command.h"

/* What the last command printed. */
static char out[256 * 1024], err[64 * 1024];

static void command_read_back(FILE *file, char *text, size_t room)
{
    rewind(file);
    text[fread(text, 1, room - 1, file)] = '\0';
    fclose(file);
}

/* `arguments` ends with NULL and begins with the program's name. */
static int run_arguments(char **arguments)
{
    int count = 0, kept_out = dup(STDOUT_FILENO), kept_err = dup(STDERR_FILENO);
    FILE *to_out = tmpfile(), *to_err = tmpfile();
    while (arguments[count])
        count++;
    fflush(stdout);
    fflush(stderr);
    dup2(fileno(to_out), STDOUT_FILENO);
    dup2(fileno(to_err), STDERR_FILENO);
    int code = command_main(count, arguments);
    fflush(stdout);
    fflush(stderr);
    dup2(kept_out, STDOUT_FILENO);
    dup2(kept_err, STDERR_FILENO);
    close(kept_out);
    close(kept_err);
    command_read_back(to_out, out, sizeof out);
    command_read_back(to_err, err, sizeof err);
    return code;
}

#define run(...) run_arguments((char *[]){"staircase", __VA_ARGS__, NULL})

#endif
