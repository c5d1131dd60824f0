/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * report.h -- events to report rows
 *
 * Exact: every event counts once, however often its segment was copied; endpoints are distinct
 * clients.
 *
 * Times are milliseconds since 1970-01-01 UTC.
 *
 * Threads: a report belongs to one thread.
 */
#ifndef BT_REPORT_H
#define BT_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"
#include "event.h"
#include "network.h"
#include "policy.h"
#include "rhythm.h"

struct bt_report;

/* What the rows are of. A hit without a list, campaign or family is in a row called "-". */
enum bt_report_by {
	BT_BY_INDICATOR,
	BT_BY_LIST,
	BT_BY_CAMPAIGN,
	BT_BY_FAMILY,
	BT_BY_CLIENT,
	BT_BY_QNAME,
	BT_BY_DAY, /* of UTC */
	BT_BYS
};

/* Always descending, then by name; by name, ascending. */
enum bt_report_sort {
	BT_SORT_ENDPOINTS,
	BT_SORT_HITS,
	BT_SORT_FIRST_SEEN,
	BT_SORT_LAST_SEEN,
	BT_SORT_NAME,
	BT_SORTS
};

struct bt_report_options {
	enum bt_report_by by;
	bool credited; /* by list, campaign, family: only the deciding match counts, not each */
	bool wide;     /* also what struct bt_report_wide holds */
	bool hours;    /* also what bt_report_hours() gives */
	bool who;      /* also each row's endpoints: a third of the time and of the memory */

	/* Which events count. */
	bool recent;        /* closed segments that are older than `since` are not read at all */
	int64_t since;      /* inclusive; INT64_MIN: from the beginning */
	int64_t until;      /* exclusive; INT64_MAX: no end */
	const char *list;   /* with a match in this list; NULL: all */
	const char *domain; /* whose indicator is this name or below it; NULL: all */
	const struct bt_network *client; /* from clients in it; NULL: all */
	int action;                      /* enum bt_action; -1: all */

	int64_t baseline; /* endpoints first seen at or after it are new; INT64_MAX: none is */
	int64_t now; /* what "active" and "not running" are judged by; INT64_MAX: the last record */

	/*
	 * What an endpoint is: by default a client's address. identify() returns the name of the
	 * device that had an address at that time, or NULL; `device` is its MAC address, or zeros.
	 * The name is copied.
	 */
	const char *(*identify)(void *identities, const uint8_t client[16],
	    const uint8_t device[BT_DEVICE_SIZE], int64_t time);
	void *identities;
	bool identify_by_time; /* its answer depends on the time */
	bool fold;             /* other IPv6 addresses count by their first 64 bits */

	/* Which rows there are, and their order. */
	uint64_t min_endpoints;
	size_t limit; /* 0: no limit */
	enum bt_report_sort sort;
};

struct bt_report_endpoint {
	const char *name;   /* an address or what stands for it, as people write it */
	uint8_t client[16]; /* as in struct bt_event; zeros for a device */
	uint64_t hits;
	int64_t first_seen, last_seen;
	struct bt_rhythm rhythm; /* of a wide report */
};

enum bt_report_status { BT_STATUS_NEVER, BT_STATUS_QUIET, BT_STATUS_ACTIVE };

/* Texts are borrowed from the report; several values of one kind are joined by ", ". "": none. */
struct bt_report_wide {
	const char *lists; /* that matched */
	const char *campaign, *family, *actor;
	const char *actions;    /* of the verdicts */
	uint64_t indicators;    /* distinct ones that hits are credited to */
	uint64_t new_endpoints; /* that were not seen before the baseline */
	uint32_t days;          /* of UTC, with a hit */
	int64_t watched_since;  /* from when on it certainly was listed, everywhere; 0: not known */
	struct bt_rhythm rhythm; /* the medians of its endpoints' */
};

struct bt_report_row {
	const char *name; /* of what the row is of, as people write it */
	uint64_t endpoints;
	uint64_t forwarders; /* of these: behind them are clients that nobody can tell apart */
	uint64_t addresses;  /* distinct ones of the endpoints */
	uint64_t hits; /* of a list also those without an event: the rest says nothing of these */
	int64_t first_seen, last_seen; /* 0 if there are no endpoints */
	const char *list;              /* that its last hit is credited to */
	enum bt_report_status status;  /* active: a hit in the 24 hours before `now` */
	/* `endpoints` of them, by hits descending, then address; NULL unless asked for. */
	const struct bt_report_endpoint *who;
	struct bt_report_wide wide;
};

/* One hour of UTC with hits. */
struct bt_report_hour {
	int64_t time; /* its begin */
	uint64_t hits;
};

struct bt_report_list {
	const char *name, *action;
	uint64_t entries;
	int64_t modified; /* Unix seconds, 0 unknown */
};

/* Hits of a list of which the log has no event. */
struct bt_report_counted {
	const char *list; /* that decided; "?": it is not known */
	uint64_t counted; /* of the time that is asked about: its events are only to be counted; */
	uint64_t dropped; /* likewise: its events were lost */
	uint64_t lost;    /* events that were lost, whenever, as in the coverage */
};

/* How far the rows can be trusted. */
struct bt_report_coverage {
	uint64_t events;     /* read and counted, before the filter */
	uint64_t duplicates; /* seen again in a copy, not counted */
	uint64_t lost;       /* inside gaps */
	uint64_t counted;    /* hits of the time asked about that were to be counted only */
	uint64_t damaged;    /* blocks that could not be read */
	uint64_t misdated;   /* events from before the list that they are of was made: the clock was
				wrong */
	bool subnets;        /* somewhere clients were recorded as their networks */
	unsigned segments;
	unsigned rollups; /* that were read in place of segments */
	unsigned resolvers;
	int64_t first, last; /* of anything that the log holds; 0 if it is empty */
	int64_t down;        /* milliseconds in which no writer ran, from `first` to `now` */
	int64_t unprotected; /* milliseconds in which it ran without a trie */
	int64_t paused;      /* milliseconds in which it ran, and nothing was stopped */
	unsigned logs;       /* of other tools, which say nothing of all that but the events; */
	uint64_t queries;    /* what was read of them */
	uint64_t unread;     /* and lines that could not be */
};

/* A log of another tool, of whose hits each is given to bt_report_add(). */
struct bt_report_source {
	int64_t first, last;      /* times of its queries; both 0: there are none */
	uint64_t queries, unread; /* as in the coverage */
};

/* Everything, by indicator, with endpoints. */
struct bt_report_options bt_report_defaults(void);

/* What the options point to is copied. */
bool bt_report_new(
    struct bt_report **report, const struct bt_report_options *options, struct bt_err *err);

/* Frees the report and sets *report to NULL. NULL is fine. */
void bt_report_free(struct bt_report **report);

/*
 * Reads every segment under STATE/events, or the roll-up of it if that says what is asked. A state
 * directory without events is no error.
 */
bool bt_report_read(struct bt_report *report, const char *state_dir, struct bt_err *err);

/*
 * Counts an event that is in no segment. `policy` is what its numbers mean, and is borrowed for the
 * call. False if memory runs out.
 */
bool bt_report_add(
    struct bt_report *report, const struct bt_policy *policy, const struct bt_event *event);

/*
 * Counts in a log of another tool, in which was looked for what is in the policy's lists. False if
 * memory runs out.
 */
bool bt_report_add_source(struct bt_report *report, const struct bt_policy *policy,
    const struct bt_report_source *source);

/*
 * A row by indicator for a name that is listed with this class, even if it is never hit. False if
 * memory runs out.
 */
bool bt_report_add_indicator(struct bt_report *report, const struct bt_policy *policy,
    const uint8_t *key, size_t size, uint32_t class_id);

/* Computes the rows. Call once, after the last read; they live as long as the report. */
bool bt_report_rows(
    struct bt_report *report, const struct bt_report_row **rows, size_t *count, struct bt_err *err);

/*
 * Once there are rows: distinct endpoints of them all; how many of these are forwarders; distinct
 * addresses; and, if they were asked for, the hours with hits, ascending.
 */
uint64_t bt_report_endpoints(const struct bt_report *report);
uint64_t bt_report_forwarders(const struct bt_report *report);
uint64_t bt_report_addresses(const struct bt_report *report);
const struct bt_report_hour *bt_report_hours(const struct bt_report *report, size_t *count);

/* Problems met on the way, one line each ("PATH: reason"). NULL after the last. */
const char *bt_report_problem(const struct bt_report *report, size_t i);

struct bt_report_coverage bt_report_coverage(const struct bt_report *report);

/* Resolvers and lists that the log names, by name. NULL (or a list without a name) after the last.
 */
const char *bt_report_resolver(const struct bt_report *report, size_t i);
struct bt_report_list bt_report_list(const struct bt_report *report, size_t i);

/* By the list's name, "?" last; without one after the last. The `lost` of all are that of the
 * coverage. */
struct bt_report_counted bt_report_counted(const struct bt_report *report, size_t i);

#endif
