/* SPDX-License-Identifier: BSD-3-Clause */
/* list.c -- list files to entries: reading, detection, lines */

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "file.h"
#include "list-formats.h"

enum { LIST_MAX = 1 << 30 /* octets of a list file */ };

/*****************************************************************************
 *
 *  for the formats
 */

bool bt_list_emit(struct bt_list_parse *parse, const struct bt_entry *entry, struct bt_err *err)
{
	parse->stats.entries++;
	return parse->reader->entry(parse->reader->ctx, entry, err);
}

void bt_list_bad(struct bt_list_parse *parse, unsigned line, const char *reason)
{
	parse->stats.bad++;
	if (parse->reader->bad != NULL)
		parse->reader->bad(parse->reader->ctx, line, reason);
}

static bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static struct bt_line trim(struct bt_line line)
{
	while (line.size > 0 && is_space(line.at[0])) {
		line.at++;
		line.size--;
	}
	for (size_t i = 0; i < line.size; i++)
		if (line.at[i] == '#' && (i == 0 || is_space(line.at[i - 1])))
			line.size = i;
	while (line.size > 0 && is_space(line.at[line.size - 1]))
		line.size--;
	return line;
}

bool bt_list_lines(struct bt_list_parse *parse, const char *text, size_t size,
    bool (*each)(struct bt_list_parse *parse, struct bt_line line, struct bt_err *err),
    struct bt_err *err)
{
	const char *end = text + size;
	unsigned number = 0;
	while (text < end) {
		const char *newline = memchr(text, '\n', (size_t)(end - text));
		const char *stop = newline != NULL ? newline : end;
		struct bt_line line = {text, (size_t)(stop - text), ++number};
		text = newline != NULL ? newline + 1 : end;
		if (line.size > BT_LINE_MAX) {
			bt_list_bad(parse, number, "line longer than 4096 characters");
			continue;
		}
		line = trim(line);
		if (line.size > 0 && !each(parse, line, err))
			return false;
	}
	return true;
}

struct bt_line bt_list_word(struct bt_line *line)
{
	while (line->size > 0 && is_space(line->at[0])) {
		line->at++;
		line->size--;
	}
	struct bt_line word = {line->at, 0, line->number};
	while (word.size < line->size && !is_space(line->at[word.size]))
		word.size++;
	line->at += word.size;
	line->size -= word.size;
	return word;
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

/* Votes by the first lines that say something. */
struct votes {
	unsigned lines, hosts, yaml;
};

static bool looks_like_key(struct bt_line line)
{
	size_t i = 0;
	while (i < line.size && (islower((unsigned char)line.at[i]) || line.at[i] == '-'))
		i++;
	return i > 0 && i < line.size && line.at[i] == ':' &&
	    (i + 1 == line.size || is_space(line.at[i + 1]));
}

static bool looks_like_address(struct bt_line word)
{
	bool colon = memchr(word.at, ':', word.size) != NULL;
	for (size_t i = 0; i < word.size; i++) {
		char c = word.at[i];
		if (!(colon ? isxdigit((unsigned char)c) || c == ':' || c == '.' || c == '%'
			    : isdigit((unsigned char)c) || c == '.'))
			return colon && memchr(word.at, '%', i) != NULL;
	}
	return word.size > 1;
}

static enum bt_format detect(const char *path, const char *text, size_t size)
{
	struct votes votes = {0};
	if (ends_with(path, ".yaml") || ends_with(path, ".yml"))
		return BT_FORMAT_YAML;
	for (const char *end = text + size; text < end && votes.lines < 20;) {
		const char *newline = memchr(text, '\n', (size_t)(end - text));
		const char *stop = newline != NULL ? newline : end;
		struct bt_line line = trim((struct bt_line){text, (size_t)(stop - text), 0});
		text = newline != NULL ? newline + 1 : end;
		if (line.size == 0 || line.at[0] == '!' || line.at[0] == ';')
			continue;
		votes.lines++;
		votes.yaml += looks_like_key(line) || (line.size == 3 && memcmp(line.at, "---", 3) == 0);
		struct bt_line word = bt_list_word(&line);
		votes.hosts += line.size > 0 && looks_like_address(word);
	}
	if (votes.hosts * 2 > votes.lines)
		return BT_FORMAT_HOSTS;
	return votes.yaml > 0 ? BT_FORMAT_YAML : BT_FORMAT_DOMAINS;
}

/*****************************************************************************
 *
 *  reading
 */

static bool (*const readers[BT_FORMATS])(
    struct bt_list_parse *, const char *, size_t, struct bt_err *) = {
    [BT_FORMAT_DOMAINS] = bt_list_domains,
    [BT_FORMAT_HOSTS] = bt_list_hosts,
    [BT_FORMAT_YAML] = bt_list_yaml,
};

static bool parse_text(struct bt_list_parse *parse, const char *text, size_t size,
    enum bt_format format, struct bt_err *err)
{
	if (size >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) { /* a byte order mark */
		text += 3;
		size -= 3;
	}
	parse->stats.format = format != BT_FORMAT_AUTO ? format : detect(parse->path, text, size);
	if (!readers[parse->stats.format](parse, text, size, err))
		return false;
	if (parse->stats.entries == 0)
		return bt_fail(err, "%s: no indicator in it (read as %s; %llu bad lines)", parse->path,
		    bt_format_name(parse->stats.format), (unsigned long long)parse->stats.bad);
	return true;
}

bool bt_list_parse(const char *path, const char *text, size_t size, enum bt_format format,
    const struct bt_list_reader *reader, struct bt_list_stats *stats, struct bt_err *err)
{
	struct bt_list_parse parse = {.path = path, .reader = reader};
	if (!parse_text(&parse, text, size, format, err))
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
	if (!bt_file_read(path, LIST_MAX, &text, &size, err))
		return false;
	if (stat(path, &file) == 0)
		parse.stats.modified = file.st_mtime;
	bool read = parse_text(&parse, text, size, format, err);
	free(text);
	if (read && stats != NULL)
		*stats = parse.stats;
	return read;
}
