/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * varint.h -- numbers and octets in a row, for the writers and readers of segments
 *
 * A varint is an unsigned LEB128 number of at most 64 bits (DWARF 4, 7.6): seven bits an octet, the
 * lowest first, the top bit set in all octets but the last.
 *
 * Threads: no state.
 */
#ifndef BT_VARINT_H
#define BT_VARINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* ---- out: each returns where the next octet goes ---- */

enum { BT_VARINT_MAX = 10 /* octets */ };

static inline uint8_t *bt_put_varint(uint8_t *out, uint64_t value)
{
	while (value >= 0x80) {
		*out++ = (uint8_t)(value | 0x80);
		value >>= 7;
	}
	*out++ = (uint8_t)value;
	return out;
}

static inline uint8_t *bt_put_bytes(uint8_t *out, const void *bytes, size_t size)
{
	memcpy(out, bytes, size);
	return out + size;
}

/* A signed difference so that small ones are short: 0, -1, 1, -2, ... */
static inline uint64_t bt_zigzag(uint64_t difference)
{
	return difference << 1 ^ (0 - (difference >> 63));
}

static inline uint64_t bt_unzigzag(uint64_t value)
{
	return value >> 1 ^ (0 - (value & 1));
}

/* ---- in ---- */

/* What is left of the octets; once it was too short, it stays bad and gives zeros. */
struct bt_cursor {
	const uint8_t *at, *end;
	bool bad;
};

/* At most 256. */
static inline const uint8_t *bt_take_bytes(struct bt_cursor *in, size_t size)
{
	static const uint8_t zeros[256];
	if (in->bad || (size_t)(in->end - in->at) < size) {
		in->bad = true;
		return zeros;
	}
	const uint8_t *at = in->at;
	in->at += size;
	return at;
}

static inline uint8_t bt_take_octet(struct bt_cursor *in)
{
	return *bt_take_bytes(in, 1);
}

/* A number that must not be above `max`. */
static inline uint64_t bt_take_varint(struct bt_cursor *in, uint64_t max)
{
	uint64_t value = 0;
	for (unsigned shift = 0; shift < 64; shift += 7) {
		uint8_t octet = bt_take_octet(in);
		if (shift == 63 && octet > 1)
			break;
		value |= (uint64_t)(octet & 0x7f) << shift;
		if (octet < 0x80) {
			if (value > max)
				break;
			return value;
		}
	}
	in->bad = true;
	return 0;
}

#endif
