/* SPDX-License-Identifier: BSD-3-Clause */
/* test-trie-damage.c -- tries that are cut, damaged, foreign, or changed with right checksums */

#include <dirent.h>

#include "tries.h"

/* ---- damage ---- */

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
	expect_refused(bytes, size, "a newer version", "version 4");
	bt_put32(bytes + BT_TRIE_AT_VERSION, 0);
	expect_refused(bytes, size, "an older version", "version 0");
	memset(bytes, 'x', 8);
	expect_refused(bytes, size, "another magic", "not a trie");
	free(bytes);
}

/* ---- the checksums are right ---- */

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

/* Of a trie that opened, though its entries are no names, lookups stay within its octets. */
static void look_around(const struct bt_trie *trie, unsigned lookups, uint64_t *state)
{
	struct bt_match matches[BT_MATCHES_MAX];
	for (unsigned i = 0; i < lookups; i++) {
		const struct bt_key key = near_key(&set, state);
		unsigned count = bt_trie_match(trie, &key, matches);
		assert_true(count <= key.labels + 1u);
		for (unsigned j = 0; j < count; j++)
			assert_true(matches[j].class_id < bt_policy_classes(bt_trie_policy(trie)));
	}
}

/*
 * Refused; or its entries are not what they should be, which is seen, and lookups are safe; or
 * every lookup finds what a linear scan does. True if it opened.
 */
static bool check_forged(const uint8_t *bytes, size_t size, unsigned lookups, uint64_t *state)
{
	static struct set names;
	struct bt_trie *trie;
	struct bt_err err = {""};
	bool stopped;
	uint8_t *copy = copy_of(bytes, size);
	mend_checksums(copy, size);
	if (!bt_trie_open(&trie, copy, size, &err)) {
		assert_true(err.text[0] != '\0');
		free(copy);
		return false;
	}
	look_around(trie, lookups, state);
	names.count = 0;
	if (!bt_trie_check(trie, &err)) {
		assert_true(err.text[0] != '\0');
		bt_trie_close(&trie);
		return true;
	}
	assert_true(bt_trie_each(trie, add_name, &names, &stopped, &err));
	assert_int_equal(names.count, bt_trie_names(trie));
	for (size_t i = 0; i < names.count; i++)
		assert_true(names.classes[i] < bt_policy_classes(bt_trie_policy(trie)));
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

/* With many classes, in the pages alone. */
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
	size_t from = bt_get64(row(bytes, BT_TRIE_PAGES));
	size_t octets = bt_get64(row(bytes, BT_TRIE_PAGES) + 8);
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

/* Keys as long as they can be, and near ones. */
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

/* What a fuzzer begins with must be good, or it tests no more than the version. */
static void test_corpus(void **unused)
{
	(void)unused;
	const char *top = getenv("srcdir");
	char path[4096];
	unsigned count = 0;
	snprintf(path, sizeof(path), "%s/fuzz/corpus/trie", top != NULL ? top : ".");
	DIR *folder = opendir(path);
	assert_non_null(folder);
	for (const struct dirent *file; (file = readdir(folder)) != NULL;) {
		struct bt_trie *trie;
		struct bt_err err = {""};
		if (file->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/fuzz/corpus/trie/%s", top != NULL ? top : ".",
		    file->d_name);
		if (!bt_trie_load(&trie, path, &err) || !bt_trie_check(trie, &err))
			fail_msg("%s", err.text);
		bt_trie_close(&trie);
		count++;
	}
	closedir(folder);
	assert_true(count > 0);
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
	    cmocka_unit_test(test_forged_more),
	    cmocka_unit_test(test_corpus),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
