/* systemd: what the service manager is told (sd_notify's protocol, without its library): a datagram to the socket that NOTIFY_SOCKET names.
 * Started by anything else, or by hand, nothing is told to anybody, and that is no failure. */
#ifndef STAIRCASE_SYSTEMD_H
#define STAIRCASE_SYSTEMD_H

#include <stdbool.h>
#include <stdint.h>

/* Reads what the environment says, once, and takes it out: workers are not to speak for us. */
void systemd_begin(void);
/* "READY=1", "STOPPING=1", "WATCHDOG=1", "STATUS=..." Never waits: who is told too much misses some of it. */
void systemd_tell(const char *state);
/* How often "WATCHDOG=1" is wanted, in milliseconds: half of the time after which the manager gives us up. 0: not at all. */
uint64_t systemd_watchdog_ms(void);

#endif
