/* SPDX-License-Identifier: BSD-3-Clause */
/* build.c -- names with their classes, and a policy, to the bytes of a trie file */

#include <stdlib.h>
#include <string.h>

#include "build-parts.h"
#include "name.h"
#include "policy.h"
#include "trie.h"

uint8_t *bt_buffer_grow(struct bt_buffer *buffer, size_t size)
{
	if (size > buffer->room - buffer->size) {
		size_t room = buffer->room + buffer->room / 2 + size + 4096;
		uint8_t *bytes = room > buffer->room ? realloc(buffer->bytes, room) : NULL;
		if (bytes == NULL)
			return NULL;
		buffer->bytes = bytes;
		buffer->room = room;
	}
	uint8_t *at = buffer->bytes + buffer->size;
	memset(at, 0, size);
	buffer->size += size;
	return at;
}

static bool check_names(
    const struct bt_build_name *names, size_t count, uint32_t classes, struct bt_err *err)
{
	if (count == 0)
		return bt_fail(err, "no names");
	if (classes >= 1u << 24)
		return bt_fail(err, "%u classes of names, more than 2^24", classes);
	for (size_t i = 0; i < count; i++) {
		const struct bt_build_name *name = &names[i];
		if (bt_key_labels(name->key, name->key_size) < 0)
			return bt_fail(err, "name %zu is no key", i);
		if (name->class_id >= classes)
			return bt_fail(err, "name %zu has an unknown class", i);
		if (i == 0)
			continue;
		size_t least =
		    name->key_size < name[-1].key_size ? name->key_size : name[-1].key_size;
		int order = memcmp(name[-1].key, name->key, least);
		if (order > 0 || (order == 0 && name[-1].key_size >= name->key_size))
			return bt_fail(err, "name %zu is out of order", i);
	}
	return true;
}

static bool check_input(const struct bt_build_name *names, size_t count, const void *bytes,
    size_t size, struct bt_err *err)
{
	struct bt_policy *policy;
	if (!bt_policy_open(&policy, bytes, size, err))
		return false;
	bool good = check_names(names, count, bt_policy_classes(policy), err);
	bt_policy_close(&policy);
	return good;
}

static size_t aligned(size_t size)
{
	return (size + BT_TRIE_ALIGN - 1) / BT_TRIE_ALIGN * BT_TRIE_ALIGN;
}

static void put_header(uint8_t *file, size_t size, const struct bt_parts *parts)
{
	memcpy(file + BT_TRIE_AT_MAGIC, BT_TRIE_MAGIC, 8);
	bt_put32(file + BT_TRIE_AT_VERSION, BT_TRIE_VERSION);
	bt_put32(file + BT_TRIE_AT_HEADER_SIZE, BT_TRIE_HEADER_SIZE);
	bt_put64(file + BT_TRIE_AT_FILE_SIZE, size);
	bt_put64(file + BT_TRIE_AT_NAMES, parts->count);
	bt_put32(file + BT_TRIE_AT_BLOCKS, parts->blocks);
	bt_put32(file + BT_TRIE_AT_FLAGS, parts->flags);
	bt_put64(file + BT_TRIE_AT_DIGEST, bt_trie_header_digest(file));
	bt_put64(file + BT_TRIE_AT_CHECKSUM, XXH3_64bits(file, BT_TRIE_AT_CHECKSUM));
}

static bool assemble(void **bytes, size_t *size, const struct bt_parts *parts, const void *policy,
    size_t policy_size, struct bt_err *err)
{
	const struct bt_buffer policy_bytes = {.bytes = (uint8_t *)policy, .size = policy_size};
	const struct bt_buffer *const sections[BT_TRIE_SECTIONS] = {
	    [BT_TRIE_POLICY] = &policy_bytes,
	    [BT_TRIE_FILTER] = &parts->filter,
	    [BT_TRIE_NODES] = &parts->nodes,
	    [BT_TRIE_CHILDREN] = &parts->children,
	    [BT_TRIE_OFFSETS] = &parts->offsets,
	    [BT_TRIE_LEAVES] = &parts->leaves,
	};
	size_t total = BT_TRIE_HEADER_SIZE;
	for (unsigned i = 0; i < BT_TRIE_SECTIONS; i++)
		total += aligned(sections[i]->size);
	uint8_t *file = calloc(1, total);
	if (file == NULL)
		return bt_fail(err, "out of memory for a file of %zu octets", total);

	size_t at = BT_TRIE_HEADER_SIZE;
	for (unsigned i = 0; i < BT_TRIE_SECTIONS; i++) {
		uint8_t *row = file + BT_TRIE_AT_SECTIONS + i * (size_t)BT_TRIE_SECTION_ROW;
		if (sections[i]->size > 0)
			memcpy(file + at, sections[i]->bytes, sections[i]->size);
		bt_put64(row, at);
		bt_put64(row + 8, sections[i]->size);
		bt_put64(row + 16, XXH3_64bits(file + at, sections[i]->size));
		at += aligned(sections[i]->size);
	}
	put_header(file, total, parts);
	*bytes = file;
	*size = total;
	return true;
}

bool bt_build(void **bytes, size_t *size, const struct bt_build_name *names, size_t count,
    const void *policy, size_t policy_size, struct bt_err *err)
{
	if (!check_input(names, count, policy, policy_size, err))
		return false;
	struct bt_parts parts = {.names = names, .count = count};
	bool built = bt_build_blocks(&parts, err) && bt_build_index(&parts, err) &&
		     bt_build_filter(&parts, err) &&
		     assemble(bytes, size, &parts, policy, policy_size, err);
	free(parts.nodes.bytes);
	free(parts.children.bytes);
	free(parts.offsets.bytes);
	free(parts.leaves.bytes);
	free(parts.filter.bytes);
	free(parts.firsts.bytes);
	return built;
}
