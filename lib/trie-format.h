/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * trie-format.h -- the trie file's bytes, as doc/trie-format.md has them; for build*.c and trie*.c
 *
 * A header, then five sections. The filter, which tells most names that are not listed in one
 * cache line; the pages, which hold the names; the codes, which say how; the tails of names that
 * are too long for a page; and the policy.
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
	BT_TRIE_AT_ROOT = 12, /* class of the root, or BT_TRIE_NO_CLASS */
	BT_TRIE_AT_SIZE = 16,
	BT_TRIE_AT_DIGEST = 24, /* of the content: bt_trie_header_digest */
	BT_TRIE_AT_NAMES = 32,
	BT_TRIE_AT_SEED = 40,
	BT_TRIE_AT_PAGES = 48,    /* u32 each: pages, and pages of each annex */
	BT_TRIE_AT_DEPTHS = 64,   /* a bit for each number of labels that names have, 16 octets */
	BT_TRIE_AT_SECTIONS = 80, /* a row each: offset, size, XXH3-64 */
	BT_TRIE_SECTION_ROW = 24,
	BT_TRIE_AT_ZERO = 200,     /* zero octets up to the checksum */
	BT_TRIE_AT_CHECKSUM = 248, /* XXH3-64 of the octets before it */
	BT_TRIE_HEADER_SIZE = 256,
};

enum bt_trie_section {
	BT_TRIE_FILTER,
	BT_TRIE_PAGES,
	BT_TRIE_CODES,
	BT_TRIE_TAILS,
	BT_TRIE_POLICY,
	BT_TRIE_SECTIONS
};

/* The digest that the header must have: of what it says of the names, and of all checksums. */
static inline uint64_t bt_trie_header_digest(const uint8_t *header)
{
	uint64_t digest =
	    XXH3_64bits(header + BT_TRIE_AT_NAMES, BT_TRIE_AT_CHECKSUM - BT_TRIE_AT_NAMES);
	return digest != 0 ? digest : 1;
}

#define BT_TRIE_NO_CLASS UINT32_MAX

/* A page: the ends, the last tag that is here, not in the annex; then tags, and entries. */
enum {
	BT_PAGE_SIZE = 512,
	BT_PAGE_AT_ENDS = 0,
	BT_PAGE_AT_NAMES = 15, /* the last of the ends */
	BT_PAGE_AT_LAST = 16,
	BT_PAGE_HEADER = 17,
	BT_PAGE_ROOM = BT_PAGE_SIZE - BT_PAGE_HEADER, /* octets of tags and entries */
	BT_PAGE_NAMES_MAX = 255,
	BT_PAGE_LINE = 64, /* what pages and the filter's lines are aligned to */

	BT_TABLES = 4, /* of pages: a first one, and annexes */
	BT_TAG_BITS = 8,
	BT_PAGES_MAX = 1 << 22,
	BT_SPARE_MAX = 8, /* bits of a place that an entry in an annex begins with */

	/* An entry with so many octets more than the least, the last four of which say where the
	   rest is (u32): its tail. */
	BT_ENTRY_LONG = 15,
	BT_TAIL_REF = 4,
	BT_TAIL_HEADER = 2, /* u16: octets of a tail */
	BT_TAIL_MAX = 1024,
};

#endif
