/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * trie-verify.c -- is this a trie, every octet of it?
 *
 * Checksums find damage. What makes lookups safe, whoever made the file, is the walk over all
 * names: it checks each and makes the index from them, so that the index fits the blocks.
 */

#include <inttypes.h>
#include <string.h>

#include "trie-view.h"

/* ---- header and sections ---- */

static bool check_version(const struct bt_trie *t, struct bt_err *err)
{
	const size_t magic = sizeof(BT_TRIE_MAGIC) - 1;
	size_t have = t->size < magic ? t->size : magic;
	if (memcmp(t->bytes, BT_TRIE_MAGIC, have) != 0)
		return bt_fail(err, "not a trie file");
	if (t->size < BT_TRIE_AT_VERSION + 4)
		return bt_fail(err, "cut off after %zu octets, in the header", t->size);
	uint32_t version = bt_get32(t->bytes + BT_TRIE_AT_VERSION);
	if (version != BT_TRIE_VERSION)
		return bt_fail(err,
		    "trie format version %" PRIu32 ", %s than version %d, which "
		    "this program reads",
		    version, version > BT_TRIE_VERSION ? "newer" : "older", BT_TRIE_VERSION);
	return true;
}

static bool read_header(struct bt_trie *t, struct bt_err *err)
{
	const uint8_t *at = t->bytes;
	if (t->size < BT_TRIE_HEADER_SIZE)
		return bt_fail(err, "cut off after %zu octets, in the header", t->size);
	uint64_t sum = XXH3_64bits(at, BT_TRIE_AT_CHECKSUM);
	if (bt_get64(at + BT_TRIE_AT_CHECKSUM) != sum)
		return bt_fail(err, "the header is damaged: its checksum is wrong");
	uint64_t size = bt_get64(at + BT_TRIE_AT_SIZE);
	if (size != t->size)
		return bt_fail(err, "%s: %zu octets, and the header says %" PRIu64,
		    size > t->size ? "cut off" : "too long", t->size, size);
	t->coding.class_size = bt_get32(at + BT_TRIE_AT_CLASS_SIZE);
	if (t->coding.class_size < 1 || t->coding.class_size > 4)
		return bt_fail(err, "header: class numbers of %u octets", t->coding.class_size);
	t->digest = bt_get64(at + BT_TRIE_AT_DIGEST);
	t->names = bt_get64(at + BT_TRIE_AT_NAMES);
	t->blocks = bt_get32(at + BT_TRIE_AT_BLOCKS);
	t->root = bt_get32(at + BT_TRIE_AT_ROOT);
	return true;
}

/* The sections follow each other without gaps, from the header to the end of the file. */
static bool check_sections(const struct bt_trie *t, struct bt_err *err)
{
	uint64_t end = BT_TRIE_HEADER_SIZE;
	for (unsigned i = 0; i < BT_TRIE_SECTIONS; i++) {
		const uint8_t *row = t->bytes + BT_TRIE_AT_SECTIONS + i * BT_TRIE_SECTION_ROW;
		uint64_t offset = bt_get64(row), size = bt_get64(row + 8);
		if (offset != end || size > t->size - end)
			return bt_fail(err, "section %u is not where it should be", i);
		if (XXH3_64bits(t->bytes + offset, size) != bt_get64(row + 16))
			return bt_fail(err, "section %u is damaged: its checksum is wrong", i);
		end += size;
	}
	if (end != t->size)
		return bt_fail(err, "%" PRIu64 " octets after the last section", t->size - end);
	if (t->digest != bt_trie_header_digest(t->bytes))
		return bt_fail(err, "the digest is not that of the content");
	return true;
}

/* After check_sections. */
static const uint8_t *section(const struct bt_trie *t, enum bt_trie_section number, size_t *size)
{
	const uint8_t *row = t->bytes + BT_TRIE_AT_SECTIONS + number * BT_TRIE_SECTION_ROW;
	*size = bt_get64(row + 8);
	return t->bytes + bt_get64(row);
}

static bool open_policy(struct bt_trie *t, struct bt_err *err)
{
	size_t size;
	const uint8_t *bytes = section(t, BT_TRIE_POLICY, &size);
	if (!bt_policy_open(&t->policy, bytes, size, err))
		return false;
	if (t->root != BT_TRIE_NO_CLASS && t->root >= bt_policy_classes(t->policy))
		return bt_fail(err, "the root has class %" PRIu32 " of %" PRIu32, t->root,
		    bt_policy_classes(t->policy));
	return true;
}

static bool open_codebook(struct bt_trie *t, struct bt_err *err)
{
	size_t size;
	const uint8_t *bytes = section(t, BT_TRIE_CODEBOOK, &size);
	return bt_codebook_open(&t->coding.book, bytes, size, bt_policy_classes(t->policy), err);
}

static bool find_blocks(struct bt_trie *t, struct bt_err *err)
{
	static const uint8_t zero[BT_TRIE_GUARD];
	size_t size, offset = (size_t)(section(t, BT_TRIE_BLOCKS, &size) - t->bytes);
	if (size < BT_TRIE_GUARD || offset + size > BT_INDEX_TREE)
		return bt_fail(err, "%zu octets of blocks", size);
	t->blocks_at = offset;
	t->blocks_size = size - BT_TRIE_GUARD;
	if (memcmp(t->bytes + t->blocks_at + t->blocks_size, zero, sizeof(zero)) != 0)
		return bt_fail(err, "no zero octets after the last block");
	return true;
}

/* ---- names ---- */

/* A listed name; those above it that are listed stand before it in a stack. */
struct above {
	uint8_t octets;
	uint32_t class_id;
};

struct walk {
	const struct bt_trie *trie;
	uint32_t classes;
	struct bt_index_maker *maker;
	struct bt_block block;
	struct bt_block_cursor cursor;
	struct above stack[BT_LABELS_MAX];
	unsigned depth;
	uint8_t labels[BT_LABELS_MAX]; /* where the labels of the last name begin */
	unsigned label_count;
	uint8_t last[BT_KEY_MAX]; /* the block before: its last key */
	unsigned last_size;
	uint64_t names;
};

/* After the stack was cut to what is above the first name. */
static bool check_ancestors(const struct walk *w, struct bt_err *err)
{
	if (w->block.ancestors != w->depth)
		return bt_fail(
		    err, "%u listed ancestors instead of %u", w->block.ancestors, w->depth);
	for (unsigned i = 0; i < w->depth; i++) {
		uint32_t class_id;
		unsigned octets = bt_block_ancestor(&w->block, i, &class_id);
		if (octets != w->stack[i].octets || class_id != w->stack[i].class_id)
			return bt_fail(err, "ancestor %u is not as listed", i);
	}
	return true;
}

/* Cuts the stack to the ancestors of a name that shares that much with the one before. */
static void cut_stack(struct walk *w, unsigned shared)
{
	while (w->depth > 0 && w->stack[w->depth - 1].octets > shared)
		w->depth--;
}

/* Whether there is an upper-case letter in the octets; behind them eight more can be loaded. */
static bool has_upper(const uint8_t *octets, unsigned count)
{
	const uint64_t each = UINT64_C(0x0101010101010101), high = each << 7;
	uint64_t upper = 0;
	for (; count > 0; octets += 8, count = count > 8 ? count - 8 : 0) {
		uint64_t word = bt_get64(octets), low = word & ~high;
		word = (low + each * (0x80 - 'A')) & ~(low + each * (0x7f - 'Z')) & ~word & high;
		upper |= count < 8 ? word & (((uint64_t)1 << 8 * count) - 1) : word;
	}
	return upper != 0;
}

/* The key is one if what it shares with the one before is taken for checked. */
static bool is_key(struct walk *w)
{
	const struct bt_block_cursor *c = &w->cursor;
	while (w->label_count > 0 && w->labels[w->label_count - 1] >= c->shared)
		w->label_count--;
	unsigned at = w->label_count > 0 ? w->labels[--w->label_count] : 0;
	while (at < c->size) {
		if (c->key[at] == 0 || c->key[at] > BT_LABEL_MAX || c->key[at] >= c->size - at)
			return false;
		w->labels[w->label_count++] = (uint8_t)at;
		at += c->key[at] + 1u;
	}
	return c->size > 0 && !has_upper(c->key + c->shared, c->size - c->shared);
}

/* The block's first name, against the last one of the block before. */
static bool check_first(struct walk *w, struct bt_err *err)
{
	struct bt_block_cursor *c = &w->cursor;
	unsigned shared = 0;
	while (shared < w->last_size && shared < c->size && w->last[shared] == c->key[shared])
		shared++;
	if (shared == c->size || (shared < w->last_size && c->key[shared] < w->last[shared]))
		return bt_fail(err, "name 0 is not above the name before it");
	c->shared = shared;
	cut_stack(w, shared);
	uint32_t offset = (uint32_t)(w->block.first - BT_BLOCK_HEADER - w->trie->bytes);
	return check_ancestors(w, err) && bt_index_block(w->maker, c->key, shared, offset, err);
}

static bool check_name(struct walk *w, unsigned number, struct bt_err *err)
{
	const struct bt_block_cursor *c = &w->cursor;
	if (!is_key(w))
		return bt_fail(err, "name %u is no name", number);
	if (c->class_id >= w->classes)
		return bt_fail(err, "name %u has class %" PRIu32 " of %" PRIu32, number,
		    c->class_id, w->classes);
	if (number == 0 && !check_first(w, err))
		return false;
	cut_stack(w, c->shared);
	w->stack[w->depth++] = (struct above){.octets = (uint8_t)c->size, .class_id = c->class_id};
	w->names++;
	return bt_index_name(w->maker, c->key, c->size, c->shared, err);
}

static bool walk_block(struct walk *w, struct bt_err *err)
{
	bt_block_start(&w->cursor, &w->block);
	for (unsigned i = 0; i < w->block.names; i++)
		if (!bt_block_next(&w->cursor, err) || !check_name(w, i, err))
			return false;
	memcpy(w->last, w->cursor.key, w->cursor.size);
	w->last_size = w->cursor.size;
	return true;
}

static bool walk_blocks(struct walk *w, struct bt_err *err)
{
	const struct bt_trie *t = w->trie;
	size_t at = 0;
	uint32_t blocks = 0;
	for (; at < t->blocks_size; blocks++) {
		if (!bt_block_open(&w->block, t->bytes + t->blocks_at + at, t->blocks_size - at,
			&t->coding, err) ||
		    !walk_block(w, err))
			return bt_fail_in(
			    err, "block %" PRIu32 " at octet %zu", blocks, t->blocks_at + at);
		at = (size_t)(w->block.end - (t->bytes + t->blocks_at));
	}
	uint64_t names = w->names + (t->root != BT_TRIE_NO_CLASS);
	if (names == 0)
		return bt_fail(err, "it has no names");
	if (blocks != t->blocks || names != t->names)
		return bt_fail(err,
		    "%" PRIu64 " names in %" PRIu32 " blocks, and the header says %" PRIu64
		    " in %" PRIu32,
		    names, blocks, t->names, t->blocks);
	return true;
}

bool bt_trie_verify(struct bt_trie *trie, struct bt_err *err)
{
	if (!check_version(trie, err) || !read_header(trie, err) || !check_sections(trie, err) ||
	    !open_policy(trie, err) || !open_codebook(trie, err) || !find_blocks(trie, err))
		return false;
	struct walk walk = {.trie = trie, .classes = bt_policy_classes(trie->policy)};
	bool good = bt_index_start(&walk.maker, trie->digest, err) && walk_blocks(&walk, err) &&
		    bt_index_make(walk.maker, &trie->index, err);
	bt_index_maker_free(&walk.maker);
	return good;
}
