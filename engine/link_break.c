/* link_break: connections that are broken: all of them, those of keys that may not any more, those that do not read what they are sent, those that send what
 * never becomes a message. See link.h.
 *
 * ZeroMQ has no word for any of this and does not say what it holds of whom. The system does: what lies unread in a socket's queue, and how much has
 * come over a TCP connection. */
#include "engine/link_inner.h"

#include <dirent.h>
#include <linux/sockios.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* ---- breaking ---- */

/* Does that local address belong to one of the endpoints? */
static bool is_ours(const struct link *link, const struct sockaddr_storage *name, bool tcp_only)
{
    const struct sockaddr_un *path = (const struct sockaddr_un *)name;
    for (uint32_t i = 0; i < link->count; i++) {
        const char *address = link->endpoints[i].address, *colon = strrchr(address, ':');
        uint16_t port = htons((uint16_t)strtoul(colon + 1, NULL, 10));
        if (!tcp_only && name->ss_family == AF_UNIX && strncmp(address, "ipc://", 6) == 0 && strcmp(address + 6, path->sun_path) == 0)
            return true;
        if (strncmp(address, "tcp://", 6) != 0)
            continue;
        if (name->ss_family == AF_INET && ((const struct sockaddr_in *)name)->sin_port == port)
            return true;
        if (name->ss_family == AF_INET6 && ((const struct sockaddr_in6 *)name)->sin6_port == port)
            return true;
    }
    return false;
}

/* The library has no word for this. Its connections are descriptors of ours; shut down, they are gone for it as if the peer had left. One that
 * was closed and given to something else meanwhile is no socket with our name, or a new connection, which will be made once more. */
static bool break_descriptor(const struct link *link, int descriptor, bool tcp_only)
{
    struct sockaddr_storage name = {0};
    socklen_t size = sizeof name - 1, listens_size = sizeof(int); /* a path may fill all but the end */
    int listens = 1;
    if (getsockname(descriptor, (struct sockaddr *)&name, &size) != 0 || getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &listens, &listens_size) != 0)
        return false;
    return !listens && is_ours(link, &name, tcp_only) && shutdown(descriptor, SHUT_RDWR) == 0;
}

/* ---- who reads ---- */

static bool takes(int descriptor)
{
    int unread = 0;
    return ioctl(descriptor, SIOCOUTQ, &unread) != 0 || unread < LIMIT_LINK_UNREAD;
}

/* libzmq numbers its connections one after the other and writes the number with its highest byte first: read as it lies, the lowest bits would be the
 * same for all of them, and all would share one place. */
static struct heard *heard_place(struct link *link, link_peer peer)
{
    return &link->heard[ntohl((uint32_t)peer) % LIMIT_DESCRIPTORS];
}

void link_note_heard(struct link *link, link_peer peer, int descriptor)
{
    *heard_place(link, peer) = (struct heard){.peer = peer, .descriptor = descriptor};
}

/* A descriptor may be another connection's by now: then it is that one whose queue is looked at, until this one speaks or is found to be gone. */
bool link_takes(struct link *link, link_peer peer)
{
    const struct heard *heard = heard_place(link, peer);
    return heard->peer != peer || takes(heard->descriptor);
}

void link_note_spoken(struct link *link, int descriptor, link_peer peer, uint64_t bytes)
{
    if (!link->spoken || descriptor < 0 || descriptor >= LIMIT_DESCRIPTORS)
        return;
    struct spoken *spoken = &link->spoken[descriptor];
    if (spoken->peer != peer)
        spoken->bytes = 0; /* the descriptor is another connection's now */
    spoken->peer = peer;
    spoken->bytes += bytes;
}

/* What has come over a TCP connection and was no message so far, nor around one. The system counts what has come; a descriptor that was another
 * connection's before may seem to have said more than it has, until it speaks. */
static uint64_t unspoken(const struct link *link, int descriptor)
{
    struct tcp_info info = {0};
    socklen_t size = sizeof info;
    if (!link->spoken || descriptor < 0 || descriptor >= LIMIT_DESCRIPTORS || getsockopt(descriptor, IPPROTO_TCP, TCP_INFO, &info, &size) != 0)
        return 0;
    uint64_t spoken = link->spoken[descriptor].bytes;
    return info.tcpi_bytes_received > spoken ? info.tcpi_bytes_received - spoken : 0;
}

/* ---- which are broken ---- */

/* Whose connections stay; `stays` NULL: nobody's, and of the files' sockets none either. `readers`: those that read stay. */
struct breaking {
    bool (*stays)(void *context, struct text key);
    void *context;
    bool readers;
    bool speakers; /* those stay that have become messages, but for a little, of what they have sent */
};

/* A descriptor may have got another connection since somebody spoke over it. That one has not spoken, so nothing is ever sent to it, and
 * what it says is looked at then. */
static bool may_stay(const struct link *link, const struct breaking *breaking, int descriptor)
{
    if (breaking->readers)
        return takes(descriptor);
    if (breaking->speakers)
        return unspoken(link, descriptor) < LIMIT_LINK_UNSPOKEN;
    if (!breaking->stays || descriptor < 0 || descriptor >= LIMIT_DESCRIPTORS)
        return false;
    const char *key = link->spoken[descriptor].key;
    return key[0] && breaking->stays(breaking->context, (struct text){.data = key, .size = KEY_DIGITS});
}

static uint32_t break_all(struct link *link, const struct breaking *breaking)
{
    uint32_t broken = 0;
    DIR *folder = opendir("/proc/self/fd");
    const struct dirent *entry;
    while (folder && (entry = readdir(folder)) != NULL)
        if (entry->d_name[0] != '.' && !may_stay(link, breaking, atoi(entry->d_name)))
            broken += break_descriptor(link, atoi(entry->d_name), breaking->stays != NULL || breaking->speakers);
    if (folder)
        closedir(folder);
    return broken;
}

uint32_t link_break(struct link *link)
{
    return break_all(link, &(struct breaking){0});
}

uint32_t link_break_unread(struct link *link)
{
    return break_all(link, &(struct breaking){.readers = true});
}

uint32_t link_break_unspoken(struct link *link)
{
    return link->zap.socket ? break_all(link, &(struct breaking){.speakers = true}) : 0;
}

uint32_t link_break_others(struct link *link, bool (*stays)(void *context, struct text key), void *context)
{
    return link->zap.socket ? break_all(link, &(struct breaking){.stays = stays, .context = context}) : 0;
}
