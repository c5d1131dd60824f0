/* SPDX-License-Identifier: BSD-3-Clause */
/* histogram.c -- counts of durations, in classes that are at most 1 in 32 wide */

#include "histogram.h"

/* Each power of two is divided into HISTOGRAM_STEPS classes; the first are exact. */
static unsigned class_of(uint64_t ns)
{
	if (ns < HISTOGRAM_STEPS)
		return (unsigned)ns;
	unsigned shift = 58 - (unsigned)__builtin_clzll(ns);
	return (shift + 1) * HISTOGRAM_STEPS + (unsigned)(ns >> shift) - HISTOGRAM_STEPS;
}

/* The longest duration in a class. */
static uint64_t end_of(unsigned class)
{
	if (class < HISTOGRAM_STEPS)
		return class;
	unsigned shift = class / HISTOGRAM_STEPS - 1;
	return ((uint64_t)(class % HISTOGRAM_STEPS + HISTOGRAM_STEPS + 1) << shift) - 1;
}

void histogram_add(struct histogram *histogram, uint64_t ns)
{
	histogram->total++;
	histogram->count[class_of(ns)]++;
	if (ns > histogram->max)
		histogram->max = ns;
}

uint64_t histogram_quantile(const struct histogram *histogram, double share)
{
	uint64_t wanted = (uint64_t)(share * (double)histogram->total + 0.5);
	uint64_t seen = 0;
	for (unsigned i = 0; i < HISTOGRAM_CLASSES; i++) {
		seen += histogram->count[i];
		if (seen >= wanted && seen > 0)
			return end_of(i) < histogram->max ? end_of(i) : histogram->max;
	}
	return histogram->max;
}
