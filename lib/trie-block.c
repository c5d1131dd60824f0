/* SPDX-License-Identifier: BSD-3-Clause */
/* trie-block.c -- reading blocks of names, which need not be well formed */

#include <string.h>

#include "octets.h"
#include "trie-block.h"

/* ---- parts ---- */

/* Whether as many names have another class than the one before as there are classes. */
static bool check_changes(const struct bt_block *b)
{
	unsigned others = b->names - 1, octets = bt_block_changes_size(b->names, b->classes);
	if (octets > 0 && others % 8 != 0 && b->changes[octets - 1] >> others % 8 != 0)
		return false;
	return (octets > 0 ? bt_bits_count(b->changes, others) : 0) == b->classes - 1;
}

static size_t size_of_tails(const struct bt_block *b)
{
	size_t size = 0;
	unsigned left = b->names - 1;
	const uint8_t *sizes = b->sizes;
	for (; left > BT_OCTETS; left -= BT_OCTETS, sizes += BT_OCTETS / 2)
		size += bt_halves_sum(sizes, BT_OCTETS);
	return size + bt_halves_sum(sizes, left);
}

bool bt_block_open(struct bt_block *block, const uint8_t *bytes, size_t left,
    const struct bt_coding *coding, struct bt_err *err)
{
	if (left < BT_BLOCK_HEADER)
		return bt_fail(err, "the section ends within its header");
	size_t size = bt_get16(bytes + BT_BLOCK_AT_SIZE);
	if (size > left)
		return bt_fail(err, "its size, %zu, goes beyond the section's end", size);

	const struct bt_block b = bt_block_view(bytes, coding);
	if (b.names == 0)
		return bt_fail(err, "it has no names");
	if (b.classes == 0 || b.classes > b.names)
		return bt_fail(err, "%u names with %u classes", b.names, b.classes);
	if (b.first_size > BT_KEY_MAX)
		return bt_fail(err, "its first name is too long");
	if (b.base > b.first_size)
		return bt_fail(err, "its names share more than the first name has");
	if (b.tails > b.end || size_of_tails(&b) > (size_t)(b.end - b.tails))
		return bt_fail(err, "its size, %zu, is less than its parts need", size);
	if (b.names % 2 == 0 && b.names > 1 && b.sizes[b.names / 2 - 1] >> 4 != 0)
		return bt_fail(err, "it has a tail that belongs to no name");
	if (!check_changes(&b))
		return bt_fail(err, "%u classes, and other bits that tell where", b.classes);
	*block = b;
	return true;
}

unsigned bt_block_ancestor(const struct bt_block *block, unsigned i, uint32_t *class_id)
{
	const uint8_t *at = block->above + i * (1 + block->coding->class_size);
	*class_id = bt_get_class(at + 1, block->coding->class_size);
	return at[0];
}

/* ---- names ---- */

void bt_block_start(struct bt_block_cursor *cursor, const struct bt_block *block)
{
	cursor->block = block;
	cursor->tail = block->tails;
	cursor->rest = block->tails + size_of_tails(block);
	cursor->codes = cursor->escapes = 0;
	cursor->next = 0;
	cursor->shared = cursor->size = 0;
}

static size_t escapes_size(const struct bt_block_cursor *c)
{
	return c->escapes * c->block->coding->class_size;
}

/* The class of the next name, if it is another one. */
static bool next_class(struct bt_block_cursor *c, struct bt_err *err)
{
	const struct bt_block *b = c->block;
	unsigned i = c->next;
	if (i > 0 && (b->classes == 1 || (b->changes[(i - 1) / 8] >> (i - 1) % 8 & 1) == 0))
		return true;
	uint8_t code = b->codes[c->codes++];
	if (code != BT_CLASS_NONE) {
		if (code >= b->coding->book.class_codes)
			return bt_fail(err, "name %u has a class of which there is no code", i);
		c->class_id = b->coding->book.classes[code];
		return true;
	}
	c->escapes++;
	if (escapes_size(c) > (size_t)(b->end - c->rest))
		return bt_fail(err, "name %u: its class is not there", i);
	c->class_id = bt_block_escape(b, c->escapes - 1);
	return true;
}

/* The codes of a name: its tail, and the rest if that is long. */
struct codes {
	const uint8_t *at, *end;
	uint8_t whole[BT_BLOCK_TAIL_MAX];
};

static bool find_codes(struct bt_block_cursor *c, struct codes *codes, struct bt_err *err)
{
	const struct bt_block *b = c->block;
	unsigned octets = bt_block_tail_size(b, c->next);
	codes->at = c->tail;
	c->tail += octets;
	codes->end = c->tail;
	if (octets < BT_BLOCK_LONG)
		return true;

	unsigned here = octets - BT_BLOCK_REST;
	size_t offset = bt_get16(codes->at + here), rest = bt_get16(codes->at + here + 2);
	if (offset != (size_t)(c->rest - b->bytes) || rest > (size_t)(b->end - c->rest))
		return bt_fail(err, "name %u: its long tail is not there", c->next);
	if (here + rest > sizeof(codes->whole))
		return bt_fail(err, "name %u is too long", c->next);
	memcpy(codes->whole, codes->at, here);
	memcpy(codes->whole + here, c->rest, rest);
	codes->at = codes->whole;
	codes->end = codes->whole + here + rest;
	c->rest += rest;
	return true;
}

/* What tells the name from the one before; takes it from the codes if it stands there. */
static bool find_branch(
    const struct bt_block_cursor *c, struct codes *codes, uint16_t *branch, struct bt_err *err)
{
	const struct bt_codebook *book = &c->block->coding->book;
	uint8_t code = c->block->branches[c->next - 1];
	if (code >= book->branches)
		return bt_fail(err, "name %u has a branch of which there is no code", c->next);
	unsigned extra = book->extra[code], where = 0;
	if (codes->end - codes->at < extra)
		return bt_fail(err, "name %u: its branch is not there", c->next);
	for (unsigned i = 0; i < extra; i++)
		where |= (unsigned)*codes->at++ << 8 * i;
	if (where > book->others[code])
		return bt_fail(err, "name %u has another branch than its code says", c->next);
	*branch = (uint16_t)(book->starts[code] + where);
	return true;
}

static bool append_codes(struct bt_block_cursor *c, const struct codes *codes, struct bt_err *err)
{
	const uint64_t *strings = c->block->coding->book.strings;
	unsigned size = c->size;
	for (const uint8_t *at = codes->at; at < codes->end; at++) {
		uint64_t string = strings[*at];
		unsigned count = bt_string_size(string);
		if (count == 0) {
			if (*at != BT_STRING_NONE || ++at == codes->end)
				return bt_fail(err, "name %u has a code for nothing", c->next);
			string = *at;
			count = 1;
		}
		bt_put64(c->key + size, string);
		size += count;
		if (size > BT_KEY_MAX)
			return bt_fail(err, "name %u is too long", c->next);
	}
	c->size = size;
	return true;
}

static bool next_key(struct bt_block_cursor *c, struct bt_err *err)
{
	struct codes codes;
	uint16_t branch = 0;
	if (!find_codes(c, &codes, err) || !find_branch(c, &codes, &branch, err))
		return false;
	unsigned shared = c->block->base + bt_branch_shared(branch);
	uint8_t octet = bt_branch_octet(branch);
	if (shared > c->size)
		return bt_fail(err, "name %u shares more than the name before it has", c->next);
	if (shared < c->size && octet <= c->key[shared])
		return bt_fail(err, "name %u is not above the name before it", c->next);
	if (shared == BT_KEY_MAX)
		return bt_fail(err, "name %u is too long", c->next);
	c->key[shared] = octet;
	c->shared = shared;
	c->size = shared + 1;
	return append_codes(c, &codes, err);
}

/* Its size was checked when the block was opened. */
static void first_key(struct bt_block_cursor *c)
{
	memcpy(c->key, c->block->first, c->block->first_size);
	c->size = c->block->first_size;
}

bool bt_block_next(struct bt_block_cursor *cursor, struct bt_err *err)
{
	const struct bt_block *b = cursor->block;
	if (!next_class(cursor, err))
		return false;
	if (cursor->next == 0)
		first_key(cursor);
	else if (!next_key(cursor, err))
		return false;
	cursor->next++;
	if (cursor->next == b->names && (size_t)(b->end - cursor->rest) != escapes_size(cursor))
		return bt_fail(err, "it has octets that belong to no name");
	return true;
}
