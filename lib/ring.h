/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ring.h -- a ring of events from one worker to the writer, in a file
 *
 * Single producer, single consumer (after the bounded queue of Lamport, "Proving the Correctness
 * of Multiprocess Programs", 1977, on C11 acquire and release). The ring is a file mapped shared:
 * what was pushed survives the death of the process and is drained at the next start. Its blocks
 * are allocated before it is mapped, so that a full disk is an error at creation and not a signal
 * later.
 *
 * Each push takes the next sequence number, from 1, also when the ring is full and the event is
 * dropped: so a gap in the sequence is exactly a loss. Hits without an event, these among them, are
 * counted by list (counts.h).
 *
 * Threads: the worker's functions from one thread, the writer's from one other.
 */
#ifndef BT_RING_H
#define BT_RING_H

#include <stdbool.h>
#include <stdint.h>

#include "counts.h"
#include "err.h"
#include "event.h"

struct bt_ring;

/*
 * Makes the ring's file anew with `slots` (a power of two) free slots, and maps it. An existing
 * file is replaced.
 */
bool bt_ring_create(struct bt_ring **ring, const char *path, uint64_t boot, uint32_t number,
    uint32_t slots, struct bt_err *err);

/*
 * Maps a ring that another process left, to take out what is in it. Refuses what is not a whole
 * ring of this version, and one with an event in it that is none.
 */
bool bt_ring_open(struct bt_ring **ring, const char *path, struct bt_err *err);

/* Unmaps; the file stays. Sets *ring to NULL. NULL is fine. */
void bt_ring_close(struct bt_ring **ring);

uint64_t bt_ring_boot(const struct bt_ring *ring);
uint32_t bt_ring_number(const struct bt_ring *ring);

/* ---- the worker ---- */

/*
 * Copies the event into the ring. False if the ring is full: the event is dropped and counted.
 * No lock, no allocation, no system call, no waiting.
 */
bool bt_ring_push(struct bt_ring *ring, const struct bt_event *event);

/*
 * Counts `count` events that happened and never came here as dropped: they get sequence numbers, so
 * that they are a gap.
 */
void bt_ring_lose(struct bt_ring *ring, uint64_t count, int64_t time);

/*
 * Counts `count` hits of a list that is to have no events; policy 0: the list is not known. As
 * cheap as a push.
 */
void bt_ring_count(
    struct bt_ring *ring, uint64_t policy, unsigned list, int64_t time, uint64_t count);

/* ---- the writer ---- */

/*
 * The oldest event not yet taken, with its sequence number, or NULL. It stays valid until
 * bt_ring_done(). Call again with the next `index` (0, 1, ...) to look further without taking.
 */
const struct bt_event *bt_ring_next(struct bt_ring *ring, uint32_t index, uint64_t *sequence);

/* Takes the first `count` events out of the ring. */
void bt_ring_done(struct bt_ring *ring, uint32_t count);

/* Sequence number of the last event that was taken, 0 if none was. */
uint64_t bt_ring_taken(const struct bt_ring *ring);

/*
 * Counts of a page (below BT_COUNT_PAGES) that changed since the log got them, from *list on, which
 * moves: up to `max`; 0: there are no more. They have all that was counted before the call.
 */
unsigned bt_ring_counts(const struct bt_ring *ring, unsigned page, unsigned *list,
    struct bt_count *counts, unsigned max);

/* The log has these. */
void bt_ring_counted(
    struct bt_ring *ring, unsigned page, const struct bt_count *counts, unsigned count);

/* Whether the worker counts elsewhere: what the page has will not change any more. */
bool bt_ring_page_left(const struct bt_ring *ring, unsigned page);

/*
 * All counts of the page, as they were at that time or later, are in the log. `left`: it had been
 * left before the first was read, and is free now.
 */
void bt_ring_looked(struct bt_ring *ring, unsigned page, bool left, int64_t time);

/* ---- both ---- */

/* Events pushed, dropped ones included; and dropped. Any thread. */
uint64_t bt_ring_pushed(const struct bt_ring *ring);
uint64_t bt_ring_dropped(const struct bt_ring *ring);

#endif
