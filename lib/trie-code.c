/* SPDX-License-Identifier: BSD-3-Clause */
/* trie-code.c -- names as bits: reading a file's codes */

#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include "trie-code.h"
#include "trie-format.h"

void bt_symbols_fill(struct bt_codes *codes)
{
	uint8_t *symbols = codes->symbols;
	memset(symbols, BT_OTHER, sizeof(codes->symbols));
	for (unsigned i = 0; i < 26; i++)
		symbols['a' + i] = (uint8_t)i;
	for (unsigned i = 0; i < 10; i++)
		symbols['0' + i] = (uint8_t)(26 + i);
	symbols['-'] = 36;
	symbols['_'] = 37;
	for (uint32_t i = 0, factor = 1; i < BT_PLACE_LETTERS; i++, factor *= BT_LETTERS)
		for (unsigned octet = 0; octet < 256; octet++)
			codes->letters[i][octet] =
			    symbols[octet] == BT_OTHER ? BT_NO_LETTER : symbols[octet] * factor;
}

bool bt_cells_fill(bt_cell *cells, const uint8_t *bits, unsigned count)
{
	unsigned next = 0; /* as a code of the size at hand */
	for (unsigned size = 1; size <= BT_CODE_BITS_MAX; size++) {
		next <<= 1;
		for (unsigned i = 0; i < count; i++)
			if (bits[i] == size)
				cells[i] = (bt_cell)(next++ << 5 | size);
		if (next > 1u << size)
			return false;
	}
	return true;
}

/* ---- heads ---- */

static bool is_head(const uint8_t *key, unsigned room, int labels)
{
	unsigned size = 0;
	for (int i = 0; i < labels; i++)
		size += size < room ? key[size] + 1u : 0;
	for (unsigned i = size; i < room; i++)
		if (key[i] != 0)
			return false;
	return size <= room && bt_key_labels(key, size) == labels;
}

bool bt_codes_add_top(struct bt_codes *codes, const uint8_t *key, bt_cell cell)
{
	uint64_t octets = bt_get64(key);
	if (!is_head(key, BT_TOP_SIZE, 1) || bt_find_top(codes, key, key[0] + 1u) != 0)
		return false;
	unsigned slot = bt_top_slot(octets);
	while (codes->tops[slot].key != 0)
		slot = (slot + 1) % BT_TOP_SLOTS;
	codes->tops[slot] = (struct bt_top){.key = octets, .cell = cell};
	return true;
}

bool bt_codes_add_pair(struct bt_codes *codes, const uint8_t *key, bt_cell cell)
{
	if (!is_head(key, BT_PAIR_SIZE, 2) || bt_head_of(codes, key, 2).pair != 0)
		return false;
	unsigned size = key[0] + 1u;
	size += key[size] + 1u;
	unsigned bit = bt_pair_hash(bt_key_hash(key, size)), slot = bit % BT_PAIR_SLOTS;
	while (codes->pairs[slot].key[0] != 0)
		slot = (slot + 1) % BT_PAIR_SLOTS;
	codes->pairs[slot] = (struct bt_pair_head){
	    .key = {bt_get64(key), bt_get64(key + 8)},
	    .cell = cell,
	};
	codes->pair_bits[bit / 64] |= (uint64_t)1 << bit % 64;
	return true;
}

struct bt_head bt_head_of(const struct bt_codes *codes, const uint8_t *key, unsigned labels)
{
	unsigned size = key[0] + 1u;
	if (labels < 2)
		return bt_top_head(key);
	size += key[size] + 1u;
	return bt_head(codes, key, size, bt_key_hash(key, size));
}

/* Where a part of the section begins; *at moves behind it. NULL: it is not all there. */
static const uint8_t *next_part(const uint8_t **at, const uint8_t *end, size_t size)
{
	const uint8_t *part = *at;
	if (size > (size_t)(end - part))
		return NULL;
	*at += size;
	return part;
}

static bool read_heads(struct bt_codes *codes, const uint8_t *bytes, const uint8_t **at,
    const uint8_t *end, struct bt_err *err)
{
	unsigned tops = bytes[BT_CODES_AT_TOPS], pairs = bytes[BT_CODES_AT_PAIRS];
	uint8_t sizes[BT_HEADS];
	bt_cell cells[BT_HEADS] = {0};
	if (tops > BT_TOP_HEADS || pairs > BT_PAIR_HEADS)
		return bt_fail(err, "%u heads of one label, %u of two", tops, pairs);
	const uint8_t *top_keys = next_part(at, end, tops * BT_TOP_SIZE);
	const uint8_t *pair_keys = next_part(at, end, pairs * BT_PAIR_SIZE);
	const uint8_t *head_sizes = next_part(at, end, tops + pairs);
	if (top_keys == NULL || pair_keys == NULL || head_sizes == NULL)
		return bt_fail(err, "ends within its heads");
	sizes[0] = bytes[BT_CODES_AT_SPELLED];
	memcpy(sizes + 1, head_sizes, tops + pairs);
	for (unsigned i = 0; i <= tops + pairs; i++)
		if (sizes[i] > BT_CODE_BITS_MAX)
			return bt_fail(err, "head %u has a code of %u bits", i, sizes[i]);
	if (!bt_cells_fill(cells, sizes, tops + pairs + 1))
		return bt_fail(err, "too many codes of heads");
	codes->spelled = cells[0];
	for (unsigned i = 0; i < tops; i++)
		if (!bt_codes_add_top(codes, top_keys + i * BT_TOP_SIZE, cells[1 + i]))
			return bt_fail(err, "head %u of one label is none", i);
	for (unsigned i = 0; i < pairs; i++)
		if (!bt_codes_add_pair(codes, pair_keys + i * BT_PAIR_SIZE, cells[1 + tops + i]))
			return bt_fail(err, "head %u of two labels is none", i);
	return true;
}

/* ---- symbols and classes ---- */

static void shorten(struct bt_codes *codes, const bt_cell *cells)
{
	static_assert(BT_CELLS <= 1 << 11, "there are eleven bits");
	unsigned ranks[BT_CODE_BITS_MAX + 1] = {0};
	for (unsigned i = 0; i < BT_CELLS; i++) {
		unsigned size = bt_cell_size(cells[i]);
		if (size == 0)
			continue;
		codes->firsts[size] = bt_cell_code(cells[i]) - ranks[size];
		codes->cells[i / BT_SECONDS][i % BT_SECONDS] =
		    (bt_short)(ranks[size]++ << 5 | size);
	}
}

/*
 * Sizes of the cells' codes: runs of cells that have none are one octet, 0x80 more than how many
 * they are.
 */
static bool read_cells(
    struct bt_codes *codes, const uint8_t **at, const uint8_t *end, struct bt_err *err)
{
	uint8_t sizes[BT_CELLS] = {0};
	unsigned i = 0;
	while (i < BT_CELLS) {
		const uint8_t *octet = next_part(at, end, 1);
		if (octet == NULL)
			return bt_fail(err, "ends within its cells");
		if (*octet > BT_CELLS_NONE) {
			i += *octet - BT_CELLS_NONE;
			continue;
		}
		sizes[i++] = *octet;
		if (*octet < 1 || *octet > BT_CODE_BITS_MAX)
			return bt_fail(err, "cell %u has a code of %u bits", i - 1, *octet);
	}
	if (i > BT_CELLS)
		return bt_fail(err, "%u cells too many", i - BT_CELLS);
	/* What a lookup takes for two letters must be two. */
	for (i = 0; i < BT_CELLS; i++) {
		unsigned first = i / BT_SECONDS, second = i % BT_SECONDS;
		bool is = first < BT_LETTERS  ? second != BT_OTHER
			  : first == BT_OTHER ? second == BT_SECOND_ALONE
			  : first == BT_FIRST_NONE
			      ? second >= BT_SECOND_END
			      : second < BT_PLACE_LETTERS || second == BT_SECOND_END;
		if (sizes[i] != 0 && !is)
			return bt_fail(err, "cell %u has a code", i);
	}
	bt_cell cells[BT_CELLS] = {0};
	if (!bt_cells_fill(cells, sizes, BT_CELLS))
		return bt_fail(err, "too many codes of cells");
	shorten(codes, cells);
	return true;
}

static bool read_classes(
    struct bt_codes *codes, const uint8_t *bytes, uint32_t classes, struct bt_err *err)
{
	uint64_t begin = 0;
	codes->classes = classes;
	codes->tier_size = classes > 1 ? 2 : 0;
	for (unsigned i = 0; i < BT_TIERS; i++) {
		codes->tier_bits[i] = bytes[BT_CODES_AT_TIERS + i];
		if (codes->tier_bits[i] > BT_TIER_BITS_MAX)
			return bt_fail(
			    err, "tier %u: class numbers of %u bits", i, codes->tier_bits[i]);
		codes->tier_begins[i] = (uint32_t)begin;
		begin += (uint64_t)1 << codes->tier_bits[i];
	}
	return true;
}

bool bt_codes_open(
    struct bt_codes *codes, const uint8_t *bytes, size_t size, uint32_t classes, struct bt_err *err)
{
	if (size < BT_CODES_HEADER)
		return bt_fail(err, "codes: ends within its header");
	const uint8_t *at = bytes + BT_CODES_HEADER, *end = bytes + size;
	memset(codes, 0, sizeof(*codes));
	bt_symbols_fill(codes);
	if (!read_heads(codes, bytes, &at, end, err) || !read_cells(codes, &at, end, err) ||
	    !read_classes(codes, bytes, classes, err))
		return bt_fail_in(err, "codes");
	if (at != end)
		return bt_fail(err, "codes: %td octets too many", end - at);
	for (unsigned i = BT_CODES_AT_ZERO; i < BT_CODES_HEADER; i++)
		if (bytes[i] != 0)
			return bt_fail(err, "codes: octet %u is not zero", i);
	codes->place_letters = bytes[BT_CODES_AT_LETTERS];
	codes->least = bytes[BT_CODES_AT_LEAST];
	if (codes->least > BT_LEAST_MAX)
		return bt_fail(err, "codes: entries of %u octets at least", codes->least);
	return true;
}
