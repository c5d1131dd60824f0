/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * writer.h -- the thread that takes events out of the rings and keeps the event log
 *
 * One thread drains all rings every 50 ms at the latest, appends to the open segment, beats once a
 * minute, and turns to a new segment by size and at midnight UTC. Another packs closed segments and
 * removes old ones, at a low priority. At start it first takes what an
 * earlier process left: torn segments are cut and closed, and leftover rings drained, each event
 * once, whatever moment that process died at.
 *
 * Threads: start, policy and stop from one thread at a time; the rings as ring.h says. The thread
 * blocks all signals.
 */
#ifndef BT_WRITER_H
#define BT_WRITER_H

#include <stdbool.h>
#include <stdint.h>

#include "err.h"
#include "policy.h"
#include "ring.h"

struct bt_writer;

struct bt_writer_options {
	const char *state_dir;   /* segments go to STATE/events */
	const char *run_dir;     /* rings live here; NULL: in the state directory */
	const char *resolver_id; /* NULL: read from STATE/resolver-id, made there if it is not */
	unsigned rings;          /* workers */
	uint32_t slots;          /* of each ring, a power of two; 0: the default */
	uint64_t segment_size;   /* octets after which a new segment is begun; 0: the default */
	unsigned beat_seconds;   /* between heartbeats; 0: the default, 60 */
	bool subnets;            /* the log gets clients' networks, not their addresses */
	uint64_t retention;      /* of segments, as in tidy.h */
	uint64_t max_size;       /* as well */
	/* What a person should know, one line, without newline; called from the writer's thread
	 * too. */
	void (*log)(bool error, const char *text);
};

/*
 * Locks the state directory (a second resolver is refused), recovers, makes the rings, and starts
 * the thread. Strings are copied.
 */
bool bt_writer_start(
    struct bt_writer **writer, const struct bt_writer_options *options, struct bt_err *err);

/* The ring of worker `number` < options.rings. */
struct bt_ring *bt_writer_ring(struct bt_writer *writer, unsigned number);

/*
 * A trie comes into force: call before the first event that carries its digest. The policy's bytes
 * are copied, also to the run directory, so that events of a killed process keep their names.
 * Digest 0 (policy NULL): no trie is in force any more. May wait for the disk; any thread but a
 * worker's.
 */
bool bt_writer_policy(
    struct bt_writer *writer, uint64_t digest, const struct bt_policy *policy, struct bt_err *err);

/*
 * A pause (decisions.h) begins or ends: the log says so at once. Any thread but a worker's.
 */
void bt_writer_pause(struct bt_writer *writer, bool paused);

/* Drains all rings, closes the segment, joins the thread, frees. *writer becomes NULL. */
void bt_writer_stop(struct bt_writer **writer);

#endif
