/* SPDX-License-Identifier: BSD-3-Clause */
/* test-policy.c -- verdicts, and what a policy is built of; its bytes: test-policy-bytes.c */

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "event.h"
#include "policies.h"
#include "random.h"
#include "trie.h"

static uint64_t seed;

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

    {"an exception takes its list out", 3, "2:sink+subtree 3:sink+except-subtree", "-"},
    {"and no other", 3, "2:sink+subtree,nx+subtree 3:sink+except-subtree", "2 nx"},
    {"below the exception, too", 4, "2:sink+except-subtree 3:sink+subtree", "-"},
    {"not where it does not cover", 3, "2:sink+subtree 3:sink+except-below", "2 sink"},
    {"on the name alone", 3, "3:sink+subtree+except-exact", "-"},
    {"on the name alone, not below", 4, "3:sink+subtree+except-exact", "3 sink"},
    {"an exception lists nothing", 3, "3:sink+except-subtree", "-"},
    {"what is important stays", 3, "2:sink+important-subtree 3:sink+except-subtree", "2 sink"},
    {"what is important is where it is important", 3, "3:sink+important-exact+except-subtree",
	"3 sink"},
    {"and nowhere else", 4, "3:sink+subtree+important-exact+except-subtree", "-"},
    {"an important exception takes all out", 3,
	"2:sink+important-subtree 3:sink+important-except-exact", "-"},
    {"an exception of a log list", 3, "2:trial+subtree 3:trial+except-subtree", "-"},
    {"which lets nobody else's name pass", 3, "2:nx+subtree 3:trial+except-subtree", "2 nx"},
    {"an exception of what is allowed", 3, "2:nx+subtree 3:ours+subtree+except-exact", "2 nx"},
};

static struct bt_member parse_member(const char *text)
{
	char list[16], scope[BT_SCOPE_TEXT], again[BT_SCOPE_TEXT];
	assert_int_equal(sscanf(text, "%15[^+]+%79[a-z+-]", list, scope), 2);
	struct bt_member member = {.scope = (uint8_t)bt_scope_from_text(scope)};
	assert_int_equal(bt_scope_from_text(bt_scope_text(again, member.scope)), member.scope);
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

/* An event has what counts, in the order of the decision: not what a list excepts. */
static void notes_what_counts(void **state)
{
	static const struct {
		const char *third; /* of the matches */
		unsigned noted;
	} rows[] = {{"3:sink+except-subtree", 1}, {"3:ours+below", 2}};
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct bt_policy_builder *builder = new_builder();
		for (size_t j = 0; j < sizeof(table_lists) / sizeof(*table_lists); j++)
			add_list(builder, table_lists[j].name, table_lists[j].action);
		const struct bt_match matches[] = {parse_match(builder, "1:sink+subtree"),
		    parse_match(builder, "2:nx+subtree"), parse_match(builder, rows[i].third)};
		struct bt_policy *policy = build(builder);
		struct bt_verdict verdict = bt_policy_decide(policy, 0, matches, 3, 3);
		struct bt_event event = {.match_count = 0};
		assert_int_equal(verdict.labels, 2);
		bt_event_note_matches(&event, policy, &verdict, matches, 3, 3);
		assert_int_equal(event.match_count, rows[i].noted);
		assert_int_equal(event.matches[0].labels, 2);
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

/* Most lists have no exceptions. */
static uint8_t random_scope(void)
{
	unsigned listed = 1 + random_below(&seed, 3);
	if (random_below(&seed, 4) != 0)
		return (uint8_t)listed;
	unsigned both = random_below(&seed, 16);
	both = both == 0 ? listed : both;
	return (uint8_t)(both | (random_below(&seed, 16) & both) << 4);
}

static unsigned random_members(struct bt_member *members)
{
	unsigned count = 0;
	while (count == 0)
		for (unsigned list = 0; list < LISTS; list++)
			if (random_below(&seed, 3) == 0)
				members[count++] = (struct bt_member){
				    .list = (uint16_t)list, .scope = random_scope()};
	return count;
}

/* Where, of the parts of a scope, these bits cover the name. */
static bool part_covers(unsigned scope, unsigned at, bool is_name)
{
	return (scope >> at & (is_name ? BT_SCOPE_EXACT : BT_SCOPE_BELOW)) != 0;
}

/* Whether a list is out for the name: by its exceptions, 1, by its important ones, 2. */
static unsigned oracle_excepts(const struct bt_policy *policy, const struct bt_match *matches,
    unsigned count, unsigned labels, unsigned list)
{
	unsigned out = 0;
	for (unsigned i = 0; i < count; i++)
		for (unsigned j = 0; j < bt_policy_class_size(policy, matches[i].class_id); j++) {
			struct bt_member m = bt_policy_member(policy, matches[i].class_id, j);
			bool is_name = matches[i].labels == labels;
			if (m.list == list)
				out |= part_covers(m.scope, 2, is_name) * 1u |
				       part_covers(m.scope, 6, is_name) * 2u;
		}
	return out;
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
			unsigned out = oracle_excepts(policy, matches, count, labels, m.list);
			if (!part_covers(m.scope, 0, is_name) || out >= 2 ||
			    (out == 1 && !part_covers(m.scope, 4, is_name)))
				continue;
			claims[n++] = (struct claim){
			    .log = action == BT_ACTION_LOG,
			    .labels = matches[i].labels,
			    .wide = (m.scope & 3) != BT_SCOPE_EXACT,
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
			    random_below(&seed, 2) == 0 ? often[random_below(&seed, 2)]
							: random_below(&seed, BT_ACTIONS));
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
			unsigned count = 0, labels = random_below(&seed, 6);
			for (unsigned i = 0; i <= labels; i++)
				if (random_below(&seed, 3) == 0)
					matches[count++] = (struct bt_match){.labels = (uint8_t)i,
					    .class_id = classes[random_below(&seed, CLASSES)]};
			struct bt_verdict verdict =
			    bt_policy_decide(policy, 0, matches, count, labels);
			unsigned n = all_claims(policy, matches, count, labels, claims);
			assert_int_equal(verdict.listed, n > 0);
			if (n == 0)
				continue;
			assert_int_equal(verdict.labels, claims[0].labels);
			assert_int_equal(verdict.by.list, claims[0].list);
			assert_int_equal((verdict.by.scope & 3) == BT_SCOPE_EXACT, !claims[0].wide);
			assert_int_equal(
			    verdict.action, bt_policy_list(policy, verdict.by.list).action);
		}
		close_built(policy);
	}
}

/* ---- what is put in comes out ---- */

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

	assert_true(bt_policy_enabled(policy));
	assert_int_equal(bt_policy_local_class(policy), 2);

	assert_int_equal(bt_policy_lists(policy), 3);
	struct bt_list_info list = bt_policy_list(policy, 0);
	assert_string_equal(list.name, "3cx");
	assert_int_equal(list.action, BT_ACTION_SINKHOLE);
	assert_int_equal(list.entries, 21);
	assert_int_equal(list.modified, 1680134400);
	assert_int_equal(list.sinkhole->ipv4[0], 198);
	assert_int_equal(list.sinkhole->ttl, 60);
	assert_int_equal(list.sinkhole->ede, BT_EDE_TEXT);
	assert_false(list.sinkhole->has_ipv6);
	assert_ptr_equal(bt_policy_list(policy, 1).sinkhole, s);
	assert_int_equal(bt_policy_find_list(policy, "ours"), 1);
	assert_int_equal(bt_policy_find_list(policy, BT_LOCAL_LIST), 2);
	assert_int_equal(bt_policy_find_list(policy, "our"), -1);

	assert_int_equal(bt_policy_classes(policy), 3);
	assert_int_equal(bt_policy_class_size(policy, 0), 1);
	assert_int_equal(bt_policy_class_size(policy, 1), 2);
	assert_int_equal(bt_policy_class_size(policy, 2), 1);
	assert_int_equal(bt_policy_class_size(policy, 3), 0);
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
	bt_policy_count_name(builder, 3);     /* no such class */
	bt_policy_set_entries(builder, 3, 5); /* no such list */
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
	const struct bt_sinkhole slow = {.ttl = BT_TTL_MAX + 1};
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
	    {{.name = "x", .sinkhole = &slow}, "list x: TTL of 86401 s"},
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
	    {{{.list = 0, .scope = 0x10}}, 1},
	    {{{.list = 0, .scope = 0x13 | 0x40}}, 1},
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
	/* where the second entry begins: one pair more for the first; before it are the header, a
	   sinkhole, a group, the index of no classes and two numbers */
	uint8_t *begin = bytes + 72 + 28 + 4 + 4 + 8;
	for (int i = 0; i < 3; i++)
		begin[i] += 1;
	assert_false(bt_policy_open(&policy, bytes, size, &err));
	assert_non_null(strstr(err.text, "entry 1 has more than 65535"));
	free(bytes);
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
	seed = random_seed();
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(decides),
	    cmocka_unit_test(notes_what_counts),
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
	    cmocka_unit_test(covers),
	    cmocka_unit_test(names_things),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
