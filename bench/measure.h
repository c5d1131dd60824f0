/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * measure.h -- peers that agree with the reference, and how long they take
 *
 * hot   the same 1,000 queries over and over
 * warm  all queries of the mix, once a round
 * cold  200 queries after all of the peer's memory was thrown out of the caches
 *
 * Each query waits for the answer to the one before it, as a resolver's do: what is measured is
 * the time to an answer, not how many answers a second several lookups at once would give.
 * The rows of match_many() are the exception, and say so by their name.
 */
#ifndef BENCH_MEASURE_H
#define BENCH_MEASURE_H

#include "memory.h"
#include "peer.h"
#include "queries.h"
#include "timing.h"

enum { PEERS_MAX = 8, ROWS_MAX = 2 * PEERS_MAX };

enum state { HOT, WARM, COLD, STATES };

extern const char *const state_names[STATES];

/* A peer, open on a list. */
struct subject {
	const struct peer *peer;
	void *self;
	struct regions memory;
};

/* What is timed: a peer's match(), or its match_many(). */
struct row {
	const struct subject *subject;
	bool many;
};

/* Nanoseconds a lookup. */
struct cell {
	struct samples means; /* of batches */
	struct samples each;  /* of single lookups, the clock's own cost taken off */
};

struct bench {
	const struct names *names;
	const struct reference *reference;
	const struct mixes *mixes;
	struct subject subjects[PEERS_MAX];
	unsigned subject_count;
	struct row rows[ROWS_MAX];
	unsigned row_count;
	struct cell cells[MIXES_MAX][ROWS_MAX][STATES];
};

/* Opens the peer's file. */
bool bench_open(struct bench *bench, const struct peer *peer, const char *path, struct bt_err *err);

void bench_close(struct bench *bench);

/*
 * Holds subject number `number` against the reference: every listed name and every query of every
 * mix. *err says where they first disagree.
 */
bool bench_check(const struct bench *bench, unsigned number, struct bt_err *err);

/* Has the subject timed: a row, and one more if it has match_many(). */
void bench_add_rows(struct bench *bench, unsigned number);

/* One round: each mix, each row, each state. */
void bench_round(struct bench *bench, unsigned round, unsigned cold_batches);

#endif
