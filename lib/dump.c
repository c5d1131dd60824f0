/* SPDX-License-Identifier: BSD-3-Clause */
/* dump.c -- a trie as text, and back: reading */

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "dump.h"
#include "intern.h"
#include "lines.h"

enum { LINE_MOST = 1 << 25 /* octets: enough for the metadata of any list that was compiled */ };

const char *const bt_dump_ede[] = {
    [BT_EDE_OFF] = "off", [BT_EDE_CODE] = "code", [BT_EDE_TEXT] = "text"};
const char *const bt_dump_events[] = {
    [BT_EVENTS_FULL] = "full", [BT_EVENTS_COUNT] = "count", [BT_EVENTS_OFF] = "off"};

struct dump {
	const char *path;
	const struct bt_dump_reader *reader;
	struct bt_intern *lists, *groups; /* their names */
	bool sinkhole, entries, ended;    /* there were some */
	struct bt_line line;
	char *text; /* the line, in which columns are terminated and their escapes undone */
	size_t text_room;
	struct bt_pair *pairs;
	unsigned pair_count, pair_room;
};

static bool no_memory(struct bt_err *err)
{
	return bt_fail(err, "out of memory");
}

/* ---- columns ---- */

/* The column at *at, which moves to the next; NULL: there is none. */
static char *next_column(char **at)
{
	char *column = *at;
	if (column == NULL)
		return NULL;
	char *tab = strchr(column, '\t');
	if (tab != NULL)
		*tab = '\0';
	*at = tab != NULL ? tab + 1 : NULL;
	return column;
}

static int hex_digit(char c)
{
	const char *digits = "0123456789abcdef", *found = c != '\0' ? strchr(digits, c) : NULL;
	return found != NULL ? (int)(found - digits) : -1;
}

/* `digits` of them at `at`; -1 if they are not all there. */
static int read_hex(const char *at, unsigned digits)
{
	int value = 0;
	for (unsigned i = 0; i < digits; i++) {
		int digit = hex_digit(at[i]);
		if (digit < 0)
			return -1;
		value = value << 4 | digit;
	}
	return value;
}

/* A character of 0x80 to 0xffff in UTF-8. */
static char *put_character(char *to, int c)
{
	if (c >= 0x800)
		*to++ = (char)(0xe0 | c >> 12);
	*to++ = (char)(c >= 0x800 ? 0x80 | (c >> 6 & 0x3f) : 0xc0 | c >> 6);
	*to++ = (char)(0x80 | (c & 0x3f));
	return to;
}

/* Undoes one escape, whose backslash is before *at. */
static bool undo_escape(const char **at, char **to)
{
	static const char letters[] = "\\tnr", plain[] = "\\\t\n\r";
	char kind = *(*at)++;
	if (kind == 'x' || kind == 'u') {
		unsigned digits = kind == 'x' ? 2 : 4;
		int value = read_hex(*at, digits);
		if (value < (kind == 'x' ? 1 : 0x80))
			return false;
		*at += digits;
		if (kind == 'x')
			*(*to)++ = (char)value;
		else
			*to = put_character(*to, value);
		return true;
	}
	const char *letter = kind != '\0' ? strchr(letters, kind) : NULL;
	if (letter != NULL)
		*(*to)++ = plain[letter - letters];
	return letter != NULL;
}

/* In place: what an escape stands for is never longer. */
static bool undo_escapes(char *text)
{
	char *to = strchr(text, '\\');
	if (to == NULL)
		return true;
	for (const char *at = to; *at != '\0';) {
		if (*at != '\\')
			*to++ = *at++;
		else if (at++, !undo_escape(&at, &to))
			return false;
	}
	*to = '\0';
	return true;
}

/* The columns from `at` on, each "key=value", into d->pairs. */
static bool read_pairs(struct dump *d, char *at, struct bt_err *err)
{
	d->pair_count = 0;
	for (char *key; (key = next_column(&at)) != NULL; d->pair_count++) {
		char *value = strchr(key, '=');
		if (value == NULL)
			return bt_fail(err, "expected \"key=value\"");
		*value++ = '\0';
		if (!undo_escapes(key) || !undo_escapes(value))
			return bt_fail(err, "an escape that is none, in \"%s\"", key);
		if (d->pair_count == d->pair_room) {
			unsigned room = d->pair_room * 2 + 8;
			struct bt_pair *pairs = realloc(d->pairs, room * sizeof(*pairs));
			if (pairs == NULL)
				return no_memory(err);
			d->pairs = pairs;
			d->pair_room = room;
		}
		d->pairs[d->pair_count] = (struct bt_pair){key, value};
	}
	return true;
}

static int find_word(const char *word, const char *const *words, int count)
{
	for (int i = 0; word != NULL && i < count; i++)
		if (strcmp(word, words[i]) == 0)
			return i;
	return -1;
}

/* ---- lines about the trie ---- */

/* "-": there is none. */
static bool read_address(const char *column, int family, void *address, bool *has)
{
	*has = column != NULL && strcmp(column, "-") != 0;
	return column != NULL && (!*has || inet_pton(family, column, address) == 1);
}

static bool read_ttl(const char *column, uint32_t *ttl)
{
	if (column == NULL || strspn(column, "0123456789") != strlen(column) || *column == '\0' ||
	    strlen(column) > 9)
		return false;
	*ttl = (uint32_t)strtoul(column, NULL, 10);
	return true;
}

/* Addresses and a TTL. */
static bool read_answer(char **at, struct bt_sinkhole *sinkhole)
{
	return read_address(next_column(at), AF_INET, sinkhole->ipv4, &sinkhole->has_ipv4) &&
	       read_address(next_column(at), AF_INET6, sinkhole->ipv6, &sinkhole->has_ipv6) &&
	       read_ttl(next_column(at), &sinkhole->ttl);
}

static bool read_sinkhole(struct dump *d, char *at, struct bt_err *err)
{
	struct bt_sinkhole sinkhole = {.ttl = 0};
	if (d->sinkhole)
		return bt_fail(err, "a second line about the sinkhole");
	if (!read_answer(&at, &sinkhole))
		return bt_fail(err, "expected the sinkhole's IPv4 and IPv6 address and a TTL");
	int ede = find_word(next_column(&at), bt_dump_ede, BT_EDE_TEXT + 1);
	if (ede < 0 || at != NULL)
		return bt_fail(err, "expected off, code or text after the TTL, and no more");
	sinkhole.ede = (enum bt_ede)ede;
	d->sinkhole = true;
	return d->reader->sinkhole(d->reader->ctx, &sinkhole, err);
}

/* "-": not known. */
static bool read_time(const char *column, int64_t *time)
{
	struct tm tm = {0};
	*time = 0;
	if (column == NULL || strcmp(column, "-") == 0)
		return column != NULL;
	const char *end = strptime(column, BT_DUMP_TIME, &tm);
	*time = timegm(&tm);
	return end != NULL && *end == '\0';
}

static bool read_list(struct dump *d, char *at, struct bt_err *err)
{
	char *name = next_column(&at);
	struct bt_list_info list = {.name = name};
	uint32_t number = 0, lists = bt_intern_count(d->lists);
	if (!d->sinkhole || d->entries || bt_intern_count(d->groups) > 0)
		return bt_fail(err, "a list %s",
		    d->entries    ? "after a name"
		    : d->sinkhole ? "after a group"
				  : "before the sinkhole");
	if (name == NULL || !undo_escapes(name))
		return bt_fail(err, "expected a list's name");
	const char *action = next_column(&at);
	int action_is = action != NULL ? bt_action_from_name(action) : -1;
	int events = find_word(next_column(&at), bt_dump_events, BT_EVENTS_OFF + 1);
	if (action_is < 0 || events < 0 || !read_time(next_column(&at), &list.modified))
		return bt_fail(err, "expected an action, then full, count or off, then a time");
	struct bt_sinkhole sinkhole = {.ttl = 0};
	if (!read_answer(&at, &sinkhole))
		return bt_fail(
		    err, "expected an IPv4 and an IPv6 address and a TTL after the time");
	list.sinkhole = &sinkhole;
	if (!bt_intern_add(d->lists, name, strlen(name), &number))
		return no_memory(err);
	if (number != lists)
		return bt_fail(err, "a second list \"%s\"", name);
	list.action = (enum bt_action)action_is;
	list.events = (enum bt_events)events;
	return read_pairs(d, at, err) &&
	       d->reader->list(d->reader->ctx, &list, d->pairs, d->pair_count, err);
}

/* An action for each list, "-" where it is not in force. */
static bool read_group(struct dump *d, char *at, struct bt_err *err)
{
	char *name = next_column(&at);
	uint8_t actions[BT_LISTS_MAX];
	uint32_t number = 0, lists = bt_intern_count(d->lists), groups = bt_intern_count(d->groups);
	if (name == NULL || !undo_escapes(name))
		return bt_fail(err, "expected a group's name");
	for (uint32_t i = 0; i < lists; i++) {
		const char *action = next_column(&at);
		bool none = action != NULL && strcmp(action, "-") == 0;
		int action_is = none             ? BT_ACTION_NONE
				: action != NULL ? bt_action_from_name(action)
						 : -1;
		if (action_is < 0 || i == BT_LISTS_MAX)
			return bt_fail(err, "expected an action or - for each of %u lists", lists);
		actions[i] = (uint8_t)action_is;
	}
	if (at != NULL)
		return bt_fail(err, "more actions than the %u lists", lists);
	if (!bt_intern_add(d->groups, name, strlen(name), &number))
		return no_memory(err);
	if (number != groups)
		return bt_fail(err, "a second group \"%s\"", name);
	return d->reader->group(d->reader->ctx, name, actions, err);
}

static bool read_network(struct dump *d, char *at, bool forwarder, struct bt_err *err)
{
	const char *text = next_column(&at);
	struct bt_network network;
	const char *expected =
	    text != NULL ? bt_network_read(&network, text) : "a network in the second column";
	if (expected != NULL)
		return bt_fail(err, "expected %s", expected);
	if (forwarder)
		return at != NULL ? bt_fail(err, "expected nothing after the network")
				  : d->reader->forwarder(d->reader->ctx, &network, err);
	char *name = next_column(&at);
	uint32_t group = 0;
	if (name == NULL || at != NULL || !undo_escapes(name) ||
	    !bt_intern_find(d->groups, name, strlen(name), &group))
		return bt_fail(err, "expected a group's name after the network");
	return d->reader->network(d->reader->ctx, &network, group + 1, err);
}

static bool read_about(struct dump *d, struct bt_err *err)
{
	char *at = d->text;
	const char *kind = next_column(&at);
	if (strcmp(kind, "#sinkhole") == 0)
		return read_sinkhole(d, at, err);
	if (strcmp(kind, "#list") == 0)
		return read_list(d, at, err);
	bool network = strcmp(kind, "#network") == 0, forwarder = strcmp(kind, "#forwarder") == 0;
	bool group = strcmp(kind, "#group") == 0, disabled = strcmp(kind, "#disabled") == 0;
	if ((network || forwarder || group || disabled) && !d->sinkhole)
		return bt_fail(err, "\"%s\" before the sinkhole", kind);
	if (group)
		return read_group(d, at, err);
	if (network || forwarder)
		return read_network(d, at, forwarder, err);
	if (disabled)
		return at != NULL ? bt_fail(err, "expected nothing after \"%s\"", kind)
				  : d->reader->disabled(d->reader->ctx, err);
	d->ended = strcmp(kind, BT_DUMP_END) == 0;
	return d->ended || strncmp(kind, "# ", 2) == 0 || strcmp(kind, "#") == 0 ||
	       bt_fail(err, "a line of an unknown kind: \"%s\"", kind);
}

/* ---- lines about names ---- */

static bool read_entry(struct dump *d, struct bt_err *err)
{
	char *at = d->text;
	char *name = next_column(&at), *list = next_column(&at), *scope = next_column(&at);
	struct bt_key key;
	uint32_t number;

	enum bt_name_status status = bt_key_from_text(&key, name, strlen(name));
	if (status != BT_NAME_OK)
		return bt_fail(err, "%s", bt_name_reason(status));
	if (list == NULL || !undo_escapes(list) ||
	    !bt_intern_find(d->lists, list, strlen(list), &number))
		return bt_fail(err, "expected a list's name after the name");
	int scope_is = scope != NULL ? bt_scope_from_text(scope) : -1;
	if (scope_is < 0)
		return bt_fail(
		    err, "expected exact, below, subtree or an exception after the list");
	if (!read_pairs(d, at, err))
		return false;
	const struct bt_entry entry = {
	    .key = &key,
	    .scope = (uint8_t)scope_is,
	    .pairs = d->pairs,
	    .pair_count = d->pair_count,
	    .line = d->line.number,
	};
	d->entries = true;
	return d->reader->entry(d->reader->ctx, number, &entry, err);
}

/* ---- the whole ---- */

/* The line as a string. */
static bool copy_line(struct dump *d, struct bt_err *err)
{
	if (d->line.cut || memchr(d->line.at, '\0', d->line.size) != NULL)
		return bt_fail(err, d->line.cut ? "line too long" : "a zero octet");
	if (d->line.size >= d->text_room) {
		size_t room = d->line.size * 2 + 256;
		char *text = realloc(d->text, room);
		if (text == NULL)
			return no_memory(err);
		d->text = text;
		d->text_room = room;
	}
	memcpy(d->text, d->line.at, d->line.size);
	d->text[d->line.size] = '\0';
	return true;
}

static bool read_line(struct dump *d, struct bt_err *err)
{
	if (d->ended)
		return bt_fail(err, "a line after the end");
	if (!copy_line(d, err))
		return false;
	if (d->line.number == 1) {
		char version[16];
		snprintf(version, sizeof(version), "%d", BT_DUMP_VERSION);
		return (bt_dump_begins(d->text, d->line.size) &&
			   strcmp(d->text + strlen(BT_DUMP_BEGIN), version) == 0) ||
		       bt_fail(
			   err, "\"%.60s\", expected \"" BT_DUMP_BEGIN "%s\"", d->text, version);
	}
	return d->text[0] == '#' ? read_about(d, err) : read_entry(d, err);
}

static bool read_lines(struct dump *d, struct bt_lines *lines, uint64_t size, struct bt_err *err)
{
	uint64_t told = 0;
	while (bt_lines_next(lines, &d->line)) {
		if (d->reader->progress != NULL && told != lines->octets)
			d->reader->progress(d->reader->ctx, lines->octets, size);
		told = lines->octets;
		if (!read_line(d, err))
			return bt_fail_in(err, "%s:%u", d->path, d->line.number);
	}
	if (lines->error != 0)
		return bt_fail(err, "%s: %s", d->path, strerror(lines->error));
	return d->ended ||
	       bt_fail(err, "%s: cut off: its last line is not \"" BT_DUMP_END "\"", d->path);
}

bool bt_dump_read(const char *path, const struct bt_dump_reader *reader, struct bt_err *err)
{
	struct dump d = {.path = path, .reader = reader};
	struct bt_lines lines;
	struct stat st;
	if (!bt_lines_open(&lines, path, LINE_MOST, &st, err))
		return false;
	d.lists = bt_intern_new();
	d.groups = bt_intern_new();
	bool read = d.lists != NULL && d.groups != NULL
			? read_lines(&d, &lines, (uint64_t)st.st_size, err)
			: bt_fail(err, "%s: out of memory", path);
	bt_intern_free(&d.lists);
	bt_intern_free(&d.groups);
	bt_lines_free(&lines);
	free(d.pairs);
	free(d.text);
	return read;
}

bool bt_dump_begins(const char *text, size_t size)
{
	size_t begin = strlen(BT_DUMP_BEGIN);
	return size >= begin && memcmp(text, BT_DUMP_BEGIN, begin) == 0;
}

bool bt_is_dump(const char *path)
{
	struct bt_lines lines;
	struct stat st;
	size_t size;
	if (!bt_lines_open(&lines, path, 0, &st, NULL))
		return false;
	const char *at = bt_lines_peek(&lines, &size);
	bool is = bt_dump_begins(at, size);
	bt_lines_free(&lines);
	return is;
}
