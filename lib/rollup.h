/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * rollup.h -- sums up the segments of days that are over
 *
 * A roll-up has, of all segments that one writer began on one day of UTC, each indicator and
 * endpoint once a day, with its hits, the first and the last; and everything of them that is not
 * events. It says which segments it sums up: a reader takes it or them. It stays when they go.
 *
 * Threads: every function may be called from any thread; of processes that make roll-ups in one
 * folder, one at a time does.
 */
#ifndef BT_ROLLUP_H
#define BT_ROLLUP_H

#include <stdbool.h>
#include <stdint.h>

#include "err.h"
#include "network.h"

struct bt_rollup_options {
	const char *events_dir;
	int64_t now; /* milliseconds since 1970: days before this one are over */
	/* What could not be summed up, and why. May be NULL. */
	void (*log)(const char *text);
};

struct bt_rollup_tally {
	unsigned rollups, segments; /* made, and summed up */
	uint64_t events, rows;
	unsigned left; /* segments that could not be summed up: they are read as ever */
};

/*
 * Whoever makes or changes roll-ups in this folder has a lock on it, until he closes what this
 * returns. -1 at once if somebody else has it, or there is no such folder.
 */
int bt_rollup_lock(const char *events_dir, struct bt_err *err);

/*
 * Sums up what is not summed up yet. Each roll-up is whole, or not there. *tally is also written
 * if it fails.
 */
bool bt_rollup(
    const struct bt_rollup_options *options, struct bt_rollup_tally *tally, struct bt_err *err);

/* Rewrites a roll-up without these clients, under the lock. *forgotten: how many hits they had. */
bool bt_rollup_forget(
    const char *path, const struct bt_network *client, uint64_t *forgotten, struct bt_err *err);

#endif
