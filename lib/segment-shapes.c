/* SPDX-License-Identifier: BSD-3-Clause */
/* segment-shapes.c -- what many events have in common, and who asked */

#include <stdlib.h>
#include <string.h>

#include "endian.h"
#include "pages.h"
#include "segment-format.h"
#include "segment-shapes.h"

enum {
	WITH_IPV6 = 0x01,
	WITH_VIA = 0x02,
	WITH_DEVICE = 0x04,
	WITH_ALL = 0x07,
	IPV4_AT = 12, /* where ::ffff:a.b.c.d has its last four octets */
};

static const uint8_t nothing[16];
static const uint8_t ipv4_prefix[IPV4_AT] = {[10] = 0xff, [11] = 0xff};

/* ---- of an event ---- */

/*
 * An entry of a table is as small as the event allows, since there may be one for each event: what
 * they all have, the names, and so many matches.
 */
enum {
	POLICY = 0,
	TYPE = 8,
	CLASS = 10,
	LIST = 12,
	ACTION = 14,
	TRANSPORT,
	LABELS,
	MATCHED,
	MATCH_COUNT,
	KEY_SIZE,
	TARGET_SIZE,
	NAMES,
	MATCH = 5, /* octets: class and labels */
	SHAPE_MAX = NAMES + sizeof(((struct bt_event *)NULL)->key) + BT_EVENT_MATCHES_MAX * MATCH,
};

static size_t pack(uint8_t *out, const struct bt_event *event)
{
	bt_put64(out + POLICY, event->policy);
	bt_put16(out + TYPE, event->qtype);
	bt_put16(out + CLASS, event->qclass);
	bt_put16(out + LIST, event->list);
	out[ACTION] = event->action;
	out[TRANSPORT] = event->transport;
	out[LABELS] = event->labels;
	out[MATCHED] = event->matched;
	out[MATCH_COUNT] = event->match_count;
	out[KEY_SIZE] = event->key_size;
	out[TARGET_SIZE] = event->target_size;
	uint8_t *at =
	    bt_put_bytes(out + NAMES, event->key, (size_t)event->key_size + event->target_size);
	for (unsigned i = 0; i < event->match_count; i++, at += MATCH) {
		bt_put32(at, event->matches[i].class_id);
		at[4] = event->matches[i].labels;
	}
	return (size_t)(at - out);
}

/* Of nobody, at no time: by an IPv4 address, which takes less room. */
static void unpack(struct bt_event *event, const uint8_t *in)
{
	memset(event, 0, offsetof(struct bt_event, key));
	memcpy(event->client, ipv4_prefix, IPV4_AT);
	event->policy = bt_get64(in + POLICY);
	event->qtype = bt_get16(in + TYPE);
	event->qclass = bt_get16(in + CLASS);
	event->list = bt_get16(in + LIST);
	event->action = in[ACTION];
	event->transport = in[TRANSPORT];
	event->labels = in[LABELS];
	event->matched = in[MATCHED];
	event->match_count = in[MATCH_COUNT];
	event->key_size = in[KEY_SIZE];
	event->target_size = in[TARGET_SIZE];
	size_t names = (size_t)event->key_size + event->target_size;
	memcpy(event->key, in + NAMES, names);
	const uint8_t *at = in + NAMES + names;
	for (unsigned i = 0; i < event->match_count; i++, at += MATCH) {
		event->matches[i].class_id = bt_get32(at);
		event->matches[i].labels = at[4];
	}
}

bool bt_shape_add(struct bt_intern *shapes, const struct bt_event *event, uint32_t *id)
{
	uint8_t shape[SHAPE_MAX];
	return bt_intern_add(shapes, shape, pack(shape, event), id);
}

void bt_endpoint_of(struct bt_columns_endpoint *endpoint, const struct bt_event *event)
{
	memcpy(endpoint->client, event->client, sizeof(endpoint->client));
	memcpy(endpoint->via, event->via, sizeof(endpoint->via));
	memcpy(endpoint->device, event->device, sizeof(endpoint->device));
}

/* ---- in order ---- */

/* An entry of a table, and the octets that most comparisons are decided by. */
struct ranked {
	uint64_t first;
	uint32_t number;
};

/* The name asked. */
static const uint8_t *key_of(const struct bt_intern *table, uint32_t number, size_t *key_size)
{
	size_t size;
	const uint8_t *shape = bt_intern_bytes(table, number, &size);
	*key_size = shape[KEY_SIZE];
	return shape + NAMES;
}

/* As a number, in which shorter strings come first. */
static uint64_t first_octets(const uint8_t *bytes, size_t size)
{
	uint64_t first = 0;
	for (unsigned i = 0; i < 8; i++)
		first = first << 8 | (i < size ? bytes[i] : 0);
	return first;
}

static uint64_t first_of_name(const struct bt_intern *table, uint32_t number)
{
	size_t size;
	const uint8_t *key = key_of(table, number, &size);
	return first_octets(key, size);
}

/* What all IPv4 addresses begin with tells nothing. */
static uint64_t first_of_address(const struct bt_intern *table, uint32_t number)
{
	size_t size;
	const uint8_t *client = bt_intern_bytes(table, number, &size);
	bool is_ipv4 = memcmp(client, ipv4_prefix, IPV4_AT) == 0;
	return first_octets(client + (is_ipv4 ? 8 : 0), 8);
}

/* Shapes by the names asked, and endpoints by address: what is alike stands together. */
static int by_name(const void *a, const void *b, void *table)
{
	const struct ranked *left = a, *right = b;
	if (left->first != right->first)
		return left->first < right->first ? -1 : 1;
	size_t sizes[2];
	const uint8_t *keys[2] = {
	    key_of(table, left->number, &sizes[0]), key_of(table, right->number, &sizes[1])};
	int order = memcmp(keys[0], keys[1], sizes[0] < sizes[1] ? sizes[0] : sizes[1]);
	if (order != 0)
		return order;
	if (sizes[0] != sizes[1])
		return sizes[0] < sizes[1] ? -1 : 1;
	return left->number < right->number ? -1 : 1;
}

static int by_address(const void *a, const void *b, void *table)
{
	const struct ranked *left = a, *right = b;
	if (left->first != right->first)
		return left->first < right->first ? -1 : 1;
	size_t size;
	return memcmp(bt_intern_bytes(table, left->number, &size),
	    bt_intern_bytes(table, right->number, &size), sizeof(struct bt_columns_endpoint));
}

/* The order of a table's entries, and the place of each in it: of pages.h, the caller's. */
static bool sort(struct bt_intern *table, uint64_t (*first_of)(const struct bt_intern *, uint32_t),
    int (*compare)(const void *, const void *, void *), uint32_t **order, uint32_t **place)
{
	uint32_t count = bt_intern_count(table);
	*order = bt_pages_new(((size_t)count + 1) * sizeof(**order));
	*place = bt_pages_new(((size_t)count + 1) * sizeof(**place));
	struct ranked *ranked = bt_pages_new(((size_t)count + 1) * sizeof(*ranked));
	bool ok = *order != NULL && *place != NULL && ranked != NULL;
	for (uint32_t i = 0; ok && i < count; i++)
		ranked[i] = (struct ranked){.first = first_of(table, i), .number = i};
	if (ok && count > 0)
		qsort_r(ranked, count, sizeof(*ranked), compare, table);
	for (uint32_t i = 0; ok && i < count; i++) {
		(*order)[i] = ranked[i].number;
		(*place)[ranked[i].number] = i;
	}
	bt_pages_free(ranked);
	return ok;
}

bool bt_sort_shapes(struct bt_intern *shapes, uint32_t **order, uint32_t **place)
{
	return sort(shapes, first_of_name, by_name, order, place);
}

bool bt_sort_endpoints(struct bt_intern *endpoints, uint32_t **order, uint32_t **place)
{
	return sort(endpoints, first_of_address, by_address, order, place);
}

/* ---- to octets ---- */

uint8_t *bt_put_shapes(uint8_t *out, const struct bt_intern *shapes, const uint32_t *order)
{
	struct bt_segment_event before = {0};
	for (uint32_t i = 0; i < bt_intern_count(shapes); i++) {
		size_t size;
		struct bt_event shape;
		unpack(&shape, bt_intern_bytes(shapes, order[i], &size));
		out += bt_event_encode(out, &before, 1, 0, (uint64_t)i + 1, &shape);
	}
	return out;
}

uint8_t *bt_put_endpoint(uint8_t *out, const struct bt_columns_endpoint *endpoint)
{
	uint8_t *flags = out++;
	*flags = 0;
	if (memcmp(endpoint->client, ipv4_prefix, IPV4_AT) == 0) {
		out = bt_put_bytes(out, endpoint->client + IPV4_AT, 16 - IPV4_AT);
	} else {
		*flags |= WITH_IPV6;
		out = bt_put_bytes(out, endpoint->client, 16);
	}
	if (memcmp(endpoint->via, nothing, sizeof(endpoint->via)) != 0) {
		*flags |= WITH_VIA;
		out = bt_put_bytes(out, endpoint->via, sizeof(endpoint->via));
	}
	if (memcmp(endpoint->device, nothing, sizeof(endpoint->device)) != 0) {
		*flags |= WITH_DEVICE;
		out = bt_put_bytes(out, endpoint->device, sizeof(endpoint->device));
	}
	return out;
}

/* ---- and back ---- */

bool bt_take_shapes(struct bt_cursor *in, struct bt_event *shape, uint32_t count)
{
	struct bt_segment_event record = {0};
	for (uint32_t i = 0; i < count; i++) {
		if (!bt_event_decode(&in->at, in->end, &record))
			return false;
		memcpy(&shape[i], &record.event, bt_event_size(&record.event));
	}
	return true;
}

void bt_take_endpoint(struct bt_cursor *in, struct bt_columns_endpoint *endpoint)
{
	uint8_t flags = bt_take_octet(in);
	memset(endpoint, 0, sizeof(*endpoint));
	if (flags & ~WITH_ALL)
		in->bad = true;
	if (flags & WITH_IPV6) {
		memcpy(endpoint->client, bt_take_bytes(in, 16), 16);
	} else {
		memcpy(endpoint->client, ipv4_prefix, IPV4_AT);
		memcpy(endpoint->client + IPV4_AT, bt_take_bytes(in, 16 - IPV4_AT), 16 - IPV4_AT);
	}
	if (flags & WITH_VIA)
		memcpy(
		    endpoint->via, bt_take_bytes(in, sizeof(endpoint->via)), sizeof(endpoint->via));
	if (flags & WITH_DEVICE)
		memcpy(endpoint->device, bt_take_bytes(in, sizeof(endpoint->device)),
		    sizeof(endpoint->device));
}
