/* SPDX-License-Identifier: BSD-3-Clause */
/* continuity.c -- whether an event log has everything */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "continuity.h"
#include "file.h"
#include "segment-folder.h"
#include "segment.h"

enum { CLOCK_TOLERANCE_MS = 60000 };

/* A ring of a life: numbers that are there, and those in gaps. */
struct ring {
	uint32_t number;
	struct bt_ranges seen, lost, forgotten;
};

struct growing {
	struct bt_life life;
	char *resolver;
	struct ring *rings;
	size_t ring_count;
	int64_t started; /* by its first heartbeat; 0: there is none */
	uint64_t pushed; /* as the last heartbeat has it */
	uint32_t lowest; /* number of a segment */
	bool numbered;
};

struct bt_continuity {
	struct growing *lives;
	size_t count;
	struct bt_life *sorted;
	char **problems;
	size_t problem_count;

	/* The segment that is being read. */
	const struct bt_segment_file *file;
	bool is_rollup;
	uint64_t boot;
	bool headed;             /* its header was read, */
	unsigned damaged_before; /* and before that, this was said */
	bool no_memory;
};

static bool stop(struct bt_continuity *c)
{
	c->no_memory = true;
	return false;
}

/* ---- lives and rings ---- */

static struct growing *find_life(struct bt_continuity *c, uint64_t boot)
{
	for (size_t i = c->count; i-- > 0;)
		if (c->lives[i].life.boot == boot)
			return &c->lives[i];
	struct growing *more = realloc(c->lives, (c->count + 1) * sizeof(*more));
	if (more == NULL)
		return NULL;
	c->lives = more;
	more[c->count] = (struct growing){.life = {.boot = boot}};
	return &more[c->count++];
}

static struct ring *find_ring(struct growing *life, uint32_t number)
{
	for (size_t i = life->ring_count; i-- > 0;)
		if (life->rings[i].number == number)
			return &life->rings[i];
	struct ring *more = realloc(life->rings, (life->ring_count + 1) * sizeof(*more));
	if (more == NULL)
		return NULL;
	life->rings = more;
	more[life->ring_count] = (struct ring){.number = number};
	return &more[life->ring_count++];
}

static void see_time(struct bt_life *life, int64_t time)
{
	bool none = life->first == 0 && life->last == 0;
	if (none || time < life->first)
		life->first = time;
	if (none || time > life->last)
		life->last = time;
}

/* ---- what segments say ---- */

static bool on_header(void *ctx, const char *resolver, uint64_t boot, int64_t created)
{
	struct bt_continuity *c = ctx;
	struct growing *life = find_life(c, boot);
	(void)created;
	if (life == NULL)
		return stop(c);
	c->boot = boot;
	c->headed = true;
	life->life.damaged += c->damaged_before;
	life->life.segments += !c->is_rollup;
	life->life.rollups += c->is_rollup;
	if (life->resolver == NULL && strcmp(resolver, "?") != 0)
		life->resolver = strdup(resolver);
	if (c->file->boot == boot && (!life->numbered || c->file->number < life->lowest)) {
		life->lowest = c->file->number;
		life->numbered = true;
	}
	return true;
}

static bool see_event(struct bt_continuity *c, struct growing *life, struct ring *ring,
    uint64_t first, uint64_t count, int64_t earliest)
{
	uint64_t before = bt_ranges_size(&ring->seen);
	if (!bt_ranges_add(&ring->seen, first, first + count - 1))
		return stop(c);
	uint64_t added = bt_ranges_size(&ring->seen) - before;
	life->life.events += added;
	life->life.duplicates += count - added;
	see_time(&life->life, earliest);
	return true;
}

static bool on_event(void *ctx, const struct bt_segment_event *record)
{
	struct bt_continuity *c = ctx;
	struct growing *life = find_life(c, record->boot);
	struct ring *ring = life == NULL ? NULL : find_ring(life, record->ring);
	if (ring == NULL)
		return stop(c);
	return see_event(c, life, ring, record->sequence, 1, record->event.time);
}

static bool on_columns(void *ctx, const struct bt_columns *columns)
{
	struct bt_continuity *c = ctx;
	uint32_t at = 0;
	for (uint32_t i = 0; i < columns->runs; i++) {
		const struct bt_columns_run *run = &columns->run[i];
		struct growing *life = find_life(c, run->boot);
		struct ring *ring = life == NULL ? NULL : find_ring(life, run->ring);
		if (ring == NULL)
			return stop(c);
		for (uint32_t j = 0; j < run->count; j++)
			see_time(&life->life, columns->time[at + j]);
		if (!see_event(c, life, ring, run->first, run->count, columns->time[at]))
			return false;
		at += run->count;
	}
	return true;
}

static bool on_gap(
    void *ctx, uint64_t boot, uint32_t number, uint64_t first, uint64_t last, int64_t time)
{
	struct bt_continuity *c = ctx;
	struct growing *life = find_life(c, boot);
	struct ring *ring = life == NULL ? NULL : find_ring(life, number);
	if (ring == NULL || !bt_ranges_add(&ring->lost, first, last))
		return stop(c);
	see_time(&life->life, time);
	return true;
}

/* Roll-ups come last: what segments still have is no duplicate. */
static bool on_sources(void *ctx, const struct bt_roll_source *sources, uint32_t count)
{
	struct bt_continuity *c = ctx;
	for (uint32_t i = 0; i < count; i++) {
		const struct bt_roll_source *source = &sources[i];
		if (source->first == 0)
			continue;
		struct growing *life = find_life(c, source->boot);
		struct ring *ring = life == NULL ? NULL : find_ring(life, source->ring);
		if (ring == NULL)
			return stop(c);
		uint64_t before = bt_ranges_size(&ring->seen);
		if (!bt_ranges_add(&ring->seen, source->first, source->last))
			return stop(c);
		life->life.events += bt_ranges_size(&ring->seen) - before;
		see_time(&life->life, source->earliest);
		see_time(&life->life, source->latest);
	}
	return true;
}

static bool on_forgotten(void *ctx, uint64_t boot, uint32_t number, uint64_t first, uint64_t last)
{
	struct bt_continuity *c = ctx;
	struct growing *life = find_life(c, boot);
	struct ring *ring = life == NULL ? NULL : find_ring(life, number);
	return (ring != NULL && bt_ranges_add(&ring->forgotten, first, last)) || stop(c);
}

static bool on_beat(void *ctx, const struct bt_beat *beat)
{
	struct bt_continuity *c = ctx;
	struct growing *life = find_life(c, beat->boot);
	if (life == NULL)
		return stop(c);
	see_time(&life->life, beat->time);
	if (beat->kind == BT_BEAT_START && (life->started == 0 || beat->time < life->started))
		life->started = beat->time;
	if (beat->kind == BT_BEAT_STOP) {
		life->life.ended = true;
		life->pushed = beat->pushed;
	}
	return true;
}

static void on_damage(void *ctx, uint64_t offset, const char *reason)
{
	struct bt_continuity *c = ctx;
	(void)offset;
	(void)reason;
	if (!c->headed) {
		c->damaged_before++;
		return;
	}
	struct growing *life = find_life(c, c->boot);
	if (life != NULL)
		life->life.damaged++;
}

/* ---- misdated events: a second look, when it is known when each life began ---- */

static bool date_event(void *ctx, const struct bt_segment_event *record)
{
	struct bt_continuity *c = ctx;
	struct growing *life = find_life(c, record->boot);
	if (life != NULL && life->started != 0 &&
	    record->event.time < life->started - CLOCK_TOLERANCE_MS)
		life->life.misdated++;
	return true;
}

/* ---- what it comes to ---- */

/* Numbers up to the last that are neither there nor in a gap. */
static bool find_holes(struct growing *life, const struct ring *ring, uint64_t *last)
{
	struct bt_ranges all = {0};
	bool ok = true;
	for (size_t i = 0; ok && i < ring->seen.count; i++)
		ok = bt_ranges_add(&all, ring->seen.ranges[i].first, ring->seen.ranges[i].last);
	for (size_t i = 0; ok && i < ring->lost.count; i++)
		ok = bt_ranges_add(&all, ring->lost.ranges[i].first, ring->lost.ranges[i].last);
	for (size_t i = 0; ok && i < ring->forgotten.count; i++)
		ok = bt_ranges_add(
		    &all, ring->forgotten.ranges[i].first, ring->forgotten.ranges[i].last);
	uint64_t next = 1;
	*last = 0;
	for (size_t i = 0; ok && i < all.count; i++) {
		struct bt_range range = all.ranges[i];
		if (range.first > next && !(i == 0 && life->life.beheaded)) {
			if (life->life.missing == 0) {
				life->life.hole = (struct bt_range){next, range.first - 1};
				life->life.hole_ring = ring->number;
			}
			life->life.missing += range.first - next;
		}
		next = range.last + 1;
		*last = range.last;
	}
	bt_ranges_clear(&all);
	return ok;
}

static bool settle(struct growing *life)
{
	uint64_t taken = 0, last;
	life->life.resolver = life->resolver == NULL ? "?" : life->resolver;
	life->life.beheaded = life->numbered && life->lowest > 0;
	for (size_t i = 0; i < life->ring_count; i++) {
		const struct ring *ring = &life->rings[i];
		if (!find_holes(life, ring, &last))
			return false;
		life->life.lost += bt_ranges_size(&ring->lost);
		life->life.forgotten += bt_ranges_size(&ring->forgotten);
		taken += last;
	}
	/* What is missing at the end leaves no hole, but the last heartbeat knows of it. */
	if (life->life.ended && life->pushed > taken && !life->life.beheaded)
		life->life.missing += life->pushed - taken;
	return true;
}

static int by_begin(const void *a, const void *b)
{
	const struct bt_life *left = a, *right = b;
	if (left->first != right->first)
		return left->first < right->first ? -1 : 1;
	return left->boot < right->boot ? -1 : 1;
}

static bool settle_all(struct bt_continuity *c)
{
	c->sorted = calloc(c->count + 1, sizeof(*c->sorted));
	if (c->sorted == NULL)
		return false;
	for (size_t i = 0; i < c->count; i++) {
		if (!settle(&c->lives[i]))
			return false;
		c->sorted[i] = c->lives[i].life;
	}
	if (c->count > 0)
		qsort(c->sorted, c->count, sizeof(*c->sorted), by_begin);
	return true;
}

/* ---- reading ---- */

static bool add_problem(struct bt_continuity *c, const char *text)
{
	char **more = realloc(c->problems, (c->problem_count + 1) * sizeof(char *));
	if (more == NULL)
		return false;
	c->problems = more;
	more[c->problem_count] = strdup(text);
	return more[c->problem_count] != NULL && ++c->problem_count > 0;
}

static bool read_segments(struct bt_continuity *c, const struct bt_segment_file *files,
    size_t count, const struct bt_segment_visitor *visitor, bool complain)
{
	for (size_t i = 0; i < count; i++) {
		struct bt_err err;
		c->file = &files[i];
		c->boot = 0;
		c->headed = false;
		c->damaged_before = 0;
		if (!bt_segment_read(files[i].path, visitor, &err) && complain &&
		    !add_problem(c, err.text))
			return false;
		if (c->no_memory)
			return false;
	}
	return true;
}

static bool read_all(struct bt_continuity *c, const struct bt_segment_file *files, size_t count,
    const struct bt_segment_visitor *visitor, bool rollups)
{
	c->is_rollup = rollups;
	return read_segments(c, files, count, visitor, true);
}

/* It is decoded, which shows damage that checksums do not. */
static bool on_roll(void *ctx, const struct bt_roll *roll)
{
	(void)ctx;
	(void)roll;
	return true;
}

static bool read_folder(struct bt_continuity *c, const char *folder, struct bt_err *err)
{
	const struct bt_segment_visitor all = {
	    .header = on_header,
	    .event = on_event,
	    .columns = on_columns,
	    .gap = on_gap,
	    .forgotten = on_forgotten,
	    .beat = on_beat,
	    .sources = on_sources,
	    .roll = on_roll,
	    .roll_rows = true,
	    .damage = on_damage,
	    .ctx = c,
	};
	const struct bt_segment_visitor dates = {.event = date_event, .ctx = c};
	struct bt_segment_file *files = NULL, *rollups = NULL;
	size_t count = 0, rollup_count = 0;
	bool ok = bt_segment_files(folder, &files, &count, err) &&
		  bt_segment_rollups(folder, &rollups, &rollup_count, err);
	if (ok && !(read_all(c, files, count, &all, false) &&
		      read_all(c, rollups, rollup_count, &all, true) &&
		      read_segments(c, files, count, &dates, false) && settle_all(c)))
		ok = bt_fail(err, "%s: out of memory", folder);
	bt_segment_files_free(&rollups, rollup_count);
	bt_segment_files_free(&files, count);
	return ok;
}

bool bt_continuity_read(
    struct bt_continuity **continuity, const char *state_dir, struct bt_err *err)
{
	struct bt_continuity *made = calloc(1, sizeof(*made));
	char *folder = bt_path_join(state_dir, "events");
	bool ok = (made != NULL && folder != NULL) || bt_fail(err, "%s: out of memory", state_dir);
	ok = ok && read_folder(made, folder, err);
	free(folder);
	if (ok)
		*continuity = made;
	else
		bt_continuity_free(&made);
	return ok;
}

void bt_continuity_free(struct bt_continuity **continuity)
{
	struct bt_continuity *c = *continuity;
	if (c == NULL)
		return;
	for (size_t i = 0; i < c->count; i++) {
		for (size_t j = 0; j < c->lives[i].ring_count; j++) {
			bt_ranges_clear(&c->lives[i].rings[j].seen);
			bt_ranges_clear(&c->lives[i].rings[j].lost);
			bt_ranges_clear(&c->lives[i].rings[j].forgotten);
		}
		free(c->lives[i].rings);
		free(c->lives[i].resolver);
	}
	for (size_t i = 0; i < c->problem_count; i++)
		free(c->problems[i]);
	free(c->lives);
	free(c->sorted);
	free(c->problems);
	free(c);
	*continuity = NULL;
}

const struct bt_life *bt_continuity_lives(const struct bt_continuity *continuity, size_t *count)
{
	*count = continuity->count;
	return continuity->sorted;
}

const char *bt_continuity_problem(const struct bt_continuity *continuity, size_t i)
{
	return i < continuity->problem_count ? continuity->problems[i] : NULL;
}
