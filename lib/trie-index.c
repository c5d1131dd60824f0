/* SPDX-License-Identifier: BSD-3-Clause */
/* trie-index.c -- which block can hold matches of a name */

#include <stdlib.h>
#include <string.h>

#include "trie-format.h"
#include "trie-index.h"

static inline const struct bt_head *find_head(const struct bt_index *index, const uint8_t *key)
{
	uint64_t hash = bt_index_hash(key, bt_label_end(key, 0), index->head_seed) | 1;
	uint64_t at = hash >> (64 - index->head_bits), mask = ((uint64_t)1 << index->head_bits) - 1;
	for (unsigned probes = 0; probes < BT_INDEX_PROBES_MAX; probes++, at++) {
		const struct bt_head *head = &index->heads[at & mask];
		if (head->hash == hash)
			return head;
		if (head->hash == 0)
			break;
	}
	return NULL;
}

/* Octets of the key's first two labels. */
static inline unsigned pair_end(const uint8_t *key)
{
	return bt_label_end(key, bt_label_end(key, 0));
}

/* Only for names below a top-level label that is not listed itself. */
static inline bool may_match(const struct bt_index *index, const uint8_t *key, unsigned labels)
{
	if (labels < 2)
		return false;
	unsigned end = pair_end(key);
	uint64_t hash = bt_index_hash(key, end, index->filter_seed);
	if (bt_filter_has(&index->filter, hash))
		return true;
	if (labels < 3 || !bt_filter_has(&index->filter, bt_filter_other(hash)))
		return false;
	hash = bt_index_hash(key, bt_label_end(key, end), index->filter_seed);
	return bt_filter_has(&index->filter, hash);
}

typedef int32_t four __attribute__((vector_size(16)));

static inline four load_four(const int32_t *at)
{
	four windows;
	memcpy(&windows, at, sizeof(windows));
	return windows;
}

/* Windows of the line that are not above this one. Comparing vectors gives -1 for true. */
static inline unsigned count_not_above(const struct bt_line *line, int32_t window)
{
	const four w = {window, window, window, window};
	const int32_t *at = line->windows;
	four above = (load_four(at) > w) + (load_four(at + 4) > w) + (load_four(at + 8) > w) +
		     (load_four(at + 12) > w);
	above += __builtin_shufflevector(above, above, 2, 3, 0, 1);
	above += __builtin_shufflevector(above, above, 1, 0, 3, 2);
	return (unsigned)(BT_LINE + above[0]);
}

/* Windows of the tree that are not above this one. */
static inline uint32_t rank(
    const struct bt_index *index, const struct bt_tree *tree, int32_t window)
{
	if (window == INT32_MAX) /* what unused windows are */
		return tree->count;
	uint32_t number = 0;
	for (unsigned level = 0; level + 1u < tree->levels; level++)
		number = number * (BT_LINE + 1) +
			 count_not_above(&index->lines[tree->lines[level] + number], window);
	number *= BT_LINE;
	__builtin_prefetch(&index->refs[tree->first_ref + number]);
	const struct bt_line *last = &index->lines[tree->lines[tree->levels - 1]];
	return number + count_not_above(&last[number / BT_LINE], window);
}

/* Eight octets of the key as a number, zeros behind its end, which `at` can be behind, too. */
static inline uint64_t load_key(const struct bt_key *key, unsigned at)
{
	unsigned left = at < key->len ? key->len - at : 0;
	left = left < 8 ? left : 8;
	uint8_t octets[8] = {0};
	if (at <= BT_KEY_MAX - 8)
		return __builtin_bswap64(bt_get64(key->bytes + at)) &
		       ~(UINT64_MAX >> 4 * left >> 4 * left);
	memcpy(octets, key->bytes + at, left);
	return __builtin_bswap64(bt_get64(octets));
}

static inline uint32_t walk(const struct bt_index *index, uint32_t number, const struct bt_key *key)
{
	for (;;) {
		const struct bt_tree *tree = &index->trees[number];
		const uint32_t *refs = index->refs + tree->first_ref;
		unsigned at = tree->at + tree->skip;
		if (tree->skip > 0) {
			uint64_t octets = load_key(key, tree->at) >> (64 - 8 * tree->skip);
			if (octets != tree->skipped)
				return octets < tree->skipped ? refs[0] : tree->last;
		}
		int32_t window = bt_window((uint32_t)(load_key(key, at) >> 32));
		uint32_t before = rank(index, tree, window);
		uint32_t to = refs[before];
		if ((to & BT_INDEX_TREE) == 0)
			return to;
		number = to & ~BT_INDEX_TREE;
		uint32_t last = tree->lines[tree->levels - 1];
		const struct bt_line *line = &index->lines[last + (before - 1) / BT_LINE];
		if (line->windows[(before - 1) % BT_LINE] != window)
			return index->trees[number].last;
	}
}

void bt_index_prefetch(const struct bt_index *index, const struct bt_key *key)
{
	if (key->labels >= 2)
		__builtin_prefetch(bt_filter_line(&index->filter,
		    bt_index_hash(key->bytes, pair_end(key->bytes), index->filter_seed)));
}

bool bt_index_find(const struct bt_index *index, const struct bt_key *key, uint32_t *block)
{
	if (key->labels == 0)
		return false;
	if (!index->tops_listed && !may_match(index, key->bytes, key->labels))
		return false; /* where most lookups end, after one cache line */
	const struct bt_head *head = find_head(index, key->bytes);
	if (head == NULL)
		return false;
	if (index->tops_listed && !head->listed && !may_match(index, key->bytes, key->labels))
		return false;
	*block = head->below & BT_INDEX_TREE ? walk(index, head->below & ~BT_INDEX_TREE, key)
					     : head->below;
	return true;
}

void bt_index_free(struct bt_index *index)
{
	free(index->heads);
	free(index->trees);
	free(index->lines);
	free(index->refs);
	bt_filter_free(&index->filter);
	index->heads = NULL;
	index->trees = NULL;
	index->lines = NULL;
	index->refs = NULL;
}
