/* SPDX-License-Identifier: BSD-3-Clause */
/* test-log.c -- query logs of other tools: lines of each format, and whole files */

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include <cmocka.h>

#include "dnstaps.h"
#include "events.h"
#include "log-format.h"
#include "log-frames.h"
#include "random.h"

enum { MODIFIED = 1767312000 /* 2026-01-02 00:00 UTC */ };

static uint64_t seed;
static char *folder;

/* ---- texts of what was read ---- */

static void show_query(char *text, size_t size, const struct bt_log_query *query)
{
	char name[BT_TEXT_MAX + 1], client[BT_NETWORK_TEXT], when[32];
	struct bt_network network = {.bits = 128};
	time_t seconds = (time_t)(query->time / 1000);
	struct tm tm;
	memcpy(network.address, query->client, sizeof(network.address));
	bt_network_write(client, &network);
	bt_key_to_text(name, query->key.bytes, query->key.len);
	strftime(when, sizeof(when), "%F %T", gmtime_r(&seconds, &tm));
	snprintf(text, size, "%s.%03d %s %u %s", when, (int)(query->time % 1000), client,
	    query->qtype, name);
}

/* "2025-12-31 10:00:00.000 10.0.0.1 1 www.example.com", "other", "alien", "bad: why". */
static void say(char *text, size_t size, bt_log_reader *read, struct bt_log_source *source,
    const char *line, size_t line_size)
{
	/* memory of its own, so that a sanitizer knows its end */
	char *copy = malloc(line_size > 0 ? line_size : 1);
	struct bt_log_query query;
	assert_non_null(copy);
	memcpy(copy, line, line_size);
	enum bt_log_said said = read(source, copy, line_size, &query);
	if (said == BT_LOG_QUERY || said == BT_LOG_REPLY) {
		size_t used = said == BT_LOG_REPLY ? strlen("reply ") : 0;
		snprintf(text, size, "%s", said == BT_LOG_REPLY ? "reply " : "");
		show_query(text + used, size - used, &query);
	} else if (said == BT_LOG_BAD) {
		snprintf(text, size, "bad: %s", source->reason);
	} else {
		snprintf(text, size, "%s", said == BT_LOG_OTHER ? "other" : "alien");
	}
	free(copy);
}

static const struct bt_log_options utc = {.format = BT_LOG_AUTO};

static void check_line(
    bt_log_reader *read, struct bt_log_source *source, const char *line, const char *expected)
{
	char text[2048];
	say(text, sizeof(text), read, source, line, strlen(line));
	if (strcmp(text, expected) != 0)
		fail_msg("'%s' is '%s', expected '%s'", line, text, expected);
}

/* ---- Unbound, dnsmasq, BIND ---- */

#define NO_TIME "bad: does not begin with a time"
#define EMPTY_LABEL "bad: empty label (two dots in a row, or a dot in front)"
#define LABEL "abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqrstuvwxyz0"

static const struct {
	bt_log_reader *read;
	const char *line, *expected;
} lines[] = {
    /* Unbound */
    {bt_log_unbound, "[1700000000] unbound[123:0] info: 10.0.0.1 www.example.com. A IN",
	"2023-11-14 22:13:20.000 10.0.0.1 1 www.example.com"},
    {bt_log_unbound, "[1700000000] unbound[123:0] query: 10.0.0.1 WWW.example.com. AAAA IN",
	"2023-11-14 22:13:20.000 10.0.0.1 28 www.example.com"},
    {bt_log_unbound, "[1700000000] unbound[123:0] info: 2001:db8::1 a.example. HTTPS IN",
	"2023-11-14 22:13:20.000 2001:db8::1 65 a.example"},
    {bt_log_unbound, "[1700000000] unbound[123:0] info: fe80::1%eth0 a.example. TYPE65 IN",
	"2023-11-14 22:13:20.000 fe80::1 65 a.example"},
    {bt_log_unbound, "[1700000000] unbound[123:0] info: 10.0.0.1 a.example. FANCY IN",
	"2023-11-14 22:13:20.000 10.0.0.1 0 a.example"},
    {bt_log_unbound, "[1700000000] unbound[123:0] info: 10.0.0.1 . NS IN",
	"2023-11-14 22:13:20.000 10.0.0.1 2 ."},
    {bt_log_unbound, "Dec 31 10:00:00 unbound[123:0] info: 10.0.0.1 a.example. A IN",
	"2025-12-31 10:00:00.000 10.0.0.1 1 a.example"},
    {bt_log_unbound, "Jan  1 10:00:00 unbound[123:0] info: 10.0.0.1 a.example. A IN",
	"2026-01-01 10:00:00.000 10.0.0.1 1 a.example"},
    {bt_log_unbound, "Jan  1 10:00:00 host unbound: [123:0] info: 10.0.0.1 a.example. A IN",
	"2026-01-01 10:00:00.000 10.0.0.1 1 a.example"},
    {bt_log_unbound, "Feb 29 10:00:00 unbound[1:0] info: 10.0.0.1 a.example. A IN",
	"2024-02-29 10:00:00.000 10.0.0.1 1 a.example"},
    {bt_log_unbound,
	"2026-01-01T10:00:00.250+02:00 host unbound[1]: [1:0] info: 10.0.0.1 a.example. A IN",
	"2026-01-01 08:00:00.250 10.0.0.1 1 a.example"},
    {bt_log_unbound, "[1700000000] unbound[1:0] reply: 10.0.0.1 a.example. A IN NOERROR 0 0 9",
	"reply 2023-11-14 22:13:20.000 10.0.0.1 1 a.example"},
    {bt_log_unbound, "[1700000000] unbound[1:0] info: 10.0.0.1 a.example. A IN NOERROR 0.1 1 9",
	"reply 2023-11-14 22:13:20.000 10.0.0.1 1 a.example"},
    {bt_log_unbound, "[1700000000] unbound[1:0] notice: init module 0: iterator", "other"},
    {bt_log_unbound, "[1700000000] unbound[1:0] info: resolving a.example. A IN", "other"},
    {bt_log_unbound, "[1700000000] unbound[1:0] info: ", "other"},
    {bt_log_unbound, "Jan  1 10:00:00 host sshd[1]: 10.0.0.1 a.example. A IN", "alien"},
    {bt_log_unbound, "[1700000000] unbound[1:0] info: 10.0.0.1 a..example. A IN", EMPTY_LABEL},
    {bt_log_unbound, "[1700000000] unbound[1:0] info: 10.0.0.1 a.example. A",
	"bad: expected CLIENT NAME TYPE CLASS"},
    {bt_log_unbound, "[1700000000] unbound[1:0] query: 10.0.0.256 a.example. A IN",
	"bad: the client is no address"},
    {bt_log_unbound, "[1700000000] unbound[1:0] info: 10.0.0.1 " LABEL "x. A IN",
	"bad: label longer than 63 octets"},
    {bt_log_unbound, "[99999999999999999999] unbound[1:0] info: 10.0.0.1 a. A IN", NO_TIME},
    {bt_log_unbound, "[1700000000 unbound[1:0] info: 10.0.0.1 a. A IN", NO_TIME},
    {bt_log_unbound, "Feb 30 10:00:00 unbound[1:0] info: 10.0.0.1 a.example. A IN", NO_TIME},
    {bt_log_unbound, "Jan  1 24:00:00 unbound[1:0] info: 10.0.0.1 a.example. A IN", NO_TIME},
    {bt_log_unbound, "Jan 32 10:00:00 unbound[1:0] info: 10.0.0.1 a.example. A IN", NO_TIME},
    {bt_log_unbound, "[1700000000]", "bad: no program's name after the time"},
    {bt_log_unbound, "garbage", NO_TIME},
    {bt_log_unbound, "", NO_TIME},

    /* dnsmasq */
    {bt_log_dnsmasq, "Dec 31 10:00:00 dnsmasq[123]: query[A] www.example.com from 10.0.0.1",
	"2025-12-31 10:00:00.000 10.0.0.1 1 www.example.com"},
    {bt_log_dnsmasq, "Jan  2 10:00:00 dnsmasq[123]: query[type=65] www.example.com from fd00::1",
	"2026-01-02 10:00:00.000 fd00::1 65 www.example.com"},
    {bt_log_dnsmasq,
	"Dec 31 10:00:00 dnsmasq[123]: 42 10.0.0.1/53210 query[AAAA] a.example from 10.0.0.1",
	"2025-12-31 10:00:00.000 10.0.0.1 28 a.example"},
    {bt_log_dnsmasq, "Dec 31 10:00:00 router dnsmasq[123]: query[A] a.example from 10.0.0.1",
	"2025-12-31 10:00:00.000 10.0.0.1 1 a.example"},
    {bt_log_dnsmasq,
	"Thu Nov 26 10:00:00 2026 daemon.info dnsmasq[1]: 4 10.0.0.1/5 query[A] a from 10.0.0.1",
	"2026-11-26 10:00:00.000 10.0.0.1 1 a"},
    {bt_log_dnsmasq, "Dec 31 10:00:00 host daemon.info dnsmasq[1]: query[A] a from 10.0.0.1",
	"2025-12-31 10:00:00.000 10.0.0.1 1 a"},
    {bt_log_dnsmasq, "Thu Nov 26 10:00:00 dnsmasq[1]: query[A] a from 10.0.0.1", NO_TIME},
    {bt_log_dnsmasq, "Sun Feb 29 10:00:00 2026 dnsmasq[1]: query[A] a from 10.0.0.1", NO_TIME},
    {bt_log_dnsmasq, "Dec 31 10:00:00 dnsmasq[123]: forwarded a.example to 192.0.2.1", "other"},
    {bt_log_dnsmasq, "Dec 31 10:00:00 dnsmasq[123]: reply a.example is 192.0.2.1", "other"},
    {bt_log_dnsmasq, "Dec 31 10:00:00 dnsmasq[123]: 42 10.0.0.1/53210 cached a is <CNAME>",
	"other"},
    {bt_log_dnsmasq, "Dec 31 10:00:00 dnsmasq-dhcp[123]: DHCPACK(eth0) 10.0.0.1", "alien"},
    {bt_log_dnsmasq, "Dec 31 10:00:00 dnsmasq[1]: query[A] a from 10.0.0.9 from 10.0.0.1",
	"2025-12-31 10:00:00.000 10.0.0.1 1 a\\032from\\03210.0.0.9"},
    {bt_log_dnsmasq, "Dec 31 10:00:00 dnsmasq[1]: query[A] a\\.b from 10.0.0.1",
	"2025-12-31 10:00:00.000 10.0.0.1 1 a\\\\.b"},
    {bt_log_dnsmasq, "Dec 31 10:00:00 dnsmasq[1]: query[A] <name unprintable> from 10.0.0.1",
	"bad: dnsmasq did not write the name, for it is not printable"},
    {bt_log_dnsmasq, "Dec 31 10:00:00 dnsmasq[1]: query[A] a.example from nobody",
	"bad: the client is no address"},
    {bt_log_dnsmasq, "Dec 31 10:00:00 dnsmasq[1]: query[A] a.example",
	"bad: expected query[TYPE] NAME from CLIENT"},
    {bt_log_dnsmasq, "Dec 31 10:00:00 dnsmasq[1]: query[A",
	"bad: expected query[TYPE] NAME from CLIENT"},
    {bt_log_dnsmasq, "Dec 31 10:00:00 dnsmasq[1]: query[A]  from 10.0.0.1", "bad: empty name"},
    {bt_log_dnsmasq, "Dec 31", NO_TIME},

    /* BIND */
    {bt_log_bind,
	"26-Nov-2026 10:00:00.123 queries: info: client @0x7f12 10.0.0.1#53210 (a.example): query: "
	"a.example IN A +E(0)K (10.0.0.53)",
	"2026-11-26 10:00:00.123 10.0.0.1 1 a.example"},
    {bt_log_bind,
	"26-Nov-2026 10:00:00.123 client @0x7f12 10.0.0.1#53210 (A.example): query: A.example IN "
	"TYPE65 + (10.0.0.53)",
	"2026-11-26 10:00:00.123 10.0.0.1 65 a.example"},
    {bt_log_bind,
	"26-Nov-2026 10:00:00 info: client 2001:db8::7#53 (.): view home: query: . IN NS + (::1)",
	"2026-11-26 10:00:00.000 2001:db8::7 2 ."},
    {bt_log_bind,
	"26-Nov-2026 10:00:00.123 client @0x1 10.0.0.1#53/key update (a.example): query: a.example "
	"IN A +S (10.0.0.53)",
	"2026-11-26 10:00:00.123 10.0.0.1 1 a.example"},
    {bt_log_bind,
	"Jan  1 10:00:00 host named[77]: client @0x1 10.0.0.1#53 (a.example): query: a.example IN "
	"A "
	"+ (10.0.0.53)",
	"2026-01-01 10:00:00.000 10.0.0.1 1 a.example"},
    {bt_log_bind,
	"2026-11-26T10:00:00.123Z queries: info: client @0x1 10.0.0.1#53 (a.example): query: "
	"a.example IN A + (10.0.0.53)",
	"2026-11-26 10:00:00.123 10.0.0.1 1 a.example"},
    {bt_log_bind, "26-Nov-2026 10:00:00.123 general: info: all zones loaded", "other"},
    {bt_log_bind, "26-Nov-2026 10:00:00.123 client @0x1 10.0.0.1#53 (a): response: a IN A NOERROR",
	"other"},
    {bt_log_bind,
	"26-Nov-2026 10:00:00.123 client @0x1 somebody#53 (a.example): query: a.example IN A +",
	"bad: the client is no address"},
    {bt_log_bind, "26-Nov-2026 10:00:00.123 client @0x1 10.0.0.1#53 (a): query: a IN",
	"bad: expected query: NAME CLASS TYPE"},
    {bt_log_bind, "31-Feb-2026 10:00:00.123 client @0x1 10.0.0.1#53 (a): query: a IN A", NO_TIME},
    {bt_log_bind, "26-Xyz-2026 10:00:00.123 client @0x1 10.0.0.1#53 (a): query: a IN A", NO_TIME},

    /* Zeek as JSON */
    {bt_log_zeek_json,
	"{\"ts\":1700000000.25,\"uid\":\"C1\",\"id.orig_h\":\"10.0.0.1\",\"query\":\"a.example\","
	"\"qtype\":28,\"answers\":[\"b}\",\"c\"],\"TTLs\":[1.0]}",
	"2023-11-14 22:13:20.250 10.0.0.1 28 a.example"},
    {bt_log_zeek_json,
	" { \"id.orig_h\" : \"::1\" , \"query\" : \"\\u0041.example\" , \"ts\" : "
	"\"2026-11-26T10:00:00.250000Z\" } ",
	"2026-11-26 10:00:00.250 ::1 0 a.example"},
    {bt_log_zeek_json,
	"{\"ts\":1700000000250,\"id.orig_h\":\"10.0.0.1\",\"query\":\"a\\\\x2e\\\\x00.example\"}",
	"2023-11-14 22:13:20.250 10.0.0.1 0 a\\.\\000.example"},
    {bt_log_zeek_json, "{\"ts\":1.5,\"id.orig_h\":\"10.0.0.1\"}", "other"},
    {bt_log_zeek_json, "{}", "bad: the JSON object has no 'id.orig_h'"},
    {bt_log_zeek_json, "{\"ts\":true,\"id.orig_h\":\"10.0.0.1\",\"query\":\"a\"}",
	"bad: 'ts' is no time"},
    {bt_log_zeek_json, "{\"ts\":1,\"id.orig_h\":\"x\",\"query\":\"a\"}",
	"bad: 'id.orig_h' is no address"},
    {bt_log_zeek_json, "{\"ts\":1,\"id.orig_h\":\"10.0.0.1\",\"query\":\"a\"",
	"bad: is no JSON object: expected ',' or '}'"},
    {bt_log_zeek_json, "{\"ts\":1,}", "bad: is no JSON object: expected a key"},
    {bt_log_zeek_json, "{\"ts\"}", "bad: is no JSON object: expected ':'"},
    {bt_log_zeek_json, "{\"ts\":[1}", "bad: is no JSON object: expected ',' or '}'"},
    {bt_log_zeek_json, "{\"ts\":]}", "bad: is no JSON object: expected a value"},
    {bt_log_zeek_json, "{\"ts\":\"\\", "bad: is no JSON object: expected a value"},
    {bt_log_zeek_json, "{\"ts\":1,\"id.orig_h\":\"10.0.0.1\",\"query\":\"\\u20ac\"}",
	"bad: 'query' is no JSON string of a name"},
    {bt_log_zeek_json, "{\"ts\":1,\"id.orig_h\":\"10.0.0.1\"} x",
	"bad: something follows the JSON object"},
    {bt_log_zeek_json, "[]", "bad: is no JSON object"},
    {bt_log_zeek_json, "", "bad: is no JSON object"},
};

static void test_lines(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
		struct bt_log_source source = {.options = &utc, .modified = MODIFIED};
		check_line(lines[i].read, &source, lines[i].line, lines[i].expected);
	}
}

/* ---- Zeek as tab-separated values: lines that depend on those before ---- */

static const struct {
	const char *line, *expected;
} zeek[] = {
    {"1700000000.1\tC\t10.0.0.1\ta", "bad: no #fields line before it"},
    {"#separator \\x09", "other"},
    {"#path\tdns", "other"},
    {"#fields\tts\tuid\tid.orig_h\tquery\tqtype", "other"},
    {"#types\ttime\tstring\taddr\tstring\tcount", "other"},
    {"1700000000.123456\tC\t10.0.0.1\ta.example\t1",
	"2023-11-14 22:13:20.123 10.0.0.1 1 a.example"},
    {"1700000000.123456\tC\tfd00::1\ta\\x2eb\\\\.example\t-",
	"2023-11-14 22:13:20.123 fd00::1 0 a\\.b\\\\.example"},
    {"1700000000.123456\tC\t10.0.0.1\t-\t-", "other"},
    {"1700000000.123456\tC\t10.0.0.1\t(empty)\t-", "other"},
    {"-\tC\t10.0.0.1\ta\t-", "bad: 'ts' is no time"},
    {"1700000000.123456\tC\t-\ta\t-", "bad: 'id.orig_h' is no address"},
    {"1700000000.123456\tC\t10.0.0.1", "bad: fewer columns than #fields says"},
    {"#fields\tquery\tid.orig_h\tts", "other"},
    {"b.example\t10.0.0.2\t1700000001", "2023-11-14 22:13:21.000 10.0.0.2 0 b.example"},
    {"#separator \\x7c", "other"},
    {"#fields|ts|id.orig_h|query", "other"},
    {"1700000002|10.0.0.3|c.example", "2023-11-14 22:13:22.000 10.0.0.3 0 c.example"},
    {"#fields|ts|id.orig_h", "other"},
    {"1700000002|10.0.0.3|c.example", "bad: #fields has no ts, id.orig_h and query"},
};

static void test_zeek(void **state)
{
	struct bt_log_source source = {.options = &utc, .modified = MODIFIED};
	(void)state;
	for (size_t i = 0; i < sizeof(zeek) / sizeof(*zeek); i++)
		check_line(bt_log_zeek_tsv, &source, zeek[i].line, zeek[i].expected);
}

/* ---- zones ---- */

static void test_zones(void **state)
{
	static const char winter[] = "Jan  1 10:00:00 unbound[1:0] info: 10.0.0.1 a. A IN";
	static const char summer[] = "Jul  1 10:00:00 unbound[1:0] info: 10.0.0.1 a. A IN";
	static const char epoch[] = "[1700000000] unbound[1:0] info: 10.0.0.1 a. A IN";
	const struct bt_log_options fixed = {.offset = 2 * 3600}, named = {.named_zone = true};
	struct bt_log_source source = {.options = &fixed, .modified = MODIFIED};
	(void)state;
	check_line(bt_log_unbound, &source, winter, "2026-01-01 08:00:00.000 10.0.0.1 1 a");
	check_line(bt_log_unbound, &source, epoch, "2023-11-14 22:13:20.000 10.0.0.1 1 a");

	assert_int_equal(setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1), 0);
	tzset();
	source = (struct bt_log_source){.options = &named, .modified = MODIFIED};
	check_line(bt_log_unbound, &source, winter, "2026-01-01 09:00:00.000 10.0.0.1 1 a");
	check_line(bt_log_unbound, &source, summer, "2025-07-01 08:00:00.000 10.0.0.1 1 a");
	check_line(bt_log_unbound, &source, winter, "2026-01-01 09:00:00.000 10.0.0.1 1 a");
}

/* ---- whole files ---- */

struct seen {
	unsigned count, most;
	char last[2048];
};

static bool on_query(void *ctx, const struct bt_log_query *query)
{
	struct seen *seen = ctx;
	show_query(seen->last, sizeof(seen->last), query);
	return ++seen->count != seen->most;
}

static bool read_text(const char *text, size_t size, struct seen *seen, int format,
    struct bt_log_stats *stats, struct bt_err *err)
{
	const struct bt_log_options options = {.format = format, .query = on_query, .ctx = seen};
	const char *path = in(folder, "log");
	put_file(path, text, size);
	return bt_log_read(path, &options, stats, err);
}

#define ASKED(time, what) "[" #time "] unbound[1:0] info: " what " A IN\n"
#define REPLY(time, what) "[" #time "] unbound[1:0] info: " what " A IN NOERROR 0 0 9\n"

static const struct {
	const char *text, *format;
	unsigned queries, other, alien, bad, first_bad;
} files[] = {
    {"", NULL, 0, 0, 0, 0, 0},
    {"[1700000000] unbound[1:0] info: 10.0.0.1 a. A IN\n", "unbound", 1, 0, 0, 0, 0},
    {"\xef\xbb\xbf[1700000000] unbound[1:0] info: 10.0.0.1 a. A IN\r\n\r\n", "unbound", 1, 0, 1, 0,
	0},
    {"oops\n\n[1700000000] unbound[1:0] info: 10.0.0.1 a. A IN\noops", "unbound", 1, 0, 1, 2, 1},
    {"[1700000000] unbound[1:0] notice: start\n", "unbound", 0, 1, 0, 0, 0},
    /* a question and its answer count once; answers alone do */
    {"[1] unbound[1:0] info: 10.0.0.1 a. A IN\n[1] unbound[1:0] info: 10.0.0.1 a. A IN NOERROR 0 0 "
     "9\n",
	"unbound", 1, 1, 0, 0, 0},
    {"[1] unbound[1:0] info: 10.0.0.1 a. A IN NOERROR 0 0 9\n", "unbound", 1, 0, 0, 0, 0},
    {REPLY(1, "10.0.0.1 a."), "unbound", 1, 0, 0, 0, 0},
    /* each reply belongs to the question before it of the same client, name and type */
    {ASKED(1, "10.0.0.1 a.") ASKED(1, "10.0.0.2 a.") ASKED(1, "10.0.0.1 b.") REPLY(1, "10.0.0.1 b.")
	    REPLY(1, "10.0.0.2 a.") REPLY(1, "10.0.0.1 a."),
	"unbound", 3, 3, 0, 0, 0},
    {ASKED(1, "10.0.0.1 a.") REPLY(1, "10.0.0.1 a.") REPLY(1, "10.0.0.1 a.")
	    REPLY(1, "10.0.0.3 a."),
	"unbound", 3, 1, 0, 0, 0},
    /* the log begins with replies to what is in another one */
    {REPLY(1, "10.0.0.1 a.") REPLY(1, "10.0.0.2 a.") ASKED(2, "10.0.0.1 a.")
	    REPLY(2, "10.0.0.1 a."),
	"unbound", 3, 1, 0, 0, 0},
    /* what was not replied to for minutes is not waited for */
    {ASKED(1, "10.0.0.1 a.") REPLY(1000, "10.0.0.1 a."), "unbound", 2, 0, 0, 0, 0},
    {"Jan  1 10:00:00 host sshd[1]: hello\nJan  1 10:00:00 host dnsmasq[1]: query[A] a from "
     "10.0.0.1\nJan  1 10:00:00 host unbound[1]: [1:0] notice: hello\n",
	"dnsmasq", 1, 0, 2, 0, 0},
    {"26-Nov-2026 10:00:00.123 general: info: hello\n26-Nov-2026 10:00:00.123 client @0x1 "
     "10.0.0.1#5 (a): query: a IN A +\n",
	"bind", 1, 1, 0, 0, 0},
    {"#separator \\x09\n#fields\tts\tid.orig_h\tquery\n1\t10.0.0.1\ta\n1\t10.0.0.1\t..\n",
	"zeek-tsv", 1, 2, 0, 1, 4},
    {"{\"ts\":1,\"id.orig_h\":\"10.0.0.1\",\"query\":\"a\"}\n{\n", "zeek-json", 1, 0, 0, 1, 2},
};

static void test_files(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
		struct seen seen = {0};
		struct bt_log_stats stats;
		struct bt_err err;
		if (!read_text(
			files[i].text, strlen(files[i].text), &seen, BT_LOG_AUTO, &stats, &err))
			fail_msg("file %zu: %s", i, err.text);
		if (files[i].format != NULL)
			assert_string_equal(stats.format, files[i].format);
		assert_int_equal(stats.queries, files[i].queries);
		assert_int_equal(seen.count, files[i].queries);
		assert_int_equal(stats.other, files[i].other);
		assert_int_equal(stats.alien, files[i].alien);
		assert_int_equal(stats.bad, files[i].bad);
		assert_int_equal(stats.first_bad, files[i].first_bad);
		assert_true((stats.reason == NULL) == (stats.bad == 0));
	}
}

/* Replies that come only late, after many questions: thousands of lines say nothing of the rest. */
static void test_late_replies(void **state)
{
	enum { LINES = 30000, LINE = 96 };
	struct seen seen = {0};
	struct bt_log_stats stats;
	struct bt_err err;
	char *text = malloc((size_t)LINES * LINE), *at = text;
	(void)state;
	assert_non_null(text);
	for (unsigned i = 0; i < LINES; i++) {
		unsigned host = i < LINES / 2 ? i : i / 2; /* later, each question has its reply */
		at += sprintf(at, "[%u] unbound[1:0] info: 10.0.0.1 h%u.example. A IN%s\n",
		    1000 + i, host, i >= LINES / 2 && i % 2 == 1 ? " NOERROR 0 0 9" : "");
	}
	check(err, read_text(text, (size_t)(at - text), &seen, BT_LOG_AUTO, &stats, &err));
	assert_int_equal(stats.queries, LINES / 2 + LINES / 4);
	assert_int_equal(stats.other, LINES / 4);
	free(text);
}

/* Lines of other programs, as many as fit, before the first that tells the format. */
static void test_late_format(void **state)
{
	enum { LINES = 15000, LINE = 64 };
	struct seen seen = {0};
	struct bt_log_stats stats;
	struct bt_err err;
	char *text = malloc((size_t)(LINES + 1) * LINE), *at = text;
	(void)state;
	assert_non_null(text);
	for (unsigned i = 0; i < LINES; i++)
		at += sprintf(at, "Jan  1 10:00:00 host sshd[1]: hello %u\n", i);
	at += sprintf(at, "Jan  1 10:00:00 host dnsmasq[1]: query[A] a from 10.0.0.1\n");
	check(err, read_text(text, (size_t)(at - text), &seen, BT_LOG_AUTO, &stats, &err));
	assert_string_equal(stats.format, "dnsmasq");
	assert_int_equal(stats.queries, 1);
	assert_int_equal(stats.alien, LINES);
	free(text);
}

static void test_refused(void **state)
{
	static const char text[] = "[1700000000] unbound[1:0] info: 10.0.0.1 a. A IN\n";
	struct seen seen = {0};
	struct bt_log_stats stats;
	struct bt_err err;
	(void)state;
	assert_false(read_text("hello\nworld\n", 12, &seen, BT_LOG_AUTO, &stats, &err));
	assert_non_null(strstr(err.text,
	    "log: no query log that is known, by its first 12 octets: expected unbound, "));
	assert_false(read_text(
	    text, sizeof(text) - 1, &seen, bt_log_format_from_name("dnsmasq"), &stats, &err));
	assert_non_null(
	    strstr(err.text, "log: nothing in it is of the format dnsmasq: its lines are "));
	assert_false(bt_log_read(in(folder, "missing"), &utc, &stats, &err));
	assert_non_null(strstr(err.text, "missing: No such file"));
	assert_false(bt_log_read(folder, &utc, &stats, &err));
	assert_non_null(strstr(err.text, ": is a folder, not a file"));
	assert_int_equal(seen.count, 0);
	assert_int_equal(bt_log_format_from_name("syslog"), -1);
}

/* A caller that wants no more gets none, and that is no error. */
static void test_stop(void **state)
{
	static const char line[] = "[1700000000] unbound[1:0] info: 10.0.0.1 a. A IN\n";
	char text[3 * sizeof(line)];
	struct seen seen = {.most = 2};
	struct bt_log_stats stats;
	struct bt_err err;
	(void)state;
	snprintf(text, sizeof(text), "%s%s%s", line, line, line);
	assert_true(read_text(text, strlen(text), &seen, BT_LOG_AUTO, &stats, &err));
	assert_int_equal(seen.count, 2);
	assert_true(stats.stopped);
}

/* A line without an end costs what a piece of the file does, and itself. */
static void test_long_line(void **state)
{
	static const char good[] = "[1700000000] unbound[1:0] info: 10.0.0.1 a. A IN\n";
	enum { LONG = 1 << 20 };
	size_t size = sizeof(good) - 1;
	char *text = malloc(LONG + 2 * size);
	struct seen seen = {0};
	struct bt_log_stats stats;
	struct bt_err err;
	(void)state;
	assert_non_null(text);
	memcpy(text, good, size);
	memset(text + size, 'x', LONG);
	text[size + LONG - 1] = '\n';
	memcpy(text + size + LONG, good, size);
	assert_true(read_text(text, LONG + 2 * size, &seen, BT_LOG_AUTO, &stats, &err));
	assert_int_equal(stats.queries, 2);
	assert_int_equal(stats.bad, 1);
	assert_int_equal(stats.first_bad, 2);
	assert_string_equal(stats.reason, "is too long");
	free(text);
}

/* Lines that were good, with octets changed: whatever they say, the reader stays within them. */
static void test_damaged_lines(void **state)
{
	(void)state;
	for (unsigned round = 0; round < 20000; round++) {
		size_t i = random_below(&seed, sizeof(lines) / sizeof(*lines));
		char text[2048], line[512];
		size_t size = strlen(lines[i].line);
		struct bt_log_source source = {.options = &utc, .modified = MODIFIED};
		memcpy(line, lines[i].line, size);
		for (unsigned changes = random_below(&seed, 4); size > 0 && changes > 0; changes--)
			line[random_below(&seed, (unsigned)size)] = (char)random_below(&seed, 256);
		size -= random_below(&seed, (unsigned)size + 1) * (round & 1);
		say(text, sizeof(text), lines[i].read, &source, line, size);
	}
}

/* ---- dnstap ---- */

static const uint8_t someone[16] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 0, 0, 1};

static struct octets make_message(unsigned type, int64_t time)
{
	struct octets payload = {.size = 0};
	struct bt_key key;
	assert_int_equal(bt_key_from_text(&key, "www.Example.com", 15), BT_NAME_OK);
	put_dnstap(&payload, type, time, someone, &key, 28);
	return payload;
}

static void say_message(char *text, size_t size, const struct octets *payload)
{
	struct bt_log_source source = {.options = &utc, .modified = MODIFIED};
	say(text, size, bt_log_dnstap, &source, (const char *)payload->at, payload->size);
}

static void check_message(const struct octets *payload, const char *expected)
{
	char text[2048];
	say_message(text, sizeof(text), payload);
	assert_string_equal(text, expected);
}

static void test_dnstap(void **state)
{
	struct octets payload = make_message(DNSTAP_QUERY, 1700000000250);
	struct octets empty = {.size = 0};
	(void)state;
	check_message(&payload, "2023-11-14 22:13:20.250 10.0.0.1 28 www.example.com");
	payload = make_message(DNSTAP_REPLY, 1700000000250);
	check_message(&payload, "reply 2023-11-14 22:13:20.250 10.0.0.1 28 www.example.com");
	payload = make_message(3, 1700000000250); /* the resolver's own question */
	check_message(&payload, "other");
	payload = make_message(DNSTAP_QUERY, 0);
	check_message(&payload, "bad: has no time");
	check_message(&empty, "bad: is no dnstap message");
	put_octets_field(&empty, 14, "\x08\x05", 2); /* type 5, and nothing else */
	check_message(&empty, "bad: has no DNS message");
}

/* Cut anywhere, and with any octet changed: a reason, or something to read, but nothing beyond. */
static void test_damaged_dnstap(void **state)
{
	const struct octets good = make_message(DNSTAP_QUERY, 1700000000250);
	char text[2048];
	(void)state;
	for (size_t size = 0; size < good.size; size++) {
		struct octets cut = good;
		cut.size = size;
		say_message(text, sizeof(text), &cut);
	}
	for (unsigned round = 0; round < 20000; round++) {
		struct octets changed = good;
		changed.at[random_below(&seed, (unsigned)good.size)] =
		    (uint8_t)random_below(&seed, 256);
		say_message(text, sizeof(text), &changed);
	}
}

/* ---- Frame Streams ---- */

static void put_messages(struct octets *file, unsigned count, unsigned type)
{
	const struct octets payload = make_message(type, 1700000000250);
	for (unsigned i = 0; i < count; i++)
		put_frame(file, &payload);
}

static void check_frames(const struct octets *file, unsigned queries, unsigned other)
{
	struct seen seen = {0};
	struct bt_log_stats stats;
	struct bt_err err;
	check(err, read_text((const char *)file->at, file->size, &seen, BT_LOG_AUTO, &stats, &err));
	assert_string_equal(stats.format, "dnstap");
	assert_int_equal(stats.queries, queries);
	assert_int_equal(stats.other, other);
	assert_int_equal(stats.bad, 0);
}

static void test_frames(void **state)
{
	struct octets file = {.size = 0};
	(void)state;
	put_start(&file, "protobuf:dnstap.Dnstap");
	put_messages(&file, 2, DNSTAP_REPLY);
	check_frames(&file, 2, 0); /* nobody stopped it */
	put_stop(&file);
	check_frames(&file, 2, 0);
	put_start(&file, "protobuf:dnstap.Dnstap"); /* one behind the other */
	put_messages(&file, 1, DNSTAP_QUERY);       /* a question after them is another one */
	put_stop(&file);
	check_frames(&file, 3, 0);
	put_start(&file, "protobuf:dnstap.Dnstap");
	put_messages(&file, 1, DNSTAP_REPLY);
	check_frames(&file, 3, 1);
}

static void check_refused(const struct octets *file, const char *reason)
{
	struct seen seen = {0};
	struct bt_log_stats stats;
	struct bt_err err;
	assert_false(
	    read_text((const char *)file->at, file->size, &seen, BT_LOG_AUTO, &stats, &err));
	if (strstr(err.text, reason) == NULL)
		fail_msg("'%s' has not '%s'", err.text, reason);
}

static void test_broken_frames(void **state)
{
	struct octets file = {.size = 0}, other = {.size = 0};
	(void)state;
	put_start(&other, "protobuf:other");
	check_refused(&other, "holds frames of another kind than dnstap");
	put_start(&file, "protobuf:dnstap.Dnstap");
	size_t begin = file.size;
	put_messages(&file, 1, DNSTAP_QUERY);
	for (size_t end = file.size; file.size-- > begin + 1 && end > 0;)
		check_refused(&file, "ends in the middle of a frame");
	file.size = begin;
	put_number(&file, 4, BT_FRAME_MAX);
	check_refused(&file, "a frame is longer than any can be");
	file.size = begin;
	put_number(&file, 4, 3);
	put_octets(&file, "abc", 3);
	check_refused(
	    &file, "nothing in it is of the format dnstap: frame 1: is no dnstap message");
}

static int set_up(void **state)
{
	(void)state;
	folder = make_folder();
	seed = random_seed();
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	remove_folder(folder);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_lines),
	    cmocka_unit_test(test_zeek),
	    cmocka_unit_test(test_zones),
	    cmocka_unit_test(test_files),
	    cmocka_unit_test(test_late_replies),
	    cmocka_unit_test(test_late_format),
	    cmocka_unit_test(test_refused),
	    cmocka_unit_test(test_stop),
	    cmocka_unit_test(test_long_line),
	    cmocka_unit_test(test_damaged_lines),
	    cmocka_unit_test(test_dnstap),
	    cmocka_unit_test(test_damaged_dnstap),
	    cmocka_unit_test(test_frames),
	    cmocka_unit_test(test_broken_frames),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
