/* SPDX-License-Identifier: BSD-3-Clause */
/* test-feed.c -- what may take the place of a list's copy, and what the server said of it */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "feed.h"

static char folder[4096], copy[sizeof(folder) + 16], fresh[sizeof(folder) + 16];

static int make_folder(void **state)
{
	const char *temporary = getenv("TMPDIR");
	(void)state;
	snprintf(
	    folder, sizeof(folder), "%s/test-feed.XXXXXX", temporary != NULL ? temporary : "/tmp");
	if (mkdtemp(folder) == NULL)
		return -1;
	snprintf(copy, sizeof(copy), "%s/copy", folder);
	snprintf(fresh, sizeof(fresh), "%s/fresh", folder);
	return 0;
}

static int remove_folder(void **state)
{
	char http[sizeof(copy) + 16];
	(void)state;
	snprintf(http, sizeof(http), "%s.http", copy);
	unlink(http);
	unlink(copy);
	unlink(fresh);
	return rmdir(folder);
}

static void put(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static struct bt_config_list make_list(void)
{
	return (struct bt_config_list){
	    .name = (char *)(uintptr_t) "feed", .file = copy, .feed = {.max_shrink = 50}};
}

/* ---- what may take its place ---- */

struct row {
	const char *copy; /* NULL: there is none */
	const char *fresh;
	const char *reason;    /* NULL: it may */
	enum bt_format format; /* 0: auto */
	unsigned names, before, added, removed;
};

static const struct row rows[] = {
    {NULL, "a.com\nb.com\n", NULL, 0, 2, 0, 2, 0},
    {"a.com\n", "a.com\nb.com\n", NULL, 0, 2, 1, 1, 0},
    {"a.com\nb.com\n", "b.com\nc.com\n", NULL, 0, 2, 2, 1, 1},
    /* a name counts once for each scope */
    {"a.com\n", "0.0.0.0 a.com\n0.0.0.0 a.com\n", NULL, 0, 1, 1, 1, 1},
    {"<html>\n", "a.com\n", NULL, 0, 1, 0, 1, 0},
    /* as much as half may go */
    {"a.com\nb.com\nc.com\nd.com\n", "a.com\nb.com\n", NULL, 0, 2, 4, 0, 2},
    {"a.com\nb.com\nc.com\n", "a.com\n", "it has 1 names, where 3 were: more than 50 % less", 0, 1,
	3, 0, 2},
    /* nothing, and what is no list */
    {"a.com\n", "", "it is empty", 0, 0, 0, 0, 0},
    {"a.com\n", "\n\n# nothing\n", "no indicator in it", 0, 0, 0, 0, 0},
    {"a.com\n", " \n<!DOCTYPE HTML><p>evil.com", "it is a page of HTML", 0, 0, 0, 0, 0},
    {"a.com\n", "\xef\xbb\xbf<HTML><p>evil.com", "it is a page of HTML", 0, 0, 0, 0, 0},
    {NULL, "<html><p>evil[.]com</html>", NULL, BT_FORMAT_TEXT, 1, 0, 1, 0},
    {"a.com\n", "a.com\n? ?\n? ?\n", "it has more bad lines (2) than good ones (1)", 0, 1, 1, 0, 0},
    {"a.com\n", "a.com\n? ?\n", NULL, 0, 1, 1, 0, 0},
    {"a.com\n", "[Adblock Plus]\n@@||a.com^\n", "it has only exceptions", 0, 1, 1, 1, 1},
    /* what it says of itself */
    {NULL, "# Number of entries: 2\na.com\nb.com\n", NULL, 0, 2, 0, 2, 0},
    {NULL, "# Number of entries: 1\na.com\nb.com\n", NULL, 0, 2, 0, 2, 0},
    {NULL, "! Title: x\n! Number of entries: 1,200\n||a.com^\n",
	"it says that it has 1200 entries, and 1 came", 0, 1, 0, 1, 0},
    {NULL, "# NUMBER OF ENTRIES: 3 (all)\na.com\nb.com\n",
	"it says that it has 3 entries, and 2 came", 0, 2, 0, 2, 0},
    {NULL, "# Number of entries: many\na.com\n", NULL, 0, 1, 0, 1, 0},
    {NULL, "# Number of entries: 99999999999999999999\na.com\n", "it says that it has ", 0, 1, 0, 1,
	0},
};

static void tells_what_may_take_its_place(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const struct row *row = &rows[i];
		struct bt_config_list list = make_list();
		struct bt_feed_change change = {0, 0, 0, 0};
		struct bt_err err = {""};
		const struct bt_feed_check check = {.list = &list, .fresh = fresh};
		list.format = row->format;
		unlink(copy);
		if (row->copy != NULL)
			put(copy, row->copy);
		put(fresh, row->fresh);
		bool may = bt_feed_check(&check, &change, &err);
		if (may != (row->reason == NULL) ||
		    (!may && strncmp(err.text, row->reason, strlen(row->reason)) != 0))
			fail_msg("of \"%s\": %s", row->fresh, may ? "taken" : err.text);
		assert_int_equal(change.names, row->names);
		assert_int_equal(change.before, row->before);
		assert_int_equal(change.added, row->added);
		assert_int_equal(change.removed, row->removed);
	}
}

static void takes_what_has_shrunk_if_told_to(void **state)
{
	(void)state;
	struct bt_config_list list = make_list();
	struct bt_feed_change change;
	const struct bt_feed_check check = {.list = &list, .fresh = fresh, .may_shrink = true};
	put(copy, "a.com\nb.com\nc.com\n");
	put(fresh, "a.com\n");
	assert_true(bt_feed_check(&check, &change, NULL));
	list.feed.max_shrink = 100;
	const struct bt_feed_check never = {.list = &list, .fresh = fresh};
	assert_true(bt_feed_check(&never, &change, NULL));
}

static void append(void *ctx, bool added, const char *name)
{
	char *text = ctx;
	snprintf(text + strlen(text), 256 - strlen(text), "%c%s ", added ? '+' : '-', name);
}

static void tells_what_differs(void **state)
{
	(void)state;
	struct bt_config_list list = make_list();
	struct bt_feed_change change;
	char text[256] = "";
	const struct bt_feed_check check = {
	    .list = &list, .fresh = fresh, .differs = append, .ctx = text};
	put(copy, "a.com\nb.com\n");
	put(fresh, "[Adblock Plus]\n||a.com^\n||c.com^\n@@||x.c.com^\n");
	assert_true(bt_feed_check(&check, &change, NULL));
	assert_string_equal(text, "+c.com +!x.c.com -b.com ");
}

static void compares_digests(void **state)
{
	(void)state;
	struct bt_config_list list = make_list();
	struct bt_feed_change change;
	struct bt_err err = {""};
	const struct bt_feed_check check = {.list = &list, .fresh = fresh};
	/* FIPS 180-4's example: of "abc" */
	char digest[] = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
	list.feed.sha256 = digest;
	unlink(copy);
	put(fresh, "abc");
	assert_true(bt_feed_check(&check, &change, &err));
	digest[0] = 'c';
	assert_false(bt_feed_check(&check, &change, &err));
	assert_non_null(strstr(err.text, "its SHA-256 is ba7816bf"));
}

/* ---- what the server said ---- */

static void expect_state(const struct bt_config_list *list, const char *etag, const char *modified)
{
	struct bt_feed_state state;
	bt_feed_state_load(&state, list);
	if (etag != NULL)
		assert_string_equal(state.etag, etag);
	else
		assert_null(state.etag);
	if (modified != NULL)
		assert_string_equal(state.modified, modified);
	else
		assert_null(state.modified);
	bt_feed_state_reset(&state);
}

static void keeps_what_the_server_said(void **state)
{
	(void)state;
	char url[] = "https://a.example/x?key=secret", other[] = "https://a.example/y";
	char etag[] = "W/\"a b\"", modified[] = "Thu, 26 Nov 2026 10:00:00 GMT";
	struct bt_config_list list = make_list();
	const struct bt_feed_state both = {etag, modified}, one = {NULL, modified};
	list.feed.url = url;
	unlink(copy);
	assert_false(bt_feed_state_save(&both, &list, NULL)); /* of nothing */
	put(copy, "a.com\n");
	expect_state(&list, NULL, NULL);
	assert_true(bt_feed_state_save(&both, &list, NULL));
	expect_state(&list, etag, modified);
	assert_true(bt_feed_state_save(&one, &list, NULL));
	expect_state(&list, NULL, modified);

	list.feed.url = other;
	expect_state(&list, NULL, NULL);
	list.feed.url = url;
	put(copy, "b.com\n"); /* as long as the one before, and later */
	const struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, {.tv_sec = 7}};
	assert_int_equal(utimensat(AT_FDCWD, copy, times, 0), 0);
	expect_state(&list, NULL, NULL);
	assert_true(bt_feed_state_save(&both, &list, NULL));
	expect_state(&list, etag, modified);
	unlink(copy);
	expect_state(&list, NULL, NULL);
}

static void survives_a_broken_note(void **state)
{
	(void)state;
	static const char *const texts[] = {"", "source", "etag \"x\"\n", "\n\n\n"};
	char url[] = "https://a.example/x", http[sizeof(copy) + 16];
	struct bt_config_list list = make_list();
	list.feed.url = url;
	put(copy, "a.com\n");
	snprintf(http, sizeof(http), "%s.http", copy);
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		put(http, texts[i]);
		expect_state(&list, NULL, NULL);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(tells_what_may_take_its_place),
	    cmocka_unit_test(takes_what_has_shrunk_if_told_to),
	    cmocka_unit_test(tells_what_differs),
	    cmocka_unit_test(compares_digests),
	    cmocka_unit_test(keeps_what_the_server_said),
	    cmocka_unit_test(survives_a_broken_note),
	};
	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
