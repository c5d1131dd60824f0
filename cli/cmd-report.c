/* SPDX-License-Identifier: BSD-3-Clause */
/* cmd-report.c -- who asked for what is listed */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli.h"
#include "file.h"
#include "out.h"

enum { FORMAT, ENDPOINTS, SINCE, UNTIL, ZONE, LIST, UNDER, CONTEXT, FAIL_ON_HITS };

static const struct bt_option options[] = {
    [FORMAT] = {"format", "FORMAT", "table (default), csv or json", 'f'},
    [ENDPOINTS] = {"endpoints", NULL, "show who asked, under each indicator", 'e'},
    [SINCE] = {"since", "TIME", "only from then on: 7d, 2026-11-23, 2026-11-23T10:00", 's'},
    [UNTIL] = {"until", "TIME", "only before then", 'u'},
    [ZONE] = {"tz", "ZONE",
	"of the table, --since and --until: UTC (default), +02:00, Europe/Berlin", 'z'},
    [LIST] = {"list", "NAME", "only hits with a match in this list", 'l'},
    [UNDER] = {"domain", "NAME", "only indicators that are this name or below it", 'd'},
    [CONTEXT] = {"context", NULL, "show what the lists say of themselves", 0},
    [FAIL_ON_HITS] = {"fail-on-hits", NULL, "exit with status 1 if there are rows", 0},
    {NULL, NULL, NULL, 0},
};

static bool read_time(
    const struct bt_call *call, int option, const struct bt_zone *zone, int64_t *time)
{
	struct bt_err err;
	if (call->option[option] == NULL ||
	    bt_time_read(time, call->option[option], zone, bt_time_now(), &err))
		return true;
	bt_usage(call, "--%s: %s", options[option].name, err.text);
	return false;
}

/* What the options say into *view; `domain` is where its filter's domain lies. */
static bool read_options(
    const struct bt_call *call, struct bt_view *view, char domain[static BT_TEXT_MAX + 1])
{
	const char *zone = call->option[ZONE] != NULL ? call->option[ZONE] : "UTC";
	struct bt_err err;
	struct bt_key key;

	view->filter = (struct bt_report_filter){
	    .since = INT64_MIN, .until = INT64_MAX, .list = call->option[LIST]};
	view->endpoints = call->option[ENDPOINTS] != NULL;
	view->context = call->option[CONTEXT] != NULL;
	if (!bt_zone_read(&view->zone, zone, &err)) {
		bt_usage(call, "--tz: %s", err.text);
		return false;
	}
	if (!read_time(call, SINCE, &view->zone, &view->filter.since) ||
	    !read_time(call, UNTIL, &view->zone, &view->filter.until))
		return false;
	if (view->filter.since >= view->filter.until) {
		bt_usage(call, "--since is not before --until");
		return false;
	}
	if (call->option[UNDER] != NULL) {
		if (!bt_read_name(&key, call->option[UNDER]))
			return false;
		bt_key_to_text(domain, key.bytes, key.len);
		view->filter.domain = domain;
	}
	return true;
}

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

/* ---- showing ---- */

static void warn(const struct bt_view *view)
{
	const char *problem;
	for (size_t i = 0; (problem = bt_report_problem(view->report, i)) != NULL; i++)
		bt_message("warning: %s", problem);

	if (view->context && view->policy == NULL)
		bt_message(
		    "warning: there is no trie, so what the lists say of themselves is not known");
	if (view->filter.list == NULL)
		return;
	struct bt_report_list list;
	for (size_t i = 0; (list = bt_report_list(view->report, i)).name != NULL; i++)
		if (strcmp(list.name, view->filter.list) == 0)
			return;
	bt_message("warning: the log knows no list '%s'", view->filter.list);
}

static enum bt_exit show(const struct bt_call *call, const struct bt_out *out,
    struct bt_report *report, struct bt_view *view)
{
	struct bt_err err;

	if (!bt_report_rows(report, &view->rows, &view->count, &err)) {
		bt_message("%s", err.text);
		return BT_EXIT_FAILED;
	}
	view->report = report;
	view->coverage = bt_report_coverage(report);
	warn(view);
	if (!out->write(stdout, view)) {
		bt_message("out of memory");
		return BT_EXIT_FAILED;
	}
	return call->option[FAIL_ON_HITS] != NULL && view->count > 0 ? BT_EXIT_NO : BT_EXIT_OK;
}

static enum bt_exit report_folders(const struct bt_call *call, const struct bt_out *out,
    struct bt_view *view, char *const *folders, int count)
{
	struct bt_report *report;
	struct bt_err err;

	if (!bt_report_new(&report, &view->filter, &err)) {
		bt_message("%s", err.text);
		return BT_EXIT_FAILED;
	}
	bool ok = true;
	for (int i = 0; i < count && ok; i++)
		ok = read_folder(report, folders[i]);
	enum bt_exit status = BT_EXIT_FAILED;
	if (ok) {
		struct bt_trie *trie = find_trie(folders, count);
		view->policy = trie != NULL ? bt_trie_policy(trie) : NULL;
		status = show(call, out, report, view);
		bt_trie_close(&trie);
	}
	bt_report_free(&report);
	return status;
}

static enum bt_exit run(const struct bt_call *call)
{
	const char *format = call->option[FORMAT] != NULL ? call->option[FORMAT] : "table";
	const struct bt_out *out = bt_out_find(format);
	struct bt_view view = {0};
	char domain[BT_TEXT_MAX + 1];

	if (out == NULL)
		return bt_usage(
		    call, "there is no format '%s': expected table, csv or json", format);
	if (!read_options(call, &view, domain))
		return BT_EXIT_FAILED;
	if (call->arguments > 0)
		return report_folders(call, out, &view, call->argument, call->arguments);

	struct bt_config *config = bt_open_config(call);
	if (config == NULL)
		return BT_EXIT_FAILED;
	enum bt_exit status = report_folders(call, out, &view, &config->state_dir, 1);
	bt_config_free(&config);
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
