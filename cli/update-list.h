/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * update-list.h -- one list that comes from a URL, from the question to its new copy
 *
 * begin; what it asks is fetched, by bt_fetch_all(); judge; take, unless nothing is to change; end.
 *
 * Threads: one thread.
 */
#ifndef BT_UPDATE_LIST_H
#define BT_UPDATE_LIST_H

#include <stdbool.h>

#include "config.h"
#include "feed.h"
#include "fetch.h"

enum bt_outcome {
	BT_OUTCOME_NEW,     /* what came is fit to take the copy's place, and differs from it */
	BT_OUTCOME_SAME,    /* nothing new */
	BT_OUTCOME_REFUSED, /* what came is not fit: the copy stays */
	BT_OUTCOME_FAILED,  /* nothing came: the copy stays */
};

struct bt_update {
	const struct bt_config_list *list;
	char *fresh; /* the file that it comes in */
	struct bt_feed_state state;
	enum bt_outcome outcome;
	struct bt_feed_change
	    change;           /* of what is new, and of what was refused where it is known */
	struct bt_err reason; /* that it was refused, or failed */
};

/*
 * Sets *update and *fetch, which borrows from it, to ask for the list. `force`: for all of it,
 * whatever we have. False: out of memory, and there is nothing to end.
 */
bool bt_update_begin(struct bt_update *update, struct bt_fetch *fetch,
    const struct bt_config_list *list, bool force);

/*
 * What to do with what came. `force`: take it even if it has shrunk. differs() and ctx: as in
 * feed.h.
 */
void bt_update_judge(struct bt_update *update, const struct bt_fetch *fetch, bool force,
    void (*differs)(void *ctx, bool added, const char *name), void *ctx);

/* What is new takes the place of the copy, and what the server said of it is noted. */
void bt_update_take(struct bt_update *update, const struct bt_fetch *fetch);

/* Removes what came and was not taken, and frees what the update has. */
void bt_update_end(struct bt_update *update);

#endif
