/* SPDX-License-Identifier: BSD-3-Clause */
/* recover.c -- what a process that died left of its events */

#include <dirent.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "drain.h"
#include "file.h"
#include "recover.h"
#include "segment-folder.h"

enum { BATCH = 1024 /* events between two writes */ };

struct leftover {
	char *path;
	struct bt_drain drain;
	uint64_t logged; /* last sequence number that the log has of this ring */
};

struct leftovers {
	struct leftover *rings;
	size_t count;
	uint64_t boot; /* the one at work, with its rings */
	struct leftover *first;
	size_t of_boot;
	bool found; /* an event of this boot in the log */
};

__attribute__((format(printf, 3, 4))) static void say(
    const struct bt_recover_options *options, bool error, const char *format, ...)
{
	char text[1024];
	va_list args;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (options->log != NULL)
		options->log(error, text);
}

/* ---- open segments ---- */

static void close_segments(
    const struct bt_recover_options *options, const struct bt_segment_file *files, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct bt_err err;
		uint64_t cut;
		if (!files[i].open)
			continue;
		if (!bt_segment_recover(files[i].path, &cut, &err))
			say(options, true, "event log: %s", err.text);
		else if (cut > 0)
			say(options, false,
			    "event log: %s: cut %llu octets of a half-written block", files[i].path,
			    (unsigned long long)cut);
	}
}

static bool recover_segments(const struct bt_recover_options *options)
{
	struct bt_segment_file *files;
	size_t count;
	struct bt_err err;
	if (!bt_segment_files(options->events_dir, &files, &count, &err)) {
		say(options, true, "event log: %s", err.text);
		return false;
	}
	close_segments(options, files, count);
	bt_segment_files_free(&files, count);
	return true;
}

/* ---- rings ---- */

static bool add_ring(
    struct leftovers *all, const struct bt_recover_options *options, const char *name)
{
	struct leftover *more = realloc(all->rings, (all->count + 1) * sizeof(*more));
	if (more == NULL)
		return false;
	all->rings = more;
	struct leftover ring = {.path = bt_path_join(options->run_dir, name)};
	struct bt_err err;
	if (ring.path == NULL)
		return false;
	if (!bt_ring_open(&ring.drain.ring, ring.path, &err)) {
		say(options, true, "events of an earlier process cannot be read: %s", err.text);
		free(ring.path);
		return true;
	}
	bt_drain_begin(&ring.drain);
	ring.drain.subnets = options->subnets;
	all->rings[all->count++] = ring;
	return true;
}

/* A ring that its process did not finish making has never held an event. */
static bool is_unfinished(const char *name)
{
	size_t size = strlen(name);
	return size > 4 && strcmp(name + size - 4, ".new") == 0;
}

static void find_rings(struct leftovers *all, const struct bt_recover_options *options)
{
	DIR *dir = opendir(options->run_dir);
	if (dir == NULL) {
		say(options, true, "%s: %s", options->run_dir, strerror(errno));
		return;
	}
	const struct dirent *entry;
	while ((entry = readdir(dir)) != NULL) {
		if (strncmp(entry->d_name, BT_RING_PREFIX, strlen(BT_RING_PREFIX)) != 0)
			continue;
		if (is_unfinished(entry->d_name))
			unlinkat(dirfd(dir), entry->d_name, 0);
		else if (!add_ring(all, options, entry->d_name))
			say(options, true, "%s: out of memory", options->run_dir);
	}
	closedir(dir);
}

static int by_boot(const void *a, const void *b)
{
	const struct leftover *left = a, *right = b;
	uint64_t boots[] = {bt_ring_boot(left->drain.ring), bt_ring_boot(right->drain.ring)};
	return boots[0] != boots[1] ? (boots[0] < boots[1] ? -1 : 1)
				    : strcmp(left->path, right->path);
}

/* ---- what the log has of them already ---- */

static void note(struct leftovers *all, uint64_t boot, uint32_t number, uint64_t sequence)
{
	for (size_t i = 0; boot == all->boot && i < all->of_boot; i++) {
		struct leftover *ring = &all->first[i];
		if (bt_ring_number(ring->drain.ring) == number && ring->logged < sequence)
			ring->logged = sequence;
	}
}

static bool note_event(void *ctx, const struct bt_segment_event *event)
{
	struct leftovers *all = ctx;
	all->found |= event->boot == all->boot;
	note(all, event->boot, event->ring, event->sequence);
	return true;
}

static bool note_gap(
    void *ctx, uint64_t boot, uint32_t ring, uint64_t first, uint64_t last, int64_t time)
{
	(void)first;
	(void)time;
	note(ctx, boot, ring, last);
	return true;
}

/*
 * Only events that were written but not yet taken out of their ring can be in both. They were the
 * last that the process wrote, so they are in the newest segment of its boot that has any event;
 * and they leave the rings (below) before another segment is begun. *number is the next free one.
 */
static void read_back(struct leftovers *all, const struct bt_recover_options *options,
    const struct bt_segment_file *files, size_t count, uint32_t *number)
{
	const struct bt_segment_visitor visitor = {
	    .event = note_event, .gap = note_gap, .ctx = all};
	all->found = false;
	*number = 0;
	for (size_t i = count; i-- > 0;) {
		struct bt_err err;
		if (files[i].boot != all->boot)
			continue;
		if (files[i].number >= *number)
			*number = files[i].number + 1;
		if (!all->found && !bt_segment_read(files[i].path, &visitor, &err))
			say(options, true, "event log: %s", err.text);
	}
}

static void pass_over_logged(struct leftover *ring)
{
	struct bt_drain *drain = &ring->drain;
	uint64_t sequence, last = bt_ring_taken(drain->ring);
	if (last < ring->logged)
		last = ring->logged;
	drain->pending = 0;
	while (bt_ring_next(drain->ring, drain->pending, &sequence) != NULL && sequence <= last)
		drain->pending++;
	bt_drain_done(drain);
	bt_drain_begin(drain);
	if (drain->next <= last)
		drain->next = last + 1;
}

/* ---- the rest ---- */

static bool drain_ring(struct bt_drain *drain, struct bt_segment_writer *segment,
    struct bt_policy_store *policies, struct bt_err *err)
{
	uint32_t pending;
	do {
		if (!bt_drain_take(drain, BATCH, segment, policies, bt_clock_real(), err) ||
		    !bt_segment_flush(segment, err))
			return false;
		pending = drain->pending;
		bt_drain_done(drain);
	} while (pending > 0);
	return bt_drain_tail(drain, segment, bt_clock_real(), err) &&
	       bt_drain_counts(drain, segment, policies, bt_clock_real(), err);
}

static bool has_more(const struct leftovers *all)
{
	for (size_t i = 0; i < all->of_boot; i++) {
		const struct bt_drain *drain = &all->first[i].drain;
		if (drain->next <= bt_ring_pushed(drain->ring) || bt_drain_has_counts(drain, false))
			return true;
	}
	return false;
}

static bool drain_boot(struct leftovers *all, const struct bt_recover_options *options,
    uint32_t number, struct bt_err *err)
{
	struct bt_segment_writer *segment;
	if (!has_more(all))
		return true;
	if (!bt_segment_create(&segment, options->events_dir, options->resolver, all->boot, number,
		bt_clock_real(), err))
		return false;
	bt_policy_store_begin(options->policies);
	bool ok = true;
	for (size_t i = 0; ok && i < all->of_boot; i++)
		ok = drain_ring(&all->first[i].drain, segment, options->policies, err);
	/* A segment that cannot be closed may not be on the disk: keep the rings. */
	return bt_segment_close(&segment, ok ? err : NULL) && ok;
}

static void recover_boot(struct leftovers *all, const struct bt_recover_options *options,
    const struct bt_segment_file *files, size_t count)
{
	uint32_t number;
	struct bt_err err;
	uint64_t before = 0;
	read_back(all, options, files, count, &number);
	for (size_t i = 0; i < all->of_boot; i++) {
		pass_over_logged(&all->first[i]);
		before += bt_ring_pushed(all->first[i].drain.ring) + 1 - all->first[i].drain.next;
	}
	if (!drain_boot(all, options, number, &err)) {
		say(options, true, "event log: events of an earlier process stay in %s: %s",
		    options->run_dir, err.text);
		return;
	}
	if (before > 0)
		say(options, false, "event log: recovered %llu events of an earlier process",
		    (unsigned long long)before);
	for (size_t i = 0; i < all->of_boot; i++)
		unlink(all->first[i].path);
}

static int by_number(const void *a, const void *b)
{
	const struct bt_segment_file *left = a, *right = b;
	return left->number < right->number ? -1 : left->number > right->number;
}

static void recover_rings(const struct bt_recover_options *options, struct leftovers *all)
{
	struct bt_segment_file *files;
	size_t count;
	struct bt_err err;
	if (!bt_segment_files(options->events_dir, &files, &count, &err)) {
		say(options, true, "event log: %s", err.text);
		return;
	}
	if (count > 0) /* names may begin with different resolvers */
		qsort(files, count, sizeof(*files), by_number);
	qsort(all->rings, all->count, sizeof(*all->rings), by_boot);
	for (size_t i = 0; i < all->count; i += all->of_boot) {
		all->first = &all->rings[i];
		all->boot = bt_ring_boot(all->first->drain.ring);
		all->of_boot = 0;
		while (i + all->of_boot < all->count &&
		       bt_ring_boot(all->first[all->of_boot].drain.ring) == all->boot)
			all->of_boot++;
		recover_boot(all, options, files, count);
	}
	bt_segment_files_free(&files, count);
}

static bool any_ring_left(const char *run_dir)
{
	DIR *dir = opendir(run_dir);
	bool any = dir == NULL;
	const struct dirent *entry;
	while (!any && (entry = readdir(dir)) != NULL)
		any = strncmp(entry->d_name, BT_RING_PREFIX, strlen(BT_RING_PREFIX)) == 0;
	if (dir != NULL)
		closedir(dir);
	return any;
}

void bt_recover(const struct bt_recover_options *options)
{
	struct leftovers all = {0};
	if (recover_segments(options)) {
		find_rings(&all, options);
		if (all.count > 0)
			recover_rings(options, &all);
		if (!any_ring_left(options->run_dir))
			bt_policy_store_clean(options->policies);
	}
	for (size_t i = 0; i < all.count; i++) {
		bt_ring_close(&all.rings[i].drain.ring);
		free(all.rings[i].path);
	}
	free(all.rings);
}
