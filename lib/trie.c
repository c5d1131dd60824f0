/* SPDX-License-Identifier: BSD-3-Clause */
/* trie.c -- the compiled lists, read only */

#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "trie-view.h"

enum {
	BLOCK_USUAL = 512, /* octets of a block: bt_build makes them so */
	CACHE_LINE = 64,
	NO_BLOCK = 0, /* where the header is */
};

/* ---- open and close ---- */

/* All but the file's bytes. */
static void free_trie(struct bt_trie *trie)
{
	bt_index_free(&trie->index);
	bt_policy_close(&trie->policy);
	free(trie);
}

bool bt_trie_open(struct bt_trie **trie, void *bytes, size_t size, struct bt_err *err)
{
	struct bt_trie *t = calloc(1, sizeof(*t));
	if (t == NULL)
		return bt_fail(err, "out of memory");
	t->bytes = bytes;
	t->size = size;
	if (!bt_trie_verify(t, err)) {
		free_trie(t);
		return false;
	}
	*trie = t;
	return true;
}

bool bt_trie_load(struct bt_trie **trie, const char *path, struct bt_err *err)
{
	void *bytes;
	size_t size;
	if (!bt_file_read(path, BT_TRIE_MAX, &bytes, &size, err))
		return false;
	if (bt_trie_open(trie, bytes, size, err))
		return true;
	free(bytes);
	return bt_fail_in(err, "%s", path);
}

void bt_trie_close(struct bt_trie **trie)
{
	if (*trie == NULL)
		return;
	free((*trie)->bytes);
	free_trie(*trie);
	*trie = NULL;
}

/* ---- names ---- */

/* All of the block at once, as most lookups that get here read much of it. */
static inline void prefetch(const struct bt_trie *trie, size_t at)
{
	const uint8_t *block = trie->bytes + at;
#pragma GCC unroll 16
	for (unsigned i = 0; i < BLOCK_USUAL; i += CACHE_LINE)
		__builtin_prefetch(block + i);
}

/* The matches in the block, if there is one; the root before them. */
static inline unsigned match_in(
    const struct bt_trie *trie, const struct bt_key *key, uint32_t block, struct bt_match *matches)
{
	struct bt_probe probe;
	unsigned count = 0;
	if (trie->root != BT_TRIE_NO_CLASS)
		matches[count++] = (struct bt_match){.class_id = trie->root};
	if (block == NO_BLOCK)
		return count;
	bt_probe_fill(&probe, key);
	return bt_block_match(trie->bytes + block, &trie->coding, &probe, matches, count);
}

/* The block to look into, which is being fetched, or NO_BLOCK. */
static inline uint32_t find_block(const struct bt_trie *trie, const struct bt_key *key)
{
	uint32_t block;
	if (!bt_index_find(&trie->index, key, &block))
		return NO_BLOCK;
	prefetch(trie, block);
	return block;
}

unsigned bt_trie_match(const struct bt_trie *trie, const struct bt_key *key,
    struct bt_match matches[static BT_MATCHES_MAX])
{
	return match_in(trie, key, find_block(trie, key), matches);
}

/* One step for all keys, then the next: what one step asks for has come before the next needs it.
 */
void bt_trie_match_batch(const struct bt_trie *trie, const struct bt_key *const *keys,
    unsigned count, struct bt_match (*matches)[BT_MATCHES_MAX], unsigned *counts)
{
	uint32_t blocks[BT_BATCH_MAX];
	for (unsigned i = 0; i < count; i++)
		bt_index_prefetch(&trie->index, keys[i]);
	for (unsigned i = 0; i < count; i++)
		blocks[i] = find_block(trie, keys[i]);
	for (unsigned i = 0; i < count; i++)
		counts[i] = match_in(trie, keys[i], blocks[i], matches[i]);
}

bool bt_trie_each(const struct bt_trie *trie,
    bool (*each)(void *ctx, const uint8_t *key, size_t size, uint32_t class_id), void *ctx)
{
	if (trie->root != BT_TRIE_NO_CLASS && !each(ctx, (const uint8_t *)"", 0, trie->root))
		return false;
	const uint8_t *at = trie->bytes + trie->blocks_at, *end = at + trie->blocks_size;
	while (at < end) {
		struct bt_block block;
		struct bt_block_cursor cursor;
		if (!bt_block_open(&block, at, (size_t)(end - at), &trie->coding, NULL))
			return false;
		bt_block_start(&cursor, &block);
		for (unsigned i = 0; i < block.names; i++)
			if (!bt_block_next(&cursor, NULL) ||
			    !each(ctx, cursor.key, cursor.size, cursor.class_id))
				return false;
		at = block.end;
	}
	return true;
}

/* ---- the rest ---- */

const struct bt_policy *bt_trie_policy(const struct bt_trie *trie)
{
	return trie->policy;
}

uint64_t bt_trie_names(const struct bt_trie *trie)
{
	return trie->names;
}

size_t bt_trie_size(const struct bt_trie *trie)
{
	return trie->size;
}

size_t bt_trie_memory(const struct bt_trie *trie)
{
	return sizeof(*trie) + trie->size + trie->index.octets;
}

uint64_t bt_trie_digest(const struct bt_trie *trie)
{
	return trie->digest;
}
