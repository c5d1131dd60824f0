/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ring-counts.h -- the pages of a ring's file in which hits without an event are counted; for
 * ring.c alone
 *
 * A page has a counter for each list of one policy, since a list's number means nothing without it.
 * The worker takes a free page when it comes to count for another policy, and leaves the one
 * before; the writer frees that once the log has what it counted. With no page free, hits are
 * counted all the same, without their list, in the first page, which is not of any policy.
 *
 * Each counter is written by the worker alone, with one store, so that a kill falls before or after
 * a hit.
 */
#ifndef BT_RING_COUNTS_H
#define BT_RING_COUNTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "counts.h"
#include "policy.h"

enum bt_page_state { BT_PAGE_FREE, BT_PAGE_USED, BT_PAGE_LEFT, BT_PAGE_STATES };

struct bt_list_count {
	_Atomic uint64_t counted, dropped; /* the worker's */
	_Atomic int64_t last;              /* as well: the time of the last hit */
	_Atomic uint64_t counted_logged;   /* the writer's: what the log has of them */
	_Atomic uint64_t dropped_logged;
};

/* Who finds a page used or left may read the next three, and who finds it free writes them. */
struct bt_count_page {
	_Atomic uint32_t state;
	uint32_t epoch;
	uint64_t policy;
	int64_t looked; /* when the writer looked last, at first when the page was taken */
	struct bt_list_count lists[BT_LISTS_MAX];
};

/* The worker's side of a ring's pages. */
struct bt_counter {
	struct bt_count_page *pages; /* NULL: the file has none */
	struct bt_count_page *page;  /* in use; NULL: none is */
	uint32_t epoch;              /* of the last page that was taken */
};

/* In pages that are all zero, at that time. */
void bt_count_begin(struct bt_count_page *pages, int64_t time);

/* Whether another process can have left pages like these. */
bool bt_count_good(const struct bt_count_page *pages);

/* ---- the worker ---- */

/* The counts of that list. Takes a page if the policy is another one. */
struct bt_list_count *bt_count_of(
    struct bt_counter *counter, uint64_t policy, unsigned list, int64_t time);

void bt_count_add(_Atomic uint64_t *count, uint64_t more);

/* ---- the writer ---- */

bool bt_count_left(const struct bt_count_page *page);

/* As bt_ring_counts() and bt_ring_counted() of ring.h, for one page. */
unsigned bt_count_changes(
    struct bt_count_page *page, unsigned *list, struct bt_count *counts, unsigned max);
void bt_count_logged(struct bt_count_page *page, const struct bt_count *counts, unsigned count);
void bt_count_looked(struct bt_count_page *page, bool left, int64_t time);

#endif
