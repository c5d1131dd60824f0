/* SPDX-License-Identifier: BSD-3-Clause */
/* watch.c -- a thread that notices when files change */

#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "clock.h"
#include "pace.h"
#include "thread.h"
#include "watch.h"

enum { LOOKS_TO_WAIT = 5 /* for a file that is being written */ };

/* What tells one state of a file from the next. All zero: there is no such file. */
struct stamp {
	dev_t device;
	ino_t inode;
	off_t size;
	struct timespec written;
	struct timespec changed; /* its mode too: what could not be read may be readable now */
};

struct file {
	char *path;
	void (*changed)(void *ctx);
	struct stamp known; /* what the last callback was for */
	struct stamp seen;  /* at the last look */
	unsigned waited;    /* looks that found it still being written */
};

struct bt_watch {
	struct file files[BT_WATCH_FILES];
	unsigned count;
	bool (*work)(void *ctx);
	void *ctx;

	struct bt_thread thread;
};

/* ---- files ---- */

static struct stamp look_at(const char *path)
{
	struct stat st;
	if (stat(path, &st) != 0)
		return (struct stamp){0};
	return (struct stamp){.device = st.st_dev,
	    .inode = st.st_ino,
	    .size = st.st_size,
	    .written = st.st_mtim,
	    .changed = st.st_ctim};
}

static bool same_time(struct timespec a, struct timespec b)
{
	return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

static bool same_file(struct stamp a, struct stamp b)
{
	return a.device == b.device && a.inode == b.inode;
}

static bool same(struct stamp a, struct stamp b)
{
	return same_file(a, b) && a.size == b.size && same_time(a.written, b.written) &&
	       same_time(a.changed, b.changed);
}

/*
 * A file that was renamed into place is whole at once; one that is written where it is, is not.
 * The two look the same when an inode is used again, so that the waiting has an end.
 */
static bool has_changed(struct file *file)
{
	struct stamp now = look_at(file->path), before = file->seen;
	file->seen = now;
	if (same(now, file->known))
		return false;
	if (same_file(now, before) && !same(now, before) && ++file->waited < LOOKS_TO_WAIT)
		return false;
	file->known = now;
	file->waited = 0;
	return true;
}

/* Whether any has changed. */
static bool look_at_files(struct bt_watch *watch)
{
	bool any = false;
	for (unsigned i = 0; i < watch->count; i++) {
		if (has_changed(&watch->files[i])) {
			watch->files[i].changed(watch->ctx);
			any = true;
		}
	}
	return any;
}

/* ---- the thread ---- */

/*
 * SCHED_BATCH does not interrupt those who answer queries, and what takes long in a callback lets
 * them have the processor (pace.h). It is not nice(2) as well: a callback may hold a spin lock that
 * they want, and must not be kept waiting while it does.
 */
static void *run(void *arg)
{
	struct bt_watch *watch = arg;
	const struct sched_param none = {0};
	(void)pthread_setschedparam(pthread_self(), SCHED_BATCH, &none);
	bt_pace_gently();
	int64_t looked = bt_clock_monotonic();
	bool settled = true;
	while (bt_thread_wait(&watch->thread, settled ? BT_WATCH_MS : BT_WATCH_SOON_MS)) {
		bool due = bt_clock_monotonic() - looked >= BT_WATCH_MS;
		if (due)
			looked = bt_clock_monotonic();
		settled = !(due && look_at_files(watch)) && watch->work(watch->ctx);
	}
	return NULL;
}

bool bt_watch_new(struct bt_watch **watch, bool (*work)(void *ctx), void *ctx, struct bt_err *err)
{
	struct bt_watch *made = calloc(1, sizeof(*made));
	if (made == NULL)
		return bt_fail(err, "out of memory");
	made->work = work;
	made->ctx = ctx;
	bt_thread_init(&made->thread);
	*watch = made;
	return true;
}

bool bt_watch_add(
    struct bt_watch *watch, const char *path, void (*changed)(void *ctx), struct bt_err *err)
{
	if (watch->count == BT_WATCH_FILES)
		return bt_fail(err, "%s: more than %d files to watch", path, BT_WATCH_FILES);
	struct file *file = &watch->files[watch->count];
	file->path = strdup(path);
	if (file->path == NULL)
		return bt_fail(err, "%s: out of memory", path);
	file->changed = changed;
	file->known = file->seen = look_at(path);
	watch->count++;
	return true;
}

bool bt_watch_start(struct bt_watch *watch, struct bt_err *err)
{
	int code = bt_thread_start(&watch->thread, run, watch);
	return code == 0 || bt_fail(err, "cannot start watching: %s", strerror(code));
}

void bt_watch_stop(struct bt_watch **watch)
{
	struct bt_watch *old = *watch;
	*watch = NULL;
	if (old == NULL)
		return;
	bt_thread_end(&old->thread);
	for (unsigned i = 0; i < old->count; i++)
		free(old->files[i].path);
	free(old);
}
