/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * counts.h -- hits of which there is no event, counted
 *
 * A hit has no event if its list is not to have any (`events: count`), or if the ring was full. It
 * is counted for the list that decided, so that a list's hits are its events and these, exactly.
 *
 * Counts are totals that only grow: of one ring of one boot, of one list of one policy, over one
 * use of a page (ring-counts.h). So whoever reads the same twice can tell.
 */
#ifndef BT_COUNTS_H
#define BT_COUNTS_H

#include <stdint.h>

enum {
	BT_COUNT_PAGES = 5,   /* of a ring; the first one is for hits whose list is not known */
	BT_COUNTS_BATCH = 64, /* that are written at once, at most */
};

/* What was added to a list's totals between two looks at them. */
struct bt_count {
	uint64_t boot;
	uint32_t ring;
	uint32_t epoch;  /* which use of a page; 0: the list is not known */
	uint64_t policy; /* digest of the trie whose list it is; with epoch 0, 0 */
	uint16_t list;   /* with epoch 0, 0 */
	int64_t from;    /* these hits are not older, */
	int64_t time;    /* and this is when the last of them was; milliseconds since 1970 */
	uint64_t counted_before, counted; /* totals of hits that were not to have an event; */
	uint64_t dropped_before, dropped; /* and of those whose event was lost */
};

#endif
