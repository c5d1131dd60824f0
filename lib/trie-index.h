/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * trie-index.h -- which block can hold matches of a name
 *
 * Made from the names when a trie is opened, never stored. Three steps, each of which can end a
 * lookup:
 *
 *   heads    a hash table of the top-level labels that names end in
 *   filter   of the names' first two labels; of three where these two are no listed name
 *   trees    below each head a search tree over the octets that tell the blocks' first names apart
 *
 * Two names between which a block begins are told apart by the later one's octets up to the first
 * that differs: the separator. With zeros after their end, keys sort as they do without (a label's
 * length is never 0), so a separator is not above what it begins, and above everything before.
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

/* Where a block begins in the file, or (BT_INDEX_TREE) the number of a tree. */
#define BT_INDEX_TREE 0x80000000u

enum { BT_INDEX_PROBES_MAX = 128 /* heads looked at in a lookup */ };

struct bt_head {
	uint64_t hash; /* of the label, lowest bit set; 0: no head here */
	uint32_t below;
	bool listed; /* the label is a listed name itself */
};

/* Where the label of a key that begins at `at` ends. */
static inline unsigned bt_label_end(const uint8_t *key, unsigned at)
{
	return at + key[at] + 1;
}

/*
 * Hash of the first `size` octets of a key. Short ones, which most are, take two factors
 * (multiplicative hashing, as in Knuth, The Art of Computer Programming 3, 6.4). Eight octets must
 * be there to be loaded.
 */
static inline uint64_t bt_index_hash(const uint8_t *key, unsigned size, uint64_t seed)
{
	uint64_t hash = bt_get64(key), last = 0;
	if (size > 16)
		return XXH3_64bits_withSeed(key, size, seed);
	if (size < 8)
		hash &= UINT64_MAX >> (64 - 8 * size);
	else
		last = bt_get64(key + size - 8);
	hash = (hash ^ seed) * UINT64_C(0x9e3779b97f4a7c15);
	hash = ((hash ^ hash >> 32) + last + size) * UINT64_C(0xd6e8feb86659fd93);
	return hash ^ hash >> 32;
}

enum {
	BT_WINDOW = 4, /* octets of keys that a tree tells apart */
	BT_LINE = 16,  /* windows in a cache line */
	BT_SKIP_MAX = 8,
	BT_LEVELS_MAX = 7, /* 16 x 17^6 windows: there are fewer blocks in 2 GiB */
};

/* In ascending order. Of windows as numbers, the highest bit is turned, as vectors have signs. */
struct bt_line {
	int32_t windows[BT_LINE];
};

/*
 * Compares `skip` octets of the key from `at` on, then the window that begins behind them: refs[]
 * has where keys below all windows go, and for each window where keys from it on go. If that is
 * another tree, keys above the window go to that one's last block.
 *
 * The windows stand in the last level's lines. The lines above have the lowest windows below each
 * of their 17 children but the first.
 */
struct bt_tree {
	uint64_t skipped;
	uint32_t first_ref, last;
	uint32_t count; /* of windows */
	uint16_t at;
	uint8_t skip, levels;
	uint32_t lines[BT_LEVELS_MAX]; /* where each level begins */
};

static inline int32_t bt_window(uint32_t octets)
{
	return (int32_t)(octets ^ 0x80000000u);
}

struct bt_index {
	uint64_t head_seed, filter_seed;
	unsigned head_bits;
	struct bt_head *heads; /* 2^head_bits; open addressing from the hash's highest bits on */
	bool tops_listed;      /* some top-level labels are */
	struct bt_filter filter;
	struct bt_tree *trees;
	struct bt_line *lines;
	uint32_t *refs;
	size_t octets; /* of all this */
};

static inline size_t bt_index_heads(const struct bt_index *index)
{
	return (size_t)1 << index->head_bits;
}

/*
 * Whether there is a block that can hold the key or an ancestor of it, and where: the last one that
 * begins with a name not above the key.
 */
bool bt_index_find(const struct bt_index *index, const struct bt_key *key, uint32_t *block);

/* Begins to fetch what bt_index_find will read first. */
void bt_index_prefetch(const struct bt_index *index, const struct bt_key *key);

void bt_index_free(struct bt_index *index);

/* ---- making ---- */

struct bt_index_maker;

bool bt_index_start(struct bt_index_maker **maker, uint64_t seed, struct bt_err *err);

/* Frees the maker and sets *maker to NULL. NULL is fine. */
void bt_index_maker_free(struct bt_index_maker **maker);

/*
 * The next name begins a block, at `offset` in the file (below BT_INDEX_TREE). It has
 * `shared` octets in common with the name before.
 */
bool bt_index_block(struct bt_index_maker *maker, const uint8_t *key, unsigned shared,
    uint32_t offset, struct bt_err *err);

/* The next name in key order, not the root; `shared` is what it has in common with the one before.
 */
bool bt_index_name(struct bt_index_maker *maker, const uint8_t *key, unsigned size, unsigned shared,
    struct bt_err *err);

/* The index, to be freed with bt_index_free. */
bool bt_index_make(struct bt_index_maker *maker, struct bt_index *index, struct bt_err *err);

#endif
