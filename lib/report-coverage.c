/* SPDX-License-Identifier: BSD-3-Clause */
/* report-coverage.c -- segments to report rows: how far they can be trusted */

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

static void measure_between(
    struct bt_boot *const *boots, size_t count, struct bt_report_coverage *coverage)
{
	int64_t end = 0;
	for (size_t i = 0; i < count; i++) {
		bool first = i == 0 || boots[i]->resolver != boots[i - 1]->resolver;
		if (!first)
			coverage->down = clamp_add(coverage->down, span(end, boots[i]->first));
		if (first || boots[i]->last > end)
			end = boots[i]->last;
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
	measure_between(boots, alive, &report->coverage);
	free(boots);
	sum_lost(report);
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
