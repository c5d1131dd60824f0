/* SPDX-License-Identifier: BSD-3-Clause */
/* columns.c -- the columns of a report, for every format that has columns */

#include <string.h>

#include "columns.h"

/* ---- cells ---- */

static struct bt_cell text_cell(const char *text)
{
	return (struct bt_cell){.kind = BT_CELL_TEXT, .known = text[0] != '\0', .text = text};
}

static struct bt_cell count_cell(uint64_t count)
{
	return (struct bt_cell){.kind = BT_CELL_COUNT, .known = true, .count = count};
}

static struct bt_cell time_cell(bool known, int64_t time)
{
	return (struct bt_cell){.kind = BT_CELL_TIME, .known = known, .time = time};
}

static struct bt_cell interval_cell(const struct bt_rhythm *rhythm)
{
	return (struct bt_cell){
	    .kind = BT_CELL_DURATION, .known = rhythm->interval > 0, .time = rhythm->interval};
}

static struct bt_cell jitter_cell(const struct bt_rhythm *rhythm)
{
	return (struct bt_cell){.kind = BT_CELL_RATIO,
	    .known = rhythm->interval > 0 && rhythm->jitter >= 0,
	    .ratio = rhythm->jitter};
}

/* ---- of rows ---- */

static struct bt_cell row_endpoints(const struct bt_report_row *row)
{
	return count_cell(row->endpoints);
}

static struct bt_cell row_addresses(const struct bt_report_row *row)
{
	return count_cell(row->addresses);
}

static struct bt_cell row_forwarders(const struct bt_report_row *row)
{
	return count_cell(row->forwarders);
}

static struct bt_cell row_hits(const struct bt_report_row *row)
{
	return count_cell(row->hits);
}

static struct bt_cell row_first(const struct bt_report_row *row)
{
	return time_cell(row->endpoints > 0, row->first_seen);
}

static struct bt_cell row_last(const struct bt_report_row *row)
{
	return time_cell(row->endpoints > 0, row->last_seen);
}

static struct bt_cell row_status(const struct bt_report_row *row)
{
	static const char *const names[] = {
	    [BT_STATUS_NEVER] = "never",
	    [BT_STATUS_QUIET] = "quiet",
	    [BT_STATUS_ACTIVE] = "active",
	};
	return text_cell(names[row->status]);
}

static struct bt_cell row_new(const struct bt_report_row *row)
{
	return count_cell(row->wide.new_endpoints);
}

static struct bt_cell row_days(const struct bt_report_row *row)
{
	return count_cell(row->wide.days);
}

static struct bt_cell row_interval(const struct bt_report_row *row)
{
	return interval_cell(&row->wide.rhythm);
}

static struct bt_cell row_jitter(const struct bt_report_row *row)
{
	return jitter_cell(&row->wide.rhythm);
}

static struct bt_cell row_indicators(const struct bt_report_row *row)
{
	return count_cell(row->wide.indicators);
}

static struct bt_cell row_lists(const struct bt_report_row *row)
{
	return text_cell(row->wide.lists);
}

static struct bt_cell row_campaign(const struct bt_report_row *row)
{
	return text_cell(row->wide.campaign);
}

static struct bt_cell row_family(const struct bt_report_row *row)
{
	return text_cell(row->wide.family);
}

static struct bt_cell row_actor(const struct bt_report_row *row)
{
	return text_cell(row->wide.actor);
}

static struct bt_cell row_actions(const struct bt_report_row *row)
{
	return text_cell(row->wide.actions);
}

static struct bt_cell row_watched(const struct bt_report_row *row)
{
	return time_cell(row->wide.watched_since != 0, row->wide.watched_since);
}

/* ---- of endpoints ---- */

static struct bt_cell endpoint_hits(const struct bt_report_endpoint *who)
{
	return count_cell(who->hits);
}

static struct bt_cell endpoint_first(const struct bt_report_endpoint *who)
{
	return time_cell(true, who->first_seen);
}

static struct bt_cell endpoint_last(const struct bt_report_endpoint *who)
{
	return time_cell(true, who->last_seen);
}

static struct bt_cell endpoint_interval(const struct bt_report_endpoint *who)
{
	return interval_cell(&who->rhythm);
}

static struct bt_cell endpoint_jitter(const struct bt_report_endpoint *who)
{
	return jitter_cell(&who->rhythm);
}

/* ---- the table ---- */

static const struct bt_column narrow[] = {
    {"endpointCount", row_endpoints, NULL},
    {"hits", row_hits, endpoint_hits},
    {"firstSeen", row_first, endpoint_first},
    {"lastSeen", row_last, endpoint_last},
};

static const struct bt_column wide[] = {
    {"status", row_status, NULL},
    {"newEndpoints", row_new, NULL},
    {"daysActive", row_days, NULL},
    {"medianInterval", row_interval, endpoint_interval},
    {"jitter", row_jitter, endpoint_jitter},
    {"indicators", row_indicators, NULL},
    {"addresses", row_addresses, NULL},
    {"forwarders", row_forwarders, NULL},
    {"action", row_actions, NULL},
    {"lists", row_lists, NULL},
    {"campaign", row_campaign, NULL},
    {"family", row_family, NULL},
    {"actor", row_actor, NULL},
    {"watchedSince", row_watched, NULL},
};

static const struct {
	const char *name, *column;
} bys[] = {
    [BT_BY_INDICATOR] = {"indicator", "DomainName"},
    [BT_BY_LIST] = {"list", "list"},
    [BT_BY_CAMPAIGN] = {"campaign", "campaign"},
    [BT_BY_FAMILY] = {"family", "family"},
    [BT_BY_CLIENT] = {"client", "client"},
    [BT_BY_QNAME] = {"qname", "qname"},
    [BT_BY_DAY] = {"day", "day"},
};

const char *bt_by_column(enum bt_report_by by)
{
	return bys[by].column;
}

bool bt_by_is_name(enum bt_report_by by)
{
	return by == BT_BY_INDICATOR || by == BT_BY_QNAME;
}

const char *bt_by_name(enum bt_report_by by)
{
	return bys[by].name;
}

int bt_by_from_name(const char *name)
{
	for (int i = 0; i < BT_BYS; i++)
		if (strcmp(bys[i].name, name) == 0)
			return i;
	return -1;
}

/* A wide column that says what the row is of anyway is left out. */
static bool is_needed(const struct bt_column *column, const struct bt_report_options *options)
{
	if (column->of_row == row_new)
		return options->baseline != INT64_MAX;
	if (column->of_row == row_addresses)
		return options->identify != NULL || options->fold;
	if (column->of_row == row_indicators)
		return options->by != BT_BY_INDICATOR;
	return strcmp(column->name, bys[options->by].column) != 0;
}

size_t bt_columns_of(
    const struct bt_report_options *options, const struct bt_column *columns[BT_COLUMNS_MAX])
{
	size_t count = 0;
	for (size_t i = 0; i < sizeof(narrow) / sizeof(*narrow); i++)
		columns[count++] = &narrow[i];
	for (size_t i = 0; options->wide && i < sizeof(wide) / sizeof(*wide); i++)
		if (is_needed(&wide[i], options))
			columns[count++] = &wide[i];
	return count;
}
