/* SPDX-License-Identifier: BSD-3-Clause */
/* timing.h -- clocks, one CPU, and percentiles */
#ifndef BENCH_TIMING_H
#define BENCH_TIMING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>
#ifdef __x86_64__
#	include <x86intrin.h>
#endif

/* Nanoseconds, of no particular beginning, that nobody adjusts. */
static inline uint64_t now(void)
{
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC_RAW, &time);
	return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

/*
 * A clock for single operations: reads wait for what stands before them. Ticks of the processor's
 * time stamp counter, or nanoseconds where there is none.
 */
static inline uint64_t ticks(void)
{
#ifdef __x86_64__
	unsigned cpu;
	uint64_t time = __rdtscp(&cpu);
	_mm_lfence();
	return time;
#else
	return now();
#endif
}

/* Nanoseconds of a tick, and what two reads of the clock cost at least, in ticks. */
struct tick {
	double ns;
	uint64_t overhead;
};

struct tick tick_measure(void);

/* Stays on that CPU; -1: on the last of those that it may use. Returns which, -1 if it cannot. */
int pin_to_cpu(int cpu);

/* Figures of one kind. */
struct samples {
	double *values;
	size_t count, room;
	bool failed; /* memory ran out */
};

void samples_add(struct samples *samples, double value);

/* The value that `share` (0 to 1) of them do not exceed; 0 if there are none. Sorts them. */
double samples_at(struct samples *samples, double share);

void samples_free(struct samples *samples);

#endif
