/* SPDX-License-Identifier: BSD-3-Clause */
/* test-decisions.c -- what was decided here: written, read, asked; and what it does to verdicts */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "build.h"
#include "decide.h"
#include "file.h"
#include "judge.h"
#include "policy-build.h"
#include "random.h"

enum { NOW = 1700000000 };

static char folder[4096], path[8192];
static uint64_t seed;

static int make_folder(void **state)
{
	(void)state;
	const char *tmp = getenv("TMPDIR");
	snprintf(folder, sizeof(folder), "%s/test-decisions.XXXXXX", tmp != NULL ? tmp : "/tmp");
	if (mkdtemp(folder) == NULL)
		return -1;
	snprintf(path, sizeof(path), "%s/" BT_DECISIONS_FILE, folder);
	return 0;
}

static int remove_folder(void **state)
{
	(void)state;
	unlink(path);
	return rmdir(folder);
}

static int forget(void **state)
{
	(void)state;
	unlink(path);
	return 0;
}

static struct bt_key key_of(const char *text)
{
	struct bt_key key;
	assert_int_equal(bt_key_from_text(&key, text, strlen(text)), BT_NAME_OK);
	return key;
}

static struct bt_network network_of(const char *text)
{
	struct bt_network network;
	assert_null(bt_network_read(&network, text));
	return network;
}

static struct bt_decision make(enum bt_decided kind, const char *name, const char *client)
{
	struct bt_decision decision = {.kind = kind, .at = NOW, .author = "", .reason = ""};
	if (name != NULL)
		decision.key = key_of(name);
	if (client != NULL)
		decision.client = network_of(client);
	return decision;
}

static void decide(struct bt_decision decision)
{
	struct bt_err err = {""};
	if (!bt_decide(path, &decision, &err))
		fail_msg("%s", err.text);
}

static struct bt_decisions *load(void)
{
	struct bt_decisions *decisions;
	struct bt_err err = {""};
	if (!bt_decisions_load(&decisions, path, &err))
		fail_msg("%s", err.text);
	return decisions;
}

static void put(const char *text)
{
	struct bt_err err;
	assert_true(bt_file_replace(path, text, strlen(text), 0600, &err));
}

static const struct bt_decision *find(
    const struct bt_decisions *decisions, const char *name, const char *client, int64_t now)
{
	const struct bt_key key = key_of(name);
	uint8_t address[BT_ADDRESS_SIZE];
	assert_true(bt_address_read(address, client));
	return bt_decisions_find(decisions, &key, address, now);
}

/* "allow", "block", or "-". */
static const char *found(
    const struct bt_decisions *decisions, const char *name, const char *client, int64_t now)
{
	const struct bt_decision *decision = find(decisions, name, client, now);
	return decision != NULL ? bt_decided_name(decision->kind) : "-";
}

/* ---- the file ---- */

static void is_none_without_a_file(void **state)
{
	(void)state;
	struct bt_decisions *decisions = load();
	assert_int_equal(decisions->count, 0);
	assert_string_equal(found(decisions, "evil.com", "10.0.0.1", NOW), "-");
	assert_string_equal(found(NULL, "evil.com", "10.0.0.1", NOW), "-");
	bt_decisions_free(&decisions);
	assert_null(decisions);
	bt_decisions_free(&decisions);
}

static void keeps_what_was_decided(void **state)
{
	(void)state;
	struct bt_decision decision =
	    make(BT_DECIDED_ALLOW, "a\\.b\\034\\\\.Evil.com", "10.1.0.0/16");
	decision.until = NOW + 3600;
	decision.author = "alice \"a\" \\";
	decision.reason = "na\xc3\xafve: {x} # y";
	decide(decision);
	struct bt_decisions *decisions = load();
	assert_int_equal(decisions->count, 1);
	const struct bt_decision *read = &decisions->list[0];
	assert_int_equal(read->kind, BT_DECIDED_ALLOW);
	assert_int_equal(read->key.len, decision.key.len);
	assert_memory_equal(read->key.bytes, decision.key.bytes, decision.key.len);
	assert_memory_equal(&read->client, &decision.client, sizeof(read->client));
	assert_int_equal(read->at, NOW);
	assert_int_equal(read->until, NOW + 3600);
	assert_string_equal(read->author, decision.author);
	assert_string_equal(read->reason, decision.reason);
	bt_decisions_free(&decisions);
	struct stat st;
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
}

static void replaces_and_forgets(void **state)
{
	(void)state;
	struct bt_err err = {""};
	unsigned removed = 99;
	const struct bt_key key = key_of("evil.com");
	decide(make(BT_DECIDED_ALLOW, "evil.com", NULL));
	decide(make(BT_DECIDED_ALLOW, "evil.com", "10.0.0.0/8")); /* beside it */
	decide(make(BT_DECIDED_BLOCK, "evil.com", NULL));         /* in its place */
	decide(make(BT_DECIDED_PAUSE, NULL, NULL));
	decide(make(BT_DECIDED_PAUSE, NULL, NULL));
	struct bt_decision past = make(BT_DECIDED_BLOCK, "old.com", NULL);
	past.until = NOW - 1;
	decide(past);
	struct bt_decisions *decisions = load();
	assert_int_equal(decisions->count, 4);
	assert_string_equal(found(decisions, "evil.com", "10.0.0.1", NOW), "allow");
	assert_string_equal(found(decisions, "evil.com", "11.0.0.1", NOW), "block");
	bt_decisions_free(&decisions);

	assert_true(bt_undecide(path, &key, NULL, &removed, &err));
	assert_int_equal(removed, 2);
	assert_true(bt_undecide(path, &key, NULL, &removed, &err));
	assert_int_equal(removed, 0);
	assert_true(bt_undecide(path, NULL, NULL, &removed, &err));
	assert_int_equal(removed, 1);
	decisions = load();
	assert_int_equal(decisions->count, 0); /* what had ended is gone, too */
	bt_decisions_free(&decisions);
}

/* Takes back what is for exactly these clients, about a name or, with NULL, of the pauses. */
static unsigned forget_for(const struct bt_key *key, const char *client)
{
	struct bt_err err = {""};
	unsigned removed = 99;
	const struct bt_network network = network_of(client);
	assert_true(bt_undecide(path, key, &network, &removed, &err));
	return removed;
}

static void forgets_for_some_clients(void **state)
{
	(void)state;
	const struct bt_key key = key_of("evil.com");
	static const char *const clients[] = {NULL, "10.0.0.0/8", "10.1.0.0/16", "0.0.0.0/0"};
	for (size_t i = 0; i < sizeof(clients) / sizeof(*clients); i++) {
		decide(make(BT_DECIDED_ALLOW, "evil.com", clients[i]));
		decide(make(BT_DECIDED_PAUSE, NULL, clients[i]));
	}
	decide(make(BT_DECIDED_BLOCK, "www.evil.com", "10.0.0.0/8"));

	/* neither a network in it, nor one around it */
	assert_int_equal(forget_for(&key, "10.1.2.0/24"), 0);
	assert_int_equal(forget_for(&key, "10.0.0.0/8"), 1);
	assert_int_equal(forget_for(&key, "10.0.0.0/8"), 0);
	assert_int_equal(forget_for(NULL, "10.1.0.0/16"), 1);
	assert_int_equal(forget_for(NULL, "::/0"), 1); /* all clients: the pause without any */
	struct bt_decisions *decisions = load();
	assert_int_equal(decisions->count, 6);
	assert_string_equal(found(decisions, "www.evil.com", "10.0.0.1", NOW), "block");
	bt_decisions_free(&decisions);
	assert_int_equal(forget_for(&key, "::/0"), 1);
	decisions = load();
	assert_int_equal(decisions->count, 5);
	assert_string_equal(found(decisions, "evil.com", "2001:db8::1", NOW), "-");
	assert_string_equal(found(decisions, "evil.com", "10.1.0.1", NOW), "allow");
	bt_decisions_free(&decisions);
}

static void says_what_is_wrong(void **state)
{
	(void)state;
	static const char *const rows[][2] = {
	    {"", "no document"},
	    {"decisions: 3", "1:12: "},
	    {"decision: []", "1:1: unknown key \"decision\""},
	    {"decisions:\n  - { name: a.b }", "2:5: no action"},
	    {"decisions:\n  - { action: allow }", "2:5: no name"},
	    {"decisions:\n  - { action: pause, name: a.b }", "2:5: a pause with a name"},
	    {"decisions:\n  - { action: drop, name: a.b }", "2:15: action \"drop\", expected"},
	    {"decisions:\n  - { action: allow, name: a..b }", "2:28: name \"a..b\""},
	    {"decisions:\n  - { action: allow, name: a, client: 10.0.0.1/8 }",
		"2:39: client \"10.0.0.1/8\", expected zeros"},
	    {"decisions:\n  - { action: allow, name: a, until: tomorrow }",
		"2:38: until \"tomorrow\", expected a time"},
	    {"decisions:\n  - { action: allow, name: a, by: \"x\\ty\" }",
		"2:35: by with a control"},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct bt_decisions *decisions = (void *)&decisions;
		struct bt_err err = {""};
		const struct bt_decision more = make(BT_DECIDED_ALLOW, "x.y", NULL);
		put(rows[i][0]);
		assert_false(bt_decisions_load(&decisions, path, &err));
		assert_ptr_equal(decisions, &decisions);
		if (i > 0 && strstr(err.text, rows[i][1]) == NULL)
			fail_msg("\"%s\" does not say \"%s\"", err.text, rows[i][1]);
		assert_memory_equal(err.text, path, strlen(path));
		/* nobody writes over what he cannot read */
		assert_false(bt_decide(path, &more, &err));
	}
}

/* A decision that could not be read back leaves the file as it was. */
static void writes_only_what_can_be_read(void **state)
{
	(void)state;
	static const struct {
		const char *reason, *author;
		int64_t until;
	} rows[] = {
	    {"caf\xe9", "", 0}, {"", "\x01", 0},
	    {"", "", INT64_C(606605500000)}, /* in the year 21192 */
	};
	const struct bt_decision first = make(BT_DECIDED_ALLOW, "first.example", NULL);
	struct bt_err err;
	unlink(path);
	assert_true(bt_decide(path, &first, &err));
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct bt_decision decision = make(BT_DECIDED_BLOCK, "second.example", NULL);
		struct bt_decisions *decisions;
		decision.reason = rows[i].reason;
		decision.author = rows[i].author;
		decision.until = rows[i].until;
		assert_false(bt_decide(path, &decision, &err));
		assert_non_null(strstr(err.text, "not written"));
		assert_true(bt_decisions_load(&decisions, path, &err));
		assert_int_equal(decisions->count, 1);
		bt_decisions_free(&decisions);
	}
}

/* Each writer's decision is there in the end. */
static void takes_one_writer_at_a_time(void **state)
{
	(void)state;
	enum { WRITERS = 8, EACH = 10 };
	char name[64];
	for (int i = 0; i < WRITERS; i++)
		if (fork() == 0) {
			for (int k = 0; k < EACH; k++) {
				struct bt_err err;
				snprintf(name, sizeof(name), "n%d-%d.example", i, k);
				const struct bt_decision decision = {.kind = BT_DECIDED_BLOCK,
				    .key = key_of(name),
				    .author = "",
				    .reason = ""};
				if (!bt_decide(path, &decision, &err))
					_exit(1);
			}
			_exit(0);
		}
	for (int i = 0, status; i < WRITERS; i++) {
		assert_true(wait(&status) > 0);
		assert_int_equal(status, 0);
	}
	struct bt_decisions *decisions = load();
	assert_int_equal(decisions->count, WRITERS * EACH);
	bt_decisions_free(&decisions);
}

/* ---- what holds ---- */

/* Few names and clients, so that much is about the same. */
static void add_some_name(char text[static 64], uint64_t *random)
{
	text[0] = '\0';
	for (unsigned labels = 1 + random_below(random, 4); labels > 0; labels--) {
		const char label[] = {(char)('a' + random_below(random, 2)), '\0'};
		strcat(text, label);
		strcat(text, labels > 1 ? "." : "");
	}
}

/* The rules of decisions.h, one decision after the other. */
static const struct bt_decision *find_slowly(const struct bt_decisions *d, const struct bt_key *key,
    const uint8_t client[BT_ADDRESS_SIZE], int64_t now)
{
	const struct bt_decision *best = NULL;
	for (unsigned i = 0; i < d->count; i++) {
		const struct bt_decision *x = &d->list[i];
		bool above = x->kind != BT_DECIDED_PAUSE && x->key.len <= key->len &&
			     memcmp(x->key.bytes, key->bytes, x->key.len) == 0;
		if (!above || (x->until != 0 && now >= x->until) ||
		    !bt_network_has(&x->client, client))
			continue;
		if (best == NULL || x->key.len > best->key.len ||
		    (x->key.len == best->key.len && x->kind == BT_DECIDED_ALLOW))
			best = x;
	}
	return best;
}

static void finds_what_holds(void **state)
{
	(void)state;
	static const char *const clients[] = {"0.0.0.0/0", "10.0.0.0/8", "10.1.0.0/16", "::/0"};
	static const char *const askers[] = {"10.1.2.3", "10.2.3.4", "192.0.2.1", "2001:db8::1"};
	uint64_t random = seed;
	for (int round = 0; round < 200; round++) {
		FILE *file = fopen(path, "w");
		assert_non_null(file);
		fprintf(file, "decisions:\n");
		for (unsigned i = 1 + random_below(&random, 12); i > 0; i--) {
			char name[64];
			add_some_name(name, &random);
			fprintf(file, "  - { action: %s, name: %s, client: \"%s\"",
			    random_below(&random, 2) ? "allow" : "block", name,
			    clients[random_below(&random, 4)]);
			if (random_below(&random, 3) == 0)
				fprintf(file, ", until: 2023-11-14T22:13:2%uZ",
				    random_below(&random, 3));
			fprintf(file, " }\n");
		}
		fclose(file);
		struct bt_decisions *decisions = load();
		for (int asked = 0; asked < 100; asked++) {
			char name[64];
			uint8_t client[BT_ADDRESS_SIZE];
			int64_t now = NOW - 2 + random_below(&random, 5);
			add_some_name(name, &random);
			assert_true(bt_address_read(client, askers[random_below(&random, 4)]));
			const struct bt_key key = key_of(name);
			const struct bt_decision *slow = find_slowly(decisions, &key, client, now),
						 *quick = bt_decisions_find(
						     decisions, &key, client, now);
			if ((slow == NULL) != (quick == NULL) ||
			    (slow != NULL &&
				(slow->kind != quick->kind || slow->key.len != quick->key.len)))
				fail_msg("%s", name);
		}
		bt_decisions_free(&decisions);
	}
}

static void ends_by_itself(void **state)
{
	(void)state;
	struct bt_decision decision = make(BT_DECIDED_ALLOW, "evil.com", NULL),
			   pause = make(BT_DECIDED_PAUSE, NULL, "10.0.0.0/8");
	uint8_t inside[BT_ADDRESS_SIZE], outside[BT_ADDRESS_SIZE];
	decision.until = pause.until = NOW + 10;
	decide(decision);
	decide(pause);
	struct bt_decisions *decisions = load();
	assert_string_equal(found(decisions, "www.evil.com", "10.0.0.1", NOW + 9), "allow");
	assert_string_equal(found(decisions, "www.evil.com", "10.0.0.1", NOW + 10), "-");
	assert_true(bt_address_read(inside, "10.0.0.1"));
	assert_true(bt_address_read(outside, "11.0.0.1"));
	assert_non_null(bt_decisions_pause(decisions, inside, NOW + 9));
	assert_null(bt_decisions_pause(decisions, inside, NOW + 10));
	assert_null(bt_decisions_pause(decisions, outside, NOW));
	bt_decisions_free(&decisions);
}

/* ---- verdicts ---- */

/* evil.com is in `bad`, good.evil.com in `ours`, which allows it. */
static struct bt_trie *make_trie(bool enabled)
{
	struct bt_policy_builder *builder;
	struct bt_err err = {""};
	const struct bt_sinkhole sinkhole = {.has_ipv4 = true, .ttl = 10};
	const struct bt_list_info bad = {.name = "bad"},
				  ours = {.name = "ours", .action = BT_ACTION_ALLOW};
	const struct bt_member members[] = {
	    {.list = 0, .scope = BT_SCOPE_SUBTREE}, {.list = 1, .scope = BT_SCOPE_SUBTREE}};
	const uint8_t exempt[] = {BT_ACTION_NONE, BT_ACTION_NONE, BT_ACTION_SINKHOLE};
	const struct bt_network lab = network_of("10.9.0.0/16");
	uint32_t class_bad = 0, class_ours = 0;
	assert_true(bt_policy_builder_new(&builder, &sinkhole, &err) &&
		    bt_policy_add_list(builder, &bad, &err) &&
		    bt_policy_add_list(builder, &ours, &err) &&
		    bt_policy_add_local(builder, &err) &&
		    bt_policy_add_class(builder, &members[0], 1, &class_bad, &err) &&
		    bt_policy_add_class(builder, &members[1], 1, &class_ours, &err) &&
		    bt_policy_add_group(builder, "lab", exempt, &err) &&
		    bt_policy_add_network(builder, &lab, 1, &err));
	bt_policy_set_enabled(builder, enabled);
	const struct bt_key evil = key_of("evil.com"), good = key_of("good.evil.com"),
			    deep = key_of("x.www.evil.com");
	const struct bt_build_name names[] = {
	    {.key = evil.bytes, .key_size = evil.len, .class_id = class_bad},
	    {.key = deep.bytes, .key_size = deep.len, .class_id = class_bad},
	    {.key = good.bytes, .key_size = good.len, .class_id = class_ours}};
	void *policy, *bytes;
	size_t policy_size, size;
	struct bt_trie *trie = NULL;
	assert_true(bt_policy_build(builder, &policy, &policy_size, &err) &&
		    bt_build(&bytes, &size, names, 3, policy, policy_size, &err) &&
		    bt_trie_open(&trie, bytes, size, &err));
	free(policy);
	bt_policy_builder_free(&builder);
	return trie;
}

/* "ACTION LIST LABELS", or "-". */
static const char *judged(const struct bt_trie *trie, const struct bt_decisions *decisions,
    const char *name, const char *client)
{
	static char text[128];
	const struct bt_key key = key_of(name);
	struct bt_question question = {.key = &key, .now = NOW};
	struct bt_judgement judgement;
	assert_true(bt_address_read(question.client, client));
	struct bt_matches matches;
	bt_judge_match(&matches, trie, &key);
	bt_judge(&judgement, trie, decisions, &question, &matches);
	const struct bt_verdict *verdict = &judgement.verdict;
	if (!verdict->listed)
		return "-";
	snprintf(text, sizeof(text), "%s %s %u", bt_action_name(verdict->action),
	    bt_policy_list(bt_trie_policy(trie), verdict->by.list).name, verdict->labels);
	return text;
}

static bool covers(
    const struct bt_trie *trie, const struct bt_decisions *decisions, const char *name)
{
	const struct bt_key key = key_of(name);
	struct bt_matches matches;
	bt_judge_match(&matches, trie, &key);
	return bt_judge_covers(trie, decisions, &key, &matches, NOW);
}

static void stands_before_lists(void **state)
{
	(void)state;
	struct bt_trie *trie = make_trie(true);
	assert_string_equal(judged(trie, NULL, "x.evil.com", "10.0.0.1"), "sinkhole bad 2");
	assert_string_equal(judged(trie, NULL, "x.evil.com", "10.9.0.1"), "-");
	assert_string_equal(judged(trie, NULL, "good.evil.com", "10.0.0.1"), "allow ours 3");
	assert_true(covers(trie, NULL, "x.evil.com"));
	assert_false(covers(trie, NULL, "good.evil.com"));
	assert_false(covers(trie, NULL, "fine.org"));
	assert_string_equal(judged(trie, NULL, "x.www.evil.com", "10.0.0.1"), "sinkhole bad 4");

	decide(make(BT_DECIDED_ALLOW, "www.evil.com", NULL));
	decide(make(BT_DECIDED_BLOCK, "bad.www.evil.com", NULL));
	decide(make(BT_DECIDED_BLOCK, "good.evil.com", "10.0.0.0/8"));
	decide(make(BT_DECIDED_BLOCK, "fine.org", NULL));
	struct bt_decisions *decisions = load();
	assert_string_equal(judged(trie, decisions, "x.evil.com", "10.0.0.1"), "sinkhole bad 2");
	assert_string_equal(judged(trie, decisions, "x.www.evil.com", "10.0.0.1"), "allow local 3");
	assert_string_equal(
	    judged(trie, decisions, "bad.www.evil.com", "10.0.0.1"), "sinkhole local 4");
	assert_string_equal(
	    judged(trie, decisions, "good.evil.com", "10.0.0.1"), "sinkhole local 3");
	assert_string_equal(judged(trie, decisions, "good.evil.com", "11.0.0.1"), "allow ours 3");
	assert_string_equal(judged(trie, decisions, "fine.org", "10.9.0.1"), "sinkhole local 2");
	assert_true(covers(trie, decisions, "www.evil.com")); /* when it ends, nothing is cached */
	assert_true(covers(trie, decisions, "good.evil.com"));
	assert_true(covers(trie, decisions, "a.fine.org"));
	bt_decisions_free(&decisions);

	decide(make(BT_DECIDED_PAUSE, NULL, "10.0.0.0/8"));
	decisions = load();
	assert_string_equal(judged(trie, decisions, "x.evil.com", "10.0.0.1"), "log bad 2");
	assert_string_equal(judged(trie, decisions, "x.evil.com", "11.0.0.1"), "sinkhole bad 2");
	assert_string_equal(judged(trie, decisions, "fine.org", "10.0.0.1"), "log local 2");
	assert_string_equal(judged(trie, decisions, "www.evil.com", "10.0.0.1"), "allow local 3");
	bt_trie_close(&trie);

	trie = make_trie(false);
	assert_string_equal(judged(trie, decisions, "x.evil.com", "11.0.0.1"), "-");
	assert_string_equal(judged(trie, decisions, "fine.org", "11.0.0.1"), "-");
	assert_false(covers(trie, decisions, "x.evil.com"));
	bt_decisions_free(&decisions);
	bt_trie_close(&trie);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_teardown(is_none_without_a_file, forget),
	    cmocka_unit_test_teardown(keeps_what_was_decided, forget),
	    cmocka_unit_test_teardown(replaces_and_forgets, forget),
	    cmocka_unit_test_teardown(forgets_for_some_clients, forget),
	    cmocka_unit_test_teardown(says_what_is_wrong, forget),
	    cmocka_unit_test_teardown(writes_only_what_can_be_read, forget),
	    cmocka_unit_test_teardown(takes_one_writer_at_a_time, forget),
	    cmocka_unit_test_teardown(finds_what_holds, forget),
	    cmocka_unit_test_teardown(ends_by_itself, forget),
	    cmocka_unit_test_teardown(stands_before_lists, forget),
	};
	seed = random_seed();
	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
