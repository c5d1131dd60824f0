/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * octets.h -- many octets, half octets or bits at once, without a branch
 *
 * A search that goes through a block by steps of a few octets spends its time on branches that no
 * processor can predict; looking at all of them at once is cheaper, with vectors or without.
 */
#ifndef BT_OCTETS_H
#define BT_OCTETS_H

#include <stdint.h>
#include <string.h>

#ifdef __SSE2__
#	include <emmintrin.h>
#endif

#include "endian.h"

#define BT_EACH UINT64_C(0x0101010101010101) /* octet of a word */

enum { BT_OCTETS = 64 };

/* ---- octets ---- */

/* Of eight octets, the highest bit of those that are not below `octet`; all others 0. */
static inline uint64_t bt_octets_not_below8(uint64_t octets, uint8_t octet)
{
	const uint64_t high = BT_EACH << 7;
	uint64_t b = BT_EACH * octet;
	return ((octets & ~b) | (~(octets ^ b) & ((octets | high) - (b & ~high)))) & high;
}

/* Bit i is set if at[i] is not below `octet`, of BT_OCTETS octets. */
static inline uint64_t bt_octets_not_below(const uint8_t *at, uint8_t octet)
{
	uint64_t bits = 0;
#ifdef __SSE2__
	__m128i octets, least = _mm_set1_epi8((char)octet);
#	pragma GCC unroll 4
	for (unsigned i = 0; i < BT_OCTETS; i += 16) {
		memcpy(&octets, at + i, sizeof(octets));
		octets = _mm_cmpeq_epi8(_mm_max_epu8(octets, least), octets);
		bits |= (uint64_t)(unsigned)_mm_movemask_epi8(octets) << i;
	}
#else
	/* The factor moves the highest bit of octet i to bit 56 + i. */
	for (unsigned i = 0; i < BT_OCTETS; i += 8)
		bits |=
		    (bt_octets_not_below8(bt_get64(at + i), octet) * UINT64_C(0x0002040810204081) >>
			56)
		    << i;
#endif
	return bits;
}

/* ---- half octets ---- */

/* Sum of the first `count` half octets, BT_OCTETS at most; of an octet, the lower half is first. */
static inline unsigned bt_halves_sum(const uint8_t *at, unsigned count)
{
	unsigned whole = count / 2;
	unsigned sum = count % 2 * (at[whole] & 0xfu);
#ifdef __SSE2__
	const __m128i place = _mm_set_epi8(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
	const __m128i low = _mm_set1_epi8(0xf), zero = _mm_setzero_si128();
	__m128i sums = zero, halves;
#	pragma GCC unroll 2
	for (int i = 0; i < BT_OCTETS / 2; i += 16) {
		__m128i counted = _mm_cmpgt_epi8(_mm_set1_epi8((char)((int)whole - i)), place);
		memcpy(&halves, at + i, sizeof(halves));
		halves = _mm_and_si128(halves, counted);
		halves = _mm_add_epi8(
		    _mm_and_si128(halves, low), _mm_and_si128(_mm_srli_epi16(halves, 4), low));
		sums = _mm_add_epi64(sums, _mm_sad_epu8(halves, zero));
	}
	return sum + (unsigned)_mm_cvtsi128_si32(sums) +
	       (unsigned)_mm_cvtsi128_si32(_mm_unpackhi_epi64(sums, sums));
#else
	for (; whole >= 8; whole -= 8, at += 8) {
		uint64_t halves = bt_get64(at);
		halves = (halves & BT_EACH * 0xf) + (halves >> 4 & BT_EACH * 0xf);
		sum += (unsigned)(halves * BT_EACH >> 56);
	}
	uint64_t halves = bt_get64(at) & (((uint64_t)1 << 8 * whole) - 1);
	halves = (halves & BT_EACH * 0xf) + (halves >> 4 & BT_EACH * 0xf);
	return sum + (unsigned)(halves * BT_EACH >> 56);
#endif
}

/* ---- bits ---- */

/* Bits that are set in the word. Without an instruction for it, compilers would call a function. */
static inline unsigned bt_word_count(uint64_t word)
{
#ifdef __POPCNT__
	return (unsigned)__builtin_popcountll(word);
#else
	word -= word >> 1 & BT_EACH * 0x55;
	word = (word & BT_EACH * 0x33) + (word >> 2 & BT_EACH * 0x33);
	return (unsigned)(((word + (word >> 4)) & BT_EACH * 0x0f) * BT_EACH >> 56);
#endif
}

/* Bits that are set of the first `count`, 255 at most: in most blocks in the first two words. */
static inline unsigned bt_bits_count(const uint8_t *at, unsigned count)
{
	unsigned set = 0;
	for (; count >= 64; count -= 64, at += 8)
		set += bt_word_count(bt_get64(at));
	return set + bt_word_count(bt_get64(at) & (((uint64_t)1 << count) - 1));
}

#endif
