/* SPDX-License-Identifier: BSD-3-Clause */
/* build-codebook.c -- the codebook that suits a set of names */

#include <stdlib.h>
#include <string.h>

#include "build-codebook.h"
#include "endian.h"

enum {
	BRANCHES = 1 << 16,
	WINDOW = 128, /* names, as in a usual block: blocks are not known yet */
	LEVELS = 24,
};

struct names {
	const struct bt_build_name *names;
	const uint8_t *shared;
	size_t count;
};

/* ---- strings ---- */

/* What is coded of a name: all after the octet that tells it from the one before. */
static const uint8_t *tail(const void *ctx, size_t i, size_t *size)
{
	const struct names *n = ctx;
	unsigned at = n->shared[i] + 1u;
	*size = n->names[i].key_size - at;
	return n->names[i].key + at;
}

static uint8_t *put_strings(const struct bt_strings *strings, uint8_t *to)
{
	for (unsigned i = 0; i < strings->count; i++) {
		*to++ = strings->sizes[i];
		for (unsigned j = 0; j < strings->sizes[i]; j++)
			*to++ = (uint8_t)(strings->strings[i] >> (56 - 8 * j));
	}
	return to;
}

/* ---- branches ---- */

struct count {
	uint32_t times, what;
};

/* The most frequent first. */
static int by_times(const void *a, const void *b)
{
	const struct count *x = a, *y = b;
	if (x->times != y->times)
		return x->times > y->times ? -1 : 1;
	return x->what < y->what ? -1 : x->what > y->what;
}

/* Sorts those that there are to the begin, and returns their number. */
static size_t sort_counts(struct count *counts, size_t count)
{
	size_t kept = 0;
	for (size_t i = 0; i < count; i++)
		if (counts[i].times > 0)
			counts[kept++] = counts[i];
	if (kept > 0)
		qsort(counts, kept, sizeof(*counts), by_times);
	return kept;
}

static void count_branches(const struct names *n, struct count *counts)
{
	for (uint32_t i = 0; i < BRANCHES; i++)
		counts[i] = (struct count){.what = i};
	for (size_t begin = 0; begin < n->count; begin += WINDOW) {
		size_t end = n->count - begin < WINDOW ? n->count : begin + WINDOW;
		uint8_t base = UINT8_MAX;
		for (size_t i = begin + 1; i < end; i++)
			if (n->shared[i] < base)
				base = n->shared[i];
		for (size_t i = begin + 1; i < end; i++)
			counts[bt_branch(n->shared[i] - base, n->names[i].key[n->shared[i]])]
			    .times++;
	}
}

/*
 * Begins intervals: one for each of the first LEVELS numbers of shared octets, and as many of only
 * one branch, the most frequent ones, as codes are left for.
 */
static void choose_starts(const struct count *counts, size_t count, bool starts[BRANCHES + 1])
{
	unsigned intervals = 1;
	starts[0] = starts[BRANCHES] = true;
	for (unsigned shared = 0; shared < LEVELS; shared++, intervals++)
		starts[bt_branch(shared, 0)] = true;
	for (size_t i = 0; i < count; i++) {
		bool *at = &starts[counts[i].what];
		unsigned more = !at[0] + !at[1];
		if (intervals + more > BT_BRANCHES_MAX)
			continue;
		at[0] = at[1] = true;
		intervals += more;
	}
}

static bool choose_branches(struct bt_coder *c, const struct names *n, struct bt_err *err)
{
	struct count *counts = malloc(BRANCHES * sizeof(*counts));
	bool *starts = calloc(BRANCHES + 1, sizeof(*starts));
	if (counts == NULL || starts == NULL) {
		free(counts);
		free(starts);
		return bt_fail(err, "out of memory");
	}
	count_branches(n, counts);
	choose_starts(counts, sort_counts(counts, BRANCHES), starts);
	for (uint32_t i = 0; i < BRANCHES; i++)
		if (starts[i])
			c->book.starts[c->book.branches++] = (uint16_t)i;
	free(counts);
	free(starts);
	return true;
}

static uint8_t *put_branches(const struct bt_codebook *book, uint8_t *to)
{
	for (unsigned i = 0; i < book->branches; i++, to += BT_BRANCH_SIZE)
		bt_put16(to, book->starts[i]);
	return to;
}

/* ---- classes ---- */

static bool choose_classes(
    struct bt_coder *c, const struct names *n, uint32_t classes, struct bt_err *err)
{
	struct count *counts = malloc(classes * sizeof(*counts));
	c->class_codes = malloc(classes);
	if (counts == NULL || c->class_codes == NULL) {
		free(counts);
		return bt_fail(err, "out of memory");
	}
	for (uint32_t i = 0; i < classes; i++)
		counts[i] = (struct count){.what = i};
	for (size_t i = 0; i < n->count; i++)
		if (i == 0 || n->names[i].class_id != n->names[i - 1].class_id)
			counts[n->names[i].class_id].times++;
	size_t used = sort_counts(counts, classes);
	memset(c->class_codes, BT_CLASS_NONE, classes);
	for (size_t i = 0; i < used && i < BT_CLASS_CODES_MAX; i++) {
		c->book.classes[c->book.class_codes++] = counts[i].what;
		c->class_codes[counts[i].what] = (uint8_t)i;
	}
	free(counts);
	return true;
}

static uint8_t *put_classes(const struct bt_codebook *book, uint8_t *to)
{
	for (unsigned i = 0; i < book->class_codes; i++, to += sizeof(uint32_t))
		bt_put32(to, book->classes[i]);
	return to;
}

/* ---- all of it ---- */

static void put_codebook(struct bt_coder *c)
{
	bt_put16(c->bytes, (uint16_t)c->strings.count);
	bt_put16(c->bytes + 2, (uint16_t)c->book.branches);
	bt_put16(c->bytes + 4, (uint16_t)c->book.class_codes);
	uint8_t *end = put_strings(&c->strings, c->bytes + BT_CODEBOOK_HEADER);
	end = put_branches(&c->book, end);
	end = put_classes(&c->book, end);
	c->size = (size_t)(end - c->bytes);
}

bool bt_coder_new(struct bt_coder **coder, const struct bt_build_name *names, const uint8_t *shared,
    size_t count, uint32_t classes, struct bt_err *err)
{
	const struct names n = {.names = names, .shared = shared, .count = count};
	struct bt_coder *c = calloc(1, sizeof(*c));
	if (c == NULL)
		return bt_fail(err, "out of memory");
	if (!bt_strings_train(&c->strings, tail, &n, count, err) || !choose_branches(c, &n, err) ||
	    !choose_classes(c, &n, classes, err)) {
		bt_coder_free(&c);
		return false;
	}
	put_codebook(c);
	if (!bt_codebook_open(&c->book, c->bytes, c->size, classes, err)) {
		bt_coder_free(&c);
		return false;
	}
	*coder = c;
	return true;
}

void bt_coder_free(struct bt_coder **coder)
{
	if (*coder == NULL)
		return;
	free((*coder)->class_codes);
	free(*coder);
	*coder = NULL;
}
