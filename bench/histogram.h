/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * histogram.h -- counts of durations, in classes that are at most 1 in 32 wide
 *
 * A struct histogram of zeros is an empty one. One thread.
 */
#ifndef BENCH_HISTOGRAM_H
#define BENCH_HISTOGRAM_H

#include <stdint.h>

enum { HISTOGRAM_STEPS = 32, HISTOGRAM_CLASSES = 60 * HISTOGRAM_STEPS };

struct histogram {
	uint64_t total;
	uint64_t max;
	uint64_t count[HISTOGRAM_CLASSES];
};

void histogram_add(struct histogram *histogram, uint64_t ns);

/* The duration that `share` (0 to 1) of all do not exceed, at most 1 in 32 too long. 0 if empty. */
uint64_t histogram_quantile(const struct histogram *histogram, double share);

#endif
