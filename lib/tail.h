/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * tail.h -- events of a log as they come, each at least once
 *
 * What was handed out is known by boot, ring and sequence number, not by a place in a file: a
 * segment may be closed, packed or copied meanwhile. A cursor is that, in a file, so that another
 * process goes on where one ended.
 *
 * Threads: a tail belongs to one thread.
 */
#ifndef BT_TAIL_H
#define BT_TAIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"
#include "segment.h"

struct bt_tail;

/* An event, and what it can be understood by. */
struct bt_tailed {
	const char *resolver; /* "?": not known */
	const struct bt_segment_event *record;
	const struct bt_policy *policy; /* NULL: not known */
};

struct bt_lost {
	const char *resolver;
	uint64_t boot, first, last;
	uint32_t ring;
	int64_t time; /* when it was noticed */
};

struct bt_tail_visitor {
	bool (*event)(void *ctx, const struct bt_tailed *event); /* false: stop */
	bool (*lost)(void *ctx, const struct bt_lost *lost);
	void (*problem)(void *ctx, const char *text);
	void *ctx;
};

/* Of the log in STATE/events, from its begin. */
bool bt_tail_new(struct bt_tail **tail, const char *state_dir, struct bt_err *err);

/* NULL is fine. */
void bt_tail_free(struct bt_tail **tail);

/* Goes on where the cursor in that file says; a file that does not exist is the begin. */
bool bt_tail_load(struct bt_tail *tail, const char *path, struct bt_err *err);

/* Writes the cursor, as a whole: what was handed out so far will not be again. */
bool bt_tail_save(const struct bt_tail *tail, const char *path, struct bt_err *err);

/*
 * Hands out what is new, file by file in the order of their names; what is in files that did not
 * change since the last look is not looked at.
 */
bool bt_tail_look(struct bt_tail *tail, const struct bt_tail_visitor *visitor, struct bt_err *err);

#endif
