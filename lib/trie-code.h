/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * trie-code.h -- names as bits
 *
 * A name's code begins with that of its head: its first two labels or, if these have none, its
 * top-level label; where that has none either, it is spelled as the other labels are: two octets at
 * a time, for which there is one code. What ends a label is spelled with it: that the name ends
 * here, or that more labels follow. All are canonical Huffman codes. So no name's code is the begin
 * of another's. The first letters of the first label behind the head are left out: the name's place
 * tells them (trie-place.h).
 *
 * Each file has its own codes, made from its names (build-code.c). What no listed name needs has no
 * code: a name that cannot be coded is not listed.
 *
 * Threads: codes do not change after bt_codes_open.
 */
#ifndef BT_TRIE_CODE_H
#define BT_TRIE_CODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "endian.h"
#include "err.h"
#include "name.h"

/* What a lookup is made of: inline, so that its state is in registers. */
#define BT_INLINE static inline __attribute__((always_inline))

/* a to z, 0 to 9, "-" and "_" are letters 0 to 37. What is spelled is two symbols, of these: */
enum {
	BT_LETTERS = 38,
	BT_OTHER = BT_LETTERS, /* an octet that is no letter: alone, it stands behind its code */
	BT_FIRST_NONE,         /* the octets of the label are all spelled: its end */
	BT_FIRST_HEAD,         /* a head is: the name's end */
	BT_FIRSTS,

	/* After BT_FIRST_HEAD, symbols 0 to 4 tell how many letters are in the name's place, if
	   they are fewer than they could be. */

	BT_SECOND_ALONE = BT_OTHER + 1, /* one octet, since the next one is no letter */
	BT_SECOND_END,                  /* the name ends with this label */
	BT_SECOND_MORE,                 /* the label ends, and another follows */
	BT_SECONDS,
	BT_CELLS = BT_FIRSTS * BT_SECONDS,
};

enum {
	BT_CODE_BITS_MAX = 20,
	/* The longest is that of 250 octets in four labels, none a letter. */
	BT_CODE_MAX = 250 * (BT_CODE_BITS_MAX + 8) + 6 * BT_CODE_BITS_MAX,
	BT_CODE_WORDS = BT_CODE_MAX / 64 + 4, /* with zeros behind it */

	BT_TOP_SIZE = 8,   /* octets of a key with one label that can be a head, at most */
	BT_PAIR_SIZE = 16, /* with two */
	BT_TOP_HEADS = 127,
	BT_PAIR_HEADS = 64,
	BT_HEADS = BT_TOP_HEADS + BT_PAIR_HEADS + 1, /* with that of a spelled label */
	BT_TOP_SLOTS = 256,
	BT_PAIR_SLOTS = 128,
	BT_PAIR_HASHES = 1024,

	BT_PLACE_LETTERS = 5, /* of a name that its place tells, at most */
	BT_NO_LETTER = 1 << 28,

	BT_LEAST_MAX = 8,

	BT_TIERS = 4,
	BT_TIER_BITS_MAX = 30,
};

/* The section: counts, sizes of codes, then the parts that doc/trie-format.md has. */
enum {
	BT_CODES_AT_TOPS = 0,    /* u8 */
	BT_CODES_AT_PAIRS = 1,   /* u8 */
	BT_CODES_AT_SPELLED = 2, /* u8: bits of the code in place of a head */
	BT_CODES_AT_LEAST = 3,   /* u8: octets of an entry, at least */
	BT_CODES_AT_TIERS = 4,   /* u8 each: bits of a class's number in its tier */
	BT_CODES_AT_LETTERS = 8, /* u8: in a place */
	BT_CODES_AT_ZERO = 9,
	BT_CODES_HEADER = 12,
	BT_CELLS_NONE = 0x80, /* octets above: so many cells have no code */
};

/* A code, and in the lowest five bits its size in bits. 0: there is none. */
typedef uint32_t bt_cell;

static inline unsigned bt_cell_size(bt_cell cell)
{
	return cell & 0x1fu;
}

static inline uint32_t bt_cell_code(bt_cell cell)
{
	return cell >> 5;
}

/* The same with, in place of the code, how many of that size are before it: half the memory. */
typedef uint16_t bt_short;

struct bt_codes {
	bt_short cells[BT_FIRSTS][BT_SECONDS];
	uint32_t firsts[BT_CODE_BITS_MAX + 1]; /* the first code of each size of theirs */
	uint8_t symbols[256];
	bt_cell spelled; /* in place of a head */

	/* Classes in tiers: the first 2^bits, the next, and so on. */
	uint8_t tier_bits[BT_TIERS];
	uint8_t tier_size; /* bits that tell the tier: 0 if there is but one class */
	unsigned place_letters;
	unsigned least; /* octets of an entry, at least: zeros make up for the rest */
	uint32_t tier_begins[BT_TIERS];
	uint32_t classes; /* of the policy */

	/* What each octet adds to the number of the letters in a place, by where it stands. */
	uint32_t letters[BT_PLACE_LETTERS][256];

	/* Open addressing; a key as a number, 0: none. */
	struct bt_top {
		uint64_t key;
		bt_cell cell;
	} tops[BT_TOP_SLOTS];
	struct bt_pair_head {
		uint64_t key[2];
		bt_cell cell;
	} pairs[BT_PAIR_SLOTS];
	uint64_t
	    pair_bits[BT_PAIR_HASHES / 64]; /* of hashes: where none is set, there is no pair */
};

/* What it is short for; not of 0. */
static inline bt_cell bt_long(const struct bt_codes *codes, bt_short cell)
{
	unsigned size = bt_cell_size(cell);
	return (codes->firsts[size] + bt_cell_code(cell)) << 5 | size;
}

/* Reads codes from the `size` octets of their section, for classes below `classes`. */
bool bt_codes_open(struct bt_codes *codes, const uint8_t *bytes, size_t size, uint32_t classes,
    struct bt_err *err);

/*
 * Canonical codes from their sizes in bits: shorter ones first, then in the order of their numbers.
 * False if these are too many codes for such sizes.
 */
bool bt_cells_fill(bt_cell *cells, const uint8_t *bits, unsigned count);

/* What octets are in all files: symbols and letters. */
void bt_symbols_fill(struct bt_codes *codes);

/*
 * Gives a head a code: a key of one label or two, with zero octets up to BT_TOP_SIZE or
 * BT_PAIR_SIZE. False if it is none, or has one already.
 */
bool bt_codes_add_top(struct bt_codes *codes, const uint8_t *key, bt_cell cell);
bool bt_codes_add_pair(struct bt_codes *codes, const uint8_t *key, bt_cell cell);

/* ---- heads: for trie-code.c and what follows here ---- */

/* The first `size` octets of a key, 1 to 8, of which eight can be read. */
static inline uint64_t bt_head_octets(const uint8_t *key, unsigned size)
{
	return bt_get64(key) & UINT64_MAX >> (64 - 8 * size);
}

/* Multiplicative hashing, as in Knuth, The Art of Computer Programming 3, 6.4. */
#define BT_GOLDEN UINT64_C(0x9e3779b97f4a7c15)

static inline unsigned bt_top_slot(uint64_t key)
{
	return (unsigned)(key * BT_GOLDEN >> 56) % BT_TOP_SLOTS;
}

/* For hashing, the first 1 to 8 octets in as few steps as possible; eight can be read. */
BT_INLINE uint64_t bt_some_octets(const uint8_t *at, size_t count)
{
	return bt_get64(at) << (8 * (8 - count));
}

/*
 * Hash of `size` octets of a key, 1 at least, of which eight can be read behind the last. Most have
 * 16 at most, and these are the first eight and the last eight: no branch that depends on how many.
 */
BT_INLINE uint64_t bt_key_hash(const uint8_t *key, unsigned size)
{
	unsigned last = size < 8 ? 0 : size - 8, shift = size < 8 ? 8 * (8 - size) : 0;
	uint64_t hash = size + (bt_get64(key) << shift) * BT_GOLDEN +
			(bt_get64(key + last) << shift) * (2 * BT_GOLDEN);
	for (unsigned i = 8; i < last; i += 8)
		hash += bt_get64(key + i) * ((i + 1) * BT_GOLDEN);
	return hash ^ hash >> 32;
}

static inline unsigned bt_pair_hash(uint64_t hash)
{
	return (unsigned)(hash * BT_GOLDEN >> 54) % BT_PAIR_HASHES;
}

BT_INLINE bt_cell bt_find_top(const struct bt_codes *codes, const uint8_t *key, unsigned size)
{
	if (size > BT_TOP_SIZE)
		return 0;
	uint64_t octets = bt_head_octets(key, size);
	unsigned slot = bt_top_slot(octets);
	while (codes->tops[slot].key != octets) {
		if (codes->tops[slot].key == 0)
			return 0;
		slot = (slot + 1) % BT_TOP_SLOTS;
	}
	return codes->tops[slot].cell;
}

/* The code of the key's first two labels, which have `size` octets and this hash. */
BT_INLINE bt_cell bt_find_pair(
    const struct bt_codes *codes, const uint8_t *key, unsigned size, uint64_t hash)
{
	unsigned bit = bt_pair_hash(hash), slot = bit % BT_PAIR_SLOTS;
	if ((codes->pair_bits[bit / 64] >> bit % 64 & 1) == 0 || size > BT_PAIR_SIZE)
		return 0;
	uint64_t low = bt_head_octets(key, size < 8 ? size : 8);
	uint64_t high = size > 8 ? bt_head_octets(key + 8, size - 8) : 0;
	while (codes->pairs[slot].key[0] != low || codes->pairs[slot].key[1] != high) {
		if (codes->pairs[slot].key[0] == 0)
			return 0;
		slot = (slot + 1) % BT_PAIR_SLOTS;
	}
	return codes->pairs[slot].cell;
}

/* ---- bits ---- */

/* A code that is being written. words[] stand elsewhere, so that the rest is in registers. */
struct bt_code {
	uint64_t last; /* the word that is being filled, from its highest bit on */
	unsigned fill; /* its bits, 64 at most */
	unsigned count;
	uint64_t *words; /* those before it */
};

/* Appends 1 to BT_CODE_BITS_MAX bits. */
BT_INLINE void bt_code_put(struct bt_code *code, uint64_t bits, unsigned size)
{
	code->fill += size;
	if (code->fill <= 64) {
		code->last |= bits << (64 - code->fill);
		return;
	}
	code->fill -= 64;
	code->words[code->count++] = code->last | bits >> code->fill;
	code->last = bits << (64 - code->fill);
}

/*
 * Completes the words with this cell as the last, and as many of zeros as an entry in a page can
 * have behind a short code. Returns how many bits they are. More can be put as if that had not
 * been.
 */
BT_INLINE unsigned bt_code_end(const struct bt_code *code, bt_cell cell)
{
	uint64_t bits = bt_cell_code(cell), *to = code->words + code->count;
	unsigned fill = code->fill + bt_cell_size(cell);
	to[0] = code->last | (fill <= 64 ? bits << (64 - fill) : bits >> (fill - 64));
	to[1] = fill <= 64 ? 0 : bits << (128 - fill);
	to[2] = 0;
	return 64 * code->count + fill;
}

/* ---- names ---- */

struct bt_speller {
	const struct bt_codes *codes;
	const uint8_t *at;   /* the next label */
	const bt_short *row; /* of the first symbol that is not yet spelled */
	struct bt_code code;
};

BT_INLINE bool bt_spell_cell(struct bt_speller *s, bt_cell cell)
{
	if (cell == 0)
		return false;
	bt_code_put(&s->code, bt_cell_code(cell), bt_cell_size(cell));
	return true;
}

BT_INLINE bool bt_spell_short(struct bt_speller *s, bt_short cell)
{
	return cell != 0 && bt_spell_cell(s, bt_long(s->codes, cell));
}

/* One octet: it is no letter, or the next one is not. False if there is no code for that. */
BT_INLINE bool bt_spell_alone(struct bt_speller *s, const uint8_t *at, const uint8_t *end)
{
	unsigned first = s->codes->symbols[at[0]];
	if (first == BT_OTHER) {
		if (!bt_spell_short(s, s->codes->cells[BT_OTHER][BT_SECOND_ALONE]))
			return false;
		bt_code_put(&s->code, at[0], 8);
		return true;
	}
	return end - at > 1 && s->codes->symbols[at[1]] == BT_OTHER &&
	       bt_spell_short(s, s->codes->cells[first][BT_SECOND_ALONE]);
}

/* The octets of the next label behind the first `skip`, but for the last where it is half of two.
 */
BT_INLINE bool bt_spell_octets(struct bt_speller *s, unsigned skip)
{
	const struct bt_codes *codes = s->codes;
	const uint8_t *end = s->at + 1 + s->at[0], *at = s->at + 1 + skip;
	for (; end - at > 1; at += 2) {
		bt_short cell = codes->cells[codes->symbols[at[0]]][codes->symbols[at[1]]];
		if (!bt_spell_short(s, cell)) {
			if (!bt_spell_alone(s, at, end))
				return false;
			at--;
		}
	}
	s->row = codes->cells[BT_FIRST_NONE];
	if (at < end) {
		unsigned last = codes->symbols[at[0]];
		if (last != BT_OTHER)
			s->row = codes->cells[last];
		else if (!bt_spell_alone(s, at, end))
			return false;
	}
	s->at = end;
	return true;
}

/* The next label, after others. False if there is no code for it. */
BT_INLINE bool bt_spell_label(struct bt_speller *s)
{
	return bt_spell_short(s, s->row[BT_SECOND_MORE]) && bt_spell_octets(s, 0);
}

/* The first label behind the head, of which `letters` of at most `most` are in the place. */
BT_INLINE bool bt_spell_first(struct bt_speller *s, unsigned letters, unsigned most)
{
	const bt_short *head = s->codes->cells[BT_FIRST_HEAD];
	if (s->row != head && !bt_spell_short(s, s->row[BT_SECOND_MORE]))
		return false;
	if (letters < most && !bt_spell_short(s, head[letters]))
		return false;
	return bt_spell_octets(s, letters);
}

/* The head of a key: how many labels and octets it has; and of one with two, its code. */
struct bt_head {
	unsigned labels, size;
	bt_cell pair;
};

BT_INLINE struct bt_head bt_top_head(const uint8_t *key)
{
	return (struct bt_head){1, key[0] + 1u, 0};
}

/* Of a key with two labels or more, the first two of which have `size` octets and this hash. */
BT_INLINE struct bt_head bt_head(
    const struct bt_codes *codes, const uint8_t *key, unsigned size, uint64_t hash)
{
	bt_cell cell = bt_find_pair(codes, key, size, hash);
	return cell != 0 ? (struct bt_head){2, size, cell} : bt_top_head(key);
}

/* Of any key but the root's. */
struct bt_head bt_head_of(const struct bt_codes *codes, const uint8_t *key, unsigned labels);

/* Begins with the head of a key. False if there is no code for it. */
BT_INLINE bool bt_spell_head(struct bt_speller *s, const struct bt_codes *codes, const uint8_t *key,
    struct bt_head head, uint64_t *words)
{
	bt_cell cell = head.labels > 1 ? head.pair : bt_find_top(codes, key, head.size);
	*s = (struct bt_speller){
	    .codes = codes,
	    .at = key + head.size,
	    .row = codes->cells[BT_FIRST_HEAD],
	    .code = {.words = words},
	};
	if (bt_spell_cell(s, cell))
		return true;
	s->at = key;
	return bt_spell_cell(s, codes->spelled) && bt_spell_octets(s, 0);
}

/* The code of the name's end, after its last label; 0: there is none. */
BT_INLINE bt_cell bt_spell_end(const struct bt_speller *s)
{
	bt_short cell = s->row[BT_SECOND_END];
	return cell == 0 ? 0 : bt_long(s->codes, cell);
}

/* ---- classes ---- */

/*
 * The class in the last bits before `end`, where eight octets can be read; *bits: how many they
 * are. False if there is no such class.
 */
BT_INLINE bool bt_class_read(
    const struct bt_codes *codes, const uint8_t *end, unsigned *bits, uint32_t *class_id)
{
	uint64_t last = __builtin_bswap64(bt_get64(end - 8));
	unsigned tier = (unsigned)last & ((1u << codes->tier_size) - 1);
	uint64_t number = last >> codes->tier_size & (((uint64_t)1 << codes->tier_bits[tier]) - 1);
	*bits = codes->tier_size + codes->tier_bits[tier];
	*class_id = codes->tier_begins[tier] + (uint32_t)number;
	return *class_id < codes->classes;
}

#endif
