/* SPDX-License-Identifier: BSD-3-Clause */
/* rollup-make.c -- one roll-up, of segments or of itself */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "endian.h"
#include "ranges.h"
#include "rollup-make.h"
#include "rollup.h"
#include "segment-blocks.h"
#include "segment-shapes.h"

/* ---- what segments, or roll-ups, say besides hits ---- */

/* Events of one ring in the segment that is being read. */
struct ring {
	uint64_t boot;
	uint32_t number;
	struct bt_ranges seen;
};

struct survey {
	struct bt_gathered sources, gaps, beats, counts, forgotten;
	struct bt_gathered *policies; /* whole payloads */
	uint64_t *digests;
	size_t policy_count;
	uint64_t events;
	bool no_memory;

	/* Of the segment that is being read. */
	struct ring *rings;
	size_t ring_count;
	bool has_event;
	int64_t earliest, latest;
};

static bool go_on_if(struct survey *survey, bool ok)
{
	survey->no_memory |= !ok;
	return ok;
}

static bool add_policy(struct survey *survey, uint64_t digest, const struct bt_policy *policy)
{
	size_t size;
	const void *bytes = bt_policy_bytes(policy, &size);
	for (size_t i = 0; i < survey->policy_count; i++)
		if (survey->digests[i] == digest)
			return true;
	uint64_t *digests =
	    realloc(survey->digests, (survey->policy_count + 1) * sizeof(*survey->digests));
	if (digests == NULL)
		return false;
	survey->digests = digests;
	struct bt_gathered *more =
	    realloc(survey->policies, (survey->policy_count + 1) * sizeof(*survey->policies));
	if (more == NULL)
		return false;
	survey->policies = more;
	digests[survey->policy_count] = digest;
	struct bt_gathered *payload = &more[survey->policy_count++];
	*payload = (struct bt_gathered){0};
	uint8_t header[BT_POLICY_HEADER] = {0};
	static const uint8_t zeros[8];
	bt_put64(header, digest);
	bt_put32(header + 8, (uint32_t)size);
	return bt_gather(payload, header, sizeof(header), 1) &&
	       bt_gather(payload, bytes, size, 0) &&
	       bt_gather(payload, zeros, bt_pad8(size) - size, 0);
}

static bool on_policy(void *ctx, uint64_t digest, const struct bt_policy *policy)
{
	return go_on_if(ctx, add_policy(ctx, digest, policy));
}

static bool on_gap(
    void *ctx, uint64_t boot, uint32_t ring, uint64_t first, uint64_t last, int64_t time)
{
	struct survey *survey = ctx;
	uint8_t record[BT_GAP_SIZE];
	bt_gap_encode(record, boot, ring, first, last, time);
	return go_on_if(survey, bt_gather(&survey->gaps, record, sizeof(record), 1));
}

static bool on_forgotten(void *ctx, uint64_t boot, uint32_t ring, uint64_t first, uint64_t last)
{
	struct survey *survey = ctx;
	uint8_t record[BT_GAP_SIZE];
	bt_gap_encode(record, boot, ring, first, last, 0);
	return go_on_if(survey, bt_gather(&survey->forgotten, record, sizeof(record), 1));
}

static bool on_beat(void *ctx, const struct bt_beat *beat)
{
	struct survey *survey = ctx;
	uint8_t record[BT_BEAT_SIZE];
	bt_beat_encode(record, beat);
	return go_on_if(survey, bt_gather(&survey->beats, record, sizeof(record), 1));
}

static bool on_count(void *ctx, const struct bt_count *count)
{
	struct survey *survey = ctx;
	uint8_t record[BT_COUNT_SIZE];
	bt_count_encode(record, count);
	return go_on_if(survey, bt_gather(&survey->counts, record, sizeof(record), 1));
}

static struct ring *find_ring(struct survey *survey, uint64_t boot, uint32_t number)
{
	for (size_t i = 0; i < survey->ring_count; i++)
		if (survey->rings[i].boot == boot && survey->rings[i].number == number)
			return &survey->rings[i];
	struct ring *more =
	    realloc(survey->rings, (survey->ring_count + 1) * sizeof(*survey->rings));
	if (more == NULL)
		return NULL;
	survey->rings = more;
	more[survey->ring_count] = (struct ring){.boot = boot, .number = number};
	return &more[survey->ring_count++];
}

static bool on_event(void *ctx, const struct bt_segment_event *record)
{
	struct survey *survey = ctx;
	struct ring *ring = find_ring(survey, record->boot, record->ring);
	int64_t time = record->event.time;
	if (!survey->has_event || time < survey->earliest)
		survey->earliest = time;
	if (!survey->has_event || time > survey->latest)
		survey->latest = time;
	survey->has_event = true;
	survey->events++;
	return go_on_if(
	    survey, ring != NULL && bt_ranges_add(&ring->seen, record->sequence, record->sequence));
}

static bool put_source(struct survey *survey, const struct bt_roll_source *source)
{
	uint8_t record[BT_SOURCE_SIZE];
	bt_put64(record, source->boot);
	bt_put32(record + 8, source->number);
	bt_put32(record + 12, source->ring);
	bt_put64(record + 16, source->first);
	bt_put64(record + 24, source->last);
	bt_put64(record + 32, (uint64_t)source->earliest);
	bt_put64(record + 40, (uint64_t)source->latest);
	return bt_gather(&survey->sources, record, sizeof(record), 1);
}

static bool on_sources(void *ctx, const struct bt_roll_source *sources, uint32_t count)
{
	bool ok = true;
	for (uint32_t i = 0; ok && i < count; i++)
		ok = put_source(ctx, &sources[i]);
	return go_on_if(ctx, ok);
}

/* What of the segment that was read is to be summed up. */
static bool put_sources(struct survey *survey, uint64_t boot, uint32_t number)
{
	struct bt_roll_source source = {
	    .boot = boot, .number = number, .earliest = survey->earliest, .latest = survey->latest};
	bool ok = survey->has_event || put_source(survey, &source);
	for (size_t i = 0; i < survey->ring_count; i++) {
		struct ring *ring = &survey->rings[i];
		source.ring = ring->number;
		source.boot = ring->boot;
		for (size_t j = 0; ok && j < ring->seen.count; j++) {
			source.first = ring->seen.ranges[j].first;
			source.last = ring->seen.ranges[j].last;
			ok = put_source(survey, &source);
		}
		bt_ranges_clear(&ring->seen);
	}
	survey->ring_count = 0;
	survey->has_event = false;
	survey->earliest = survey->latest = 0;
	return ok;
}

static void free_survey(struct survey *survey)
{
	free(survey->sources.bytes);
	free(survey->gaps.bytes);
	free(survey->beats.bytes);
	free(survey->counts.bytes);
	free(survey->forgotten.bytes);
	for (size_t i = 0; i < survey->policy_count; i++)
		free(survey->policies[i].bytes);
	for (size_t i = 0; i < survey->ring_count; i++)
		bt_ranges_clear(&survey->rings[i].seen);
	free(survey->policies);
	free(survey->digests);
	free(survey->rings);
}

/* One more file. */
static bool look_at(struct survey *survey, const char *path, struct bt_err *err)
{
	const struct bt_segment_visitor visitor = {
	    .policy = on_policy,
	    .event = on_event,
	    .gap = on_gap,
	    .forgotten = on_forgotten,
	    .beat = on_beat,
	    .count = on_count,
	    .sources = on_sources,
	    .ctx = survey,
	};
	return bt_segment_read(path, &visitor, err) &&
	       (!survey->no_memory || bt_fail(err, "%s: out of memory", path));
}

/* ---- one roll-up ---- */

struct maker {
	struct bt_block_file file;
	struct bt_roll_builder *rolls;
	const struct bt_network *forget; /* NULL: nobody */
	uint64_t rows, forgotten;
	struct bt_err *err;
	bool failed;
};

static bool put_rolls(struct maker *maker)
{
	uint8_t *bytes[2];
	size_t size[2];
	uint32_t rows = bt_roll_count(maker->rolls);
	if (rows == 0)
		return true;
	if (!bt_roll_finish(maker->rolls, bytes, size))
		return bt_fail(maker->err, "%s: out of memory", maker->file.path);
	bool ok =
	    bt_block_file_put(&maker->file, BT_BLOCK_ROLL, rows, bytes[0], size[0], maker->err) &&
	    bt_block_file_put(
		&maker->file, BT_BLOCK_ROLL_ROWS, rows, bytes[1], size[1], maker->err);
	free(bytes[0]);
	free(bytes[1]);
	maker->rows += rows;
	return ok;
}

static bool add(struct maker *maker, const struct bt_event *shape,
    const struct bt_columns_endpoint *endpoint, const struct bt_roll_row *hits)
{
	if (maker->forget != NULL && bt_network_has(maker->forget, endpoint->client)) {
		maker->forgotten += hits->hits;
		return true;
	}
	bool ok = bt_roll_count(maker->rolls) < BT_ROLL_ROWS || put_rolls(maker);
	if (ok && !bt_roll_add(maker->rolls, shape, endpoint, hits))
		ok = bt_fail(maker->err, "%s: out of memory", maker->file.path);
	maker->failed |= !ok;
	return ok;
}

static bool add_event(void *ctx, const struct bt_segment_event *record)
{
	struct bt_event shape;
	struct bt_columns_endpoint endpoint;
	const struct bt_roll_row hit = {1, record->event.time, record->event.time};
	bt_roll_shape(&shape, &record->event);
	bt_endpoint_of(&endpoint, &record->event);
	return add(ctx, &shape, &endpoint, &hit);
}

static bool add_roll(void *ctx, const struct bt_roll *roll)
{
	for (uint32_t i = 0; i < roll->groups; i++) {
		const struct bt_roll_group *group = &roll->group[i];
		for (uint32_t j = group->row; j < group->row + group->rows; j++)
			if (!add(ctx, &roll->shape[group->shape],
				&roll->endpoint[roll->endpoint_of[j]], &roll->row[j]))
				return false;
	}
	return true;
}

/* The first file's header, as that of a roll-up. */
static bool put_header(struct maker *maker, uint8_t *header, size_t size)
{
	bt_put16(header + BT_HEADER_KIND, BT_SEGMENT_KIND_ROLLUP);
	header[BT_HEADER_PACKED] = 1;
	bt_put64(header + BT_HEADER_CHECK, bt_header_check(header, size));
	return bt_block_file_raw(&maker->file, header, size, maker->err);
}

static bool put_survey(struct maker *maker, const struct survey *survey)
{
	struct bt_block_file *file = &maker->file;
	bool ok = true;
	for (size_t i = 0; ok && i < survey->policy_count; i++)
		ok = bt_block_file_put_gathered(
		    file, BT_BLOCK_POLICY, &survey->policies[i], maker->err);
	return ok &&
	       bt_block_file_put_gathered(file, BT_BLOCK_SOURCES, &survey->sources, maker->err) &&
	       bt_block_file_put_gathered(file, BT_BLOCK_GAP, &survey->gaps, maker->err) &&
	       bt_block_file_put_gathered(file, BT_BLOCK_BEAT, &survey->beats, maker->err) &&
	       bt_block_file_put_gathered(file, BT_BLOCK_COUNTS, &survey->counts, maker->err) &&
	       bt_block_file_put_gathered(file, BT_BLOCK_FORGOTTEN, &survey->forgotten, maker->err);
}

static bool put_hits(struct maker *maker, char *const *paths, size_t count)
{
	const struct bt_segment_visitor visitor = {
	    .event = add_event, .roll = add_roll, .roll_rows = true, .ctx = maker};
	for (size_t i = 0; i < count; i++)
		if (!bt_segment_read(paths[i], &visitor, maker->err) || maker->failed)
			return false;
	return put_rolls(maker);
}

/* Writes what these files come to into `path`, which has the mode and the times of the last. */
static bool write_rollup(struct maker *maker, const char *path, const struct survey *survey,
    char *const *paths, size_t count, struct bt_err *err)
{
	uint8_t header[BT_HEADER_SIZE_MAX];
	size_t size;
	struct stat st;
	maker->err = err;
	if (stat(paths[count - 1], &st) != 0)
		return bt_fail(err, "%s: %s", paths[count - 1], strerror(errno));
	if (!bt_header_read(paths[0], header, &size, err))
		return false;
	maker->rolls = bt_roll_new();
	bool ok = maker->rolls != NULL || bt_fail(err, "%s: out of memory", path);
	maker->file = (struct bt_block_file){.fd = -1};
	ok = ok && bt_block_file_open(&maker->file, path, bt_get64(header + BT_HEADER_SEED), err) &&
	     put_header(maker, header, size) && put_survey(maker, survey) &&
	     put_hits(maker, paths, count) && bt_block_file_sync(&maker->file, &st, err);
	bt_block_file_close(&maker->file);
	bt_roll_free(&maker->rolls);
	return ok;
}

static bool replace(struct maker *maker, const char *path, const struct survey *survey,
    char *const *paths, size_t count, struct bt_err *err)
{
	char *temporary;
	if (asprintf(&temporary, "%s" BT_SEGMENT_SUFFIX_PACKING, path) < 0)
		return bt_fail(err, "%s: out of memory", path);
	bool ok = write_rollup(maker, temporary, survey, paths, count, err), renamed = false;
	if (ok && (maker->forget == NULL || maker->forgotten > 0)) {
		renamed = rename(temporary, path) == 0;
		ok = (renamed && bt_segment_sync_folder(path)) ||
		     bt_fail(err, "%s: cannot be put in place: %s", path, strerror(errno));
	}
	if (!renamed)
		unlink(temporary);
	free(temporary);
	return ok;
}

bool bt_rollup_make(const char *path, const struct bt_rollup_part *parts, size_t count,
    struct bt_rollup_sum *sum, struct bt_err *err)
{
	struct survey survey = {0};
	struct maker maker = {0};
	char **paths = calloc(count + 1, sizeof(*paths));
	bool ok = paths != NULL || bt_fail(err, "%s: out of memory", path);
	for (size_t i = 0; ok && i < count; i++) {
		paths[i] = parts[i].path;
		ok = look_at(&survey, parts[i].path, err) &&
		     (put_sources(&survey, parts[i].boot, parts[i].number) ||
			 bt_fail(err, "%s: out of memory", path));
	}
	ok = ok && replace(&maker, path, &survey, paths, count, err);
	free_survey(&survey);
	free(paths);
	if (ok)
		*sum = (struct bt_rollup_sum){survey.events, maker.rows};
	return ok;
}

static void note_damage(void *ctx, uint64_t offset, const char *reason)
{
	bool *damaged = ctx;
	(void)offset;
	(void)reason;
	*damaged = true;
}

static bool pass_columns(void *ctx, const struct bt_columns *columns)
{
	(void)ctx;
	(void)columns;
	return true;
}

static bool pass_event(void *ctx, const struct bt_segment_event *event)
{
	(void)ctx;
	(void)event;
	return true;
}

static bool pass_roll(void *ctx, const struct bt_roll *roll)
{
	(void)ctx;
	(void)roll;
	return true;
}

bool bt_rollup_check(const char *path, struct bt_err *err)
{
	bool damaged = false;
	const struct bt_segment_visitor visitor = {
	    .event = pass_event,
	    .columns = pass_columns,
	    .roll = pass_roll,
	    .roll_rows = true,
	    .damage = note_damage,
	    .ctx = &damaged,
	};
	return bt_segment_read(path, &visitor, err) &&
	       (!damaged || bt_fail(err, "%s: is damaged, and stays as it is", path));
}

bool bt_rollup_forget(
    const char *path, const struct bt_network *client, uint64_t *forgotten, struct bt_err *err)
{
	struct survey survey = {0};
	struct maker maker = {.forget = client};
	char *paths[] = {(char *)path};
	bool ok = bt_rollup_check(path, err) && look_at(&survey, path, err) &&
		  replace(&maker, path, &survey, paths, 1, err);
	free_survey(&survey);
	if (ok)
		*forgotten = maker.forgotten;
	return ok;
}
