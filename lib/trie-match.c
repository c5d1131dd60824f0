/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * trie-match.c -- the names of a block that a key begins with
 *
 * Nothing here takes the address of the search but functions that are inlined: so all of it is in
 * registers.
 */

#include <string.h>

#include "octets.h"
#include "trie-block.h"

/*
 * Names before number `next` are the probe, or an ancestor of it, or before it in key order; it has
 * `same` octets in common with the last of them.
 */
struct search {
	const uint8_t *probe;
	unsigned size; /* of the probe */
	unsigned same;
	unsigned next;
	unsigned group;            /* of BT_OCTETS names, the first */
	const uint8_t *group_tail; /* of it */

	struct bt_match *matches;
	unsigned count;
	unsigned counted, labels; /* octets of the probe, and how many labels they are */
};

/* ---- matches ---- */

/* The class of the change with that number, which has no code. */
static uint32_t escaped_class(
    const uint8_t *codes, unsigned number, const uint8_t *end, unsigned class_size)
{
	unsigned escapes = 1;
	for (unsigned i = 0; i < number; i++)
		escapes += codes[i] == BT_CLASS_NONE;
	return bt_get_class(end - escapes * class_size, class_size);
}

static inline uint32_t class_of(const struct bt_block *b, unsigned name)
{
	unsigned number = b->classes == 1 ? 0 : bt_bits_count(b->changes, name);
	uint8_t code = b->codes[number];
	if (code != BT_CLASS_NONE)
		return b->coding->book.classes[code];
	return escaped_class(b->codes, number, b->end, b->coding->class_size);
}

/* Adds the probe's first `octets` octets, which are more than the match before has. */
static inline void add_match(struct search *s, unsigned octets, uint32_t class_id)
{
	while (s->counted < octets) {
		s->counted += s->probe[s->counted] + 1u;
		s->labels++;
	}
	s->matches[s->count++] =
	    (struct bt_match){.class_id = class_id, .labels = (uint8_t)s->labels};
}

/* Adds those of the block's ancestors that the probe has. */
static inline void add_ancestors(struct search *s, const struct bt_block *b)
{
	const uint8_t *at = b->above;
	unsigned class_size = b->coding->class_size;
	for (unsigned i = 0; i < b->ancestors && at[0] <= s->same; i++) {
		add_match(s, at[0], bt_get_class(at + 1, class_size));
		at += 1 + class_size;
	}
}

/* ---- comparing ---- */

/*
 * Compares with the probe from `same` on, which goes on to where they differ: true there, and then
 * *below says whether the probe is below. Behind the probe's end are zeros, and no name has one
 * where the probe, or an ancestor of it, ends.
 */
static inline bool differ(struct search *s, uint64_t octets, unsigned count, bool *below)
{
	uint64_t probe = bt_get64(s->probe + s->same), other = octets ^ probe;
	unsigned equal = other != 0 ? (unsigned)__builtin_ctzll(other) / 8 : 8;
	if (equal >= count) {
		s->same += count;
		return false;
	}
	s->same += equal;
	*below = (uint8_t)(probe >> 8 * equal) < (uint8_t)(octets >> 8 * equal);
	return true;
}

/* The same for more octets. */
static inline bool differ_from_octets(
    struct search *s, const uint8_t *octets, unsigned count, bool *below)
{
	for (; count > 8; octets += 8, count -= 8)
		if (differ(s, bt_get64(octets), 8, below))
			return true;
	return differ(s, bt_get64(octets), count, below);
}

static inline bool differ_from_codes(
    struct search *s, const uint64_t *strings, const uint8_t *at, const uint8_t *end, bool *below)
{
	while (at < end) {
		uint64_t string = strings[*at++];
		unsigned count = bt_string_size(string);
		if (count == 0) {
			string = *at++;
			count = 1;
		}
		if (differ(s, string, count, below))
			return true;
	}
	return false;
}

/* ---- searching ---- */

/*
 * Goes to the next name that has this code. False if there is none, or one with a higher code comes
 * first, which is behind the probe. Names before it are before the probe.
 */
static inline bool find_code(struct search *s, const struct bt_block *b, uint8_t code)
{
	unsigned skip = s->next - s->group;
	uint64_t found;
	for (;;) {
		found = bt_octets_not_below(b->branches + s->group - 1, code);
		found &= skip < BT_OCTETS ? UINT64_MAX << skip : 0;
		if (found != 0)
			break;
		s->group_tail += bt_halves_sum(b->sizes + s->group / 2, BT_OCTETS);
		s->group += BT_OCTETS;
		if (s->group >= b->names)
			return false;
		skip = 0;
	}
	s->next = s->group + (unsigned)__builtin_ctzll(found);
	return s->next < b->names && b->branches[s->next - 1] == code;
}

struct whole_tail {
	uint8_t octets[BT_BLOCK_TAIL_MAX];
};

/* Joins the two parts of a long tail, and returns its end. */
static const uint8_t *join_tail(struct whole_tail *whole, const uint8_t *tail, const uint8_t *block)
{
	const unsigned here = BT_BLOCK_LONG - BT_BLOCK_REST;
	unsigned offset = bt_get16(tail + here), rest = bt_get16(tail + here + 2);
	memcpy(whole->octets, tail, here);
	memcpy(whole->octets + here, block + offset, rest);
	return whole->octets + here + rest;
}

enum outcome { BEFORE, ANCESTOR, BEHIND };

/* Compares with the next name, whose branch has the same code as the probe's. */
static inline enum outcome compare(
    struct search *s, const struct bt_block *b, unsigned shared, uint8_t code)
{
	const struct bt_codebook *book = &b->coding->book;
	const uint8_t *tail =
	    s->group_tail + bt_halves_sum(b->sizes + s->group / 2, s->next - s->group);
	const uint8_t *end = tail + bt_block_tail_size(b, s->next);
	struct whole_tail whole;
	bool below;
	if (end - tail == BT_BLOCK_LONG) {
		end = join_tail(&whole, tail, b->bytes);
		tail = whole.octets;
	}
	unsigned extra = book->extra[code];
	if (extra > 0) {
		unsigned want = bt_branch(shared, s->probe[s->same]) - book->starts[code];
		unsigned have = extra > 1 ? bt_get16(tail) : *tail;
		if (have != want)
			return have < want ? BEFORE : BEHIND;
		tail += extra;
	}
	s->same++;
	if (!differ_from_codes(s, book->strings, tail, end, &below))
		return ANCESTOR;
	return below ? BEHIND : BEFORE;
}

unsigned bt_block_match(const uint8_t *bytes, const struct bt_coding *coding,
    const struct bt_probe *probe, struct bt_match *matches, unsigned count)
{
	const struct bt_block b = bt_block_view(bytes, coding);
	struct search s = {
	    .probe = probe->bytes,
	    .size = probe->size,
	    .next = 1,
	    .group = 1,
	    .group_tail = b.tails,
	    .matches = matches,
	    .count = count,
	};
	bool below = false;
	bool other = differ_from_octets(&s, b.first, b.first_size, &below);
	add_ancestors(&s, &b);
	if (!other)
		add_match(&s, s.same, class_of(&b, 0));
	if (below || s.same < b.base)
		return s.count;

	while (s.same < s.size) {
		unsigned shared = s.same - b.base;
		uint8_t code = bt_branch_code(&coding->book, shared, s.probe[s.same]);
		if (!find_code(&s, &b, code))
			break;
		enum outcome outcome = compare(&s, &b, shared, code);
		if (outcome == BEHIND)
			break;
		if (outcome == ANCESTOR)
			add_match(&s, s.same, class_of(&b, s.next));
		s.next++;
	}
	return s.count;
}
