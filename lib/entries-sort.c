/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * entries-sort.c -- many entries into key order
 *
 * Radix sort from the front, in place (McIlroy, Bostic and McIlroy 1993), eight octets of the keys
 * at a time: they lie in the items, so that keys, which are anywhere in memory, are read once for
 * every eight octets. What keys have in common is skipped.
 *
 * Zero octets stand for what is after a key's end; that keeps the order, as the octet that follows
 * a key in a longer one is the length of a label, never 0.
 */

#include <stdbool.h>

#include "entries-sort.h"

enum {
	OCTETS = sizeof(uint64_t),
	FEW = 48,    /* items, which are sorted by insertion */
	DEEP = 1024, /* further than any key: there lists and places in records[] are compared */
};

struct sort {
	const uint8_t *records;
	unsigned depth; /* of the octets in the items; the keys are equal before it */
};

static void sort_by_octets(struct sort s, struct bt_entry_item *items, size_t count);

static void swap(struct bt_entry_item *a, struct bt_entry_item *b)
{
	struct bt_entry_item item = *a;
	*a = *b;
	*b = item;
}

static uint64_t load(const struct sort *s, const struct bt_entry_item *item)
{
	struct bt_entry_head head = bt_entry_head(s->records, item->at);
	if (s->depth == DEEP)
		return (uint64_t)head.list << 32 | item->at;
	return bt_entry_octets(bt_entry_key(s->records, item->at), head.key_size, s->depth);
}

/* Items with the same octets: goes on with the next ones, or their keys are equal. */
static void sort_same(struct sort s, struct bt_entry_item *items, size_t count)
{
	if (count < 2 || s.depth == DEEP)
		return;
	bool ended = bt_entry_head(s.records, items->at).key_size < s.depth + OCTETS;
	s.depth = ended ? DEEP : s.depth + OCTETS;
	for (size_t i = 0; i < count; i++)
		items[i].octets = load(&s, &items[i]);
	sort_by_octets(s, items, count);
}

static void sort_few(struct sort s, struct bt_entry_item *items, size_t count)
{
	if (s.depth != DEEP)
		for (size_t i = 0; i < count; i++)
			__builtin_prefetch(s.records + items[i].at);
	for (size_t i = 1; i < count; i++) {
		struct bt_entry_item item = items[i];
		size_t j = i;
		for (; j > 0 && items[j - 1].octets > item.octets; j--)
			items[j] = items[j - 1];
		items[j] = item;
	}
	for (size_t i = 0, end; i < count; i = end) {
		for (end = i + 1; end < count && items[end].octets == items[i].octets;)
			end++;
		sort_same(s, items + i, end - i);
	}
}

static unsigned octet_of(const struct bt_entry_item *item, unsigned shift)
{
	return item->octets >> shift & 0xff;
}

/*
 * Sorts by one octet. Items that have octet i then end before ends[i]. Each swap brings an item to
 * where it stays, and the next one need not wait for it; what is not in place halves with each
 * round at least.
 */
static void distribute(
    struct bt_entry_item *items, size_t count, unsigned shift, size_t ends[static 256])
{
	size_t at[256] = {0}, sum = 0;
	for (size_t i = 0; i < count; i++)
		at[octet_of(&items[i], shift)]++;
	for (unsigned i = 0; i < 256; i++) {
		size_t size = at[i];
		at[i] = sum;
		ends[i] = sum += size;
	}
	bool again;
	do {
		again = false;
		for (unsigned i = 0; i < 256; i++) {
			for (size_t p = at[i]; p < ends[i]; p++)
				swap(&items[p], &items[at[octet_of(&items[p], shift)]++]);
			again = again || at[i] < ends[i];
		}
	} while (again);
}

/*
 * Recursion is bounded by the octets of a key: each step down is an octet further at least.
 */
static void sort_by_octets(struct sort s, struct bt_entry_item *items, size_t count)
{
	if (count <= FEW) {
		sort_few(s, items, count);
		return;
	}
	uint64_t differ = 0;
	for (size_t i = 1; i < count; i++)
		differ |= items[i].octets ^ items[0].octets;
	if (differ == 0) {
		sort_same(s, items, count);
		return;
	}
	size_t ends[256], begin = 0;
	distribute(items, count, (63u - (unsigned)__builtin_clzll(differ)) & ~7u, ends);
	for (unsigned i = 0; i < 256; begin = ends[i++])
		if (ends[i] - begin > 1)
			sort_by_octets(s, items + begin, ends[i] - begin);
}

void bt_entries_sort(const uint8_t *records, struct bt_entry_item *items, size_t count)
{
	sort_by_octets((struct sort){records, 0}, items, count);
}
