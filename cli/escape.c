/* SPDX-License-Identifier: BSD-3-Clause */
/* escape.c -- text from outside, made safe to show */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "escape.h"

/*
 * Octets of the UTF-8 character at `text` (RFC 3629), which goes to *character; 0 if there is none.
 * The zero octet at the end of a string continues no character, so nothing behind it is read.
 */
static size_t read_character(const unsigned char *text, uint32_t *character)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	size_t octets = text[0] < 0x80         ? 1
			: text[0] >> 5 == 0x06 ? 2
			: text[0] >> 4 == 0x0e ? 3
			: text[0] >> 3 == 0x1e ? 4
					       : 0;
	if (octets < 2) {
		*character = text[0];
		return octets;
	}
	uint32_t c = text[0] & (0x7fu >> octets);
	for (size_t i = 1; i < octets; i++) {
		if (text[i] >> 6 != 2)
			return 0;
		c = c << 6 | (text[i] & 0x3fu);
	}
	if (c < least[octets] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		return 0;
	*character = c;
	return octets;
}

static bool is_unsafe(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c <= 0x9f) || c == 0x061c || c == 0xfeff /* invisible */
	       || (c >= 0x200b && c <= 0x200f)  /* zero width, and direction marks */
	       || (c >= 0x2028 && c <= 0x202e)  /* line ends, and direction overrides */
	       || (c >= 0x2060 && c <= 0x206f); /* invisible operators, and isolates */
}

static void put_unsafe(FILE *out, uint32_t c)
{
	static const char letters[] = "\t\n\r", names[] = "tnr";
	const char *letter = c == 0 ? NULL : c < 0x80 ? strchr(letters, (int)c) : NULL;
	if (letter != NULL)
		fprintf(out, "\\%c", names[letter - letters]);
	else
		fprintf(out, c < 0x80 ? "\\x%02x" : "\\u%04x", c);
}

/* Octets at `text` that are written as they are, and are one character each. */
static size_t count_plain(const unsigned char *text, char also)
{
	size_t count = 0;
	while (text[count] >= ' ' && text[count] < 0x7f && text[count] != '\\' &&
	       text[count] != (unsigned char)also)
		count++;
	return count;
}

/* `also` is a character to be written as its number; 0: none. */
static void put(FILE *out, const char *text, bool exact, char also)
{
	const unsigned char *at = (const unsigned char *)text;
	for (;;) {
		size_t plain = count_plain(at, also);
		fwrite(at, 1, plain, out);
		at += plain;
		if (*at == 0)
			return;
		uint32_t c;
		size_t octets = read_character(at, &c);
		if (octets == 0) {
			fprintf(out, "\\x%02x", *at++);
			continue;
		}
		if (is_unsafe(c) || c == (unsigned char)also)
			put_unsafe(out, c);
		else if (exact && c == '\\')
			fputs("\\\\", out);
		else
			fwrite(at, 1, octets, out);
		at += octets;
	}
}

void bt_put_escaped(FILE *out, const char *text)
{
	put(out, text, false, '\0');
}

void bt_put_field(FILE *out, const char *text)
{
	put(out, text, true, '\0');
}

void bt_put_key(FILE *out, const char *text)
{
	put(out, text, true, '=');
}
