/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * trie-filter.h -- a set of hashes that may say yes too often, in one cache line a question
 *
 * A blocked Bloom filter: the upper half of a hash names 32 octets, and six lower bits of it a bit
 * in each of their four words.
 *
 * Threads: as trie.h.
 */
#ifndef BT_TRIE_FILTER_H
#define BT_TRIE_FILTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { BT_FILTER_BITS = 8 /* a hash: about 2 in 100 others pass */, BT_FILTER_WORDS = 4 };

struct bt_filter {
	uint64_t (*lines)[BT_FILTER_WORDS];
	uint64_t count;
};

/* Makes the filter of `count` hashes. False if memory runs out. */
bool bt_filter_make(struct bt_filter *filter, const uint64_t *hashes, size_t count);

void bt_filter_free(struct bt_filter *filter);

static inline uint64_t *bt_filter_line(const struct bt_filter *filter, uint64_t hash)
{
	return filter->lines[(hash >> 32) * filter->count >> 32];
}

static inline bool bt_filter_has(const struct bt_filter *filter, uint64_t hash)
{
	const uint64_t *line = bt_filter_line(filter, hash);
	uint64_t all = 1;
	for (unsigned i = 0; i < BT_FILTER_WORDS; i++)
		all &= line[i] >> (hash >> 6 * i & 63);
	return all;
}

/* Another hash of the same thing, which falls into the same line. */
static inline uint64_t bt_filter_other(uint64_t hash)
{
	return (hash & ~(uint64_t)0xffffff) | (hash >> 24 & 0xffffff);
}

#endif
