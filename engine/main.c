/* main: a peer that is gone must not end the process (pitfall 22), and no process of ours leaves its memory behind; everything else is the command's. */
#include <signal.h>

#include "engine/command/command.h"
#include "engine/guard.h"

int main(int argc, char **argv)
{
    signal(SIGPIPE, SIG_IGN);
    guard_memory();
    return command_main(argc, argv);
}
