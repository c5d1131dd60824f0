/* SPDX-License-Identifier: BSD-3-Clause */
/* test-policy.c -- verdicts, the policy's bytes, and bytes that are no policy */

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "policy-build.h"
#include "policy.h"
#include "trie.h"

static uint64_t random_state;

static unsigned random_below(unsigned limit)
{
	random_state = random_state * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(random_state >> 33) % limit;
}

/* ---- building ---- */

static const struct bt_sinkhole sinkhole = {
    .ipv4 = {192, 0, 2, 1},
    .ipv6 = {0x20, 0x01, 0x0d, 0xb8, [15] = 1},
    .has_ipv4 = true,
    .has_ipv6 = true,
    .ttl = 10,
    .ede = BT_EDE_TEXT,
};

static struct bt_policy_builder *new_builder(void)
{
	struct bt_policy_builder *builder;
	assert_true(bt_policy_builder_new(&builder, &sinkhole, NULL));
	return builder;
}

static void add_list(struct bt_policy_builder *builder, const char *name, enum bt_action action)
{
	struct bt_list_info list = {.name = name, .action = action};
	struct bt_err err;
	if (!bt_policy_add_list(builder, &list, &err))
		fail_msg("%s", err.text);
}

static uint32_t add_class(
    struct bt_policy_builder *builder, const struct bt_member *members, unsigned count)
{
	uint32_t class_id;
	struct bt_err err;
	if (!bt_policy_add_class(builder, members, count, &class_id, &err))
		fail_msg("%s", err.text);
	return class_id;
}

static struct bt_policy *open_bytes(const void *bytes, size_t size)
{
	struct bt_policy *policy;
	struct bt_err err;
	if (!bt_policy_open(&policy, bytes, size, &err))
		fail_msg("%s", err.text);
	return policy;
}

/* Builds and opens; the builder is freed. Close with close_built(). */
static struct bt_policy *build(struct bt_policy_builder *builder)
{
	void *bytes;
	size_t size;
	assert_true(bt_policy_build(builder, &bytes, &size, NULL));
	bt_policy_builder_free(&builder);
	return open_bytes(bytes, size);
}

static void close_built(struct bt_policy *policy)
{
	size_t size;
	void *bytes = (void *)(uintptr_t)bt_policy_bytes(policy, &size);
	bt_policy_close(&policy);
	assert_null(policy);
	free(bytes);
}

/* ---- the decision, rule by rule ---- */

/*
 * The lists of the table, in configured order. A row's matches are written "LABELS:list+scope,..."
 * from the shortest to the longest, its verdict "LABELS list", or "-" where nothing covers.
 */
static const struct {
	const char *name;
	enum bt_action action;
} table_lists[] = {
    {"sink", BT_ACTION_SINKHOLE},
    {"trial", BT_ACTION_LOG},
    {"nx", BT_ACTION_NXDOMAIN},
    {"ours", BT_ACTION_ALLOW},
    {"drop", BT_ACTION_DROP},
    {"trial2", BT_ACTION_LOG},
    {"ours2", BT_ACTION_ALLOW},
};

static const struct {
	const char *rule;
	unsigned labels;
	const char *matches;
	const char *verdict;
} decisions[] = {
    {"nothing matches", 3, "", "-"},

    {"subtree covers the name", 2, "2:sink+subtree", "2 sink"},
    {"subtree covers what is below", 5, "2:sink+subtree", "2 sink"},
    {"exact covers the name", 2, "2:sink+exact", "2 sink"},
    {"exact covers nothing below", 3, "2:sink+exact", "-"},
    {"below covers what is below", 3, "2:sink+below", "2 sink"},
    {"below does not cover the name", 2, "2:sink+below", "-"},
    {"the root covers all", 1, "0:sink+subtree", "0 sink"},
    {"the root itself", 0, "0:sink+exact", "0 sink"},
    {"the root, below it alone", 0, "0:sink+below", "-"},

    {"the longest wins", 4, "2:sink+subtree 3:nx+subtree", "3 nx"},
    {"whatever the order of lists", 4, "2:nx+subtree 3:sink+subtree", "3 sink"},
    {"a longer block beats an allow", 4, "2:ours+subtree 3:nx+subtree", "3 nx"},
    {"a longer allow beats a block", 4, "2:sink+subtree 3:ours+subtree", "3 ours"},
    {"a longer name that does not cover shadows nothing", 4, "2:sink+subtree 3:nx+exact", "2 sink"},
    {"nor does an allow for the name alone", 4, "2:sink+subtree 3:ours+exact", "2 sink"},
    {"nor one for what is below it", 3, "2:sink+subtree 3:ours+below", "2 sink"},

    {"exact before subtree", 2, "2:sink+subtree,nx+exact", "2 nx"},
    {"exact before subtree, even of an allow", 2, "2:nx+exact,ours+subtree", "2 nx"},
    {"exact allow before exact", 2, "2:nx+exact,ours+exact", "2 ours"},
    {"exact counts on the name alone", 3, "2:sink+subtree,nx+exact", "2 sink"},
    {"longer before exact", 3, "2:sink+exact 3:nx+subtree", "3 nx"},

    {"allow wins a tie", 2, "2:sink+subtree,ours+subtree", "2 ours"},
    {"allow wins a tie on an ancestor", 3, "2:sink+below,ours+subtree", "2 ours"},
    {"below and subtree are alike on an ancestor", 3, "2:sink+subtree,nx+below", "2 sink"},
    {"the first of two allows", 2, "2:ours+subtree,ours2+subtree", "2 ours"},
    {"then the list that stands first", 2, "2:nx+subtree,drop+subtree", "2 nx"},
    {"the list that stands first, exact", 2, "2:sink+exact,drop+exact", "2 sink"},

    {"log decides when nothing else covers", 3, "2:trial+subtree", "2 trial"},
    {"log gives way on the same name", 2, "2:trial+subtree,nx+subtree", "2 nx"},
    {"log gives way though it is exact", 2, "2:trial+exact,nx+subtree", "2 nx"},
    {"log gives way though it is longer", 4, "2:nx+subtree 4:trial+exact", "2 nx"},
    {"log gives way to an allow", 4, "2:ours+subtree 4:trial+exact", "2 ours"},
    {"log does not give way to what does not cover", 3, "2:nx+exact 3:trial+subtree", "3 trial"},
    {"the longest log", 4, "2:trial+subtree 3:trial2+subtree", "3 trial2"},
    {"exact before subtree among logs", 2, "2:trial+subtree,trial2+exact", "2 trial2"},
    {"the first of two logs", 2, "2:trial+subtree,trial2+subtree", "2 trial"},
    {"a log that does not cover", 3, "2:trial+exact", "-"},
};

static struct bt_member parse_member(const char *text)
{
	char list[16], scope[16];
	assert_int_equal(sscanf(text, "%15[^+]+%15[a-z]", list, scope), 2);
	struct bt_member member = {.scope = (uint8_t)bt_scope_from_name(scope)};
	while (strcmp(table_lists[member.list].name, list) != 0)
		member.list++;
	return member;
}

static struct bt_match parse_match(struct bt_policy_builder *builder, const char *text)
{
	struct bt_member members[8];
	unsigned count = 0;
	struct bt_match match = {.labels = (uint8_t)atoi(text)};
	for (text = strchr(text, ':'); text != NULL; text = strchr(text, ',')) {
		assert_in_range(count, 0, 7);
		members[count++] = parse_member(++text);
	}
	match.class_id = add_class(builder, members, count);
	return match;
}

static void decides(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(decisions) / sizeof(*decisions); i++) {
		struct bt_policy_builder *builder = new_builder();
		for (size_t j = 0; j < sizeof(table_lists) / sizeof(*table_lists); j++)
			add_list(builder, table_lists[j].name, table_lists[j].action);
		struct bt_match matches[8];
		unsigned count = 0;
		char text[200];
		snprintf(text, sizeof(text), "%s", decisions[i].matches);
		for (char *part = strtok(text, " "); part != NULL; part = strtok(NULL, " "))
			matches[count++] = parse_match(builder, part);
		struct bt_policy *policy = build(builder);

		struct bt_verdict verdict =
		    bt_policy_decide(policy, 0, matches, count, decisions[i].labels);
		char got[100] = "-";
		if (verdict.listed) {
			struct bt_list_info list = bt_policy_list(policy, verdict.by.list);
			snprintf(got, sizeof(got), "%u %s", verdict.labels, list.name);
			assert_int_equal(verdict.action, list.action);
		}
		if (strcmp(got, decisions[i].verdict) != 0)
			fail_msg("%s: %s, not %s", decisions[i].rule, got, decisions[i].verdict);
		close_built(policy);
	}
}

/* ---- the decision against an oracle ---- */

struct claim {
	bool log;
	unsigned labels;
	bool wide;
	bool blocks; /* does anything but allow */
	unsigned list;
};

static int compare_claims(const void *left, const void *right)
{
	const struct claim *a = left, *b = right;
	if (a->log != b->log)
		return a->log ? 1 : -1;
	if (a->labels != b->labels)
		return a->labels < b->labels ? 1 : -1;
	if (a->wide != b->wide)
		return a->wide ? 1 : -1;
	if (a->blocks != b->blocks)
		return a->blocks ? 1 : -1;
	return a->list < b->list ? -1 : 1;
}

enum { LISTS = 12, CLASSES = 40 };

static unsigned random_members(struct bt_member *members)
{
	unsigned count = 0;
	while (count == 0)
		for (unsigned list = 0; list < LISTS; list++)
			if (random_below(3) == 0)
				members[count++] = (struct bt_member){.list = (uint16_t)list,
				    .scope = (uint8_t)(1 + random_below(3))};
	return count;
}

/* All memberships that cover, sorted by DESIGN's rules; the first one decides. */
static unsigned all_claims(const struct bt_policy *policy, const struct bt_match *matches,
    unsigned count, unsigned labels, struct claim *claims)
{
	unsigned n = 0;
	for (unsigned i = 0; i < count; i++) {
		for (unsigned j = 0; j < bt_policy_class_size(policy, matches[i].class_id); j++) {
			struct bt_member m = bt_policy_member(policy, matches[i].class_id, j);
			enum bt_action action = bt_policy_list(policy, m.list).action;
			bool is_name = matches[i].labels == labels;
			if (is_name ? m.scope == BT_SCOPE_BELOW : m.scope == BT_SCOPE_EXACT)
				continue;
			claims[n++] = (struct claim){
			    .log = action == BT_ACTION_LOG,
			    .labels = matches[i].labels,
			    .wide = m.scope != BT_SCOPE_EXACT,
			    .blocks = action != BT_ACTION_ALLOW,
			    .list = m.list,
			};
		}
	}
	qsort(claims, n, sizeof(*claims), compare_claims);
	return n;
}

static void decides_as_the_oracle(void **state)
{
	(void)state;
	static struct claim claims[128 * LISTS];
	for (int round = 0; round < 200; round++) {
		struct bt_policy_builder *builder = new_builder();
		for (unsigned i = 0; i < LISTS; i++) {
			char name[] = {(char)('a' + i), '\0'};
			static const enum bt_action often[] = {BT_ACTION_LOG, BT_ACTION_ALLOW};
			add_list(builder, name,
			    random_below(2) == 0 ? often[random_below(2)]
						 : random_below(BT_ACTIONS));
		}
		uint32_t classes[CLASSES];
		for (unsigned i = 0; i < CLASSES; i++) {
			struct bt_member members[LISTS];
			unsigned count = random_members(members);
			classes[i] = add_class(builder, members, count);
		}
		struct bt_policy *policy = build(builder);
		for (int query = 0; query < 200; query++) {
			struct bt_match matches[BT_MATCHES_MAX];
			unsigned count = 0, labels = random_below(6);
			for (unsigned i = 0; i <= labels; i++)
				if (random_below(3) == 0)
					matches[count++] = (struct bt_match){.labels = (uint8_t)i,
					    .class_id = classes[random_below(CLASSES)]};
			struct bt_verdict verdict =
			    bt_policy_decide(policy, 0, matches, count, labels);
			unsigned n = all_claims(policy, matches, count, labels, claims);
			assert_int_equal(verdict.listed, n > 0);
			if (n == 0)
				continue;
			assert_int_equal(verdict.labels, claims[0].labels);
			assert_int_equal(verdict.by.list, claims[0].list);
			assert_int_equal(verdict.by.scope == BT_SCOPE_EXACT, !claims[0].wide);
			assert_int_equal(
			    verdict.action, bt_policy_list(policy, verdict.by.list).action);
		}
		close_built(policy);
	}
}

/* ---- what is put in comes out ---- */

static struct bt_policy_builder *build_sample(void)
{
	static const struct bt_pair of_list[] = {{"actor", "Lazarus"}, {"tlp", "clear"}};
	static const struct bt_pair of_name[] = {{"family", "SmoothOperator"}, {"tlp", "amber"}};
	struct bt_policy_builder *builder = new_builder();
	struct bt_list_info list = {
	    .name = "3cx",
	    .action = BT_ACTION_SINKHOLE,
	    .events = BT_EVENTS_FULL,
	    .entries = 21,
	    .modified = 1680134400,
	};
	uint32_t meta;
	assert_true(bt_policy_add_meta(builder, of_list, 2, &list.meta, NULL));
	assert_true(bt_policy_add_list(builder, &list, NULL));
	add_list(builder, "ours", BT_ACTION_ALLOW);
	assert_true(bt_policy_add_meta(builder, of_name, 2, &meta, NULL));
	const struct bt_member first[] = {{.list = 0, .scope = BT_SCOPE_SUBTREE, .meta = meta}};
	const struct bt_member second[] = {
	    {.list = 0, .scope = BT_SCOPE_EXACT, .meta = 0}, {.list = 1, .scope = BT_SCOPE_BELOW}};
	assert_int_equal(add_class(builder, first, 1), 0);
	assert_int_equal(add_class(builder, second, 2), 1);
	return builder;
}

static void keeps_everything(void **state)
{
	(void)state;
	struct bt_policy *policy = build(build_sample());
	const struct bt_sinkhole *s = bt_policy_sinkhole(policy);
	assert_memory_equal(s->ipv4, sinkhole.ipv4, 4);
	assert_memory_equal(s->ipv6, sinkhole.ipv6, 16);
	assert_true(s->has_ipv4 && s->has_ipv6);
	assert_int_equal(s->ttl, 10);
	assert_int_equal(s->ede, BT_EDE_TEXT);

	assert_int_equal(bt_policy_lists(policy), 2);
	struct bt_list_info list = bt_policy_list(policy, 0);
	assert_string_equal(list.name, "3cx");
	assert_int_equal(list.action, BT_ACTION_SINKHOLE);
	assert_int_equal(list.entries, 21);
	assert_int_equal(list.modified, 1680134400);
	assert_int_equal(bt_policy_find_list(policy, "ours"), 1);
	assert_int_equal(bt_policy_find_list(policy, "our"), -1);

	assert_int_equal(bt_policy_classes(policy), 2);
	assert_int_equal(bt_policy_class_size(policy, 0), 1);
	assert_int_equal(bt_policy_class_size(policy, 1), 2);
	assert_int_equal(bt_policy_class_size(policy, 2), 0);
	assert_int_equal(bt_policy_class_size(policy, UINT32_MAX), 0);
	struct bt_member own = bt_policy_member(policy, 0, 0);
	struct bt_member other = bt_policy_member(policy, 1, 1);
	assert_int_equal(own.scope, BT_SCOPE_SUBTREE);
	assert_int_equal(other.list, 1);
	assert_int_equal(other.scope, BT_SCOPE_BELOW);

	assert_int_equal(bt_policy_meta_size(policy, own.meta), 2);
	assert_string_equal(bt_policy_pair(policy, own.meta, 0).key, "family");
	assert_string_equal(bt_policy_pair(policy, own.meta, 1).value, "amber");
	assert_int_equal(bt_policy_meta_size(policy, 0), 0);
	assert_int_equal(bt_policy_meta_size(policy, 99), 0);

	/* an indicator's own value, its list's, none */
	assert_string_equal(bt_policy_value(policy, own, "tlp"), "amber");
	assert_string_equal(bt_policy_value(policy, own, "actor"), "Lazarus");
	assert_null(bt_policy_value(policy, own, "campaign"));
	struct bt_member bare = bt_policy_member(policy, 1, 0);
	assert_string_equal(bt_policy_value(policy, bare, "tlp"), "clear");
	assert_null(bt_policy_value(policy, other, "tlp"));
	close_built(policy);
}

static void has_no_addresses(void **state)
{
	(void)state;
	struct bt_sinkhole none = sinkhole;
	none.has_ipv4 = none.has_ipv6 = false;
	none.ttl = 0;
	none.ede = BT_EDE_OFF;
	struct bt_policy_builder *builder;
	assert_true(bt_policy_builder_new(&builder, &none, NULL));
	struct bt_policy *policy = build(builder);
	assert_false(bt_policy_sinkhole(policy)->has_ipv4);
	assert_false(bt_policy_sinkhole(policy)->has_ipv6);
	assert_int_equal(bt_policy_sinkhole(policy)->ttl, 0);
	assert_int_equal(bt_policy_lists(policy), 0);
	struct bt_verdict verdict = bt_policy_decide(policy, 0, NULL, 0, 3);
	assert_false(verdict.listed);
	close_built(policy);
}

static void keeps_equals_once(void **state)
{
	(void)state;
	const struct bt_pair a[] = {{"family", "x"}, {"actor", "y"}};
	const struct bt_pair b[] = {{"actor", "y"}, {"family", "x"}};
	struct bt_policy_builder *builder = new_builder();
	uint32_t first, second, third, none;
	assert_true(bt_policy_add_meta(builder, a, 2, &first, NULL));
	assert_true(bt_policy_add_meta(builder, b, 2, &second, NULL)); /* order is kept */
	assert_true(bt_policy_add_meta(builder, a, 2, &third, NULL));
	assert_true(bt_policy_add_meta(builder, NULL, 0, &none, NULL));
	assert_int_equal(first, third);
	assert_int_not_equal(first, second);
	assert_int_equal(none, 0);

	add_list(builder, "one", BT_ACTION_SINKHOLE);
	struct bt_member member = {.list = 0, .scope = BT_SCOPE_SUBTREE, .meta = first};
	assert_int_equal(add_class(builder, &member, 1), 0);
	assert_int_equal(add_class(builder, &member, 1), 0);
	member.scope = BT_SCOPE_EXACT;
	assert_int_equal(add_class(builder, &member, 1), 1);
	member.meta = second;
	assert_int_equal(add_class(builder, &member, 1), 2);
	close_built(build(builder));
}

static void counts_names(void **state)
{
	(void)state;
	struct bt_policy_builder *builder = build_sample();
	bt_policy_set_entries(builder, 0, 0);
	bt_policy_count_name(builder, 0);
	bt_policy_count_name(builder, 1);
	bt_policy_count_name(builder, 1);
	bt_policy_count_name(builder, 2);     /* no such class */
	bt_policy_set_entries(builder, 2, 5); /* no such list */
	struct bt_policy *policy = build(builder);
	assert_int_equal(bt_policy_list(policy, 0).entries, 3);
	assert_int_equal(bt_policy_list(policy, 1).entries, 2);
	close_built(policy);
}

/* Frequent classes first, equally frequent ones as they were; metadata as these use it. */
static void renumbers(void **state)
{
	(void)state;
	enum { KINDS = 4 };
	static const char *const families[] = {"unused", "a", "b", "c", "d"};
	static const uint32_t times[KINDS] = {2, 7, 2, 9}, expected[KINDS] = {2, 1, 3, 0};
	struct bt_policy_builder *builder = new_builder();
	struct bt_err err = {""};
	uint32_t metas[KINDS + 1], numbers[KINDS] = {0};
	for (unsigned i = 0; i <= KINDS; i++) {
		const struct bt_pair pair = {"family", families[i]};
		assert_true(bt_policy_add_meta(builder, &pair, 1, &metas[i], &err));
	}
	add_list(builder, "one", BT_ACTION_SINKHOLE);
	for (uint32_t i = 0; i < KINDS; i++) {
		const struct bt_member member = {
		    .list = 0, .scope = BT_SCOPE_SUBTREE, .meta = metas[i + 1]};
		assert_int_equal(add_class(builder, &member, 1), i);
	}
	assert_int_equal(bt_policy_count_classes(builder), KINDS);
	assert_true(bt_policy_renumber(&builder, times, numbers, &err));
	assert_memory_equal(numbers, expected, sizeof(expected));
	struct bt_policy *policy = build(builder);
	assert_int_equal(bt_policy_classes(policy), KINDS);
	for (uint32_t i = 0; i < KINDS; i++) {
		struct bt_member member = bt_policy_member(policy, numbers[i], 0);
		assert_string_equal(bt_policy_value(policy, member, "family"), families[i + 1]);
		assert_int_equal(member.meta, numbers[i] + 1);
	}
	close_built(policy);
}

/* Metadata comes from anywhere; what the format does not take is replaced, not refused. */
static void cleans_metadata(void **state)
{
	(void)state;
	static const char *const rows[][2] = {
	    {"two\nlines\t\x1b[31m\x7f", "two lines  [31m "},
	    {"na\xc3\xafve \xe2\x82\xac \xf0\x9f\x90\x9d",
		"na\xc3\xafve \xe2\x82\xac \xf0\x9f\x90\x9d"},
	    {"latin\xef", "latin?"},
	    {"\xc2\x9b"
	     "31m",
		"??31m"}, /* a control character of C1 */
	    {"\xc2\xa0", "\xc2\xa0"},
	    {"\xc0\xaf \xe0\x80\xaf", "?? ???"},      /* overlong */
	    {"\xed\xa0\x80", "???"},                  /* a surrogate */
	    {"\xf4\x90\x80\x80", "????"},             /* beyond Unicode */
	    {"\xf4\x8f\xbf\xbf", "\xf4\x8f\xbf\xbf"}, /* its last */
	    {"\xf8\x88\x80\x80\x80", "?????"},
	    {"\x80", "?"},
	    {"\xe2\x82", "??"},
	    {"\xe2(\xa1", "?(?"},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct bt_pair pair = {"note", rows[i][0]};
		struct bt_policy_builder *builder = new_builder();
		uint32_t meta;
		assert_true(bt_policy_add_meta(builder, &pair, 1, &meta, NULL));
		struct bt_policy *policy = build(builder);
		assert_string_equal(bt_policy_pair(policy, meta, 0).value, rows[i][1]);
		close_built(policy);
	}
}

/* ---- what the builder refuses ---- */

static void refuses_lists(void **state)
{
	(void)state;
	struct bt_policy_builder *builder = new_builder();
	char long_name[BT_LIST_NAME_MAX + 2] = "";
	memset(long_name, 'x', BT_LIST_NAME_MAX + 1);
	add_list(builder, "taken", BT_ACTION_SINKHOLE);
	add_list(builder, long_name + 1, BT_ACTION_SINKHOLE); /* just not too long */
	const struct {
		struct bt_list_info list;
		const char *reason;
	} rows[] = {
	    {{.name = ""}, "1 to 63 characters"},
	    {{.name = long_name}, "1 to 63 characters, not 64"},
	    {{.name = "a\nb"}, "control character"},
	    {{.name = "a\xff"}, "broken UTF-8"},
	    {{.name = "taken"}, "list taken: two lists"},
	    {{.name = "x", .action = BT_ACTIONS}, "unknown action"},
	    {{.name = "x", .events = BT_EVENTS_OFF + 1}, "unknown action, events"},
	    {{.name = "x", .meta = 1}, "metadata"},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct bt_err err = {""};
		assert_false(bt_policy_add_list(builder, &rows[i].list, &err));
		if (strstr(err.text, rows[i].reason) == NULL)
			fail_msg("'%s' does not say '%s'", err.text, rows[i].reason);
	}
	for (unsigned i = 2; i < BT_LISTS_MAX; i++) {
		char name[16];
		snprintf(name, sizeof(name), "%u", i);
		add_list(builder, name, BT_ACTION_SINKHOLE);
	}
	struct bt_list_info one_more = {.name = "x"};
	assert_false(bt_policy_add_list(builder, &one_more, NULL));
	struct bt_policy *policy = build(builder);
	assert_int_equal(bt_policy_lists(policy), BT_LISTS_MAX);
	close_built(policy);
}

static void refuses_classes(void **state)
{
	(void)state;
	struct bt_policy_builder *builder = new_builder();
	add_list(builder, "a", BT_ACTION_SINKHOLE);
	add_list(builder, "b", BT_ACTION_SINKHOLE);
	static const struct {
		struct bt_member members[3];
		unsigned count;
	} rows[] = {
	    {{{.list = 0, .scope = 3}}, 0},
	    {{{.list = 0, .scope = 0}}, 1},
	    {{{.list = 0, .scope = 4}}, 1},
	    {{{.list = 2, .scope = 3}}, 1},
	    {{{.list = 0, .scope = 3, .meta = 1}}, 1},
	    {{{.list = 0, .scope = 3}, {.list = 0, .scope = 1}}, 2},
	    {{{.list = 1, .scope = 3}, {.list = 0, .scope = 3}}, 2},
	    {{{.list = 0, .scope = 3}, {.list = 1, .scope = 3}, {.list = 1, .scope = 3}}, 3},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		uint32_t class_id = 77;
		struct bt_err err = {""};
		assert_false(
		    bt_policy_add_class(builder, rows[i].members, rows[i].count, &class_id, &err));
		assert_int_equal(class_id, 77);
		assert_string_not_equal(err.text, "");
	}
	bt_policy_builder_free(&builder);
	assert_null(builder);
	bt_policy_builder_free(&builder);
}

static void refuses_settings(void **state)
{
	(void)state;
	struct bt_sinkhole bad = sinkhole;
	struct bt_policy_builder *builder = NULL;
	bad.ttl = BT_TTL_MAX;
	assert_true(bt_policy_builder_new(&builder, &bad, NULL));
	close_built(build(builder));
	bad.ttl = BT_TTL_MAX + 1;
	assert_false(bt_policy_builder_new(&builder, &bad, NULL));
	bad.ttl = 1;
	bad.ede = BT_EDE_TEXT + 1;
	assert_false(bt_policy_builder_new(&builder, &bad, NULL));
}

static void limits_pairs(void **state)
{
	(void)state;
	struct bt_pair *many = calloc(BT_PAIRS_MAX + 1, sizeof(*many));
	assert_non_null(many);
	for (unsigned i = 0; i <= BT_PAIRS_MAX; i++)
		many[i] = (struct bt_pair){"hash", "0"};
	struct bt_policy_builder *builder = new_builder();
	uint32_t meta;
	struct bt_err err = {""};
	assert_false(bt_policy_add_meta(builder, many, BT_PAIRS_MAX + 1, &meta, &err));
	assert_non_null(strstr(err.text, "more than 65535"));
	assert_true(bt_policy_add_meta(builder, many, BT_PAIRS_MAX, &meta, NULL));
	assert_true(bt_policy_add_meta(builder, many, 2, &meta, NULL));
	free(many);

	uint8_t *bytes;
	size_t size;
	assert_true(bt_policy_build(builder, (void **)&bytes, &size, NULL));
	bt_policy_builder_free(&builder);
	struct bt_policy *policy = open_bytes(bytes, size);
	assert_int_equal(bt_policy_meta_size(policy, 1), BT_PAIRS_MAX);
	bt_policy_close(&policy);
	bytes[72 + 4 + 8] += 1; /* where the second entry begins: one pair more for the first */
	bytes[72 + 4 + 8 + 1] += 1;
	bytes[72 + 4 + 8 + 2] += 1;
	assert_false(bt_policy_open(&policy, bytes, size, &err));
	assert_non_null(strstr(err.text, "entry 1 has more than 65535"));
	free(bytes);
}

/* ---- the bytes ---- */

/* The example of doc/policy-format.md. */
/* clang-format off */
static const uint8_t sample[] = {
    'B', 'T', 'P', 'O', 'L', 'I', 'C', 'Y',             /* 0: magic */
    1, 0, 0, 0, 2, 0, 0, 0,                             /* 8: version, lists */
    0x1a, 1, 0, 0, 0, 0, 0, 0,                          /* 16: size */
    2, 0, 0, 0, 3, 0, 0, 0, 3, 0, 0, 0, 4, 0, 0, 0,     /* 24: classes, members, metas, pairs */
    0x3e, 0, 0, 0, 10, 0, 0, 0,                         /* 40: strings, TTL */
    2, 3, 0, 0, 192, 0, 2, 1,                           /* 48: EDE, flags, zero, IPv4 */
    0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, /* 56: IPv6 */
    0x19, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,  /* 72: list 0: name, meta, action */
    21, 0, 0, 0, 0, 0, 0, 0, 0, 0xd1, 0x24, 0x64, 0, 0, 0, 0,
    0x1d, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0,  /* 104: list 1 */
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 1, 0, 0, 0, 3, 0, 0, 0,                 /* 136: class index */
    2, 0, 0, 0, 0, 0, 3, 0,                             /* 148: members */
    0, 0, 0, 0, 0, 0, 1, 0,
    0, 0, 0, 0, 1, 0, 2, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 4, 0, 0, 0,     /* 172: meta index */
    1, 0, 0, 0, 7, 0, 0, 0,                             /* 188: pairs */
    0x0f, 0, 0, 0, 0x13, 0, 0, 0,
    0x22, 0, 0, 0, 0x29, 0, 0, 0,
    0x0f, 0, 0, 0, 0x38, 0, 0, 0,
    0,                                                  /* 220: strings */
    'a', 'c', 't', 'o', 'r', 0,
    'L', 'a', 'z', 'a', 'r', 'u', 's', 0,
    't', 'l', 'p', 0,
    'c', 'l', 'e', 'a', 'r', 0,
    '3', 'c', 'x', 0,
    'o', 'u', 'r', 's', 0,
    'f', 'a', 'm', 'i', 'l', 'y', 0,
    'S', 'm', 'o', 'o', 't', 'h', 'O', 'p', 'e', 'r', 'a', 't', 'o', 'r', 0,
    'a', 'm', 'b', 'e', 'r', 0,
};
/* clang-format on */

static void has_documented_bytes(void **state)
{
	(void)state;
	for (int round = 0; round < 2; round++) {
		struct bt_policy_builder *builder = build_sample();
		void *bytes;
		size_t size;
		assert_true(bt_policy_build(builder, &bytes, &size, NULL));
		bt_policy_builder_free(&builder);
		assert_int_equal(size, sizeof(sample));
		assert_memory_equal(bytes, sample, size);
		free(bytes);
	}
}

/* ---- bytes that are no policy ---- */

/* Opens a copy that ends where its memory ends; NULL if it is refused. */
static struct bt_policy *try_open(const uint8_t *bytes, size_t size, struct bt_err *err)
{
	uint8_t *copy = malloc(size > 0 ? size : 1);
	assert_non_null(copy);
	memcpy(copy, bytes, size);
	struct bt_policy *policy = NULL;
	if (!bt_policy_open(&policy, copy, size, err))
		free(copy);
	return policy;
}

/* Reads all that can be read. */
static size_t use(const struct bt_policy *policy)
{
	size_t sum = bt_policy_sinkhole(policy)->ttl;
	for (unsigned i = 0; i < bt_policy_lists(policy); i++) {
		struct bt_list_info list = bt_policy_list(policy, i);
		sum += strlen(list.name) + strlen(bt_action_name(list.action)) +
		       (size_t)bt_policy_find_list(policy, list.name);
	}
	for (uint32_t i = 0; i < bt_policy_classes(policy); i++) {
		struct bt_match match = {.class_id = i, .labels = 2};
		sum += bt_policy_decide(policy, 0, &match, 1, 2).labels;
		sum += bt_policy_decide(policy, 0, &match, 1, 3).labels;
		for (unsigned j = 0; j < bt_policy_class_size(policy, i); j++) {
			struct bt_member member = bt_policy_member(policy, i, j);
			const char *value = bt_policy_value(policy, member, "tlp");
			sum += strlen(bt_scope_name(member.scope)) + (value != NULL);
			for (unsigned k = 0; k < bt_policy_meta_size(policy, member.meta); k++)
				sum += strlen(bt_policy_pair(policy, member.meta, k).key) +
				       strlen(bt_policy_pair(policy, member.meta, k).value);
		}
	}
	return sum;
}

/* Each rule of the format, broken alone. */
static const struct {
	size_t at;
	unsigned value; /* of four octets, or of `octets` */
	unsigned octets;
	const char *reason;
} broken[] = {
    {0, 'b', 1, "does not begin with"},
    {8, 2, 4, "version 2"},
    {8, 0, 4, "version 0"},
    {12, BT_LISTS_MAX + 1, 4, "1025 lists"},
    {12, 3, 4, "its sections need"},
    {16, 0x1c, 4, "its sections need"},
    {20, 1, 4, "its sections need"},
    {24, 3, 4, "its sections need"},
    {24, UINT32_MAX, 4, "its sections need"},
    {28, UINT32_MAX, 4, "its sections need"},
    {32, 0, 4, "lacks the empty metadata"},
    {36, UINT32_MAX, 4, "its sections need"},
    {40, 0, 4, "the empty string"},
    {44, BT_TTL_MAX + 1, 4, "TTL of 86401"},
    {48, 3, 1, "EDE mode 3"},
    {49, 4, 1, "unknown flags"},
    {49, 1, 1, "address without its flag"},
    {49, 2, 1, "address without its flag"},
    {50, 1, 1, "unknown flags"},
    {51, 1, 1, "unknown flags"},
    /* list 0 */
    {72, 0x3e, 4, "name of list 0 is no string"},
    {72, UINT32_MAX, 4, "name of list 0 is no string"},
    {72, 0x1a, 4, "name of list 0 is no string"}, /* the middle of one */
    {72, 0, 4, "name of list 0 has 0 characters"},
    {104, 0x19, 4, "two lists are named 3cx"},
    {76, 3, 4, "list 3cx"},
    {80, BT_ACTIONS, 1, "list 3cx"},
    {81, BT_EVENTS_OFF + 1, 1, "list 3cx"},
    {82, 1, 1, "list 3cx"},
    {87, 1, 1, "list 3cx"},
    /* classes */
    {136, 1, 4, "index of classes"},
    {140, 0, 4, "index of classes"},
    {140, 3, 4, "index of classes"},
    {140, UINT32_MAX, 4, "index of classes"},
    {144, 2, 4, "index of classes"},
    {144, 4, 4, "index of classes"},
    /* members */
    {148, 3, 4, "class 0"},
    {152, 2, 2, "class 0"},
    {154, 0, 1, "class 0"},
    {154, 4, 1, "class 0"},
    {155, 1, 1, "class 0"},
    {160, 1, 2, "class 1"}, /* two of one list */
    {168, 0, 2, "class 1"},
    /* metadata */
    {172, 1, 4, "index of metadata"},
    {176, 1, 4, "index of metadata"},
    {180, 0, 4, "index of metadata"},
    {180, 4, 4, "index of metadata"},
    {180, UINT32_MAX, 4, "index of metadata"},
    {184, 3, 4, "index of metadata"},
    {188, 0x3e, 4, "pair 0"},
    {192, 2, 4, "pair 0"},
    {216, UINT32_MAX, 4, "pair 3"},
    /* strings */
    {220, 'x', 1, "do not begin"},
    {281, 'x', 1, "do not end"},
    {221, '\n', 1, "control character or broken UTF-8 in the strings at 1"},
    {221, 0x7f, 1, "strings at 1"},
    {226, 0xc3, 1, "strings at 6"},
};

static void refuses_broken_rules(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(broken) / sizeof(*broken); i++) {
		uint8_t bytes[sizeof(sample)];
		memcpy(bytes, sample, sizeof(bytes));
		for (unsigned j = 0; j < broken[i].octets; j++)
			bytes[broken[i].at + j] = (uint8_t)(broken[i].value >> (8 * j));
		struct bt_err err = {""};
		if (try_open(bytes, sizeof(bytes), &err) != NULL)
			fail_msg("%u at %zu was taken", broken[i].value, broken[i].at);
		if (strncmp(err.text, "policy: ", 8) != 0 ||
		    strstr(err.text, broken[i].reason) == NULL)
			fail_msg("%u at %zu: '%s' does not say '%s'", broken[i].value, broken[i].at,
			    err.text, broken[i].reason);
	}
}

static void refuses_other_sizes(void **state)
{
	(void)state;
	uint8_t longer[sizeof(sample) + 1] = {0};
	memcpy(longer, sample, sizeof(sample));
	for (size_t size = 0; size <= sizeof(longer); size++) {
		struct bt_err err = {""};
		struct bt_policy *policy = try_open(longer, size, &err);
		assert_int_equal(policy != NULL, size == sizeof(sample));
		if (policy != NULL)
			close_built(policy);
		else
			assert_string_not_equal(err.text, "");
	}
}

/* Every value of every octet: refused, or as safe to read as any other policy. */
static void survives_changes(void **state)
{
	(void)state;
	unsigned taken = 0;
	size_t sum = 0;
	for (size_t at = 0; at < sizeof(sample); at++) {
		for (unsigned value = 0; value < 256; value++) {
			uint8_t bytes[sizeof(sample)];
			memcpy(bytes, sample, sizeof(bytes));
			bytes[at] = (uint8_t)value;
			struct bt_policy *policy = try_open(bytes, sizeof(bytes), NULL);
			if (policy == NULL)
				continue;
			taken++;
			sum += use(policy);
			close_built(policy);
		}
	}
	assert_true(taken > sizeof(sample) && sum > 0);
}

static void survives_many_changes(void **state)
{
	(void)state;
	for (int round = 0; round < 50000; round++) {
		uint8_t bytes[sizeof(sample)];
		memcpy(bytes, sample, sizeof(bytes));
		for (unsigned changes = 1 + random_below(4); changes > 0; changes--) {
			static const uint8_t common[] = {0, 1, 2, 3, 4, 0x7f, 0xff};
			unsigned at = random_below(sizeof(sample));
			bytes[at] = random_below(2) == 0 ? common[random_below(7)]
							 : sample[random_below(sizeof(sample))];
		}
		struct bt_policy *policy = try_open(bytes, sizeof(bytes), NULL);
		if (policy == NULL)
			continue;
		assert_in_range(use(policy), 0, SIZE_MAX);
		close_built(policy);
	}
}

/* ---- small things ---- */

static void covers(void **state)
{
	(void)state;
	for (unsigned listed = 0; listed < 5; listed++) {
		for (unsigned name = 0; name < 5; name++) {
			bool is = listed == name, above = listed < name;
			assert_int_equal(bt_scope_covers(BT_SCOPE_EXACT, listed, name), is);
			assert_int_equal(bt_scope_covers(BT_SCOPE_BELOW, listed, name), above);
			assert_int_equal(
			    bt_scope_covers(BT_SCOPE_SUBTREE, listed, name), is || above);
			assert_false(bt_scope_covers(0, listed, name));
		}
	}
}

static void names_things(void **state)
{
	(void)state;
	for (int i = 0; i < BT_ACTIONS; i++)
		assert_int_equal(bt_action_from_name(bt_action_name((enum bt_action)i)), i);
	assert_string_equal(bt_action_name(BT_ACTION_SINKHOLE), "sinkhole");
	assert_string_equal(bt_action_name(BT_ACTIONS), "unknown");
	assert_int_equal(bt_action_from_name("block"), -1);
	assert_int_equal(bt_action_from_name(""), -1);
	for (uint8_t i = BT_SCOPE_EXACT; i <= BT_SCOPE_SUBTREE; i++)
		assert_int_equal(bt_scope_from_name(bt_scope_name(i)), i);
	assert_string_equal(bt_scope_name(BT_SCOPE_SUBTREE), "subtree");
	assert_string_equal(bt_scope_name(0), "unknown");
	assert_string_equal(bt_scope_name(4), "unknown");
	assert_int_equal(bt_scope_from_name("all"), -1);
}

int main(void)
{
	const char *seed = getenv("BT_SEED");
	random_state = seed != NULL ? strtoull(seed, NULL, 10) : (uint64_t)time(NULL);
	print_message("BT_SEED=%ju\n", (uintmax_t)random_state);

	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(decides),
	    cmocka_unit_test(decides_as_the_oracle),
	    cmocka_unit_test(keeps_everything),
	    cmocka_unit_test(has_no_addresses),
	    cmocka_unit_test(keeps_equals_once),
	    cmocka_unit_test(counts_names),
	    cmocka_unit_test(renumbers),
	    cmocka_unit_test(cleans_metadata),
	    cmocka_unit_test(refuses_lists),
	    cmocka_unit_test(refuses_classes),
	    cmocka_unit_test(refuses_settings),
	    cmocka_unit_test(limits_pairs),
	    cmocka_unit_test(has_documented_bytes),
	    cmocka_unit_test(refuses_broken_rules),
	    cmocka_unit_test(refuses_other_sizes),
	    cmocka_unit_test(survives_changes),
	    cmocka_unit_test(survives_many_changes),
	    cmocka_unit_test(covers),
	    cmocka_unit_test(names_things),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
