/* SPDX-License-Identifier: BSD-3-Clause */
/* cmd-verify.c -- is this a whole trie, and what does it hold? */

#include <inttypes.h>
#include <stdlib.h>

#include "cli.h"
#include "dump.h"
#include "escape.h"
#include "timestamp.h"
#include "trie-names.h"

enum { TRIE };

static const struct bt_option options[] = {
    [TRIE] = {"trie", "TRIE", "verify this file, not STATE/beacontrap.trie", 't'},
    {NULL, NULL, NULL, 0},
};

static void show_list(const struct bt_list_info *list)
{
	const struct bt_zone utc = {.name = "UTC"};
	char time[BT_TIME_TEXT];

	fputs("    ", stdout);
	bt_put_escaped(stdout, list->name);
	printf(": %s, %" PRIu64 " entries, events %s", bt_action_name(list->action), list->entries,
	    bt_dump_events[list->events]);
	if (list->modified != 0)
		printf(", changed %s UTC", bt_time_show(time, list->modified * 1000, &utc));
	putchar('\n');
}

static void show_size(const char *label, size_t size, uint64_t names)
{
	printf("  %s  %zu (%.1f a name)\n", label, size, (double)size / (double)names);
}

/* An open trie has one name at least, and the only version that this program reads. */
static void show_trie(const char *path, const struct bt_trie *trie)
{
	const struct bt_policy *policy = bt_trie_policy(trie);

	bt_put_escaped(stdout, path);
	printf(": ok\n"
	       "  checked  header, checksums, digest, policy, every name and its classes\n"
	       "  format   version %d\n"
	       "  names    %" PRIu64 "\n"
	       "  classes  %" PRIu32 "\n",
	    BT_TRIE_VERSION, bt_trie_names(trie), bt_policy_classes(policy));
	show_size("bytes  ", bt_trie_size(trie), bt_trie_names(trie));
	show_size("memory ", bt_trie_memory(trie), bt_trie_names(trie));
	printf("  digest   %016" PRIx64 "\n"
	       "  lists    %u\n",
	    bt_trie_digest(trie), bt_policy_lists_shown(policy));
	for (unsigned i = 0; i < bt_policy_lists(policy); i++) {
		struct bt_list_info list = bt_policy_list(policy, i);
		if (!bt_list_is_idle(&list))
			show_list(&list);
	}
}

static enum bt_exit run(const struct bt_call *call)
{
	char *path = bt_trie_path(call, call->option[TRIE]);
	if (path == NULL)
		return BT_EXIT_FAILED;

	struct bt_trie *trie;
	struct bt_err err;
	bool ok = false;
	if (!bt_trie_load(&trie, path, &err)) {
		bt_message("%s", err.text);
	} else {
		ok = bt_trie_check(trie, &err);
		if (ok)
			show_trie(path, trie);
		else
			bt_message("%s: %s", path, err.text);
		bt_trie_close(&trie);
	}
	free(path);
	return ok ? BT_EXIT_OK : BT_EXIT_NO;
}

const struct bt_command bt_cmd_verify = {
    .name = "verify",
    .arguments = "",
    .summary = "Verify all of a trie, and say what it holds",
    .options = options,
    .run = run,
};
