/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * entries-sort.h -- many entries into key order (private to entries*.c)
 *
 * An entry is an item and a record; of a million of them each octet counts. The records lie one
 * after the other, a head and then the key, and are followed by eight octets that can be read.
 *
 * Threads: none of it is shared.
 */
#ifndef BT_ENTRIES_SORT_H
#define BT_ENTRIES_SORT_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "endian.h"

struct bt_entry_head {
	uint16_t list;
	uint8_t scope;
	uint8_t key_size;
};

struct bt_entry_item {
	uint64_t octets; /* eight of the key, those that are being compared */
	uint32_t at;     /* of its record; ascends in the order of adding */
	uint32_t meta;
};

static inline struct bt_entry_head bt_entry_head(const uint8_t *records, uint32_t at)
{
	struct bt_entry_head head;
	memcpy(&head, records + at, sizeof(head));
	return head;
}

static inline const uint8_t *bt_entry_key(const uint8_t *records, uint32_t at)
{
	return records + at + sizeof(struct bt_entry_head);
}

/*
 * The octets of a key from `depth` on as a number that sorts as they do, with zero octets for what
 * is after its end. Eight octets at key + depth can be read, where that is not behind the end.
 */
static inline uint64_t bt_entry_octets(const uint8_t *key, unsigned key_size, unsigned depth)
{
	if (depth >= key_size)
		return 0;
	uint64_t octets = __builtin_bswap64(bt_get64(key + depth));
	unsigned left = key_size - depth;
	return left < 8 ? octets & ~(UINT64_MAX >> 8 * left) : octets;
}

/*
 * Sorts items[], whose octets are the first of their keys: by key; equal keys by list, then in the
 * order of adding. The octets are overwritten.
 */
void bt_entries_sort(const uint8_t *records, struct bt_entry_item *items, size_t count);

#endif
