/* SPDX-License-Identifier: BSD-3-Clause */
/* drain.c -- events from a ring to a segment, each once */

#include <string.h>

#include "drain.h"

void bt_drain_begin(struct bt_drain *drain)
{
	drain->next = bt_ring_taken(drain->ring) + 1;
	drain->pending = 0;
}

/* What is not there up to and with `last` is lost. */
static bool gap_to(struct bt_drain *drain, uint64_t last, struct bt_segment_writer *segment,
    int64_t time, struct bt_err *err)
{
	if (last < drain->next)
		return true;
	if (!bt_segment_gap(segment, bt_ring_boot(drain->ring), bt_ring_number(drain->ring),
		drain->next, last, time, err))
		return false;
	drain->next = last + 1;
	return true;
}

enum { IPV4_AT = 12, IPV4_KEPT = 3, IPV6_KEPT = 7 /* octets */ };

/* Of an address only its network; zeros, which are none, stay zeros. */
static void cut_address(uint8_t address[static 16])
{
	static const uint8_t mapped[IPV4_AT] = {[10] = 0xff, [11] = 0xff};
	bool ipv4 = memcmp(address, mapped, sizeof(mapped)) == 0;
	unsigned kept = ipv4 ? IPV4_AT + IPV4_KEPT : IPV6_KEPT;
	memset(address + kept, 0, 16 - kept);
}

/* What would tell one client of a network from the others is left out. */
static void blur(struct bt_event *event)
{
	cut_address(event->client);
	cut_address(event->via);
	memset(event->device, 0, sizeof(event->device));
	event->port = 0;
}

static bool append(struct bt_drain *drain, const struct bt_event *event, uint64_t sequence,
    struct bt_segment_writer *segment, struct bt_err *err)
{
	struct bt_event blurred;
	if (drain->subnets) {
		memcpy(&blurred, event, bt_event_size(event));
		blur(&blurred);
		event = &blurred;
	}
	return bt_segment_event(
	    segment, bt_ring_boot(drain->ring), bt_ring_number(drain->ring), sequence, event, err);
}

static bool take_one(struct bt_drain *drain, const struct bt_event *event, uint64_t sequence,
    struct bt_segment_writer *segment, struct bt_policy_store *policies, int64_t time,
    struct bt_err *err)
{
	if (!bt_event_valid(event))
		return gap_to(drain, sequence, segment, time, err);
	if (!gap_to(drain, sequence - 1, segment, time, err) ||
	    !bt_policy_store_write(policies, event->policy, segment, err) ||
	    !append(drain, event, sequence, segment, err))
		return false;
	drain->next = sequence + 1;
	return true;
}

bool bt_drain_take(struct bt_drain *drain, uint32_t max, struct bt_segment_writer *segment,
    struct bt_policy_store *policies, int64_t time, struct bt_err *err)
{
	while (drain->pending < max) {
		uint64_t sequence;
		const struct bt_event *event = bt_ring_next(drain->ring, drain->pending, &sequence);
		if (event == NULL)
			break;
		if (!take_one(drain, event, sequence, segment, policies, time, err))
			return false;
		drain->pending++;
	}
	return true;
}

bool bt_drain_tail(
    struct bt_drain *drain, struct bt_segment_writer *segment, int64_t time, struct bt_err *err)
{
	uint64_t pushed = bt_ring_pushed(drain->ring), sequence;
	/* In this order: an event that came in between was not dropped, and is taken next time. */
	if (bt_ring_next(drain->ring, drain->pending, &sequence) != NULL)
		return true;
	return gap_to(drain, pushed, segment, time, err);
}

bool bt_drain_has_counts(const struct bt_drain *drain, bool left)
{
	for (unsigned page = 0; page < BT_COUNT_PAGES; page++) {
		struct bt_count one;
		unsigned list = 0;
		if (left ? bt_ring_page_left(drain->ring, page)
			 : bt_ring_counts(drain->ring, page, &list, &one, 1) > 0)
			return true;
	}
	return false;
}

static bool take_counts(struct bt_drain *drain, unsigned page, struct bt_segment_writer *segment,
    struct bt_policy_store *policies, struct bt_err *err)
{
	struct bt_count counts[BT_COUNTS_BATCH];
	unsigned list = 0, count;
	while ((count = bt_ring_counts(drain->ring, page, &list, counts, BT_COUNTS_BATCH)) > 0) {
		if (!bt_policy_store_write(policies, counts[0].policy, segment, err) ||
		    !bt_segment_counts(segment, counts, count, err))
			return false;
		bt_ring_counted(drain->ring, page, counts, count);
	}
	return true;
}

bool bt_drain_counts(struct bt_drain *drain, struct bt_segment_writer *segment,
    struct bt_policy_store *policies, int64_t time, struct bt_err *err)
{
	for (unsigned page = 0; page < BT_COUNT_PAGES; page++) {
		bool left = bt_ring_page_left(drain->ring, page);
		if (!take_counts(drain, page, segment, policies, err))
			return false;
		bt_ring_looked(drain->ring, page, left, time);
	}
	return true;
}

void bt_drain_done(struct bt_drain *drain)
{
	bt_ring_done(drain->ring, drain->pending);
	drain->pending = 0;
}
