/* SPDX-License-Identifier: BSD-3-Clause */
/* test-histogram.c -- quantiles of the load client against sorted durations */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "../bench/histogram.h"
#include "random.h"

enum { DURATIONS = 5000, ROUNDS = 50 };

static uint64_t seed;

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
	return x < y ? -1 : x > y;
}

/* Of any magnitude. */
static uint64_t duration(uint64_t *state)
{
	return random_next(state) >> random_below(state, 64);
}

static void test_quantiles(void **unused)
{
	static const double shares[] = {0.001, 0.5, 0.9, 0.99, 0.999, 1};
	(void)unused;
	uint64_t state = seed;
	for (unsigned round = 0; round < ROUNDS; round++) {
		static struct histogram histogram;
		static uint64_t durations[DURATIONS];
		histogram = (struct histogram){0};
		unsigned count = 1 + random_below(&state, DURATIONS);
		for (unsigned i = 0; i < count; i++) {
			durations[i] = duration(&state);
			histogram_add(&histogram, durations[i]);
		}
		qsort(durations, count, sizeof(*durations), compare);
		for (size_t i = 0; i < sizeof(shares) / sizeof(*shares); i++) {
			unsigned rank = (unsigned)(shares[i] * count + 0.5);
			uint64_t exact = durations[rank > 0 ? rank - 1 : 0];
			uint64_t got = histogram_quantile(&histogram, shares[i]);
			assert_true(got >= exact);
			assert_true(got - exact <= exact / HISTOGRAM_STEPS);
			assert_true(got <= durations[count - 1]);
		}
	}
}

static void test_empty(void **unused)
{
	static const struct histogram empty;
	(void)unused;
	assert_int_equal(histogram_quantile(&empty, 0.5), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_quantiles),
	    cmocka_unit_test(test_empty),
	};
	seed = random_seed();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
