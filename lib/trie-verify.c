/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * trie-verify.c -- is this a trie?
 *
 * Checksums find damage. What makes lookups safe, whoever made the file, are the checks of sizes,
 * counts and places, on which alone a lookup relies.
 */

#include <inttypes.h>
#include <string.h>

#include "pace.h"
#include "trie-view.h"

enum { PAGES_A_REST = 256 /* that are looked at before it is asked whether to rest */ };

/* ---- header and sections ---- */

static bool check_version(const struct bt_trie *t, struct bt_err *err)
{
	const size_t magic = sizeof(BT_TRIE_MAGIC) - 1;
	size_t have = t->size < magic ? t->size : magic;
	if (memcmp(t->bytes, BT_TRIE_MAGIC, have) != 0)
		return bt_fail(err, "not a trie file");
	if (t->size < BT_TRIE_AT_VERSION + 4)
		return bt_fail(err, "cut off after %zu octets, in the header", t->size);
	uint32_t version = bt_get32(t->bytes + BT_TRIE_AT_VERSION);
	if (version != BT_TRIE_VERSION)
		return bt_fail(err,
		    "trie format version %" PRIu32 ", %s than version %d, which "
		    "this program reads",
		    version, version > BT_TRIE_VERSION ? "newer" : "older", BT_TRIE_VERSION);
	return true;
}

static bool read_header(struct bt_trie *t, struct bt_err *err)
{
	const uint8_t *at = t->bytes;
	if (t->size < BT_TRIE_HEADER_SIZE)
		return bt_fail(err, "cut off after %zu octets, in the header", t->size);
	uint64_t sum = XXH3_64bits(at, BT_TRIE_AT_CHECKSUM);
	if (bt_get64(at + BT_TRIE_AT_CHECKSUM) != sum)
		return bt_fail(err, "the header is damaged: its checksum is wrong");
	uint64_t size = bt_get64(at + BT_TRIE_AT_SIZE);
	if (size != t->size)
		return bt_fail(err, "%s: %zu octets, and the header says %" PRIu64,
		    size > t->size ? "cut off" : "too long", t->size, size);
	for (unsigned i = BT_TRIE_AT_ZERO; i < BT_TRIE_AT_CHECKSUM; i++)
		if (at[i] != 0)
			return bt_fail(err, "header: octet %u is not zero", i);
	t->digest = bt_get64(at + BT_TRIE_AT_DIGEST);
	t->names = bt_get64(at + BT_TRIE_AT_NAMES);
	t->filter.seed = bt_get64(at + BT_TRIE_AT_SEED);
	t->depths[0] = bt_get64(at + BT_TRIE_AT_DEPTHS);
	t->depths[1] = bt_get64(at + BT_TRIE_AT_DEPTHS + 8);
	t->root = bt_get32(at + BT_TRIE_AT_ROOT);
	if (t->depths[0] & 1)
		return bt_fail(err, "header: names without labels");
	for (unsigned i = 0; i <= BT_LABELS_MAX; i++)
		if (t->depths[i / 64] >> i % 64 & 1)
			t->deepest = i;
	return true;
}

/* XXH3_64bits, in parts: a processor is not to be busy with it for long. */
static uint64_t checksum(const uint8_t *bytes, size_t size)
{
	enum { PART = 1 << 17 };
	XXH3_state_t state;
	XXH3_64bits_reset(&state);
	for (size_t done = 0, part; done < size; done += part) {
		part = size - done < PART ? size - done : PART;
		XXH3_64bits_update(&state, bytes + done, part);
		bt_pace();
	}
	return XXH3_64bits_digest(&state);
}

/* The sections follow each other without gaps, from the header to the end of the file. */
static bool check_sections(const struct bt_trie *t, struct bt_err *err)
{
	uint64_t end = BT_TRIE_HEADER_SIZE;
	for (unsigned i = 0; i < BT_TRIE_SECTIONS; i++) {
		const uint8_t *row = t->bytes + BT_TRIE_AT_SECTIONS + i * BT_TRIE_SECTION_ROW;
		uint64_t offset = bt_get64(row), size = bt_get64(row + 8);
		if (offset != end || size > t->size - end)
			return bt_fail(err, "section %u is not where it should be", i);
		if (checksum(t->bytes + offset, size) != bt_get64(row + 16))
			return bt_fail(err, "section %u is damaged: its checksum is wrong", i);
		end += size;
	}
	if (end != t->size)
		return bt_fail(err, "%" PRIu64 " octets after the last section", t->size - end);
	if (t->digest != bt_trie_header_digest(t->bytes))
		return bt_fail(err, "the digest is not that of the content");
	return true;
}

/* After check_sections. */
static const uint8_t *section(const struct bt_trie *t, enum bt_trie_section number, size_t *size)
{
	const uint8_t *row = t->bytes + BT_TRIE_AT_SECTIONS + number * BT_TRIE_SECTION_ROW;
	*size = bt_get64(row + 8);
	return t->bytes + bt_get64(row);
}

static bool open_policy(struct bt_trie *t, struct bt_err *err)
{
	size_t size;
	const uint8_t *bytes = section(t, BT_TRIE_POLICY, &size);
	if (!bt_policy_open(&t->policy, bytes, size, err))
		return false;
	if (t->root != BT_TRIE_NO_CLASS && t->root >= bt_policy_classes(t->policy))
		return bt_fail(err, "the root has class %" PRIu32 " of %" PRIu32, t->root,
		    bt_policy_classes(t->policy));
	return true;
}

static bool open_codes(struct bt_trie *t, struct bt_err *err)
{
	size_t size;
	const uint8_t *bytes = section(t, BT_TRIE_CODES, &size);
	return bt_codes_open(&t->codes, bytes, size, bt_policy_classes(t->policy), err);
}

static bool open_filter(struct bt_trie *t, struct bt_err *err)
{
	size_t size;
	t->filter.lines = section(t, BT_TRIE_FILTER, &size);
	t->filter.count = size / BT_FILTER_LINE;
	if (size == 0 || size % BT_PAGE_LINE != 0 || t->filter.count > UINT32_MAX)
		return bt_fail(err, "filter: %zu octets", size);
	return true;
}

/* ---- pages ---- */

/* Counts of pages: an annex after the last has none. */
static bool count_pages(struct bt_trie *t, uint64_t *all, struct bt_err *err)
{
	*all = 0;
	for (unsigned i = 0; i < BT_TABLES; i++) {
		struct bt_pages *pages = &t->tables[i];
		pages->count = bt_get32(t->bytes + BT_TRIE_AT_PAGES + 4 * i);
		pages->log = bt_log2(pages->count);
		*all += pages->count;
		if (pages->count > (i > 0 ? t->tables[i - 1].count : BT_PAGES_MAX))
			return bt_fail(err, "%" PRIu32 " pages in table %u", pages->count, i);
		if (pages->count > 0)
			t->table_count = i + 1;
		if (pages->count > 0 && t->tables[0].log - pages->log > BT_SPARE_MAX)
			return bt_fail(err,
			    "%" PRIu32 " pages in table %u, with %" PRIu32 " in the first",
			    pages->count, i, t->tables[0].count);
	}
	return *all > 0 || bt_fail(err, "no pages");
}

/* What a lookup may read behind the last page is there: the codes, and the policy. */
static bool find_pages(struct bt_trie *t, struct bt_err *err)
{
	size_t size;
	const uint8_t *pages = section(t, BT_TRIE_PAGES, &size);
	uint64_t all;
	if (!count_pages(t, &all, err))
		return false;
	if (size != all * BT_PAGE_SIZE)
		return bt_fail(err, "%zu octets of pages", size);
	for (unsigned i = 0; i < BT_TABLES; i++) {
		t->tables[i].bytes = pages;
		pages += (size_t)t->tables[i].count * BT_PAGE_SIZE;
	}
	unsigned bits = bt_place_bits(&t->tables[0]);
	if (t->codes.place_letters > bt_place_letters_most(bits))
		return bt_fail(
		    err, "%u letters in a place of %u bits", t->codes.place_letters, bits);
	t->places = bt_places(bits, t->codes.place_letters, t->filter.seed);
	return true;
}

/* The last entries of a page, which have their size, are parts: their tails are to be there. */
static bool check_tails(
    const struct bt_trie *t, const uint8_t *page, unsigned begin, struct bt_err *err)
{
	for (unsigned i = begin; i < page[BT_PAGE_AT_NAMES]; i++) {
		struct bt_entry entry = bt_page_entry(page, i, t->codes.least);
		uint64_t at = bt_get32(entry.at + entry.size - BT_TAIL_REF);
		if (at > t->tails_size || t->tails_size - at < BT_TAIL_HEADER)
			return bt_fail(err, "name %u has no tail", i);
		unsigned size = bt_get16(t->tails + at);
		if (size > BT_TAIL_MAX || size > t->tails_size - at - BT_TAIL_HEADER)
			return bt_fail(err, "name %u has a tail of %u octets", i, size);
	}
	return true;
}

static bool check_page(
    const struct bt_trie *t, const uint8_t *page, uint64_t *names, struct bt_err *err)
{
	const uint8_t *ends = page + BT_PAGE_AT_ENDS;
	unsigned count = page[BT_PAGE_AT_NAMES], octets = count * (1 + t->codes.least);
	for (unsigned i = 0; i < BT_ENTRY_LONG; i++) {
		if (ends[i] > ends[i + 1])
			return bt_fail(err, "its names are not in the order of their sizes");
		octets += count - ends[i];
	}
	if (octets > BT_PAGE_ROOM)
		return bt_fail(err, "its names take %u octets", octets);
	*names += count;
	return check_tails(t, page, ends[BT_ENTRY_LONG - 1], err);
}

static bool check_pages(struct bt_trie *t, struct bt_err *err)
{
	uint64_t names = t->root != BT_TRIE_NO_CLASS;
	t->tails = section(t, BT_TRIE_TAILS, &t->tails_size);
	for (unsigned table = 0; table < t->table_count; table++) {
		for (uint32_t i = 0; i < t->tables[table].count; i++) {
			if (!check_page(t, bt_page(&t->tables[table], i), &names, err))
				return bt_fail_in(err, "table %u, page %" PRIu32, table, i);
			if (i % PAGES_A_REST == 0)
				bt_pace();
		}
	}
	if (names == 0)
		return bt_fail(err, "it has no names");
	if (names != t->names)
		return bt_fail(
		    err, "%" PRIu64 " names, and the header says %" PRIu64, names, t->names);
	return true;
}

bool bt_trie_verify(struct bt_trie *trie, struct bt_err *err)
{
	return check_version(trie, err) && read_header(trie, err) && check_sections(trie, err) &&
	       open_policy(trie, err) && open_codes(trie, err) && open_filter(trie, err) &&
	       find_pages(trie, err) && check_pages(trie, err);
}
