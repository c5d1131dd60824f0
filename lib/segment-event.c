/* SPDX-License-Identifier: BSD-3-Clause */
/* segment-event.c -- one record, to the octets that a segment holds, and one event back */

#include <string.h>

#include "endian.h"
#include "segment-format.h"
#include "varint.h"

/* What differs from the event before, or from what is usual, and so stands in the record. */
enum {
	WITH_SOURCE = 0x01, /* another boot or ring, or a sequence number that does not ascend */
	WITH_POLICY = 0x02,
	WITH_IPV6 = 0x04,
	WITH_CLASS = 0x08, /* another than IN */
	WITH_VIA = 0x10,
	WITH_DEVICE = 0x20,
	WITH_TARGET = 0x40,
	WITH_ALL = 0x7f,
};

enum { CLASS_IN = 1, IPV4_AT = 12 /* where ::ffff:a.b.c.d has its last four octets */ };

static const uint8_t nothing[16];
static const uint8_t ipv4_prefix[IPV4_AT] = {[10] = 0xff, [11] = 0xff};

/* ---- out ---- */

size_t bt_event_encode(uint8_t out[static BT_EVENT_ENCODED_MAX], struct bt_segment_event *before,
    uint64_t boot, uint32_t ring, uint64_t sequence, const struct bt_event *event)
{
	uint8_t *at = out + 1, flags = 0;

	if (boot != before->boot || ring != before->ring || sequence <= before->sequence) {
		flags |= WITH_SOURCE;
		bt_put64(at, boot);
		at = bt_put_varint(at + 8, ring);
		at = bt_put_varint(at, sequence);
	} else {
		at = bt_put_varint(at, sequence - before->sequence - 1);
	}
	if (event->policy != before->event.policy) {
		flags |= WITH_POLICY;
		bt_put64(at, event->policy);
		at += 8;
	}
	at = bt_put_varint(at, bt_zigzag((uint64_t)event->time - (uint64_t)before->event.time));
	if (memcmp(event->client, ipv4_prefix, IPV4_AT) == 0) {
		at = bt_put_bytes(at, event->client + IPV4_AT, sizeof(event->client) - IPV4_AT);
	} else {
		flags |= WITH_IPV6;
		at = bt_put_bytes(at, event->client, sizeof(event->client));
	}
	if (memcmp(event->via, nothing, sizeof(event->via)) != 0) {
		flags |= WITH_VIA;
		at = bt_put_bytes(at, event->via, sizeof(event->via));
	}
	if (memcmp(event->device, nothing, sizeof(event->device)) != 0) {
		flags |= WITH_DEVICE;
		at = bt_put_bytes(at, event->device, sizeof(event->device));
	}
	bt_put16(at, event->port);
	at = bt_put_varint(at + 2, event->qtype);
	if (event->qclass != CLASS_IN) {
		flags |= WITH_CLASS;
		at = bt_put_varint(at, event->qclass);
	}
	*at++ = event->action;
	*at++ = event->transport;
	at = bt_put_varint(at, event->list);
	*at++ = event->labels;
	*at++ = event->match_count;
	for (unsigned i = 0; i < event->match_count; i++) {
		at = bt_put_varint(at, event->matches[i].class_id);
		*at++ = event->matches[i].labels;
	}
	*at++ = event->key_size;
	at = bt_put_bytes(at, event->key, event->key_size);
	if (event->matched != BT_MATCHED_NAME) {
		flags |= WITH_TARGET;
		*at++ = event->matched;
		*at++ = event->target_size;
		at = bt_put_bytes(at, event->key + event->key_size, event->target_size);
	}
	out[0] = flags;

	before->boot = boot;
	before->ring = ring;
	before->sequence = sequence;
	before->event.policy = event->policy;
	before->event.time = event->time;
	return (size_t)(at - out);
}

void bt_gap_encode(uint8_t out[static BT_GAP_SIZE], uint64_t boot, uint32_t ring, uint64_t first,
    uint64_t last, int64_t time)
{
	memset(out, 0, BT_GAP_SIZE);
	bt_put64(out, boot);
	bt_put32(out + 8, ring);
	bt_put64(out + 16, first);
	bt_put64(out + 24, last);
	bt_put64(out + 32, (uint64_t)time);
}

void bt_beat_encode(uint8_t out[static BT_BEAT_SIZE], const struct bt_beat *beat)
{
	memset(out, 0, BT_BEAT_SIZE);
	bt_put64(out, (uint64_t)beat->time);
	bt_put64(out + 8, beat->boot);
	bt_put64(out + 16, beat->policy);
	bt_put64(out + 24, beat->pushed);
	bt_put64(out + 32, beat->dropped);
	bt_put32(out + 40, beat->period);
	out[44] = beat->kind;
	out[45] = beat->paused;
	out[46] = beat->subnets;
}

void bt_count_encode(uint8_t out[static BT_COUNT_SIZE], const struct bt_count *count)
{
	memset(out, 0, BT_COUNT_SIZE);
	bt_put64(out, count->boot);
	bt_put32(out + 8, count->ring);
	bt_put32(out + 12, count->epoch);
	bt_put64(out + 16, count->policy);
	bt_put16(out + 24, count->list);
	bt_put64(out + 32, (uint64_t)count->from);
	bt_put64(out + 40, (uint64_t)count->time);
	bt_put64(out + 48, count->counted_before);
	bt_put64(out + 56, count->counted);
	bt_put64(out + 64, count->dropped_before);
	bt_put64(out + 72, count->dropped);
}

/* ---- in ---- */

static void get_sequence(struct bt_cursor *in, uint8_t flags, struct bt_segment_event *record)
{
	if (flags & WITH_SOURCE) {
		record->boot = bt_get64(bt_take_bytes(in, 8));
		record->ring = (uint32_t)bt_take_varint(in, UINT32_MAX);
		record->sequence = bt_take_varint(in, UINT64_MAX);
	} else {
		uint64_t skipped = bt_take_varint(in, UINT64_MAX);
		if (record->boot == 0 || skipped >= UINT64_MAX - record->sequence)
			in->bad = true;
		else
			record->sequence += skipped + 1;
	}
	if (record->boot == 0 || record->sequence == 0)
		in->bad = true;
}

static void get_client(struct bt_cursor *in, uint8_t flags, uint8_t client[static 16])
{
	if (flags & WITH_IPV6) {
		memcpy(client, bt_take_bytes(in, 16), 16);
		return;
	}
	memcpy(client, ipv4_prefix, IPV4_AT);
	memcpy(client + IPV4_AT, bt_take_bytes(in, 16 - IPV4_AT), 16 - IPV4_AT);
}

/* Who speaks for the client, and its device. */
static void get_others(struct bt_cursor *in, uint8_t flags, struct bt_event *event)
{
	memset(event->via, 0, sizeof(event->via));
	memset(event->device, 0, sizeof(event->device));
	if (flags & WITH_VIA)
		memcpy(event->via, bt_take_bytes(in, sizeof(event->via)), sizeof(event->via));
	if (flags & WITH_DEVICE)
		memcpy(
		    event->device, bt_take_bytes(in, sizeof(event->device)), sizeof(event->device));
}

static void get_names(struct bt_cursor *in, uint8_t flags, struct bt_event *event)
{
	event->key_size = bt_take_octet(in);
	memcpy(event->key, bt_take_bytes(in, event->key_size), event->key_size);
	event->matched = BT_MATCHED_NAME;
	event->target_size = 0;
	if ((flags & WITH_TARGET) == 0)
		return;
	event->matched = bt_take_octet(in);
	event->target_size = bt_take_octet(in);
	memcpy(event->key + event->key_size, bt_take_bytes(in, event->target_size),
	    event->target_size);
	if (event->matched == BT_MATCHED_NAME)
		in->bad = true;
}

static void get_matches(struct bt_cursor *in, struct bt_event *event)
{
	event->match_count = bt_take_octet(in);
	if (event->match_count > BT_EVENT_MATCHES_MAX) {
		event->match_count = 0;
		in->bad = true;
	}
	memset(event->matches, 0, sizeof(event->matches));
	for (unsigned i = 0; i < event->match_count; i++) {
		event->matches[i].class_id = (uint32_t)bt_take_varint(in, UINT32_MAX);
		event->matches[i].labels = bt_take_octet(in);
	}
}

bool bt_event_decode(const uint8_t **at, const uint8_t *end, struct bt_segment_event *record)
{
	struct bt_cursor in = {.at = *at, .end = end};
	struct bt_event *event = &record->event;
	uint8_t flags = bt_take_octet(&in);

	if (flags & ~WITH_ALL)
		return false;
	get_sequence(&in, flags, record);
	if (flags & WITH_POLICY)
		event->policy = bt_get64(bt_take_bytes(&in, 8));
	event->time =
	    (int64_t)((uint64_t)event->time + bt_unzigzag(bt_take_varint(&in, UINT64_MAX)));
	get_client(&in, flags, event->client);
	get_others(&in, flags, event);
	event->port = bt_get16(bt_take_bytes(&in, 2));
	event->qtype = (uint16_t)bt_take_varint(&in, UINT16_MAX);
	event->qclass = flags & WITH_CLASS ? (uint16_t)bt_take_varint(&in, UINT16_MAX) : CLASS_IN;
	event->action = bt_take_octet(&in);
	event->transport = bt_take_octet(&in);
	event->list = (uint16_t)bt_take_varint(&in, UINT16_MAX);
	event->labels = bt_take_octet(&in);
	get_matches(&in, event);
	get_names(&in, flags, event);
	if (in.bad || !bt_event_valid(event))
		return false;
	*at = in.at;
	return true;
}

bool bt_count_decode(const uint8_t record[static BT_COUNT_SIZE], struct bt_count *count)
{
	*count = (struct bt_count){
	    .boot = bt_get64(record),
	    .ring = bt_get32(record + 8),
	    .epoch = bt_get32(record + 12),
	    .policy = bt_get64(record + 16),
	    .list = bt_get16(record + 24),
	    .from = (int64_t)bt_get64(record + 32),
	    .time = (int64_t)bt_get64(record + 40),
	    .counted_before = bt_get64(record + 48),
	    .counted = bt_get64(record + 56),
	    .dropped_before = bt_get64(record + 64),
	    .dropped = bt_get64(record + 72),
	};
	return count->boot != 0 && count->counted >= count->counted_before &&
	       count->dropped >= count->dropped_before;
}
