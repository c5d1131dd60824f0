/* SPDX-License-Identifier: BSD-3-Clause */
/* report-rows.c -- segments to report rows: counting hits, and the rows that they make */

#include <stdlib.h>
#include <string.h>

#include "endian.h"
#include "report-data.h"

/* ---- the filter ---- */

/* The key of the name that an event is credited to. */
static const uint8_t *indicator_of(const struct bt_event *event, size_t *size)
{
	unsigned whole;
	const uint8_t *name = bt_event_name(event, &whole);
	*size = 0;
	for (unsigned i = 0; i < event->labels; i++)
		*size += name[*size] + 1u;
	return name;
}

/* Whether a class that matched covers the name by this list. */
static bool covers(const struct bt_policy *policy, const struct bt_event *event,
    const struct bt_event_match *match, unsigned list)
{
	unsigned size;
	const uint8_t *name = bt_event_name(event, &size);
	int labels = bt_key_labels(name, size);
	if (match->class_id >= bt_policy_classes(policy))
		return false;
	for (unsigned i = 0; i < bt_policy_class_size(policy, match->class_id); i++) {
		struct bt_member member = bt_policy_member(policy, match->class_id, i);
		if (member.list == list)
			return bt_scope_covers(member.scope, match->labels, (unsigned)labels);
	}
	return false;
}

static bool in_list(const struct bt_report *report, const struct bt_event *event)
{
	const struct bt_policy *policy = bt_report_policy(report, event->policy);
	if (policy == NULL)
		return strcmp(report->list, "?") == 0;
	int list = bt_policy_find_list(policy, report->list);
	if (list < 0)
		return false;
	if (event->list == list)
		return true;
	for (unsigned i = 0; i < event->match_count; i++) {
		if (covers(policy, event, &event->matches[i], (unsigned)list))
			return true;
	}
	return false;
}

static bool is_wanted(const struct bt_report *report, const struct bt_event *event,
    const uint8_t *indicator, size_t size)
{
	if (event->time < report->since || event->time >= report->until)
		return false;
	if (report->by_domain &&
	    (size < report->domain.len ||
		memcmp(indicator, report->domain.bytes, report->domain.len) != 0))
		return false;
	return report->list == NULL || in_list(report, event);
}

/* ---- counting ---- */

/* The list that holds the deciding indicator. */
static bool credit(struct bt_report *report, uint32_t indicator, const struct bt_event *event)
{
	const struct bt_policy *policy = bt_report_policy(report, event->policy);
	const char *name = "?";
	uint32_t list;
	if (policy != NULL && event->list < bt_policy_lists(policy))
		name = bt_policy_list(policy, event->list).name;
	if (!bt_strings_add(&report->strings, name, &list))
		return false;
	struct bt_credit *last = &report->credits[indicator];
	char **text = report->strings.text;
	if (last->list == 0 || last->time < event->time ||
	    (last->time == event->time && strcmp(name, text[last->list - 1]) < 0))
		*last = (struct bt_credit){.time = event->time, .list = list + 1};
	return true;
}

static void add_hit(struct bt_tally *tally, int64_t time)
{
	if (tally->hits == 0 || time < tally->first_seen)
		tally->first_seen = time;
	if (tally->hits == 0 || time > tally->last_seen)
		tally->last_seen = time;
	tally->hits++;
}

bool bt_report_count(struct bt_report *report, const struct bt_segment_event *record)
{
	const struct bt_event *event = &record->event;
	size_t size;
	const uint8_t *name = indicator_of(event, &size);
	uint32_t indicator, client, pair;
	uint8_t key[8];

	if (!is_wanted(report, event, name, size))
		return true;
	if (!bt_report_room(&report->credits, &report->credit_room,
		bt_intern_count(report->indicators), sizeof(*report->credits)) ||
	    !bt_report_room(&report->tallies, &report->tally_room, bt_intern_count(report->pairs),
		sizeof(*report->tallies)) ||
	    !bt_intern_add(report->indicators, name, size, &indicator) ||
	    !bt_intern_add(report->clients, event->client, sizeof(event->client), &client))
		return false;
	bt_put32(key, indicator);
	bt_put32(key + 4, client);
	if (!bt_intern_add(report->pairs, key, sizeof(key), &pair))
		return false;
	report->tallies[pair].indicator = indicator;
	report->tallies[pair].client = client;
	add_hit(&report->tallies[pair], event->time);
	return credit(report, indicator, event);
}

/* ---- rows ---- */

/* A row's endpoints, to be written. */
static struct bt_report_endpoint *who(
    const struct bt_report *report, const struct bt_report_row *row)
{
	return report->endpoints + (row->who - report->endpoints);
}

/* Tallies of one indicator side by side, as endpoints; rows[] gets where, and the sums. */
static void gather(struct bt_report *report, uint32_t pairs)
{
	struct bt_report_endpoint *next = report->endpoints;
	for (uint32_t i = 0; i < pairs; i++)
		report->rows[report->tallies[i].indicator].endpoints++;
	for (size_t i = 0; i < report->row_count; i++) {
		report->rows[i].who = next;
		next += report->rows[i].endpoints;
		report->rows[i].endpoints = 0;
	}
	for (uint32_t i = 0; i < pairs; i++) {
		const struct bt_tally *tally = &report->tallies[i];
		struct bt_report_row *row = &report->rows[tally->indicator];
		struct bt_report_endpoint *endpoint = who(report, row) + row->endpoints;
		size_t size;
		memcpy(endpoint->client, bt_intern_bytes(report->clients, tally->client, &size),
		    sizeof(endpoint->client));
		endpoint->hits = tally->hits;
		endpoint->first_seen = tally->first_seen;
		endpoint->last_seen = tally->last_seen;
		if (row->endpoints == 0 || tally->first_seen < row->first_seen)
			row->first_seen = tally->first_seen;
		if (row->endpoints == 0 || tally->last_seen > row->last_seen)
			row->last_seen = tally->last_seen;
		row->hits += tally->hits;
		row->endpoints++;
	}
}

static int by_hits(const void *a, const void *b)
{
	const struct bt_report_endpoint *left = a, *right = b;
	if (left->hits != right->hits)
		return left->hits > right->hits ? -1 : 1;
	return memcmp(left->client, right->client, sizeof(left->client));
}

static int by_endpoints(const void *a, const void *b)
{
	const struct bt_report_row *left = a, *right = b;
	if (left->endpoints != right->endpoints)
		return left->endpoints > right->endpoints ? -1 : 1;
	return strcmp(left->domain, right->domain);
}

static bool name_rows(struct bt_report *report)
{
	for (size_t i = 0; i < report->row_count; i++) {
		char text[BT_TEXT_MAX + 1];
		size_t size;
		const void *key = bt_intern_bytes(report->indicators, (uint32_t)i, &size);
		bt_key_to_text(text, key, size);
		report->rows[i].domain = strdup(text);
		report->rows[i].list = report->strings.text[report->credits[i].list - 1];
		if (report->rows[i].domain == NULL)
			return false;
	}
	return true;
}

bool bt_report_rows(
    struct bt_report *report, const struct bt_report_row **rows, size_t *count, struct bt_err *err)
{
	uint32_t pairs = bt_intern_count(report->pairs);
	size_t indicators = bt_intern_count(report->indicators);
	if (report->rows == NULL) {
		report->rows = calloc(indicators + 1, sizeof(*report->rows));
		report->endpoints = calloc((size_t)pairs + 1, sizeof(*report->endpoints));
		if (report->rows == NULL || report->endpoints == NULL)
			return bt_fail(err, "out of memory for the report");
		report->row_count = indicators;
		if (!name_rows(report))
			return bt_fail(err, "out of memory for the report");
		gather(report, pairs);
		for (size_t i = 0; i < indicators; i++) {
			struct bt_report_row *row = &report->rows[i];
			qsort(who(report, row), row->endpoints, sizeof(*row->who), by_hits);
		}
		qsort(report->rows, indicators, sizeof(*report->rows), by_endpoints);
	}
	*rows = report->rows;
	*count = report->row_count;
	return true;
}
