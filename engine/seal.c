/* seal: see seal.h.
 *
 * A key is two secrets: one that nonces are derived with, one that values are sealed with. Rows of the store of keys:
 *
 *     KEY   kind 1, id 16   ->   version 1 | 'L' (lives), secret for nonces 32, secret for sealing 32   or   version 1 | 'D' (destroyed), zeros 64 (none in rows of older programs)
 *
 * A destroyed key keeps its row, so that it is never made again: zeros stand in the place of its secrets, of the same size, so that LMDB writes them over the
 * old ones in its copy of the page. In memory keys are found in the list of new ones, then in a cache, then in the store; they are kept out of swap and
 * of core dumps where the system lets us. */
#include "engine/seal.h"

#include <assert.h>
#include <sodium.h>
#include <stdlib.h>

#include "engine/bytes.h"
#include "engine/limits.h"
#include "engine/store.h"

enum {
    SECRET_SIZE = 32,
    NONCE_SIZE = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
    TAG_SIZE = crypto_aead_xchacha20poly1305_ietf_ABYTES,
    FIELD_MOST = WIRE_NAME_MOST,
    ONE_KEY = 1, /* versions of sealed bytes */
    SEVERAL_KEYS = 2,
    ROW_VERSION = 1,
    ROW_KEY_SIZE = 1 + ID_SIZE,
    ROW_SIZE = 2 + 2 * SECRET_SIZE,
    NAMED_KEY_SIZE = 1 + ID_SIZE,
    NAMED_MOST = 2 + SEAL_KEYS_MOST * NAMED_KEY_SIZE, /* the header without its nonce: version, and which keys */
    SLOTS = 2 * LIMIT_NEW_KEYS,
    CACHE_FIRST = 64,
    NO_SLOT = 0,
};
_Static_assert((int)NONCE_SIZE == (int)SEAL_NONCE_SIZE && (int)TAG_SIZE == (int)SEAL_TAG_SIZE && (int) SEAL_KEYS_MOST <= UINT8_MAX, "the header is as seal.h says");
_Static_assert((SLOTS & (SLOTS - 1)) == 0 && (LIMIT_KEYS_CACHED & (LIMIT_KEYS_CACHED - 1)) == 0, "slots are found by masking");

struct secrets {
    struct seal_key key;
    uint8_t nonce[SECRET_SIZE], sealing[SECRET_SIZE];
    bool destroyed;
};

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

static enum err make_key(struct seal *seal, const struct seal_key *key, const struct secrets **out)
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

/* ERR_NOT_FOUND: there never was such a key. A destroyed one is found. */
static enum err find_key(struct seal *seal, const struct seal_key *key, const struct secrets **out)
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

/* ---- what several keys are together ---- */

struct gathering {
    crypto_generichash_state nonce, sealing;
};

static enum err gather_key(struct seal *seal, const struct seal_key *key, bool make, struct gathering *gathering, struct secrets *alone)
{
    const struct secrets *secrets; /* until the next key is looked for: it may take its place */
    enum err code = find_key(seal, key, &secrets);
    if (code == ERR_NOT_FOUND && make)
        code = make_key(seal, key, &secrets);
    if (code)
        return code;
    if (secrets->destroyed)
        return ERR_NOT_FOUND;
    crypto_generichash_update(&gathering->nonce, secrets->nonce, SECRET_SIZE);
    crypto_generichash_update(&gathering->sealing, secrets->sealing, SECRET_SIZE);
    *alone = *secrets;
    return ERR_OK;
}

/* The secrets to seal with; whoever gets them clears them. */
static enum err gather(struct seal *seal, struct seal_keys keys, bool make, struct secrets *out)
{
    struct gathering gathering;
    enum err code = ERR_OK;
    crypto_generichash_init(&gathering.nonce, NULL, 0, SECRET_SIZE);
    crypto_generichash_init(&gathering.sealing, NULL, 0, SECRET_SIZE);
    for (uint32_t i = 0; i < keys.count && !code; i++)
        code = gather_key(seal, &keys.keys[i], make, &gathering, out);
    if (!code && keys.count > 1) {
        crypto_generichash_final(&gathering.nonce, out->nonce, SECRET_SIZE);
        crypto_generichash_final(&gathering.sealing, out->sealing, SECRET_SIZE);
    }
    sodium_memzero(&gathering, sizeof gathering);
    if (code)
        sodium_memzero(out, sizeof *out);
    return code;
}

/* ---- the header ---- */

struct header {
    struct seal_key keys[SEAL_KEYS_MOST];
    uint32_t count;
    size_t named; /* bytes before the nonce */
};

static struct seal_keys keys_of(const struct header *header)
{
    return (struct seal_keys){.keys = header->keys, .count = header->count};
}

static size_t named_size(uint32_t count)
{
    return count == 1 ? 1 + NAMED_KEY_SIZE : 2 + (size_t)count * NAMED_KEY_SIZE;
}

static void put_header(uint8_t *at, struct seal_keys keys)
{
    *at++ = keys.count == 1 ? ONE_KEY : SEVERAL_KEYS;
    if (keys.count > 1)
        *at++ = (uint8_t)keys.count;
    for (uint32_t i = 0; i < keys.count; i++, at += NAMED_KEY_SIZE) {
        at[0] = (uint8_t)keys.keys[i].kind;
        memcpy(at + 1, keys.keys[i].id, ID_SIZE);
    }
}

static enum err read_header(struct text sealed, struct header *header)
{
    const uint8_t *bytes = (const uint8_t *)sealed.data;
    if (sealed.size < SEAL_OVERHEAD)
        return ERR_CORRUPT;
    if (bytes[0] != ONE_KEY && bytes[0] != SEVERAL_KEYS)
        return ERR_NEWER_FORMAT;
    header->count = bytes[0] == ONE_KEY ? 1 : bytes[1];
    if (header->count < bytes[0] || header->count > SEAL_KEYS_MOST)
        return ERR_CORRUPT;
    header->named = named_size(header->count);
    if (sealed.size < header->named + NONCE_SIZE + TAG_SIZE)
        return ERR_CORRUPT;
    const uint8_t *at = bytes + bytes[0]; /* the version, and of several their number */
    for (uint32_t i = 0; i < header->count; i++, at += NAMED_KEY_SIZE) {
        if (at[0] < SEAL_CASE || at[0] > SEAL_VOTE)
            return ERR_CORRUPT;
        header->keys[i].kind = at[0];
        memcpy(header->keys[i].id, at + 1, ID_SIZE);
    }
    return ERR_OK;
}

/* ---- sealing ---- */

static void derive_nonce(uint8_t *nonce, const struct secrets *secrets, struct text event_id, struct text field, struct text plain)
{
    crypto_generichash_state state;
    const uint8_t sizes[2] = {(uint8_t)event_id.size, (uint8_t)field.size}; /* so that nothing can move across a border */
    crypto_generichash_init(&state, secrets->nonce, SECRET_SIZE, NONCE_SIZE);
    crypto_generichash_update(&state, sizes, sizeof sizes);
    crypto_generichash_update(&state, (const unsigned char *)event_id.data, event_id.size);
    crypto_generichash_update(&state, (const unsigned char *)field.data, field.size);
    crypto_generichash_update(&state, (const unsigned char *)plain.data, plain.size);
    crypto_generichash_final(&state, nonce, NONCE_SIZE);
}

/* What is authenticated besides the value: under which keys, in which field. */
static size_t bind(uint8_t bound[NAMED_MOST + FIELD_MOST], const uint8_t *header, size_t named, struct text field)
{
    memcpy(bound, header, named);
    if (field.size)
        memcpy(bound + named, field.data, field.size);
    return named + field.size;
}

enum err seal_value(struct seal *seal, struct arena *arena, struct seal_keys keys, struct text event_id, struct text field, struct text plain,
                    struct text *sealed)
{
    assert(field.size <= FIELD_MOST && event_id.size <= ID_SIZE && keys.count > 0 && keys.count <= SEAL_KEYS_MOST);
    struct secrets secrets;
    enum err code = gather(seal, keys, true, &secrets);
    if (code)
        return code;
    size_t named = named_size(keys.count), header = named + NONCE_SIZE;
    uint8_t *out = arena_take(arena, header + plain.size + TAG_SIZE);
    uint8_t bound[NAMED_MOST + FIELD_MOST];
    put_header(out, keys);
    derive_nonce(out + named, &secrets, event_id, field, plain);
    crypto_aead_xchacha20poly1305_ietf_encrypt(out + header, NULL, (const unsigned char *)plain.data, plain.size, bound, bind(bound, out, named, field), NULL,
                                               out + named, secrets.sealing);
    sodium_memzero(&secrets, sizeof secrets);
    *sealed = (struct text){.data = (const char *)out, .size = header + plain.size + TAG_SIZE};
    return ERR_OK;
}

enum err unseal_value(struct seal *seal, struct arena *arena, struct text field, struct text sealed, struct text *plain)
{
    const uint8_t *bytes = (const uint8_t *)sealed.data;
    struct header header;
    struct secrets secrets;
    if (field.size > FIELD_MOST)
        return ERR_CORRUPT;
    enum err code = read_header(sealed, &header);
    code = code ? code : gather(seal, keys_of(&header), false, &secrets);
    if (code)
        return code;
    size_t before = header.named + NONCE_SIZE, size = sealed.size - before - TAG_SIZE;
    uint8_t *out = arena_take(arena, size), bound[NAMED_MOST + FIELD_MOST];
    int failed = crypto_aead_xchacha20poly1305_ietf_decrypt(out, NULL, NULL, bytes + before, sealed.size - before, bound,
                                                            bind(bound, bytes, header.named, field), bytes + header.named, secrets.sealing);
    sodium_memzero(&secrets, sizeof secrets);
    if (failed)
        return ERR_CORRUPT;
    *plain = (struct text){.data = (const char *)out, .size = size};
    return ERR_OK;
}

enum err seal_can_open(struct seal *seal, struct text sealed)
{
    struct header header;
    struct secrets secrets;
    enum err code = read_header(sealed, &header);
    code = code ? code : gather(seal, keys_of(&header), false, &secrets);
    sodium_memzero(&secrets, sizeof secrets);
    return code;
}

enum err seal_knows(struct seal *seal, const struct seal_key *key)
{
    const struct secrets *secrets;
    return find_key(seal, key, &secrets);
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
