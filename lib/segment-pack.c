/* SPDX-License-Identifier: BSD-3-Clause */
/* segment-pack.c -- a closed segment with its events in columns, and compressed */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "endian.h"
#include "file.h"
#include "pages.h"
#include "segment-blocks.h"
#include "segment-format.h"

/* What is to be done with a segment. */
struct job {
	const atomic_bool *stop;         /* NULL: it is not stopped */
	const struct bt_network *forget; /* whose events are left out; NULL: nobody's */
	bool left;                       /* the segment stays as it is, */
	bool damaged;                    /* for not all of it can be read */
	uint64_t events_forgotten;
};

struct packer {
	struct bt_block_file file;
	struct bt_columns_builder *columns;
	struct bt_gathered gaps, beats, counts, forgotten;
	const struct job *job;
	uint64_t events_forgotten;
};

/* ---- what is gathered ---- */

static bool gather(const struct packer *packer, struct bt_gathered *to, const uint8_t *bytes,
    size_t size, uint32_t count, struct bt_err *err)
{
	return bt_gather(to, bytes, size, count) ||
	       bt_fail(err, "%s: out of memory", packer->file.path);
}

static bool put_gathered(struct packer *packer, enum bt_block_type type,
    const struct bt_gathered *from, struct bt_err *err)
{
	return bt_block_file_put_gathered(&packer->file, type, from, err);
}

static bool put_columns(struct packer *packer, struct bt_err *err)
{
	uint32_t count = bt_columns_count(packer->columns);
	size_t size;
	if (count == 0)
		return true;
	uint8_t *bytes = bt_columns_finish(packer->columns, &size);
	if (bytes == NULL)
		return bt_fail(err, "%s: out of memory", packer->file.path);
	bool ok = bt_block_file_put(&packer->file, BT_BLOCK_COLUMNS, count, bytes, size, err);
	bt_pages_free(bytes);
	return ok;
}

/* ---- a whole segment ---- */

struct segment {
	const uint8_t *bytes;
	size_t size, blocks_at;
};

/* False: there is something that is not as it was written. */
static bool is_whole(const struct segment *segment, uint64_t seed)
{
	size_t size;
	for (size_t at = segment->blocks_at; at < segment->size; at += size)
		if (bt_block_look(segment->bytes, segment->size, at, seed, &size) != NULL)
			return false;
	return true;
}

/* What is not events: gaps, heartbeats and counts are gathered, and the rest stays as it is. */
static bool put_others(struct packer *packer, const struct segment *segment, struct bt_err *err)
{
	size_t size;
	for (size_t at = segment->blocks_at; at < segment->size; at += size) {
		const uint8_t *block = segment->bytes + at;
		(void)bt_block_look(segment->bytes, segment->size, at, packer->file.seed, &size);
		const uint8_t *payload = block + BT_BLOCK_HEADER;
		size_t payload_size = size - BT_BLOCK_HEADER;
		uint32_t count = bt_get32(block + BT_BLOCK_COUNT);
		unsigned type = block[BT_BLOCK_TYPE];
		bool plain = block[BT_BLOCK_ENCODING] == BT_ENCODING_PLAIN, ok;
		if (type == BT_BLOCK_EVENTS || type == BT_BLOCK_COLUMNS)
			ok = true;
		else if (plain && type == BT_BLOCK_GAP)
			ok = gather(packer, &packer->gaps, payload, payload_size, count, err);
		else if (plain && type == BT_BLOCK_BEAT)
			ok = gather(packer, &packer->beats, payload, payload_size, count, err);
		else if (plain && type == BT_BLOCK_COUNTS)
			ok = gather(packer, &packer->counts, payload, payload_size, count, err);
		else if (plain && type == BT_BLOCK_POLICY)
			ok = bt_block_file_put(
			    &packer->file, BT_BLOCK_POLICY, count, payload, payload_size, err);
		else
			ok = bt_block_file_raw(&packer->file, block, size, err);
		if (!ok)
			return false;
	}
	return true;
}

/* That an event was there is kept: else it would be missing. */
static bool forget(struct packer *packer, const struct bt_segment_event *record, struct bt_err *err)
{
	struct bt_gathered *all = &packer->forgotten;
	uint8_t one[BT_GAP_SIZE];
	packer->events_forgotten++;
	if (all->count > 0) {
		uint8_t *last = all->bytes + all->size - BT_GAP_SIZE;
		if (bt_get64(last) == record->boot && bt_get32(last + 8) == record->ring &&
		    bt_get64(last + 24) + 1 == record->sequence) {
			bt_put64(last + 24, record->sequence);
			return true;
		}
	}
	bt_gap_encode(one, record->boot, record->ring, record->sequence, record->sequence, 0);
	return gather(packer, all, one, sizeof(one), 1, err);
}

struct events {
	struct packer *packer;
	struct bt_err *err;
	bool damaged, failed, stopped;
};

static bool keep(struct packer *packer, const struct bt_segment_event *record, struct bt_err *err)
{
	if (bt_columns_count(packer->columns) == BT_COLUMNS_EVENTS && !put_columns(packer, err))
		return false;
	return bt_columns_add(packer->columns, record) ||
	       bt_fail(err, "%s: out of memory", packer->file.path);
}

static bool on_event(void *ctx, const struct bt_segment_event *record)
{
	struct events *events = ctx;
	const struct job *job = events->packer->job;
	bool goes = job->forget != NULL && bt_network_has(job->forget, record->event.client);
	events->failed = !(goes ? forget : keep)(events->packer, record, events->err);
	events->stopped = job->stop != NULL && atomic_load(job->stop);
	return !events->failed && !events->stopped;
}

static void on_damage(void *ctx, uint64_t offset, const char *reason)
{
	struct events *events = ctx;
	(void)offset;
	(void)reason;
	events->damaged = true;
}

/* Events that cannot be read are as good as damage: the segment stays as it is. */
static bool put_events(
    struct packer *packer, const struct segment *segment, struct job *job, struct bt_err *err)
{
	struct events events = {.packer = packer, .err = err};
	const struct bt_segment_visitor visitor = {
	    .event = on_event, .damage = on_damage, .ctx = &events};
	if (!bt_segment_parse(segment->bytes, segment->size, false, &visitor, NULL, err))
		return false;
	job->damaged = events.damaged;
	job->left = events.damaged || events.stopped ||
		    (job->forget != NULL && packer->events_forgotten == 0);
	return !events.failed && put_columns(packer, err) &&
	       put_gathered(packer, BT_BLOCK_FORGOTTEN, &packer->forgotten, err);
}

static bool put_all(
    struct packer *packer, const struct segment *segment, struct job *job, struct bt_err *err)
{
	uint8_t header[BT_HEADER_SIZE_MAX];
	memcpy(header, segment->bytes, segment->blocks_at);
	header[BT_HEADER_PACKED] = 1;
	bt_put64(header + BT_HEADER_CHECK, bt_header_check(header, segment->blocks_at));
	return bt_block_file_raw(&packer->file, header, segment->blocks_at, err) &&
	       put_others(packer, segment, err) &&
	       put_gathered(packer, BT_BLOCK_GAP, &packer->gaps, err) &&
	       put_gathered(packer, BT_BLOCK_BEAT, &packer->beats, err) &&
	       put_gathered(packer, BT_BLOCK_COUNTS, &packer->counts, err) &&
	       put_events(packer, segment, job, err);
}

/* ---- beside it, and into its place ---- */

static void free_packer(struct packer *packer)
{
	bt_block_file_close(&packer->file);
	bt_columns_free(&packer->columns);
	free(packer->gaps.bytes);
	free(packer->beats.bytes);
	free(packer->counts.bytes);
	free(packer->forgotten.bytes);
}

/* Into `temporary`, which then has all of it, for good. */
static bool write_packed(const char *temporary, const struct segment *segment,
    const struct stat *st, struct job *job, struct bt_err *err)
{
	struct packer packer = {.columns = bt_columns_new(), .job = job};
	bool ok = bt_block_file_open(
	    &packer.file, temporary, bt_get64(segment->bytes + BT_HEADER_SEED), err);
	if (ok && packer.columns == NULL)
		ok = bt_fail(err, "%s: out of memory", temporary);
	ok = ok && put_all(&packer, segment, job, err) && bt_block_file_sync(&packer.file, st, err);
	job->events_forgotten = packer.events_forgotten;
	free_packer(&packer);
	return ok;
}

static bool replace(const char *path, const struct segment *segment, struct job *job,
    bool *replaced, struct bt_err *err)
{
	char *temporary;
	struct stat st;
	if (stat(path, &st) != 0)
		return bt_fail(err, "%s: %s", path, strerror(errno));
	if (asprintf(&temporary, "%s" BT_SEGMENT_SUFFIX_PACKING, path) < 0)
		return bt_fail(err, "%s: out of memory", path);
	bool ok = write_packed(temporary, segment, &st, job, err);
	if (ok && !job->left) {
		ok = (rename(temporary, path) == 0 && bt_segment_sync_folder(path)) ||
		     bt_fail(err, "%s: cannot be replaced: %s", path, strerror(errno));
		*replaced = ok;
	}
	if (!*replaced)
		unlink(temporary);
	free(temporary);
	return ok;
}

/* Whether it is a segment of events, and nothing of it is damaged. */
static bool can_rewrite(struct segment *segment)
{
	const uint8_t *header = segment->bytes;
	if (segment->size < BT_HEADER_SIZE || memcmp(header, BT_SEGMENT_MAGIC, 8) != 0 ||
	    bt_get16(header + BT_HEADER_VERSION) != BT_SEGMENT_VERSION ||
	    bt_get16(header + BT_HEADER_KIND) != BT_SEGMENT_KIND_EVENTS)
		return false;
	size_t resolver_size = bt_get16(header + BT_HEADER_RESOLVER_SIZE);
	segment->blocks_at = BT_HEADER_SIZE + bt_pad8(resolver_size);
	return resolver_size <= BT_RESOLVER_MAX && segment->blocks_at <= segment->size &&
	       bt_get64(header + BT_HEADER_CHECK) == bt_header_check(header, segment->blocks_at) &&
	       is_whole(segment, bt_get64(header + BT_HEADER_SEED));
}

/* So that a file which is packed already is not read to find that out. */
bool bt_segment_is_packed(const char *path)
{
	uint8_t header[BT_HEADER_SIZE];
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0)
		return false;
	bool packed = pread(fd, header, sizeof(header), 0) == (ssize_t)sizeof(header) &&
		      header[BT_HEADER_PACKED] != 0;
	close(fd);
	return packed;
}

static bool rewrite(const char *path, struct job *job, bool *done, struct bt_err *err)
{
	struct segment segment = {0};
	void *bytes;
	if (!bt_file_read_pages(path, SIZE_MAX, &bytes, &segment.size, err))
		return false;
	segment.bytes = bytes;
	bool ok = true;
	if (can_rewrite(&segment))
		ok = replace(path, &segment, job, done, err);
	else if (job->forget != NULL)
		ok = bt_fail(err, "%s: is damaged, and stays as it is", path);
	bt_pages_free(bytes);
	return ok;
}

bool bt_segment_pack(const char *path, const atomic_bool *stop, bool *packed, struct bt_err *err)
{
	struct job job = {.stop = stop};
	bool done = false;
	if (!bt_segment_is_packed(path) && !rewrite(path, &job, &done, err))
		return false;
	*packed = done;
	return true;
}

bool bt_segment_forget(
    const char *path, const struct bt_network *client, uint64_t *forgotten, struct bt_err *err)
{
	struct job job = {.forget = client};
	bool done = false;
	if (!rewrite(path, &job, &done, err))
		return false;
	if (job.damaged)
		return bt_fail(err, "%s: is damaged, and stays as it is", path);
	*forgotten = job.events_forgotten;
	return true;
}
