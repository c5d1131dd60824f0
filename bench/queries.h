/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * queries.h -- what the peers are asked
 *
 * A mix is an array of keys in the order in which they are asked, each only as long as it is, one
 * behind the other: struct bt_key's octets without the unused end.
 */
#ifndef BENCH_QUERIES_H
#define BENCH_QUERIES_H

#include "reference.h"

struct mix {
	const char *name, *what;
	uint8_t *octets;
	size_t size, room;
	size_t count;
	const struct bt_key **keys; /* each of them */
	uint64_t matches;           /* of all of them, by the reference */
	size_t hits;                /* queries with a match */
};

enum { MIXES_MAX = 10 };

struct mixes {
	struct mix list[MIXES_MAX];
	unsigned count;
	size_t benign;  /* popular names read */
	size_t covered; /* of those: listed, and not asked as misses */
};

/* From the list, and the popular names in the file `benign`; `count` queries a mix. */
bool mixes_make(struct mixes *mixes, const struct reference *reference, const char *benign,
    size_t count, uint64_t seed, struct bt_err *err);

/* For the list of generate_hostile(). */
bool mixes_make_hostile(struct mixes *mixes, const struct reference *reference, size_t count,
    uint64_t seed, struct bt_err *err);

void mixes_free(struct mixes *mixes);

#endif
