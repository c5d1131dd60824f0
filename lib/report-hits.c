/* SPDX-License-Identifier: BSD-3-Clause */
/* report-hits.c -- events to report rows: which rows an event is a hit of, and the counting */

#include <stdlib.h>
#include <string.h>

#include "endian.h"
#include "report-data.h"

enum { DAY_MS = 86400000, HOUR_MS = 3600000 };

/* ---- what an event matched ---- */

const uint8_t *bt_report_indicator(const struct bt_event *event, size_t *size)
{
	unsigned whole;
	const uint8_t *name = bt_event_name(event, &whole);
	*size = 0;
	for (unsigned i = 0; i < event->labels; i++)
		*size += name[*size] + 1u;
	return name;
}

struct bt_member_walk bt_walk_members(const struct bt_policy *policy, const struct bt_event *event)
{
	unsigned size;
	const uint8_t *name = bt_event_name(event, &size);
	return (struct bt_member_walk){policy, event, (unsigned)bt_key_labels(name, size), 0, 0};
}

bool bt_next_member(struct bt_member_walk *walk, struct bt_member *member, unsigned *labels)
{
	if (walk->policy == NULL)
		return false;
	for (; walk->match < walk->event->match_count; walk->match++, walk->next = 0) {
		const struct bt_event_match *match = &walk->event->matches[walk->match];
		/* 0 of a class that there is not */
		unsigned count = bt_policy_class_size(walk->policy, match->class_id);
		while (walk->next < count) {
			*member = bt_policy_member(walk->policy, match->class_id, walk->next++);
			*labels = match->labels;
			if (bt_scope_covers(member->scope, match->labels, walk->labels))
				return true;
		}
	}
	return false;
}

/* The membership that decided. False: it is not known. */
static bool deciding_member(
    const struct bt_policy *policy, const struct bt_event *event, struct bt_member *member)
{
	struct bt_member_walk walk = bt_walk_members(policy, event);
	unsigned labels;
	while (bt_next_member(&walk, member, &labels))
		if (member->list == event->list && labels == event->labels)
			return true;
	return false;
}

/* ---- the filter ---- */

static bool in_list(
    const struct bt_report *report, const struct bt_policy *policy, const struct bt_event *event)
{
	struct bt_member_walk walk = bt_walk_members(policy, event);
	struct bt_member member;
	unsigned labels;
	if (policy == NULL)
		return strcmp(report->list, "?") == 0;
	int list = bt_policy_find_list(policy, report->list);
	if (list < 0)
		return false;
	if (event->list == list)
		return true;
	while (bt_next_member(&walk, &member, &labels))
		if (member.list == list)
			return true;
	return false;
}

/* Whoever asked, and when. */
static bool is_wanted(
    const struct bt_report *report, const struct bt_policy *policy, const struct bt_event *event)
{
	const struct bt_report_options *options = &report->options;
	if (options->action >= 0 && event->action != options->action)
		return false;
	if (options->domain != NULL) {
		size_t size;
		const uint8_t *indicator = bt_report_indicator(event, &size);
		if (size < report->domain.len ||
		    memcmp(indicator, report->domain.bytes, report->domain.len) != 0)
			return false;
	}
	return options->list == NULL || in_list(report, policy, event);
}

/* ---- the rows of an event ---- */

static bool find_row(struct bt_report *report, const void *name, size_t size, uint32_t *row)
{
	return bt_report_room(&report->drafts, &report->draft_room, bt_intern_count(report->names),
		   sizeof(*report->drafts)) &&
	       bt_intern_add(report->names, name, size, row);
}

/* Shapes are in the order of their names: the same one comes again and again. */
static bool is_last_row(const struct bt_report *report, const void *name, size_t size)
{
	size_t last_size;
	if (report->last_row >= bt_intern_count(report->names))
		return false;
	const void *last = bt_intern_bytes(report->names, report->last_row, &last_size);
	return last_size == size && memcmp(last, name, size) == 0;
}

bool bt_report_row(struct bt_report *report, const void *name, size_t size, uint32_t *row)
{
	if (!is_last_row(report, name, size) && !find_row(report, name, size, &report->last_row))
		return false;
	*row = report->last_row;
	return true;
}

static bool touch(
    struct bt_report *report, struct bt_subject *subject, const void *name, size_t size)
{
	uint32_t row;
	if (!bt_report_row(report, name, size, &row) ||
	    !bt_report_room(&report->touched, &report->touched_room, report->touched_count,
		sizeof(*report->touched)))
		return false;
	for (size_t i = subject->first; i < report->touched_count; i++)
		if (report->touched[i] == row)
			return true;
	report->touched[report->touched_count++] = row;
	subject->rows++;
	return true;
}

static bool touch_text(struct bt_report *report, struct bt_subject *subject, const char *text)
{
	return touch(report, subject, text, strlen(text));
}

static const char *value_of(
    const struct bt_policy *policy, struct bt_member member, const char *key)
{
	const char *value = bt_policy_value(policy, member, key);
	return value == NULL || value[0] == '\0' ? BT_REPORT_NOTHING : value;
}

const char *bt_report_text(
    const struct bt_report *report, const struct bt_policy *policy, struct bt_member member)
{
	switch (report->options.by) {
	case BT_BY_LIST:
		return bt_policy_list(policy, member.list).name;
	case BT_BY_CAMPAIGN:
		return value_of(policy, member, "campaign");
	case BT_BY_FAMILY:
		return value_of(policy, member, "family");
	default:
		return NULL;
	}
}

/* A value beats none: "-" is only for what no membership says anything of. */
static bool touch_members(struct bt_report *report, struct bt_subject *subject)
{
	const struct bt_policy *policy = subject->policy;
	const struct bt_event *event = subject->event;
	struct bt_member_walk walk = bt_walk_members(policy, event);
	struct bt_member member;
	unsigned labels;
	if (report->options.credited) {
		if (deciding_member(policy, event, &member))
			return touch_text(report, subject, bt_report_text(report, policy, member));
	} else {
		while (bt_next_member(&walk, &member, &labels)) {
			const char *text = bt_report_text(report, policy, member);
			if (strcmp(text, BT_REPORT_NOTHING) != 0 &&
			    !touch_text(report, subject, text))
				return false;
		}
	}
	if (subject->rows > 0)
		return true;
	/* What decided is not among the matches of an event of another policy. */
	return touch_text(report, subject,
	    report->options.by == BT_BY_LIST ? report->strings.text[subject->list]
					     : BT_REPORT_NOTHING);
}

static bool touch_rows(struct bt_report *report, struct bt_subject *subject)
{
	const uint8_t *indicator;
	size_t size;
	switch (report->options.by) {
	case BT_BY_CLIENT:
	case BT_BY_DAY:
		return true; /* of each hit */
	case BT_BY_QNAME:
		return touch(report, subject, subject->event->key, subject->event->key_size);
	case BT_BY_LIST:
	case BT_BY_CAMPAIGN:
	case BT_BY_FAMILY:
		return touch_members(report, subject);
	default:
		indicator = bt_report_indicator(subject->event, &size);
		return touch(report, subject, indicator, size);
	}
}

/* The list that holds the deciding indicator. */
static const char *list_of(const struct bt_policy *policy, const struct bt_event *event)
{
	return policy != NULL && event->list < bt_policy_lists(policy)
		   ? bt_policy_list(policy, event->list).name
		   : "?";
}

bool bt_report_subject(struct bt_report *report, struct bt_subject *subject,
    const struct bt_policy *policy, const struct bt_event *event)
{
	*subject = (struct bt_subject){.policy = policy,
	    .event = event,
	    .not_before = bt_report_made_at(report, event->policy),
	    .first = report->touched_count};
	subject->wanted = is_wanted(report, policy, event);
	return !subject->wanted ||
	       (bt_strings_add(&report->strings, list_of(policy, event), &subject->list) &&
		   touch_rows(report, subject));
}

/* ---- counting ---- */

void bt_report_credit(struct bt_report *report, uint32_t row, uint32_t list, int64_t time)
{
	struct bt_draft *draft = &report->drafts[row];
	char **text = report->strings.text;
	if (draft->list != 0 &&
	    (draft->time > time ||
		(draft->time == time && strcmp(text[list], text[draft->list - 1]) >= 0)))
		return;
	draft->time = time;
	draft->list = list + 1;
}

/* Hits that come together are of few hours. */
static bool count_hour(struct bt_report *report, int64_t time)
{
	int64_t hour = bt_floor_to(time, HOUR_MS);
	size_t at = (size_t)hour % BT_RECENT_HOURS;
	uint32_t number;
	if (report->recent[at].number == 0 || report->recent[at].hour != hour) {
		if (!bt_report_room(&report->hour_hits, &report->hour_room,
			bt_intern_count(report->hours), sizeof(*report->hour_hits)) ||
		    !bt_intern_add(report->hours, &hour, sizeof(hour), &number))
			return false;
		report->recent[at].hour = hour;
		report->recent[at].number = number + 1;
	}
	report->hour_hits[report->recent[at].number - 1]++;
	return true;
}

bool bt_report_day_row(struct bt_report *report, int64_t time, uint32_t *row)
{
	int64_t day = bt_floor_to(time, DAY_MS);
	uint8_t name[8];
	if (bt_intern_count(report->names) == 0 || day != report->last_day) {
		bt_put64(name, (uint64_t)day);
		if (!bt_report_row(report, name, sizeof(name), &report->last_day_row))
			return false;
		report->last_day = day;
	}
	*row = report->last_day_row;
	return true;
}

static bool find_tally(
    struct bt_report *report, uint32_t row, uint32_t client, int64_t time, uint32_t *number)
{
	uint32_t count = report->pairs.count;
	if (!bt_report_grow(
		&report->tallies, &report->tally_room, count, sizeof(*report->tallies)) ||
	    !bt_pairs_add(&report->pairs, row, client, number))
		return false;
	struct bt_tally *tally = &report->tallies[*number];
	if (*number == count)
		*tally = (struct bt_tally){.row = row, .client = client, .ever = time};
	if (time < tally->ever)
		tally->ever = time;
	return true;
}

static bool mark(bool **marks, size_t *room, uint32_t number)
{
	while (number >= *room)
		if (!bt_report_room(marks, room, *room, sizeof(**marks)))
			return false;
	(*marks)[number] = true;
	return true;
}

bool bt_report_mark(struct bt_report *report, uint32_t client)
{
	return mark(&report->client_hit, &report->client_hit_room, client);
}

/* With tallies. *number is the one that it is counted in. */
static bool count_tally(struct bt_report *report, uint32_t row, uint32_t client,
    const struct bt_roll_row *hits, bool counts, uint32_t *number)
{
	if (!find_tally(report, row, client, hits->first_seen, number))
		return false;
	struct bt_tally *tally = &report->tallies[*number];
	if (!counts)
		return true;
	if (tally->hits == 0 || hits->first_seen < tally->first_seen)
		tally->first_seen = hits->first_seen;
	if (tally->hits == 0 || hits->last_seen > tally->last_seen)
		tally->last_seen = hits->last_seen;
	tally->hits += hits->hits;
	return true;
}

void bt_report_sum(struct bt_draft *draft, const struct bt_roll_row *hits)
{
	if (draft->hits == 0 || hits->first_seen < draft->first_seen)
		draft->first_seen = hits->first_seen;
	if (draft->hits == 0 || hits->last_seen > draft->last_seen)
		draft->last_seen = hits->last_seen;
	draft->hits += hits->hits;
}

bool bt_report_join(struct bt_report *report, uint32_t row, uint32_t client)
{
	bool added;
	if (!bt_pair_set_add(&report->row_clients, row, client, &added))
		return false;
	if (!added)
		return true;
	report->drafts[row].endpoints++;
	report->drafts[row].forwarders += bt_report_is_forwarder(report, client);
	return bt_report_mark(report, client);
}

/* Without. */
static bool count_draft(
    struct bt_report *report, uint32_t row, uint32_t client, const struct bt_roll_row *hits)
{
	bt_report_sum(&report->drafts[row], hits);
	return bt_report_join(report, row, client);
}

bool bt_report_address(struct bt_report *report, uint32_t row, uint32_t address)
{
	uint32_t number, count = report->row_addresses.count;
	if (!bt_pairs_add(&report->row_addresses, row, address, &number))
		return false;
	report->drafts[row].addresses += number == count;
	return number < count || mark(&report->address_hit, &report->address_hit_room, address);
}

/* `counts`: it is in the time that is asked about. */
static bool count_row(struct bt_report *report, const struct bt_subject *subject, uint32_t row,
    const struct bt_who *who, const struct bt_roll_row *hits, bool counts)
{
	uint32_t tally = 0;
	if (report->tallies_up && !count_tally(report, row, who->client, hits, counts, &tally))
		return false;
	if (!counts)
		return true;
	if ((!report->tallies_up && !count_draft(report, row, who->client, hits)) ||
	    (report->folds && !bt_report_address(report, row, who->address)))
		return false;
	bt_report_credit(report, row, subject->list, hits->last_seen);
	return !report->options.wide || bt_report_note(report, row, tally, subject, hits);
}

bool bt_report_asks(const struct bt_report *report, int64_t time, bool *earlier)
{
	const struct bt_report_options *options = &report->options;
	*earlier = options->baseline != INT64_MAX && time < options->since;
	return time >= options->since && time < options->until;
}

static bool count_rows(struct bt_report *report, const struct bt_subject *subject,
    const struct bt_who *who, const struct bt_roll_row *hits, bool counts)
{
	enum bt_report_by by = report->options.by;
	uint32_t row = who->client;
	if (by == BT_BY_CLIENT || by == BT_BY_DAY)
		return (by == BT_BY_CLIENT || bt_report_day_row(report, hits->first_seen, &row)) &&
		       count_row(report, subject, row, who, hits, counts);
	for (uint32_t i = 0; i < subject->rows; i++)
		if (!count_row(
			report, subject, report->touched[subject->first + i], who, hits, counts))
			return false;
	return true;
}

bool bt_report_hits(struct bt_report *report, const struct bt_subject *subject,
    const struct bt_who *who, const struct bt_roll_row *hits)
{
	bool earlier, counts = bt_report_asks(report, hits->first_seen, &earlier);
	return (!counts && !earlier) || count_rows(report, subject, who, hits, counts);
}

bool bt_report_hit(struct bt_report *report, const struct bt_subject *subject,
    const struct bt_who *who, int64_t time)
{
	const struct bt_roll_row hit = {1, time, time};
	bool earlier, counts = bt_report_asks(report, time, &earlier);
	if (!counts && !earlier)
		return true;
	return (!counts || count_hour(report, time)) &&
	       count_rows(report, subject, who, &hit, counts);
}

bool bt_report_count(
    struct bt_report *report, const struct bt_policy *policy, const struct bt_event *event)
{
	struct bt_columns_endpoint endpoint;
	struct bt_subject subject;
	struct bt_who who;
	report->touched_count = 0;
	if (!bt_report_subject(report, &subject, policy, event))
		return false;
	if (!subject.wanted)
		return true;
	memcpy(endpoint.client, event->client, sizeof(endpoint.client));
	memcpy(endpoint.via, event->via, sizeof(endpoint.via));
	memcpy(endpoint.device, event->device, sizeof(endpoint.device));
	return bt_report_find_who(report, &subject, &endpoint, event->time, &who) &&
	       (who.client == BT_NOT_WANTED || bt_report_hit(report, &subject, &who, event->time));
}

bool bt_report_add(
    struct bt_report *report, const struct bt_policy *policy, const struct bt_event *event)
{
	report->coverage.events++;
	return bt_report_count(report, policy, event);
}
