/* SPDX-License-Identifier: BSD-3-Clause */
/* rhythm.c -- how regularly an endpoint asks: median interval and jitter */

#include <stdlib.h>

#include "rhythm.h"

enum { MOMENT_MS = 10000, HOUR_MS = 3600000 };

static int by_time(const void *a, const void *b)
{
	const int64_t *left = a, *right = b;
	return *left == *right ? 0 : *left < *right ? -1 : 1;
}

/* From a to b, which is not before it; times come from files, so that any two may be far apart. */
static int64_t span(int64_t a, int64_t b)
{
	uint64_t wide = (uint64_t)b - (uint64_t)a;
	return wide > INT64_MAX ? INT64_MAX : (int64_t)wide;
}

/* The middle one of sorted values, or the mean of the middle two. */
static int64_t middle(const int64_t *sorted, size_t count)
{
	int64_t low = sorted[(count - 1) / 2], high = sorted[count / 2];
	return low + (high - low) / 2;
}

static int64_t hour_of(int64_t time)
{
	return time / HOUR_MS - (time % HOUR_MS < 0);
}

/* Sorted times to those that begin a moment; returns how many. */
static size_t coalesce(int64_t *times, size_t count)
{
	size_t kept = 0;
	for (size_t i = 0; i < count; i++)
		if (kept == 0 || span(times[kept - 1], times[i]) > MOMENT_MS)
			times[kept++] = times[i];
	return kept;
}

static uint32_t count_hours(const int64_t *sorted, size_t count)
{
	uint32_t hours = 0;
	for (size_t i = 0; i < count; i++)
		hours += i == 0 || hour_of(sorted[i]) != hour_of(sorted[i - 1]);
	return hours;
}

struct bt_rhythm bt_rhythm_of(int64_t *times, size_t count)
{
	struct bt_rhythm rhythm = {.jitter = -1};
	if (count == 0)
		return rhythm;
	qsort(times, count, sizeof(*times), by_time);
	rhythm.hours = count_hours(times, count);
	size_t moments = coalesce(times, count), intervals = moments - 1;
	rhythm.moments = (uint32_t)moments;
	if (intervals == 0)
		return rhythm;
	for (size_t i = 0; i < intervals; i++)
		times[i] = span(times[i], times[i + 1]);
	qsort(times, intervals, sizeof(*times), by_time);
	rhythm.interval = middle(times, intervals);
	if (intervals == 1)
		return rhythm; /* it does not deviate from itself */
	for (size_t i = 0; i < intervals; i++)
		times[i] = times[i] > rhythm.interval ? times[i] - rhythm.interval
						      : rhythm.interval - times[i];
	qsort(times, intervals, sizeof(*times), by_time);
	rhythm.jitter = (double)middle(times, intervals) / (double)rhythm.interval;
	return rhythm;
}

static int by_interval(const void *a, const void *b)
{
	const struct bt_rhythm *left = a, *right = b;
	return by_time(&left->interval, &right->interval);
}

static int by_jitter(const void *a, const void *b)
{
	const struct bt_rhythm *left = a, *right = b;
	return left->jitter < right->jitter ? -1 : left->jitter > right->jitter;
}

struct bt_rhythm bt_rhythm_middle(struct bt_rhythm *rhythms, size_t count)
{
	struct bt_rhythm sum = {.jitter = -1};
	size_t intervals = 0, jitters = 0;
	for (size_t i = 0; i < count; i++) {
		sum.moments += rhythms[i].moments;
		sum.hours += rhythms[i].hours;
		if (rhythms[i].interval > 0)
			rhythms[intervals++] = rhythms[i];
	}
	if (intervals == 0)
		return sum;
	qsort(rhythms, intervals, sizeof(*rhythms), by_interval);
	sum.interval = rhythms[(intervals - 1) / 2].interval;
	for (size_t i = 0; i < intervals; i++)
		if (rhythms[i].jitter >= 0)
			rhythms[jitters++] = rhythms[i];
	if (jitters == 0)
		return sum;
	qsort(rhythms, jitters, sizeof(*rhythms), by_jitter);
	sum.jitter = rhythms[(jitters - 1) / 2].jitter;
	return sum;
}
