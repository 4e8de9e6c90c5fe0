/* seal: values, sealed and opened. See seal.h; the keys are in seal_keys.c. */
#include "engine/seal_inner.h"

#include <assert.h>
#include <sodium.h>

#include "proto/wire.h"

enum {
    NONCE_SIZE = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
    TAG_SIZE = crypto_aead_xchacha20poly1305_ietf_ABYTES,
    FIELD_MOST = WIRE_NAME_MOST,
    ONE_KEY = 1, /* versions of sealed bytes */
    SEVERAL_KEYS = 2,
    NAMED_KEY_SIZE = 1 + ID_SIZE,
    NAMED_MOST = 2 + SEAL_KEYS_MOST * NAMED_KEY_SIZE, /* the header without its nonce: version, and which keys */
};
_Static_assert((int)NONCE_SIZE == (int)SEAL_NONCE_SIZE && (int)TAG_SIZE == (int)SEAL_TAG_SIZE && (int) SEAL_KEYS_MOST <= UINT8_MAX, "the header is as seal.h says");

/* ---- what several keys are together ---- */

struct gathering {
    crypto_generichash_state nonce, sealing;
};

static enum err gather_key(struct seal *seal, const struct seal_key *key, bool make, struct gathering *gathering, struct secrets *alone)
{
    const struct secrets *secrets; /* until the next key is looked for: it may take its place */
    enum err code = seal_find_key(seal, key, &secrets);
    if (code == ERR_NOT_FOUND && make)
        code = seal_make_key(seal, key, &secrets);
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
