/* SPDX-License-Identifier: BSD-3-Clause */
/* cmd-verify.c -- is this a whole trie, and does an event log have everything? */

#include <inttypes.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "cli.h"
#include "continuity.h"
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

static bool verify_trie(const struct bt_call *call)
{
	char *path = bt_trie_path(call, call->option[TRIE]);
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
	return ok;
}

/* ---- the event log ---- */

static bool is_whole(const struct bt_life *life)
{
	return life->missing == 0 && life->damaged == 0;
}

static void show_life(const struct bt_life *life)
{
	char first[BT_TIME_TEXT], last[BT_TIME_TEXT];
	fputs("  ", stdout);
	bt_put_escaped(stdout, life->resolver);
	printf(" %016" PRIx64 ": %s\n"
	       "    from %s to %s%s\n"
	       "    segments %u, events %" PRIu64 ", lost %" PRIu64 ", missing %" PRIu64
	       ", duplicates %" PRIu64 ", damaged blocks %u\n",
	    life->boot, is_whole(life) ? "ok" : "NOT WHOLE", bt_time_rfc3339(first, life->first),
	    bt_time_rfc3339(last, life->last),
	    life->ended ? "" : ", without an end: it runs, or was killed", life->segments,
	    life->events, life->lost, life->missing, life->duplicates, life->damaged);
	if (life->hole.last > 0)
		printf("    the first that are missing: %" PRIu64 " to %" PRIu64 " of ring %" PRIu32
		       "\n",
		    life->hole.first, life->hole.last, life->hole_ring);
	if (life->forgotten > 0)
		printf("    forgotten, as somebody asked for: %" PRIu64 "\n", life->forgotten);
	if (life->rollups > 0)
		printf("    roll-ups %u\n", life->rollups);
	if (life->beheaded)
		puts("    its first segments are not there any more");
	if (life->misdated > 0)
		printf("    %" PRIu64
		       " events are dated before it started: the clock was not set\n",
		    life->misdated);
}

static bool show_log(const char *folder, const struct bt_continuity *continuity)
{
	size_t count;
	const struct bt_life *lives = bt_continuity_lives(continuity, &count);
	const char *problem;
	bool whole = bt_continuity_problem(continuity, 0) == NULL;
	for (size_t i = 0; i < count; i++)
		whole &= is_whole(&lives[i]);
	bt_put_escaped(stdout, folder);
	printf(
	    ": %s\n"
	    "  checked  every block, and that each sequence number is there or in a recorded gap\n",
	    whole ? "ok" : "NOT WHOLE");
	for (size_t i = 0; i < count; i++)
		show_life(&lives[i]);
	if (count == 0)
		puts("  no events");
	for (size_t i = 0; (problem = bt_continuity_problem(continuity, i)) != NULL; i++)
		bt_message("%s", problem);
	return whole;
}

static enum bt_exit verify_log(const char *folder)
{
	struct bt_continuity *continuity;
	struct bt_err err;
	struct stat st;
	if (stat(folder, &st) != 0 || !S_ISDIR(st.st_mode)) {
		bt_message("%s: is no folder", folder);
		return BT_EXIT_FAILED;
	}
	if (!bt_continuity_read(&continuity, folder, &err)) {
		bt_message("%s", err.text);
		return BT_EXIT_FAILED;
	}
	bool whole = show_log(folder, continuity);
	bt_continuity_free(&continuity);
	return whole ? BT_EXIT_OK : BT_EXIT_NO;
}

static enum bt_exit run(const struct bt_call *call)
{
	enum bt_exit worst = BT_EXIT_OK;
	if (call->arguments > 0 && call->option[TRIE] != NULL)
		return bt_usage(call, "verify: --trie or DIRs, not both");
	if (call->arguments == 0) {
		char *path = bt_trie_path(call, call->option[TRIE]);
		bool known = path != NULL;
		free(path);
		return !known ? BT_EXIT_FAILED : verify_trie(call) ? BT_EXIT_OK : BT_EXIT_NO;
	}
	for (int i = 0; i < call->arguments; i++) {
		enum bt_exit status = verify_log(call->argument[i]);
		worst = status > worst ? status : worst;
	}
	return worst;
}

const struct bt_command bt_cmd_verify = {
    .name = "verify",
    .arguments = "[DIR...]",
    .summary = "Verify all of a trie, or that the event log in DIR has everything",
    .options = options,
    .max_arguments = BT_ANY,
    .run = run,
};
