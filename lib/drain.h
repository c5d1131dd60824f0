/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * drain.h -- events from a ring to a segment, each once
 *
 * An event leaves the ring only when the block that it is in has been written: bt_drain_done after
 * a bt_segment_flush that succeeded.
 *
 * Threads: a drain belongs to the thread that consumes its ring.
 */
#ifndef BT_DRAIN_H
#define BT_DRAIN_H

#include <stdbool.h>
#include <stdint.h>

#include "err.h"
#include "policy-store.h"
#include "ring.h"
#include "segment.h"

struct bt_drain {
	struct bt_ring *ring;
	uint64_t next;    /* first sequence number that the segment says nothing of */
	uint32_t pending; /* events that were appended and are still in the ring */
	bool subnets;     /* of clients only their networks are appended: /24 and /56 */
};

/* Starts where the ring says; what was appended and not done is forgotten. */
void bt_drain_begin(struct bt_drain *drain);

/*
 * Appends events, with the gaps before them and the policies that they need, until `max` are
 * pending or the ring is empty. After a failure, go on with another call.
 */
bool bt_drain_take(struct bt_drain *drain, uint32_t max, struct bt_segment_writer *segment,
    struct bt_policy_store *policies, int64_t time, struct bt_err *err);

/* Appends a gap for what was dropped after the ring's last event, if all events were taken. */
bool bt_drain_tail(
    struct bt_drain *drain, struct bt_segment_writer *segment, int64_t time, struct bt_err *err);

/* Whether the log lacks hits that were counted; `left`: on pages that the worker has left. */
bool bt_drain_has_counts(const struct bt_drain *drain, bool left);

/*
 * Writes what was counted of hits without an event since the log got it last, and frees the pages
 * that the worker has left. What was not written when it fails is written the next time.
 */
bool bt_drain_counts(struct bt_drain *drain, struct bt_segment_writer *segment,
    struct bt_policy_store *policies, int64_t time, struct bt_err *err);

/* The pending events are in the file: takes them out of the ring. */
void bt_drain_done(struct bt_drain *drain);

#endif
