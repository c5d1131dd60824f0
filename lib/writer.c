/* SPDX-License-Identifier: BSD-3-Clause */
/* writer.c -- the thread that takes events out of the rings and keeps the event log */

#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clock.h"
#include "file.h"
#include "keeper.h"
#include "recover.h"
#include "state-dir.h"
#include "thread.h"
#include "tidy.h"
#include "writer.h"

enum {
	SLOTS_DEFAULT = 16384,          /* 50 ms of 300,000 events a second */
	SEGMENT_SIZE_DEFAULT = 8 << 20, /* which packing has in memory at once */
	SEGMENT_SIZE_MIN = 4096,
	BEAT_SECONDS_DEFAULT = 60,
	IDLE_MS = 20, /* between two looks at the rings, and more on a busy processor; */
	BUSY_MS = 5,  /* when one was more than a quarter full */
	TIDY_MS = 3600000,
	TIDY_NICE = 19,
};

struct bt_writer {
	char *run_dir, *events_dir, *resolver;
	int state_lock, run_lock;
	unsigned rings;
	struct bt_drain *drains; /* one a ring */
	char **ring_paths;
	struct bt_policy_store *policies;
	struct bt_keeper keeper; /* the thread's, once that runs */
	void (*log)(bool error, const char *text);

	struct bt_thread thread; /* woken when there is a new policy, or a pause */
	struct bt_thread tidier; /* woken when a segment is complete */
	struct bt_tidy_options tidy;
	atomic_bool stop_tidying;
	bool subnets;
};

__attribute__((format(printf, 3, 4))) static void say(
    const struct bt_writer *writer, bool error, const char *format, ...)
{
	char text[1024];
	va_list args;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (writer->log != NULL)
		writer->log(error, text);
}

/* ---- the thread ---- */

/* Drained rings go; what could not be written waits in them for the next start. */
static void finish(struct bt_writer *writer)
{
	struct bt_err err;
	if (!bt_keeper_finish(&writer->keeper, &err)) {
		say(writer, true,
		    "event log: %s; what the rings hold waits in %s for the next start", err.text,
		    writer->run_dir);
		return;
	}
	for (unsigned i = 0; i < writer->rings; i++)
		unlink(writer->ring_paths[i]);
	bt_policy_store_clean(writer->policies);
}

static void *run(void *arg)
{
	struct bt_writer *writer = arg;
	while (bt_thread_wait(&writer->thread, writer->keeper.busy ? BUSY_MS : IDLE_MS)) {
		unsigned complete = atomic_load(&writer->keeper.complete);
		bt_keeper_look(&writer->keeper);
		if (atomic_load(&writer->keeper.complete) != complete)
			bt_thread_wake(&writer->tidier);
	}
	finish(writer);
	return NULL;
}

/* Nobody waits for it; it gives way to everybody. */
static void *run_tidier(void *arg)
{
	struct bt_writer *writer = arg;
	(void)setpriority(PRIO_PROCESS, 0, TIDY_NICE); /* on Linux: of the thread alone */
	do
		bt_tidy(&writer->tidy, bt_clock_real());
	while (bt_thread_wait(&writer->tidier, TIDY_MS));
	bt_tidy_close(&writer->tidy); /* what ended last */
	return NULL;
}

static bool start_threads(struct bt_writer *writer, struct bt_err *err)
{
	int code = bt_thread_start(&writer->tidier, run_tidier, writer);
	if (code == 0)
		code = bt_thread_start(&writer->thread, run, writer);
	return code == 0 || bt_fail(err, "cannot start the writer: %s", strerror(code));
}

/* ---- start and stop ---- */

/* Ends the thread if there is one, and frees a writer that may be half built. */
static void free_writer(struct bt_writer *writer)
{
	bt_thread_end(&writer->thread);
	atomic_store(&writer->stop_tidying, true);
	bt_thread_end(&writer->tidier);
	for (unsigned i = 0; writer->drains != NULL && i < writer->rings; i++)
		bt_ring_close(&writer->drains[i].ring);
	for (unsigned i = 0; writer->ring_paths != NULL && i < writer->rings; i++)
		free(writer->ring_paths[i]);
	free(writer->drains);
	free(writer->ring_paths);
	bt_policy_store_free(&writer->policies);
	if (writer->run_lock >= 0)
		close(writer->run_lock);
	if (writer->state_lock >= 0)
		close(writer->state_lock);
	free(writer->run_dir);
	free(writer->events_dir);
	free(writer->resolver);
	free(writer);
}

static struct bt_writer *new_writer(const struct bt_writer_options *options)
{
	struct bt_writer *made = calloc(1, sizeof(*made));
	if (made == NULL)
		return NULL;
	made->rings = options->rings;
	made->subnets = options->subnets;
	made->log = options->log;
	made->state_lock = made->run_lock = -1;
	bt_thread_init(&made->thread);
	bt_thread_init(&made->tidier);
	return made;
}

static bool same_folder(const char *a, const char *b)
{
	struct stat left, right;
	return stat(a, &left) == 0 && stat(b, &right) == 0 && left.st_dev == right.st_dev &&
	       left.st_ino == right.st_ino;
}

static bool lock_folders(
    struct bt_writer *writer, const struct bt_writer_options *options, struct bt_err *err)
{
	writer->run_dir = strdup(options->run_dir == NULL ? options->state_dir : options->run_dir);
	writer->events_dir = bt_path_join(options->state_dir, "events");
	if (writer->run_dir == NULL || writer->events_dir == NULL)
		return bt_fail(err, "out of memory");
	if (!bt_state_lock(options->state_dir, &writer->state_lock, err) ||
	    !bt_state_folder(writer->run_dir, err))
		return false;
	return same_folder(options->state_dir, writer->run_dir) ||
	       bt_state_lock(writer->run_dir, &writer->run_lock, err);
}

static void recover(const struct bt_writer *writer)
{
	const struct bt_recover_options options = {
	    .events_dir = writer->events_dir,
	    .run_dir = writer->run_dir,
	    .resolver = writer->resolver,
	    .policies = writer->policies,
	    .subnets = writer->subnets,
	    .log = writer->log,
	};
	struct bt_err err;
	if (bt_state_folder(writer->events_dir, &err))
		bt_recover(&options);
	else
		say(writer, true, "event log: %s", err.text);
}

static bool make_ring(struct bt_writer *writer, unsigned number, struct bt_err *err)
{
	uint64_t boot = writer->keeper.boot;
	char *path;
	if (asprintf(&path, "%s/" BT_RING_PREFIX "%016llx-%u", writer->run_dir,
		(unsigned long long)boot, number) < 0)
		return bt_fail(err, "out of memory");
	writer->ring_paths[number] = path;
	if (!bt_ring_create(
		&writer->drains[number].ring, path, boot, number, writer->keeper.slots, err))
		return false;
	bt_drain_begin(&writer->drains[number]);
	writer->drains[number].subnets = writer->subnets;
	return true;
}

static bool make_rings(struct bt_writer *writer, struct bt_err *err)
{
	writer->drains = calloc(writer->rings, sizeof(*writer->drains));
	writer->ring_paths = calloc(writer->rings, sizeof(*writer->ring_paths));
	if (writer->drains == NULL || writer->ring_paths == NULL)
		return bt_fail(err, "out of memory");
	for (unsigned i = 0; i < writer->rings; i++) {
		if (!make_ring(writer, i, err))
			return false;
	}
	return true;
}

static void remove_rings(const struct bt_writer *writer)
{
	for (unsigned i = 0; writer->ring_paths != NULL && i < writer->rings; i++) {
		if (writer->ring_paths[i] != NULL)
			unlink(writer->ring_paths[i]);
	}
}

static bool make_keeper(
    struct bt_writer *writer, const struct bt_writer_options *options, struct bt_err *err)
{
	struct bt_keeper *keeper = &writer->keeper;
	while (keeper->boot == 0) {
		if (getrandom(&keeper->boot, sizeof(keeper->boot), 0) != sizeof(keeper->boot))
			return bt_fail(err, "no random number: %s", strerror(errno));
	}
	keeper->events_dir = writer->events_dir;
	keeper->resolver = writer->resolver;
	keeper->policies = writer->policies;
	keeper->log = writer->log;
	keeper->subnets = writer->subnets;
	keeper->slots = options->slots == 0 ? SLOTS_DEFAULT : options->slots;
	keeper->beat_seconds =
	    options->beat_seconds == 0 ? BEAT_SECONDS_DEFAULT : options->beat_seconds;
	keeper->segment_size =
	    options->segment_size == 0 ? SEGMENT_SIZE_DEFAULT : options->segment_size;
	if (keeper->segment_size < SEGMENT_SIZE_MIN)
		keeper->segment_size = SEGMENT_SIZE_MIN;
	if (!make_rings(writer, err))
		return false;
	keeper->drains = writer->drains;
	keeper->drain_count = writer->rings;
	return true;
}

static bool start(
    struct bt_writer *writer, const struct bt_writer_options *options, struct bt_err *err)
{
	if (options->rings == 0)
		return bt_fail(err, "a writer needs at least one ring");
	if (!lock_folders(writer, options, err) ||
	    !bt_state_resolver(options->state_dir, options->resolver_id, &writer->resolver, err) ||
	    !bt_policy_store_new(&writer->policies, writer->run_dir, err))
		return false;
	recover(writer);
	writer->tidy = (struct bt_tidy_options){
	    .events_dir = writer->events_dir,
	    .retention = options->retention,
	    .max_size = options->max_size,
	    .complete = &writer->keeper.complete,
	    .stop = &writer->stop_tidying,
	    .log = writer->log,
	};
	if (make_keeper(writer, options, err)) {
		writer->tidy.boot = writer->keeper.boot;
		if (start_threads(writer, err))
			return true;
	}
	remove_rings(writer);
	return false;
}

bool bt_writer_start(
    struct bt_writer **writer, const struct bt_writer_options *options, struct bt_err *err)
{
	struct bt_writer *made = new_writer(options);
	if (made == NULL)
		return bt_fail(err, "out of memory");
	if (!start(made, options, err)) {
		free_writer(made);
		return false;
	}
	*writer = made;
	return true;
}

void bt_writer_stop(struct bt_writer **writer)
{
	if (*writer != NULL)
		free_writer(*writer);
	*writer = NULL;
}

/* ---- while it runs ---- */

struct bt_ring *bt_writer_ring(struct bt_writer *writer, unsigned number)
{
	return writer->drains[number].ring;
}

void bt_writer_pause(struct bt_writer *writer, bool paused)
{
	atomic_store(&writer->keeper.paused, paused);
	bt_thread_wake(&writer->thread);
}

bool bt_writer_policy(
    struct bt_writer *writer, uint64_t digest, const struct bt_policy *policy, struct bt_err *err)
{
	struct bt_err reason;
	size_t size = 0;
	const void *bytes = digest == 0 ? NULL : bt_policy_bytes(policy, &size);
	if (digest != 0 && !bt_policy_store_add(writer->policies, digest, bytes, size, err))
		return false;
	/* It is in force from now on; its file may wait for the disk. */
	atomic_store(&writer->keeper.policy, digest);
	bt_thread_wake(&writer->thread);
	if (digest != 0 && !bt_policy_store_save(writer->policies, digest, bytes, size, &reason))
		say(writer, true,
		    "%s; if this process is killed, its last events lose their lists' names",
		    reason.text);
	return true;
}
