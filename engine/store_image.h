/* store_image: ordered rows in memory, of which any number of states can be kept at once. The memory store is made of these.
 *
 * A treap (a tree ordered by key, and a heap by a number computed from the key, which keeps it flat without chance). Nodes
 * are shared between images and counted: keeping a state costs one count, and a change copies only the nodes on its way
 * down, and those only while another image holds them too. Running out of memory ends the process: this is for tests,
 * scenarios and the simulator. */
#ifndef STAIRCASE_STORE_IMAGE_H
#define STAIRCASE_STORE_IMAGE_H

#include "proto/text.h"

struct image_node;

struct image {
    struct image_node *root; /* NULL: empty */
    uint64_t rows;
};

/* Another image with the same rows; each is dropped for itself. */
struct image image_share(struct image image);
void image_drop(struct image *image);

/* A row as it lies in the image, valid until the image changes or is dropped. */
struct image_row {
    struct text key, value;
};

bool image_get(struct image image, struct text key, struct text *value);
void image_put(struct image *image, struct text key, struct text value);
/* False: there was no such row. */
bool image_delete(struct image *image, struct text key);

/* Neighbours of a key that may be there or not; false: there is none. */
bool image_at_or_above(struct image image, struct text key, struct image_row *row);
bool image_above(struct image image, struct text key, struct image_row *row);
bool image_below(struct image image, struct text key, struct image_row *row);
bool image_last(struct image image, struct image_row *row);

#endif
