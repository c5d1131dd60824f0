/* SPDX-License-Identifier: BSD-3-Clause */
/* log.c -- the query logs of other tools: which format it is, and one record after the other */

#include <string.h>

#include "lines.h"
#include "log-asked.h"
#include "log-format.h"
#include "log-frames.h"
#include "unpack.h"

enum { TRIED = 20000 /* first records that tell what the format is */ };

/* What the records of a file are. */
enum kind { LINES, FRAMES, ROWS };

static const struct {
	const char *name;
	bt_log_reader *read; /* a record */
	enum kind kind;
} formats[] = {
    {"unbound", bt_log_unbound, LINES},
    {"dnsmasq", bt_log_dnsmasq, LINES},
    {"bind", bt_log_bind, LINES},
    {"zeek-tsv", bt_log_zeek_tsv, LINES},
    {"zeek-json", bt_log_zeek_json, LINES},
    {"dnstap", bt_log_dnstap, FRAMES},
    {"ftl", NULL, ROWS},
};

static const char *const units[] = {[LINES] = "line", [FRAMES] = "frame", [ROWS] = "row"};

_Static_assert(
    sizeof(formats) / sizeof(*formats) == BT_LOG_FORMAT_COUNT, "log.h says how many there are");

int bt_log_format_from_name(const char *name)
{
	for (int i = 0; i < BT_LOG_FORMAT_COUNT; i++)
		if (strcmp(formats[i].name, name) == 0)
			return i;
	return -1;
}

/* ---- a file's records, one after the other ---- */

/* One file that is read. */
struct reading {
	const struct bt_log_options *options;
	struct bt_log_stats *stats;
	struct bt_log_source source;
	bt_log_reader *read;
	struct bt_log_asked *asked;
};

static void note_bad(struct bt_log_stats *stats, const char *reason)
{
	if (stats->bad++ > 0)
		return;
	stats->first_bad = stats->records;
	stats->reason = reason;
}

static bool note_query(struct reading *reading, const struct bt_log_query *query)
{
	struct bt_log_stats *stats = reading->stats;
	if (stats->queries == 0 || query->time < stats->first)
		stats->first = query->time;
	if (stats->queries == 0 || query->time > stats->last)
		stats->last = query->time;
	stats->queries++;
	stats->stopped = !reading->options->query(reading->options->ctx, query);
	return !stats->stopped;
}

/* False: no more. */
static bool note(void *ctx, enum bt_log_said said, const struct bt_log_query *query)
{
	struct reading *reading = ctx;
	struct bt_log_stats *stats = reading->stats;
	stats->records++;
	switch (said) {
	case BT_LOG_QUERY:
		bt_log_asked_note(reading->asked, query);
		return note_query(reading, query);
	case BT_LOG_REPLY:
		if (!bt_log_asked_take(reading->asked, query))
			return note_query(reading, query);
		stats->other++;
		return true;
	case BT_LOG_OTHER:
		stats->other++;
		return true;
	case BT_LOG_ALIEN:
		stats->alien++;
		return true;
	default:
		note_bad(stats, reading->source.reason);
		return true;
	}
}

/* ---- lines and frames ---- */

static size_t read_octets(void *input, void *octets, size_t size)
{
	return bt_unpack_read(input, octets, size);
}

static size_t chomp(const char *at, size_t size)
{
	return size > 0 && at[size - 1] == '\r' ? size - 1 : size;
}

/* An empty line is none of any format, and nothing is wrong with it. */
static enum bt_log_said read_line(
    struct reading *reading, const struct bt_line *line, struct bt_log_query *query)
{
	size_t size = chomp(line->at, line->size);
	if (line->cut)
		return bt_log_bad(&reading->source, "is too long");
	return size == 0 ? BT_LOG_ALIEN : reading->read(&reading->source, line->at, size, query);
}

static bool read_lines(struct reading *reading, struct bt_unpack *input, struct bt_err *err)
{
	struct bt_lines lines;
	struct bt_line line;
	struct bt_log_query query;
	if (!bt_lines_of_source(&lines, read_octets, input))
		return bt_fail(err, "out of memory");
	while (bt_lines_next(&lines, &line) &&
	       note(reading, read_line(reading, &line, &query), &query))
		;
	bt_lines_free(&lines);
	return true;
}

static bool read_frames(struct reading *reading, struct bt_unpack *input, struct bt_err *err)
{
	struct bt_frames frames;
	struct bt_log_query query;
	const uint8_t *at;
	size_t size;
	if (!bt_frames_begin(&frames, read_octets, input))
		return bt_fail(err, "out of memory");
	while (
	    bt_frames_next(&frames, &at, &size) &&
	    note(reading, reading->read(&reading->source, (const char *)at, size, &query), &query))
		;
	bt_frames_free(&frames);
	return frames.error == NULL || bt_fail(err, "%s", frames.error);
}

/* ---- which format ---- */

/* What the first records are to one format. */
struct trial {
	unsigned queries, others;
};

static void count(struct trial *trial, enum bt_log_said said)
{
	trial->queries += said == BT_LOG_QUERY || said == BT_LOG_REPLY;
	trial->others += said == BT_LOG_OTHER;
}

static struct trial try_lines(
    const struct reading *reading, bt_log_reader *read, const char *text, size_t size)
{
	struct bt_log_source source = reading->source; /* a copy: it learns */
	struct trial trial = {0, 0};
	struct bt_lines lines;
	struct bt_line line;
	struct bt_log_query query;
	bt_lines_of_text(&lines, text, size);
	while (bt_lines_next(&lines, &line) && line.number <= TRIED)
		count(&trial, read(&source, line.at, chomp(line.at, line.size), &query));
	bt_lines_free(&lines);
	return trial;
}

static bool is_better(const struct trial *trial, const struct trial *best)
{
	return trial->queries != best->queries ? trial->queries > best->queries
					       : trial->others > best->others;
}

/* -1: not told by its first octets. */
static int find_magic(const char *head, size_t size)
{
	if (bt_frames_are(head, size))
		return bt_log_format_from_name("dnstap");
	return bt_log_is_database(head, size) ? bt_log_format_from_name("ftl") : -1;
}

/* The format of lines that most of the first ones have; -1: none of them has any. */
static int find_lines(const struct reading *reading, const char *head, size_t size)
{
	struct trial best = {0, 0};
	int found = -1;
	for (int i = 0; i < BT_LOG_FORMAT_COUNT; i++) {
		if (formats[i].kind != LINES)
			continue;
		struct trial trial = try_lines(reading, formats[i].read, head, size);
		if (!is_better(&trial, &best))
			continue;
		best = trial;
		found = i;
	}
	return found;
}

static int find_format(const struct reading *reading, const char *head, size_t size)
{
	if (reading->options->format != BT_LOG_AUTO)
		return reading->options->format;
	int found = find_magic(head, size);
	return found >= 0 ? found : find_lines(reading, head, size);
}

/* ---- all of it ---- */

static bool read_rows(
    struct reading *reading, const struct bt_unpack *input, const char *path, struct bt_err *err)
{
	if (bt_unpack_is_plain(input))
		return bt_log_ftl(&reading->source, path, note, reading, err);
	return bt_fail(err, "a database is read only where it is a file that is not compressed");
}

static bool read_records(struct reading *reading, struct bt_unpack *input, const char *path,
    int format, struct bt_err *err)
{
	switch (formats[format].kind) {
	case FRAMES:
		return read_frames(reading, input, err);
	case ROWS:
		return read_rows(reading, input, path, err);
	default:
		return read_lines(reading, input, err);
	}
}

/* Nothing of the format in it is a mistake of somebody's; an empty database is none. */
static bool check_found(const struct bt_log_stats *stats, struct bt_err *err)
{
	if (stats->queries + stats->other > 0 || stats->records == 0)
		return true;
	if (stats->bad == 0)
		return bt_fail(err,
		    "nothing in it is of the format %s: its lines are those of other programs",
		    stats->format);
	return bt_fail(err, "nothing in it is of the format %s: %s %llu: %s", stats->format,
	    stats->unit, (unsigned long long)stats->first_bad, stats->reason);
}

static bool read_input(
    struct reading *reading, struct bt_unpack *input, const char *path, struct bt_err *err)
{
	struct bt_log_stats *stats = reading->stats;
	size_t size;
	const char *head = bt_unpack_head(input, &size);
	if (size == 0)
		return true;
	reading->source.modified = bt_unpack_modified(input);
	int format = find_format(reading, head, size);
	if (format < 0)
		return bt_fail(err,
		    "no query log that is known, by its first %zu octets: expected %s; "
		    "--log-format "
		    "says which it is",
		    size, BT_LOG_FORMATS);
	stats->format = formats[format].name;
	stats->unit = units[formats[format].kind];
	reading->read = formats[format].read;
	return read_records(reading, input, path, format, err) && check_found(stats, err);
}

bool bt_log_read(const char *path, const struct bt_log_options *options, struct bt_log_stats *stats,
    struct bt_err *err)
{
	struct reading reading = {
	    .options = options, .stats = stats, .source = {.options = options}};
	struct bt_unpack *input;
	*stats = (struct bt_log_stats){0};
	stats->refused = true;
	if (!bt_unpack_open(&input, path, err))
		return false;
	reading.asked = bt_log_asked_new();
	bool read = reading.asked != NULL ? read_input(&reading, input, path, err)
					  : bt_fail(err, "out of memory");
	bt_log_asked_free(&reading.asked);
	const char *error = bt_unpack_error(input);
	if (error != NULL)
		read = bt_fail(err, "%s", error);
	if (!read)
		bt_fail_in(err, "%s", strcmp(path, "-") == 0 ? "standard input" : path);
	bt_unpack_close(&input);
	stats->refused = !read;
	return read;
}
