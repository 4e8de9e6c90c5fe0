/* crowd: very many clients in one process, over the file's socket, with ZMTP by hand: no library between them and the engine that would be polite in
 * their place. Each has some events in flight, and begins another when one is applied. What is answered busy is sent again when it says, or by
 * `--rude` at once; with `--deaf` nothing that comes is ever read. At the end one line of JSON: what was answered, and how long what was applied took
 * from the sending that was let in.
 *
 *     crowd SOCKET HEX [--clients N] [--in-flight K] [--seconds S] [--rate R] [--count N] [--rude] [--deaf] [--once]
 *
 * HEX is the message to send: 0x7eadbeef in it is the request, 16 bytes a5 the event's id, 16 bytes 5a the case's key; each that is there is made anew. A
 * `--rate` is of all clients together, in events a second; without it they send as fast as they may. `--once`: each slot sends one message and no other
 * (a question, a watch); news are read and counted. `--count`: it ends when so many are applied. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { MESSAGE_MOST = 8192, INPUT_SIZE = 1 << 20, SLOTS_MOST = 1 << 20, CLIENTS_MOST = 8192, LATENCIES_MOST = 4000000, AGAIN_US = 5000000 };

static const uint8_t mark_request[] = {0xce, 0x7e, 0xad, 0xbe, 0xef};

struct message {
    uint8_t bytes[MESSAGE_MOST];
    size_t size;
    long request, id, key; /* where; -1: has none */
};

struct slot {
    uint8_t id[16], key[16];
    int64_t sent, due; /* due: to be sent then; 0: it is on its way */
    bool over;
};

struct client {
    int socket;
    uint8_t *input;
    size_t input_size;
    uint8_t *output;
    size_t output_size, output_sent, output_room;
    bool greeted, ready; /* the other end's greeting, and its READY, are here: nothing is said before */
};

static struct {
    const char *path;
    struct message message;
    uint32_t clients, in_flight;
    int64_t seconds, rate;
    uint64_t count; /* 0: until the seconds are over */
    bool rude, deaf, once;
} options = {.clients = 1, .in_flight = 1, .seconds = 5};

static struct client *clients;
static struct slot *slots;
static uint32_t *latencies;
static struct {
    uint64_t begun, sent, applied, duplicate, refused, busy, news, results, other, broken, latency_count;
    uint64_t after_least, after_most;
} figures = {.after_least = UINT64_MAX};

static int64_t now_us(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000000 + time.tv_nsec / 1000;
}

static _Noreturn void fail(const char *what)
{
    fprintf(stderr, "crowd: %s: %s\n", what, strerror(errno));
    exit(1);
}

/* ---- sending ---- */

static void put(struct client *client, const void *bytes, size_t size)
{
    if (client->output_size + size > client->output_room) {
        client->output_room = (client->output_size + size) * 2;
        client->output = realloc(client->output, client->output_room);
        if (!client->output)
            fail("memory");
    }
    memcpy(client->output + client->output_size, bytes, size);
    client->output_size += size;
}

static void put_frame(struct client *client, uint8_t flags, const void *bytes, size_t size)
{
    uint8_t head[9] = {flags, (uint8_t)size};
    size_t head_size = 2;
    if (size > 255) {
        head[0] |= 2;
        for (int i = 0; i < 8; i++)
            head[1 + i] = (uint8_t)((uint64_t)size >> (56 - 8 * i));
        head_size = 9;
    }
    put(client, head, head_size);
    put(client, bytes, size);
}

static void greet(struct client *client)
{
    static const uint8_t ready[] = "\x05READY\x0bSocket-Type\0\0\0\x06" "DEALER\x08Identity\0\0\0\0";
    uint8_t greeting[64] = {0xff, [9] = 0x7f, [10] = 3, [12] = 'N', 'U', 'L', 'L'};
    put(client, greeting, sizeof greeting);
    put_frame(client, 4, ready, sizeof ready - 1);
}

/* A UUIDv7: ids that come one after the other lie together on the engine's disk. */
static void make_id(uint8_t id[16])
{
    struct timespec time;
    static uint64_t noise[512], used = 512;
    clock_gettime(CLOCK_REALTIME, &time);
    uint64_t ms = (uint64_t)time.tv_sec * 1000 + (uint64_t)time.tv_nsec / 1000000;
    if (used + 2 > 512) {
        if (getrandom(noise, sizeof noise, 0) != (ssize_t)sizeof noise)
            fail("random");
        used = 0;
    }
    memcpy(id, &noise[used], 16);
    used += 2;
    for (int i = 0; i < 6; i++)
        id[i] = (uint8_t)(ms >> (40 - 8 * i));
    id[6] = (uint8_t)(0x70 | (id[6] & 15));
    id[8] = (uint8_t)(0x80 | (id[8] & 63));
}

static void begin(struct slot *slot)
{
    make_id(slot->id);
    make_id(slot->key);
}

static void send_slot(uint32_t number, int64_t now)
{
    struct slot *slot = &slots[number];
    struct message *message = &options.message;
    uint32_t request = number + 1;
    for (int i = 0; i < 4; i++)
        message->bytes[message->request + 1 + i] = (uint8_t)(request >> (24 - 8 * i));
    message->bytes[message->request] = 0xce;
    if (message->id >= 0)
        memcpy(message->bytes + message->id, slot->id, 16);
    if (message->key >= 0)
        memcpy(message->bytes + message->key, slot->key, 16);
    put_frame(&clients[number / options.in_flight], 0, message->bytes, message->size);
    slot->sent = now;
    slot->due = 0;
    figures.sent++;
}

/* ---- connections ---- */

static void connect_client(uint32_t number)
{
    struct client *client = &clients[number];
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    snprintf(name.sun_path, sizeof name.sun_path, "%s", options.path);
    if (client->socket >= 0)
        close(client->socket);
    client->socket = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (client->socket < 0 || connect(client->socket, (struct sockaddr *)&name, sizeof name) != 0)
        fail("connect");
    fcntl(client->socket, F_SETFL, O_NONBLOCK);
    client->input_size = client->output_size = client->output_sent = 0;
    client->greeted = client->ready = false;
    greet(client);
}

/* Everything of it is sent again. */
static void broken(uint32_t number, int64_t now)
{
    figures.broken++;
    connect_client(number);
    for (uint32_t i = number * options.in_flight; i < (number + 1) * options.in_flight; i++)
        if (!slots[i].due && !slots[i].over)
            slots[i].due = now;
}

/* ---- what comes ---- */

static uint64_t number_at(const uint8_t *at, const uint8_t *end)
{
    static const uint8_t sizes[] = {1, 2, 4, 8};
    uint64_t number = 0;
    if (at >= end || *at < 0x80)
        return at < end ? *at : 0;
    int size = *at >= 0xcc && *at <= 0xcf ? sizes[*at - 0xcc] : 0;
    for (int i = 1; i <= size && at + i < end; i++)
        number = number << 8 | at[i];
    return number;
}

static bool is_kind(const uint8_t *bytes, size_t size, const char *kind)
{
    size_t length = strlen(kind);
    return size > 4 + length && bytes[3] == (0xa0 | length) && memcmp(bytes + 4, kind, length) == 0;
}

static void applied(struct slot *slot, int64_t now)
{
    if (figures.latency_count < LATENCIES_MOST)
        latencies[figures.latency_count++] = (uint32_t)(now - slot->sent);
    if (options.count && figures.begun >= options.count) {
        slot->over = true;
        return;
    }
    figures.begun++;
    begin(slot);
    slot->due = now;
    if (options.rate)
        slot->due = slot->sent + (int64_t)options.clients * options.in_flight * 1000000 / options.rate;
}

static void put_off(struct slot *slot, const uint8_t *bytes, size_t size, int64_t now)
{
    const uint8_t *at = memmem(bytes, size, "\xa5" "after", 6);
    uint64_t after = at ? number_at(at + 6, bytes + size) : 0;
    if (after < figures.after_least)
        figures.after_least = after;
    if (after > figures.after_most)
        figures.after_most = after;
    figures.busy++;
    slot->due = options.rude ? now : now + (int64_t)after * 1000;
}

static void take_answer(uint32_t client, const uint8_t *bytes, size_t size, int64_t now)
{
    const uint8_t *at = memmem(bytes, size < 40 ? size : 40, "\xa1r", 2);
    uint64_t request = at ? number_at(at + 2, bytes + size) : 0;
    if (request == 0 || request > (uint64_t)options.clients * options.in_flight || (request - 1) / options.in_flight != client) {
        figures.other++;
        return;
    }
    struct slot *slot = &slots[request - 1];
    bool yes = is_kind(bytes, size, "applied"), again = is_kind(bytes, size, "duplicate");
    figures.applied += yes;
    figures.duplicate += again;
    figures.news += is_kind(bytes, size, "news");
    figures.results += is_kind(bytes, size, "result");
    figures.refused += is_kind(bytes, size, "refused");
    if (is_kind(bytes, size, "busy"))
        put_off(slot, bytes, size, now);
    else if (options.once)
        slot->over = true;
    else if (yes || again)
        applied(slot, now);
}

static void take_frame(uint32_t number, uint8_t flags, const uint8_t *bytes, size_t size, int64_t now)
{
    struct client *client = &clients[number];
    if (!(flags & 4)) {
        take_answer(number, bytes, size, now);
    } else if (size >= 6 && memcmp(bytes, "\x05READY", 6) == 0) {
        client->ready = true;
    } else if (size >= 7 && memcmp(bytes, "\x04PING", 5) == 0) {
        uint8_t pong[64] = "\x04PONG";
        size_t context = size - 7 < 16 ? size - 7 : 16;
        memcpy(pong + 5, bytes + 7, context);
        put_frame(client, 4, pong, 5 + context);
    }
}

static void take_input(uint32_t number, int64_t now)
{
    struct client *client = &clients[number];
    size_t at = client->greeted ? 0 : 64;
    if (client->input_size < at)
        return;
    client->greeted = true;
    while (client->input_size - at >= 2) {
        const uint8_t *frame = client->input + at;
        size_t head = frame[0] & 2 ? 9 : 2;
        uint64_t size = frame[1];
        if (client->input_size - at < head)
            break;
        for (int i = 1; head == 9 && i < 9; i++)
            size = (i == 1 ? 0 : size << 8) | frame[i];
        if (client->input_size - at < head + size)
            break;
        take_frame(number, frame[0], frame + head, size, now);
        at += head + size;
    }
    memmove(client->input, client->input + at, client->input_size - at);
    client->input_size -= at;
}

static bool would_wait(void)
{
    return errno == EAGAIN || errno == EINTR;
}

static void move(uint32_t number, short events, int64_t now)
{
    struct client *client = &clients[number];
    if (events & (POLLIN | POLLHUP | POLLERR)) {
        ssize_t got = read(client->socket, client->input + client->input_size, INPUT_SIZE - client->input_size);
        if (got == 0 || (got < 0 && !would_wait())) {
            broken(number, now);
            return;
        }
        client->input_size += got > 0 ? (size_t)got : 0;
        take_input(number, now);
    }
    if (client->output_size == client->output_sent)
        return;
    ssize_t put_size = send(client->socket, client->output + client->output_sent, client->output_size - client->output_sent, MSG_NOSIGNAL);
    if (put_size < 0 && !would_wait()) {
        broken(number, now);
        return;
    }
    client->output_sent += put_size > 0 ? (size_t)put_size : 0;
    if (client->output_sent == client->output_size)
        client->output_sent = client->output_size = 0;
}

/* ---- the run ---- */

static void send_due(int64_t now)
{
    for (uint32_t i = 0; i < options.clients * options.in_flight; i++) {
        struct slot *slot = &slots[i];
        bool lost = !slot->due && !slot->over && now - slot->sent > AGAIN_US;
        const struct client *client = &clients[i / options.in_flight];
        if (client->ready && ((slot->due && slot->due <= now) || (lost && !options.deaf)) && client->output_size - client->output_sent < (1 << 18))
            send_slot(i, now);
    }
}

static void run(void)
{
    struct pollfd *polls = calloc(options.clients, sizeof *polls);
    int64_t until = now_us() + options.seconds * 1000000, now;
    if (!polls)
        fail("memory");
    while ((now = now_us()) < until && (!options.count || figures.applied + figures.duplicate < figures.begun)) {
        send_due(now);
        for (uint32_t i = 0; i < options.clients; i++)
            polls[i] = (struct pollfd){.fd = clients[i].socket,
                                       .events = (short)((options.deaf && clients[i].ready ? 0 : POLLIN) | (clients[i].output_size > clients[i].output_sent ? POLLOUT : 0))};
        if (poll(polls, options.clients, 1) < 0 && errno != EINTR)
            fail("poll");
        now = now_us();
        for (uint32_t i = 0; i < options.clients; i++)
            if (polls[i].revents)
                move(i, polls[i].revents, now);
    }
    free(polls);
}

static int compare(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

static uint32_t at_share(uint64_t per_thousand)
{
    return figures.latency_count ? latencies[(figures.latency_count - 1) * per_thousand / 1000] : 0;
}

static void report(void)
{
    qsort(latencies, figures.latency_count, sizeof *latencies, compare);
    printf("{\"sent\": %llu, \"applied\": %llu, \"duplicate\": %llu, \"refused\": %llu, \"busy\": %llu, \"news\": %llu, \"results\": %llu, \"other\": %llu, "
           "\"broken\": %llu, \"after-least-ms\": %llu, \"after-most-ms\": %llu, \"p50-us\": %u, \"p99-us\": %u, \"most-us\": %u}\n",
           (unsigned long long)figures.sent, (unsigned long long)figures.applied, (unsigned long long)figures.duplicate, (unsigned long long)figures.refused,
           (unsigned long long)figures.busy, (unsigned long long)figures.news, (unsigned long long)figures.results, (unsigned long long)figures.other,
           (unsigned long long)figures.broken, (unsigned long long)(figures.busy ? figures.after_least : 0), (unsigned long long)figures.after_most, at_share(500), at_share(990), at_share(1000));
}

/* ---- the words of the command ---- */

static long find(const uint8_t *what, size_t size)
{
    const uint8_t *at = memmem(options.message.bytes, options.message.size, what, size);
    return at ? (long)(at - options.message.bytes) : -1;
}

static void read_message(const char *hex)
{
    uint8_t id[16], key[16];
    unsigned byte;
    for (size_t i = 0; hex[i] && hex[i + 1] && options.message.size < MESSAGE_MOST; i += 2) {
        if (sscanf(hex + i, "%2x", &byte) != 1)
            fail("the message");
        options.message.bytes[options.message.size++] = (uint8_t)byte;
    }
    memset(id, 0xa5, sizeof id);
    memset(key, 0x5a, sizeof key);
    options.message.request = find(mark_request, sizeof mark_request);
    options.message.id = find(id, sizeof id);
    options.message.key = find(key, sizeof key);
    if (options.message.request < 0)
        fail("the message has no request");
}

static void read_options(int count, char **words)
{
    if (count < 3)
        fail("usage: crowd SOCKET HEX [--clients N] [--in-flight K] [--seconds S] [--rate R] [--count N] [--rude] [--deaf] [--once]");
    options.path = words[1];
    read_message(words[2]);
    for (int i = 3; i < count; i++) {
        const char *word = words[i], *next = i + 1 < count ? words[i + 1] : "0";
        bool valued = true;
        if (strcmp(word, "--clients") == 0)
            options.clients = (uint32_t)atoi(next);
        else if (strcmp(word, "--in-flight") == 0)
            options.in_flight = (uint32_t)atoi(next);
        else if (strcmp(word, "--seconds") == 0)
            options.seconds = atoi(next);
        else if (strcmp(word, "--rate") == 0)
            options.rate = atoi(next);
        else if (strcmp(word, "--count") == 0)
            options.count = (uint64_t)atoll(next);
        else
            valued = false;
        options.rude = options.rude || strcmp(word, "--rude") == 0;
        options.deaf = options.deaf || strcmp(word, "--deaf") == 0;
        options.once = options.once || strcmp(word, "--once") == 0;
        i += valued;
    }
    if (options.clients < 1 || options.clients > CLIENTS_MOST || options.in_flight < 1 || options.in_flight > SLOTS_MOST / options.clients)
        fail("so many clients, or so much in flight");
}

int main(int count, char **words)
{
    struct rlimit limit;
    read_options(count, words);
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
    clients = calloc(options.clients, sizeof *clients);
    slots = calloc((size_t)options.clients * options.in_flight, sizeof *slots);
    latencies = calloc(LATENCIES_MOST, sizeof *latencies);
    if (!clients || !slots || !latencies)
        fail("memory");
    int64_t now = now_us();
    for (uint32_t i = 0; i < options.clients; i++) {
        clients[i].socket = -1;
        clients[i].input = malloc(INPUT_SIZE);
        if (!clients[i].input)
            fail("memory");
        connect_client(i);
    }
    for (uint32_t i = 0; i < options.clients * options.in_flight; i++) { /* not all at once where there is a rate */
        begin(&slots[i]);
        slots[i].over = options.count && i >= options.count;
        figures.begun += !slots[i].over;
        slots[i].due = slots[i].over ? 0 : now + (options.rate ? (int64_t)i * 1000000 / options.rate : 0);
    }
    run();
    report();
    return 0;
}
