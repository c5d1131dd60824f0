/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * segment.h -- files of the event log
 *
 * A segment is a header and a row of checksummed blocks; doc/event-format.md has the bytes. It can
 * be read alone: the policies that its events refer to are blocks of it. While it is written its
 * name ends in ".open"; closed, it ends in ".seg", and says the same for ever. It is packed once:
 * its events are put into columns, and compressed. A roll-up, of another kind, sums up what
 * segments hold (rollup.h).
 *
 * Threads: a segment, for writing or for reading, belongs to one thread; a segment may be read
 * while another process writes it.
 */
#ifndef BT_SEGMENT_H
#define BT_SEGMENT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "counts.h"
#include "err.h"
#include "event.h"
#include "policy.h"
#include "roll.h"
#include "segment-columns.h"

enum {
	BT_SEGMENT_VERSION = 1,
	BT_RESOLVER_MAX = 255, /* characters of a resolver id */
	BT_SEGMENT_POLICY_MAX = BT_POLICY_MAX,
};

/* A heartbeat: what the writer knows of itself, once a minute and at start and end. */
struct bt_beat {
	int64_t time; /* milliseconds since 1970 */
	uint64_t boot;
	uint64_t policy; /* digest of the trie in force; 0: none, unprotected */
	uint64_t pushed; /* over all rings since the start */
	uint64_t dropped;
	uint32_t period; /* seconds after which the next one is due at the latest; 0: 60 */
	uint8_t kind;    /* enum bt_beat_kind */
	bool paused;     /* by a local decision: nothing is stopped, hits are recorded */
	bool subnets;    /* clients are recorded as their networks */
};

enum bt_beat_kind { BT_BEAT_START, BT_BEAT_ALIVE, BT_BEAT_STOP };

/* ---- writing ---- */

struct bt_segment_writer;

/*
 * Starts a segment in `folder` named RESOLVER-BOOT-NUMBER.open (characters of the resolver's id
 * that a file name should not have are replaced).
 */
bool bt_segment_create(struct bt_segment_writer **writer, const char *folder, const char *resolver,
    uint64_t boot, uint32_t number, int64_t time, struct bt_err *err);

/*
 * Appends one event (bt_event_valid) to the block in memory. Full blocks are written at once. When
 * that fails, the event was not appended, but those before it are kept in memory and tried again
 * with the next call; the file ends with its last whole block.
 */
bool bt_segment_event(struct bt_segment_writer *writer, uint64_t boot, uint32_t ring,
    uint64_t sequence, const struct bt_event *event, struct bt_err *err);

/* Events `first` to `last` of a ring are lost. Flushes; nothing was appended if it fails. */
bool bt_segment_gap(struct bt_segment_writer *writer, uint64_t boot, uint32_t ring, uint64_t first,
    uint64_t last, int64_t time, struct bt_err *err);

/* The policy with this digest; once a segment, before the first event that refers to it. */
bool bt_segment_policy(struct bt_segment_writer *writer, uint64_t digest, const void *bytes,
    size_t size, struct bt_err *err);

bool bt_segment_beat(
    struct bt_segment_writer *writer, const struct bt_beat *beat, struct bt_err *err);

/* Up to BT_COUNTS_BATCH of them. As with events, the policies that they refer to come first. */
bool bt_segment_counts(struct bt_segment_writer *writer, const struct bt_count *counts,
    unsigned count, struct bt_err *err);

/* Writes what is still in memory, as one block. */
bool bt_segment_flush(struct bt_segment_writer *writer, struct bt_err *err);

/* Octets in the file and in memory. */
uint64_t bt_segment_written(const struct bt_segment_writer *writer);

/*
 * Someone removed the file while it was written: what it held is gone and every write fails. The
 * caller frees the writer with bt_segment_close() and begins another one.
 */
bool bt_segment_removed(const struct bt_segment_writer *writer);

/* Flushes, syncs, renames to ".seg" and frees. *writer becomes NULL in any case. */
bool bt_segment_close(struct bt_segment_writer **writer, struct bt_err *err);

/*
 * The same in two parts, of which only the second waits for the disk: flushes and frees; and syncs
 * and renames what has ended. *writer becomes NULL in any case.
 */
bool bt_segment_end(struct bt_segment_writer **writer, struct bt_err *err);
bool bt_segment_settle(const char *path, struct bt_err *err);

/*
 * Cuts an ".open" segment, which a dead process left, at its last whole block and renames it to
 * ".seg". *cut is the number of octets that went.
 */
bool bt_segment_recover(const char *path, uint64_t *cut, struct bt_err *err);

/*
 * Packs a closed segment: writes it anew beside itself and renames that into place, so that there
 * is a whole one at any moment. *packed says whether it did: it leaves alone what is packed already
 * and what is damaged, and it gives up when *stop becomes true, unless that is NULL. The file keeps
 * its time.
 */
bool bt_segment_pack(const char *path, const atomic_bool *stop, bool *packed, struct bt_err *err);

/*
 * Rewrites a closed segment without the events of these clients; that there were as many is kept.
 * *forgotten says how many. Fails on a damaged one, which stays as it is. Not while somebody else
 * rewrites the same: who packs leaves alone what is packed.
 */
bool bt_segment_forget(
    const char *path, const struct bt_network *client, uint64_t *forgotten, struct bt_err *err);

bool bt_segment_is_packed(const char *path);

/* ---- reading ---- */

struct bt_segment_event {
	struct bt_event event;
	uint64_t boot;
	uint64_t sequence;
	uint32_t ring;
};

/* What a segment holds, in the order of the file. Any callback may be NULL; false stops. */
struct bt_segment_visitor {
	bool (*header)(void *ctx, const char *resolver, uint64_t boot, int64_t created);
	/* The view and its bytes live until the read ends. */
	bool (*policy)(void *ctx, uint64_t digest, const struct bt_policy *policy);
	bool (*event)(void *ctx, const struct bt_segment_event *event);
	/* Events of a packed segment, many at once. NULL: event() gets them, one by one. */
	bool (*columns)(void *ctx, const struct bt_columns *columns);
	bool (*gap)(
	    void *ctx, uint64_t boot, uint32_t ring, uint64_t first, uint64_t last, int64_t time);
	/* Events that were there, and were taken out since (bt_segment_forget). */
	bool (*forgotten)(void *ctx, uint64_t boot, uint32_t ring, uint64_t first, uint64_t last);
	bool (*beat)(void *ctx, const struct bt_beat *beat);
	bool (*count)(void *ctx, const struct bt_count *count);
	/* Of a roll-up: what it sums up, before anything else but policies; then, bit by bit, to
	 * what that comes. */
	bool (*sources)(void *ctx, const struct bt_roll_source *sources, uint32_t count);
	bool (*roll)(void *ctx, const struct bt_roll *roll);
	bool roll_rows; /* roll() needs its rows */
	/* A damaged block was skipped; `offset` in the file. */
	void (*damage)(void *ctx, uint64_t offset, const char *reason);
	void *ctx;
};

/*
 * Reads a segment. A torn last block of an ".open" segment is not damage: its writer is at work.
 * One that was open and is closed by now is read under its new name.
 * Fails on what is not a segment of a known version, or cannot be read. Returns true also when a
 * callback stopped the read.
 */
bool bt_segment_read(
    const char *path, const struct bt_segment_visitor *visitor, struct bt_err *err);

#endif
