/* SPDX-License-Identifier: BSD-3-Clause */
/* log-text.c -- query logs: numbers, addresses, types and names in a line */

#include <arpa/inet.h>

#include "log-format.h"

bool bt_log_number(struct bt_text text, uint64_t most, uint64_t *number)
{
	uint64_t value = 0;
	if (text.at == text.end || bt_text_size(&text) > 18)
		return false;
	for (; text.at < text.end; text.at++) {
		if (*text.at < '0' || *text.at > '9')
			return false;
		value = value * 10 + (uint64_t)(*text.at - '0');
	}
	if (value > most)
		return false;
	*number = value;
	return true;
}

bool bt_log_seconds(struct bt_text text, int64_t *milliseconds)
{
	struct bt_text whole = bt_text_until(&text, '.');
	uint64_t seconds;
	int64_t fraction = 0;
	if (!bt_log_number(whole, INT64_MAX / 1000000, &seconds))
		return false;
	for (int64_t weight = 100; text.at < text.end; weight /= 10, text.at++) {
		if (*text.at < '0' || *text.at > '9')
			return false;
		fraction += (*text.at - '0') * weight;
	}
	*milliseconds = (int64_t)seconds * 1000 + fraction;
	return true;
}

/* ---- addresses ---- */

/* inet_pton takes three times as long, and nearly all addresses in logs are such. */
static bool read_ipv4(struct bt_text text, uint8_t *octets)
{
	for (int i = 0; i < 4; i++) {
		unsigned value = 0, digits = 0;
		for (; text.at < text.end && *text.at >= '0' && *text.at <= '9'; text.at++) {
			value = value * 10 + (unsigned)(*text.at - '0');
			if (++digits > 3)
				return false;
		}
		bool more = i < 3;
		if (digits == 0 || value > 255 || (text.at < text.end) != more ||
		    (more && *text.at++ != '.'))
			return false;
		octets[i] = (uint8_t)value;
	}
	return true;
}

bool bt_log_address(struct bt_text text, uint8_t address[static BT_ADDRESS_SIZE])
{
	static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
	uint8_t octets[BT_ADDRESS_SIZE];
	char copy[INET6_ADDRSTRLEN];
	if (read_ipv4(text, octets + sizeof(mapped))) {
		memcpy(octets, mapped, sizeof(mapped));
		memcpy(address, octets, sizeof(octets));
		return true;
	}
	struct bt_text alone = bt_text_until(&text, '%');
	size_t size = bt_text_size(&alone);
	if (size >= sizeof(copy) || memchr(alone.at, ':', size) == NULL ||
	    memchr(alone.at, '\0', size) != NULL)
		return false;
	memcpy(copy, alone.at, size);
	copy[size] = '\0';
	return bt_address_read(address, copy);
}

/* ---- types ---- */

/* Of those that clients ask for; of any other it is enough that somebody asked. */
static const struct {
	const char *name;
	uint16_t type;
} types[] = {
    {"A", 1},
    {"AAAA", 28},
    {"HTTPS", 65},
    {"PTR", 12},
    {"SRV", 33},
    {"TXT", 16},
    {"MX", 15},
    {"NS", 2},
    {"SOA", 6},
    {"CNAME", 5},
    {"DS", 43},
    {"DNSKEY", 48},
    {"SVCB", 64},
    {"ANY", 255},
    {"NAPTR", 35},
    {"CAA", 257},
    {"TLSA", 52},
    {"SSHFP", 44},
    {"NULL", 10},
    {"HINFO", 13},
    {"SPF", 99},
    {"RRSIG", 46},
    {"NSEC", 47},
    {"NSEC3", 50},
    {"DNAME", 39},
    {"LOC", 29},
    {"URI", 256},
    {"*", 255},
};

uint16_t bt_log_type(struct bt_text text)
{
	uint64_t number;
	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++)
		if (bt_text_is(text, types[i].name))
			return types[i].type;
	if ((bt_text_take(&text, "TYPE") || bt_text_take(&text, "type=")) &&
	    bt_log_number(text, UINT16_MAX, &number))
		return (uint16_t)number;
	return 0;
}

/* ---- names ---- */

size_t bt_log_escape(char to[static 4], unsigned octet)
{
	to[0] = '\\';
	to[1] = (char)('0' + octet / 100);
	to[2] = (char)('0' + octet / 10 % 10);
	to[3] = (char)('0' + octet % 10);
	return 4;
}

enum bt_log_said bt_log_raw_name(
    struct bt_log_source *source, struct bt_text text, struct bt_log_query *query)
{
	char escaped[BT_TEXT_MAX + 4];
	size_t size = 0;
	if (memchr(text.at, '\\', bt_text_size(&text)) == NULL &&
	    bt_log_name(source, text, query) == BT_LOG_QUERY)
		return BT_LOG_QUERY;
	for (; text.at < text.end; text.at++) {
		unsigned char c = (unsigned char)*text.at;
		if (size >= BT_TEXT_MAX)
			return bt_log_bad(source, bt_name_reason(BT_NAME_LONG));
		if (c <= ' ' || c >= 127 || c == '\\')
			size += bt_log_escape(escaped + size, c);
		else
			escaped[size++] = (char)c;
	}
	return bt_log_name(source, (struct bt_text){escaped, escaped + size}, query);
}

enum bt_log_said bt_log_name(
    struct bt_log_source *source, struct bt_text text, struct bt_log_query *query)
{
	enum bt_name_status status = bt_key_from_text(&query->key, text.at, bt_text_size(&text));
	return status == BT_NAME_OK ? BT_LOG_QUERY : bt_log_bad(source, bt_name_reason(status));
}
