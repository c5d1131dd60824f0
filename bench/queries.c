/* SPDX-License-Identifier: BSD-3-Clause */
/* queries.c -- what the peers are asked */

#include <stdlib.h>
#include <string.h>

#include "../tests/random.h"
#include "generate.h"
#include "queries.h"

/* What the queries are made of. */
struct source {
	const struct reference *reference;
	struct names popular; /* none of them covered, by rank */
	double *zipf;         /* for each the sum of 1/rank up to it */
	uint64_t random;
};

/* Makes one query. False: it is not of the kind that is wanted; try again. */
typedef bool make_query(struct source *source, struct bt_key *key);

/* ---- mixes ---- */

/* Puts a key behind the last one. There is always room for a whole struct bt_key behind it. */
static bool add(struct mix *mix, const struct bt_key *key)
{
	if (mix->room - mix->size < 2 * sizeof(*key)) {
		size_t room = 2 * mix->room + (1 << 16);
		uint8_t *octets = realloc(mix->octets, room);
		if (octets == NULL)
			return false;
		memset(octets + mix->room, 0, room - mix->room);
		mix->octets = octets;
		mix->room = room;
	}
	size_t used = offsetof(struct bt_key, bytes) + key->len;
	memcpy(mix->octets + mix->size, key, used);
	mix->size += used;
	mix->count++;
	return true;
}

static bool find_keys(struct mix *mix)
{
	const uint8_t *at = mix->octets;
	mix->keys = malloc(mix->count * sizeof(struct bt_key *));
	for (size_t i = 0; mix->keys != NULL && i < mix->count; i++) {
		mix->keys[i] = (const struct bt_key *)at;
		at += offsetof(struct bt_key, bytes) + mix->keys[i]->len;
	}
	return mix->keys != NULL;
}

static bool fill(struct mixes *mixes, const char *name, const char *what, make_query *make,
    struct source *source, size_t count, struct bt_err *err)
{
	struct mix *mix = &mixes->list[mixes->count++];
	struct bt_match matches[BT_MATCHES_MAX];
	size_t tries = 0;
	*mix = (struct mix){.name = name, .what = what};
	while (mix->count < count) {
		struct bt_key key;
		if (++tries > 1000 * (count + 1000))
			return bt_fail(err, "no queries of the kind '%s' can be made", name);
		if (!make(source, &key))
			continue;
		if (!add(mix, &key))
			return bt_fail(err, "out of memory");
		unsigned found = reference_match(source->reference, &key, matches);
		mix->matches += found;
		mix->hits += found > 0;
	}
	return find_keys(mix) || bt_fail(err, "out of memory");
}

void mixes_free(struct mixes *mixes)
{
	for (unsigned i = 0; i < mixes->count; i++) {
		free(mixes->list[i].octets);
		free(mixes->list[i].keys);
	}
	mixes->count = 0;
}

/* ---- kinds of queries ---- */

static void copy_row(struct bt_key *key, const struct bt_build_name *row)
{
	key->len = row->key_size;
	key->labels = (uint8_t)bt_key_labels(row->key, row->key_size);
	memcpy(key->bytes, row->key, row->key_size);
}

static bool is_covered(const struct source *source, const struct bt_key *key)
{
	struct bt_match matches[BT_MATCHES_MAX];
	return reference_match(source->reference, key, matches) > 0;
}

static bool make_hit(struct source *source, struct bt_key *key)
{
	const struct names *names = source->reference->names;
	copy_row(key, &names->rows[random_below(&source->random, (unsigned)names->count)]);
	return true;
}

static bool make_below(struct source *source, struct bt_key *key)
{
	static const char *const usual[] = {"www", "mail", "api", "cdn", "m", "static"};
	make_hit(source, key);
	unsigned labels = 1 + random_below(&source->random, 3);
	for (unsigned i = 0; i < labels; i++) {
		unsigned word = random_below(&source->random, 12);
		bool fits = word < 6
				? generate_prepend(key, usual[word], (unsigned)strlen(usual[word]))
				: generate_label(key, 1 + random_below(&source->random, 12), false,
				      &source->random);
		if (!fits)
			return false;
	}
	return true;
}

/* One octet of a listed name that is neither a length nor in the top label, changed. */
static bool make_near(struct source *source, struct bt_key *key)
{
	make_hit(source, key);
	if (key->labels < 2)
		return false;
	unsigned first = key->bytes[0] + 1u;
	unsigned at = first + random_below(&source->random, key->len - first);
	for (unsigned label = first; label <= at; label += key->bytes[label] + 1u)
		if (label == at)
			return false;
	key->bytes[at] =
	    (uint8_t) "abcdefghijklmnopqrstuvwxyz0123456789"[random_below(&source->random, 36)];
	return !is_covered(source, key);
}

static bool make_popular(struct source *source, struct bt_key *key)
{
	unsigned count = (unsigned)source->popular.count;
	copy_row(key, &source->popular.rows[random_below(&source->random, count)]);
	return true;
}

/* ---- Zipf, s = 1 ---- */

/* At random: not every file of popular names is in order of popularity. */
static void give_ranks(struct source *source)
{
	for (size_t i = source->popular.count; i > 1; i--) {
		size_t j = random_below(&source->random, (unsigned)i);
		struct bt_build_name row = source->popular.rows[i - 1];
		source->popular.rows[i - 1] = source->popular.rows[j];
		source->popular.rows[j] = row;
	}
}

static bool sum_ranks(struct source *source)
{
	source->zipf = malloc(source->popular.count * sizeof(*source->zipf));
	double sum = 0;
	for (size_t i = 0; source->zipf != NULL && i < source->popular.count; i++) {
		sum += 1.0 / (double)(i + 1);
		source->zipf[i] = sum;
	}
	return source->zipf != NULL;
}

static void make_ranked(struct source *source, struct bt_key *key)
{
	size_t low = 0, high = source->popular.count - 1;
	double at =
	    (double)(random_next(&source->random) >> 11) / 9007199254740992.0 * source->zipf[high];
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (source->zipf[middle] < at)
			low = middle + 1;
		else
			high = middle;
	}
	copy_row(key, &source->popular.rows[low]);
}

static bool make_zipf(struct source *source, struct bt_key *key, unsigned hits_of_1000)
{
	if (random_below(&source->random, 1000) < hits_of_1000)
		return make_hit(source, key);
	make_ranked(source, key);
	return true;
}

static bool make_zipf_1(struct source *source, struct bt_key *key)
{
	return make_zipf(source, key, 1);
}

static bool make_zipf_10(struct source *source, struct bt_key *key)
{
	return make_zipf(source, key, 10);
}

static bool make_zipf_50(struct source *source, struct bt_key *key)
{
	return make_zipf(source, key, 50);
}

/* ---- hostile kinds ---- */

/* 127 labels that follow a listed chain for some of the way. */
static bool make_deep(struct source *source, struct bt_key *key)
{
	do
		make_hit(source, key);
	while (key->labels < 2 || key->bytes[0] != 1);
	if (random_below(&source->random, 2) == 0 && key->labels > 30)
		key->bytes[2 * random_below(&source->random, key->labels) + 1u] = '-';
	while (generate_label(key, 1, false, &source->random))
		;
	return key->labels == BT_LABELS_MAX;
}

/* 255 octets: a third listed, the others different near their end. */
static bool make_long(struct source *source, struct bt_key *key)
{
	do
		make_hit(source, key);
	while (key->len < BT_KEY_MAX || key->bytes[0] != BT_LABEL_MAX);
	if (random_below(&source->random, 3) > 0)
		key->bytes[BT_KEY_MAX - 1 - random_below(&source->random, 20)] ^= 1;
	return true;
}

/* Labels of zeros and other octets: listed, below, or beside. */
static bool make_odd(struct source *source, struct bt_key *key)
{
	unsigned kind = random_below(&source->random, 3);
	key->len = key->labels = 0;
	while (kind > 0 && (key->len == 0 || key->bytes[0] > 6 || key->bytes[1] >= '0'))
		make_hit(source, key);
	for (unsigned i = kind == 1 ? 0 : 3; i > 0; i--)
		generate_label(key, 1 + random_below(&source->random, 6), true, &source->random);
	return true;
}

/* Under the suffix with many children: a child, below a child, or no child. */
static bool make_wide(struct source *source, struct bt_key *key)
{
	static const char suffix[] = "\007example\004wide";
	unsigned kind = random_below(&source->random, 3);
	if (kind == 0) {
		bt_key_from_text(key, GENERATE_WIDE, sizeof(GENERATE_WIDE) - 1);
		return generate_label(
		    key, 4 + random_below(&source->random, 12), false, &source->random);
	}
	do
		make_hit(source, key);
	while (memcmp(key->bytes, suffix, sizeof(suffix) - 1) != 0);
	return kind == 1 || generate_label(key, 3, false, &source->random);
}

/* ---- all of them ---- */

static bool take_popular(
    struct mixes *mixes, struct source *source, const char *benign, struct bt_err *err)
{
	if (!names_read(&source->popular, benign, false, err))
		return false;
	size_t kept = 0;
	mixes->benign = source->popular.count;
	for (size_t i = 0; i < source->popular.count; i++) {
		struct bt_key key;
		copy_row(&key, &source->popular.rows[i]);
		if (!is_covered(source, &key))
			source->popular.rows[kept++] = source->popular.rows[i];
	}
	source->popular.count = kept;
	mixes->covered = mixes->benign - kept;
	if (kept == 0)
		return bt_fail(err, "%s: no name in it that is not listed", benign);
	give_ranks(source);
	return sum_ranks(source) || bt_fail(err, "out of memory");
}

bool mixes_make(struct mixes *mixes, const struct reference *reference, const char *benign,
    size_t count, uint64_t seed, struct bt_err *err)
{
	struct source source = {.reference = reference, .random = seed};
	*mixes = (struct mixes){.count = 0};
	bool ok = take_popular(mixes, &source, benign, err) &&
		  fill(mixes, "hit", "listed names", make_hit, &source, count, err) &&
		  fill(mixes, "below", "1 to 3 labels below listed names", make_below, &source,
		      count, err) &&
		  fill(mixes, "popular", "popular names, none covered", make_popular, &source,
		      count, err) &&
		  fill(mixes, "near", "listed names with one octet changed, none covered",
		      make_near, &source, count, err) &&
		  fill(mixes, "zipf 0.1%",
		      "popular names by Zipf (s = 1, ranks at random), 0.1 % listed ones",
		      make_zipf_1, &source, count, err) &&
		  fill(mixes, "zipf 1%",
		      "popular names by Zipf (s = 1, ranks at random), 1 % listed ones",
		      make_zipf_10, &source, count, err) &&
		  fill(mixes, "zipf 5%",
		      "popular names by Zipf (s = 1, ranks at random), 5 % listed ones",
		      make_zipf_50, &source, count, err);
	names_free(&source.popular);
	free(source.zipf);
	if (!ok)
		mixes_free(mixes);
	return ok;
}

bool mixes_make_hostile(struct mixes *mixes, const struct reference *reference, size_t count,
    uint64_t seed, struct bt_err *err)
{
	struct source source = {.reference = reference, .random = seed};
	*mixes = (struct mixes){.count = 0};
	bool ok = fill(mixes, "127 labels", "chains with each ancestor listed, whole or broken",
		      make_deep, &source, count, err) &&
		  fill(mixes, "255 octets", "names that differ at their end, a third listed",
		      make_long, &source, count, err) &&
		  fill(mixes, "zeros", "labels of \\000 and the like, listed or not", make_odd,
		      &source, count, err) &&
		  fill(mixes, "wide", "below the suffix with many children, a third not listed",
		      make_wide, &source, count, err);
	if (!ok)
		mixes_free(mixes);
	return ok;
}
