/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * recover.h -- what a process that died left of its events
 *
 * Threads: for the one that holds the locks of both folders.
 */
#ifndef BT_RECOVER_H
#define BT_RECOVER_H

#include <stdbool.h>

#include "policy-store.h"

/* Rings are called RUN/ring-BOOT-NUMBER; this is the part in front. */
#define BT_RING_PREFIX "ring-"

struct bt_recover_options {
	const char *events_dir;
	const char *run_dir;
	const char *resolver;
	struct bt_policy_store *policies; /* of the run directory */
	bool subnets;                     /* as in drain.h */
	void (*log)(bool error, const char *text);
};

/*
 * Cuts and closes open segments, drains the rings that are there into segments of the boot that
 * they come from, each event once, and removes them. What cannot be done is logged, and left for
 * the next time.
 */
void bt_recover(const struct bt_recover_options *options);

#endif
