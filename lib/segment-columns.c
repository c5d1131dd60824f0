/* SPDX-License-Identifier: BSD-3-Clause */
/* segment-columns.c -- many events in columns, as closed segments hold them */

#include <stdlib.h>
#include <string.h>

#include "endian.h"
#include "intern.h"
#include "pages.h"
#include "segment-columns.h"
#include "segment-format.h"
#include "segment-shapes.h"
#include "varint.h"

enum {
	HEADER = 16, /* octets: the numbers of shapes, endpoints, runs and events */
	RUN_MAX = 8 + 3 * BT_VARINT_MAX,
};

/* ---- gathering ---- */

struct bt_columns_builder {
	struct bt_intern *shapes; /* segment-shapes.h has both */
	struct bt_intern *endpoints;
	struct bt_columns_run *runs;
	uint32_t run_count, run_room, count;
	uint32_t shape_of[BT_COLUMNS_EVENTS], endpoint_of[BT_COLUMNS_EVENTS];
	int64_t time[BT_COLUMNS_EVENTS];
	uint16_t port[BT_COLUMNS_EVENTS];
};

static void clear(struct bt_columns_builder *builder)
{
	bt_intern_clear(builder->shapes);
	bt_intern_clear(builder->endpoints);
	builder->run_count = builder->count = 0;
}

struct bt_columns_builder *bt_columns_new(void)
{
	struct bt_columns_builder *builder = bt_pages_new(sizeof(*builder));
	if (builder == NULL)
		return NULL;
	builder->shapes = bt_intern_new();
	builder->endpoints = bt_intern_new();
	if (builder->shapes == NULL || builder->endpoints == NULL)
		bt_columns_free(&builder);
	return builder;
}

void bt_columns_free(struct bt_columns_builder **builder)
{
	if (*builder == NULL)
		return;
	bt_intern_free(&(*builder)->shapes);
	bt_intern_free(&(*builder)->endpoints);
	bt_pages_free((*builder)->runs);
	bt_pages_free(*builder);
	*builder = NULL;
}

uint32_t bt_columns_count(const struct bt_columns_builder *builder)
{
	return builder->count;
}

static bool add_run(struct bt_columns_builder *builder, const struct bt_segment_event *record)
{
	struct bt_columns_run *last =
	    builder->run_count == 0 ? NULL : &builder->runs[builder->run_count - 1];
	if (last != NULL && last->boot == record->boot && last->ring == record->ring &&
	    last->first + last->count == record->sequence) {
		last->count++;
		return true;
	}
	if (builder->run_count == builder->run_room) {
		uint32_t room = builder->run_room == 0 ? 64 : 2 * builder->run_room;
		struct bt_columns_run *more = bt_pages_resize(builder->runs, room * sizeof(*more));
		if (more == NULL)
			return false;
		builder->runs = more;
		builder->run_room = room;
	}
	builder->runs[builder->run_count++] = (struct bt_columns_run){
	    .boot = record->boot, .first = record->sequence, .ring = record->ring, .count = 1};
	return true;
}

bool bt_columns_add(struct bt_columns_builder *builder, const struct bt_segment_event *record)
{
	const struct bt_event *event = &record->event;
	uint32_t at = builder->count;
	struct bt_columns_endpoint endpoint;
	bt_endpoint_of(&endpoint, event);
	if (!bt_shape_add(builder->shapes, event, &builder->shape_of[at]) ||
	    !bt_intern_add(
		builder->endpoints, &endpoint, sizeof(endpoint), &builder->endpoint_of[at]) ||
	    !add_run(builder, record))
		return false;
	builder->time[at] = event->time;
	builder->port[at] = event->port;
	builder->count++;
	return true;
}

/* ---- to octets ---- */

/* A column of numbers, an octet of all after the other, the lowest first. */
static uint8_t *put_planes(
    uint8_t *out, const uint32_t *numbers, const uint32_t *place, uint32_t count, unsigned width)
{
	for (unsigned plane = 0; plane < width; plane++)
		for (uint32_t i = 0; i < count; i++)
			*out++ = (uint8_t)(place[numbers[i]] >> 8 * plane);
	return out;
}

/* Octets that numbers below `count` take. */
static unsigned width_of(uint32_t count)
{
	return count <= 1 ? 0 : count <= 1 << 8 ? 1 : count <= 1 << 16 ? 2 : 3;
}

static uint8_t *put_all(const struct bt_columns_builder *b, uint8_t *out,
    const uint32_t *const orders[2], const uint32_t *const places[2])
{
	uint32_t shapes = bt_intern_count(b->shapes), endpoints = bt_intern_count(b->endpoints);
	uint64_t time = 0;
	bt_put32(out, shapes);
	bt_put32(out + 4, endpoints);
	bt_put32(out + 8, b->run_count);
	bt_put32(out + 12, b->count);
	out = bt_put_shapes(out + HEADER, b->shapes, orders[0]);
	for (uint32_t i = 0; i < endpoints; i++) {
		size_t size;
		out = bt_put_endpoint(out, bt_intern_bytes(b->endpoints, orders[1][i], &size));
	}
	for (uint32_t i = 0; i < b->run_count; i++) {
		bt_put64(out, b->runs[i].boot);
		out = bt_put_varint(out + 8, b->runs[i].ring);
		out = bt_put_varint(out, b->runs[i].first);
		out = bt_put_varint(out, b->runs[i].count);
	}
	out = put_planes(out, b->shape_of, places[0], b->count, width_of(shapes));
	out = put_planes(out, b->endpoint_of, places[1], b->count, width_of(endpoints));
	for (unsigned plane = 0; plane < 2; plane++)
		for (uint32_t i = 0; i < b->count; i++)
			*out++ = (uint8_t)(b->port[i] >> 8 * plane);
	for (uint32_t i = 0; i < b->count; i++) {
		out = bt_put_varint(out, bt_zigzag((uint64_t)b->time[i] - time));
		time = (uint64_t)b->time[i];
	}
	return out;
}

/* Room for the worst case. */
static size_t most_octets(const struct bt_columns_builder *b)
{
	return HEADER + (size_t)bt_intern_count(b->shapes) * BT_EVENT_ENCODED_MAX +
	       (size_t)bt_intern_count(b->endpoints) * BT_ENDPOINT_ENCODED_MAX +
	       (size_t)b->run_count * RUN_MAX + (size_t)b->count * (6 + BT_VARINT_MAX) + 8;
}

uint8_t *bt_columns_finish(struct bt_columns_builder *builder, size_t *size)
{
	uint32_t *orders[2] = {NULL}, *places[2] = {NULL};
	uint8_t *bytes = NULL;
	if (bt_sort_shapes(builder->shapes, &orders[0], &places[0]) &&
	    bt_sort_endpoints(builder->endpoints, &orders[1], &places[1]))
		bytes = bt_pages_new(most_octets(builder));
	if (bytes != NULL) {
		const uint8_t *end = put_all(builder, bytes, (const uint32_t *const *)orders,
		    (const uint32_t *const *)places);
		*size = bt_pad8((size_t)(end - bytes));
		memset(bytes + (end - bytes), 0, *size - (size_t)(end - bytes));
	}
	for (unsigned i = 0; i < 2; i++) {
		bt_pages_free(orders[i]);
		bt_pages_free(places[i]);
	}
	if (bytes != NULL)
		clear(builder);
	return bytes;
}

/* ---- and back ---- */

struct bt_columns_buffer {
	struct bt_event *shape;
	size_t shape_room;
	struct bt_columns_endpoint endpoint[BT_COLUMNS_EVENTS];
	struct bt_columns_run run[BT_COLUMNS_EVENTS];
	uint32_t shape_of[BT_COLUMNS_EVENTS], endpoint_of[BT_COLUMNS_EVENTS];
	int64_t time[BT_COLUMNS_EVENTS];
	uint16_t port[BT_COLUMNS_EVENTS];
};

void bt_columns_buffer_free(struct bt_columns_buffer **buffer)
{
	if (*buffer == NULL)
		return;
	free((*buffer)->shape);
	free(*buffer);
	*buffer = NULL;
}

static bool make_room(struct bt_columns_buffer **buffer, uint32_t shapes)
{
	if (*buffer == NULL)
		*buffer = calloc(1, sizeof(**buffer));
	if (*buffer == NULL)
		return false;
	if (shapes <= (*buffer)->shape_room)
		return true;
	struct bt_event *more = malloc(shapes * sizeof(*more));
	if (more == NULL)
		return false;
	free((*buffer)->shape);
	(*buffer)->shape = more;
	(*buffer)->shape_room = shapes;
	return true;
}

/* Their counts have to sum up to `events`. */
static void take_runs(
    struct bt_cursor *in, struct bt_columns_run *runs, uint32_t count, uint32_t events)
{
	for (uint32_t i = 0; i < count; i++) {
		struct bt_columns_run *run = &runs[i];
		run->boot = bt_get64(bt_take_bytes(in, 8));
		run->ring = (uint32_t)bt_take_varint(in, UINT32_MAX);
		run->first = bt_take_varint(in, UINT64_MAX);
		run->count = (uint32_t)bt_take_varint(in, events);
		if (run->boot == 0 || run->first == 0 || run->count == 0 ||
		    run->first > UINT64_MAX - run->count)
			in->bad = true;
		events -= run->count;
	}
	if (events != 0)
		in->bad = true;
}

/* A column of numbers below `below`. */
static void take_planes(
    struct bt_cursor *in, uint32_t *numbers, uint32_t count, unsigned width, uint32_t below)
{
	if (in->bad || (size_t)(in->end - in->at) < (size_t)width * count || below == 0) {
		in->bad = true;
		return;
	}
	uint32_t most = 0;
	memset(numbers, 0, count * sizeof(*numbers));
	for (unsigned plane = 0; plane < width; plane++)
		for (uint32_t i = 0; i < count; i++)
			numbers[i] |= (uint32_t)in->at[plane * count + i] << 8 * plane;
	for (uint32_t i = 0; i < count; i++)
		most = numbers[i] > most ? numbers[i] : most;
	if (most >= below)
		in->bad = true;
	in->at += (size_t)width * count;
}

static void take_ports(struct bt_cursor *in, uint16_t *port, uint32_t count)
{
	if (in->bad || (size_t)(in->end - in->at) < (size_t)2 * count) {
		in->bad = true;
		return;
	}
	for (uint32_t i = 0; i < count; i++)
		port[i] = (uint16_t)(in->at[i] | in->at[count + i] << 8);
	in->at += (size_t)2 * count;
}

static void take_times(struct bt_cursor *in, int64_t *times, uint32_t count)
{
	uint64_t time = 0;
	for (uint32_t i = 0; i < count; i++) {
		time += bt_unzigzag(bt_take_varint(in, UINT64_MAX));
		times[i] = (int64_t)time;
	}
}

static const char *read_all(
    struct bt_columns_buffer *to, const struct bt_columns *counts, struct bt_cursor *in)
{
	if (!bt_take_shapes(in, to->shape, counts->shapes))
		return "a shape that is no event's";
	for (uint32_t i = 0; i < counts->endpoints; i++)
		bt_take_endpoint(in, &to->endpoint[i]);
	take_runs(in, to->run, counts->runs, counts->events);
	if (in->bad)
		return "endpoints or runs that are none";
	take_planes(in, to->shape_of, counts->events, width_of(counts->shapes), counts->shapes);
	take_planes(
	    in, to->endpoint_of, counts->events, width_of(counts->endpoints), counts->endpoints);
	take_ports(in, to->port, counts->events);
	take_times(in, to->time, counts->events);
	return in->bad || in->end - in->at >= 8 ? "columns that do not fit together" : NULL;
}

const char *bt_columns_read(struct bt_columns_buffer **buffer, struct bt_columns *columns,
    const uint8_t *bytes, size_t size, uint32_t events)
{
	if (size < HEADER)
		return "columns without a header";
	struct bt_columns made = {
	    .shapes = bt_get32(bytes),
	    .endpoints = bt_get32(bytes + 4),
	    .runs = bt_get32(bytes + 8),
	    .events = bt_get32(bytes + 12),
	};
	if (made.events != events || events == 0 || events > BT_COLUMNS_EVENTS ||
	    made.shapes > events || made.endpoints > events || made.runs > events)
		return "columns of an impossible size";
	if (!make_room(buffer, made.shapes))
		return "out of memory";
	struct bt_cursor in = {.at = bytes + HEADER, .end = bytes + size};
	const char *reason = read_all(*buffer, &made, &in);
	if (reason != NULL)
		return reason;
	made.shape = (*buffer)->shape;
	made.endpoint = (*buffer)->endpoint;
	made.run = (*buffer)->run;
	made.shape_of = (*buffer)->shape_of;
	made.endpoint_of = (*buffer)->endpoint_of;
	made.time = (*buffer)->time;
	made.port = (*buffer)->port;
	*columns = made;
	return NULL;
}

void bt_columns_event(struct bt_segment_event *record, const struct bt_columns *columns, uint32_t i,
    const struct bt_columns_run *run, uint64_t sequence)
{
	const struct bt_event *shape = &columns->shape[columns->shape_of[i]];
	const struct bt_columns_endpoint *who = &columns->endpoint[columns->endpoint_of[i]];
	struct bt_event *event = &record->event;
	memcpy(event, shape, bt_event_size(shape));
	memcpy(event->client, who->client, sizeof(event->client));
	memcpy(event->via, who->via, sizeof(event->via));
	memcpy(event->device, who->device, sizeof(event->device));
	event->time = columns->time[i];
	event->port = columns->port[i];
	record->boot = run->boot;
	record->ring = run->ring;
	record->sequence = sequence;
}
