/* SPDX-License-Identifier: BSD-3-Clause */
/* trie-view.h -- an open trie (private to trie*.c) */
#ifndef BT_TRIE_VIEW_H
#define BT_TRIE_VIEW_H

#include "trie-format.h"
#include "trie-index.h"
#include "trie.h"

struct bt_trie {
	uint8_t *bytes; /* the whole file */
	size_t size;
	size_t blocks_at, blocks_size; /* without the guard */
	uint32_t blocks, root;         /* root: its class, or BT_TRIE_NO_CLASS */
	struct bt_coding coding;
	uint64_t names, digest;
	struct bt_policy *policy;
	struct bt_index index;
};

/* Fills in the trie from trie->bytes, all of which it checks. On failure the rest is half-built. */
bool bt_trie_verify(struct bt_trie *trie, struct bt_err *err);

#endif
