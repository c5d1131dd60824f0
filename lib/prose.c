/* SPDX-License-Identifier: BSD-3-Clause */
/* prose.c -- indicators in text that people wrote */

#include <string.h>
#include <strings.h>

#include "prose.h"
#include "refang.h"

enum {
	HOST_MAX = 512, /* characters of a host, without what defangs it */
	SPACES_MAX = 1, /* around a dot that stands apart */
};

/* What is left of the text. */
struct span {
	const char *at, *end;
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_hex(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Of a label: whether it is one after all, is seen later. */
static bool is_label(char c)
{
	return is_letter(c) || is_digit(c) || c == '-' || c == '_' || (unsigned char)c >= 128;
}

static bool begins(struct span text, const char *with)
{
	size_t size = strlen(with);
	return (size_t)(text.end - text.at) >= size && strncasecmp(text.at, with, size) == 0;
}

/* ---- dots and schemes ---- */

static size_t spaces(struct span text)
{
	size_t count = 0;
	while (count < SPACES_MAX && text.at + count < text.end && text.at[count] == ' ')
		count++;
	return count;
}

/* A dot that was made harmless: its octets, or 0. */
static size_t fanged_dot(struct span text)
{
	static const char *const dots[] = {
	    "[.]", "(.)", "{.}", "[dot]", "(dot)", "{dot}", "[punkt]", "[.", ".]"};
	struct span rest = text;
	rest.at += spaces(text);
	for (size_t i = 0; i < sizeof(dots) / sizeof(*dots); i++) {
		if (!begins(rest, dots[i]))
			continue;
		rest.at += strlen(dots[i]);
		rest.at += spaces(rest);
		return (size_t)(rest.at - text.at);
	}
	return 0;
}

static size_t plain_dot(struct span text)
{
	return begins(text, ".") && text.at + 1 < text.end && is_label(text.at[1]) ? 1 : 0;
}

/* "://" as it is, or made harmless: its octets, or 0. */
static size_t slashes(struct span text, bool *fanged)
{
	static const char *const marks[] = {"://", "[:]//", "[://]", "(:)//", ":\\\\", "[:\\\\]"};
	for (size_t i = 0; i < sizeof(marks) / sizeof(*marks); i++) {
		if (begins(text, marks[i])) {
			*fanged |= i > 0;
			return strlen(marks[i]);
		}
	}
	return 0;
}

/* A scheme and what follows it, up to the host: its octets, or 0. */
static size_t scheme(struct span text, bool *fanged)
{
	static const char *const schemes[] = {
	    "https", "http", "ftp", "hxxps", "hxxp", "h**ps", "h**p", "hXXps", "fxp", "meow"};
	enum { HONEST = 3 };
	for (size_t i = 0; i < sizeof(schemes) / sizeof(*schemes); i++) {
		if (!begins(text, schemes[i]))
			continue;
		struct span rest = text;
		rest.at += strlen(schemes[i]);
		*fanged = i >= HONEST;
		size_t mark = slashes(rest, fanged);
		if (mark > 0)
			return (size_t)(rest.at - text.at) + mark;
	}
	return 0;
}

/* ---- hosts ---- */

/* A host as it stands: what it is without what defangs it. */
struct host {
	char text[HOST_MAX];
	size_t size;
	size_t octets; /* as it stands */
	unsigned dots;
	bool fanged, too_long;
};

static void put(struct host *host, char c)
{
	if (host->size < HOST_MAX)
		host->text[host->size++] = c;
	else
		host->too_long = true;
}

static size_t dot_at(struct span text, bool *fanged)
{
	size_t dot = fanged_dot(text);
	struct span rest = text;
	rest.at += dot;
	if (dot > 0 && rest.at < rest.end && is_label(rest.at[0])) {
		*fanged = true;
		return dot;
	}
	return plain_dot(text);
}

/* Labels with dots between them. */
static void read_host(struct host *host, struct span text)
{
	const char *begin = text.at;
	memset(host, 0, offsetof(struct host, fanged) + sizeof(host->fanged));
	host->too_long = false;
	for (;;) {
		while (text.at < text.end && is_label(text.at[0]))
			put(host, *text.at++);
		size_t dot = dot_at(text, &host->fanged);
		if (dot == 0)
			break;
		put(host, '.');
		host->dots++;
		text.at += dot;
	}
	host->octets = (size_t)(text.at - begin);
}

/* Letters, as a top label has them; or "xn--" and more. */
static bool has_top_label(const struct host *host)
{
	size_t begin = host->size;
	while (begin > 0 && host->text[begin - 1] != '.')
		begin--;
	size_t size = host->size - begin;
	if (size > 4 && strncasecmp(host->text + begin, "xn--", 4) == 0)
		return true;
	for (size_t i = begin; i < host->size; i++)
		if (!is_letter(host->text[i]) && (unsigned char)host->text[i] < 128)
			return false;
	return size >= 2;
}

static bool is_address(const struct host *host)
{
	for (size_t i = 0; i < host->size; i++)
		if (!is_digit(host->text[i]) && host->text[i] != '.')
			return false;
	return host->dots == 3;
}

/* '-' and '_' at its ends are of the sentence. */
static void trim(struct host *host)
{
	while (host->size > 0 &&
	       (host->text[host->size - 1] == '-' || host->text[host->size - 1] == '_'))
		host->size--;
}

/* ---- what is found ---- */

static bool is_at_sign(struct span text)
{
	return begins(text, "@") || begins(text, "[@]") || begins(text, "[at]") ||
	       begins(text, "(at)");
}

/* Fills in what a host comes to. False: it is nothing worth a word. */
static bool judge(struct host *host, struct bt_prose_find *find, bool url)
{
	find->kind = BT_PROSE_OTHER;
	trim(host);
	if (is_address(host))
		find->reason = "an address, not a name";
	else if (host->too_long)
		find->reason = bt_name_reason(BT_NAME_LONG);
	else if (!has_top_label(host))
		return false; /* a version number, a file's name */
	else
		find->reason = bt_refang_key(&find->key, host->text, host->size);
	if (find->reason == NULL)
		find->kind = BT_PROSE_NAME;
	return url || host->dots > 0;
}

/* A path belongs to its URL: index.html is no name. */
static size_t path_size(struct span text)
{
	const char *begin = text.at;
	if (!begins(text, "/") && !begins(text, "[/]") && !begins(text, ":") &&
	    !begins(text, "[:]"))
		return 0;
	while (text.at < text.end && (unsigned char)text.at[0] > ' ' &&
	       strchr("\"<>`", text.at[0]) == NULL)
		text.at++;
	return (size_t)(text.at - begin);
}

/* Whether there is more to it than a port, a slash, and the sentence's comma. */
static bool is_path(const char *at, size_t size)
{
	const char *slash = memchr(at, '/', size);
	for (const char *c = slash; c != NULL && c < at + size; c++)
		if (is_label(*c))
			return true;
	return false;
}

/* A URL: its octets, or 0. *found says whether it is to be told of. */
static size_t read_url(
    const struct bt_prose *prose, struct span text, struct bt_prose_find *find, bool *found)
{
	struct host host;
	bool fanged = false;
	size_t before = scheme(text, &fanged);
	if (before == 0)
		return 0;
	struct span rest = {text.at + before, text.end};
	read_host(&host, rest);
	rest.at += host.octets;
	if (host.octets > 0 && is_at_sign(rest)) { /* a user, whose host follows */
		rest.at += begins(rest, "@") ? 1 : begins(rest, "[@]") ? 3 : 4;
		read_host(&host, rest);
		rest.at += host.octets;
	}
	*found =
	    host.octets > 0 && (prose->plain || fanged || host.fanged) && judge(&host, find, true);
	size_t path = path_size(rest);
	find->has_path = is_path(rest.at, path);
	return (size_t)(rest.at - text.at) + path;
}

/* A name, or the user and host of a mail address. */
static size_t read_name(
    const struct bt_prose *prose, struct span text, struct bt_prose_find *find, bool *found)
{
	struct host host;
	read_host(&host, text);
	struct span rest = {text.at + host.octets, text.end};
	if (is_at_sign(rest)) {
		struct host domain;
		rest.at += begins(rest, "@") ? 1 : begins(rest, "[@]") ? 3 : 4;
		read_host(&domain, rest);
		*found = domain.fanged;
		find->kind = BT_PROSE_OTHER;
		find->reason = "an e-mail address, not a name";
		return (size_t)(rest.at + domain.octets - text.at);
	}
	*found = host.dots > 0 && (prose->plain || host.fanged) && judge(&host, find, false);
	size_t path = host.dots > 0 ? path_size(rest) : 0;
	find->has_path = is_path(rest.at, path);
	return host.octets + path;
}

/* A hash: its octets, or 0. */
static size_t read_hash(struct span text, struct bt_prose_find *find)
{
	size_t size = 0;
	while (text.at + size < text.end && is_hex(text.at[size]))
		size++;
	if ((size != 32 && size != 40 && size != 64) ||
	    (text.at + size < text.end && is_label(text.at[size])))
		return 0;
	find->kind = BT_PROSE_HASH;
	find->reason = NULL;
	return size;
}

/* What begins here: its octets. *found: it is to be told of. */
static size_t read_one(
    const struct bt_prose *prose, struct span text, struct bt_prose_find *find, bool *found)
{
	size_t size = read_hash(text, find);
	*found = size > 0;
	if (size == 0)
		size = read_url(prose, text, find, found);
	if (size == 0)
		size = read_name(prose, text, find, found);
	return size;
}

bool bt_prose_next(struct bt_prose *prose, struct bt_prose_find *find)
{
	while (prose->at < prose->size) {
		struct span text = {prose->text + prose->at, prose->text + prose->size};
		bool found;
		if (!is_label(text.at[0]) || text.at[0] == '-') {
			prose->newlines += text.at[0] == '\n';
			prose->at++;
			continue;
		}
		size_t size = read_one(prose, text, find, &found);
		prose->at += size;
		if (!found)
			continue;
		find->at = text.at;
		find->size = size;
		find->line = prose->newlines + 1;
		return true;
	}
	return false;
}
