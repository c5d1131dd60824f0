/* SPDX-License-Identifier: BSD-3-Clause */
/* roll-read.c -- the hits of a day, as roll-ups hold them: read */

#include <stdlib.h>
#include <string.h>

#include "endian.h"
#include "roll.h"
#include "segment-shapes.h"

/* ---- and back ---- */

struct bt_roll_buffer {
	struct bt_event *shape;
	struct bt_columns_endpoint *endpoint;
	struct bt_roll_group *group;
	uint32_t *endpoint_of;
	struct bt_roll_row *row;
	size_t shapes, endpoints, groups, endpoints_of, rows; /* room */
};

void bt_roll_buffer_free(struct bt_roll_buffer **buffer)
{
	struct bt_roll_buffer *b = *buffer;
	if (b == NULL)
		return;
	free(b->shape);
	free(b->endpoint);
	free(b->group);
	free(b->endpoint_of);
	free(b->row);
	free(b);
	*buffer = NULL;
}

/* What was there is not kept. */
static bool fit(void *array, size_t *room, size_t count, size_t size)
{
	void *old, *made;
	if (count <= *room)
		return true;
	made = malloc(count * size);
	if (made == NULL)
		return false;
	memcpy(&old, array, sizeof(old));
	free(old);
	memcpy(array, &made, sizeof(made));
	*room = count;
	return true;
}

static bool fit_all(struct bt_roll_buffer **buffer, const struct bt_roll *counts)
{
	if (*buffer == NULL)
		*buffer = calloc(1, sizeof(**buffer));
	struct bt_roll_buffer *b = *buffer;
	return b != NULL && fit(&b->shape, &b->shapes, counts->shapes, sizeof(*b->shape)) &&
	       fit(&b->endpoint, &b->endpoints, counts->endpoints, sizeof(*b->endpoint)) &&
	       fit(&b->group, &b->groups, counts->groups, sizeof(*b->group)) &&
	       fit(&b->endpoint_of, &b->endpoints_of, counts->rows, sizeof(*b->endpoint_of));
}

/* Whether both moments are of the group's day: any other number of it would be another day's. */
static bool is_of_day(const struct bt_roll_group *group)
{
	return bt_roll_day(group->first_seen) == group->day &&
	       bt_roll_day(group->last_seen) == group->day && group->first_seen <= group->last_seen;
}

static void take_groups(
    struct bt_cursor *in, struct bt_roll_group *group, const struct bt_roll *counts)
{
	uint64_t shape = 0, day = 0;
	uint32_t row = 0;
	for (uint32_t i = 0; i < counts->groups && !in->bad; i++) {
		shape += bt_take_varint(in, UINT32_MAX);
		day += bt_unzigzag(bt_take_varint(in, UINT64_MAX));
		group[i].shape = (uint32_t)shape;
		group[i].day = (int64_t)day;
		group[i].row = row;
		group[i].rows = (uint32_t)bt_take_varint(in, counts->rows - row);
		group[i].hits = bt_take_varint(in, UINT64_MAX);
		uint64_t first = bt_take_varint(in, BT_ROLL_DAY_MS - 1);
		uint64_t rest = bt_take_varint(in, BT_ROLL_DAY_MS - 1 - first);
		group[i].first_seen = (int64_t)(bt_roll_begin(group[i].day) + first);
		group[i].last_seen = (int64_t)(bt_roll_begin(group[i].day) + first + rest);
		if (shape >= counts->shapes || !is_of_day(&group[i]) || group[i].rows == 0 ||
		    group[i].hits < group[i].rows) {
			in->bad = true;
			return;
		}
		row += group[i].rows;
	}
	if (row != counts->rows)
		in->bad = true;
}

static void take_endpoints_of(
    struct bt_cursor *in, struct bt_roll_buffer *b, const struct bt_roll *counts)
{
	for (uint32_t i = 0; i < counts->groups && !in->bad; i++) {
		const struct bt_roll_group *group = &b->group[i];
		uint64_t endpoint = 0;
		for (uint32_t j = 0; j < group->rows && !in->bad; j++) {
			endpoint += bt_take_varint(in, counts->endpoints) + (j > 0);
			if (endpoint >= counts->endpoints)
				in->bad = true;
			b->endpoint_of[group->row + j] = (uint32_t)endpoint;
		}
	}
}

const char *bt_roll_read(struct bt_roll_buffer **buffer, struct bt_roll *roll, const uint8_t *bytes,
    size_t size, uint32_t rows)
{
	if (size < BT_ROLL_HEADER)
		return "a roll-up without a header";
	struct bt_roll made = {
	    .shapes = bt_get32(bytes),
	    .endpoints = bt_get32(bytes + 4),
	    .groups = bt_get32(bytes + 8),
	    .rows = bt_get32(bytes + 12),
	};
	if (made.rows != rows || rows == 0 || rows > BT_ROLL_ROWS || made.shapes > rows ||
	    made.endpoints > rows || made.groups > rows)
		return "a roll-up of an impossible size";
	if (!fit_all(buffer, &made))
		return "out of memory";
	struct bt_roll_buffer *to = *buffer;
	struct bt_cursor in = {.at = bytes + BT_ROLL_HEADER, .end = bytes + size};
	if (!bt_take_shapes(&in, to->shape, made.shapes))
		return "a shape that is no event's";
	for (uint32_t i = 0; i < made.endpoints; i++)
		bt_take_endpoint(&in, &to->endpoint[i]);
	take_groups(&in, to->group, &made);
	take_endpoints_of(&in, to, &made);
	if (in.bad || in.end - in.at >= 8)
		return "groups that do not fit together";
	made.shape = to->shape;
	made.endpoint = to->endpoint;
	made.group = to->group;
	made.endpoint_of = to->endpoint_of;
	*roll = made;
	return NULL;
}

/* Hits have to sum up to those of the group, and times to be within it. */
static bool take_row(
    struct bt_cursor *in, const struct bt_roll_group *group, struct bt_roll_row *row)
{
	int64_t rest = group->last_seen - row->first_seen;
	uint64_t took = row->hits > 1 ? bt_take_varint(in, (uint64_t)rest) : 0;
	row->last_seen = row->first_seen + (int64_t)took;
	return !in->bad;
}

const char *bt_roll_read_rows(
    struct bt_roll_buffer *buffer, struct bt_roll *roll, const uint8_t *bytes, size_t size)
{
	struct bt_cursor in = {.at = bytes, .end = bytes + size};
	if (!fit(&buffer->row, &buffer->rows, roll->rows, sizeof(*buffer->row)))
		return "out of memory";
	for (uint32_t i = 0; i < roll->groups && !in.bad; i++) {
		const struct bt_roll_group *group = &roll->group[i];
		uint64_t left = group->hits;
		for (uint32_t j = 0; j < group->rows; j++) {
			struct bt_roll_row *row = &buffer->row[group->row + j];
			row->hits = bt_take_varint(&in, UINT64_MAX - 1) + 1;
			in.bad |= row->hits > left;
			left -= row->hits;
		}
		in.bad |= left != 0;
	}
	for (uint32_t i = 0; i < roll->groups && !in.bad; i++) {
		const struct bt_roll_group *group = &roll->group[i];
		uint64_t most = (uint64_t)group->last_seen - (uint64_t)group->first_seen;
		for (uint32_t j = 0; j < group->rows; j++)
			buffer->row[group->row + j].first_seen =
			    group->first_seen + (int64_t)bt_take_varint(&in, most);
	}
	for (uint32_t i = 0; i < roll->groups && !in.bad; i++) {
		const struct bt_roll_group *group = &roll->group[i];
		for (uint32_t j = 0; j < group->rows; j++)
			if (!take_row(&in, group, &buffer->row[group->row + j]))
				break;
	}
	if (in.bad || in.end - in.at >= 8)
		return "rows that do not fit together";
	roll->row = buffer->row;
	return NULL;
}
