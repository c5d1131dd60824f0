/* SPDX-License-Identifier: BSD-3-Clause */
/* report-data.h -- what a report gathers, for the files that make it up only */
#ifndef BT_REPORT_DATA_H
#define BT_REPORT_DATA_H

#include "intern.h"
#include "name.h"
#include "ranges.h"
#include "report.h"
#include "segment.h"

#define BT_NO_RESOLVER UINT32_MAX

/* Strings, each once, that stay where they are. */
struct bt_strings {
	struct bt_intern *table;
	char **text; /* by number */
	size_t room;
};

/* A ring of a boot: which of its events were seen, and which are lost. */
struct bt_source {
	struct bt_ranges seen, lost;
};

/* One life of a writer. */
struct bt_boot {
	uint32_t resolver; /* in strings; BT_NO_RESOLVER if no header said */
	bool alive;        /* there is a sign of life, the first and the last being these */
	int64_t first, last;
	struct bt_beat *beats;
	size_t beat_count, beat_room;
};

/* How often one client asked for one indicator. */
struct bt_tally {
	uint32_t indicator, client;
	uint64_t hits;
	int64_t first_seen, last_seen;
};

/* The list that an indicator's last hit is credited to. */
struct bt_credit {
	int64_t time;
	uint32_t list; /* in strings */
};

struct bt_known_list {
	uint32_t name, action; /* in strings */
	uint64_t entries;
	int64_t modified;
	int64_t created; /* of the segment that says so */
};

struct bt_segment_policy {
	uint64_t digest;
	const struct bt_policy *policy; /* NULL: it is not in the segment */
};

struct bt_report {
	/* The filter. */
	int64_t since, until;
	char *list;
	bool by_domain;
	struct bt_key domain;

	/* What was asked for, and by whom. */
	struct bt_intern *indicators; /* keys */
	struct bt_intern *clients;    /* addresses */
	struct bt_intern *pairs;      /* numbers of an indicator and a client */
	struct bt_tally *tallies;     /* by number of the pair */
	size_t tally_room;
	struct bt_credit *credits; /* by number of the indicator */
	size_t credit_room;

	/* How far that can be trusted. */
	struct bt_intern *source_table; /* boot and ring */
	struct bt_source *sources;
	size_t source_room;
	struct bt_intern *boot_table;
	struct bt_boot *boots;
	size_t boot_room;
	struct bt_strings strings;
	uint32_t *resolvers; /* in strings, sorted by name */
	size_t resolver_count;
	struct bt_known_list *lists; /* sorted by name once a read is over */
	size_t list_count;
	char **problems; /* ends with NULL */
	size_t problem_count;
	struct bt_report_coverage coverage;

	/* The segment that is being read. */
	const char *path;
	uint32_t resolver;
	int64_t created;
	struct bt_segment_policy *policies;
	size_t policy_count, policy_room;
	bool no_memory;

	/* The outcome. */
	struct bt_report_row *rows;
	struct bt_report_endpoint *endpoints;
	size_t row_count;
};

/*
 * Room for one more than `count` in a row of elements of `size` octets. `row` points to the pointer
 * to its first; both follow. New elements are zero.
 */
bool bt_report_room(void *row, size_t *room, size_t count, size_t size);

bool bt_strings_add(struct bt_strings *strings, const char *text, uint32_t *number);

/* Counts an event that is new to the report. False if memory runs out. */
bool bt_report_count(struct bt_report *report, const struct bt_segment_event *record);

/* The policy that the open segment has for this digest, NULL if none. */
const struct bt_policy *bt_report_policy(const struct bt_report *report, uint64_t digest);

/* What heartbeats and gaps come to, after a read. False if memory runs out. */
bool bt_report_measure(struct bt_report *report);

#endif
