/* SPDX-License-Identifier: BSD-3-Clause */
/* trie-view.h -- an open trie (private to trie*.c) */
#ifndef BT_TRIE_VIEW_H
#define BT_TRIE_VIEW_H

#include "trie-code.h"
#include "trie-filter.h"
#include "trie-format.h"
#include "trie-page.h"
#include "trie.h"

struct bt_trie {
	uint8_t *bytes; /* the whole file */
	size_t size;
	struct bt_filter filter;
	struct bt_pages tables[BT_TABLES]; /* of pages: the first, and annexes */
	unsigned table_count;
	struct bt_places places;
	unsigned deepest;   /* labels that a name has at most */
	uint64_t depths[2]; /* bit i: there are names with i labels */
	uint32_t root;      /* its class, or BT_TRIE_NO_CLASS */
	const uint8_t *tails;
	size_t tails_size;
	uint64_t names, digest;
	struct bt_policy *policy;
	struct bt_codes codes;
};

/* Fills in the trie from trie->bytes, all of which it checks. On failure the rest is half-built. */
bool bt_trie_verify(struct bt_trie *trie, struct bt_err *err);

#endif
