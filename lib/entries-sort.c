/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * entries-sort.c -- many entries into key order
 *
 * Three-way quicksort (Bentley and Sedgewick 1997) with eight octets for a character: they lie in
 * the items, so that keys, which are anywhere in memory, are read once for every eight octets.
 * Zero octets stand for what is after a key's end; that keeps the order, as the octet that follows
 * a key in a longer one is the length of a label, never 0.
 */

#include <stdbool.h>
#include <string.h>

#include "endian.h"
#include "entries-sort.h"

enum {
	OCTETS = sizeof(uint64_t),
	FEW = 12,    /* items, which are sorted by insertion */
	DEEP = 1024, /* further than any key: lists and rows are compared there */
};

struct sort {
	const struct bt_entry_row *rows;
	uint64_t random;
};

static void load(const struct sort *s, struct bt_entry_item *items, size_t count, unsigned depth)
{
	for (size_t i = 0; i < count; i++) {
		const struct bt_entry_row *row = &s->rows[items[i].row];
		uint8_t octets[OCTETS] = {0};
		if (depth == DEEP) {
			items[i].octets = (uint64_t)row->list << 32 | items[i].row;
			continue;
		}
		if (row->key_size >= depth + OCTETS)
			memcpy(octets, row->key + depth, OCTETS);
		else if (row->key_size > depth)
			memcpy(octets, row->key + depth, row->key_size - depth);
		items[i].octets = __builtin_bswap64(bt_get64(octets));
	}
}

static void swap(struct bt_entry_item *a, struct bt_entry_item *b)
{
	struct bt_entry_item item = *a;
	*a = *b;
	*b = item;
}

/* From `depth` on, of keys that are equal before it. */
static int compare_keys(const struct sort *s, const struct bt_entry_item *a,
    const struct bt_entry_item *b, unsigned depth)
{
	if (a->octets != b->octets)
		return a->octets < b->octets ? -1 : 1;
	const struct bt_entry_row *x = &s->rows[a->row], *y = &s->rows[b->row];
	unsigned least = x->key_size < y->key_size ? x->key_size : y->key_size;
	int order = least > depth ? memcmp(x->key + depth, y->key + depth, least - depth) : 0;
	if (order == 0)
		order = x->key_size - y->key_size;
	if (order == 0)
		order = x->list - y->list;
	return order != 0 ? order : a->row < b->row ? -1 : 1;
}

static void sort_few(
    const struct sort *s, struct bt_entry_item *items, size_t count, unsigned depth)
{
	for (size_t i = 1; i < count; i++)
		for (size_t j = i; j > 0 && compare_keys(s, &items[j - 1], &items[j], depth) > 0;
		     j--)
			swap(&items[j - 1], &items[j]);
}

/* One of the items, at random, so that no list can be made to take long (splitmix64). */
static uint64_t choose_pivot(struct sort *s, const struct bt_entry_item *items, size_t count)
{
	uint64_t z = s->random += 0x9e3779b97f4a7c15u;
	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return items[(z ^ z >> 31) % count].octets;
}

/* Into those below the pivot, *low of them, those with its octets, and those above, from *high. */
static void part(
    struct bt_entry_item *items, size_t count, uint64_t pivot, size_t *low, size_t *high)
{
	size_t below = 0, above = count;
	for (size_t i = 0; i < above;) {
		if (items[i].octets < pivot)
			swap(&items[below++], &items[i++]);
		else if (items[i].octets > pivot)
			swap(&items[i], &items[--above]);
		else
			i++;
	}
	*low = below;
	*high = above;
}

/* How deep to go on with keys that have these octets at `depth`: further, or they are equal. */
static unsigned deeper(const struct sort *s, const struct bt_entry_item *item, unsigned depth)
{
	bool ended = item->octets == 0 && s->rows[item->row].key_size <= depth;
	return ended ? DEEP : depth + OCTETS;
}

/*
 * Items whose keys are equal before `depth`, where their octets were loaded from. Recursion for
 * equal octets ends with the keys; of the others, the smaller part recurs.
 */
static void sort(struct sort *s, struct bt_entry_item *items, size_t count, unsigned depth)
{
	while (count > FEW) {
		size_t low, high;
		part(items, count, choose_pivot(s, items, count), &low, &high);
		struct bt_entry_item *same = items + low, *above = items + high;
		size_t same_count = high - low, above_count = count - high;
		if (same_count > 1) {
			unsigned next = deeper(s, same, depth);
			load(s, same, same_count, next);
			sort(s, same, same_count, next);
		}
		if (low < above_count) {
			sort(s, items, low, depth);
			items = above;
			count = above_count;
		} else {
			sort(s, above, above_count, depth);
			count = low;
		}
	}
	sort_few(s, items, count, depth);
}

void bt_entries_sort(const struct bt_entry_row *rows, size_t count, struct bt_entry_item *items)
{
	struct sort s = {.rows = rows};
	for (size_t i = 0; i < count; i++)
		items[i].row = (uint32_t)i;
	load(&s, items, count, 0);
	sort(&s, items, count, 0);
}
