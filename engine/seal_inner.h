/* seal_inner: what the files of the seal share; nobody else includes it. */
#ifndef STAIRCASE_SEAL_INNER_H
#define STAIRCASE_SEAL_INNER_H

#include "engine/seal.h"

enum { SECRET_SIZE = 32 };

/* One key. Whoever copies it clears the copy. */
struct secrets {
    struct seal_key key;
    uint8_t nonce[SECRET_SIZE], sealing[SECRET_SIZE];
    bool destroyed;
};

/* A key that was made or is kept; it stays where it is until the next one is looked for. ERR_NOT_FOUND: there never was such a key. A destroyed one is found. */
enum err seal_find_key(struct seal *seal, const struct seal_key *key, const struct secrets **out);
/* One that is not there yet: known from now on, on disk with seal_commit. ERR_BUSY: too many new ones in this batch; ERR_NO_MEMORY. */
enum err seal_make_key(struct seal *seal, const struct seal_key *key, const struct secrets **out);

#endif
