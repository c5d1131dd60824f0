/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * segment-columns.h -- many events in columns, as closed segments hold them
 *
 * What events have in common stands once: shapes (all of an event but who asked, when, and its
 * number) and endpoints. The rest is a column each. doc/event-format.md has the bytes.
 *
 * Threads: no shared state.
 */
#ifndef BT_SEGMENT_COLUMNS_H
#define BT_SEGMENT_COLUMNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "event.h"

struct bt_segment_event;

enum { BT_COLUMNS_EVENTS = 1 << 18 /* in one block, at most */ };

/* Who asked. */
struct bt_columns_endpoint {
	uint8_t client[16], via[16], device[BT_DEVICE_SIZE]; /* as in struct bt_event */
};

/* Events that follow each other in a ring. */
struct bt_columns_run {
	uint64_t boot, first; /* `first` of the sequence numbers */
	uint32_t ring, count;
};

/* The events of a block, in the order in which they were written. */
struct bt_columns {
	uint32_t shapes, endpoints, runs, events;
	/* Events whose time, client, via, device and port mean nothing. */
	const struct bt_event *shape;
	const struct bt_columns_endpoint *endpoint;
	const struct bt_columns_run *run; /* their counts sum up to `events` */
	const uint32_t *shape_of;         /* by event: a number below `shapes`, */
	const uint32_t *endpoint_of;      /* and one below `endpoints` */
	const int64_t *time;              /* as in struct bt_event */
	const uint16_t *port;
};

/* ---- to octets ---- */

struct bt_columns_builder;

/* NULL if memory runs out. */
struct bt_columns_builder *bt_columns_new(void);

/* NULL is fine. */
void bt_columns_free(struct bt_columns_builder **builder);

/* Adds an event; at most BT_COLUMNS_EVENTS. False if memory runs out. */
bool bt_columns_add(struct bt_columns_builder *builder, const struct bt_segment_event *record);

uint32_t bt_columns_count(const struct bt_columns_builder *builder);

/*
 * The octets of what was added, which is forgotten then: of pages.h, the caller's, their number a
 * multiple of 8. NULL if memory runs out.
 */
uint8_t *bt_columns_finish(struct bt_columns_builder *builder, size_t *size);

/* ---- and back ---- */

struct bt_columns_buffer;

/*
 * Reads the octets of one block. *columns points into *buffer, which is made if it is NULL, and
 * used again by the next call. NULL if they are columns; else what is wrong with them, or that
 * memory ran out: static text.
 */
const char *bt_columns_read(struct bt_columns_buffer **buffer, struct bt_columns *columns,
    const uint8_t *bytes, size_t size, uint32_t events);

/* NULL is fine. */
void bt_columns_buffer_free(struct bt_columns_buffer **buffer);

/* Event number `i`, whole; `run` is the one that it is in, and `sequence` its number. */
void bt_columns_event(struct bt_segment_event *record, const struct bt_columns *columns, uint32_t i,
    const struct bt_columns_run *run, uint64_t sequence);

#endif
