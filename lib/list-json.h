/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * list-json.h -- what the formats in JSON share (private to lib/list*.c)
 *
 * Threads: none of it is shared.
 */
#ifndef BT_LIST_JSON_H
#define BT_LIST_JSON_H

#include "json-walk.h"
#include "list-meta.h"

enum { BT_LIST_JSON_MAX = 1 << 28 /* octets of a list */ };

/* An indicator while it is read. */
struct bt_list_found {
	struct bt_line name; /* borrowed; number: the line that it is in */
	uint8_t scope;
	struct bt_list_meta meta;
};

/* Whether a text that begins so is JSON. */
bool bt_list_is_json(const char *at, size_t size);

/* The string of a member, of size 0 if there is none. */
struct bt_line bt_list_json_line(const json_t *object, const char *key);

/* Whether a member is true, or a 1 as some write it. */
bool bt_list_json_true(const json_t *object, const char *key);

/*
 * Adds what a member says, if it is a string or a number; of an array, each one. Dates may be
 * written as RFC 3339 has them in UTC, with parts of a second, which go.
 */
void bt_list_json_add(
    struct bt_list_meta *meta, const char *key, const json_t *object, const char *member);
void bt_list_json_add_value(struct bt_list_meta *meta, const char *key, const json_t *value);

/* Makes the host of it that a URL is about. NULL, or why it is skipped. */
const char *bt_list_json_host(const struct bt_list_parse *parse, struct bt_list_found *found);

/* Hands the indicator over, unless its name is bad: that is counted. */
bool bt_list_json_emit(
    struct bt_list_parse *parse, const struct bt_list_found *found, struct bt_err *err);

#endif
