/* SPDX-License-Identifier: BSD-3-Clause */
/* build.c -- names with their classes, and a policy, to the bytes of a trie file */

#include <stdlib.h>
#include <string.h>

#include "build-block.h"
#include "build.h"
#include "name.h"
#include "policy.h"
#include "trie-format.h"
#include "trie.h"

struct build {
	const struct bt_build_name *names; /* the root not among them */
	size_t count;
	uint32_t root; /* its class */
	uint8_t *shared;
	unsigned class_size;
	struct bt_coder *coder;
	uint32_t blocks;

	uint8_t *bytes;
	size_t size, room;
};

/* ---- names ---- */

static unsigned count_shared(const struct bt_build_name *a, const struct bt_build_name *b)
{
	unsigned least = a->key_size < b->key_size ? a->key_size : b->key_size, i = 0;
	while (i < least && a->key[i] == b->key[i])
		i++;
	return i;
}

/* Notes on the way what each name shares with the one before. */
static bool check_names(struct build *b, uint32_t classes, struct bt_err *err)
{
	for (size_t i = 0; i < b->count; i++) {
		const struct bt_build_name *name = &b->names[i];
		if (bt_key_labels(name->key, name->key_size) < 1)
			return bt_fail(err, "name %zu is no key", i);
		if (name->class_id >= classes)
			return bt_fail(
			    err, "name %zu has class %u of %u", i, name->class_id, classes);
		unsigned shared = i > 0 ? count_shared(name - 1, name) : 0;
		if (i > 0 &&
		    (shared == name->key_size ||
			(shared < name[-1].key_size && name[-1].key[shared] > name->key[shared])))
			return bt_fail(err, "name %zu is not above the name before it", i);
		b->shared[i] = (uint8_t)shared;
	}
	return true;
}

static bool check_input(struct build *b, const void *policy, size_t policy_size, struct bt_err *err)
{
	if (b->count == 0)
		return bt_fail(err, "no names");
	struct bt_policy *view;
	if (!bt_policy_open(&view, policy, policy_size, err))
		return false;
	uint32_t classes = bt_policy_classes(view);
	bt_policy_close(&view);

	b->class_size = classes <= 1u << 8    ? 1
			: classes <= 1u << 16 ? 2
			: classes <= 1u << 24 ? 3
					      : 4;
	if (b->names[0].key_size == 0) {
		b->root = b->names[0].class_id;
		if (b->root >= classes)
			return bt_fail(err, "name 0 has class %u of %u", b->root, classes);
		b->names++;
		b->count--;
	}
	b->shared = malloc(b->count + 1);
	if (b->shared == NULL)
		return bt_fail(err, "out of memory");
	return check_names(b, classes, err) &&
	       bt_coder_new(&b->coder, b->names, b->shared, b->count, classes, err);
}

/* ---- bytes ---- */

static bool make_room(struct build *b, size_t more, struct bt_err *err)
{
	if (more > BT_TRIE_MAX - b->size)
		return bt_fail(err, "more names than a trie file can hold: %d octets", BT_TRIE_MAX);
	if (more <= b->room - b->size)
		return true;
	size_t room = b->room + b->room / 4 + more;
	uint8_t *bytes = realloc(b->bytes, room);
	if (bytes == NULL)
		return bt_fail(err, "out of memory with %zu octets of names", b->size);
	b->bytes = bytes;
	b->room = room;
	return true;
}

/* Names of the stack are ancestors of each other: the listed ones of the name at hand. */
struct stack {
	const struct bt_build_name *names[BT_LABELS_MAX];
	unsigned count;
};

static void cut_stack(struct stack *stack, unsigned shared)
{
	while (stack->count > 0 && stack->names[stack->count - 1]->key_size > shared)
		stack->count--;
}

static bool put_blocks(struct build *b, struct bt_err *err)
{
	struct stack stack = {.count = 0};
	for (size_t at = 0, taken; at < b->count; at += taken) {
		cut_stack(&stack, b->shared[at]);
		const struct bt_build_run run = {
		    .names = b->names + at,
		    .shared = b->shared + at,
		    .count = b->count - at,
		    .ancestors = stack.names,
		    .ancestor_count = stack.count,
		    .class_size = b->class_size,
		    .coder = b->coder,
		};
		if (!make_room(b, BT_BUILD_BLOCK_MAX, err))
			return false;
		b->size += bt_build_block(b->bytes + b->size, &run, &taken);
		b->blocks++;
		for (size_t i = at; i < at + taken; i++) {
			cut_stack(&stack, b->shared[i]);
			stack.names[stack.count++] = &b->names[i];
		}
	}
	return true;
}

static bool put_octets(struct build *b, const void *octets, size_t size, struct bt_err *err)
{
	if (!make_room(b, size, err))
		return false;
	memcpy(b->bytes + b->size, octets, size);
	b->size += size;
	return true;
}

static void put_header(struct build *b, size_t policy_size)
{
	uint8_t *at = b->bytes;
	const size_t sizes[] = {
	    [BT_TRIE_CODEBOOK] = b->coder->size,
	    [BT_TRIE_BLOCKS] = b->size - policy_size - b->coder->size - BT_TRIE_HEADER_SIZE,
	    [BT_TRIE_POLICY] = policy_size,
	};
	memcpy(at, BT_TRIE_MAGIC, sizeof(BT_TRIE_MAGIC) - 1);
	bt_put32(at + BT_TRIE_AT_VERSION, BT_TRIE_VERSION);
	bt_put32(at + BT_TRIE_AT_CLASS_SIZE, b->class_size);
	bt_put64(at + BT_TRIE_AT_SIZE, b->size);
	bt_put64(at + BT_TRIE_AT_NAMES, b->count + (b->root != BT_TRIE_NO_CLASS));
	bt_put32(at + BT_TRIE_AT_BLOCKS, b->blocks);
	bt_put32(at + BT_TRIE_AT_ROOT, b->root);
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

bool bt_build(void **bytes, size_t *size, const struct bt_build_name *names, size_t count,
    const void *policy, size_t policy_size, struct bt_err *err)
{
	static const uint8_t header[BT_TRIE_HEADER_SIZE], guard[BT_TRIE_GUARD];
	struct build b = {.names = names, .count = count, .root = BT_TRIE_NO_CLASS};
	bool good = check_input(&b, policy, policy_size, err) &&
		    put_octets(&b, header, sizeof(header), err) &&
		    put_octets(&b, b.coder->bytes, b.coder->size, err) && put_blocks(&b, err) &&
		    put_octets(&b, guard, sizeof(guard), err) &&
		    put_octets(&b, policy, policy_size, err);
	if (good)
		put_header(&b, policy_size);
	else
		free(b.bytes);
	free(b.shared);
	bt_coder_free(&b.coder);
	if (!good)
		return false;
	*bytes = b.bytes;
	*size = b.size;
	return true;
}
