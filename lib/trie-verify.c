/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * trie-verify.c -- is this a trie, and is all of it as a lookup will take it?
 *
 * Checksums tell damage; the walk over the structure is what makes a hostile file harmless, and is
 * never left out.
 */

#include <inttypes.h>
#include <string.h>

#include "trie-view.h"

/*****************************************************************************
 *
 *  header and sections
 */

static bool read_header(struct bt_trie *t, struct bt_err *err)
{
	if (t->size < BT_TRIE_HEADER_SIZE)
		return bt_fail(err, "cut off: %zu octets, and the header alone has %d", t->size,
		    BT_TRIE_HEADER_SIZE);
	if (t->size > BT_TRIE_MAX)
		return bt_fail(err, "%zu octets, more than %d", t->size, BT_TRIE_MAX);
	if (memcmp(t->bytes, BT_TRIE_MAGIC, 8) != 0)
		return bt_fail(err, "not a trie file: it does not begin with \"BTTRIE\"");
	uint32_t version = bt_get32(t->bytes + BT_TRIE_AT_VERSION);
	if (version != BT_TRIE_VERSION)
		return bt_fail(err,
		    "a trie of format version %" PRIu32
		    "; this program reads version %d: compile the "
		    "lists again",
		    version, BT_TRIE_VERSION);
	if (bt_get64(t->bytes + BT_TRIE_AT_CHECKSUM) != XXH3_64bits(t->bytes, BT_TRIE_AT_CHECKSUM))
		return bt_fail(err, "damaged: the checksum of its header is wrong");
	if (bt_get32(t->bytes + BT_TRIE_AT_HEADER_SIZE) != BT_TRIE_HEADER_SIZE ||
	    bt_get64(t->bytes + BT_TRIE_AT_FILE_SIZE) != t->size)
		return bt_fail(err, "cut off: it has %zu octets, and its header says %" PRIu64,
		    t->size, bt_get64(t->bytes + BT_TRIE_AT_FILE_SIZE));
	t->names = bt_get64(t->bytes + BT_TRIE_AT_NAMES);
	t->blocks = bt_get32(t->bytes + BT_TRIE_AT_BLOCKS);
	t->flags = bt_get32(t->bytes + BT_TRIE_AT_FLAGS);
	t->digest = bt_get64(t->bytes + BT_TRIE_AT_DIGEST);
	if (t->flags > (BT_TRIE_ROOT_LISTED | BT_TRIE_SHORT_LISTED) ||
	    t->digest != bt_trie_header_digest(t->bytes))
		return bt_fail(err, "damaged: unknown flags, or another content's digest");
	return true;
}

struct section {
	const uint8_t *bytes;
	size_t size;
};

static bool is_zero(const uint8_t *bytes, size_t size)
{
	while (size > 0 && *bytes == 0) {
		bytes++;
		size--;
	}
	return size == 0;
}

/* Sections follow each other, each at the next multiple of BT_TRIE_ALIGN, zeroes between. */
static bool read_sections(
    const struct bt_trie *t, struct section sections[BT_TRIE_SECTIONS], struct bt_err *err)
{
	size_t at = BT_TRIE_HEADER_SIZE;
	for (unsigned i = 0; i < BT_TRIE_SECTIONS; i++) {
		const uint8_t *row =
		    t->bytes + BT_TRIE_AT_SECTIONS + i * (size_t)BT_TRIE_SECTION_ROW;
		uint64_t size = bt_get64(row + 8);
		if (bt_get64(row) != at || size > t->size - at)
			return bt_fail(err, "damaged: section %u is not inside the file", i);
		size_t padding = (BT_TRIE_ALIGN - size % BT_TRIE_ALIGN) % BT_TRIE_ALIGN;
		if (padding > t->size - at - size || !is_zero(t->bytes + at + size, padding))
			return bt_fail(err, "damaged: section %u is not padded with zeroes", i);
		if (bt_get64(row + 16) != XXH3_64bits(t->bytes + at, size))
			return bt_fail(err, "damaged: the checksum of section %u is wrong", i);
		sections[i] = (struct section){t->bytes + at, size};
		at += size + padding;
	}
	if (at != t->size)
		return bt_fail(err, "damaged: %zu octets behind the last section", t->size - at);
	return true;
}

static bool take_sections(
    struct bt_trie *t, const struct section sections[BT_TRIE_SECTIONS], struct bt_err *err)
{
	size_t filter = sections[BT_TRIE_FILTER].size, nodes = sections[BT_TRIE_NODES].size;
	size_t children = sections[BT_TRIE_CHILDREN].size;
	if (t->blocks == 0 || t->blocks >= BT_CHILD_BLOCK ||
	    sections[BT_TRIE_OFFSETS].size != ((size_t)t->blocks + 1) * 4)
		return bt_fail(err, "damaged: %" PRIu32 " blocks have %zu octets of offsets",
		    t->blocks, sections[BT_TRIE_OFFSETS].size);
	if (filter == 0 || filter % BT_FILTER_BLOCK != 0 || nodes % BT_NODE_SIZE != 0 ||
	    children % 4 != 0 || nodes / BT_NODE_SIZE >= BT_CHILD_BLOCK)
		return bt_fail(err, "damaged: a section has a size that cannot be");
	t->filter = sections[BT_TRIE_FILTER].bytes;
	t->filter_blocks = filter / BT_FILTER_BLOCK;
	t->nodes = sections[BT_TRIE_NODES].bytes;
	t->node_count = (uint32_t)(nodes / BT_NODE_SIZE);
	t->children = sections[BT_TRIE_CHILDREN].bytes;
	t->child_count = (uint32_t)(children / 4);
	t->offsets = sections[BT_TRIE_OFFSETS].bytes;
	t->leaves = sections[BT_TRIE_LEAVES].bytes;
	t->leaves_size = sections[BT_TRIE_LEAVES].size;
	return bt_policy_open(
	    &t->policy, sections[BT_TRIE_POLICY].bytes, sections[BT_TRIE_POLICY].size, err);
}

/*****************************************************************************
 *
 *  blocks
 */

/* The walk over all keys in order. */
struct walk {
	const struct bt_trie *trie;
	uint8_t key[BT_KEY_MAX]; /* the key at hand */
	size_t size;
	uint64_t count;
	bool root, one_label; /* seen */
	struct {
		size_t size;
		uint32_t class_id;
	} ancestors[BT_LABELS_MAX + 1]; /* listed keys that are prefixes of the one at hand */
	unsigned ancestor_count;
};

/* Whether the block is whole: its arrays and octets end exactly where the next block begins. */
static bool is_whole(const struct bt_trie *t, uint32_t number)
{
	size_t begin = bt_get32(t->offsets + (size_t)number * 4);
	size_t end = bt_get32(t->offsets + ((size_t)number + 1) * 4);
	if (begin > end || end > t->leaves_size || end - begin < BT_BLOCK_HEADER)
		return false;
	const uint8_t *at = t->leaves + begin;
	unsigned keys = at[BT_BLOCK_AT_KEYS], palette = at[BT_BLOCK_AT_PALETTE];
	if (keys == 0 || keys > BT_BLOCK_KEYS_MAX || palette == 0 || palette > keys)
		return false;
	size_t size = BT_BLOCK_HEADER + palette * (size_t)BT_CLASS_SIZE +
		      at[BT_BLOCK_AT_ANCESTORS] * (size_t)BT_ANCESTOR_SIZE +
		      (keys * bt_index_bits(palette) + 7) / 8 + 2 * (size_t)(keys - 1) +
		      at[BT_BLOCK_AT_FIRST];
	if (size > end - begin)
		return false;
	const struct bt_block block = bt_block_at(t, number);
	for (unsigned i = 0; i + 1 < keys; i++)
		size += block.sizes[i];
	return size == end - begin;
}

static bool classes_exist(const struct bt_trie *t, const struct bt_block *block)
{
	for (unsigned i = 0; i < block->palette_size; i++)
		if (bt_get24(block->palette + i * BT_CLASS_SIZE) >= bt_policy_classes(t->policy))
			return false;
	for (unsigned i = 0; i < block->keys; i++)
		if (bt_block_index(block, i) >= block->palette_size)
			return false;
	return true;
}

/* The next key is `lcp` octets of the one at hand and then a suffix: is that greater, and a key? */
static bool step(struct walk *w, size_t lcp, const uint8_t *suffix, size_t size)
{
	if (lcp > w->size || lcp + size > BT_KEY_MAX)
		return false;
	if (w->count > 0 && (size == 0 || (lcp < w->size && suffix[0] <= w->key[lcp])))
		return false;
	while (w->ancestor_count > 0 && w->ancestors[w->ancestor_count - 1].size > lcp)
		w->ancestor_count--;
	memcpy(w->key + lcp, suffix, size);
	w->size = lcp + size;
	w->count++;
	return bt_key_labels(w->key, w->size) >= 0;
}

static bool passes_filter(struct walk *w)
{
	const struct bt_trie *t = w->trie;
	w->root |= w->size == 0;
	if (w->size == 0)
		return true;
	w->one_label |= bt_one_label(w->key) == w->size;
	return bt_filter_has(t->filter, t->filter_blocks, w->key, bt_two_labels(w->key, w->size));
}

static void push(struct walk *w, uint32_t class_id)
{
	w->ancestors[w->ancestor_count].size = w->size;
	w->ancestors[w->ancestor_count].class_id = class_id;
	w->ancestor_count++;
}

/* The block's ancestors are the listed proper prefixes of its first key: all, in order. */
static bool inherits(const struct walk *w, const struct bt_block *block)
{
	if (block->ancestors != w->ancestor_count)
		return false;
	for (unsigned i = 0; i < block->ancestors; i++) {
		const uint8_t *ancestor = block->inherited + i * BT_ANCESTOR_SIZE;
		if (ancestor[0] != w->ancestors[i].size ||
		    bt_get24(ancestor + 1) != w->ancestors[i].class_id)
			return false;
	}
	return true;
}

static size_t common(const struct walk *w, const uint8_t *octets, size_t size)
{
	size_t i = 0;
	while (i < size && i < w->size && w->key[i] == octets[i])
		i++;
	return i;
}

static bool check_block(struct walk *w, uint32_t number)
{
	if (!is_whole(w->trie, number))
		return false;
	const struct bt_block block = bt_block_at(w->trie, number);
	if (!classes_exist(w->trie, &block))
		return false;
	const uint8_t *octets = block.octets;
	for (unsigned i = 0; i < block.keys; i++) {
		size_t lcp = i > 0 ? block.lcp[i - 1] : common(w, octets, block.first_size);
		size_t size = i > 0 ? block.sizes[i - 1] : block.first_size - lcp;
		const uint8_t *suffix = i > 0 ? octets : octets + lcp;
		if (!step(w, lcp, suffix, size) || (i == 0 && !inherits(w, &block)) ||
		    !passes_filter(w))
			return false;
		push(w, bt_block_class(&block, i));
		octets = suffix + size;
	}
	return true;
}

static bool check_blocks(const struct bt_trie *t, struct bt_err *err)
{
	struct walk w = {.trie = t};
	if (bt_get32(t->offsets) != 0 ||
	    bt_get32(t->offsets + (size_t)t->blocks * 4) != t->leaves_size)
		return bt_fail(err, "damaged: the blocks do not fill their section");
	for (uint32_t i = 0; i < t->blocks; i++)
		if (!check_block(&w, i))
			return bt_fail(err, "damaged: block %" PRIu32 " is not in order", i);
	if (w.count != t->names)
		return bt_fail(err, "damaged: %" PRIu64 " names, and its header says %" PRIu64,
		    w.count, t->names);
	uint32_t flags =
	    (w.root ? BT_TRIE_ROOT_LISTED : 0u) | (w.one_label ? BT_TRIE_SHORT_LISTED : 0u);
	if (flags != t->flags)
		return bt_fail(err, "damaged: its flags hide names of one label or of none");
	return true;
}

/*****************************************************************************
 *
 *  index
 */

/* The walk over the index, which must meet every block once, in order, at its first key. */
struct descent {
	const struct bt_trie *trie;
	uint8_t path[BT_KEY_MAX];
	uint32_t next_block;
	uint32_t next_node;
	uint32_t next_child;
};

static bool begins_with(const struct descent *d, size_t depth, bool exactly)
{
	if (d->next_block >= d->trie->blocks)
		return false;
	const struct bt_block block = bt_block_at(d->trie, d->next_block);
	return (exactly ? block.first_size == depth : block.first_size >= depth) &&
	       memcmp(block.octets, d->path, depth) == 0;
}

static bool check_node(struct descent *d, size_t depth);

static bool check_child(struct descent *d, uint32_t child, size_t depth)
{
	if (!(child & BT_CHILD_BLOCK))
		return child == d->next_node && check_node(d, depth);
	return (child & ~BT_CHILD_BLOCK) == d->next_block && begins_with(d, depth, false) &&
	       ++d->next_block > 0;
}

/*
 * Nodes stand in the order in which the walk meets them, and so do each node's children: no node
 * is met twice, none is left out. The path grows with each level, which bounds the recursion.
 */
static bool check_node(struct descent *d, size_t depth)
{
	const struct bt_trie *t = d->trie;
	if (d->next_node >= t->node_count)
		return false;
	const uint8_t *node = bt_node_at(t, d->next_node++);
	unsigned skip = node[BT_NODE_AT_SKIP] & BT_NODE_SKIP_MASK;
	unsigned count = bt_node_children(node);
	uint32_t children = bt_get32(node + BT_NODE_AT_CHILDREN);
	if (skip > BT_NODE_SKIP_MAX || depth + skip >= BT_KEY_MAX || count == 0 ||
	    bt_get32(node + BT_NODE_AT_FIRST_BLOCK) != d->next_block || children != d->next_child ||
	    count > t->child_count - children)
		return false;
	d->next_child += count;
	memcpy(d->path + depth, node + BT_NODE_AT_OCTETS, skip);
	depth += skip;
	if ((node[BT_NODE_AT_SKIP] & BT_NODE_TERMINAL) != 0) {
		if (!begins_with(d, depth, true))
			return false;
		d->next_block++;
	}
	for (unsigned octet = 0; octet < 256; octet++) {
		if (!(bt_get64(node + 8 * (octet / 64)) >> (octet % 64) & 1))
			continue;
		d->path[depth] = (uint8_t)octet;
		if (!check_child(d, bt_child(t, children++), depth + 1))
			return false;
	}
	return true;
}

static bool check_index(const struct bt_trie *t, struct bt_err *err)
{
	struct descent d = {.trie = t};
	if (t->node_count == 0 ? t->blocks != 1 || t->child_count != 0
			       : !check_node(&d, 0) || d.next_block != t->blocks ||
				     d.next_node != t->node_count || d.next_child != t->child_count)
		return bt_fail(err,
		    "damaged: the index does not lead to every block (block %" PRIu32
		    ", node %" PRIu32 ")",
		    d.next_block, d.next_node);
	return true;
}

bool bt_trie_verify(struct bt_trie *t, struct bt_err *err)
{
	struct section sections[BT_TRIE_SECTIONS];
	return read_header(t, err) && read_sections(t, sections, err) &&
	       take_sections(t, sections, err) && check_blocks(t, err) && check_index(t, err);
}
