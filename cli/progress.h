/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * progress.h -- how far something is, in a line on standard error that comes and goes
 *
 * Only on a terminal: elsewhere nothing is written.
 *
 * Threads: one thread.
 */
#ifndef BT_PROGRESS_H
#define BT_PROGRESS_H

#include <stdbool.h>
#include <time.h>

struct bt_progress {
	unsigned columns;      /* of the terminal; 0: there is none that takes it */
	bool shown;            /* the line is there */
	struct timespec since; /* when it was written */
	char what[256];
};

void bt_progress_start(struct bt_progress *progress);

/*
 * "maltrail.txt  61 %", without the number if that is above 100. Ten times a second at most for the
 * same `what`, which may be a path.
 */
void bt_progress_show(struct bt_progress *progress, const char *what, unsigned percent);

/* Wipes the line, before something else is written, and at the end. */
void bt_progress_clear(struct bt_progress *progress);

/* Seconds on a clock that nobody sets. */
double bt_seconds_since(const struct timespec *then);

#endif
