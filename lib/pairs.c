/* SPDX-License-Identifier: BSD-3-Clause */
/* pairs.c -- pairs of numbers to dense numbers */

#include <stdlib.h>
#include <string.h>

#include "large.h"
#include "pairs.h"

enum { FIRST_SLOTS = 64 };

struct bt_pair_slot {
	uint32_t a, b;
	uint32_t number; /* from 1; 0: a free slot */
};

/* Fibonacci hashing (Knuth, The Art of Computer Programming 3, 6.4): the product's upper bits. */
static size_t place_of(const struct bt_pairs *pairs, uint32_t a, uint32_t b)
{
	uint64_t pair = (uint64_t)a << 32 | b;
	pair = (pair ^ pair >> 29) * UINT64_C(0x9e3779b97f4a7c15);
	return (size_t)(pair >> 20) & (pairs->slot_count - 1);
}

/* The pair's slot, or the free one that it would take. */
static struct bt_pair_slot *find(const struct bt_pairs *pairs, uint32_t a, uint32_t b)
{
	size_t at = place_of(pairs, a, b);
	for (;; at = (at + 1) & (pairs->slot_count - 1)) {
		struct bt_pair_slot *slot = &pairs->slots[at];
		if (slot->number == 0 || (slot->a == a && slot->b == b))
			return slot;
	}
}

static bool grow(struct bt_pairs *pairs)
{
	struct bt_pairs larger = {.count = pairs->count};
	larger.slot_count = pairs->slot_count == 0 ? FIRST_SLOTS : 2 * pairs->slot_count;
	larger.slots = calloc(larger.slot_count, sizeof(*larger.slots));
	if (larger.slots == NULL)
		return false;
	bt_large_pages(larger.slots, larger.slot_count * sizeof(*larger.slots));
	for (size_t i = 0; i < pairs->slot_count; i++) {
		const struct bt_pair_slot *slot = &pairs->slots[i];
		if (slot->number != 0)
			*find(&larger, slot->a, slot->b) = *slot;
	}
	free(pairs->slots);
	*pairs = larger;
	return true;
}

bool bt_pairs_add(struct bt_pairs *pairs, uint32_t a, uint32_t b, uint32_t *number)
{
	if (pairs->count >= pairs->slot_count / 4 * 3 && !grow(pairs))
		return false;
	struct bt_pair_slot *slot = find(pairs, a, b);
	if (slot->number == 0) {
		if (pairs->count == UINT32_MAX)
			return false;
		*slot = (struct bt_pair_slot){a, b, ++pairs->count};
	}
	*number = slot->number - 1;
	return true;
}

void bt_pairs_prefetch(const struct bt_pairs *pairs, uint32_t a, uint32_t b)
{
	if (pairs->slot_count > 0)
		__builtin_prefetch(&pairs->slots[place_of(pairs, a, b)], 1);
}

void bt_pairs_clear(struct bt_pairs *pairs)
{
	free(pairs->slots);
	*pairs = (struct bt_pairs){0};
}
