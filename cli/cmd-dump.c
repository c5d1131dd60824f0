/* SPDX-License-Identifier: BSD-3-Clause */
/* cmd-dump.c -- every name of a trie, one line for each list that holds it */

#include "cli.h"
#include "escape.h"

enum { TRIE };

static const struct bt_option options[] = {
    [TRIE] = {"trie", "TRIE", "dump this file, not STATE/beacontrap.trie", 't'},
    {NULL, NULL, NULL, 0},
};

static void show_pair(void *ctx, struct bt_pair pair)
{
	(void)ctx;
	putchar('\t');
	bt_put_field(stdout, pair.key);
	putchar('=');
	bt_put_field(stdout, pair.value);
}

static bool show_name(void *ctx, const uint8_t *key, size_t size, uint32_t class_id)
{
	const struct bt_policy *policy = *(const struct bt_policy *const *)ctx;
	char text[BT_TEXT_MAX + 1];

	bt_key_to_text(text, key, size);
	for (unsigned i = 0; i < bt_policy_class_size(policy, class_id); i++) {
		struct bt_member member = bt_policy_member(policy, class_id, i);
		fputs(text, stdout);
		putchar('\t');
		bt_put_field(stdout, bt_policy_list(policy, member.list).name);
		printf("\t%s", bt_scope_name(member.scope));
		bt_each_pair(policy, member, show_pair, NULL);
		putchar('\n');
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
	bt_trie_each(trie, show_name, &policy);
	bt_trie_close(&trie);
	return BT_EXIT_OK;
}

const struct bt_command bt_cmd_dump = {
    .name = "dump",
    .arguments = "",
    .summary = "Show every name of a trie with its lists, scope and metadata",
    .options = options,
    .run = run,
};
