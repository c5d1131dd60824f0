/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * out.h -- a report in the formats that it is written in
 *
 * A writer is one file, out-NAME.c, and one line in out.c's table. It gets the rows ready made;
 * write errors stay in the stream, where main() looks for them.
 *
 * Threads: one thread.
 */
#ifndef BT_OUT_H
#define BT_OUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "columns.h"
#include "decisions.h"
#include "policy.h"
#include "report.h"
#include "timestamp.h"

/* Everything that a report shows. */
struct bt_view {
	struct bt_report_options options;
	const struct bt_report *report; /* resolvers, lists, problems */
	const struct bt_report_row *rows;
	size_t count;
	struct bt_report_coverage coverage;
	const struct bt_policy *policy;  /* of the state directory's trie; NULL: not known */
	struct bt_decisions **decisions; /* made here, one set a state directory; any may be NULL */
	int decision_sets;
	struct bt_zone zone; /* for people; machines get UTC */
	bool endpoints;      /* show who asked */
	bool all;            /* rows of what nobody asked for, too */
	bool context;        /* show the metadata of the lists */
	bool live;           /* names as they are, where they would be defanged */
};

struct bt_out {
	const char *name;
	bool (*write)(FILE *out, const struct bt_view *view); /* false: out of memory */
	bool hours;                                           /* it shows hits by hour */
};

/* The writer of that name, or NULL. */
const struct bt_out *bt_out_find(const char *name);

/* The writers' names. */
#define BT_OUT_NAMES "table, csv, json, markdown or html"

bool bt_out_table(FILE *out, const struct bt_view *view);
bool bt_out_csv(FILE *out, const struct bt_view *view);
bool bt_out_json(FILE *out, const struct bt_view *view);
bool bt_out_markdown(FILE *out, const struct bt_view *view);
bool bt_out_html(FILE *out, const struct bt_view *view);

/* What surrounds the rows for people: lists' metadata if wanted, period, coverage. */
void bt_out_footer(FILE *out, const struct bt_view *view);

enum { BT_CLIENT_TEXT = BT_NETWORK_TEXT };

/* A client as text, IPv4 in its own form. Returns text. */
const char *bt_client_show(char text[static BT_CLIENT_TEXT], const uint8_t client[static 16]);

/* The first and last moment that the rows can be of: as asked for, else of the log. */
int64_t bt_view_since(const struct bt_view *view);
int64_t bt_view_until(const struct bt_view *view);

/* The next decision that holds, from set *set and number *at on, which move; NULL: no more. */
const struct bt_decision *bt_view_decision(const struct bt_view *view, int *set, unsigned *at);

/* Whether it is known of which lists events were lost, at least of some. */
bool bt_view_tells_lost(const struct bt_view *view);

/* Whether the view is of this list: all, or the one asked for. */
bool bt_view_has_list(const struct bt_view *view, const char *list);

#endif
