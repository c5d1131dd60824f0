/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * clock.h -- what time it is
 *
 * Threads: any.
 */
#ifndef BT_CLOCK_H
#define BT_CLOCK_H

#include <stdint.h>
#include <time.h>

/* Milliseconds of one of the system's clocks. */
static inline int64_t bt_clock_ms(clockid_t id)
{
	struct timespec time;
	clock_gettime(id, &time);
	return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

/* Since 1970-01-01 UTC, as whoever set the clock has it. */
static inline int64_t bt_clock_real(void)
{
	return bt_clock_ms(CLOCK_REALTIME);
}

/* For how long something takes: nobody sets this one. */
static inline int64_t bt_clock_monotonic(void)
{
	return bt_clock_ms(CLOCK_MONOTONIC);
}

#endif
