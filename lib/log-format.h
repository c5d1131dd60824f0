/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * log-format.h -- what the readers of query logs share, for the lib/log-*.c only
 *
 * A format is one function that gets one line after the other, and one entry in log.c's table. It
 * keeps what it knows of the file in struct bt_log_source, allocates nothing, and is tried on the
 * first lines of a file to see whether the file is its own.
 */
#ifndef BT_LOG_FORMAT_H
#define BT_LOG_FORMAT_H

#include <string.h>

#include "log.h"

enum bt_log_said {
	BT_LOG_QUERY,
	BT_LOG_REPLY, /* says what a question was, in a log that may have the question as well */
	BT_LOG_OTHER, /* of the format, but no question */
	BT_LOG_ALIEN, /* of another program */
	BT_LOG_BAD,   /* reason: why */
};

enum { BT_ZEEK_TIME, BT_ZEEK_CLIENT, BT_ZEEK_NAME, BT_ZEEK_TYPE, BT_ZEEK_COLUMNS };

struct bt_log_source {
	const struct bt_log_options *options;
	int64_t modified;   /* when the file changed last: Unix seconds */
	const char *reason; /* why a line is bad: static text */

	/* What was computed last: mostly, it is what is needed next. */
	int month, day; /* 0: nothing yet */
	int64_t days;   /* since 1970-01-01, of that day in the year that it must have been */
	int64_t quarter, quarter_offset; /* of an hour of local time, and its seconds east of UTC */
	bool quarter_known;

	/* Zeek: number of each column; 0: there is none, else from 1. */
	unsigned column[BT_ZEEK_COLUMNS];
	unsigned columns;
	char separator;
};

typedef enum bt_log_said bt_log_reader(
    struct bt_log_source *source, const char *at, size_t size, struct bt_log_query *query);

bt_log_reader bt_log_unbound, bt_log_dnsmasq, bt_log_bind, bt_log_zeek_tsv, bt_log_zeek_json;

/* A frame (log-frames.h), not a line. */
bt_log_reader bt_log_dnstap;

/* ---- log-ftl.c: a database ---- */

/* False: no more. The query is written only if it says BT_LOG_QUERY. */
typedef bool bt_log_row(void *ctx, enum bt_log_said said, const struct bt_log_query *query);

/* Whether a file that begins with these octets is one of SQLite's. */
bool bt_log_is_database(const void *octets, size_t size);

/* Gives each row of the file to each(). */
bool bt_log_ftl(struct bt_log_source *source, const char *path, bt_log_row *each, void *ctx,
    struct bt_err *err);

/* ---- log-text.c: texts that are not terminated ---- */

struct bt_text {
	const char *at, *end;
};

static inline size_t bt_text_size(const struct bt_text *text)
{
	return (size_t)(text->end - text->at);
}

static inline bool bt_text_is(struct bt_text text, const char *word)
{
	size_t size = strlen(word);
	return bt_text_size(&text) == size && memcmp(text.at, word, size) == 0;
}

/* Moves past `word` if the text begins with it. */
static inline bool bt_text_take(struct bt_text *text, const char *word)
{
	size_t size = strlen(word);
	if (bt_text_size(text) < size || memcmp(text->at, word, size) != 0)
		return false;
	text->at += size;
	return true;
}

/* Takes what is before the next `end`, and that; all of it where there is none. */
static inline struct bt_text bt_text_until(struct bt_text *text, char end)
{
	const char *found = memchr(text->at, end, bt_text_size(text));
	struct bt_text part = {text->at, found != NULL ? found : text->end};
	text->at = found != NULL ? found + 1 : text->end;
	return part;
}

static inline struct bt_text bt_text_word(struct bt_text *text)
{
	return bt_text_until(text, ' ');
}

/* BT_LOG_BAD, for this reason. */
static inline enum bt_log_said bt_log_bad(struct bt_log_source *source, const char *reason)
{
	source->reason = reason;
	return BT_LOG_BAD;
}

/* Digits only, and a number up to `most`. */
bool bt_log_number(struct bt_text text, uint64_t most, uint64_t *number);

/* Seconds with or without a fraction, as milliseconds. */
bool bt_log_seconds(struct bt_text text, int64_t *milliseconds);

/* An IPv4 or IPv6 address, the latter with or without a %zone. */
bool bt_log_address(struct bt_text text, uint8_t address[static BT_ADDRESS_SIZE]);

/* "A", "TYPE65", "type=65": 0 if it is not known. */
uint16_t bt_log_type(struct bt_text text);

/* BT_LOG_QUERY, or why not. */
enum bt_log_said bt_log_name(
    struct bt_log_source *source, struct bt_text text, struct bt_log_query *query);

/* The same of a name without escapes: each octet but the dots is one of the name. */
enum bt_log_said bt_log_raw_name(
    struct bt_log_source *source, struct bt_text text, struct bt_log_query *query);

/* Writes an octet as "\DDD", and returns the number of characters. */
size_t bt_log_escape(char to[static 4], unsigned octet);

/* ---- log-stamp.c: when, and who says it ---- */

/*
 * Takes a time and a space: "[1700000000]", "Nov 26 10:00:00", "Thu Nov 26 10:00:00 2026",
 * "26-Nov-2026 10:00:00.123", or RFC 3339 with 'T' or a space in the middle and with or without a
 * zone.
 */
bool bt_log_stamp(struct bt_log_source *source, struct bt_text *text, int64_t *time);

/*
 * Takes a host and "daemon.info", if they are there, and the name of the program with what follows
 * in brackets and its colon: "dnsmasq[123]: ". Returns BT_LOG_QUERY if it is `program`.
 */
enum bt_log_said bt_log_program(
    struct bt_log_source *source, struct bt_text *text, const char *program);

#endif
