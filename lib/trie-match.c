/* SPDX-License-Identifier: BSD-3-Clause */
/* trie-match.c -- the listed names that a name is, or is below */

#include <string.h>

#include "trie-view.h"

enum {
	CACHE_LINE = 64,
	FIRST_LEVELS = 3, /* labels of those that are looked for before it is known which can be */
};

/* An ancestor-or-self of the name that is looked up: where it stands if it is listed. */
struct level {
	const uint8_t *page;
	uint32_t place;
	uint8_t tag;
};

/* Those with as many labels as listed names have, the shortest first. */
struct levels {
	unsigned count;
	struct level list[BT_LABELS_MAX];
};

/* ---- where they stand ---- */

BT_INLINE bool has_depth(const struct bt_trie *t, unsigned labels)
{
	return t->depths[labels / 64] >> labels % 64 & 1;
}

BT_INLINE void prefetch_page(const uint8_t *page)
{
#pragma GCC unroll 8
	for (unsigned i = 0; i < BT_PAGE_SIZE; i += CACHE_LINE)
		__builtin_prefetch(page + i);
}

BT_INLINE void add_level(const struct bt_trie *t, struct levels *l, uint32_t place)
{
	struct bt_spot spot = bt_spot(&t->tables[0], &t->places, place);
	struct level *level = &l->list[l->count++];
	level->page = bt_page(&t->tables[0], spot.page);
	prefetch_page(level->page);
	level->place = place;
	level->tag = spot.tag;
}

/* The level of a head alone. */
static __attribute__((noinline)) void add_head(
    const struct bt_trie *t, const uint8_t *key, struct bt_head head, struct levels *l)
{
	struct bt_placer p;
	bt_place_begin_head(&p, &t->places, key, head.size);
	add_level(t, l, bt_place(&p, &t->places, key + head.size));
}

/* A key, whose levels up to one with `done` labels are found; the next label begins at `at`. */
struct levelled {
	struct bt_placer placer;
	const uint8_t *at;
	unsigned done;
	unsigned letters; /* that are in the places of those with more labels than the head */
};

BT_INLINE void find_levels(
    const struct bt_trie *t, struct levelled *key, unsigned labels, struct levels *l)
{
	for (; key->done < labels; key->done++) {
		key->at += key->at[0] + 1;
		if (has_depth(t, key->done + 1))
			add_level(t, l, bt_place(&key->placer, &t->places, key->at));
	}
}

/* The levels of a key with so many labels, but that of the top-level label: the first of them. */
BT_INLINE struct levelled find_first_levels(const struct bt_trie *t, const uint8_t *key,
    unsigned labels, struct bt_head head, struct levels *l)
{
	struct levelled levelled = {.at = key + head.size, .done = head.labels};
	l->count = 0;
	if (head.labels > 1 && has_depth(t, 2))
		add_head(t, key, head, l);
	if (labels == head.labels)
		return levelled;
	levelled.letters = bt_place_begin(&levelled.placer, &t->codes, &t->places, key, head.size);
	find_levels(t, &levelled, labels < FIRST_LEVELS ? labels : FIRST_LEVELS, l);
	return levelled;
}

/* ---- whether they stand there ---- */

/* A code, complete up to the name's end. */
struct code {
	const uint64_t *words;
	unsigned bits;
};

/* Whether the entry's first bits are the code's and, behind its end, zeros; 192 at most. */
BT_INLINE bool same_bits(const uint8_t *entry, unsigned bits, const uint64_t *words)
{
	unsigned i = 0;
	for (; bits > 64; bits -= 64, i++)
		if (__builtin_bswap64(bt_get64(entry + 8 * i)) != words[i])
			return false;
	return bits == 0 ||
	       (__builtin_bswap64(bt_get64(entry + 8 * i)) ^ words[i]) >> (64 - bits) == 0;
}

/* An entry with a tail: its octets, joined. `spare`: how many of its first ones are spare bits. */
static bool is_long(const struct bt_trie *t, struct code code, struct bt_entry entry,
    unsigned spare, uint32_t *class_id)
{
	uint8_t octets[BT_LEAST_MAX + BT_ENTRY_LONG + BT_TAIL_MAX + 8];
	unsigned head = entry.size - BT_TAIL_REF, class_bits;
	const uint8_t *tail = t->tails + bt_get32(entry.at + head);
	unsigned tail_size = bt_get16(tail), size = head + tail_size;
	memcpy(octets, entry.at, head);
	memcpy(octets + head, tail + BT_TAIL_HEADER, tail_size);
	if (!bt_class_read(&t->codes, octets + size, &class_bits, class_id))
		return false;
	unsigned bits = 8 * (size - spare) - class_bits;
	if (bits < code.bits || bits >= code.bits + 8)
		return false;
	for (unsigned i = 0; 64 * i < bits; i++) {
		uint64_t word = __builtin_bswap64(bt_get64(octets + spare + 8 * i)) ^ code.words[i];
		if (bits - 64 * i < 64)
			word >>= 64 - (bits - 64 * i);
		if (word != 0)
			return false;
	}
	return true;
}

/* No code is the begin of another: an entry that begins with it, and goes on with zeros, is it. */
BT_INLINE bool is_entry(const struct bt_trie *t, struct code code, struct bt_entry entry,
    unsigned spare, uint32_t *class_id)
{
	unsigned class_bits;
	if (entry.size == t->codes.least + BT_ENTRY_LONG)
		return is_long(t, code, entry, spare, class_id);
	if (!bt_class_read(&t->codes, entry.at + entry.size, &class_bits, class_id))
		return false;
	unsigned bits = 8 * (entry.size - spare);
	return bits >= code.bits + class_bits &&
	       same_bits(entry.at + spare, bits - class_bits, code.words);
}

/* `spare` below 0: the page is not of an annex. */
BT_INLINE bool find_in(const struct bt_trie *t, struct code code, const uint8_t *page, uint8_t tag,
    int spare, uint32_t *class_id)
{
	unsigned names = page[BT_PAGE_AT_NAMES];
	const uint8_t *tags = page + BT_PAGE_HEADER;
	for (unsigned first = 0; first < names; first += BT_OCTETS) {
		uint64_t found = bt_octets_equal(tags + first, tag);
		if (names - first < BT_OCTETS)
			found &= ((uint64_t)1 << (names - first)) - 1;
		for (; found != 0; found &= found - 1) {
			unsigned i = first + (unsigned)__builtin_ctzll(found);
			struct bt_entry entry = bt_page_entry(page, i, t->codes.least);
			if (spare >= 0 && (entry.size == 0 || entry.at[0] != spare))
				continue;
			if (is_entry(t, code, entry, spare >= 0, class_id))
				return true;
		}
	}
	return false;
}

static bool find_in_annex(
    const struct bt_trie *t, struct code code, uint32_t place, uint32_t *class_id)
{
	for (unsigned annex = 1; annex < t->table_count; annex++) {
		const struct bt_pages *pages = &t->tables[annex];
		struct bt_spot spot = bt_annex_spot(pages, annex, &t->places, place);
		const uint8_t *page = bt_page(pages, spot.page);
		prefetch_page(page);
		if (spot.tag <= page[BT_PAGE_AT_LAST])
			return find_in(t, code, page, spot.tag, spot.spare, class_id);
	}
	return false;
}

/* ---- lookups ---- */

struct search {
	const struct bt_trie *trie;
	struct bt_match *matches;
	unsigned count;
	struct levels levels;
	unsigned done; /* levels */
	uint64_t words[BT_CODE_WORDS];
};

/* Looks for what is spelled so far, if it is a level with `least` labels or more. */
BT_INLINE void look(
    struct search *search, const struct bt_speller *s, unsigned labels, unsigned least)
{
	const struct bt_trie *t = search->trie;
	uint32_t class_id;
	if (!has_depth(t, labels))
		return;
	const struct level *level = &search->levels.list[search->done++];
	if (bt_spell_end(s) == 0 || labels < least)
		return;
	struct code code = {search->words, bt_code_end(&s->code, bt_spell_end(s))};
	bool found = level->tag <= level->page[BT_PAGE_AT_LAST]
			 ? find_in(t, code, level->page, level->tag, -1, &class_id)
			 : find_in_annex(t, code, level->place, &class_id);
	if (found)
		search->matches[search->count++] =
		    (struct bt_match){.class_id = class_id, .labels = (uint8_t)labels};
}

/* Looks for the levels of a key with `least` to `most` labels; 2 at least. */
BT_INLINE void look_at_levels(struct search *search, const uint8_t *key, unsigned least,
    unsigned most, struct bt_head head, unsigned letters)
{
	const struct bt_trie *t = search->trie;
	struct bt_speller s;
	search->done = 0;
	if (!bt_spell_head(&s, &t->codes, key, head, search->words))
		return;
	if (head.labels > 1)
		look(search, &s, head.labels, least);
	if (most <= head.labels || !bt_spell_first(&s, letters, t->places.letters))
		return;
	for (unsigned done = head.labels + 1;; done++) {
		look(search, &s, done, least);
		if (done >= most || !bt_spell_label(&s))
			return;
	}
}

/* Looks for the top-level label. */
static __attribute__((noinline)) unsigned match_top(
    const struct bt_trie *t, const uint8_t *key, struct bt_match *matches, unsigned count)
{
	struct search search = {.trie = t, .matches = matches, .count = count};
	struct bt_head head = bt_top_head(key);
	struct bt_speller s;
	add_head(t, key, head, &search.levels);
	if (bt_spell_head(&s, &t->codes, key, head, search.words))
		look(&search, &s, 1, 1);
	return search.count;
}

/* What the filter says of the first labels of a name: whether they are one, or have some below. */
struct answer {
	struct bt_begin begin;
	bool listed, below;
};

/* Of a name with two labels or more. */
BT_INLINE bool may_match(const struct bt_trie *t, const struct bt_key *key, struct answer *answer)
{
	answer->listed = bt_filter_listed(&t->filter, &answer->begin);
	answer->below = key->labels > 2 && bt_filter_below(&t->filter, &answer->begin);
	return answer->listed | answer->below;
}

/*
 * Looks for what has two labels or more, as the filter says that there may be. The first pages are
 * asked for before that answer has an effect, but for one that is the same for most names: a
 * processor that foresees it does not wait for memory twice. Nor does it see beyond some hundred
 * instructions while it waits: what most names do not need comes late.
 */
static __attribute__((noinline)) unsigned match_below(const struct bt_trie *t,
    const struct bt_key *key, const struct answer *two, struct bt_match *matches, unsigned count)
{
	struct search search;
	const uint8_t *bytes = key->bytes;
	unsigned labels = key->labels < t->deepest ? key->labels : t->deepest;
	struct bt_head head = bt_head(&t->codes, bytes, two->begin.end, two->begin.key_hash);
	struct levelled levelled = find_first_levels(t, bytes, labels, head, &search.levels);
	unsigned least = two->listed ? 2 : 3, most = two->below ? 3 : 2;
	/* With more labels, to ask whether three are a name costs what it saves, if they are not
	   asked for anyway. */
	bool deep = labels > 3 && bt_filter_deep(&t->filter, &two->begin);
	if (deep || (!two->listed && labels == 3)) {
		struct bt_begin three = bt_begin_three(&t->filter, bytes, &two->begin);
		if (!two->listed && !bt_filter_listed(&t->filter, &three))
			least = 4;
		if (deep && bt_filter_below(&t->filter, &three))
			most = labels;
		if (least > most)
			return count;
	}
	find_levels(t, &levelled, most, &search.levels);
	search.trie = t;
	search.matches = matches;
	search.count = count;
	look_at_levels(&search, bytes, least, most, head, levelled.letters);
	return search.count;
}

/* Looks for what has less than two labels. */
BT_INLINE unsigned match_above(
    const struct bt_trie *t, const struct bt_key *key, struct bt_match *matches)
{
	unsigned count = 0;
	if (t->root != BT_TRIE_NO_CLASS)
		matches[count++] = (struct bt_match){.class_id = t->root};
	if (has_depth(t, 1) && key->labels > 0)
		count = match_top(t, key->bytes, matches, count);
	return count;
}

unsigned bt_trie_match(const struct bt_trie *trie, const struct bt_key *key,
    struct bt_match matches[static BT_MATCHES_MAX])
{
	struct answer answer;
	unsigned count = match_above(trie, key, matches);
	if (key->labels < 2 || trie->deepest < 2)
		return count;
	answer.begin = bt_begin_two(&trie->filter, key->bytes);
	if (!may_match(trie, key, &answer))
		return count; /* where most lookups end, after one cache line */
	return match_below(trie, key, &answer, matches, count);
}

/* Asks for the pages of a name's first levels. */
static void prefetch_levels(
    const struct bt_trie *t, const struct bt_key *key, const struct bt_begin *two)
{
	struct levels levels;
	unsigned labels = key->labels < t->deepest ? key->labels : t->deepest;
	find_first_levels(t, key->bytes, labels,
	    bt_head(&t->codes, key->bytes, two->end, two->key_hash), &levels);
}

/* One step for all keys, then the next: what one step asks for has come before the next needs it.
 */
void bt_trie_match_batch(const struct bt_trie *trie, const struct bt_key *const *keys,
    unsigned count, struct bt_match (*matches)[BT_MATCHES_MAX], unsigned *counts)
{
	struct answer answers[BT_BATCH_MAX];
	bool may[BT_BATCH_MAX];
	for (unsigned i = 0; i < count; i++) {
		may[i] = keys[i]->labels >= 2 && trie->deepest >= 2;
		if (!may[i])
			continue;
		answers[i].begin = bt_begin_two(&trie->filter, keys[i]->bytes);
		bt_filter_prefetch(&trie->filter, &answers[i].begin);
	}
	for (unsigned i = 0; i < count; i++) {
		may[i] = may[i] && may_match(trie, keys[i], &answers[i]);
		if (may[i])
			prefetch_levels(trie, keys[i], &answers[i].begin);
	}
	for (unsigned i = 0; i < count; i++) {
		counts[i] = match_above(trie, keys[i], matches[i]);
		if (may[i])
			counts[i] = match_below(trie, keys[i], &answers[i], matches[i], counts[i]);
	}
}
