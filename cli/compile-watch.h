/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * compile-watch.h -- what is said while lists are compiled: bad lines, what is left out, progress
 *
 * Threads: one thread.
 */
#ifndef BT_COMPILE_WATCH_H
#define BT_COMPILE_WATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "compile.h"
#include "progress.h"

struct bt_compile_watch {
	bool all_errors; /* every bad line is shown */
	bool explain;    /* what is left out is shown on standard output, name by name */

	const struct bt_compile_options *options;
	uint64_t *bad;       /* of each list; one more for lines of no known list */
	struct bt_err first; /* bad line of all */
	struct bt_progress *progress;
};

/* Has the options tell the watch, which may not move from here on. False if memory runs out. */
bool bt_compile_watch_begin(struct bt_compile_watch *watch, struct bt_compile_options *options,
    struct bt_progress *progress);

/* Tells how many bad lines were not shown, and frees what the watch has. */
void bt_compile_watch_end(struct bt_compile_watch *watch);

#endif
