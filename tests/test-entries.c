/* SPDX-License-Identifier: BSD-3-Clause */
/* test-entries.c -- what becomes of entries that repeat a name, in one list and in several */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "entries.h"
#include "random.h"

enum { LISTS = 3, METAS = 4 };

static uint64_t seed;

struct entry {
	const char *name; /* NULL: the end */
	uint16_t list;
	uint8_t scope;
	uint32_t meta;
};

/* A store that was finished, and what came out of it. */
struct outcome {
	struct bt_entries *entries;
	const struct bt_build_name *names;
	size_t count;
	uint64_t duplicates;
	struct bt_policy *policy;
	void *bytes; /* of the policy */
	size_t size;
};

static struct bt_key key_of(const char *text)
{
	struct bt_key key;
	assert_int_equal(bt_key_from_text(&key, text, strlen(text)), BT_NAME_OK);
	return key;
}

static struct bt_entries *new_entries(void)
{
	struct bt_entries *entries;
	assert_true(bt_entries_new(&entries, NULL));
	return entries;
}

static void add(struct bt_entries *entries, const struct entry *entry)
{
	struct bt_key key = key_of(entry->name);
	struct bt_member member = {.list = entry->list, .scope = entry->scope, .meta = entry->meta};
	assert_true(bt_entries_add(entries, &key, member, NULL));
}

/* Lists number 0 to LISTS - 1, metadata entries number 0 to METAS - 1. */
static struct bt_policy_builder *new_builder(void)
{
	const struct bt_sinkhole sinkhole = {.ttl = 10};
	struct bt_policy_builder *builder;
	assert_true(bt_policy_builder_new(&builder, &sinkhole, NULL));
	for (unsigned i = 1; i < METAS; i++) {
		const struct bt_pair pair = {
		    "family", (const char *[]){"one", "two", "three"}[i - 1]};
		uint32_t meta;
		assert_true(bt_policy_add_meta(builder, &pair, 1, &meta, NULL));
		assert_int_equal(meta, i);
	}
	for (unsigned i = 0; i < LISTS; i++) {
		const struct bt_list_info list = {.name = (const char *[]){"a", "b", "c"}[i]};
		assert_true(bt_policy_add_list(builder, &list, NULL));
	}
	return builder;
}

static struct outcome finish(struct bt_entries *entries)
{
	struct outcome o = {.entries = entries};
	struct bt_policy_builder *builder = new_builder();
	struct bt_err err = {""};
	if (!bt_entries_finish(entries, &builder, &o.names, &o.count, &o.duplicates, &err) ||
	    !bt_policy_build(builder, &o.bytes, &o.size, &err) ||
	    !bt_policy_open(&o.policy, o.bytes, o.size, &err))
		fail_msg("%s", err.text);
	bt_policy_builder_free(&builder);
	return o;
}

static void discard(struct outcome *o)
{
	bt_policy_close(&o->policy);
	free(o->bytes);
	bt_entries_free(&o->entries);
	assert_null(o->entries);
}

/* The metadata's number when it was added. */
static unsigned meta_of(const struct bt_policy *policy, struct bt_member member)
{
	const char *family = bt_policy_value(policy, member, "family");
	return family == NULL ? 0 : *family == 'o' ? 1 : family[1] == 'w' ? 2 : 3;
}

/* A line a name, in order: "name list:scope:metadata ...". */
static char *describe(const struct outcome *o)
{
	char *text = NULL;
	size_t size;
	FILE *to = open_memstream(&text, &size);
	assert_non_null(to);
	for (size_t i = 0; i < o->count; i++) {
		char name[BT_TEXT_MAX + 1];
		uint32_t class_id = o->names[i].class_id;
		bt_key_to_text(name, o->names[i].key, o->names[i].key_size);
		fputs(name, to);
		for (unsigned m = 0; m < bt_policy_class_size(o->policy, class_id); m++) {
			struct bt_member member = bt_policy_member(o->policy, class_id, m);
			fprintf(
			    to, " %u:%u:%u", member.list, member.scope, meta_of(o->policy, member));
		}
		fputc('\n', to);
	}
	assert_int_equal(fclose(to), 0);
	return text;
}

/* ---- merging ---- */

enum { EXACT = BT_SCOPE_EXACT, BELOW = BT_SCOPE_BELOW, SUBTREE = BT_SCOPE_SUBTREE };

static const struct {
	const char *what;
	struct entry entries[8];
	const char *expected;
	uint64_t duplicates;
} cases[] = {
    {"nothing", {{0}}, "", 0},
    {"one entry", {{"example.com", 1, EXACT, 2}}, "example.com 1:1:2\n", 0},
    {"a repeat", {{"example.com", 0, EXACT, 0}, {"example.com", 0, EXACT, 0}},
	"example.com 0:1:0\n", 1},
    {"a repeat in other letters", {{"example.com", 0, EXACT, 0}, {"EXAMPLE.com.", 0, EXACT, 0}},
	"example.com 0:1:0\n", 1},
    {"scopes of one list", {{"example.com", 0, EXACT, 0}, {"example.com", 0, BELOW, 0}},
	"example.com 0:3:0\n", 1},
    {"a narrower scope later", {{"example.com", 0, SUBTREE, 0}, {"example.com", 0, EXACT, 0}},
	"example.com 0:3:0\n", 1},
    {"scopes of two lists", {{"example.com", 0, EXACT, 0}, {"example.com", 1, BELOW, 0}},
	"example.com 0:1:0 1:2:0\n", 0},
    {"the first metadata, not the least",
	{{"example.com", 0, EXACT, 3}, {"example.com", 0, EXACT, 1}, {"example.com", 0, EXACT, 2}},
	"example.com 0:1:3\n", 2},
    {"the first metadata, though it is none",
	{{"example.com", 0, EXACT, 0}, {"example.com", 0, EXACT, 1}}, "example.com 0:1:0\n", 1},
    {"the first metadata of each list",
	{{"example.com", 1, EXACT, 2}, {"example.com", 0, EXACT, 1}, {"example.com", 1, EXACT, 3},
	    {"example.com", 0, EXACT, 2}},
	"example.com 0:1:1 1:1:2\n", 2},
    {"lists in the order of the configuration",
	{{"example.com", 2, EXACT, 0}, {"example.com", 0, EXACT, 0}, {"example.com", 1, EXACT, 0}},
	"example.com 0:1:0 1:1:0 2:1:0\n", 0},
    {"names in the order of keys",
	{{"org", 0, EXACT, 0}, {"a.example.com", 0, EXACT, 0}, {"com", 0, EXACT, 0},
	    {"z.com", 0, EXACT, 0}, {"example.com", 0, EXACT, 0}, {".", 0, EXACT, 0}},
	". 0:1:0\ncom 0:1:0\nz.com 0:1:0\nexample.com 0:1:0\na.example.com 0:1:0\norg 0:1:0\n", 0},
    {"a name and its parent are two",
	{{"a.example.com", 0, EXACT, 0}, {"example.com", 0, EXACT, 0}},
	"example.com 0:1:0\na.example.com 0:1:0\n", 0},
};

static void test_merging(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct bt_entries *entries = new_entries();
		for (const struct entry *entry = cases[i].entries; entry->name != NULL; entry++)
			add(entries, entry);
		struct outcome o = finish(entries);
		char *text = describe(&o);
		if (strcmp(text, cases[i].expected) != 0 || o.duplicates != cases[i].duplicates)
			fail_msg("%s: %s(%llu duplicates)", cases[i].what, text,
			    (unsigned long long)o.duplicates);
		free(text);
		discard(&o);
	}
}

static void test_classes_are_shared(void **unused)
{
	(void)unused;
	static const struct entry all[] = {{"a", 0, EXACT, 1}, {"b", 1, EXACT, 1},
	    {"b", 0, EXACT, 1}, {"c", 0, EXACT, 1}, {"d", 0, EXACT, 1}, {"d", 1, EXACT, 1},
	    {"e", 0, EXACT, 2}, {"f", 0, BELOW, 1}};
	struct bt_entries *entries = new_entries();
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		add(entries, &all[i]);
	struct outcome o = finish(entries);
	assert_int_equal(o.count, 6);
	assert_int_equal(o.names[0].class_id, o.names[2].class_id); /* a and c */
	assert_int_equal(o.names[1].class_id, o.names[3].class_id); /* b and d */
	assert_int_equal(bt_policy_classes(o.policy), 4);
	discard(&o);
}

/* ---- order ---- */

/*
 * Any of a few names in any list, with any scope; so that the first metadata is the same in every
 * order, it follows from name and list.
 */
static struct entry random_entry(uint64_t *state)
{
	static const char *const names[] = {".", "com", "example.com", "a.example.com",
	    "b.a.example.com", "b.example.com", "org", "b"};
	unsigned name = random_below(state, sizeof(names) / sizeof(names[0]));
	struct entry entry = {.name = names[name], .list = (uint16_t)random_below(state, LISTS)};
	entry.scope = (uint8_t)(1 + random_below(state, 3));
	entry.meta = (name + entry.list) % METAS;
	return entry;
}

static void shuffle(struct entry *entries, unsigned count, uint64_t *state)
{
	for (unsigned i = count; i > 1; i--) {
		unsigned other = random_below(state, i);
		struct entry entry = entries[i - 1];
		entries[i - 1] = entries[other];
		entries[other] = entry;
	}
}

static struct outcome finish_all(const struct entry *all, unsigned count)
{
	struct bt_entries *entries = new_entries();
	for (unsigned i = 0; i < count; i++)
		add(entries, &all[i]);
	return finish(entries);
}

static void expect_same(const struct outcome *a, const struct outcome *b)
{
	assert_int_equal(a->count, b->count);
	assert_int_equal(a->duplicates, b->duplicates);
	for (size_t i = 0; i < a->count; i++) {
		assert_int_equal(a->names[i].class_id, b->names[i].class_id);
		assert_int_equal(a->names[i].key_size, b->names[i].key_size);
		assert_memory_equal(a->names[i].key, b->names[i].key, a->names[i].key_size);
	}
	assert_int_equal(a->size, b->size);
	assert_memory_equal(a->bytes, b->bytes, a->size);
}

static void test_order_of_adding(void **unused)
{
	(void)unused;
	enum { COUNT_MAX = 60 };
	uint64_t state = seed;
	struct entry all[COUNT_MAX];
	for (unsigned round = 0; round < 200; round++) {
		unsigned count = 1 + random_below(&state, COUNT_MAX);
		for (unsigned i = 0; i < count; i++)
			all[i] = random_entry(&state);
		struct outcome a = finish_all(all, count);
		shuffle(all, count, &state);
		struct outcome b = finish_all(all, count);
		expect_same(&a, &b);
		discard(&a);
		discard(&b);
	}
}

/* ---- the store ---- */

/* More octets of keys, and more entries, than are allocated at once. */
static void test_many(void **unused)
{
	(void)unused;
	enum { COUNT = 50000 };
	struct bt_entries *entries = new_entries();
	for (unsigned i = 0; i < 2 * COUNT; i++) {
		char name[64];
		snprintf(name, sizeof(name), "%05u.a-name-of-middle-length.example.com",
		    (unsigned)(i * 7919ull % COUNT));
		add(entries, &(struct entry){name, 0, EXACT, i < COUNT ? 1 : 2});
	}
	struct outcome o = finish(entries);
	assert_int_equal(o.count, COUNT);
	assert_int_equal(o.duplicates, COUNT);
	for (unsigned i = 0; i < COUNT; i++) {
		char name[BT_TEXT_MAX + 1];
		assert_int_not_equal(bt_key_to_text(name, o.names[i].key, o.names[i].key_size), 0);
		assert_int_equal(strtoul(name, NULL, 10), i);
		assert_int_equal(o.names[i].class_id, 0);
	}
	assert_int_equal(meta_of(o.policy, bt_policy_member(o.policy, 0, 0)), 1);
	discard(&o);
}

/* Octets that are few and alike, and often zero: long common beginnings, many repeats. */
static struct bt_key random_key(uint64_t *state)
{
	struct bt_key key = {.len = 0};
	for (unsigned labels = random_below(state, 40); labels > 0; labels--) {
		unsigned octets = random_below(state, 8) == 0 ? 1 + random_below(state, 3) : 2;
		key.bytes[key.len++] = (uint8_t)octets;
		for (; octets > 0; octets--)
			key.bytes[key.len++] = random_below(state, 60) == 0 ? 1 : 0;
		key.labels++;
	}
	return key;
}

static int compare_keys(const struct bt_key *a, const struct bt_key *b)
{
	int order = memcmp(a->bytes, b->bytes, a->len < b->len ? a->len : b->len);
	return order != 0 ? order : a->len - b->len;
}

static int compare_for_qsort(const void *a, const void *b)
{
	return compare_keys(a, b);
}

/* The names come in key order, each once, whatever the keys are like. */
static void test_order_of_names(void **unused)
{
	(void)unused;
	enum { COUNT = 20000 };
	uint64_t state = seed;
	struct bt_key *keys = calloc(COUNT, sizeof(*keys));
	struct bt_entries *entries = new_entries();
	assert_non_null(keys);
	for (unsigned i = 0; i < COUNT; i++) {
		const struct bt_member member = {
		    .list = (uint16_t)random_below(&state, LISTS), .scope = EXACT};
		keys[i] = random_key(&state);
		assert_true(bt_entries_add(entries, &keys[i], member, NULL));
	}
	struct outcome o = finish(entries);
	qsort(keys, COUNT, sizeof(*keys), compare_for_qsort);
	size_t name = 0;
	for (unsigned i = 0; i < COUNT; i++) {
		if (i > 0 && compare_keys(&keys[i - 1], &keys[i]) == 0)
			continue;
		assert_true(name < o.count);
		assert_int_equal(o.names[name].key_size, keys[i].len);
		assert_memory_equal(o.names[name].key, keys[i].bytes, keys[i].len);
		name++;
	}
	assert_int_equal(name, o.count);
	assert_true(o.count < COUNT); /* there were repeats */
	discard(&o);
	free(keys);
}

/* One name very often: the first metadata of each list stands. */
static void test_one_name(void **unused)
{
	(void)unused;
	enum { COUNT = 10000 };
	struct bt_entries *entries = new_entries();
	for (unsigned i = 0; i < COUNT; i++) {
		uint16_t list = (uint16_t)((i * 7 + 2) % LISTS);
		add(entries, &(struct entry){"www.example.com", list, EXACT, (i + 1) % METAS});
	}
	struct outcome o = finish(entries);
	assert_int_equal(o.count, 1);
	assert_int_equal(o.duplicates, COUNT - LISTS);
	char *text = describe(&o);
	assert_string_equal(text, "www.example.com 0:1:2 1:1:3 2:1:1\n");
	free(text);
	discard(&o);
}

static void test_unknown_list(void **unused)
{
	(void)unused;
	struct bt_policy_builder *builder = new_builder();
	struct bt_entries *entries = new_entries();
	const struct bt_build_name *names = NULL;
	size_t count = 77;
	uint64_t duplicates = 77;
	struct bt_err err = {""};
	add(entries, &(struct entry){"example.com", 0, EXACT, 0});
	add(entries, &(struct entry){"example.org", LISTS, EXACT, 0});
	assert_false(bt_entries_finish(entries, &builder, &names, &count, &duplicates, &err));
	assert_string_not_equal(err.text, "");
	assert_null(names);
	assert_int_equal(count, 77);
	assert_int_equal(duplicates, 77);
	bt_entries_free(&entries);
	bt_policy_builder_free(&builder);
}

static void test_unfinished(void **unused)
{
	(void)unused;
	struct bt_entries *entries = NULL;
	bt_entries_free(&entries);
	entries = new_entries();
	add(entries, &(struct entry){"example.com", 0, EXACT, 0});
	bt_entries_free(&entries); /* never finished */
	assert_null(entries);
}

int main(void)
{
	seed = random_seed();
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_merging),
	    cmocka_unit_test(test_classes_are_shared),
	    cmocka_unit_test(test_order_of_adding),
	    cmocka_unit_test(test_many),
	    cmocka_unit_test(test_order_of_names),
	    cmocka_unit_test(test_one_name),
	    cmocka_unit_test(test_unknown_list),
	    cmocka_unit_test(test_unfinished),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
