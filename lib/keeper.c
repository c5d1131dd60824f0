/* SPDX-License-Identifier: BSD-3-Clause */
/* keeper.c -- keeps the event log, one look at the rings at a time */

#include <stdarg.h>
#include <stdio.h>

#include "clock.h"
#include "keeper.h"
#include "state-dir.h"

enum {
	BATCH = 1024,   /* events between two writes, so that slots become free early */
	RETRY_MS = 500, /* after a write that failed */
	COMPLAIN_MS = 60000,
	DAY_MS = 86400000,
};

__attribute__((format(printf, 3, 4))) static void say(
    const struct bt_keeper *keeper, bool error, const char *format, ...)
{
	char text[1024];
	va_list args;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (keeper->log != NULL)
		keeper->log(error, text);
}

/* ---- segments ---- */

static bool begin_segment(struct bt_keeper *keeper, struct bt_err *err)
{
	int64_t time = bt_clock_real();
	if (keeper->segment != NULL)
		return true;
	if (!bt_state_folder(keeper->events_dir, err) ||
	    !bt_segment_create(&keeper->segment, keeper->events_dir, keeper->resolver, keeper->boot,
		keeper->number, time, err))
		return false;
	keeper->number++;
	keeper->day = time / DAY_MS;
	bt_policy_store_begin(keeper->policies);
	return true;
}

/* What is counted without an event: all of it, or only where the worker has left a page. */
static bool log_counts(struct bt_keeper *keeper, bool left, struct bt_err *err)
{
	int64_t time = bt_clock_real();
	for (unsigned i = 0; i < keeper->drain_count; i++) {
		struct bt_drain *drain = &keeper->drains[i];
		if (left && !bt_drain_has_counts(drain, true))
			continue;
		if (!bt_drain_counts(drain, keeper->segment, keeper->policies, time, err))
			return false;
	}
	return true;
}

/*
 * Without waiting for the disk: meanwhile the rings would fill. Policies do not count: each segment
 * holds them again, however small it is.
 */
static bool turn_if_due(struct bt_keeper *keeper, struct bt_err *err)
{
	uint64_t policies = bt_policy_store_octets(keeper->policies);
	if (bt_segment_written(keeper->segment) < keeper->segment_size + policies &&
	    bt_clock_real() / DAY_MS == keeper->day)
		return true;
	if (!log_counts(keeper, false, err))
		return false;
	bool ok = bt_segment_end(&keeper->segment, err);
	atomic_store(&keeper->complete, keeper->number);
	return ok;
}

/* The segment's file is gone, with what was in it: what the rings still have goes to a new one. */
static void leave_removed(struct bt_keeper *keeper)
{
	if (keeper->segment == NULL || !bt_segment_removed(keeper->segment))
		return;
	(void)bt_segment_close(&keeper->segment, NULL);
	for (unsigned i = 0; i < keeper->drain_count; i++)
		bt_drain_begin(&keeper->drains[i]);
}

/* ---- events ---- */

/* What was appended so far is in the file, and leaves the rings. */
static bool commit(struct bt_keeper *keeper, struct bt_err *err)
{
	if (!bt_segment_flush(keeper->segment, err))
		return false;
	for (unsigned i = 0; i < keeper->drain_count; i++)
		bt_drain_done(&keeper->drains[i]);
	return true;
}

/* At most one ring's length, so that one busy ring does not keep the others waiting. */
static bool drain_ring(struct bt_keeper *keeper, struct bt_drain *drain, struct bt_err *err)
{
	int64_t time = bt_clock_real();
	for (uint32_t taken = 0; taken < keeper->slots; taken += BATCH) {
		if (!bt_drain_take(drain, BATCH, keeper->segment, keeper->policies, time, err))
			return false;
		keeper->busy |= taken + drain->pending > keeper->slots / 4;
		if (drain->pending < BATCH)
			break;
		if (!commit(keeper, err))
			return false;
	}
	return bt_drain_tail(drain, keeper->segment, time, err);
}

static bool drain_all(struct bt_keeper *keeper, struct bt_err *err)
{
	keeper->busy = false;
	for (unsigned i = 0; i < keeper->drain_count; i++) {
		if (!drain_ring(keeper, &keeper->drains[i], err))
			return false;
	}
	return commit(keeper, err) && log_counts(keeper, true, err);
}

/* ---- heartbeats ---- */

static bool beat(struct bt_keeper *keeper, enum bt_beat_kind kind, struct bt_err *err)
{
	struct bt_beat beat = {
	    .time = bt_clock_real(),
	    .boot = keeper->boot,
	    .policy = atomic_load(&keeper->policy),
	    .period = keeper->beat_seconds,
	    .paused = atomic_load(&keeper->paused),
	    .subnets = keeper->subnets,
	    .kind = (uint8_t)kind,
	};
	for (unsigned i = 0; i < keeper->drain_count; i++) {
		beat.pushed += bt_ring_pushed(keeper->drains[i].ring);
		beat.dropped += bt_ring_dropped(keeper->drains[i].ring);
	}
	if (keeper->started && !log_counts(keeper, false, err))
		return false;
	/* With its policy, so that the log says what was watched for even if nothing was seen. */
	if (!bt_policy_store_write(keeper->policies, beat.policy, keeper->segment, err) ||
	    !bt_segment_beat(keeper->segment, &beat, err))
		return false;
	if (beat.dropped > keeper->beat_dropped)
		say(keeper, true,
		    "event log: %llu events were lost: the rings were full, or there were none",
		    (unsigned long long)(beat.dropped - keeper->beat_dropped));
	if (beat.policy == 0 && kind == BT_BEAT_ALIVE)
		say(keeper, true, "UNPROTECTED: no lists are in force, every name passes");
	keeper->beat_dropped = beat.dropped;
	keeper->beat_policy = beat.policy;
	keeper->beat_paused = beat.paused;
	keeper->beat_at = bt_clock_monotonic() + (int64_t)keeper->beat_seconds * 1000;
	keeper->started = true;
	return true;
}

static bool beat_if_due(struct bt_keeper *keeper, struct bt_err *err)
{
	if (!keeper->started)
		return beat(keeper, BT_BEAT_START, err);
	if (bt_clock_monotonic() < keeper->beat_at &&
	    atomic_load(&keeper->policy) == keeper->beat_policy &&
	    atomic_load(&keeper->paused) == keeper->beat_paused)
		return true;
	return beat(keeper, BT_BEAT_ALIVE, err);
}

/* ---- all of it ---- */

static void complain(struct bt_keeper *keeper, const char *reason)
{
	int64_t time = bt_clock_monotonic();
	keeper->retry_at = time + RETRY_MS;
	if (keeper->complained_at != 0 && time - keeper->complained_at < COMPLAIN_MS)
		return;
	say(keeper, true, "event log: %s; events wait in the rings until these are full", reason);
	keeper->complained_at = time;
	keeper->failing = true;
}

void bt_keeper_look(struct bt_keeper *keeper)
{
	struct bt_err err;
	if (bt_clock_monotonic() < keeper->retry_at)
		return;
	/* The first heartbeat stands before the first event. */
	if (begin_segment(keeper, &err) && beat_if_due(keeper, &err) && drain_all(keeper, &err) &&
	    turn_if_due(keeper, &err)) {
		if (keeper->failing)
			say(keeper, false, "event log: %s is written again", keeper->events_dir);
		keeper->failing = false;
		return;
	}
	leave_removed(keeper);
	complain(keeper, err.text);
}

static bool finish(struct bt_keeper *keeper, struct bt_err *err)
{
	return begin_segment(keeper, err) &&
	       (keeper->started || beat(keeper, BT_BEAT_START, err)) && drain_all(keeper, err) &&
	       beat(keeper, BT_BEAT_STOP, err);
}

bool bt_keeper_finish(struct bt_keeper *keeper, struct bt_err *err)
{
	bool ok = finish(keeper, err);
	if (!ok && keeper->segment != NULL && bt_segment_removed(keeper->segment)) {
		leave_removed(keeper);
		ok = finish(keeper, err);
	}
	if (keeper->segment == NULL)
		return ok;
	return bt_segment_close(&keeper->segment, ok ? err : NULL) && ok;
}
