/* SPDX-License-Identifier: BSD-3-Clause */
/* pace.c -- long work beside threads that must not wait */

#include <stdbool.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <time.h>

#include "pace.h"

enum { WORK_NS = 400000, REST_NS = 80000 };

static _Thread_local bool gentle;
static _Thread_local int64_t rested; /* when the last rest ended */

static int64_t now_ns(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

void bt_pace_gently(void)
{
	gentle = true;
	(void)prctl(PR_SET_TIMERSLACK, 1UL); /* else each rest is longer by half */
	rested = now_ns();
}

bool bt_pace_is_gentle(void)
{
	return gentle;
}

void bt_rest(void)
{
	const struct timespec rest = {.tv_nsec = REST_NS};
	(void)nanosleep(&rest, NULL); /* a shorter one is one, too */
	rested = now_ns();
}

void bt_pace(void)
{
	if (gentle && now_ns() - rested >= WORK_NS)
		bt_rest();
}
