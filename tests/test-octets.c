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

enum { ROUNDS = 20000, LOADED = 64 /* octets that may be read, as BT_TRIE_GUARD says */ };

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

static void test_not_below(void **unused)
{
	(void)unused;
	uint64_t state = seed;
	uint8_t *octets = malloc(LOADED);
	assert_non_null(octets);
	for (unsigned round = 0; round < ROUNDS; round++) {
		fill(octets, &state);
		uint8_t least = octets[random_below(&state, LOADED)];
		if (round % 3 == 0)
			least = (uint8_t)random_next(&state);
		uint64_t bits = bt_octets_not_below(octets, least);
		for (unsigned i = 0; i < BT_OCTETS; i++)
			assert_int_equal(bits >> i & 1, octets[i] >= least);
		uint64_t high = bt_octets_not_below8(bt_get64(octets), least);
		for (unsigned i = 0; i < 8; i++)
			assert_int_equal(high >> 8 * i & 0xff, octets[i] >= least ? 0x80 : 0);
	}
	free(octets);
}

/* Each octet beside each other one. */
static void test_not_below_all(void **unused)
{
	(void)unused;
	uint8_t octets[BT_OCTETS];
	for (unsigned octet = 0; octet < 256; octet++) {
		for (unsigned from = 0; from < 256; from += BT_OCTETS) {
			for (unsigned i = 0; i < BT_OCTETS; i++)
				octets[i] = (uint8_t)(from + i);
			uint64_t bits = bt_octets_not_below(octets, (uint8_t)octet);
			for (unsigned i = 0; i < BT_OCTETS; i++)
				assert_int_equal(bits >> i & 1, from + i >= octet);
		}
	}
}

static void test_halves_sum(void **unused)
{
	(void)unused;
	uint64_t state = seed;
	uint8_t *octets = malloc(LOADED);
	assert_non_null(octets);
	for (unsigned round = 0; round < ROUNDS / BT_OCTETS; round++) {
		unsigned sum = 0;
		fill(octets, &state);
		if (round == 0)
			memset(octets, 0xff, LOADED);
		for (unsigned count = 0; count <= BT_OCTETS; count++) {
			assert_int_equal(bt_halves_sum(octets, count), sum);
			sum += octets[count / 2] >> count % 2 * 4 & 0xf;
		}
	}
	free(octets);
}

static void test_bits_count(void **unused)
{
	(void)unused;
	uint64_t state = seed;
	uint8_t *octets = malloc(LOADED);
	assert_non_null(octets);
	for (unsigned round = 0; round < ROUNDS / 256; round++) {
		unsigned set = 0;
		fill(octets, &state);
		if (round == 0)
			memset(octets, 0xff, LOADED);
		for (unsigned count = 0; count < 256; count++) {
			assert_int_equal(bt_bits_count(octets, count), set);
			set += octets[count / 8] >> count % 8 & 1;
		}
	}
	free(octets);
}

static void test_word_count(void **unused)
{
	(void)unused;
	uint64_t state = seed;
	assert_int_equal(bt_word_count(0), 0);
	assert_int_equal(bt_word_count(UINT64_MAX), 64);
	for (unsigned round = 0; round < ROUNDS; round++) {
		uint64_t word = random_next(&state) & random_next(&state);
		unsigned set = 0;
		for (unsigned i = 0; i < 64; i++)
			set += (unsigned)(word >> i & 1);
		assert_int_equal(bt_word_count(word), set);
	}
}

int main(void)
{
	seed = random_seed();
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_not_below),
	    cmocka_unit_test(test_not_below_all),
	    cmocka_unit_test(test_halves_sum),
	    cmocka_unit_test(test_bits_count),
	    cmocka_unit_test(test_word_count),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
