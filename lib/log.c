/* SPDX-License-Identifier: BSD-3-Clause */
/* log.c -- the query logs of other tools: which format it is, and one line after the other */

#include <string.h>

#include "lines.h"
#include "log-format.h"
#include "log-input.h"

enum { TRIED = 1000 /* first lines that tell what the format is */ };

static const struct {
	const char *name;
	bt_log_reader *read; /* a line */
} formats[] = {
    {"unbound", bt_log_unbound},
    {"dnsmasq", bt_log_dnsmasq},
    {"bind", bt_log_bind},
    {"zeek-tsv", bt_log_zeek_tsv},
    {"zeek-json", bt_log_zeek_json},
};

_Static_assert(sizeof(formats) / sizeof(*formats) == BT_LOG_FORMAT_COUNT, "log.h says how many");

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
	bool replies; /* count, for there are no questions */
};

static void note_bad(struct bt_log_stats *stats, const char *reason)
{
	if (stats->bad++ > 0)
		return;
	stats->first_bad = stats->lines;
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
static bool take(
    struct reading *reading, const char *at, size_t size, bool cut, struct bt_log_query *query)
{
	struct bt_log_stats *stats = reading->stats;
	stats->lines++;
	enum bt_log_said said = cut ? bt_log_bad(&reading->source, "is too long")
				    : reading->read(&reading->source, at, size, query);
	switch (said) {
	case BT_LOG_REPLY:
		if (!reading->replies)
			break;
		return note_query(reading, query);
	case BT_LOG_QUERY:
		return note_query(reading, query);
	case BT_LOG_OTHER:
		break;
	case BT_LOG_ALIEN:
		stats->alien++;
		return true;
	case BT_LOG_BAD:
		note_bad(stats, reading->source.reason);
		return true;
	}
	stats->other++;
	return true;
}

/* ---- lines ---- */

static size_t chomp(const char *at, size_t size)
{
	return size > 0 && at[size - 1] == '\r' ? size - 1 : size;
}

static size_t read_octets(void *input, void *octets, size_t size)
{
	return bt_log_input_read(input, octets, size);
}

static bool read_lines(struct reading *reading, struct bt_log_input *input)
{
	struct bt_lines lines;
	struct bt_line line;
	struct bt_log_query query;
	bool memory = bt_lines_of_source(&lines, read_octets, input);
	while (memory && bt_lines_next(&lines, &line)) {
		size_t size = chomp(line.at, line.size);
		if (size > 0 && !take(reading, line.at, size, line.cut, &query))
			break;
		reading->stats->lines += size == 0;
	}
	bt_lines_free(&lines);
	return memory;
}

/* ---- which format ---- */

/* What the first lines are to one format. */
struct trial {
	unsigned queries, replies, others;
};

static struct trial try_format(
    struct reading *reading, bt_log_reader *read, const char *text, size_t size)
{
	struct bt_log_source source = reading->source; /* a copy: it learns */
	struct trial trial = {0, 0, 0};
	struct bt_lines lines;
	struct bt_line line;
	struct bt_log_query query;
	bt_lines_of_text(&lines, text, size);
	while (bt_lines_next(&lines, &line) && line.number <= TRIED) {
		enum bt_log_said said = read(&source, line.at, chomp(line.at, line.size), &query);
		trial.queries += said == BT_LOG_QUERY;
		trial.replies += said == BT_LOG_REPLY;
		trial.others += said == BT_LOG_OTHER;
	}
	bt_lines_free(&lines);
	return trial;
}

static bool is_better(const struct trial *trial, const struct trial *best)
{
	unsigned asked = trial->queries + trial->replies, most = best->queries + best->replies;
	return asked != most ? asked > most : trial->others > best->others;
}

/* The format that most of the first lines have; -1: none of them has any. */
static int detect(struct reading *reading, const char *text, size_t size)
{
	struct trial best = {0, 0, 0};
	int found = -1, wanted = reading->options->format;
	for (int i = 0; i < BT_LOG_FORMAT_COUNT; i++) {
		if (wanted != BT_LOG_AUTO && wanted != i)
			continue;
		struct trial trial = try_format(reading, formats[i].read, text, size);
		if (!is_better(&trial, &best))
			continue;
		best = trial;
		found = i;
	}
	reading->replies = best.queries == 0;
	return wanted != BT_LOG_AUTO ? wanted : found;
}

/* ---- all of it ---- */

static bool read_input(struct reading *reading, struct bt_log_input *input, struct bt_err *err)
{
	struct bt_log_stats *stats = reading->stats;
	size_t size;
	const char *head = bt_log_input_head(input, &size);
	if (size == 0)
		return true;
	reading->source.modified = bt_log_input_modified(input);
	int format = detect(reading, head, size);
	if (format < 0)
		return bt_fail(err, "no query log that is known: expected %s", BT_LOG_FORMATS);
	stats->format = formats[format].name;
	reading->read = formats[format].read;
	if (!read_lines(reading, input))
		return bt_fail(err, "out of memory");
	if (stats->queries + stats->other > 0)
		return true;
	if (stats->bad == 0)
		return bt_fail(err,
		    "nothing in it is of the format %s: its lines are those of "
		    "other programs",
		    stats->format);
	return bt_fail(err, "nothing in it is of the format %s: line %llu: %s", stats->format,
	    (unsigned long long)stats->first_bad, stats->reason);
}

bool bt_log_read(const char *path, const struct bt_log_options *options, struct bt_log_stats *stats,
    struct bt_err *err)
{
	struct reading reading = {
	    .options = options, .stats = stats, .source = {.options = options}};
	struct bt_log_input *input;
	*stats = (struct bt_log_stats){0};
	if (!bt_log_input_open(&input, path, err))
		return false;
	bool read = read_input(&reading, input, err);
	const char *error = bt_log_input_error(input);
	if (error != NULL)
		read = bt_fail(err, "%s", error);
	if (!read)
		bt_fail_in(err, "%s", strcmp(path, "-") == 0 ? "standard input" : path);
	bt_log_input_close(&input);
	return read;
}
