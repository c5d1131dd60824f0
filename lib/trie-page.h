/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * trie-page.h -- what stands in a page
 *
 * Names have a tag of one octet and an entry: their code and, at its end, their class. Entries are
 * in the order of their sizes, so that a page need not say more about these than how many entries
 * have at most 0, 1, ... 15 octets more than the least: its ends. What the entries before entry i
 * have more is then, for each end that is not above i, as much as i is above it.
 *
 * Threads: as trie.h.
 */
#ifndef BT_TRIE_PAGE_H
#define BT_TRIE_PAGE_H

#include <stdint.h>

#include "octets.h"
#include "trie-format.h"
#include "trie-place.h"

BT_INLINE const uint8_t *bt_page(const struct bt_pages *pages, uint32_t number)
{
	return pages->bytes + (size_t)number * BT_PAGE_SIZE;
}

struct bt_entry {
	const uint8_t *at;
	unsigned size;
};

/* Entry number i of those in the page; they have so many octets at least. */
BT_INLINE struct bt_entry bt_page_entry(const uint8_t *page, unsigned i, unsigned least)
{
	unsigned more;
	unsigned size = bt_octets_not_above(page + BT_PAGE_AT_ENDS, (uint8_t)i, &more);
	const uint8_t *entries = page + BT_PAGE_HEADER + page[BT_PAGE_AT_NAMES];
	return (struct bt_entry){.at = entries + more + i * least, .size = size + least};
}

#endif
