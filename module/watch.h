/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * watch.h -- a thread that notices when files change
 *
 * It looks at each file some times a second, by name: that works on any file system, and whether a
 * file is written in place or renamed into place. It calls back when the file is another than
 * before: replaced, written, removed, or back again. A file that is being written in place is left
 * alone until two looks find it the same, half a second at most.
 *
 * Threads: all functions from one thread; the callbacks come from the watching thread, one at a
 * time. It blocks all signals.
 */
#ifndef BT_WATCH_H
#define BT_WATCH_H

#include <stdbool.h>

#include "err.h"

enum {
	BT_WATCH_FILES = 4,   /* at most */
	BT_WATCH_MS = 100,    /* between two looks */
	BT_WATCH_SOON_MS = 5, /* between two calls of work that is not done */
};

struct bt_watch;

/*
 * A watch over no files. Beside it, the thread does `work`: after each look that found all files as
 * they were, and until it returns true also some milliseconds after it came back.
 */
bool bt_watch_new(struct bt_watch **watch, bool (*work)(void *ctx), void *ctx, struct bt_err *err);

/*
 * Watches `path` (copied), which need not exist. What it is at this moment is not a change; so
 * what is read of it afterwards may be read twice, and is not missed. Before bt_watch_start.
 */
bool bt_watch_add(
    struct bt_watch *watch, const char *path, void (*changed)(void *ctx), struct bt_err *err);

/* Starts the thread. */
bool bt_watch_start(struct bt_watch *watch, struct bt_err *err);

/*
 * Ends the thread, once a callback that is under way is done, and frees. *watch becomes NULL;
 * NULL is fine.
 */
void bt_watch_stop(struct bt_watch **watch);

#endif
