/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ranges.h -- a set of numbers that mostly follow each other
 *
 * Kept as sorted ranges that do not touch: adding numbers in ascending order costs a comparison.
 *
 * Threads: a set belongs to one thread.
 */
#ifndef BT_RANGES_H
#define BT_RANGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bt_range {
	uint64_t first, last;
};

/* All zero is the empty set. */
struct bt_ranges {
	struct bt_range *ranges;
	size_t count, room;
};

/* Adds the numbers from first to last. False if memory runs out. */
bool bt_ranges_add(struct bt_ranges *set, uint64_t first, uint64_t last);

bool bt_ranges_has(const struct bt_ranges *set, uint64_t number);

/* Whether any number from first to last is in the set. */
bool bt_ranges_meets(const struct bt_ranges *set, uint64_t first, uint64_t last);

/* Whether all from first to last are. */
bool bt_ranges_covers(const struct bt_ranges *set, uint64_t first, uint64_t last);

/* How many numbers are in the set; UINT64_MAX if there are more. */
uint64_t bt_ranges_size(const struct bt_ranges *set);

/* Frees what the set holds; it is empty then. */
void bt_ranges_clear(struct bt_ranges *set);

#endif
