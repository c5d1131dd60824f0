/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * peer.h -- what is measured: our trie, and what a user could pick instead
 *
 * Each peer makes one file from the text list, opens it, and answers as bt_trie_match does: all
 * listed names that are the key or an ancestor of it, with class, shortest first. Behind a key
 * there are at least 8 octets more that may be read.
 */
#ifndef BENCH_PEER_H
#define BENCH_PEER_H

#include <assert.h>

#include "names.h"
#include "trie.h"

/* Keys that a peer's match_many() is given at once. */
enum { PEER_MANY = 16 };
static_assert((int)PEER_MANY <= (int)BT_BATCH_MAX, "more than bt_trie_match_batch takes");

struct peer {
	const char *name;
	const char *what; /* how it is set up, for the output */

	/* From the text list to the file at `path`. */
	bool (*build)(const char *list, const char *path, struct bt_err *err);

	bool (*open)(void **self, const char *path, struct bt_err *err);
	void (*close)(void *self);

	unsigned (*match)(
	    void *self, const struct bt_key *key, struct bt_match matches[static BT_MATCHES_MAX]);

	/* As bt_trie_match_batch, of at most PEER_MANY keys. NULL: the peer has no such thing. */
	void (*match_many)(void *self, const struct bt_key *const *keys, unsigned count,
	    struct bt_match (*matches)[BT_MATCHES_MAX], unsigned *counts);

	/* The names' class for each of the peer's own, malloc'ed. NULL: it keeps the names'. */
	uint32_t *(*classes)(void *self, const struct names *names, uint32_t *count);

	/* Octets of the file without the classes. Not NULL: the peer carries no payload by itself,
	   and the classes stand beside it in the same file. */
	size_t (*keys_alone)(void *self);
};

extern const struct peer peer_beacontrap, peer_table, peer_marisa, peer_marisa_small, peer_cdb,
    peer_lmdb, peer_front;

/* Ours is the first; NULL behind the last. */
extern const struct peer *const peers[];

#endif
