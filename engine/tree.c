/* tree: see tree.h. Every function goes down the tree as the RFC defines it, left before right; it is at most 64 deep. */
#include "engine/tree.h"

#include "engine/sha256.h"

#include <assert.h>

/* The leaves of the left half: the largest power of two below `size`, which is at least 2. */
static uint64_t left_half(uint64_t size)
{
    return UINT64_C(1) << (63 - __builtin_clzll(size - 1));
}

static struct tree_hash node(const struct tree_hash *left, const struct tree_hash *right)
{
    uint8_t bytes[1 + 2 * TREE_HASH] = {1};
    struct tree_hash hash = {{0}};
    memcpy(bytes + 1, left, TREE_HASH);
    memcpy(bytes + 1 + TREE_HASH, right, TREE_HASH);
    sha256_of((struct text){.data = (const char *)bytes, .size = sizeof bytes}, hash.bytes);
    return hash;
}

static bool same(const struct tree_hash *a, const struct tree_hash *b)
{
    return memcmp(a, b, TREE_HASH) == 0;
}

static void add(struct tree_path *path, const struct tree_hash *hash)
{
    assert(path->count < TREE_PATH_MOST);
    path->hashes[path->count++] = *hash;
}

/* ---- the root, and the paths of leaves ---- */

/* Of the leaves from `first` on, of which `leaves` are wanted. Coming back up, each wanted leaf gets the hash of the half where it is not. */
static enum err walk(const struct tree_source *source, uint64_t first, uint64_t size, struct tree_leaf *leaves, uint32_t count, struct tree_hash *hash)
{
    struct tree_hash left, right;
    uint32_t in_left = 0;
    if (size == 1) {
        enum err code = source->leaf(source->context, first, hash);
        if (count)
            leaves->hash = *hash;
        return code;
    }
    uint64_t half = left_half(size);
    while (in_left < count && leaves[in_left].index - first < half)
        in_left++;
    enum err code = walk(source, first, half, leaves, in_left, &left);
    code = code ? code : walk(source, first + half, size - half, leaves + in_left, count - in_left, &right);
    if (code)
        return code;
    for (uint32_t i = 0; i < count; i++)
        add(&leaves[i].path, i < in_left ? &right : &left);
    *hash = node(&left, &right);
    return ERR_OK;
}

static enum err root_of_nothing(struct tree_hash *root)
{
    sha256_of((struct text){0}, root->bytes);
    return ERR_OK;
}

enum err tree_root(const struct tree_source *source, uint64_t size, struct tree_hash *root)
{
    return size ? walk(source, 0, size, NULL, 0, root) : root_of_nothing(root);
}

enum err tree_prove(const struct tree_source *source, uint64_t size, struct tree_leaf *leaves, uint32_t count, struct tree_hash *root)
{
    for (uint32_t i = 0; i < count; i++) {
        assert(leaves[i].index < size && (i == 0 || leaves[i - 1].index < leaves[i].index));
        leaves[i].path.count = 0;
    }
    return size ? walk(source, 0, size, leaves, count, root) : root_of_nothing(root);
}

/* ---- that one row begins with another ---- */

/* `whole`: these are all leaves of the old row, whose root the reader has; otherwise a part of it, whose hash he needs. */
static enum err walk_old(const struct tree_source *source, uint64_t first, uint64_t old, uint64_t size, bool whole, struct tree_path *path,
                         struct tree_hash *hash)
{
    struct tree_hash left, right;
    if (old == size) {
        enum err code = walk(source, first, size, NULL, 0, hash);
        if (!code && !whole)
            add(path, hash);
        return code;
    }
    uint64_t half = left_half(size);
    bool in_left = old <= half;
    enum err code = in_left ? walk_old(source, first, old, half, whole, path, &left) : walk(source, first, half, NULL, 0, &left);
    if (code)
        return code;
    code = in_left ? walk(source, first + half, size - half, NULL, 0, &right)
                   : walk_old(source, first + half, old - half, size - half, false, path, &right);
    if (code)
        return code;
    add(path, in_left ? &right : &left);
    *hash = node(&left, &right);
    return ERR_OK;
}

enum err tree_prove_consistency(const struct tree_source *source, uint64_t old, uint64_t size, struct tree_path *path, struct tree_hash *root)
{
    assert(old >= 1 && old <= size);
    path->count = 0;
    return walk_old(source, 0, old, size, true, path, root);
}

/* ---- checking ---- */

/* What is left of a path: it is used up from its end, which belongs to the top of the tree. */
struct rest {
    const struct tree_path *path;
    uint32_t count;
    bool failed; /* it was too short */
};

static struct rest rest_of(const struct tree_path *path)
{
    return (struct rest){.path = path, .count = path->count, .failed = path->count > TREE_PATH_MOST};
}

static struct tree_hash take(struct rest *rest)
{
    static const struct tree_hash none;
    rest->failed = rest->failed || rest->count == 0;
    return rest->failed ? none : rest->path->hashes[--rest->count];
}

static struct tree_hash root_of_leaf(struct rest *rest, uint64_t index, uint64_t size, const struct tree_hash *leaf)
{
    if (size == 1)
        return *leaf;
    uint64_t half = left_half(size);
    bool in_left = index < half;
    struct tree_hash other = take(rest);
    struct tree_hash own = root_of_leaf(rest, in_left ? index : index - half, in_left ? half : size - half, leaf);
    return in_left ? node(&own, &other) : node(&other, &own);
}

bool tree_holds(const struct tree_leaf *leaf, uint64_t size, const struct tree_hash *root)
{
    struct rest rest = rest_of(&leaf->path);
    if (leaf->index >= size)
        return false;
    struct tree_hash found = root_of_leaf(&rest, leaf->index, size, &leaf->hash);
    return !rest.failed && rest.count == 0 && same(&found, root);
}

/* The roots of the old row and of the whole one; `known`, of the old row, stands for what the proof leaves out. */
static void both_roots(struct rest *rest, uint64_t old, uint64_t size, const struct tree_hash *known, struct tree_hash roots[2])
{
    if (old == size) {
        roots[0] = roots[1] = known ? *known : take(rest);
        return;
    }
    uint64_t half = left_half(size);
    struct tree_hash other = take(rest);
    if (old <= half) {
        both_roots(rest, old, half, known, roots);
        roots[1] = node(&roots[1], &other);
    } else {
        both_roots(rest, old - half, size - half, NULL, roots);
        roots[0] = node(&other, &roots[0]);
        roots[1] = node(&other, &roots[1]);
    }
}

bool tree_is_consistent(uint64_t old, const struct tree_hash *old_root, uint64_t size, const struct tree_hash *root, const struct tree_path *path)
{
    struct tree_hash roots[2];
    struct rest rest = rest_of(path);
    if (old == 0 || old > size)
        return false;
    both_roots(&rest, old, size, old_root, roots);
    return !rest.failed && rest.count == 0 && same(&roots[0], old_root) && same(&roots[1], root);
}
