/* SPDX-License-Identifier: BSD-3-Clause */
/* build.c -- names with their classes, and a policy, to the bytes of a trie file */

#include <stdlib.h>
#include <string.h>

#include "build-filter.h"
#include "build-pages.h"
#include "build.h"
#include "large.h"
#include "name.h"
#include "policy.h"
#include "trie-format.h"
#include "trie.h"

struct build {
	const struct bt_build_name *names; /* the root not among them */
	size_t count;
	uint32_t root; /* its class */
	uint64_t depths[2];
	struct bt_paging paging;
	uint8_t *filter;
	size_t filter_size;

	uint8_t *bytes;
	size_t size;
};

/* ---- names ---- */

static bool is_above(const struct bt_build_name *a, const struct bt_build_name *b)
{
	unsigned least = a->key_size < b->key_size ? a->key_size : b->key_size;
	int order = memcmp(a->key, b->key, least);
	return order < 0 || (order == 0 && a->key_size < b->key_size);
}

/* Notes on the way how many labels there are. */
static bool check_names(struct build *b, uint32_t classes, struct bt_err *err)
{
	for (size_t i = 0; i < b->count; i++) {
		const struct bt_build_name *name = &b->names[i];
		int labels = bt_key_labels(name->key, name->key_size);
		if (labels < 1)
			return bt_fail(err, "name %zu is no key", i);
		if (name->class_id >= classes)
			return bt_fail(
			    err, "name %zu has class %u of %u", i, name->class_id, classes);
		if (i > 0 && !is_above(name - 1, name))
			return bt_fail(err, "name %zu is not above the name before it", i);
		b->depths[labels / 64] |= (uint64_t)1 << labels % 64;
	}
	return true;
}

static bool check_input(
    struct build *b, const void *policy, size_t policy_size, uint32_t *classes, struct bt_err *err)
{
	if (b->count == 0)
		return bt_fail(err, "no names");
	if (b->count > UINT32_MAX)
		return bt_fail(err, "more names than a trie file can hold: %zu", b->count);
	struct bt_policy *view;
	if (!bt_policy_open(&view, policy, policy_size, err))
		return false;
	*classes = bt_policy_classes(view);
	bt_policy_close(&view);
	if (b->names[0].key_size == 0) {
		b->root = b->names[0].class_id;
		if (b->root >= *classes)
			return bt_fail(err, "name 0 has class %u of %u", b->root, *classes);
		b->names++;
		b->count--;
	}
	return check_names(b, *classes, err);
}

/* ---- bytes ---- */

static void put_header(struct build *b, const size_t sizes[BT_TRIE_SECTIONS])
{
	uint8_t *at = b->bytes;
	memcpy(at, BT_TRIE_MAGIC, sizeof(BT_TRIE_MAGIC) - 1);
	bt_put32(at + BT_TRIE_AT_VERSION, BT_TRIE_VERSION);
	bt_put32(at + BT_TRIE_AT_ROOT, b->root);
	bt_put64(at + BT_TRIE_AT_SIZE, b->size);
	bt_put64(at + BT_TRIE_AT_NAMES, b->count + (b->root != BT_TRIE_NO_CLASS));
	bt_put64(at + BT_TRIE_AT_SEED, b->paging.seed);
	for (unsigned i = 0; i < BT_TABLES; i++)
		bt_put32(at + BT_TRIE_AT_PAGES + 4 * i, b->paging.counts[i]);
	bt_put64(at + BT_TRIE_AT_DEPTHS, b->depths[0]);
	bt_put64(at + BT_TRIE_AT_DEPTHS + 8, b->depths[1]);
	size_t offset = BT_TRIE_HEADER_SIZE;
	for (unsigned i = 0; i < BT_TRIE_SECTIONS; i++) {
		uint8_t *row = at + BT_TRIE_AT_SECTIONS + i * BT_TRIE_SECTION_ROW;
		bt_put64(row, offset);
		bt_put64(row + 8, sizes[i]);
		bt_put64(row + 16, XXH3_64bits(at + offset, sizes[i]));
		offset += sizes[i];
	}
	bt_put64(at + BT_TRIE_AT_DIGEST, bt_trie_header_digest(at));
	bt_put64(at + BT_TRIE_AT_CHECKSUM, XXH3_64bits(at, BT_TRIE_AT_CHECKSUM));
}

static bool put_all(struct build *b, const void *policy, size_t policy_size, struct bt_err *err)
{
	const void *sections[] = {
	    [BT_TRIE_FILTER] = b->filter,
	    [BT_TRIE_PAGES] = b->paging.bytes,
	    [BT_TRIE_CODES] = b->paging.coder->bytes,
	    [BT_TRIE_TAILS] = b->paging.tails,
	    [BT_TRIE_POLICY] = policy,
	};
	const size_t sizes[] = {
	    [BT_TRIE_FILTER] = b->filter_size,
	    [BT_TRIE_PAGES] = b->paging.size,
	    [BT_TRIE_CODES] = b->paging.coder->size,
	    [BT_TRIE_TAILS] = b->paging.tails_size,
	    [BT_TRIE_POLICY] = policy_size,
	};
	b->size = BT_TRIE_HEADER_SIZE;
	for (unsigned i = 0; i < BT_TRIE_SECTIONS; i++)
		b->size += sizes[i];
	if (b->size > BT_TRIE_MAX)
		return bt_fail(err, "more names than a trie file can hold: %d octets", BT_TRIE_MAX);
	b->bytes = calloc(1, b->size);
	if (b->bytes == NULL)
		return bt_fail(err, "out of memory with %zu octets of names", b->size);
	bt_large_pages(b->bytes, b->size);
	uint8_t *to = b->bytes + BT_TRIE_HEADER_SIZE;
	for (unsigned i = 0; i < BT_TRIE_SECTIONS; to += sizes[i++])
		if (sizes[i] > 0)
			memcpy(to, sections[i], sizes[i]);
	put_header(b, sizes);
	return true;
}

bool bt_build(void **bytes, size_t *size, const struct bt_build_name *names, size_t count,
    const void *policy, size_t policy_size, struct bt_err *err)
{
	struct build b = {.names = names, .count = count, .root = BT_TRIE_NO_CLASS};
	uint32_t classes = 0;
	bool good =
	    check_input(&b, policy, policy_size, &classes, err) &&
	    bt_paging_make(&b.paging, b.names, b.count, classes, err) &&
	    bt_build_filter(&b.filter, &b.filter_size, b.names, b.count, b.paging.seed, err) &&
	    put_all(&b, policy, policy_size, err);
	free(b.filter);
	bt_paging_free(&b.paging);
	if (!good)
		return false;
	*bytes = b.bytes;
	*size = b.size;
	return true;
}
