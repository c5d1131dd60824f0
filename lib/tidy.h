/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * tidy.h -- keeps the folder of the event log in order: closes and packs segments, removes old ones
 *
 * Threads: one at a time for a folder.
 */
#ifndef BT_TIDY_H
#define BT_TIDY_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct bt_tidy_options {
	const char *events_dir;
	uint64_t boot;               /* of the writer of open segments; 0: there is none */
	const atomic_uint *complete; /* below this number they are complete */
	uint64_t retention;          /* milliseconds since a segment was closed; 0: for ever */
	uint64_t max_size;           /* octets of all segments; 0: no limit */
	const atomic_bool *stop;     /* it is to end soon; NULL: never */
	void (*log)(bool error, const char *text);
};

/* Closes open segments that are complete. What fails is logged, and tried again the next time. */
void bt_tidy_close(const struct bt_tidy_options *options);

/*
 * Does that, removes closed segments that are older than the retention, and then the oldest until
 * the rest is within the size, the open one included, which is never removed; and packs closed ones
 * that are not. What goes, and what fails, is logged. `now` in milliseconds since 1970.
 */
void bt_tidy(const struct bt_tidy_options *options, int64_t now);

#endif
