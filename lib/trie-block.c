/* SPDX-License-Identifier: BSD-3-Clause */
/* trie-block.c -- reading blocks of names */

#include <string.h>

#include "trie-block.h"
#include "trie-format.h"

/* ---- parts ---- */

static inline struct bt_block view(const uint8_t *bytes, unsigned class_size)
{
	struct bt_block b = {
	    .names = bytes[BT_BLOCK_AT_NAMES],
	    .ancestors = bytes[BT_BLOCK_AT_ANCESTORS],
	    .classes = bytes[BT_BLOCK_AT_CLASSES],
	    .base = bytes[BT_BLOCK_AT_BASE],
	    .first_size = bytes[BT_BLOCK_AT_FIRST],
	    .class_size = class_size,
	    .first = bytes + BT_BLOCK_HEADER,
	};
	b.heads = b.first + b.first_size;
	b.firsts = b.heads + b.names - 1;
	b.above = b.firsts + b.names - 1;
	b.palette = b.above + b.ancestors * (1 + class_size);
	b.index = b.palette + b.classes * class_size;
	b.tails = b.index + bt_block_index_size(b.classes, b.names);
	b.end = bytes + bt_get16(bytes + BT_BLOCK_AT_SIZE);
	b.rests = b.end - bt_get16(bytes + BT_BLOCK_AT_LONG);
	return b;
}

bool bt_block_open(struct bt_block *block, const uint8_t *bytes, size_t left, unsigned class_size,
    struct bt_err *err)
{
	if (left < BT_BLOCK_HEADER)
		return bt_fail(err, "the section ends within its header");
	size_t size = bt_get16(bytes + BT_BLOCK_AT_SIZE);
	if (size > left)
		return bt_fail(err, "its size, %zu, goes beyond the section's end", size);

	unsigned names = bytes[BT_BLOCK_AT_NAMES], classes = bytes[BT_BLOCK_AT_CLASSES];
	if (names == 0)
		return bt_fail(err, "it has no names");
	if (classes == 0 || classes > names)
		return bt_fail(err, "%u names with %u classes", names, classes);
	size_t least = BT_BLOCK_HEADER + bytes[BT_BLOCK_AT_FIRST] + 2 * (names - 1u) +
		       bytes[BT_BLOCK_AT_ANCESTORS] * (1u + class_size) + classes * class_size +
		       bt_block_index_size(classes, names) + bt_get16(bytes + BT_BLOCK_AT_LONG);
	if (least > size)
		return bt_fail(err, "its size, %zu, is less than its parts need, %zu", size, least);
	if (bytes[BT_BLOCK_AT_FIRST] > BT_KEY_MAX)
		return bt_fail(err, "its first name is too long");
	if (bytes[BT_BLOCK_AT_BASE] > bytes[BT_BLOCK_AT_FIRST])
		return bt_fail(err, "its names share more than the first name has");
	*block = view(bytes, class_size);
	return true;
}

unsigned bt_block_ancestor(const struct bt_block *block, unsigned i, uint32_t *class_id)
{
	const uint8_t *at = block->above + i * (1 + block->class_size);
	*class_id = bt_get_class(at + 1, block->class_size);
	return at[0];
}

/* Number of name `i`'s class in the palette. Eight bits at most, so two octets hold them. */
static inline unsigned palette_number(const struct bt_block *b, unsigned i)
{
	if (b->classes == b->names)
		return i;
	unsigned bits = bt_block_bits(b->classes, b->names);
	unsigned at = i * bits;
	return (unsigned)bt_get16(b->index + at / 8) >> at % 8 & ((1u << bits) - 1);
}

static inline uint32_t palette_class(const struct bt_block *b, unsigned number)
{
	return bt_get_class(b->palette + number * b->class_size, b->class_size);
}

static uint32_t class_of(const struct bt_block *b, unsigned i)
{
	return palette_class(b, palette_number(b, i));
}

/* ---- names ---- */

void bt_block_start(struct bt_block_cursor *cursor, const struct bt_block *block)
{
	cursor->block = block;
	cursor->tail = block->tails;
	cursor->rest = block->rests;
	cursor->next = 0;
	cursor->shared = cursor->size = 0;
}

/* Puts octets at the end of the key. */
static bool append(struct bt_block_cursor *c, const uint8_t *octets, unsigned count)
{
	if (count > BT_KEY_MAX - c->size)
		return false;
	memcpy(c->key + c->size, octets, count);
	c->size += count;
	return true;
}

static bool next_tail(struct bt_block_cursor *c, struct bt_err *err)
{
	const struct bt_block *b = c->block;
	const uint8_t *first = &b->firsts[c->next - 1], *tail = c->tail;
	unsigned shared = b->heads[c->next - 1] / 16, octets = b->heads[c->next - 1] % 16;
	unsigned rest = 0;
	if (octets > (size_t)(b->rests - tail) || (shared == BT_BLOCK_FAR && octets == 0))
		return bt_fail(err, "name %u: the tails end within its own", c->next);
	c->tail += octets;
	if (octets == BT_BLOCK_LONG) {
		rest = tail[--octets];
		if (rest == 0 || rest > (size_t)(b->end - c->rest))
			return bt_fail(err, "name %u: its long tail is not there", c->next);
	}
	if (shared == BT_BLOCK_FAR) {
		shared += *tail++;
		octets--;
	}
	shared += b->base;
	if (shared > c->size)
		return bt_fail(err, "name %u shares more than the name before it has", c->next);
	if (shared < c->size && *first <= c->key[shared])
		return bt_fail(err, "name %u is not above the name before it", c->next);
	c->shared = c->size = shared;
	if (!append(c, first, 1) || !append(c, tail, octets) || !append(c, c->rest, rest))
		return bt_fail(err, "name %u is too long", c->next);
	c->rest += rest;
	return true;
}

bool bt_block_next(struct bt_block_cursor *cursor, struct bt_err *err)
{
	const struct bt_block *b = cursor->block;
	unsigned number = palette_number(b, cursor->next);
	if (number >= b->classes)
		return bt_fail(
		    err, "name %u has a class that the block does not have", cursor->next);
	if (cursor->next == 0)
		append(cursor, b->first, b->first_size);
	else if (!next_tail(cursor, err))
		return false;
	cursor->class_id = palette_class(b, number);
	cursor->next++;
	if (cursor->next == b->names && (cursor->tail != b->rests || cursor->rest != b->end))
		return bt_fail(err, "it has octets that belong to no name");
	return true;
}

/* ---- matching ---- */

/* Octets that a and b have in common, `limit` at most. Loads eight octets at a time. */
static inline unsigned common(const uint8_t *a, const uint8_t *b, unsigned limit)
{
	for (unsigned at = 0; at < limit; at += 8) {
		uint64_t differ = bt_get64(a + at) ^ bt_get64(b + at);
		if (differ != 0) {
			at += (unsigned)__builtin_ctzll(differ) / 8;
			return at < limit ? at : limit;
		}
	}
	return limit;
}

/*
 * Names before number `at` are the probe, or an ancestor of it, or before it in key order; it has
 * `same` octets in common with the last of them.
 */
struct search {
	struct bt_block block;
	const struct bt_probe *probe;
	unsigned same, at;
	const uint8_t *tail; /* of name number `at` */

	struct bt_match *matches;
	unsigned count;
	unsigned counted, labels; /* octets of the probe, and how many labels they are */
};

/* Adds the probe's first `octets` octets, which are more than the match before has. */
static inline void add_match(struct search *s, unsigned octets, uint32_t class_id)
{
	while (s->counted < octets) {
		s->counted += s->probe->bytes[s->counted] + 1u;
		s->labels++;
	}
	s->matches[s->count++] =
	    (struct bt_match){.class_id = class_id, .labels = (uint8_t)s->labels};
}

/* The first of the octets that is not the probe's from `same` on, where it goes; NULL if none. */
static inline const uint8_t *find_other(struct search *s, const uint8_t *octets, unsigned count)
{
	unsigned left = s->probe->size - s->same;
	unsigned more = common(s->probe->bytes + s->same, octets, count < left ? count : left);
	s->same += more;
	return more < count ? octets + more : NULL;
}

/*
 * Eight names at a time, an octet for each in a 64-bit word, the first one lowest. Only the highest
 * bit of each octet of a result counts.
 */
#define EACH(octet) ((octet)*UINT64_C(0x0101010101010101))
#define HIGH EACH(UINT64_C(0x80))

/* Where a < b, of octets below 128. */
static inline uint64_t less7(uint64_t a, uint64_t b)
{
	return ~((a | HIGH) - b);
}

/* Where a >= b. */
static inline uint64_t not_less(uint64_t a, uint64_t b)
{
	return (a & ~b) | (~(a ^ b) & ((a | HIGH) - (b & ~HIGH)));
}

/* Where a == b, of octets below 128. */
static inline uint64_t equal7(uint64_t a, uint64_t b)
{
	return HIGH - (a ^ b);
}

/* The sum of octets, of at most 255. */
static inline unsigned sum(uint64_t octets)
{
	return (unsigned)(EACH(octets) >> 56);
}

/*
 * Goes to the next name that is not before the probe in key order for its first octet or for what
 * it shares alone: a name that shares more than the probe has in common with the names so far is
 * before the probe, and so is one that shares as much and then has a lower octet. True if the name
 * shares as much and then has the probe's octet; false at one that is behind, or at the end.
 */
static inline bool find_near(struct search *s, unsigned level, uint8_t octet)
{
	const struct bt_block *b = &s->block;
	for (; s->at < b->names; s->at += 8) {
		uint64_t heads = bt_get64(b->heads + s->at - 1);
		uint64_t firsts = bt_get64(b->firsts + s->at - 1);
		uint64_t shared = heads >> 4 & EACH(0xf), sizes = heads & EACH(0xf);
		uint64_t stop = less7(shared, EACH((uint64_t)level)) |
				(equal7(shared, EACH((uint64_t)level)) &
				    not_less(firsts, EACH((uint64_t)octet)));
		stop &= HIGH;
		if (stop != 0) {
			unsigned skip = (unsigned)__builtin_ctzll(stop) / 8;
			s->at += skip;
			s->tail += sum(sizes & (((uint64_t)1 << 8 * skip) - 1));
			return s->at < b->names && b->heads[s->at - 1] / 16 == level &&
			       b->firsts[s->at - 1] == octet;
		}
		s->tail += sum(sizes);
	}
	return false;
}

/* As find_near, where what names share is more than a head can hold. */
static bool find_far(struct search *s, unsigned level, uint8_t octet)
{
	const struct bt_block *b = &s->block;
	for (; s->at < b->names; s->at++) {
		unsigned shared = b->heads[s->at - 1] / 16;
		if (shared == BT_BLOCK_FAR)
			shared += s->tail[0];
		uint8_t first = b->firsts[s->at - 1];
		if (shared < level || (shared == level && first >= octet))
			return shared == level && first == octet;
		s->tail += b->heads[s->at - 1] % 16;
	}
	return false;
}

static inline bool find_candidate(struct search *s)
{
	unsigned level = s->same - s->block.base;
	uint8_t octet = s->probe->bytes[s->same];
	return level < BT_BLOCK_FAR ? find_near(s, level, octet) : find_far(s, level, octet);
}

/* The rest of the long tail of name number `at`: it follows those of the names before. */
static const uint8_t *find_rest(const struct search *s)
{
	const uint8_t *tail = s->block.tails, *rest = s->block.rests;
	for (unsigned i = 1; i < s->at; i++) {
		unsigned octets = s->block.heads[i - 1] % 16;
		tail += octets;
		if (octets == BT_BLOCK_LONG)
			rest += tail[-1];
	}
	return rest;
}

/*
 * Compares with name number `at`, of which the first octet is known to be the probe's, and goes on
 * to the next. False if the name is behind the probe.
 */
static inline bool try_candidate(struct search *s)
{
	unsigned head = s->block.heads[s->at - 1], octets = head % 16;
	bool far = head / 16 == BT_BLOCK_FAR, is_long = octets == BT_BLOCK_LONG;
	const uint8_t *tail = s->tail;
	s->same++;
	const uint8_t *other = find_other(s, tail + far, octets - far - is_long);
	if (other == NULL && is_long)
		other = find_other(s, find_rest(s), tail[octets - 1]);
	if (other == NULL)
		add_match(s, s->same, class_of(&s->block, s->at));
	else if (s->same == s->probe->size || s->probe->bytes[s->same] < *other)
		return false;
	s->tail += octets;
	s->at++;
	return true;
}

unsigned bt_block_match(const uint8_t *bytes, unsigned class_size, const struct bt_probe *probe,
    struct bt_match *matches, unsigned count)
{
	struct search s = {
	    .block = view(bytes, class_size), .probe = probe, .matches = matches, .count = count};
	const struct bt_block *b = &s.block;
	const uint8_t *other = find_other(&s, b->first, b->first_size);

	for (unsigned i = 0; i < b->ancestors; i++) {
		uint32_t class_id;
		unsigned octets = bt_block_ancestor(b, i, &class_id);
		if (octets > s.same)
			break;
		add_match(&s, octets, class_id);
	}
	if (other == NULL)
		add_match(&s, s.same, class_of(b, 0));
	else if (s.same == probe->size || probe->bytes[s.same] < *other)
		return s.count;
	if (s.same < b->base)
		return s.count;

	s.at = 1;
	s.tail = b->tails;
	while (find_candidate(&s) && try_candidate(&s))
		;
	return s.count;
}
