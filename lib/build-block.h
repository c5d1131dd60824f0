/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * build-block.h -- names to the bytes of a block (trie-block.h reads them)
 *
 * Threads: none of it is shared.
 */
#ifndef BT_BUILD_BLOCK_H
#define BT_BUILD_BLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "build.h"

/* A listed ancestor of a name: the octets of its key and its class. */
struct bt_build_ancestor {
	uint8_t octets;
	uint32_t class_id;
};

/* The number of names from names[0] on that fill a block; shared[i] as in bt_block_write. */
size_t bt_block_fit(const struct bt_build_name *names, const uint8_t *shared, size_t count,
    unsigned ancestors, unsigned class_size);

/*
 * Writes a block of the names, which bt_block_fit allows, and returns its octets. shared[i] is what
 * name i has in common with the one before it.
 */
size_t bt_block_write(uint8_t *to, const struct bt_build_name *names, const uint8_t *shared,
    size_t count, const struct bt_build_ancestor *above, unsigned ancestors, unsigned class_size);

#endif
