/* exec: one program, run for one task. `staircase work` makes any program a worker with it.
 *
 * The task goes to its standard input, its standard output is kept whole, its standard error is passed on to ours and the last
 * line of it remembered: it is the reason when the program fails. Nothing here waits: the caller polls the descriptors and
 * calls exec_step; a pidfd tells the end, so no signal handler and no clock is needed.
 *
 *     exec_start ──> runs ──(exec_step: input written, output read, the process has ended)──> exec_end ──> exec_close
 *                      └── exec_signal (a cancelled task, a worker that stops): the same, sooner
 *
 * The program gets a process group of its own, so that Ctrl-C in the terminal reaches the worker and not the program, and a
 * cancellation reaches what the program started. It inherits no descriptor beyond the three, no blocked signal and no
 * ignored one. What it leaves running with its output open does not delay its end. Our own process must ignore
 * SIGPIPE (a program need not read its task). */
#ifndef STAIRCASE_EXEC_H
#define STAIRCASE_EXEC_H

#include "proto/err.h"
#include "proto/text.h"

struct exec;
struct pollfd;

enum {
    EXEC_OUTPUT_MOST = 256 * 1024, /* bytes of standard output; what is beyond is read and thrown away */
    EXEC_LINE_MOST = 500,          /* bytes of the last line of standard error that are kept */
    EXEC_DESCRIPTORS = 4,
};

struct exec_end {
    int status;        /* exit status; -1: a signal ended it */
    int signal;        /* which, or 0 */
    bool overflowed;   /* it wrote more than EXEC_OUTPUT_MOST */
    struct text output;
    struct text last_line; /* of standard error, without blank lines; valid UTF-8, empty when there was none */
};

/* Whether the program could be started as it is named: ERR_OK, ERR_NOT_FOUND. */
enum err exec_find(const char *program);

/* Starts argv[0] (looked for in PATH) and copies `input`. ERR_OK; ERR_NOT_FOUND: there is no such program, or it may not be run;
 * ERR_NO_MEMORY, ERR_IO: the machine cannot start one now. */
enum err exec_start(struct exec **exec, char *const argv[], struct text input);

/* What to poll: writes at most EXEC_DESCRIPTORS entries, returns how many. */
uint32_t exec_watch(const struct exec *exec, struct pollfd *descriptors);

/* Writes, reads and looks as far as that goes without waiting. True: it has ended, and exec_end tells how. */
bool exec_step(struct exec *exec);
/* Lives until exec_close. */
const struct exec_end *exec_end(const struct exec *exec);

/* To the whole process group. Nothing when it has ended. */
void exec_signal(struct exec *exec, int signal);

/* Kills what still runs. */
void exec_close(struct exec **exec);

#endif
