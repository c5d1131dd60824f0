/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * continuity.h -- whether an event log has everything: each event is there, or in a recorded gap
 *
 * Each attempt to record a hit takes the next sequence number of its ring (ring.h). So the log of a
 * writer's life is complete if the events and gaps of each ring leave no number out, and, once the
 * writer has ended, as many numbers were taken as its last heartbeat says.
 *
 * Threads: belongs to one thread.
 */
#ifndef BT_CONTINUITY_H
#define BT_CONTINUITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"
#include "ranges.h"

struct bt_continuity;

/* One life of a writer. */
struct bt_life {
	uint64_t boot;
	const char *resolver;       /* "?": no header says it */
	int64_t first, last;        /* milliseconds since 1970, of any record */
	unsigned segments, damaged; /* and blocks that could not be read */
	unsigned rollups;
	uint64_t events;
	uint64_t lost;        /* in recorded gaps */
	uint64_t missing;     /* neither there nor in a gap */
	uint64_t forgotten;   /* taken out since: `beacontrap forget` */
	uint64_t duplicates;  /* events of copies */
	uint64_t misdated;    /* events from before the writer started, by their time */
	struct bt_range hole; /* the first that is missing, of the ring below */
	uint32_t hole_ring;
	bool ended;    /* there is its last heartbeat */
	bool beheaded; /* its first segments were removed: what was before is not missing */
};

/* Reads all segments of STATE/events. */
bool bt_continuity_read(
    struct bt_continuity **continuity, const char *state_dir, struct bt_err *err);

/* NULL is fine. */
void bt_continuity_free(struct bt_continuity **continuity);

/* By their begin; they live as long as the continuity. */
const struct bt_life *bt_continuity_lives(const struct bt_continuity *continuity, size_t *count);

/* Files that could not be read, one line each. NULL after the last. */
const char *bt_continuity_problem(const struct bt_continuity *continuity, size_t i);

#endif
