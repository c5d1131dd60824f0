/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * keeper.h -- keeps the event log, one look at the rings at a time
 *
 * The writer's work without its thread.
 *
 * Threads: a keeper belongs to one thread.
 */
#ifndef BT_KEEPER_H
#define BT_KEEPER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "drain.h"
#include "err.h"
#include "policy-store.h"
#include "segment.h"

struct bt_keeper {
	/* Set before the first look; borrowed. */
	const char *events_dir;
	const char *resolver;
	struct bt_drain *drains;
	unsigned drain_count;
	struct bt_policy_store *policies;
	uint64_t boot;
	uint64_t segment_size;
	uint32_t slots; /* of a ring */
	unsigned beat_seconds;
	void (*log)(bool error, const char *text);
	_Atomic uint64_t policy; /* in force; any thread */
	bool subnets;            /* what heartbeats say of the log */
	atomic_bool paused;      /* likewise */

	/* The keeper's own, zero at first. */
	bool busy; /* a ring was more than a quarter full */
	struct bt_segment_writer *segment;
	uint32_t number; /* of the next segment */
	atomic_uint
	    complete;    /* segments below this number are, and wait for the disk; any thread */
	int64_t day;     /* that the segment was begun on, since 1970 */
	bool started;    /* the first heartbeat was written */
	int64_t beat_at; /* monotonic, as the next two */
	int64_t retry_at;
	int64_t complained_at;
	bool failing;
	uint64_t beat_policy;
	bool beat_paused;
	uint64_t beat_dropped;
};

/*
 * Takes what is in the rings into the log, beats, and turns to a new segment when that is due.
 * What fails is logged once a minute and tried again half a second later.
 */
void bt_keeper_look(struct bt_keeper *keeper);

/*
 * Takes what is left, and closes the segment. False: the rings still hold something that could not
 * be written. In any case nothing is open afterwards.
 */
bool bt_keeper_finish(struct bt_keeper *keeper, struct bt_err *err);

#endif
