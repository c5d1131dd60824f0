/* SPDX-License-Identifier: BSD-3-Clause */
/* log-stamp.c -- query logs: when a line was written, and by which program */

#include <time.h>

#include "log-format.h"

enum { DAY = 86400, QUARTER = 900 /* what zones change by, and at */ };

static bool is_leap(int64_t year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int days_in(int64_t year, int month)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	return days[month - 1] + (month == 2 && is_leap(year));
}

/* Days since 1970-01-01 of a day of the Gregorian calendar, from the year 1 on. */
static int64_t days_of(int64_t year, int month, int day)
{
	int64_t before = year - 1;
	int64_t days = before * 365 + before / 4 - before / 100 + before / 400 - 719162;
	for (int i = 1; i < month; i++)
		days += days_in(year, i);
	return days + day - 1;
}

static int64_t keep_day(struct bt_log_source *source, int64_t year, int month, int day)
{
	if (day > days_in(year, month))
		return -1;
	source->month = month;
	source->day = day;
	source->days = days_of(year, month, day);
	return source->days;
}

/*
 * The day of a line that says no year: the last one with this date that is not after the file was
 * written, and a day for zones. -1: no year has such a day.
 */
static int64_t days_without_year(struct bt_log_source *source, int month, int day)
{
	time_t written = (time_t)source->modified;
	struct tm tm;
	if (source->month == month && source->day == day)
		return source->days;
	if (gmtime_r(&written, &tm) == NULL)
		return -1;
	int64_t last = source->modified / DAY + 1;
	if (source->options->year != 0)
		return keep_day(source, source->options->year, month, day);
	for (int64_t year = tm.tm_year + 1901LL, least = year - 9; year >= least; year--) {
		if (year < 1970 || day > days_in(year, month) || days_of(year, month, day) > last)
			continue;
		return keep_day(source, year, month, day);
	}
	return -1;
}

/* Seconds of a clock in the zone that the options say -> Unix seconds. */
static int64_t to_utc(struct bt_log_source *source, int64_t local)
{
	if (!source->options->named_zone)
		return local - source->options->offset;
	if (!source->quarter_known || source->quarter != local / QUARTER) {
		time_t as_utc = (time_t)local;
		struct tm tm;
		if (gmtime_r(&as_utc, &tm) == NULL)
			return local;
		tm.tm_isdst = -1;
		source->quarter = local / QUARTER;
		source->quarter_offset = local - (int64_t)mktime(&tm);
		source->quarter_known = true;
	}
	return local - source->quarter_offset;
}

/* ---- parts ---- */

static bool take_number(struct bt_text *text, unsigned digits, int *number)
{
	int value = 0;
	if (bt_text_size(text) < digits)
		return false;
	for (unsigned i = 0; i < digits; i++) {
		char c = text->at[i];
		if (c == ' ' && i == 0 && digits == 2) /* "Nov  5" */
			c = '0';
		if (c < '0' || c > '9')
			return false;
		value = value * 10 + (c - '0');
	}
	text->at += digits;
	*number = value;
	return true;
}

static bool take_month(struct bt_text *text, int *month)
{
	static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	if (bt_text_size(text) < 3)
		return false;
	for (int i = 0; i < 12; i++)
		if (memcmp(names + 3 * i, text->at, 3) == 0) {
			text->at += 3;
			*month = i + 1;
			return true;
		}
	return false;
}

/* "10:00:00" or "10:00:00.123"; digits after the third say nothing. */
static bool take_clock(struct bt_text *text, int64_t *milliseconds)
{
	int hour, minute, second, fraction = 0;
	if (!take_number(text, 2, &hour) || !bt_text_take(text, ":") ||
	    !take_number(text, 2, &minute) || !bt_text_take(text, ":") ||
	    !take_number(text, 2, &second) || hour > 23 || minute > 59 || second > 60)
		return false;
	if (bt_text_take(text, ".") || bt_text_take(text, ","))
		for (int weight = 100; text->at < text->end && *text->at >= '0' && *text->at <= '9';
		     weight /= 10, text->at++)
			fraction += (*text->at - '0') * weight;
	*milliseconds = (hour * 3600 + minute * 60 + second) * INT64_C(1000) + fraction;
	return true;
}

/* "Z", "+02:00", "+0200": seconds east of UTC. */
static bool take_zone(struct bt_text *text, int64_t *offset)
{
	int hours, minutes;
	*offset = 0;
	if (bt_text_take(text, "Z"))
		return true;
	bool west = bt_text_take(text, "-");
	if ((!west && !bt_text_take(text, "+")) || !take_number(text, 2, &hours))
		return false;
	bt_text_take(text, ":");
	if (!take_number(text, 2, &minutes) || hours > 14 || minutes > 59)
		return false;
	*offset = (hours * 3600 + minutes * 60) * (west ? -1 : 1);
	return true;
}

/* ---- forms ---- */

static int64_t local_time(struct bt_log_source *source, int64_t days, int64_t milliseconds)
{
	return to_utc(source, days * DAY + milliseconds / 1000) * 1000 + milliseconds % 1000;
}

static bool take_epoch(struct bt_text *text, int64_t *time)
{
	return bt_log_seconds(bt_text_until(text, ']'), time);
}

/* As OpenWrt's logread has it: then the year is behind the clock. */
static bool take_weekday(struct bt_text *text)
{
	static const char *const names[] = {"Mon ", "Tue ", "Wed ", "Thu ", "Fri ", "Sat ", "Sun "};
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (bt_text_take(text, names[i]))
			return true;
	return false;
}

static bool take_syslog(struct bt_log_source *source, struct bt_text *text, int64_t *time)
{
	int month, day, year;
	int64_t clock;
	bool dated = take_weekday(text);
	if (!take_month(text, &month) || !bt_text_take(text, " ") || !take_number(text, 2, &day) ||
	    !bt_text_take(text, " ") || !take_clock(text, &clock) || day < 1 || day > 31)
		return false;
	if (dated && (!bt_text_take(text, " ") || !take_number(text, 4, &year) || year < 1970 ||
			 day > days_in(year, month)))
		return false;
	int64_t days = dated ? days_of(year, month, day) : days_without_year(source, month, day);
	*time = local_time(source, days, clock);
	return days >= 0;
}

static bool take_bind(struct bt_log_source *source, struct bt_text *text, int64_t *time)
{
	int day, month, year;
	int64_t clock;
	if (!take_number(text, 2, &day) || !bt_text_take(text, "-") || !take_month(text, &month) ||
	    !bt_text_take(text, "-") || !take_number(text, 4, &year) || !bt_text_take(text, " ") ||
	    !take_clock(text, &clock) || year < 1970 || day < 1 || day > days_in(year, month))
		return false;
	*time = local_time(source, days_of(year, month, day), clock);
	return true;
}

static bool take_iso(struct bt_log_source *source, struct bt_text *text, int64_t *time)
{
	int year, month, day;
	int64_t clock, offset;
	if (!take_number(text, 4, &year) || !bt_text_take(text, "-") ||
	    !take_number(text, 2, &month) || !bt_text_take(text, "-") ||
	    !take_number(text, 2, &day) || (!bt_text_take(text, "T") && !bt_text_take(text, " ")) ||
	    !take_clock(text, &clock) || year < 1970 || month < 1 || month > 12 || day < 1 ||
	    day > days_in(year, month))
		return false;
	int64_t days = days_of(year, month, day);
	if (text->at == text->end || *text->at == ' ')
		*time = local_time(source, days, clock);
	else if (take_zone(text, &offset))
		*time = (days * DAY - offset) * 1000 + clock;
	else
		return false;
	return true;
}

bool bt_log_stamp(struct bt_log_source *source, struct bt_text *text, int64_t *time)
{
	bool ok;
	if (bt_text_take(text, "["))
		ok = take_epoch(text, time);
	else if (bt_text_size(text) < 4 || *text->at < '0' || *text->at > '9')
		ok = take_syslog(source, text, time);
	else if (text->at[2] == '-')
		ok = take_bind(source, text, time);
	else
		ok = take_iso(source, text, time);
	return ok && (text->at == text->end || bt_text_take(text, " "));
}

/* ---- who says it ---- */

static bool is_program(struct bt_text word, const char *program)
{
	return bt_text_take(&word, program) &&
	       (word.at == word.end || *word.at == '[' || *word.at == ':');
}

enum bt_log_said bt_log_program(
    struct bt_log_source *source, struct bt_text *text, const char *program)
{
	enum { WORDS = 3 /* a host, "daemon.info", the program */ };
	for (int i = 0; i < WORDS && text->at < text->end; i++) {
		struct bt_text word = bt_text_word(text);
		if (is_program(word, program))
			return BT_LOG_QUERY;
		if (word.at < word.end && word.end[-1] == ':')
			return BT_LOG_ALIEN;
	}
	return bt_log_bad(source, "no program's name after the time");
}
