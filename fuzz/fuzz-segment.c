/* SPDX-License-Identifier: BSD-3-Clause */
/* fuzz-segment.c -- any octets as a segment of the event log, closed and open */

#include <stdlib.h>
#include <string.h>

#include "endian.h"
#include "event.h"
#include "segment-format.h"

static bool expect(bool condition)
{
	if (!condition)
		abort();
	return true;
}

static bool on_header(void *ctx, const char *resolver, uint64_t boot, int64_t created)
{
	(void)ctx;
	(void)boot;
	(void)created;
	return expect(resolver[0] != '\0' && strlen(resolver) <= BT_RESOLVER_MAX);
}

static bool on_policy(void *ctx, uint64_t digest, const struct bt_policy *policy)
{
	(void)ctx;
	(void)digest;
	for (unsigned i = 0; i < bt_policy_lists(policy); i++)
		expect(bt_policy_list(policy, i).name != NULL);
	return true;
}

static bool on_event(void *ctx, const struct bt_segment_event *record)
{
	(void)ctx;
	return expect(bt_event_valid(&record->event) && record->boot != 0 && record->sequence != 0);
}

static bool on_gap(
    void *ctx, uint64_t boot, uint32_t ring, uint64_t first, uint64_t last, int64_t time)
{
	(void)ctx;
	(void)ring;
	(void)time;
	return expect(boot != 0 && first != 0 && first <= last);
}

static bool on_beat(void *ctx, const struct bt_beat *beat)
{
	(void)ctx;
	return expect(beat->boot != 0 && beat->kind <= BT_BEAT_STOP);
}

static bool on_count(void *ctx, const struct bt_count *count)
{
	(void)ctx;
	return expect(count->boot != 0 && count->counted >= count->counted_before &&
		      count->dropped >= count->dropped_before);
}

static void on_damage(void *ctx, uint64_t offset, const char *reason)
{
	(void)ctx;
	expect(offset % 8 == 0 && reason[0] != '\0');
}

static bool on_sources(void *ctx, const struct bt_roll_source *sources, uint32_t count)
{
	(void)ctx;
	for (uint32_t i = 0; i < count; i++)
		expect(sources[i].boot != 0 && sources[i].first <= sources[i].last &&
		       sources[i].earliest <= sources[i].latest);
	return true;
}

static bool on_roll(void *ctx, const struct bt_roll *roll)
{
	(void)ctx;
	for (uint32_t i = 0; i < roll->groups; i++) {
		const struct bt_roll_group *group = &roll->group[i];
		uint64_t hits = 0;
		expect(bt_event_valid(&roll->shape[group->shape]));
		for (uint32_t j = group->row; j < group->row + group->rows; j++) {
			expect(roll->endpoint_of[j] < roll->endpoints);
			expect(roll->row[j].first_seen >= group->first_seen &&
			       roll->row[j].first_seen <= roll->row[j].last_seen &&
			       roll->row[j].last_seen <= group->last_seen);
			hits += roll->row[j].hits;
		}
		expect(hits == group->hits);
	}
	return true;
}

/* What blocks of groups and rows hold once they are decompressed. */
static void try_roll(const uint8_t *data, size_t size)
{
	struct bt_roll_buffer *buffer = NULL;
	struct bt_roll roll;
	size_t half = size / 2;
	if (half >= 16 && bt_roll_read(&buffer, &roll, data, half, bt_get32(data + 12)) == NULL &&
	    bt_roll_read_rows(buffer, &roll, data + half, size - half) == NULL)
		on_roll(NULL, &roll);
	bt_roll_buffer_free(&buffer);
}

/* Resealed, so that what is behind the checksums is reached. */
static void reseal(uint8_t *bytes, size_t size)
{
	size_t at = BT_HEADER_SIZE;
	if (size < BT_HEADER_SIZE)
		return;
	uint64_t seed = bt_get64(bytes + BT_HEADER_SEED);
	size_t header = BT_HEADER_SIZE + bt_pad8(bt_get16(bytes + BT_HEADER_RESOLVER_SIZE));
	if (header <= BT_HEADER_SIZE_MAX && header <= size) {
		bt_put64(bytes + BT_HEADER_CHECK, bt_header_check(bytes, header));
		at = header;
	}
	while (size - at >= BT_BLOCK_HEADER) {
		uint8_t *block = bytes + at;
		uint32_t payload = bt_get32(block + BT_BLOCK_PAYLOAD_SIZE);
		if (payload > size - at - BT_BLOCK_HEADER)
			return;
		bt_put64(
		    block + BT_BLOCK_CHECK, bt_block_check(block, BT_BLOCK_HEADER + payload, seed));
		at += BT_BLOCK_HEADER + payload;
	}
}

/* What a columns block holds once it is decompressed. */
static void try_columns(const uint8_t *data, size_t size)
{
	struct bt_columns_buffer *buffer = NULL;
	struct bt_columns columns;
	struct bt_segment_event record = {0};
	if (size >= 16 &&
	    bt_columns_read(&buffer, &columns, data, size, bt_get32(data + 12)) == NULL) {
		uint32_t at = 0;
		for (uint32_t i = 0; i < columns.runs; i++)
			for (uint32_t j = 0; j < columns.run[i].count; j++) {
				bt_columns_event(&record, &columns, at++, &columns.run[i],
				    columns.run[i].first + j);
				expect(on_event(NULL, &record));
			}
		expect(at == columns.events);
	}
	bt_columns_buffer_free(&buffer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct bt_segment_visitor visitor = {
	    .header = on_header,
	    .policy = on_policy,
	    .event = on_event,
	    .gap = on_gap,
	    .beat = on_beat,
	    .count = on_count,
	    .sources = on_sources,
	    .roll = on_roll,
	    .roll_rows = true,
	    .damage = on_damage,
	};
	size_t whole = 0;
	struct bt_err err;

	bt_segment_parse(data, size, false, &visitor, &whole, &err);
	if (bt_segment_parse(data, size, true, &visitor, &whole, &err))
		expect(whole <= size);
	uint8_t *copy = malloc(size + 1);
	if (copy != NULL && size > 0) {
		memcpy(copy, data, size);
		reseal(copy, size);
		bt_segment_parse(copy, size, false, &visitor, NULL, &err);
	}
	free(copy);
	try_columns(data, size);
	try_roll(data, size);
	return 0;
}
