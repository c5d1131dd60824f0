/* SPDX-License-Identifier: BSD-3-Clause */
/* cmd-update.c -- fetches the lists that have a URL, and compiles what is new */

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli.h"
#include "clock.h"
#include "compile-job.h"
#include "due.h"
#include "escape.h"
#include "file.h"
#include "json.h"
#include "progress.h"
#include "state-dir.h"
#include "timestamp.h"
#include "update-list.h"

enum { DAY_SECONDS = 86400 };

enum { DRY_RUN, NAMES, FORCE, FORMAT };

static const struct bt_option options[] = {
    [DRY_RUN] = {"dry-run", NULL, "fetch and check, say what would change, and change nothing",
	'n'},
    [NAMES] = {"names", NULL, "show each name that is added (+) or removed (-)", 0},
    [FORCE] = {"force", NULL, "ask for all of each list, and take what has shrunk", 'f'},
    [FORMAT] = {"format", "FORMAT", "text (default) or json", 0},
    {NULL, NULL, NULL, 0},
};

struct job {
	const struct bt_config *config;
	struct bt_update *updates;
	struct bt_fetch *fetches;
	unsigned count;
	bool dry_run, names, force, json;
	struct bt_progress progress;
};

/* What came of the trie. */
enum compiled { NOT_NEEDED, COMPILED, FAILED };

/* ---- what is asked for ---- */

/* Whether the list is one of the arguments; without any, all are. */
static bool is_wanted(const struct bt_call *call, const struct bt_config_list *list)
{
	for (int i = 0; i < call->arguments; i++)
		if (strcmp(call->argument[i], list->name) == 0)
			return list->feed.url != NULL;
	return call->arguments == 0 && list->feed.url != NULL;
}

static bool check_arguments(const struct bt_call *call, const struct bt_config *config)
{
	for (int i = 0; i < call->arguments; i++) {
		const struct bt_config_list *found = NULL;
		for (unsigned j = 0; j < config->list_count; j++)
			if (strcmp(config->lists[j].name, call->argument[i]) == 0)
				found = &config->lists[j];
		if (found == NULL)
			bt_usage(call, "%s has no list '%s'", config->path, call->argument[i]);
		else if (found->feed.url == NULL)
			bt_usage(call, "the list '%s' has no url", call->argument[i]);
		if (found == NULL || found->feed.url == NULL)
			return false;
	}
	return true;
}

static bool begin_lists(struct job *job, const struct bt_call *call)
{
	job->updates = calloc(job->config->list_count + 1u, sizeof(*job->updates));
	job->fetches = calloc(job->config->list_count + 1u, sizeof(*job->fetches));
	bool ok = job->updates != NULL && job->fetches != NULL;
	for (unsigned i = 0; ok && i < job->config->list_count; i++) {
		const struct bt_config_list *list = &job->config->lists[i];
		if (!is_wanted(call, list))
			continue;
		ok = bt_update_begin(
		    &job->updates[job->count], &job->fetches[job->count], list, job->force);
		job->count += ok;
	}
	if (!ok)
		bt_message("out of memory");
	return ok;
}

static void end_lists(struct job *job)
{
	for (unsigned i = 0; i < job->count; i++) {
		bt_update_end(&job->updates[i]);
		bt_fetch_reset(&job->fetches[i]);
	}
	free(job->updates);
	free(job->fetches);
}

/* ---- one run at a time ---- */

/* Two of them would write the same files. Until the process ends. */
static bool lock(const char *folder)
{
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool locked = fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0;
	if (!locked && fd >= 0 && errno == EWOULDBLOCK)
		bt_message("another update is running");
	else if (!locked)
		bt_message("%s: cannot lock it: %s", folder, strerror(errno));
	if (!locked && fd >= 0)
		close(fd);
	return locked;
}

/* What root makes is for who has the state directory: the timer runs as that one. */
static void give_away(const char *folder, const char *state_dir)
{
	struct stat st;
	if (geteuid() == 0 && stat(state_dir, &st) == 0 &&
	    lchown(folder, st.st_uid, st.st_gid) != 0)
		bt_message("warning: %s: %s", folder, strerror(errno));
}

static bool enter_folder(const struct bt_config *config)
{
	struct bt_err err;
	char *folder = bt_path_join(config->state_dir, BT_FEEDS_FOLDER);
	bool ok = folder != NULL || bt_fail(&err, "out of memory");
	ok = ok && bt_compile_make_state(config->state_dir, &err);
	bool missing = ok && access(folder, F_OK) != 0;
	ok = ok && bt_state_folder(folder, &err);
	if (!ok)
		bt_message("%s", err.text);
	if (ok && missing)
		give_away(folder, config->state_dir);
	ok = ok && lock(folder);
	free(folder);
	return ok;
}

/* ---- what came of each, for people ---- */

static void show_name(void *ctx, bool added, const char *name)
{
	const struct job *job = ctx;
	if (!job->names || job->json)
		return;
	printf("%c ", added ? '+' : '-');
	bt_put_escaped(stdout, name);
	putchar('\n');
}

static void show_copy(const struct bt_config_list *list)
{
	const struct bt_zone utc = {.name = "UTC"};
	char time[BT_TIME_TEXT];
	struct stat st;
	if (stat(list->file, &st) == 0)
		printf("; the copy of %s UTC stays",
		    bt_time_show(time, (int64_t)st.st_mtime * 1000, &utc));
	else
		printf("; there is no copy of it");
}

static void show_update(const struct job *job, const struct bt_update *update)
{
	const struct bt_feed_change *change = &update->change;
	bt_put_escaped(stdout, update->list->name);
	fputs(": ", stdout);
	if (update->outcome == BT_OUTCOME_SAME) {
		fputs("not changed", stdout);
	} else if (update->outcome == BT_OUTCOME_NEW) {
		printf("%" PRIu64 " names, %" PRIu64 " added, %" PRIu64 " removed%s", change->names,
		    change->added, change->removed, job->dry_run ? " (dry run: not taken)" : "");
	} else {
		fputs(update->outcome == BT_OUTCOME_REFUSED ? "refused: " : "failed: ", stdout);
		bt_put_escaped(stdout, update->reason.text);
		show_copy(update->list);
	}
	putchar('\n');
}

/* ---- and for machines ---- */

static json_t *json_of_update(const struct bt_update *update, const struct bt_fetch *fetch)
{
	static const char *const outcomes[] = {[BT_OUTCOME_NEW] = "new",
	    [BT_OUTCOME_SAME] = "same",
	    [BT_OUTCOME_REFUSED] = "refused",
	    [BT_OUTCOME_FAILED] = "failed"};
	json_t *object = json_object();
	json_object_set_new(object, "list", bt_json_text(update->list->name));
	json_object_set_new(object, "outcome", json_string(outcomes[update->outcome]));
	json_object_set_new(object, "octets", bt_json_number(fetch->octets));
	if (update->outcome == BT_OUTCOME_NEW) {
		json_object_set_new(object, "names", bt_json_number(update->change.names));
		json_object_set_new(object, "added", bt_json_number(update->change.added));
		json_object_set_new(object, "removed", bt_json_number(update->change.removed));
	} else if (update->outcome != BT_OUTCOME_SAME) {
		json_object_set_new(object, "reason", bt_json_text(update->reason.text));
	}
	return object;
}

static void show_json(const struct job *job, enum compiled compiled)
{
	static const char *const texts[] = {
	    [NOT_NEEDED] = "not needed", [COMPILED] = "yes", [FAILED] = "failed"};
	json_t *object = json_object(), *lists = json_array();
	for (unsigned i = 0; i < job->count; i++)
		json_array_append_new(lists, json_of_update(&job->updates[i], &job->fetches[i]));
	json_object_set_new(object, "dryRun", json_boolean(job->dry_run));
	json_object_set_new(object, "lists", lists);
	json_object_set_new(object, "compiled", json_string(texts[compiled]));
	if (!bt_json_write(stdout, object))
		bt_message("out of memory");
	putchar('\n');
}

/* ---- the run ---- */

static void on_progress(void *ctx, unsigned done, uint64_t octets)
{
	struct job *job = ctx;
	char text[80];
	snprintf(
	    text, sizeof(text), "%u of %u lists, %.1f MB", done, job->count, (double)octets / 1e6);
	bt_progress_show(&job->progress, text, BT_PERCENT_UNKNOWN);
}

static void settle_lists(struct job *job)
{
	for (unsigned i = 0; i < job->count; i++) {
		struct bt_update *update = &job->updates[i];
		bt_progress_show(&job->progress, update->list->name, BT_PERCENT_UNKNOWN);
		if (job->names)
			bt_progress_clear(&job->progress);
		bt_update_judge(update, &job->fetches[i], job->force, show_name, job);
		if (!job->dry_run)
			bt_update_take(update, &job->fetches[i]);
		bt_progress_clear(&job->progress);
		if (!job->json)
			show_update(job, update);
	}
}

static bool all_are_good(const struct job *job)
{
	for (unsigned i = 0; i < job->count; i++)
		if (job->updates[i].outcome == BT_OUTCOME_REFUSED ||
		    job->updates[i].outcome == BT_OUTCOME_FAILED)
			return false;
	return true;
}

/* Whether the trie was made of another file than the list's, or of none where there is one now. */
static bool is_list_due(
    const struct bt_config_list *list, const struct bt_policy *policy, const struct stat *trie)
{
	int number = bt_policy_find_list(policy, list->name);
	struct stat st;
	if (number < 0)
		return true;
	struct bt_list_info in = bt_policy_list(policy, (unsigned)number);
	if (stat(list->file, &st) != 0) /* then it is an empty list, if it is not fetched yet */
		return in.entries > 0;
	return bt_is_due(&in, &st, trie);
}

/*
 * A list can be newer than the trie without being new: the last compile may have failed. Another
 * may be gone. And in what has not changed for a day, something may have expired.
 */
static bool is_trie_due(const struct bt_config *config)
{
	struct bt_trie *trie;
	struct stat st;
	char *path = bt_path_join(config->state_dir, BT_TRIE_FILE);
	bool due = path == NULL || stat(path, &st) != 0 || !bt_trie_load(&trie, path, NULL);
	if (!due) {
		const struct bt_policy *policy = bt_trie_policy(trie);
		bool local = bt_policy_find_list(policy, BT_LOCAL_LIST) >= 0;
		due = bt_clock_real() / 1000 - st.st_mtime >= DAY_SECONDS ||
		      bt_policy_lists(policy) - local != config->list_count;
		for (unsigned i = 0; i < config->list_count; i++)
			due |= is_list_due(&config->lists[i], policy, &st);
		bt_trie_close(&trie);
	}
	free(path);
	return due;
}

/* Fetching has taken its time: what the configuration says by now is compiled. */
static enum compiled compile_new(const struct job *job, const struct bt_call *call)
{
	struct bt_config *config = bt_open_config(call);
	enum compiled compiled = NOT_NEEDED;
	if (config == NULL) {
		bt_message("nothing compiled: a trie that is in force stays");
		return FAILED;
	}
	if (is_trie_due(config)) {
		struct bt_compile_job compile = {.quiet = job->json};
		bool done = bt_compile_configured(&compile, config, NULL) == BT_EXIT_OK;
		compiled = done ? COMPILED : FAILED;
	}
	bt_config_free(&config);
	return compiled;
}

static enum bt_exit update(struct job *job, const struct bt_call *call)
{
	struct bt_err err;
	if (!begin_lists(job, call))
		return BT_EXIT_FAILED;
	if (job->count == 0)
		bt_message("%s: no list has a url: there is nothing to fetch", job->config->path);
	bt_progress_start(&job->progress);
	bool fetched = bt_fetch_all(job->fetches, job->count, on_progress, job, &err);
	bt_progress_clear(&job->progress);
	if (!fetched) {
		bt_message("%s", err.text);
		return BT_EXIT_FAILED;
	}
	settle_lists(job);
	enum bt_exit status = all_are_good(job) ? BT_EXIT_OK : BT_EXIT_NO;
	enum compiled compiled = job->dry_run ? NOT_NEEDED : compile_new(job, call);
	if (compiled == FAILED)
		status = BT_EXIT_FAILED;
	if (job->json)
		show_json(job, compiled);
	return status;
}

static enum bt_exit run(const struct bt_call *call)
{
	const char *format = call->option[FORMAT] != NULL ? call->option[FORMAT] : "text";
	if (strcmp(format, "text") != 0 && strcmp(format, "json") != 0)
		return bt_usage(call, "update: there is no format '%s'", format);
	struct bt_config *config = bt_open_config(call);
	if (config == NULL)
		return BT_EXIT_FAILED;
	struct job job = {.config = config,
	    .dry_run = call->option[DRY_RUN] != NULL,
	    .names = call->option[NAMES] != NULL,
	    .force = call->option[FORCE] != NULL,
	    .json = strcmp(format, "json") == 0};
	enum bt_exit status = BT_EXIT_FAILED;
	if (check_arguments(call, config) && enter_folder(config))
		status = update(&job, call);
	end_lists(&job);
	bt_config_free(&config);
	return status;
}

const struct bt_command bt_cmd_update = {
    .name = "update",
    .arguments = "[LIST...]",
    .summary = "Fetch the lists that have a URL, and compile what is new",
    .options = options,
    .max_arguments = BT_ANY,
    .run = run,
};
