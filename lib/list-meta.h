/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * list-meta.h -- what formats of columns say of an indicator (private to lib/list*.c)
 *
 * Keys and values are those of our YAML lists: blocklists/README.md.
 *
 * Threads: none of it is shared.
 */
#ifndef BT_LIST_META_H
#define BT_LIST_META_H

#include "list-formats.h"

enum {
	BT_META_PAIRS = 16,                         /* pieces of metadata of an indicator */
	BT_META_TEXT = BT_LINE_MAX + BT_META_PAIRS, /* of all of them: octets */
};

/* And of what decides whether it counts, `expires` and `confidence`: others leave it this room. */
enum { BT_META_DECIDING_PAIRS = 2, BT_META_DECIDING_TEXT = 64 };

/* Of one indicator; empty where `count` and `used` are 0. */
struct bt_list_meta {
	struct bt_pair pairs[BT_META_PAIRS + BT_META_DECIDING_PAIRS];
	unsigned count;
	char text[BT_META_TEXT + BT_META_DECIDING_TEXT];
	size_t used;
};

/*
 * Adds a pair, whose value is copied: control characters become spaces. Nothing is added for an
 * empty value, for a confidence that is no number up to 100, for an `expires` or `first-reported`
 * that is no date of the calendar, in UTC, with or without a time; and where there is no room.
 * `key` is borrowed.
 */
void bt_list_meta_add(struct bt_list_meta *meta, const char *key, struct bt_line value);

#endif
