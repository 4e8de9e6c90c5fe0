/* tree: the Merkle tree of RFC 9162 section 2.1 over a row of leaf hashes: its root, the proof that a leaf is in it, the proof that a longer
 * row begins with a shorter one, and the checking of both.
 *
 * What is committed to is the whole row: who has the root, and nothing else, can be shown with a few hashes that something stands in the row, and
 * that nothing of an older row was changed. Leaves are asked for one after the other, each once, from the first to the last; what is remembered
 * on the way is one hash for each height of the tree.
 *
 *     hash of a leaf   SHA-256(0x00 || what stands there): the source's business (log_hash)
 *     of a node        SHA-256(0x01 || left || right); the left one holds as many leaves as the largest power of two below the whole */
#ifndef STAIRCASE_TREE_H
#define STAIRCASE_TREE_H

#include "proto/err.h"
#include "proto/text.h"

enum { TREE_HASH = 32, TREE_PATH_MOST = 64 + 1 }; /* a consistency proof has one hash more than the tree is high */

struct tree_hash {
    uint8_t bytes[TREE_HASH];
};

/* Gives the hash of the leaf at an index; what it gives that is not ERR_OK is given on. */
struct tree_source {
    enum err (*leaf)(void *context, uint64_t index, struct tree_hash *hash);
    void *context;
};

/* From the leaf upwards, as the RFC orders them. */
struct tree_path {
    struct tree_hash hashes[TREE_PATH_MOST];
    uint32_t count;
};

/* A leaf of which the path is wanted. */
struct tree_leaf {
    uint64_t index;
    struct tree_hash hash;
    struct tree_path path;
};

/* The root of the first `size` leaves; of none: SHA-256 of nothing. */
enum err tree_root(const struct tree_source *source, uint64_t size, struct tree_hash *root);
/* The same, and hash and path of each of `leaves`, which ascend and lie below `size` (asserted), in one walk. */
enum err tree_prove(const struct tree_source *source, uint64_t size, struct tree_leaf *leaves, uint32_t count, struct tree_hash *root);
/* The same, and the proof that the tree of the first `old` leaves (1 to `size`, asserted) is its beginning. */
enum err tree_prove_consistency(const struct tree_source *source, uint64_t old, uint64_t size, struct tree_path *path, struct tree_hash *root);

/* Whether the proof holds; any bytes may be given. */
bool tree_holds(const struct tree_leaf *leaf, uint64_t size, const struct tree_hash *root);
bool tree_is_consistent(uint64_t old, const struct tree_hash *old_root, uint64_t size, const struct tree_hash *root, const struct tree_path *path);

#endif
