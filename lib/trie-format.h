/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * trie-format.h -- the layout of a trie file (private to lib/build*.c and lib/trie*.c)
 *
 * doc/trie-format.md tells it in words. Everything is little-endian.
 */
#ifndef BT_TRIE_FORMAT_H
#define BT_TRIE_FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "endian.h"

#define BT_TRIE_MAGIC "BTTRIE\r\n"

/* Header. */
enum {
	BT_TRIE_AT_MAGIC = 0,
	BT_TRIE_AT_VERSION = 8,
	BT_TRIE_AT_HEADER_SIZE = 12,
	BT_TRIE_AT_FILE_SIZE = 16,
	BT_TRIE_AT_DIGEST = 24, /* of what follows, up to the header's checksum */
	BT_TRIE_AT_NAMES = 32,
	BT_TRIE_AT_BLOCKS = 40,
	BT_TRIE_AT_FLAGS = 44,
	BT_TRIE_AT_SECTIONS = 48, /* a row each: offset, size, XXH3-64 */
	BT_TRIE_SECTION_ROW = 24,
	BT_TRIE_AT_CHECKSUM = 248, /* XXH3-64 of the octets before it */
	BT_TRIE_HEADER_SIZE = 256,
	BT_TRIE_ALIGN = 64, /* of sections */
};

enum bt_trie_section {
	BT_TRIE_POLICY,
	BT_TRIE_FILTER,
	BT_TRIE_NODES,
	BT_TRIE_CHILDREN,
	BT_TRIE_OFFSETS,
	BT_TRIE_LEAVES,
	BT_TRIE_SECTIONS
};

enum bt_trie_flags {
	BT_TRIE_ROOT_LISTED = 1,  /* the filter says nothing: every name can match */
	BT_TRIE_SHORT_LISTED = 2, /* names of one label are in the filter, too */
};

/* The digest that belongs in a header: of all it says of the content. Never 0. */
static inline uint64_t bt_trie_header_digest(const uint8_t *header)
{
	uint64_t digest =
	    XXH3_64bits(header + BT_TRIE_AT_NAMES, BT_TRIE_AT_CHECKSUM - BT_TRIE_AT_NAMES);
	return digest != 0 ? digest : 1;
}

/* A node of the index. */
enum {
	BT_NODE_AT_BITMAP = 0,       /* 256 bits: next octets that have a child */
	BT_NODE_AT_CHILDREN = 32,    /* u32: the first of its children */
	BT_NODE_AT_FIRST_BLOCK = 36, /* u32: the first block below */
	BT_NODE_AT_SKIP = 40,        /* u8: octets to compare before branching; and a flag */
	BT_NODE_AT_OCTETS = 41,
	BT_NODE_SKIP_MAX = 7,
	BT_NODE_TERMINAL = 0x80, /* a block begins with the key that ends here */
	BT_NODE_SKIP_MASK = 0x7f,
	BT_NODE_SIZE = 48,
};

/* A child is the number of a node, or of a block with this bit. */
#define BT_CHILD_BLOCK 0x80000000u

/* A leaf block: header, palette, ancestors, class indices, lcp[], size[], first key, suffixes. */
enum {
	BT_BLOCK_AT_KEYS = 0,      /* u8: 1 to BT_BLOCK_KEYS_MAX */
	BT_BLOCK_AT_ANCESTORS = 1, /* u8 */
	BT_BLOCK_AT_PALETTE = 2,   /* u8: different classes, 1 to BT_BLOCK_KEYS_MAX */
	BT_BLOCK_AT_FIRST = 3,     /* u8: octets of the first key */
	BT_BLOCK_HEADER = 4,
	BT_BLOCK_KEYS_MAX = 64,
	BT_CLASS_SIZE = 3,                    /* octets of a class number in a block */
	BT_ANCESTOR_SIZE = 1 + BT_CLASS_SIZE, /* u8 octets of the ancestor's key; its class */
};

/* Bits of a class index for that many classes in the palette: 0, 1, 2, 4 or 8. */
static inline unsigned bt_index_bits(unsigned palette)
{
	return palette <= 1 ? 0 : palette <= 2 ? 1 : palette <= 4 ? 2 : palette <= 16 ? 4 : 8;
}

static inline uint32_t bt_get24(const uint8_t *at)
{
	return (uint32_t)(at[0] | at[1] << 8 | at[2] << 16);
}

static inline void bt_put24(uint8_t *at, uint32_t v)
{
	at[0] = (uint8_t)v;
	at[1] = (uint8_t)(v >> 8);
	at[2] = (uint8_t)(v >> 16);
}

/*
 * The filter: a split-block Bloom filter (Putze, Sanders, Singler, "Cache-, Hash- and
 * Space-Efficient Bloom Filters", 2007; eight 32-bit words a block as in Apache Parquet) over the
 * keys' first two labels, so that one cache line tells that no name of that domain is listed.
 */
enum { BT_FILTER_BLOCK = 32 };

static inline const uint8_t *bt_filter_block(const uint8_t *filter, uint64_t blocks, uint64_t hash)
{
	return filter + ((hash >> 32) * blocks >> 32) * BT_FILTER_BLOCK;
}

static inline uint32_t bt_filter_bit(uint64_t hash, unsigned word)
{
	static const uint32_t salts[8] = {0x47b6137b, 0x44974d91, 0x8824ad5b, 0xa2b7289d,
	    0x705495c7, 0x2df1424b, 0x9efc4947, 0x5c6bfb31};
	return 1u << ((uint32_t)hash * salts[word] >> 27);
}

static inline bool bt_filter_has(
    const uint8_t *filter, uint64_t blocks, const uint8_t *key, size_t size)
{
	uint64_t hash = XXH3_64bits(key, size);
	const uint8_t *block = bt_filter_block(filter, blocks, hash);
	uint32_t missing = 0;
	for (unsigned word = 0; word < 8; word++) {
		uint32_t bit = bt_filter_bit(hash, word);
		missing |= ~bt_get32(block + 4 * word) & bit;
	}
	return missing == 0;
}

/* Octets of the key's first label, and of its first two; the key is not empty. */
static inline size_t bt_one_label(const uint8_t *key)
{
	return key[0] + (size_t)1;
}

static inline size_t bt_two_labels(const uint8_t *key, size_t size)
{
	size_t one = bt_one_label(key);
	return one < size ? one + key[one] + 1 : one;
}

#endif
