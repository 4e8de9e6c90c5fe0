/* link_zap: the part of the link that ZeroMQ asks whether a key may come in (ZAP, RFC 27), before a connection is one. It runs in the loop's
 * thread: a list of keys that changes between two turns needs no lock. Only link.c includes it. */
#ifndef STAIRCASE_LINK_ZAP_H
#define STAIRCASE_LINK_ZAP_H

#include "engine/link.h"

struct zap {
    void *socket;   /* NULL: no keys, no TCP */
    int descriptor;
    struct link_keys keys;
};

/* Before any socket of CURVE is bound: one without a handler lets every key in (pitfall 4). ERR_OK, ERR_NO_MEMORY, ERR_IO. */
enum err zap_open(struct zap *zap, void *context, const struct link_keys *keys);
/* After every other socket is closed. */
void zap_close(struct zap *zap);
/* Answers what has been asked. */
void zap_answer(struct zap *zap);

#endif
