/* SPDX-License-Identifier: BSD-3-Clause */
/* test-trie-damage.c -- tries that are cut, damaged, foreign or forged */

#include "codebook.h"
#include "tries.h"

/*****************************************************************************
 *
 *  damage
 */

/* A copy, so that a read past the end is one past an allocation. */
static uint8_t *copy_of(const uint8_t *bytes, size_t size)
{
	uint8_t *copy = malloc(size > 0 ? size : 1);
	assert_non_null(copy);
	memcpy(copy, bytes, size);
	return copy;
}

static void expect_refused(const uint8_t *bytes, size_t size, const char *what, const char *reason)
{
	struct bt_trie *trie = NULL;
	struct bt_err err = {""};
	uint8_t *copy = copy_of(bytes, size);
	if (bt_trie_open(&trie, copy, size, &err))
		fail_msg("opened in spite of %s", what);
	if (err.text[0] == '\0' || strstr(err.text, reason) == NULL)
		fail_msg("%s: \"%s\" does not say \"%s\"", what, err.text, reason);
	assert_null(trie);
	free(copy);
}

static void test_truncations(void **unused)
{
	(void)unused;
	uint64_t state = seed;
	uint8_t *bytes;
	size_t size;
	fill_set(&set, 200, &state);
	build(&set, (void **)&bytes, &size);
	for (size_t cut = 0; cut < size; cut++)
		expect_refused(bytes, cut, "truncation", "cut off");
	bytes = realloc(bytes, size + 1);
	assert_non_null(bytes);
	bytes[size] = 0;
	expect_refused(bytes, size + 1, "an octet more", "too long");
	free(bytes);
}

static void test_flips(void **unused)
{
	(void)unused;
	uint64_t state = seed;
	uint8_t *bytes;
	size_t size;
	fill_set(&set, 100, &state);
	build(&set, (void **)&bytes, &size);
	for (size_t i = 0; i < 8 * size; i++) {
		bytes[i / 8] ^= (uint8_t)(1u << i % 8);
		expect_refused(bytes, size, "a flipped bit", "");
		bytes[i / 8] ^= (uint8_t)(1u << i % 8);
	}
	for (size_t i = 0; i < size; i++) {
		bytes[i] ^= 0xff;
		expect_refused(bytes, size, "a flipped octet", "");
		bytes[i] ^= 0xff;
	}
	free(bytes);
}

static void test_foreign(void **unused)
{
	(void)unused;
	uint64_t state = seed;
	uint8_t *bytes;
	size_t size;
	fill_set(&set, 20, &state);
	build(&set, (void **)&bytes, &size);
	bt_put32(bytes + BT_TRIE_AT_VERSION, BT_TRIE_VERSION + 1);
	expect_refused(bytes, size, "a newer version", "version 2");
	bt_put32(bytes + BT_TRIE_AT_VERSION, 0);
	expect_refused(bytes, size, "an older version", "version 0");
	memset(bytes, 'x', 8);
	expect_refused(bytes, size, "another magic", "not a trie");
	free(bytes);
}

/*****************************************************************************
 *
 *  forgery: the checksums are right
 */

static uint8_t *row(uint8_t *bytes, enum bt_trie_section number)
{
	return bytes + BT_TRIE_AT_SECTIONS + (size_t)number * BT_TRIE_SECTION_ROW;
}

static uint8_t *section(uint8_t *bytes, enum bt_trie_section number)
{
	return bytes + bt_get64(row(bytes, number));
}

static void mend_checksums(uint8_t *bytes, size_t size)
{
	for (unsigned i = 0; i < BT_TRIE_SECTIONS; i++) {
		uint64_t at = bt_get64(row(bytes, i)), octets = bt_get64(row(bytes, i) + 8);
		if (at <= size && octets <= size - at)
			bt_put64(row(bytes, i) + 16, XXH3_64bits(bytes + at, octets));
	}
	bt_put64(bytes + BT_TRIE_AT_DIGEST, bt_trie_header_digest(bytes));
	bt_put64(bytes + BT_TRIE_AT_CHECKSUM, XXH3_64bits(bytes, BT_TRIE_AT_CHECKSUM));
}

/* The names of a trie that opened, which need not be the set's. */
static bool add_name(void *ctx, const uint8_t *key, size_t size, uint32_t class_id)
{
	struct set *s = ctx;
	struct bt_key *to = &s->keys[s->count];
	int labels = bt_key_labels(key, size);
	assert_true(s->count < NAMES_MAX && labels >= 0);
	to->len = (uint8_t)size;
	to->labels = (uint8_t)labels;
	memcpy(to->bytes, key, size);
	s->classes[s->count++] = class_id;
	return true;
}

/* Refused, or every lookup finds what a linear scan does. True if it opened. */
static bool check_forged(const uint8_t *bytes, size_t size, unsigned lookups, uint64_t *state)
{
	static struct set names;
	struct bt_trie *trie;
	struct bt_err err = {""};
	uint8_t *copy = copy_of(bytes, size);
	mend_checksums(copy, size);
	if (!bt_trie_open(&trie, copy, size, &err)) {
		assert_true(err.text[0] != '\0');
		free(copy);
		return false;
	}
	names.count = 0;
	assert_true(bt_trie_each(trie, add_name, &names));
	assert_int_equal(names.count, bt_trie_names(trie));
	for (unsigned i = 0; i < lookups; i++) {
		const struct bt_key key = near_key(&names, state);
		compare_matches(trie, &names, &key);
	}
	for (size_t i = 0; i < names.count; i += 1 + names.count / 20)
		compare_matches(trie, &names, &names.keys[i]);
	bt_trie_close(&trie);
	return true;
}

/* Each octet in turn: one bit, all bits, any octet. */
static void check_octets(const struct set *s, uint64_t *state)
{
	uint8_t *bytes;
	size_t size, opened = 0;
	build(s, (void **)&bytes, &size);
	assert_true(check_forged(bytes, size, 100, state));
	for (size_t i = 0; i < size; i++) {
		const uint8_t octet = bytes[i];
		const uint8_t others[] = {(uint8_t)(octet ^ 1u << i % 8), (uint8_t)~octet,
		    (uint8_t)(octet + 1), (uint8_t)(octet - 1), (uint8_t)random_next(state)};
		for (unsigned j = 0; j < sizeof(others); j++) {
			bytes[i] = others[j];
			opened += check_forged(bytes, size, 10, state);
		}
		bytes[i] = octet;
	}
	assert_true(opened > 0); /* else lookups were not tried */
	free(bytes);
}

static void test_forged_octets(void **unused)
{
	(void)unused;
	uint64_t state = seed;
	for (unsigned round = 0; round < 3; round++) {
		fill_set(&set, 20 + round * 60, &state);
		check_octets(&set, &state);
	}
}

/* With classes that have no code, and long tails behind which they stand. */
static void test_forged_classes(void **unused)
{
	(void)unused;
	uint64_t state = seed;
	uint8_t *bytes;
	size_t size, opened = 0;
	fill_set(&set, 1200, &state);
	finish_set(&set, MANY_CLASSES, &state);
	for (unsigned i = 0; i < set.count; i++)
		set.classes[i] = i % MANY_CLASSES;
	build(&set, (void **)&bytes, &size);
	assert_true(check_forged(bytes, size, 100, &state));
	size_t from = bt_get64(row(bytes, BT_TRIE_BLOCKS));
	size_t octets = bt_get64(row(bytes, BT_TRIE_BLOCKS) + 8);
	for (unsigned i = 0; i < 4000; i++) {
		size_t at = from + random_below(&state, (unsigned)octets);
		const uint8_t octet = bytes[at];
		bytes[at] = (uint8_t)(i % 2 == 0 ? random_next(&state) : octet + 1u);
		opened += check_forged(bytes, size, 10, &state);
		bytes[at] = octet;
	}
	assert_true(opened > 0);
	free(bytes);
}

/* A long label of one letter, which has a short code. */
static void add_run(struct bt_key *key)
{
	memset(key->bytes + key->len, 'a', BT_LABEL_MAX);
	key->bytes[key->len] = BT_LABEL_MAX - 1;
	key->len += BT_LABEL_MAX;
	key->labels++;
}

/* Keys as long as they can be, and near ones, all of them in one block. */
static void test_forged_lengths(void **unused)
{
	(void)unused;
	uint64_t state = seed;
	struct bt_key longest = key_of("t");
	while (longest.len < BT_KEY_MAX)
		add_run(&longest);
	set.count = 0;
	add_text(&set, "a");
	add_text(&set, "b");
	set.keys[set.count++] = longest;
	for (unsigned i = 1; i < 5; i++)
		set.keys[set.count++] = change_octet(longest, BT_KEY_MAX - i, 'b');
	finish_set(&set, CLASSES, &state);
	check_octets(&set, &state);
}

/* A name that says it shares all of the longest one, and goes on. */
static void test_forged_branch(void **unused)
{
	(void)unused;
	enum { BASE = 130 };
	uint8_t *bytes;
	size_t size;
	struct bt_key longest = key_of("t");
	while (longest.len < BT_KEY_MAX)
		add_run(&longest);
	set.keys[0] = longest;
	set.keys[1] = change_octet(longest, BT_KEY_MAX - 4, 'b');
	set.keys[2] = change_octet(longest, BASE, 'b');
	set.count = 3;
	set.class_count = 1;
	memset(set.classes, 0, set.count * sizeof(set.classes[0]));
	build(&set, (void **)&bytes, &size);
	uint8_t *block = section(bytes, BT_TRIE_BLOCKS);
	uint8_t *branches = block + BT_BLOCK_HEADER + BT_KEY_MAX, *sizes = branches + 2;
	uint8_t *tail = sizes + 1 + 1;
	assert_int_equal(block[BT_BLOCK_AT_NAMES], 3);
	assert_int_equal(block[BT_BLOCK_AT_BASE], BASE);
	branches[0] = 0;
	tail[0] = 1;
	tail[1] = (uint8_t)(255 - (BT_KEY_MAX - BASE));
	sizes[0] = (uint8_t)((sizes[0] & 0xf0) | 2);
	mend_checksums(bytes, size);
	expect_refused(bytes, size, "a name that is too long", "name 1 is too long");
	free(bytes);
}

/* Several octets at once; the sanitizers see reads that leave the file's. */
static void test_forged_more(void **unused)
{
	(void)unused;
	uint64_t state = seed;
	uint8_t *bytes;
	size_t size, opened = 0;
	fill_set(&set, 400, &state);
	build(&set, (void **)&bytes, &size);
	uint8_t *copy = copy_of(bytes, size);
	for (unsigned i = 0; i < 3000; i++) {
		for (unsigned n = 1 + random_below(&state, 3); n > 0; n--)
			copy[random_below(&state, (unsigned)size)] = (uint8_t)random_next(&state);
		opened += check_forged(copy, size, 20, &state);
		memcpy(copy, bytes, size);
	}
	assert_true(opened > 0);
	free(copy);
	free(bytes);
}

/*****************************************************************************
 *
 *  forgery, and what is said of it
 */

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
	expect_forged(bytes, size, end - 4, 2, "class 2 of 2");
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
	    {codes, 2, "name 0 has a class of which there is no code"},
	    {codes, BT_CLASS_NONE, "name 0: its class is not there"},
	    {codes + 1, BT_CLASS_NONE, ""},
	};
	assert_int_equal(bytes[changes], 2);
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		expect_forged(bytes, size, cases[i].at, cases[i].octet, cases[i].reason);
	free(bytes);
}

int main(void)
{
	seed = random_seed();
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_truncations),
	    cmocka_unit_test(test_flips),
	    cmocka_unit_test(test_foreign),
	    cmocka_unit_test(test_forged_octets),
	    cmocka_unit_test(test_forged_classes),
	    cmocka_unit_test(test_forged_lengths),
	    cmocka_unit_test(test_forged_branch),
	    cmocka_unit_test(test_forged_more),
	    cmocka_unit_test(test_forged_header),
	    cmocka_unit_test(test_forged_codebook),
	    cmocka_unit_test(test_forged_sections),
	    cmocka_unit_test(test_no_names),
	    cmocka_unit_test(test_forged_guard),
	    cmocka_unit_test(test_forged_end),
	    cmocka_unit_test(test_forged_tail),
	    cmocka_unit_test(test_forged_block),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
