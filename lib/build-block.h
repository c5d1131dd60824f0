/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * build-block.h -- names to the bytes of a block, which trie-block.h reads
 *
 * Threads: none of it is shared.
 */
#ifndef BT_BUILD_BLOCK_H
#define BT_BUILD_BLOCK_H

#include <stddef.h>
#include <stdint.h>

#include "build-codebook.h"
#include "build.h"

enum { BT_BUILD_BLOCK_MAX = 4096 /* octets of a block that is built here are fewer */ };

/* Names from which a block is to be made: as many of the first as fit. */
struct bt_build_run {
	const struct bt_build_name *names;
	const uint8_t *shared; /* for each: octets that it has in common with the one before it */
	size_t count;          /* at least 1 */
	/* The listed ancestors of the first name, from the shortest on. */
	const struct bt_build_name *const *ancestors;
	unsigned ancestor_count;
	unsigned class_size;
	const struct bt_coder *coder;
};

/* Writes the next block and returns its octets; *taken is how many names it has. */
size_t bt_build_block(
    uint8_t to[static BT_BUILD_BLOCK_MAX], const struct bt_build_run *run, size_t *taken);

#endif
