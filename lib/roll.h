/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * roll.h -- the hits of a day, each (indicator, endpoint) once, as roll-ups hold them
 *
 * doc/event-format.md has the bytes.
 *
 * Threads: no shared state.
 */
#ifndef BT_ROLL_H
#define BT_ROLL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "segment-columns.h"

enum {
	BT_ROLL_ROWS = 1 << 20, /* in one block, at most */
	BT_ROLL_DAY_MS = 86400000,
	BT_ROLL_HEADER = 16, /* octets: the numbers of shapes, endpoints, groups and rows */
};

/* Events of a segment that are summed up, all that it has of a ring without a gap; 0: none at all.
 */
struct bt_roll_source {
	uint64_t boot;
	uint32_t number, ring;    /* `number` of the segment */
	uint64_t first, last;     /* sequence numbers */
	int64_t earliest, latest; /* of the segment: milliseconds since 1970 */
};

/* Hits of one shape on one day of UTC. */
struct bt_roll_group {
	uint32_t shape;
	uint32_t row, rows; /* its first row, and how many follow each other */
	int64_t day;        /* since 1970 */
	uint64_t hits;
	int64_t first_seen, last_seen;
};

/* What an endpoint has of a group. */
struct bt_roll_row {
	uint64_t hits;
	int64_t first_seen, last_seen;
};

struct bt_roll {
	uint32_t shapes, endpoints, groups, rows;
	/*
	 * Events without time, client and transport. Of the name that matched they have what is
	 * listed; a name below that has one label "*" more. The type asked for is 0.
	 */
	const struct bt_event *shape;
	const struct bt_columns_endpoint *endpoint;
	const struct bt_roll_group *group; /* by shape, then day */
	const uint32_t *endpoint_of;       /* by row: a number below `endpoints`; a group ascends */
	const struct bt_roll_row *row;     /* NULL: nobody asked */
};

/* The name that is kept of an event: see above. */
void bt_roll_shape(struct bt_event *shape, const struct bt_event *event);

/* The day of UTC that has this moment. */
static inline int64_t bt_roll_day(int64_t time)
{
	return time / BT_ROLL_DAY_MS - (time % BT_ROLL_DAY_MS < 0);
}

/* When it begins, modulo 2^64: that may be earlier than an int64_t can say. */
static inline uint64_t bt_roll_begin(int64_t day)
{
	return (uint64_t)day * BT_ROLL_DAY_MS;
}

/* ---- to octets ---- */

struct bt_roll_builder;

/* NULL if memory runs out. */
struct bt_roll_builder *bt_roll_new(void);

/* NULL is fine. */
void bt_roll_free(struct bt_roll_builder **builder);

/*
 * Adds hits of a shape and an endpoint on one day. At most BT_ROLL_ROWS rows come of it. False if
 * memory runs out.
 */
bool bt_roll_add(struct bt_roll_builder *builder, const struct bt_event *shape,
    const struct bt_columns_endpoint *endpoint, const struct bt_roll_row *hits);

uint32_t bt_roll_count(const struct bt_roll_builder *builder);

/*
 * The octets of what was added, which is forgotten then, as a block of groups and one of rows:
 * malloc'ed, the caller's, their numbers multiples of 8. False if memory runs out.
 */
bool bt_roll_finish(struct bt_roll_builder *builder, uint8_t *bytes[2], size_t size[2]);

/* ---- and back ---- */

struct bt_roll_buffer;

/*
 * Reads the octets of a block of groups. *roll points into *buffer, which is made if it is NULL,
 * and used again by the next call. NULL if they are groups; else what is wrong with them, or that
 * memory ran out: static text.
 */
const char *bt_roll_read(struct bt_roll_buffer **buffer, struct bt_roll *roll, const uint8_t *bytes,
    size_t size, uint32_t rows);

/* And those of the block of rows behind it. */
const char *bt_roll_read_rows(
    struct bt_roll_buffer *buffer, struct bt_roll *roll, const uint8_t *bytes, size_t size);

/* NULL is fine. */
void bt_roll_buffer_free(struct bt_roll_buffer **buffer);

#endif
