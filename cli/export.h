/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * export.h -- indicators in the languages of other products
 *
 * A dialect is one function and one line in cmd-export.c's table.
 *
 * Threads: no state.
 */
#ifndef BT_EXPORT_H
#define BT_EXPORT_H

#include <stdio.h>

#include "trie.h"

/* One listed name, and what is done about it and about names below it. */
struct bt_exported_name {
	char *text;                    /* presentation form, without the last dot */
	enum bt_action own, below;     /* BT_ACTION_NONE: not covered */
	unsigned own_list, below_list; /* that decides */
};

struct bt_exported {
	const struct bt_policy *policy;
	const struct bt_exported_name *names; /* by text */
	size_t count;
};

typedef void bt_export(FILE *out, const struct bt_exported *exported);

/* Whether a query is to look for it: it is more than allowed. */
bool bt_is_hunted(enum bt_action action);

/* ---- export-queries.c ---- */

bt_export bt_export_falcon_event_search, bt_export_falcon_ltr, bt_export_falcon_ltr_files,
    bt_export_splunk, bt_export_kql, bt_export_esql, bt_export_sigma;

/* ---- export-lists.c ---- */

bt_export bt_export_rpz, bt_export_hosts, bt_export_domains;

#endif
