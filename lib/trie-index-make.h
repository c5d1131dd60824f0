/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * trie-index-make.h -- what the names leave behind, for an index to be made of (private to
 * trie-index-*.c)
 */
#ifndef BT_TRIE_INDEX_MAKE_H
#define BT_TRIE_INDEX_MAKE_H

#include <stdlib.h>

#include "trie-format.h"
#include "trie-index.h"

/* An array that grows. */
struct bt_array {
	void *items;
	size_t count, room;
};

/* Room for `more` items more, and where the first of them goes; NULL if memory runs out. */
static inline void *bt_array_grow(struct bt_array *array, size_t more, size_t item_size)
{
	if (more > array->room - array->count) {
		size_t room = array->room + array->room / 2 + more + 64;
		void *items = realloc(array->items, room * item_size);
		if (items == NULL)
			return NULL;
		array->items = items;
		array->room = room;
	}
	void *at = (char *)array->items + array->count * item_size;
	array->count += more;
	return at;
}

/* Keys that are not below it are in other blocks than keys that are. */
struct bt_separator {
	size_t octets_at; /* in maker->octets; zero octets follow */
	uint32_t block;   /* begins here */
	unsigned size;    /* octets; the last one is not 0 */
};

/* A top-level label. */
struct bt_top {
	size_t label_at;   /* in maker->octets */
	size_t separators; /* the first one below it; they end where the next label's begin */
	uint32_t block;    /* of keys below it that are not above the first separator */
	bool listed;
};

/* A tree that is still to be made, of separators that are alike before octet `at`. */
struct bt_task {
	size_t begin, end;
	uint32_t block; /* before the first of them */
	unsigned at;    /* each of them goes on from here */
};

struct bt_index_maker {
	uint64_t seed;
	struct bt_array octets, separators, tops, hashes, trees, tasks, lines, refs;
	uint32_t block;   /* the one that the last name is in */
	bool pair_listed; /* the first two labels of the last name are a listed name */
};

static inline const uint8_t *bt_index_octets(const struct bt_index_maker *maker, size_t at)
{
	return (const uint8_t *)maker->octets.items + at;
}

/* Adds a task and a tree for it. Both have the same number. False if memory runs out. */
bool bt_index_add_task(struct bt_index_maker *maker, const struct bt_task *task);

/* Makes all trees that there are tasks for, and those below. */
bool bt_index_make_trees(struct bt_index_maker *maker);

#endif
