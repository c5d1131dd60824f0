/* SPDX-License-Identifier: BSD-3-Clause */
/* cmd-forget.c -- takes a client's events out of the event log */

#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli.h"
#include "file.h"
#include "rollup.h"
#include "segment-folder.h"
#include "segment.h"
#include "state-dir.h"

enum { CLIENT };

static const struct bt_option options[] = {
    [CLIENT] = {"client", "NETWORK", "the client, or all in this network", 0},
    {NULL, NULL, NULL, 0},
};

struct tally {
	uint64_t events;
	unsigned files, open, failed;
	uint64_t rolled; /* hits in roll-ups, most of which are events' too */
	unsigned rollups;
};

/*
 * `alone`: no resolver is at work. Else what is not packed yet is somebody else's for a moment
 * more.
 */
static void forget_in(const struct bt_segment_file *file, const struct bt_network *client,
    bool alone, struct tally *tally)
{
	uint64_t events = 0;
	struct bt_err err;
	if (file->open || (!alone && !bt_segment_is_packed(file->path))) {
		tally->open++;
	} else if (!bt_segment_forget(file->path, client, &events, &err)) {
		bt_message("%s", err.text);
		tally->failed++;
	}
	tally->events += events;
	tally->files += events > 0;
}

static void forget_rolled(
    const struct bt_segment_file *file, const struct bt_network *client, struct tally *tally)
{
	uint64_t hits = 0;
	struct bt_err err;
	if (!bt_rollup_forget(file->path, client, &hits, &err)) {
		bt_message("%s", err.text);
		tally->failed++;
	}
	tally->rolled += hits;
	tally->rollups += hits > 0;
}

static enum bt_exit forget_all(const char *folder, const struct bt_network *client, bool alone)
{
	struct bt_segment_file *files = NULL, *rollups = NULL;
	struct tally tally = {0};
	struct bt_err err;
	size_t count = 0, rollup_count = 0;
	bool found = bt_segment_files(folder, &files, &count, &err) &&
		     bt_segment_rollups(folder, &rollups, &rollup_count, &err);
	if (!found) {
		bt_message("%s", err.text);
		tally.failed++;
	}
	for (size_t i = 0; found && i < count; i++)
		forget_in(&files[i], client, alone, &tally);
	for (size_t i = 0; found && i < rollup_count; i++)
		forget_rolled(&rollups[i], client, &tally);
	bt_segment_files_free(&files, count);
	bt_segment_files_free(&rollups, rollup_count);
	if (!found)
		return BT_EXIT_FAILED;
	printf("%" PRIu64 " events forgotten, in %u files\n", tally.events, tally.files);
	if (tally.rollups > 0)
		printf("%" PRIu64 " hits forgotten in %u roll-ups\n", tally.rolled, tally.rollups);
	if (tally.open > 0)
		bt_message(
		    "files that the resolver is not done with: %u; do this again when it has "
		    "been stopped, or after midnight (UTC)",
		    tally.open);
	return tally.failed + tally.open > 0 ? BT_EXIT_NO : BT_EXIT_OK;
}

static enum bt_exit forget_under(const char *state_dir, const struct bt_network *client)
{
	char *folder = bt_path_join(state_dir, "events");
	struct bt_err err;
	int lock = -1;
	if (folder == NULL) {
		bt_message("out of memory");
		return BT_EXIT_FAILED;
	}
	int rollups = bt_rollup_lock(folder, &err);
	if (rollups < 0) {
		bt_message("%s", err.text);
		free(folder);
		return BT_EXIT_FAILED;
	}
	bool alone = bt_state_lock(state_dir, &lock, &err);
	enum bt_exit status = forget_all(folder, client, alone);
	if (alone)
		close(lock);
	close(rollups);
	free(folder);
	return status;
}

static enum bt_exit run(const struct bt_call *call)
{
	struct bt_network client;
	if (call->option[CLIENT] == NULL)
		return bt_usage(call, "forget: expected --client NETWORK");
	if (!bt_read_network(call, &client, call->option[CLIENT]))
		return BT_EXIT_FAILED;
	if (call->arguments > 0)
		return forget_under(call->argument[0], &client);
	struct bt_config *config = bt_open_config(call);
	if (config == NULL)
		return BT_EXIT_FAILED;
	enum bt_exit status = forget_under(config->state_dir, &client);
	bt_config_free(&config);
	return status;
}

const struct bt_command bt_cmd_forget = {
    .name = "forget",
    .arguments = "[DIR]",
    .summary = "Take the events of a client out of the event log",
    .options = options,
    .max_arguments = 1,
    .run = run,
};
