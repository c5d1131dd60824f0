/* SPDX-License-Identifier: BSD-3-Clause */
/* pair-set.c -- a set of pairs of numbers */

#include <stdlib.h>

#include "large.h"
#include "pair-set.h"

enum { FIRST_SLOTS = 64 };

struct bt_pair_word {
	uint32_t a, b; /* b: without its last 6 bits */
	uint64_t bits; /* by these; 0: a free slot */
};

/* Fibonacci hashing (Knuth, The Art of Computer Programming 3, 6.4): the product's upper bits. */
static size_t place_of(const struct bt_pair_set *set, uint32_t a, uint32_t word)
{
	uint64_t pair = (uint64_t)a << 32 | word;
	pair = (pair ^ pair >> 29) * UINT64_C(0x9e3779b97f4a7c15);
	return (size_t)(pair >> 24) & (set->slot_count - 1);
}

/* The slot of the pair, or the free one that it would take. */
static struct bt_pair_word *find(const struct bt_pair_set *set, uint32_t a, uint32_t word)
{
	size_t at = place_of(set, a, word);
	for (;; at = (at + 1) & (set->slot_count - 1)) {
		struct bt_pair_word *slot = &set->slots[at];
		if (slot->bits == 0 || (slot->a == a && slot->b == word))
			return slot;
	}
}

static bool grow(struct bt_pair_set *set)
{
	struct bt_pair_set larger = {.used = set->used};
	larger.slot_count = set->slot_count == 0 ? FIRST_SLOTS : 2 * set->slot_count;
	larger.slots = calloc(larger.slot_count, sizeof(*larger.slots));
	if (larger.slots == NULL)
		return false;
	bt_large_pages(larger.slots, larger.slot_count * sizeof(*larger.slots));
	for (size_t i = 0; i < set->slot_count; i++) {
		const struct bt_pair_word *slot = &set->slots[i];
		if (slot->bits != 0)
			*find(&larger, slot->a, slot->b) = *slot;
	}
	free(set->slots);
	*set = larger;
	return true;
}

bool bt_pair_set_add(struct bt_pair_set *set, uint32_t a, uint32_t b, bool *added)
{
	if (set->used >= set->slot_count / 3 * 2 && !grow(set))
		return false;
	struct bt_pair_word *slot = find(set, a, b / 64);
	uint64_t bit = UINT64_C(1) << b % 64;
	if (slot->bits == 0) {
		slot->a = a;
		slot->b = b / 64;
		set->used++;
	}
	*added = (slot->bits & bit) == 0;
	slot->bits |= bit;
	return true;
}

void bt_pair_set_prefetch(const struct bt_pair_set *set, uint32_t a, uint32_t b)
{
	if (set->slot_count > 0)
		__builtin_prefetch(&set->slots[place_of(set, a, b / 64)], 1);
}

void bt_pair_set_clear(struct bt_pair_set *set)
{
	free(set->slots);
	*set = (struct bt_pair_set){0};
}
