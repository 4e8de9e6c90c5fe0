/* server_manager: what the service manager is told of the running engine: that it is ready, that its loop still turns, that it stops. See systemd.h.
 *
 * It beats from the loop itself: a loop that hangs in a commit, because the disk does not come back, is silent and is started again. */
#include "engine/server_inner.h"

#include "engine/systemd.h"

static void on_beat(uv_timer_t *timer)
{
    (void)timer;
    systemd_tell("WATCHDOG=1");
}

void manager_watch(struct server *server)
{
    uv_timer_init(&server->loop, &server->beat);
    if (systemd_watchdog_ms())
        uv_timer_start(&server->beat, on_beat, 0, systemd_watchdog_ms());
}

void manager_ready(void)
{
    systemd_tell("READY=1");
}

void manager_stopping(void)
{
    systemd_tell("STOPPING=1");
}
