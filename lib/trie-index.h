/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * trie-index.h -- which block can hold matches of a name
 *
 * Made from the names when a trie is opened, never stored. Three steps, each of which can end a
 * lookup:
 *
 *   heads    a hash table of the top-level labels that names end in
 *   filter   of the names' first two labels; of the first three where many names share two
 *   nodes    below each head a radix tree over the bits that tell the blocks' first names apart
 *
 * Two names between which a block begins are told apart by the later one's bits up to the first
 * that differs, which is set: the separator. With zero bits after their end, keys sort as they do
 * without (a label's length is never 0), so a separator is not above what it begins, and above
 * everything before.
 *
 * Threads: as trie.h.
 */
#ifndef BT_TRIE_INDEX_H
#define BT_TRIE_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"
#include "trie-block.h"
#include "trie-filter.h"

/* Where a block begins in the file, or (BT_INDEX_NODE) the number of a node. */
#define BT_INDEX_NODE 0x80000000u

enum { BT_INDEX_PROBES_MAX = 128 /* heads looked at in a lookup */ };

struct bt_head {
	uint64_t hash; /* of the label, lowest bit set; 0: no head here */
	uint32_t below;
	bool listed; /* the label is a listed name itself */
};

/*
 * Compares `skip` bits of the key from bit `at` on, then branches on six. Slots with a child have
 * their bit in `children`; the others have leaves, and where the leaf is another one than the slot
 * before, its bit is set in `bounds`.
 */
struct bt_node {
	uint64_t children, bounds;
	uint32_t first_child;
	uint32_t first_leaf; /* for keys before all slots, and slots before the first bound */
	uint32_t skipped;
	uint16_t at;
	uint8_t skip;   /* 0 to 32 */
	uint8_t leaves; /* the last one for keys behind all slots, too */
};

struct bt_index {
	uint64_t head_seed, filter_seed;
	uint32_t head_mask;
	struct bt_head *heads; /* open addressing; head_mask + 1 of them */
	struct bt_filter filter;
	struct bt_node *nodes;
	uint32_t *leaves; /* where blocks begin */
	size_t octets;    /* of all this */
};

/*
 * Whether there is a block that can hold the key or an ancestor of it, and where: the last one that
 * begins with a name not above the key. Fills *probe with the key then.
 */
bool bt_index_find(const struct bt_index *index, const struct bt_key *key, struct bt_probe *probe,
    uint32_t *block);

void bt_index_free(struct bt_index *index);

/* ---- making ---- */

struct bt_index_maker;

bool bt_index_start(struct bt_index_maker **maker, uint64_t seed, struct bt_err *err);

/* Frees the maker and sets *maker to NULL. NULL is fine. */
void bt_index_maker_free(struct bt_index_maker **maker);

/*
 * The next name begins a block, at `offset` in the file (below BT_INDEX_NODE). `before` is what the
 * name before has where they first differ, 0 if it ends there.
 */
bool bt_index_block(struct bt_index_maker *maker, const uint8_t *key, unsigned shared,
    uint8_t before, uint32_t offset, struct bt_err *err);

/* The next name in key order, not the root; `shared` is what it has in common with the one before.
 */
bool bt_index_name(struct bt_index_maker *maker, const uint8_t *key, unsigned size, unsigned shared,
    struct bt_err *err);

/* The index, to be freed with bt_index_free. */
bool bt_index_make(struct bt_index_maker *maker, struct bt_index *index, struct bt_err *err);

#endif
