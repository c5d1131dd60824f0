/* SPDX-License-Identifier: BSD-3-Clause */
/* cmd-dump.c -- all that is in a trie, as text that compiles into the same trie: dump.h */

#include <inttypes.h>
#include <time.h>

#include "cli.h"
#include "dump.h"
#include "escape.h"
#include "trie-names.h"

enum { TRIE };

static const struct bt_option options[] = {
    [TRIE] = {"trie", "TRIE", "dump this file, not STATE/beacontrap.trie", 't'},
    {NULL, NULL, NULL, 0},
};

static void show_pairs(const struct bt_policy *policy, uint32_t meta)
{
	unsigned count = bt_policy_meta_size(policy, meta);
	for (unsigned i = 0; i < count; i++) {
		struct bt_pair pair = bt_policy_pair(policy, meta, i);
		putchar('\t');
		bt_put_key(stdout, pair.key);
		putchar('=');
		bt_put_field(stdout, pair.value);
	}
	putchar('\n');
}

/* Addresses and a TTL, each after a tab. */
static void show_answer(const struct bt_sinkhole *sinkhole)
{
	char text4[INET6_ADDRSTRLEN], text6[INET6_ADDRSTRLEN];
	const char *ipv4 = bt_sinkhole_address(sinkhole, AF_INET, text4);
	const char *ipv6 = bt_sinkhole_address(sinkhole, AF_INET6, text6);
	printf("\t%s\t%s\t%" PRIu32, ipv4 != NULL ? ipv4 : "-", ipv6 != NULL ? ipv6 : "-",
	    sinkhole->ttl);
}

static void show_sinkhole(const struct bt_sinkhole *sinkhole)
{
	fputs("#sinkhole", stdout);
	show_answer(sinkhole);
	printf("\t%s\n", bt_dump_ede[sinkhole->ede]);
}

static void show_list(const struct bt_policy *policy, const struct bt_list_info *list)
{
	char modified[64] = "-";
	time_t time = (time_t)list->modified;
	struct tm tm;
	if (time != 0 && gmtime_r(&time, &tm) != NULL)
		strftime(modified, sizeof(modified), BT_DUMP_TIME, &tm);
	fputs("#list\t", stdout);
	bt_put_field(stdout, list->name);
	printf(
	    "\t%s\t%s\t%s", bt_action_name(list->action), bt_dump_events[list->events], modified);
	show_answer(list->sinkhole);
	show_pairs(policy, list->meta);
}

static void show_group(const struct bt_policy *policy, unsigned group)
{
	fputs("#group\t", stdout);
	bt_put_field(stdout, bt_policy_group_name(policy, group));
	for (unsigned i = 0; i < bt_policy_lists(policy); i++) {
		enum bt_action action = bt_policy_action(policy, group, i);
		printf("\t%s", action == BT_ACTION_NONE ? "-" : bt_action_name(action));
	}
	putchar('\n');
}

static void show_clients(const struct bt_policy *policy)
{
	char text[BT_NETWORK_TEXT];
	if (!bt_policy_enabled(policy))
		puts("#disabled");
	for (unsigned i = 1; i < bt_policy_groups(policy); i++)
		show_group(policy, i);
	for (unsigned i = 0; i < bt_policy_networks(policy); i++) {
		unsigned group;
		struct bt_network network = bt_policy_network(policy, i, &group);
		bt_network_write(text, &network);
		printf("#network\t%s\t", text);
		bt_put_field(stdout, bt_policy_group_name(policy, group));
		putchar('\n');
	}
	for (unsigned i = 0; i < bt_policy_forwarders(policy); i++) {
		struct bt_network network = bt_policy_forwarder(policy, i);
		bt_network_write(text, &network);
		printf("#forwarder\t%s\n", text);
	}
}

/* A line for each list that holds the name. */
static bool show_name(void *ctx, const uint8_t *key, size_t size, uint32_t class_id)
{
	const struct bt_policy *policy = *(const struct bt_policy *const *)ctx;
	char text[BT_TEXT_MAX + 1], scope[BT_SCOPE_TEXT];

	bt_key_to_text(text, key, size);
	for (unsigned i = 0; i < bt_policy_class_size(policy, class_id); i++) {
		struct bt_member member = bt_policy_member(policy, class_id, i);
		if (text[0] == '#') /* which would begin a line of another kind */
			putchar('\\');
		fputs(text, stdout);
		putchar('\t');
		bt_put_field(stdout, bt_policy_list(policy, member.list).name);
		putchar('\t');
		fputs(bt_scope_text(scope, member.scope), stdout);
		show_pairs(policy, member.meta);
	}
	return !ferror(stdout);
}

static enum bt_exit run(const struct bt_call *call)
{
	struct bt_trie *trie = bt_open_trie(call, call->option[TRIE]);
	if (trie == NULL)
		return BT_EXIT_FAILED;
	/* A failed write is found again, and told, when the program ends. */
	const struct bt_policy *policy = bt_trie_policy(trie);
	printf(BT_DUMP_BEGIN "%d\n", BT_DUMP_VERSION);
	show_sinkhole(bt_policy_sinkhole(policy));
	for (unsigned i = 0; i < bt_policy_lists(policy); i++) {
		struct bt_list_info list = bt_policy_list(policy, i);
		show_list(policy, &list);
	}
	show_clients(policy);
	bool stopped = false;
	struct bt_err err;
	bool whole = bt_trie_each(trie, show_name, &policy, &stopped, &err);
	if (!whole)
		bt_message("%s", err.text);
	whole = whole && !stopped;
	if (whole)
		puts(BT_DUMP_END);
	bt_trie_close(&trie);
	return whole ? BT_EXIT_OK : BT_EXIT_FAILED;
}

const struct bt_command bt_cmd_dump = {
    .name = "dump",
    .arguments = "",
    .summary = "Show all that is in a trie, as text that compiles into the same",
    .options = options,
    .run = run,
};
