/* SPDX-License-Identifier: BSD-3-Clause */
/* trie-view.h -- an open trie, and a look into its blocks (private to lib/trie*.c) */
#ifndef BT_TRIE_VIEW_H
#define BT_TRIE_VIEW_H

#include "trie-format.h"
#include "trie.h"

struct bt_trie {
	uint8_t *bytes; /* the whole file; everything below points into it */
	size_t size;
	const uint8_t *filter, *nodes, *children, *offsets, *leaves;
	uint64_t filter_blocks;
	uint32_t node_count, child_count, blocks, flags;
	size_t leaves_size;
	uint64_t names, digest;
	struct bt_policy *policy;
};

/* A block taken apart. */
struct bt_block {
	unsigned keys, ancestors, palette_size, first_size;
	const uint8_t *palette, *inherited, *indices;
	const uint8_t *lcp, *sizes; /* of keys 1 ... keys - 1 */
	const uint8_t *octets;      /* the first key, then the suffixes */
};

static inline struct bt_block bt_block_at(const struct bt_trie *trie, uint32_t number)
{
	const uint8_t *at = trie->leaves + bt_get32(trie->offsets + (size_t)number * 4);
	struct bt_block block = {
	    .keys = at[BT_BLOCK_AT_KEYS],
	    .ancestors = at[BT_BLOCK_AT_ANCESTORS],
	    .palette_size = at[BT_BLOCK_AT_PALETTE],
	    .first_size = at[BT_BLOCK_AT_FIRST],
	    .palette = at + BT_BLOCK_HEADER,
	};
	block.inherited = block.palette + block.palette_size * BT_CLASS_SIZE;
	block.indices = block.inherited + block.ancestors * BT_ANCESTOR_SIZE;
	block.lcp = block.indices + (block.keys * bt_index_bits(block.palette_size) + 7) / 8;
	block.sizes = block.lcp + (block.keys - 1);
	block.octets = block.sizes + (block.keys - 1);
	return block;
}

/* Which entry of the palette key `i` has. */
static inline unsigned bt_block_index(const struct bt_block *block, unsigned i)
{
	unsigned bits = bt_index_bits(block->palette_size);
	if (bits == 0)
		return 0;
	return (unsigned)block->indices[i * bits / 8] >> (i * bits % 8) & ((1u << bits) - 1);
}

static inline uint32_t bt_block_class(const struct bt_block *block, unsigned i)
{
	return bt_get24(block->palette + bt_block_index(block, i) * BT_CLASS_SIZE);
}

static inline const uint8_t *bt_node_at(const struct bt_trie *trie, uint32_t number)
{
	return trie->nodes + (size_t)number * BT_NODE_SIZE;
}

/* Children whose octet is below `octet`; *has tells whether `octet` itself has one. */
static inline unsigned bt_node_rank(const uint8_t *node, uint8_t octet, bool *has)
{
	unsigned rank = 0;
	for (unsigned word = 0; word < octet / 64u; word++)
		rank += (unsigned)__builtin_popcountll(bt_get64(node + 8 * word));
	uint64_t bits = bt_get64(node + 8 * (octet / 64u));
	*has = bits >> (octet % 64u) & 1;
	return rank + (unsigned)__builtin_popcountll(bits & ((1ull << (octet % 64u)) - 1));
}

static inline unsigned bt_node_children(const uint8_t *node)
{
	unsigned children = 0;
	for (unsigned word = 0; word < 4; word++)
		children += (unsigned)__builtin_popcountll(bt_get64(node + 8 * word));
	return children;
}

static inline uint32_t bt_child(const struct bt_trie *trie, uint32_t number)
{
	return bt_get32(trie->children + (size_t)number * 4);
}

/* Sections, checksums and every offset. The policy is opened on the way. */
bool bt_trie_verify(struct bt_trie *trie, struct bt_err *err);

#endif
