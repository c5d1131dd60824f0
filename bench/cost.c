/* SPDX-License-Identifier: BSD-3-Clause */
/* cost.c -- what a peer costs before the first lookup */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "compile.h"
#include "cost.h"
#include "file.h"
#include "memory.h"
#include "timing.h"

enum { OPENS = 11 };

/* ---- children ---- */

static void child(int to, bool (*job)(void *ctx, void *result, struct bt_err *err), void *ctx,
    void *result, size_t size)
{
	struct bt_err err;
	char ok = job(ctx, result, &err) ? 1 : 0;
	bool sent = bt_write_all(to, &ok, 1) &&
		    (ok ? bt_write_all(to, result, size) : bt_write_all(to, &err, sizeof(err)));
	_exit(sent ? 0 : 1);
}

static bool receive(int from, void *bytes, size_t size)
{
	for (size_t done = 0; done < size;) {
		ssize_t got = read(from, (char *)bytes + done, size - done);
		if (got == 0 || (got < 0 && errno != EINTR))
			return false;
		done += got > 0 ? (size_t)got : 0;
	}
	return true;
}

bool run_in_child(bool (*job)(void *ctx, void *result, struct bt_err *err), void *ctx, void *result,
    size_t size, struct bt_err *err)
{
	int ends[2];
	if (pipe(ends) != 0)
		return bt_fail(err, "pipe: %s", strerror(errno));
	fflush(NULL);
	pid_t pid = fork();
	if (pid == 0) {
		close(ends[0]);
		child(ends[1], job, ctx, result, size);
	}
	close(ends[1]);
	char ok = 0;
	bool heard = pid > 0 && receive(ends[0], &ok, 1) &&
		     (ok ? receive(ends[0], result, size) : receive(ends[0], err, sizeof(*err)));
	close(ends[0]);
	if (pid > 0)
		waitpid(pid, NULL, 0);
	if (!heard)
		return bt_fail(err, pid > 0 ? "a child process died" : "cannot fork");
	return ok;
}

static size_t peak_memory(void)
{
	struct rusage usage;
	getrusage(RUSAGE_SELF, &usage);
	return (size_t)usage.ru_maxrss * 1024;
}

/* ---- build and open ---- */

struct job {
	const struct peer *peer;
	const char *list, *path;
};

static bool build(void *ctx, void *result, struct bt_err *err)
{
	const struct job *job = ctx;
	struct cost *cost = result;
	struct stat st;
	uint64_t begin = now();
	if (!job->peer->build(job->list, job->path, err))
		return false;
	cost->build_seconds = (double)(now() - begin) / 1e9;
	cost->build_peak = peak_memory();
	if (stat(job->path, &st) != 0)
		return bt_fail(err, "%s: %s", job->path, strerror(errno));
	cost->file = (size_t)st.st_size;
	return true;
}

static bool open_once(const struct job *job, void **self, double *seconds, struct bt_err *err)
{
	uint64_t begin = now();
	if (!job->peer->open(self, job->path, err))
		return false;
	*seconds = (double)(now() - begin) / 1e9;
	return true;
}

static bool open_often(const struct job *job, double *median, struct bt_err *err)
{
	struct samples samples = {0};
	for (unsigned i = 0; i < OPENS; i++) {
		void *self;
		double seconds;
		if (!open_once(job, &self, &seconds, err))
			return false;
		samples_add(&samples, seconds);
		job->peer->close(self);
	}
	*median = samples_at(&samples, 0.5);
	samples_free(&samples);
	return true;
}

/* The first one tells the memory: there is nothing freed yet that it could take up again. */
static bool open_file(void *ctx, void *result, struct bt_err *err)
{
	static struct regions before, after;
	const struct job *job = ctx;
	struct cost *cost = result;
	void *self;
	if (!regions_read(&before, err))
		return false;
	size_t pss = memory_pss();
	if (!job->peer->open(&self, job->path, err))
		return false;
	if (!regions_read(&after, err) || !regions_subtract(&after, &before, err))
		return false;
	regions_touch(&after);
	cost->resident = memory_pss() - pss;
	if (job->peer->keys_alone != NULL)
		cost->keys_alone = job->peer->keys_alone(self);
	job->peer->close(self);
	return open_often(job, &cost->open_seconds, err);
}

bool cost_measure(struct cost *cost, const struct peer *peer, const char *list, const char *path,
    struct bt_err *err)
{
	struct job job = {peer, list, path};
	struct cost building = {0}, opened = {0};
	if (!run_in_child(build, &job, &building, sizeof(building), err) ||
	    !run_in_child(open_file, &job, &opened, sizeof(opened), err))
		return bt_fail_in(err, "%s", peer->name);
	*cost = building;
	cost->resident = opened.resident;
	cost->keys_alone = opened.keys_alone;
	cost->open_seconds = opened.open_seconds;
	return true;
}

/* ---- compile ---- */

static bool compile(void *ctx, void *result, struct bt_err *err)
{
	const struct bt_sinkhole sinkhole = {.has_ipv4 = true, .has_ipv6 = true, .ttl = 10};
	char name[] = "list";
	struct bt_config_list list = {.name = name, .file = ctx, .format = BT_FORMAT_DOMAINS};
	const struct bt_compile_options options = {
	    .lists = &list, .list_count = 1, .sinkhole = &sinkhole};
	struct cost *cost = result;
	void *bytes;
	uint64_t begin = now();
	if (!bt_compile(&options, &bytes, &cost->file, NULL, err))
		return false;
	cost->build_seconds = (double)(now() - begin) / 1e9;
	cost->build_peak = peak_memory();
	free(bytes);
	return true;
}

bool cost_compile(struct cost *cost, const char *list, struct bt_err *err)
{
	char *path = strdup(list);
	bool ok = path != NULL ? run_in_child(compile, path, cost, sizeof(*cost), err)
			       : bt_fail(err, "out of memory");
	free(path);
	return ok;
}
