/* SPDX-License-Identifier: BSD-3-Clause */
/* report-coverage.c -- events to report rows: how far they can be trusted */

#include <stdlib.h>
#include <string.h>

#include "report-data.h"

enum { PERIOD_DEFAULT = 60 /* seconds between heartbeats */, MISSING = 3 };

static int64_t clamp_add(int64_t sum, int64_t more)
{
	return more > INT64_MAX - sum ? INT64_MAX : sum + more;
}

/* From a to b; times come from files, so that any two may be far apart. */
static int64_t span(int64_t a, int64_t b)
{
	uint64_t wide = (uint64_t)b - (uint64_t)a;
	if (b <= a)
		return 0;
	return wide > INT64_MAX ? INT64_MAX : (int64_t)wide;
}

/* ---- one life of a writer ---- */

static int by_time(const void *a, const void *b)
{
	const struct bt_beat *left = a, *right = b;
	if (left->time != right->time)
		return left->time < right->time ? -1 : 1;
	return (int)left->kind - (int)right->kind;
}

/* Heartbeats that copies repeat are no time apart. */
static void measure_boot(const struct bt_boot *boot, struct bt_report_coverage *coverage)
{
	for (size_t i = 0; i < boot->beat_count; i++) {
		const struct bt_beat *beat = &boot->beats[i];
		bool last = i + 1 == boot->beat_count;
		int64_t until = last ? boot->last : boot->beats[i + 1].time;
		int64_t period = beat->period == 0 ? PERIOD_DEFAULT : beat->period;
		int64_t length = span(beat->time, until);
		if (length > MISSING * period * 1000)
			coverage->down = clamp_add(coverage->down, length);
		else if (beat->policy == 0)
			coverage->unprotected = clamp_add(coverage->unprotected, length);
		else if (beat->paused)
			coverage->paused = clamp_add(coverage->paused, length);
	}
}

/* ---- all lives of all resolvers ---- */

static int by_resolver(const void *a, const void *b)
{
	const struct bt_boot *left = *(struct bt_boot *const *)a;
	const struct bt_boot *right = *(struct bt_boot *const *)b;
	if (left->resolver != right->resolver)
		return left->resolver < right->resolver ? -1 : 1;
	if (left->first != right->first)
		return left->first < right->first ? -1 : 1;
	return 0;
}

/* Since a resolver's last record, unless its next heartbeat may still come. */
static int64_t silence(int64_t end, int64_t now)
{
	int64_t length = now == INT64_MAX ? 0 : span(end, now);
	return length > (int64_t)MISSING * PERIOD_DEFAULT * 1000 ? length : 0;
}

/* Between the lives of each resolver, and since the last one. */
static void measure_between(
    struct bt_boot *const *boots, size_t count, int64_t now, struct bt_report_coverage *coverage)
{
	int64_t end = 0;
	for (size_t i = 0; i < count; i++) {
		bool first = i == 0 || boots[i]->resolver != boots[i - 1]->resolver;
		bool last = i + 1 == count || boots[i + 1]->resolver != boots[i]->resolver;
		if (!first)
			coverage->down = clamp_add(coverage->down, span(end, boots[i]->first));
		if (first || boots[i]->last > end)
			end = boots[i]->last;
		if (last)
			coverage->down = clamp_add(coverage->down, silence(end, now));
	}
}

/* ---- since when lists are watched for ---- */

const struct bt_known_policy *bt_report_known_policy(
    const struct bt_report *report, uint64_t digest)
{
	uint32_t number;
	return bt_intern_find(report->policy_table, &digest, sizeof(digest), &number)
		   ? &report->known_policies[number]
		   : NULL;
}

static struct bt_watch_since *find_watch(const struct bt_report *report, uint32_t name)
{
	for (size_t i = 0; i < report->watched_count; i++)
		if (report->watched[i].name == name)
			return &report->watched[i];
	return NULL;
}

static const struct bt_known_list *find_list(const struct bt_known_policy *policy, uint32_t name)
{
	for (size_t i = 0; policy != NULL && i < policy->count; i++)
		if (policy->lists[i].name == name)
			return &policy->lists[i];
	return NULL;
}

/*
 * When a resolver's last state of a list came into force, without a break since; 0: it is not in
 * force. Which names a list had earlier, the log does not say.
 */
static int64_t in_force_since(
    const struct bt_report *report, struct bt_boot *const *boots, size_t count, uint32_t name)
{
	const struct bt_known_list *now = NULL;
	int64_t since = 0;
	for (size_t i = 0; i < count; i++) {
		for (size_t j = 0; j < boots[i]->beat_count; j++) {
			const struct bt_beat *beat = &boots[i]->beats[j];
			const struct bt_known_list *list =
			    find_list(bt_report_known_policy(report, beat->policy), name);
			if (list != NULL && now != NULL && list->entries == now->entries &&
			    list->modified == now->modified)
				continue;
			now = list;
			since = list == NULL ? 0 : beat->time;
		}
	}
	return since;
}

/* Everywhere: the last of all resolvers that have it. */
static bool find_watched(struct bt_report *report, struct bt_boot *const *boots, size_t count)
{
	free(report->watched);
	report->watched_count = 0;
	report->watched = calloc(report->list_count + 1, sizeof(*report->watched));
	if (report->watched == NULL)
		return false;
	for (size_t i = 0; i < report->list_count; i++) {
		struct bt_watch_since *watch = &report->watched[report->watched_count++];
		watch->name = report->lists[i].name;
		for (size_t first = 0, next; first < count; first = next) {
			for (next = first + 1;
			     next < count && boots[next]->resolver == boots[first]->resolver;
			     next++)
				;
			int64_t since =
			    in_force_since(report, &boots[first], next - first, watch->name);
			if (since > watch->since)
				watch->since = since;
		}
	}
	return true;
}

int64_t bt_report_watched(const struct bt_report *report, uint32_t list)
{
	const struct bt_watch_since *watch = find_watch(report, list);
	return watch == NULL ? 0 : watch->since;
}

/* From when on the log has something of every resolver. */
static int64_t covered_since(const struct bt_report *report)
{
	int64_t since = 0;
	for (size_t i = 0; i < report->resolver_count; i++) {
		int64_t first = INT64_MAX;
		for (uint32_t j = 0; j < bt_intern_count(report->boot_table); j++) {
			const struct bt_boot *boot = &report->boots[j];
			if (boot->alive && boot->resolver == report->resolvers[i] &&
			    boot->first < first)
				first = boot->first;
		}
		since = first > since ? first : since;
	}
	return since == INT64_MAX ? 0 : since;
}

static int64_t listed_since(
    const struct bt_report *report, int64_t since, const uint8_t *key, size_t size)
{
	for (size_t i = 0; i < report->listing_count; i++) {
		int64_t listed = report->listings[i] == NULL
				     ? 0
				     : bt_watched_since(report->listings[i], key, size);
		if (listed == 0)
			return 0;
		since = listed > since ? listed : since;
	}
	return since;
}

void bt_report_note_listed(struct bt_report *report)
{
	int64_t covered = covered_since(report);
	if (covered == 0 || report->listing_count == 0 || report->options.by != BT_BY_INDICATOR)
		return;
	for (size_t i = 0; i < report->row_count; i++) {
		size_t size;
		const uint8_t *key = bt_intern_bytes(report->names, (uint32_t)i, &size);
		int64_t since = listed_since(report, covered, key, size);
		int64_t *known = &report->rows[i].wide.watched_since;
		if (since != 0 && (*known == 0 || since < *known))
			*known = since;
	}
}

static bool name_resolvers(struct bt_report *report, struct bt_boot *const *boots, size_t count)
{
	uint32_t *names = realloc(report->resolvers, (count + 1) * sizeof(*names));
	if (names == NULL)
		return false;
	report->resolvers = names;
	report->resolver_count = 0;
	for (size_t i = 0; i < count; i++) {
		if (boots[i]->resolver == BT_NO_RESOLVER ||
		    (i > 0 && boots[i]->resolver == boots[i - 1]->resolver))
			continue;
		names[report->resolver_count++] = boots[i]->resolver;
	}
	return true;
}

static int by_text(const void *a, const void *b, void *text)
{
	char *const *strings = text;
	return strcmp(strings[*(const uint32_t *)a], strings[*(const uint32_t *)b]);
}

/* The name is a list's first member. */
static void sort_names(struct bt_report *report)
{
	if (report->resolver_count > 0)
		qsort_r(report->resolvers, report->resolver_count, sizeof(*report->resolvers),
		    by_text, report->strings.text);
	if (report->list_count > 0)
		qsort_r(report->lists, report->list_count, sizeof(*report->lists), by_text,
		    report->strings.text);
}

static void sum_lost(struct bt_report *report)
{
	report->coverage.lost = 0;
	for (uint32_t i = 0; i < bt_intern_count(report->source_table); i++) {
		uint64_t lost = bt_ranges_size(&report->sources[i].lost);
		report->coverage.lost = lost > UINT64_MAX - report->coverage.lost
					    ? UINT64_MAX
					    : report->coverage.lost + lost;
	}
}

bool bt_report_measure(struct bt_report *report)
{
	size_t count = bt_intern_count(report->boot_table), alive = 0;
	struct bt_boot **boots = malloc((count + 1) * sizeof(struct bt_boot *));
	if (boots == NULL)
		return false;
	for (size_t i = 0; i < count; i++)
		boots[i] = &report->boots[i];
	if (count > 0)
		qsort(boots, count, sizeof(*boots), by_resolver);
	bool ok = name_resolvers(report, boots, count);

	report->coverage.down = report->coverage.unprotected = report->coverage.paused = 0;
	for (size_t i = 0; i < count; i++) {
		if (boots[i]->beat_count > 0)
			qsort(boots[i]->beats, boots[i]->beat_count, sizeof(*boots[i]->beats),
			    by_time);
		measure_boot(boots[i], &report->coverage);
		if (boots[i]->alive)
			boots[alive++] = boots[i];
	}
	int64_t now = report->options.now;
	if (now != INT64_MAX && now > report->options.until)
		now = report->options.until;
	measure_between(boots, alive, now, &report->coverage);
	ok = ok && find_watched(report, boots, alive);
	free(boots);
	sum_lost(report);
	ok = ok && bt_report_sum_counts(report);
	sort_names(report);
	report->coverage.resolvers = (unsigned)report->resolver_count;
	return ok;
}

/* ---- for the reader of the report ---- */

struct bt_report_coverage bt_report_coverage(const struct bt_report *report)
{
	return report->coverage;
}

const char *bt_report_resolver(const struct bt_report *report, size_t i)
{
	return i < report->resolver_count ? report->strings.text[report->resolvers[i]] : NULL;
}

struct bt_report_list bt_report_list(const struct bt_report *report, size_t i)
{
	if (i >= report->list_count)
		return (struct bt_report_list){0};
	const struct bt_known_list *list = &report->lists[i];
	return (struct bt_report_list){
	    .name = report->strings.text[list->name],
	    .action = report->strings.text[list->action],
	    .entries = list->entries,
	    .modified = list->modified,
	};
}
