/* SPDX-License-Identifier: BSD-3-Clause */
/* ranges.c -- a set of numbers that mostly follow each other */

#include <stdlib.h>
#include <string.h>

#include "ranges.h"

/* The first range that ends at `number` or behind it; count if there is none. */
static size_t find(const struct bt_ranges *set, uint64_t number)
{
	size_t low = 0, high = set->count;
	if (high > 0 && set->ranges[high - 1].last < number)
		return high;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (set->ranges[middle].last < number)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool insert(struct bt_ranges *set, size_t at, struct bt_range range)
{
	if (set->count == set->room) {
		size_t room = set->room == 0 ? 8 : set->room * 2;
		struct bt_range *more = realloc(set->ranges, room * sizeof(*more));
		if (more == NULL)
			return false;
		set->ranges = more;
		set->room = room;
	}
	memmove(&set->ranges[at + 1], &set->ranges[at], (set->count - at) * sizeof(range));
	set->ranges[at] = range;
	set->count++;
	return true;
}

bool bt_ranges_add(struct bt_ranges *set, uint64_t first, uint64_t last)
{
	/* The ranges from `at` to before `end` overlap the new one or touch it. */
	size_t at = find(set, first == 0 ? 0 : first - 1), end = at;
	while (end < set->count && (last == UINT64_MAX || set->ranges[end].first <= last + 1))
		end++;
	if (at == end)
		return insert(set, at, (struct bt_range){first, last});

	struct bt_range *merged = &set->ranges[at];
	if (merged->first > first)
		merged->first = first;
	merged->last = set->ranges[end - 1].last > last ? set->ranges[end - 1].last : last;
	memmove(&set->ranges[at + 1], &set->ranges[end], (set->count - end) * sizeof(*merged));
	set->count -= end - at - 1;
	return true;
}

bool bt_ranges_has(const struct bt_ranges *set, uint64_t number)
{
	size_t at = find(set, number);
	return at < set->count && set->ranges[at].first <= number;
}

bool bt_ranges_meets(const struct bt_ranges *set, uint64_t first, uint64_t last)
{
	size_t at = find(set, first);
	return at < set->count && set->ranges[at].first <= last;
}

bool bt_ranges_covers(const struct bt_ranges *set, uint64_t first, uint64_t last)
{
	size_t at = find(set, first);
	return at < set->count && set->ranges[at].first <= first && set->ranges[at].last >= last;
}

uint64_t bt_ranges_size(const struct bt_ranges *set)
{
	uint64_t size = 0;
	for (size_t i = 0; i < set->count; i++) {
		uint64_t more = set->ranges[i].last - set->ranges[i].first;
		if (more >= UINT64_MAX - size)
			return UINT64_MAX;
		size += more + 1;
	}
	return size;
}

void bt_ranges_clear(struct bt_ranges *set)
{
	free(set->ranges);
	memset(set, 0, sizeof(*set));
}
