/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * trie-place.h -- where a name stands
 *
 * The pages are the children of one wide node: a name's place, a number of as many bits as there
 * are of pages and of a tag, tells its page and its tag there. A place is the sum of two numbers:
 * one is made of the first letters of the name's first label behind its head, the other is a hash
 * of all its other octets. So whoever reads the other octets in a page, and knows the place, knows
 * the letters, which do not stand there: what is in a page is a name, not a sign of one.
 * (Quotienting: Cleary, Compact Hash Tables Using Bidirectional Linear Probing, 1984; for tries:
 * Darragh, Cleary, Witten, Bonsai, 1993.)
 *
 * Threads: as trie.h.
 */
#ifndef BT_TRIE_PLACE_H
#define BT_TRIE_PLACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "trie-code.h"
#include "trie-format.h"

struct bt_pages {
	const uint8_t *bytes;
	uint32_t count;
	unsigned log; /* of the count, rounded down */
};

static inline unsigned bt_log2(uint32_t count)
{
	return 31 - (unsigned)__builtin_clz(count | 1);
}

/* How places are made in one file. */
struct bt_places {
	uint64_t seed;
	uint32_t mask;    /* of the bits of a place: those of a number of pages and of a tag */
	unsigned bits;    /* so many */
	unsigned letters; /* that are in it, as many as the bits can tell at most */
};

/* The bits of places, given the pages that are not of the annex. */
static inline unsigned bt_place_bits(const struct bt_pages *pages)
{
	return pages->log + BT_TAG_BITS;
}

/* How many letters there can be in a place of so many bits. */
static inline unsigned bt_place_letters_most(unsigned bits)
{
	unsigned letters = 0;
	for (uint64_t values = BT_LETTERS;
	     letters < BT_PLACE_LETTERS && values <= (uint64_t)1 << bits; values *= BT_LETTERS)
		letters++;
	return letters;
}

static inline struct bt_places bt_places(unsigned bits, unsigned letters, uint64_t seed)
{
	return (struct bt_places){
	    .seed = seed,
	    .mask = (uint32_t)(((uint64_t)1 << bits) - 1),
	    .bits = bits,
	    .letters = letters,
	};
}

/* Other odd factors. */
#define BT_FACTOR_HASH UINT64_C(0xd6e8feb86659fd93)
#define BT_FACTOR_STEP UINT64_C(0x94d049bb133111ea)

/*
 * The letters of a label that are in the place, as a number: those before the first octet that is
 * none, `most` at most. Returns how many they are.
 */
BT_INLINE unsigned bt_place_letters(
    const struct bt_codes *codes, unsigned most, const uint8_t *label, uint32_t *number)
{
	uint32_t sum = 0;
#pragma GCC unroll 5
	for (unsigned i = 0; i < BT_PLACE_LETTERS && i < most; i++)
		sum += codes->letters[i][label[1 + i]];
	if (label[0] >= most && sum < BT_NO_LETTER) {
		*number = sum;
		return most;
	}
	unsigned count = 0;
	for (sum = 0; count < most && count < label[0]; count++) {
		uint32_t letter = codes->letters[count][label[1 + count]];
		if (letter == BT_NO_LETTER)
			break;
		sum += letter;
	}
	*number = sum;
	return count;
}

/* A name, and those above it, as far as their places are known. */
struct bt_placer {
	const uint8_t *at; /* the octets that are not yet in the sum */
	uint64_t sum, factor, seed;
	uint32_t number; /* of the letters */
};

BT_INLINE uint64_t bt_place_term(const struct bt_placer *p, uint64_t octets)
{
	octets = (octets ^ p->seed) * BT_GOLDEN;
	return (octets ^ octets >> 32) * p->factor;
}

BT_INLINE void bt_place_add(struct bt_placer *p, uint64_t octets)
{
	p->sum += bt_place_term(p, octets);
	p->factor += BT_FACTOR_STEP;
}

/*
 * For names that begin with the first `head` octets of a key, their head, and have more labels:
 * returns how many letters of the first of these are in the place. Eight octets can be read behind
 * the last.
 */
BT_INLINE unsigned bt_place_begin(struct bt_placer *p, const struct bt_codes *codes,
    const struct bt_places *places, const uint8_t *key, unsigned head)
{
	const uint8_t *label = key + head;
	*p = (struct bt_placer){.factor = BT_FACTOR_HASH, .seed = places->seed};
	for (; head > 8; head -= 8, key += 8)
		bt_place_add(p, bt_get64(key));
	bt_place_add(p, bt_some_octets(key, head));
	p->sum += label[0] * BT_FACTOR_STEP;
	unsigned letters = bt_place_letters(codes, places->letters, label, &p->number);
	p->at = label + 1 + letters;
	return letters;
}

/* For the head alone. */
BT_INLINE void bt_place_begin_head(
    struct bt_placer *p, const struct bt_places *places, const uint8_t *key, unsigned head)
{
	*p = (struct bt_placer){.factor = BT_FACTOR_HASH, .seed = places->seed, .at = key + head};
	for (; head > 8; head -= 8, key += 8)
		bt_place_add(p, bt_get64(key));
	bt_place_add(p, bt_some_octets(key, head));
}

/*
 * Hash of all octets but the letters, of the one that ends at `end`, which comes after those that
 * were asked for.
 */
BT_INLINE uint64_t bt_place_hash(struct bt_placer *p, const uint8_t *end)
{
	for (; end - p->at > 8; p->at += 8)
		bt_place_add(p, bt_get64(p->at));
	uint64_t sum = p->sum;
	if (end > p->at)
		sum += bt_place_term(p, bt_some_octets(p->at, (size_t)(end - p->at)));
	return (sum ^ sum >> 32) * BT_FACTOR_HASH;
}

/* The place of a name with these letters, and that hash, of which the upper half counts. */
BT_INLINE uint32_t bt_place_join(const struct bt_places *places, uint32_t letters, uint64_t hash)
{
	return (uint32_t)(letters * BT_GOLDEN + (hash >> (-places->bits & 63))) & places->mask;
}

BT_INLINE uint32_t bt_place(struct bt_placer *p, const struct bt_places *places, const uint8_t *end)
{
	return bt_place_join(places, p->number, bt_place_hash(p, end));
}

/* ---- pages ---- */

struct bt_spot {
	uint32_t page;
	uint8_t tag;
	uint8_t spare; /* of an annex: the bits of a place that neither page nor tag tell */
};

BT_INLINE struct bt_spot bt_spot(
    const struct bt_pages *pages, const struct bt_places *places, uint32_t place)
{
	uint64_t wide = (uint64_t)place * pages->count;
	return (struct bt_spot){.page = (uint32_t)(wide >> places->bits),
	    .tag = (uint8_t)(((uint32_t)wide & places->mask) >> pages->log)};
}

/* The factor that spreads names anew over the pages of annex number `annex`, 1 or more. */
static inline uint64_t bt_annex_factor(unsigned annex)
{
	return BT_FACTOR_HASH + annex * BT_FACTOR_STEP;
}

static inline unsigned bt_spare_bits(const struct bt_pages *pages, const struct bt_places *places)
{
	return places->bits - BT_TAG_BITS - pages->log;
}

static inline struct bt_spot bt_annex_spot(
    const struct bt_pages *pages, unsigned annex, const struct bt_places *places, uint32_t place)
{
	uint64_t wide = (place * bt_annex_factor(annex) & places->mask) * pages->count;
	uint64_t left = (wide & places->mask) >> pages->log;
	unsigned spare = bt_spare_bits(pages, places);
	return (struct bt_spot){.page = (uint32_t)(wide >> places->bits),
	    .tag = (uint8_t)(left >> spare),
	    .spare = (uint8_t)(left & ((1u << spare) - 1))};
}

#endif
