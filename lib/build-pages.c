/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * build-pages.c -- names into pages
 *
 * There are somewhat more pages than all entries fill. Chance gives many of them too many. What is
 * too many goes to an annex, which has as many pages as that fills; the last annex gets as many as
 * it takes for none of them to have too many.
 */

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "build-pages.h"
#include "large.h"
#include "trie-page.h"

enum {
	SEEDS = 16, /* to be tried */
	GUESS = 64, /* names in a page, before it is known what they take */
	FILL = 94,  /* percent of the first pages' room that all entries take */
	FEW = 1000, /* names whose annex is the last */
	SORT_MOST = 256,
	ENTRY_MAX = (BT_CODE_MAX + BT_TIER_BITS_MAX) / 8 + 3,
};

/*
 * What becomes of a name: what its place is made of, for it is not yet known how many bits places
 * have, and its entry. Records lie one after the other in key order, and are told by where they
 * begin.
 */
enum {
	RECORD_AT_LETTERS = 0,     /* u32 */
	RECORD_AT_HASH = 4,        /* u32 */
	RECORD_AT_SIZE = 8,        /* u16: octets of the entry */
	RECORD_AT_CLASS_BITS = 10, /* u8: at its end */
	RECORD_AT_ENTRY = 11,
	RECORD_MAX = RECORD_AT_ENTRY + ENTRY_MAX + 8,
	AHEAD = 16, /* records on their way from memory */
};

struct paging {
	const struct bt_build_name *names;
	size_t count;
	struct bt_paging *made;
	struct bt_places places;
	uint8_t *records;
	size_t size, room; /* of them */

	/* The table at hand. */
	unsigned table;
	struct bt_pages pages;
	uint32_t
	    *here; /* the records that it is for, then those that it has no room for: so many */
	size_t here_count;
	uint32_t *order;  /* these by page */
	uint32_t *begins; /* of pages in the order */
	uint64_t *items;  /* those of a page */
};

/* ---- entries ---- */

/* The number that stands at the end of an entry, and its bits. */
static uint64_t class_number(const struct bt_codes *codes, uint32_t class_id, unsigned *bits)
{
	unsigned tier = 0;
	while (tier + 1 < BT_TIERS && class_id >= codes->tier_begins[tier + 1])
		tier++;
	*bits = codes->tier_size + codes->tier_bits[tier];
	return (uint64_t)(class_id - codes->tier_begins[tier]) << codes->tier_size | tier;
}

/* The code of a name, its bits, and what its place is made of, into the record. */
static unsigned spell(const struct paging *p, const struct bt_build_name *name, uint8_t *record,
    uint64_t words[static BT_CODE_WORDS], bool *good)
{
	const struct bt_codes *codes = &p->made->coder->codes;
	struct bt_speller s;
	struct bt_placer placer;
	struct bt_name_key key;
	bt_name_key(&key, name);
	struct bt_head head = bt_head_of(codes, key.octets, key.labels);
	bool behind = key.labels > head.labels;
	unsigned letters = 0;
	if (behind)
		letters = bt_place_begin(&placer, codes, &p->places, key.octets, head.size);
	else
		bt_place_begin_head(&placer, &p->places, key.octets, head.size);
	*good = bt_spell_head(&s, codes, key.octets, head, words) &&
		(!behind || bt_spell_first(&s, letters, p->places.letters));
	for (unsigned done = head.labels + 1; *good && done < key.labels; done++)
		*good = bt_spell_label(&s);
	uint64_t hash = bt_place_hash(&placer, key.octets + name->key_size);
	bt_put32(record + RECORD_AT_LETTERS, placer.number);
	bt_put32(record + RECORD_AT_HASH, (uint32_t)(hash >> 32));
	*good = *good && bt_spell_end(&s) != 0;
	return *good ? bt_code_end(&s.code, bt_spell_end(&s)) : 0;
}

/* Of the last `bits` bits before `end`, turns those that are set in the number. */
static void turn_bits(uint8_t *end, uint64_t number, unsigned bits)
{
	for (unsigned i = 0; i < bits; i += 8)
		*--end ^= (uint8_t)(number >> i);
}

static bool make_room(struct paging *p, struct bt_err *err)
{
	if (p->room - p->size >= RECORD_MAX)
		return true;
	size_t room = p->room + p->room / 4 + (1 << 20);
	if (room > UINT32_MAX)
		room = UINT32_MAX; /* records are told by 32 bits */
	if (room - p->size < RECORD_MAX)
		return bt_fail(err, "more names than a trie file can hold: %zu", p->count);
	uint8_t *records = realloc(p->records, room);
	if (records == NULL)
		return bt_fail(err, "out of memory with %zu octets of entries", p->size);
	bt_large_pages(records, room);
	p->records = records;
	p->room = room;
	return true;
}

static bool make_record(struct paging *p, const struct bt_build_name *name, struct bt_err *err)
{
	uint64_t words[BT_CODE_WORDS];
	bool good;
	if (!make_room(p, err))
		return false;
	uint8_t *record = p->records + p->size, *entry = record + RECORD_AT_ENTRY;
	unsigned bits = spell(p, name, record, words, &good), class_bits;
	if (!good)
		return bt_fail(err, "name %zu has no code", (size_t)(name - p->names));
	uint64_t number = class_number(&p->made->coder->codes, name->class_id, &class_bits);
	unsigned size = (bits + class_bits + 7) / 8;
	for (unsigned at = 0; at < size; at += 8)
		bt_put64(entry + at, 8 * at < bits ? __builtin_bswap64(words[at / 8]) : 0);
	turn_bits(entry + size, number, class_bits);
	bt_put16(record + RECORD_AT_SIZE, (uint16_t)size);
	record[RECORD_AT_CLASS_BITS] = (uint8_t)class_bits;
	p->size += RECORD_AT_ENTRY + size;
	return true;
}

/* One for each name, all of them here. */
static bool make_records(struct paging *p, struct bt_err *err)
{
	p->size = 0;
	for (size_t i = 0; i < p->count; i++) {
		p->here[i] = (uint32_t)p->size;
		if (!make_record(p, &p->names[i], err))
			return false;
	}
	p->here_count = p->count;
	return true;
}

static unsigned entry_size(const struct paging *p, uint32_t record)
{
	return bt_get16(p->records + record + RECORD_AT_SIZE);
}

static uint32_t place_of(const struct paging *p, uint32_t record)
{
	const uint8_t *at = p->records + record;
	return bt_place_join(&p->places, bt_get32(at + RECORD_AT_LETTERS),
	    (uint64_t)bt_get32(at + RECORD_AT_HASH) << 32);
}

/* Octets in a page of an entry with so many: these, or some of them and where its tail is. */
static unsigned page_size(const struct paging *p, unsigned size)
{
	unsigned least = p->made->coder->codes.least;
	return size < least ? least : size < least + BT_ENTRY_LONG ? size : least + BT_ENTRY_LONG;
}

/* The least size for all entries with which they take the least room. */
static uint8_t choose_least(const struct paging *p)
{
	uint32_t by_size[ENTRY_MAX] = {0};
	uint64_t fewest = UINT64_MAX;
	uint8_t best = 0;
	for (size_t i = 0; i < p->count; i++)
		by_size[entry_size(p, p->here[i])]++;
	for (uint8_t least = 0; least <= BT_LEAST_MAX; least++) {
		const unsigned most = least + BT_ENTRY_LONG - 1;
		uint64_t octets = 0;
		for (unsigned size = 0; size < ENTRY_MAX; size++)
			octets += by_size[size] *
				  (uint64_t)(size < least   ? least
					     : size <= most ? size
							    : size + BT_TAIL_REF + BT_TAIL_HEADER);
		if (octets < fewest) {
			fewest = octets;
			best = least;
		}
	}
	return best;
}

/* ---- a table ---- */

static struct bt_spot spot_of(const struct paging *p, uint32_t record)
{
	uint32_t place = place_of(p, record);
	return p->table > 0 ? bt_annex_spot(&p->pages, p->table, &p->places, place)
			    : bt_spot(&p->pages, &p->places, place);
}

/* With its tag, but without that octet. */
static unsigned size_here(const struct paging *p, uint32_t record)
{
	return page_size(p, entry_size(p, record) + (p->table > 0));
}

static uint64_t count_octets(const struct paging *p)
{
	uint64_t octets = 0;
	for (size_t i = 0; i < p->here_count; i++)
		octets += 1u + size_here(p, p->here[i]);
	return octets;
}

static bool sort_by_page(struct paging *p)
{
	uint32_t *begins = realloc(p->begins, ((size_t)p->pages.count + 2) * sizeof(*p->begins));
	if (begins == NULL)
		return false;
	p->begins = begins;
	memset(begins, 0, ((size_t)p->pages.count + 2) * sizeof(*begins));
	for (size_t i = 0; i < p->here_count; i++)
		begins[spot_of(p, p->here[i]).page + 2]++;
	for (uint32_t i = 2; i < p->pages.count + 2; i++)
		begins[i] += begins[i - 1];
	for (size_t i = 0; i < p->here_count; i++)
		p->order[begins[spot_of(p, p->here[i]).page + 1]++] = p->here[i];
	return true;
}

static int by_number(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;
	return *x < *y ? -1 : *x > *y;
}

/* A page has few items, and they come nearly in any order. */
static void sort_items(uint64_t *items, unsigned count)
{
	if (count > SORT_MOST) {
		qsort(items, count, sizeof(*items), by_number);
		return;
	}
	for (unsigned i = 1; i < count; i++) {
		uint64_t item = items[i];
		unsigned j = i;
		for (; j > 0 && items[j - 1] > item; j--)
			items[j] = items[j - 1];
		items[j] = item;
	}
}

/* An item is a record and its tag or, later, its size before that. */
static uint64_t make_item(unsigned size, uint8_t tag, uint32_t record)
{
	return (uint64_t)size << 40 | (uint64_t)tag << 32 | record;
}

static uint8_t item_tag(uint64_t item)
{
	return (uint8_t)(item >> 32);
}

/* How many of the items, which are sorted by tag, fit; with each all those that have its tag. */
static unsigned count_fitting(const struct paging *p, unsigned count)
{
	unsigned octets = 0, fitting = 0;
	for (unsigned i = 0; i < count; i++) {
		octets += 1u + size_here(p, (uint32_t)p->items[i]);
		if (octets > BT_PAGE_ROOM || i == BT_PAGE_NAMES_MAX)
			return fitting;
		if (i + 1 == count || item_tag(p->items[i + 1]) != item_tag(p->items[i]))
			fitting = i + 1;
	}
	return fitting;
}

static bool put_tail(struct bt_paging *made, const uint8_t *octets, unsigned size, uint8_t *at)
{
	size_t need = made->tails_size + BT_TAIL_HEADER + size;
	if (need > made->tails_room) {
		size_t room = need + made->tails_room / 2 + 4096;
		uint8_t *tails = realloc(made->tails, room);
		if (tails == NULL)
			return false;
		made->tails = tails;
		made->tails_room = room;
	}
	bt_put32(at, (uint32_t)made->tails_size);
	bt_put16(made->tails + made->tails_size, (uint16_t)size);
	memcpy(made->tails + made->tails_size + BT_TAIL_HEADER, octets, size);
	made->tails_size = need;
	return true;
}

/* Writes an entry of `size` octets, whose code goes on behind the spare octet, if any. */
static bool put_entry(struct paging *p, uint32_t record, unsigned size, uint8_t *to)
{
	const uint8_t *from = p->records + record, *entry = from + RECORD_AT_ENTRY;
	unsigned octets = entry_size(p, record), head = 0;
	if (p->table > 0)
		to[head++] = spot_of(p, record).spare;
	if (size == p->made->coder->codes.least + BT_ENTRY_LONG) {
		unsigned here = size - BT_TAIL_REF - head;
		memcpy(to + head, entry, here);
		return put_tail(p->made, entry + here, octets - here, to + size - BT_TAIL_REF);
	}
	memcpy(to + head, entry, octets);
	if (head + octets < size) {
		/* The class moves to the end. */
		unsigned bits = from[RECORD_AT_CLASS_BITS];
		uint64_t number = 0;
		for (unsigned i = 0; i < octets && i < 8; i++)
			number |= (uint64_t)entry[octets - 1 - i] << 8 * i;
		number &= ((uint64_t)1 << bits) - 1;
		memset(to + head + octets, 0, size - head - octets);
		turn_bits(to + head + octets, number, bits);
		turn_bits(to + size, number, bits);
	}
	return true;
}

/* Writes the page of these items. */
static bool put_page(struct paging *p, uint8_t *page, unsigned count, uint8_t last)
{
	uint8_t *tags = page + BT_PAGE_HEADER, *to = tags + count;
	unsigned ends[BT_ENTRY_LONG + 1] = {0}, least = p->made->coder->codes.least;
	for (unsigned i = 0; i < count; i++) {
		uint32_t record = (uint32_t)p->items[i];
		p->items[i] = make_item(size_here(p, record), item_tag(p->items[i]), record);
	}
	sort_items(p->items, count);
	for (unsigned i = 0; i < count; i++) {
		unsigned size = (unsigned)(p->items[i] >> 40);
		tags[i] = item_tag(p->items[i]);
		if (!put_entry(p, (uint32_t)p->items[i], size, to))
			return false;
		to += size;
		ends[size - least]++;
	}
	for (unsigned i = 0, sum = 0; i <= BT_ENTRY_LONG; i++)
		page[BT_PAGE_AT_ENDS + i] = (uint8_t)(sum += ends[i]);
	page[BT_PAGE_AT_LAST] = last;
	return true;
}

enum outcome { FITS, TOO_MANY, NO_MEMORY };

/* Fills the table's pages, whose bytes begin at `to`; what does not fit stays in here[]. */
static enum outcome fill_pages(struct paging *p, uint8_t *to)
{
	size_t left = 0, all = p->here_count;
	if (!sort_by_page(p))
		return NO_MEMORY;
	for (uint32_t page = 0; page < p->pages.count; page++, to += BT_PAGE_SIZE) {
		unsigned count = p->begins[page + 1] - p->begins[page];
		for (unsigned i = 0; i < count; i++) {
			size_t at = p->begins[page] + (size_t)i;
			if (at + AHEAD < all)
				__builtin_prefetch(p->records + p->order[at + AHEAD]);
			p->items[i] = make_item(0, spot_of(p, p->order[at]).tag, p->order[at]);
		}
		sort_items(p->items, count);
		unsigned fitting = count_fitting(p, count);
		if (fitting == 0 && count > 0)
			return TOO_MANY;
		for (unsigned i = fitting; i < count; i++)
			p->here[left++] = (uint32_t)p->items[i];
		uint8_t last = fitting < count ? item_tag(p->items[fitting - 1]) : UINT8_MAX;
		if (!put_page(p, to, fitting, last))
			return NO_MEMORY;
	}
	p->here_count = left;
	return FITS;
}

/* Whether no page of the table has too many; octets[] and names[] are for counting. */
static bool all_fit(const struct paging *p, uint32_t *octets, uint32_t *names)
{
	memset(octets, 0, p->pages.count * sizeof(*octets));
	memset(names, 0, p->pages.count * sizeof(*names));
	for (size_t i = 0; i < p->here_count; i++) {
		uint32_t page = spot_of(p, p->here[i]).page;
		octets[page] += 1u + size_here(p, p->here[i]);
		names[page]++;
		if (octets[page] > BT_PAGE_ROOM || names[page] > BT_PAGE_NAMES_MAX)
			return false;
	}
	return true;
}

static void set_pages(struct paging *p, uint32_t count)
{
	p->pages.count = count;
	p->pages.log = bt_log2(count);
}

/* As many pages as the names here fill or, in the last table, as they need. */
static enum outcome choose_pages(struct paging *p, uint32_t most)
{
	uint32_t least = (p->made->counts[0] >> BT_SPARE_MAX) + 1;
	uint32_t count = (uint32_t)(count_octets(p) / BT_PAGE_ROOM + 1);
	set_pages(p, count < least ? least : count < most ? count : most);
	if (p->table < BT_TABLES - 1 && p->here_count > FEW)
		return FITS;
	uint32_t *counts = malloc(2 * ((size_t)most + 1) * sizeof(*counts));
	if (counts == NULL)
		return NO_MEMORY;
	bool fit = false;
	while (!(fit = all_fit(p, counts, counts + most + 1)) && p->pages.count < most) {
		count = p->pages.count + p->pages.count / 64 + 1;
		set_pages(p, count < most ? count : most);
	}
	free(counts);
	return fit || p->table < BT_TABLES - 1 ? FITS : TOO_MANY;
}

static enum outcome fill_table(struct paging *p, uint32_t most)
{
	enum outcome outcome = p->table > 0 ? choose_pages(p, most) : FITS;
	if (outcome != FITS)
		return outcome;
	size_t size = (size_t)p->pages.count * BT_PAGE_SIZE;
	uint8_t *bytes = realloc(p->made->bytes, p->made->size + size);
	if (bytes == NULL)
		return NO_MEMORY;
	bt_large_pages(bytes, p->made->size + size);
	memset(bytes + p->made->size, 0, size);
	p->made->bytes = bytes;
	p->made->counts[p->table] = p->pages.count;
	outcome = fill_pages(p, bytes + p->made->size);
	p->made->size += size;
	return outcome;
}

/* ---- all of it ---- */

/* Of the names: with other names, another one. */
static uint64_t make_seed(const struct bt_build_name *names, size_t count)
{
	uint64_t seed = 0;
	for (size_t i = 0; i < count; i++)
		seed = XXH3_64bits_withSeed(names[i].key, names[i].key_size, seed);
	return seed;
}

static enum outcome fill_tables(struct paging *p, uint32_t count)
{
	p->made->size = p->made->tails_size = 0;
	memset(p->made->counts, 0, sizeof(p->made->counts));
	set_pages(p, count);
	for (p->table = 0; p->table < BT_TABLES; p->table++) {
		if (p->table > 0 && p->here_count == 0)
			break;
		enum outcome outcome = fill_table(p, p->pages.count);
		if (outcome != FITS)
			return outcome;
	}
	return p->here_count == 0 ? FITS : TOO_MANY;
}

/* Codes for places with so many letters, and with them the pages that all names fill. */
static bool make_codes(
    struct paging *p, unsigned letters, uint32_t classes, uint32_t *pages, struct bt_err *err)
{
	p->table = 0;
	p->places = bt_places(p->places.bits, letters, p->made->seed);
	bt_coder_free(&p->made->coder);
	if (!bt_coder_new(&p->made->coder, &p->places, p->names, p->count, classes, err) ||
	    !make_records(p, err))
		return false;
	struct bt_coder *coder = p->made->coder;
	coder->bytes[BT_CODES_AT_LEAST] = choose_least(p);
	coder->codes.least = coder->bytes[BT_CODES_AT_LEAST];
	uint64_t count = count_octets(p) * 100 / (BT_PAGE_ROOM * FILL) + 1;
	if (count > BT_PAGES_MAX)
		return bt_fail(err, "more names than a trie file can hold: %zu", p->count);
	*pages = (uint32_t)count;
	return true;
}

static unsigned letters_with(uint32_t pages)
{
	return bt_place_letters_most(bt_log2(pages) + BT_TAG_BITS);
}

/*
 * As many letters in places as there can be with the pages that they leave to be filled: the more
 * letters, the fewer pages.
 */
static bool choose_codes(struct paging *p, uint32_t classes, uint32_t *pages, struct bt_err *err)
{
	unsigned letters = letters_with((uint32_t)(p->count / GUESS + 1)), most;
	if (!make_codes(p, letters, classes, pages, err))
		return false;
	while ((most = letters_with(*pages)) > letters) {
		uint32_t before = *pages;
		if (!make_codes(p, ++letters, classes, pages, err))
			return false;
		if (letters_with(*pages) < letters)
			*pages = before; /* more than are filled, so that there can be as many */
	}
	while (letters_with(*pages) < letters)
		if (!make_codes(p, --letters, classes, pages, err))
			return false;
	set_pages(p, *pages);
	p->places = bt_places(bt_place_bits(&p->pages), letters, p->made->seed);
	return true;
}

static bool make(struct paging *p, uint32_t classes, struct bt_err *err)
{
	size_t room = p->count + 1;
	p->order = malloc(room * sizeof(*p->order));
	p->here = malloc(room * sizeof(*p->here));
	p->items = malloc(room * sizeof(*p->items));
	if (p->order == NULL || p->here == NULL || p->items == NULL)
		return bt_fail(err, "out of memory");
	bt_large_pages(p->order, room * sizeof(*p->order));
	bt_large_pages(p->here, room * sizeof(*p->here));
	uint32_t pages;
	if (!choose_codes(p, classes, &pages, err))
		return false;
	for (unsigned i = 0; i < SEEDS; i++) {
		enum outcome outcome = fill_tables(p, pages);
		if (outcome == FITS)
			return true;
		if (outcome == NO_MEMORY)
			return bt_fail(err, "out of memory");
		p->places.seed = ++p->made->seed;
		if (!make_records(p, err))
			return false;
	}
	return bt_fail(err, "the names do not spread over pages");
}

bool bt_paging_make(struct bt_paging *paging, const struct bt_build_name *names, size_t count,
    uint32_t classes, struct bt_err *err)
{
	struct bt_paging made = {.seed = make_seed(names, count)};
	struct paging p = {.names = names, .count = count, .made = &made};
	bool good = make(&p, classes, err);
	free(p.records);
	free(p.order);
	free(p.begins);
	free(p.here);
	free(p.items);
	if (good)
		*paging = made;
	else
		bt_paging_free(&made);
	return good;
}

void bt_paging_free(struct bt_paging *paging)
{
	bt_coder_free(&paging->coder);
	free(paging->bytes);
	free(paging->tails);
	paging->bytes = paging->tails = NULL;
}
