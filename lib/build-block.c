/* SPDX-License-Identifier: BSD-3-Clause */
/* build-block.c -- names to the bytes of a block */

#include <string.h>

#include "build-block.h"
#include "trie-format.h"

enum {
	LAST_PART = 4,
	FULL =
	    1024, /* octets: large enough to share what each block has once, small enough to scan */
};

struct plan {
	unsigned names, base, class_count;
	uint32_t classes[BT_BLOCK_NAMES_MAX]; /* in the order of first appearance */
	uint8_t index[BT_BLOCK_NAMES_MAX];    /* for each name: which of them */
};

/* Number of the class, which is added if it is new. Neighbours often have the same class. */
static unsigned find_class(struct plan *plan, uint32_t class_id)
{
	for (unsigned i = plan->class_count; i > 0; i--)
		if (plan->classes[i - 1] == class_id)
			return i - 1;
	plan->classes[plan->class_count] = class_id;
	return plan->class_count++;
}

static size_t own_size(const struct bt_build_run *run, size_t i)
{
	return (size_t)run->names[i].key_size - run->shared[i];
}

/* Names that fit. What those cost that share or have much is left out: they are few. */
static unsigned count_fitting(struct plan *plan, const struct bt_build_run *run)
{
	size_t most = run->count < BT_BLOCK_NAMES_MAX ? run->count : BT_BLOCK_NAMES_MAX;
	size_t size =
	    BT_BLOCK_HEADER + run->names[0].key_size + run->ancestor_count * (1u + run->class_size);
	plan->class_count = 0;
	plan->index[0] = (uint8_t)find_class(plan, run->names[0].class_id);
	for (unsigned i = 1; i < most; i++) {
		plan->index[i] = (uint8_t)find_class(plan, run->names[i].class_id);
		size += 1 + own_size(run, i);
		if (size + plan->class_count * run->class_size +
			bt_block_index_size(plan->class_count, i + 1) >
		    FULL)
			return i;
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
	unsigned fitting = count_fitting(plan, run);
	plan->names = fitting < run->count ? choose_end(run, fitting) : fitting;
	plan->base = run->names[0].key_size;
	plan->class_count = 1;
	for (unsigned i = 1; i < plan->names; i++) {
		if (run->shared[i] < plan->base)
			plan->base = run->shared[i];
		if (plan->index[i] == plan->class_count)
			plan->class_count++;
	}
}

static uint8_t *put_classes(uint8_t *to, const struct bt_build_run *run, const struct plan *plan)
{
	for (unsigned i = 0; i < run->ancestor_count; i++) {
		*to++ = run->ancestors[i]->key_size;
		bt_put_class(to, run->class_size, run->ancestors[i]->class_id);
		to += run->class_size;
	}
	for (unsigned i = 0; i < plan->class_count; i++) {
		bt_put_class(to, run->class_size, plan->classes[i]);
		to += run->class_size;
	}
	unsigned bits = bt_block_bits(plan->class_count, plan->names);
	unsigned size = bt_block_index_size(plan->class_count, plan->names);
	memset(to, 0, size);
	for (unsigned i = 0; i < plan->names * bits; i++)
		to[i / 8] |= (uint8_t)((plan->index[i / bits] >> i % bits & 1) << i % 8);
	return to + size;
}

/* The places to write to next. */
struct places {
	uint8_t *head, *first, *tail, *rest;
};

/* `far`: octets that the name shares above the base. `own`: what it does not share. */
static void put_name(struct places *to, unsigned far, const uint8_t *own, size_t size)
{
	const uint8_t *begin = to->tail;
	size_t room = BT_BLOCK_LONG - 1;
	*to->first++ = *own++;
	size--;
	if (far >= BT_BLOCK_FAR) {
		*to->tail++ = (uint8_t)(far - BT_BLOCK_FAR);
		far = BT_BLOCK_FAR;
		room--;
	}
	size_t here = size < room ? size : room, rest = size - here;
	memcpy(to->tail, own, here);
	to->tail += here;
	if (rest > 0)
		*to->tail++ = (uint8_t)rest;
	memcpy(to->rest, own + here, rest);
	to->rest += rest;
	*to->head++ = (uint8_t)(far << 4 | (unsigned)(to->tail - begin));
}

/* What put_name will write to the tails. */
static size_t size_of_tails(const struct bt_build_run *run, const struct plan *plan)
{
	size_t size = 0;
	for (unsigned i = 1; i < plan->names; i++) {
		size_t octets = own_size(run, i) - 1;
		octets += run->shared[i] - plan->base >= BT_BLOCK_FAR;
		size += octets < BT_BLOCK_LONG ? octets : BT_BLOCK_LONG;
	}
	return size;
}

size_t bt_build_block(
    uint8_t to[static BT_BUILD_BLOCK_MAX], const struct bt_build_run *run, size_t *taken)
{
	struct plan plan;
	make_plan(&plan, run);
	to[BT_BLOCK_AT_NAMES] = (uint8_t)plan.names;
	to[BT_BLOCK_AT_ANCESTORS] = (uint8_t)run->ancestor_count;
	to[BT_BLOCK_AT_CLASSES] = (uint8_t)plan.class_count;
	to[BT_BLOCK_AT_BASE] = (uint8_t)plan.base;
	to[BT_BLOCK_AT_FIRST] = run->names[0].key_size;
	memcpy(to + BT_BLOCK_HEADER, run->names[0].key, run->names[0].key_size);
	struct places at = {.head = to + BT_BLOCK_HEADER + run->names[0].key_size};
	at.first = at.head + plan.names - 1;
	at.tail = put_classes(at.first + plan.names - 1, run, &plan);
	uint8_t *rests = at.rest = at.tail + size_of_tails(run, &plan);
	for (unsigned i = 1; i < plan.names; i++)
		put_name(&at, run->shared[i] - plan.base, run->names[i].key + run->shared[i],
		    own_size(run, i));
	bt_put16(to + BT_BLOCK_AT_SIZE, (uint16_t)(at.rest - to));
	bt_put16(to + BT_BLOCK_AT_LONG, (uint16_t)(at.rest - rests));
	*taken = plan.names;
	return (size_t)(at.rest - to);
}
