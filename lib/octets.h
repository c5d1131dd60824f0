/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * octets.h -- many octets at once, without a branch
 *
 * What a page is searched with: with vectors, or in words of eight octets where there are none.
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

enum { BT_OCTETS = 64, BT_OCTETS_ROW = 16 };

/* Of eight octets, the highest bit of those that are zero; all others 0. */
static inline uint64_t bt_octets_zero8(uint64_t octets)
{
	const uint64_t high = BT_EACH << 7;
	return ~(((octets & ~high) + ~high) | octets | ~high);
}

/* Bit i is set if at[i] is `octet`, of BT_OCTETS octets. */
static inline uint64_t bt_octets_equal(const uint8_t *at, uint8_t octet)
{
	uint64_t bits = 0;
#ifdef __SSE2__
	const __m128i all = _mm_set1_epi8((char)octet);
	__m128i octets;
#	pragma GCC unroll 4
	for (unsigned i = 0; i < BT_OCTETS; i += 16) {
		memcpy(&octets, at + i, sizeof(octets));
		octets = _mm_cmpeq_epi8(octets, all);
		bits |= (uint64_t)(unsigned)_mm_movemask_epi8(octets) << i;
	}
#else
	/* The factor moves the highest bit of octet i to bit 56 + i. */
	for (unsigned i = 0; i < BT_OCTETS; i += 8)
		bits |= (bt_octets_zero8(bt_get64(at + i) ^ BT_EACH * octet) *
				UINT64_C(0x0002040810204081) >>
			    56)
			<< i;
#endif
	return bits;
}

/*
 * Of BT_OCTETS_ROW octets, how many are not above `octet`; *excess: the sum of how much it is above
 * each of these.
 */
static inline unsigned bt_octets_not_above(const uint8_t *at, uint8_t octet, unsigned *excess)
{
#ifdef __SSE2__
	const __m128i all = _mm_set1_epi8((char)octet), zero = _mm_setzero_si128();
	__m128i octets;
	memcpy(&octets, at, sizeof(octets));
	__m128i above = _mm_cmpeq_epi8(_mm_subs_epu8(octets, all), zero);
	__m128i sums = _mm_sad_epu8(_mm_subs_epu8(all, octets), zero);
	__m128i counts = _mm_sad_epu8(_mm_sub_epi8(zero, above), zero);
	sums = _mm_add_epi32(sums, _mm_slli_epi32(counts, 16));
	sums = _mm_add_epi32(sums, _mm_unpackhi_epi64(sums, sums));
	unsigned both = (unsigned)_mm_cvtsi128_si32(sums);
	*excess = both & 0xffff;
	return both >> 16;
#else
	unsigned count = 0, sum = 0;
	for (unsigned i = 0; i < BT_OCTETS_ROW; i++) {
		count += at[i] <= octet;
		sum += at[i] <= octet ? (unsigned)(octet - at[i]) : 0;
	}
	*excess = sum;
	return count;
#endif
}

#endif
