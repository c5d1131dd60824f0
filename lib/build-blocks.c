/* SPDX-License-Identifier: BSD-3-Clause */
/* build-blocks.c -- sorted names to front-coded leaf blocks */

#include <stdlib.h>
#include <string.h>

#include "build-parts.h"
#include "name.h"

enum { BLOCK_TARGET = 512 /* octets of keys after which a block is full */ };

/* Names of the stack are prefixes of each other; the next name's listed ancestors are on it. */
struct ancestors {
	size_t names[BT_LABELS_MAX + 1];
	unsigned count;
};

static size_t common(const struct bt_build_name *a, const struct bt_build_name *b)
{
	size_t most = a->key_size < b->key_size ? a->key_size : b->key_size;
	size_t i = 0;
	while (i < most && a->key[i] == b->key[i])
		i++;
	return i;
}

static bool is_prefix(const struct bt_build_name *a, const struct bt_build_name *b)
{
	return a->key_size <= b->key_size && memcmp(a->key, b->key, a->key_size) == 0;
}

static void keep_ancestors_of(
    struct ancestors *stack, const struct bt_build_name *names, const struct bt_build_name *name)
{
	while (stack->count > 0 && !is_prefix(&names[stack->names[stack->count - 1]], name))
		stack->count--;
}

/* How many names from `first` on go into one block. */
static size_t measure(const struct bt_parts *parts, size_t first)
{
	size_t octets = parts->names[first].key_size;
	size_t n = 1;
	while (n < BT_BLOCK_KEYS_MAX && first + n < parts->count && octets < BLOCK_TARGET) {
		const struct bt_build_name *name = &parts->names[first + n];
		octets += name->key_size - common(name - 1, name) + 2;
		n++;
	}
	return n;
}

struct palette {
	uint32_t classes[BT_BLOCK_KEYS_MAX];
	uint8_t index[BT_BLOCK_KEYS_MAX]; /* of each key */
	unsigned count;
};

static void find_palette(struct palette *palette, const struct bt_build_name *names, size_t n)
{
	palette->count = 0;
	for (size_t i = 0; i < n; i++) {
		unsigned at = 0;
		while (at < palette->count && palette->classes[at] != names[i].class_id)
			at++;
		if (at == palette->count)
			palette->classes[palette->count++] = names[i].class_id;
		palette->index[i] = (uint8_t)at;
	}
}

static uint8_t *put_palette(uint8_t *at, const struct palette *palette)
{
	for (unsigned i = 0; i < palette->count; i++, at += BT_CLASS_SIZE)
		bt_put24(at, palette->classes[i]);
	return at;
}

static uint8_t *put_ancestors(
    uint8_t *at, const struct ancestors *stack, const struct bt_build_name *names)
{
	for (unsigned i = 0; i < stack->count; i++, at += BT_ANCESTOR_SIZE) {
		at[0] = names[stack->names[i]].key_size;
		bt_put24(at + 1, names[stack->names[i]].class_id);
	}
	return at;
}

static uint8_t *put_indices(uint8_t *at, const struct palette *palette, size_t n)
{
	unsigned bits = bt_index_bits(palette->count);
	for (size_t i = 0; i < n && bits > 0; i++)
		at[i * bits / 8] |= (uint8_t)(palette->index[i] << (i * bits % 8));
	return at + (n * bits + 7) / 8;
}

static void put_keys(uint8_t *at, const struct bt_build_name *names, size_t n)
{
	uint8_t *lcp = at, *size = at + (n - 1), *octets = at + 2 * (n - 1);
	memcpy(octets, names[0].key, names[0].key_size);
	octets += names[0].key_size;
	for (size_t i = 1; i < n; i++) {
		size_t shared = common(&names[i - 1], &names[i]);
		lcp[i - 1] = (uint8_t)shared;
		size[i - 1] = (uint8_t)(names[i].key_size - shared);
		memcpy(octets, names[i].key + shared, size[i - 1]);
		octets += size[i - 1];
	}
}

static bool put_block(struct bt_parts *parts, size_t first, size_t n, const struct ancestors *stack)
{
	const struct bt_build_name *names = parts->names + first;
	struct palette palette;
	find_palette(&palette, names, n);

	size_t octets = names[0].key_size;
	for (size_t i = 1; i < n; i++)
		octets += names[i].key_size - common(&names[i - 1], &names[i]) + 2;
	size_t size = BT_BLOCK_HEADER + palette.count * BT_CLASS_SIZE +
		      stack->count * (size_t)BT_ANCESTOR_SIZE +
		      (n * bt_index_bits(palette.count) + 7) / 8 + octets;
	uint8_t *offset = bt_buffer_grow(&parts->offsets, sizeof(uint32_t));
	size_t *name = (size_t *)(void *)bt_buffer_grow(&parts->firsts, sizeof(size_t));
	size_t begin = parts->leaves.size;
	uint8_t *at = bt_buffer_grow(&parts->leaves, size);
	if (offset == NULL || name == NULL || at == NULL || parts->leaves.size > UINT32_MAX)
		return false;
	bt_put32(offset, (uint32_t)begin);
	*name = first;
	at[BT_BLOCK_AT_KEYS] = (uint8_t)n;
	at[BT_BLOCK_AT_ANCESTORS] = (uint8_t)stack->count;
	at[BT_BLOCK_AT_PALETTE] = (uint8_t)palette.count;
	at[BT_BLOCK_AT_FIRST] = names[0].key_size;
	at = put_palette(at + BT_BLOCK_HEADER, &palette);
	at = put_ancestors(at, stack, parts->names);
	at = put_indices(at, &palette, n);
	put_keys(at, names, n);
	parts->blocks++;
	return true;
}

bool bt_build_blocks(struct bt_parts *parts, struct bt_err *err)
{
	struct ancestors stack = {.count = 0};
	for (size_t first = 0, n; first < parts->count; first += n) {
		n = measure(parts, first);
		keep_ancestors_of(&stack, parts->names, &parts->names[first]);
		if (!put_block(parts, first, n, &stack))
			return bt_fail(err, "out of memory, or more than 4 GiB of names");
		for (size_t i = first; i < first + n; i++) {
			keep_ancestors_of(&stack, parts->names, &parts->names[i]);
			stack.names[stack.count++] = i;
		}
	}
	uint8_t *end = bt_buffer_grow(&parts->offsets, sizeof(uint32_t));
	if (end == NULL)
		return bt_fail(err, "out of memory");
	bt_put32(end, (uint32_t)parts->leaves.size);
	return true;
}
