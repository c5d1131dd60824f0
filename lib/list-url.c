/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * list-url.c -- URLs among indicators, and whether their hosts count
 *
 * github.com/someone/malware.exe says nothing of github.com: a path means that the host may have
 * others, which are harmless. So only URLs without one count, unless the list's reader says that
 * all of them do.
 */

#include <string.h>

#include "list-formats.h"

/* Where the host, with user and port, ends. */
static size_t end_of_host(struct bt_line url, size_t begin)
{
	const char *ends = begin > 0 && url.at[begin - 1] == '\\' ? "/?#\\" : "/?#";
	size_t at = begin;
	while (at < url.size && url.at[at] != '\0' && strchr(ends, url.at[at]) == NULL)
		at++;
	return at;
}

/*
 * Where the host begins. What a path or a query has is no scheme: it may be another URL. Some
 * people write http:\\host\path.
 */
static size_t behind_scheme(struct bt_line url)
{
	size_t end = end_of_host(url, 0);
	bool scheme = end == 0 || url.at[end - 1] == ':' || url.at[end - 1] == ']';
	if (scheme && url.size - end >= 2 && memcmp(url.at + end, "//", 2) == 0)
		return end + 2;
	const char *slashes = memmem(url.at, end, ":\\\\", 3);
	return slashes != NULL ? (size_t)(slashes + 3 - url.at) : 0;
}

static bool has_path(struct bt_line url, size_t end)
{
	bool slash = end < url.size && (url.at[end] == '/' || url.at[end] == '\\');
	return end < url.size && (!slash || end + 1 < url.size);
}

const char *bt_list_host_of_url(
    const struct bt_list_parse *parse, struct bt_line *host, struct bt_line url)
{
	size_t begin = behind_scheme(url), end = end_of_host(url, begin);
	if (has_path(url, end) && !parse->reader->all_urls)
		return BT_LIST_URL_WITH_PATH;
	*host = url;
	host->at += begin;
	host->size = end - begin;
	struct bt_line name = *host;
	name = bt_list_until(&name, ':');
	return bt_list_target(name) != BT_TARGET_NONE || (host->size > 0 && host->at[0] == '[')
		   ? "an address, which is no name"
		   : NULL;
}

const char *bt_list_why_no_name(const struct bt_list_parse *parse, struct bt_line word)
{
	if (parse->reader->all_urls || word.size == 0 ||
	    (memchr(word.at, '/', word.size) == NULL && memchr(word.at, '\\', word.size) == NULL))
		return NULL;
	return has_path(word, end_of_host(word, behind_scheme(word))) ? BT_LIST_URL_WITH_PATH
								      : NULL;
}
