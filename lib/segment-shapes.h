/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * segment-shapes.h -- what many events have in common, and who asked, as blocks hold them
 *
 * For the writers and readers of columns and of roll-ups only; doc/event-format.md has the bytes.
 *
 * Threads: no shared state.
 */
#ifndef BT_SEGMENT_SHAPES_H
#define BT_SEGMENT_SHAPES_H

#include "intern.h"
#include "segment-columns.h"
#include "varint.h"

enum { BT_ENDPOINT_ENCODED_MAX = 1 + 16 + 16 + BT_DEVICE_SIZE /* octets */ };

/*
 * Adds the event's shape, which is all of it but who asked, and when, to a table of shapes; its
 * number there. False: as bt_intern_add.
 */
bool bt_shape_add(struct bt_intern *shapes, const struct bt_event *event, uint32_t *id);

void bt_endpoint_of(struct bt_columns_endpoint *endpoint, const struct bt_event *event);

/*
 * An order in which what is alike stands together, and the place of each entry in it: shapes by
 * name, endpoints (as struct bt_columns_endpoint) by address. Both are of pages.h, the caller's,
 * also if it fails: false if memory runs out.
 */
bool bt_sort_shapes(struct bt_intern *shapes, uint32_t **order, uint32_t **place);
bool bt_sort_endpoints(struct bt_intern *endpoints, uint32_t **order, uint32_t **place);

/* Both return where the next octet goes: BT_EVENT_ENCODED_MAX and the above are room enough. */
uint8_t *bt_put_shapes(uint8_t *out, const struct bt_intern *shapes, const uint32_t *order);
uint8_t *bt_put_endpoint(uint8_t *out, const struct bt_columns_endpoint *endpoint);

/* False: they are none. */
bool bt_take_shapes(struct bt_cursor *in, struct bt_event *shape, uint32_t count);
void bt_take_endpoint(struct bt_cursor *in, struct bt_columns_endpoint *endpoint);

#endif
