/* SPDX-License-Identifier: BSD-3-Clause */
/* test-trie.c -- the trie against a linear oracle, and against damage */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "build.h"
#include "policy-build.h"
#include "random.h"
#include "trie-format.h"
#include "trie.h"

enum { NAMES_MAX = 4000, CLASSES = 40 };

/* A set of names, sorted, with a class each. */
struct set {
	struct bt_key keys[NAMES_MAX];
	uint32_t classes[NAMES_MAX];
	size_t count;
};

static uint64_t seed;
static struct set set;

/*****************************************************************************
 *
 *  a policy with enough classes, and a trie of a set
 */

static void make_policy(void **bytes, size_t *size)
{
	struct bt_policy_builder *builder;
	struct bt_err err;
	const struct bt_sinkhole sinkhole = {.has_ipv4 = true, .ttl = 10};
	assert_true(bt_policy_builder_new(&builder, &sinkhole, &err));
	for (unsigned i = 0; i < CLASSES; i++) {
		char name[16];
		uint32_t id;
		snprintf(name, sizeof(name), "list%u", i);
		const struct bt_list_info list = {.name = name};
		assert_true(bt_policy_add_list(builder, &list, &err));
		const struct bt_member member = {.list = (uint16_t)i, .scope = BT_SCOPE_SUBTREE};
		assert_true(bt_policy_add_class(builder, &member, 1, &id, &err));
	}
	assert_true(bt_policy_build(builder, bytes, size, &err));
	bt_policy_builder_free(&builder);
}

static void build(const struct set *s, void **bytes, size_t *size)
{
	struct bt_build_name *names = calloc(s->count + 1, sizeof(*names));
	struct bt_err err = {""};
	void *policy;
	size_t policy_size;
	assert_non_null(names);
	make_policy(&policy, &policy_size);
	for (size_t i = 0; i < s->count; i++)
		names[i] = (struct bt_build_name){
		    .key = s->keys[i].bytes, .key_size = s->keys[i].len, .class_id = s->classes[i]};
	if (!bt_build(bytes, size, names, s->count, policy, policy_size, &err))
		fail_msg("%s", err.text);
	free(names);
	free(policy);
}

static struct bt_trie *open_trie(const struct set *s)
{
	struct bt_trie *trie;
	struct bt_err err = {""};
	void *bytes;
	size_t size;
	build(s, &bytes, &size);
	if (!bt_trie_open(&trie, bytes, size, &err))
		fail_msg("%s", err.text);
	return trie;
}

/*****************************************************************************
 *
 *  random names
 */

static int compare(const void *x, const void *y)
{
	const struct bt_key *a = x, *b = y;
	int order = memcmp(a->bytes, b->bytes, a->len < b->len ? a->len : b->len);
	return order != 0 ? order : a->len - b->len;
}

/* A label of few letters, so that names meet; now and then of any octets, or a long one. */
static void add_label(struct bt_key *key, uint64_t *state)
{
	unsigned size = 1 + random_below(state, 3);
	if (random_below(state, 50) == 0)
		size = 1 + random_below(state, BT_LABEL_MAX);
	if (key->len + size + 1 > BT_KEY_MAX)
		return;
	bool any = random_below(state, 20) == 0;
	key->bytes[key->len++] = (uint8_t)size;
	for (unsigned i = 0; i < size; i++)
		key->bytes[key->len++] = any ? (uint8_t)(random_below(state, 256) | 0x80u)
					     : (uint8_t)("abc\0"[random_below(state, 4)]);
	key->labels++;
}

static struct bt_key random_key(uint64_t *state, unsigned labels)
{
	struct bt_key key = {0};
	for (unsigned i = random_below(state, labels + 1); i > 0; i--)
		add_label(&key, state);
	return key;
}

static void cut_labels(struct bt_key *key, unsigned labels)
{
	key->len = (uint8_t)bt_key_ancestor(key, labels);
	key->labels = (uint8_t)(labels < key->labels ? labels : key->labels);
}

static void sort_set(struct set *s, uint64_t *state)
{
	size_t n = 0;
	qsort(s->keys, s->count, sizeof(s->keys[0]), compare);
	for (size_t i = 0; i < s->count; i++)
		if (n == 0 || compare(&s->keys[n - 1], &s->keys[i]) != 0)
			s->keys[n++] = s->keys[i];
	s->count = n;
	for (size_t i = 0; i < n; i++)
		s->classes[i] = random_below(state, CLASSES);
}

/* New names, descendants and ancestors of earlier ones, and neighbours by one octet. */
static void fill_set(struct set *s, size_t count, uint64_t *state)
{
	s->count = 0;
	while (s->count < count) {
		struct bt_key key = random_key(state, 6);
		if (s->count > 0 && random_below(state, 2) == 0) {
			key = s->keys[random_below(state, (unsigned)s->count)];
			if (random_below(state, 3) == 0)
				cut_labels(&key, random_below(state, key.labels + 1u));
			else
				add_label(&key, state);
		}
		if (key.len > 0 || random_below(state, 100) == 0)
			s->keys[s->count++] = key;
	}
	sort_set(s, state);
}

/*****************************************************************************
 *
 *  oracle
 */

static unsigned match_linear(
    const struct set *s, const struct bt_key *key, struct bt_match *matches)
{
	unsigned count = 0;
	for (size_t i = 0; i < s->count; i++)
		if (s->keys[i].len <= key->len &&
		    memcmp(s->keys[i].bytes, key->bytes, s->keys[i].len) == 0)
			matches[count++] = (struct bt_match){
			    .class_id = s->classes[i], .labels = s->keys[i].labels};
	return count;
}

static void compare_matches(const struct bt_trie *trie, const struct set *s, struct bt_key key)
{
	struct bt_match want[BT_MATCHES_MAX], got[BT_MATCHES_MAX];
	char text[BT_TEXT_MAX + 1];
	unsigned expected = match_linear(s, &key, want);
	unsigned count = bt_trie_match(trie, &key, got);
	bool same = count == expected;
	for (unsigned i = 0; same && i < count; i++)
		same = got[i].class_id == want[i].class_id && got[i].labels == want[i].labels;
	bt_key_to_text(text, key.bytes, key.len);
	if (!same)
		fail_msg("%s: %u matches, expected %u", text, count, expected);
}

static void compare_many(const struct set *s, uint64_t *state, unsigned lookups)
{
	struct bt_trie *trie = open_trie(s);
	for (size_t i = 0; i < s->count; i++)
		compare_matches(trie, s, s->keys[i]);
	for (unsigned i = 0; i < lookups; i++) {
		struct bt_key key = s->keys[random_below(state, (unsigned)s->count)];
		switch (random_below(state, 4)) {
		case 0:
			key = random_key(state, 8);
			break;
		case 1:
			add_label(&key, state);
			break;
		case 2: /* a near miss: the last octet changed */
			if (key.len > 1)
				key.bytes[key.len - 1] ^= 1;
			break;
		default:
			cut_labels(&key, random_below(state, key.labels + 1u));
		}
		compare_matches(trie, s, key);
	}
	bt_trie_close(&trie);
}

static void test_random_sets(void **unused)
{
	(void)unused;
	uint64_t state = seed;
	for (unsigned round = 0; round < 60; round++) {
		fill_set(&set, 1 + random_below(&state, round % 10 == 0 ? NAMES_MAX : 300), &state);
		compare_many(&set, &state, 500);
	}
}

/*****************************************************************************
 *
 *  odd sets
 */

static struct bt_key key_of(const char *text)
{
	struct bt_key key;
	assert_int_equal(bt_key_from_text(&key, text, strlen(text)), BT_NAME_OK);
	return key;
}

static void set_of(struct set *s, const char *const *names, uint64_t *state)
{
	s->count = 0;
	for (; *names != NULL; names++)
		s->keys[s->count++] = key_of(*names);
	sort_set(s, state);
}

static void test_short_names(void **unused)
{
	(void)unused;
	uint64_t state = seed;
	static const char *const sets[][4] = {
	    {"."}, {"com"}, {".", "com"}, {"example.com"}, {"com", "a.example.com"}, {"a.b.c.d.e"}};
	for (unsigned i = 0; i < sizeof(sets) / sizeof(sets[0]); i++) {
		set_of(&set, sets[i], &state);
		struct bt_trie *trie = open_trie(&set);
		static const char *const asked[] = {".", "com", "org", "example.com",
		    "a.example.com", "b.a.example.com", "example.org", "xcom", "a.b.c.d.e",
		    "x.a.b.c.d.e"};
		for (unsigned j = 0; j < sizeof(asked) / sizeof(asked[0]); j++)
			compare_matches(trie, &set, key_of(asked[j]));
		bt_trie_close(&trie);
	}
}

/* Every ancestor of the longest name is listed: 127 labels, 128 matches with the root. */
static void test_most_matches(void **unused)
{
	(void)unused;
	uint64_t state = seed;
	struct bt_key longest = {0};
	struct bt_match matches[BT_MATCHES_MAX];
	set.count = 0;
	for (unsigned i = 0; i <= BT_LABELS_MAX; i++) {
		set.keys[set.count++] = longest;
		if (i == BT_LABELS_MAX)
			break;
		longest.bytes[longest.len++] = 1;
		longest.bytes[longest.len++] = 'a';
		longest.labels++;
	}
	sort_set(&set, &state);
	struct bt_trie *trie = open_trie(&set);
	assert_int_equal(bt_trie_match(trie, &longest, matches), BT_MATCHES_MAX);
	bt_trie_close(&trie);
	compare_many(&set, &state, 300);
}

/* One parent with many children, also itself listed: every block inherits it. */
static void test_many_children(void **unused)
{
	(void)unused;
	uint64_t state = seed;
	set.count = 0;
	set.keys[set.count++] = key_of("example.com");
	for (unsigned i = 0; i < 3000; i++) {
		char name[64];
		snprintf(name, sizeof(name), "%llx.example.com",
		    (unsigned long long)random_next(&state));
		set.keys[set.count++] = key_of(name);
	}
	sort_set(&set, &state);
	compare_many(&set, &state, 1000);
}

/* Long common prefixes: chains of nodes with one child. */
static void test_long_prefixes(void **unused)
{
	(void)unused;
	uint64_t state = seed;
	char name[300];
	set.count = 0;
	for (unsigned i = 0; i < 1000; i++) {
		snprintf(name, sizeof(name), "%u.%060d.%060d.%050d.example.com", i, 0, 1, 2);
		set.keys[set.count++] = key_of(name);
	}
	sort_set(&set, &state);
	compare_many(&set, &state, 500);
}

/*****************************************************************************
 *
 *  round trip
 */

struct each {
	const struct set *set;
	size_t next;
};

static bool check_each(void *ctx, const uint8_t *key, size_t size, uint32_t class_id)
{
	struct each *each = ctx;
	assert_true(each->next < each->set->count);
	assert_int_equal(size, each->set->keys[each->next].len);
	assert_memory_equal(key, each->set->keys[each->next].bytes, size);
	assert_int_equal(class_id, each->set->classes[each->next]);
	each->next++;
	return true;
}

static void test_each(void **unused)
{
	(void)unused;
	uint64_t state = seed;
	fill_set(&set, 2000, &state);
	struct bt_trie *trie = open_trie(&set);
	struct each each = {&set, 0};
	assert_true(bt_trie_each(trie, check_each, &each));
	assert_int_equal(each.next, set.count);
	assert_int_equal(bt_trie_names(trie), set.count);
	bt_trie_close(&trie);
}

static void test_same_bytes(void **unused)
{
	(void)unused;
	uint64_t state = seed;
	void *a, *b;
	size_t a_size, b_size;
	fill_set(&set, 500, &state);
	build(&set, &a, &a_size);
	build(&set, &b, &b_size);
	assert_int_equal(a_size, b_size);
	assert_memory_equal(a, b, a_size);
	set.classes[7] = (set.classes[7] + 1) % CLASSES;
	free(b);
	build(&set, &b, &b_size);
	assert_memory_not_equal(
	    (uint8_t *)a + BT_TRIE_AT_DIGEST, (uint8_t *)b + BT_TRIE_AT_DIGEST, sizeof(uint64_t));
	free(a);
	free(b);
}

/*****************************************************************************
 *
 *  what the builder refuses
 */

static void test_build_refuses(void **unused)
{
	(void)unused;
	static const uint8_t a[] = {1, 'a'}, b[] = {1, 'b'}, bad[] = {2, 'b'};
	static const struct {
		struct bt_build_name names[2];
		size_t count;
	} cases[] = {
	    {{{NULL, 0, 0}}, 0},         /* nothing */
	    {{{b, 2, 0}, {a, 2, 0}}, 2}, /* out of order */
	    {{{a, 2, 0}, {a, 2, 0}}, 2}, /* twice */
	    {{{bad, 2, 0}}, 1},          /* no key */
	    {{{a, 2, CLASSES}}, 1},      /* no such class */
	};
	void *policy, *bytes = NULL;
	size_t policy_size, size;
	struct bt_err err;
	make_policy(&policy, &policy_size);
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_false(bt_build(
		    &bytes, &size, cases[i].names, cases[i].count, policy, policy_size, &err));
	assert_null(bytes);
	free(policy);
}

/*****************************************************************************
 *
 *  damage
 */

/* Copies, so that a read past the end is one past an allocation, and expects a refusal. */
static void expect_refused(const uint8_t *bytes, size_t size, const char *what, const char *reason)
{
	struct bt_trie *trie = NULL;
	struct bt_err err = {""};
	void *copy = malloc(size > 0 ? size : 1);
	assert_non_null(copy);
	memcpy(copy, bytes, size);
	if (bt_trie_open(&trie, copy, size, &err))
		fail_msg("opened in spite of %s", what);
	if (strstr(err.text, reason) == NULL)
		fail_msg("%s: \"%s\" does not say \"%s\"", what, err.text, reason);
	free(copy);
}

static void test_damage(void **unused)
{
	(void)unused;
	uint64_t state = seed;
	uint8_t *bytes;
	size_t size;
	fill_set(&set, 200, &state);
	build(&set, (void **)&bytes, &size);
	for (size_t cut = 0; cut < size; cut++)
		expect_refused(bytes, cut, "truncation", "cut off");
	for (unsigned i = 0; i < 4000; i++) {
		size_t at = random_below(&state, (unsigned)size);
		bytes[at] ^= (uint8_t)(1u << i % 8);
		expect_refused(bytes, size, "a flipped bit", "");
		bytes[at] ^= (uint8_t)(1u << i % 8);
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

static void mend_checksums(uint8_t *bytes, size_t size)
{
	for (unsigned i = 0; i < BT_TRIE_SECTIONS; i++) {
		uint8_t *row = bytes + BT_TRIE_AT_SECTIONS + i * BT_TRIE_SECTION_ROW;
		uint64_t at = bt_get64(row), octets = bt_get64(row + 8);
		if (at <= size && octets <= size - at)
			bt_put64(row + 16, XXH3_64bits(bytes + at, octets));
	}
	bt_put64(bytes + BT_TRIE_AT_DIGEST, bt_trie_header_digest(bytes));
	bt_put64(bytes + BT_TRIE_AT_CHECKSUM, XXH3_64bits(bytes, BT_TRIE_AT_CHECKSUM));
}

/*
 * With right checksums a changed file may open, if it is still a trie; then it must answer without
 * leaving its bytes, which the sanitizers watch.
 */
static void test_hostile(void **unused)
{
	(void)unused;
	uint64_t state = seed;
	uint8_t *bytes;
	size_t size, opened = 0;
	fill_set(&set, 400, &state);
	build(&set, (void **)&bytes, &size);
	for (unsigned i = 0; i < 3000; i++) {
		uint8_t *copy = malloc(size);
		struct bt_trie *trie;
		struct bt_match matches[BT_MATCHES_MAX];
		assert_non_null(copy);
		memcpy(copy, bytes, size);
		for (unsigned n = 1 + random_below(&state, 3); n > 0; n--)
			copy[random_below(&state, (unsigned)size)] = (uint8_t)random_next(&state);
		mend_checksums(copy, size);
		if (!bt_trie_open(&trie, copy, size, NULL)) {
			free(copy);
			continue;
		}
		opened++;
		for (unsigned j = 0; j < 20; j++) {
			struct bt_key key = set.keys[random_below(&state, (unsigned)set.count)];
			assert_true(bt_trie_match(trie, &key, matches) <= BT_MATCHES_MAX);
		}
		bt_trie_close(&trie);
	}
	assert_true(opened > 0); /* else the test above tests nothing */
	free(bytes);
}

int main(void)
{
	seed = random_seed();
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_random_sets),
	    cmocka_unit_test(test_short_names),
	    cmocka_unit_test(test_most_matches),
	    cmocka_unit_test(test_many_children),
	    cmocka_unit_test(test_long_prefixes),
	    cmocka_unit_test(test_each),
	    cmocka_unit_test(test_same_bytes),
	    cmocka_unit_test(test_build_refuses),
	    cmocka_unit_test(test_damage),
	    cmocka_unit_test(test_foreign),
	    cmocka_unit_test(test_hostile),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
