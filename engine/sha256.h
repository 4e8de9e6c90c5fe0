/* sha256: the digest of FIPS 180-4 over bytes. Nettle's only room.
 *
 * Every log record is hashed once on its way to the disk, so this is the largest single piece of the engine's work: Nettle uses the processor's
 * SHA instructions where it has them (a third to a quarter of libsodium's time for a record of 500 bytes), and its own assembly where not. */
#ifndef STAIRCASE_SHA256_H
#define STAIRCASE_SHA256_H

#include <stddef.h>
#include <stdint.h>

#include "proto/text.h"

enum { SHA256_SIZE = 32 };

/* A digest being made, piece by piece: start, add as often as wanted, end once. Holds no memory. */
struct sha256 {
    uint64_t state[16];
};

void sha256_start(struct sha256 *digest);
void sha256_add(struct sha256 *digest, const void *bytes, size_t size);
void sha256_end(struct sha256 *digest, uint8_t out[SHA256_SIZE]);

/* Of bytes that lie together. */
void sha256_of(struct text bytes, uint8_t out[SHA256_SIZE]);

#endif
