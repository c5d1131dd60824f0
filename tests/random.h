/* SPDX-License-Identifier: BSD-3-Clause */
/* random.h -- numbers for tests, from a seed that a failing run can be repeated with */
#ifndef BT_TEST_RANDOM_H
#define BT_TEST_RANDOM_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* BT_SEED, or the time; printed. */
static inline uint64_t random_seed(void)
{
	const char *given = getenv("BT_SEED");
	uint64_t seed = given != NULL ? strtoull(given, NULL, 10) : (uint64_t)time(NULL);
	printf("BT_SEED=%llu repeats this run\n", (unsigned long long)seed);
	return seed;
}

/* splitmix64 (Steele, Lea, Flood 2014). */
static inline uint64_t random_next(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15u;
	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

static inline unsigned random_below(uint64_t *state, unsigned n)
{
	return (unsigned)(random_next(state) % n);
}

#endif
