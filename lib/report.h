/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * report.h -- segments to report rows
 *
 * Exact: every event counts once, however often its segment was copied; endpoints are distinct
 * client addresses.
 *
 * Threads: a report belongs to one thread.
 */
#ifndef BT_REPORT_H
#define BT_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"

struct bt_report;

struct bt_report_filter {
	int64_t since;      /* milliseconds since 1970, inclusive; INT64_MIN: from the beginning */
	int64_t until;      /* exclusive; INT64_MAX: no end */
	const char *list;   /* only events with a match in this list; NULL: all */
	const char *domain; /* only indicators that are this name or below it; NULL: all */
};

struct bt_report_endpoint {
	uint8_t client[16]; /* as in struct bt_event */
	uint64_t hits;
	int64_t first_seen, last_seen;
};

struct bt_report_row {
	const char *domain; /* the indicator, presentation form; lives as long as the report */
	uint64_t endpoints;
	uint64_t hits;
	int64_t first_seen, last_seen; /* milliseconds since 1970; 0 if there are no hits */
	const char *list;              /* the list that it is credited to */
	const struct bt_report_endpoint
	    *who; /* by hits descending, then address; `endpoints` of them */
};

struct bt_report_list {
	const char *name, *action;
	uint64_t entries;
	int64_t modified; /* Unix seconds, 0 unknown */
};

/* How far the rows can be trusted. */
struct bt_report_coverage {
	uint64_t events;     /* read and counted, before the filter */
	uint64_t duplicates; /* seen again in a copy, not counted */
	uint64_t lost;       /* inside gaps */
	uint64_t damaged;    /* blocks that could not be read */
	unsigned segments;
	unsigned resolvers;
	int64_t first, last; /* of anything that the log holds; 0 if it is empty */
	int64_t down;        /* milliseconds in which no writer ran, between first and last */
	int64_t unprotected; /* milliseconds in which it ran without a trie */
	int64_t paused;      /* milliseconds in which it ran, and nothing was stopped */
};

bool bt_report_new(
    struct bt_report **report, const struct bt_report_filter *filter, struct bt_err *err);

/* Frees the report and sets *report to NULL. NULL is fine. */
void bt_report_free(struct bt_report **report);

/* Reads every segment under STATE/events. A state directory without events is no error. */
bool bt_report_read(struct bt_report *report, const char *state_dir, struct bt_err *err);

/*
 * Computes the rows, by endpoints descending, then name. Call once, after the last read; the rows
 * live as long as the report.
 */
bool bt_report_rows(
    struct bt_report *report, const struct bt_report_row **rows, size_t *count, struct bt_err *err);

/* Problems met on the way, one line each ("PATH: reason"). NULL after the last. */
const char *bt_report_problem(const struct bt_report *report, size_t i);

struct bt_report_coverage bt_report_coverage(const struct bt_report *report);

/* Resolvers and lists that the log names, by name. NULL (or a list without a name) after the last.
 */
const char *bt_report_resolver(const struct bt_report *report, size_t i);
struct bt_report_list bt_report_list(const struct bt_report *report, size_t i);

#endif
