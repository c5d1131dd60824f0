/* SPDX-License-Identifier: BSD-3-Clause */
/* test-intern.c -- strings to numbers */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "intern.h"

static uint32_t add(struct bt_intern *table, const void *bytes, size_t size)
{
	uint32_t id = UINT32_MAX;
	assert_true(bt_intern_add(table, bytes, size, &id));
	return id;
}

static void numbers_from_zero(void **state)
{
	(void)state;
	struct bt_intern *table = bt_intern_new();
	assert_non_null(table);
	assert_int_equal(bt_intern_count(table), 0);
	assert_int_equal(add(table, "one", 3), 0);
	assert_int_equal(add(table, "two", 3), 1);
	assert_int_equal(add(table, "one", 3), 0);
	assert_int_equal(add(table, "three", 5), 2);
	assert_int_equal(add(table, "two", 3), 1);
	assert_int_equal(bt_intern_count(table), 3);

	size_t size;
	assert_memory_equal(bt_intern_bytes(table, 2, &size), "three", 5);
	assert_int_equal(size, 5);
	bt_intern_free(&table);
	assert_null(table);
	bt_intern_free(&table);
}

/* Zero octets, the empty string, and strings that run together in the arena stay apart. */
static void keeps_strings_apart(void **state)
{
	(void)state;
	struct bt_intern *table = bt_intern_new();
	assert_non_null(table);
	assert_int_equal(add(table, "ab", 2), 0);
	assert_int_equal(add(table, "c", 1), 1);
	assert_int_equal(add(table, "abc", 3), 2);
	assert_int_equal(add(table, "a", 1), 3);
	assert_int_equal(add(table, "", 0), 4);
	assert_int_equal(add(table, NULL, 0), 4);
	assert_int_equal(add(table, "\0", 1), 5);
	assert_int_equal(add(table, "\0\0", 2), 6);
	assert_int_equal(add(table, "a\0b", 3), 7);
	assert_int_equal(add(table, "a\0c", 3), 8);

	size_t size = 1;
	bt_intern_bytes(table, 4, &size);
	assert_int_equal(size, 0);
	bt_intern_free(&table);
}

static void finds_without_adding(void **state)
{
	(void)state;
	struct bt_intern *table = bt_intern_new();
	assert_non_null(table);
	uint32_t id = 7;
	assert_false(bt_intern_find(table, "x", 1, &id));
	assert_int_equal(id, 7);
	assert_int_equal(bt_intern_count(table), 0);
	add(table, "x", 1);
	assert_true(bt_intern_find(table, "x", 1, &id));
	assert_int_equal(id, 0);
	assert_false(bt_intern_find(table, "xx", 2, &id));
	bt_intern_free(&table);
}

/* Across many growths every string keeps its number and its octets. */
static void grows(void **state)
{
	(void)state;
	enum { COUNT = 200000 };
	struct bt_intern *table = bt_intern_new();
	assert_non_null(table);
	char text[32];
	for (uint32_t i = 0; i < COUNT; i++) {
		int length = snprintf(text, sizeof(text), "%u.example", i * 7);
		assert_int_equal(add(table, text, (size_t)length), i);
	}
	assert_int_equal(bt_intern_count(table), COUNT);
	for (uint32_t i = 0; i < COUNT; i++) {
		size_t size;
		int length = snprintf(text, sizeof(text), "%u.example", i * 7);
		assert_memory_equal(bt_intern_bytes(table, i, &size), text, (size_t)length);
		assert_int_equal(size, length);
		assert_int_equal(add(table, text, (size_t)length), i);
	}
	assert_int_equal(bt_intern_count(table), COUNT);
	bt_intern_free(&table);
}

static void takes_long_strings(void **state)
{
	(void)state;
	struct bt_intern *table = bt_intern_new();
	char *text = malloc(1000000);
	assert_true(table != NULL && text != NULL);
	memset(text, 'x', 1000000);
	assert_int_equal(add(table, text, 1000000), 0);
	assert_int_equal(add(table, text, 999999), 1);
	assert_int_equal(add(table, text, 1000000), 0);
	size_t size;
	assert_memory_equal(bt_intern_bytes(table, 0, &size), text, 1000000);
	free(text);
	bt_intern_free(&table);
}

/* 8118 and 27176 times 'l' have hashes whose lower halves, all that a slot keeps, are equal. */
static void survives_equal_hashes(void **state)
{
	(void)state;
	char text[27176];
	memset(text, 'l', sizeof(text));
	struct bt_intern *table = bt_intern_new();
	assert_non_null(table);
	assert_int_equal(add(table, text, 27176), 0);
	assert_int_equal(add(table, text, 8118), 1);
	assert_int_equal(add(table, text, 27176), 0);
	assert_int_equal(add(table, text, 8118), 1);
	bt_intern_free(&table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(numbers_from_zero),
	    cmocka_unit_test(keeps_strings_apart),
	    cmocka_unit_test(finds_without_adding),
	    cmocka_unit_test(grows),
	    cmocka_unit_test(takes_long_strings),
	    cmocka_unit_test(survives_equal_hashes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
