/* SPDX-License-Identifier: BSD-3-Clause */
/* timestamp.c -- points in time, as people and as machines write them */

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "clock.h"
#include "timestamp.h"

static const struct {
	char letter;
	int64_t milliseconds;
} units[] = {
    {'s', 1000},
    {'m', 60 * 1000},
    {'h', 3600 * 1000},
    {'d', 86400 * 1000},
    {'w', 7 * 86400 * (int64_t)1000},
};

/* `count` digits at *at, which moves past them; -1 if they are not all there. */
static int read_digits(const char **at, int count)
{
	int value = 0;
	for (int i = 0; i < count; i++) {
		if (!isdigit((unsigned char)(*at)[i]))
			return -1;
		value = value * 10 + ((*at)[i] - '0');
	}
	*at += count;
	return value;
}

static bool take(const char **at, char c)
{
	if (**at != c)
		return false;
	*at += 1;
	return true;
}

/* ---- zones ---- */

/* "+HH", "+HH:MM", "+HHMM", "+H", or with '-', up to the end of the text. */
static bool read_offset(const char *at, int32_t *offset)
{
	int sign = *at == '-' ? -1 : 1;
	if (!take(&at, '+') && !take(&at, '-'))
		return false;
	int hours = read_digits(
	    &at, isdigit((unsigned char)at[0]) && !isdigit((unsigned char)at[1]) ? 1 : 2);
	int minutes = 0;
	if (*at != '\0') {
		take(&at, ':');
		minutes = read_digits(&at, 2);
	}
	if (hours < 0 || hours > 14 || minutes < 0 || minutes > 59 || *at != '\0')
		return false;
	*offset = sign * (hours * 3600 + minutes * 60);
	return true;
}

/* The C library takes any text as a zone and then means UTC: so see that the database has it. */
static bool is_in_database(const char *name)
{
	const char *folder = getenv("TZDIR");
	char path[512], magic[4];

	if (name[0] == '/' || name[0] == '\0' || strstr(name, "..") != NULL)
		return false;
	if (snprintf(path, sizeof(path), "%s/%s", folder != NULL ? folder : "/usr/share/zoneinfo",
		name) >= (int)sizeof(path))
		return false;
	FILE *file = fopen(path, "rbe");
	if (file == NULL)
		return false;
	bool ok = fread(magic, 1, sizeof(magic), file) == sizeof(magic) &&
		  memcmp(magic, "TZif", sizeof(magic)) == 0;
	fclose(file);
	return ok;
}

bool bt_zone_read(struct bt_zone *zone, const char *text, struct bt_err *err)
{
	struct bt_zone read = {0};

	if (strcasecmp(text, "UTC") == 0 || strcmp(text, "Z") == 0) {
		strcpy(read.name, "UTC");
	} else if (read_offset(text, &read.offset)) {
		int minutes = abs(read.offset) / 60;
		snprintf(read.name, sizeof(read.name), "UTC%c%02d:%02d",
		    read.offset < 0 ? '-' : '+', minutes / 60, minutes % 60);
	} else if (strlen(text) <= BT_ZONE_MAX && is_in_database(text)) {
		read.named = true;
		strcpy(read.name, text);
		if (setenv("TZ", text, 1) != 0)
			return bt_fail(err, "out of memory");
		tzset();
	} else {
		return bt_fail(err,
		    "'%s' is no time zone: expected UTC, an offset such as +02:00, or a name such "
		    "as "
		    "Europe/Berlin that this system's tzdata has",
		    text);
	}
	*zone = read;
	return true;
}

/* ---- reading ---- */

bool bt_duration_read(int64_t *milliseconds, const char *text)
{
	char *end;
	if (!isdigit((unsigned char)text[0]) || strlen(text) > 10)
		return false;
	int64_t count = strtoll(text, &end, 10);
	for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++)
		if (end[0] == units[i].letter && end[1] == '\0') {
			*milliseconds = count * units[i].milliseconds;
			return true;
		}
	return false;
}

static bool read_date(const char **at, struct tm *tm)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	int year = read_digits(at, 4);
	if (year < 1970 || !take(at, '-'))
		return false;
	int month = read_digits(at, 2);
	if (month < 1 || month > 12 || !take(at, '-'))
		return false;
	int day = read_digits(at, 2);
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
	if (day < 1 || day > days[month - 1] + (month == 2 && leap))
		return false;
	*tm = (struct tm){
	    .tm_year = year - 1900, .tm_mon = month - 1, .tm_mday = day, .tm_isdst = -1};
	return true;
}

/* "HH:MM", "HH:MM:SS" or "HH:MM:SS.fraction"; digits after the third are dropped. */
static bool read_clock(const char **at, struct tm *tm, int *milliseconds)
{
	tm->tm_hour = read_digits(at, 2);
	if (tm->tm_hour < 0 || tm->tm_hour > 23 || !take(at, ':'))
		return false;
	tm->tm_min = read_digits(at, 2);
	if (tm->tm_min < 0 || tm->tm_min > 59)
		return false;
	if (!take(at, ':'))
		return true;
	tm->tm_sec = read_digits(at, 2);
	if (tm->tm_sec < 0 || tm->tm_sec > 60) /* RFC 3339: 60 is a leap second */
		return false;
	if (!take(at, '.'))
		return true;
	if (!isdigit((unsigned char)**at))
		return false;
	for (int weight = 100; isdigit((unsigned char)**at); weight /= 10, *at += 1)
		*milliseconds += (**at - '0') * weight;
	return true;
}

static bool read_moment(const char *at, const struct bt_zone *zone, int64_t *time)
{
	struct tm tm;
	struct bt_zone own = *zone;
	int milliseconds = 0;

	if (!read_date(&at, &tm))
		return false;
	if (take(&at, 'T') || take(&at, 't') || take(&at, ' ')) {
		if (!read_clock(&at, &tm, &milliseconds))
			return false;
		if (strcmp(at, "Z") == 0 || strcmp(at, "z") == 0)
			own = (struct bt_zone){0};
		else if (*at != '\0' && read_offset(at, &own.offset))
			own.named = false;
		else if (*at != '\0')
			return false;
	} else if (*at != '\0') {
		return false;
	}
	int64_t seconds = own.named ? mktime(&tm) : timegm(&tm) - own.offset;
	*time = seconds * 1000 + milliseconds;
	return true;
}

bool bt_time_read(
    int64_t *time, const char *text, const struct bt_zone *zone, int64_t now, struct bt_err *err)
{
	int64_t age = 0;
	if (strcmp(text, "now") == 0 || bt_duration_read(&age, text))
		*time = now - age;
	else if (!read_moment(text, zone, time))
		return bt_fail(err,
		    "'%s' is no time: expected an age such as 7d (s, m, h, d, w), a date such as "
		    "2026-11-23, or a date and time such as 2026-11-23T10:00",
		    text);
	return true;
}

/* ---- showing ---- */

/* Splits so that the milliseconds are never negative. */
static time_t split(int64_t time, int *milliseconds)
{
	int64_t seconds = time / 1000;
	*milliseconds = (int)(time % 1000);
	if (*milliseconds < 0) {
		*milliseconds += 1000;
		seconds--;
	}
	return (time_t)seconds;
}

static void write_tm(char *text, const struct tm *tm, char between, int milliseconds)
{
	snprintf(text, BT_TIME_TEXT, "%04lld-%02d-%02d%c%02d:%02d:%02d.%03d", tm->tm_year + 1900LL,
	    tm->tm_mon + 1, tm->tm_mday, between, tm->tm_hour, tm->tm_min, tm->tm_sec,
	    milliseconds);
}

const char *bt_time_show(char text[static BT_TIME_TEXT], int64_t time, const struct bt_zone *zone)
{
	struct tm tm = {0};
	int milliseconds;
	time_t seconds = split(time, &milliseconds);
	if (zone->named) {
		localtime_r(&seconds, &tm);
	} else {
		seconds += zone->offset;
		gmtime_r(&seconds, &tm);
	}
	write_tm(text, &tm, ' ', milliseconds);
	return text;
}

const char *bt_time_rfc3339(char text[static BT_TIME_TEXT], int64_t time)
{
	struct tm tm = {0};
	int milliseconds;
	time_t seconds = split(time, &milliseconds);
	gmtime_r(&seconds, &tm);
	write_tm(text, &tm, 'T', milliseconds);
	strcat(text, "Z");
	return text;
}

const char *bt_duration_show(char text[static BT_TIME_TEXT], int64_t milliseconds)
{
	int64_t seconds = milliseconds / 1000;
	if (milliseconds < 60000 && milliseconds % 1000 != 0)
		snprintf(
		    text, BT_TIME_TEXT, "%" PRId64 ".%03d s", seconds, (int)(milliseconds % 1000));
	else if (seconds < 60)
		snprintf(text, BT_TIME_TEXT, "%" PRId64 " s", seconds);
	else if (seconds < 3600)
		snprintf(text, BT_TIME_TEXT, "%" PRId64 " min %" PRId64 " s", seconds / 60,
		    seconds % 60);
	else if (seconds < 86400)
		snprintf(text, BT_TIME_TEXT, "%" PRId64 " h %" PRId64 " min", seconds / 3600,
		    seconds / 60 % 60);
	else
		snprintf(text, BT_TIME_TEXT, "%" PRId64 " d %" PRId64 " h", seconds / 86400,
		    seconds / 3600 % 24);
	return text;
}

int64_t bt_time_now(void)
{
	return bt_clock_real();
}
