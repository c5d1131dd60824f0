/* SPDX-License-Identifier: BSD-3-Clause */
/* cmd-overrides.c -- what was decided here: shows it, and takes it back */

#include <stdlib.h>

#include "cli.h"
#include "decided.h"
#include "decide.h"
#include "timestamp.h"

enum { REMOVE, RESUME, CLIENT };

static const struct bt_option options[] = {
    [REMOVE] = {"remove", "NAME", "take back what was decided about this name", 0},
    [RESUME] = {"resume", NULL, "end all pauses", 0},
    [CLIENT] = {"client", "NETWORK", "of these only what is for exactly these clients", 0},
    {NULL, NULL, NULL, 0},
};

static enum bt_exit list(const struct bt_call *call)
{
	struct bt_decisions *decisions;
	int64_t now = bt_time_now() / 1000;
	unsigned shown = 0;
	if (!bt_open_decisions(call, &decisions))
		return BT_EXIT_FAILED;
	for (unsigned i = 0; i < decisions->count; i++)
		if (bt_decision_holds(&decisions->list[i], now)) {
			bt_put_decision(stdout, &decisions->list[i]);
			shown++;
		}
	bt_decisions_free(&decisions);
	if (shown == 0)
		puts("nothing was decided here that still holds");
	return BT_EXIT_OK;
}

static enum bt_exit take_back(
    const struct bt_call *call, const struct bt_key *key, const struct bt_network *client)
{
	struct bt_err err;
	unsigned removed;
	char *path = bt_decisions_path(call);
	if (path == NULL)
		return BT_EXIT_FAILED;
	bool done = bt_undecide(path, key, client, &removed, &err);
	free(path);
	if (!done) {
		bt_message("%s", err.text);
		return BT_EXIT_FAILED;
	}
	printf("%u taken back\n", removed);
	return removed > 0 ? BT_EXIT_OK : BT_EXIT_NO;
}

static enum bt_exit run(const struct bt_call *call)
{
	struct bt_key key;
	struct bt_network network;
	const char *name = call->option[REMOVE], *client = call->option[CLIENT];
	bool resume = call->option[RESUME] != NULL;
	if (name != NULL && resume)
		return bt_usage(call, "overrides: --remove or --resume, not both");
	if (name == NULL && !resume)
		return client == NULL
			   ? list(call)
			   : bt_usage(call, "overrides: --client is for --remove and --resume");
	if ((name != NULL && !bt_read_name(&key, name)) ||
	    (client != NULL && !bt_read_network(call, &network, client)))
		return BT_EXIT_FAILED;
	return take_back(call, resume ? NULL : &key, client != NULL ? &network : NULL);
}

const struct bt_command bt_cmd_overrides = {
    .name = "overrides",
    .arguments = "",
    .summary = "Show what was decided here with allow, block and pause, or take it back",
    .options = options,
    .run = run,
};
