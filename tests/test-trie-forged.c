/* SPDX-License-Identifier: BSD-3-Clause */
/* test-trie-forged.c -- what is said of tries that are wrong in one place, with right checksums */

#include "codebook.h"
#include "tries.h"

/* One block: a, b.a, c.a, d; the first two with class 0, then 1. */
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

static void test_forged_header(void **unused)
{
	(void)unused;
	static const struct {
		size_t at;
		uint8_t octet;
		const char *reason;
	} cases[] = {
	    {BT_TRIE_AT_CLASS_SIZE, 0, "class numbers of 0"},
	    {BT_TRIE_AT_CLASS_SIZE, 5, "class numbers of 5"},
	    {BT_TRIE_AT_NAMES, 5, "4 names in 1 blocks, and the header says 5 in 1"},
	    {BT_TRIE_AT_BLOCKS, 2, "header says 4 in 2"},
	    {BT_TRIE_AT_ROOT + 3, 0, "the root has class"},
	    {BT_TRIE_AT_SECTIONS, 1, "section 0 is not where"},
	    {BT_TRIE_AT_SECTIONS + 8 + 7, 0xff, "section 0 is not where"},
	    {BT_TRIE_AT_SECTIONS + BT_TRIE_SECTION_ROW + 1, 1, "section 1 is not where"},
	    {BT_TRIE_AT_SECTIONS + 2 * BT_TRIE_SECTION_ROW + 8, 1, "after the last section"},
	};
	uint8_t *bytes;
	size_t size;
	small_file(&bytes, &size);
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		expect_forged(bytes, size, cases[i].at, cases[i].octet, cases[i].reason);
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

/* The border between the codebook and the blocks is elsewhere. */
static void test_forged_sections(void **unused)
{
	(void)unused;
	uint8_t *bytes;
	size_t size;
	small_file(&bytes, &size);
	uint64_t both =
	    bt_get64(row(bytes, BT_TRIE_POLICY)) - bt_get64(row(bytes, BT_TRIE_CODEBOOK));
	for (uint64_t first = 0; first <= both; first++) {
		if (first == bt_get64(row(bytes, BT_TRIE_CODEBOOK) + 8))
			continue;
		uint8_t *copy = copy_of(bytes, size);
		bt_put64(row(copy, BT_TRIE_CODEBOOK) + 8, first);
		bt_put64(row(copy, BT_TRIE_BLOCKS), BT_TRIE_HEADER_SIZE + first);
		bt_put64(row(copy, BT_TRIE_BLOCKS) + 8, both - first);
		mend_checksums(copy, size);
		expect_refused(copy, size, "another border", "codebook: ");
		free(copy);
	}
	free(bytes);
}

static void test_forged_codebook(void **unused)
{
	(void)unused;
	uint8_t *bytes;
	size_t size;
	small_file(&bytes, &size);
	size_t at = bt_get64(row(bytes, BT_TRIE_CODEBOOK));
	size_t end = at + bt_get64(row(bytes, BT_TRIE_CODEBOOK) + 8);
	unsigned strings = bt_get16(bytes + at), branches = bt_get16(bytes + at + 2);
	size_t branches_at = end - 2 * 4 - (size_t)branches * 2;
	assert_int_equal(bt_get16(bytes + at + 4), 2);
	expect_forged(bytes, size, at + 1, 1, "codebook: ");
	expect_forged(bytes, size, at + 3, 0xff, "branches");
	expect_forged(bytes, size, at + 5, 1, "classes");
	expect_forged(bytes, size, at, (uint8_t)(strings + 1), "codebook: ");
	expect_forged(bytes, size, at + 2, (uint8_t)(branches - 1), "codebook: ");
	expect_forged(bytes, size, at + 4, 1, "codebook: 4 octets too many");
	expect_forged(bytes, size, at + 2, (uint8_t)(branches + 60), "ends within its branches");
	expect_forged(bytes, size, at + 4, 3, "ends within its classes");
	expect_forged(bytes, size, branches_at, 1, "branch 0 is out of order");
	expect_forged(bytes, size, branches_at + 3, 0, "branch 1 is out of order");
	expect_forged(bytes, size, end - 4, 2, "codebook: class 2 of 2");
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

/* Puts zero octets into the blocks. */
static void insert(uint8_t **bytes, size_t *size, size_t at, size_t count)
{
	uint8_t *more = calloc(1, *size + count);
	assert_non_null(more);
	memcpy(more, *bytes, at);
	memcpy(more + at + count, *bytes + at, *size - at);
	free(*bytes);
	*bytes = more;
	*size += count;
	bt_put64(more + BT_TRIE_AT_SIZE, *size);
	uint8_t *blocks = row(more, BT_TRIE_BLOCKS), *policy = row(more, BT_TRIE_POLICY);
	bt_put64(blocks + 8, bt_get64(blocks + 8) + count);
	bt_put64(policy, bt_get64(policy) + count);
	mend_checksums(more, *size);
}

/* Takes one of the zero octets behind the blocks away. */
static void shorten_guard(uint8_t *bytes, size_t *size)
{
	uint8_t *blocks = row(bytes, BT_TRIE_BLOCKS), *policy = row(bytes, BT_TRIE_POLICY);
	size_t at = bt_get64(policy);
	memmove(bytes + at - 1, bytes + at, *size - at);
	bt_put64(bytes + BT_TRIE_AT_SIZE, --*size);
	bt_put64(blocks + 8, bt_get64(blocks + 8) - 1);
	bt_put64(policy, at - 1);
	mend_checksums(bytes, *size);
}

static void test_forged_guard(void **unused)
{
	(void)unused;
	uint8_t *bytes;
	size_t size;
	small_file(&bytes, &size);
	uint8_t *policy = section(bytes, BT_TRIE_POLICY);
	for (unsigned i = 1; i <= BT_TRIE_GUARD; i++)
		expect_forged(bytes, size, (size_t)(policy - i - bytes), 1, "no zero octets");
	shorten_guard(bytes, &size);
	expect_refused(bytes, size, "a short guard", "no zero octets");
	free(bytes);

	root_file(&bytes, &size);
	shorten_guard(bytes, &size);
	expect_refused(bytes, size, "a short guard", "63 octets of blocks");
	free(bytes);
}

/* Octets behind the last block, before the guard, which are no block. */
static void test_forged_end(void **unused)
{
	(void)unused;
	for (unsigned more = 1; more < 40; more++) {
		uint8_t *bytes;
		size_t size;
		small_file(&bytes, &size);
		insert(&bytes, &size, bt_get64(row(bytes, BT_TRIE_POLICY)), more);
		expect_refused(bytes, size, "octets behind the last block",
		    more < BT_BLOCK_HEADER ? "ends within its header" : "it has no names");
		free(bytes);
	}
}

/* A block ends with the class of its first name, if that has no code. */
static void test_forged_class(void **unused)
{
	(void)unused;
	enum { NAMES = 900, CODED = 295 };
	uint8_t *bytes;
	size_t size;
	set.count = 0;
	set.class_count = 300;
	for (unsigned i = 0; i < NAMES; i++) {
		char name[16];
		snprintf(name, sizeof(name), "%04u.t", i);
		add_text(&set, name);
		set.classes[i] = i == 0 ? set.class_count - 1 : i % CODED;
	}
	build(&set, (void **)&bytes, &size);
	uint8_t *block = section(bytes, BT_TRIE_BLOCKS), *end = block + bt_get16(block);
	assert_int_equal(bt_get16(end - 2), set.class_count - 1);
	bt_put16(end - 2, (uint16_t)set.class_count);
	mend_checksums(bytes, size);
	expect_refused(bytes, size, "a class too many", "name 0 has class 300 of 300");
	free(bytes);
}

/* The first two blocks change places; then one stands there twice. */
static void test_forged_order(void **unused)
{
	(void)unused;
	uint64_t state = seed;
	uint8_t *bytes, block[UINT16_MAX];
	size_t size;
	set.count = 0;
	for (unsigned i = 0; i < 500; i++) {
		char name[32];
		snprintf(name, sizeof(name), "%u.example.com", i * 7919);
		add_text(&set, name);
	}
	finish_set(&set, CLASSES, &state);
	build(&set, (void **)&bytes, &size);
	uint8_t *first = section(bytes, BT_TRIE_BLOCKS);
	size_t one = bt_get16(first), two = bt_get16(first + one);
	memcpy(block, first, one);
	memmove(first, first + one, two);
	memcpy(first + two, block, one);
	mend_checksums(bytes, size);
	expect_refused(bytes, size, "blocks out of order", "name 0 is not above the name before");
	free(bytes);

	set.count = 1;
	build(&set, (void **)&bytes, &size);
	first = section(bytes, BT_TRIE_BLOCKS);
	one = bt_get16(first);
	memcpy(block, first, one);
	size_t at = (size_t)(first - bytes) + one;
	insert(&bytes, &size, at, one);
	memcpy(bytes + at, block, one);
	bt_put64(bytes + BT_TRIE_AT_NAMES, 2);
	bt_put32(bytes + BT_TRIE_AT_BLOCKS, 2);
	mend_checksums(bytes, size);
	expect_refused(bytes, size, "a block twice", "name 0 is not above the name before");
	free(bytes);
}

/* A long tail of which there is more than any name needs. */
static void test_forged_tail(void **unused)
{
	(void)unused;
	enum { MORE = 1100 };
	uint64_t state = seed;
	uint8_t *bytes;
	size_t size;
	set.keys[0] = key_of("a");
	set.keys[1] = (struct bt_key){0};
	add_any_label(&set.keys[1], BT_LABEL_MAX, &state);
	set.count = 2;
	set.class_count = 1;
	set.classes[0] = set.classes[1] = 0;
	build(&set, (void **)&bytes, &size);
	size_t block = bt_get64(row(bytes, BT_TRIE_BLOCKS));
	size_t tail = block + BT_BLOCK_HEADER + 2 + 1 + 1 + 1, rest = tail + BT_BLOCK_LONG;
	assert_int_equal(bt_get16(bytes + rest - 4), rest - block);
	unsigned octets = bt_get16(bytes + rest - 2);
	insert(&bytes, &size, rest + octets, MORE);
	bt_put16(bytes + rest - 2, (uint16_t)(octets + MORE));
	bt_put16(bytes + block, (uint16_t)(bt_get16(bytes + block) + MORE));
	mend_checksums(bytes, size);
	expect_refused(bytes, size, "a tail that is too long", "name 1 is too long");
	free(bytes);
}

/* The parts of the block are where doc/trie-format.md has them. */
static void test_forged_block(void **unused)
{
	(void)unused;
	uint8_t *bytes;
	size_t size;
	small_file(&bytes, &size);
	size_t block = bt_get64(row(bytes, BT_TRIE_BLOCKS));
	size_t first = block + BT_BLOCK_HEADER, branches = first + 2, sizes = branches + 3;
	size_t changes = sizes + 2, codes = changes + 1;
	const struct {
		size_t at;
		uint8_t octet;
		const char *reason;
	} cases[] = {
	    {block + BT_BLOCK_AT_SIZE + 1, 0xff, "beyond the section's end"},
	    {block + BT_BLOCK_AT_SIZE, 3, "less than its parts need"},
	    {block + BT_BLOCK_AT_NAMES, 0, "it has no names"},
	    {block + BT_BLOCK_AT_ANCESTORS, 1, ""},
	    {block + BT_BLOCK_AT_CLASSES, 0, "4 names with 0 classes"},
	    {block + BT_BLOCK_AT_CLASSES, 5, "4 names with 5 classes"},
	    {block + BT_BLOCK_AT_BASE, 3, "share more than the first"},
	    {block + BT_BLOCK_AT_FIRST, 255, "too long"},
	    {first, 0, "name 0 is no name"},
	    {first, 64, "name 0 is no name"},
	    {first + 1, 'A', "name 0 is no name"},
	    {sizes + 1, 0x1f, ""},
	    {changes, 0, "2 classes, and other bits"},
	    {changes, 10, "2 classes, and other bits"},
	    {changes, 8, "2 classes, and other bits"},
	    {codes, 2, "name 0 has a class of which there is no code"},
	    {codes, BT_CLASS_NONE, "name 0: its class is not there"},
	    {codes + 1, BT_CLASS_NONE, ""},
	};
	assert_int_equal(bytes[changes], 2);
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		expect_forged(bytes, size, cases[i].at, cases[i].octet, cases[i].reason);

	unsigned octets = bt_get16(bytes + block);
	insert(&bytes, &size, block + octets, 1);
	bt_put16(bytes + block, (uint16_t)(octets + 1));
	mend_checksums(bytes, size);
	expect_refused(bytes, size, "an octet more", "octets that belong to no name");
	free(bytes);
}

int main(void)
{
	seed = random_seed();
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_forged_header),
	    cmocka_unit_test(test_forged_codebook),
	    cmocka_unit_test(test_forged_sections),
	    cmocka_unit_test(test_no_names),
	    cmocka_unit_test(test_forged_guard),
	    cmocka_unit_test(test_forged_end),
	    cmocka_unit_test(test_forged_class),
	    cmocka_unit_test(test_forged_order),
	    cmocka_unit_test(test_forged_tail),
	    cmocka_unit_test(test_forged_block),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
