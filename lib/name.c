/* SPDX-License-Identifier: BSD-3-Clause */
/* name.c -- domain names, and the keys that the trie is made of */

#include <stdbool.h>
#include <string.h>

#include "endian.h"
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

/* ---- eight octets at a time: the top bit of each is the answer ---- */

#define ONES UINT64_C(0x0101010101010101)
#define TOPS (ONES << 7)

/* Of octets below 128, and least from 1 to 128. */
static inline uint64_t at_least(uint64_t octets, unsigned least)
{
	return (octets + (128 - least) * ONES) & TOPS;
}

static inline uint64_t equal_to(uint64_t octets, char c)
{
	return at_least((octets ^ (uint8_t)c * ONES) & ~TOPS, 1) ^ TOPS;
}

static inline uint64_t upper_of(uint64_t octets)
{
	uint64_t low = octets & ~TOPS;
	return at_least(low, 'A') & ~at_least(low, 'Z' + 1) & ~octets;
}

/* ---- wire form ---- */

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
	uint64_t found = 0;
	size_t at = 0;
	for (; at + 8 <= size; at += 8)
		found |= upper_of(bt_get64(bytes + at));
	for (; at < size; at++)
		found |= lower(bytes[at]) != bytes[at];
	return found != 0;
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

/* Eight characters that may stand in a name as they are. */
static bool is_plain(uint64_t octets)
{
	return (octets & TOPS) == 0 && at_least(octets, ' ' + 1) == TOPS &&
	       (at_least(octets, 127) | equal_to(octets, '\\')) == 0;
}

/* Bit i: the top bit of octet i. */
static uint64_t gather(uint64_t tops)
{
	return (tops >> 7) * UINT64_C(0x0102040810204080) >> 56;
}

/*
 * Lower case into to[]; which of the characters are dots, as bits. False if an octet is not plain.
 * The last eight overlap with those before them.
 */
static bool scan(uint8_t *to, const char *text, size_t size, uint64_t *dots)
{
	*dots = 0;
	for (size_t at = 0;; at = at + 16 <= size ? at + 8 : size - 8) {
		uint64_t octets = bt_get64(text + at);
		if (!is_plain(octets))
			return false;
		bt_put64(to + at, octets | upper_of(octets) >> 2);
		*dots |= gather(equal_to(octets, '.')) << at;
		if (at + 8 == size)
			return true;
	}
}

/*
 * Names as nearly all are: some characters, but at most 63 of them, and plain. False for any other
 * and for mistakes; *key is not written then.
 */
static bool read_plain(struct bt_key *key, const char *text, size_t size)
{
	enum { LEAST = 8, MOST = 63, STEP = 16 };
	uint8_t octets[MOST + STEP], *to = key->bytes;
	uint64_t dots;

	if (size < LEAST || size > MOST || !scan(octets, text, size, &dots))
		return false;
	if ((dots & (dots << 1 | 1)) != 0 || dots >> (size - 1) != 0)
		return false; /* a label without octets, or a dot at the end */
	key->labels = 0;
	for (size_t end = size;;) {
		size_t begin = dots != 0 ? 64 - (size_t)__builtin_clzll(dots) : 0;
		*to++ = (uint8_t)(end - begin);
		for (size_t at = begin; at < end; at += STEP) /* what is too much is written over */
			memcpy(to + at - begin, octets + at, STEP);
		to += end - begin;
		key->labels++;
		if (begin == 0)
			break;
		end = begin - 1;
		dots ^= UINT64_C(1) << end;
	}
	key->len = (uint8_t)(size + 1);
	return true;
}

static enum bt_name_status read_text(struct bt_key *key, const char *text, size_t size)
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

enum bt_name_status bt_key_from_text(struct bt_key *key, const char *text, size_t size)
{
	return read_plain(key, text, size) ? BT_NAME_OK : read_text(key, text, size);
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
	switch (octet) {
	case '.':
	case '\\':
	case '"':
	case '(':
	case ')':
	case ';':
	case '@':
	case '$':
		out[0] = '\\';
		out[1] = (char)octet;
		return 2;
	default:
		out[0] = (char)octet;
		return 1;
	}
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
