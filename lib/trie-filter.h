/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * trie-filter.h -- which names cannot have a match, in one cache line a question
 *
 * A blocked Bloom filter (Putze, Sanders, Singler: Cache-, Hash- and Space-Efficient Bloom Filters,
 * 2007): the upper half of a hash names four words, the lower half a bit in each. What it knows of
 * two labels, whether they are a name, have names below, and have any with four labels, is three
 * hashes of them, all in the same line. Of three labels it knows the first where two are no name,
 * and the second.
 *
 * Threads: as trie.h.
 */
#ifndef BT_TRIE_FILTER_H
#define BT_TRIE_FILTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "trie-code.h"
#include "trie-format.h"

enum {
	BT_FILTER_BITS = 9, /* a hash: about 1 in 50 others passes */
	BT_FILTER_WORDS = 4,
	BT_FILTER_LINE = BT_FILTER_WORDS * 8, /* octets */
};

struct bt_filter {
	const uint8_t *lines;
	uint64_t count, seed;
};

/* Where the label of a key that begins at `at` ends. */
static inline unsigned bt_label_end(const uint8_t *key, unsigned at)
{
	return at + key[at] + 1u;
}

/* With the seed, that of bt_key_hash for a filter. */
static inline uint64_t bt_filter_hash(uint64_t hash, uint64_t seed)
{
	hash = (hash ^ seed) * UINT64_C(0xd6e8feb86659fd93);
	return hash ^ hash >> 32;
}

/* Other hashes of the same thing, which fall into the same line. */
static inline uint64_t bt_filter_hash_below(uint64_t hash)
{
	return hash ^ UINT32_MAX;
}

static inline uint64_t bt_filter_hash_deep(uint64_t hash)
{
	return hash ^ UINT32_MAX / 3;
}

static inline size_t bt_filter_line(uint64_t count, uint64_t hash)
{
	return ((hash >> 32) * count >> 32) * BT_FILTER_LINE;
}

/* For each word six bits, which tell the bit in it. */
static inline uint64_t bt_filter_bits(uint64_t hash)
{
	return (hash & UINT32_MAX) * UINT64_C(0x9e3779b97f4a7c15) >> 16;
}

static inline bool bt_filter_has(const struct bt_filter *filter, uint64_t hash)
{
	const uint8_t *line = filter->lines + bt_filter_line(filter->count, hash);
	uint64_t bits = bt_filter_bits(hash), all = 1;
#pragma GCC unroll 4
	for (unsigned i = 0; i < BT_FILTER_WORDS; i++)
		all &= bt_get64(line + 8 * i) >> (bits >> 6 * i & 63);
	return all;
}

/* The first labels of a key, two or three: where they end, and hashes of them. */
struct bt_begin {
	unsigned end;
	uint64_t key_hash, hash;
};

static inline struct bt_begin bt_begin_two(const struct bt_filter *filter, const uint8_t *key)
{
	struct bt_begin begin = {.end = bt_label_end(key, bt_label_end(key, 0))};
	begin.key_hash = bt_key_hash(key, begin.end);
	begin.hash = bt_filter_hash(begin.key_hash, filter->seed);
	return begin;
}

static inline struct bt_begin bt_begin_three(
    const struct bt_filter *filter, const uint8_t *key, const struct bt_begin *two)
{
	struct bt_begin begin = {.end = bt_label_end(key, two->end)};
	begin.key_hash =
	    two->key_hash * BT_GOLDEN + bt_key_hash(key + two->end, begin.end - two->end);
	begin.hash = bt_filter_hash(begin.key_hash, filter->seed);
	return begin;
}

/* Begins to fetch what is asked for next. */
static inline void bt_filter_prefetch(const struct bt_filter *filter, const struct bt_begin *begin)
{
	__builtin_prefetch(filter->lines + bt_filter_line(filter->count, begin->hash));
}

/* Whether they are a name. */
static inline bool bt_filter_listed(const struct bt_filter *filter, const struct bt_begin *begin)
{
	return bt_filter_has(filter, begin->hash);
}

/* Whether they have names below. */
static inline bool bt_filter_below(const struct bt_filter *filter, const struct bt_begin *begin)
{
	return bt_filter_has(filter, bt_filter_hash_below(begin->hash));
}

/* Whether they, two labels, have names below with four labels or more. */
static inline bool bt_filter_deep(const struct bt_filter *filter, const struct bt_begin *begin)
{
	return bt_filter_has(filter, bt_filter_hash_deep(begin->hash));
}

#endif
