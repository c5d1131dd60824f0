/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * timestamp.h -- points in time, as people and as machines write them
 *
 * Times are milliseconds since 1970-01-01 UTC. One zone a process: choosing a named one sets TZ.
 *
 * Threads: one thread.
 */
#ifndef BT_TIMESTAMP_H
#define BT_TIMESTAMP_H

#include <stdbool.h>
#include <stdint.h>

#include "err.h"

enum { BT_ZONE_MAX = 63, BT_TIME_TEXT = 48 };

struct bt_zone {
	char name[BT_ZONE_MAX + 1]; /* as output calls it */
	bool named;                 /* the process's TZ holds it; else: */
	int32_t offset;             /* seconds east of UTC */
};

/* "UTC", a fixed offset ("+02:00", "-0530", "+2"), or a name of the system's zone database. */
bool bt_zone_read(struct bt_zone *zone, const char *text, struct bt_err *err);

/*
 * "90s", "15m", "6h", "7d", "2w": that long before `now`. "now". "2026-11-23": its midnight in
 * `zone`; "2026-11-23T10:00", "2026-11-23 10:00:00.123": that moment in `zone`, or in the one that
 * follows ("Z", "+02:00"), as in RFC 3339.
 */
bool bt_time_read(
    int64_t *time, const char *text, const struct bt_zone *zone, int64_t now, struct bt_err *err);

/* "90s", "15m", "6h", "7d", "2w". *milliseconds is written only if it is one of these. */
bool bt_duration_read(int64_t *milliseconds, const char *text);

/* "%F %T.%L" in `zone`. Returns text. */
const char *bt_time_show(char text[static BT_TIME_TEXT], int64_t time, const struct bt_zone *zone);

/* RFC 3339 in UTC, with milliseconds. Returns text. */
const char *bt_time_rfc3339(char text[static BT_TIME_TEXT], int64_t time);

/* "0 s", "1.250 s", "3 min 20 s", "2 d 4 h": the two largest units. Returns text. */
const char *bt_duration_show(char text[static BT_TIME_TEXT], int64_t milliseconds);

/* The clock. */
int64_t bt_time_now(void);

#endif
