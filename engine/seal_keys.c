/* seal_keys: the keys that values are sealed under: new ones, the ones on disk, and how they end. See seal.h.
 *
 * A key is two secrets: one that nonces are derived with, one that values are sealed with. Rows of the store of keys:
 *
 *     KEY   kind 1, id 16   ->   version 1 | 'L' (lives), secret for nonces 32, secret for sealing 32   or   version 1 | 'D' (destroyed), zeros 64 (none in rows of older programs)
 *
 * A destroyed key keeps its row, so that it is never made again: zeros stand in the place of its secrets, of the same size, so that LMDB writes them over the
 * old ones in its copy of the page. In memory keys are found in the list of new ones, then in a cache, then in the store; they are kept out of swap and
 * of core dumps where the system lets us. */
#include "engine/seal_inner.h"

#include <assert.h>
#include <sodium.h>
#include <stdlib.h>

#include "engine/bytes.h"
#include "engine/limits.h"
#include "engine/store.h"

enum {
    ROW_VERSION = 1,
    ROW_KEY_SIZE = 1 + ID_SIZE,
    ROW_SIZE = 2 + 2 * SECRET_SIZE,
    SLOTS = 2 * LIMIT_NEW_KEYS,
    CACHE_FIRST = 64,
    NO_SLOT = 0,
};
_Static_assert((SLOTS & (SLOTS - 1)) == 0 && (LIMIT_KEYS_CACHED & (LIMIT_KEYS_CACHED - 1)) == 0, "slots are found by masking");

struct seal {
    struct store *store;
    struct seal_random random;
    struct secrets *made;      /* not on disk yet */
    uint32_t made_count, made_room;
    uint16_t slots[SLOTS];     /* of `made`: number + 1, open addressing */
    struct secrets *cache;     /* by hash; NULL: no key was needed yet */
    uint32_t cache_room;       /* grows to LIMIT_KEYS_CACHED: what is locked into memory is scarce */
    bool wipe_due;             /* the disk may hold bytes of destroyed keys */
};
_Static_assert(LIMIT_NEW_KEYS < UINT16_MAX, "a slot holds the number of a new key");

/* ---- which key ---- */

struct seal_key seal_key_of_case(struct text case_key)
{
    assert(case_key.size == ID_SIZE);
    struct seal_key key = {.kind = SEAL_CASE};
    memcpy(key.id, case_key.data, ID_SIZE);
    return key;
}

struct seal_key seal_key_of_person(struct text person)
{
    struct seal_key key = {.kind = SEAL_PERSON};
    crypto_generichash(key.id, ID_SIZE, (const unsigned char *)person.data, person.size, NULL, 0);
    return key;
}

struct seal_key seal_key_of_vote(struct text case_key, uint32_t roll)
{
    struct seal_key key = {.kind = SEAL_VOTE};
    uint8_t name[ID_SIZE + 4];
    assert(case_key.size == ID_SIZE);
    memcpy(name, case_key.data, ID_SIZE);
    bytes_put_u32(name + ID_SIZE, roll);
    crypto_generichash(key.id, ID_SIZE, name, sizeof name, NULL, 0);
    return key;
}

static bool key_equal(const struct seal_key *a, const struct seal_key *b)
{
    return a->kind == b->kind && memcmp(a->id, b->id, ID_SIZE) == 0;
}

/* Case keys are made by senders, who could make them collide: the end of a UUID is random, and the middle is mixed in. */
static uint32_t key_hash(const struct seal_key *key)
{
    uint64_t halves[2];
    memcpy(halves, key->id, sizeof halves);
    uint64_t mixed = (halves[0] ^ (halves[1] + (uint64_t)key->kind)) * UINT64_C(0x9e3779b97f4a7c15);
    return (uint32_t)(mixed >> 32);
}

/* ---- open and close ---- */

static void system_random(void *context, void *bytes, size_t size)
{
    (void)context;
    randombytes_buf(bytes, size);
}

/* Locked into memory as far as the process may, left out of core dumps, and cleared when it is freed. */
static struct secrets *secrets_create(size_t count)
{
    struct secrets *secrets = sodium_allocarray(count, sizeof *secrets);
    if (secrets)
        memset(secrets, 0, count * sizeof *secrets);
    return secrets;
}

enum err seal_open(struct seal **out, struct store *keys, const struct seal_random *random)
{
    if (sodium_init() < 0)
        return ERR_NO_MEMORY;
    struct seal *seal = calloc(1, sizeof *seal);
    if (!seal)
        return ERR_NO_MEMORY;
    seal->wipe_due = true; /* a run may have ended between destroying and wiping */
    seal->store = keys;
    seal->random = random ? *random : (struct seal_random){.fill = system_random};
    *out = seal;
    return ERR_OK;
}

void seal_close(struct seal **seal)
{
    if (!*seal)
        return;
    sodium_free((*seal)->cache);
    sodium_free((*seal)->made);
    free(*seal);
    *seal = NULL;
}

/* ---- new keys of the batch ---- */

static uint16_t *made_slot(struct seal *seal, const struct seal_key *key)
{
    uint32_t at = key_hash(key) & (SLOTS - 1);
    while (seal->slots[at] != NO_SLOT && !key_equal(&seal->made[seal->slots[at] - 1].key, key))
        at = (at + 1) & (SLOTS - 1);
    return &seal->slots[at];
}

static bool make_room(struct seal *seal)
{
    if (seal->made_count < seal->made_room)
        return true;
    uint32_t room = seal->made_room ? seal->made_room * 2 : 64;
    struct secrets *wider = secrets_create(room);
    if (!wider)
        return false;
    if (seal->made)
        memcpy(wider, seal->made, seal->made_count * sizeof *wider);
    sodium_free(seal->made);
    seal->made = wider;
    seal->made_room = room;
    return true;
}

enum err seal_make_key(struct seal *seal, const struct seal_key *key, const struct secrets **out)
{
    if (seal->made_count == LIMIT_NEW_KEYS)
        return ERR_BUSY;
    if (!make_room(seal))
        return ERR_NO_MEMORY;
    struct secrets *made = &seal->made[seal->made_count];
    *made = (struct secrets){.key = *key};
    seal->random.fill(seal->random.context, made->nonce, SECRET_SIZE);
    seal->random.fill(seal->random.context, made->sealing, SECRET_SIZE);
    uint16_t *slot = made_slot(seal, key);
    assert(*slot == NO_SLOT);
    *slot = (uint16_t)++seal->made_count;
    *out = made;
    return ERR_OK;
}

uint32_t seal_save(const struct seal *seal)
{
    return seal->made_count;
}

/* Last made, first forgotten: so a slot can just be emptied, no later one was put behind it. */
void seal_rewind(struct seal *seal, uint32_t mark)
{
    assert(mark <= seal->made_count);
    while (seal->made_count > mark) {
        struct secrets *last = &seal->made[seal->made_count - 1];
        *made_slot(seal, &last->key) = NO_SLOT;
        sodium_memzero(last, sizeof *last);
        seal->made_count--;
    }
}

/* ---- keys on disk ---- */

static struct text row_key(uint8_t bytes[ROW_KEY_SIZE], const struct seal_key *key)
{
    bytes[0] = (uint8_t)key->kind;
    memcpy(bytes + 1, key->id, ID_SIZE);
    return (struct text){.data = (const char *)bytes, .size = ROW_KEY_SIZE};
}

static enum err decode_row(struct text row, struct secrets *out)
{
    const uint8_t *bytes = (const uint8_t *)row.data;
    if (row.size < 2)
        return ERR_CORRUPT;
    if (bytes[0] != ROW_VERSION)
        return ERR_NEWER_FORMAT;
    out->destroyed = bytes[1] == 'D';
    if (out->destroyed)
        return ERR_OK;
    if (bytes[1] != 'L' || row.size != ROW_SIZE)
        return ERR_CORRUPT;
    memcpy(out->nonce, bytes + 2, SECRET_SIZE);
    memcpy(out->sealing, bytes + 2 + SECRET_SIZE, SECRET_SIZE);
    return ERR_OK;
}

static enum err read_key(struct seal *seal, const struct seal_key *key, struct secrets *out)
{
    struct store_txn *txn;
    enum err code = store_begin_read(seal->store, &txn);
    if (code)
        return code;
    uint8_t bytes[ROW_KEY_SIZE];
    struct text row;
    *out = (struct secrets){.key = *key};
    code = store_get(txn, STORE_KEY, row_key(bytes, key), &row);
    if (!code)
        code = decode_row(row, out);
    store_end_read(&txn);
    return code;
}

static struct secrets *slot_in(struct secrets *cache, uint32_t room, const struct seal_key *key)
{
    return &cache[key_hash(key) & (room - 1)];
}

/* false: it stays as it is, for want of memory. */
static bool widen_cache(struct seal *seal)
{
    uint32_t room = seal->cache ? seal->cache_room * 2 : CACHE_FIRST;
    struct secrets *wider = secrets_create(room);
    if (!wider)
        return false;
    for (uint32_t i = 0; seal->cache && i < seal->cache_room; i++)
        if (seal->cache[i].key.kind)
            *slot_in(wider, room, &seal->cache[i].key) = seal->cache[i];
    sodium_free(seal->cache);
    seal->cache = wider;
    seal->cache_room = room;
    return true;
}

/* Where the key would stand, if need be in the place of another, when the cache cannot grow any more; NULL: there is none and no memory for one. */
static struct secrets *cache_slot(struct seal *seal, const struct seal_key *key)
{
    if (!seal->cache && !widen_cache(seal))
        return NULL;
    struct secrets *slot = slot_in(seal->cache, seal->cache_room, key);
    while (slot->key.kind && !key_equal(&slot->key, key) && seal->cache_room < LIMIT_KEYS_CACHED && widen_cache(seal))
        slot = slot_in(seal->cache, seal->cache_room, key);
    return slot;
}

enum err seal_find_key(struct seal *seal, const struct seal_key *key, const struct secrets **out)
{
    uint16_t made = *made_slot(seal, key);
    if (made != NO_SLOT) {
        *out = &seal->made[made - 1];
        return ERR_OK;
    }
    struct secrets *cached = cache_slot(seal, key);
    *out = cached;
    if (!cached)
        return ERR_NO_MEMORY;
    if (key_equal(&cached->key, key))
        return ERR_OK;
    struct secrets found;
    enum err code = read_key(seal, key, &found);
    if (!code)
        *cached = found;
    sodium_memzero(&found, sizeof found);
    return code;
}

enum err seal_knows(struct seal *seal, const struct seal_key *key)
{
    const struct secrets *secrets;
    return seal_find_key(seal, key, &secrets);
}

/* ---- to the disk ---- */

static enum err put_key(struct store_txn *txn, const struct secrets *secrets)
{
    uint8_t key[ROW_KEY_SIZE], row[ROW_SIZE] = {ROW_VERSION, secrets->destroyed ? 'D' : 'L'};
    if (!secrets->destroyed) {
        memcpy(row + 2, secrets->nonce, SECRET_SIZE);
        memcpy(row + 2 + SECRET_SIZE, secrets->sealing, SECRET_SIZE);
    }
    enum err code = store_put(txn, STORE_KEY, row_key(key, &secrets->key), (struct text){.data = (const char *)row, .size = sizeof row});
    sodium_memzero(row, sizeof row);
    return code;
}

static enum err write_once(struct seal *seal, const struct secrets *keys, uint32_t count)
{
    struct store_txn *txn;
    enum err code = store_begin_write(seal->store, &txn);
    if (code)
        return code;
    for (uint32_t i = 0; !code && i < count; i++)
        code = put_key(txn, &keys[i]);
    if (code) {
        store_abort(&txn);
        return code;
    }
    return store_commit(&txn);
}

static enum err write_keys(struct seal *seal, const struct secrets *keys, uint32_t count)
{
    enum err code = write_once(seal, keys, count);
    for (int grown = 0; code == ERR_MAP_FULL && grown < 8; grown++) {
        code = store_grow(seal->store);
        code = code ? code : write_once(seal, keys, count);
    }
    return code;
}

enum err seal_commit(struct seal *seal)
{
    enum err code = seal->made_count ? write_keys(seal, seal->made, seal->made_count) : ERR_OK;
    for (uint32_t i = 0; !code && i < seal->made_count; i++) {
        struct secrets *cached = cache_slot(seal, &seal->made[i].key);
        if (cached)
            *cached = seal->made[i];
    }
    seal_rewind(seal, 0);
    return code;
}

enum err seal_destroy(struct seal *seal, const struct seal_key *key)
{
    assert(seal->made_count == 0);
    struct secrets gone;
    enum err code = read_key(seal, key, &gone);
    bool already = !code && gone.destroyed;
    sodium_memzero(&gone, sizeof gone);
    if (already || (code && code != ERR_NOT_FOUND))
        return code;
    seal->wipe_due = true;
    gone.key = *key;
    gone.destroyed = true;
    struct secrets *cached = seal->cache ? cache_slot(seal, key) : NULL;
    if (cached && key_equal(&cached->key, key))
        sodium_memzero(cached, sizeof *cached);
    return write_keys(seal, &gone, 1);
}

bool seal_wipe_due(const struct seal *seal)
{
    return seal->wipe_due;
}

enum err seal_wipe(struct seal *seal)
{
    assert(seal->made_count == 0);
    if (!seal->wipe_due)
        return ERR_OK;
    enum err code = store_wipe(seal->store);
    seal->wipe_due = code != ERR_OK;
    return code;
}
