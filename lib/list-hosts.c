/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * list-hosts.c -- hosts(5) files: an address, then names
 *
 * A name in a hosts file means that host alone. Lines that send a name to an address that is
 * neither unspecified nor loopback belong to somebody's network, not to a blocklist, and are bad
 * lines. Names that such files hold for the machine itself (localhost, ip6-allnodes, ...) are left
 * out without a word.
 */

#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

#include "list-formats.h"
#include "refang.h"

static bool is_own_name(struct bt_line word)
{
	static const char *const own[] = {
	    "localhost", "localhost.localdomain", "local", "broadcasthost", "ip6-localhost",
	    "ip6-loopback", "ip6-localnet", "ip6-mcastprefix", "ip6-allnodes", "ip6-allrouters",
	    "ip6-allhosts", "0.0.0.0", "::1", "127.0.0.1",
	};
	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		if (strlen(own[i]) == word.size && strncasecmp(own[i], word.at, word.size) == 0)
			return true;
	return false;
}

enum target { TARGET_NOWHERE, TARGET_ELSEWHERE, TARGET_NONE };

static enum target target_of(struct bt_line word)
{
	char text[INET6_ADDRSTRLEN];
	struct in_addr ipv4;
	struct in6_addr ipv6;
	const char *zone = memchr(word.at, '%', word.size); /* fe80::1%lo0 */
	size_t size = zone != NULL ? (size_t)(zone - word.at) : word.size;
	if (size >= sizeof(text))
		return TARGET_NONE;
	memcpy(text, word.at, size);
	text[size] = '\0';
	if (inet_pton(AF_INET, text, &ipv4) == 1) {
		uint32_t host = ntohl(ipv4.s_addr);
		return host == 0 || host >> 24 == 127 ? TARGET_NOWHERE : TARGET_ELSEWHERE;
	}
	if (inet_pton(AF_INET6, text, &ipv6) == 1)
		return IN6_IS_ADDR_UNSPECIFIED(&ipv6) || IN6_IS_ADDR_LOOPBACK(&ipv6)
		    ? TARGET_NOWHERE
		    : TARGET_ELSEWHERE;
	return TARGET_NONE;
}

static bool read_names(struct bt_list_parse *parse, struct bt_line line, struct bt_err *err)
{
	for (struct bt_line word; (word = bt_list_word(&line)).size > 0;) {
		struct bt_key key;
		if (is_own_name(word))
			continue;
		const char *reason = bt_refang_key(&key, word.at, word.size);
		const struct bt_entry entry = {
		    .key = &key, .scope = BT_SCOPE_EXACT, .line = line.number};
		if (reason != NULL)
			bt_list_bad(parse, line.number, reason);
		else if (!bt_list_emit(parse, &entry, err))
			return false;
	}
	return true;
}

static bool only_own_names(struct bt_line line)
{
	for (struct bt_line word; (word = bt_list_word(&line)).size > 0;)
		if (!is_own_name(word))
			return false;
	return true;
}

static bool read_line(struct bt_list_parse *parse, struct bt_line line, struct bt_err *err)
{
	struct bt_line address = bt_list_word(&line);
	enum target target = target_of(address);
	if (target == TARGET_NONE)
		bt_list_bad(parse, line.number, "expected an address at the beginning of the line");
	else if (bt_list_word(&(struct bt_line){line.at, line.size, 0}).size == 0)
		bt_list_bad(parse, line.number, "an address without a name");
	else if (target == TARGET_NOWHERE)
		return read_names(parse, line, err);
	else if (!only_own_names(line))
		bt_list_bad(parse, line.number,
		    "address is neither 0.0.0.0 nor loopback: not a blocking entry");
	return true;
}

bool bt_list_hosts(struct bt_list_parse *parse, const char *text, size_t size, struct bt_err *err)
{
	return bt_list_lines(parse, text, size, read_line, err);
}
