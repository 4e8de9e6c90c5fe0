/* sha256: see sha256.h. */
#include "engine/sha256.h"

#include <nettle/sha2.h>

_Static_assert(sizeof(struct sha256_ctx) <= sizeof(struct sha256), "the library's state fits");
_Static_assert(SHA256_SIZE == SHA256_DIGEST_SIZE, "the digest has one length");

static struct sha256_ctx *context(struct sha256 *digest)
{
    return (struct sha256_ctx *)(void *)digest;
}

void sha256_start(struct sha256 *digest)
{
    sha256_init(context(digest));
}

void sha256_add(struct sha256 *digest, const void *bytes, size_t size)
{
    sha256_update(context(digest), size, bytes);
}

void sha256_end(struct sha256 *digest, uint8_t out[SHA256_SIZE])
{
    sha256_digest(context(digest), SHA256_SIZE, out);
}

void sha256_of(struct text bytes, uint8_t out[SHA256_SIZE])
{
    struct sha256 digest;
    sha256_start(&digest);
    sha256_add(&digest, bytes.data, bytes.size);
    sha256_end(&digest, out);
}
