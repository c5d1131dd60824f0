/* SPDX-License-Identifier: BSD-3-Clause */
/* test-trie.c -- the trie against a linear oracle */

#include "tries.h"

/* ---- lookups ---- */

/* Each against the scan, and all by the batch. */
static void compare_batch(
    const struct bt_trie *trie, const struct set *s, const struct bt_key *keys, unsigned size)
{
	const struct bt_key *asked[BT_BATCH_MAX] = {NULL};
	struct bt_match got[BT_BATCH_MAX][BT_MATCHES_MAX], want[BT_MATCHES_MAX];
	unsigned counts[BT_BATCH_MAX];
	for (unsigned i = 0; i < size; i++)
		asked[i] = &keys[i];
	bt_trie_match_batch(trie, asked, size, got, counts);
	for (unsigned i = 0; i < size; i++) {
		unsigned count = match_linear(s, &keys[i], want);
		assert_true(same_matches(want, count, got[i], counts[i]));
		compare_matches(trie, s, &keys[i]);
	}
}

static void compare_many(const struct set *s, uint64_t *state, unsigned lookups)
{
	struct bt_trie *trie = open_trie(s);
	for (size_t i = 0; i < s->count; i++)
		compare_matches(trie, s, &s->keys[i]);
	for (unsigned i = 0; i < lookups; i++) {
		const struct bt_key key = near_key(s, state);
		compare_matches(trie, s, &key);
	}
	for (unsigned i = 0; i < 50; i++) {
		struct bt_key keys[BT_BATCH_MAX];
		unsigned size = 1 + random_below(state, BT_BATCH_MAX);
		for (unsigned j = 0; j < size; j++)
			keys[j] = near_key(s, state);
		compare_batch(trie, s, keys, size);
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

/* Names like those of real lists: a few syllables, numbers, few ends. */
static void test_wordy_names(void **unused)
{
	(void)unused;
	static const char *const parts[] = {"ba", "cloud", "cdn", "mail", "login", "secure", "x",
	    "update", "-", "www", "in", "er", "online", "a"};
	static const char *const ends[] = {"com", "net", "co.uk", "dyn.example.org", "xn--p1ai"};
	uint64_t state = seed;
	set.count = 0;
	while (set.count < 3000) {
		char text[200] = "";
		for (unsigned i = 1 + random_below(&state, 5); i > 0; i--)
			strcat(text, parts[random_below(&state, 14)]);
		snprintf(text + strlen(text), 100, "%u.%s", random_below(&state, 3000),
		    ends[random_below(&state, 5)]);
		add_text(&set, text);
	}
	finish_set(&set, CLASSES, &state);
	compare_many(&set, &state, 2000);
}

/* Labels of any octets, most of which are no letters; of all lengths. */
static void test_any_octets(void **unused)
{
	(void)unused;
	uint64_t state = seed;
	for (unsigned round = 0; round < 8; round++) {
		set.count = 0;
		while (set.count < 600) {
			struct bt_key key = {0};
			key = change_octet(
			    key_of("aa.b"), 4, (uint8_t)('a' + random_below(&state, 9)));
			if (random_below(&state, 4) == 0)
				key.len = key.labels = 0;
			add_any_label(&key, 1 + random_below(&state, 10 + round * 6), &state);
			set.keys[set.count++] = key;
		}
		finish_set(&set, CLASSES, &state);
		compare_many(&set, &state, 1000);
	}
}

/* Zero octets: names that differ in how many there are, and in what comes after them. */
static void test_zero_octets(void **unused)
{
	(void)unused;
	uint64_t state = seed;
	set.count = 0;
	while (set.count < 1000) {
		struct bt_key key = {0};
		for (unsigned labels = 1 + random_below(&state, 4); labels > 0; labels--) {
			unsigned size = 1 + random_below(&state, 9);
			key.bytes[key.len++] = (uint8_t)size;
			memset(key.bytes + key.len, 0, size);
			if (random_below(&state, 3) == 0)
				key.bytes[key.len + size - 1u] = (uint8_t)random_below(&state, 3);
			key.len = (uint8_t)(key.len + size);
			key.labels++;
		}
		set.keys[set.count++] = key;
	}
	finish_set(&set, CLASSES, &state);
	compare_many(&set, &state, 3000);
}

/* High octets. */
static void test_high_octets(void **unused)
{
	(void)unused;
	enum { SIZE = 12 };
	uint64_t state = seed;
	set.count = 0;
	while (set.count < 3000) {
		struct bt_key key = key_of("hhhh");
		key.bytes[key.len++] = SIZE;
		memset(key.bytes + key.len, 0xff, SIZE);
		key.bytes[key.len + random_below(&state, SIZE)] -=
		    (uint8_t)(random_below(&state, 3) > 0);
		key.len += SIZE;
		key.labels++;
		add_any_label(&key, 1 + random_below(&state, 20), &state);
		set.keys[set.count++] = key;
	}
	finish_set(&set, CLASSES, &state);
	compare_many(&set, &state, 3000);
}

/* Names that share little and names that share much. */
static void test_near_and_far(void **unused)
{
	(void)unused;
	uint64_t state = seed;
	for (unsigned round = 0; round < 10; round++) {
		set.count = 0;
		while (set.count < 500) {
			struct bt_key key = {0};
			for (unsigned i = random_below(&state, 9); i > 0; i--)
				add_any_label(&key, 1 + random_below(&state, 20), &state);
			unsigned children = random_below(&state, 6);
			for (; children > 0 && set.count < 500; children--) {
				struct bt_key child = key;
				add_any_label(&child, 1 + random_below(&state, 3), &state);
				set.keys[set.count++] = child;
				if (random_below(&state, 2) == 0)
					key = child;
			}
		}
		finish_set(&set, CLASSES, &state);
		compare_many(&set, &state, 1500);
	}
}

/* More than have codes; numbers of one octet, two and three. */
static void test_many_classes(void **unused)
{
	(void)unused;
	static const uint32_t counts[] = {1, 2, 255, 256, 257, MANY_CLASSES, 65536, 65537};
	uint64_t state = seed;
	for (unsigned i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		fill_set(&set, 2000, &state);
		finish_set(&set, counts[i], &state);
		for (unsigned j = 0; j < set.count; j++)
			if (random_below(&state, 2) == 0)
				set.classes[j] = counts[i] - 1 - j % counts[i];
		compare_many(&set, &state, 500);
	}
}

/* Top-level labels, many of them; and listed ones, below which the filter is not asked. */
static void test_many_tops(void **unused)
{
	(void)unused;
	uint64_t state = seed;
	for (unsigned listed = 0; listed < 2; listed++) {
		set.count = 0;
		while (set.count < 2500) {
			struct bt_key key = {0};
			unsigned size = random_below(&state, 8) == 0 ? 20 : 3;
			add_any_label(&key, 1 + random_below(&state, size), &state);
			if (!listed || random_below(&state, 4) > 0)
				add_label(&key, &state);
			set.keys[set.count++] = key;
		}
		finish_set(&set, CLASSES, &state);
		compare_many(&set, &state, 2000);
	}
}

/* So many labels: first those of a name in the set, of which some are cut off, then of three, each
 * one octet so many times. */
static struct bt_key dense_key(const unsigned times[3], unsigned labels, uint64_t *state)
{
	struct bt_key key = {0};
	if (set.count > 0 && random_below(state, 2) == 0) {
		key = set.keys[random_below(state, (unsigned)set.count)];
		cut_labels(&key, random_below(state, labels + 1));
	}
	for (; key.labels < labels; key.labels++) {
		unsigned label = random_below(state, 3), size = times[label];
		key.bytes[key.len++] = (uint8_t)size;
		memset(key.bytes + key.len, "abc"[label], size);
		key.len = (uint8_t)(key.len + size);
	}
	return key;
}

/* Sets of few names or many, with some of one to seven labels: beginnings of two and three labels
 * that are listed or not, with names below of any number of labels or without. */
static void test_dense_names(void **unused)
{
	(void)unused;
	uint64_t state = seed;
	for (unsigned round = 0; round < 800; round++) {
		unsigned depths = 1 + random_below(&state, 127), times[3];
		unsigned count = 1 + random_below(&state, 1u << random_below(&state, 10));
		for (unsigned i = 0; i < 3; i++)
			times[i] = 1 + random_below(&state, 1u << random_below(&state, 5));
		for (set.count = 0; set.count < count;) {
			unsigned labels = 1 + random_below(&state, 7);
			if (depths >> (labels - 1) & 1)
				set.keys[set.count++] = dense_key(times, labels, &state);
		}
		if (random_below(&state, 8) == 0)
			set.keys[0] = (struct bt_key){0};
		finish_set(&set, CLASSES, &state);
		struct bt_trie *trie = open_trie(&set);
		for (unsigned batch = 0; batch < 20; batch++) {
			struct bt_key keys[BT_BATCH_MAX];
			for (unsigned i = 0; i < BT_BATCH_MAX; i++)
				keys[i] = dense_key(times, random_below(&state, 10), &state);
			compare_batch(trie, &set, keys, BT_BATCH_MAX);
		}
		bt_trie_close(&trie);
	}
}

/* ---- odd sets ---- */

static void set_of(struct set *s, const char *const *names, uint64_t *state)
{
	s->count = 0;
	for (; *names != NULL; names++)
		add_text(s, *names);
	finish_set(s, CLASSES, state);
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
		for (unsigned j = 0; j < sizeof(asked) / sizeof(asked[0]); j++) {
			const struct bt_key key = key_of(asked[j]);
			compare_matches(trie, &set, &key);
		}
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
	finish_set(&set, CLASSES, &state);
	struct bt_trie *trie = open_trie(&set);
	assert_int_equal(bt_trie_match(trie, &longest, matches), BT_MATCHES_MAX);
	bt_trie_close(&trie);
	compare_many(&set, &state, 300);
}

/* One parent with many children, also itself listed. */
static void test_many_children(void **unused)
{
	(void)unused;
	uint64_t state = seed;
	set.count = 0;
	add_text(&set, "example.com");
	for (unsigned i = 0; i < 3000; i++) {
		char name[64];
		snprintf(name, sizeof(name), "%llx.example.com",
		    (unsigned long long)random_next(&state));
		add_text(&set, name);
	}
	finish_set(&set, CLASSES, &state);
	compare_many(&set, &state, 1000);
}

/* Long common prefixes. */
static void test_long_prefixes(void **unused)
{
	(void)unused;
	uint64_t state = seed;
	char name[300];
	set.count = 0;
	for (unsigned i = 0; i < 1000; i++) {
		snprintf(name, sizeof(name), "%u.%060d.%060d.%050d.example.com", i, 0, 1, 2);
		add_text(&set, name);
	}
	finish_set(&set, CLASSES, &state);
	compare_many(&set, &state, 500);
}

/* Names as long as can be, whose entries have tails. */
static void test_long_names(void **unused)
{
	(void)unused;
	uint64_t state = seed;
	struct bt_key prefix = key_of("t");
	for (;; add_any_label(&prefix, 48, &state)) {
		set.count = 0;
		while (set.count < 2000) {
			struct bt_key key = prefix;
			while (key.len < BT_KEY_MAX) {
				unsigned room = BT_KEY_MAX - key.len - 1u;
				add_any_label(&key, room < 60 ? room : 59, &state);
			}
			set.keys[set.count++] = key;
		}
		finish_set(&set, CLASSES, &state);
		compare_many(&set, &state, 2000);
		if (prefix.len + 49 > BT_KEY_MAX)
			break;
	}
}

/* One name, of each length that there is. */
static void test_one_name(void **unused)
{
	(void)unused;
	uint64_t state = seed;
	for (unsigned octets = 2; octets <= BT_KEY_MAX; octets++) {
		struct bt_key key = {0};
		while (key.len < octets) {
			unsigned room = octets - key.len - 1u;
			unsigned size = room < 8 ? room : 1 + random_below(&state, room - 2);
			size = size > BT_LABEL_MAX ? BT_LABEL_MAX : size;
			add_any_label(&key, size, &state);
		}
		set.keys[0] = key;
		set.count = 1;
		finish_set(&set, CLASSES, &state);
		compare_many(&set, &state, 50);
	}
}

/* Entries of all sizes. */
static void test_sizes(void **unused)
{
	(void)unused;
	uint64_t state = seed;
	for (unsigned octets = 1; octets < 40; octets++) {
		set.count = 0;
		while (set.count < 60) {
			struct bt_key key =
			    key_of(set.count % 2 != 0 ? "t" : "with-much-in-common.t");
			add_any_label(&key, octets, &state);
			set.keys[set.count++] = key;
		}
		finish_set(&set, CLASSES, &state);
		compare_many(&set, &state, 300);
	}
}

/* ---- more names than a linear scan can be asked about ---- */

struct many {
	struct bt_build_name *names; /* sorted */
	uint8_t *keys;
	size_t count;
};

static int compare_names(const void *a, const void *b)
{
	const struct bt_build_name *x = a, *y = b;
	int order = memcmp(x->key, y->key, x->key_size < y->key_size ? x->key_size : y->key_size);
	return order != 0 ? order : x->key_size - y->key_size;
}

static void make_many(struct many *many, size_t count, uint64_t *state)
{
	uint8_t *to = many->keys = calloc(count, BT_KEY_MAX);
	many->names = calloc(count, sizeof(*many->names));
	assert_true(many->keys != NULL && many->names != NULL);
	for (size_t i = 0; i < count; i++) {
		static const char *const ends[] = {"com", "net", "dyn.example.org", "co.uk"};
		char text[100];
		unsigned size = (unsigned)snprintf(text, sizeof(text), "%llx",
		    (unsigned long long)random_next(state) >> 4 * random_below(state, 12));
		if (random_below(state, 4) == 0)
			size += (unsigned)snprintf(
			    text + size, sizeof(text) - size, ".%x", random_below(state, 3000));
		snprintf(text + size, sizeof(text) - size, ".%s", ends[random_below(state, 4)]);
		const struct bt_key key = key_of(text);
		memcpy(to, key.bytes, key.len);
		many->names[i] = (struct bt_build_name){to, key.len, random_below(state, CLASSES)};
		to += key.len;
	}
	qsort(many->names, count, sizeof(*many->names), compare_names);
	for (size_t i = 0; i < count; i++)
		if (many->count == 0 ||
		    compare_names(&many->names[many->count - 1], &many->names[i]) != 0)
			many->names[many->count++] = many->names[i];
}

/* As match_linear. */
static unsigned match_sorted(
    const struct many *many, const struct bt_key *key, struct bt_match *matches)
{
	unsigned count = 0;
	for (unsigned labels = 1; labels <= key->labels; labels++) {
		const struct bt_build_name want = {
		    .key = key->bytes, .key_size = (uint8_t)bt_key_ancestor(key, labels)};
		const struct bt_build_name *found =
		    bsearch(&want, many->names, many->count, sizeof(*many->names), compare_names);
		if (found != NULL)
			matches[count++] = (struct bt_match){
			    .class_id = found->class_id, .labels = (uint8_t)labels};
	}
	return count;
}

static void ask_many(const struct bt_trie *trie, const struct many *many, const struct bt_key *key)
{
	struct bt_match want[BT_MATCHES_MAX], got[BT_MATCHES_MAX];
	unsigned expected = match_sorted(many, key, want), count = bt_trie_match(trie, key, got);
	assert_true(same_matches(want, expected, got, count));
}

static bool is_listed(const struct many *many, const struct bt_key *key)
{
	const struct bt_build_name want = {.key = key->bytes, .key_size = key->len};
	return bsearch(&want, many->names, many->count, sizeof(want), compare_names) != NULL;
}

/*
 * Names that have all in common with a listed one but their first letters, which entries do not
 * hold: of those that stand in its page, all that tells them apart is the tag, and in an annex the
 * spare bits.
 */
static void ask_for_letters(
    const struct bt_trie *trie, const struct many *many, size_t number, uint64_t *state)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789-_";
	enum { LETTERS = 38, COUNT = LETTERS * LETTERS * LETTERS };
	struct bt_match matches[BT_MATCHES_MAX];
	struct bt_key key = {.len = many->names[number].key_size};
	memcpy(key.bytes, many->names[number].key, key.len);
	key.labels = (uint8_t)bt_key_labels(key.bytes, key.len);
	size_t label = bt_key_ancestor(&key, 1);
	if (key.labels != 2 || key.bytes[label] < 3)
		return;
	unsigned begin = random_below(state, COUNT);
	for (unsigned i = 0; i < COUNT; i++) {
		unsigned n = (begin + i) % COUNT;
		key.bytes[label + 1] = (uint8_t)letters[n % LETTERS];
		key.bytes[label + 2] = (uint8_t)letters[n / LETTERS % LETTERS];
		key.bytes[label + 3] = (uint8_t)letters[n / LETTERS / LETTERS];
		if (bt_trie_match(trie, &key, matches) > 0)
			assert_true(is_listed(many, &key));
	}
}

/* Enough for pages with too many names, annexes, and annexes with too many. */
static void test_many_names(void **unused)
{
	(void)unused;
	enum { COUNT = 150000 };
	uint64_t state = seed;
	struct many many = {.count = 0};
	struct bt_trie *trie;
	struct bt_err err = {""};
	void *policy, *bytes;
	size_t policy_size, size;
	make_many(&many, COUNT, &state);
	make_policy(CLASSES, &policy, &policy_size);
	if (!bt_build(&bytes, &size, many.names, many.count, policy, policy_size, &err))
		fail_msg("%s", err.text);
	assert_true(bt_get32((uint8_t *)bytes + BT_TRIE_AT_PAGES + 8) > 0);
	if (!bt_trie_open(&trie, bytes, size, &err) || !bt_trie_check(trie, &err))
		fail_msg("%s", err.text);
	for (size_t i = 0; i < many.count; i++) {
		struct bt_key key = {.len = many.names[i].key_size};
		memcpy(key.bytes, many.names[i].key, key.len);
		key.labels = (uint8_t)bt_key_labels(key.bytes, key.len);
		ask_many(trie, &many, &key);
		key = change_octet(key, random_below(&state, key.len), (uint8_t)('a' + i % 26));
		ask_many(trie, &many, &key);
		add_label(&key, &state);
		ask_many(trie, &many, &key);
	}
	for (unsigned i = 0; i < 100; i++)
		ask_for_letters(trie, &many, random_below(&state, (unsigned)many.count), &state);
	bt_trie_close(&trie);
	free(policy);
	free(many.names);
	free(many.keys);
}

/* ---- round trip ---- */

struct each {
	const struct set *set;
	size_t next, stop;
};

static bool check_each(void *ctx, const uint8_t *key, size_t size, uint32_t class_id)
{
	struct each *each = ctx;
	if (each->next == each->stop)
		return false;
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
	struct each each = {&set, 0, NAMES_MAX};
	struct bt_err err = {""};
	bool stopped = true;
	assert_true(bt_trie_each(trie, check_each, &each, &stopped, &err));
	assert_false(stopped);
	assert_int_equal(each.next, set.count);
	assert_int_equal(bt_trie_names(trie), set.count);
	for (size_t stop = 0; stop < set.count; stop += 1 + set.count / 9) {
		each = (struct each){&set, 0, stop};
		assert_true(bt_trie_each(trie, check_each, &each, &stopped, &err));
		assert_true(stopped);
		assert_int_equal(each.next, stop);
	}
	assert_true(bt_trie_memory(trie) > bt_trie_size(trie));
	bt_trie_close(&trie);
	assert_null(trie);
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

/* ---- what the builder refuses ---- */

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
	    {{{a, 0, CLASSES}}, 1},      /* of the root either */
	    {{{a, 0, 0}, {b, 0, 0}}, 2}, /* the root twice */
	};
	void *policy, *bytes = NULL;
	size_t policy_size, size;
	struct bt_err err;
	make_policy(CLASSES, &policy, &policy_size);
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_false(bt_build(
		    &bytes, &size, cases[i].names, cases[i].count, policy, policy_size, &err));
	const struct bt_build_name name = {a, 2, 0};
	assert_false(bt_build(&bytes, &size, &name, 1, policy, policy_size - 1, &err));
	assert_null(bytes);
	free(policy);
}

int main(void)
{
	seed = random_seed();
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_random_sets),
	    cmocka_unit_test(test_wordy_names),
	    cmocka_unit_test(test_any_octets),
	    cmocka_unit_test(test_zero_octets),
	    cmocka_unit_test(test_high_octets),
	    cmocka_unit_test(test_near_and_far),
	    cmocka_unit_test(test_many_classes),
	    cmocka_unit_test(test_many_tops),
	    cmocka_unit_test(test_dense_names),
	    cmocka_unit_test(test_short_names),
	    cmocka_unit_test(test_most_matches),
	    cmocka_unit_test(test_many_children),
	    cmocka_unit_test(test_long_prefixes),
	    cmocka_unit_test(test_long_names),
	    cmocka_unit_test(test_one_name),
	    cmocka_unit_test(test_sizes),
	    cmocka_unit_test(test_many_names),
	    cmocka_unit_test(test_each),
	    cmocka_unit_test(test_same_bytes),
	    cmocka_unit_test(test_build_refuses),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
