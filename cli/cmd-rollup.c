/* SPDX-License-Identifier: BSD-3-Clause */
/* cmd-rollup.c -- sums up days of the event log that are over */

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli.h"
#include "clock.h"
#include "file.h"
#include "rollup.h"

static const struct bt_option options[] = {
    {NULL, NULL, NULL, 0},
};

static void say(const char *text)
{
	bt_message("warning: %s", text);
}

static void show(const struct bt_rollup_tally *tally)
{
	printf("roll-ups made: %u; segments in them: %u, events: %" PRIu64 ", rows: %" PRIu64 "\n",
	    tally->rollups, tally->segments, tally->events, tally->rows);
	if (tally->left > 0)
		printf("segments left as they are: %u\n", tally->left);
}

static enum bt_exit rollup_in(const char *state_dir)
{
	char *folder = bt_path_join(state_dir, "events");
	struct bt_rollup_tally tally = {0};
	struct bt_err err;
	struct stat st;
	bool ok;
	if (folder == NULL) {
		bt_message("out of memory");
		return BT_EXIT_FAILED;
	}
	if (stat(folder, &st) != 0 && errno == ENOENT && stat(state_dir, &st) == 0) {
		ok = true; /* no event yet */
	} else {
		const struct bt_rollup_options how = {
		    .events_dir = folder, .now = bt_clock_real(), .log = say};
		ok = bt_rollup(&how, &tally, &err);
		if (!ok)
			bt_message("%s", err.text);
	}
	show(&tally);
	free(folder);
	return !ok ? BT_EXIT_FAILED : tally.left > 0 ? BT_EXIT_NO : BT_EXIT_OK;
}

static enum bt_exit run(const struct bt_call *call)
{
	enum bt_exit worst = BT_EXIT_OK;
	for (int i = 0; i < call->arguments; i++) {
		enum bt_exit status = rollup_in(call->argument[i]);
		worst = status > worst ? status : worst;
	}
	if (call->arguments > 0)
		return worst;
	struct bt_config *config = bt_open_config(call);
	if (config == NULL)
		return BT_EXIT_FAILED;
	enum bt_exit status = rollup_in(config->state_dir);
	bt_config_free(&config);
	return status;
}

const struct bt_command bt_cmd_rollup = {
    .name = "rollup",
    .arguments = "[DIR...]",
    .summary = "Sum up days of the event log that are over, so that reports are faster",
    .options = options,
    .max_arguments = BT_ANY,
    .run = run,
};
