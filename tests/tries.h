/* SPDX-License-Identifier: BSD-3-Clause */
/* tries.h -- sets of names for tests, tries of them, and what a linear scan finds in them */
#ifndef BT_TEST_TRIES_H
#define BT_TEST_TRIES_H

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
#include "trie-names.h"
#include "trie.h"

enum {
	NAMES_MAX = 4000,
	CLASSES = 40,
	MANY_CLASSES = 700,
};

/* A set of names, sorted, with a class each. */
struct set {
	struct bt_key keys[NAMES_MAX];
	uint32_t classes[NAMES_MAX];
	size_t count;
	uint32_t class_count;
};

static uint64_t seed;
static struct set set;

/* ---- a policy with enough classes, and a trie of a set ---- */

/* Class number i: the lists that the bits of i + 1 say. */
static inline void make_policy(uint32_t classes, void **bytes, size_t *size)
{
	enum { LISTS = 17 };
	struct bt_policy_builder *builder;
	struct bt_err err;
	const struct bt_sinkhole sinkhole = {.has_ipv4 = true, .ttl = 10};
	assert_true(bt_policy_builder_new(&builder, &sinkhole, &err));
	for (unsigned i = 0; i < LISTS && 1u << i <= classes; i++) {
		char name[16];
		snprintf(name, sizeof(name), "list%u", i);
		const struct bt_list_info list = {.name = name};
		assert_true(bt_policy_add_list(builder, &list, &err));
	}
	for (uint32_t i = 1; i <= classes; i++) {
		struct bt_member members[LISTS];
		unsigned count = 0;
		uint32_t id;
		for (unsigned list = 0; list < LISTS; list++)
			if (i >> list & 1)
				members[count++] = (struct bt_member){
				    .list = (uint16_t)list, .scope = BT_SCOPE_SUBTREE};
		assert_true(bt_policy_add_class(builder, members, count, &id, &err));
		assert_int_equal(id, i - 1);
	}
	assert_true(bt_policy_build(builder, bytes, size, &err));
	bt_policy_builder_free(&builder);
}

static inline void build(const struct set *s, void **bytes, size_t *size)
{
	struct bt_build_name *names = calloc(s->count + 1, sizeof(*names));
	struct bt_err err = {""};
	void *policy;
	size_t policy_size;
	assert_non_null(names);
	make_policy(s->class_count, &policy, &policy_size);
	for (size_t i = 0; i < s->count; i++)
		names[i] = (struct bt_build_name){
		    .key = s->keys[i].bytes, .key_size = s->keys[i].len, .class_id = s->classes[i]};
	if (!bt_build(bytes, size, names, s->count, policy, policy_size, &err))
		fail_msg("%s", err.text);
	free(names);
	free(policy);
}

static inline struct bt_trie *open_trie(const struct set *s)
{
	struct bt_trie *trie;
	struct bt_err err = {""};
	void *bytes;
	size_t size;
	build(s, &bytes, &size);
	if (!bt_trie_open(&trie, bytes, size, &err) || !bt_trie_check(trie, &err))
		fail_msg("%s", err.text);
	return trie;
}

/* ---- names ---- */

static inline struct bt_key key_of(const char *text)
{
	struct bt_key key;
	assert_int_equal(bt_key_from_text(&key, text, strlen(text)), BT_NAME_OK);
	return key;
}

/* A label of any octets that a key can have. No label if there is no room. */
static inline void add_any_label(struct bt_key *key, unsigned size, uint64_t *state)
{
	if (key->len + size + 1 > BT_KEY_MAX)
		return;
	key->bytes[key->len++] = (uint8_t)size;
	for (unsigned i = 0; i < size; i++) {
		uint8_t octet = (uint8_t)random_next(state);
		key->bytes[key->len++] = octet >= 'A' && octet <= 'Z' ? 0 : octet;
	}
	key->labels++;
}

/* A label of few letters, so that names meet; now and then of any octets, or a long one. */
static inline void add_label(struct bt_key *key, uint64_t *state)
{
	unsigned size = 1 + random_below(state, 3);
	if (random_below(state, 50) == 0)
		size = 1 + random_below(state, BT_LABEL_MAX);
	if (random_below(state, 20) == 0) {
		add_any_label(key, size, state);
		return;
	}
	if (key->len + size + 1 > BT_KEY_MAX)
		return;
	key->bytes[key->len++] = (uint8_t)size;
	for (unsigned i = 0; i < size; i++)
		key->bytes[key->len++] = (uint8_t)("abc\0"[random_below(state, 4)]);
	key->labels++;
}

static inline struct bt_key random_key(uint64_t *state, unsigned labels)
{
	struct bt_key key = {0};
	for (unsigned i = random_below(state, labels + 1); i > 0; i--)
		add_label(&key, state);
	return key;
}

static inline void cut_labels(struct bt_key *key, unsigned labels)
{
	key->len = (uint8_t)bt_key_ancestor(key, labels);
	key->labels = (uint8_t)(labels < key->labels ? labels : key->labels);
}

/* ---- sets ---- */

static inline int compare_keys(const void *x, const void *y)
{
	const struct bt_key *a = x, *b = y;
	int order = memcmp(a->bytes, b->bytes, a->len < b->len ? a->len : b->len);
	return order != 0 ? order : a->len - b->len;
}

static inline void add_text(struct set *s, const char *text)
{
	assert_true(s->count < NAMES_MAX);
	s->keys[s->count++] = key_of(text);
}

/* Sorts, and gives classes: runs of the same, and all. */
static inline void finish_set(struct set *s, uint32_t classes, uint64_t *state)
{
	size_t n = 0;
	qsort(s->keys, s->count, sizeof(s->keys[0]), compare_keys);
	for (size_t i = 0; i < s->count; i++)
		if (n == 0 || compare_keys(&s->keys[n - 1], &s->keys[i]) != 0)
			s->keys[n++] = s->keys[i];
	s->count = n;
	s->class_count = classes;
	unsigned runs = 1 + random_below(state, 8);
	for (size_t i = 0; i < n; i++)
		s->classes[i] = i > 0 && random_below(state, runs) > 0
				    ? s->classes[i - 1]
				    : random_below(state, classes);
}

/* New names, descendants and ancestors of earlier ones, and neighbours by one octet. */
static inline void fill_set(struct set *s, size_t count, uint64_t *state)
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
	finish_set(s, CLASSES, state);
}

/* ---- oracle ---- */

static inline unsigned match_linear(
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

static inline bool same_matches(
    const struct bt_match *a, unsigned a_count, const struct bt_match *b, unsigned b_count)
{
	bool same = a_count == b_count;
	for (unsigned i = 0; same && i < a_count; i++)
		same = a[i].class_id == b[i].class_id && a[i].labels == b[i].labels;
	return same;
}

static inline void compare_matches(
    const struct bt_trie *trie, const struct set *s, const struct bt_key *key)
{
	struct bt_match want[BT_MATCHES_MAX], got[BT_MATCHES_MAX];
	char text[BT_TEXT_MAX + 1];
	unsigned expected = match_linear(s, key, want);
	unsigned count = bt_trie_match(trie, key, got);
	if (!same_matches(want, expected, got, count)) {
		bt_key_to_text(text, key->bytes, key->len);
		fail_msg("%s: %u matches, expected %u", text, count, expected);
	}
}

/* ---- names to ask for ---- */

/* The same with one octet changed; the same if that would be no key. */
static inline struct bt_key change_octet(struct bt_key key, unsigned at, uint8_t octet)
{
	struct bt_key changed = key;
	if (at >= key.len)
		return key;
	changed.bytes[at] = octet;
	int labels = bt_key_labels(changed.bytes, changed.len);
	if (labels < 0)
		return key;
	changed.labels = (uint8_t)labels;
	return changed;
}

/* A name that is, or is near, a listed one. */
static inline struct bt_key near_key(const struct set *s, uint64_t *state)
{
	size_t i = random_below(state, (unsigned)s->count);
	struct bt_key key = s->keys[i];
	unsigned at = random_below(state, key.len + 1u);
	switch (random_below(state, 8)) {
	case 0:
		return random_key(state, 8);
	case 1:
		add_label(&key, state);
		return key;
	case 2: /* beside, at its end */
		at = key.len - 1u;
		/* fall through */
	case 3:
		if (at >= key.len)
			return key;
		return change_octet(
		    key, at, (uint8_t)(key.bytes[at] + (random_below(state, 2) ? 1 : -1)));
	case 4:
		return change_octet(key, at, (uint8_t)random_next(state));
	case 5: /* with an octet of its neighbour's */
		return change_octet(key, at, s->keys[(i + 1) % s->count].bytes[at % BT_KEY_MAX]);
	case 6: /* as long as a key can be */
		while (key.len + 2 <= BT_KEY_MAX) {
			unsigned room = BT_KEY_MAX - key.len - 1u;
			add_any_label(&key, room < BT_LABEL_MAX ? room : BT_LABEL_MAX, state);
		}
		return key;
	default:
		cut_labels(&key, random_below(state, key.labels + 1u));
		return key;
	}
}

/* ---- files that are no tries ---- */

/* A copy, so that a read past the end is one past an allocation. */
static inline uint8_t *copy_of(const uint8_t *bytes, size_t size)
{
	uint8_t *copy = malloc(size > 0 ? size : 1);
	assert_non_null(copy);
	memcpy(copy, bytes, size);
	return copy;
}

static inline void expect_refused(
    const uint8_t *bytes, size_t size, const char *what, const char *reason)
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

static inline uint8_t *row(uint8_t *bytes, enum bt_trie_section number)
{
	return bytes + BT_TRIE_AT_SECTIONS + (size_t)number * BT_TRIE_SECTION_ROW;
}

static inline uint8_t *section(uint8_t *bytes, enum bt_trie_section number)
{
	return bytes + bt_get64(row(bytes, number));
}

static inline void mend_checksums(uint8_t *bytes, size_t size)
{
	for (unsigned i = 0; i < BT_TRIE_SECTIONS; i++) {
		uint64_t at = bt_get64(row(bytes, i)), octets = bt_get64(row(bytes, i) + 8);
		if (at <= size && octets <= size - at)
			bt_put64(row(bytes, i) + 16, XXH3_64bits(bytes + at, octets));
	}
	bt_put64(bytes + BT_TRIE_AT_DIGEST, bt_trie_header_digest(bytes));
	bt_put64(bytes + BT_TRIE_AT_CHECKSUM, XXH3_64bits(bytes, BT_TRIE_AT_CHECKSUM));
}

#endif
