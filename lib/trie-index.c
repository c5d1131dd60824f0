/* SPDX-License-Identifier: BSD-3-Clause */
/* trie-index.c -- which block can hold matches of a name */

#include <stdlib.h>
#include <string.h>

#include "trie-format.h"
#include "trie-index.h"

static inline unsigned label_end(const uint8_t *key, unsigned at)
{
	return at + key[at] + 1;
}

static const struct bt_head *find_head(const struct bt_index *index, const uint8_t *key)
{
	uint64_t hash = XXH3_64bits_withSeed(key, label_end(key, 0), index->head_seed) | 1;
	uint64_t at = hash >> 32;
	for (unsigned probes = 0; probes < BT_INDEX_PROBES_MAX; probes++, at++) {
		const struct bt_head *head = &index->heads[at & index->head_mask];
		if (head->hash == hash)
			return head;
		if (head->hash == 0)
			break;
	}
	return NULL;
}

/* Only for names below a top-level label that is not listed itself. */
static bool may_match(const struct bt_index *index, const uint8_t *key, unsigned labels)
{
	if (labels < 2)
		return false;
	unsigned end = label_end(key, label_end(key, 0));
	uint64_t hash = XXH3_64bits_withSeed(key, end, index->filter_seed);
	if (bt_filter_has(&index->filter, hash))
		return true;
	if (labels < 3 || !bt_filter_has(&index->filter, bt_filter_other(hash)))
		return false;
	hash = XXH3_64bits_withSeed(key, label_end(key, end), index->filter_seed);
	return bt_filter_has(&index->filter, hash);
}

/* 57 bits at least from bit `at` on, the first one on top. */
static inline uint64_t load_bits(const uint8_t *key, unsigned at)
{
	return __builtin_bswap64(bt_get64(key + at / 8)) << at % 8;
}

static uint32_t walk(const struct bt_index *index, uint32_t number, const struct bt_probe *probe)
{
	for (;;) {
		const struct bt_node *node = &index->nodes[number];
		const uint32_t *leaves = index->leaves + node->first_leaf;
		if (node->at > 8 * probe->size + 7) /* below another label with the same hash */
			return leaves[0];
		uint64_t window = load_bits(probe->bytes, node->at);
		uint32_t skipped = (uint32_t)(window >> 32 >> (32 - node->skip));
		if (skipped != node->skipped)
			return leaves[skipped < node->skipped ? 0 : node->leaves - 1];
		uint64_t slot = (uint64_t)1 << (window << node->skip >> 58);
		if ((node->children & slot) == 0)
			return leaves[__builtin_popcountll(node->bounds & (slot | (slot - 1)))];
		number =
		    node->first_child + (uint32_t)__builtin_popcountll(node->children & (slot - 1));
	}
}

/* By the piece: no size is known when compiling, and most keys are short. */
static void fill_probe(struct bt_probe *probe, const struct bt_key *key)
{
	enum { PIECE = 16 };
	unsigned size = key->len;
	if (size <= BT_KEY_MAX / PIECE * PIECE)
		for (unsigned at = 0; at < size; at += PIECE)
			memcpy(probe->bytes + at, key->bytes + at, PIECE);
	else
		memcpy(probe->bytes, key->bytes, BT_KEY_MAX);
	memset(probe->bytes + size, 0, BT_PROBE_PADDING);
	probe->size = size;
}

bool bt_index_find(
    const struct bt_index *index, const struct bt_key *key, struct bt_probe *probe, uint32_t *block)
{
	if (key->labels == 0)
		return false;
	const struct bt_head *head = find_head(index, key->bytes);
	if (head == NULL || (!head->listed && !may_match(index, key->bytes, key->labels)))
		return false;
	fill_probe(probe, key);
	*block = head->below & BT_INDEX_NODE ? walk(index, head->below & ~BT_INDEX_NODE, probe)
					     : head->below;
	return true;
}

void bt_index_free(struct bt_index *index)
{
	free(index->heads);
	free(index->nodes);
	free(index->leaves);
	bt_filter_free(&index->filter);
	index->heads = NULL;
	index->nodes = NULL;
	index->leaves = NULL;
}
