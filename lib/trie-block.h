/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * trie-block.h -- a block: a run of neighbouring names, and what is listed above all of them
 *
 * trie-block.c, trie-match.c and build-block.c are all that knows how names are coded in a block.
 *
 * One block answers a lookup. A name asked for falls between the first names of two blocks; each
 * ancestor of it that is listed before the block is an ancestor of the block's first name too, as
 * every key between a key and one of its extensions extends it. These ancestors stand in the block.
 *
 * Threads: as trie.h.
 */
#ifndef BT_TRIE_BLOCK_H
#define BT_TRIE_BLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "codebook.h"
#include "err.h"
#include "name.h"
#include "trie-format.h"
#include "trie.h"

enum { BT_PROBE_PADDING = 16 };

/* A key with zero octets after it: eight can be loaded from wherever it has one, or its end. */
struct bt_probe {
	unsigned size;
	uint8_t bytes[BT_KEY_MAX + 1 + BT_PROBE_PADDING];
};

static inline void bt_probe_fill(struct bt_probe *probe, const struct bt_key *key)
{
	enum { SHORT = 48 }; /* sizes that are known when compiling are copied faster */
	memcpy(probe->bytes, key->bytes, SHORT);
	if (key->len > SHORT)
		memcpy(probe->bytes + SHORT, key->bytes + SHORT, BT_KEY_MAX - SHORT);
	memset(probe->bytes + key->len, 0, BT_PROBE_PADDING);
	probe->size = key->len;
}

/* How the names of a trie are coded. */
struct bt_coding {
	struct bt_codebook book;
	unsigned class_size; /* octets of a class number */
};

/* Where the parts of a block are. */
struct bt_block {
	const struct bt_coding *coding;
	const uint8_t *bytes, *end;
	unsigned names, ancestors, classes, base, first_size;
	const uint8_t *first;    /* key of the first name */
	const uint8_t *branches; /* codes, for each name but the first */
	const uint8_t *sizes;    /* of tails, likewise; half an octet each */
	const uint8_t *above;    /* listed ancestors of the first name: octets, class */
	const uint8_t *changes;  /* bits, for each name but the first: its class is another one */
	const uint8_t *codes;    /* of classes */
	const uint8_t *tails;
	/* The rests of long tails, the classes without code, and the end. */
};

/* Finds the parts of the block at `bytes`, of which `left` can be read, and checks their sizes. */
bool bt_block_open(struct bt_block *block, const uint8_t *bytes, size_t left,
    const struct bt_coding *coding, struct bt_err *err);

/* The same for a block that was verified. */
static inline struct bt_block bt_block_view(const uint8_t *bytes, const struct bt_coding *coding)
{
	struct bt_block b = {
	    .coding = coding,
	    .bytes = bytes,
	    .end = bytes + bt_get16(bytes + BT_BLOCK_AT_SIZE),
	    .names = bytes[BT_BLOCK_AT_NAMES],
	    .ancestors = bytes[BT_BLOCK_AT_ANCESTORS],
	    .classes = bytes[BT_BLOCK_AT_CLASSES],
	    .base = bytes[BT_BLOCK_AT_BASE],
	    .first_size = bytes[BT_BLOCK_AT_FIRST],
	    .first = bytes + BT_BLOCK_HEADER,
	};
	b.branches = b.first + b.first_size;
	b.sizes = b.branches + b.names - 1;
	b.above = b.sizes + b.names / 2;
	b.changes = b.above + b.ancestors * (1 + coding->class_size);
	b.codes = b.changes + bt_block_changes_size(b.names, b.classes);
	b.tails = b.codes + b.classes;
	return b;
}

/* Octets of the tail of name `i`, from 1 on. */
static inline unsigned bt_block_tail_size(const struct bt_block *block, unsigned i)
{
	return block->sizes[(i - 1) / 2] >> (i - 1) % 2 * 4 & 0xf;
}

/* Class number `i` of those without code: they stand backwards before the end. */
static inline uint32_t bt_block_escape(const struct bt_block *block, unsigned i)
{
	unsigned size = block->coding->class_size;
	return bt_get_class(block->end - (i + 1) * size, size);
}

/* Ancestor number `i`: the octets of its key, which begins the first name's, and its class. */
unsigned bt_block_ancestor(const struct bt_block *block, unsigned i, uint32_t *class_id);

/* The names of a block, one after the other. */
struct bt_block_cursor {
	const struct bt_block *block;
	const uint8_t *tail, *rest; /* of the name after the current one */
	unsigned codes, escapes;    /* of classes, so far */
	unsigned next;              /* number of the name after the current one */
	unsigned shared;            /* octets that the key before has, too; 0 for the first */
	unsigned size;              /* octets of the current key */
	uint32_t class_id;
	uint8_t key[BT_KEY_MAX + 8]; /* eight octets can be stored from wherever it has one */
};

/* Before the first name. */
void bt_block_start(struct bt_block_cursor *cursor, const struct bt_block *block);

/*
 * Moves to the next name; there are block->names. Fails if it is not well coded, has no class or
 * is not above the one before it; whether it is a key is not looked at.
 */
bool bt_block_next(struct bt_block_cursor *cursor, struct bt_err *err);

/*
 * Puts the names that are the probe or an ancestor of it into matches[], from number `count` on,
 * shortest first, and returns the new count. The block must have been verified.
 */
unsigned bt_block_match(const uint8_t *bytes, const struct bt_coding *coding,
    const struct bt_probe *probe, struct bt_match *matches, unsigned count);

#endif
