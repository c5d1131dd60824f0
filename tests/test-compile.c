/* SPDX-License-Identifier: BSD-3-Clause */
/* test-compile.c -- lists in a folder to a trie that answers */

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "compiles.h"

/* ---- tests ---- */

static void compiles_lists(void **state)
{
	(void)state;
	struct run run = {0};
	add(&run, "domains", put("a.txt", "evil.com\n# a comment\nWWW.Bad.example.\n", 1000), 0);
	add(&run, "hosts", put("b.txt", "0.0.0.0 ads.example.net\n0.0.0.0 evil.com\n", 2000),
	    BT_ACTION_NXDOMAIN);
	add(&run, "yaml",
	    put("c.yaml",
		"campaign: Big\nactor: Somebody\n"
		"indicators:\n"
		"  - one[.]org\n"
		"  - {domain: two.org, family: Small, actor: Else}\n"
		"  - {domain: three.org, scope: exact}\n",
		3000),
	    0);
	add(&run, "ours", put("d.txt", "good.evil.com\n", 4000), BT_ACTION_ALLOW);
	run.lists[1].events = BT_EVENTS_COUNT;
	compile_and_open(&run);
	assert_int_equal(run.result.entries, 8);
	assert_int_equal(run.result.names, 7);
	assert_int_equal(run.result.duplicates, 0);
	assert_int_equal(run.result.bad, 0);
	assert_int_equal(bt_trie_names(run.trie), 7);

	/* what covers, and who decides */
	assert_string_equal(decider(&run, "www.evil.com"), "domains");
	assert_string_equal(decider(&run, "evil.com"), "hosts"); /* exact before subtree */
	assert_string_equal(decider(&run, "x.good.evil.com"), "ours");
	assert_string_equal(decider(&run, "www.bad.example"), "domains");
	assert_string_equal(decider(&run, "bad.example"), "-");
	assert_string_equal(decider(&run, "ads.example.net"), "hosts");
	assert_string_equal(decider(&run, "x.ads.example.net"), "-");
	assert_string_equal(decider(&run, "x.one.org"), "yaml");
	assert_string_equal(decider(&run, "three.org"), "yaml");
	assert_string_equal(decider(&run, "x.three.org"), "-");

	/* metadata: the indicator's, else its list's */
	assert_string_equal(value(&run, "one.org", "campaign"), "Big");
	assert_string_equal(value(&run, "one.org", "actor"), "Somebody");
	assert_string_equal(value(&run, "two.org", "actor"), "Else");
	assert_string_equal(value(&run, "two.org", "family"), "Small");
	assert_string_equal(value(&run, "two.org", "campaign"), "Big");
	assert_string_equal(value(&run, "one.org", "family"), "-");
	assert_string_equal(value(&run, "www.evil.com", "campaign"), "-");
	assert_string_equal(value(&run, "good.evil.com", "campaign"), "-");

	/* the lists, in their order */
	const struct bt_policy *policy = bt_trie_policy(run.trie);
	assert_int_equal(bt_policy_classes(policy), run.result.classes);
	assert_int_equal(run.result.lists, 4);
	assert_int_equal(bt_policy_lists(policy), 5); /* and that of local decisions */
	static const unsigned entries[] = {2, 2, 3, 1};
	for (unsigned i = 0; i < 4; i++) {
		struct bt_list_info list = bt_policy_list(policy, i);
		assert_string_equal(list.name, run.lists[i].name);
		assert_int_equal(list.action, run.lists[i].action);
		assert_int_equal(list.events, run.lists[i].events);
		assert_int_equal(list.entries, entries[i]);
		assert_int_equal(list.modified, 1000 * (i + 1));
	}
	assert_int_equal(bt_policy_sinkhole(policy)->ttl, 10);

	struct bt_list_info local = bt_policy_list(policy, 4);
	assert_string_equal(local.name, BT_LOCAL_LIST);
	assert_int_equal(local.action, BT_ACTION_SINKHOLE);
	assert_int_equal(local.entries, 0);
	assert_int_equal(local.modified, 0);
	assert_int_equal(bt_policy_local_class(policy), bt_policy_classes(policy) - 1); /* unused */
	assert_int_equal(bt_policy_member(policy, bt_policy_local_class(policy), 0).list, 4);
	bt_trie_close(&run.trie);
}

static void merges_names(void **state)
{
	(void)state;
	struct run run = {0};
	add(&run, "one", put("a.txt", "x.com\ny.com\nX.com.\nx.com\n", 1), 0);
	add(&run, "two", put("b.txt", "x.com\nz.com\n", 1), 0);
	compile_and_open(&run);
	assert_int_equal(run.result.entries, 6);
	assert_int_equal(run.result.names, 3);
	assert_int_equal(run.result.duplicates, 2);
	assert_int_equal(run.result.classes, 4); /* with that of local decisions */
	const struct bt_policy *policy = bt_trie_policy(run.trie);
	assert_int_equal(bt_policy_list(policy, 0).entries, 2); /* repeats do not count */
	assert_int_equal(bt_policy_list(policy, 1).entries, 2);

	struct bt_verdict verdict = ask(&run, "x.com");
	assert_int_equal(bt_policy_class_size(policy, verdict.class_id), 2);
	assert_int_equal(bt_policy_member(policy, verdict.class_id, 0).list, 0);
	assert_int_equal(bt_policy_member(policy, verdict.class_id, 1).list, 1);
	assert_int_equal(verdict.by.list, 0);
	bt_trie_close(&run.trie);
}

static void overrides_scope(void **state)
{
	(void)state;
	struct run run = {0};
	char *domains = put("a.txt", "a.com\n", 1);
	char *hosts = put("b.txt", "0.0.0.0 b.com\n", 1);
	add(&run, "domains", domains, 0);
	add(&run, "hosts", hosts, 0);
	run.lists[0].scope = BT_SCOPE_EXACT;
	run.lists[1].scope = BT_SCOPE_BELOW;
	compile_and_open(&run);
	assert_string_equal(decider(&run, "a.com"), "domains");
	assert_string_equal(decider(&run, "x.a.com"), "-");
	assert_string_equal(decider(&run, "b.com"), "-");
	assert_string_equal(decider(&run, "x.b.com"), "hosts");
	bt_trie_close(&run.trie);
}

/* Neighbours with equal metadata share one entry; what only looks alike does not. */
static void shares_metadata(void **state)
{
	(void)state;
	struct run run = {0};
	add(&run, "yaml",
	    put("a.yaml",
		"indicators:\n"
		"  - {domain: a.com, family: ab, actor: c}\n"
		"  - {domain: b.com, family: ab, actor: c}\n"
		"  - {domain: c.com, family: a, actor: bc}\n"
		"  - {domain: d.com, family: ab}\n"
		"  - {domain: e.com, family: ab, actor: c, note: x}\n"
		"  - {domain: f.com, family: ab, actor: c}\n"
		"  - g.com\n"
		"  - {domain: h.com, family: ab, actor: c}\n",
		1),
	    0);
	compile_and_open(&run);
	uint32_t meta = ask(&run, "a.com").by.meta;
	assert_int_equal(ask(&run, "b.com").by.meta, meta);
	assert_int_not_equal(ask(&run, "c.com").by.meta, meta);
	assert_int_not_equal(ask(&run, "d.com").by.meta, meta);
	assert_int_not_equal(ask(&run, "e.com").by.meta, meta);
	assert_int_equal(ask(&run, "f.com").by.meta, meta);
	assert_int_equal(ask(&run, "g.com").by.meta, 0);
	assert_int_equal(ask(&run, "h.com").by.meta, meta);
	assert_int_equal(run.result.classes, 6);
	assert_string_equal(value(&run, "c.com", "actor"), "bc");
	assert_string_equal(value(&run, "d.com", "actor"), "-");
	bt_trie_close(&run.trie);
}

static void reports_bad_lines(void **state)
{
	(void)state;
	struct run run = {0};
	add(&run, "one", put("a.txt", "a.com\na..com\nb.com\n", 1), 0);
	add(&run, "two", put("b.txt", "not a name\nc.com\n", 1), 0);
	compile_and_open(&run);
	assert_int_equal(run.result.bad, 2);
	assert_int_equal(run.bad_count, 2);
	assert_int_equal(run.result.entries, 3);
	assert_int_equal(strncmp(run.bad, "a.txt:2: ", 9), 0);
	assert_non_null(strstr(run.bad, "\nb.txt:1: "));
	assert_string_equal(decider(&run, "b.com"), "one");
	assert_string_equal(decider(&run, "c.com"), "two");
	bt_trie_close(&run.trie);
}

/* All bad lines of the list are told; the first is the reason. */
static void is_strict(void **state)
{
	(void)state;
	char *good = put("a.txt", "a.com\n", 1);
	char *bad = put("b.txt", "b.com\nb..com\nc..com\n", 1);
	struct run run = {.strict = true};
	add(&run, "good", good, 0);
	compile_and_open(&run);
	bt_trie_close(&run.trie);

	struct run failing = {.strict = true};
	add(&failing, "good", good, 0);
	add(&failing, "bad", bad, 0);
	expect_failure(&failing, bad, ":2: ");
	assert_int_equal(failing.bad_count, 2);
	assert_non_null(strstr(failing.bad, "b.txt:3: "));
}

static void fails_without_a_list(void **state)
{
	(void)state;
	static const char *const bad[] = {"missing", "empty", "comments", "bad", "folder"};
	char *good = put("good", "a.com\n", 1);
	put("empty", "", 1);
	put("comments", "# nothing\n\n", 1);
	put("bad", "a..b\n", 1);
	assert_int_equal(symlink(".", in_folder("folder")), 0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct run run = {0};
		add(&run, "good", good, 0);
		add(&run, "bad", in_folder(bad[i]), 0);
		expect_failure(&run, in_folder(bad[i]), ": ");
	}
	struct run none = {0};
	expect_failure(&none, "", "no lists");
}

static void refuses_equal_names(void **state)
{
	(void)state;
	struct run run = {0};
	add(&run, "same", put("a.txt", "a.com\n", 1), 0);
	add(&run, "same", put("b.txt", "b.com\n", 1), 0);
	expect_failure(&run, "list same: ", "two lists");
}

/*
 * The bytes depend on what the lists hold and when they changed; not on where they are, on the
 * order of their lines, or on the time of day.
 */
static void gives_equal_bytes(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		time_t modified;
		bool equal;
	} rows[] = {
	    {"a.com\nb.com\nx.a.com\n", 1000, true},
	    {"x.a.com\nb.com\n\nA.com\n", 1000, true},
	    {"a.com\nb.com\nx.a.com\n", 1001, false},
	    {"a.com\nb.com\ny.a.com\n", 1000, false},
	};
	struct run first = {0};
	add(&first, "list", put("first.txt", rows[0].text, rows[0].modified), 0);
	compile_and_open(&first);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct run run = {0};
		add(&run, "list", put("second.txt", rows[i].text, rows[i].modified), 0);
		compile_and_open(&run);
		bool equal =
		    run.size == first.size && memcmp(run.bytes, first.bytes, run.size) == 0;
		assert_int_equal(equal, rows[i].equal);
		assert_int_equal(
		    bt_trie_digest(run.trie) == bt_trie_digest(first.trie), rows[i].equal);
		assert_string_equal(decider(&run, "b.com"), "list");
		bt_trie_close(&run.trie);
	}
	bt_trie_close(&first.trie);
}

/* Lists that are compiled without their dates are the same whenever they changed. */
static void leaves_out_dates(void **state)
{
	(void)state;
	struct run runs[2] = {{.undated = true}, {.undated = true}};
	for (unsigned i = 0; i < 2; i++) {
		add(&runs[i], "list", put(i == 0 ? "a.txt" : "b.txt", "a.com\n", 1000 + i), 0);
		compile_and_open(&runs[i]);
	}
	assert_int_equal(bt_policy_list(bt_trie_policy(runs[0].trie), 0).modified, 0);
	assert_int_equal(runs[0].size, runs[1].size);
	assert_memory_equal(runs[0].bytes, runs[1].bytes, runs[0].size);
	bt_trie_close(&runs[0].trie);
	bt_trie_close(&runs[1].trie);
}

/* Metadata too is numbered by the names, not by where the entries stand; and only what is used. */
static void gives_equal_metadata(void **state)
{
	static const char *const entries[] = {
	    "  - {domain: a.com, family: one}\n",
	    "  - {domain: b.com, family: two, actor: somebody}\n",
	    "  - {domain: c.com, family: one, scope: exact}\n",
	    "  - {domain: d.org, note: [x, y]}\n",
	    "  - {domain: e.org, family: two}\n",
	    "  - {domain: a.com, family: one, actor: nobody}\n",
	};
	enum { ENTRIES = sizeof(entries) / sizeof(*entries) };
	(void)state;
	struct run first = {0};
	for (unsigned turn = 0; turn < ENTRIES - 1; turn++) {
		char text[512] = "campaign: Big\nindicators:\n";
		for (unsigned i = 0; i < ENTRIES - 1; i++) /* in every place each */
			strcat(text, entries[(i + turn) % (ENTRIES - 1)]);
		if (turn % 2 == 1) /* a repeat, whose metadata does not stand */
			strcat(text, entries[ENTRIES - 1]);
		struct run run = {0};
		add(&run, "plain", put("a.txt", "c.com\nx.com\n", 1), 0);
		add(&run, "yaml", put("a.yaml", text, 1), 0);
		compile_and_open(&run);
		assert_string_equal(value(&run, "a.com", "actor"), "-");
		assert_string_equal(value(&run, "b.com", "actor"), "somebody");
		assert_string_equal(value(&run, "d.org", "campaign"), "Big");
		if (turn == 0) {
			first = run;
			continue;
		}
		assert_int_equal(run.size, first.size);
		assert_memory_equal(run.bytes, first.bytes, run.size);
		bt_trie_close(&run.trie);
	}
	bt_trie_close(&first.trie);
}

#define DUMP                                                                                       \
	"#beacontrap dump 2\n"                                                                     \
	"#sinkhole\t192.0.2.1\t-\t30\tcode\n"                                                      \
	"#list\tone\tsinkhole\tfull\t1970-01-01T00:16:40Z\t192.0.2.1\t-\t30\tcampaign=Big\n"       \
	"#list\ttwo\tallow\toff\t-\t-\t-\t5\n"

static void compiles_dumps(void **state)
{
	(void)state;
	struct run run = {.dump = put("dump",
			      DUMP "b.com\ttwo\tsubtree\n"
				   "a.com\tone\texact\tfamily=Small\tnote=x\\ty\n"
				   "a.com\tone\texact\tfamily=Other\n"
				   "\\032.a.com\ttwo\tbelow\n"
				   "#end\n",
			      5000)};
	compile_and_open(&run);
	assert_int_equal(run.result.lists, 2);
	assert_int_equal(run.result.entries, 4);
	assert_int_equal(run.result.names, 3);
	assert_int_equal(run.result.duplicates, 1);
	assert_string_equal(decider(&run, "a.com"), "one");
	assert_string_equal(decider(&run, "x.a.com"), "-");
	assert_string_equal(decider(&run, "x.\\032.a.com"), "two");
	assert_string_equal(decider(&run, "x.b.com"), "two");
	assert_string_equal(value(&run, "a.com", "campaign"), "Big");
	assert_string_equal(value(&run, "a.com", "family"), "Small");
	assert_string_equal(value(&run, "a.com", "note"), "x y"); /* as in every policy */
	const struct bt_policy *policy = bt_trie_policy(run.trie);
	assert_int_equal(bt_policy_list(policy, 0).modified, 1000);
	assert_int_equal(bt_policy_list(policy, 1).modified, 0);
	assert_int_equal(bt_policy_list(policy, 1).action, BT_ACTION_ALLOW);
	assert_int_equal(bt_policy_list(policy, 1).events, BT_EVENTS_OFF);
	assert_int_equal(bt_policy_list(policy, 1).entries, 2);
	assert_int_equal(bt_policy_sinkhole(policy)->ttl, 30);
	assert_int_equal(bt_policy_sinkhole(policy)->ede, BT_EDE_CODE);
	assert_true(bt_policy_sinkhole(policy)->has_ipv4);
	assert_false(bt_policy_sinkhole(policy)->has_ipv6);
	assert_ptr_equal(bt_policy_list(policy, 0).sinkhole, bt_policy_sinkhole(policy));
	assert_int_equal(bt_policy_list(policy, 1).sinkhole->ttl, 5);
	assert_false(bt_policy_list(policy, 1).sinkhole->has_ipv4);
	assert_int_equal(bt_policy_local_class(policy), BT_POLICY_NO_CLASS); /* it has no list */
	assert_true(bt_policy_enabled(policy));
	assert_int_equal(bt_policy_groups(policy), 1);
	bt_trie_close(&run.trie);

	struct run none = {.dump = put("dump", DUMP "#end\n", 5000)};
	expect_failure(&none, none.dump, "no names");
	struct run empty = {.dump = put("dump", "#beacontrap dump 2\n#end\n", 5000)};
	expect_failure(&empty, empty.dump, "no names");
	struct run long_name = {.dump = put("dump",
				    "#beacontrap dump 2\n#sinkhole\t-\t-\t1\toff\n"
				    "#list\t\tlog\tfull\t-\t-\t-\t1\na.com\t\texact\n#end\n",
				    5000)};
	expect_failure(&long_name, long_name.dump, ":3: ");
}

/* What a configuration says besides its lists is in the trie; the local list acts as everywhere. */
static void compiles_clients(void **state)
{
	(void)state;
	struct bt_network networks[] = {{.bits = 0}, {.address = {0x20}, .bits = 8}};
	uint8_t exempt[] = {BT_ACTION_NONE, BT_ACTION_NONE},
		log[] = {BT_ACTION_LOG, BT_ACTION_ALLOW};
	struct bt_config_clients clients[] = {
	    {.name = (char[]){"lab"}, .networks = networks, .network_count = 1, .actions = exempt},
	    {.name = (char[]){"guests"},
		.networks = networks + 1,
		.network_count = 1,
		.actions = log},
	};
	const struct bt_config config = {
	    .clients = clients, .clients_count = 2, .forwarders = networks, .forwarder_count = 2};
	struct run run = {.config = &config};
	add(&run, "one", put("a.txt", "a.com\n", 1), 0);
	add(&run, "two", put("b.txt", "b.com\n", 1), BT_ACTION_ALLOW);
	run.lists[0].sinkhole.ttl = 5;
	run.lists[1].sinkhole = (struct bt_sinkhole){.has_ipv4 = true, .ttl = 10};
	compile_and_open(&run);
	const struct bt_policy *policy = bt_trie_policy(run.trie);
	assert_false(bt_policy_enabled(policy));
	assert_int_equal(bt_policy_list(policy, 0).sinkhole->ttl, 5);
	assert_ptr_equal(bt_policy_list(policy, 1).sinkhole, bt_policy_sinkhole(policy));
	assert_ptr_equal(bt_policy_list(policy, 2).sinkhole, bt_policy_sinkhole(policy));
	assert_int_equal(bt_policy_groups(policy), 3);
	assert_string_equal(bt_policy_group_name(policy, 1), "lab");
	assert_int_equal(bt_policy_action(policy, 1, 0), BT_ACTION_NONE);
	assert_int_equal(bt_policy_action(policy, 1, 2), BT_ACTION_SINKHOLE);
	assert_int_equal(bt_policy_action(policy, 2, 0), BT_ACTION_LOG);
	assert_int_equal(bt_policy_action(policy, 2, 1), BT_ACTION_ALLOW);
	assert_int_equal(bt_policy_action(policy, 2, 2), BT_ACTION_SINKHOLE);
	assert_int_equal(bt_policy_group(policy, networks[0].address), 1);
	assert_int_equal(bt_policy_group(policy, networks[1].address), 2);
	assert_int_equal(bt_policy_forwarders(policy), 2);
	bt_trie_close(&run.trie);

	clients[1].networks = networks; /* which are the lab's */
	struct run twice = {.config = &config};
	add(&twice, "one", in_folder("a.txt"), 0);
	add(&twice, "two", in_folder("b.txt"), 0);
	expect_failure(&twice, "network ::/0 ", "in two groups");
}

static void tells_progress(void **state)
{
	(void)state;
	char *path = put("big", "", 1);
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	for (unsigned i = 0; i < 25000; i++)
		fprintf(file, "n%05u.example.com #%24s\n", i, ""); /* 45 octets */
	assert_int_equal(fclose(file), 0);
	struct run run = {0};
	add(&run, "small", put("small", "a.com\n", 1), 0);
	add(&run, "big", path, 0);
	compile_and_open(&run);
	assert_string_equal(run.progress, "small small=100 big big=11 big=23 big=34 big=46 big=58 "
					  "big=69 big=81 big=93 big=100 sorting building ");
	assert_int_equal(run.result.lists, 2);
	assert_int_equal(run.result.names, 25001);
	assert_int_equal(run.result.classes, 3);
	assert_string_equal(decider(&run, "x.n24999.example.com"), "big");
	bt_trie_close(&run.trie);
}

#define IN_A_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    IN_A_FOLDER(compiles_lists),
	    IN_A_FOLDER(merges_names),
	    IN_A_FOLDER(overrides_scope),
	    IN_A_FOLDER(shares_metadata),
	    IN_A_FOLDER(reports_bad_lines),
	    IN_A_FOLDER(is_strict),
	    IN_A_FOLDER(fails_without_a_list),
	    IN_A_FOLDER(refuses_equal_names),
	    IN_A_FOLDER(gives_equal_bytes),
	    IN_A_FOLDER(leaves_out_dates),
	    IN_A_FOLDER(gives_equal_metadata),
	    IN_A_FOLDER(compiles_dumps),
	    IN_A_FOLDER(compiles_clients),
	    IN_A_FOLDER(tells_progress),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
