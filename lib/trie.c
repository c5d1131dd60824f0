/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * trie.c -- the compiled lists, read only: lookup
 *
 * A lookup asks the filter (one cache line), walks the radix nodes to the one block whose keys
 * stand around the queried one, and reads that block. One block is enough: a listed name before it
 * that is an ancestor of the queried name is an ancestor of the block's first key as well, because
 * every key between a key and one that it is a prefix of has that prefix, too; and those ancestors
 * the block carries with it.
 */

#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "trie-view.h"

/*****************************************************************************
 *
 *  lookup
 */

static bool may_match(const struct bt_trie *trie, const struct bt_key *key)
{
	if (trie->flags & BT_TRIE_ROOT_LISTED)
		return true;
	if (key->len == 0)
		return false;
	return bt_filter_has(trie->filter, trie->filter_blocks, key->bytes,
		   bt_two_labels(key->bytes, key->len)) ||
	       ((trie->flags & BT_TRIE_SHORT_LISTED) != 0 &&
		   bt_filter_has(
		       trie->filter, trie->filter_blocks, key->bytes, bt_one_label(key->bytes)));
}

static uint32_t first_block(const struct bt_trie *trie, uint32_t child)
{
	return child & BT_CHILD_BLOCK ? child & ~BT_CHILD_BLOCK
				      : bt_get32(bt_node_at(trie, child) + BT_NODE_AT_FIRST_BLOCK);
}

/*
 * How the key's octets from `depth` on compare with the octets that the node skips: below 0 or
 * above if the key stands before or behind everything under the node.
 */
static int compare_skip(
    const uint8_t *node, unsigned skip, const struct bt_key *key, unsigned depth)
{
	for (unsigned i = 0; i < skip; i++) {
		if (depth + i == key->len)
			return -1;
		int difference = key->bytes[depth + i] - node[BT_NODE_AT_OCTETS + i];
		if (difference != 0)
			return difference;
	}
	return 0;
}

/*
 * The last block that begins with the key or a smaller one; or the one behind it, if the nodes do
 * not tell them apart. Numbers are one too big here, so that "before the first block" is 0.
 */
static uint32_t find_block(const struct bt_trie *trie, const struct bt_key *key)
{
	if (trie->node_count == 0)
		return 1;
	uint32_t child = 0, last = trie->blocks; /* `last`: the last block under this node */
	for (unsigned depth = 0; !(child & BT_CHILD_BLOCK); depth++) {
		const uint8_t *node = bt_node_at(trie, child);
		unsigned skip = node[BT_NODE_AT_SKIP] & BT_NODE_SKIP_MASK;
		bool terminal = node[BT_NODE_AT_SKIP] & BT_NODE_TERMINAL;
		uint32_t before = bt_get32(node + BT_NODE_AT_FIRST_BLOCK) + (terminal ? 1 : 0);
		int order = compare_skip(node, skip, key, depth);
		if (order < 0)
			return bt_get32(node + BT_NODE_AT_FIRST_BLOCK);
		if (order > 0)
			return last;
		depth += skip;
		if (depth == key->len)
			return before;
		bool has;
		unsigned rank = bt_node_rank(node, key->bytes[depth], &has);
		uint32_t children = bt_get32(node + BT_NODE_AT_CHILDREN);
		unsigned next = rank + (has ? 1 : 0);
		if (next < bt_node_children(node))
			last = first_block(trie, bt_child(trie, children + next));
		if (!has)
			return last;
		child = bt_child(trie, children + rank);
	}
	return (child & ~BT_CHILD_BLOCK) + 1;
}

struct found {
	struct bt_match *matches;
	unsigned count;
};

static void add(struct found *found, const struct bt_key *key, size_t size, uint32_t class_id)
{
	unsigned labels = 0;
	for (size_t at = 0; at < size; at += key->bytes[at] + 1u)
		labels++;
	found->matches[found->count++] =
	    (struct bt_match){.class_id = class_id, .labels = (uint8_t)labels};
}

/* Octets that the key shares with `octets`, from `from` on; at most `size` are looked at. */
static unsigned share(const struct bt_key *key, unsigned from, const uint8_t *octets, unsigned size)
{
	unsigned most = key->len - from < size ? key->len - from : size;
	unsigned i = 0;
	while (i < most && key->bytes[from + i] == octets[i])
		i++;
	return i;
}

/*
 * `matched` is how far the key agrees with the block's key at hand, which stands before it. A key
 * that shares more with its predecessor than ours does stands before ours as well; one that shares
 * less stands behind.
 */
static void search_block(
    const struct bt_block *block, const struct bt_key *key, unsigned matched, struct found *found)
{
	const uint8_t *suffix = block->octets + block->first_size;
	for (unsigned i = 1; i < block->keys; suffix += block->sizes[i - 1], i++) {
		unsigned lcp = block->lcp[i - 1], size = block->sizes[i - 1];
		if (lcp > matched)
			continue;
		if (lcp < matched)
			return;
		unsigned more = share(key, lcp, suffix, size);
		matched = lcp + more;
		if (more == size)
			add(found, key, matched, bt_block_class(block, i));
		else if (matched == key->len || suffix[more] > key->bytes[matched])
			return;
	}
}

/* False if the block begins behind the key. */
static bool match_block(
    const struct bt_trie *trie, uint32_t number, const struct bt_key *key, struct found *found)
{
	const struct bt_block block = bt_block_at(trie, number);
	unsigned matched = share(key, 0, block.octets, block.first_size);
	if (matched < block.first_size &&
	    (matched == key->len || key->bytes[matched] < block.octets[matched]))
		return false;
	for (unsigned i = 0; i < block.ancestors; i++) {
		const uint8_t *ancestor = block.inherited + i * BT_ANCESTOR_SIZE;
		if (ancestor[0] <= matched)
			add(found, key, ancestor[0], bt_get24(ancestor + 1));
	}
	if (matched == block.first_size)
		add(found, key, matched, bt_block_class(&block, 0));
	search_block(&block, key, matched, found);
	return true;
}

unsigned bt_trie_match(const struct bt_trie *trie, const struct bt_key *key,
    struct bt_match matches[static BT_MATCHES_MAX])
{
	struct found found = {matches, 0};
	if (!may_match(trie, key))
		return 0;
	uint32_t block = find_block(trie, key);
	if (block > 0 && !match_block(trie, block - 1, key, &found) && block > 1)
		(void)match_block(trie, block - 2, key, &found);
	return found.count;
}

/*****************************************************************************
 *
 *  open and close
 */

bool bt_trie_open(struct bt_trie **trie, void *bytes, size_t size, struct bt_err *err)
{
	struct bt_trie *t = calloc(1, sizeof(*t));
	if (t == NULL)
		return bt_fail(err, "out of memory");
	t->bytes = bytes;
	t->size = size;
	if (!bt_trie_verify(t, err)) {
		bt_policy_close(&t->policy);
		free(t);
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
	bt_policy_close(&(*trie)->policy);
	free((*trie)->bytes);
	free(*trie);
	*trie = NULL;
}

/*****************************************************************************
 *
 *  the rest
 */

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

uint64_t bt_trie_digest(const struct bt_trie *trie)
{
	return trie->digest;
}

bool bt_trie_each(const struct bt_trie *trie,
    bool (*each)(void *ctx, const uint8_t *key, size_t size, uint32_t class_id), void *ctx)
{
	uint8_t key[BT_KEY_MAX];
	for (uint32_t number = 0; number < trie->blocks; number++) {
		const struct bt_block block = bt_block_at(trie, number);
		const uint8_t *octets = block.octets;
		for (unsigned i = 0; i < block.keys; i++) {
			unsigned lcp = i == 0 ? 0 : block.lcp[i - 1];
			unsigned size = i == 0 ? block.first_size : block.sizes[i - 1];
			memcpy(key + lcp, octets, size);
			octets += size;
			if (!each(ctx, key, lcp + size, bt_block_class(&block, i)))
				return false;
		}
	}
	return true;
}
