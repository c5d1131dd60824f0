/* SPDX-License-Identifier: BSD-3-Clause */
/* markup.c -- HTML to the text that a reader sees */

#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "markup.h"

enum { REFERENCE_MAX = 12 /* characters between '&' and ';' */ };

/* Between what stands in different blocks: space, but none that a name may have around its dots. */
#define APART '\f'

struct strip {
	const char *at, *end;
	char *out;
};

static bool begins(const char *at, const char *end, const char *with)
{
	size_t size = strlen(with);
	return (size_t)(end - at) >= size && strncasecmp(at, with, size) == 0;
}

bool bt_markup_begins(const char *text, size_t size)
{
	const char *end = text + size;
	if (begins(text, end, "\xef\xbb\xbf"))
		text += 3;
	while (text < end && (unsigned char)*text <= ' ')
		text++;
	return begins(text, end, "<!doctype html") || begins(text, end, "<html") ||
	       begins(text, end, "<head") || begins(text, end, "<body");
}

/* ---- characters ---- */

static void put_utf8(struct strip *s, uint32_t code)
{
	if (code < 0x80) {
		*s->out++ = (char)code;
	} else if (code < 0x800) {
		*s->out++ = (char)(0xc0 | code >> 6);
		*s->out++ = (char)(0x80 | (code & 0x3f));
	} else if (code < 0x10000) {
		*s->out++ = (char)(0xe0 | code >> 12);
		*s->out++ = (char)(0x80 | (code >> 6 & 0x3f));
		*s->out++ = (char)(0x80 | (code & 0x3f));
	} else {
		*s->out++ = (char)(0xf0 | code >> 18);
		*s->out++ = (char)(0x80 | (code >> 12 & 0x3f));
		*s->out++ = (char)(0x80 | (code >> 6 & 0x3f));
		*s->out++ = (char)(0x80 | (code & 0x3f));
	}
}

/* Of "#46" or "#x2e"; 0: it is no character. */
static uint32_t numbered(const char *at, size_t size)
{
	uint32_t code = 0, base = 10;
	at++, size--;
	if (size > 0 && (*at == 'x' || *at == 'X'))
		base = 16, at++, size--;
	for (size_t i = 0; i < size; i++) {
		uint32_t digit = at[i] >= '0' && at[i] <= '9'   ? (uint32_t)(at[i] - '0')
				 : at[i] >= 'a' && at[i] <= 'f' ? (uint32_t)(at[i] - 'a' + 10)
				 : at[i] >= 'A' && at[i] <= 'F' ? (uint32_t)(at[i] - 'A' + 10)
								: base;
		if (digit >= base || code > 0x10ffff)
			return 0;
		code = code * base + digit;
	}
	return code > 0x10ffff || (code >= 0xd800 && code < 0xe000) ? 0 : code;
}

/* Those that people write names with; 0: another one. */
static uint32_t named(const char *at, size_t size)
{
	static const struct {
		const char *name;
		uint32_t code;
	} names[] = {{"amp", '&'}, {"lt", '<'}, {"gt", '>'}, {"quot", '"'}, {"apos", '\''},
	    {"nbsp", ' '}, {"lsqb", '['}, {"lbrack", '['}, {"rsqb", ']'}, {"rbrack", ']'},
	    {"lpar", '('}, {"rpar", ')'}, {"period", '.'}, {"colon", ':'}, {"sol", '/'},
	    {"commat", '@'}, {"ZeroWidthSpace", 0x200b}, {"shy", 0xad}};
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (strlen(names[i].name) == size && memcmp(names[i].name, at, size) == 0)
			return names[i].code;
	return 0;
}

/* "&#46;": moves past it, and puts the character; else puts '&'. */
static void take_reference(struct strip *s)
{
	const char *name = s->at + 1;
	size_t room = (size_t)(s->end - name);
	const char *end = memchr(name, ';', room < REFERENCE_MAX ? room : REFERENCE_MAX);
	uint32_t code = 0;
	if (end != NULL && end > name)
		code = *name == '#' ? numbered(name, (size_t)(end - name))
				    : named(name, (size_t)(end - name));
	if (code == 0) {
		*s->out++ = *s->at++;
		return;
	}
	put_utf8(s, code);
	s->at = end + 1;
}

/* ---- tags ---- */

/* Those inside a line of text: what they part is one word. */
static bool is_inline(const char *at, const char *end)
{
	static const char *const names[] = {"a", "abbr", "b", "bdi", "bdo", "cite", "code", "em",
	    "font", "i", "ins", "kbd", "mark", "q", "s", "samp", "small", "span", "strike",
	    "strong", "sub", "sup", "tt", "u", "var", "wbr"};
	if (at < end && *at == '/')
		at++;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		size_t size = strlen(names[i]);
		if (begins(at, end, names[i]) &&
		    (at + size == end || strchr(" \t\r\n/>", at[size]) != NULL))
			return true;
	}
	return false;
}

/* Moves to `to`, and keeps the ends of lines. */
static void pass(struct strip *s, const char *to)
{
	for (; s->at < to; s->at++)
		if (*s->at == '\n')
			*s->out++ = '\n';
}

static const char *find(const char *at, const char *end, const char *what)
{
	for (; at < end; at++)
		if (begins(at, end, what))
			return at;
	return end;
}

/* The end of a tag: a '>' that is in no quotes. */
static const char *tag_end(const char *at, const char *end)
{
	char quote = '\0';
	for (; at < end; at++) {
		if (quote != '\0')
			quote = *at == quote ? '\0' : quote;
		else if (*at == '"' || *at == '\'')
			quote = *at;
		else if (*at == '>')
			return at + 1;
	}
	return end;
}

static void take_tag(struct strip *s)
{
	const char *name = s->at + 1;
	if (begins(name, s->end, "!--")) {
		const char *end = find(name, s->end, "-->");
		pass(s, end == s->end ? end : end + 3);
		return;
	}
	const char *end = tag_end(name, s->end);
	if (begins(name, s->end, "script"))
		end = find(end, s->end, "</script");
	else if (begins(name, s->end, "style"))
		end = find(end, s->end, "</style");
	if (!is_inline(name, s->end))
		*s->out++ = APART;
	pass(s, end);
}

static bool begins_tag(const struct strip *s)
{
	char next = s->at + 1 < s->end ? s->at[1] : '\0';
	return *s->at == '<' && (next == '/' || next == '!' || next == '?' ||
				    (next >= 'a' && next <= 'z') || (next >= 'A' && next <= 'Z'));
}

/* What is put is never longer than what was taken, so that it can be done in place. */
size_t bt_markup_strip(char *text, size_t size)
{
	struct strip s = {text, text + size, text};
	while (s.at < s.end) {
		if (begins_tag(&s))
			take_tag(&s);
		else if (*s.at == '&')
			take_reference(&s);
		else
			*s.out++ = *s.at++;
	}
	return (size_t)(s.out - text);
}
