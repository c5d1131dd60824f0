/* SPDX-License-Identifier: BSD-3-Clause */
/* build-block.c -- names to the bytes of a block */

#include <string.h>

#include "build-block.h"
#include "trie-format.h"

enum {
	/* Octets: large enough to share what each block has once, small enough to search. */
	FULL = 512,
	LAST_PART = 4,
	CODES_MAX = FULL + BT_STRINGS_CODED_MAX,
};

/* Names that could be in the block, and their codes. */
struct plan {
	const struct bt_build_run *run;
	unsigned names, base, classes, escapes;
	uint8_t codes[CODES_MAX];
	uint16_t ends[BT_BLOCK_NAMES_MAX]; /* in codes[], of each name */
};

static bool changes_class(const struct bt_build_run *run, size_t i)
{
	return i == 0 || run->names[i].class_id != run->names[i - 1].class_id;
}

static uint8_t class_code(const struct bt_build_run *run, size_t i)
{
	return run->coder->class_codes[run->names[i].class_id];
}

/* Codes for what the name has after the octet that tells it from the one before. */
static unsigned encode_tail(const struct bt_build_run *run, size_t i, uint8_t *to)
{
	const struct bt_build_name *name = &run->names[i];
	size_t at = run->shared[i] + 1u;
	return (unsigned)bt_strings_encode(
	    &run->coder->strings, name->key + at, name->key_size - at, to);
}

static size_t class_size(const struct bt_build_run *run, size_t i)
{
	if (!changes_class(run, i))
		return 0;
	return class_code(run, i) == BT_CLASS_NONE ? 1 + run->class_size : 1;
}

/*
 * Codes names while they fit, and returns how many do. What long tails and rare branches cost
 * besides is left out: they are few, and base is not known yet.
 */
static unsigned encode_fitting(struct plan *plan)
{
	const struct bt_build_run *run = plan->run;
	size_t most = run->count < BT_BLOCK_NAMES_MAX ? run->count : BT_BLOCK_NAMES_MAX;
	size_t size = BT_BLOCK_HEADER + run->names[0].key_size +
		      run->ancestor_count * (1u + run->class_size) + class_size(run, 0);
	unsigned end = 0;
	plan->ends[0] = 0;
	for (unsigned i = 1; i < most; i++) {
		unsigned octets = encode_tail(run, i, plan->codes + end);
		size += 1 + octets + class_size(run, i);
		if (size + i / 2 + i / 8 > FULL)
			return i;
		end += octets;
		plan->ends[i] = (uint16_t)end;
	}
	return (unsigned)most;
}

/*
 * Where to end a block for which there are more names than fit: in its last part, before the name
 * that shares least with the one before. Then few bits tell the next block from this.
 */
static unsigned choose_end(const struct bt_build_run *run, unsigned fitting)
{
	unsigned end = fitting;
	for (unsigned i = fitting; i > 0 && i > fitting - fitting / LAST_PART; i--)
		if (run->shared[i] < run->shared[end])
			end = i;
	return end;
}

static void make_plan(struct plan *plan, const struct bt_build_run *run)
{
	plan->run = run;
	unsigned fitting = encode_fitting(plan);
	plan->names = fitting < run->count ? choose_end(run, fitting) : fitting;
	plan->base = run->names[0].key_size;
	plan->classes = plan->escapes = 0;
	for (unsigned i = 0; i < plan->names; i++) {
		if (i > 0 && run->shared[i] < plan->base)
			plan->base = run->shared[i];
		plan->classes += changes_class(run, i);
		plan->escapes += changes_class(run, i) && class_code(run, i) == BT_CLASS_NONE;
	}
}

/* ---- octets ---- */

static uint8_t *put_ancestors(uint8_t *to, const struct bt_build_run *run)
{
	for (unsigned i = 0; i < run->ancestor_count; i++) {
		*to++ = run->ancestors[i]->key_size;
		bt_put_class(to, run->class_size, run->ancestors[i]->class_id);
		to += run->class_size;
	}
	return to;
}

/* The bits that tell where classes change, and codes. */
static uint8_t *put_classes(uint8_t *to, const struct plan *plan)
{
	const struct bt_build_run *run = plan->run;
	unsigned octets = bt_block_changes_size(plan->names, plan->classes);
	uint8_t *codes = to + octets;
	memset(to, 0, octets);
	for (unsigned i = 0; i < plan->names; i++) {
		if (!changes_class(run, i))
			continue;
		if (i > 0)
			to[(i - 1) / 8] |= (uint8_t)(1u << (i - 1) % 8);
		*codes++ = class_code(run, i);
	}
	return codes;
}

/* Classes without code, the last one first. */
static uint8_t *put_escapes(uint8_t *to, const struct plan *plan)
{
	const struct bt_build_run *run = plan->run;
	for (unsigned i = plan->names; i-- > 0;) {
		if (!changes_class(run, i) || class_code(run, i) != BT_CLASS_NONE)
			continue;
		bt_put_class(to, run->class_size, run->names[i].class_id);
		to += run->class_size;
	}
	return to;
}

/* The code of what tells name `i` from the one before; *where in the code's interval. */
static uint8_t branch_code(const struct plan *plan, unsigned i, unsigned *where)
{
	const struct bt_codebook *book = &plan->run->coder->book;
	unsigned at = plan->run->shared[i], shared = at - plan->base;
	uint8_t octet = plan->run->names[i].key[at];
	uint8_t code = bt_branch_code(book, shared, octet);
	*where = bt_branch(shared, octet) - book->starts[code];
	return code;
}

/* What stands of name `i` among the tails, and in the rest: how much, and what. */
struct tail {
	unsigned octets, rest;
	uint8_t whole[BT_BRANCH_EXTRA_MAX + BT_STRINGS_CODED_MAX];
};

static void make_tail(struct tail *tail, const struct plan *plan, unsigned i)
{
	const struct bt_codebook *book = &plan->run->coder->book;
	unsigned begin = plan->ends[i - 1], octets = plan->ends[i] - begin, at = 0, where;
	uint8_t code = branch_code(plan, i, &where);
	for (; at < book->extra[code]; where >>= 8)
		tail->whole[at++] = (uint8_t)where;
	memcpy(tail->whole + at, plan->codes + begin, octets);
	octets += at;
	tail->octets = octets < BT_BLOCK_LONG ? octets : BT_BLOCK_LONG;
	tail->rest = octets < BT_BLOCK_LONG ? 0 : octets - (BT_BLOCK_LONG - BT_BLOCK_REST);
}

static unsigned size_of_tails(const struct plan *plan)
{
	unsigned size = 0;
	for (unsigned i = 1; i < plan->names; i++) {
		struct tail tail;
		make_tail(&tail, plan, i);
		size += tail.octets;
	}
	return size;
}

/* The tails from `to` on, in the block that begins at `bytes`; the rests behind them. */
static uint8_t *put_tails(
    uint8_t *to, const uint8_t *bytes, uint8_t *sizes, const struct plan *plan)
{
	uint8_t *rest = to + size_of_tails(plan);
	memset(sizes, 0, plan->names / 2);
	for (unsigned i = 1; i < plan->names; i++) {
		struct tail tail;
		make_tail(&tail, plan, i);
		sizes[(i - 1) / 2] |= (uint8_t)(tail.octets << (i - 1) % 2 * 4);
		unsigned here = tail.rest > 0 ? tail.octets - BT_BLOCK_REST : tail.octets;
		memcpy(to, tail.whole, here);
		to += here;
		if (tail.rest == 0)
			continue;
		bt_put16(to, (uint16_t)(rest - bytes));
		bt_put16(to + 2, (uint16_t)tail.rest);
		to += BT_BLOCK_REST;
		memcpy(rest, tail.whole + here, tail.rest);
		rest += tail.rest;
	}
	return rest;
}

size_t bt_build_block(
    uint8_t to[static BT_BUILD_BLOCK_MAX], const struct bt_build_run *run, size_t *taken)
{
	struct plan plan;
	make_plan(&plan, run);
	to[BT_BLOCK_AT_NAMES] = (uint8_t)plan.names;
	to[BT_BLOCK_AT_ANCESTORS] = (uint8_t)run->ancestor_count;
	to[BT_BLOCK_AT_CLASSES] = (uint8_t)plan.classes;
	to[BT_BLOCK_AT_BASE] = (uint8_t)plan.base;
	to[BT_BLOCK_AT_FIRST] = run->names[0].key_size;

	uint8_t *at = to + BT_BLOCK_HEADER;
	memcpy(at, run->names[0].key, run->names[0].key_size);
	at += run->names[0].key_size;
	for (unsigned i = 1, where; i < plan.names; i++)
		*at++ = branch_code(&plan, i, &where);
	uint8_t *sizes = at;
	at = put_ancestors(at + plan.names / 2, run);
	at = put_classes(at, &plan);
	at = put_tails(at, to, sizes, &plan);
	at = put_escapes(at, &plan);
	bt_put16(to + BT_BLOCK_AT_SIZE, (uint16_t)(at - to));
	*taken = plan.names;
	return (size_t)(at - to);
}
