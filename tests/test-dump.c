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
	unsigned lists;
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
	((struct seen *)ctx)->lists++;
	assert_int_equal(list->meta, 0);
	assert_int_equal(list->entries, 0);
	assert_int_equal(list->sinkhole->ede, 0);
	if (!note(ctx, err, "list %s %d %d %jd %d.%d %d:%02x %u", list->name, (int)list->action,
		(int)list->events, (intmax_t)list->modified, list->sinkhole->has_ipv4,
		list->sinkhole->ipv4[3], list->sinkhole->has_ipv6, list->sinkhole->ipv6[15],
		list->sinkhole->ttl))
		return false;
	note_pairs(ctx, pairs, count);
	return true;
}

static bool on_disabled(void *ctx, struct bt_err *err)
{
	return note(ctx, err, "disabled\n");
}

static bool on_group(void *ctx, const char *name, const uint8_t *actions, struct bt_err *err)
{
	struct seen *seen = ctx;
	char text[64] = "";
	for (unsigned i = 0; i < seen->lists; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), " %u", actions[i]);
	return note(ctx, err, "group %s%s\n", name, text);
}

static bool on_network(
    void *ctx, const struct bt_network *network, unsigned group, struct bt_err *err)
{
	char text[BT_NETWORK_TEXT];
	bt_network_write(text, network);
	return note(ctx, err, "network %s %u\n", text, group);
}

static bool on_forwarder(void *ctx, const struct bt_network *network, struct bt_err *err)
{
	char text[BT_NETWORK_TEXT];
	bt_network_write(text, network);
	return note(ctx, err, "forwarder %s\n", text);
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
	    .sinkhole = on_sinkhole,
	    .list = on_list,
	    .disabled = on_disabled,
	    .group = on_group,
	    .network = on_network,
	    .forwarder = on_forwarder,
	    .entry = on_entry,
	    .ctx = seen,
	};
	*seen = (struct seen){.stop_after = stop_after};
	return bt_dump_read(path, &reader, err);
}

/* ---- what is read ---- */

#define FIRST "#beacontrap dump 2\n"
#define SINK "#sinkhole\t192.0.2.7\t2001:db8::53\t10\ttext\n"
#define SINK_READ "sinkhole 1.7 1:2001..53 10 2\n"
#define ANSWER "\t-\t::2\t3"
#define LIST "#list\tl\tnxdomain\tcount\t-" ANSWER "\n"
#define END "#end\n"
#define ALL(lines) FIRST SINK LIST lines END
#define READ(lines) SINK_READ "list l 1 1 0 0.0 1:02 3\n" lines

static const struct {
	const char *text, *expected;
} good[] = {
    {FIRST "#sinkhole\t-\t-\t0\toff\n" END, "sinkhole 0.0 0:0000..00 0 0\n"},
    {FIRST "# a comment\n#\n" SINK "#end", SINK_READ},
    {FIRST SINK
	"#list\ta b\tsinkhole\tfull\t2026-01-02T03:04:05Z\t192.0.2.9\t-\t86400\tk=v\tk=\t=\n" END,
	SINK_READ "list a b 0 0 1767323045 1.9 0:00 86400 <k|v> <k|> <|>\n"},
    {FIRST SINK "#list\tl\tlog\toff\t1969-12-31T23:59:59Z" ANSWER "\n" END,
	SINK_READ "list l 6 2 -1 0.0 1:02 3\n"},
    {FIRST SINK "#list\t\\\\x\\u200by\tallow\tfull\t-" ANSWER "\n.\t\\\\x\\u200by\tsubtree\n" END,
	SINK_READ "list \\x\xe2\x80\x8by 5 0 0 0.0 1:02 3\n4: . 0 3\n"},
    {ALL("a.example\tl\tsubtree\n"), READ("4: a.example 0 3\n")},
    {ALL("A.Example.\tl\texact\n\\#\tl\tbelow\n"), READ("4: a.example 0 1\n5: # 0 2\n")},
    {ALL("\\000\\009\\010.\\.\\255\tl\texact\n"), READ("4: \\000\\009\\010.\\.\\255 0 1\n")},
    {ALL("a\tl\texact\tk=a\\tb\\nc\\rd\\\\e\tq=\"'=x\n"),
	READ("4: a 0 1 <k|a\tb\nc\rd\\e> <q|\"'=x>\n")},
    {ALL("a\tl\texact\tk\\x3d\\x1b=\\x7f\\xff\\u0085\\u061c\\ufeff\n"),
	READ("4: a 0 1 <k=\x1b|\x7f\xff\xc2\x85\xd8\x9c\xef\xbb\xbf>\n")},
    {ALL("a\tl\texact\tk=v\na\tl\tbelow\n"), READ("4: a 0 1 <k|v>\n5: a 0 2\n")},
    {FIRST SINK LIST "#list\tm\tdrop\toff\t-" ANSWER "\na\tm\texact\na\tl\texact\n" END,
	READ("list m 4 2 0 0.0 1:02 3\n5: a 1 1\n6: a 0 1\n")},
    /* clients */
    {ALL("#disabled\n"), READ("disabled\n")},
    {ALL("#group\tg\tlog\n#group\th i\t-\n#group\t\\\\x\\u200by\tsinkhole\n"),
	READ("group g 6\ngroup h i 255\ngroup \\x\xe2\x80\x8by 0\n")},
    {ALL("#group\tg\t-\n#network\t10.0.0.0/8\tg\n#group\th\t-\n#network\t::/0\th\n"
	 "#network\t192.0.2.1\tg\n#forwarder\t::1\n#forwarder\t127.0.0.0/8\n"),
	READ("group g 255\nnetwork 10.0.0.0/8 1\ngroup h 255\nnetwork ::/0 2\n"
	     "network 192.0.2.1 1\nforwarder ::1\nforwarder 127.0.0.0/8\n")},
    {FIRST SINK LIST "#list\tm\tdrop\toff\t-" ANSWER "\n#group\tg\t-\tallow\n" END,
	READ("list m 4 2 0 0.0 1:02 3\ngroup g 255 5\n")},
    {FIRST SINK "#group\tg\n#network\t::\tg\n" END, SINK_READ "group g\nnetwork :: 1\n"},
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
    {"#beacontrap dump 1\n" END, ":1: \"#beacontrap dump 1\", expected \"#beacontrap dump 2\""},
    {"#beacontrap dump 3\n" END, ":1: \"#beacontrap dump 3\", expected \"#beacontrap dump 2\""},
    {"#beacontrap dump 22\n" END, ":1: "},
    {"a\tl\texact\n" END, ":1: "},
    {FIRST "#nonesuch\n" END, ":2: a line of an unknown kind: \"#nonesuch\""},
    {FIRST "\n" END, ":2: empty name"},
    {FIRST SINK SINK END, ":3: a second line about the sinkhole"},
    {FIRST "#sinkhole\n" END, ":2: expected the sinkhole's"},
    {FIRST "#sinkhole\t::\t::\t10\ttext\n" END, ":2: expected the sinkhole's"},
    {FIRST "#sinkhole\t1.2.3.4\n" END, ":2: expected the sinkhole's"},
    {FIRST "#sinkhole\t-\t-\n" END, ":2: expected the sinkhole's IPv4 and IPv6 address and a TTL"},
    {FIRST "#sinkhole\t-\t-\t-1\toff\n" END,
	":2: expected the sinkhole's IPv4 and IPv6 address and a TTL"},
    {FIRST "#sinkhole\t-\t-\t\toff\n" END,
	":2: expected the sinkhole's IPv4 and IPv6 address and a TTL"},
    {FIRST "#sinkhole\t-\t-\t4294967297\toff\n" END,
	":2: expected the sinkhole's IPv4 and IPv6 address and a TTL"},
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
    {FIRST SINK "#list\tl\tlog\tfull\t-\n" END,
	":3: expected an IPv4 and an IPv6 address and a TTL"},
    {FIRST SINK "#list\tl\tlog\tfull\t-\tkey=value\n" END, ":3: expected an IPv4"},
    {FIRST SINK "#list\tl\tlog\tfull\t-\t-\t-\n" END, ":3: expected an IPv4"},
    {FIRST SINK "#list\tl\tlog\tfull\t-\t::\t-\t1\n" END, ":3: expected an IPv4"},
    {FIRST SINK "#list\tl\tlog\tfull\t-\t-\t1.2.3.4\t1\n" END, ":3: expected an IPv4"},
    {FIRST SINK "#list\tl\tlog\tfull\t-\t-\t-\t1s\n" END, ":3: expected an IPv4"},
    {FIRST SINK "#list\tl\tlog\tfull\t-\t-\t-\t1\tkey\n" END, ":3: expected \"key=value\""},
    {FIRST "#disabled\n" SINK END, ":2: \"#disabled\" before the sinkhole"},
    {FIRST "#group\tg\n" SINK END, ":2: \"#group\" before the sinkhole"},
    {FIRST "#network\t::\tg\n" SINK END, ":2: \"#network\" before the sinkhole"},
    {FIRST "#forwarder\t::\n" SINK END, ":2: \"#forwarder\" before the sinkhole"},
    {ALL("#disabled\tx\n"), ":4: expected nothing after \"#disabled\""},
    {ALL("#group\n"), ":4: expected a group's name"},
    {ALL("#group\t\\q\t-\n"), ":4: expected a group's name"},
    {ALL("#group\tg\n"), ":4: expected an action or - for each of 1 lists"},
    {ALL("#group\tg\texplode\n"), ":4: expected an action or -"},
    {ALL("#group\tg\t-\t-\n"), ":4: more actions than the 1 lists"},
    {ALL("#group\tg\t-\n#group\tg\tlog\n"), ":5: a second group \"g\""},
    {FIRST SINK "#group\tg\n" LIST END, ":4: a list after a group"},
    {ALL("#group\tg\t-\n#network\n"), ":5: expected a network in the second column"},
    {ALL("#group\tg\t-\n#network\tx\tg\n"), ":5: expected a network such as"},
    {ALL("#group\tg\t-\n#network\t10.0.0.1/8\tg\n"), ":5: expected zeros"},
    {ALL("#group\tg\t-\n#network\t::\n"), ":5: expected a group's name after the network"},
    {ALL("#group\tg\t-\n#network\t::\th\n"), ":5: expected a group's name after"},
    {ALL("#group\tg\t-\n#network\t::\t\\q\n"), ":5: expected a group's name after"},
    {ALL("#group\tg\t-\n#network\t::\tg\t\n"), ":5: expected a group's name after"},
    {ALL("#network\t::\tg\n#group\tg\t-\n"), ":4: expected a group's name after"},
    {ALL("#forwarder\n"), ":4: expected a network in the second column"},
    {ALL("#forwarder\t10.0.0.0/33\n"), ":4: expected 0 to 32 after the slash"},
    {ALL("#forwarder\t::\tg\n"), ":4: expected nothing after the network"},
    {ALL("a..b\tl\texact\n"), ":4: empty label"},
    {ALL("a b\tl\texact\n"), ":4: unexpected character"},
    {ALL("a\n"), ":4: expected a list's name"},
    {ALL("a\tm\texact\n"), ":4: expected a list's name"},
    {ALL("a\tl\n"), ":4: expected exact, below, subtree or an exception"},
    {ALL("a\tl\twide\n"), ":4: expected exact, below, subtree or an exception"},
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
	static const char text[] = ALL("#disabled\n#group\tg\t-\n#network\t::\tg\n#forwarder\t::\n"
				       "a\tl\texact\nb\tl\texact\n");
	enum { CALLS = 8 };
	put(text, sizeof(text) - 1);
	for (int calls = 0; calls < CALLS; calls++) {
		char place[32];
		struct seen seen;
		struct bt_err err;
		snprintf(place, sizeof(place), ":%d: enough", calls + 2);
		assert_false(read_dump(&seen, calls, &err));
		assert_non_null(strstr(err.text, place));
	}
	struct seen seen;
	assert_true(read_dump(&seen, CALLS, NULL));
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
