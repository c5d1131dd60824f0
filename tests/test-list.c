/* SPDX-License-Identifier: BSD-3-Clause */
/* test-list.c -- lists to entries: every format, odd and hostile lines */

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <lzma.h>
#include <zlib.h>
#include <zstd.h>

#include "list.h"

/*
 * ---- what a list gives, as text, a line each ----
 *
 * "NAME SCOPE {KEY=VALUE; ...}", with "except" and "important" before the scope; "!LINE REASON" of
 * what is bad, "~LINE REASON" of what is skipped.
 */

struct seen {
	char text[65536];
	size_t used;
	unsigned entries, bad, skipped, lists;
	unsigned last_line;
	int stop_after; /* entries; -1: never */
	bool fail_list;
};

__attribute__((format(printf, 2, 3))) static void note(struct seen *seen, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	int size =
	    vsnprintf(seen->text + seen->used, sizeof(seen->text) - seen->used, format, args);
	va_end(args);
	seen->used += (size_t)size;
	if (seen->used >= sizeof(seen->text))
		seen->used = sizeof(seen->text) - 1; /* long inputs only count */
}

static void note_pairs(struct seen *seen, const struct bt_pair *pairs, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		note(seen, "%s%s=%s%s", i == 0 ? " {" : "; ", pairs[i].key, pairs[i].value,
		    i + 1 == count ? "}" : "");
}

static bool on_entry(void *ctx, const struct bt_entry *entry, struct bt_err *err)
{
	struct seen *seen = ctx;
	char name[BT_TEXT_MAX + 1];
	if (seen->stop_after >= 0 && seen->entries == (unsigned)seen->stop_after)
		return bt_fail(err, "enough");
	assert_true(bt_key_to_text(name, entry->key->bytes, entry->key->len) > 0);
	seen->entries++;
	seen->last_line = entry->line;
	note(seen, "%s%s%s %s", name, entry->except ? " except" : "",
	    entry->important ? " important" : "", bt_scope_name(entry->scope));
	note_pairs(seen, entry->pairs, entry->pair_count);
	note(seen, "\n");
	return true;
}

static bool on_list(void *ctx, const struct bt_pair *pairs, unsigned count, struct bt_err *err)
{
	struct seen *seen = ctx;
	assert_int_equal(seen->entries, 0);
	assert_int_equal(seen->lists++, 0);
	if (seen->fail_list)
		return bt_fail(err, "no such list");
	note(seen, "list");
	note_pairs(seen, pairs, count);
	note(seen, "\n");
	return true;
}

static void on_bad(void *ctx, unsigned line, const char *reason)
{
	struct seen *seen = ctx;
	assert_true(line > 0);
	assert_null(strpbrk(reason, "\n\r\033"));
	seen->bad++;
	note(seen, "!%u %s\n", line, reason);
}

static void on_skipped(void *ctx, unsigned line, const char *reason)
{
	struct seen *seen = ctx;
	assert_true(line > 0);
	seen->skipped++;
	note(seen, "~%u %s\n", line, reason);
}

static bool all_urls; /* what the readers say from here on */

static struct bt_list_reader reader_of(struct seen *seen)
{
	memset(seen, 0, sizeof(*seen));
	seen->stop_after = -1;
	return (struct bt_list_reader){.entry = on_entry,
	    .list = on_list,
	    .bad = on_bad,
	    .skipped = on_skipped,
	    .ctx = seen,
	    .all_urls = all_urls};
}

/* A list fails if it has no entry; what else it gave is in *seen in any case. */
static bool parse(struct seen *seen, enum bt_format format, const char *text, size_t size)
{
	const struct bt_list_reader reader = reader_of(seen);
	struct bt_list_stats stats = {.entries = 4711};
	struct bt_err err = {""};
	bool ok = bt_list_parse("list", text, size, format, &reader, &stats, &err);
	assert_int_equal(ok, seen->entries > 0);
	if (ok) {
		assert_int_equal(stats.entries, seen->entries);
		assert_int_equal(stats.bad, seen->bad);
		assert_int_equal(stats.skipped, seen->skipped);
		assert_string_equal(err.text, "");
	} else {
		assert_memory_equal(err.text, "list:", 5);
		assert_int_equal(stats.entries, 4711);
	}
	return ok;
}

static void expect(enum bt_format format, const char *text, size_t size, const char *expected)
{
	static struct seen seen;
	parse(&seen, format, text, size);
	if (strcmp(seen.text, expected) != 0)
		fail_msg("of \"%s\"\nexpected\n%s\nfound\n%s", text, expected, seen.text);
}

/* A string literal, which may hold zero octets. */
#define TEXT(literal) (literal), sizeof(literal) - 1

struct row {
	const char *text;
	size_t size;
	const char *expected;
};

static void expect_rows(enum bt_format format, const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++)
		expect(format, rows[i].text, rows[i].size, rows[i].expected);
}

#define EXPECT_ROWS(format, rows) expect_rows((format), (rows), sizeof(rows) / sizeof((rows)[0]))

/* ---- URLs ---- */

#define WITH_PATH "a URL with a path: its host may be in use for other things"

static const struct row urls_in_domains[] = {
    {TEXT("http://evil.com\nhttps://evil.org/\nhxxps[:]//evil[.]net:8443/\nevil.info/\n"),
	"evil.com subtree\nevil.org subtree\nevil.net subtree\nevil.info subtree\n"},
    {TEXT("https://github.com/x\nhxxps://github[.]com/x\ngithub.com/x\nhttps://github.com/?x\n"
	  "https://github.com?x\nhttp:\\\\github.com\\x\nevil.com\n"),
	"~1 " WITH_PATH "\n~2 " WITH_PATH "\n~3 " WITH_PATH "\n~4 " WITH_PATH "\n~5 " WITH_PATH
	"\n~6 " WITH_PATH "\nevil.com subtree\n"},
    {TEXT("github.com/login?to=https://evil.com\ngithub.com/x//y\ngithub.com?to=http:\\\\evil.com\n"
	  "github.com//evil.com\nevil.com\n"),
	"~1 " WITH_PATH "\n~2 " WITH_PATH "\n~3 " WITH_PATH "\n~4 " WITH_PATH
	"\nevil.com subtree\n"},
};

static const struct row urls_in_prose[] = {
    {TEXT("From hxxps://github[.]com/x/y.ico and github[.]com/z they came to "
	  "hxxps://evil[.]com:8443/, "
	  "evil[.]org/ and evil[.]net.\n"),
	"~1 " WITH_PATH "\n~1 " WITH_PATH
	"\nevil.com subtree\nevil.org subtree\nevil.net subtree\n"},
};

static const struct row urls_in_tables[] = {
    {TEXT("url,family\nhttps://github.com/x,Trap\nhttps://evil.com/,Trap\n"),
	"~2 " WITH_PATH "\nevil.com exact {family=Trap}\n"},
};

static const struct row all_urls_in_tables[] = {
    {TEXT("url,family\nhttps://evil.org/x,Trap\nhttps://evil.com/,Trap\n"),
	"evil.org exact {family=Trap}\nevil.com exact {family=Trap}\n"},
};

static void leaves_hosts_of_paths_alone(void **state)
{
	(void)state;
	EXPECT_ROWS(BT_FORMAT_DOMAINS, urls_in_domains);
	EXPECT_ROWS(BT_FORMAT_TEXT, urls_in_prose);
	EXPECT_ROWS(BT_FORMAT_CSV, urls_in_tables);
	all_urls = true;
	EXPECT_ROWS(BT_FORMAT_CSV, all_urls_in_tables);
	all_urls = false;
}

/* ---- plain lists ---- */

#define STRANGE "unexpected character in a name: only letters, digits, '-', '_' and escapes may be"
#define PORT "expected a port's number after ':'"
#define ADDRESS "!1 an address, not a name\n"
#define ONE_NAME "more than a name; expected one name a line"
#define EMPTY_LABEL "empty label (two dots in a row, or a dot in front)"

static const struct row names[] = {
    /* good */
    {TEXT("evil.com"), "evil.com subtree\n"},
    {TEXT("EVIL.Com."), "evil.com subtree\n"},
    {TEXT("_dmarc.evil-.com"), "_dmarc.evil-.com subtree\n"},
    {TEXT("-0.1a"), "-0.1a subtree\n"},
    {TEXT("com"), "com subtree\n"},
    {TEXT("xn--trger-hra.de"), "xn--trger-hra.de subtree\n"},
    {TEXT("a\\046b.com"), "a\\.b.com subtree\n"},
    {TEXT("a\\000\\255.com"), "a\\000\\255.com subtree\n"},
    {TEXT("a\\$b.com"), "a\\$b.com subtree\n"},
    {TEXT("*.evil.com"), "evil.com subtree\n"},
    /* white space and comments */
    {TEXT(" \t evil.com \t "), "evil.com subtree\n"},
    {TEXT("evil.com # a comment"), "evil.com subtree\n"},
    {TEXT("evil.com\t#"), "evil.com subtree\n"},
    {TEXT("evil.com#close"), "evil.com subtree\n"},
    {TEXT("evil.com\r"), "evil.com subtree\n"},
    {TEXT("# a comment"), ""},
    {TEXT("  # a comment"), ""},
    {TEXT("! a comment"), ""},
    {TEXT("; a comment"), ""},
    {TEXT(" \t\r"), ""},
    {TEXT("evil.com ; no comment"), "!1 " ONE_NAME "\n"},
    {TEXT("evil.com worse.com"), "!1 " ONE_NAME "\n"},
    {TEXT("evil.com CNAME ."), "!1 " ONE_NAME "\n"},
    /* defanged */
    {TEXT("evil[.]com"), "evil.com subtree\n"},
    {TEXT("www[.]evil[.]com"), "www.evil.com subtree\n"},
    {TEXT("evil(.)com"), "evil.com subtree\n"},
    {TEXT("evil{.}com"), "evil.com subtree\n"},
    {TEXT("evil[dot]com"), "evil.com subtree\n"},
    {TEXT("evil(DOT)com"), "evil.com subtree\n"},
    {TEXT("evil[.com"), "evil.com subtree\n"},
    {TEXT("evil.]com"), "evil.com subtree\n"},
    {TEXT("*[.]evil[.]com"), "evil.com subtree\n"},
    {TEXT("evil[.]com[.]"), "evil.com subtree\n"},
    {TEXT("evil[]com"), "!1 " STRANGE "\n"},
    {TEXT("evil[,]com"), "!1 " STRANGE "\n"},
    {TEXT("evil[dotcom"), "!1 " STRANGE "\n"},
    {TEXT("evil\\.com"),
	"!1 \"\\.\" in a name: write . for a dot, or \\046 for one inside a label\n"},
    /* URLs */
    {TEXT("http://evil.com"), "evil.com subtree\n"},
    {TEXT("hxxps://evil[.]com/x"), "evil.com subtree\n"},
    {TEXT("hxxp[:]//evil[.]com/a.b/c?d=e#f"), "evil.com subtree\n"},
    {TEXT("hxxp[://]evil.com"), "evil.com subtree\n"},
    {TEXT("hxxp:\\\\evil.com\\x"), "evil.com subtree\n"},
    {TEXT("h**p://evil.com"), "evil.com subtree\n"},
    {TEXT("https://evil.com?q=a.b"), "evil.com subtree\n"},
    {TEXT("https://evil.com#@good.com"), "evil.com subtree\n"},
    {TEXT("https://evil.com/@good.com"), "evil.com subtree\n"},
    {TEXT("https://good.com@evil.com/"), "evil.com subtree\n"},
    {TEXT("https://user:pass@evil.com:8443/x"), "evil.com subtree\n"},
    {TEXT("https://a@b@evil.com"), "evil.com subtree\n"},
    {TEXT("https://*.evil.com/*"), "evil.com subtree\n"},
    {TEXT("evil[.]com/path"), "evil.com subtree\n"},
    {TEXT("evil.com:443"), "evil.com subtree\n"},
    {TEXT("evil[.]com[:]443/x"), "evil.com subtree\n"},
    {TEXT("evil.com?x"), "evil.com subtree\n"},
    {TEXT("evil.com:"), "!1 " PORT "\n"},
    {TEXT("evil.com:https"), "!1 " PORT "\n"},
    {TEXT("evil.com:123456"), "!1 " PORT "\n"},
    {TEXT("server:"), "!1 " PORT "\n"},
    {TEXT("http://"), "!1 a URL without a host\n"},
    {TEXT("http:///x"), "!1 a URL without a host\n"},
    {TEXT("http://@/"), "!1 empty name\n"},
    {TEXT("http://:80/"), "!1 empty name\n"},
    {TEXT("/evil.com"), "!1 a path without a host\n"},
    {TEXT("//evil.com"), "!1 a path without a host\n"},
    {TEXT("://evil.com"), "!1 " PORT "\n"},
    {TEXT("http://http://evil.com"), "!1 " PORT "\n"},
    {TEXT("http://ev%69l.com"), "!1 " STRANGE "\n"},
    /* other things */
    {TEXT("user@evil.com"), "!1 an e-mail address, not a name\n"},
    {TEXT("192.0.2.1"), ADDRESS},
    {TEXT("192.0.2.1."), ADDRESS},
    {TEXT("192[.]0[.]2[.]1"), ADDRESS},
    {TEXT("http://192.0.2.1:80/x"), ADDRESS},
    {TEXT("192.0.2.0/24"), ADDRESS},
    {TEXT("999.0.2.1"), ADDRESS},
    {TEXT("0"), ADDRESS},
    {TEXT("2001:db8::1"), ADDRESS},
    {TEXT("::1"), ADDRESS},
    {TEXT("[2001:db8::1]"), ADDRESS},
    {TEXT("hxxp://[2001:db8::1]:80/"), ADDRESS},
    {TEXT("0.0.0.0 evil.com"), ADDRESS},
    {TEXT("||evil.com^"), "!1 " STRANGE "\n"},
    {TEXT("address=/evil.com/#"), "!1 " STRANGE "\n"},
    {TEXT("evil.com,malware"), "!1 " STRANGE "\n"},
    {TEXT("\"evil.com\""), "!1 " STRANGE "\n"},
    {TEXT("*"), "!1 " STRANGE "\n"},
    {TEXT("*evil.com"), "!1 " STRANGE "\n"},
    {TEXT("a.*.com"), "!1 " STRANGE "\n"},
    {TEXT("."), "!1 the root, which would cover every name\n"},
    {TEXT("[.]"), "!1 the root, which would cover every name\n"},
    {TEXT("*."), "!1 empty name\n"},
    {TEXT(".."), "!1 " EMPTY_LABEL "\n"},
    {TEXT(".evil.com"), "!1 " EMPTY_LABEL "\n"},
    {TEXT("evil..com"), "!1 " EMPTY_LABEL "\n"},
    {TEXT("evil\\"), "!1 bad escape: expected \\X or \\DDD up to \\255\n"},
    {TEXT("evil\\300.com"), "!1 bad escape: expected \\X or \\DDD up to \\255\n"},
    /* octets */
    {TEXT("tr\xc3\xa4ger.de"), "xn--trger-hra.de subtree\n"},
    {TEXT("hxxps://TR\xc3\x84GER[.]de/x"), "xn--trger-hra.de subtree\n"},
    {TEXT("evil\xe3\x80\x82"
	  "com"),
	"evil.com subtree\n"},
    {TEXT("\xff\x80.de"), "!1 not an international name as IDNA has them\n"},
    {TEXT("tr\xc3\xa4g\\101er.de"), "!1 an international name with escapes in it\n"},
    {TEXT("\xe2\x98\x83\xe2\x80\x8b\xf0\x9f\x92\xa9\xcc\x81.\xe2\x80\xae"),
	"!1 not an international name as IDNA has them\n"},
    {TEXT("evil\0.com"), "!1 a control character in a name\n"},
    {TEXT("evil.com\0"), "!1 a control character in a name\n"},
    {TEXT("http://evil.com\0.good.com/"), "!1 a control character in a name\n"},
    {TEXT("\0"), "!1 a control character in a name\n"},
    {TEXT("\033[31mevil.com"), "!1 a control character in a name\n"},
    {TEXT("evil.com\x7f"), "!1 a control character in a name\n"},
};

static void reads_names(void **state)
{
	all_urls = true;
	(void)state;
	EXPECT_ROWS(BT_FORMAT_DOMAINS, names);
	all_urls = false;
}

/* A bad line costs itself and no other. */
static void stands_by_good_lines(void **state)
{
	all_urls = true;
	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		static char text[1024], expected[1024];
		int size = snprintf(text, sizeof(text), "first.example\n");
		memcpy(text + size, names[i].text, names[i].size);
		size += (int)names[i].size;
		size += snprintf(text + size, sizeof(text) - (size_t)size, "\nlast.example\n");
		const char *middle = names[i].expected;
		bool bad = middle[0] == '!';
		snprintf(expected, sizeof(expected),
		    "first.example subtree\n%s%s\x01last.example subtree\n", bad ? "!2" : "",
		    bad ? middle + 2 : middle);
		char *mark = strchr(expected, '\x01');
		memmove(mark, mark + 1, strlen(mark));
		expect(BT_FORMAT_DOMAINS, text, (size_t)size, expected);
	}
	all_urls = false;
}

static void keeps_limits_of_names(void **state)
{
	(void)state;
	static char text[8192];
	memset(text, 'a', 63);
	strcpy(text + 63, ".com");
	static struct seen seen;
	assert_true(parse(&seen, BT_FORMAT_DOMAINS, text, strlen(text)));
	memset(text, 'a', 64);
	strcpy(text + 64, ".com");
	expect(BT_FORMAT_DOMAINS, text, strlen(text), "!1 label longer than 63 octets\n");
	for (size_t i = 0; i < 4000; i++)
		text[i] = i % 2 == 0 ? 'a' : '.';
	text[3999] = '\0';
	expect(BT_FORMAT_DOMAINS, text, strlen(text), "!1 name longer than 255 octets\n");
	text[3998] = '[';
	expect(BT_FORMAT_DOMAINS, text, strlen(text), "!1 " STRANGE "\n");
}

static void keeps_limit_of_lines(void **state)
{
	all_urls = true;
	(void)state;
	static char text[3 * 4096], *at;
	static const char too_long[] = "!2 line too long: more than 4096 characters\n";
	static char expected[256];

	/* a long URL is still a line */
	at = stpcpy(text, "evil.com\nhttp://evil.org/");
	memset(at, 'x', 4096 - strlen("http://evil.org/"));
	at += 4096 - strlen("http://evil.org/");
	strcpy(at, "\nlast.com\n");
	expect(BT_FORMAT_DOMAINS, text, strlen(text),
	    "evil.com subtree\nevil.org subtree\nlast.com subtree\n");
	strcpy(at, "x\nlast.com\n");
	snprintf(expected, sizeof(expected), "evil.com subtree\n%slast.com subtree\n", too_long);
	expect(BT_FORMAT_DOMAINS, text, strlen(text), expected);
	/* a comment may be as long as it likes, and so may white space */
	text[strlen("evil.com\n")] = '#';
	expect(BT_FORMAT_DOMAINS, text, strlen(text), "evil.com subtree\nlast.com subtree\n");
	memset(text + strlen("evil.com"), ' ', 2 * 4096);
	strcpy(text + 2 * 4096, "\nlast.com");
	expect(BT_FORMAT_DOMAINS, text, strlen(text), "evil.com subtree\nlast.com subtree\n");
	all_urls = false;
}

static void reads_layouts(void **state)
{
	static const struct row rows[] = {
	    {TEXT("\xef\xbb\xbf"
		  "evil.com\r\n\r\n# c\r\nworse.com\r\n"),
		"evil.com subtree\nworse.com subtree\n"},
	    {TEXT("\n\n\nbad..name\nevil.com"), "!4 " EMPTY_LABEL "\nevil.com subtree\n"},
	    {TEXT("evil.com\n\nevil.com\n"), "evil.com subtree\nevil.com subtree\n"},
	    {TEXT("evil.com\rworse.com\n"), "!1 " ONE_NAME "\n"},
	    {TEXT("evil.com\x0b\x0c\n"), "evil.com subtree\n"},
	};
	(void)state;
	EXPECT_ROWS(BT_FORMAT_DOMAINS, rows);
}

/* ---- hosts files ---- */

#define BLOCKS_NOTHING                                                                             \
	"names with an address of their own, which blocks nothing: expected 0.0.0.0, 127.0.0.1, "  \
	":: or ::1"

static const struct row hosts[] = {
    {TEXT("0.0.0.0 evil.com"), "evil.com exact\n"},
    {TEXT("0 evil.com"), "evil.com exact\n"},
    {TEXT("127.0.0.1\tevil.com"), "evil.com exact\n"},
    {TEXT("127.1.2.3 evil.com"), "evil.com exact\n"},
    {TEXT(":: evil.com"), "evil.com exact\n"},
    {TEXT("::1 evil.com"), "evil.com exact\n"},
    {TEXT("0:0:0:0:0:0:0:0 evil.com"), "evil.com exact\n"},
    {TEXT("::ffff:127.0.0.1 evil.com"), "evil.com exact\n"},
    {TEXT("  0.0.0.0   Evil.COM.   worse.com\tworst.com # three"),
	"evil.com exact\nworse.com exact\nworst.com exact\n"},
    {TEXT("0.0.0.0 evil[.]com hxxps://worse[.]com/"), "evil.com exact\nworse.com exact\n"},
    {TEXT("0.0.0.0 evil[.]com hxxps://github[.]com/x"), "evil.com exact\n~1 " WITH_PATH "\n"},
    {TEXT("0.0.0.0 evil.com\r"), "evil.com exact\n"},
    /* bad names */
    {TEXT("0.0.0.0 a..b evil.com c$d"), "!1 " EMPTY_LABEL "\nevil.com exact\n!1 " STRANGE "\n"},
    {TEXT("0.0.0.0 192.0.2.1"), ADDRESS},
    {TEXT("0.0.0.0 ."), "!1 the root, which would cover every name\n"},
    {TEXT("0.0.0.0 *.evil.com"), "!1 a wildcard, where one name was expected\n"},
    {TEXT("0.0.0.0 ev\xc3\xadl.com"), "xn--evl-sma.com exact\n"},
    {TEXT("0.0.0.0 evil\0.com"), "!1 a control character in a name\n"},
    /* the machine's own names */
    {TEXT("127.0.0.1 localhost localhost.localdomain local LOCALHOST."), ""},
    {TEXT("127.0.0.1 localhost4 localhost4.localdomain4"), ""},
    {TEXT("255.255.255.255 broadcasthost"), ""},
    {TEXT("::1 localhost ip6-localhost ip6-loopback"), ""},
    {TEXT("fe80::1%lo0 localhost"), ""},
    {TEXT("ff02::1 ip6-allnodes"), ""},
    {TEXT("0.0.0.0 0.0.0.0"), ""},
    {TEXT("127.0.0.1 localhost evil.com"), "evil.com exact\n"},
    {TEXT("0.0.0.0 ip6-evil.com localhost.com"), "ip6-evil.com exact\nlocalhost.com exact\n"},
    /* other addresses */
    {TEXT("192.0.2.1 printer"), "!1 " BLOCKS_NOTHING "\n"},
    {TEXT("192.0.2.1 localhost printer"), "!1 " BLOCKS_NOTHING "\n"},
    {TEXT("2001:db8::1 printer"), "!1 " BLOCKS_NOTHING "\n"},
    {TEXT("::ffff:192.0.2.1 printer"), "!1 " BLOCKS_NOTHING "\n"},
    /* no hosts lines */
    {TEXT("evil.com"), "!1 expected an address, then names\n"},
    {TEXT("0.0.0.0.0 evil.com"), "!1 expected an address, then names\n"},
    {TEXT("0.0.0.0\0 evil.com"), "!1 expected an address, then names\n"},
    {TEXT("\0 evil.com"), "!1 expected an address, then names\n"},
    {TEXT("% evil.com"), "!1 expected an address, then names\n"},
    {TEXT("1:2:3:4:5:6:7:8:9:10:11:12:13:14:15:16:17:18:19:20:21 evil.com"),
	"!1 expected an address, then names\n"},
    {TEXT("0.0.0.0"), "!1 an address without a name\n"},
    {TEXT("0.0.0.0 # evil.com"), "!1 an address without a name\n"},
    {TEXT("# 0.0.0.0 evil.com"), ""},
};

static void reads_hosts(void **state)
{
	(void)state;
	EXPECT_ROWS(BT_FORMAT_HOSTS, hosts);
}

/* ---- adblock ---- */

#define NO_IDN "not an international name as IDNA has them"
#define PAGES "a rule about what a page looks like"
#define PATTERN "a pattern, which is more than a name"
#define PATH "a regular expression or a path, which is no name"
#define MODIFIER "a rule with a modifier that is not about names"
#define NO_NAME "an address, which is no name"
#define TAKEN_BACK "a rule that is taken back by $badfilter"

static const struct row adblock[] = {
    {TEXT("||evil.com^"), "evil.com subtree\n"},
    {TEXT("||Evil.COM^|"), "evil.com subtree\n"},
    {TEXT("||evil.com"), "evil.com subtree\n"},
    {TEXT("||evil.com|"), "evil.com subtree\n"},
    {TEXT("||*.evil.com^"), "evil.com below\n"},
    {TEXT("||com^"), "com subtree\n"},
    {TEXT("|evil.com^"), "evil.com exact\n"},
    {TEXT("|evil.com|"), "evil.com exact\n"},
    {TEXT("evil.com"), "evil.com exact\n"},
    {TEXT("evil.com|"), "evil.com exact\n"},
    {TEXT(" ||evil.com^ \r"), "evil.com subtree\n"},
    {TEXT("\xef\xbb\xbf[Adblock Plus 2.0]\r\n! c\r\n\r\n||evil.com^\r\n"), "evil.com subtree\n"},
    {TEXT("# a comment\n#||evil.com^"), ""},
    /* exceptions and what is important */
    {TEXT("@@||good.com^"), "good.com except subtree\n"},
    {TEXT("@@|good.com^|"), "good.com except exact\n"},
    {TEXT("@@good.com"), "good.com except exact\n"},
    {TEXT("||evil.com^$important"), "evil.com important subtree\n"},
    {TEXT("@@||good.com^$ important "), "good.com except important subtree\n"},
    {TEXT("||evil.com^$"), "evil.com subtree\n"},
    /* other modifiers: never without them */
    {TEXT("||evil.com^$third-party"), "~1 " MODIFIER "\n"},
    {TEXT("||evil.com^$important,third-party"), "~1 " MODIFIER "\n"},
    {TEXT("||evil.com^$important=x"), "~1 " MODIFIER "\n"},
    {TEXT("||evil.com^$~important"), "~1 " MODIFIER "\n"},
    {TEXT("||evil.com^$dnstype=A"), "~1 a rule for some types ($dnstype)\n"},
    {TEXT("||evil.com^$dnsrewrite=192.0.2.1"),
	"~1 a rule with an answer of its own ($dnsrewrite)\n"},
    {TEXT("||evil.com^$client=127.0.0.1"), "~1 a rule for some clients ($client)\n"},
    {TEXT("||evil.com^$ctag=device_phone"), "~1 a rule for some clients ($ctag)\n"},
    {TEXT("||com^$denyallow=good.com|better.com"),
	"~1 a rule with exceptions of its own ($denyallow)\n"},
    {TEXT("@@||good.com^$denyallow"), "~1 a rule with exceptions of its own ($denyallow)\n"},
    /* taken back, before and after */
    {TEXT("||evil.com^\n||EVIL.com^$badfilter\n||evil.com^\n||worse.com^"),
	"~1 " TAKEN_BACK "\n~2 " TAKEN_BACK "\n~3 " TAKEN_BACK "\nworse.com subtree\n"},
    {TEXT("||evil.com^$badfilter\n||evil.com^$important\n@@||evil.com^"),
	"~1 " TAKEN_BACK "\nevil.com important subtree\nevil.com except subtree\n"},
    {TEXT("||evil.com^$important,badfilter\n||evil.com^$important\n||evil.com^"),
	"~1 " TAKEN_BACK "\n~2 " TAKEN_BACK "\nevil.com subtree\n"},
    {TEXT("||evil.com^$badfilter,third-party\n||evil.com^"), "~1 " MODIFIER "\nevil.com subtree\n"},
    {TEXT("evil.com##.badfilter\n||badfilter.com^"), "~1 " PAGES "\nbadfilter.com subtree\n"},
    /* pages */
    {TEXT("evil.com##.ad"), "~1 " PAGES "\n"},
    {TEXT("evil.com,~x.com#@#.ad"), "~1 " PAGES "\n"},
    {TEXT("evil.com#?#div"), "~1 " PAGES "\n"},
    {TEXT("evil.com#@$?#div"), "~1 " PAGES "\n"},
    {TEXT("evil.com#%#//scriptlet"), "~1 " PAGES "\n"},
    {TEXT("evil.com$$script[x]"), "~1 " PAGES "\n"},
    {TEXT("##.ad"), ""},
    /* patterns */
    {TEXT("/banner[0-9]/"), "~1 " PATH "\n"},
    {TEXT("/banner[0-9]/$important"), "~1 " PATH "\n"},
    {TEXT("@@/ads/"), "~1 " PATH "\n"},
    {TEXT("||evil.com/x"), "~1 " PATTERN "\n"},
    {TEXT("||evil.com^x"), "~1 " PATTERN "\n"},
    {TEXT("||evil.*^"), "~1 " PATTERN "\n"},
    {TEXT("||ev*l.com^"), "~1 " PATTERN "\n"},
    {TEXT("||ads."), "~1 " PATTERN "\n"},
    {TEXT("||ads"), "~1 " PATTERN "\n"},
    {TEXT("evil.com^"), "~1 " PATTERN "\n"},
    {TEXT("*.evil.com"), "~1 " PATTERN "\n"},
    {TEXT("|https://evil.com^"), "~1 " PATTERN "\n"},
    {TEXT("||evil.com:8080^"), "~1 " PATTERN "\n"},
    {TEXT("||192.0.2.1^"), "~1 " NO_NAME "\n"},
    {TEXT("||*^"), "~1 " PATTERN "\n"},
    /* hosts lines */
    {TEXT("0.0.0.0 evil.com worse.com # c"), "evil.com exact\nworse.com exact\n"},
    {TEXT("192.0.2.1 printer"),
	"!1 names with an address of their own, which blocks nothing: expected 0.0.0.0, "
	"127.0.0.1, :: or ::1\n"},
    /* bad */
    {TEXT("||^"), "!1 empty name\n"},
    {TEXT("||"), "~1 " PATTERN "\n"},
    {TEXT("@@"), "!1 empty name\n"},
    {TEXT("$important"), "!1 empty name\n"},
    {TEXT("||a..com^"), "!1 " EMPTY_LABEL "\n"},
    {TEXT("||.^"), "!1 the root, which would cover every name\n"},
    {TEXT("||ev il.com^"), "!1 " STRANGE "\n"},
    {TEXT("||tr\xc3\xa4ger.de^"), "xn--trger-hra.de subtree\n"},
    {TEXT("||\xff.de^"), "!1 " NO_IDN "\n"},
    {TEXT("||evil\0.com^"), "!1 a control character in a name\n"},
    {TEXT("\0"), "!1 a control character in a name\n"},
};

static void reads_adblock(void **state)
{
	(void)state;
	EXPECT_ROWS(BT_FORMAT_ADBLOCK, adblock);
}

/* ---- dnsmasq ---- */

#define OPTION "an option that is not about names"
#define SERVER "an address or a server, which blocks nothing"
#define SLASHES "expected a name between two slashes"

static const struct row dnsmasq[] = {
    {TEXT("local=/evil.com/"), "evil.com subtree\n"},
    {TEXT("server=/evil.com/"), "evil.com subtree\n"},
    {TEXT("address=/evil.com/"), "evil.com subtree\n"},
    {TEXT("address=/evil.com/#"), "evil.com subtree\n"},
    {TEXT("address=/evil.com/# # c"), "evil.com subtree\n"},
    {TEXT("address=/evil.com/0.0.0.0"), "evil.com subtree\n"},
    {TEXT("address=/evil.com/::"), "evil.com subtree\n"},
    {TEXT("address=/Evil.com./worse.com/127.0.0.1 # c"), "evil.com subtree\nworse.com subtree\n"},
    {TEXT(" local = /evil.com/ \r"), "evil.com subtree\n"},
    {TEXT("local=/*.evil.com/"), "evil.com subtree\n"},
    {TEXT("\xef\xbb\xbf# c\r\n\r\nlocal=/evil.com/\r\n"), "evil.com subtree\n"},
    {TEXT("server=/good.evil.com/#"), "good.evil.com except subtree\n"},
    {TEXT("address=/evil.com/192.0.2.1"), "~1 " SERVER "\n"},
    {TEXT("server=/evil.com/192.0.2.1"), "~1 " SERVER "\n"},
    {TEXT("local=/evil.com/192.0.2.1#5353"), "~1 " SERVER "\n"},
    {TEXT("server=192.0.2.1"), "~1 " OPTION "\n"},
    {TEXT("address=evil.com"), "~1 " OPTION "\n"},
    {TEXT("no-resolv"), "~1 " OPTION "\n"},
    {TEXT("conf-file=/etc/x"), "~1 " OPTION "\n"},
    {TEXT("ipset=/evil.com/set"), "~1 " OPTION "\n"},
    {TEXT("local=/"), "!1 " SLASHES "\n"},
    {TEXT("local=/evil.com"), "!1 " SLASHES "\n"},
    {TEXT("local=//"), "!1 empty name\n"},
    {TEXT("local=/a.com//b.com/"), "a.com subtree\n!1 empty name\nb.com subtree\n"},
    {TEXT("address=/#/"), "!1 a path without a host\n"},
    {TEXT("local=/a..b/"), "!1 " EMPTY_LABEL "\n"},
    {TEXT("local=/192.0.2.1/"), ADDRESS},
    {TEXT("local=/./"), "!1 the root, which would cover every name\n"},
    {TEXT("local=/\xff.com/"), "!1 " NO_IDN "\n"},
    {TEXT("local=/evil\0.com/"), "!1 a control character in a name\n"},
    {TEXT("\0=/evil.com/"), "~1 " OPTION "\n"},
};

static void reads_dnsmasq(void **state)
{
	(void)state;
	EXPECT_ROWS(BT_FORMAT_DNSMASQ, dnsmasq);
}

/* ---- unbound ---- */

#define CONTENT "local data with a content, which blocks nothing"

static const struct row unbound[] = {
    {TEXT("server:\n  local-zone: \"evil.com\" always_null"), "evil.com subtree\n"},
    {TEXT("local-zone: evil.com. static # c"), "evil.com subtree\n"},
    {TEXT("local-zone: 'evil.com' \"redirect\""), "evil.com subtree\n"},
    {TEXT("LOCAL-ZONE:\"Evil.com\"always_nxdomain #c"), "evil.com subtree\n"},
    {TEXT("local-zone: \"evil.com\" always_refuse\r\nlocal-zone: worse.com deny\r"),
	"evil.com subtree\nworse.com subtree\n"},
    {TEXT("local-zone: good.com transparent"), "good.com except subtree\n"},
    {TEXT("local-zone: good.com always_transparent"), "good.com except subtree\n"},
    {TEXT("local-data: \"evil.com A 0.0.0.0\""), "evil.com exact\n"},
    {TEXT("local-data: 'evil.com. 3600 IN AAAA ::'"), "evil.com exact\n"},
    {TEXT("local-data: \"evil.com A 192.0.2.1\""), "~1 " CONTENT "\n"},
    {TEXT("local-data: \"evil.com TXT hello\""), "~1 " CONTENT "\n"},
    {TEXT("local-data: \"evil.com\""), "~1 " CONTENT "\n"},
    {TEXT("local-data:"), "~1 " CONTENT "\n"},
    {TEXT("local-data-ptr: \"192.0.2.1 evil.com\""), "~1 " OPTION "\n"},
    {TEXT("verbosity: 1"), "~1 " OPTION "\n"},
    {TEXT("server: # c"), ""},
    {TEXT("local-zone: \"evil.com\""), "!1 a local zone without a type\n"},
    {TEXT("local-zone:"), "!1 a local zone without a type\n"},
    {TEXT("local-zone: \"evil.com\" always_nul"), "!1 a local zone of an unknown type\n"},
    {TEXT("local-zone: \"evil.com static"), "!1 a local zone without a type\n"},
    {TEXT("evil.com"), "!1 expected an option such as local-zone:\n"},
    {TEXT("local-zone: \".\" static"), "!1 the root, which would cover every name\n"},
    {TEXT("local-zone: \"\" static"), "!1 empty name\n"},
    {TEXT("local-zone: \"a..b\" static"), "!1 " EMPTY_LABEL "\n"},
    {TEXT("local-zone: \"\xff.b\" static"), "!1 " NO_IDN "\n"},
    {TEXT("local-zone: \"a\0.b\" static"), "!1 a control character in a name\n"},
    {TEXT("local-data: \"a..b A 0.0.0.0\""), "!1 " EMPTY_LABEL "\n"},
};

static void reads_unbound(void **state)
{
	(void)state;
	EXPECT_ROWS(BT_FORMAT_UNBOUND, unbound);
}

/* ---- Zeek's intelligence ---- */

#define FIELDS "#fields\tindicator\tindicator_type\tmeta.source\tmeta.desc\tmeta.url\n"
#define WITH_A_PATH "a URL with a path: its host may be in use for other things"

static const struct row zeek[] = {
    {TEXT(FIELDS "evil.com\tIntel::DOMAIN\tcert\tbeacons\thttps://cert.example/7#x\n"),
	"evil.com exact {source=cert; note=beacons; reference=https://cert.example/7#x}\n"},
    {TEXT("#fields\tmeta.desc\tindicator_type\tx\tindicator\tmeta.confidence\r\n"
	  "a \x01 b\tIntel::DOMAIN\ty\tEvil.com.\t85\r\n"),
	"evil.com exact {note=a   b; confidence=85}\n"},
    {TEXT(FIELDS "evil.com\tIntel::DOMAIN\t-\t\t"), "evil.com exact\n"},
    {TEXT(FIELDS "evil.com\tIntel::DOMAIN"), "evil.com exact\n"},
    {TEXT(FIELDS "evil.com\tIntel::DOMAIN\ta\tb\tc\td\tf"),
	"evil.com exact {source=a; note=b; reference=c}\n"},
    {TEXT(FIELDS "evil.com\tIntel::URL\tx"), "evil.com exact {source=x}\n"},
    {TEXT(FIELDS "http://evil.com:80/\tIntel::URL"), "evil.com exact\n"},
    {TEXT(FIELDS "github.com/evil/x\tIntel::URL"), "~2 " WITH_A_PATH "\n"},
    {TEXT(FIELDS "github.com/?x\tIntel::URL"), "~2 " WITH_A_PATH "\n"},
    {TEXT(FIELDS "http://192.0.2.1/\tIntel::URL"), "~2 " NO_NAME "\n"},
    {TEXT(FIELDS "http://[2001:db8::1]:80/\tIntel::URL"), "~2 " NO_NAME "\n"},
    {TEXT(FIELDS "192.0.2.1\tIntel::ADDR"), "~2 an indicator that is no name\n"},
    {TEXT(FIELDS "# evil.com\tIntel::DOMAIN"), ""},
    {TEXT("evil.com\tIntel::DOMAIN\n" FIELDS "evil.com\tIntel::DOMAIN"),
	"!1 a line before that with #fields\nevil.com exact\n"},
    {TEXT(FIELDS "evil.com Intel::DOMAIN"), "!2 expected an indicator and its type, with tabs\n"},
    {TEXT(FIELDS "evil.com"), "!2 expected an indicator and its type, with tabs\n"},
    {TEXT("#fields\tindicator\nevil.com"), "!2 expected an indicator and its type, with tabs\n"},
    {TEXT("#fields\tindicator_type\nIntel::DOMAIN"),
	"!2 expected an indicator and its type, with tabs\n"},
    {TEXT(FIELDS "192.0.2.1\tIntel::DOMAIN"), "!2 an address, not a name\n"},
    {TEXT(FIELDS "a..b\tIntel::DOMAIN"), "!2 " EMPTY_LABEL "\n"},
    {TEXT(FIELDS "\xff.b\tIntel::DOMAIN\t\xc2\x9b\xff"), "!2 " NO_IDN "\n"},
    {TEXT(FIELDS "a\0b.com\tIntel::DOMAIN"), "!2 a control character in a name\n"},
};

static void reads_zeek(void **state)
{
	(void)state;
	EXPECT_ROWS(BT_FORMAT_ZEEK, zeek);
}

/* ---- tables ---- */

#define THREATFOX                                                                                  \
	"# ThreatFox IOCs: recent\r\n"                                                             \
	"# "                                                                                       \
	"\"first_seen_utc\",\"ioc_id\",\"ioc_value\",\"ioc_type\",\"threat_type\",\"fk_malware\"," \
	"\"malware_alias\",\"malware_printable\",\"last_seen_utc\",\"confidence_level\","          \
	"\"reference\","                                                                           \
	"\"tags\",\"anonymous\",\"reporter\"\r\n"
#define URLHAUS "# id,dateadded,url,url_status,last_online,threat,tags,urlhaus_link,reporter\n"
#define QUOTES "a row whose quotes or number of cells cannot be"
#define NO_END "a quoted cell without an end"

static const struct row csv[] = {
    {TEXT(THREATFOX
	 "\"2026-11-20 10:11:12\", \"1\", \"Evil.com\", \"domain\", \"botnet_cc\", "
	 "\"win.x\", \"None\", \"Cobalt Strike\", \"\", \"75\", \"https://a.example/\", \"c2,x\", "
	 "\"0\", \"me\"\r\n"
	 "\"2026-11-20 10:11:12\", \"2\", \"https://github.com/x\", \"url\"\r\n"
	 "\"2026-11-20 10:11:12\", \"3\", \"http://evil.org/\", \"url\"\r\n"
	 "\"2026-11-20 10:11:12\", \"4\", \"192.0.2.1:443\", \"ip:port\"\r\n"
	 "# Number of entries: 4\r\n"),
	"evil.com subtree {first-reported=2026-11-20T10:11:12Z; family=Cobalt Strike; "
	"confidence=75; reference=https://a.example/; note=c2,x}\n"
	"~4 " WITH_A_PATH "\nevil.org exact {first-reported=2026-11-20T10:11:12Z}\n"
	"~6 an indicator that is no name\n"},
    {TEXT(THREATFOX "\"\", \"1\", \"evil.com\", \"url\"\n"), "evil.com exact\n"},
    {TEXT(URLHAUS
	 "\"7\",\"2026-11-20 10:11:12\",\"http://evil.com/\",\"online\",\"\",\"malware_download\","
	 "\"elf,mozi\",\"https://urlhaus.abuse.ch/url/7/\",\"me\"\n"
	 "\"8\",\"2026-11-20 10:11:12\",\"http://github.com/x\",\"online\"\n"
	 "\"9\",\"2026-11-20 10:11:12\",\"http://192.0.2.1:8080/\",\"online\"\n"),
	"evil.com exact {first-reported=2026-11-20T10:11:12Z; note=elf,mozi; "
	"reference=https://urlhaus.abuse.ch/url/7/}\n"
	"~3 " WITH_A_PATH "\n~4 " NO_NAME "\n"},
    /* headers */
    {TEXT("Domain,Malware Family,First Seen\nevil.com,x,2026-11-20\n"),
	"evil.com subtree {family=x; first-reported=2026-11-20}\n"},
    {TEXT("x;hostname;confidence\n1;evil.com;85\n"), "evil.com exact {confidence=85}\n"},
    {TEXT("family\tindicator\n\tevil.com\nx\tworse.com\t\n"),
	"evil.com subtree\nworse.com subtree {family=x}\n"},
    {TEXT("domain\nevil.com\nworse.com\n"), "evil.com subtree\nworse.com subtree\n"},
    {TEXT("indicator,type\nevil.com,FQDN\nevil.org,domain-name\n00ff,md5\n"),
	"evil.com exact\nevil.org subtree\n~4 an indicator that is no name\n"},
    {TEXT("domain,url\n,http://evil.com\nevil.org,http://x.com/y\n"),
	"evil.com exact\nevil.org subtree\n"},
    /* cells */
    {TEXT("\xef\xbb\xbf"
	  "domain,note\r\n\"evil.com\",\"a \"\"b\"\", c\"\r\n"),
	"evil.com subtree {note=a \"b\", c}\n"},
    {TEXT("domain,note\nevil.com,\"one\ntwo\n\nthree\"\nworse.com,x\n"),
	"evil.com subtree {note=one two three}\nworse.com subtree {note=x}\n"},
    {TEXT("domain,note\nevil.com, a \"b\" \n"), "evil.com subtree {note=a \"b\"}\n"},
    {TEXT("domain,note\nevil.com,#x\n# evil.org,x\n"), "evil.com subtree {note=#x}\n"},
    {TEXT("domain,note\nevil.com,\x01\x7f\xc2\x9b\n"), "evil.com subtree {note=    }\n"},
    {TEXT("domain\nevil[.]com\n*.worse.com\n"), "evil.com subtree\nworse.com subtree\n"},
    {TEXT("domain,confidence,first_seen,expires\na.com,101,soon,2026-02-30\n"
	  "b.com,99999999999999999999,2026-13-01 00:00:00,20260101\n"
	  "c.com,0,2026-01-02T03:04:05Z,2026-01-02 03:04:05 UTC\n"),
	"a.com subtree\nb.com subtree\n"
	"c.com subtree {confidence=0; first-reported=2026-01-02T03:04:05Z; "
	"expires=2026-01-02T03:04:05Z}\n"},
    /* bad ones cost themselves */
    {TEXT("domain,note\nevil.com,\"x\"y\nworse.com\n"), "!2 " QUOTES "\nworse.com subtree\n"},
    {TEXT("domain,note\nevil.com,\"x\nworse.com,\"y\"\nlast.com\n"),
	"!2 " NO_END "\nworse.com subtree {note=y}\nlast.com subtree\n"},
    {TEXT("domain,note\nevil.com,\"x\nworse.com,y\n"), "!2 " NO_END "\n"},
    {TEXT("note,domain\nx\nx,\n,\nx,evil.com\n"),
	"!2 a row without a name\n!3 a row without a name\n!4 a row without a name\n"
	"evil.com subtree {note=x}\n"},
    {TEXT("domain\n192.0.2.1\na..b\n\xff.com\nev\0il.com\n\"a\"\"b.com\"\n"),
	"!2 an address, not a name\n!3 " EMPTY_LABEL "\n!4 " NO_IDN
	"\n!5 a control character in a name\n!6 empty name\n"},
};

static void reads_tables(void **state)
{
	(void)state;
	EXPECT_ROWS(BT_FORMAT_CSV, csv);
}

/* With columns that the header does not say, or says otherwise. */
static void reads_columns_as_told(void **state)
{
	static const struct {
		struct bt_pair columns[2];
		unsigned count;
		const char *text, *expected;
	} rows[] = {
	    {{{"domain", "2"}, {"family", "1"}}, 2, "x,evil.com\ny,worse.com\n",
		"evil.com subtree {family=x}\nworse.com subtree {family=y}\n"},
	    {{{"host", "Bad Name"}, {"campaign", "what"}}, 2, "what,bad_name\nx,evil.com\n",
		"evil.com exact {campaign=x}\n"},
	    {{{"domain", "2"}}, 1, "family,domain\nx,evil.com\n", "evil.com subtree {family=x}\n"},
	    {{{"note", "reporter"}}, 1, URLHAUS "1,,http://evil.com,,,,,,me\n",
		"evil.com exact {note=me}\n"},
	    {{{"domain", "3"}}, 1, "family,x\nx,evil.com\n", "list:1: there is no column \"3\""},
	    {{{"domain", "name"}}, 1, "# c\nfamily,x\n", "list:2: there is no column \"name\""},
	    {{{"family", "1"}}, 1, "x,evil.com\n",
		"list:1: expected a header with a column such as domain, host, url or indicator, "
		"or to be told the columns"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		static struct seen seen;
		struct bt_list_reader reader = reader_of(&seen);
		struct bt_err err = {""};
		reader.columns = rows[i].columns;
		reader.column_count = rows[i].count;
		bool read = bt_list_parse(
		    "list", rows[i].text, strlen(rows[i].text), BT_FORMAT_CSV, &reader, NULL, &err);
		assert_string_equal(read ? seen.text : err.text, rows[i].expected);
	}
}

/* A quote that is never closed takes no more than a row may have. */
static void bounds_rows(void **state)
{
	enum { MANY = 3000 };
	static struct seen seen;
	(void)state;
	char *text = malloc(MANY * 64), *at = text;
	assert_non_null(text);
	at = stpcpy(at, "domain,note\nevil.com,\"x\n");
	for (unsigned i = 0; i < MANY; i++)
		at += sprintf(at, "n%u.example,%*s\n", i, 40, "x");
	assert_true(parse(&seen, BT_FORMAT_CSV, text, (size_t)(at - text)));
	assert_int_equal(seen.bad, 1);
	assert_true(seen.entries > MANY / 2 && seen.entries < MANY);
	at = stpcpy(text, "domain\nevil.com");
	for (unsigned i = 0; i < 300; i++)
		*at++ = ',';
	assert_true(!parse(&seen, BT_FORMAT_CSV, text, (size_t)(at - text)));
	assert_string_equal(seen.text, "!2 " QUOTES "\n");
	free(text);
}

/* ---- detection, and lists that fail ---- */

static void detects_formats(void **state)
{
	static const struct {
		const char *path, *text;
		enum bt_format format;
	} rows[] = {
	    {"a.txt", "evil.com\n", BT_FORMAT_DOMAINS},
	    {"a.txt", "# c\n\n! c\n0.0.0.0 evil.com\n", BT_FORMAT_HOSTS},
	    {"a.txt", "127.0.0.1 localhost\n::1 localhost\n0 evil.com\n", BT_FORMAT_HOSTS},
	    {"a.txt", "typo\n0.0.0.0 evil.com\n0.0.0.0 worse.com\n", BT_FORMAT_HOSTS},
	    {"a.txt", "192.0.2.1 x\nevil.com\nworse.com\n", BT_FORMAT_DOMAINS},
	    {"a.txt", "192.0.2.1\n192.0.2.2\nevil.com\n", BT_FORMAT_DOMAINS},
	    {"a.txt", "---\nindicators: [evil.com]\n", BT_FORMAT_YAML},
	    {"a.txt", "%YAML 1.1\n---\nindicators: [evil.com]\n", BT_FORMAT_YAML},
	    {"a.txt", "# c\ncampaign: x\nindicators: [evil.com]\n", BT_FORMAT_YAML},
	    {"a.txt",
		"\xef\xbb\xbf"
		"indicators:\n- evil.com\n",
		BT_FORMAT_YAML},
	    {"a.txt", "server: x\nevil.com\n", BT_FORMAT_DOMAINS},
	    {"a.txt", "evil.com\nnote: x\n", BT_FORMAT_DOMAINS},
	    {"a.yaml", "indicators: [evil.com]\n", BT_FORMAT_YAML},
	    {"a.txt", "! c\n||evil.com^\n", BT_FORMAT_ADBLOCK},
	    {"a.txt", "! c\n[Adblock Plus 2.0]\nevil.com\nworse.com\n", BT_FORMAT_ADBLOCK},
	    {"a.txt", "x.com##.ad\nx.com\n@@||y.com^\n", BT_FORMAT_ADBLOCK},
	    {"a.txt", "evil.com\nworse.com\n||last.com^\n", BT_FORMAT_DOMAINS},
	    {"a.txt", "0.0.0.0 a.com\n0.0.0.0 b.com\n||c.com^\n", BT_FORMAT_HOSTS},
	    {"a.conf", "# c\nlocal=/evil.com/\naddress=/worse.com/#\n", BT_FORMAT_DNSMASQ},
	    {"a.conf", "server:\nlocal-zone: \"evil.com\" static\n", BT_FORMAT_UNBOUND},
	    {"a.conf", "local-data: \"evil.com A 0.0.0.0\"\n", BT_FORMAT_UNBOUND},
	    {"a.dat", "#separator \\x09\n" FIELDS "evil.com\tIntel::DOMAIN\n", BT_FORMAT_ZEEK},
	    {"a.txt", "#fields\tts\tuid\nevil.com\n", BT_FORMAT_DOMAINS},
	    {"a.txt", "evil.com\n" FIELDS, BT_FORMAT_DOMAINS},
	    {"a.csv", "domain,family\nevil.com,x\n", BT_FORMAT_CSV},
	    {"a.csv", "\"First Seen\";\"Host\"\n2026-01-01;evil.com\n", BT_FORMAT_CSV},
	    {"a.csv", "# c\n" URLHAUS "1,,http://evil.com\n", BT_FORMAT_CSV},
	    {"a.csv", THREATFOX "\"\",\"1\",\"evil.com\",\"domain\"\n", BT_FORMAT_CSV},
	    {"a.txt", "# domain, host, url\nevil.com\n", BT_FORMAT_DOMAINS},
	    {"a.txt", "evil.com,domain\nworse.com\n", BT_FORMAT_DOMAINS},
	    {"a.YML", "\"indicators\": [evil.com]\n", BT_FORMAT_YAML},
	    {"yaml", "evil.com\n", BT_FORMAT_DOMAINS},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		static struct seen seen;
		const struct bt_list_reader reader = reader_of(&seen);
		struct bt_list_stats stats;
		struct bt_err err = {""};
		if (!bt_list_parse(rows[i].path, rows[i].text, strlen(rows[i].text), BT_FORMAT_AUTO,
			&reader, &stats, &err))
			fail_msg("%s", err.text);
		if (stats.format != rows[i].format)
			fail_msg(
			    "\"%s\" was read as %s", rows[i].text, bt_format_name(stats.format));
		assert_int_equal(seen.entries > 0, true);
	}
	for (int i = 0; i < BT_FORMATS; i++)
		assert_int_equal(bt_format_from_name(bt_format_name((enum bt_format)i)), i);
	assert_int_equal(bt_format_from_name("cvs"), -1);
}

static void expect_failure(
    enum bt_format format, const char *text, size_t size, const char *expected)
{
	static struct seen seen;
	const struct bt_list_reader reader = reader_of(&seen);
	struct bt_err err = {""};
	assert_false(bt_list_parse("dir/list", text, size, format, &reader, NULL, &err));
	assert_string_equal(err.text, expected);
	assert_false(bt_list_parse("dir/list", text, size, format, &reader, NULL, NULL));
}

static void fails_without_entries(void **state)
{
	(void)state;
	expect_failure(BT_FORMAT_AUTO, TEXT(""), "dir/list: no indicator in it (read as domains)");
	expect_failure(
	    BT_FORMAT_HOSTS, TEXT("#\n\n"), "dir/list: no indicator in it (read as hosts)");
	expect_failure(BT_FORMAT_HOSTS, TEXT("127.0.0.1 localhost\n"),
	    "dir/list: no indicator in it (read as hosts)");
	expect_failure(BT_FORMAT_DOMAINS, TEXT("\na..b\nc..d\n"),
	    "dir/list: no indicator in it (read as domains), 2 bad lines; line 2: " EMPTY_LABEL);
	expect_failure(BT_FORMAT_YAML, TEXT("indicators: []\n"),
	    "dir/list: no indicator in it (read as yaml)");
	expect_failure(BT_FORMAT_AUTO,
	    TEXT("\xff\xfe"
		 "e\0v\0"),
	    "dir/list: text in UTF-16; expected ASCII or UTF-8");
}

static void stops_when_told(void **state)
{
	static const char domains[] = "a.com\n\nb.com\nc.com\n";
	static const char yaml[] = "name: x\nindicators:\n- a.com\n- b.com\n";
	static struct seen seen;
	struct bt_list_reader reader = reader_of(&seen);
	struct bt_err err;
	(void)state;
	seen.stop_after = 1;
	assert_false(bt_list_parse(
	    "list", domains, strlen(domains), BT_FORMAT_DOMAINS, &reader, NULL, &err));
	assert_string_equal(err.text, "list:3: enough");
	assert_int_equal(seen.entries, 1);

	reader = reader_of(&seen);
	seen.stop_after = 1;
	assert_false(
	    bt_list_parse("list", yaml, strlen(yaml), BT_FORMAT_YAML, &reader, NULL, &err));
	assert_string_equal(err.text, "list:4: enough");

	reader = reader_of(&seen);
	seen.fail_list = true;
	assert_false(
	    bt_list_parse("list", yaml, strlen(yaml), BT_FORMAT_YAML, &reader, NULL, &err));
	assert_string_equal(err.text, "list: no such list");

	/* who does not ask is not told */
	reader = reader_of(&seen);
	reader.list = NULL;
	reader.bad = NULL;
	static const char worse[] = "name: x\nodd: y\nindicators: [a.com, b..com]\n";
	assert_true(
	    bt_list_parse("list", worse, strlen(worse), BT_FORMAT_YAML, &reader, NULL, &err));
}

/* ---- YAML ---- */

#define HEX64 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define HEX40 "0123456789abcdef0123456789abcdef01234567"
#define HEX32 "0123456789abcdef0123456789abcdef"
#define TEXT_OF_4096 "expected a text of at most 4096 octets"
#define DATE "expected a date such as 2023-03-29 or 2023-03-29T12:00:00Z"
#define TLP "expected clear, white, green, amber, amber+strict or red"
#define LIST_KEYS                                                                                  \
	"name, description, indicators, source, campaign, actor, family, confidence, "             \
	"first-reported, expires, tlp, reference, references, note, context or scope"
#define ONE "indicators: [evil.com]\n"
#define PLAIN "evil.com subtree\n"

static const struct row yaml_lists[] = {
    {TEXT("indicators:\n- evil.com\n- Worse[.]COM.\n- hxxps://worst[.]com/\n"
	  "- hxxps://github[.]com/x\n- {domain: github.com/y, scope: exact}\n"),
	"evil.com subtree\nworse.com subtree\nworst.com subtree\n~5 " WITH_PATH "\n~6 " WITH_PATH
	"\n"},
    {TEXT("\xef\xbb\xbf---\r\nindicators:\r\n- \"evil.com\"\r\n- 'worse.com'\r\n...\r\n"),
	"evil.com subtree\nworse.com subtree\n"},
    {TEXT("{\"indicators\": [\"evil.com\"]}"), PLAIN},
    /* everything at once; order of the file; metadata may stand below the indicators */
    {TEXT("indicators:\n"
	  "- domain: evil.com\n"
	  "  note: n\n"
	  "  tlp: red\n"
	  "- {expires: 2024-02-29, domain: worse.com, references: [a, b], reference: c}\n"
	  "name: N\n"
	  "description: D\n"
	  "source: S\n"
	  "campaign: C\n"
	  "actor: A\n"
	  "family: F\n"
	  "confidence: 85\n"
	  "first-reported: 2023-03-29\n"
	  "expires: 2024-03-29T12:00:00Z\n"
	  "tlp: TLP:CLEAR\n"
	  "references: [r1, r2]\n"
	  "note: [n1, n2]\n"
	  "context:\n"
	  "  product: P\n"
	  "  platforms: [p1, p2]\n"
	  "  vulnerability: V\n"
	  "  files:\n"
	  "  - {sha256: " HEX64 ", name: f.dll, note: bad}\n"
	  "  - {sha256: " HEX64 ", note: bad}\n"
	  "  - {sha1: " HEX40 ", md5: 0123456789ABCDEF0123456789ABCDEF, name: g}\n"
	  "  - md5: " HEX32 "\n"),
	"list {name=N; description=D; source=S; campaign=C; actor=A; family=F; confidence=85; "
	"first-reported=2023-03-29; expires=2024-03-29T12:00:00Z; tlp=clear; reference=r1; "
	"reference=r2; note=n1; note=n2; product=P; platform=p1; platform=p2; vulnerability=V; "
	"sha256=" HEX64 " f.dll - bad; sha256=" HEX64 " - bad; sha1=" HEX40 " g; md5=" HEX32
	" g; md5=" HEX32 "}\n"
	"evil.com subtree {note=n; tlp=red}\n"
	"worse.com subtree {expires=2024-02-29; reference=a; reference=b; reference=c}\n"},
    {TEXT("indicators:\n- {domain: evil.com, context: {files: [{sha256: " HEX64 "}]}}\n"
	  "- worse.com\n"),
	"evil.com subtree {sha256=" HEX64 "}\nworse.com subtree\n"},
    /* blocks are one line */
    {TEXT("description: >\n  one\n  two\nnote: |\n  three\n  four\n\n" ONE),
	"list {description=one two; note=three four}\n" PLAIN},
    /* scope */
    {TEXT("scope: exact\nindicators: [evil.com, {domain: worse.com, scope: below}, last.com]\n"),
	"evil.com exact\nworse.com below\nlast.com exact\n"},
    {TEXT("indicators: [{domain: evil.com, scope: exct}, worse.com]\n"),
	"!1 scope \"exct\", expected exact, below or subtree\nworse.com subtree\n"},
    {TEXT("scope: wide\n" ONE), "!1 scope \"wide\", expected exact, below or subtree\n" PLAIN},
    {TEXT("indicators: ['*.evil.com', {domain: '*[.]worse.com', scope: exact}]\n"),
	"evil.com subtree\n!1 a wildcard, where one name was expected\n"},
    /* keys */
    {TEXT("campain: x\n" ONE), "!1 unknown key \"campain\", expected \"campaign\"?\n" PLAIN},
    {TEXT("colour: x\n" ONE), "!1 unknown key \"colour\", expected " LIST_KEYS "\n" PLAIN},
    {TEXT("actor: x\nactor: y\n" ONE),
	"!2 key \"actor\" a second time, expected it once\nlist {actor=x}\n" PLAIN},
    {TEXT("domain: x.com\n" ONE), "!1 unknown key \"domain\", expected " LIST_KEYS "\n" PLAIN},
    {TEXT("? [a]\n: b\n" ONE), "!1 found a sequence, expected a key\n" PLAIN},
    {TEXT("indicators:\n- domain: evil.com\n  famly: x\n"),
	"!3 unknown key \"famly\", expected \"family\"?\n" PLAIN},
    {TEXT("indicators:\n- name: evil.com\n- evil.com\n"),
	"!2 unknown key \"name\", expected \"note\"?\n"
	"!2 an indicator without a name, expected \"domain\"\n" PLAIN},
    {TEXT("context: {prodct: x, product: y}\n" ONE),
	"!1 unknown key \"prodct\", expected \"product\"?\nlist {product=y}\n" PLAIN},
    {TEXT("context: x\n" ONE),
	"!1 found a text, expected a mapping with keys such as \"product\"\n" PLAIN},
    {TEXT("context: {files: {sha256: x}}\n" ONE),
	"!1 found a mapping, expected a sequence of files\n" PLAIN},
    {TEXT("context: {files: [x, {name: y}, {sha256: abc}, {sha256: [a]}, "
	  "{md5: 0123456789abcdef0123456789abcdeg}]}\n" ONE),
	"!1 found a text, expected a mapping with keys such as \"sha256\"\n"
	"!1 a file without a hash, expected \"sha256\"\n"
	"!1 sha256 of 3 characters, expected 64 hexadecimal digits\n"
	"!1 found a sequence, expected a hash\n"
	"!1 md5 of 32 characters, expected 32 hexadecimal digits\n" PLAIN},
    {TEXT("context: {files: [{sha256: " HEX64 "x}, {sha256: " HEX64 "0}]}\n" ONE),
	"!1 sha256 of 65 characters, expected 64 hexadecimal digits\n"
	"!1 sha256 of 65 characters, expected 64 hexadecimal digits\n" PLAIN},
    /* values: bad ones cost only themselves */
    {TEXT("indicators:\n- domain: evil.com\n  confidence: 101\n  family: f\n"),
	"!3 confidence \"101\", expected a number from 0 to 100\nevil.com subtree {family=f}\n"},
    {TEXT("confidence: high\n" ONE),
	"!1 confidence \"high\", expected a number from 0 to 100\n" PLAIN},
    {TEXT("confidence: -1\n" ONE), "!1 confidence \"-1\", expected a number from 0 to 100\n" PLAIN},
    {TEXT("confidence: 0\n" ONE), "list {confidence=0}\n" PLAIN},
    {TEXT("confidence: 100\n" ONE), "list {confidence=100}\n" PLAIN},
    {TEXT("expires: soon\n" ONE), "!1 expires \"soon\", " DATE "\n" PLAIN},
    {TEXT("expires: 2023-02-29\n" ONE), "!1 expires \"2023-02-29\", " DATE "\n" PLAIN},
    {TEXT("expires: 2023-04-31\n" ONE), "!1 expires \"2023-04-31\", " DATE "\n" PLAIN},
    {TEXT("expires: 2023-00-10\n" ONE), "!1 expires \"2023-00-10\", " DATE "\n" PLAIN},
    {TEXT("expires: 2023-13-01\n" ONE), "!1 expires \"2023-13-01\", " DATE "\n" PLAIN},
    {TEXT("expires: 2023-01-00\n" ONE), "!1 expires \"2023-01-00\", " DATE "\n" PLAIN},
    {TEXT("expires: 2023-1-1\n" ONE), "!1 expires \"2023-1-1\", " DATE "\n" PLAIN},
    {TEXT("expires: 2023-01-01T24:00:00Z\n" ONE),
	"!1 expires \"2023-01-01T24:00:00Z\", " DATE "\n" PLAIN},
    {TEXT("first-reported: 2023-03-29 x\n" ONE),
	"!1 first-reported \"2023-03-29 x\", " DATE "\n" PLAIN},
    {TEXT("tlp: Amber+Strict\n" ONE), "list {tlp=amber+strict}\n" PLAIN},
    {TEXT("tlp: blue\n" ONE), "!1 tlp \"blue\", " TLP "\n" PLAIN},
    {TEXT("actor: [a, b]\n" ONE), "!1 found a sequence, expected a text\n" PLAIN},
    {TEXT("actor:\n" ONE), "!1 found nothing, expected a text\n" PLAIN},
    {TEXT("actor: ' '\n" ONE), "list {actor= }\n" PLAIN},
    {TEXT("actor: \"\\n\"\n" ONE), "!1 found nothing, " TEXT_OF_4096 "\n" PLAIN},
    {TEXT("actor: \"a\\0b\"\n" ONE), "!1 a zero octet in a text, expected a text\n" PLAIN},
    {TEXT("actor: \"\\e[31m\"\n" ONE),
	"!1 a control character in a text, " TEXT_OF_4096 "\n" PLAIN},
    {TEXT("actor: \"\\x9b31m\"\n" ONE),
	"!1 a control character in a text, " TEXT_OF_4096 "\n" PLAIN},
    {TEXT("actor: włamań\n" ONE), "list {actor=włamań}\n" PLAIN},
    {TEXT("references: [a, {b: c}, [d], e]\n" ONE),
	"!1 found a mapping, expected a text\n!1 found a sequence, expected a text\n"
	"list {reference=a; reference=e}\n" PLAIN},
    {TEXT("\"a\\e[2J\\nb\": x\n" ONE),
	"!1 unknown key \"a?[2J?b\", expected " LIST_KEYS "\n" PLAIN},
    /* names */
    {TEXT(
	 "indicators:\n- a..b\n- 192.0.2.1\n- [x]\n-\n- {domain: [x]}\n- {domain: }\n- evil.com\n"),
	"!2 " EMPTY_LABEL "\n!3 an address, not a name\n"
	"!4 found a sequence, expected a domain name\n!5 found nothing, expected a domain name\n"
	"!6 found a sequence, expected a domain name\n!7 found nothing, expected a domain "
	"name\n" PLAIN},
    {TEXT("indicators:\n- evil.com worse.com\n- \"evil\\0.com\"\n- evil.com\n"),
	"!2 " STRANGE "\n!3 a zero octet in a text, expected a domain name\n" PLAIN},
};

static void reads_yaml(void **state)
{
	(void)state;
	EXPECT_ROWS(BT_FORMAT_YAML, yaml_lists);
}

static void fails_bad_yaml(void **state)
{
	static const struct row rows[] = {
	    {TEXT(""), "dir/list:1:1: empty; expected a mapping"},
	    {TEXT("# only\n"), "dir/list:2:1: empty; expected a mapping"},
	    {TEXT("- evil.com\n"), "dir/list:1:1: expected \"indicators\", a sequence"},
	    {TEXT("evil.com\n"), "dir/list:1:1: expected \"indicators\", a sequence"},
	    {TEXT("name: x\n"), "dir/list:1:1: expected \"indicators\", a sequence"},
	    {TEXT("name: x\nindicators: evil.com\n"),
		"dir/list:2:13: expected \"indicators\", a sequence"},
	    {TEXT("indicators: [evil.com\nname: x\n"),
		"dir/list:2:5: did not find expected ',' or ']' (while parsing a flow sequence)"},
	    {TEXT("indicators:\n\t- evil.com\n"),
		"dir/list:2:1: found character that cannot start any token (while scanning for "
		"the next token)"},
	    {TEXT("indicators:\n- evil.com\n- \xff\xfe\n"),
		"dir/list:3:3: invalid leading UTF-8 octet"},
	    {TEXT("indicators:\n- ev\0il.com\n"),
		"dir/list:2:5: control characters are not allowed"},
	    {TEXT("a: &x [evil.com]\nindicators: *x\n"),
		"dir/list:1:4: anchors and aliases are not supported"},
	    {TEXT("context: &x {product: y}\n" ONE),
		"dir/list:1:10: anchors and aliases are not supported"},
	    {TEXT("indicators: [*x]\n"), "dir/list:1:14: anchors and aliases are not supported"},
	    {TEXT("indicators: &x [*x]\n"), "dir/list:1:13: anchors and aliases are not supported"},
	    {TEXT("indicators: [evil.com]\n---\nindicators: [evil.com]\n"),
		"dir/list:2:1: a second document; expected one"},
	    {TEXT("%TAG !a! x\n---\nindicators: [evil.com]\n"),
		"dir/list:1:1: %TAG is not supported"},
	    {TEXT("indicators: [evil.com]\n...\n%TAG !a! x\n---\n"),
		"dir/list:3:1: %TAG is not supported"},
	    {TEXT("indicators: [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\n"),
		"dir/list:1:28: nested too deep"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		expect_failure(BT_FORMAT_YAML, rows[i].text, rows[i].size, rows[i].expected);
}

static void bounds_yaml(void **state)
{
	enum { DEEP = 1 << 20, MANY = 400 };
	static struct seen seen;
	struct bt_err err;
	(void)state;

	/* as deep as it is long: refused at once */
	char *text = malloc(DEEP);
	assert_non_null(text);
	memset(text, '[', DEEP);
	struct bt_list_reader reader = reader_of(&seen);
	assert_false(bt_list_parse("list", text, DEEP, BT_FORMAT_YAML, &reader, NULL, &err));
	assert_string_equal(err.text, "list:1:17: nested too deep");

	/* a URL is cut where its host is not yet known: no host, rather than a part of it */
	char *host = stpcpy(text, "indicators: [evil.com, \"http://");
	memset(host, 'u', 4096);
	strcpy(host + 4096 - strlen("http://@good.com"), "@good.com.evil.com/\"]\n");
	expect(BT_FORMAT_YAML, text, strlen(text), PLAIN "!1 name longer than 255 octets\n");

	/* more metadata than an indicator can have, and a text too long */
	char *at = stpcpy(text, "indicators: [{domain: evil.com, reference: [");
	for (unsigned i = 0; i < MANY; i++)
		at = stpcpy(at, "r, ");
	at = stpcpy(at, "]}]\nactor: ");
	memset(at, 'x', 4097);
	strcpy(at + 4097, "\n");
	assert_true(parse(&seen, BT_FORMAT_YAML, text, strlen(text)));
	assert_int_equal(seen.bad, 1 + MANY - 256);
	assert_non_null(strstr(seen.text, "!2 text too long, " TEXT_OF_4096 "\n"));
	assert_non_null(strstr(seen.text, "!1 more than 256 pieces of metadata\n"));
	free(text);
}

/* ---- files ---- */

static const char *in_source(const char *path)
{
	static char text[4096];
	const char *source = getenv("srcdir");
	snprintf(text, sizeof(text), "%s/%s", source != NULL ? source : ".", path);
	return text;
}

static void has_the_advisory(void **state)
{
	static const char *const domains[] = {
	    "akamaicontainer.com",
	    "akamaitechcloudservices.com",
	    "azuredeploystore.com",
	    "azureonlinecloud.com",
	    "azureonlinestorage.com",
	    "dunamistrd.com",
	    "glcloudservice.com",
	    "journalide.org",
	    "msedgepackageinfo.com",
	    "msstorageazure.com",
	    "msstorageboxes.com",
	    "officeaddons.com",
	    "officestoragebox.com",
	    "pbxcloudeservices.com",
	    "pbxphonenetwork.com",
	    "pbxsources.com",
	    "qwepoi123098.com",
	    "sbmsa.wiki",
	    "sourceslabs.com",
	    "visualstudiofactory.com",
	    "zacharryblogs.com",
	};
	static const char *const facts[] = {
	    "; actor=LABYRINTH CHOLLIMA; ",
	    "; campaign=3CX / 3CXDesktopApp supply-chain compromise (2023); ",
	    "; first-reported=2023-03-29; ",
	    "; note=2023-03-07: ",
	    "; note=2023-03-29: ",
	    "; source=CrowdStrike ",
	    "; reference=CrowdStrike, retold by iIT Distribution: ",
	    "; product=3CXDesktopApp; ",
	    "; platform=Windows; platform=macOS; ",
	    "; vulnerability=CVE-2023-3CX; ",
	    "; sha256=aa124a4b4df12b34e74ee7f6c683b2ebec4ce9a8edcf9be345823b4fdcf5d868 - signed ",
	    "; sha256=7986bbaee8940da11ce089383521ab420c443ab7b15ed42aed91fd31ce833896 ffmpeg.dll",
	};
	enum { DOMAINS = sizeof(domains) / sizeof(domains[0]) };
	static struct seen seen;
	const struct bt_list_reader reader = reader_of(&seen);
	struct bt_list_stats stats;
	struct bt_err err;
	(void)state;
	if (!bt_list_read(in_source("blocklists/3cx.yaml"), BT_FORMAT_AUTO, &reader, &stats, &err))
		fail_msg("%s", err.text);
	assert_int_equal(stats.format, BT_FORMAT_YAML);
	assert_int_equal(stats.entries, 21);
	assert_int_equal(stats.bad, 0);
	assert_int_equal(seen.lists, 1);
	for (size_t i = 0; i < sizeof(facts) / sizeof(facts[0]); i++)
		if (strstr(seen.text, facts[i]) == NULL)
			fail_msg("not there: %s", facts[i]);

	char expected[2048] = "";
	for (size_t i = 0; i < DOMAINS; i++) {
		strcat(expected, domains[i]);
		strcat(expected, " subtree\n");
	}
	assert_string_equal(strchr(seen.text, '\n') + 1, expected);
}

/* Of a file that is more than is in memory at once. */
static void reads_big_files(const char *path)
{
	enum { LONG = 1 << 20 };
	static struct seen seen;
	struct bt_list_reader reader = reader_of(&seen);
	struct bt_list_stats stats;
	struct bt_err err;
	const char *const lines[] = {
	    "#", "0.0.0.0 evil.com #", "0.0.0.0 worse.com #", "0.0.0.0", " ", "0.0.0.0 last.com #"};
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++)
		fprintf(file, "%s%*s%s\n", lines[i], (int)LONG, "", i == 3 ? "cut.com" : "");
	assert_int_equal(fclose(file), 0);
	assert_true(bt_list_read(path, BT_FORMAT_AUTO, &reader, &stats, &err));
	assert_int_equal(stats.format, BT_FORMAT_HOSTS);
	assert_string_equal(seen.text,
	    "evil.com exact\nworse.com exact\n!4 line too long: more than 4096 characters\n"
	    "!5 line too long: more than 4096 characters\nlast.com exact\n");
}

static void reads_files(void **state)
{
	char folder[4096], path[8192];
	const char *temporary = getenv("TMPDIR");
	static struct seen seen;
	struct bt_list_reader reader = reader_of(&seen);
	struct bt_list_stats stats;
	struct bt_err err;
	(void)state;
	snprintf(
	    folder, sizeof(folder), "%s/test-list.XXXXXX", temporary != NULL ? temporary : "/tmp");
	assert_non_null(mkdtemp(folder));

	/* a list, and its date */
	snprintf(path, sizeof(path), "%s/list", folder);
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	fputs("0.0.0.0 evil.com\n", file);
	assert_int_equal(fclose(file), 0);
	const struct timespec times[2] = {{1680048000, 0}, {1680048000, 0}};
	assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
	assert_true(bt_list_read(path, BT_FORMAT_AUTO, &reader, &stats, &err));
	assert_string_equal(seen.text, "evil.com exact\n");
	assert_int_equal(stats.modified, 1680048000);
	assert_int_equal(stats.format, BT_FORMAT_HOSTS);
	assert_true(bt_list_read(path, BT_FORMAT_AUTO, &reader, NULL, &err));

	reads_big_files(path);

	/* none */
	assert_int_equal(unlink(path), 0);
	assert_false(bt_list_read(path, BT_FORMAT_AUTO, &reader, &stats, &err));
	assert_memory_equal(err.text, path, strlen(path));
	assert_non_null(strstr(err.text, "No such file"));
	assert_false(bt_list_read(folder, BT_FORMAT_AUTO, &reader, &stats, &err));
	assert_memory_equal(err.text, folder, strlen(folder));
	assert_int_equal(rmdir(folder), 0);
}

/* ---- compressed files ---- */

static size_t to_gzip(void *to, size_t room, const void *text, size_t size)
{
	z_stream stream = {.next_in = (Bytef *)(uintptr_t)text,
	    .avail_in = (uInt)size,
	    .next_out = to,
	    .avail_out = (uInt)room};
	assert_int_equal(deflateInit2(&stream, 6, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY), Z_OK);
	assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
	assert_int_equal(deflateEnd(&stream), Z_OK);
	return stream.total_out;
}

static size_t to_xz(void *to, size_t room, const void *text, size_t size)
{
	size_t used = 0;
	assert_int_equal(
	    lzma_easy_buffer_encode(0, LZMA_CHECK_CRC32, NULL, text, size, to, &used, room),
	    LZMA_OK);
	return used;
}

static size_t to_zstd(void *to, size_t room, const void *text, size_t size)
{
	size_t used = ZSTD_compress(to, room, text, size, 1);
	assert_false(ZSTD_isError(used));
	return used;
}

typedef size_t packer(void *to, size_t room, const void *text, size_t size);

static bool read_bytes(struct seen *seen, const char *name, const void *bytes, size_t size,
    struct bt_list_stats *stats, struct bt_err *err)
{
	char folder[] = "/tmp/test-list.XXXXXX", path[256];
	const struct bt_list_reader reader = reader_of(seen);
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, size, file), size);
	assert_int_equal(fclose(file), 0);
	bool read = bt_list_read(path, BT_FORMAT_AUTO, &reader, stats, err);
	if (!read) {
		assert_memory_equal(err->text, path, strlen(path));
		memmove(err->text, err->text + strlen(path), strlen(err->text + strlen(path)) + 1);
	}
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(folder), 0);
	return read;
}

static void sees_through(packer *pack)
{
	enum { MANY = 30000, ROOM = 1 << 20 };
	static struct seen seen;
	struct bt_list_stats stats;
	struct bt_err err;
	char *packed = malloc(ROOM), *text = malloc(ROOM), *at = text;
	assert_non_null(packed);
	assert_non_null(text);

	static const char hosts_file[] = "0.0.0.0 evil.com\n",
			  yaml[] = "\"indicators\": [evil.com]\n";
	size_t size = pack(packed, ROOM, hosts_file, strlen(hosts_file));
	assert_true(read_bytes(&seen, "list", packed, size, &stats, &err));
	assert_int_equal(stats.format, BT_FORMAT_HOSTS);
	assert_string_equal(seen.text, "evil.com exact\n");
	/* one behind the other */
	memcpy(packed + size, packed, size);
	assert_true(read_bytes(&seen, "list", packed, size * 2, &stats, &err));
	assert_string_equal(seen.text, "evil.com exact\nevil.com exact\n");
	/* formats that are read as a whole, and told by the file's name */
	size = pack(packed, ROOM, yaml, strlen(yaml));
	assert_true(read_bytes(&seen, "list.YAML.gz", packed, size, &stats, &err));
	assert_int_equal(stats.format, BT_FORMAT_YAML);
	/* more than is in memory at once */
	for (unsigned i = 0; i < MANY; i++)
		at += sprintf(at, "%x.example\n", i * 2654435761U);
	size = pack(packed, ROOM, text, (size_t)(at - text));
	assert_true(read_bytes(&seen, "list", packed, size, &stats, &err));
	assert_int_equal(stats.entries, MANY);
	/* cut off */
	assert_false(read_bytes(&seen, "list", packed, size / 2, &stats, &err));
	assert_string_equal(err.text, ": ends in the middle of what is compressed");
	free(packed);
	free(text);
}

static void sees_through_compression(void **state)
{
	(void)state;
	sees_through(to_gzip);
	sees_through(to_xz);
	sees_through(to_zstd);
}

/* Zero octets, comments or empty lines: it does not matter what a bomb is filled with. */
static void bounds_bombs(void **state)
{
	enum { BOMB = (64 << 20) + (1 << 18), ROOM = 1 << 20 };
	static const char *const fillings[] = {"", "\n"};
	static packer *const packs[] = {to_zstd, to_gzip};
	static struct seen seen;
	struct bt_list_stats stats;
	struct bt_err err;
	(void)state;
	char *text = malloc(BOMB), *packed = malloc(ROOM);
	assert_non_null(text);
	assert_non_null(packed);
	for (size_t i = 0; i < 2 * sizeof(fillings) / sizeof(*fillings); i++) {
		const char *filling = fillings[i / 2];
		size_t step = strlen(filling) + (*filling == '\0');
		for (size_t at = 0; at + step <= BOMB; at += step)
			memcpy(text + at, filling, step);
		size_t size = packs[i % 2](packed, ROOM, text, BOMB);
		assert_false(read_bytes(&seen, "list", packed, size, &stats, &err));
		assert_string_equal(
		    err.text, ": is compressed to less than a 256th of what it holds: no list is");
	}
	free(text);
	free(packed);
}

/* ---- hostile text ---- */

/* Every beginning of a text, at the end of readable memory. */
static void stays_inside(void **state)
{
	static const struct {
		enum bt_format format;
		const struct row *rows;
		size_t count;
	} tables[] = {
	    {BT_FORMAT_DOMAINS, names, sizeof(names) / sizeof(names[0])},
	    {BT_FORMAT_HOSTS, hosts, sizeof(hosts) / sizeof(hosts[0])},
	    {BT_FORMAT_ADBLOCK, adblock, sizeof(adblock) / sizeof(adblock[0])},
	    {BT_FORMAT_DNSMASQ, dnsmasq, sizeof(dnsmasq) / sizeof(dnsmasq[0])},
	    {BT_FORMAT_UNBOUND, unbound, sizeof(unbound) / sizeof(unbound[0])},
	    {BT_FORMAT_ZEEK, zeek, sizeof(zeek) / sizeof(zeek[0])},
	    {BT_FORMAT_CSV, csv, sizeof(csv) / sizeof(csv[0])},
	    {BT_FORMAT_YAML, yaml_lists, sizeof(yaml_lists) / sizeof(yaml_lists[0])},
	};
	static struct seen seen;
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	(void)state;
	char *memory =
	    mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_ptr_not_equal(memory, MAP_FAILED);
	assert_int_equal(mprotect(memory + page, page, PROT_NONE), 0);
	for (size_t t = 0; t < sizeof(tables) / sizeof(tables[0]); t++)
		for (size_t i = 0; i < tables[t].count; i++) {
			const struct row *row = &tables[t].rows[i];
			assert_true(row->size <= page);
			for (size_t size = 0; size <= row->size; size++) {
				char *text = memory + page - size;
				memcpy(text, row->text, size);
				parse(&seen, tables[t].format, text, size);
				parse(&seen, BT_FORMAT_AUTO, text, size);
			}
		}
	assert_int_equal(munmap(memory, 2 * page), 0);
}

/* ---- real lists: $BEACONTRAP_DATA/feeds ---- */

enum { REAL_MAX = 4096 };

struct keys {
	struct bt_key at[REAL_MAX];
	size_t count;
};

static bool keep_key(void *ctx, const struct bt_entry *entry, struct bt_err *err)
{
	struct keys *keys = ctx;
	if (keys->count == REAL_MAX)
		return bt_fail(err, "too many");
	struct bt_key *key = &keys->at[keys->count++];
	memset(key, 0, sizeof(*key));
	memcpy(key->bytes, entry->key->bytes, entry->key->len);
	key->len = entry->key->len;
	return true;
}

static int compare_keys(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct bt_key));
}

static void read_real(struct keys *keys, const char *name, enum bt_format format)
{
	char path[4096];
	struct bt_list_stats stats;
	struct bt_err err;
	const struct bt_list_reader reader = {.entry = keep_key, .ctx = keys};
	snprintf(path, sizeof(path), "%s/feeds/%s", getenv("BEACONTRAP_DATA"), name);
	if (!bt_list_read(path, BT_FORMAT_AUTO, &reader, &stats, &err))
		fail_msg("%s", err.text);
	assert_int_equal(stats.format, format);
	assert_int_equal(stats.bad, 0);
	assert_int_equal(stats.skipped, 0);
	qsort(keys->at, keys->count, sizeof(keys->at[0]), compare_keys);
}

static void reads_real_lists(void **state)
{
	static struct keys of_hosts, of_domains;
	(void)state;
	if (getenv("BEACONTRAP_DATA") == NULL) {
		print_message("skipped: BEACONTRAP_DATA is not set\n");
		skip();
	}
	read_real(&of_hosts, "ublock.hosts.txt", BT_FORMAT_HOSTS);
	read_real(&of_domains, "ublock.domains.txt", BT_FORMAT_DOMAINS);
	assert_int_equal(of_hosts.count, 2584);
	assert_int_equal(of_domains.count, 2584);
	assert_memory_equal(of_hosts.at, of_domains.at, sizeof(of_hosts.at));
}

/* The same names in the formats that say "and all below", where those below go without saying. */
static void reads_real_trees(void **state)
{
	static const struct {
		const char *name;
		enum bt_format format;
	} rows[] = {
	    {"ublock.wildcard.txt", BT_FORMAT_DOMAINS},
	    {"ublock.adblock.txt", BT_FORMAT_ADBLOCK},
	    {"ublock.dnsmasq.txt", BT_FORMAT_DNSMASQ},
	    {"ublock.unbound.conf", BT_FORMAT_UNBOUND},
	};
	static struct keys first, other;
	(void)state;
	if (getenv("BEACONTRAP_DATA") == NULL) {
		print_message("skipped: BEACONTRAP_DATA is not set\n");
		skip();
	}
	read_real(&first, rows[0].name, rows[0].format);
	assert_int_equal(first.count, 1341);
	for (size_t i = 1; i < sizeof(rows) / sizeof(rows[0]); i++) {
		memset(&other, 0, sizeof(other));
		read_real(&other, rows[i].name, rows[i].format);
		assert_int_equal(other.count, 1341);
		assert_memory_equal(other.at, first.at, sizeof(first.at));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(leaves_hosts_of_paths_alone),
	    cmocka_unit_test(reads_names),
	    cmocka_unit_test(stands_by_good_lines),
	    cmocka_unit_test(keeps_limits_of_names),
	    cmocka_unit_test(keeps_limit_of_lines),
	    cmocka_unit_test(reads_layouts),
	    cmocka_unit_test(reads_hosts),
	    cmocka_unit_test(reads_adblock),
	    cmocka_unit_test(reads_dnsmasq),
	    cmocka_unit_test(reads_unbound),
	    cmocka_unit_test(reads_zeek),
	    cmocka_unit_test(reads_tables),
	    cmocka_unit_test(reads_columns_as_told),
	    cmocka_unit_test(bounds_rows),
	    cmocka_unit_test(detects_formats),
	    cmocka_unit_test(fails_without_entries),
	    cmocka_unit_test(stops_when_told),
	    cmocka_unit_test(reads_yaml),
	    cmocka_unit_test(fails_bad_yaml),
	    cmocka_unit_test(bounds_yaml),
	    cmocka_unit_test(has_the_advisory),
	    cmocka_unit_test(reads_files),
	    cmocka_unit_test(sees_through_compression),
	    cmocka_unit_test(bounds_bombs),
	    cmocka_unit_test(stays_inside),
	    cmocka_unit_test(reads_real_lists),
	    cmocka_unit_test(reads_real_trees),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
