/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * feed.h -- whether what came for a list may take the place of the copy that is there
 *
 * A server can give a page of errors, half a list, or nothing, and say that all is well. What came
 * is read as it will be when it is compiled, and refused if that gives less than a list should.
 *
 * Threads: every function may be called from any thread, for different lists.
 */
#ifndef BT_FEED_H
#define BT_FEED_H

#include <stdbool.h>
#include <stdint.h>

#include "config.h"
#include "err.h"

/* How the fresh copy differs from the one before. Names count once for each scope. */
struct bt_feed_change {
	uint64_t names;          /* of the fresh copy */
	uint64_t before;         /* of the copy that is there; 0: there is none that can be read */
	uint64_t added, removed; /* names */
};

struct bt_feed_check {
	const struct bt_config_list *list;
	const char *fresh; /* the file that came */
	bool may_shrink;   /* by any share */
	/* Each name that is added or removed, as text; may be NULL. */
	void (*differs)(void *ctx, bool added, const char *name);
	void *ctx;
};

/*
 * False: it may not, and *err is the reason, without a path. *change is written whenever the fresh
 * copy can be read.
 */
bool bt_feed_check(
    const struct bt_feed_check *check, struct bt_feed_change *change, struct bt_err *err);

/* ---- feed-state.c ---- */

/* What the server said of the copy that is there (RFC 9110 8.8); each is malloc'ed, or NULL. */
struct bt_feed_state {
	char *etag, *modified;
};

/*
 * From FILE.http, beside the list's file. Empty if there is none, or if the URL, the digest that
 * the file must have, or the file is another than the one that it was written for: then the list
 * has to be fetched as a whole.
 */
void bt_feed_state_load(struct bt_feed_state *state, const struct bt_config_list *list);

/* For the file as it is now. *err begins with the path. */
bool bt_feed_state_save(
    const struct bt_feed_state *state, const struct bt_config_list *list, struct bt_err *err);

void bt_feed_state_reset(struct bt_feed_state *state);

#endif
