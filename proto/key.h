/* key: what proves who one is over TCP (CURVE): a pair of keys, and the public key of the engine that is to be at the other end.
 *
 * A key stands in a file that its owner alone may read; that is checked each time it is read. `staircase keys make` writes it:
 *
 *     public: 64 hexadecimal digits         of this client or worker
 *     secret: 64 hexadecimal digits
 *     server: 64 hexadecimal digits         of the engine: nobody else can answer in its place
 *
 * Lines that begin with # are for people. The engine's own file has no `server`. */
#ifndef STAIRCASE_KEY_H
#define STAIRCASE_KEY_H

#include "proto/err.h"
#include "proto/text.h"

enum { KEY_SIZE = 32, KEY_DIGITS = 64 };

struct key_ring {
    uint8_t public_key[KEY_SIZE], secret_key[KEY_SIZE];
    uint8_t server_key[KEY_SIZE]; /* zeros in the engine's own */
};

/* ERR_OK; ERR_NOT_FOUND; ERR_DENIED: others than its owner may read it, or it belongs to somebody else; ERR_BAD_CONFIG: it is no such file, or lacks
 * `server` although it is needed; ERR_IO. */
enum err key_load(const char *path, bool needs_server, struct key_ring *ring);
/* The same sentence for each of these codes, wherever a key is read. "" for ERR_OK. */
const char *key_sentence(enum err code);

void key_digits(const uint8_t key[KEY_SIZE], char digits[KEY_DIGITS + 1]);
/* False: these are not 64 hexadecimal digits in lower case. */
bool key_from_digits(struct text digits, uint8_t key[KEY_SIZE]);

#endif
