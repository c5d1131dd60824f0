/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * test-octets.c -- octets.h against plain loops
 *
 * The makefile makes two programs of this, one without vectors.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <stdbool.h>

#include "octets.h"
#include "random.h"

enum { ROUNDS = 20000, LOADED = BT_OCTETS /* octets that may be read */ };

static uint64_t seed;

/*
 * Octets at the end of an allocation, so that the sanitizers see each read behind them. Any, or few
 * different ones: then equal ones, and those on both sides of a sign, are common.
 */
static void fill(uint8_t octets[static LOADED], uint64_t *state)
{
	static const uint8_t few[] = {0, 1, 0x0f, 0x10, 0x7f, 0x80, 0xf0, 0xff};
	bool any = random_below(state, 2) == 0;
	for (unsigned i = 0; i < LOADED; i++)
		octets[i] = any ? (uint8_t)random_next(state) : few[random_below(state, 8)];
}

static void test_equal(void **unused)
{
	(void)unused;
	uint64_t state = seed;
	uint8_t *octets = malloc(LOADED);
	assert_non_null(octets);
	for (unsigned round = 0; round < ROUNDS; round++) {
		fill(octets, &state);
		uint8_t octet = octets[random_below(&state, LOADED)];
		if (round % 3 == 0)
			octet = (uint8_t)random_next(&state);
		uint64_t bits = bt_octets_equal(octets, octet);
		for (unsigned i = 0; i < BT_OCTETS; i++)
			assert_int_equal(bits >> i & 1, octets[i] == octet);
		uint64_t high = bt_octets_zero8(bt_get64(octets) ^ BT_EACH * octet);
		for (unsigned i = 0; i < 8; i++)
			assert_int_equal(high >> 8 * i & 0xff, octets[i] == octet ? 0x80 : 0);
	}
	free(octets);
}

static void test_not_above(void **unused)
{
	(void)unused;
	uint64_t state = seed;
	uint8_t *octets = malloc(LOADED);
	assert_non_null(octets);
	for (unsigned round = 0; round < ROUNDS; round++) {
		const uint8_t *row = octets + LOADED - BT_OCTETS_ROW;
		fill(octets, &state);
		uint8_t octet = row[random_below(&state, BT_OCTETS_ROW)];
		if (round % 3 == 0)
			octet = (uint8_t)random_next(&state);
		if (round == 0)
			memset(octets, 0, LOADED);
		if (round == 0)
			octet = 0xff;
		unsigned count = 0, sum = 0, excess;
		for (unsigned i = 0; i < BT_OCTETS_ROW; i++) {
			count += row[i] <= octet;
			sum += row[i] <= octet ? (unsigned)(octet - row[i]) : 0;
		}
		assert_int_equal(bt_octets_not_above(row, octet, &excess), count);
		assert_int_equal(excess, sum);
	}
	free(octets);
}

int main(void)
{
	seed = random_seed();
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_equal),
	    cmocka_unit_test(test_not_above),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
