/* SPDX-License-Identifier: BSD-3-Clause */
/* trie-names.c -- all names of a trie, as names */

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "entries-sort.h"
#include "trie-names.h"
#include "trie-view.h"

enum {
	SPELLED = 0, /* heads: then one for each slot of tops, and of pairs */
	FIRST_TOP = 1,
	FIRST_PAIR = FIRST_TOP + BT_TOP_SLOTS,
	HEADS = FIRST_PAIR + BT_PAIR_SLOTS,
	CODES_MAX = BT_CELLS > HEADS ? BT_CELLS : HEADS,
	OCTETS = BT_LEAST_MAX + BT_ENTRY_LONG + BT_TAIL_MAX, /* of an entry */
	WORDS = OCTETS / 8 + 3,
};

/* Canonical codes, to be read: of each size the first one, how many, and what they stand for. */
struct canon {
	uint32_t first[BT_CODE_BITS_MAX + 1], count[BT_CODE_BITS_MAX + 1];
	uint16_t index[BT_CODE_BITS_MAX + 1], what[CODES_MAX];
};

struct decoder {
	struct canon heads, cells;
	char letters[BT_LETTERS];
	uint64_t unspread[BT_TABLES]; /* what undoes how letters, and annexes, spread places */
};

/* ---- decoder ---- */

/* From cells[], of which those that are 0 stand for nothing. */
static void fill_canon(struct canon *canon, const bt_cell *cells, unsigned count)
{
	unsigned filled = 0;
	for (unsigned size = 1; size <= BT_CODE_BITS_MAX; size++) {
		canon->index[size] = (uint16_t)filled;
		for (unsigned i = 0; i < count; i++)
			if (bt_cell_size(cells[i]) == size)
				filled++;
		canon->count[size] = filled - canon->index[size];
		canon->first[size] = UINT32_MAX;
	}
	for (unsigned i = 0; i < count; i++) {
		unsigned size = bt_cell_size(cells[i]);
		if (size > 0 && bt_cell_code(cells[i]) < canon->first[size])
			canon->first[size] = bt_cell_code(cells[i]);
	}
	for (unsigned i = 0; i < count; i++) {
		unsigned size = bt_cell_size(cells[i]);
		if (size > 0)
			canon->what[canon->index[size] + bt_cell_code(cells[i]) -
				    canon->first[size]] = (uint16_t)i;
	}
}

/* Of an odd number, modulo 2^64: Newton's method doubles the bits that are right. */
static uint64_t invert(uint64_t odd)
{
	uint64_t inverse = odd; /* three bits are */
	for (unsigned i = 0; i < 5; i++)
		inverse *= 2 - odd * inverse;
	return inverse;
}

static void make_decoder(struct decoder *d, const struct bt_codes *codes)
{
	bt_cell heads[HEADS] = {[SPELLED] = codes->spelled}, cells[BT_CELLS];
	for (unsigned i = 0; i < BT_TOP_SLOTS; i++)
		heads[FIRST_TOP + i] = codes->tops[i].cell;
	for (unsigned i = 0; i < BT_PAIR_SLOTS; i++)
		heads[FIRST_PAIR + i] = codes->pairs[i].cell;
	fill_canon(&d->heads, heads, HEADS);
	for (unsigned i = 0; i < BT_CELLS; i++) {
		bt_short cell = codes->cells[i / BT_SECONDS][i % BT_SECONDS];
		cells[i] = cell != 0 ? bt_long(codes, cell) : 0;
	}
	fill_canon(&d->cells, cells, BT_CELLS);
	for (unsigned octet = 0; octet < 256; octet++)
		if (codes->symbols[octet] < BT_LETTERS)
			d->letters[codes->symbols[octet]] = (char)octet;
	d->unspread[0] = invert(BT_GOLDEN);
	for (unsigned i = 1; i < BT_TABLES; i++)
		d->unspread[i] = invert(bt_annex_factor(i));
}

/* ---- bits to a key ---- */

struct bits {
	uint64_t words[WORDS]; /* zeros behind the last bit */
	unsigned count, at;
};

static unsigned peek_at(const struct bits *bits, unsigned at, unsigned size)
{
	unsigned word = at / 64, shift = at % 64;
	uint64_t next = bits->words[word] << shift;
	if (shift > 0)
		next |= bits->words[word + 1] >> (64 - shift);
	return (unsigned)(next >> (64 - size));
}

/* What the next code stands for; -1: no code, or the bits have ended. */
static int take(struct bits *bits, const struct canon *canon)
{
	unsigned next = peek_at(bits, bits->at, BT_CODE_BITS_MAX);
	for (unsigned size = 1; size <= BT_CODE_BITS_MAX; size++) {
		uint32_t code = (next >> (BT_CODE_BITS_MAX - size)) - canon->first[size];
		if (code >= canon->count[size])
			continue;
		if (size > bits->count - bits->at)
			return -1;
		bits->at += size;
		return canon->what[canon->index[size] + code];
	}
	return -1;
}

/* An octet more for the label that begins at the key's end, and has `size` octets so far. */
static bool put_octet(struct bt_key *key, unsigned *size, uint8_t octet)
{
	if (*size == BT_LABEL_MAX || key->len + *size + 2 > BT_KEY_MAX)
		return false;
	key->bytes[key->len + ++*size] = octet;
	return true;
}

static bool take_octet(struct bits *bits, struct bt_key *key, unsigned *size)
{
	if (bits->count - bits->at < 8)
		return false;
	bits->at += 8;
	return put_octet(key, size, (uint8_t)peek_at(bits, bits->at - 8, 8));
}

/* What the place is to tell: the first letters of the label at `label`, so many. 0: there is none.
 */
struct letters {
	unsigned label, count;
};

/* A label of which `size` octets are there. *end: whether the name ends with it. */
static bool take_label(
    const struct decoder *d, struct bits *bits, struct bt_key *key, unsigned size, bool *end)
{
	for (;;) {
		int cell = take(bits, &d->cells);
		if (cell < 0)
			return false;
		unsigned first = (unsigned)cell / BT_SECONDS, second = (unsigned)cell % BT_SECONDS;
		if (first == BT_FIRST_HEAD)
			return false;
		if (first < BT_LETTERS && !put_octet(key, &size, (uint8_t)d->letters[first]))
			return false;
		if (first == BT_OTHER && !take_octet(bits, key, &size))
			return false;
		if (second < BT_LETTERS && !put_octet(key, &size, (uint8_t)d->letters[second]))
			return false;
		if (second < BT_SECOND_END)
			continue;
		*end = second == BT_SECOND_END;
		key->bytes[key->len] = (uint8_t)size;
		key->len = (uint8_t)(key->len + 1 + size);
		key->labels++;
		return size > 0;
	}
}

/* The first label behind a head, or the end. */
static bool take_first(const struct decoder *d, const struct bt_places *places, struct bits *bits,
    struct bt_key *key, struct letters *letters, bool *end)
{
	unsigned begin = bits->at, size = 0;
	int cell = take(bits, &d->cells) - BT_FIRST_HEAD * BT_SECONDS;
	if (cell == BT_SECOND_END) {
		*end = true;
		return true;
	}
	letters->label = key->len;
	if (cell >= 0 && cell < (int)places->letters) {
		letters->count = (unsigned)cell;
	} else {
		letters->count = places->letters;
		bits->at = begin;
	}
	while (size < letters->count)
		if (!put_octet(key, &size, 'a'))
			return false;
	return take_label(d, bits, key, size, end);
}

static bool take_head(
    const struct bt_codes *codes, const struct decoder *d, struct bits *bits, struct bt_key *key)
{
	int head = take(bits, &d->heads);
	key->len = key->labels = 0;
	if (head < 0 || head == SPELLED)
		return head == SPELLED;
	if (head < FIRST_PAIR) {
		bt_put64(key->bytes, codes->tops[head - FIRST_TOP].key);
		key->len = (uint8_t)bt_label_end(key->bytes, 0);
		key->labels = 1;
		return true;
	}
	bt_put64(key->bytes, codes->pairs[head - FIRST_PAIR].key[0]);
	bt_put64(key->bytes + 8, codes->pairs[head - FIRST_PAIR].key[1]);
	key->len = (uint8_t)bt_label_end(key->bytes, bt_label_end(key->bytes, 0));
	key->labels = 2;
	return true;
}

static bool take_name(const struct bt_trie *t, const struct decoder *d, struct bits *bits,
    struct bt_key *key, struct letters *letters)
{
	bool end = false;
	if (!take_head(&t->codes, d, bits, key))
		return false;
	if (key->len == 0 && (!take_label(d, bits, key, 0, &end)))
		return false;
	letters->label = letters->count = 0;
	if (!end && !take_first(d, &t->places, bits, key, letters, &end))
		return false;
	while (!end)
		if (!take_label(d, bits, key, 0, &end))
			return false;
	return true;
}

/* The letters that a place tells, into the key that has all else. */
static bool put_letters(const struct bt_trie *t, const struct decoder *d, struct letters letters,
    uint32_t place, struct bt_key *key)
{
	unsigned head = letters.label > 0 ? letters.label : key->len;
	struct bt_placer p;
	if (letters.label > 0)
		bt_place_begin(&p, &t->codes, &t->places, key->bytes, head);
	else
		bt_place_begin_head(&p, &t->places, key->bytes, head);
	p.at = key->bytes + head + (letters.label > 0) + letters.count;
	uint64_t other = bt_place(&p, &t->places, key->bytes + key->len);
	other -= p.number * BT_GOLDEN;
	uint64_t number = (place - other) * d->unspread[0] & t->places.mask;
	for (unsigned i = 0; i < letters.count; i++, number /= BT_LETTERS)
		key->bytes[letters.label + 1 + i] = (uint8_t)d->letters[number % BT_LETTERS];
	return number == 0 && bt_key_labels(key->bytes, key->len) == key->labels;
}

/* ---- entries to bits ---- */

/* An entry, whole: without spare bits, with its class. */
struct entry {
	uint8_t octets[OCTETS + 24]; /* with zeros behind it */
	unsigned size;
	uint32_t place;
	uint32_t class_id;
};

/* The least place that gives such a product, or would if one did. */
static uint32_t place_of(uint64_t wide, uint32_t pages)
{
	return (uint32_t)((wide + pages - 1) / pages);
}

/* Entry number i of a page. */
static bool read_entry(const struct bt_trie *t, const struct decoder *d, unsigned table,
    uint32_t page, unsigned i, struct entry *e)
{
	const struct bt_pages *pages = &t->tables[table];
	const uint8_t *bytes = bt_page(pages, page);
	struct bt_entry entry = bt_page_entry(bytes, i, t->codes.least);
	uint64_t tag = bytes[BT_PAGE_HEADER + i], wide = (uint64_t)page << t->places.bits;

	e->size = entry.size;
	memcpy(e->octets, entry.at, entry.size);
	if (entry.size == t->codes.least + BT_ENTRY_LONG) {
		unsigned head = entry.size - BT_TAIL_REF;
		size_t at = bt_get32(entry.at + head);
		unsigned tail = bt_get16(t->tails + at);
		memcpy(e->octets + head, t->tails + at + BT_TAIL_HEADER, tail);
		e->size = head + tail;
	}
	if (table == 0) {
		e->place = place_of(wide | tag << pages->log, pages->count);
		return true;
	}
	if (e->size == 0)
		return false;
	uint64_t left = tag << bt_spare_bits(pages, &t->places) | e->octets[0];
	uint64_t place = place_of(wide | left << pages->log, pages->count);
	place = place * d->unspread[table] & t->places.mask;
	e->place = (uint32_t)place;
	e->size--;
	memmove(e->octets, e->octets + 1, e->size);
	return true;
}

/* The bits of the code. */
static bool read_bits(const struct bt_trie *t, struct entry *e, struct bits *bits)
{
	uint8_t last[8] = {0}; /* octets of the entry */
	unsigned class_bits, have = e->size < 8 ? e->size : 8;
	memcpy(last + 8 - have, e->octets + e->size - have, have);
	if (!bt_class_read(&t->codes, last + 8, &class_bits, &e->class_id) ||
	    class_bits > 8 * e->size)
		return false;
	bits->count = 8 * e->size - class_bits;
	bits->at = 0;
	memset(e->octets + e->size, 0, 24);
	unsigned words = e->size / 8 + 3;
	for (unsigned i = 0; i < words; i++)
		bits->words[i] = __builtin_bswap64(bt_get64(e->octets + 8 * i));
	bits->words[bits->count / 64] &= ~(UINT64_MAX >> bits->count % 64);
	for (unsigned i = bits->count / 64 + 1; i < words; i++)
		bits->words[i] = 0;
	return true;
}

/* ---- all of them ---- */

/* Name number i of a page as a key; whether lookups find it there is another question. */
static bool read_name(const struct bt_trie *t, const struct decoder *d, unsigned table,
    uint32_t page, unsigned i, struct bt_key *key, uint32_t *class_id)
{
	struct entry e;
	struct bits bits;
	struct letters letters;
	if (!read_entry(t, d, table, page, i, &e) || !read_bits(t, &e, &bits) ||
	    !take_name(t, d, &bits, key, &letters) || !put_letters(t, d, letters, e.place, key))
		return false;
	*class_id = e.class_id;
	return true;
}

/* Calls each(ctx, key, class) for each name but the root, until it returns false. */
static bool read_names(const struct bt_trie *t,
    bool (*each)(void *ctx, const struct bt_key *key, uint32_t class_id), void *ctx,
    struct bt_err *err)
{
	struct decoder d = {.letters = ""};
	make_decoder(&d, &t->codes);
	for (unsigned table = 0; table < t->table_count; table++)
		for (uint32_t page = 0; page < t->tables[table].count; page++) {
			unsigned names = bt_page(&t->tables[table], page)[BT_PAGE_AT_NAMES];
			for (unsigned i = 0; i < names; i++) {
				struct bt_key key = {.len = 0};
				uint32_t class_id;
				if (!read_name(t, &d, table, page, i, &key, &class_id))
					return bt_fail(err,
					    "table %u, page %" PRIu32 ": entry %u is no name",
					    table, page, i);
				if (!each(ctx, &key, class_id))
					return bt_fail(err, "out of memory");
			}
		}
	return true;
}

/* ---- sorted ---- */

struct sorted {
	uint8_t *records;
	size_t size, room;
	struct bt_entry_item *items;
	size_t count;
};

static bool keep(void *ctx, const struct bt_key *key, uint32_t class_id)
{
	struct sorted *s = ctx;
	const struct bt_entry_head head = {.key_size = key->len};
	size_t size = sizeof(head) + key->len;
	if (s->size + size + 8 > s->room) {
		size_t room = 2 * s->room + 1024;
		uint8_t *records = room <= UINT32_MAX ? realloc(s->records, room) : NULL;
		if (records == NULL)
			return false;
		s->records = records;
		s->room = room;
	}
	uint8_t *to = s->records + s->size;
	memcpy(to, &head, sizeof(head));
	memcpy(to + sizeof(head), key->bytes, key->len);
	memset(to + size, 0, 8);
	s->items[s->count++] = (struct bt_entry_item){
	    .octets = bt_entry_octets(to + sizeof(head), key->len, 0),
	    .at = (uint32_t)s->size,
	    .meta = class_id,
	};
	s->size += size;
	return true;
}

static bool sort_names(const struct bt_trie *t, struct sorted *s, struct bt_err *err)
{
	s->items = calloc(t->names + 1, sizeof(*s->items));
	if (s->items == NULL)
		return bt_fail(err, "out of memory");
	if (!read_names(t, keep, s, err))
		return false;
	bt_entries_sort(s->records, s->items, s->count);
	return true;
}

/* Number i in key order. */
static struct bt_key sorted_key(const struct sorted *s, size_t i, uint32_t *class_id)
{
	const struct bt_entry_item *item = &s->items[i];
	struct bt_key key = {.len = bt_entry_head(s->records, item->at).key_size};
	memcpy(key.bytes, bt_entry_key(s->records, item->at), key.len);
	key.labels = (uint8_t)bt_key_labels(key.bytes, key.len);
	*class_id = item->meta;
	return key;
}

static void free_sorted(struct sorted *s)
{
	free(s->records);
	free(s->items);
}

bool bt_trie_each(const struct bt_trie *trie,
    bool (*each)(void *ctx, const uint8_t *key, size_t size, uint32_t class_id), void *ctx,
    bool *stopped, struct bt_err *err)
{
	struct sorted s = {.records = NULL};
	bool good = sort_names(trie, &s, err);
	bool more = good && (trie->root == BT_TRIE_NO_CLASS ||
				each(ctx, (const uint8_t *)"", 0, trie->root));
	for (size_t i = 0; more && i < s.count; i++) {
		uint32_t class_id;
		const struct bt_key key = sorted_key(&s, i, &class_id);
		more = each(ctx, key.bytes, key.len, class_id);
	}
	if (good)
		*stopped = !more;
	free_sorted(&s);
	return good;
}

/* ---- check ---- */

static bool is_found(const struct bt_trie *t, const struct bt_key *key, uint32_t class_id)
{
	struct bt_match matches[BT_MATCHES_MAX];
	unsigned count = bt_trie_match(t, key, matches);
	return count > 0 && matches[count - 1].labels == key->labels &&
	       matches[count - 1].class_id == class_id;
}

/* Entries that tell the same name would be found, but not all of them. */
static bool check_sorted(const struct bt_trie *t, const struct sorted *s, struct bt_err *err)
{
	struct bt_key last = {.len = 0};
	for (size_t i = 0; i < s->count; i++) {
		char text[BT_TEXT_MAX + 1];
		uint32_t class_id;
		const struct bt_key key = sorted_key(s, i, &class_id);
		bool again = key.len == last.len && memcmp(key.bytes, last.bytes, key.len) == 0;
		if (again || !is_found(t, &key, class_id)) {
			bt_key_to_text(text, key.bytes, key.len);
			return bt_fail(err, "%.300s is there %s", text,
			    again ? "twice" : "where lookups do not find it");
		}
		last = key;
	}
	return true;
}

bool bt_trie_check(const struct bt_trie *trie, struct bt_err *err)
{
	struct sorted s = {.records = NULL};
	bool good = sort_names(trie, &s, err) && check_sorted(trie, &s, err);
	free_sorted(&s);
	return good;
}
