/* SPDX-License-Identifier: BSD-3-Clause */
/* roll.c -- the hits of a day, each (indicator, endpoint) once: gathered, and to octets */

#include <stdlib.h>
#include <string.h>

#include "endian.h"
#include "pages.h"
#include "pairs.h"
#include "roll.h"
#include "segment-format.h"
#include "segment-shapes.h"

enum {
	GROUP_MAX = 6 * BT_VARINT_MAX, /* octets */
	ROW_MAX = 3 * BT_VARINT_MAX,
};

/* ---- what is kept of an event ---- */

static size_t size_of_labels(const uint8_t *key, unsigned labels)
{
	size_t size = 0;
	for (unsigned i = 0; i < labels; i++)
		size += key[size] + 1u;
	return size;
}

static unsigned most_labels(const struct bt_event *event)
{
	unsigned labels = event->labels;
	for (unsigned i = 0; i < event->match_count; i++)
		labels = event->matches[i].labels > labels ? event->matches[i].labels : labels;
	return labels;
}

void bt_roll_shape(struct bt_event *shape, const struct bt_event *event)
{
	unsigned name_size;
	const uint8_t *name = bt_event_name(event, &name_size);
	memset(shape, 0, offsetof(struct bt_event, key));
	shape->policy = event->policy;
	shape->qclass = event->qclass;
	shape->list = event->list;
	shape->action = event->action;
	shape->labels = event->labels;
	shape->match_count = event->match_count;
	memcpy(shape->matches, event->matches, event->match_count * sizeof(*event->matches));
	size_t size = size_of_labels(name, most_labels(event));
	memcpy(shape->key, name, size);
	if (size < name_size) {
		shape->key[size++] = 1;
		shape->key[size++] = '*';
	}
	shape->key_size = (uint8_t)size;
}

/* ---- gathering ---- */

struct bt_roll_builder {
	struct bt_intern *shapes, *endpoints, *groups; /* the last: (shape, day) */
	struct bt_pairs pairs;                         /* (group, endpoint) */
	struct group {
		uint32_t shape;
		int64_t day;
		struct bt_roll_row sum;
		uint32_t rows;
	} * group;
	struct row {
		uint32_t group, endpoint;
		struct bt_roll_row sum;
	} * row;
	size_t group_room, row_room;
};

static void clear(struct bt_roll_builder *builder)
{
	bt_intern_clear(builder->shapes);
	bt_intern_clear(builder->endpoints);
	bt_intern_clear(builder->groups);
	bt_pairs_clear(&builder->pairs);
}

struct bt_roll_builder *bt_roll_new(void)
{
	struct bt_roll_builder *builder = calloc(1, sizeof(*builder));
	if (builder == NULL)
		return NULL;
	builder->shapes = bt_intern_new();
	builder->endpoints = bt_intern_new();
	builder->groups = bt_intern_new();
	if (builder->shapes == NULL || builder->endpoints == NULL || builder->groups == NULL)
		bt_roll_free(&builder);
	return builder;
}

void bt_roll_free(struct bt_roll_builder **builder)
{
	if (*builder == NULL)
		return;
	bt_intern_free(&(*builder)->shapes);
	bt_intern_free(&(*builder)->endpoints);
	bt_intern_free(&(*builder)->groups);
	bt_pairs_clear(&(*builder)->pairs);
	free((*builder)->group);
	free((*builder)->row);
	free(*builder);
	*builder = NULL;
}

uint32_t bt_roll_count(const struct bt_roll_builder *builder)
{
	return builder->pairs.count;
}

/* Room for one more than `count` elements of `size` octets. */
static void *more_room(void *array, size_t *room, size_t count, size_t size)
{
	if (count < *room)
		return array;
	size_t wanted = *room == 0 ? 1024 : 2 * *room;
	void *larger = realloc(array, wanted * size);
	if (larger != NULL)
		*room = wanted;
	return larger;
}

static bool make_room(struct bt_roll_builder *b)
{
	void *group =
	    more_room(b->group, &b->group_room, bt_intern_count(b->groups), sizeof(*b->group));
	if (group == NULL)
		return false;
	b->group = group;
	void *row = more_room(b->row, &b->row_room, b->pairs.count, sizeof(*b->row));
	if (row == NULL)
		return false;
	b->row = row;
	return true;
}

static void sum_up(struct bt_roll_row *sum, const struct bt_roll_row *hits)
{
	if (sum->hits == 0 || hits->first_seen < sum->first_seen)
		sum->first_seen = hits->first_seen;
	if (sum->hits == 0 || hits->last_seen > sum->last_seen)
		sum->last_seen = hits->last_seen;
	sum->hits += hits->hits;
}

static bool find_group(
    struct bt_roll_builder *builder, uint32_t shape, int64_t day, uint32_t *group)
{
	uint8_t key[12];
	bt_put32(key, shape);
	bt_put64(key + 4, (uint64_t)day);
	return bt_intern_add(builder->groups, key, sizeof(key), group);
}

bool bt_roll_add(struct bt_roll_builder *builder, const struct bt_event *shape,
    const struct bt_columns_endpoint *endpoint, const struct bt_roll_row *hits)
{
	int64_t day = bt_roll_day(hits->first_seen);
	uint32_t groups = bt_intern_count(builder->groups), rows = builder->pairs.count;
	uint32_t shape_at, endpoint_at, group, row;
	if (!make_room(builder) || !bt_shape_add(builder->shapes, shape, &shape_at) ||
	    !bt_intern_add(builder->endpoints, endpoint, sizeof(*endpoint), &endpoint_at) ||
	    !find_group(builder, shape_at, day, &group) ||
	    !bt_pairs_add(&builder->pairs, group, endpoint_at, &row))
		return false;
	if (group == groups)
		builder->group[group] = (struct group){.shape = shape_at, .day = day};
	if (row == rows) {
		builder->row[row] = (struct row){.group = group, .endpoint = endpoint_at};
		builder->group[group].rows++;
	}
	sum_up(&builder->group[group].sum, hits);
	sum_up(&builder->row[row].sum, hits);
	return true;
}

/* ---- to octets ---- */

/* An order of numbers: groups by shape and day, rows by group and endpoint. */
struct ordered {
	uint64_t by, then;
	uint32_t number;
};

static int compare(const void *a, const void *b)
{
	const struct ordered *left = a, *right = b;
	if (left->by != right->by)
		return left->by < right->by ? -1 : 1;
	return left->then < right->then ? -1 : left->then > right->then;
}

static struct ordered *order_groups(const struct bt_roll_builder *b, const uint32_t *shape_place)
{
	uint32_t count = bt_intern_count(b->groups);
	struct ordered *order = malloc(((size_t)count + 1) * sizeof(*order));
	for (uint32_t i = 0; order != NULL && i < count; i++)
		order[i] = (struct ordered){shape_place[b->group[i].shape],
		    (uint64_t)b->group[i].day ^ UINT64_C(1) << 63, i};
	if (order != NULL && count > 0)
		qsort(order, count, sizeof(*order), compare);
	return order;
}

static struct ordered *order_rows(
    const struct bt_roll_builder *b, const struct ordered *groups, const uint32_t *endpoint_place)
{
	uint32_t count = b->pairs.count;
	struct ordered *order = malloc(((size_t)count + 1) * sizeof(*order));
	uint32_t *place = malloc(((size_t)bt_intern_count(b->groups) + 1) * sizeof(*place));
	if (order == NULL || place == NULL) {
		free(order);
		free(place);
		return NULL;
	}
	for (uint32_t i = 0; i < bt_intern_count(b->groups); i++)
		place[groups[i].number] = i;
	for (uint32_t i = 0; i < count; i++)
		order[i] =
		    (struct ordered){place[b->row[i].group], endpoint_place[b->row[i].endpoint], i};
	free(place);
	if (count > 0)
		qsort(order, count, sizeof(*order), compare);
	return order;
}

static uint8_t *put_group(uint8_t *out, const struct group *group, uint64_t shape, uint64_t day)
{
	uint64_t first = (uint64_t)group->sum.first_seen;
	out = bt_put_varint(out, shape);
	out = bt_put_varint(out, bt_zigzag(day));
	out = bt_put_varint(out, group->rows);
	out = bt_put_varint(out, group->sum.hits);
	out = bt_put_varint(out, first - bt_roll_begin(group->day));
	return bt_put_varint(out, (uint64_t)group->sum.last_seen - first);
}

/* The sorted orders of everything that a builder has. */
struct orders {
	uint32_t *shapes, *endpoints, *shape_place, *endpoint_place;
	struct ordered *groups, *rows;
};

static bool sort_all(const struct bt_roll_builder *b, struct orders *orders)
{
	if (!bt_sort_shapes(b->shapes, &orders->shapes, &orders->shape_place) ||
	    !bt_sort_endpoints(b->endpoints, &orders->endpoints, &orders->endpoint_place))
		return false;
	orders->groups = order_groups(b, orders->shape_place);
	if (orders->groups == NULL)
		return false;
	orders->rows = order_rows(b, orders->groups, orders->endpoint_place);
	return orders->rows != NULL;
}

static uint8_t *pad(uint8_t *bytes, uint8_t *end, size_t *size)
{
	size_t used = (size_t)(end - bytes);
	*size = bt_pad8(used);
	memset(end, 0, *size - used);
	return bytes;
}

static uint8_t *put_groups(
    const struct bt_roll_builder *b, const struct orders *orders, size_t *size)
{
	uint32_t shapes = bt_intern_count(b->shapes), endpoints = bt_intern_count(b->endpoints);
	uint32_t groups = bt_intern_count(b->groups), rows = b->pairs.count;
	uint8_t *bytes = malloc(BT_ROLL_HEADER + (size_t)shapes * BT_EVENT_ENCODED_MAX +
				(size_t)endpoints * BT_ENDPOINT_ENCODED_MAX +
				(size_t)groups * GROUP_MAX + (size_t)rows * BT_VARINT_MAX + 8);
	if (bytes == NULL)
		return NULL;
	bt_put32(bytes, shapes);
	bt_put32(bytes + 4, endpoints);
	bt_put32(bytes + 8, groups);
	bt_put32(bytes + 12, rows);
	uint8_t *out = bt_put_shapes(bytes + BT_ROLL_HEADER, b->shapes, orders->shapes);
	for (uint32_t i = 0; i < endpoints; i++) {
		size_t length;
		out = bt_put_endpoint(
		    out, bt_intern_bytes(b->endpoints, orders->endpoints[i], &length));
	}
	uint64_t shape = 0, day = 0;
	for (uint32_t i = 0; i < groups; i++) {
		const struct group *group = &b->group[orders->groups[i].number];
		out =
		    put_group(out, group, orders->groups[i].by - shape, (uint64_t)group->day - day);
		shape = orders->groups[i].by;
		day = (uint64_t)group->day;
	}
	for (uint32_t i = 0; i < rows; i++) {
		const struct ordered *row = &orders->rows[i];
		bool first = i == 0 || row[-1].by != row->by;
		out = bt_put_varint(out, first ? row->then : row->then - row[-1].then - 1);
	}
	return pad(bytes, out, size);
}

static uint8_t *put_rows(const struct bt_roll_builder *b, const struct orders *orders, size_t *size)
{
	uint32_t rows = b->pairs.count;
	uint8_t *bytes = malloc((size_t)rows * ROW_MAX + 8), *out = bytes;
	if (bytes == NULL)
		return NULL;
	for (uint32_t i = 0; i < rows; i++)
		out = bt_put_varint(out, b->row[orders->rows[i].number].sum.hits - 1);
	for (uint32_t i = 0; i < rows; i++) {
		const struct row *row = &b->row[orders->rows[i].number];
		out = bt_put_varint(out,
		    (uint64_t)row->sum.first_seen - (uint64_t)b->group[row->group].sum.first_seen);
	}
	for (uint32_t i = 0; i < rows; i++) {
		const struct bt_roll_row *sum = &b->row[orders->rows[i].number].sum;
		if (sum->hits > 1)
			out = bt_put_varint(
			    out, (uint64_t)sum->last_seen - (uint64_t)sum->first_seen);
	}
	return pad(bytes, out, size);
}

bool bt_roll_finish(struct bt_roll_builder *builder, uint8_t *bytes[2], size_t size[2])
{
	struct orders orders = {0};
	bytes[0] = bytes[1] = NULL;
	if (sort_all(builder, &orders)) {
		bytes[0] = put_groups(builder, &orders, &size[0]);
		bytes[1] = put_rows(builder, &orders, &size[1]);
	}
	bt_pages_free(orders.shapes);
	bt_pages_free(orders.endpoints);
	bt_pages_free(orders.shape_place);
	bt_pages_free(orders.endpoint_place);
	free(orders.groups);
	free(orders.rows);
	if (bytes[0] != NULL && bytes[1] != NULL) {
		clear(builder);
		return true;
	}
	free(bytes[0]);
	free(bytes[1]);
	return false;
}
