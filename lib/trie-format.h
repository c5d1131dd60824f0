/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * trie-format.h -- the trie file's bytes, as doc/trie-format.md has them; for build*.c and trie*.c
 *
 * A header, then three sections: the codebook, the blocks, which hold the names, and the policy.
 * What speeds a lookup up (trie-index.h) follows from the names and is made when a file is opened,
 * so that it takes no room in the file, cannot be wrong, and can change without a new format.
 */
#ifndef BT_TRIE_FORMAT_H
#define BT_TRIE_FORMAT_H

#include <stddef.h>
#include <stdint.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "endian.h"

#define BT_TRIE_MAGIC "BTTRIE\r\n" /* both line ends: text-mode copies spoil it */

/* Where the header's fields are. */
enum {
	BT_TRIE_AT_VERSION = 8,
	BT_TRIE_AT_CLASS_SIZE = 12, /* octets of a class number, 1 to 4 */
	BT_TRIE_AT_SIZE = 16,
	BT_TRIE_AT_DIGEST = 24, /* of the content: bt_trie_header_digest */
	BT_TRIE_AT_NAMES = 32,
	BT_TRIE_AT_BLOCKS = 40,
	BT_TRIE_AT_ROOT = 44,     /* class of the root, or BT_TRIE_NO_CLASS */
	BT_TRIE_AT_SECTIONS = 48, /* a row each: offset, size, XXH3-64 */
	BT_TRIE_SECTION_ROW = 24,
	BT_TRIE_AT_CHECKSUM = 120, /* XXH3-64 of the octets before it */
	BT_TRIE_HEADER_SIZE = 128,
};

enum bt_trie_section { BT_TRIE_CODEBOOK, BT_TRIE_BLOCKS, BT_TRIE_POLICY, BT_TRIE_SECTIONS };

/* The digest that the header must have: of what it says of the names, and of all checksums. */
static inline uint64_t bt_trie_header_digest(const uint8_t *header)
{
	uint64_t digest =
	    XXH3_64bits(header + BT_TRIE_AT_NAMES, BT_TRIE_AT_CHECKSUM - BT_TRIE_AT_NAMES);
	return digest != 0 ? digest : 1;
}

#define BT_TRIE_NO_CLASS UINT32_MAX

/* The blocks end with zero octets: 64 octets can be loaded from wherever a block has one. */
enum { BT_TRIE_GUARD = 64 };

/* Where the fields of a block are; doc/trie-format.md has its parts. */
enum {
	BT_BLOCK_AT_SIZE = 0,      /* u16: octets of the block */
	BT_BLOCK_AT_NAMES = 2,     /* u8: at least 1 */
	BT_BLOCK_AT_ANCESTORS = 3, /* u8 */
	BT_BLOCK_AT_CLASSES =
	    4,                 /* u8: names with another class than the one before; the first is */
	BT_BLOCK_AT_BASE = 5,  /* u8: what every name shares with the one before it, at least */
	BT_BLOCK_AT_FIRST = 6, /* u8: octets of the first key */
	BT_BLOCK_HEADER = 7,
};

enum {
	BT_BLOCK_NAMES_MAX = 255,
	/* A tail this long or longer: as many octets, the last of which tell where the rest is
	   (u16, from the block's begin) and how long (u16). */
	BT_BLOCK_LONG = 15,
	BT_BLOCK_REST = 4,
	BT_BLOCK_TAIL_MAX = 1020, /* octets of a tail and its rest: twice what a key needs */
};

/* Octets of the bits that tell which names have another class than the one before. */
static inline unsigned bt_block_changes_size(unsigned names, unsigned classes)
{
	return classes > 1 ? (names + 6) / 8 : 0;
}

static inline uint32_t bt_get_class(const uint8_t *at, unsigned class_size)
{
	uint32_t class_id = 0;
	for (unsigned i = 0; i < class_size; i++)
		class_id |= (uint32_t)at[i] << 8 * i;
	return class_id;
}

static inline void bt_put_class(uint8_t *at, unsigned class_size, uint32_t class_id)
{
	for (unsigned i = 0; i < class_size; i++)
		at[i] = (uint8_t)(class_id >> 8 * i);
}

#endif
