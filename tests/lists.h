/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * lists.h -- what a list gives, as text, for the tests of its formats
 *
 * "NAME SCOPE {KEY=VALUE; ...}" a line, with "except-" and "important-" before the scope; then
 * "!LINE REASON" of what is bad, "~LINE REASON" of what is skipped, and the error of a list that
 * fails.
 */
#ifndef BT_TEST_LISTS_H
#define BT_TEST_LISTS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "list.h"

struct list_text {
	char text[65536];
	size_t used;
};

__attribute__((format(printf, 2, 3))) static void list_note(
    struct list_text *seen, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	int size =
	    vsnprintf(seen->text + seen->used, sizeof(seen->text) - seen->used, format, args);
	va_end(args);
	seen->used += (size_t)size;
	if (seen->used >= sizeof(seen->text))
		seen->used = sizeof(seen->text) - 1;
}

static bool list_on_entry(void *ctx, const struct bt_entry *entry, struct bt_err *err)
{
	char name[BT_TEXT_MAX + 1];
	(void)err;
	assert_true(entry->line > 0);
	assert_true(bt_key_to_text(name, entry->key->bytes, entry->key->len) > 0);
	list_note(ctx, "%s %s%s%s", name, entry->important ? "important-" : "",
	    entry->except ? "except-" : "", bt_scope_name(entry->scope));
	for (unsigned i = 0; i < entry->pair_count; i++)
		list_note(ctx, "%s%s=%s%s", i == 0 ? " {" : "; ", entry->pairs[i].key,
		    entry->pairs[i].value, i + 1 == entry->pair_count ? "}" : "");
	list_note(ctx, "\n");
	return true;
}

static void list_on_bad(void *ctx, unsigned line, const char *reason)
{
	assert_null(strpbrk(reason, "\n\r\033"));
	list_note(ctx, "!%u %s\n", line, reason);
}

static void list_on_skipped(void *ctx, unsigned line, const char *reason)
{
	assert_null(strpbrk(reason, "\n\r\033"));
	list_note(ctx, "~%u %s\n", line, reason);
}

/* Reads the list; its format must be this one where it is asked for, and if it is told, too. */
static void read_list(struct list_text *seen, enum bt_format format, const char *text, size_t size)
{
	const struct bt_list_reader reader = {
	    .entry = list_on_entry, .bad = list_on_bad, .skipped = list_on_skipped, .ctx = seen};
	struct bt_list_stats stats;
	struct bt_err err = {""};
	seen->used = 0;
	seen->text[0] = '\0';
	if (!bt_list_parse("list", text, size, format, &reader, &stats, &err))
		list_note(seen, "%s\n", err.text);
}

struct list_row {
	const char *text;
	size_t size;
	const char *expected;
};

/* A string literal, which may hold zero octets. */
#define TEXT(literal) (literal), sizeof(literal) - 1

static void expect_lists(enum bt_format format, const struct list_row *rows, size_t count)
{
	static struct list_text seen;
	for (size_t i = 0; i < count; i++) {
		read_list(&seen, format, rows[i].text, rows[i].size);
		if (strcmp(seen.text, rows[i].expected) != 0)
			fail_msg("of \"%s\"\nexpected\n%s\nfound\n%s", rows[i].text,
			    rows[i].expected, seen.text);
	}
}

#define EXPECT_LISTS(format, rows) expect_lists((format), (rows), sizeof(rows) / sizeof((rows)[0]))

/* Each beginning of each text is read, which ends where a sanitizer knows. */
static inline void expect_nothing_of_beginnings(
    enum bt_format format, const struct list_row *rows, size_t count)
{
	static struct list_text seen;
	for (size_t i = 0; i < count; i++)
		for (size_t size = 0; size < rows[i].size; size++) {
			char *text = test_malloc(size + (size == 0));
			memcpy(text, rows[i].text, size);
			read_list(&seen, format, text, size);
			test_free(text);
		}
}

#endif
