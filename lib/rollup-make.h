/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * rollup-make.h -- one roll-up, for rollup.c only
 *
 * Threads: every function may be called from any thread.
 */
#ifndef BT_ROLLUP_MAKE_H
#define BT_ROLLUP_MAKE_H

#include <stddef.h>
#include <stdint.h>

#include "err.h"

/* A segment to be summed up. */
struct bt_rollup_part {
	char *path; /* borrowed */
	uint64_t boot;
	uint32_t number;
	int64_t day; /* on which it was begun */
	bool open;
};

struct bt_rollup_sum {
	uint64_t events, rows;
};

/* Sums up `count` > 0 whole segments into `path`, which is then there, whole. */
bool bt_rollup_make(const char *path, const struct bt_rollup_part *parts, size_t count,
    struct bt_rollup_sum *sum, struct bt_err *err);

/* Fails if anything in a segment or a roll-up is damaged. */
bool bt_rollup_check(const char *path, struct bt_err *err);

#endif
