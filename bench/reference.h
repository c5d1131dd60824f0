/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * reference.h -- the right answers
 *
 * A hash table of the listed names; a lookup asks it for the queried name and for each of its
 * ancestors. The simplest thing that is obviously right: every peer is held against it.
 */
#ifndef BENCH_REFERENCE_H
#define BENCH_REFERENCE_H

#include "names.h"
#include "trie.h"

struct reference {
	const struct names *names; /* borrowed */
	struct bt_intern *keys;    /* numbered as names->rows */
};

/* Fails if a name is there twice. */
bool reference_new(struct reference *reference, const struct names *names, struct bt_err *err);

void reference_free(struct reference *reference);

/* As bt_trie_match. */
unsigned reference_match(const struct reference *reference, const struct bt_key *key,
    struct bt_match matches[static BT_MATCHES_MAX]);

#endif
