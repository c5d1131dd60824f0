/* SPDX-License-Identifier: BSD-3-Clause */
/* build-code.c -- the codes that suit a set of names */

#include <stdlib.h>
#include <string.h>

#include "build-code.h"
#include "build-huffman.h"

enum {
	PAIR_SHARE = 1 << 15, /* a head of two labels is for one in so many names at least */
	PAIR_LEAST = 4,       /* and for so many */
};

void bt_name_key(struct bt_name_key *key, const struct bt_build_name *name)
{
	memcpy(key->octets, name->key, name->key_size);
	memset(key->octets + name->key_size, 0, sizeof(key->octets) - BT_KEY_MAX);
	key->labels = 0;
	for (unsigned at = 0; at < name->key_size; at += key->octets[at] + 1u)
		key->labels++;
}

/* ---- heads ---- */

struct head {
	uint8_t key[BT_PAIR_SIZE];
	uint32_t names; /* that begin with it */
};

/* Those that begin many names, of those with as many labels. */
struct heads {
	struct head *list;
	size_t count, room;
	unsigned labels, size;
	struct head open; /* of the names at hand, if `size` of its octets are not 0 */
	unsigned open_size;
};

static bool close_head(struct heads *heads, uint32_t least)
{
	if (heads->open_size == 0 || heads->open.names < least)
		return true;
	if (heads->count == heads->room) {
		size_t room = 2 * heads->room + 64;
		struct head *list = realloc(heads->list, room * sizeof(*list));
		if (list == NULL)
			return false;
		heads->list = list;
		heads->room = room;
	}
	heads->list[heads->count++] = heads->open;
	return true;
}

/* Names come in key order: those with the same head one after the other. */
static bool count_head(struct heads *heads, const struct bt_build_name *name, uint32_t least)
{
	unsigned size = 0;
	for (unsigned i = 0; i < heads->labels; i++) {
		if (size >= name->key_size)
			return true;
		size += name->key[size] + 1u;
	}
	if (heads->open_size == size && memcmp(heads->open.key, name->key, size) == 0) {
		heads->open.names++;
		return true;
	}
	if (!close_head(heads, least))
		return false;
	heads->open = (struct head){.names = 1};
	heads->open_size = size <= heads->size ? size : 0;
	memcpy(heads->open.key, name->key, heads->open_size);
	return true;
}

/* The ones with most names first. */
static int by_names(const void *a, const void *b)
{
	const struct head *x = a, *y = b;
	if (x->names != y->names)
		return x->names > y->names ? -1 : 1;
	return memcmp(x->key, y->key, sizeof(x->key));
}

/* Leaves the `most` most frequent in the list. */
static bool find_heads(struct heads *heads, const struct bt_build_name *names, size_t count,
    uint32_t least, unsigned most)
{
	for (size_t i = 0; i < count; i++)
		if (!count_head(heads, &names[i], least))
			return false;
	if (!close_head(heads, least))
		return false;
	if (heads->count > 0)
		qsort(heads->list, heads->count, sizeof(*heads->list), by_names);
	if (heads->count > most)
		heads->count = most;
	return true;
}

/* ---- counts ---- */

struct counts {
	uint32_t heads[BT_HEADS]; /* the spelled ones first, then tops, then pairs */
	uint32_t cells[BT_FIRSTS][BT_SECONDS];
};

/* As bt_spell_octets. Returns the first symbol that is not yet spelled. */
static unsigned count_octets(
    struct counts *counts, const uint8_t *symbols, const uint8_t *label, unsigned skip)
{
	for (unsigned i = 1 + skip; i <= label[0];) {
		unsigned first = symbols[label[i++]];
		if (first == BT_OTHER) {
			counts->cells[BT_OTHER][BT_SECOND_ALONE]++;
			continue;
		}
		if (i > label[0])
			return first;
		unsigned second = symbols[label[i]];
		i += second != BT_OTHER;
		counts->cells[first][second != BT_OTHER ? second : BT_SECOND_ALONE]++;
	}
	return BT_FIRST_NONE;
}

/* As who spells a name. For now the code of a head is its number. */
static void count_name(struct counts *counts, const struct bt_codes *codes,
    const struct bt_places *places, const struct bt_build_name *name)
{
	struct bt_name_key key;
	bt_name_key(&key, name);
	struct bt_head head = bt_head_of(codes, key.octets, key.labels);
	unsigned at = head.size, first = BT_FIRST_HEAD;
	bt_cell cell = head.labels > 1 ? head.pair : bt_find_top(codes, key.octets, head.size);
	counts->heads[cell]++;
	if (cell == 0)
		first = count_octets(counts, codes->symbols, key.octets, 0);
	if (at < name->key_size) {
		uint32_t number;
		unsigned letters =
		    bt_place_letters(codes, places->letters, key.octets + at, &number);
		if (first != BT_FIRST_HEAD)
			counts->cells[first][BT_SECOND_MORE]++;
		if (letters < places->letters)
			counts->cells[BT_FIRST_HEAD][letters]++;
		first = count_octets(counts, codes->symbols, key.octets + at, letters);
		at += key.octets[at] + 1u;
	}
	for (; at < name->key_size; at += key.octets[at] + 1u) {
		counts->cells[first][BT_SECOND_MORE]++;
		first = count_octets(counts, codes->symbols, key.octets + at, 0);
	}
	counts->cells[first][BT_SECOND_END]++;
}

/* ---- classes ---- */

/* How many names have one of the classes before each. */
static uint64_t *sum_classes(const struct bt_build_name *names, size_t count, uint32_t classes)
{
	uint64_t *sums = calloc((size_t)classes + 1, sizeof(*sums));
	if (sums == NULL)
		return NULL;
	for (size_t i = 0; i < count; i++)
		sums[names[i].class_id + 1]++;
	for (uint32_t i = 0; i < classes; i++)
		sums[i + 1] += sums[i];
	return sums;
}

static uint64_t names_from(const uint64_t *sums, uint32_t count, uint64_t class_id)
{
	return sums[count] - sums[class_id < count ? class_id : count];
}

/* The sizes of tiers with which all names' classes take the fewest bits. */
static void choose_tiers(uint8_t bits[BT_TIERS], const uint64_t *sums, uint32_t count)
{
	uint64_t least = UINT64_MAX;
	unsigned most = 0;
	while (most < BT_TIER_BITS_MAX && (uint64_t)1 << most < count)
		most++;
	for (unsigned a = 0; a <= most; a++)
		for (unsigned b = a; b <= most; b++)
			for (unsigned c = b; c <= most; c++) {
				uint64_t one = (uint64_t)1 << a, two = one + ((uint64_t)1 << b);
				uint64_t three = two + ((uint64_t)1 << c);
				uint64_t all = a * sums[count] +
					       (b - a) * names_from(sums, count, one) +
					       (c - b) * names_from(sums, count, two) +
					       (most - c) * names_from(sums, count, three);
				if (all >= least)
					continue;
				least = all;
				bits[0] = (uint8_t)a;
				bits[1] = (uint8_t)b;
				bits[2] = (uint8_t)c;
				bits[3] = (uint8_t)most;
			}
}

/* ---- the section ---- */

struct making {
	struct bt_coder *coder;
	const struct bt_places *places;
	const struct bt_build_name *names;
	size_t count;
	struct heads tops, pairs;
	struct counts counts;
	uint32_t classes;
	uint64_t *class_sums;
};

/* As a reader will have them, but for the codes: those of heads are their numbers. */
static bool choose_heads(struct making *m)
{
	uint32_t least = (uint32_t)(m->count / PAIR_SHARE) + PAIR_LEAST;
	m->tops = (struct heads){.labels = 1, .size = BT_TOP_SIZE};
	m->pairs = (struct heads){.labels = 2, .size = BT_PAIR_SIZE};
	return find_heads(&m->tops, m->names, m->count, 1, BT_TOP_HEADS) &&
	       find_heads(&m->pairs, m->names, m->count, least, BT_PAIR_HEADS);
}

static uint8_t *put_heads(const struct heads *heads, uint8_t *to)
{
	for (size_t i = 0; i < heads->count; i++, to += heads->size)
		memcpy(to, heads->list[i].key, heads->size);
	return to;
}

static uint8_t *put_cells(const uint8_t *sizes, uint8_t *to)
{
	const unsigned most = UINT8_MAX - BT_CELLS_NONE;
	for (unsigned i = 0; i < BT_CELLS;) {
		unsigned none = 0;
		while (none < most && i + none < BT_CELLS && sizes[i + none] == 0)
			none++;
		*to++ = (uint8_t)(none > 0 ? BT_CELLS_NONE + none : sizes[i]);
		i += none > 0 ? none : 1;
	}
	return to;
}

/* Sizes of codes for what was counted. */
static uint8_t *put_sizes(struct making *m, uint8_t *bytes, uint8_t *to)
{
	uint8_t sizes[BT_CELLS]; /* more than heads */
	unsigned heads = (unsigned)(m->tops.count + m->pairs.count);
	bt_huffman(sizes, m->counts.heads, heads + 1, BT_CODE_BITS_MAX);
	bytes[BT_CODES_AT_SPELLED] = sizes[0];
	memcpy(to, sizes + 1, heads);
	bt_huffman(sizes, m->counts.cells[0], BT_CELLS, BT_CODE_BITS_MAX);
	return put_cells(sizes, to + heads);
}

/* For counting, the code of a head is its number. */
static void number_heads(struct making *m, struct bt_codes *codes)
{
	for (unsigned i = 0; i < m->tops.count; i++)
		bt_codes_add_top(codes, m->tops.list[i].key, (bt_cell)(1 + i));
	for (unsigned i = 0; i < m->pairs.count; i++)
		bt_codes_add_pair(codes, m->pairs.list[i].key, (bt_cell)(1 + m->tops.count + i));
	bt_symbols_fill(codes);
}

static bool put_section(struct making *m)
{
	struct bt_coder *coder = m->coder;
	size_t heads = m->tops.count + m->pairs.count;
	coder->bytes = calloc(1, BT_CODES_HEADER + m->tops.count * BT_TOP_SIZE +
				     m->pairs.count * BT_PAIR_SIZE + heads + BT_CELLS);
	if (coder->bytes == NULL)
		return false;
	uint8_t *bytes = coder->bytes;
	bytes[BT_CODES_AT_TOPS] = (uint8_t)m->tops.count;
	bytes[BT_CODES_AT_PAIRS] = (uint8_t)m->pairs.count;
	bytes[BT_CODES_AT_LETTERS] = (uint8_t)m->places->letters;
	choose_tiers(bytes + BT_CODES_AT_TIERS, m->class_sums, m->classes);
	uint8_t *to = put_heads(&m->pairs, put_heads(&m->tops, bytes + BT_CODES_HEADER));
	coder->size = (size_t)(put_sizes(m, bytes, to) - bytes);
	return true;
}

static bool make(struct making *m, struct bt_err *err)
{
	struct bt_codes *codes = &m->coder->codes;
	m->class_sums = sum_classes(m->names, m->count, m->classes);
	if (m->class_sums == NULL || !choose_heads(m))
		return bt_fail(err, "out of memory");
	number_heads(m, codes);
	for (size_t i = 0; i < m->count; i++)
		count_name(&m->counts, codes, m->places, &m->names[i]);
	if (!put_section(m))
		return bt_fail(err, "out of memory");
	return bt_codes_open(codes, m->coder->bytes, m->coder->size, m->classes, err);
}

bool bt_coder_new(struct bt_coder **coder, const struct bt_places *places,
    const struct bt_build_name *names, size_t count, uint32_t classes, struct bt_err *err)
{
	struct making m = {.places = places, .names = names, .count = count, .classes = classes};
	m.coder = calloc(1, sizeof(*m.coder));
	bool good = m.coder != NULL ? make(&m, err) : bt_fail(err, "out of memory");
	free(m.tops.list);
	free(m.pairs.list);
	free(m.class_sums);
	if (good)
		*coder = m.coder;
	else
		bt_coder_free(&m.coder);
	return good;
}

void bt_coder_free(struct bt_coder **coder)
{
	if (*coder == NULL)
		return;
	free((*coder)->bytes);
	free(*coder);
	*coder = NULL;
}
