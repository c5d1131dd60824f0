/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * build-strings.c -- octets that texts have often, and texts as codes for them
 *
 * Training begins without strings and goes round a few times: code a sample of the texts, count
 * the codes and the pairs of neighbouring codes, and let the strings, literal octets and pairs that
 * stand for most octets be the next round's strings.
 */

#include <stdlib.h>
#include <string.h>

#include "build-strings.h"
#include "endian.h"

enum {
	ROUNDS = 6,
	SAMPLE = 32768, /* texts, at least, if there are as many */
	LITERAL = 256,  /* while training: a literal octet is code LITERAL + octet */
	CODES = LITERAL + 256,
	CANDIDATES = CODES * CODES / 4,
	SINGLE_GAIN = 4, /* octets that a single one counts for: without it the text would grow */
};

/* ---- coding ---- */

/* The longest string that the text begins with, or BT_STRING_NONE. */
static inline unsigned find_string(const struct bt_strings *s, uint64_t text)
{
	unsigned octet = (unsigned)(text >> 56), first = s->first[octet];
	for (unsigned i = s->first[octet + 1]; i > first; i--)
		if ((text ^ s->strings[i - 1]) >> (64 - 8 * s->sizes[i - 1]) == 0)
			return i - 1;
	return BT_STRING_NONE;
}

/* A text with zeros after it, so that eight octets can be loaded from wherever it has one. */
struct padded {
	uint8_t octets[BT_STRINGS_TEXT_MAX + 8];
};

static void pad(struct padded *to, const uint8_t *text, size_t size)
{
	memcpy(to->octets, text, size);
	memset(to->octets + size, 0, 8);
}

/*
 * The next code, and in *octets how many it stands for. A zero octet in a string could match what
 * follows the text: such a string is not used at its end.
 */
static inline unsigned next_code(
    const struct bt_strings *s, const uint8_t *text, size_t left, unsigned *octets)
{
	unsigned code = find_string(s, __builtin_bswap64(bt_get64(text)));
	*octets = code != BT_STRING_NONE ? s->sizes[code] : 1;
	if (*octets > left) {
		code = BT_STRING_NONE;
		*octets = 1;
	}
	return code;
}

size_t bt_strings_encode(const struct bt_strings *strings, const uint8_t *text, size_t size,
    uint8_t to[static BT_STRINGS_CODED_MAX])
{
	struct padded padded;
	uint8_t *end = to;
	pad(&padded, text, size);
	for (size_t at = 0; at < size;) {
		unsigned octets;
		unsigned code = next_code(strings, padded.octets + at, size - at, &octets);
		*end++ = (uint8_t)code;
		if (code == BT_STRING_NONE)
			*end++ = padded.octets[at];
		at += octets;
	}
	return (size_t)(end - to);
}

/* ---- training ---- */

struct candidate {
	uint64_t string; /* as in bt_strings */
	uint8_t size;
	uint64_t gain;
};

struct trainer {
	struct bt_strings *strings;
	uint32_t singles[CODES];
	uint32_t pairs[CODES][CODES];
	struct candidate candidates[CANDIDATES];
	size_t candidate_count;
};

static void count_text(struct trainer *t, const uint8_t *text, size_t size)
{
	struct padded padded;
	unsigned before = CODES;
	pad(&padded, text, size);
	for (size_t at = 0; at < size;) {
		unsigned octets;
		unsigned code = next_code(t->strings, padded.octets + at, size - at, &octets);
		if (code == BT_STRING_NONE)
			code = LITERAL + padded.octets[at];
		t->singles[code]++;
		if (before != CODES)
			t->pairs[before][code]++;
		before = code;
		at += octets;
	}
}

static struct candidate candidate(const struct trainer *t, unsigned code)
{
	if (code >= LITERAL)
		return (struct candidate){.string = (uint64_t)(code - LITERAL) << 56, .size = 1};
	return (struct candidate){
	    .string = t->strings->strings[code], .size = t->strings->sizes[code]};
}

static void add_candidate(struct trainer *t, struct candidate c, uint64_t count)
{
	c.gain = count * (c.size > 1 ? c.size : SINGLE_GAIN);
	if (t->candidate_count < CANDIDATES)
		t->candidates[t->candidate_count++] = c;
}

static void add_candidates(struct trainer *t)
{
	t->candidate_count = 0;
	for (unsigned a = 0; a < CODES; a++) {
		if (t->singles[a] == 0) /* so for what is no code */
			continue;
		const struct candidate first = candidate(t, a);
		add_candidate(t, first, t->singles[a]);
		for (unsigned b = 0; b < CODES; b++) {
			if (t->pairs[a][b] < 2)
				continue;
			struct candidate pair = candidate(t, b);
			pair.size = (uint8_t)(pair.size + first.size);
			if (pair.size > BT_STRING_MAX)
				continue;
			pair.string = first.string | pair.string >> 8 * first.size;
			add_candidate(t, pair, t->pairs[a][b]);
		}
	}
}

static int by_string(const void *a, const void *b)
{
	const struct candidate *x = a, *y = b;
	if (x->string != y->string)
		return x->string < y->string ? -1 : 1;
	return x->size - y->size;
}

static int by_gain(const void *a, const void *b)
{
	const struct candidate *x = a, *y = b;
	if (x->gain != y->gain)
		return x->gain > y->gain ? -1 : 1;
	return by_string(a, b);
}

static void sort(
    struct candidate *candidates, size_t count, int (*compare)(const void *, const void *))
{
	if (count > 0)
		qsort(candidates, count, sizeof(*candidates), compare);
}

/* The same string can come from several pairs. */
static void merge_candidates(struct trainer *t)
{
	size_t kept = 0;
	sort(t->candidates, t->candidate_count, by_string);
	for (size_t i = 0; i < t->candidate_count; i++) {
		struct candidate *last = &t->candidates[kept > 0 ? kept - 1 : 0];
		if (kept > 0 && by_string(last, &t->candidates[i]) == 0)
			last->gain += t->candidates[i].gain;
		else
			t->candidates[kept++] = t->candidates[i];
	}
	t->candidate_count = kept;
}

static void choose_strings(struct trainer *t)
{
	struct bt_strings *s = t->strings;
	sort(t->candidates, t->candidate_count, by_gain);
	s->count =
	    t->candidate_count < BT_STRINGS_MAX ? (unsigned)t->candidate_count : BT_STRINGS_MAX;
	sort(t->candidates, s->count, by_string);
	unsigned octet = 0;
	for (unsigned i = 0; i < s->count; i++) {
		s->strings[i] = t->candidates[i].string;
		s->sizes[i] = t->candidates[i].size;
		for (; octet <= s->strings[i] >> 56; octet++)
			s->first[octet] = i;
	}
	for (; octet <= 256; octet++)
		s->first[octet] = s->count;
}

bool bt_strings_train(
    struct bt_strings *strings, bt_text *text, const void *ctx, size_t count, struct bt_err *err)
{
	struct trainer *t = calloc(1, sizeof(*t));
	if (t == NULL)
		return bt_fail(err, "out of memory");
	t->strings = strings;
	memset(strings, 0, sizeof(*strings));
	for (unsigned round = 0; round < ROUNDS; round++) {
		memset(t->singles, 0, sizeof(t->singles));
		memset(t->pairs, 0, sizeof(t->pairs));
		for (size_t i = 0; i < count; i += count / SAMPLE + 1) {
			size_t size;
			const uint8_t *octets = text(ctx, i, &size);
			count_text(t, octets, size);
		}
		add_candidates(t);
		merge_candidates(t);
		choose_strings(t);
	}
	free(t);
	return true;
}
