/* SPDX-License-Identifier: BSD-3-Clause */
/* writer.c -- the thread that takes events out of the rings and keeps the event log */

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "drain.h"
#include "file.h"
#include "recover.h"
#include "state-dir.h"
#include "writer.h"

enum {
	SLOTS_DEFAULT = 16384, /* 50 ms of 300,000 events a second */
	SEGMENT_SIZE_DEFAULT = 64 << 20,
	BEAT_SECONDS_DEFAULT = 60,
	BATCH = 1024,      /* events between two writes, so that slots become free early */
	IDLE_MS = 50,      /* between two looks at the rings, */
	BUSY_MS = 5,       /* and when one was more than a quarter full */
	RETRY_MS = 500,    /* after a write that failed */
	COMPLAIN_MS = 60000,
	DAY_MS = 86400000,
};

struct bt_writer {
	/* Set by start, and then left alone. */
	struct bt_writer_options options;
	char *run_dir, *events_dir, *resolver;
	int state_lock, run_lock;
	uint64_t boot;
	struct bt_drain *drains; /* one a ring */
	char **ring_paths;
	struct bt_policy_store *policies;
	pthread_t thread;
	bool running;

	/* Between the threads. */
	pthread_mutex_t lock;
	pthread_cond_t wake;
	bool stopping;
	bool poked; /* there is a new policy */
	_Atomic uint64_t policy;

	/* The thread's own. Times are of the monotonic clock, except `day`. */
	struct bt_segment_writer *segment;
	uint32_t number; /* of the next segment */
	int64_t day;     /* that the segment was begun on, since 1970 */
	bool started;    /* the first heartbeat was written */
	bool busy;
	int64_t beat_at;
	uint64_t beat_policy;
	uint64_t beat_dropped;
	int64_t retry_at;
	int64_t complained_at;
	bool failing;
};

/* ---- helpers ---- */

__attribute__((format(printf, 3, 4))) static void say(
    const struct bt_writer *writer, bool error, const char *format, ...)
{
	char text[1024];
	va_list args;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (writer->options.log != NULL)
		writer->options.log(error, text);
}

static int64_t clock_ms(clockid_t id)
{
	struct timespec t;
	clock_gettime(id, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int64_t wall(void)
{
	return clock_ms(CLOCK_REALTIME);
}

static int64_t monotonic(void)
{
	return clock_ms(CLOCK_MONOTONIC);
}

static uint64_t dropped(const struct bt_writer *writer)
{
	uint64_t sum = 0;
	for (unsigned i = 0; i < writer->options.rings; i++)
		sum += bt_ring_dropped(writer->drains[i].ring);
	return sum;
}

static uint64_t pushed(const struct bt_writer *writer)
{
	uint64_t sum = 0;
	for (unsigned i = 0; i < writer->options.rings; i++)
		sum += bt_ring_pushed(writer->drains[i].ring);
	return sum;
}

/* ---- a look at the rings ---- */

static bool begin_segment(struct bt_writer *writer, struct bt_err *err)
{
	int64_t time = wall();
	if (writer->segment != NULL)
		return true;
	if (!bt_state_folder(writer->events_dir, err) ||
	    !bt_segment_create(&writer->segment, writer->events_dir, writer->resolver,
		writer->boot, writer->number, time, err))
		return false;
	writer->number++;
	writer->day = time / DAY_MS;
	bt_policy_store_begin(writer->policies);
	return true;
}

/* What was appended so far is in the file, and leaves the rings. */
static bool commit(struct bt_writer *writer, struct bt_err *err)
{
	if (!bt_segment_flush(writer->segment, err))
		return false;
	for (unsigned i = 0; i < writer->options.rings; i++)
		bt_drain_done(&writer->drains[i]);
	return true;
}

/* At most one ring's length, so that one busy ring does not keep the others waiting. */
static bool drain_ring(struct bt_writer *writer, struct bt_drain *drain, struct bt_err *err)
{
	int64_t time = wall();
	for (uint32_t taken = 0; taken < writer->options.slots; taken += BATCH) {
		if (!bt_drain_take(drain, BATCH, writer->segment, writer->policies, time, err))
			return false;
		if (drain->pending < BATCH)
			break;
		writer->busy |= taken >= writer->options.slots / 4;
		if (!commit(writer, err))
			return false;
	}
	return bt_drain_tail(drain, writer->segment, time, err);
}

static bool drain_all(struct bt_writer *writer, struct bt_err *err)
{
	writer->busy = false;
	for (unsigned i = 0; i < writer->options.rings; i++) {
		if (!drain_ring(writer, &writer->drains[i], err))
			return false;
	}
	return commit(writer, err);
}

static bool beat(struct bt_writer *writer, enum bt_beat_kind kind, struct bt_err *err)
{
	struct bt_beat beat = {
	    .time = wall(),
	    .boot = writer->boot,
	    .policy = atomic_load(&writer->policy),
	    .pushed = pushed(writer),
	    .dropped = dropped(writer),
	    .period = writer->options.beat_seconds,
	    .kind = (uint8_t)kind,
	};
	if (!bt_segment_beat(writer->segment, &beat, err))
		return false;
	if (beat.dropped > writer->beat_dropped)
		say(writer, true, "event log: %llu events were lost, the rings were full",
		    (unsigned long long)(beat.dropped - writer->beat_dropped));
	writer->beat_dropped = beat.dropped;
	writer->beat_policy = beat.policy;
	writer->beat_at = monotonic() + (int64_t)writer->options.beat_seconds * 1000;
	writer->started = true;
	return true;
}

static bool beat_if_due(struct bt_writer *writer, struct bt_err *err)
{
	if (!writer->started)
		return beat(writer, BT_BEAT_START, err);
	if (monotonic() < writer->beat_at && atomic_load(&writer->policy) == writer->beat_policy)
		return true;
	return beat(writer, BT_BEAT_ALIVE, err);
}

static bool turn_if_due(struct bt_writer *writer, struct bt_err *err)
{
	if (bt_segment_written(writer->segment) < writer->options.segment_size &&
	    wall() / DAY_MS == writer->day)
		return true;
	return bt_segment_close(&writer->segment, err);
}

static bool look(struct bt_writer *writer, struct bt_err *err)
{
	return begin_segment(writer, err) && drain_all(writer, err) && beat_if_due(writer, err) &&
	    turn_if_due(writer, err);
}

/* The segment's file is gone, with what was in it: what the rings still have goes to a new one. */
static void leave_removed(struct bt_writer *writer)
{
	if (writer->segment == NULL || !bt_segment_removed(writer->segment))
		return;
	(void)bt_segment_close(&writer->segment, NULL);
	for (unsigned i = 0; i < writer->options.rings; i++)
		bt_drain_begin(&writer->drains[i]);
}

static void look_and_tell(struct bt_writer *writer)
{
	struct bt_err err;
	if (monotonic() < writer->retry_at)
		return;
	if (look(writer, &err)) {
		if (writer->failing)
			say(writer, false, "event log: %s is written again", writer->events_dir);
		writer->failing = false;
		return;
	}
	leave_removed(writer);
	writer->retry_at = monotonic() + RETRY_MS;
	if (writer->complained_at == 0 || monotonic() - writer->complained_at >= COMPLAIN_MS) {
		say(writer, true, "event log: %s; events wait in the rings until they are full",
		    err.text);
		writer->complained_at = monotonic();
	}
	writer->failing = true;
}

/* ---- the thread ---- */

/* Waits until it is time to look again. False: time to stop. */
static bool wait_for_time(struct bt_writer *writer)
{
	struct timespec until;
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += (writer->busy ? BUSY_MS : IDLE_MS) * 1000000L;
	if (until.tv_nsec >= 1000000000L) {
		until.tv_nsec -= 1000000000L;
		until.tv_sec++;
	}
	pthread_mutex_lock(&writer->lock);
	int code = 0;
	while (!writer->stopping && !writer->poked && code != ETIMEDOUT)
		code = pthread_cond_timedwait(&writer->wake, &writer->lock, &until);
	writer->poked = false;
	bool stopping = writer->stopping;
	pthread_mutex_unlock(&writer->lock);
	return !stopping;
}

static bool finish(struct bt_writer *writer, struct bt_err *err)
{
	bool ok = begin_segment(writer, err);
	for (bool more = true; ok && more;) {
		ok = drain_all(writer, err);
		more = writer->busy;
	}
	ok = ok && (writer->started || beat(writer, BT_BEAT_START, err)) &&
	    beat(writer, BT_BEAT_STOP, err);
	if (writer->segment == NULL)
		return ok;
	return bt_segment_close(&writer->segment, ok ? err : NULL) && ok;
}

/* Drained rings go; what could not be written waits in them for the next start. */
static void finish_and_tell(struct bt_writer *writer)
{
	struct bt_err err;
	bool ok = finish(writer, &err);
	if (!ok) {
		leave_removed(writer);
		say(writer, true, "event log: %s; what is in the rings waits in %s for the next start",
		    err.text, writer->run_dir);
		return;
	}
	for (unsigned i = 0; i < writer->options.rings; i++)
		unlink(writer->ring_paths[i]);
	bt_policy_store_clean(writer->policies);
}

static void *run(void *arg)
{
	struct bt_writer *writer = arg;
	while (wait_for_time(writer))
		look_and_tell(writer);
	finish_and_tell(writer);
	return NULL;
}

/* Signals are for the resolver's own threads. */
static bool start_thread(struct bt_writer *writer, struct bt_err *err)
{
	sigset_t all, before;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int code = pthread_create(&writer->thread, NULL, run, writer);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	writer->running = code == 0;
	return code == 0 || bt_fail(err, "cannot start the writer: %s", strerror(code));
}

static void poke(struct bt_writer *writer, bool stop)
{
	pthread_mutex_lock(&writer->lock);
	writer->poked = true;
	writer->stopping |= stop;
	pthread_cond_signal(&writer->wake);
	pthread_mutex_unlock(&writer->lock);
}

/* ---- start and stop ---- */

/* Ends the thread if there is one, and frees a writer that may be half built. */
static void free_writer(struct bt_writer **writer)
{
	struct bt_writer *w = *writer;
	if (w->running) {
		poke(w, true);
		pthread_join(w->thread, NULL);
	}
	for (unsigned i = 0; i < w->options.rings; i++) {
		if (w->drains != NULL)
			bt_ring_close(&w->drains[i].ring);
		if (w->ring_paths != NULL)
			free(w->ring_paths[i]);
	}
	free(w->drains);
	free(w->ring_paths);
	bt_policy_store_free(&w->policies);
	if (w->run_lock >= 0)
		close(w->run_lock);
	if (w->state_lock >= 0)
		close(w->state_lock);
	pthread_cond_destroy(&w->wake);
	pthread_mutex_destroy(&w->lock);
	free(w->run_dir);
	free(w->events_dir);
	free(w->resolver);
	free(w);
	*writer = NULL;
}

static bool new_writer(
    struct bt_writer **writer, const struct bt_writer_options *options, struct bt_err *err)
{
	struct bt_writer *made = calloc(1, sizeof(*made));
	if (made == NULL)
		return bt_fail(err, "out of memory");
	made->options = *options;
	if (options->slots == 0)
		made->options.slots = SLOTS_DEFAULT;
	if (options->segment_size == 0)
		made->options.segment_size = SEGMENT_SIZE_DEFAULT;
	if (options->beat_seconds == 0)
		made->options.beat_seconds = BEAT_SECONDS_DEFAULT;
	made->state_lock = made->run_lock = -1;
	pthread_condattr_t attributes;
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&made->wake, &attributes);
	pthread_condattr_destroy(&attributes);
	pthread_mutex_init(&made->lock, NULL);
	*writer = made;
	return true;
}

static bool lock_folders(struct bt_writer *writer, struct bt_err *err)
{
	const char *state_dir = writer->options.state_dir, *run_dir = writer->options.run_dir;
	writer->run_dir = strdup(run_dir == NULL ? state_dir : run_dir);
	writer->events_dir = bt_path_join(state_dir, "events");
	if (writer->run_dir == NULL || writer->events_dir == NULL)
		return bt_fail(err, "out of memory");
	if (!bt_state_lock(state_dir, &writer->state_lock, err))
		return false;
	if (run_dir == NULL || strcmp(run_dir, state_dir) == 0)
		return true;
	return bt_state_folder(run_dir, err) && bt_state_lock(run_dir, &writer->run_lock, err);
}

static void recover(const struct bt_writer *writer)
{
	const struct bt_recover_options options = {
	    .events_dir = writer->events_dir,
	    .run_dir = writer->run_dir,
	    .resolver = writer->resolver,
	    .policies = writer->policies,
	    .log = writer->options.log,
	};
	struct bt_err err;
	if (bt_state_folder(writer->events_dir, &err))
		bt_recover(&options);
	else
		say(writer, true, "event log: %s", err.text);
}

static bool make_rings(struct bt_writer *writer, struct bt_err *err)
{
	writer->drains = calloc(writer->options.rings, sizeof(*writer->drains));
	writer->ring_paths = calloc(writer->options.rings, sizeof(*writer->ring_paths));
	if (writer->drains == NULL || writer->ring_paths == NULL)
		return bt_fail(err, "out of memory");
	for (unsigned i = 0; i < writer->options.rings; i++) {
		if (asprintf(&writer->ring_paths[i], "%s/" BT_RING_PREFIX "%016llx-%u",
			writer->run_dir, (unsigned long long)writer->boot, i) < 0) {
			writer->ring_paths[i] = NULL;
			return bt_fail(err, "out of memory");
		}
		if (!bt_ring_create(&writer->drains[i].ring, writer->ring_paths[i], writer->boot, i,
			writer->options.slots, err))
			return false;
		bt_drain_begin(&writer->drains[i]);
	}
	return true;
}

static void remove_rings(const struct bt_writer *writer)
{
	for (unsigned i = 0; writer->ring_paths != NULL && i < writer->options.rings; i++) {
		if (writer->ring_paths[i] != NULL)
			unlink(writer->ring_paths[i]);
	}
}

static bool make_boot(struct bt_writer *writer, struct bt_err *err)
{
	while (writer->boot == 0) {
		if (getrandom(&writer->boot, sizeof(writer->boot), 0) != sizeof(writer->boot))
			return bt_fail(err, "no random number: %s", strerror(errno));
	}
	return true;
}

static bool start(struct bt_writer *writer, struct bt_err *err)
{
	if (writer->options.rings == 0)
		return bt_fail(err, "a writer needs at least one ring");
	if (!lock_folders(writer, err) ||
	    !bt_state_resolver(writer->options.state_dir, writer->options.resolver_id,
		&writer->resolver, err) ||
	    !make_boot(writer, err) ||
	    !bt_policy_store_new(&writer->policies, writer->run_dir, err))
		return false;
	recover(writer);
	if (make_rings(writer, err) && start_thread(writer, err))
		return true;
	remove_rings(writer);
	return false;
}

bool bt_writer_start(
    struct bt_writer **writer, const struct bt_writer_options *options, struct bt_err *err)
{
	struct bt_writer *made;
	if (!new_writer(&made, options, err))
		return false;
	if (!start(made, err)) {
		free_writer(&made);
		return false;
	}
	*writer = made;
	return true;
}

struct bt_ring *bt_writer_ring(struct bt_writer *writer, unsigned number)
{
	return writer->drains[number].ring;
}

bool bt_writer_policy(
    struct bt_writer *writer, uint64_t digest, const struct bt_policy *policy, struct bt_err *err)
{
	if (digest != 0) {
		struct bt_err reason;
		size_t size;
		bool kept;
		const void *bytes = bt_policy_bytes(policy, &size);
		if (!bt_policy_store_add(writer->policies, digest, bytes, size, &kept, &reason)) {
			if (!kept)
				return bt_fail(err, "%s", reason.text);
			say(writer, true,
			    "%s; if this process is killed, its last events lose the names of their lists",
			    reason.text);
		}
	}
	atomic_store(&writer->policy, digest);
	poke(writer, false);
	return true;
}

void bt_writer_stop(struct bt_writer **writer)
{
	if (*writer != NULL)
		free_writer(writer);
}
