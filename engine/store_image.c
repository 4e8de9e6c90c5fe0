/* store_image: see store_image.h. */
#include "engine/store_image.h"

#include <assert.h>
#include <stdlib.h>

/* Key and value; shared by all nodes that stand for the row in one image or another. */
struct row {
    uint32_t holders, key_size, value_size;
    char bytes[];
};

struct image_node {
    struct row *row;
    uint64_t weight; /* no child weighs more */
    uint32_t holders;
    struct image_node *left, *right;
};

static void *take(size_t size)
{
    void *memory = malloc(size);
    if (!memory)
        abort(); /* see the head comment of store_image.h */
    return memory;
}

static struct row *row_create(struct text key, struct text value)
{
    assert(value.size < UINT32_MAX);
    struct row *row = take(sizeof *row + key.size + value.size);
    *row = (struct row){.holders = 1, .key_size = (uint32_t)key.size, .value_size = (uint32_t)value.size};
    memcpy(row->bytes, key.data, key.size);
    if (value.size)
        memcpy(row->bytes + key.size, value.data, value.size);
    return row;
}

static void row_drop(struct row *row)
{
    if (--row->holders == 0)
        free(row);
}

static struct text key_of(const struct image_node *node)
{
    return (struct text){.data = node->row->bytes, .size = node->row->key_size};
}

static struct image_row row_of(const struct image_node *node)
{
    return (struct image_row){
        .key = key_of(node),
        .value = {.data = node->row->bytes + node->row->key_size, .size = node->row->value_size},
    };
}

/* From the key alone, so that the same rows make the same tree; mixed, so that neighbours do not weigh alike. */
static uint64_t weight_of(struct text key)
{
    uint64_t weight = 0x9e3779b97f4a7c15u;
    for (size_t i = 0; i < key.size; i++) {
        weight = (weight ^ (unsigned char)key.data[i]) * 0xd6e8feb86659fd93u;
        weight ^= weight >> 32;
    }
    return weight;
}

/* ---- holding and copying ---- */

static struct image_node *node_hold(struct image_node *node)
{
    if (node)
        node->holders++;
    return node;
}

static void node_drop(struct image_node *node)
{
    if (!node || --node->holders > 0)
        return;
    row_drop(node->row);
    node_drop(node->left);
    node_drop(node->right);
    free(node);
}

/* The caller's hold on a node becomes one on a node that nobody else holds: itself, or a copy. */
static struct image_node *node_own(struct image_node *node)
{
    if (node->holders == 1) /* NOLINT(clang-analyzer-core.NullDereference): called for nodes only */
        return node;
    struct image_node *copy = take(sizeof *copy);
    *copy = (struct image_node){
        .row = node->row,
        .weight = node->weight,
        .holders = 1,
        .left = node_hold(node->left),
        .right = node_hold(node->right),
    };
    copy->row->holders++;
    node->holders--;
    return copy;
}

/* ---- changing: each takes over the caller's hold on the trees and gives back one on the result ---- */

/* Into what is below the key and what is above; the key itself is not there. */
static void tree_split(struct image_node *tree, struct text key, struct image_node **below, struct image_node **above)
{
    if (!tree) {
        *below = *above = NULL;
        return;
    }
    tree = node_own(tree);
    if (text_compare(key_of(tree), key) < 0) {
        tree_split(tree->right, key, &tree->right, above);
        *below = tree;
    } else {
        tree_split(tree->left, key, below, &tree->left);
        *above = tree;
    }
}

/* Every key of `low` is below every key of `high`. */
static struct image_node *tree_join(struct image_node *low, struct image_node *high)
{
    if (!low || !high)
        return low ? low : high;
    if (low->weight >= high->weight) {
        low = node_own(low);
        low->right = tree_join(low->right, high);
        return low;
    }
    high = node_own(high);
    high->left = tree_join(low, high->left);
    return high;
}

/* The key is not there yet. */
static struct image_node *tree_insert(struct image_node *tree, struct row *row, struct text key, uint64_t weight)
{
    if (!tree || tree->weight < weight) {
        struct image_node *node = take(sizeof *node);
        *node = (struct image_node){.row = row, .weight = weight, .holders = 1};
        tree_split(tree, key, &node->left, &node->right);
        return node;
    }
    tree = node_own(tree);
    struct image_node **side = text_compare(key, key_of(tree)) < 0 ? &tree->left : &tree->right;
    *side = tree_insert(*side, row, key, weight);
    return tree;
}

/* The way down to a key that is there, owned all along; the link that leads to its node. */
static struct image_node **tree_reach(struct image_node **link, struct text key)
{
    for (;;) {
        *link = node_own(*link);
        int order = text_compare(key, key_of(*link));
        if (order == 0)
            return link;
        link = order < 0 ? &(*link)->left : &(*link)->right;
    }
}

/* ---- images ---- */

struct image image_share(struct image image)
{
    node_hold(image.root);
    return image;
}

void image_drop(struct image *image)
{
    node_drop(image->root);
    *image = (struct image){0};
}

void image_put(struct image *image, struct text key, struct text value)
{
    struct text old;
    struct row *row = row_create(key, value);
    if (image_get(*image, key, &old)) {
        struct image_node *node = *tree_reach(&image->root, key);
        row_drop(node->row);
        node->row = row;
        return;
    }
    struct text own = {.data = row->bytes, .size = row->key_size};
    image->root = tree_insert(image->root, row, own, weight_of(own));
    image->rows++;
}

bool image_delete(struct image *image, struct text key)
{
    struct text old;
    if (!image_get(*image, key, &old))
        return false;
    struct image_node **link = tree_reach(&image->root, key), *node = *link;
    *link = tree_join(node->left, node->right);
    row_drop(node->row);
    free(node);
    image->rows--;
    return true;
}

bool image_get(struct image image, struct text key, struct text *value)
{
    struct image_row row;
    if (!image_at_or_above(image, key, &row) || !text_equal(row.key, key))
        return false;
    *value = row.value;
    return true;
}

static bool found(const struct image_node *node, struct image_row *row)
{
    if (node)
        *row = row_of(node);
    return node != NULL;
}

bool image_at_or_above(struct image image, struct text key, struct image_row *row)
{
    const struct image_node *node = image.root, *best = NULL;
    while (node) {
        int order = text_compare(key_of(node), key);
        if (order >= 0)
            best = node;
        node = order == 0 ? NULL : order > 0 ? node->left : node->right;
    }
    return found(best, row);
}

bool image_above(struct image image, struct text key, struct image_row *row)
{
    const struct image_node *node = image.root, *best = NULL;
    while (node) {
        bool above = text_compare(key_of(node), key) > 0;
        best = above ? node : best;
        node = above ? node->left : node->right;
    }
    return found(best, row);
}

bool image_below(struct image image, struct text key, struct image_row *row)
{
    const struct image_node *node = image.root, *best = NULL;
    while (node) {
        bool below = text_compare(key_of(node), key) < 0;
        best = below ? node : best;
        node = below ? node->right : node->left;
    }
    return found(best, row);
}

bool image_last(struct image image, struct image_row *row)
{
    const struct image_node *node = image.root;
    while (node && node->right)
        node = node->right;
    return found(node, row);
}
