/* systemd: see systemd.h. */
#include "engine/systemd.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static struct sockaddr_un manager;
static socklen_t manager_size; /* 0: there is none */
static uint64_t watchdog_ms;

/* A path, or @NAME of the abstract ones, which begin with a zero byte. */
static void read_address(const char *name)
{
    size_t size = name ? strlen(name) : 0;
    if (size < 2 || size >= sizeof manager.sun_path || (*name != '/' && *name != '@'))
        return;
    manager = (struct sockaddr_un){.sun_family = AF_UNIX};
    memcpy(manager.sun_path, name, size);
    if (*name == '@')
        manager.sun_path[0] = '\0';
    manager_size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + size);
}

/* Meant for this process alone, where it says for which. */
static void read_watchdog(const char *wanted, const char *whose)
{
    char *end;
    if (!wanted || (whose && strtoll(whose, NULL, 10) != getpid()))
        return;
    unsigned long long us = strtoull(wanted, &end, 10);
    if (*wanted && !*end && us >= 2000)
        watchdog_ms = us / 2000;
}

void systemd_begin(void)
{
    manager_size = 0;
    watchdog_ms = 0;
    read_address(getenv("NOTIFY_SOCKET"));
    if (manager_size)
        read_watchdog(getenv("WATCHDOG_USEC"), getenv("WATCHDOG_PID"));
    unsetenv("NOTIFY_SOCKET");
    unsetenv("WATCHDOG_USEC");
    unsetenv("WATCHDOG_PID");
}

void systemd_tell(const char *state)
{
    int descriptor = manager_size ? socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0) : -1;
    if (descriptor < 0)
        return;
    ssize_t sent = sendto(descriptor, state, strlen(state), MSG_NOSIGNAL, (const struct sockaddr *)&manager, manager_size);
    (void)sent; /* it is told again, or it has gone */
    close(descriptor);
}

uint64_t systemd_watchdog_ms(void)
{
    return watchdog_ms;
}
