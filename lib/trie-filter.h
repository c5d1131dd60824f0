/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * trie-filter.h -- a set of hashes that may say yes too often, in one cache line a question
 *
 * A blocked Bloom filter (Putze, Sanders, Singler: Cache-, Hash- and Space-Efficient Bloom Filters,
 * 2007): the upper half of a hash names a line of eight words, the lower half a bit in each.
 *
 * Threads: as trie.h.
 */
#ifndef BT_TRIE_FILTER_H
#define BT_TRIE_FILTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { BT_FILTER_BITS = 12 /* a hash: about 1 in 250 others passes */, BT_FILTER_WORDS = 8 };

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

/* For each word six bits, which tell the bit in it. The factor is that of bt_index_hash. */
static inline uint64_t bt_filter_bits(uint64_t hash)
{
	return (hash & UINT32_MAX) * UINT64_C(0x9e3779b97f4a7c15) >> 16;
}

static inline bool bt_filter_has(const struct bt_filter *filter, uint64_t hash)
{
	const uint64_t *line = bt_filter_line(filter, hash);
	uint64_t bits = bt_filter_bits(hash), all = 1;
#pragma GCC unroll 8
	for (unsigned i = 0; i < BT_FILTER_WORDS; i++)
		all &= line[i] >> (bits >> 6 * i & 63);
	return all;
}

/* Another hash of the same thing, which falls into the same line. */
static inline uint64_t bt_filter_other(uint64_t hash)
{
	return hash ^ UINT32_MAX;
}

#endif
