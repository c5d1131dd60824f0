/* SPDX-License-Identifier: BSD-3-Clause */
/* trie-index-make.c -- making the index: names to heads, filter and separators */

#include <stdlib.h>
#include <string.h>

#include "trie-index-make.h"

enum {
	SEEDS = 8,   /* to be tried when heads collide */
	PADDING = 8, /* zero octets after a separator, so that eight octets can be loaded */
};

/* The items, which are no longer the array's, without the room for more. */
static void *take(struct bt_array *array, size_t item_size)
{
	void *items = array->items;
	void *fitting = array->count > 0 ? realloc(items, array->count * item_size) : NULL;
	array->items = NULL;
	return fitting != NULL ? fitting : items;
}

static bool push(struct bt_array *hashes, uint64_t hash)
{
	uint64_t *at = bt_array_grow(hashes, 1, sizeof(*at));
	if (at != NULL)
		*at = hash;
	return at != NULL;
}

bool bt_index_start(struct bt_index_maker **maker, uint64_t seed, struct bt_err *err)
{
	struct bt_index_maker *m = calloc(1, sizeof(*m));
	if (m == NULL)
		return bt_fail(err, "out of memory");
	m->seed = seed;
	*maker = m;
	return true;
}

void bt_index_maker_free(struct bt_index_maker **maker)
{
	struct bt_index_maker *m = *maker;
	if (m == NULL)
		return;
	free(m->octets.items);
	free(m->separators.items);
	free(m->tops.items);
	free(m->hashes.items);
	free(m->trees.items);
	free(m->tasks.items);
	free(m->lines.items);
	free(m->refs.items);
	free(m);
	*maker = NULL;
}

static bool keep_octets(
    struct bt_index_maker *m, const uint8_t *key, unsigned size, size_t *octets_at)
{
	*octets_at = m->octets.count;
	uint8_t *to = bt_array_grow(&m->octets, size + PADDING, 1);
	if (to == NULL)
		return false;
	memcpy(to, key, size);
	memset(to + size, 0, PADDING);
	return true;
}

/* ---- names, for the filter ---- */

/*
 * A pair of labels that is listed itself, which then comes first, goes into the filter as one hash;
 * another, as the other hash of it, which says to ask again with three labels, and with the hashes
 * of those.
 */
static bool add_to_filter(
    struct bt_index_maker *m, const uint8_t *key, unsigned size, unsigned shared, unsigned top)
{
	unsigned pair = bt_label_end(key, top);
	if (shared < pair) {
		uint64_t hash = bt_index_hash(key, pair, m->seed);
		m->pair_listed = size == pair;
		if (!push(&m->hashes, m->pair_listed ? hash : bt_filter_other(hash)))
			return false;
	}
	if (m->pair_listed)
		return true;
	unsigned three = bt_label_end(key, pair);
	return shared >= three || push(&m->hashes, bt_index_hash(key, three, m->seed));
}

/* ---- names, for heads and trees ---- */

static bool add_top(struct bt_index_maker *m, const uint8_t *key, unsigned label, bool listed)
{
	struct bt_top *top = bt_array_grow(&m->tops, 1, sizeof(*top));
	if (top == NULL)
		return false;
	*top =
	    (struct bt_top){.separators = m->separators.count, .block = m->block, .listed = listed};
	return keep_octets(m, key, label, &top->label_at);
}

static bool add_separator(struct bt_index_maker *m, const uint8_t *key, unsigned size)
{
	struct bt_separator *separator = bt_array_grow(&m->separators, 1, sizeof(*separator));
	if (separator == NULL || !keep_octets(m, key, size, &separator->octets_at))
		return false;
	separator->size = size;
	separator->block = m->block;
	return true;
}

bool bt_index_block(struct bt_index_maker *maker, const uint8_t *key, unsigned shared,
    uint32_t offset, struct bt_err *err)
{
	maker->block = offset;
	bool same_top = shared >= bt_label_end(key, 0);
	if (same_top && !add_separator(maker, key, shared + 1))
		return bt_fail(err, "out of memory");
	return true;
}

bool bt_index_name(struct bt_index_maker *maker, const uint8_t *key, unsigned size, unsigned shared,
    struct bt_err *err)
{
	unsigned top = bt_label_end(key, 0);
	if (shared < top && !add_top(maker, key, top, size == top))
		return bt_fail(err, "out of memory");
	if (size > top && !add_to_filter(maker, key, size, shared, top))
		return bt_fail(err, "out of memory");
	return true;
}

/* ---- heads ---- */

/* A head for each top-level label, and a task if there are separators below it. */
static bool make_head(struct bt_index_maker *m, size_t number, struct bt_head *head)
{
	const struct bt_top *top = (const struct bt_top *)m->tops.items + number;
	size_t end = number + 1 < m->tops.count ? top[1].separators : m->separators.count;
	head->listed = top->listed;
	head->below = top->block;
	if (top->separators == end)
		return true;
	head->below = BT_INDEX_TREE | (uint32_t)m->trees.count;
	unsigned label = bt_label_end(bt_index_octets(m, top->label_at), 0);
	return bt_index_add_task(
	    m, &(struct bt_task){
		   .begin = top->separators, .end = end, .block = top->block, .at = label});
}

static bool place(struct bt_index *index, struct bt_head head)
{
	uint64_t at = head.hash >> (64 - index->head_bits);
	uint64_t mask = bt_index_heads(index) - 1;
	for (unsigned probes = 0; probes < BT_INDEX_PROBES_MAX; probes++, at++) {
		struct bt_head *to = &index->heads[at & mask];
		if (to->hash == head.hash)
			return false;
		if (to->hash == 0) {
			*to = head;
			return true;
		}
	}
	return false;
}

/* False if two labels have the same hash, or many a similar one. */
static bool place_heads(
    const struct bt_index_maker *m, struct bt_index *index, const struct bt_head *heads)
{
	memset(index->heads, 0, bt_index_heads(index) * sizeof(*index->heads));
	for (size_t i = 0; i < m->tops.count; i++) {
		const uint8_t *label =
		    bt_index_octets(m, ((const struct bt_top *)m->tops.items)[i].label_at);
		struct bt_head head = heads[i];
		head.hash = bt_index_hash(label, bt_label_end(label, 0), index->head_seed) | 1;
		if (!place(index, head))
			return false;
	}
	return true;
}

static bool make_heads(
    struct bt_index_maker *m, struct bt_index *index, struct bt_head *heads, struct bt_err *err)
{
	index->head_bits = 4;
	while (bt_index_heads(index) < 2 * m->tops.count)
		index->head_bits++;
	index->heads = calloc(bt_index_heads(index), sizeof(*heads));
	if (index->heads == NULL)
		return bt_fail(err, "out of memory");
	for (size_t i = 0; i < m->tops.count; i++) {
		if (!make_head(m, i, &heads[i]))
			return bt_fail(err, "out of memory");
		index->tops_listed |= heads[i].listed;
	}
	for (unsigned i = 0; i < SEEDS; i++) {
		index->head_seed = m->seed + i;
		if (place_heads(m, index, heads))
			return true;
	}
	return bt_fail(err, "too many top-level labels collide");
}

/* ---- all of it ---- */

static bool make_trees(struct bt_index_maker *m, struct bt_index *index, struct bt_err *err)
{
	if (!bt_index_make_trees(m))
		return bt_fail(err, "out of memory");
	size_t size = m->lines.count * sizeof(*index->lines);
	index->lines = aligned_alloc(sizeof(*index->lines), size + sizeof(*index->lines));
	if (index->lines == NULL)
		return bt_fail(err, "out of memory");
	if (size > 0)
		memcpy(index->lines, m->lines.items, size);
	index->trees = take(&m->trees, sizeof(*index->trees));
	index->refs = take(&m->refs, sizeof(*index->refs));
	return true;
}

static bool make_filter(struct bt_index_maker *m, struct bt_index *index, struct bt_err *err)
{
	index->filter_seed = m->seed;
	if (!bt_filter_make(&index->filter, m->hashes.items, m->hashes.count))
		return bt_fail(err, "out of memory");
	return true;
}

bool bt_index_make(struct bt_index_maker *maker, struct bt_index *index, struct bt_err *err)
{
	struct bt_index made = {0};
	struct bt_head *heads = calloc(maker->tops.count + 1, sizeof(*heads));
	bool good = heads != NULL || bt_fail(err, "out of memory");
	good = good && make_filter(maker, &made, err) && make_heads(maker, &made, heads, err) &&
	       make_trees(maker, &made, err);
	free(heads);
	if (!good) {
		bt_index_free(&made);
		return false;
	}
	made.octets = bt_index_heads(&made) * sizeof(*made.heads) +
		      made.filter.count * sizeof(*made.filter.lines) +
		      maker->trees.count * sizeof(*made.trees) +
		      maker->lines.count * sizeof(*made.lines) +
		      maker->refs.count * sizeof(*made.refs);
	*index = made;
	return true;
}
