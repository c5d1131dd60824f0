/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * trie-block.h -- a block: a run of neighbouring names, and what is listed above all of them
 *
 * trie-block.c and build-block.c are all that knows how names are coded in a block.
 *
 * One block answers a lookup. A name asked for falls between the first names of two blocks; each
 * ancestor of it that is listed before the block is an ancestor of the block's first name too, as
 * every key between a key and one of its extensions extends it. These ancestors stand in the block.
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

enum { BT_PROBE_PADDING = 16 };

/* A key with zero octets after it: eight can be loaded from wherever it has one, or its end. */
struct bt_probe {
	unsigned size;
	uint8_t bytes[BT_KEY_MAX + 1 + BT_PROBE_PADDING];
};

/* Where the parts of a block are. Those from heads to rests are for each name but the first. */
struct bt_block {
	unsigned names, ancestors, classes, base, first_size, class_size;
	const uint8_t *first;   /* key of the first name */
	const uint8_t *above;   /* listed ancestors of it before the block: octets, class */
	const uint8_t *palette; /* classes that occur */
	const uint8_t *index;   /* for each name: number of its class in the palette */
	const uint8_t *heads;   /* how much it shares with the one before, and octets of its tail */
	const uint8_t *firsts;  /* the first octet that it does not share */
	const uint8_t *tails;   /* the others */
	const uint8_t *rests;   /* of long tails */
	const uint8_t *end;
};

/* Finds the parts of the block at `bytes`, of which `left` can be read, and checks their sizes. */
bool bt_block_open(struct bt_block *block, const uint8_t *bytes, size_t left, unsigned class_size,
    struct bt_err *err);

/* Ancestor number `i`: the octets of its key, which begins the first name's, and its class. */
unsigned bt_block_ancestor(const struct bt_block *block, unsigned i, uint32_t *class_id);

/* The names of a block, one after the other. */
struct bt_block_cursor {
	const struct bt_block *block;
	const uint8_t *tail, *rest; /* of the name after the current one */
	unsigned next;              /* number of the name after the current one */
	unsigned
	    shared;    /* octets that the current key shares with the one before; 0 for the first */
	unsigned size; /* octets of the current key */
	uint32_t class_id;
	uint8_t key[BT_KEY_MAX];
};

/* Before the first name. */
void bt_block_start(struct bt_block_cursor *cursor, const struct bt_block *block);

/*
 * Moves to the next name; there are block->names. Fails if it is not well coded, has no class or
 * is not above the one before it; whether it is a key is not looked at.
 */
bool bt_block_next(struct bt_block_cursor *cursor, struct bt_err *err);

/*
 * Puts the names that are the probe or an ancestor of it into matches[], from number `count` on,
 * shortest first, and returns the new count. The block must have been verified.
 */
unsigned bt_block_match(const uint8_t *bytes, unsigned class_size, const struct bt_probe *probe,
    struct bt_match *matches, unsigned count);

#endif
