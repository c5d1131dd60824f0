/* SPDX-License-Identifier: BSD-3-Clause */
/* trie.c -- the compiled lists, read only */

#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "trie-view.h"

enum {
	BLOCK_USUAL = 1024,   /* octets of a block: bt_build makes them so */
	CACHE_LINE = 64,
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
static void prefetch(const struct bt_trie *trie, size_t at)
{
	size_t end = trie->size - at < BLOCK_USUAL ? trie->size : at + BLOCK_USUAL;
	for (; at < end; at += CACHE_LINE)
		__builtin_prefetch(trie->bytes + at);
}

unsigned bt_trie_match(const struct bt_trie *trie, const struct bt_key *key,
    struct bt_match matches[static BT_MATCHES_MAX])
{
	unsigned count = 0;
	if (trie->root != BT_TRIE_NO_CLASS)
		matches[count++] = (struct bt_match){.class_id = trie->root};
	struct bt_probe probe;
	uint32_t block;
	if (!bt_index_find(&trie->index, key, &probe, &block))
		return count;
	prefetch(trie, block);
	return bt_block_match(trie->bytes + block, trie->class_size, &probe, matches, count);
}

void bt_trie_match_batch(const struct bt_trie *trie, const struct bt_key *const *keys,
    unsigned count, struct bt_match (*matches)[BT_MATCHES_MAX], unsigned *counts)
{
	for (unsigned i = 0; i < count; i++)
		counts[i] = bt_trie_match(trie, keys[i], matches[i]);
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
		if (!bt_block_open(&block, at, (size_t)(end - at), trie->class_size, NULL))
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
