/* SPDX-License-Identifier: BSD-3-Clause */
/* report-rows.c -- events to report rows: the rows that tallies make */

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "endian.h"
#include "report-data.h"

enum { DAY_MS = 86400000, DAY_S = 86400, HOUR_MS = 3600000, NAME_TEXT = BT_TEXT_MAX + 1 };

/* ---- what rows are called ---- */

static void show_day(char text[static NAME_TEXT], const void *bytes)
{
	int64_t day = (int64_t)bt_get64(bytes);
	time_t seconds = (time_t)(day * DAY_S);
	struct tm tm;
	if (gmtime_r(&seconds, &tm) == NULL || strftime(text, NAME_TEXT, "%F", &tm) == 0)
		snprintf(text, NAME_TEXT, "day %" PRId64, day);
}

static char *name_of(const struct bt_report *report, uint32_t row)
{
	char text[NAME_TEXT];
	size_t size;
	const void *name = bt_intern_bytes(report->names, row, &size);
	switch (report->options.by) {
	case BT_BY_INDICATOR:
	case BT_BY_QNAME:
		bt_key_to_text(text, name, size);
		return strdup(text);
	case BT_BY_CLIENT:
		return bt_report_client_name(report, name, size);
	case BT_BY_DAY:
		show_day(text, name);
		return strdup(text);
	default:
		return strndup(name, size);
	}
}

/* ---- from tallies ---- */

static enum bt_report_status status_of(
    const struct bt_report *report, const struct bt_report_row *row, const struct bt_draft *draft)
{
	int64_t now = report->options.now, last_seen = row->last_seen;
	if (row->hits == 0)
		return BT_STATUS_NEVER;
	if (row->endpoints == 0 || last_seen < draft->counted_last)
		last_seen = draft->counted_last;
	if (now == INT64_MAX)
		now = report->coverage.last;
	return last_seen >= now || (uint64_t)now - (uint64_t)last_seen <= DAY_MS ? BT_STATUS_ACTIVE
										 : BT_STATUS_QUIET;
}

/* A row's endpoints, to be written. */
static struct bt_report_endpoint *who(
    const struct bt_report *report, const struct bt_report_row *row)
{
	return report->endpoints + (row->who - report->endpoints);
}

static void put_endpoint(const struct bt_report *report, struct bt_report_endpoint *endpoint,
    const struct bt_tally *tally, const struct bt_rhythm *rhythm)
{
	size_t size;
	const void *key = bt_intern_bytes(report->clients, tally->client, &size);
	memcpy(endpoint->client, key, sizeof(endpoint->client));
	endpoint->name = report->client_names[tally->client];
	endpoint->hits = tally->hits;
	endpoint->first_seen = tally->first_seen;
	endpoint->last_seen = tally->last_seen;
	if (rhythm != NULL)
		endpoint->rhythm = *rhythm;
}

static void add_tally(
    struct bt_report *report, const struct bt_tally *tally, const struct bt_rhythm *rhythm)
{
	struct bt_report_row *row = &report->rows[tally->row];
	if (row->who != NULL)
		put_endpoint(report, who(report, row) + row->endpoints, tally, rhythm);
	if (row->endpoints == 0 || tally->first_seen < row->first_seen)
		row->first_seen = tally->first_seen;
	if (row->endpoints == 0 || tally->last_seen > row->last_seen)
		row->last_seen = tally->last_seen;
	row->hits += tally->hits;
	row->forwarders += bt_report_is_forwarder(report, tally->client);
	row->wide.new_endpoints += tally->ever >= report->options.baseline;
	row->endpoints++;
}

/* Where each row's endpoints are to lie, side by side. */
static void place_endpoints(struct bt_report *report)
{
	struct bt_report_endpoint *next = report->endpoints;
	for (uint32_t i = 0; i < report->pairs.count; i++)
		report->rows[report->tallies[i].row].endpoints += report->tallies[i].hits > 0;
	for (size_t i = 0; i < report->row_count; i++) {
		report->rows[i].who = next;
		next += report->rows[i].endpoints;
		report->rows[i].endpoints = 0;
	}
}

static void gather_drafts(struct bt_report *report)
{
	for (size_t i = 0; i < report->row_count; i++) {
		const struct bt_draft *draft = &report->drafts[i];
		struct bt_report_row *row = &report->rows[i];
		row->endpoints = draft->endpoints;
		row->forwarders = draft->forwarders;
		row->hits = draft->hits;
		row->first_seen = draft->first_seen;
		row->last_seen = draft->last_seen;
	}
}

static void gather(struct bt_report *report, const struct bt_rhythm *rhythms)
{
	if (!report->tallies_up)
		gather_drafts(report);
	if (report->endpoints != NULL)
		place_endpoints(report);
	for (uint32_t i = 0; i < report->pairs.count; i++)
		if (report->tallies[i].hits > 0)
			add_tally(
			    report, &report->tallies[i], rhythms == NULL ? NULL : &rhythms[i]);
}

static bool mark_clients(struct bt_report *report)
{
	for (uint32_t i = 0; i < report->pairs.count; i++)
		if (report->tallies[i].hits > 0 &&
		    !bt_report_mark(report, report->tallies[i].client))
			return false;
	return true;
}

static bool count_endpoints(struct bt_report *report)
{
	if (!mark_clients(report))
		return false;
	uint32_t count = bt_intern_count(report->clients);
	for (uint32_t i = 0; i < count && i < report->client_hit_room; i++) {
		report->endpoint_count += report->client_hit[i];
		report->forwarder_count +=
		    report->client_hit[i] && bt_report_is_forwarder(report, i);
	}
	return true;
}

/* The medians of its endpoints' rhythms. */
static bool find_rhythm(struct bt_report_row *row)
{
	struct bt_rhythm *copy = malloc((row->endpoints + 1) * sizeof(*copy));
	if (copy == NULL)
		return false;
	for (uint64_t i = 0; i < row->endpoints; i++)
		copy[i] = row->who[i].rhythm;
	row->wide.rhythm = bt_rhythm_middle(copy, row->endpoints);
	free(copy);
	return true;
}

static bool widen(const struct bt_report *report, struct bt_report_row *row, size_t number)
{
	row->wide.days = report->drafts[number].days;
	row->wide.indicators = report->drafts[number].indicators;
	return find_rhythm(row);
}

/* ---- order ---- */

static int by_hits(const void *a, const void *b)
{
	const struct bt_report_endpoint *left = a, *right = b;
	if (left->hits != right->hits)
		return left->hits > right->hits ? -1 : 1;
	int order = memcmp(left->client, right->client, sizeof(left->client));
	return order != 0 ? order : strcmp(left->name, right->name);
}

static int descending(uint64_t a, uint64_t b)
{
	return a == b ? 0 : a > b ? -1 : 1;
}

static int descending_time(int64_t a, int64_t b)
{
	return a == b ? 0 : a > b ? -1 : 1;
}

static int by_order(const void *a, const void *b, void *sort)
{
	const struct bt_report_row *left = a, *right = b;
	int order = 0;
	switch (*(const enum bt_report_sort *)sort) {
	case BT_SORT_HITS:
		order = descending(left->hits, right->hits);
		break;
	case BT_SORT_FIRST_SEEN:
		order = descending_time(left->first_seen, right->first_seen);
		break;
	case BT_SORT_LAST_SEEN:
		order = descending_time(left->last_seen, right->last_seen);
		break;
	case BT_SORT_NAME:
		break;
	default:
		order = descending(left->endpoints, right->endpoints);
		break;
	}
	return order != 0 ? order : strcmp(left->name, right->name);
}

/* Rows that are to be shown, in order. */
static void choose(struct bt_report *report)
{
	struct bt_report_options *options = &report->options;
	size_t kept = 0;
	for (size_t i = 0; i < report->row_count; i++) {
		struct bt_report_row row = report->rows[i];
		bool listed = report->drafts[i].listed && options->min_endpoints == 0;
		if ((row.hits > 0 && row.endpoints >= options->min_endpoints) || listed)
			report->rows[kept++] = row;
		else
			free((char *)row.name);
	}
	if (kept > 0)
		qsort_r(report->rows, kept, sizeof(*report->rows), by_order, &options->sort);
	report->row_count = kept;
}

/* ---- all of it ---- */

static bool fill_row(struct bt_report *report, size_t number)
{
	struct bt_report_row *row = &report->rows[number];
	const struct bt_draft *draft = &report->drafts[number];
	row->name = name_of(report, (uint32_t)number);
	row->addresses = report->folds ? draft->addresses : row->endpoints;
	row->list = draft->list == 0 ? "" : report->strings.text[draft->list - 1];
	row->hits += draft->counted;
	row->status = status_of(report, row, draft);
	if (row->who != NULL && row->endpoints > 0)
		qsort(who(report, row), row->endpoints, sizeof(*row->who), by_hits);
	return row->name != NULL && (!report->options.wide || widen(report, row, number));
}

static bool make_rows(struct bt_report *report)
{
	static const struct bt_report_wide nothing = {
	    .lists = "", .campaign = "", .family = "", .actor = "", .actions = ""};
	struct bt_rhythm *rhythms = NULL;
	for (size_t i = 0; i < report->row_count; i++)
		report->rows[i].wide = nothing;
	if (report->options.wide && !bt_report_rhythms(report, &rhythms))
		return false;
	if (report->endpoints != NULL && !bt_report_name_clients(report)) {
		free(rhythms);
		return false;
	}
	gather(report, rhythms);
	free(rhythms);
	for (size_t i = 0; i < report->row_count; i++)
		if (!fill_row(report, i))
			return false;
	if (!bt_report_say_facts(report))
		return false;
	bt_report_note_listed(report);
	return true;
}

static int by_time(const void *a, const void *b)
{
	const struct bt_report_hour *left = a, *right = b;
	return left->time < right->time ? -1 : 1;
}

static bool make_hours(struct bt_report *report)
{
	uint32_t count = bt_intern_count(report->hours);
	report->hour_rows = calloc((size_t)count + 1, sizeof(*report->hour_rows));
	if (report->hour_rows == NULL)
		return false;
	for (uint32_t i = 0; i < count; i++) {
		int64_t hour;
		size_t size;
		memcpy(&hour, bt_intern_bytes(report->hours, i, &size), sizeof(hour));
		report->hour_rows[i].time = (int64_t)((uint64_t)hour * HOUR_MS);
		report->hour_rows[i].hits = report->hour_hits[i];
	}
	report->hour_count = count;
	if (count > 0)
		qsort(report->hour_rows, count, sizeof(*report->hour_rows), by_time);
	return true;
}

bool bt_report_rows(
    struct bt_report *report, const struct bt_report_row **rows, size_t *count, struct bt_err *err)
{
	if (report->rows == NULL) {
		if (!bt_report_count_rows(report))
			return bt_fail(err, "out of memory for the report");
		size_t names = bt_intern_count(report->names);
		report->rows = calloc(names + 1, sizeof(*report->rows));
		bool who = report->options.who || report->options.wide;
		if (who)
			report->endpoints =
			    calloc((size_t)report->pairs.count + 1, sizeof(*report->endpoints));
		if (report->rows == NULL || (who && report->endpoints == NULL))
			return bt_fail(err, "out of memory for the report");
		report->row_count = names;
		if (!make_rows(report) || !make_hours(report) || !count_endpoints(report))
			return bt_fail(err, "out of memory for the report");
		choose(report);
	}
	*rows = report->rows;
	*count = report->row_count;
	if (report->options.limit > 0 && *count > report->options.limit)
		*count = report->options.limit;
	return true;
}

uint64_t bt_report_endpoints(const struct bt_report *report)
{
	return report->endpoint_count;
}

uint64_t bt_report_forwarders(const struct bt_report *report)
{
	return report->forwarder_count;
}

uint64_t bt_report_addresses(const struct bt_report *report)
{
	uint64_t count = 0;
	if (!report->folds)
		return report->endpoint_count;
	for (size_t i = 0; i < report->address_hit_room; i++)
		count += report->address_hit[i];
	return count;
}

const struct bt_report_hour *bt_report_hours(const struct bt_report *report, size_t *count)
{
	*count = report->hour_count;
	return report->hour_rows;
}

/* Whether some list that is asked about does more with the class than to allow. */
static bool is_watched(
    const struct bt_report *report, const struct bt_policy *policy, uint32_t class_id)
{
	unsigned members = bt_policy_class_size(policy, class_id);
	int list = report->list == NULL ? -1 : bt_policy_find_list(policy, report->list);
	for (unsigned i = 0; i < members; i++) {
		struct bt_member member = bt_policy_member(policy, class_id, i);
		if ((report->list == NULL || member.list == list) &&
		    bt_scope_listed(member.scope) != 0 && bt_policy_acts(policy, member.list))
			return true;
	}
	return false;
}

bool bt_report_add_indicator(struct bt_report *report, const struct bt_policy *policy,
    const uint8_t *key, size_t size, uint32_t class_id)
{
	uint32_t row;
	if (report->options.domain != NULL &&
	    (size < report->domain.len ||
		memcmp(key, report->domain.bytes, report->domain.len) != 0))
		return true;
	if (!is_watched(report, policy, class_id))
		return true;
	if (!bt_report_row(report, key, size, &row))
		return false;
	report->drafts[row].listed = true;
	for (unsigned i = 0; i < bt_policy_class_size(policy, class_id); i++) {
		struct bt_member member = bt_policy_member(policy, class_id, i);
		if (bt_scope_listed(member.scope) != 0 &&
		    !bt_report_note_member(report, row, policy, member))
			return false;
	}
	return true;
}
