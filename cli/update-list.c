/* SPDX-License-Identifier: BSD-3-Clause */
/* update-list.c -- one list that comes from a URL, from the question to its new copy */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "file.h"
#include "update-list.h"

/* "folder/.new-name.yaml": beside the copy, and with the end of its name, which may tell its
   format. */
static char *fresh_path(const char *file)
{
	const char *slash = strrchr(file, '/'), *name = slash != NULL ? slash + 1 : file;
	char *path;
	return asprintf(&path, "%.*s.new-%s", (int)(name - file), file, name) < 0 ? NULL : path;
}

bool bt_update_begin(
    struct bt_update *update, struct bt_fetch *fetch, const struct bt_config_list *list, bool force)
{
	*update = (struct bt_update){.list = list, .fresh = fresh_path(list->file)};
	if (update->fresh == NULL)
		return false;
	if (!force)
		bt_feed_state_load(&update->state, list);
	*fetch = (struct bt_fetch){.url = list->feed.url,
	    .path = update->fresh,
	    .headers_file = list->feed.headers_file,
	    .ca_file = list->feed.ca_file,
	    .etag = update->state.etag,
	    .modified = update->state.modified,
	    .max_size = list->feed.max_size,
	    .timeout = list->feed.timeout};
	return true;
}

static bool are_equal(FILE *one, FILE *other)
{
	char here[1 << 13], there[1 << 13];
	size_t size;
	do {
		size = fread(here, 1, sizeof(here), one);
		if (fread(there, 1, sizeof(there), other) != size || memcmp(here, there, size) != 0)
			return false;
	} while (size == sizeof(here));
	return ferror(one) == 0 && ferror(other) == 0;
}

/* Not every server says when nothing has changed. */
static bool is_same_file(const char *one, const char *other)
{
	FILE *here = fopen(one, "rbe"), *there = fopen(other, "rbe");
	bool equal = here != NULL && there != NULL && are_equal(here, there);
	if (here != NULL)
		fclose(here);
	if (there != NULL)
		fclose(there);
	return equal;
}

void bt_update_judge(struct bt_update *update, const struct bt_fetch *fetch, bool force,
    void (*differs)(void *ctx, bool added, const char *name), void *ctx)
{
	const struct bt_feed_check check = {.list = update->list,
	    .fresh = update->fresh,
	    .may_shrink = force,
	    .differs = differs,
	    .ctx = ctx};
	update->outcome = BT_OUTCOME_SAME;
	if (fetch->fetched == BT_FETCHED_FAILED) {
		update->outcome = BT_OUTCOME_FAILED;
		update->reason = fetch->err;
	} else if (fetch->fetched == BT_FETCHED_NEW) {
		if (!bt_feed_check(&check, &update->change, &update->reason))
			update->outcome = BT_OUTCOME_REFUSED;
		else if (!is_same_file(update->fresh, update->list->file))
			update->outcome = BT_OUTCOME_NEW;
	}
}

/* That nothing is noted costs a transfer the next time. */
static void note_state(const struct bt_update *update, const struct bt_fetch *fetch)
{
	const struct bt_feed_state state = {fetch->new_etag, fetch->new_modified};
	struct bt_err err;
	if (!bt_feed_state_save(&state, update->list, &err))
		bt_message("warning: %s: %s", update->list->name, err.text);
}

void bt_update_take(struct bt_update *update, const struct bt_fetch *fetch)
{
	if (update->outcome == BT_OUTCOME_NEW &&
	    !bt_file_take(update->list->file, update->fresh, &update->reason)) {
		update->outcome = BT_OUTCOME_FAILED;
		return;
	}
	if (fetch->fetched == BT_FETCHED_NEW &&
	    (update->outcome == BT_OUTCOME_NEW || update->outcome == BT_OUTCOME_SAME))
		note_state(update, fetch);
}

void bt_update_end(struct bt_update *update)
{
	if (update->fresh != NULL)
		unlink(update->fresh);
	free(update->fresh);
	bt_feed_state_reset(&update->state);
	*update = (struct bt_update){.fresh = NULL};
}
