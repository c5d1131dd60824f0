/* SPDX-License-Identifier: BSD-3-Clause */
/* refang.c -- names as people write them in reports, back to names */

#include <arpa/inet.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "refang.h"

struct span {
	const char *at;
	size_t size;
};

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool begins(struct span text, const char *with)
{
	size_t size = strlen(with);
	return text.size >= size && strncasecmp(text.at, with, size) == 0;
}

static struct span skip(struct span text, size_t octets)
{
	return (struct span){text.at + octets, text.size - octets};
}

/* http://, hxxps[:]//, hxxp[://], ...; *url tells whether there was one. */
static struct span skip_scheme(struct span text, bool *url)
{
	static const char *const separators[] = {"://", "[:]//", "[://]", "(:)//", ":\\\\"};
	size_t letters = 0;
	while (letters < text.size && is_letter(text.at[letters]))
		letters++;
	*url = false;
	for (size_t i = 0; letters > 0 && i < sizeof(separators) / sizeof(separators[0]); i++)
		if (begins(skip(text, letters), separators[i])) {
			*url = true;
			return skip(text, letters + strlen(separators[i]));
		}
	return text;
}

/* What stands for a dot or a colon at this place: its characters, and which. */
static size_t fanged(struct span text, char *meaning)
{
	static const struct {
		const char *text;
		char meaning;
	} forms[] = {
	    {"[.]", '.'}, {"(.)", '.'}, {"{.}", '.'}, {"[dot]", '.'}, {"(dot)", '.'}, {"{dot}", '.'},
	    {"[.", '.'}, {".]", '.'}, {"[:]", ':'}, {"(:)", ':'},
	};
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
		if (begins(text, forms[i].text)) {
			*meaning = forms[i].meaning;
			return strlen(forms[i].text);
		}
	return 0;
}

/* Everything before the path, without the user. */
static struct span authority(struct span text, bool url)
{
	size_t end = 0;
	while (end < text.size && strchr("/?#", text.at[end]) == NULL)
		end++;
	text.size = end;
	const char *user = url ? memrchr(text.at, '@', text.size) : NULL;
	return user != NULL ? skip(text, (size_t)(user + 1 - text.at)) : text;
}

static size_t without_port(const char *name, size_t length)
{
	size_t at = length;
	while (at > 0 && is_digit(name[at - 1]))
		at--;
	return at > 1 && at < length && name[at - 1] == ':' ? at - 1 : length;
}

const char *bt_refang(
    const char *token, size_t size, char name[static BT_TEXT_MAX + 1], size_t *length)
{
	char plain[BT_TEXT_MAX + 1];
	size_t used = 0;
	bool url;
	struct span text = skip_scheme((struct span){token, size}, &url);
	for (text = authority(text, url); text.size > 0;) {
		char c = text.at[0];
		size_t octets = strchr("[({.", c) != NULL && c != '\0' ? fanged(text, &c) : 0;
		if (used == BT_TEXT_MAX)
			return bt_name_reason(BT_NAME_LONG);
		plain[used++] = c;
		text = skip(text, octets > 0 ? octets : 1);
	}
	used = without_port(plain, used);
	if (used == 0)
		return bt_name_reason(BT_NAME_EMPTY);
	memcpy(name, plain, used);
	name[used] = '\0';
	*length = used;
	return NULL;
}

static bool is_address(const char *name)
{
	struct in6_addr any;
	return strchr(name, ':') != NULL || inet_pton(AF_INET, name, &any) == 1;
}

/* The first character that a name in a list should not have, or NULL. */
static const char *stranger(const char *name)
{
	for (const char *c = name; *c != '\0'; c++) {
		if (*c == '\\' && c[1] != '\0')
			c++;
		else if (!is_letter(*c) && !is_digit(*c) && strchr("-_.", *c) == NULL)
			return c;
	}
	return NULL;
}

const char *bt_refang_key(struct bt_key *key, const char *token, size_t size)
{
	char name[BT_TEXT_MAX + 1];
	size_t length;
	const char *reason = bt_refang(token, size, name, &length);
	if (reason != NULL)
		return reason;
	if (strlen(name) != length)
		return "zero octet in a name";
	if (is_address(name))
		return "an address, not a name";
	const char *c = stranger(name);
	if (c != NULL)
		return (unsigned char)*c >= 128 ? "not ASCII: write an international name as xn--..."
						: "unexpected character in a name";
	enum bt_name_status status = bt_key_from_text(key, name, length);
	if (status != BT_NAME_OK)
		return bt_name_reason(status);
	return key->labels == 0 ? "the root, which would cover every name" : NULL;
}
