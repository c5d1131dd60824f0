/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * list-zeek.c -- files of Zeek's intelligence framework (Zeek's manual, "Intelligence Framework")
 *
 *     #fields  indicator  indicator_type  meta.source  meta.desc  meta.url
 *     evil.com  Intel::DOMAIN  a report  beacons  https://report.example/7
 *
 * Tabs separate the columns, which the line with #fields names. Zeek compares whole names, so a
 * domain means that name alone. A URL counts if it is about all of its host; other types do not.
 */

#include <string.h>

#include "list-meta.h"

enum { COLUMNS_MAX = 64 };

/* What a column is for: the key of metadata, or one of these. */
static const char INDICATOR[] = "indicator", TYPE[] = "indicator_type";

static const struct {
	const char *name, *meaning;
} known[] = {
    {INDICATOR, INDICATOR},
    {TYPE, TYPE},
    {"meta.source", "source"},
    {"meta.desc", "note"},
    {"meta.url", "reference"},
    {"meta.confidence", "confidence"},
};

struct columns {
	const char *meaning[COLUMNS_MAX]; /* NULL: of no interest */
	unsigned count;
};

static bool is_fields(struct bt_line line)
{
	struct bt_line word = bt_list_until(&line, '\t');
	return bt_list_is(word, "#fields") && memmem(line.at, line.size, INDICATOR, 9) != NULL;
}

static void read_fields(struct columns *columns, struct bt_line line)
{
	columns->count = 0;
	for (bt_list_until(&line, '\t'); line.size > 0 && columns->count < COLUMNS_MAX;) {
		struct bt_line name = bt_list_until(&line, '\t');
		const char **meaning = &columns->meaning[columns->count++];
		*meaning = NULL;
		for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
			if (bt_list_is(name, known[i].name))
				*meaning = known[i].meaning;
	}
}

/* The name that an indicator is about. NULL, or why it is skipped. */
static const char *name_of(const struct bt_list_parse *parse, struct bt_line *name,
    struct bt_line indicator, struct bt_line type)
{
	*name = indicator;
	if (bt_list_is(type, "Intel::DOMAIN"))
		return NULL;
	if (bt_list_is(type, "Intel::URL"))
		return bt_list_host_of_url(parse, name, indicator);
	return "an indicator that is no name";
}

static bool read_row(struct bt_list_parse *parse, const struct columns *columns,
    struct bt_line line, struct bt_err *err)
{
	struct bt_list_meta meta;
	meta.count = 0;
	meta.used = 0;
	struct bt_line indicator = {.size = 0}, type = {.size = 0}, name;
	for (unsigned i = 0; line.size > 0 && i < columns->count; i++) {
		struct bt_line value = bt_list_until(&line, '\t');
		if (columns->meaning[i] == INDICATOR)
			indicator = value;
		else if (columns->meaning[i] == TYPE)
			type = value;
		else if (columns->meaning[i] != NULL && !bt_list_is(value, "-"))
			bt_list_meta_add(&meta, columns->meaning[i], value);
	}
	if (indicator.size == 0 || type.size == 0) {
		bt_list_bad(parse, line.number, "expected an indicator and its type, with tabs");
		return true;
	}
	const char *why = name_of(parse, &name, indicator, type);
	if (why != NULL) {
		bt_list_skip(parse, line.number, why);
		return true;
	}
	struct bt_key key;
	name.number = line.number;
	const struct bt_entry entry = {.key = &key,
	    .scope = BT_SCOPE_EXACT,
	    .pairs = meta.pairs,
	    .pair_count = meta.count,
	    .line = line.number};
	return !bt_list_key(parse, &key, name, false) || bt_list_emit(parse, &entry, err);
}

static bool read_lines(struct bt_list_parse *parse, struct bt_lines *lines, struct bt_err *err)
{
	struct columns columns = {.count = 0};
	for (struct bt_line line; bt_list_next(parse, lines, &line);) {
		if (is_fields(line))
			read_fields(&columns, line);
		else if (line.at[0] == '#')
			continue;
		else if (columns.count == 0)
			bt_list_bad(parse, line.number, "a line before that with #fields");
		else if (!read_row(parse, &columns, line, err))
			return false;
	}
	return bt_list_ended(parse, lines, err);
}

const struct bt_list_format bt_list_zeek = {
    .begins = is_fields, .comments = "", .indented = true, .lines = read_lines};
