/* link_inner: what the files of the link share. Nobody else includes it. */
#ifndef STAIRCASE_LINK_INNER_H
#define STAIRCASE_LINK_INNER_H

#include "engine/limits.h"
#include "engine/link.h"
#include "engine/link_zap.h"

enum { ADDRESS_MOST = 256, SECRET_SIZE = 32, KEY_DIGITS = 64 };

struct endpoint {
    void *socket;
    enum link_side side;
    struct text principal;
    int descriptor;
    bool tcp;
    char address[ADDRESS_MOST];
};

/* Over which descriptor a connection has spoken last. */
struct heard {
    link_peer peer;
    int descriptor;
};

/* Who has spoken over which descriptor: for breaking the connections of some keys, and those that send what never becomes a message. */
struct spoken {
    char key[KEY_DIGITS]; /* zeros: nobody */
    link_peer peer;
    uint64_t bytes;       /* of its messages, and at least what carries them */
};

struct link {
    void *context;
    struct endpoint endpoints[LIMIT_ENDPOINTS];
    uint32_t count;
    uint32_t turn;  /* the endpoint that is asked first */
    char *stranger; /* copied */
    size_t stranger_size;
    uint64_t strangers; /* so many were told */
    struct zap zap;        /* who may come in */
    uint8_t secret[SECRET_SIZE];
    struct spoken *spoken; /* [LIMIT_DESCRIPTORS] */
    struct heard heard[LIMIT_DESCRIPTORS]; /* by the number of the connection: one that shares a place with a younger one is forgotten */
};

/* ---- link_break.c ---- */
/* The connection has spoken, over that descriptor. */
void link_note_heard(struct link *link, link_peer peer, int descriptor);
/* So many bytes of what has come over it were a message, and around one. */
void link_note_spoken(struct link *link, int descriptor, link_peer peer, uint64_t bytes);

#endif
