/* SPDX-License-Identifier: BSD-3-Clause */
/* timing.c -- clocks, one CPU, and percentiles */

#include <sched.h>
#include <stdlib.h>

#include "timing.h"

struct tick tick_measure(void)
{
	struct tick tick = {.overhead = UINT64_MAX};
	for (unsigned i = 0; i < 10000; i++) {
		uint64_t begin = ticks(), took = ticks() - begin;
		if (took < tick.overhead)
			tick.overhead = took;
	}
	uint64_t begin = now(), first = ticks();
	while (now() - begin < 20000000)
		;
	tick.ns = (double)(now() - begin) / (double)(ticks() - first);
	return tick;
}

int pin_to_cpu(int cpu)
{
	cpu_set_t set;
	if (cpu < 0) {
		if (sched_getaffinity(0, sizeof(set), &set) != 0)
			return -1;
		for (unsigned i = 0; i < CPU_SETSIZE; i++)
			if (CPU_ISSET(i, &set))
				cpu = (int)i;
	}
	CPU_ZERO(&set);
	CPU_SET((unsigned)cpu, &set);
	return sched_setaffinity(0, sizeof(set), &set) == 0 ? cpu : -1;
}

void samples_add(struct samples *samples, double value)
{
	if (samples->count == samples->room) {
		size_t room = 2 * samples->room + 64;
		double *values = realloc(samples->values, room * sizeof(*values));
		if (values == NULL) {
			samples->failed = true;
			return;
		}
		samples->values = values;
		samples->room = room;
	}
	samples->values[samples->count++] = value;
}

static int compare(const void *x, const void *y)
{
	const double *a = x, *b = y;
	return *a < *b ? -1 : *a > *b;
}

double samples_at(struct samples *samples, double share)
{
	if (samples->count == 0)
		return 0;
	qsort(samples->values, samples->count, sizeof(*samples->values), compare);
	return samples->values[(size_t)(share * (double)(samples->count - 1) + 0.5)];
}

void samples_free(struct samples *samples)
{
	free(samples->values);
	*samples = (struct samples){0};
}
