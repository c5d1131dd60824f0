/* SPDX-License-Identifier: BSD-3-Clause */
/* report-columns.c -- events to report rows: those of packed segments, many at once */

#include <stdlib.h>
#include <string.h>

#include "report-data.h"

/*
 * What does not depend on who asked and when is found once for each shape of a block; a client once
 * for each endpoint.
 */

enum { AHEAD = 12 /* events */ };

/* What was there is not kept. */
static bool fit(void *array, uint32_t *room, uint32_t count, size_t size)
{
	void *old, *made;
	if (count <= *room)
		return true;
	made = malloc(count * size);
	if (made == NULL)
		return false;
	memcpy(&old, array, sizeof(old));
	free(old);
	memcpy(array, &made, sizeof(made));
	*room = count;
	return true;
}

bool bt_report_block_room(struct bt_report *report, uint32_t shapes, uint32_t endpoints)
{
	return fit(&report->subjects, &report->subject_room, shapes, sizeof(*report->subjects)) &&
	       fit(&report->block_whos, &report->who_room, endpoints, sizeof(*report->block_whos));
}

static bool make_room(struct bt_report *report, const struct bt_columns *columns)
{
	if (report->chosen == NULL)
		report->chosen = calloc(BT_COLUMNS_EVENTS, sizeof(*report->chosen));
	return report->chosen != NULL &&
	       bt_report_block_room(report, columns->shapes, columns->endpoints);
}

static bool prepare(struct bt_report *report, const struct bt_columns *columns)
{
	report->touched_count = 0;
	for (uint32_t i = 0; i < columns->shapes; i++) {
		const struct bt_event *event = &columns->shape[i];
		if (!bt_report_check_policy(report, event->policy) ||
		    !bt_report_subject(report, &report->subjects[i],
			bt_report_policy(report, event->policy), event))
			return false;
	}
	for (uint32_t i = 0; i < columns->endpoints; i++)
		report->block_whos[i].client = BT_NOT_ASKED;
	return true;
}

static bool count(struct bt_report *report, const struct bt_columns *columns, uint32_t at)
{
	const struct bt_subject *subject = &report->subjects[columns->shape_of[at]];
	uint32_t endpoint = columns->endpoint_of[at];
	struct bt_who *who = &report->block_whos[endpoint];
	report->coverage.events++;
	report->coverage.misdated += columns->time[at] < subject->not_before;
	if (!subject->wanted)
		return true;
	if ((who->client == BT_NOT_ASKED || report->options.identify_by_time) &&
	    !bt_report_find_who(
		report, subject, &columns->endpoint[endpoint], columns->time[at], who))
		return false;
	return who->client == BT_NOT_WANTED ||
	       bt_report_hit(report, subject, who, columns->time[at]);
}

/* Much time goes into waiting for memory: that of the events to come is asked for. */
static void ask_for(const struct bt_report *report, const struct bt_columns *columns, uint32_t at)
{
	const struct bt_subject *subject = &report->subjects[columns->shape_of[at]];
	uint32_t client = report->block_whos[columns->endpoint_of[at]].client;
	if (!subject->wanted || subject->rows == 0 || client >= BT_NOT_ASKED)
		return;
	uint32_t row = report->touched[subject->first];
	if (report->tallies_up)
		bt_pairs_prefetch(&report->pairs, row, client);
	else
		bt_pair_set_prefetch(&report->row_clients, row, client);
}

/* ---- each event once ---- */

/* The run's events that are new: their places in the block, to chosen[]. */
static bool choose(struct bt_report *report, struct bt_source *source,
    const struct bt_columns_run *run, uint32_t at)
{
	uint64_t last = run->first + run->count - 1;
	bool none_seen = !bt_ranges_meets(&source->seen, run->first, last);
	for (uint32_t i = 0; i < run->count; i++) {
		if (none_seen || !bt_ranges_has(&source->seen, run->first + i))
			report->chosen[report->chosen_count++] = at + i;
		else
			report->coverage.duplicates++;
	}
	return bt_ranges_add(&source->seen, run->first, last);
}

/* From the first to the last of its events. */
static bool see_life(struct bt_report *report, const struct bt_columns *columns,
    const struct bt_columns_run *run, uint32_t at)
{
	int64_t first = columns->time[at], last = first;
	for (uint32_t i = 1; i < run->count; i++) {
		int64_t time = columns->time[at + i];
		first = time < first ? time : first;
		last = time > last ? time : last;
	}
	return bt_report_see_life(report, run->boot, first, last);
}

static bool choose_all(struct bt_report *report, const struct bt_columns *columns)
{
	uint32_t at = 0;
	report->chosen_count = 0;
	for (uint32_t i = 0; i < columns->runs; i++) {
		const struct bt_columns_run *run = &columns->run[i];
		struct bt_source *source = bt_report_source(report, run->boot, run->ring);
		if (source == NULL || !see_life(report, columns, run, at) ||
		    !choose(report, source, run, at))
			return false;
		at += run->count;
	}
	return true;
}

/* ---- all of it ---- */

bool bt_report_columns(struct bt_report *report, const struct bt_columns *columns)
{
	if (!make_room(report, columns) || !prepare(report, columns) ||
	    !choose_all(report, columns))
		return false;
	for (uint32_t i = 0; i < report->chosen_count; i++) {
		if (i + AHEAD < report->chosen_count)
			ask_for(report, columns, report->chosen[i + AHEAD]);
		if (!count(report, columns, report->chosen[i]))
			return false;
	}
	return true;
}
