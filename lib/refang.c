/* SPDX-License-Identifier: BSD-3-Clause */
/* refang.c -- names as people write them in reports and lists, to keys */

#include <idn2.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "refang.h"

enum { TOKEN_MAX = 4096 /* characters that are looked at: a URL's host stands near its front */ };

struct span {
	const char *at;
	size_t size;
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* What most names consist of, "-.0-9" and "A-Z_a-z": they take the short way. */
static bool is_plain(char c)
{
	static const uint64_t plain[] = {0x03ff600000000000, 0x07fffffe87fffffe, 0, 0};
	unsigned char octet = (unsigned char)c;
	return plain[octet / 64] >> octet % 64 & 1;
}

static struct span skip(struct span text, size_t size)
{
	return (struct span){text.at + size, text.size - size};
}

static bool begins(struct span text, const char *with, size_t size)
{
	return text.size >= size && strncasecmp(text.at, with, size) == 0;
}

/* ---- the name itself ---- */

/* Digits and dots alone: an IPv4 address, or what was meant to be one. */
static bool is_ipv4(struct span name)
{
	if (name.size == 0 || !is_digit(name.at[0]))
		return false;
	for (size_t i = 1; i < name.size; i++)
		if (!is_digit(name.at[i]) && name.at[i] != '.')
			return false;
	return true;
}

static const char *read_name(struct bt_key *key, struct span name)
{
	if (is_ipv4(name))
		return "an address, not a name";
	if (name.size == 1 && name.at[0] == '.')
		return "the root, which would cover every name";
	enum bt_name_status status = bt_key_from_text(key, name.at, name.size);
	return status == BT_NAME_OK ? NULL : bt_name_reason(status);
}

/* Why this character should not be in a name, or NULL. */
static const char *object_to(char c)
{
	if (is_plain(c))
		return NULL;
	if ((unsigned char)c < ' ' || c == 127)
		return "a control character in a name";
	return "unexpected character in a name: only letters, digits, '-', '_' and escapes may be";
}

static const char *check_characters(struct span name)
{
	for (size_t i = 0; i < name.size; i++) {
		const char *reason = NULL;
		if (name.at[i] != '\\')
			reason = object_to(name.at[i]);
		else if (++i < name.size && name.at[i] == '.')
			reason =
			    "\"\\.\" in a name: write . for a dot, or \\046 for one inside a label";
		if (reason != NULL)
			return reason;
	}
	return NULL;
}

/* ---- defanged text and URLs ---- */

/* What stands for `plain` at the beginning of the text; 0: nothing that we know. */
static size_t find_fang(struct span text, const char **plain)
{
	static const struct {
		const char *fang, *plain;
	} fangs[] = {
	    {"[.]", "."},
	    {"(.)", "."},
	    {"{.}", "."},
	    {"[dot]", "."},
	    {"(dot)", "."},
	    {"{dot}", "."},
	    {"[.", "."},
	    {".]", "."},
	    {"[:]", ":"},
	    {"(:)", ":"},
	    {"[://]", "://"},
	    {"[/]", "/"},
	    {":\\\\", "://"},
	};
	if (text.at[0] == '.' && (text.size == 1 || text.at[1] != ']'))
		return 0; /* a plain dot, as nearly all are */
	for (size_t i = 0; i < sizeof(fangs) / sizeof(fangs[0]); i++) {
		if (fangs[i].fang[0] != text.at[0])
			continue;
		size_t size = strlen(fangs[i].fang);
		if (begins(text, fangs[i].fang, size)) {
			*plain = fangs[i].plain;
			return size;
		}
	}
	return 0;
}

/* Writes the text without fangs; what does not fit is left out. */
static struct span undo_fangs(struct span text, char out[static TOKEN_MAX])
{
	size_t used = 0;
	while (text.size > 0 && used < TOKEN_MAX) {
		const char *plain = text.at;
		size_t fang =
		    is_plain(text.at[0]) && text.at[0] != '.' ? 0 : find_fang(text, &plain);
		size_t size = fang > 0 ? strlen(plain) : 1;
		for (size_t i = 0; i < size && used < TOKEN_MAX; i++)
			out[used++] = plain[i];
		text = skip(text, fang > 0 ? fang : 1);
	}
	return (struct span){out, used};
}

/* Steps over "http://", "hxxps://", "h**p://" and the like. */
static bool skip_scheme(struct span *text)
{
	size_t at = 0;
	while (
	    at < text->size && (is_letter(text->at[at]) || is_digit(text->at[at]) ||
				   (text->at[at] != '\0' && strchr("*+-.", text->at[at]) != NULL)))
		at++;
	if (at == 0 || !begins(skip(*text, at), "://", 3))
		return false;
	*text = skip(*text, at + 3);
	return true;
}

static size_t find(struct span text, const char *any)
{
	size_t at = 0;
	while (at < text.size && (text.at[at] == '\0' || strchr(any, text.at[at]) == NULL))
		at++;
	return at;
}

/* Takes ":8443" from the end of a host. */
static const char *drop_port(struct span *host)
{
	const char *colon = memchr(host->at, ':', host->size);
	if (colon == NULL)
		return NULL;
	struct span port = skip(*host, (size_t)(colon + 1 - host->at));
	if (memchr(port.at, ':', port.size) != NULL)
		return "an address, not a name";
	host->size = (size_t)(colon - host->at);
	for (size_t i = 0; i < port.size; i++)
		if (!is_digit(port.at[i]))
			port.size = 0;
	return port.size > 0 && port.size <= 5 ? NULL : "expected a port's number after ':'";
}

/* The host that the text names, as part of `text`. */
static const char *find_host(struct span text, struct span *host)
{
	bool full = text.size == TOKEN_MAX; /* then what follows is not known */
	bool url = skip_scheme(&text);
	size_t size = find(text, url ? "/?#\\" : "/?#");
	if (full && size == text.size)
		return bt_name_reason(BT_NAME_LONG);
	text.size = size;
	if (text.size == 0)
		return url ? "a URL without a host" : "a path without a host";
	const char *user = memrchr(text.at, '@', text.size);
	if (user != NULL && !url)
		return "an e-mail address, not a name";
	if (user != NULL)
		text = skip(text, (size_t)(user + 1 - text.at));
	const char *reason = drop_port(&text);
	*host = text;
	return reason;
}

static bool is_international(struct span host)
{
	for (size_t i = 0; i < host.size; i++)
		if ((unsigned char)host.at[i] >= 128)
			return true;
	return false;
}

/* A host of other letters than ASCII's. */
static const char *read_international(struct bt_key *key, struct span host)
{
	enum { UTF8_MAX = 1024 };
	char text[UTF8_MAX], *ascii;
	if (host.size >= sizeof(text))
		return bt_name_reason(BT_NAME_LONG);
	if (memchr(host.at, 0, host.size) != NULL || memchr(host.at, '\\', host.size) != NULL)
		return "an international name with escapes in it";
	memcpy(text, host.at, host.size);
	text[host.size] = '\0';
	if (idn2_to_ascii_8z(text, &ascii, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL) != IDN2_OK)
		return "not an international name as IDNA has them";
	struct span name = {ascii, strlen(ascii)};
	const char *reason = check_characters(name);
	if (reason == NULL)
		reason = read_name(key, name);
	idn2_free(ascii);
	return reason;
}

static const char *read_token(struct bt_key *key, struct span text, bool tree)
{
	char plain[TOKEN_MAX];
	struct span host;
	const char *reason = find_host(undo_fangs(text, plain), &host);
	if (reason != NULL)
		return reason;
	if (begins(host, "*.", 2)) {
		if (!tree)
			return "a wildcard, where one name was expected";
		host = skip(host, 2);
	}
	if (is_international(host))
		return read_international(key, host);
	reason = check_characters(host);
	return reason != NULL ? reason : read_name(key, host);
}

static const char *refang(struct bt_key *key, const char *text, size_t size, bool tree)
{
	if (size == 0)
		return bt_name_reason(BT_NAME_EMPTY);
	struct span all = {text, size}, name = tree && begins(all, "*.", 2) ? skip(all, 2) : all;
	for (size_t i = 0; i < name.size; i++)
		if (!is_plain(name.at[i]))
			return read_token(key, all, tree);
	return read_name(key, name);
}

const char *bt_refang_key(struct bt_key *key, const char *text, size_t size)
{
	return refang(key, text, size, false);
}

const char *bt_refang_tree(struct bt_key *key, const char *text, size_t size)
{
	return refang(key, text, size, true);
}
