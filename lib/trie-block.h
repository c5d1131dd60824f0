/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * trie-block.h -- a block: a run of neighbouring names, and what is listed above all of them
 *
 * This file, trie-block.c and build-block.c are all that knows how names are coded in a block.
 *
 * One block answers a lookup: a listed name before the block that is an ancestor of a name within
 * the block's part of the key order is an ancestor of the block's first name too (every key between
 * a key and one of its extensions extends it), and all such ancestors stand in the block.
 *
 * Threads: as trie.h.
 */
#ifndef BT_TRIE_BLOCK_H
#define BT_TRIE_BLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"
#include "name.h"
#include "trie.h"

/* Where the parts of a block are. */
struct bt_block {
	unsigned names, ancestors, classes, base, first_size, class_size;
	const uint8_t *first;    /* key of the first name */
	const uint8_t *above;    /* ancestors: octets of the key, class */
	const uint8_t *palette;  /* classes */
	const uint8_t *index;    /* per name: number of its class in the palette */
	const uint8_t *heads;    /* per further name: two nibbles */
	const uint8_t *tails;    /* per further name: what it does not share with the one before */
	const uint8_t *end;
};

/* Where the parts of the block at `bytes` are, without looking further. */
struct bt_block bt_block_view(const uint8_t *bytes, unsigned class_size);

/* As bt_block_view, and fails if they are not within the first `left` octets. */
bool bt_block_open(struct bt_block *block, const uint8_t *bytes, size_t left, unsigned class_size,
    struct bt_err *err);

/* Class of the block's name number `i`. */
uint32_t bt_block_class(const struct bt_block *block, unsigned i);

/* The names of a block, one after the other. */
struct bt_block_cursor {
	struct bt_block block;
	const uint8_t *tail;
	unsigned next;   /* number of the next name */
	unsigned shared; /* octets that the key shares with the one before it in the block */
	unsigned size;   /* of the key */
	uint8_t key[BT_KEY_MAX];
};

/* At the first name of the block. */
void bt_block_start(struct bt_block_cursor *cursor, const struct bt_block *block);

/* Moves to the next name. */
void bt_block_next(struct bt_block_cursor *cursor);

/* As bt_block_next, and fails if the block has no well-formed name there, or one out of order. */
bool bt_block_next_checked(struct bt_block_cursor *cursor, struct bt_err *err);

/*
 * Adds the names at `bytes` that are `key` or an ancestor of it to matches[], shortest first. The
 * block must be verified. Returns the new count.
 */
unsigned bt_block_match(const uint8_t *bytes, unsigned class_size, const struct bt_key *key,
    struct bt_match *matches, unsigned count);

#endif
