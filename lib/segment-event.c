/* SPDX-License-Identifier: BSD-3-Clause */
/* segment-event.c -- one event, to the octets that a segment holds and back */

#include <string.h>

#include "endian.h"
#include "segment-format.h"

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

static uint8_t *put_varint(uint8_t *out, uint64_t value)
{
	while (value >= 0x80) {
		*out++ = (uint8_t)(value | 0x80);
		value >>= 7;
	}
	*out++ = (uint8_t)value;
	return out;
}

static uint8_t *put_bytes(uint8_t *out, const void *bytes, size_t size)
{
	memcpy(out, bytes, size);
	return out + size;
}

/* A signed difference so that small ones are short: 0, -1, 1, -2, ... */
static uint64_t zigzag(uint64_t difference)
{
	return difference << 1 ^ (0 - (difference >> 63));
}

static uint64_t unzigzag(uint64_t value)
{
	return value >> 1 ^ (0 - (value & 1));
}

size_t bt_event_encode(uint8_t out[static BT_EVENT_ENCODED_MAX], struct bt_segment_event *before,
    uint64_t boot, uint32_t ring, uint64_t sequence, const struct bt_event *event)
{
	uint8_t *at = out + 1, flags = 0;

	if (boot != before->boot || ring != before->ring || sequence <= before->sequence) {
		flags |= WITH_SOURCE;
		bt_put64(at, boot);
		at = put_varint(at + 8, ring);
		at = put_varint(at, sequence);
	} else {
		at = put_varint(at, sequence - before->sequence - 1);
	}
	if (event->policy != before->event.policy) {
		flags |= WITH_POLICY;
		bt_put64(at, event->policy);
		at += 8;
	}
	at = put_varint(at, zigzag((uint64_t)event->time - (uint64_t)before->event.time));
	if (memcmp(event->client, ipv4_prefix, IPV4_AT) == 0) {
		at = put_bytes(at, event->client + IPV4_AT, sizeof(event->client) - IPV4_AT);
	} else {
		flags |= WITH_IPV6;
		at = put_bytes(at, event->client, sizeof(event->client));
	}
	if (memcmp(event->via, nothing, sizeof(event->via)) != 0) {
		flags |= WITH_VIA;
		at = put_bytes(at, event->via, sizeof(event->via));
	}
	if (memcmp(event->device, nothing, sizeof(event->device)) != 0) {
		flags |= WITH_DEVICE;
		at = put_bytes(at, event->device, sizeof(event->device));
	}
	bt_put16(at, event->port);
	at = put_varint(at + 2, event->qtype);
	if (event->qclass != CLASS_IN) {
		flags |= WITH_CLASS;
		at = put_varint(at, event->qclass);
	}
	*at++ = event->action;
	*at++ = event->transport;
	at = put_varint(at, event->list);
	*at++ = event->labels;
	*at++ = event->match_count;
	for (unsigned i = 0; i < event->match_count; i++) {
		at = put_varint(at, event->matches[i].class_id);
		*at++ = event->matches[i].labels;
	}
	*at++ = event->key_size;
	at = put_bytes(at, event->key, event->key_size);
	if (event->matched != BT_MATCHED_NAME) {
		flags |= WITH_TARGET;
		*at++ = event->matched;
		*at++ = event->target_size;
		at = put_bytes(at, event->key + event->key_size, event->target_size);
	}
	out[0] = flags;

	before->boot = boot;
	before->ring = ring;
	before->sequence = sequence;
	before->event.policy = event->policy;
	before->event.time = event->time;
	return (size_t)(at - out);
}

/* ---- in ---- */

/* What is left of the octets; once it was too short, it stays bad and gives zeros. */
struct cursor {
	const uint8_t *at, *end;
	bool bad;
};

static const uint8_t *get_bytes(struct cursor *in, size_t size)
{
	static const uint8_t zeros[256];
	if (in->bad || (size_t)(in->end - in->at) < size) {
		in->bad = true;
		return zeros;
	}
	const uint8_t *at = in->at;
	in->at += size;
	return at;
}

static uint8_t get_octet(struct cursor *in)
{
	return *get_bytes(in, 1);
}

/* A number that must not be above `max`. */
static uint64_t get_varint(struct cursor *in, uint64_t max)
{
	uint64_t value = 0;
	for (unsigned shift = 0; shift < 64; shift += 7) {
		uint8_t octet = get_octet(in);
		if (shift == 63 && octet > 1)
			break;
		value |= (uint64_t)(octet & 0x7f) << shift;
		if (octet < 0x80) {
			if (value > max)
				break;
			return value;
		}
	}
	in->bad = true;
	return 0;
}

static void get_sequence(struct cursor *in, uint8_t flags, struct bt_segment_event *record)
{
	if (flags & WITH_SOURCE) {
		record->boot = bt_get64(get_bytes(in, 8));
		record->ring = (uint32_t)get_varint(in, UINT32_MAX);
		record->sequence = get_varint(in, UINT64_MAX);
	} else {
		uint64_t skipped = get_varint(in, UINT64_MAX);
		if (record->boot == 0 || skipped >= UINT64_MAX - record->sequence)
			in->bad = true;
		else
			record->sequence += skipped + 1;
	}
	if (record->boot == 0 || record->sequence == 0)
		in->bad = true;
}

static void get_client(struct cursor *in, uint8_t flags, uint8_t client[static 16])
{
	if (flags & WITH_IPV6) {
		memcpy(client, get_bytes(in, 16), 16);
		return;
	}
	memcpy(client, ipv4_prefix, IPV4_AT);
	memcpy(client + IPV4_AT, get_bytes(in, 16 - IPV4_AT), 16 - IPV4_AT);
}

/* Who speaks for the client, and its device. */
static void get_others(struct cursor *in, uint8_t flags, struct bt_event *event)
{
	memset(event->via, 0, sizeof(event->via));
	memset(event->device, 0, sizeof(event->device));
	if (flags & WITH_VIA)
		memcpy(event->via, get_bytes(in, sizeof(event->via)), sizeof(event->via));
	if (flags & WITH_DEVICE)
		memcpy(event->device, get_bytes(in, sizeof(event->device)), sizeof(event->device));
}

static void get_names(struct cursor *in, uint8_t flags, struct bt_event *event)
{
	event->key_size = get_octet(in);
	memcpy(event->key, get_bytes(in, event->key_size), event->key_size);
	event->matched = BT_MATCHED_NAME;
	event->target_size = 0;
	if ((flags & WITH_TARGET) == 0)
		return;
	event->matched = get_octet(in);
	event->target_size = get_octet(in);
	memcpy(event->key + event->key_size, get_bytes(in, event->target_size), event->target_size);
	if (event->matched == BT_MATCHED_NAME)
		in->bad = true;
}

static void get_matches(struct cursor *in, struct bt_event *event)
{
	event->match_count = get_octet(in);
	if (event->match_count > BT_EVENT_MATCHES_MAX) {
		event->match_count = 0;
		in->bad = true;
	}
	memset(event->matches, 0, sizeof(event->matches));
	for (unsigned i = 0; i < event->match_count; i++) {
		event->matches[i].class_id = (uint32_t)get_varint(in, UINT32_MAX);
		event->matches[i].labels = get_octet(in);
	}
}

bool bt_event_decode(const uint8_t **at, const uint8_t *end, struct bt_segment_event *record)
{
	struct cursor in = {.at = *at, .end = end};
	struct bt_event *event = &record->event;
	uint8_t flags = get_octet(&in);

	if (flags & ~WITH_ALL)
		return false;
	get_sequence(&in, flags, record);
	if (flags & WITH_POLICY)
		event->policy = bt_get64(get_bytes(&in, 8));
	event->time = (int64_t)((uint64_t)event->time + unzigzag(get_varint(&in, UINT64_MAX)));
	get_client(&in, flags, event->client);
	get_others(&in, flags, event);
	event->port = bt_get16(get_bytes(&in, 2));
	event->qtype = (uint16_t)get_varint(&in, UINT16_MAX);
	event->qclass = flags & WITH_CLASS ? (uint16_t)get_varint(&in, UINT16_MAX) : CLASS_IN;
	event->action = get_octet(&in);
	event->transport = get_octet(&in);
	event->list = (uint16_t)get_varint(&in, UINT16_MAX);
	event->labels = get_octet(&in);
	get_matches(&in, event);
	get_names(&in, flags, event);
	if (in.bad || !bt_event_valid(event))
		return false;
	*at = in.at;
	return true;
}
