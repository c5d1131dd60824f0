/* SPDX-License-Identifier: BSD-3-Clause */
/* cmd-report.c -- who asked for what is listed */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli.h"
#include "file.h"
#include "report-options.h"
#include "trie-names.h"

static const struct bt_option options[] = {
    BT_REPORT_OPTIONS,
    [BT_REPORT_OWN] = {NULL, NULL, NULL, 0},
};

/* ---- reading ---- */

static bool read_folder(struct bt_report *report, const char *folder)
{
	struct bt_err err;
	struct stat st;

	if (stat(folder, &st) < 0)
		bt_message("%s: %s", folder, strerror(errno));
	else if (!S_ISDIR(st.st_mode))
		bt_message("%s: is not a folder", folder);
	else if (!bt_report_read(report, folder, &err))
		bt_message("%s", err.text);
	else
		return true;
	return false;
}

/* The trie in the first of the folders that has one: it knows the TTL, and what the lists say. */
static struct bt_trie *find_trie(char *const *folders, int count)
{
	struct bt_trie *trie = NULL;
	struct bt_err err;

	for (int i = 0; i < count && trie == NULL; i++) {
		char *path = bt_path_join(folders[i], BT_TRIE_FILE);
		if (path == NULL || access(path, F_OK) != 0) {
			free(path);
			continue;
		}
		if (!bt_trie_load(&trie, path, &err)) {
			bt_message("warning: %s", err.text);
			trie = NULL;
		}
		free(path);
	}
	return trie;
}

/* ---- what nobody asked for ---- */

struct indicators {
	struct bt_report *report;
	const struct bt_policy *policy;
};

static bool add_indicator(void *ctx, const uint8_t *key, size_t size, uint32_t class_id)
{
	const struct indicators *to = ctx;
	return bt_report_add_indicator(to->report, to->policy, key, size, class_id);
}

/* A row for each name in the trie. */
static bool add_all(struct bt_report *report, const struct bt_trie *trie)
{
	struct indicators to = {.report = report};
	bool stopped = false;
	struct bt_err err;
	if (trie == NULL) {
		bt_message("there is no trie, so what is watched for is not known");
		return false;
	}
	to.policy = bt_trie_policy(trie);
	if (bt_trie_each(trie, add_indicator, &to, &stopped, &err) && !stopped)
		return true;
	bt_message("%s", stopped ? "out of memory" : err.text);
	return false;
}

/* ---- all of it ---- */

/* What was decided beside each log. What is broken is said, and the report goes on without. */
static struct bt_decisions **find_decisions(char *const *folders, int count)
{
	struct bt_decisions **sets = calloc((size_t)count + 1, sizeof(struct bt_decisions *));
	for (int i = 0; sets != NULL && i < count; i++) {
		char *path = bt_path_join(folders[i], BT_DECISIONS_FILE);
		struct bt_err err;
		if (path != NULL && !bt_decisions_load(&sets[i], path, &err))
			bt_message("warning: %s", err.text);
		free(path);
	}
	return sets;
}

static void free_decisions(struct bt_decisions **sets, int count)
{
	for (int i = 0; sets != NULL && i < count; i++)
		bt_decisions_free(&sets[i]);
	free(sets);
}

static enum bt_exit report_with_trie(struct bt_report_call *made, const struct bt_call *call,
    struct bt_report *report, char *const *folders, int count)
{
	struct bt_trie *trie = find_trie(folders, count);
	enum bt_exit status = BT_EXIT_FAILED;
	made->view.policy = trie != NULL ? bt_trie_policy(trie) : NULL;
	made->view.decisions = find_decisions(folders, count);
	made->view.decision_sets = made->view.decisions == NULL ? 0 : count;
	if (!made->view.all || add_all(report, trie))
		status = bt_report_show(made, call, report);
	free_decisions(made->view.decisions, count);
	bt_trie_close(&trie);
	return status;
}

static enum bt_exit report_folders(
    struct bt_report_call *made, const struct bt_call *call, char *const *folders, int count)
{
	struct bt_report *report;
	struct bt_err err;

	if (!bt_report_new(&report, &made->view.options, &err)) {
		bt_message("%s", err.text);
		return BT_EXIT_FAILED;
	}
	bool ok = true;
	for (int i = 0; i < count && ok; i++)
		ok = read_folder(report, folders[i]);
	enum bt_exit status =
	    ok ? report_with_trie(made, call, report, folders, count) : BT_EXIT_FAILED;
	bt_report_free(&report);
	return status;
}

static enum bt_exit report_configured(struct bt_report_call *made, const struct bt_call *call)
{
	struct bt_config *config = bt_open_config(call);
	if (config == NULL)
		return BT_EXIT_FAILED;
	enum bt_exit status = report_folders(made, call, &config->state_dir, 1);
	bt_config_free(&config);
	return status;
}

static enum bt_exit run(const struct bt_call *call)
{
	struct bt_report_call made;
	if (!bt_report_options_read(&made, call))
		return BT_EXIT_FAILED;
	enum bt_exit status = call->arguments > 0
				  ? report_folders(&made, call, call->argument, call->arguments)
				  : report_configured(&made, call);
	bt_report_options_free(&made);
	return status;
}

const struct bt_command bt_cmd_report = {
    .name = "report",
    .arguments = "[DIR...]",
    .summary = "Report which endpoints asked for what is listed, and when",
    .options = options,
    .max_arguments = BT_ANY,
    .run = run,
};
