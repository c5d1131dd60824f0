/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * json-walk.h -- a JSON text (RFC 8259), member by member
 *
 * The large objects and arrays of a text are walked through, and what is small in them is made a
 * value by jansson. So a text takes the memory of its largest record, and for each record the line
 * is known. A walk is a value: a copy of it is a place to go back to.
 *
 *     bt_json_enter(&walk, '{');
 *     while (bt_json_next(&walk))
 *             if (bt_json_is(&walk, "data")) ... else bt_json_skip(&walk);
 *
 * What is no JSON ends the walk: bt_json_next() is false from then on, and bt_json_ended() tells
 * why, with line and column.
 *
 * Threads: a walk belongs to one thread.
 */
#ifndef BT_JSON_WALK_H
#define BT_JSON_WALK_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "err.h"

enum {
	BT_JSON_DEPTH = 8,       /* objects and arrays that are walked through, one in another */
	BT_JSON_VALUE = 8 << 20, /* octets of a value */
	BT_JSON_KEY = 64,        /* octets of a key that can be told from others */
};

struct bt_json_walk {
	const char *text; /* borrowed */
	size_t size, at;
	unsigned line; /* of `at`, from 1 */
	size_t begin;  /* of that line */
	unsigned depth;
	char closing[BT_JSON_DEPTH]; /* what ends each of those that are open: '}' or ']' */
	bool fresh;                  /* nothing of the innermost one was read yet */
	char key[BT_JSON_KEY];       /* of the member, "" in an array or if it is longer */
	bool failed;
	struct bt_err error;
};

void bt_json_begin(struct bt_json_walk *walk, const char *text, size_t size);

/* Whether the value that comes next begins with this character: '{' or '['. */
bool bt_json_comes(struct bt_json_walk *walk, char c);

/* Goes into the object ('{') or array ('[') that comes next. False: there is none; it fails. */
bool bt_json_enter(struct bt_json_walk *walk, char c);

/* To the next member. False: there is none, and the walk is behind the object or array. */
bool bt_json_next(struct bt_json_walk *walk);

/* Whether the member has this key. */
bool bt_json_is(const struct bt_json_walk *walk, const char *key);

/*
 * The value that comes next, which the caller releases by json_decref(). NULL: it is none. Numbers
 * are reals, and strings may hold zero octets.
 */
json_t *bt_json_value(struct bt_json_walk *walk);

/* Moves past it. */
void bt_json_skip(struct bt_json_walk *walk);

/* Whether all was well so far; *err is "path:line:column: reason" if not. */
bool bt_json_ended(const struct bt_json_walk *walk, const char *path, struct bt_err *err);

/* The same, and that nothing follows. */
bool bt_json_finish(struct bt_json_walk *walk, const char *path, struct bt_err *err);

#endif
