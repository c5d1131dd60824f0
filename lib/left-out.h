/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * left-out.h -- what of a list does not count, by reason
 *
 * Threads: a tally belongs to one thread.
 */
#ifndef BT_LEFT_OUT_H
#define BT_LEFT_OUT_H

#include <stdbool.h>
#include <stdint.h>

#include "name.h"

enum {
	BT_LEFT_OUT_REASONS = 32, /* more count as the last */
	BT_LEFT_OUT_SHOWN = 5,    /* of each reason */
};

struct bt_left_out {
	const char *reason;
	bool refused; /* by a guard, for which the list can have an exception */
	uint64_t count;
	/* The first ones: where they stand, and their names where these are known. */
	struct {
		unsigned line;
		bool has_name;
		struct bt_key name;
	} first[BT_LEFT_OUT_SHOWN];
};

struct bt_left_outs {
	struct bt_left_out *list;
	unsigned count;
};

/* Counts one; `name` NULL: it has none. The reason is borrowed. False if memory runs out. */
bool bt_left_out_add(struct bt_left_outs *all, const char *reason, bool refused, unsigned line,
    const struct bt_key *name);

/* Back to none. */
void bt_left_out_reset(struct bt_left_outs *all);

void bt_left_out_free(struct bt_left_outs *all);

#endif
