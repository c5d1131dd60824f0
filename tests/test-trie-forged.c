/* SPDX-License-Identifier: BSD-3-Clause */
/* test-trie-forged.c -- what is said of tries that are wrong in one place, with right checksums */

#include "octets.h"
#include "tries.h"
#include "trie-code.h"

/* One page: a, b.a, c.a, d; the first two with class 0, then 1. */
static void small_file(uint8_t **bytes, size_t *size)
{
	static const char *const names[] = {"a", "b.a", "c.a", "d"};
	set.count = 0;
	set.class_count = 2;
	for (unsigned i = 0; i < 4; i++) {
		add_text(&set, names[i]);
		set.classes[i] = i / 2;
	}
	build(&set, (void **)bytes, size);
}

/* The root alone is listed. */
static void root_file(uint8_t **bytes, size_t *size)
{
	set.keys[0] = (struct bt_key){0};
	set.count = set.class_count = 1;
	set.classes[0] = 0;
	build(&set, (void **)bytes, size);
}

static void expect_forged(
    const uint8_t *bytes, size_t size, size_t at, uint8_t octet, const char *reason)
{
	uint8_t *copy = copy_of(bytes, size);
	copy[at] = octet;
	mend_checksums(copy, size);
	expect_refused(copy, size, "forgery", reason);
	free(copy);
}

struct forgery {
	size_t at;
	uint8_t octet;
	const char *reason;
};

static void expect_all_forged(
    const uint8_t *bytes, size_t size, const struct forgery *cases, size_t count)
{
	for (size_t i = 0; i < count; i++)
		expect_forged(bytes, size, cases[i].at, cases[i].octet, cases[i].reason);
}

static void test_forged_header(void **unused)
{
	(void)unused;
	static const struct forgery cases[] = {
	    {BT_TRIE_AT_NAMES, 5, "4 names, and the header says 5"},
	    {BT_TRIE_AT_ROOT + 3, 0, "the root has class"},
	    {BT_TRIE_AT_DEPTHS, 1, "names without labels"},
	    {BT_TRIE_AT_PAGES, 0, "no pages"},
	    {BT_TRIE_AT_PAGES, 2, "octets of pages"},
	    {BT_TRIE_AT_PAGES + 3, 0xff, "pages in table 0"},
	    {BT_TRIE_AT_PAGES + 4, 1, "octets of pages"},
	    {BT_TRIE_AT_PAGES + 4, 2, "2 pages in table 1"},
	    {BT_TRIE_AT_PAGES + 8, 1, "1 pages in table 2"},
	    {BT_TRIE_AT_ZERO, 1, "octet 200 is not zero"},
	    {BT_TRIE_AT_CHECKSUM - 1, 1, "octet 247 is not zero"},
	    {BT_TRIE_AT_SECTIONS, 1, "section 0 is not where"},
	    {BT_TRIE_AT_SECTIONS + 8 + 7, 0xff, "section 0 is not where"},
	    {BT_TRIE_AT_SECTIONS + BT_TRIE_SECTION_ROW + 2, 1, "section 1 is not where"},
	    {BT_TRIE_AT_SECTIONS + 4 * BT_TRIE_SECTION_ROW + 8, 1, "after the last section"},
	};
	uint8_t *bytes;
	size_t size;
	small_file(&bytes, &size);
	assert_int_equal(bt_get32(bytes + BT_TRIE_AT_PAGES), 1);
	expect_all_forged(bytes, size, cases, sizeof(cases) / sizeof(cases[0]));
	bytes[BT_TRIE_AT_SIZE + 7] = 0x80;
	mend_checksums(bytes, size);
	expect_refused(bytes, size, "a huge size", "cut off");
	bytes[BT_TRIE_AT_SIZE + 7] = 0;
	mend_checksums(bytes, size);
	bytes[BT_TRIE_AT_DIGEST] ^= 1;
	bt_put64(bytes + BT_TRIE_AT_CHECKSUM, XXH3_64bits(bytes, BT_TRIE_AT_CHECKSUM));
	expect_refused(bytes, size, "another digest", "the digest");
	free(bytes);
}

/* The borders between the sections are elsewhere. */
static void test_forged_sections(void **unused)
{
	(void)unused;
	uint8_t *bytes;
	size_t size;
	small_file(&bytes, &size);
	for (unsigned i = 0; i < BT_TRIE_SECTIONS - 1; i++)
		for (int step = -64; step <= 64; step++) {
			uint64_t moved = bt_get64(row(bytes, i) + 8) + (uint64_t)step;
			if (step == 0 || moved > size)
				continue;
			uint8_t *copy = copy_of(bytes, size), *right = row(copy, i + 1);
			bt_put64(row(copy, i) + 8, moved);
			bt_put64(right, bt_get64(right) + (uint64_t)step);
			bt_put64(right + 8, bt_get64(right + 8) - (uint64_t)step);
			mend_checksums(copy, size);
			expect_refused(copy, size, "another border", "");
			free(copy);
		}
	free(bytes);
}

static void test_no_names(void **unused)
{
	(void)unused;
	uint8_t *bytes;
	size_t size;
	root_file(&bytes, &size);
	bt_put32(bytes + BT_TRIE_AT_ROOT, BT_TRIE_NO_CLASS);
	bt_put64(bytes + BT_TRIE_AT_NAMES, 0);
	mend_checksums(bytes, size);
	expect_refused(bytes, size, "no names", "it has no names");
	free(bytes);
}

/* The parts of the codes are where doc/trie-format.md has them. */
static void test_forged_codes(void **unused)
{
	(void)unused;
	uint8_t *bytes;
	size_t size;
	small_file(&bytes, &size);
	size_t codes = bt_get64(row(bytes, BT_TRIE_CODES));
	size_t end = codes + bt_get64(row(bytes, BT_TRIE_CODES) + 8);
	assert_int_equal(bytes[codes], 2); /* a and d */
	assert_int_equal(bytes[codes + 1], 0);
	size_t tops = codes + BT_CODES_HEADER, sizes = tops + 2 * BT_TOP_SIZE, cells = sizes + 2;
	const struct forgery cases[] = {
	    {codes, 128, "128 heads of one label"},
	    {codes + 1, 65, "65 of two"},
	    {codes, 127, "ends within its heads"},
	    {codes, 1, "codes: "},
	    {codes + 2, 21, "head 0 has a code of 21 bits"},
	    {codes + 3, BT_LEAST_MAX + 1, "entries of 9 octets at least"},
	    {codes + BT_CODES_AT_LETTERS, 2, "2 letters in a place of 8 bits"},
	    {codes + BT_CODES_AT_ZERO, 1, "octet 9 is not zero"},
	    {codes + BT_CODES_HEADER - 1, 1, "octet 11 is not zero"},
	    {codes + 4, 31, "tier 0: class numbers of 31 bits"},
	    {tops, 0, "head 0 of one label is none"},
	    {tops, 8, "head 0 of one label is none"},
	    {tops + 1, 'A', "head 0 of one label is none"},
	    {tops + 7, 1, "head 0 of one label is none"},
	    {tops + 1, 'd', "head 1 of one label is none"},
	    {sizes, 21, "head 1 has a code of 21 bits"},
	    {cells, 0, "cell 0 has a code of 0 bits"},
	    {cells, 21, "cell 0 has a code of 21 bits"},
	    {end - 1, 0xff, "cells too many"},
	};
	expect_all_forged(bytes, size, cases, sizeof(cases) / sizeof(cases[0]));
	/* The end of a label that is spelled, two cells before where it should be. */
	bytes[cells + 13] -= 2;
	expect_forged(bytes, size, end - 1, (uint8_t)(bytes[end - 1] + 2), "cell 1676 has a code");
	bytes[cells + 13] += 2;
	const uint8_t three[] = {1, 1};
	memcpy(bytes + sizes, three, sizeof(three));
	expect_forged(bytes, size, codes + 2, 1, "too many codes of heads");
	free(bytes);
}

static void test_forged_page(void **unused)
{
	(void)unused;
	uint8_t *bytes;
	size_t size;
	small_file(&bytes, &size);
	size_t page = bt_get64(row(bytes, BT_TRIE_PAGES));
	assert_int_equal(bytes[page + BT_PAGE_AT_NAMES], 4);
	const struct forgery cases[] = {
	    {page, 5, "not in the order of their sizes"},
	    {page + BT_PAGE_AT_NAMES, 3, ""},
	    {page + BT_PAGE_AT_NAMES, 255, "its names take"},
	};
	expect_all_forged(bytes, size, cases, sizeof(cases) / sizeof(cases[0]));
	free(bytes);
}

/* A name as long as can be: its tail is elsewhere, or has another size. */
static void test_forged_tail(void **unused)
{
	(void)unused;
	uint64_t state = seed;
	uint8_t *bytes;
	size_t size;
	set.keys[0] = key_of("a");
	while (set.keys[0].len + 62 <= BT_KEY_MAX)
		add_any_label(&set.keys[0], 61, &state);
	set.count = set.class_count = 1;
	set.classes[0] = 0;
	build(&set, (void **)&bytes, &size);
	size_t page = bt_get64(row(bytes, BT_TRIE_PAGES));
	size_t tails = bt_get64(row(bytes, BT_TRIE_TAILS));
	size_t octets = bt_get64(row(bytes, BT_TRIE_TAILS) + 8);
	unsigned least = section(bytes, BT_TRIE_CODES)[BT_CODES_AT_LEAST];
	size_t ref = page + BT_PAGE_HEADER + 1 + least + BT_ENTRY_LONG - BT_TAIL_REF;
	assert_int_equal(bt_get32(bytes + ref), 0);
	assert_int_equal(bt_get16(bytes + tails), octets - BT_TAIL_HEADER);
	uint8_t elsewhere = 1; /* where the octets are no size that could be */
	while (bt_get16(bytes + tails + elsewhere) <= octets - BT_TAIL_HEADER - elsewhere)
		elsewhere++;
	size_t more = tails + (bytes[tails] == UINT8_MAX);
	const struct forgery cases[] = {
	    {ref, elsewhere, "name 0 has a tail of"},
	    {ref + 1, 4, "name 0 has no tail"},
	    {ref + 3, 0xff, "name 0 has no tail"},
	    {more, (uint8_t)(bytes[more] + 1), "name 0 has a tail of"},
	    {tails + 1, 5, "name 0 has a tail of"},
	};
	expect_all_forged(bytes, size, cases, sizeof(cases) / sizeof(cases[0]));
	free(bytes);
}

/* ---- entries that are no names: bt_trie_check sees what bt_trie_open need not ---- */

static void expect_seen(uint8_t *bytes, size_t size, const char *reason)
{
	struct bt_trie *trie;
	struct bt_err err = {""};
	uint8_t *copy = copy_of(bytes, size);
	mend_checksums(copy, size);
	if (!bt_trie_open(&trie, copy, size, &err))
		fail_msg("%s", err.text);
	assert_false(bt_trie_check(trie, &err));
	if (strstr(err.text, reason) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", err.text, reason);
	bt_trie_close(&trie);
}

static void test_forged_entries(void **unused)
{
	(void)unused;
	uint8_t *bytes;
	size_t size;
	small_file(&bytes, &size);
	uint8_t *page = section(bytes, BT_TRIE_PAGES), *tags = page + BT_PAGE_HEADER;
	const uint8_t tag = tags[0];
	tags[0] = (uint8_t)(tag + 100);
	expect_seen(bytes, size, "");
	tags[0] = tag;

	/* A filter that lets nothing through. */
	size_t filter = bt_get64(row(bytes, BT_TRIE_FILTER) + 8);
	uint8_t *lines = section(bytes, BT_TRIE_FILTER), *kept = copy_of(lines, filter);
	memset(lines, 0, filter);
	expect_seen(bytes, size, "is there where lookups do not find it");
	memcpy(lines, kept, filter);
	free(kept);

	/* No names with one label. */
	bytes[BT_TRIE_AT_DEPTHS] &= (uint8_t)~2u;
	expect_seen(bytes, size, "is there where lookups do not find it");
	free(bytes);
}

/* The same name twice: two entries of one size get the same tag and octets. */
static void test_forged_twice(void **unused)
{
	(void)unused;
	uint8_t *bytes;
	size_t size;
	unsigned more;
	set.count = 0;
	set.class_count = 1;
	add_text(&set, "abcd.com");
	add_text(&set, "bbcd.com");
	set.classes[0] = set.classes[1] = 0;
	build(&set, (void **)&bytes, &size);
	uint8_t *page = section(bytes, BT_TRIE_PAGES), *tags = page + BT_PAGE_HEADER;
	unsigned least = section(bytes, BT_TRIE_CODES)[BT_CODES_AT_LEAST];
	unsigned octets = bt_octets_not_above(page, 0, &more) + least;
	tags[1] = tags[0];
	memcpy(tags + 2 + octets, tags + 2, octets);
	expect_seen(bytes, size, "is there twice");
	free(bytes);
}

/* An entry in an annex whose spare bits are others is no longer the name's that it was. */
static void test_forged_spare(void **unused)
{
	(void)unused;
	enum { NAMES = 1500 };
	uint64_t state = seed;
	struct bt_match matches[BT_MATCHES_MAX];
	struct bt_trie *trie;
	struct bt_err err = {""};
	uint8_t *bytes;
	size_t size;
	set.count = 0;
	while (set.count < NAMES) {
		char name[32];
		snprintf(name, sizeof(name), "%llx.com", (unsigned long long)random_next(&state));
		add_text(&set, name);
	}
	finish_set(&set, CLASSES, &state);
	build(&set, (void **)&bytes, &size);
	uint8_t *page = section(bytes, BT_TRIE_PAGES) +
			(size_t)bt_get32(bytes + BT_TRIE_AT_PAGES) * BT_PAGE_SIZE;
	assert_true(bt_get32(bytes + BT_TRIE_AT_PAGES + 4) > 0);
	while (page[BT_PAGE_AT_NAMES] == 0)
		page += BT_PAGE_SIZE;
	page[BT_PAGE_HEADER + page[BT_PAGE_AT_NAMES]] ^= 1;
	mend_checksums(bytes, size);
	if (!bt_trie_open(&trie, bytes, size, &err))
		fail_msg("%s", err.text);
	unsigned found = 0;
	for (size_t i = 0; i < set.count; i++)
		found += bt_trie_match(trie, &set.keys[i], matches);
	assert_int_equal(found, set.count - 1);
	bt_trie_close(&trie);
}

/* So that what a lookup reads without having written it is not zero by chance. */
static __attribute__((noinline)) void dirty_stack(void)
{
	volatile uint8_t octets[1 << 15];
	for (size_t i = 0; i < sizeof(octets); i++)
		octets[i] = 0xaa;
}

/* More zeros behind a code than compile puts there. */
static void test_forged_zeros(void **unused)
{
	(void)unused;
	struct bt_match matches[BT_MATCHES_MAX];
	struct bt_trie *trie;
	struct bt_err err = {""};
	uint8_t *bytes;
	size_t size;
	set.count = set.class_count = 1;
	set.classes[0] = 0;
	set.keys[0] = key_of("ab.com");
	build(&set, (void **)&bytes, &size);
	section(bytes, BT_TRIE_CODES)[BT_CODES_AT_LEAST] = BT_LEAST_MAX;
	uint8_t *page = section(bytes, BT_TRIE_PAGES);
	memset(page, 0, BT_ENTRY_LONG - 1);
	page[BT_ENTRY_LONG - 1] = 1;
	mend_checksums(bytes, size);
	if (!bt_trie_open(&trie, bytes, size, &err) || !bt_trie_check(trie, &err))
		fail_msg("%s", err.text);
	dirty_stack();
	assert_int_equal(bt_trie_match(trie, &set.keys[0], matches), 1);
	bt_trie_close(&trie);
}

int main(void)
{
	seed = random_seed();
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_forged_header),
	    cmocka_unit_test(test_forged_sections),
	    cmocka_unit_test(test_no_names),
	    cmocka_unit_test(test_forged_codes),
	    cmocka_unit_test(test_forged_page),
	    cmocka_unit_test(test_forged_tail),
	    cmocka_unit_test(test_forged_entries),
	    cmocka_unit_test(test_forged_twice),
	    cmocka_unit_test(test_forged_spare),
	    cmocka_unit_test(test_forged_zeros),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
