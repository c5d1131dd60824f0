/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * entries-sort.h -- many entries into key order (private to entries*.c)
 *
 * Threads: none of it is shared.
 */
#ifndef BT_ENTRIES_SORT_H
#define BT_ENTRIES_SORT_H

#include <stddef.h>
#include <stdint.h>

struct bt_entry_row {
	const uint8_t *key;
	uint32_t meta;
	uint16_t list;
	uint8_t scope;
	uint8_t key_size;
};

struct bt_entry_item {
	uint64_t octets; /* eight of the key, those that are being compared */
	uint32_t row;
};

/* Fills items[] with the rows' numbers: by key; equal keys by list, then as they stand in rows[].
 */
void bt_entries_sort(const struct bt_entry_row *rows, size_t count, struct bt_entry_item *items);

#endif
