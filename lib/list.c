/* SPDX-License-Identifier: BSD-3-Clause */
/* list.c -- list files to entries: reading, detection, lines */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "dump.h"
#include "list-formats.h"
#include "refang.h"

enum { DETECT_LINES = 20 /* lines that say something, looked at to tell the format */ };

/* ---- for the formats ---- */

bool bt_list_emit(struct bt_list_parse *parse, const struct bt_entry *entry, struct bt_err *err)
{
	if (!parse->reader->entry(parse->reader->ctx, entry, err))
		return bt_fail_in(err, "%s:%u", parse->path, entry->line);
	parse->stats.entries++;
	parse->stats.exceptions += entry->except;
	return true;
}

bool bt_list_key(struct bt_list_parse *parse, struct bt_key *key, struct bt_line name, bool tree)
{
	const char *skipped = bt_list_why_no_name(parse, name);
	if (skipped != NULL) {
		bt_list_skip(parse, name.number, skipped);
		return false;
	}
	const char *reason =
	    tree ? bt_refang_tree(key, name.at, name.size) : bt_refang_key(key, name.at, name.size);
	if (reason != NULL)
		bt_list_bad(parse, name.number, reason);
	return reason == NULL;
}

bool bt_list_emit_tree(
    struct bt_list_parse *parse, struct bt_line name, bool except, struct bt_err *err)
{
	struct bt_key key;
	const char *reason = bt_refang_tree(&key, name.at, name.size);
	if (reason != NULL) {
		bt_list_bad(parse, name.number, reason);
		return true;
	}
	const struct bt_entry entry = {
	    .key = &key, .scope = BT_SCOPE_SUBTREE, .except = except, .line = name.number};
	return bt_list_emit(parse, &entry, err);
}

void bt_list_bad(struct bt_list_parse *parse, unsigned line, const char *reason)
{
	if (parse->stats.bad++ == 0)
		bt_fail(&parse->first_bad, "line %u: %s", line, reason);
	if (parse->reader->bad != NULL)
		parse->reader->bad(parse->reader->ctx, line, reason);
}

void bt_list_skip(struct bt_list_parse *parse, unsigned line, const char *reason)
{
	if (parse->stats.skipped++ == 0)
		bt_fail(&parse->first_skipped, "line %u: %s", line, reason);
	if (parse->reader->skipped != NULL)
		parse->reader->skipped(parse->reader->ctx, line, reason);
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

bool bt_list_is(struct bt_line word, const char *text)
{
	return strlen(text) == word.size && strncasecmp(text, word.at, word.size) == 0;
}

struct bt_line bt_list_until(struct bt_line *line, char c)
{
	struct bt_line before = *line;
	const char *found = memchr(line->at, c, line->size);
	size_t size = found != NULL ? (size_t)(found - line->at) : line->size;
	before.size = size;
	size += found != NULL;
	line->at += size;
	line->size -= size;
	return before;
}

void bt_list_trim(struct bt_line *line)
{
	skip_space(line);
	while (line->size > 0 && is_space(line->at[line->size - 1]))
		line->size--;
}

/* ---- lines ---- */

static bool is_comment(struct bt_line line, const char *comments)
{
	return line.size > 0 && line.at[0] != '\0' && strchr(comments, line.at[0]) != NULL;
}

static void cut_comment(struct bt_line *line)
{
	const char *comment = memchr(line->at, '#', line->size);
	if (comment == NULL)
		return;
	line->size = (size_t)(comment - line->at);
	line->cut = false;
}

static void tell_progress(struct bt_list_parse *parse, const struct bt_lines *lines)
{
	if (parse->reader->progress == NULL || parse->told == lines->octets)
		return;
	parse->told = lines->octets;
	parse->reader->progress(parse->reader->ctx,
	    parse->input != NULL ? bt_unpack_taken(parse->input) : lines->octets, parse->size);
}

bool bt_list_next(struct bt_list_parse *parse, struct bt_lines *lines, struct bt_line *line)
{
	while (bt_lines_next(lines, line)) {
		tell_progress(parse, lines);
		const char *begin = line->at;
		skip_space(line);
		if ((line->size == 0 && !line->cut) || is_comment(*line, parse->format->comments))
			continue;
		if (parse->format->hash)
			cut_comment(line);
		bt_list_trim(line);
		if (parse->format->indented) {
			line->size += (size_t)(line->at - begin);
			line->at = begin;
		}
		if (line->size <= BT_LINE_MAX && !line->cut)
			return true;
		bt_list_bad(parse, line->number, "line too long: more than 4096 characters");
	}
	return false;
}

bool bt_list_ended(
    const struct bt_list_parse *parse, const struct bt_lines *lines, struct bt_err *err)
{
	const char *error = parse->input != NULL ? bt_unpack_error(parse->input) : NULL;
	if (error == NULL && lines->error != 0)
		error = strerror(lines->error);
	return error == NULL || bt_fail(err, "%s: %s", parse->path, error);
}

bool bt_list_rewind(const struct bt_list_parse *parse, struct bt_lines *lines, struct bt_err *err)
{
	return ((parse->input == NULL || bt_unpack_rewind(parse->input)) &&
		   bt_lines_rewind(lines)) ||
	       bt_fail(err, "%s: %s", parse->path, strerror(errno));
}

static bool read_lines(struct bt_list_parse *parse, struct bt_lines *lines, struct bt_err *err)
{
	for (struct bt_line line; bt_list_next(parse, lines, &line);)
		if (!parse->format->line(parse, line, err))
			return false;
	return bt_list_ended(parse, lines, err);
}

/* ---- detection ---- */

#define FORMAT(constant, name) [BT_FORMAT_##constant] = &bt_list_##name,

static const struct bt_list_format *const formats[BT_FORMATS] = {BT_FORMAT_ROWS(FORMAT)};

static bool ends_with(const char *path, size_t length, const char *ending)
{
	size_t size = strlen(ending);
	return length >= size && strncasecmp(path + length - size, ending, size) == 0;
}

/* "list.yaml", and "list.yaml.gz" too. */
static bool is_called_yaml(const char *path)
{
	static const char *const packed[] = {".gz", ".xz", ".zst"};
	size_t length = strlen(path);
	for (size_t i = 0; i < sizeof(packed) / sizeof(*packed); i++)
		if (ends_with(path, length, packed[i])) {
			length -= strlen(packed[i]);
			break;
		}
	return ends_with(path, length, ".yaml") || ends_with(path, length, ".yml");
}

/* The format that lists which begin so are of; BT_FORMAT_AUTO: none. */
static enum bt_format find_beginning(struct bt_line line)
{
	for (unsigned i = 1; i < BT_FORMATS; i++)
		if (formats[i]->begins != NULL && formats[i]->begins(line))
			return (enum bt_format)i;
	return BT_FORMAT_AUTO;
}

static enum bt_format find_look(struct bt_lines *lines)
{
	size_t size;
	const char *at = bt_lines_peek(lines, &size);
	for (unsigned i = 1; i < BT_FORMATS; i++)
		if (formats[i]->looks != NULL && formats[i]->looks(at, size))
			return (enum bt_format)i;
	return BT_FORMAT_AUTO;
}

/* What more than half of the lines speak for, so that a bad one in front decides nothing. */
static enum bt_format find_majority(const unsigned votes[static BT_FORMATS], unsigned count)
{
	enum bt_format most = BT_FORMAT_DOMAINS;
	for (unsigned i = 1; i < BT_FORMATS; i++)
		if (votes[i] * 2 > count && votes[i] > votes[most])
			most = (enum bt_format)i;
	return most;
}

static enum bt_format detect(const char *path, struct bt_lines *lines)
{
	unsigned count = 0, votes[BT_FORMATS] = {0};
	if (is_called_yaml(path))
		return BT_FORMAT_YAML;
	enum bt_format look = find_look(lines);
	if (look != BT_FORMAT_AUTO)
		return look;
	for (struct bt_line line; count < DETECT_LINES && bt_lines_next(lines, &line);) {
		bt_list_trim(&line);
		if (line.size == 0)
			continue;
		enum bt_format format = count == 0 ? find_beginning(line) : BT_FORMAT_AUTO;
		if (format != BT_FORMAT_AUTO)
			return format;
		if (is_comment(line, "#!;"))
			continue;
		count++;
		for (unsigned i = 1; i < BT_FORMATS; i++)
			votes[i] += formats[i]->tells != NULL && formats[i]->tells(line);
	}
	return find_majority(votes, count);
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
	return bt_list_ended(parse, lines, err) && bt_list_rewind(parse, lines, err);
}

/* ---- lists ---- */

static bool read_text(struct bt_list_parse *parse, const struct bt_lines *lines, struct bt_err *err)
{
	size_t size = parse->size, most = parse->format->most;
	struct bt_lines text = *lines;
	char *bytes = NULL;
	if (parse->input != NULL) {
		bytes = bt_unpack_read_all(parse->input, most, &size);
		if (bytes == NULL)
			return bt_fail(err, "%s: out of memory", parse->path);
		bt_lines_of_text(&text, bytes, size);
	}
	bool read = bt_list_ended(parse, lines, err) &&
		    (size <= most ||
			bt_fail(err, "%s: more than %zu octets of %s; a plain list can be longer",
			    parse->path, most, bt_format_name(parse->stats.format)));
	if (read) {
		const char *at = bt_lines_peek(&text, &size);
		read = parse->format->text(parse, at, size, err);
	}
	free(bytes);
	return read;
}

static bool read_as(struct bt_list_parse *parse, struct bt_lines *lines, struct bt_err *err)
{
	enum bt_format format = parse->stats.format;
	if (format == BT_FORMAT_AUTO || (unsigned)format >= BT_FORMATS)
		return bt_fail(err, "%s: no such list format: %d", parse->path, (int)format);
	parse->format = formats[format];
	if (parse->format->text != NULL)
		return read_text(parse, lines, err);
	return parse->format->lines != NULL ? parse->format->lines(parse, lines, err)
					    : read_lines(parse, lines, err);
}

static bool fail_empty(const struct bt_list_parse *parse, struct bt_err *err)
{
	const struct bt_list_stats *stats = &parse->stats;
	const char *format = bt_format_name(stats->format);
	if (stats->bad > 0)
		return bt_fail(err, "%s: no indicator in it (read as %s), %llu bad lines; %s",
		    parse->path, format, (unsigned long long)stats->bad, parse->first_bad.text);
	if (stats->skipped > 0)
		return bt_fail(err, "%s: no indicator in it (read as %s), %llu skipped; %s",
		    parse->path, format, (unsigned long long)stats->skipped,
		    parse->first_skipped.text);
	return bt_fail(err, "%s: no indicator in it (read as %s)", parse->path, format);
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

static size_t read_octets(void *input, void *octets, size_t size)
{
	return bt_unpack_read(input, octets, size);
}

bool bt_list_read(const char *path, enum bt_format format, const struct bt_list_reader *reader,
    struct bt_list_stats *stats, struct bt_err *err)
{
	struct bt_list_parse parse = {.path = path, .reader = reader};
	struct bt_lines lines;
	if (!bt_unpack_open_bounded(&parse.input, path, err))
		return false;
	parse.size = bt_unpack_size(parse.input);
	parse.stats.modified = bt_unpack_modified(parse.input);
	bool read = bt_lines_of_source(&lines, read_octets, parse.input)
			? read_list(&parse, &lines, format, stats, err)
			: bt_fail(err, "%s: out of memory", path);
	bt_lines_free(&lines);
	bt_unpack_close(&parse.input);
	return read;
}
