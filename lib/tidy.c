/* SPDX-License-Identifier: BSD-3-Clause */
/* tidy.c -- keeps the folder of the event log in order */

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "segment-folder.h"
#include "segment-format.h"
#include "tidy.h"

/* A segment, and what the file system knows of it. */
struct entry {
	const struct bt_segment_file *file;
	bool rollup;
	uint64_t size;
	int64_t closed; /* milliseconds since 1970: when it was last written to */
};

__attribute__((format(printf, 3, 4))) static void say(
    const struct bt_tidy_options *options, bool error, const char *format, ...)
{
	char text[1024];
	va_list args;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (options->log != NULL)
		options->log(error, text);
}

static bool is_stopped(const struct bt_tidy_options *options)
{
	return options->stop != NULL && atomic_load(options->stop);
}

/* ---- what goes ---- */

static int by_age(const void *a, const void *b)
{
	const struct entry *left = a, *right = b;
	if (left->closed != right->closed)
		return left->closed < right->closed ? -1 : 1;
	return strcmp(left->file->path, right->file->path);
}

/* What its packer left when it was killed: nothing else would remove it. */
static void remove_unfinished(const char *path)
{
	char *unfinished;
	if (asprintf(&unfinished, "%s" BT_SEGMENT_SUFFIX_PACKING, path) < 0)
		return;
	unlink(unfinished);
	free(unfinished);
}

static bool remove_entry(
    const struct bt_tidy_options *options, const struct entry *entry, const char *reason)
{
	if (unlink(entry->file->path) != 0) {
		say(options, true, "event log: %s: cannot be removed: %s", entry->file->path,
		    strerror(errno));
		return false;
	}
	remove_unfinished(entry->file->path);
	say(options, false, "event log: removed %s: %s", entry->file->path, reason);
	return true;
}

static bool is_old(const struct bt_tidy_options *options, const struct entry *entry, int64_t now)
{
	return options->retention != 0 && entry->closed < now &&
	       (uint64_t)now - (uint64_t)entry->closed > options->retention;
}

/* Segments go before roll-ups, which say most of it in less room; otherwise the oldest. */
static int by_worth(const void *a, const void *b)
{
	const struct entry *left = a, *right = b;
	if (left->rollup != right->rollup)
		return left->rollup ? 1 : -1;
	return by_age(a, b);
}

/* Those that are too old go first: they are no reason to remove what is not. */
static size_t remove_old(
    const struct bt_tidy_options *options, struct entry *entries, size_t count, int64_t now)
{
	size_t kept = 0;
	for (size_t i = 0; i < count; i++)
		if (entries[i].file->open || !is_old(options, &entries[i], now) ||
		    !remove_entry(options, &entries[i], "it is older than the retention"))
			entries[kept++] = entries[i];
	return kept;
}

/* Sorted by worth; how many are left, which come first then. */
static size_t remove_excess(
    const struct bt_tidy_options *options, struct entry *entries, size_t count)
{
	uint64_t total = 0;
	size_t kept = 0;
	for (size_t i = 0; i < count; i++)
		total += entries[i].size;
	for (size_t i = 0; i < count; i++) {
		bool large = options->max_size != 0 && total > options->max_size;
		if (large && !entries[i].file->open &&
		    remove_entry(options, &entries[i], "the log is larger than its maximum"))
			total -= entries[i].size;
		else
			entries[kept++] = entries[i];
	}
	return kept;
}

/* ---- the folder ---- */

/* 2020: before that there was nothing to be recorded, and a clock that says so was not set yet. */
static const int64_t earliest = 1577836800000;

/* By a clock that is set, it is as old as it is known to be: its age begins now. */
static void date_anew(struct entry *entry, int64_t now)
{
	const struct timespec times[2] = {
	    {.tv_nsec = UTIME_OMIT}, {.tv_sec = now / 1000, .tv_nsec = now % 1000 * 1000000}};
	if (entry->file->open || entry->closed >= earliest || now < earliest)
		return;
	utimensat(AT_FDCWD, entry->file->path, times, AT_SYMLINK_NOFOLLOW);
	entry->closed = now;
}

static size_t look_at_files(struct entry *entries, size_t found,
    const struct bt_segment_file *files, size_t count, bool rollups, int64_t now)
{
	for (size_t i = 0; i < count; i++) {
		struct stat st;
		if (stat(files[i].path, &st) != 0)
			continue; /* renamed since the folder was listed: next time */
		entries[found] = (struct entry){
		    .file = &files[i],
		    .rollup = rollups,
		    .size = (uint64_t)st.st_size,
		    .closed = (int64_t)st.st_mtim.tv_sec * 1000 + st.st_mtim.tv_nsec / 1000000,
		};
		date_anew(&entries[found++], now);
	}
	return found;
}

static void pack(const struct bt_tidy_options *options, const struct entry *entries, size_t count)
{
	for (size_t i = 0; i < count && !is_stopped(options); i++) {
		bool packed = false;
		struct bt_err err;
		if (!entries[i].file->open && !entries[i].rollup &&
		    !bt_segment_pack(entries[i].file->path, options->stop, &packed, &err))
			say(options, true, "event log: %s; it stays as it is", err.text);
	}
}

static void tidy(const struct bt_tidy_options *options, const struct bt_segment_file *files,
    size_t count, const struct bt_segment_file *rollups, size_t rollup_count, int64_t now)
{
	struct entry *entries = calloc(count + rollup_count + 1, sizeof(*entries));
	if (entries == NULL) {
		say(options, true, "event log: %s: out of memory", options->events_dir);
		return;
	}
	size_t found = look_at_files(entries, 0, files, count, false, now);
	found = look_at_files(entries, found, rollups, rollup_count, true, now);
	if (found > 0)
		qsort(entries, found, sizeof(*entries), by_worth);
	found = remove_old(options, entries, found, now);
	pack(options, entries, remove_excess(options, entries, found));
	free(entries);
}

void bt_tidy_close(const struct bt_tidy_options *options)
{
	struct bt_segment_file *files = NULL;
	size_t count = 0;
	struct bt_err err;
	unsigned complete = options->boot != 0 ? atomic_load(options->complete) : 0;
	if (complete == 0 || !bt_segment_files(options->events_dir, &files, &count, &err))
		return;
	for (size_t i = 0; i < count; i++)
		if (files[i].open && files[i].boot == options->boot && files[i].number < complete &&
		    !bt_segment_settle(files[i].path, &err))
			say(options, true, "event log: %s; it is tried again", err.text);
	bt_segment_files_free(&files, count);
}

void bt_tidy(const struct bt_tidy_options *options, int64_t now)
{
	bt_tidy_close(options);
	struct bt_segment_file *files = NULL, *rollups = NULL;
	size_t count = 0, rollup_count = 0;
	struct bt_err err; /* who writes there says it */
	if (bt_segment_files(options->events_dir, &files, &count, &err) &&
	    bt_segment_rollups(options->events_dir, &rollups, &rollup_count, &err))
		tidy(options, files, count, rollups, rollup_count, now);
	bt_segment_files_free(&rollups, rollup_count);
	bt_segment_files_free(&files, count);
}
