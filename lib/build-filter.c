/* SPDX-License-Identifier: BSD-3-Clause */
/* build-filter.c -- the filter of a set of names */

#include <stdlib.h>
#include <string.h>

#include "build-code.h"
#include "build-filter.h"
#include "trie-filter.h"

enum { AHEAD = 16 /* hashes, whose lines are being fetched meanwhile */ };

struct filter {
	uint64_t *hashes;
	size_t count, room;
	struct bt_filter asked; /* as it will be */

	/* The first two and three labels of the names at hand. */
	struct begin {
		uint8_t octets[3 * (BT_LABEL_MAX + 1)];
		unsigned size;
		bool listed, below, deep;
	} two, three;
};

static bool push(struct filter *f, uint64_t hash)
{
	if (f->count == f->room) {
		size_t room = f->room + f->room / 2 + 1024;
		uint64_t *hashes = realloc(f->hashes, room * sizeof(*hashes));
		if (hashes == NULL)
			return false;
		f->hashes = hashes;
		f->room = room;
	}
	f->hashes[f->count++] = hash;
	return true;
}

/* Names come in key order: what begins alike, one after the other. */
static void begin_with(struct begin *begin, const uint8_t *key, unsigned size)
{
	if (begin->size == size && memcmp(begin->octets, key, size) == 0)
		return;
	memcpy(begin->octets, key, size);
	begin->size = size;
	begin->listed = begin->below = begin->deep = false;
}

/* If it is not yet so. */
static bool note(struct filter *f, bool *known, uint64_t hash)
{
	bool before = *known;
	*known = true;
	return before || push(f, hash);
}

static bool add(struct filter *f, const struct bt_build_name *name)
{
	struct bt_name_key key;
	bt_name_key(&key, name);
	if (key.labels < 2)
		return true;
	struct bt_begin two = bt_begin_two(&f->asked, key.octets);
	begin_with(&f->two, key.octets, two.end);
	if (key.labels == 2)
		return note(f, &f->two.listed, two.hash);
	if (!note(f, &f->two.below, bt_filter_hash_below(two.hash)))
		return false;
	struct bt_begin three = bt_begin_three(&f->asked, key.octets, &two);
	if (key.labels == 3)
		return f->two.listed || push(f, three.hash);
	begin_with(&f->three, key.octets, three.end);
	return note(f, &f->two.deep, bt_filter_hash_deep(two.hash)) &&
	       note(f, &f->three.below, bt_filter_hash_below(three.hash));
}

static void set_bits(const struct filter *f, uint8_t *lines, uint64_t count)
{
	for (size_t i = 0; i < f->count; i++) {
		if (f->count - i > AHEAD)
			__builtin_prefetch(lines + bt_filter_line(count, f->hashes[i + AHEAD]), 1);
		uint8_t *line = lines + bt_filter_line(count, f->hashes[i]);
		uint64_t bits = bt_filter_bits(f->hashes[i]);
		for (unsigned word = 0; word < BT_FILTER_WORDS; word++)
			bt_put64(line + 8 * word,
			    bt_get64(line + 8 * word) | (uint64_t)1 << (bits >> 6 * word & 63));
	}
}

bool bt_build_filter(uint8_t **lines, size_t *size, const struct bt_build_name *names, size_t count,
    uint64_t seed, struct bt_err *err)
{
	struct filter f = {.asked = {.seed = seed}};
	bool good = true;
	for (size_t i = 0; good && i < count; i++)
		good = add(&f, &names[i]);
	uint64_t pairs = (uint64_t)f.count * BT_FILTER_BITS / (8 * BT_PAGE_LINE) + 1;
	uint64_t line_count = pairs * (BT_PAGE_LINE / BT_FILTER_LINE);
	uint8_t *made = good ? calloc(line_count, BT_FILTER_LINE) : NULL;
	if (made != NULL) {
		set_bits(&f, made, line_count);
		*lines = made;
		*size = line_count * BT_FILTER_LINE;
	}
	free(f.hashes);
	return made != NULL || bt_fail(err, "out of memory");
}
