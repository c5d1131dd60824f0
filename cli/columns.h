/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * columns.h -- the columns of a report, for every format that has columns
 *
 * A column is one line in columns.c's table.
 *
 * Threads: no state.
 */
#ifndef BT_COLUMNS_H
#define BT_COLUMNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "report.h"

enum bt_cell_kind {
	BT_CELL_TEXT,
	BT_CELL_COUNT,
	BT_CELL_TIME,     /* milliseconds since 1970 */
	BT_CELL_DURATION, /* milliseconds */
	BT_CELL_RATIO,
};

struct bt_cell {
	enum bt_cell_kind kind;
	bool known; /* false: there is nothing to show */
	const char *text;
	uint64_t count;
	int64_t time;
	double ratio;
};

struct bt_column {
	const char *name; /* in every format, of machines too */
	struct bt_cell (*of_row)(const struct bt_report_row *row);
	/* For a line about one endpoint of a row; NULL: it has nothing to say there. */
	struct bt_cell (*of_endpoint)(const struct bt_report_endpoint *endpoint);
};

enum { BT_COLUMNS_MAX = 24 };

/* What the first column, the rows' names, is called. */
const char *bt_by_column(enum bt_report_by by);

/* Whether rows are of domain names, which are defanged for people. */
bool bt_by_is_name(enum bt_report_by by);

/* "indicator", "list", ...: and back, -1. */
const char *bt_by_name(enum bt_report_by by);
int bt_by_from_name(const char *name);

/* Into columns[]: those that follow the first. Returns how many. */
size_t bt_columns_of(
    const struct bt_report_options *options, const struct bt_column *columns[BT_COLUMNS_MAX]);

#endif
