/* SPDX-License-Identifier: BSD-3-Clause */
/* report-rolls.c -- events to report rows: roll-ups in place of the segments that they sum up */

#include <stdlib.h>
#include <string.h>

#include "report-data.h"

enum { AHEAD = 16 /* rows */ };

/* ---- whether to take it, or the segments ---- */

/* A roll-up's sources, with what is here of them. */
struct sources {
	const struct bt_roll_source *source;
	uint32_t count;
	uint64_t events;
	int64_t earliest, latest; /* of the events */
	bool all_here;            /* as closed segments */
	uint32_t seen_in_part, seen_whole, with_events;
};

static size_t find_file(const struct bt_report *report, const struct bt_roll_source *source)
{
	for (size_t i = 0; i < report->file_count; i++)
		if (report->files[i].boot == source->boot &&
		    report->files[i].number == source->number && !report->files[i].open)
			return i;
	return report->file_count;
}

static uint64_t size_of(const struct bt_roll_source *source)
{
	return source->first == 0 ? 0 : source->last - source->first + 1;
}

/* False if memory runs out. */
static bool look_at(
    struct bt_report *report, struct sources *all, const struct bt_roll_source *source)
{
	uint64_t size = size_of(source);
	all->all_here &= find_file(report, source) < report->file_count;
	if (size == 0)
		return true;
	struct bt_source *of = bt_report_source(report, source->boot, source->ring);
	if (of == NULL)
		return false;
	if (all->with_events == 0 || source->earliest < all->earliest)
		all->earliest = source->earliest;
	if (all->with_events == 0 || source->latest > all->latest)
		all->latest = source->latest;
	all->with_events++;
	all->events += size;
	if (bt_ranges_meets(&of->seen, source->first, source->last)) {
		all->seen_in_part++;
		all->seen_whole += bt_ranges_covers(&of->seen, source->first, source->last);
	}
	return true;
}

/* Whether what is asked can be told from days, without names asked for and times of single hits. */
static bool says_enough(const struct bt_report *report, const struct sources *all)
{
	const struct bt_report_options *options = &report->options;
	bool inside = all->earliest >= options->since && all->latest < options->until;
	bool outside = all->latest < options->since || all->earliest >= options->until;
	return !options->wide && !options->hours && !options->identify_by_time &&
	       options->by != BT_BY_QNAME && (all->with_events == 0 || inside || outside);
}

static void mark_summed(struct bt_report *report, const struct sources *all)
{
	for (uint32_t i = 0; i < all->count; i++) {
		size_t file = find_file(report, &all->source[i]);
		if (file < report->file_count)
			report->summed[file] = true;
	}
}

/* Its hits are counted from here on. False if memory runs out. */
static bool take(struct bt_report *report, const struct sources *all)
{
	mark_summed(report, all);
	report->coverage.rollups++;
	for (uint32_t i = 0; i < all->count; i++) {
		const struct bt_roll_source *source = &all->source[i];
		if (size_of(source) == 0)
			continue;
		struct bt_source *of = bt_report_source(report, source->boot, source->ring);
		if (of == NULL || !bt_ranges_add(&of->seen, source->first, source->last) ||
		    !bt_report_see_life(report, source->boot, source->earliest, source->latest))
			return false;
	}
	return true;
}

static bool stop(struct bt_report *report)
{
	report->no_memory = true;
	return false;
}

/* True: the roll-up is read on. */
bool bt_report_on_sources(void *ctx, const struct bt_roll_source *sources, uint32_t count)
{
	struct bt_report *report = ctx;
	struct sources all = {.source = sources, .count = count, .all_here = true};
	for (uint32_t i = 0; i < count; i++)
		if (!look_at(report, &all, &sources[i]))
			return stop(report);
	if (all.with_events > 0 && all.seen_whole == all.with_events) {
		report->coverage.duplicates += all.events;
		mark_summed(report, &all);
		return false;
	}
	if (all.all_here && report->roll_damaged)
		bt_report_problem_add(
		    report, "%s: is damaged: the segments are read instead", report->path);
	if (all.all_here &&
	    (all.seen_in_part > 0 || report->roll_damaged || !says_enough(report, &all)))
		return false;
	if (all.seen_in_part > 0) {
		bt_report_problem_add(report,
		    "%s: a part of it was read elsewhere, and segments that would tell them apart "
		    "are gone: left out",
		    report->path);
		return false;
	}
	if (!says_enough(report, &all))
		bt_report_problem_add(report,
		    "%s: the segments that it sums up are gone: there are whole days, and no names "
		    "that were asked for, hours or rhythms",
		    report->path);
	return take(report, &all) || stop(report);
}

/* ---- counting ---- */

static bool prepare(struct bt_report *report, const struct bt_roll *roll)
{
	report->touched_count = 0;
	if (!bt_report_block_room(report, roll->shapes, roll->endpoints))
		return false;
	for (uint32_t i = 0; i < roll->shapes; i++) {
		const struct bt_event *event = &roll->shape[i];
		if (!bt_report_check_policy(report, event->policy) ||
		    !bt_report_subject(report, &report->subjects[i],
			bt_report_policy(report, event->policy), event))
			return false;
	}
	for (uint32_t i = 0; i < roll->endpoints; i++)
		report->block_whos[i].client = BT_NOT_ASKED;
	return true;
}

/* False if memory runs out. */
static bool find_who(struct bt_report *report, const struct bt_roll *roll,
    const struct bt_subject *subject, uint32_t row, int64_t time, struct bt_who **who)
{
	uint32_t endpoint = roll->endpoint_of[row];
	*who = &report->block_whos[endpoint];
	return (*who)->client != BT_NOT_ASKED ||
	       bt_report_find_who(report, subject, &roll->endpoint[endpoint], time, *who);
}

/* By each endpoint's own hits. */
static bool count_rows(struct bt_report *report, const struct bt_roll *roll,
    const struct bt_subject *subject, const struct bt_roll_group *group)
{
	for (uint32_t i = group->row; i < group->row + group->rows; i++) {
		struct bt_who *who;
		if (!find_who(report, roll, subject, i, group->first_seen, &who))
			return false;
		if (who->client != BT_NOT_WANTED &&
		    !bt_report_hits(report, subject, who, &roll->row[i]))
			return false;
	}
	return true;
}

/* Much time goes into waiting for memory: that of the rows to come is asked for. */
static void ask_for(const struct bt_report *report, const struct bt_roll *roll,
    const struct bt_roll_group *group, uint32_t at, uint32_t row)
{
	if (at - group->row >= group->rows)
		return;
	uint32_t client = report->block_whos[roll->endpoint_of[at]].client;
	if (client < BT_NOT_ASKED)
		bt_pair_set_prefetch(&report->row_clients, row, client);
}

/* By the sum of all, and which endpoints there are. */
static bool count_sum(struct bt_report *report, const struct bt_roll *roll,
    const struct bt_subject *subject, const struct bt_roll_group *group, uint32_t row)
{
	const struct bt_roll_row sum = {group->hits, group->first_seen, group->last_seen};
	bt_report_sum(&report->drafts[row], &sum);
	bt_report_credit(report, row, subject->list, group->last_seen);
	for (uint32_t i = 0; i < AHEAD; i++)
		ask_for(report, roll, group, group->row + i, row);
	for (uint32_t i = group->row; i < group->row + group->rows; i++) {
		struct bt_who *who;
		ask_for(report, roll, group, i + AHEAD, row);
		if (!find_who(report, roll, subject, i, group->first_seen, &who) ||
		    !bt_report_join(report, row, who->client) ||
		    (report->folds && !bt_report_address(report, row, who->address)))
			return false;
	}
	return true;
}

static bool count_group(struct bt_report *report, const struct bt_roll *roll,
    const struct bt_subject *subject, const struct bt_roll_group *group)
{
	bool earlier, counts = bt_report_asks(report, group->first_seen, &earlier);
	uint32_t row;
	if (roll->row != NULL)
		return count_rows(report, roll, subject, group);
	if (!counts)
		return true;
	if (report->options.by == BT_BY_DAY)
		return bt_report_day_row(report, group->first_seen, &row) &&
		       count_sum(report, roll, subject, group, row);
	for (uint32_t i = 0; i < subject->rows; i++)
		if (!count_sum(report, roll, subject, group, report->touched[subject->first + i]))
			return false;
	return true;
}

bool bt_report_on_roll(void *ctx, const struct bt_roll *roll)
{
	struct bt_report *report = ctx;
	if (!prepare(report, roll))
		return stop(report);
	for (uint32_t i = 0; i < roll->groups; i++) {
		const struct bt_roll_group *group = &roll->group[i];
		const struct bt_subject *subject = &report->subjects[group->shape];
		report->coverage.events += group->hits;
		if (group->first_seen < subject->not_before)
			report->coverage.misdated += group->hits;
		if (subject->wanted && !count_group(report, roll, subject, group))
			return stop(report);
	}
	return true;
}

/* ---- a folder's ---- */

static void note_damage(void *ctx, uint64_t offset, const char *reason)
{
	bool *damaged = ctx;
	(void)offset;
	(void)reason;
	*damaged = true;
}

/* Whether checksums are wrong: what segments say is better then. */
static bool is_damaged(const char *path)
{
	struct bt_err err;
	bool damaged = false;
	const struct bt_segment_visitor visitor = {.damage = note_damage, .ctx = &damaged};
	return !bt_segment_read(path, &visitor, &err) || damaged;
}

bool bt_report_rolls(struct bt_report *report, const char *folder, struct bt_err *err)
{
	struct bt_segment_file *rolls;
	size_t count;
	unsigned read = 0;
	if (!bt_segment_rollups(folder, &rolls, &count, err))
		return false;
	bool ok = true;
	for (size_t i = 0; ok && i < count; i++) {
		report->roll_damaged = is_damaged(rolls[i].path);
		ok = bt_report_read_file(report, &rolls[i], &read);
	}
	bt_segment_files_free(&rolls, count);
	return ok || bt_fail(err, "%s: out of memory", folder);
}
