/* SPDX-License-Identifier: BSD-3-Clause */
/* test-trie-index.c -- the index when hashes collide, which they do when somebody wants them to */

#include "trie-index.h"
#include "tries.h"

enum { LABEL = 16 /* octets of a label that is made here, its length among them */ };

/* ---- labels with a hash of our choice ---- */

/* What undoes an odd factor: each of Newton's steps doubles the bits that are right. */
static uint64_t inverse(uint64_t factor)
{
	uint64_t x = factor;
	for (unsigned i = 0; i < 6; i++)
		x *= 2 - factor * x;
	return x;
}

/* The next top-level label with that hash. The second half follows from the first. */
static struct bt_key label_with_hash(uint64_t hash, uint64_t hash_seed, uint64_t *number)
{
	struct bt_key key = {.len = LABEL, .labels = 1};
	do {
		key.bytes[0] = LABEL - 1;
		for (unsigned i = 1; i < 8; i++)
			key.bytes[i] = (uint8_t)(0x80 | *number >> 7 * (i - 1));
		++*number;
		uint64_t first = (bt_get64(key.bytes) ^ hash_seed) * UINT64_C(0x9e3779b97f4a7c15);
		uint64_t both = (hash ^ hash >> 32) * inverse(UINT64_C(0xd6e8feb86659fd93));
		bt_put64(key.bytes + 8, both - LABEL - (first ^ first >> 32));
	} while (bt_key_labels(key.bytes, key.len) != 1);
	assert_int_equal(bt_index_hash(key.bytes, key.len, hash_seed), hash);
	return key;
}

/* ---- asked for ---- */

/* Names with the hash of a listed label, below which there is a tree, are looked for in it. */
static void test_label_of_no_list(void **unused)
{
	(void)unused;
	uint64_t state = seed, number = 0;
	for (unsigned size = 1; size <= BT_LABEL_MAX; size += 31) {
		struct bt_key top = {0};
		add_any_label(&top, size, &state);
		set.count = 0;
		set.keys[set.count++] = top;
		while (set.count < 1000) {
			struct bt_key key = top;
			add_any_label(&key, 1 + random_below(&state, 60), &state);
			set.keys[set.count++] = key;
		}
		finish_set(&set, CLASSES, &state);
		struct bt_trie *trie = open_trie(&set);
		uint64_t digest = bt_trie_digest(trie);
		for (unsigned i = 0; i < 200; i++) {
			struct bt_match matches[BT_MATCHES_MAX];
			struct bt_key key = label_with_hash(
			    bt_index_hash(top.bytes, top.len, digest), digest, &number);
			for (unsigned labels = i % 20; labels > 0; labels--)
				add_any_label(&key, 1 + random_below(&state, 60), &state);
			assert_int_equal(bt_trie_match(trie, &key, matches), 0);
		}
		bt_trie_close(&trie);
	}
}

/* ---- listed ---- */

/* An index of the set, each name of which begins a block: number i at octet i + 1. */
static void make_index(struct bt_index *index, const struct set *s, uint64_t hash_seed)
{
	struct bt_index_maker *maker;
	struct bt_err err = {""};
	assert_true(bt_index_start(&maker, hash_seed, &err));
	for (size_t i = 0; i < s->count; i++) {
		const struct bt_key *key = &s->keys[i];
		unsigned shared = 0;
		while (i > 0 && key[-1].bytes[shared] == key->bytes[shared])
			shared++;
		assert_true(bt_index_block(maker, key->bytes, shared, (uint32_t)i + 1, &err));
		assert_true(bt_index_name(maker, key->bytes, key->len, shared, &err));
	}
	if (!bt_index_make(maker, index, &err))
		fail_msg("%s", err.text);
	bt_index_maker_free(&maker);
	assert_null(maker);
	bt_index_maker_free(&maker);
}

static void expect_blocks(const struct bt_index *index, const struct set *s)
{
	for (size_t i = 0; i < s->count; i++) {
		uint32_t block = 0;
		assert_true(bt_index_find(index, &s->keys[i], &block));
		assert_int_equal(block, i + 1);
	}
}

/* Top-level labels whose hashes begin with the same bits, or are the same. */
static void fill_alike(struct set *s, size_t count, bool same, uint64_t *number, uint64_t *state)
{
	const uint64_t hash = random_next(state);
	for (s->count = 0; s->count < count;) {
		uint64_t other = same ? hash : hash ^ (random_next(state) >> 20 & ~UINT64_C(1));
		s->keys[s->count++] = label_with_hash(other, seed, number);
	}
	finish_set(s, CLASSES, state);
	assert_int_equal(s->count, count);
}

static void test_same_hash(void **unused)
{
	(void)unused;
	uint64_t state = seed, number = 0;
	struct bt_index index;
	fill_alike(&set, 2, true, &number, &state);
	make_index(&index, &set, seed);
	assert_int_equal(index.head_seed, seed + 1);
	expect_blocks(&index, &set);
	bt_index_free(&index);
}

/* As many as are looked at; then one more. */
static void test_similar_hashes(void **unused)
{
	(void)unused;
	uint64_t state = seed, number = 0;
	struct bt_index index;
	fill_alike(&set, BT_INDEX_PROBES_MAX, false, &number, &state);
	make_index(&index, &set, seed);
	assert_int_equal(index.head_seed, seed);
	expect_blocks(&index, &set);
	uint64_t hash = bt_index_hash(set.keys[0].bytes, LABEL, seed);
	struct bt_key key = label_with_hash(hash ^ 2, seed, &number);
	uint32_t block;
	assert_false(bt_index_find(&index, &key, &block));
	bt_index_free(&index);

	fill_alike(&set, BT_INDEX_PROBES_MAX + 1, false, &number, &state);
	make_index(&index, &set, seed);
	assert_int_equal(index.head_seed, seed + 1);
	expect_blocks(&index, &set);
	bt_index_free(&index);
}

/* ---- the filter ---- */

/* No hash that is in it is denied, and few others are not; also if it is small. */
static void test_filter(void **unused)
{
	(void)unused;
	static const size_t counts[] = {0, 1, 50, 52, 1000, 20000};
	static uint64_t hashes[20000];
	uint64_t state = seed;
	for (unsigned i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		struct bt_filter filter;
		unsigned passed = 0;
		for (size_t j = 0; j < counts[i]; j++)
			hashes[j] = random_next(&state);
		assert_true(bt_filter_make(&filter, hashes, counts[i]));
		for (size_t j = 0; j < counts[i]; j++)
			assert_true(bt_filter_has(&filter, hashes[j]));
		for (unsigned j = 0; j < 10000; j++)
			passed += bt_filter_has(&filter, random_next(&state));
		assert_true(passed < 500);
		bt_filter_free(&filter);
	}
}

/* Names that share two labels, which are a listed name themselves or not. */
static void test_pairs(void **unused)
{
	(void)unused;
	uint64_t state = seed;
	for (unsigned round = 0; round < 12; round++) {
		set.count = 0;
		for (unsigned i = 0; i < 1 + round / 2; i++) {
			char text[32];
			snprintf(text, sizeof(text), "%sn%u.pair.tld", i % 3 == 0 ? "x." : "", i);
			add_text(&set, text);
		}
		if (round % 2 != 0)
			add_text(&set, "pair.tld");
		finish_set(&set, CLASSES, &state);
		struct bt_trie *trie = open_trie(&set);
		for (unsigned i = 0; i < 200; i++) {
			char text[32];
			snprintf(text, sizeof(text), "%sn%u.%s.tld", i % 2 == 0 ? "x." : "",
			    i / 2 % 10, i / 20 % 2 == 0 ? "pair" : "pairs");
			const struct bt_key key = key_of(text), pair = key_of("pair.tld");
			compare_matches(trie, &set, &key);
			compare_matches(trie, &set, &pair);
		}
		bt_trie_close(&trie);
	}
}

int main(void)
{
	seed = random_seed();
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_label_of_no_list),
	    cmocka_unit_test(test_same_hash),
	    cmocka_unit_test(test_similar_hashes),
	    cmocka_unit_test(test_filter),
	    cmocka_unit_test(test_pairs),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
