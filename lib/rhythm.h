/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * rhythm.h -- how regularly an endpoint asks: median interval and jitter
 *
 * Questions of one moment (A, AAAA, retries) are one: what follows within 10 s of a question that
 * begins one belongs to it. Intervals are those between such beginnings.
 *
 * Threads: no state.
 */
#ifndef BT_RHYTHM_H
#define BT_RHYTHM_H

#include <stddef.h>
#include <stdint.h>

struct bt_rhythm {
	uint32_t moments; /* questions, after those of one moment became one */
	uint32_t hours;   /* of UTC, with a question */
	int64_t interval; /* median, milliseconds; 0: fewer than two moments */
	double jitter; /* median absolute deviation from it, over it; 0 if there is no interval */
};

/* Of `count` times, in milliseconds since 1970; sorts them, and spoils them. */
struct bt_rhythm bt_rhythm_of(int64_t *times, size_t count);

/* The medians of several: those that have an interval. Sorts them. `moments` and `hours` are sums.
 */
struct bt_rhythm bt_rhythm_middle(struct bt_rhythm *rhythms, size_t count);

#endif
