/* SPDX-License-Identifier: BSD-3-Clause */
/* test-timestamp.c -- points in time, as people and as machines write them */

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "../cli/timestamp.h"

static const int64_t now = 1795428000000; /* 2026-11-23 10:00:00 UTC */
static const int64_t day = 86400 * (int64_t)1000;

static struct bt_zone zone_of(const char *text)
{
	struct bt_zone zone;
	struct bt_err err;
	if (!bt_zone_read(&zone, text, &err))
		fail_msg("%s", err.text);
	return zone;
}

static int64_t time_of(const char *text, const struct bt_zone *zone)
{
	int64_t time;
	struct bt_err err;
	if (!bt_time_read(&time, text, zone, now, &err))
		fail_msg("%s", err.text);
	return time;
}

/* In the zone beside it; the third column is the same moment as RFC 3339 in UTC. */
static const struct {
	const char *zone, *text, *utc;
} moments[] = {
    /* dates */
    {"UTC", "2026-11-23", "2026-11-23T00:00:00.000Z"},
    {"UTC", "1970-01-01", "1970-01-01T00:00:00.000Z"},
    {"UTC", "2028-02-29", "2028-02-29T00:00:00.000Z"},
    {"UTC", "2000-02-29", "2000-02-29T00:00:00.000Z"},
    {"+02:00", "2026-11-23", "2026-11-22T22:00:00.000Z"},
    /* dates and times */
    {"UTC", "2026-11-23T10:00", "2026-11-23T10:00:00.000Z"},
    {"UTC", "2026-11-23 10:00", "2026-11-23T10:00:00.000Z"},
    {"UTC", "2026-11-23T10:00:07", "2026-11-23T10:00:07.000Z"},
    {"UTC", "2026-11-23 10:00:00.123", "2026-11-23T10:00:00.123Z"},
    {"UTC", "2026-11-23 10:00:00.5", "2026-11-23T10:00:00.500Z"},
    {"UTC", "2026-11-23 10:00:00.1239999999999", "2026-11-23T10:00:00.123Z"},
    {"UTC", "2016-12-31T23:59:60Z", "2017-01-01T00:00:00.000Z"},
    {"-05:30", "2026-11-23T10:00", "2026-11-23T15:30:00.000Z"},
    /* a zone of their own */
    {"+02:00", "2026-11-23T10:00:00Z", "2026-11-23T10:00:00.000Z"},
    {"+02:00", "2026-11-23t10:00:00z", "2026-11-23T10:00:00.000Z"},
    {"UTC", "2026-11-23T10:00:00.250+05:45", "2026-11-23T04:15:00.250Z"},
    {"UTC", "2026-11-23T10:00-0800", "2026-11-23T18:00:00.000Z"},
    {"UTC", "2026-11-23T10:00+1", "2026-11-23T09:00:00.000Z"},
    /* ages */
    {"+02:00", "now", "2026-11-23T10:00:00.000Z"},
    {"+02:00", "90s", "2026-11-23T09:58:30.000Z"},
    {"UTC", "15m", "2026-11-23T09:45:00.000Z"},
    {"UTC", "0h", "2026-11-23T10:00:00.000Z"},
    {"UTC", "7d", "2026-11-16T10:00:00.000Z"},
    {"UTC", "2w", "2026-11-09T10:00:00.000Z"},
};

static void test_moments(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(moments) / sizeof(*moments); i++) {
		struct bt_zone zone = zone_of(moments[i].zone);
		char text[BT_TIME_TEXT];
		bt_time_rfc3339(text, time_of(moments[i].text, &zone));
		if (strcmp(text, moments[i].utc) != 0)
			fail_msg("'%s' in %s: %s, not %s", moments[i].text, moments[i].zone, text,
			    moments[i].utc);
	}
}

static const char *const no_times[] = {
    /* nothing, or nothing like it */
    "",
    " ",
    "yesterday",
    "-",
    "T",
    "2026",
    "2026-11",
    "20261123",
    "23.11.2026",
    "11/23/2026",
    /* out of range */
    "1969-12-31",
    "2026-00-01",
    "2026-13-01",
    "2026-11-00",
    "2026-11-31",
    "2026-02-29",
    "2100-02-29",
    "2026-11-23T24:00",
    "2026-11-23T10:60",
    "2026-11-23T10:00:61",
    "2026-11-23T10:00+15:00",
    "2026-11-23T10:00+02:60",
    /* cut off, or too long */
    "2026-11-23T",
    "2026-11-23 ",
    "2026-11-23T1",
    "2026-11-23T10",
    "2026-11-23T10:",
    "2026-11-23T10:0",
    "2026-11-23T10:00:",
    "2026-11-23T10:00:0",
    "2026-11-23T10:00:00.",
    "2026-11-23T10:00:00.x",
    "2026-11-23x",
    "2026-11-23T10:00 ",
    "2026-11-23T10:00Zz",
    "2026-11-23T10:00+",
    "2026-11-23T10:00+2:",
    "2026-11-23T10:00 UTC",
    "2026-11-23T10:00+02:00:00",
    " 2026-11-23",
    /* ages */
    "7",
    "d",
    "7y",
    "7 d",
    "-7d",
    "+7d",
    "7dd",
    "99999999999999999999d",
    "0x7d",
};

static void test_no_times(void **state)
{
	(void)state;
	struct bt_zone utc = zone_of("UTC");
	for (size_t i = 0; i < sizeof(no_times) / sizeof(*no_times); i++) {
		int64_t time = -1;
		struct bt_err err = {""};
		if (bt_time_read(&time, no_times[i], &utc, now, &err))
			fail_msg("'%s' was taken for a time: %" PRId64, no_times[i], time);
		assert_non_null(strstr(err.text, "expected"));
	}
}

static void test_zones(void **state)
{
	(void)state;
	assert_string_equal(zone_of("utc").name, "UTC");
	assert_string_equal(zone_of("Z").name, "UTC");
	assert_string_equal(zone_of("+2").name, "UTC+02:00");
	assert_string_equal(zone_of("+02").name, "UTC+02:00");
	assert_string_equal(zone_of("-0530").name, "UTC-05:30");
	assert_string_equal(zone_of("-00:30").name, "UTC-00:30");
	assert_int_equal(zone_of("-00:30").offset, -1800);

	static const char *const none[] = {"", "+", "-", "+2x", "+123", "+2:0", "+24:00", "2",
	    "Mars/Base", "../../../etc/passwd", "/etc/localtime", "/usr/share/zoneinfo/UTC",
	    "tzdata.zi", "Europe", "CET-1CEST", ":UTC"};
	for (size_t i = 0; i < sizeof(none) / sizeof(*none); i++) {
		struct bt_zone zone;
		struct bt_err err = {""};
		if (bt_zone_read(&zone, none[i], &err))
			fail_msg("'%s' was taken for a zone", none[i]);
		assert_non_null(strstr(err.text, "no time zone"));
	}
}

static void test_named_zone(void **state)
{
	(void)state;
	char text[BT_TIME_TEXT];
	if (access("/usr/share/zoneinfo/Europe/Berlin", R_OK) != 0) {
		skip();
		return;
	}
	struct bt_zone berlin = zone_of("Europe/Berlin");
	assert_string_equal(berlin.name, "Europe/Berlin");
	/* winter and summer, reading and showing */
	assert_int_equal(time_of("2026-11-23T11:00", &berlin), now);
	assert_string_equal(
	    bt_time_rfc3339(text, time_of("2026-07-01", &berlin)), "2026-06-30T22:00:00.000Z");
	assert_string_equal(bt_time_show(text, now + 5, &berlin), "2026-11-23 11:00:00.005");
	assert_string_equal(
	    bt_time_show(text, now - 150 * day, &berlin), "2026-06-26 12:00:00.000");
	/* a zone in the text wins, and machines get UTC whatever TZ says */
	assert_int_equal(time_of("2026-11-23T10:00Z", &berlin), now);
	assert_string_equal(bt_time_rfc3339(text, now), "2026-11-23T10:00:00.000Z");
	struct bt_zone utc = zone_of("UTC");
	assert_string_equal(bt_time_show(text, now, &utc), "2026-11-23 10:00:00.000");
}

static void test_show(void **state)
{
	(void)state;
	char text[BT_TIME_TEXT];
	struct bt_zone utc = zone_of("UTC"), india = zone_of("+05:30");
	assert_string_equal(bt_time_show(text, now + 42, &utc), "2026-11-23 10:00:00.042");
	assert_string_equal(bt_time_show(text, now + 42, &india), "2026-11-23 15:30:00.042");
	/* before 1970, milliseconds still count upwards */
	assert_string_equal(bt_time_show(text, -1, &utc), "1969-12-31 23:59:59.999");
	assert_string_equal(bt_time_rfc3339(text, -1000), "1969-12-31T23:59:59.000Z");
	/* what a broken clock can say fits */
	assert_true(strlen(bt_time_show(text, INT64_MAX, &india)) < sizeof(text));
	assert_true(strlen(bt_time_show(text, INT64_MIN, &india)) < sizeof(text));
	assert_true(strlen(bt_time_rfc3339(text, INT64_MIN)) < sizeof(text));
}

static void test_durations(void **state)
{
	(void)state;
	static const struct {
		int64_t milliseconds;
		const char *text;
	} durations[] = {
	    {0, "0 s"},
	    {1, "0.001 s"},
	    {1250, "1.250 s"},
	    {59999, "59.999 s"},
	    {60000, "1 min 0 s"},
	    {200500, "3 min 20 s"},
	    {3600 * 1000, "1 h 0 min"},
	    {86399 * 1000, "23 h 59 min"},
	    {100 * 3600 * 1000, "4 d 4 h"},
	};
	char text[BT_TIME_TEXT];
	for (size_t i = 0; i < sizeof(durations) / sizeof(*durations); i++)
		assert_string_equal(
		    bt_duration_show(text, durations[i].milliseconds), durations[i].text);
	assert_true(strlen(bt_duration_show(text, INT64_MAX)) < sizeof(text));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_moments),
	    cmocka_unit_test(test_no_times),
	    cmocka_unit_test(test_zones),
	    cmocka_unit_test(test_named_zone),
	    cmocka_unit_test(test_show),
	    cmocka_unit_test(test_durations),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
