/* SPDX-License-Identifier: BSD-3-Clause */
/* build-parts.h -- the parts of a trie file under construction (private to lib/build*.c) */
#ifndef BT_BUILD_PARTS_H
#define BT_BUILD_PARTS_H

#include "build.h"
#include "trie-format.h"

/* Octets that grow. */
struct bt_buffer {
	uint8_t *bytes;
	size_t size, room;
};

/* `size` more octets, zeroed, at the end; NULL if memory runs out. */
uint8_t *bt_buffer_grow(struct bt_buffer *buffer, size_t size);

struct bt_parts {
	const struct bt_build_name *names;
	size_t count;
	struct bt_buffer nodes, children, offsets, leaves, filter;
	struct bt_buffer firsts; /* size_t each: the name that each block begins with */
	uint32_t blocks;
	uint32_t flags;
};

/* Names -> leaves, offsets, firsts. */
bool bt_build_blocks(struct bt_parts *parts, struct bt_err *err);

/* firsts -> nodes, children. */
bool bt_build_index(struct bt_parts *parts, struct bt_err *err);

/* Names -> filter, flags. */
bool bt_build_filter(struct bt_parts *parts, struct bt_err *err);

#endif
