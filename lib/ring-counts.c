/* SPDX-License-Identifier: BSD-3-Clause */
/* ring-counts.c -- the pages of a ring's file in which hits without an event are counted */

#include <assert.h>
#include <stdatomic.h>

#include "ring-counts.h"

static_assert(ATOMIC_LLONG_LOCK_FREE == 2, "counters in shared memory must not need a lock");
static_assert(sizeof(struct bt_count_page) == 24 + BT_LISTS_MAX * 40, "the layout is the file's");

void bt_count_begin(struct bt_count_page *pages, int64_t time)
{
	pages[0].looked = time;
	atomic_store_explicit(&pages[0].state, BT_PAGE_USED, memory_order_relaxed);
}

bool bt_count_good(const struct bt_count_page *pages)
{
	for (unsigned i = 0; i < BT_COUNT_PAGES; i++) {
		uint32_t state = atomic_load(&pages[i].state);
		bool first_is_used = i > 0 || state == BT_PAGE_USED;
		bool only_first_is_of_none =
		    state == BT_PAGE_FREE || (pages[i].epoch == 0) == (i == 0);
		if (state >= BT_PAGE_STATES || !first_is_used || !only_first_is_of_none)
			return false;
	}
	return true;
}

/* ---- the worker ---- */

/* It is the only one that takes or leaves a page, and the writer the only one that frees one. */
static void take_page(struct bt_counter *counter, uint64_t policy, int64_t time)
{
	if (counter->page != NULL)
		atomic_store_explicit(&counter->page->state, BT_PAGE_LEFT, memory_order_release);
	counter->page = NULL;
	for (unsigned i = 1; i < BT_COUNT_PAGES; i++) {
		struct bt_count_page *page = &counter->pages[i];
		if (atomic_load_explicit(&page->state, memory_order_acquire) != BT_PAGE_FREE)
			continue;
		page->epoch = ++counter->epoch;
		page->policy = policy;
		page->looked = time;
		atomic_store_explicit(&page->state, BT_PAGE_USED, memory_order_release);
		counter->page = page;
		return;
	}
}

struct bt_list_count *bt_count_of(
    struct bt_counter *counter, uint64_t policy, unsigned list, int64_t time)
{
	if (policy == 0 || list >= BT_LISTS_MAX)
		return &counter->pages[0].lists[0];
	if (counter->page == NULL || counter->page->policy != policy)
		take_page(counter, policy, time);
	return counter->page == NULL ? &counter->pages[0].lists[0] : &counter->page->lists[list];
}

void bt_count_add(_Atomic uint64_t *count, uint64_t more)
{
	uint64_t before = atomic_load_explicit(count, memory_order_relaxed);
	atomic_store_explicit(count, before + more, memory_order_release);
}

/* ---- the writer ---- */

bool bt_count_left(const struct bt_count_page *page)
{
	return atomic_load_explicit(&page->state, memory_order_acquire) == BT_PAGE_LEFT;
}

static bool read_count(
    const struct bt_count_page *page, const struct bt_list_count *from, struct bt_count *count)
{
	count->epoch = page->epoch;
	count->policy = page->policy;
	count->counted = atomic_load_explicit(&from->counted, memory_order_acquire);
	count->dropped = atomic_load_explicit(&from->dropped, memory_order_acquire);
	count->counted_before = atomic_load_explicit(&from->counted_logged, memory_order_relaxed);
	count->dropped_before = atomic_load_explicit(&from->dropped_logged, memory_order_relaxed);
	/* A hit is dated before it is counted, perhaps by a clock that is a little behind. */
	count->time = atomic_load_explicit(&from->last, memory_order_relaxed);
	count->from = page->looked < count->time ? page->looked : count->time;
	/* Who was killed while he freed the page has logged what it counted. */
	return count->counted >= count->counted_before && count->dropped >= count->dropped_before &&
	       (count->counted > count->counted_before || count->dropped > count->dropped_before);
}

unsigned bt_count_changes(
    struct bt_count_page *page, unsigned *list, struct bt_count *counts, unsigned max)
{
	unsigned found = 0;
	if (atomic_load_explicit(&page->state, memory_order_acquire) == BT_PAGE_FREE)
		return 0;
	for (; *list < BT_LISTS_MAX && found < max; ++*list) {
		counts[found] = (struct bt_count){.list = (uint16_t)*list};
		found += read_count(page, &page->lists[*list], &counts[found]);
	}
	return found;
}

void bt_count_logged(struct bt_count_page *page, const struct bt_count *counts, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		struct bt_list_count *list = &page->lists[counts[i].list];
		atomic_store_explicit(
		    &list->counted_logged, counts[i].counted, memory_order_relaxed);
		atomic_store_explicit(
		    &list->dropped_logged, counts[i].dropped, memory_order_relaxed);
	}
}

/* In this order: at any moment no list has more than is logged. */
static void clear(struct bt_count_page *page)
{
	for (unsigned i = 0; i < BT_LISTS_MAX; i++) {
		struct bt_list_count *list = &page->lists[i];
		atomic_store_explicit(&list->counted, 0, memory_order_relaxed);
		atomic_store_explicit(&list->dropped, 0, memory_order_relaxed);
		atomic_store_explicit(&list->last, 0, memory_order_relaxed);
		atomic_store_explicit(&list->counted_logged, 0, memory_order_release);
		atomic_store_explicit(&list->dropped_logged, 0, memory_order_release);
	}
}

void bt_count_looked(struct bt_count_page *page, bool left, int64_t time)
{
	if (atomic_load_explicit(&page->state, memory_order_acquire) == BT_PAGE_FREE)
		return;
	page->looked = time;
	if (!left)
		return;
	clear(page);
	atomic_store_explicit(&page->state, BT_PAGE_FREE, memory_order_release);
}
