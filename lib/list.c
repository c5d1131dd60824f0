/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * list.c -- list files to entries: reading, detection, lines
 *
 * In the line formats '#' begins a comment, and so do '!' and ';' where they stand first.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "file.h"
#include "list-formats.h"

enum {
	LIST_MAX = 1 << 30, /* octets of a list file; its lines fit an unsigned int */
	DETECT_LINES = 20,  /* lines that say something, looked at to tell the format */
};

/*****************************************************************************
 *
 *  for the formats
 */

bool bt_list_emit(struct bt_list_parse *parse, const struct bt_entry *entry, struct bt_err *err)
{
	if (!parse->reader->entry(parse->reader->ctx, entry, err))
		return bt_fail_in(err, "%s:%u", parse->path, entry->line);
	parse->stats.entries++;
	return true;
}

void bt_list_bad(struct bt_list_parse *parse, unsigned line, const char *reason)
{
	if (parse->stats.bad++ == 0)
		bt_fail(&parse->first_bad, "line %u: %s", line, reason);
	if (parse->reader->bad != NULL)
		parse->reader->bad(parse->reader->ctx, line, reason);
}

static bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r' && c != '\n');
}

static void skip_space(struct bt_line *line)
{
	while (line->size > 0 && is_space(line->at[0])) {
		line->at++;
		line->size--;
	}
}

struct bt_line bt_list_word(struct bt_line *line)
{
	struct bt_line word = {line->at, 0, line->number};
	while (word.size < line->size && !is_space(word.at[word.size]))
		word.size++;
	line->at += word.size;
	line->size -= word.size;
	skip_space(line);
	return word;
}

/*****************************************************************************
 *
 *  lines
 */

/* Where reading is in a text. */
struct cursor {
	const char *at, *end;
	unsigned line;
};

/* The next line that says something, its comment still in place. */
static bool next_line(struct cursor *cursor, struct bt_line *line)
{
	while (cursor->at < cursor->end) {
		size_t left = (size_t)(cursor->end - cursor->at);
		const char *newline = memchr(cursor->at, '\n', left);
		size_t size = newline != NULL ? (size_t)(newline - cursor->at) : left;
		*line = (struct bt_line){cursor->at, size, ++cursor->line};
		cursor->at += size + (newline != NULL);
		skip_space(line);
		if (line->size > 0 && line->at[0] != '#' && line->at[0] != '!' &&
		    line->at[0] != ';')
			return true;
	}
	return false;
}

/* Cuts the comment and white space at the end of a line. */
static void trim(struct bt_line *line)
{
	const char *hash = memchr(line->at, '#', line->size);
	if (hash != NULL)
		line->size = (size_t)(hash - line->at);
	while (line->size > 0 && is_space(line->at[line->size - 1]))
		line->size--;
}

static bool read_lines(struct bt_list_parse *parse, const char *text, size_t size,
    bool (*read_line)(struct bt_list_parse *parse, struct bt_line line, struct bt_err *err),
    struct bt_err *err)
{
	struct cursor cursor = {text, text + size, 0};
	for (struct bt_line line; next_line(&cursor, &line);) {
		trim(&line);
		if (line.size > BT_LINE_MAX)
			bt_list_bad(parse, line.number, "line too long: more than 4096 characters");
		else if (!read_line(parse, line, err))
			return false;
	}
	return true;
}

/*****************************************************************************
 *
 *  detection
 */

static bool ends_with(const char *path, const char *ending)
{
	size_t length = strlen(path), size = strlen(ending);
	return length >= size && strcasecmp(path + length - size, ending) == 0;
}

/* "---", "%YAML 1.1" or "campaign: ..." */
static bool begins_yaml(struct bt_line line)
{
	struct bt_line word = bt_list_word(&line);
	if (word.size == 3 && memcmp(word.at, "---", 3) == 0)
		return true;
	if (word.size == 5 && memcmp(word.at, "%YAML", 5) == 0)
		return true;
	return word.size > 1 && word.at[word.size - 1] == ':' &&
	       bt_list_is_key(word.at, word.size - 1);
}

/*
 * YAML shows in the first line that says something. Hosts files are told from plain lists by the
 * majority, so that a bad line in front decides nothing.
 */
static enum bt_format detect(const char *path, const char *text, size_t size)
{
	struct cursor cursor = {text, text + size, 0};
	struct bt_line line;
	unsigned lines = 0, hosts = 0;

	if (ends_with(path, ".yaml") || ends_with(path, ".yml"))
		return BT_FORMAT_YAML;
	while (lines < DETECT_LINES && next_line(&cursor, &line)) {
		if (lines++ == 0 && begins_yaml(line))
			return BT_FORMAT_YAML;
		struct bt_line word = bt_list_word(&line);
		hosts += line.size > 0 && bt_list_is_address(word);
	}
	return hosts * 2 > lines ? BT_FORMAT_HOSTS : BT_FORMAT_DOMAINS;
}

/*****************************************************************************
 *
 *  lists
 */

static bool read_as(struct bt_list_parse *parse, const char *text, size_t size, struct bt_err *err)
{
	switch (parse->stats.format) {
	case BT_FORMAT_DOMAINS:
		return read_lines(parse, text, size, bt_list_domains_line, err);
	case BT_FORMAT_HOSTS:
		return read_lines(parse, text, size, bt_list_hosts_line, err);
	case BT_FORMAT_YAML:
		return bt_list_yaml(parse, text, size, err);
	case BT_FORMAT_AUTO:
	case BT_FORMATS:
		break;
	}
	return bt_fail(err, "%s: no such list format: %d", parse->path, (int)parse->stats.format);
}

static bool fail_empty(const struct bt_list_parse *parse, struct bt_err *err)
{
	const char *format = bt_format_name(parse->stats.format);
	if (parse->stats.bad == 0)
		return bt_fail(err, "%s: no indicator in it (read as %s)", parse->path, format);
	return bt_fail(err, "%s: no indicator in it (read as %s), %llu bad lines; %s", parse->path,
	    format, (unsigned long long)parse->stats.bad, parse->first_bad.text);
}

static bool parse_list(struct bt_list_parse *parse, const char *text, size_t size,
    enum bt_format format, struct bt_err *err)
{
	if (size >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) { /* a byte order mark */
		text += 3;
		size -= 3;
	}
	if (size >= 2 && (memcmp(text, "\xff\xfe", 2) == 0 || memcmp(text, "\xfe\xff", 2) == 0))
		return bt_fail(err, "%s: text in UTF-16; expected ASCII or UTF-8", parse->path);
	parse->stats.format = format != BT_FORMAT_AUTO ? format : detect(parse->path, text, size);
	if (!read_as(parse, text, size, err))
		return false;
	return parse->stats.entries > 0 || fail_empty(parse, err);
}

bool bt_list_parse(const char *path, const char *text, size_t size, enum bt_format format,
    const struct bt_list_reader *reader, struct bt_list_stats *stats, struct bt_err *err)
{
	struct bt_list_parse parse = {.path = path, .reader = reader};
	if (!parse_list(&parse, text, size, format, err))
		return false;
	if (stats != NULL)
		*stats = parse.stats;
	return true;
}

bool bt_list_read(const char *path, enum bt_format format, const struct bt_list_reader *reader,
    struct bt_list_stats *stats, struct bt_err *err)
{
	struct bt_list_parse parse = {.path = path, .reader = reader};
	struct stat file;
	void *text;
	size_t size;
	if (stat(path, &file) == 0) /* before the text, which is then never older than its date */
		parse.stats.modified = file.st_mtime;
	if (!bt_file_read(path, LIST_MAX, &text, &size, err))
		return false;
	bool read = parse_list(&parse, text, size, format, err);
	free(text);
	if (read && stats != NULL)
		*stats = parse.stats;
	return read;
}
