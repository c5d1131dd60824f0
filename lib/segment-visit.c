/* SPDX-License-Identifier: BSD-3-Clause */
/* segment-visit.c -- what a block of a segment holds */

#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#include "endian.h"
#include "segment-visit.h"

static enum bt_visit go_on_if(bool again)
{
	return again ? BT_VISIT_GO_ON : BT_VISIT_STOP;
}

static struct bt_held *hold(struct bt_segment_reader *reader)
{
	struct bt_held *held = calloc(1, sizeof(*held));
	if (held == NULL)
		return NULL;
	held->before = reader->held;
	reader->held = held;
	return held;
}

void bt_segment_let_go(struct bt_segment_reader *reader)
{
	while (reader->held != NULL) {
		struct bt_held *held = reader->held;
		reader->held = held->before;
		bt_policy_close(&held->policy);
		free(held->bytes);
		free(held);
	}
	bt_columns_buffer_free(&reader->columns);
	bt_roll_buffer_free(&reader->rolls);
}

static enum bt_visit visit_policy(struct bt_segment_reader *reader, const struct bt_block *block,
    const char **reason, struct bt_err *err)
{
	size_t room = (size_t)(block->end - block->payload);
	*reason = "a policy that does not fit its block";
	if (room < BT_POLICY_HEADER || bt_get32(block->payload + 8) > room - BT_POLICY_HEADER)
		return BT_VISIT_DAMAGED;
	struct bt_held *held = hold(reader);
	if (held == NULL)
		return BT_VISIT_NO_MEMORY;
	if (!bt_policy_open(&held->policy, block->payload + BT_POLICY_HEADER,
		bt_get32(block->payload + 8), err)) {
		*reason = err->text;
		return BT_VISIT_DAMAGED;
	}
	return go_on_if(
	    reader->visitor->policy(reader->visitor->ctx, bt_get64(block->payload), held->policy));
}

static enum bt_visit visit_events(
    const struct bt_segment_reader *reader, const struct bt_block *block, const char **reason)
{
	if (reader->visitor->event == NULL)
		return BT_VISIT_GO_ON;
	struct bt_segment_event record = {0};
	const uint8_t *at = block->payload;
	*reason = "a record that is no event";
	for (uint32_t i = 0; i < block->count; i++) {
		if (!bt_event_decode(&at, block->end, &record))
			return BT_VISIT_DAMAGED;
		if (!reader->visitor->event(reader->visitor->ctx, &record))
			return BT_VISIT_STOP;
	}
	*reason = "more than its events";
	return block->end - at < 8 ? BT_VISIT_GO_ON : BT_VISIT_DAMAGED;
}

/* Events in columns, one by one. */
static enum bt_visit visit_each(
    const struct bt_segment_reader *reader, const struct bt_columns *columns)
{
	struct bt_segment_event record = {0};
	uint32_t at = 0;
	for (uint32_t i = 0; i < columns->runs; i++) {
		const struct bt_columns_run *run = &columns->run[i];
		for (uint32_t j = 0; j < run->count; j++) {
			bt_columns_event(&record, columns, at++, run, run->first + j);
			if (!reader->visitor->event(reader->visitor->ctx, &record))
				return BT_VISIT_STOP;
		}
	}
	return BT_VISIT_GO_ON;
}

static enum bt_visit visit_columns(
    struct bt_segment_reader *reader, const struct bt_block *block, const char **reason)
{
	struct bt_columns columns;
	*reason = bt_columns_read(&reader->columns, &columns, block->payload,
	    (size_t)(block->end - block->payload), block->count);
	if (*reason != NULL)
		return BT_VISIT_DAMAGED;
	if (reader->visitor->columns == NULL)
		return visit_each(reader, &columns);
	return go_on_if(reader->visitor->columns(reader->visitor->ctx, &columns));
}

/* Whether the block is a row of records of `size` octets. */
static bool holds_records(const struct bt_block *block, size_t size)
{
	size_t room = (size_t)(block->end - block->payload);
	return block->count == room / size && room % size == 0;
}

/* Or what was forgotten, in the same form. */
static enum bt_visit visit_gaps(
    const struct bt_segment_reader *reader, const struct bt_block *block, const char **reason)
{
	const struct bt_segment_visitor *to = reader->visitor;
	bool gap = block->type == BT_BLOCK_GAP;
	*reason = gap ? "a record that is no gap" : "a record that is of no forgotten events";
	if (!holds_records(block, BT_GAP_SIZE))
		return BT_VISIT_DAMAGED;
	for (const uint8_t *at = block->payload; at < block->end; at += BT_GAP_SIZE) {
		uint64_t boot = bt_get64(at), first = bt_get64(at + 16), last = bt_get64(at + 24);
		uint32_t ring = bt_get32(at + 8);
		if (boot == 0 || first == 0 || first > last)
			return BT_VISIT_DAMAGED;
		bool again = gap ? to->gap == NULL || to->gap(to->ctx, boot, ring, first, last,
							  (int64_t)bt_get64(at + 32))
				 : to->forgotten(to->ctx, boot, ring, first, last);
		if (!again)
			return BT_VISIT_STOP;
	}
	return BT_VISIT_GO_ON;
}

static enum bt_visit visit_beats(
    const struct bt_segment_reader *reader, const struct bt_block *block, const char **reason)
{
	*reason = "a record that is no heartbeat";
	if (!holds_records(block, BT_BEAT_SIZE))
		return BT_VISIT_DAMAGED;
	if (reader->visitor->beat == NULL)
		return BT_VISIT_GO_ON;
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
			return BT_VISIT_DAMAGED;
		if (!reader->visitor->beat(reader->visitor->ctx, &beat))
			return BT_VISIT_STOP;
	}
	return BT_VISIT_GO_ON;
}

static enum bt_visit visit_counts(
    const struct bt_segment_reader *reader, const struct bt_block *block, const char **reason)
{
	*reason = "a record that counts no hits";
	if (!holds_records(block, BT_COUNT_SIZE))
		return BT_VISIT_DAMAGED;
	for (const uint8_t *at = block->payload; at < block->end; at += BT_COUNT_SIZE) {
		struct bt_count count;
		if (!bt_count_decode(at, &count))
			return BT_VISIT_DAMAGED;
		if (reader->visitor->count != NULL &&
		    !reader->visitor->count(reader->visitor->ctx, &count))
			return BT_VISIT_STOP;
	}
	return BT_VISIT_GO_ON;
}

static enum bt_visit visit_sources(
    const struct bt_segment_reader *reader, const struct bt_block *block, const char **reason)
{
	*reason = "sources that are none";
	if (!holds_records(block, BT_SOURCE_SIZE))
		return BT_VISIT_DAMAGED;
	struct bt_roll_source *sources = malloc(((size_t)block->count + 1) * sizeof(*sources));
	if (sources == NULL)
		return BT_VISIT_NO_MEMORY;
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
	return good ? go_on_if(again) : BT_VISIT_DAMAGED;
}

static enum bt_visit visit_roll(
    struct bt_segment_reader *reader, const struct bt_block *block, const char **reason)
{
	struct bt_roll roll;
	reader->roll.rows = 0;
	*reason = bt_roll_read(&reader->rolls, &roll, block->payload,
	    (size_t)(block->end - block->payload), block->count);
	if (*reason != NULL)
		return BT_VISIT_DAMAGED;
	if (!reader->visitor->roll_rows)
		return go_on_if(reader->visitor->roll(reader->visitor->ctx, &roll));
	reader->roll = roll;
	return BT_VISIT_GO_ON;
}

static enum bt_visit visit_roll_rows(
    struct bt_segment_reader *reader, const struct bt_block *block, const char **reason)
{
	struct bt_roll *roll = &reader->roll;
	*reason = "rows of a roll-up without their groups";
	if (roll->rows == 0 || roll->rows != block->count)
		return BT_VISIT_DAMAGED;
	*reason = bt_roll_read_rows(
	    reader->rolls, roll, block->payload, (size_t)(block->end - block->payload));
	if (*reason != NULL)
		return BT_VISIT_DAMAGED;
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

static enum bt_visit visit_plain(struct bt_segment_reader *reader, const struct bt_block *block,
    const char **reason, struct bt_err *err)
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
static enum bt_visit visit_compressed(struct bt_segment_reader *reader, struct bt_block *block,
    const char **reason, struct bt_err *err)
{
	uint8_t *plain = malloc((size_t)block->plain_size + 1);
	if (plain == NULL)
		return BT_VISIT_NO_MEMORY;
	size_t payload = (size_t)(block->end - block->payload);
	size_t frame = ZSTD_findFrameCompressedSize(block->payload, payload);
	size_t size = ZSTD_isError(frame)
			  ? frame
			  : ZSTD_decompress(plain, block->plain_size, block->payload, frame);
	enum bt_visit outcome = BT_VISIT_DAMAGED;
	*reason = "a compressed block that cannot be read";
	if (size == block->plain_size) {
		block->payload = plain;
		block->end = plain + size;
		outcome = visit_plain(reader, block, reason, err);
	}
	if (block->type == BT_BLOCK_POLICY && outcome != BT_VISIT_NO_MEMORY &&
	    reader->held != NULL && reader->held->bytes == NULL && size == block->plain_size)
		reader->held->bytes = plain;
	else
		free(plain);
	return outcome;
}

enum bt_visit bt_segment_visit(struct bt_segment_reader *reader, struct bt_block *block,
    const char **reason, struct bt_err *err)
{
	if (!is_wanted(reader->visitor, block->type))
		return BT_VISIT_GO_ON;
	if (block->encoding == BT_ENCODING_PLAIN)
		return visit_plain(reader, block, reason, err);
	*reason = "an encoding that this program does not know";
	if (block->encoding != BT_ENCODING_ZSTD)
		return BT_VISIT_DAMAGED;
	*reason = "a block of an impossible size";
	if (block->plain_size > BT_BLOCK_PLAIN_MAX)
		return BT_VISIT_DAMAGED;
	return visit_compressed(reader, block, reason, err);
}
