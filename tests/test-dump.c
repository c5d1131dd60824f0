/* SPDX-License-Identifier: BSD-3-Clause */
/* test-dump.c -- dumps, line by line: what they say, and what is refused */

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "dump.h"

static char folder[4096], path[8192];

static int make_folder(void **state)
{
	(void)state;
	const char *tmp = getenv("TMPDIR");
	snprintf(folder, sizeof(folder), "%s/test-dump.XXXXXX", tmp != NULL ? tmp : "/tmp");
	if (mkdtemp(folder) == NULL)
		return -1;
	snprintf(path, sizeof(path), "%s/dump", folder);
	return 0;
}

static int remove_folder(void **state)
{
	(void)state;
	unlink(path);
	return rmdir(folder);
}

static void put(const char *text, size_t size)
{
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, size, file), size);
	assert_int_equal(fclose(file), 0);
}

/* ---- what was read, as text ---- */

struct seen {
	char text[4096];
	int stop_after; /* calls; -1: never */
};

__attribute__((format(printf, 3, 4))) static bool note(
    struct seen *seen, struct bt_err *err, const char *format, ...)
{
	size_t used = strlen(seen->text);
	va_list args;
	if (seen->stop_after == 0)
		return bt_fail(err, "enough");
	seen->stop_after -= seen->stop_after > 0;
	va_start(args, format);
	vsnprintf(seen->text + used, sizeof(seen->text) - used, format, args);
	va_end(args);
	return true;
}

static void note_pairs(struct seen *seen, const struct bt_pair *pairs, unsigned count)
{
	seen->stop_after += seen->stop_after >= 0 ? (int)count + 1 : 0;
	for (unsigned i = 0; i < count; i++)
		note(seen, NULL, " <%s|%s>", pairs[i].key, pairs[i].value);
	note(seen, NULL, "\n");
}

static bool on_sinkhole(void *ctx, const struct bt_sinkhole *sinkhole, struct bt_err *err)
{
	return note(ctx, err, "sinkhole %d.%d %d:%02x%02x..%02x %u %d\n", sinkhole->has_ipv4,
	    sinkhole->ipv4[3], sinkhole->has_ipv6, sinkhole->ipv6[0], sinkhole->ipv6[1],
	    sinkhole->ipv6[15], sinkhole->ttl, (int)sinkhole->ede);
}

static bool on_list(void *ctx, const struct bt_list_info *list, const struct bt_pair *pairs,
    unsigned count, struct bt_err *err)
{
	assert_int_equal(list->meta, 0);
	assert_int_equal(list->entries, 0);
	if (!note(ctx, err, "list %s %d %d %jd", list->name, (int)list->action, (int)list->events,
		(intmax_t)list->modified))
		return false;
	note_pairs(ctx, pairs, count);
	return true;
}

static bool on_entry(void *ctx, unsigned list, const struct bt_entry *entry, struct bt_err *err)
{
	char name[BT_TEXT_MAX + 1];
	assert_true(bt_key_to_text(name, entry->key->bytes, entry->key->len) > 0);
	if (!note(ctx, err, "%u: %s %u %u", entry->line, name, list, entry->scope))
		return false;
	note_pairs(ctx, entry->pairs, entry->pair_count);
	return true;
}

static bool read_dump(struct seen *seen, int stop_after, struct bt_err *err)
{
	const struct bt_dump_reader reader = {
	    .sinkhole = on_sinkhole, .list = on_list, .entry = on_entry, .ctx = seen};
	*seen = (struct seen){.stop_after = stop_after};
	return bt_dump_read(path, &reader, err);
}

/* ---- what is read ---- */

#define FIRST "#beacontrap dump 1\n"
#define SINK "#sinkhole\t192.0.2.7\t2001:db8::53\t10\ttext\n"
#define SINK_READ "sinkhole 1.7 1:2001..53 10 2\n"
#define LIST "#list\tl\tnxdomain\tcount\t-\n"
#define END "#end\n"
#define ALL(lines) FIRST SINK LIST lines END
#define READ(lines) SINK_READ "list l 1 1 0\n" lines

static const struct {
	const char *text, *expected;
} good[] = {
    {FIRST "#sinkhole\t-\t-\t0\toff\n" END, "sinkhole 0.0 0:0000..00 0 0\n"},
    {FIRST "# a comment\n#\n" SINK "#end", SINK_READ},
    {FIRST SINK "#list\ta b\tsinkhole\tfull\t2026-01-02T03:04:05Z\tk=v\tk=\t=\n" END,
	SINK_READ "list a b 0 0 1767323045 <k|v> <k|> <|>\n"},
    {FIRST SINK "#list\tl\tlog\toff\t1969-12-31T23:59:59Z\n" END, SINK_READ "list l 6 2 -1\n"},
    {FIRST SINK "#list\t\\\\x\\u200by\tallow\tfull\t-\n.\t\\\\x\\u200by\tsubtree\n" END,
	SINK_READ "list \\x\xe2\x80\x8by 5 0 0\n4: . 0 3\n"},
    {ALL("a.example\tl\tsubtree\n"), READ("4: a.example 0 3\n")},
    {ALL("A.Example.\tl\texact\n\\#\tl\tbelow\n"), READ("4: a.example 0 1\n5: # 0 2\n")},
    {ALL("\\000\\009\\010.\\.\\255\tl\texact\n"), READ("4: \\000\\009\\010.\\.\\255 0 1\n")},
    {ALL("a\tl\texact\tk=a\\tb\\nc\\rd\\\\e\tq=\"'=x\n"),
	READ("4: a 0 1 <k|a\tb\nc\rd\\e> <q|\"'=x>\n")},
    {ALL("a\tl\texact\tk\\x3d\\x1b=\\x7f\\xff\\u0085\\u061c\\ufeff\n"),
	READ("4: a 0 1 <k=\x1b|\x7f\xff\xc2\x85\xd8\x9c\xef\xbb\xbf>\n")},
    {ALL("a\tl\texact\tk=v\na\tl\tbelow\n"), READ("4: a 0 1 <k|v>\n5: a 0 2\n")},
    {FIRST SINK LIST "#list\tm\tdrop\toff\t-\na\tm\texact\na\tl\texact\n" END,
	READ("list m 4 2 0\n5: a 1 1\n6: a 0 1\n")},
};

static void reads_dumps(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
		struct seen seen;
		struct bt_err err = {""};
		put(good[i].text, strlen(good[i].text));
		assert_true(bt_is_dump(path));
		if (!read_dump(&seen, -1, &err))
			fail_msg("%zu: %s", i, err.text);
		assert_string_equal(seen.text, good[i].expected);
	}
}

/* What an indicator's metadata can be at most is a line that is read. */
static void reads_long_lines(void **state)
{
	enum { LONG = 3 << 20 };
	(void)state;
	struct seen seen;
	struct bt_err err = {""};
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	fprintf(file, FIRST SINK LIST "a\tl\texact\tk=%*s\nb\tl\texact\n" END, (int)LONG, "v");
	assert_int_equal(fclose(file), 0);
	if (!read_dump(&seen, -1, &err))
		fail_msg("%s", err.text);
	assert_non_null(strstr(seen.text, "4: a 0 1 <k|      "));
}

/* ---- what is refused ---- */

static const struct {
	const char *text, *reason; /* after the path */
} bad[] = {
    {"", ": cut off"},
    {FIRST, ": cut off"},
    {FIRST SINK LIST "a\tl\texact\n", ": cut off"},
    {FIRST END "\n", ":3: a line after the end"},
    {FIRST END "a\n", ":3: a line after the end"},
    {"#beacontrap dump 2\n" END, ":1: \"#beacontrap dump 2\", expected \"#beacontrap dump 1\""},
    {"#beacontrap dump 11\n" END, ":1: "},
    {"a\tl\texact\n" END, ":1: "},
    {FIRST "#nonesuch\n" END, ":2: a line of an unknown kind: \"#nonesuch\""},
    {FIRST "\n" END, ":2: empty name"},
    {FIRST SINK SINK END, ":3: a second line about the sinkhole"},
    {FIRST "#sinkhole\n" END, ":2: expected the sinkhole's"},
    {FIRST "#sinkhole\t::\t::\t10\ttext\n" END, ":2: expected the sinkhole's"},
    {FIRST "#sinkhole\t1.2.3.4\n" END, ":2: expected the sinkhole's"},
    {FIRST "#sinkhole\t-\t-\n" END, ":2: expected a TTL"},
    {FIRST "#sinkhole\t-\t-\t-1\toff\n" END, ":2: expected a TTL"},
    {FIRST "#sinkhole\t-\t-\t\toff\n" END, ":2: expected a TTL"},
    {FIRST "#sinkhole\t-\t-\t4294967297\toff\n" END, ":2: expected a TTL"},
    {FIRST "#sinkhole\t-\t-\t1\n" END, ":2: expected off"},
    {FIRST "#sinkhole\t-\t-\t1\tloud\n" END, ":2: expected off"},
    {FIRST "#sinkhole\t-\t-\t1\toff\tx\n" END, ":2: expected off"},
    {FIRST LIST END, ":2: a list before the sinkhole"},
    {ALL("a\tl\texact\n" LIST), ":5: a list after a name"},
    {ALL(LIST), ":4: a second list \"l\""},
    {FIRST SINK "#list\n" END, ":3: expected a list's name"},
    {FIRST SINK "#list\t\\q\tlog\tfull\t-\n" END, ":3: expected a list's name"},
    {FIRST SINK "#list\tl\n" END, ":3: expected an action"},
    {FIRST SINK "#list\tl\texplode\tfull\t-\n" END, ":3: expected an action"},
    {FIRST SINK "#list\tl\tlog\tsome\t-\n" END, ":3: expected an action"},
    {FIRST SINK "#list\tl\tlog\tfull\n" END, ":3: expected an action"},
    {FIRST SINK "#list\tl\tlog\tfull\t2026\n" END, ":3: expected an action"},
    {FIRST SINK "#list\tl\tlog\tfull\t2026-01-02T03:04:05Zx\n" END, ":3: expected an action"},
    {FIRST SINK "#list\tl\tlog\tfull\t-\tkey\n" END, ":3: expected \"key=value\""},
    {ALL("a..b\tl\texact\n"), ":4: empty label"},
    {ALL("a b\tl\texact\n"), ":4: unexpected character"},
    {ALL("a\n"), ":4: expected a list's name"},
    {ALL("a\tm\texact\n"), ":4: expected a list's name"},
    {ALL("a\tl\n"), ":4: expected exact, below or subtree"},
    {ALL("a\tl\twide\n"), ":4: expected exact, below or subtree"},
    {ALL("a\tl\texact\t\n"), ":4: expected \"key=value\""},
    {ALL("a\tl\texact\tk=\\\n"), ":4: an escape that is none"},
    {ALL("a\tl\texact\tk=\\q\n"), ":4: an escape that is none"},
    {ALL("a\tl\texact\tk=\\x0\n"), ":4: an escape that is none"},
    {ALL("a\tl\texact\tk=\\x00\n"), ":4: an escape that is none"},
    {ALL("a\tl\texact\tk=\\x1G\n"), ":4: an escape that is none"},
    {ALL("a\tl\texact\tk=\\u007f\n"), ":4: an escape that is none"},
    {ALL("a\tl\texact\tk=\\u20\n"), ":4: an escape that is none"},
    {ALL("a\tl\texact\tk\\=\n"), ":4: an escape that is none"},
};

static void refuses_what_is_wrong(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct seen seen;
		struct bt_err err = {""};
		put(bad[i].text, strlen(bad[i].text));
		assert_false(read_dump(&seen, -1, &err));
		if (strncmp(err.text, path, strlen(path)) != 0 ||
		    strncmp(err.text + strlen(path), bad[i].reason, strlen(bad[i].reason)) != 0)
			fail_msg("%zu: %s, expected %s", i, err.text, bad[i].reason);
	}
	put(ALL("a\tl\texact\tk=v\0\n"), sizeof(ALL("a\tl\texact\tk=v\0\n")) - 1);
	struct seen seen;
	struct bt_err err;
	assert_false(read_dump(&seen, -1, &err));
	assert_non_null(strstr(err.text, ":4: a zero octet"));
}

static void stops_when_told(void **state)
{
	(void)state;
	static const char text[] = ALL("a\tl\texact\nb\tl\texact\n");
	put(text, sizeof(text) - 1);
	for (int calls = 0; calls < 4; calls++) {
		static const char *const places[] = {
		    ":2: enough", ":3: enough", ":4: enough", ":5: enough"};
		struct seen seen;
		struct bt_err err;
		assert_false(read_dump(&seen, calls, &err));
		assert_non_null(strstr(err.text, places[calls]));
	}
	struct seen seen;
	assert_true(read_dump(&seen, 4, NULL));
}

static void knows_dumps(void **state)
{
	(void)state;
	struct bt_err err;
	struct seen seen;
	put("#beacontrap dump", 16);
	assert_false(bt_is_dump(path));
	put("x", 1);
	assert_false(bt_is_dump(path));
	assert_false(bt_is_dump(folder));
	assert_false(bt_is_dump("none"));
	unlink(path);
	assert_false(read_dump(&seen, -1, &err));
	assert_non_null(strstr(err.text, "No such file"));

	/* a dump is no list */
	const struct bt_list_reader reader = {.entry = NULL};
	static const char text[] = ALL("a\tl\texact\n");
	for (int format = 0; format < BT_FORMATS; format++) {
		assert_false(bt_list_parse(
		    "list", text, sizeof(text) - 1, (enum bt_format)format, &reader, NULL, &err));
		assert_string_equal(err.text, "list: a dump of a trie, not a list");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(reads_dumps),
	    cmocka_unit_test(reads_long_lines),
	    cmocka_unit_test(refuses_what_is_wrong),
	    cmocka_unit_test(stops_when_told),
	    cmocka_unit_test(knows_dumps),
	};
	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
