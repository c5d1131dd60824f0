/* SPDX-License-Identifier: BSD-3-Clause */
/* report-wide.c -- events to report rows: what else is to be said of a row */

#include <stdlib.h>
#include <string.h>

#include "endian.h"
#include "report-data.h"

enum {
	DAY_MS = 86400000,
	KIND_SHIFT = 29, /* a fact in a number: its kind above its text's number */
	SHAPE_SIZE = 12 + 5 * BT_EVENT_MATCHES_MAX,
};

/* ---- from each hit ---- */

static bool note_fact(
    struct bt_report *report, uint32_t row, enum bt_fact_kind kind, const char *value)
{
	uint32_t text, number, count = report->row_facts.count;
	if (value == NULL || value[0] == '\0')
		return true;
	if (!bt_strings_add(&report->strings, value, &text) || text >> KIND_SHIFT != 0 ||
	    !bt_report_room(&report->facts, &report->fact_room, count, sizeof(*report->facts)) ||
	    !bt_pairs_add(&report->row_facts, row, (uint32_t)kind << KIND_SHIFT | text, &number))
		return false;
	report->facts[number] = (struct bt_fact){.row = row, .kind = kind, .text = text};
	return true;
}

bool bt_report_note_member(
    struct bt_report *report, uint32_t row, const struct bt_policy *policy, struct bt_member member)
{
	static const struct {
		enum bt_fact_kind kind;
		const char *key;
	} values[] = {
	    {BT_FACT_CAMPAIGN, "campaign"}, {BT_FACT_FAMILY, "family"}, {BT_FACT_ACTOR, "actor"}};
	if (!note_fact(report, row, BT_FACT_LIST, bt_policy_list(policy, member.list).name))
		return false;
	for (size_t i = 0; report->options.wide && i < sizeof(values) / sizeof(*values); i++)
		if (!note_fact(report, row, values[i].kind,
			bt_policy_value(policy, member, values[i].key)))
			return false;
	return true;
}

/* Whether what the membership says belongs to the row. */
static bool is_of_row(const struct bt_report *report, uint32_t row, const struct bt_policy *policy,
    struct bt_member member)
{
	const char *text = bt_report_text(report, policy, member);
	size_t size;
	const void *name = bt_intern_bytes(report->names, row, &size);
	return text == NULL || (strlen(text) == size && memcmp(text, name, size) == 0);
}

static bool note_facts(struct bt_report *report, uint32_t row, const struct bt_policy *policy,
    const struct bt_event *event)
{
	struct bt_member_walk walk = bt_walk_members(policy, event);
	struct bt_member member;
	unsigned labels;
	if (!note_fact(report, row, BT_FACT_ACTION, bt_action_name(event->action)))
		return false;
	while (bt_next_member(&walk, &member, &labels))
		if (is_of_row(report, row, policy, member) &&
		    !bt_report_note_member(report, row, policy, member))
			return false;
	return true;
}

/* The same for all events whose facts are the same; nearly always it was there before. */
static bool find_shape(struct bt_report *report, const struct bt_event *event, uint32_t *shape)
{
	uint8_t bytes[SHAPE_SIZE], *at = bytes + 12;
	bt_put64(bytes, event->policy);
	bt_put16(bytes + 8, event->list);
	bytes[10] = event->action;
	bytes[11] = event->labels;
	for (unsigned i = 0; i < event->match_count; i++, at += 5) {
		bt_put32(at, event->matches[i].class_id);
		at[4] = event->matches[i].labels;
	}
	return bt_intern_add(report->shapes, bytes, (size_t)(at - bytes), shape);
}

static bool note_moment(struct bt_report *report, uint32_t tally, int64_t time)
{
	if (!bt_report_grow(&report->moments, &report->moment_room, report->moment_count,
		sizeof(*report->moments)))
		return false;
	report->moments[report->moment_count++] = (struct bt_moment){tally, time};
	return true;
}

static bool note_day(struct bt_report *report, uint32_t row, int64_t time)
{
	uint32_t number, count = report->row_days.count;
	if (!bt_pairs_add(&report->row_days, row, (uint32_t)bt_floor_to(time, DAY_MS), &number))
		return false;
	report->drafts[row].days += number == count;
	return true;
}

static bool note_indicator(struct bt_report *report, uint32_t row, const struct bt_event *event)
{
	uint32_t indicator, number, count = report->row_indicators.count;
	size_t size;
	const uint8_t *key = bt_report_indicator(event, &size);
	if (!bt_intern_add(report->indicators, key, size, &indicator) ||
	    !bt_pairs_add(&report->row_indicators, row, indicator, &number))
		return false;
	report->drafts[row].indicators += number == count;
	return true;
}

bool bt_report_note(struct bt_report *report, uint32_t row, uint32_t tally,
    const struct bt_subject *subject, const struct bt_roll_row *hits)
{
	uint32_t shape, number, count = report->row_shapes.count;
	if ((hits->hits == 1 && !note_moment(report, tally, hits->first_seen)) ||
	    !note_day(report, row, hits->first_seen) ||
	    !note_indicator(report, row, subject->event) ||
	    !find_shape(report, subject->event, &shape) ||
	    !bt_pairs_add(&report->row_shapes, row, shape, &number))
		return false;
	return number < count || note_facts(report, row, subject->policy, subject->event);
}

/* ---- rhythms ---- */

/* Each tally's times side by side, and where they begin; behind the last, where they end. */
static bool sort_moments(const struct bt_report *report, int64_t **times, size_t **begins)
{
	size_t tallies = report->pairs.count;
	int64_t *sorted = malloc((report->moment_count + 1) * sizeof(*sorted));
	size_t *at = calloc(tallies + 2, sizeof(*at));
	if (sorted == NULL || at == NULL) {
		free(sorted);
		free(at);
		return false;
	}
	/* at[i + 2] counts those of tally i, so that at[i + 1] is where the next of them goes */
	for (size_t i = 0; i < report->moment_count; i++)
		at[report->moments[i].tally + 2]++;
	for (size_t i = 2; i < tallies + 2; i++)
		at[i] += at[i - 1];
	for (size_t i = 0; i < report->moment_count; i++)
		sorted[at[report->moments[i].tally + 1]++] = report->moments[i].time;
	*times = sorted;
	*begins = at;
	return true;
}

bool bt_report_rhythms(struct bt_report *report, struct bt_rhythm **rhythms)
{
	size_t tallies = report->pairs.count;
	int64_t *times;
	size_t *begins;
	struct bt_rhythm *made = malloc((tallies + 1) * sizeof(*made));
	if (made == NULL || !sort_moments(report, &times, &begins)) {
		free(made);
		return false;
	}
	for (size_t i = 0; i < tallies; i++)
		made[i] = bt_rhythm_of(times + begins[i], begins[i + 1] - begins[i]);
	free(times);
	free(begins);
	*rhythms = made;
	return true;
}

/* ---- rows ---- */

/* The text of facts from `first` on that are of one row and kind; *count of them. */
static char *join(const struct bt_report *report, const struct bt_fact *facts, size_t count)
{
	size_t size = 1;
	for (size_t i = 0; i < count; i++)
		size += strlen(report->strings.text[facts[i].text]) + 2;
	char *text = malloc(size), *at = text;
	if (text == NULL)
		return NULL;
	for (size_t i = 0; i < count; i++) {
		at = i > 0 ? stpcpy(at, ", ") : at;
		at = stpcpy(at, report->strings.text[facts[i].text]);
	}
	return text;
}

static int by_row(const void *a, const void *b, void *text)
{
	const struct bt_fact *left = a, *right = b;
	char *const *strings = text;
	if (left->row != right->row)
		return left->row < right->row ? -1 : 1;
	if (left->kind != right->kind)
		return left->kind < right->kind ? -1 : 1;
	return strcmp(strings[left->text], strings[right->text]);
}

static void put_text(struct bt_report_wide *wide, enum bt_fact_kind kind, const char *text)
{
	const char **of[BT_FACT_KINDS] = {
	    [BT_FACT_LIST] = &wide->lists,
	    [BT_FACT_CAMPAIGN] = &wide->campaign,
	    [BT_FACT_FAMILY] = &wide->family,
	    [BT_FACT_ACTOR] = &wide->actor,
	    [BT_FACT_ACTION] = &wide->actions,
	};
	*of[kind] = text;
}

/* The last moment at which one of its lists came to be as it is. */
static void watch_since(const struct bt_report *report, struct bt_report_wide *wide,
    const struct bt_fact *facts, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		int64_t since = bt_report_watched(report, facts[i].text);
		if (since != 0 && (wide->watched_since == 0 || since < wide->watched_since))
			wide->watched_since = since;
	}
}

/* rows[] is by number of the row. */
bool bt_report_say_facts(struct bt_report *report)
{
	size_t count = report->row_facts.count, next;
	struct bt_fact *facts = report->facts;
	if (count > 0)
		qsort_r(facts, count, sizeof(*facts), by_row, report->strings.text);
	for (size_t first = 0; first < count; first = next) {
		for (next = first + 1; next < count && facts[next].row == facts[first].row &&
				       facts[next].kind == facts[first].kind;
		     next++)
			;
		struct bt_report_wide *wide = &report->rows[facts[first].row].wide;
		char *text = join(report, &facts[first], next - first);
		if (text == NULL || !bt_report_room(&report->texts, &report->text_room,
					report->text_count, sizeof(*report->texts))) {
			free(text);
			return false;
		}
		report->texts[report->text_count++] = text;
		put_text(wide, (enum bt_fact_kind)facts[first].kind, text);
		if (facts[first].kind == BT_FACT_LIST)
			watch_since(report, wide, &facts[first], next - first);
	}
	return true;
}
