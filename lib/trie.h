/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * trie.h -- the compiled lists, read only
 *
 * One immutable file holds every indicator and the policy that was compiled with them (policy.h).
 * doc/trie-format.md describes it byte by byte. Opening verifies checksums and all that a lookup
 * relies on: so a lookup checks nothing and cannot leave the file's bytes, whoever made them. That
 * every entry is a name is another question: bt_trie_check (trie-names.h).
 *
 * Threads: an open trie never changes; any number of threads may read it. Closing it is for the
 * one that knows that no reader is left.
 */
#ifndef BT_TRIE_H
#define BT_TRIE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"
#include "name.h"
#include "policy.h"

enum {
	BT_TRIE_VERSION = 4,
	BT_TRIE_MAX = 0x7fffffff, /* octets of a file */
	/* A queried name has at most 127 ancestors-or-self below the root, and the root. */
	BT_MATCHES_MAX = BT_LABELS_MAX + 1,
	BT_BATCH_MAX = 16, /* keys that are looked up at once */
};

struct bt_trie;

/* A listed name that is the queried name or an ancestor of it. */
struct bt_match {
	uint32_t class_id; /* which lists hold it, with which scope and metadata: policy.h */
	uint8_t labels;    /* labels of the listed name */
};

/*
 * Takes `bytes` (malloc'ed, `size` octets; freed by bt_trie_close) and verifies them. On
 * failure the caller still owns them, and *err says what is wrong and where.
 */
bool bt_trie_open(struct bt_trie **trie, void *bytes, size_t size, struct bt_err *err);

/* Reads the file into private memory (bt_file_read) and opens it. *err begins with the path. */
bool bt_trie_load(struct bt_trie **trie, const char *path, struct bt_err *err);

/* Frees the trie and sets *trie to NULL. NULL is fine. */
void bt_trie_close(struct bt_trie **trie);

/*
 * All listed names that are `key` or an ancestor of it, shortest first, into matches[]. Returns
 * their number. Scopes are not looked at: that is policy's part. Does not allocate, lock or call
 * the system; the work is bounded by the key's length.
 */
unsigned bt_trie_match(const struct bt_trie *trie, const struct bt_key *key,
    struct bt_match matches[static BT_MATCHES_MAX]);

/*
 * bt_trie_match for `count` keys, BT_BATCH_MAX at most: matches[i] gets those of keys[i], counts[i]
 * their number. Waits for memory once where one after the other would wait for each key.
 */
void bt_trie_match_batch(const struct bt_trie *trie, const struct bt_key *const *keys,
    unsigned count, struct bt_match (*matches)[BT_MATCHES_MAX], unsigned *counts);

/* The policy compiled with the names. Lives as long as the trie. */
const struct bt_policy *bt_trie_policy(const struct bt_trie *trie);

/* Number of listed names. */
uint64_t bt_trie_names(const struct bt_trie *trie);

/* Octets of the file. */
size_t bt_trie_size(const struct bt_trie *trie);

/* Octets of memory that the open trie takes: the file's, and its codes. */
size_t bt_trie_memory(const struct bt_trie *trie);

/* Identity of the file's content: equal digests mean equal names and policy. Never 0. */
uint64_t bt_trie_digest(const struct bt_trie *trie);

#endif
