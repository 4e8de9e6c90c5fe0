/* seal: private values under keys that can be destroyed. libsodium's main room.
 *
 * A private value is sealed before it reaches the core: log, case, receipts, outbox and exports hold ciphertext. It is sealed under the key of its
 * case and, where it belongs to a person, under that person's key as well: whichever is destroyed, nobody can open it any more. Keys live in a
 * store of their own (DATA/keys), outside the log and its chain: destroying a key is erasure, and the chain still verifies.
 *
 *     sealed bytes:  1 | kind of key 1 | id of the key 16 |                nonce 24 | XChaCha20-Poly1305 ciphertext and tag      under one key
 *                    2 | how many keys 1 | of each: kind 1, id 16 |        nonce 24 | XChaCha20-Poly1305 ciphertext and tag      under all of them
 *
 * Under several keys the secrets are BLAKE2b over those of each, in their order. The field's name and the header are authenticated with it, so a value
 * cannot be moved to another field or key. The nonce is derived from what is sealed (BLAKE2b under a secret of the key, over event id, field name and
 * plaintext): the same event sent again gives the same bytes, so its digest matches, and nobody without the key learns from a nonce whether two
 * values are equal.
 *
 * Order: keys are on disk before anything that is sealed under them: seal_commit before engine_commit. A key whose event was refused is
 * taken back (seal_save, seal_rewind), so that refused events leave nothing. */
#ifndef STAIRCASE_SEAL_H
#define STAIRCASE_SEAL_H

#include "engine/arena.h"
#include "proto/err.h"
#include "proto/message.h"

struct seal;
struct store;

enum seal_kind { SEAL_CASE = 1, SEAL_PERSON = 2, SEAL_VOTE = 3 };
/* How much longer than the value the sealed bytes are, under so many keys. */
enum { SEAL_KEYS_MOST = 64, SEAL_NONCE_SIZE = 24, SEAL_TAG_SIZE = 16, SEAL_OVERHEAD = 2 + ID_SIZE + SEAL_NONCE_SIZE + SEAL_TAG_SIZE };

/* Which key. */
struct seal_key {
    enum seal_kind kind;
    uint8_t id[ID_SIZE];
};

/* The key of a case by its case key (16 bytes); of a person by their opaque reference. */
struct seal_key seal_key_of_case(struct text case_key);
struct seal_key seal_key_of_person(struct text person);
/* The key of a secret vote: of its case and the number of its roll there. */
struct seal_key seal_key_of_vote(struct text case_key, uint32_t roll);

/* Fills with random bytes. NULL where asked for: the system's. The simulator brings its seed. */
struct seal_random {
    void (*fill)(void *context, void *bytes, size_t size);
    void *context;
};

/* `keys` stays the caller's (store_lmdb on DATA/keys, or store_memory). ERR_OK, ERR_NO_MEMORY. */
enum err seal_open(struct seal **seal, struct store *keys, const struct seal_random *random);
void seal_close(struct seal **seal);

/* Seals under all of these keys, at most SEAL_KEYS_MOST, each once; makes those that are not there yet. ERR_OK; ERR_NOT_FOUND: one of them was destroyed,
 * nothing may be sealed under it again; ERR_BUSY: too many new keys in this batch; ERR_CORRUPT; store errors. */
struct seal_keys {
    const struct seal_key *keys;
    uint32_t count;
};
enum err seal_value(struct seal *seal, struct arena *arena, struct seal_keys keys, struct text event_id, struct text field, struct text plain,
                    struct text *sealed);
/* Opens. ERR_OK; ERR_NOT_FOUND: a key of it was destroyed or is not here; ERR_CORRUPT: not sealed bytes, or changed; ERR_NEWER_FORMAT;
 * store errors. */
enum err unseal_value(struct seal *seal, struct arena *arena, struct text field, struct text sealed, struct text *plain);
/* Whether the keys of sealed bytes are all here. As unseal_value. */
enum err seal_can_open(struct seal *seal, struct text sealed);
/* Whether there is, or was, such a key. ERR_OK, ERR_NOT_FOUND, store errors. */
enum err seal_knows(struct seal *seal, const struct seal_key *key);

/* New keys since a mark are forgotten by seal_rewind: before sealing for an event, and when that event was refused. */
uint32_t seal_save(const struct seal *seal);
void seal_rewind(struct seal *seal, uint32_t mark);
/* Puts the new keys on disk; one sync, none when there are no new ones. On an error they are forgotten (the batch fails whole); after
 * anything but ERR_MAP_FULL (mended inside) and ERR_DISK_FULL the caller leaves, as after a failed commit of the engine. */
enum err seal_commit(struct seal *seal);

/* Destroys a key for ever, on disk when it returns: what was sealed under it cannot be opened any more, by anyone. ERR_OK also when it was
 * destroyed before or never made; store errors. Not within a batch that has new keys (asserted). */
enum err seal_destroy(struct seal *seal, const struct seal_key *key);
/* What LMDB has freed, or left in the corners of pages, still holds the bytes of destroyed keys: this overwrites it (store_wipe), where something was destroyed
 * since it was done last; the first time after an opening always. One wipe may serve many destroyed keys. ERR_OK; ERR_BUSY: another process reads
 * the keys, later; store errors. Not within a batch. */
enum err seal_wipe(struct seal *seal);
bool seal_wipe_due(const struct seal *seal);

#endif
