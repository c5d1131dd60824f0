/* SPDX-License-Identifier: BSD-3-Clause */
/* build-index.c -- the radix nodes over the blocks' first keys, and the filter */

#include <string.h>

#include "build-parts.h"

/*****************************************************************************
 *
 *  index
 */

static const struct bt_build_name *first_key(const struct bt_parts *parts, size_t block)
{
	size_t name;
	memcpy(&name, parts->firsts.bytes + block * sizeof(name), sizeof(name));
	return &parts->names[name];
}

/* Octets from `depth` on that all first keys of the range share, at most BT_NODE_SKIP_MAX. */
static size_t shared_octets(const struct bt_parts *parts, size_t begin, size_t end, size_t depth)
{
	const struct bt_build_name *a = first_key(parts, begin), *b = first_key(parts, end - 1);
	size_t n = 0;
	while (n < BT_NODE_SKIP_MAX && depth + n < a->key_size && depth + n < b->key_size &&
	       a->key[depth + n] == b->key[depth + n])
		n++;
	return n;
}

/* The end of the run of blocks from `begin` on whose first keys have the same octet at `depth`. */
static size_t run_end(const struct bt_parts *parts, size_t begin, size_t end, size_t depth)
{
	uint8_t octet = first_key(parts, begin)->key[depth];
	size_t at = begin + 1;
	while (at < end && first_key(parts, at)->key[depth] == octet)
		at++;
	return at;
}

static bool put_node(struct bt_parts *parts, size_t begin, size_t end, size_t depth);

/* A child for each run; runs of several blocks get nodes of their own, after this one. */
static bool put_children(
    struct bt_parts *parts, size_t node, size_t begin, size_t end, size_t depth)
{
	size_t base = parts->children.size, runs = 0;
	for (size_t at = begin; at < end; at = run_end(parts, at, end, depth))
		runs++;
	if (bt_buffer_grow(&parts->children, runs * sizeof(uint32_t)) == NULL)
		return false;
	bt_put32(parts->nodes.bytes + node + BT_NODE_AT_CHILDREN, (uint32_t)(base / 4));
	for (size_t at = begin, next; at < end; at = next, base += 4) {
		uint8_t octet = first_key(parts, at)->key[depth];
		next = run_end(parts, at, end, depth);
		parts->nodes.bytes[node + BT_NODE_AT_BITMAP + octet / 8] |=
		    (uint8_t)(1 << octet % 8);
		bt_put32(parts->children.bytes + base,
		    next == at + 1 ? (uint32_t)at | BT_CHILD_BLOCK
				   : (uint32_t)(parts->nodes.size / BT_NODE_SIZE));
		if (next > at + 1 && !put_node(parts, at, next, depth + 1))
			return false;
	}
	return true;
}

/* Recursion is no deeper than a key is long. */
static bool put_node(struct bt_parts *parts, size_t begin, size_t end, size_t depth)
{
	size_t node = parts->nodes.size;
	uint8_t *at = bt_buffer_grow(&parts->nodes, BT_NODE_SIZE);
	if (at == NULL)
		return false;
	const struct bt_build_name *first = first_key(parts, begin);
	size_t skip = shared_octets(parts, begin, end, depth);
	bool terminal = first->key_size == depth + skip;
	bt_put32(at + BT_NODE_AT_FIRST_BLOCK, (uint32_t)begin);
	at[BT_NODE_AT_SKIP] = (uint8_t)(skip | (terminal ? BT_NODE_TERMINAL : 0));
	memcpy(at + BT_NODE_AT_OCTETS, first->key + depth, skip);
	return put_children(parts, node, begin + (terminal ? 1 : 0), end, depth + skip);
}

bool bt_build_index(struct bt_parts *parts, struct bt_err *err)
{
	if (parts->blocks >= BT_CHILD_BLOCK)
		return bt_fail(err, "more names than a trie can hold");
	if (parts->blocks > 1 && !put_node(parts, 0, parts->blocks, 0))
		return bt_fail(err, "out of memory");
	return true;
}

/*****************************************************************************
 *
 *  filter
 */

enum { FILTER_BITS = 10 /* for each domain: 1 in 100 others passes */ };

/* Whether the name is the first one with its first two labels, all names being sorted. */
static bool begins_domain(const struct bt_parts *parts, size_t i)
{
	const struct bt_build_name *name = &parts->names[i];
	size_t size = name->key_size > 0 ? bt_two_labels(name->key, name->key_size) : 0;
	return i == 0 || name[-1].key_size < size || memcmp(name[-1].key, name->key, size) != 0;
}

static void add_to_filter(struct bt_parts *parts, const uint8_t *key, size_t size)
{
	uint64_t hash = XXH3_64bits(key, size);
	uint64_t blocks = parts->filter.size / BT_FILTER_BLOCK;
	size_t at =
	    (size_t)(bt_filter_block(parts->filter.bytes, blocks, hash) - parts->filter.bytes);
	for (unsigned word = 0; word < 8; word++, at += 4)
		bt_put32(parts->filter.bytes + at,
		    bt_get32(parts->filter.bytes + at) | bt_filter_bit(hash, word));
}

bool bt_build_filter(struct bt_parts *parts, struct bt_err *err)
{
	size_t domains = 0;
	for (size_t i = 0; i < parts->count; i++)
		domains += begins_domain(parts, i);
	size_t blocks = domains * FILTER_BITS / (8 * BT_FILTER_BLOCK) + 1;
	if (bt_buffer_grow(&parts->filter, blocks * BT_FILTER_BLOCK) == NULL)
		return bt_fail(err, "out of memory");
	for (size_t i = 0; i < parts->count; i++) {
		const struct bt_build_name *name = &parts->names[i];
		if (name->key_size == 0) {
			parts->flags |= BT_TRIE_ROOT_LISTED;
			continue;
		}
		if (bt_one_label(name->key) == name->key_size)
			parts->flags |= BT_TRIE_SHORT_LISTED;
		if (begins_domain(parts, i))
			add_to_filter(parts, name->key, bt_two_labels(name->key, name->key_size));
	}
	return true;
}
