/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * list.c -- list files to entries: reading, detection, lines
 *
 * In the line formats '#' begins a comment, and so do '!' and ';' where they stand first.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "dump.h"
#include "file.h"
#include "list-formats.h"

enum { DETECT_LINES = 20 /* lines that say something, looked at to tell the format */ };

/* ---- for the formats ---- */

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
	return (unsigned char)c <= ' ' && (c == ' ' || (c >= '\t' && c <= '\r' && c != '\n'));
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
	struct bt_line word = *line;
	word.size = 0;
	while (word.size < line->size && !is_space(word.at[word.size]))
		word.size++;
	line->at += word.size;
	line->size -= word.size;
	skip_space(line);
	return word;
}

/* ---- lines ---- */

static bool is_comment(const struct bt_line *line)
{
	return line->size > 0 && (line->at[0] == '#' || line->at[0] == '!' || line->at[0] == ';');
}

/* The next line that says something, its comment still in place. */
static bool next_line(struct bt_lines *lines, struct bt_line *line)
{
	while (bt_lines_next(lines, line)) {
		skip_space(line);
		if ((line->size > 0 || line->cut) && !is_comment(line))
			return true;
	}
	return false;
}

/* Cuts the comment and white space at the end of a line. */
static void trim(struct bt_line *line)
{
	const char *hash = memchr(line->at, '#', line->size);
	if (hash != NULL) {
		line->size = (size_t)(hash - line->at);
		line->cut = false;
	}
	while (line->size > 0 && is_space(line->at[line->size - 1]))
		line->size--;
}

static bool read_lines(struct bt_list_parse *parse, struct bt_lines *lines,
    bool (*read_line)(struct bt_list_parse *parse, struct bt_line line, struct bt_err *err),
    struct bt_err *err)
{
	uint64_t told = 0;
	for (struct bt_line line; next_line(lines, &line);) {
		if (parse->reader->progress != NULL && told != lines->octets)
			parse->reader->progress(parse->reader->ctx, lines->octets, parse->size);
		told = lines->octets;
		trim(&line);
		if (line.size > BT_LINE_MAX || line.cut)
			bt_list_bad(parse, line.number, "line too long: more than 4096 characters");
		else if (!read_line(parse, line, err))
			return false;
	}
	return lines->error == 0 || bt_fail(err, "%s: %s", parse->path, strerror(lines->error));
}

/* ---- detection ---- */

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
static enum bt_format detect(const char *path, struct bt_lines *lines)
{
	struct bt_line line;
	unsigned count = 0, hosts = 0;

	if (ends_with(path, ".yaml") || ends_with(path, ".yml"))
		return BT_FORMAT_YAML;
	while (count < DETECT_LINES && next_line(lines, &line)) {
		if (count++ == 0 && begins_yaml(line))
			return BT_FORMAT_YAML;
		struct bt_line word = bt_list_word(&line);
		hosts += line.size > 0 && bt_list_is_address(word);
	}
	return hosts * 2 > count ? BT_FORMAT_HOSTS : BT_FORMAT_DOMAINS;
}

/* How the list is to be read; `lines` are before the first again. */
static bool find_format(
    struct bt_list_parse *parse, struct bt_lines *lines, enum bt_format format, struct bt_err *err)
{
	size_t size;
	const char *at = bt_lines_peek(lines, &size);
	if (size >= 2 && (memcmp(at, "\xff\xfe", 2) == 0 || memcmp(at, "\xfe\xff", 2) == 0))
		return bt_fail(err, "%s: text in UTF-16; expected ASCII or UTF-8", parse->path);
	if (bt_dump_begins(at, size))
		return bt_fail(err, "%s: a dump of a trie, not a list", parse->path);
	parse->stats.format = format != BT_FORMAT_AUTO ? format : detect(parse->path, lines);
	return bt_lines_rewind(lines) || bt_fail(err, "%s: %s", parse->path, strerror(errno));
}

/* ---- lists ---- */

/* YAML is read as a whole. */
static bool read_yaml(struct bt_list_parse *parse, struct bt_lines *lines, struct bt_err *err)
{
	struct bt_lines text = *lines;
	void *bytes = NULL;
	size_t size;
	if (parse->size > BT_YAML_LIST_MAX)
		return bt_fail(err, "%s: more than %d octets of YAML; a plain list can be longer",
		    parse->path, BT_YAML_LIST_MAX);
	if (lines->fd >= 0) {
		if (!bt_file_read(parse->path, BT_YAML_LIST_MAX, &bytes, &size, err))
			return false;
		bt_lines_of_text(&text, bytes, size);
	}
	const char *at = bt_lines_peek(&text, &size);
	bool read = bt_list_yaml(parse, at, size, err);
	free(bytes);
	return read;
}

static bool read_as(struct bt_list_parse *parse, struct bt_lines *lines, struct bt_err *err)
{
	switch (parse->stats.format) {
	case BT_FORMAT_DOMAINS:
		return read_lines(parse, lines, bt_list_domains_line, err);
	case BT_FORMAT_HOSTS:
		return read_lines(parse, lines, bt_list_hosts_line, err);
	case BT_FORMAT_YAML:
		return read_yaml(parse, lines, err);
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

static bool read_list(struct bt_list_parse *parse, struct bt_lines *lines, enum bt_format format,
    struct bt_list_stats *stats, struct bt_err *err)
{
	if (!find_format(parse, lines, format, err) || !read_as(parse, lines, err))
		return false;
	if (parse->stats.entries == 0)
		return fail_empty(parse, err);
	if (stats != NULL)
		*stats = parse->stats;
	return true;
}

bool bt_list_parse(const char *path, const char *text, size_t size, enum bt_format format,
    const struct bt_list_reader *reader, struct bt_list_stats *stats, struct bt_err *err)
{
	struct bt_list_parse parse = {.path = path, .reader = reader, .size = size};
	struct bt_lines lines;
	bt_lines_of_text(&lines, text, size);
	return read_list(&parse, &lines, format, stats, err);
}

bool bt_list_read(const char *path, enum bt_format format, const struct bt_list_reader *reader,
    struct bt_list_stats *stats, struct bt_err *err)
{
	struct bt_lines lines;
	struct stat st;
	if (!bt_lines_open(&lines, path, 0, &st, err))
		return false;
	struct bt_list_parse parse = {.path = path, .reader = reader, .size = (uint64_t)st.st_size};
	parse.stats.modified = st.st_mtime;
	bool read = read_list(&parse, &lines, format, stats, err);
	bt_lines_free(&lines);
	return read;
}
