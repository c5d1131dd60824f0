/* SPDX-License-Identifier: BSD-3-Clause */
/* report-counts.c -- events to report rows: hits of which the log has no event */

#include <stdlib.h>
#include <string.h>

#include "endian.h"
#include "report-data.h"

/* ---- records ---- */

static struct bt_counted *find_counted(struct bt_report *report, const struct bt_count *count)
{
	uint8_t key[18];
	uint32_t number;
	bt_put64(key, count->boot);
	bt_put32(key + 8, count->ring);
	bt_put32(key + 12, count->epoch);
	bt_put16(key + 16, count->list);
	if (!bt_report_room(&report->counted, &report->counted_room,
		bt_intern_count(report->counted_table), sizeof(*report->counted)) ||
	    !bt_intern_add(report->counted_table, key, sizeof(key), &number))
		return NULL;
	return &report->counted[number];
}

/* Hits number before + 1 to total: how many of them are new. */
static bool add_hits(struct bt_ranges *seen, uint64_t before, uint64_t total, uint64_t *more)
{
	uint64_t known = bt_ranges_size(seen);
	if (total > before && !bt_ranges_add(seen, before + 1, total))
		return false;
	*more = bt_ranges_size(seen) - known;
	return true;
}

bool bt_report_add_count(struct bt_report *report, const struct bt_count *count)
{
	struct bt_counted *of = find_counted(report, count);
	uint64_t counted, dropped;
	if (of == NULL || !bt_report_see_life(report, count->boot, count->time, count->time) ||
	    !add_hits(&of->counted, count->counted_before, count->counted, &counted) ||
	    !add_hits(&of->dropped, count->dropped_before, count->dropped, &dropped))
		return false;
	of->known = count->epoch != 0;
	of->policy = count->policy;
	of->list = count->list;
	if (count->time < report->options.since || count->time >= report->options.until)
		return true;
	of->counted_hits += counted;
	of->dropped_hits += dropped;
	if (count->time > of->last)
		of->last = count->time;
	return true;
}

void bt_report_free_counts(struct bt_report *report)
{
	for (uint32_t i = 0; report->counted != NULL && i < bt_intern_count(report->counted_table);
	     i++) {
		bt_ranges_clear(&report->counted[i].counted);
		bt_ranges_clear(&report->counted[i].dropped);
	}
	free(report->counted);
	free(report->counted_lists);
}

/* ---- by list ---- */

/* Of what a damaged block has, the totals before and after it tell how much it was, not when. */
static uint64_t span(const struct bt_ranges *set)
{
	return set->count == 0 ? 0 : set->ranges[set->count - 1].last - set->ranges[0].first + 1;
}

static struct bt_counted_list *find_list(struct bt_report *report, uint32_t name)
{
	for (size_t i = 0; i < report->counted_list_count; i++)
		if (report->counted_lists[i].name == name)
			return &report->counted_lists[i];
	if (!bt_report_room(&report->counted_lists, &report->counted_list_room,
		report->counted_list_count, sizeof(*report->counted_lists)))
		return NULL;
	struct bt_counted_list *made = &report->counted_lists[report->counted_list_count++];
	*made = (struct bt_counted_list){.name = name};
	return made;
}

static struct bt_counted_list *unknown_list(struct bt_report *report)
{
	uint32_t name;
	return bt_strings_add(&report->strings, "?", &name) ? find_list(report, name) : NULL;
}

static struct bt_counted_list *list_of(struct bt_report *report, const struct bt_counted *counted)
{
	const struct bt_known_policy *policy =
	    counted->known ? bt_report_known_policy(report, counted->policy) : NULL;
	return policy != NULL && counted->list < policy->count
		   ? find_list(report, policy->lists[counted->list].name)
		   : unknown_list(report);
}

static bool sum_up(struct bt_report *report, const struct bt_counted *counted)
{
	const struct bt_report_options *options = &report->options;
	bool always = options->since == INT64_MIN && options->until == INT64_MAX;
	struct bt_counted_list *list = list_of(report, counted);
	if (list == NULL)
		return false;
	list->counted += always ? span(&counted->counted) : counted->counted_hits;
	list->dropped += always ? span(&counted->dropped) : counted->dropped_hits;
	list->lost += span(&counted->dropped);
	if (counted->last > list->last)
		list->last = counted->last;
	return true;
}

/* What gaps have and no count, as in logs from before there were counts. */
static bool sum_rest(struct bt_report *report)
{
	uint64_t lost = 0;
	for (size_t i = 0; i < report->counted_list_count; i++)
		lost += report->counted_lists[i].lost;
	if (lost >= report->coverage.lost)
		return true;
	struct bt_counted_list *list = unknown_list(report);
	if (list == NULL)
		return false;
	list->lost += report->coverage.lost - lost;
	return true;
}

/* "?" comes last. */
static int by_name(const void *a, const void *b, void *text)
{
	char *const *strings = text;
	const char *left = strings[((const struct bt_counted_list *)a)->name];
	const char *right = strings[((const struct bt_counted_list *)b)->name];
	bool unknown[] = {strcmp(left, "?") == 0, strcmp(right, "?") == 0};
	return unknown[0] != unknown[1] ? unknown[0] - unknown[1] : strcmp(left, right);
}

bool bt_report_sum_counts(struct bt_report *report)
{
	report->counted_list_count = 0;
	report->coverage.counted = 0;
	for (uint32_t i = 0; i < bt_intern_count(report->counted_table); i++)
		if (!sum_up(report, &report->counted[i]))
			return false;
	if (!sum_rest(report))
		return false;
	for (size_t i = 0; i < report->counted_list_count; i++)
		report->coverage.counted += report->counted_lists[i].counted;
	if (report->counted_list_count > 0)
		qsort_r(report->counted_lists, report->counted_list_count,
		    sizeof(*report->counted_lists), by_name, report->strings.text);
	return true;
}

/* ---- in rows ---- */

/* Whoever asks of clients, names or actions asks what only events know. */
bool bt_report_count_rows(struct bt_report *report)
{
	const struct bt_report_options *options = &report->options;
	if (options->by != BT_BY_LIST || options->domain != NULL || options->client != NULL ||
	    options->action >= 0)
		return true;
	for (size_t i = 0; i < report->counted_list_count; i++) {
		const struct bt_counted_list *list = &report->counted_lists[i];
		const char *name = report->strings.text[list->name];
		uint32_t row;
		if (list->counted + list->dropped == 0 ||
		    (options->list != NULL && strcmp(options->list, name) != 0))
			continue;
		if (!bt_report_row(report, name, strlen(name), &row))
			return false;
		report->drafts[row].counted = list->counted + list->dropped;
		report->drafts[row].counted_last = list->last;
	}
	return true;
}

struct bt_report_counted bt_report_counted(const struct bt_report *report, size_t i)
{
	if (i >= report->counted_list_count)
		return (struct bt_report_counted){0};
	const struct bt_counted_list *list = &report->counted_lists[i];
	return (struct bt_report_counted){
	    .list = report->strings.text[list->name],
	    .counted = list->counted,
	    .dropped = list->dropped,
	    .lost = list->lost,
	};
}
