/* main: a peer that is gone must not end the process (pitfall 22); everything else is the command's. */
#include <signal.h>

#include "engine/command/command.h"

int main(int argc, char **argv)
{
    signal(SIGPIPE, SIG_IGN);
    return command_main(argc, argv);
}
