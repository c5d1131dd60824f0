/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * list-hosts.c -- hosts(5) files: an address, then names
 *
 * A name in a hosts file means that host alone.
 *
 * Only lines that send names nowhere block them: to 0.0.0.0 (or "0"), 127.0.0.0/8, :: or ::1. A
 * line with another address belongs to somebody's network and is a bad line. Names that hosts
 * files hold for the machine itself (localhost, broadcasthost, ip6-allnodes, "0.0.0.0", ...) are
 * left out without a word, whatever their address is. Each bad name of a line counts by itself,
 * and the others stand.
 */

#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

#include "list-formats.h"

/* ---- names ---- */

static bool is_own_name(struct bt_line word)
{
	static const char *const own[] = {
	    "localhost",
	    "localhost.localdomain",
	    "localhost4",
	    "localhost4.localdomain4",
	    "localhost6",
	    "localhost6.localdomain6",
	    "localdomain",
	    "local",
	    "loopback",
	    "broadcasthost",
	    "0.0.0.0",
	    "127.0.0.1",
	    "255.255.255.255",
	    "::",
	    "::1",
	};
	if (word.size > 0 && word.at[word.size - 1] == '.')
		word.size--;
	if (word.size > 4 && strncasecmp(word.at, "ip6-", 4) == 0 &&
	    memchr(word.at, '.', word.size) == NULL)
		return true;
	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		if (bt_list_is(word, own[i]))
			return true;
	return false;
}

static bool only_own_names(struct bt_line line)
{
	for (struct bt_line word; (word = bt_list_word(&line)).size > 0;)
		if (!is_own_name(word))
			return false;
	return true;
}

static bool read_names(struct bt_list_parse *parse, struct bt_line line, struct bt_err *err)
{
	for (struct bt_line word; (word = bt_list_word(&line)).size > 0;) {
		struct bt_key key;
		if (is_own_name(word))
			continue;
		const struct bt_entry entry = {
		    .key = &key, .scope = BT_SCOPE_EXACT, .line = line.number};
		if (bt_list_key(parse, &key, word, false) && !bt_list_emit(parse, &entry, err))
			return false;
	}
	return true;
}

/* ---- addresses ---- */

static enum bt_target target_of_ipv4(struct in_addr ipv4)
{
	uint32_t host = ntohl(ipv4.s_addr);
	return host == 0 || host >> 24 == 127 ? BT_TARGET_NOWHERE : BT_TARGET_ELSEWHERE;
}

static enum bt_target target_of_ipv6(const struct in6_addr *ipv6)
{
	if (IN6_IS_ADDR_V4MAPPED(ipv6)) {
		struct in_addr ipv4;
		memcpy(&ipv4, ipv6->s6_addr + 12, sizeof(ipv4));
		return target_of_ipv4(ipv4);
	}
	return IN6_IS_ADDR_UNSPECIFIED(ipv6) || IN6_IS_ADDR_LOOPBACK(ipv6) ? BT_TARGET_NOWHERE
									   : BT_TARGET_ELSEWHERE;
}

enum bt_target bt_list_target(struct bt_line word)
{
	if (bt_list_is(word, "0.0.0.0") || bt_list_is(word, "0"))
		return BT_TARGET_NOWHERE;

	char text[INET6_ADDRSTRLEN];
	struct in_addr ipv4;
	struct in6_addr ipv6;
	const char *zone = memchr(word.at, '%', word.size); /* fe80::1%lo0 */
	size_t size = zone != NULL ? (size_t)(zone - word.at) : word.size;
	if (size >= sizeof(text))
		return BT_TARGET_NONE;
	memcpy(text, word.at, size);
	text[size] = '\0';
	if (strlen(text) != size)
		return BT_TARGET_NONE;
	if (inet_pton(AF_INET, text, &ipv4) == 1)
		return target_of_ipv4(ipv4);
	return inet_pton(AF_INET6, text, &ipv6) == 1 ? target_of_ipv6(&ipv6) : BT_TARGET_NONE;
}

static bool read_line(struct bt_list_parse *parse, struct bt_line line, struct bt_err *err)
{
	enum bt_target target = bt_list_target(bt_list_word(&line));
	if (target == BT_TARGET_NONE)
		bt_list_bad(parse, line.number, "expected an address, then names");
	else if (line.size == 0)
		bt_list_bad(parse, line.number, "an address without a name");
	else if (target == BT_TARGET_NOWHERE)
		return read_names(parse, line, err);
	else if (!only_own_names(line))
		bt_list_bad(parse, line.number,
		    "names with an address of their own, which blocks nothing: expected 0.0.0.0, "
		    "127.0.0.1, :: or ::1");
	return true;
}

static bool tells(struct bt_line line)
{
	struct bt_line word = bt_list_word(&line);
	return line.size > 0 && bt_list_target(word) != BT_TARGET_NONE;
}

const struct bt_list_format bt_list_hosts = {
    .tells = tells, .comments = "#!;", .hash = true, .line = read_line};
