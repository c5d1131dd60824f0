/* SPDX-License-Identifier: BSD-3-Clause */
/* rollup.c -- sums up the segments of days that are over */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "endian.h"
#include "rollup-make.h"
#include "rollup.h"
#include "segment-folder.h"
#include "segment-format.h"

/* ---- which segments ---- */

/* (boot, number) of segments that are summed up already. */
struct done {
	struct bt_roll_source *sources;
	size_t count;
	bool no_memory;
};

static bool note_done(void *ctx, const struct bt_roll_source *sources, uint32_t count)
{
	struct done *done = ctx;
	struct bt_roll_source *more =
	    realloc(done->sources, (done->count + count + 1) * sizeof(*done->sources));
	done->no_memory |= more == NULL;
	if (more == NULL)
		return false;
	done->sources = more;
	memcpy(more + done->count, sources, count * sizeof(*sources));
	done->count += count;
	return false; /* the rest says nothing to us */
}

static bool find_done(const char *folder, struct done *done, struct bt_err *err)
{
	const struct bt_segment_visitor visitor = {.sources = note_done, .ctx = done};
	struct bt_segment_file *files;
	size_t count;
	if (!bt_segment_rollups(folder, &files, &count, err))
		return false;
	bool ok = true;
	for (size_t i = 0; ok && i < count; i++)
		ok = bt_segment_read(files[i].path, &visitor, err) &&
		     (!done->no_memory || bt_fail(err, "%s: out of memory", folder));
	bt_segment_files_free(&files, count);
	return ok;
}

static bool is_done(const struct done *done, const struct bt_rollup_part *part)
{
	for (size_t i = 0; i < done->count; i++)
		if (done->sources[i].boot == part->boot && done->sources[i].number == part->number)
			return true;
	return false;
}

static int by_begin(const void *a, const void *b)
{
	const struct bt_rollup_part *left = a, *right = b;
	if (left->boot != right->boot)
		return left->boot < right->boot ? -1 : 1;
	if (left->day != right->day)
		return left->day < right->day ? -1 : 1;
	return left->number < right->number ? -1 : left->number > right->number;
}

static void say(const struct bt_rollup_options *options, const char *text)
{
	if (options->log != NULL)
		options->log(text);
}

/* Those that are not summed up, by boot, day and number. */
static size_t choose(const struct bt_rollup_options *options, const struct bt_segment_file *files,
    size_t count, const struct done *done, struct bt_rollup_part *parts,
    struct bt_rollup_tally *tally)
{
	size_t chosen = 0;
	for (size_t i = 0; i < count; i++) {
		uint8_t header[BT_HEADER_SIZE_MAX];
		size_t size;
		struct bt_err err;
		if (!bt_header_read(files[i].path, header, &size, &err)) {
			say(options, err.text);
			tally->left++;
			continue;
		}
		struct bt_rollup_part part = {
		    .path = files[i].path,
		    .boot = bt_get64(header + BT_HEADER_BOOT),
		    .number = bt_get32(header + BT_HEADER_NUMBER),
		    .day = bt_roll_day((int64_t)bt_get64(header + BT_HEADER_CREATED)),
		    .open = files[i].open,
		};
		if (part.day < bt_roll_day(options->now) && !is_done(done, &part))
			parts[chosen++] = part;
	}
	if (chosen > 0)
		qsort(parts, chosen, sizeof(*parts), by_begin);
	return chosen;
}

/* ---- a day's ---- */

/* Damaged ones are left out. */
static size_t leave_out(const struct bt_rollup_options *options, struct bt_rollup_part *parts,
    size_t count, struct bt_rollup_tally *tally)
{
	size_t whole = 0;
	for (size_t i = 0; i < count; i++) {
		struct bt_err err;
		if (bt_rollup_check(parts[i].path, &err)) {
			parts[whole++] = parts[i];
		} else {
			say(options, err.text);
			tally->left++;
		}
	}
	return whole;
}

static bool sum_up(const struct bt_rollup_options *options, struct bt_rollup_part *parts,
    size_t count, struct bt_rollup_tally *tally, struct bt_err *err)
{
	struct bt_rollup_sum sum;
	char *path;
	count = leave_out(options, parts, count, tally);
	if (count == 0)
		return true;
	size_t stem = strlen(parts[0].path) - strlen(BT_SEGMENT_SUFFIX_CLOSED);
	if (asprintf(&path, "%.*s" BT_SEGMENT_SUFFIX_ROLLUP, (int)stem, parts[0].path) < 0)
		return bt_fail(err, "%s: out of memory", options->events_dir);
	bool ok = bt_rollup_make(path, parts, count, &sum, err);
	free(path);
	if (!ok)
		return false;
	tally->rollups++;
	tally->segments += (unsigned)count;
	tally->events += sum.events;
	tally->rows += sum.rows;
	return true;
}

/* Days that are over: nothing that was begun on them is still open. */
static bool sum_up_days(const struct bt_rollup_options *options, struct bt_rollup_part *parts,
    size_t count, struct bt_rollup_tally *tally, struct bt_err *err)
{
	for (size_t first = 0, next; first < count; first = next) {
		bool open = false;
		for (next = first; next < count && parts[next].boot == parts[first].boot &&
				   parts[next].day == parts[first].day;
		     next++)
			open |= parts[next].open;
		if (!open && !sum_up(options, parts + first, next - first, tally, err))
			return false;
	}
	return true;
}

int bt_rollup_lock(const char *events_dir, struct bt_err *err)
{
	int fd = open(events_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0) {
		bt_fail(err, "%s: %s", events_dir, strerror(errno));
	} else if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
		bt_fail(err, "%s: %s", events_dir,
		    errno == EWOULDBLOCK ? "another process makes or changes roll-ups"
					 : strerror(errno));
		close(fd);
		fd = -1;
	}
	return fd;
}

bool bt_rollup(
    const struct bt_rollup_options *options, struct bt_rollup_tally *tally, struct bt_err *err)
{
	struct bt_segment_file *files = NULL;
	struct done done = {0};
	struct bt_rollup_part *parts = NULL;
	size_t count = 0;
	*tally = (struct bt_rollup_tally){0};
	int fd = bt_rollup_lock(options->events_dir, err);
	if (fd < 0)
		return false;
	bool ok = find_done(options->events_dir, &done, err) &&
		  bt_segment_files(options->events_dir, &files, &count, err);
	if (ok) {
		parts = calloc(count + 1, sizeof(*parts));
		ok = parts != NULL || bt_fail(err, "%s: out of memory", options->events_dir);
	}
	if (ok)
		ok = sum_up_days(
		    options, parts, choose(options, files, count, &done, parts, tally), tally, err);
	free(parts);
	free(done.sources);
	bt_segment_files_free(&files, count);
	close(fd);
	return ok;
}
