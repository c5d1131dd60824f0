/* SPDX-License-Identifier: BSD-3-Clause */
/* segment-read.c -- segments of the event log, read */

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zstd.h>

#include "endian.h"
#include "file.h"
#include "segment-format.h"

struct block {
	uint8_t type, encoding;
	uint32_t count, plain_size;
	const uint8_t *payload, *end;
	const uint8_t *behind; /* where the next block begins */
};

struct reader {
	const struct bt_segment_visitor *visitor;
	const uint8_t *bytes;
	size_t size;
	uint64_t seed;
	uint64_t patience; /* octets of what was no block that may still be hashed */
	struct held *held; /* the last one */
	struct bt_columns_buffer *columns;
	struct bt_roll_buffer *rolls;
	struct bt_roll roll; /* whose rows are to come; without rows: none */
};

/* What lives until the read ends: policies, and what they lie in. */
struct held {
	struct held *before;
	struct bt_policy *policy;
	uint8_t *bytes; /* a payload that was decompressed */
};

/* What a block's visit came to. */
enum outcome { GO_ON, STOP, DAMAGED, NO_MEMORY };

/* ---- what blocks hold ---- */

static enum outcome go_on_if(bool again)
{
	return again ? GO_ON : STOP;
}

static struct held *hold(struct reader *reader)
{
	struct held *held = calloc(1, sizeof(*held));
	if (held == NULL)
		return NULL;
	held->before = reader->held;
	reader->held = held;
	return held;
}

static void let_go(struct reader *reader)
{
	while (reader->held != NULL) {
		struct held *held = reader->held;
		reader->held = held->before;
		bt_policy_close(&held->policy);
		free(held->bytes);
		free(held);
	}
	bt_columns_buffer_free(&reader->columns);
	bt_roll_buffer_free(&reader->rolls);
}

static enum outcome visit_policy(
    struct reader *reader, const struct block *block, const char **reason, struct bt_err *err)
{
	size_t room = (size_t)(block->end - block->payload);
	*reason = "a policy that does not fit its block";
	if (room < BT_POLICY_HEADER || bt_get32(block->payload + 8) > room - BT_POLICY_HEADER)
		return DAMAGED;
	struct held *held = hold(reader);
	if (held == NULL)
		return NO_MEMORY;
	if (!bt_policy_open(&held->policy, block->payload + BT_POLICY_HEADER,
		bt_get32(block->payload + 8), err)) {
		*reason = err->text;
		return DAMAGED;
	}
	return go_on_if(
	    reader->visitor->policy(reader->visitor->ctx, bt_get64(block->payload), held->policy));
}

static enum outcome visit_events(
    const struct reader *reader, const struct block *block, const char **reason)
{
	if (reader->visitor->event == NULL)
		return GO_ON;
	struct bt_segment_event record = {0};
	const uint8_t *at = block->payload;
	*reason = "a record that is no event";
	for (uint32_t i = 0; i < block->count; i++) {
		if (!bt_event_decode(&at, block->end, &record))
			return DAMAGED;
		if (!reader->visitor->event(reader->visitor->ctx, &record))
			return STOP;
	}
	*reason = "more than its events";
	return block->end - at < 8 ? GO_ON : DAMAGED;
}

/* Events in columns, one by one. */
static enum outcome visit_each(const struct reader *reader, const struct bt_columns *columns)
{
	struct bt_segment_event record = {0};
	uint32_t at = 0;
	for (uint32_t i = 0; i < columns->runs; i++) {
		const struct bt_columns_run *run = &columns->run[i];
		for (uint32_t j = 0; j < run->count; j++) {
			bt_columns_event(&record, columns, at++, run, run->first + j);
			if (!reader->visitor->event(reader->visitor->ctx, &record))
				return STOP;
		}
	}
	return GO_ON;
}

static enum outcome visit_columns(
    struct reader *reader, const struct block *block, const char **reason)
{
	struct bt_columns columns;
	*reason = bt_columns_read(&reader->columns, &columns, block->payload,
	    (size_t)(block->end - block->payload), block->count);
	if (*reason != NULL)
		return DAMAGED;
	if (reader->visitor->columns == NULL)
		return visit_each(reader, &columns);
	return go_on_if(reader->visitor->columns(reader->visitor->ctx, &columns));
}

/* Whether the block is a row of records of `size` octets. */
static bool holds_records(const struct block *block, size_t size)
{
	size_t room = (size_t)(block->end - block->payload);
	return block->count == room / size && room % size == 0;
}

/* Or what was forgotten, in the same form. */
static enum outcome visit_gaps(
    const struct reader *reader, const struct block *block, const char **reason)
{
	const struct bt_segment_visitor *to = reader->visitor;
	bool gap = block->type == BT_BLOCK_GAP;
	*reason = gap ? "a record that is no gap" : "a record that is of no forgotten events";
	if (!holds_records(block, BT_GAP_SIZE))
		return DAMAGED;
	for (const uint8_t *at = block->payload; at < block->end; at += BT_GAP_SIZE) {
		uint64_t boot = bt_get64(at), first = bt_get64(at + 16), last = bt_get64(at + 24);
		uint32_t ring = bt_get32(at + 8);
		if (boot == 0 || first == 0 || first > last)
			return DAMAGED;
		bool again = gap ? to->gap == NULL || to->gap(to->ctx, boot, ring, first, last,
							  (int64_t)bt_get64(at + 32))
				 : to->forgotten(to->ctx, boot, ring, first, last);
		if (!again)
			return STOP;
	}
	return GO_ON;
}

static enum outcome visit_beats(
    const struct reader *reader, const struct block *block, const char **reason)
{
	*reason = "a record that is no heartbeat";
	if (!holds_records(block, BT_BEAT_SIZE))
		return DAMAGED;
	if (reader->visitor->beat == NULL)
		return GO_ON;
	for (const uint8_t *at = block->payload; at < block->end; at += BT_BEAT_SIZE) {
		struct bt_beat beat = {
		    .time = (int64_t)bt_get64(at),
		    .boot = bt_get64(at + 8),
		    .policy = bt_get64(at + 16),
		    .pushed = bt_get64(at + 24),
		    .dropped = bt_get64(at + 32),
		    .period = bt_get32(at + 40),
		    .kind = at[44],
		    .paused = at[45] != 0,
		    .subnets = at[46] != 0,
		};
		if (beat.boot == 0 || beat.kind > BT_BEAT_STOP)
			return DAMAGED;
		if (!reader->visitor->beat(reader->visitor->ctx, &beat))
			return STOP;
	}
	return GO_ON;
}

static enum outcome visit_counts(
    const struct reader *reader, const struct block *block, const char **reason)
{
	*reason = "a record that counts no hits";
	if (!holds_records(block, BT_COUNT_SIZE))
		return DAMAGED;
	for (const uint8_t *at = block->payload; at < block->end; at += BT_COUNT_SIZE) {
		struct bt_count count;
		if (!bt_count_decode(at, &count))
			return DAMAGED;
		if (reader->visitor->count != NULL &&
		    !reader->visitor->count(reader->visitor->ctx, &count))
			return STOP;
	}
	return GO_ON;
}

static enum outcome visit_sources(
    const struct reader *reader, const struct block *block, const char **reason)
{
	*reason = "sources that are none";
	if (!holds_records(block, BT_SOURCE_SIZE))
		return DAMAGED;
	struct bt_roll_source *sources = malloc(((size_t)block->count + 1) * sizeof(*sources));
	if (sources == NULL)
		return NO_MEMORY;
	bool good = true;
	for (uint32_t i = 0; i < block->count; i++) {
		const uint8_t *at = block->payload + (size_t)i * BT_SOURCE_SIZE;
		sources[i] = (struct bt_roll_source){
		    .boot = bt_get64(at),
		    .number = bt_get32(at + 8),
		    .ring = bt_get32(at + 12),
		    .first = bt_get64(at + 16),
		    .last = bt_get64(at + 24),
		    .earliest = (int64_t)bt_get64(at + 32),
		    .latest = (int64_t)bt_get64(at + 40),
		};
		good &= sources[i].boot != 0 && sources[i].first <= sources[i].last &&
			(sources[i].first > 0 || sources[i].last == 0) &&
			sources[i].earliest <= sources[i].latest;
	}
	bool again = good && reader->visitor->sources(reader->visitor->ctx, sources, block->count);
	free(sources);
	return good ? go_on_if(again) : DAMAGED;
}

static enum outcome visit_roll(
    struct reader *reader, const struct block *block, const char **reason)
{
	struct bt_roll roll;
	reader->roll.rows = 0;
	*reason = bt_roll_read(&reader->rolls, &roll, block->payload,
	    (size_t)(block->end - block->payload), block->count);
	if (*reason != NULL)
		return DAMAGED;
	if (!reader->visitor->roll_rows)
		return go_on_if(reader->visitor->roll(reader->visitor->ctx, &roll));
	reader->roll = roll;
	return GO_ON;
}

static enum outcome visit_roll_rows(
    struct reader *reader, const struct block *block, const char **reason)
{
	struct bt_roll *roll = &reader->roll;
	*reason = "rows of a roll-up without their groups";
	if (roll->rows == 0 || roll->rows != block->count)
		return DAMAGED;
	*reason = bt_roll_read_rows(
	    reader->rolls, roll, block->payload, (size_t)(block->end - block->payload));
	if (*reason != NULL)
		return DAMAGED;
	bool again = reader->visitor->roll(reader->visitor->ctx, roll);
	roll->rows = 0;
	return go_on_if(again);
}

/* Whether anybody wants to know. Types that are not known here add to events, and change none. */
static bool is_wanted(const struct bt_segment_visitor *visitor, unsigned type)
{
	switch (type) {
	case BT_BLOCK_POLICY:
		return visitor->policy != NULL;
	case BT_BLOCK_EVENTS:
		return visitor->event != NULL;
	case BT_BLOCK_COLUMNS:
		return visitor->event != NULL || visitor->columns != NULL;
	case BT_BLOCK_FORGOTTEN:
		return visitor->forgotten != NULL;
	case BT_BLOCK_SOURCES:
		return visitor->sources != NULL;
	case BT_BLOCK_ROLL:
		return visitor->roll != NULL;
	case BT_BLOCK_ROLL_ROWS:
		return visitor->roll != NULL && visitor->roll_rows;
	case BT_BLOCK_GAP:
	case BT_BLOCK_BEAT:
	case BT_BLOCK_COUNTS:
		return true;
	default:
		return false;
	}
}

static enum outcome visit_plain(
    struct reader *reader, const struct block *block, const char **reason, struct bt_err *err)
{
	switch (block->type) {
	case BT_BLOCK_POLICY:
		return visit_policy(reader, block, reason, err);
	case BT_BLOCK_EVENTS:
		return visit_events(reader, block, reason);
	case BT_BLOCK_COLUMNS:
		return visit_columns(reader, block, reason);
	case BT_BLOCK_GAP:
	case BT_BLOCK_FORGOTTEN:
		return visit_gaps(reader, block, reason);
	case BT_BLOCK_SOURCES:
		return visit_sources(reader, block, reason);
	case BT_BLOCK_ROLL:
		return visit_roll(reader, block, reason);
	case BT_BLOCK_ROLL_ROWS:
		return visit_roll_rows(reader, block, reason);
	case BT_BLOCK_COUNTS:
		return visit_counts(reader, block, reason);
	default:
		return visit_beats(reader, block, reason);
	}
}

/* A policy is read where it lies, so that its octets have to stay. */
static enum outcome visit_compressed(
    struct reader *reader, struct block *block, const char **reason, struct bt_err *err)
{
	uint8_t *plain = malloc((size_t)block->plain_size + 1);
	if (plain == NULL)
		return NO_MEMORY;
	size_t payload = (size_t)(block->end - block->payload);
	size_t frame = ZSTD_findFrameCompressedSize(block->payload, payload);
	size_t size = ZSTD_isError(frame)
			  ? frame
			  : ZSTD_decompress(plain, block->plain_size, block->payload, frame);
	enum outcome outcome = DAMAGED;
	*reason = "a compressed block that cannot be read";
	if (size == block->plain_size) {
		block->payload = plain;
		block->end = plain + size;
		outcome = visit_plain(reader, block, reason, err);
	}
	if (block->type == BT_BLOCK_POLICY && outcome != NO_MEMORY && reader->held != NULL &&
	    reader->held->bytes == NULL && size == block->plain_size)
		reader->held->bytes = plain;
	else
		free(plain);
	return outcome;
}

static enum outcome visit(
    struct reader *reader, struct block *block, const char **reason, struct bt_err *err)
{
	if (!is_wanted(reader->visitor, block->type))
		return GO_ON;
	if (block->encoding == BT_ENCODING_PLAIN)
		return visit_plain(reader, block, reason, err);
	*reason = "an encoding that this program does not know";
	if (block->encoding != BT_ENCODING_ZSTD)
		return DAMAGED;
	*reason = "a block of an impossible size";
	if (block->plain_size > BT_BLOCK_PLAIN_MAX)
		return DAMAGED;
	return visit_compressed(reader, block, reason, err);
}

/* ---- where blocks are ---- */

const char *bt_block_look(
    const uint8_t *bytes, size_t size, size_t at, uint64_t seed, size_t *block_size)
{
	const uint8_t *header = bytes + at;
	size_t left = size - at;
	*block_size = 0;
	if (left < BT_BLOCK_HEADER)
		return "a block that is cut off";
	if (bt_get32(header + BT_BLOCK_MAGIC) != BT_BLOCK_MAGIC_VALUE)
		return "no block where one should begin";
	uint32_t payload = bt_get32(header + BT_BLOCK_PAYLOAD_SIZE);
	if (payload % 8 != 0 || payload > BT_PAYLOAD_MAX)
		return "a block of an impossible size";
	if (payload > left - BT_BLOCK_HEADER)
		return "a block that is cut off";
	*block_size = BT_BLOCK_HEADER + (size_t)payload;
	return bt_get64(header + BT_BLOCK_CHECK) == bt_block_check(header, *block_size, seed)
		   ? NULL
		   : "a block whose checksum is wrong";
}

/* The block at `at`. NULL if there is one; else why not. */
static const char *look(struct reader *reader, size_t at, struct block *block)
{
	const uint8_t *header = reader->bytes + at;
	size_t size;
	const char *reason = bt_block_look(reader->bytes, reader->size, at, reader->seed, &size);
	if (reason != NULL) {
		reader->patience -= size < reader->patience ? size : reader->patience;
		return reason;
	}
	*block = (struct block){
	    .type = header[BT_BLOCK_TYPE],
	    .encoding = header[BT_BLOCK_ENCODING],
	    .count = bt_get32(header + BT_BLOCK_COUNT),
	    .plain_size = bt_get32(header + BT_BLOCK_PLAIN_SIZE),
	    .payload = header + BT_BLOCK_HEADER,
	    .end = header + size,
	    .behind = header + size,
	};
	return NULL;
}

/*
 * The next whole block at `at` or behind it; the end of the bytes if there is none. Blocks begin
 * at multiples of 8. The patience keeps a file made of false blocks from costing the square of its
 * size; of a segment that is only damaged, no octet is hashed more than a few times.
 */
static size_t find(struct reader *reader, size_t at, struct block *block)
{
	for (; at + BT_BLOCK_HEADER <= reader->size && reader->patience > 0; at += 8) {
		if (look(reader, at, block) == NULL)
			return at;
	}
	return reader->size;
}

static void damage(const struct reader *reader, size_t at, const char *reason)
{
	if (reader->visitor->damage != NULL)
		reader->visitor->damage(reader->visitor->ctx, at, reason);
}

/* Visits all blocks from `at` on. *whole becomes the end of the last whole one. */
static bool read_blocks(
    struct reader *reader, size_t at, bool open, size_t *whole, struct bt_err *err)
{
	while (at < reader->size) {
		struct block block;
		const char *reason = look(reader, at, &block);
		if (reason != NULL) {
			size_t next = find(reader, at + 8, &block);
			if (next == reader->size && open)
				return true; /* its writer is in the middle of this block */
			damage(reader, at, reason);
			if (next == reader->size)
				return true;
			at = next;
		}
		struct bt_err local;
		*whole = (size_t)(block.behind - reader->bytes);
		switch (visit(reader, &block, &reason, &local)) {
		case NO_MEMORY:
			return bt_fail(err, "out of memory");
		case STOP:
			return true;
		case DAMAGED:
			damage(reader, at, reason);
			break;
		case GO_ON:
			break;
		}
		at = *whole;
	}
	return true;
}

/* ---- the header ---- */

static bool read_header(
    struct reader *reader, char resolver[static BT_RESOLVER_MAX + 1], size_t *blocks_at)
{
	const uint8_t *header = reader->bytes;
	size_t resolver_size = bt_get16(header + BT_HEADER_RESOLVER_SIZE);
	size_t size = BT_HEADER_SIZE + bt_pad8(resolver_size);
	reader->seed = bt_get64(header + BT_HEADER_SEED);
	if (resolver_size == 0 || resolver_size > BT_RESOLVER_MAX || size > reader->size ||
	    memchr(header + BT_HEADER_SIZE, 0, resolver_size) != NULL ||
	    bt_get64(header + BT_HEADER_CHECK) != bt_header_check(header, size))
		return false;
	memcpy(resolver, header + BT_HEADER_SIZE, resolver_size);
	resolver[resolver_size] = '\0';
	*blocks_at = size;
	return true;
}

static bool known_version(const uint8_t *bytes, size_t size, struct bt_err *err)
{
	if (size < BT_HEADER_SIZE || memcmp(bytes, BT_SEGMENT_MAGIC, 8) != 0)
		return bt_fail(err, "is not a segment of the event log");
	unsigned version = bt_get16(bytes + BT_HEADER_VERSION);
	unsigned kind = bt_get16(bytes + BT_HEADER_KIND);
	if (version != BT_SEGMENT_VERSION)
		return bt_fail(err, "is a segment of version %u; this program knows version %d",
		    version, BT_SEGMENT_VERSION);
	if (kind != BT_SEGMENT_KIND_EVENTS && kind != BT_SEGMENT_KIND_ROLLUP)
		return bt_fail(
		    err, "is a segment of kind %u, which this program does not know", kind);
	return true;
}

/* A damaged header costs the resolver's name; the blocks may be whole all the same. */
static bool read_damaged(struct reader *reader, bool open, size_t *whole, struct bt_err *err)
{
	struct block block;
	size_t at = find(reader, BT_HEADER_SIZE, &block);
	damage(reader, 0, "a header whose checksum is wrong");
	if (at == reader->size)
		return bt_fail(err, "has a damaged header and no whole block");
	return (reader->visitor->header == NULL ||
		   reader->visitor->header(reader->visitor->ctx, "?",
		       bt_get64(reader->bytes + BT_HEADER_BOOT),
		       (int64_t)bt_get64(reader->bytes + BT_HEADER_CREATED)))
		   ? read_blocks(reader, at, open, whole, err)
		   : true;
}

static bool read_segment(struct reader *reader, bool open, size_t *whole, struct bt_err *err)
{
	char resolver[BT_RESOLVER_MAX + 1];
	size_t at;
	if (!read_header(reader, resolver, &at))
		return read_damaged(reader, open, whole, err);
	*whole = at;
	if (reader->visitor->header != NULL &&
	    !reader->visitor->header(reader->visitor->ctx, resolver,
		bt_get64(reader->bytes + BT_HEADER_BOOT),
		(int64_t)bt_get64(reader->bytes + BT_HEADER_CREATED)))
		return true;
	return read_blocks(reader, at, open, whole, err);
}

/* An open segment that a writer has just begun, or died beginning. */
static bool is_begun(const uint8_t *bytes, size_t size)
{
	if (memcmp(bytes, BT_SEGMENT_MAGIC, size < 8 ? size : 8) != 0)
		return false;
	if (size < BT_HEADER_SIZE)
		return true;
	size_t resolver_size = bt_get16(bytes + BT_HEADER_RESOLVER_SIZE);
	return bt_get16(bytes + BT_HEADER_VERSION) == BT_SEGMENT_VERSION &&
	       resolver_size <= BT_RESOLVER_MAX && size < BT_HEADER_SIZE + bt_pad8(resolver_size);
}

bool bt_segment_parse(const uint8_t *bytes, size_t size, bool open,
    const struct bt_segment_visitor *visitor, size_t *whole, struct bt_err *err)
{
	size_t end = 0;
	bool ok = open && is_begun(bytes, size);
	if (!ok && known_version(bytes, size, err)) {
		struct reader reader = {
		    .visitor = visitor,
		    .bytes = bytes,
		    .size = size,
		    .patience = 8 * (uint64_t)size,
		};
		ok = read_segment(&reader, open, &end, err);
		let_go(&reader);
	}
	if (ok && whole != NULL)
		*whole = end;
	return ok;
}

bool bt_segment_read(const char *path, const struct bt_segment_visitor *visitor, struct bt_err *err)
{
	size_t suffix = strlen(BT_SEGMENT_SUFFIX_OPEN), length = strlen(path);
	bool open = length >= suffix && strcmp(path + length - suffix, BT_SEGMENT_SUFFIX_OPEN) == 0;
	void *bytes;
	size_t size;
	if (!bt_file_read(path, SIZE_MAX, &bytes, &size, err))
		return false;
	bool ok =
	    bt_segment_parse(bytes, size, open, visitor, NULL, err) || bt_fail_in(err, "%s", path);
	free(bytes);
	return ok;
}

bool bt_header_read(
    const char *path, uint8_t header[static BT_HEADER_SIZE_MAX], size_t *size, struct bt_err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0)
		return bt_fail(err, "%s: %s", path, strerror(errno));
	ssize_t got = pread(fd, header, BT_HEADER_SIZE_MAX, 0);
	int code = errno;
	close(fd);
	if (got < 0)
		return bt_fail(err, "%s: %s", path, strerror(code));
	if (!known_version(header, (size_t)got, err))
		return bt_fail_in(err, "%s", path);
	size_t resolver_size = bt_get16(header + BT_HEADER_RESOLVER_SIZE);
	size_t whole = BT_HEADER_SIZE + bt_pad8(resolver_size);
	if (resolver_size > BT_RESOLVER_MAX || whole > (size_t)got ||
	    bt_get64(header + BT_HEADER_CHECK) != bt_header_check(header, whole))
		return bt_fail(err, "%s: has a damaged header", path);
	*size = whole;
	return true;
}
