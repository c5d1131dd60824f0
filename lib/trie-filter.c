/* SPDX-License-Identifier: BSD-3-Clause */
/* trie-filter.c -- a set of hashes that may say yes too often */

#include <stdlib.h>
#include <string.h>

#include "trie-filter.h"

enum {
	LINE = BT_FILTER_WORDS * sizeof(uint64_t),
	AHEAD = 16, /* hashes, whose lines are being fetched meanwhile */
};

bool bt_filter_make(struct bt_filter *filter, const uint64_t *hashes, size_t count)
{
	uint64_t lines = (uint64_t)count * BT_FILTER_BITS / (8 * LINE) + 1;
	if (lines > UINT32_MAX)
		return false;
	filter->lines = aligned_alloc(LINE, lines * LINE);
	if (filter->lines == NULL)
		return false;
	memset(filter->lines, 0, lines * LINE);
	filter->count = lines;

	for (size_t i = 0; i < count; i++) {
		if (count - i > AHEAD)
			__builtin_prefetch(bt_filter_line(filter, hashes[i + AHEAD]), 1);
		uint64_t *line = bt_filter_line(filter, hashes[i]);
		uint64_t bits = bt_filter_bits(hashes[i]);
		for (unsigned word = 0; word < BT_FILTER_WORDS; word++)
			line[word] |= (uint64_t)1 << (bits >> 6 * word & 63);
	}
	return true;
}

void bt_filter_free(struct bt_filter *filter)
{
	free(filter->lines);
	filter->lines = NULL;
}
