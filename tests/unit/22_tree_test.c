/* tree: the roots and proofs that other programs for RFC 9162 (and 6962) trees know; then, of every tree of up to 70 leaves, that every proof holds, that
 * it is the one that the RFC's own words give, and that nothing else passes for it. */
#include "engine/tree.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sodium.h>
#include <stdio.h>

enum { MOST = 70 };

static struct tree_hash leaves[MOST + 1];
static uint64_t asked, fail_at;

static enum err give(void *context, uint64_t index, struct tree_hash *hash)
{
    (void)context;
    assert_int_equal(index, asked); /* each once, in order */
    asked++;
    *hash = leaves[index];
    return asked == fail_at ? ERR_IO : ERR_OK;
}

static const struct tree_source source = {.leaf = give};

static struct tree_hash root_of(uint64_t size)
{
    struct tree_hash root;
    asked = 0;
    assert_int_equal(tree_root(&source, size, &root), ERR_OK);
    assert_int_equal(asked, size);
    return root;
}

static struct tree_leaf leaf_of(uint64_t index, uint64_t size)
{
    struct tree_leaf leaf = {.index = index};
    struct tree_hash root;
    asked = 0;
    assert_int_equal(tree_prove(&source, size, &leaf, 1, &root), ERR_OK);
    return leaf;
}

static struct tree_path path_of(uint64_t old, uint64_t size)
{
    struct tree_path path;
    struct tree_hash root;
    asked = 0;
    assert_int_equal(tree_prove_consistency(&source, old, size, &path, &root), ERR_OK);
    assert_int_equal(asked, size);
    return path;
}

static bool same(const struct tree_hash *a, const struct tree_hash *b)
{
    return memcmp(a, b, TREE_HASH) == 0;
}

static void set_leaf(uint64_t index, const void *data, size_t size)
{
    uint8_t bytes[64] = {0};
    memcpy(bytes + 1, data, size);
    crypto_hash_sha256(leaves[index].bytes, bytes, size + 1);
}

/* ---- what others know ---- */

static void set_known(void)
{
    static const struct {
        const char *data;
        size_t size;
    } known[] = {{"", 0}, {"\0", 1}, {"\x10", 1}, {"\x20\x21", 2}, {"\x30\x31", 2}, {"@ABC", 4}, {"PQRSTUVW", 8}, {"`abcdefghijklmno", 16}};
    for (uint64_t i = 0; i < 8; i++)
        set_leaf(i, known[i].data, known[i].size);
}

static void expect_hash(const struct tree_hash *hash, const char *expected)
{
    char hex[2 * TREE_HASH + 1];
    sodium_bin2hex(hex, sizeof hex, hash->bytes, TREE_HASH);
    assert_string_equal(hex, expected);
}

#define D3_AT_2 "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e"
#define D4_AT_4 "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"
#define D2_AT_6 "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0"
#define ROOT_2 "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"
#define ROOT_4 "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"
#define LEAF_0 "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
#define LEAF_1 "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7"
#define LEAF_4 "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"

static void test_known_roots(void **state)
{
    (void)state;
    static const char *const roots[] = {
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        LEAF_0,
        ROOT_2,
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        ROOT_4,
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    };
    set_known();
    for (uint64_t size = 0; size <= 8; size++) {
        struct tree_hash root = root_of(size);
        expect_hash(&root, roots[size]);
    }
}

static void expect_path(const struct tree_path *path, uint32_t count, const char *const *expected)
{
    assert_int_equal(path->count, count);
    for (uint32_t i = 0; i < count; i++)
        expect_hash(&path->hashes[i], expected[i]);
}

static void test_known_proofs(void **state)
{
    (void)state;
    static const struct {
        uint64_t index, size;
        uint32_t count;
        const char *path[3];
    } inclusions[] = {
        {0, 1, 0, {NULL}}, {0, 8, 3, {LEAF_1, D3_AT_2, D4_AT_4}}, {5, 8, 3, {LEAF_4, D2_AT_6, ROOT_4}}, {2, 3, 1, {ROOT_2}}, {1, 5, 3, {LEAF_0, D3_AT_2, LEAF_4}},
    };
    static const struct {
        uint64_t old, size;
        uint32_t count;
        const char *path[3];
    } consistencies[] = {
        {1, 1, 0, {NULL}},
        {1, 8, 3, {LEAF_1, D3_AT_2, D4_AT_4}},
        {6, 8, 3, {"0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a", D2_AT_6, ROOT_4}},
        {2, 5, 2, {D3_AT_2, LEAF_4}},
    };
    set_known();
    for (size_t i = 0; i < sizeof inclusions / sizeof *inclusions; i++) {
        struct tree_leaf leaf = leaf_of(inclusions[i].index, inclusions[i].size);
        expect_path(&leaf.path, inclusions[i].count, inclusions[i].path);
    }
    for (size_t i = 0; i < sizeof consistencies / sizeof *consistencies; i++) {
        struct tree_path path = path_of(consistencies[i].old, consistencies[i].size);
        expect_path(&path, consistencies[i].count, consistencies[i].path);
    }
}

/* ---- every tree of up to MOST leaves ---- */

static void set_many(void)
{
    for (uint64_t i = 0; i <= MOST; i++)
        set_leaf(i, &i, sizeof i);
}

static struct tree_hash join(const struct tree_hash *left, const struct tree_hash *right)
{
    uint8_t bytes[1 + 2 * TREE_HASH] = {1};
    struct tree_hash hash;
    memcpy(bytes + 1, left, TREE_HASH);
    memcpy(bytes + 1 + TREE_HASH, right, TREE_HASH);
    crypto_hash_sha256(hash.bytes, bytes, sizeof bytes);
    return hash;
}

/* RFC 9162, 2.1.3.2, step by step as it stands there. */
static bool holds_by_rfc(const struct tree_leaf *leaf, uint64_t size, const struct tree_hash *root)
{
    uint64_t fn = leaf->index, sn = size - 1;
    struct tree_hash r = leaf->hash;
    if (leaf->index >= size)
        return false;
    for (uint32_t i = 0; i < leaf->path.count; i++) {
        if (sn == 0)
            return false;
        if ((fn & 1) || fn == sn) {
            r = join(&leaf->path.hashes[i], &r);
            for (; !(fn & 1) && fn; fn >>= 1, sn >>= 1)
                ;
        } else {
            r = join(&r, &leaf->path.hashes[i]);
        }
        fn >>= 1, sn >>= 1;
    }
    return sn == 0 && same(&r, root);
}

/* RFC 9162, 2.1.4.2. */
static bool consistent_by_rfc(uint64_t old, const struct tree_hash *old_root, uint64_t size, const struct tree_hash *root, const struct tree_path *path)
{
    uint32_t at = 0;
    uint64_t fn = old - 1, sn = size - 1;
    if (old == size)
        return path->count == 0 && same(old_root, root);
    if ((old & (old - 1)) != 0 && path->count == 0)
        return false;
    struct tree_hash fr = (old & (old - 1)) == 0 ? *old_root : path->hashes[at++], sr = fr;
    for (; fn & 1; fn >>= 1, sn >>= 1)
        ;
    for (; at < path->count; at++, fn >>= 1, sn >>= 1) {
        if (sn == 0)
            return false;
        if ((fn & 1) || fn == sn) {
            fr = join(&path->hashes[at], &fr);
            sr = join(&path->hashes[at], &sr);
            for (; !(fn & 1) && fn; fn >>= 1, sn >>= 1)
                ;
        } else {
            sr = join(&sr, &path->hashes[at]);
        }
    }
    return sn == 0 && same(&fr, old_root) && same(&sr, root);
}

static void flip(struct tree_hash *hash, uint32_t bit)
{
    hash->bytes[bit / 8] ^= (uint8_t)(1u << (bit % 8));
}

/* No bit of it may be another one, no hash more or less, no other place. */
static void refuse_changed(struct tree_leaf *leaf, uint64_t size, struct tree_hash *root, uint32_t step)
{
    for (uint32_t bit = 0; bit < 8 * TREE_HASH; bit += step) {
        for (uint32_t i = 0; i < leaf->path.count + 2; i++) {
            struct tree_hash *changed = i < leaf->path.count ? &leaf->path.hashes[i] : i == leaf->path.count ? &leaf->hash : root;
            flip(changed, bit);
            assert_false(tree_holds(leaf, size, root));
            flip(changed, bit);
        }
    }
    leaf->path.count++;
    assert_false(tree_holds(leaf, size, root));
    leaf->path.count -= 2;
    assert_true(leaf->path.count > TREE_PATH_MOST || !tree_holds(leaf, size, root));
    leaf->path.count++;
    for (uint64_t other = 0; other < size + 3; other++) {
        struct tree_leaf moved = *leaf;
        moved.index = other;
        assert_int_equal(tree_holds(&moved, size, root), other == leaf->index);
    }
}

static void test_every_inclusion(void **state)
{
    (void)state;
    set_many();
    for (uint64_t size = 1; size <= MOST; size++) {
        struct tree_hash root = root_of(size), found;
        struct tree_leaf all[MOST] = {{0}};
        for (uint64_t i = 0; i < size; i++)
            all[i].index = i;
        asked = 0;
        assert_int_equal(tree_prove(&source, size, all, (uint32_t)size, &found), ERR_OK);
        assert_true(same(&found, &root));
        for (uint64_t i = 0; i < size; i++) {
            struct tree_leaf alone = leaf_of(i, size);
            assert_true(same(&all[i].hash, &leaves[i]));
            assert_true(tree_holds(&all[i], size, &root) && holds_by_rfc(&all[i], size, &root));
            assert_int_equal(alone.path.count, all[i].path.count);
            assert_memory_equal(alone.path.hashes, all[i].path.hashes, alone.path.count * sizeof alone.path.hashes[0]);
            refuse_changed(&all[i], size, &root, size <= 17 ? 1 : 31);
        }
    }
}

static void test_every_consistency(void **state)
{
    (void)state;
    struct tree_hash roots[MOST + 1];
    set_many();
    for (uint64_t size = 0; size <= MOST; size++)
        roots[size] = root_of(size);
    for (uint64_t size = 1; size <= MOST; size++) {
        for (uint64_t old = 1; old <= size; old++) {
            struct tree_path path = path_of(old, size);
            assert_true(tree_is_consistent(old, &roots[old], size, &roots[size], &path) && consistent_by_rfc(old, &roots[old], size, &roots[size], &path));
            for (uint32_t i = 0; i < path.count; i++) {
                for (uint32_t bit = 0; bit < 8 * TREE_HASH; bit += 31) {
                    flip(&path.hashes[i], bit);
                    assert_false(tree_is_consistent(old, &roots[old], size, &roots[size], &path));
                    flip(&path.hashes[i], bit);
                }
            }
            for (uint64_t other = 0; other <= MOST; other++) {
                assert_true(other == old || !tree_is_consistent(old, &roots[other], size, &roots[size], &path));
                assert_true(other == size || !tree_is_consistent(old, &roots[old], size, &roots[other], &path));
            }
            path.count++;
            assert_false(tree_is_consistent(old, &roots[old], size, &roots[size], &path));
            path.count -= 2;
            assert_false(tree_is_consistent(old, &roots[old], size, &roots[size], &path));
        }
    }
}

/* What is given may be anything: sizes without end, paths of any count. */
static void test_nonsense(void **state)
{
    (void)state;
    struct tree_leaf leaf = {.index = UINT64_MAX - 1, .path = {.count = TREE_PATH_MOST}};
    struct tree_hash root = {{0}};
    assert_false(tree_holds(&leaf, UINT64_MAX, &root));
    assert_false(tree_holds(&leaf, 0, &root));
    leaf.path.count = UINT32_MAX;
    assert_false(tree_holds(&leaf, UINT64_MAX, &root));
    assert_false(tree_is_consistent(3, &root, UINT64_MAX, &root, &leaf.path));
    assert_false(tree_is_consistent(0, &root, 3, &root, &leaf.path));
    assert_false(tree_is_consistent(4, &root, 3, &root, &leaf.path));
}

/* Whichever leaf cannot be had, that is what is said. */
static void test_failing_source(void **state)
{
    (void)state;
    struct tree_leaf leaf = {.index = 4};
    struct tree_path path;
    struct tree_hash root;
    set_many();
    for (fail_at = 1; fail_at <= 13; fail_at++) {
        asked = 0;
        assert_int_equal(tree_root(&source, 13, &root), ERR_IO);
        asked = 0;
        assert_int_equal(tree_prove(&source, 13, &leaf, 1, &root), ERR_IO);
        for (uint64_t old = 1; old <= 13; old++) {
            asked = 0;
            assert_int_equal(tree_prove_consistency(&source, old, 13, &path, &root), ERR_IO);
        }
    }
    fail_at = 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known_roots),  cmocka_unit_test(test_known_proofs), cmocka_unit_test(test_every_inclusion),
        cmocka_unit_test(test_every_consistency), cmocka_unit_test(test_nonsense),     cmocka_unit_test(test_failing_source),
    };
    return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
