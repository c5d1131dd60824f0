/* SPDX-License-Identifier: BSD-3-Clause */
/* generate.c -- names that nobody registered */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../tests/random.h"
#include "generate.h"

static const char ldh[] = "abcdefghijklmnopqrstuvwxyz0123456789-";

enum {
	END = sizeof(ldh) - 1, /* the symbol behind a label's last, and before its first */
	SYMBOLS = END + 1,
	CONTEXTS = SYMBOLS * SYMBOLS * SYMBOLS,
};

/* ---- labels ---- */

bool generate_prepend(struct bt_key *key, const void *label, unsigned size)
{
	if (key->len + size + 1u > BT_KEY_MAX)
		return false;
	key->bytes[key->len] = (uint8_t)size;
	memcpy(key->bytes + key->len + 1, label, size);
	key->len = (uint8_t)(key->len + size + 1);
	key->labels++;
	return true;
}

bool generate_label(struct bt_key *key, unsigned size, bool any_octets, uint64_t *random)
{
	static const uint8_t odd[] = {0, 0, 0, 0, 1, '.', '\\', ' ', 255, 'a'};
	uint8_t label[BT_LABEL_MAX];
	for (unsigned i = 0; i < size; i++)
		label[i] = any_octets ? odd[random_below(random, sizeof(odd))]
				      : (uint8_t)ldh[random_below(random, END - 1)];
	return generate_prepend(key, label, size);
}

/* ---- files ---- */

static bool open_file(FILE **file, const char *path, struct bt_err *err)
{
	*file = fopen(path, "w");
	return *file != NULL || bt_fail(err, "%s: %s", path, strerror(errno));
}

static bool close_file(FILE *file, const char *path, bool ok, struct bt_err *err)
{
	bool written = !ferror(file);
	if (fclose(file) != 0 || !written)
		return ok ? bt_fail(err, "%s: %s", path, strerror(errno)) : false;
	return ok;
}

/* Writes a name that is not known yet, and adds it to `known`. False if memory runs out. */
static bool put_new(
    FILE *file, struct bt_intern *known, const struct bt_key *key, const char *family, bool *fresh)
{
	char text[BT_TEXT_MAX + 1];
	uint32_t number, before = bt_intern_count(known);
	if (!bt_intern_add(known, key->bytes, key->len, &number))
		return false;
	*fresh = number == before;
	if (*fresh) {
		bt_key_to_text(text, key->bytes, key->len);
		fprintf(file, "%s%s%s\n", text, family != NULL ? "\t" : "",
		    family != NULL ? family : "");
	}
	return true;
}

/* ---- a larger list ---- */

struct chain {
	uint32_t (*counts)[SYMBOLS]; /* by context: how often each symbol came next */
	uint64_t random;
};

static int symbol_of(uint8_t octet)
{
	const char *at = octet != 0 ? strchr(ldh, octet) : NULL;
	return at != NULL ? (int)(at - ldh) : -1;
}

static void learn(struct chain *chain, const uint8_t *label, unsigned size)
{
	unsigned context = CONTEXTS - 1; /* END, END, END */
	for (unsigned i = 0; i < size; i++)
		if (symbol_of(label[i]) < 0)
			return;
	for (unsigned i = 0; i <= size; i++) {
		unsigned symbol = i < size ? (unsigned)symbol_of(label[i]) : END;
		chain->counts[context][symbol]++;
		context = (context * SYMBOLS + symbol) % CONTEXTS;
	}
}

static unsigned next_symbol(struct chain *chain, unsigned context)
{
	const uint32_t *counts = chain->counts[context];
	uint32_t total = 0;
	for (unsigned i = 0; i < SYMBOLS; i++)
		total += counts[i];
	if (total == 0)
		return END;
	uint32_t left = random_below(&chain->random, total);
	unsigned symbol = 0;
	while (left >= counts[symbol])
		left -= counts[symbol++];
	return symbol;
}

/* A label of at least one octet. */
static unsigned speak(struct chain *chain, char label[static BT_LABEL_MAX])
{
	unsigned size = 0, context = CONTEXTS - 1;
	while (size < BT_LABEL_MAX) {
		unsigned symbol = next_symbol(chain, context);
		if (symbol == END)
			break;
		label[size++] = ldh[symbol];
		context = (context * SYMBOLS + symbol) % CONTEXTS;
	}
	return size;
}

static const struct bt_build_name *pick(const struct names *names, uint64_t *random)
{
	return &names->rows[random_below(random, (unsigned)names->count)];
}

/* False if the chain knows no label: then the list has no names of two labels. */
static bool learn_all(struct chain *chain, const struct names *real)
{
	bool learned = false;
	for (size_t i = 0; i < real->count; i++) {
		const struct bt_build_name *row = &real->rows[i];
		if (bt_key_labels(row->key, row->key_size) != 2)
			continue;
		const uint8_t *label = row->key + row->key[0] + 1;
		learn(chain, label + 1, label[0]);
		learned = true;
	}
	return learned;
}

static bool generate_one(
    FILE *file, struct bt_intern *known, const struct names *real, struct chain *chain, bool *fresh)
{
	struct bt_key key = {.len = 0};
	char label[BT_LABEL_MAX], family[256];
	const struct bt_build_name *top = pick(real, &chain->random);
	generate_prepend(&key, top->key + 1, top->key[0]);
	generate_prepend(&key, label, speak(chain, label));
	size_t size;
	const char *text = names_family(real, top->class_id, &size);
	snprintf(family, sizeof(family), "%.*s", (int)size, text);
	return put_new(file, known, &key, family, fresh);
}

bool generate_more(FILE *file, struct bt_intern *known, const struct names *real, size_t count,
    uint64_t seed, struct bt_err *err)
{
	struct chain chain = {calloc(CONTEXTS, sizeof(*chain.counts)), seed};
	bool ok = chain.counts != NULL || bt_fail(err, "out of memory");
	if (ok && !learn_all(&chain, real))
		ok = bt_fail(err, "no names of two labels to learn from");
	size_t tries = 0;
	for (size_t made = 0; ok && made < count; tries++) {
		bool fresh = false;
		ok = generate_one(file, known, real, &chain, &fresh) ||
		     bt_fail(err, "out of memory");
		made += fresh;
		if (ok && tries > 20 * count + 1000)
			ok = bt_fail(
			    err, "the list is too small to make %zu more names of it", count);
	}
	free(chain.counts);
	return ok;
}

/* ---- a small list ---- */

static void add_word(struct bt_key *key, uint64_t *random)
{
	static const char consonants[] = "bcdfghklmnprstvz", vowels[] = "aeiou";
	char label[16];
	unsigned size = 0, syllables = 1 + random_below(random, 4);
	for (unsigned i = 0; i < syllables; i++) {
		label[size++] = consonants[random_below(random, sizeof(consonants) - 1)];
		label[size++] = vowels[random_below(random, sizeof(vowels) - 1)];
	}
	generate_prepend(key, label, size);
}

/* Some names below one of few parents, some below a name that was made before. */
static void small_name(struct bt_key *key, const struct bt_intern *known, uint64_t *random)
{
	static const char *const tops[] = {"com", "com", "com", "net", "org", "info", "xyz", "cn"};
	unsigned kind = random_below(random, 10);
	uint32_t count = bt_intern_count(known);
	if (kind == 0 && count > 0) {
		size_t size;
		const void *parent = bt_intern_bytes(known, random_below(random, count), &size);
		key->len = (uint8_t)size;
		memcpy(key->bytes, parent, size);
		key->labels = (uint8_t)bt_key_labels(parent, size);
	} else {
		const char *top = tops[random_below(random, sizeof(tops) / sizeof(*tops))];
		generate_prepend(key, top, (unsigned)strlen(top));
		if (kind < 4) {
			uint64_t of_parent = 1000 + random_below(random, 50);
			add_word(key, &of_parent);
		}
	}
	add_word(key, random);
}

bool generate_small(
    const char *path, size_t count, bool families, uint64_t seed, struct bt_err *err)
{
	FILE *file;
	uint64_t random = seed;
	if (!open_file(&file, path, err))
		return false;
	struct bt_intern *known = bt_intern_new();
	bool ok = known != NULL || bt_fail(err, "out of memory");
	for (size_t made = 0; ok && made < count;) {
		struct bt_key key = {.len = 0};
		char family[32];
		bool fresh = false;
		small_name(&key, known, &random);
		snprintf(family, sizeof(family), "family-%u",
		    random_below(&random, 1 + random_below(&random, 40)));
		ok = put_new(file, known, &key, families ? family : NULL, &fresh) ||
		     bt_fail(err, "out of memory");
		made += fresh;
	}
	bt_intern_free(&known);
	return close_file(file, path, ok, err);
}

/* ---- a hostile list ---- */

enum {
	CHAINS = 8,
	LONG_NAMES = 1000,
	ODD_NAMES = 1000,
	LONG_LABEL = BT_LABEL_MAX,
};

static bool put_children(FILE *file, struct bt_intern *known, size_t children, uint64_t *random)
{
	struct bt_key wide;
	bt_key_from_text(&wide, GENERATE_WIDE, sizeof(GENERATE_WIDE) - 1);
	for (size_t made = 0; made < children;) {
		struct bt_key key = wide;
		bool fresh;
		generate_label(&key, 4 + random_below(random, 12), false, random);
		if (!put_new(file, known, &key, "wide", &fresh))
			return false;
		made += fresh;
	}
	return true;
}

static bool put_chains(FILE *file, struct bt_intern *known, uint64_t *random)
{
	bool fresh;
	for (unsigned i = 0; i < CHAINS; i++) {
		struct bt_key key = {.len = 0};
		while (generate_label(&key, 1, false, random))
			if (!put_new(file, known, &key, key.labels % 3 ? "chain" : "link", &fresh))
				return false;
	}
	return true;
}

static bool put_long_names(FILE *file, struct bt_intern *known, uint64_t *random)
{
	struct bt_key trunk = {.len = 0};
	bool fresh;
	for (unsigned i = 0; i < 3; i++)
		generate_label(&trunk, LONG_LABEL, false, random);
	for (unsigned i = 0; i < LONG_NAMES; i++) {
		struct bt_key key = trunk;
		generate_label(&key, BT_KEY_MAX - trunk.len - 1u, false, random);
		if (!put_new(file, known, &key, "long", &fresh))
			return false;
	}
	return true;
}

static bool put_odd_names(FILE *file, struct bt_intern *known, uint64_t *random)
{
	bool fresh;
	for (unsigned i = 0; i < ODD_NAMES; i++) {
		struct bt_key key = {.len = 0};
		unsigned labels = 1 + random_below(random, 6);
		while (key.labels < labels &&
		       generate_label(&key, 1 + random_below(random, 6), true, random))
			;
		if (!put_new(file, known, &key, "odd", &fresh))
			return false;
	}
	return true;
}

bool generate_hostile(const char *path, size_t children, uint64_t seed, struct bt_err *err)
{
	FILE *file;
	uint64_t random = seed;
	if (!open_file(&file, path, err))
		return false;
	struct bt_intern *known = bt_intern_new();
	bool ok = known != NULL && put_children(file, known, children, &random) &&
		  put_chains(file, known, &random) && put_long_names(file, known, &random) &&
		  put_odd_names(file, known, &random);
	if (!ok)
		bt_fail(err, "out of memory");
	bt_intern_free(&known);
	return close_file(file, path, ok, err);
}
