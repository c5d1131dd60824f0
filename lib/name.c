/* SPDX-License-Identifier: BSD-3-Clause */
/* name.c -- domain names, and the keys that the trie is made of */

#include <stdbool.h>
#include <string.h>

#include "name.h"

static const char *const reasons[] = {
    [BT_NAME_OK] = "ok",
    [BT_NAME_EMPTY] = "empty name",
    [BT_NAME_EMPTY_LABEL] = "empty label (two dots in a row, or a dot in front)",
    [BT_NAME_LONG_LABEL] = "label longer than 63 octets",
    [BT_NAME_LONG] = "name longer than 255 octets",
    [BT_NAME_ESCAPE] = "bad escape: expected \\X or \\DDD up to \\255",
    [BT_NAME_BYTE] = "unexpected character in a name (write an international name as xn--...)",
    [BT_NAME_WIRE] = "wire form is cut off or compressed",
};

const char *bt_name_reason(enum bt_name_status status)
{
	return reasons[status];
}

static inline uint8_t lower(uint8_t byte)
{
	return byte >= 'A' && byte <= 'Z' ? (uint8_t)(byte | 0x20) : byte;
}

/* Writes the key from its end to its front while the wire form is read from front to end. */
static void reverse_labels(struct bt_key *key, const uint8_t *wire, size_t size, unsigned labels)
{
	uint8_t *at = key->bytes + size;
	while (at > key->bytes) {
		unsigned octets = *wire + 1u;
		at -= octets;
		at[0] = *wire;
		for (unsigned i = 1; i < octets; i++)
			at[i] = lower(wire[i]);
		wire += octets;
	}
	key->len = (uint8_t)size;
	key->labels = (uint8_t)labels;
}

enum bt_name_status bt_key_from_wire(struct bt_key *key, const uint8_t *wire, size_t size)
{
	size_t at = 0;
	unsigned labels = 0;
	for (;;) {
		if (at >= size)
			return BT_NAME_WIRE;
		if (wire[at] == 0)
			break;
		if (wire[at] > BT_LABEL_MAX)
			return BT_NAME_WIRE;
		at += wire[at] + 1u;
		if (at > BT_KEY_MAX)
			return BT_NAME_LONG;
		labels++;
	}
	reverse_labels(key, wire, at, labels);
	return BT_NAME_OK;
}

static bool has_upper(const uint8_t *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (lower(bytes[i]) != bytes[i])
			return true;
	return false;
}

int bt_key_labels(const uint8_t *bytes, size_t size)
{
	if (size > BT_KEY_MAX || has_upper(bytes, size))
		return -1;
	size_t at = 0;
	int labels = 0;
	while (at < size) {
		if (bytes[at] == 0 || bytes[at] > BT_LABEL_MAX || bytes[at] >= size - at)
			return -1;
		at += bytes[at] + 1u;
		labels++;
	}
	return labels;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* One character of a name in presentation form, escapes undone; *at moves past it. */
static enum bt_name_status read_octet(const char *text, size_t size, size_t *at, uint8_t *octet)
{
	unsigned char c = (unsigned char)text[*at];
	if (c != '\\') {
		if (c <= ' ' || c >= 127)
			return BT_NAME_BYTE;
		*octet = c;
		*at += 1;
		return BT_NAME_OK;
	}
	size_t left = size - *at - 1;
	const char *escaped = text + *at + 1;
	if (left >= 3 && is_digit(escaped[0]) && is_digit(escaped[1]) && is_digit(escaped[2])) {
		int value = (escaped[0] - '0') * 100 + (escaped[1] - '0') * 10 + (escaped[2] - '0');
		if (value > 255)
			return BT_NAME_ESCAPE;
		*octet = (uint8_t)value;
		*at += 4;
		return BT_NAME_OK;
	}
	if (left < 1 || is_digit(escaped[0]) || escaped[0] < ' ' || escaped[0] > '~')
		return BT_NAME_ESCAPE;
	*octet = (uint8_t)escaped[0];
	*at += 2;
	return BT_NAME_OK;
}

enum bt_name_status bt_key_from_text(struct bt_key *key, const char *text, size_t size)
{
	uint8_t wire[BT_NAME_MAX];
	size_t used = 0;
	unsigned labels = 0;

	if (size == 0)
		return BT_NAME_EMPTY;
	if (size == 1 && text[0] == '.') {
		key->len = key->labels = 0;
		return BT_NAME_OK;
	}
	for (size_t at = 0; at < size;
	     at++) { /* a label each time round; at++ steps over its dot */
		size_t length_at = used++;
		while (at < size && text[at] != '.') {
			uint8_t octet;
			enum bt_name_status status = read_octet(text, size, &at, &octet);
			if (status != BT_NAME_OK)
				return status;
			if (used - length_at > BT_LABEL_MAX)
				return BT_NAME_LONG_LABEL;
			if (used >= BT_KEY_MAX)
				return BT_NAME_LONG;
			wire[used++] = octet;
		}
		if (used == length_at + 1)
			return BT_NAME_EMPTY_LABEL;
		wire[length_at] = (uint8_t)(used - length_at - 1);
		labels++;
	}
	reverse_labels(key, wire, used, labels);
	return BT_NAME_OK;
}

size_t bt_key_to_wire(uint8_t wire[static BT_NAME_MAX], const uint8_t *bytes, size_t size)
{
	if (bt_key_labels(bytes, size) < 0)
		return 0;
	uint8_t *at = wire + size;
	*at = 0;
	while (at > wire) {
		unsigned octets = *bytes + 1u;
		at -= octets;
		memcpy(at, bytes, octets);
		bytes += octets;
	}
	return size + 1;
}

/* RFC 1035 5.1: what a master file would need quoted, and what a terminal should not see. */
static size_t write_octet(char *out, uint8_t octet)
{
	if (octet <= ' ' || octet >= 127) {
		out[0] = '\\';
		out[1] = (char)('0' + octet / 100);
		out[2] = (char)('0' + octet / 10 % 10);
		out[3] = (char)('0' + octet % 10);
		return 4;
	}
	if (strchr(".\\\"();@$", octet) != NULL) {
		out[0] = '\\';
		out[1] = (char)octet;
		return 2;
	}
	out[0] = (char)octet;
	return 1;
}

size_t bt_key_to_text(char text[static BT_TEXT_MAX + 1], const uint8_t *bytes, size_t size)
{
	uint8_t wire[BT_NAME_MAX];
	char *out = text;
	*out = '\0';
	if (bt_key_to_wire(wire, bytes, size) == 0)
		return 0;
	for (const uint8_t *label = wire; *label != 0; label += *label + 1) {
		if (out != text)
			*out++ = '.';
		for (unsigned i = 1; i <= *label; i++)
			out += write_octet(out, label[i]);
	}
	if (out == text)
		*out++ = '.';
	*out = '\0';
	return (size_t)(out - text);
}

size_t bt_key_ancestor(const struct bt_key *key, unsigned labels)
{
	size_t at = 0;
	while (labels-- > 0 && at < key->len)
		at += key->bytes[at] + 1u;
	return at;
}
