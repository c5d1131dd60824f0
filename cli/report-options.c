/* SPDX-License-Identifier: BSD-3-Clause */
/* report-options.c -- the options of the subcommands that print report rows, and their output */

#include <stdlib.h>
#include <string.h>

#include "report-options.h"

static bool read_time(
    const struct bt_call *call, int option, const struct bt_zone *zone, int64_t *time)
{
	struct bt_err err;
	if (call->option[option] == NULL ||
	    bt_time_read(time, call->option[option], zone, bt_time_now(), &err))
		return true;
	bt_usage(call, "--%s: %s", call->command->options[option].name, err.text);
	return false;
}

static bool read_times(const struct bt_call *call, struct bt_view *view)
{
	const char *zone = call->option[BT_REPORT_ZONE];
	struct bt_report_options *options = &view->options;
	struct bt_err err;
	if (!bt_zone_read(&view->zone, zone == NULL ? "UTC" : zone, &err)) {
		bt_usage(call, "--tz: %s", err.text);
		return false;
	}
	options->now = bt_time_now();
	if (!read_time(call, BT_REPORT_SINCE, &view->zone, &options->since) ||
	    !read_time(call, BT_REPORT_UNTIL, &view->zone, &options->until) ||
	    !read_time(call, BT_REPORT_BASELINE, &view->zone, &options->baseline) ||
	    !read_time(call, BT_REPORT_AS_OF, &view->zone, &options->now))
		return false;
	if (options->since < options->until)
		return true;
	bt_usage(call, "--since is not before --until");
	return false;
}

static bool read_by(const struct bt_call *call, struct bt_report_options *options)
{
	const char *name = call->option[BT_REPORT_BY];
	int by = name == NULL ? BT_BY_INDICATOR : bt_by_from_name(name);
	if (by < 0) {
		bt_usage(call,
		    "--by: expected indicator, list, campaign, family, client, qname or day, "
		    "not '%s'",
		    name);
		return false;
	}
	options->by = (enum bt_report_by)by;
	return true;
}

static bool read_sort(const struct bt_call *call, struct bt_report_options *options)
{
	static const char *const names[BT_SORTS] = {
	    [BT_SORT_ENDPOINTS] = "endpoints",
	    [BT_SORT_HITS] = "hits",
	    [BT_SORT_FIRST_SEEN] = "first",
	    [BT_SORT_LAST_SEEN] = "last",
	    [BT_SORT_NAME] = "name",
	};
	const char *name = call->option[BT_REPORT_SORT];
	for (int i = 0; name != NULL && i < BT_SORTS; i++) {
		if (strcmp(names[i], name) == 0) {
			options->sort = (enum bt_report_sort)i;
			return true;
		}
	}
	if (name != NULL)
		bt_usage(
		    call, "--sort: expected endpoints, hits, first, last or name, not '%s'", name);
	return name == NULL;
}

static bool read_count(const struct bt_call *call, int option, uint64_t *count)
{
	const char *text = call->option[option];
	char *end;
	if (text == NULL)
		return true;
	unsigned long long number = strtoull(text, &end, 10);
	if (text[0] < '0' || text[0] > '9' || *end != '\0' || number > UINT32_MAX) {
		bt_usage(call, "--%s: expected a number, not '%s'",
		    call->command->options[option].name, text);
		return false;
	}
	*count = number;
	return true;
}

static bool read_filter(struct bt_report_call *made, const struct bt_call *call)
{
	struct bt_report_options *options = &made->view.options;
	const char *action = call->option[BT_REPORT_ACTION];
	uint64_t limit = 0;
	struct bt_key key;
	options->list = call->option[BT_REPORT_LIST];
	if (call->option[BT_REPORT_UNDER] != NULL) {
		if (!bt_read_name(&key, call->option[BT_REPORT_UNDER]))
			return false;
		bt_key_to_text(made->domain, key.bytes, key.len);
		options->domain = made->domain;
	}
	if (call->option[BT_REPORT_CLIENT] != NULL) {
		if (!bt_read_network(call, &made->client, call->option[BT_REPORT_CLIENT]))
			return false;
		options->client = &made->client;
	}
	options->action = action == NULL ? -1 : bt_action_from_name(action);
	if (action != NULL && options->action < 0) {
		bt_usage(call, "--action: there is no action '%s'", action);
		return false;
	}
	if (!read_count(call, BT_REPORT_MIN_ENDPOINTS, &options->min_endpoints) ||
	    !read_count(call, BT_REPORT_LIMIT, &limit))
		return false;
	options->limit = (size_t)limit;
	return true;
}

static bool check(const struct bt_call *call, const struct bt_view *view)
{
	const struct bt_report_options *options = &view->options;
	if (options->baseline != INT64_MAX && !options->wide)
		bt_usage(call, "--baseline is for --wide");
	else if (view->all && options->by != BT_BY_INDICATOR)
		bt_usage(call, "--all is for rows by indicator");
	else if (options->credited && options->by != BT_BY_LIST && options->by != BT_BY_CAMPAIGN &&
		 options->by != BT_BY_FAMILY)
		bt_usage(call, "--credited is for rows by list, campaign or family");
	else
		return true;
	return false;
}

static void say_bad(void *ctx, const char *text)
{
	(void)ctx;
	bt_message("%s", text);
}

/* Files, separated by commas. */
static bool read_identities(struct bt_report_call *made, const struct bt_call *call)
{
	char *files = NULL, *rest, *file;
	struct bt_report_options *options = &made->view.options;
	struct bt_err err;
	options->fold = call->option[BT_REPORT_FOLD] != NULL;
	if (call->option[BT_REPORT_IDENTITIES] == NULL)
		return true;
	rest = files = strdup(call->option[BT_REPORT_IDENTITIES]);
	made->identities = bt_identities_new();
	bool ok = (files != NULL && made->identities != NULL) || bt_fail(&err, "out of memory");
	while (ok && (file = strsep(&rest, ",")) != NULL)
		ok = bt_identities_load(made->identities, file, say_bad, NULL, &err);
	free(files);
	if (!ok) {
		bt_message("%s", err.text);
		bt_report_options_free(made);
		return false;
	}
	options->identify = bt_identities_name;
	options->identities = made->identities;
	options->identify_by_time = bt_identities_by_time(made->identities);
	options->fold = true;
	return true;
}

void bt_report_options_free(struct bt_report_call *made)
{
	bt_identities_free(&made->identities);
}

bool bt_report_options_read(struct bt_report_call *made, const struct bt_call *call)
{
	const char *format = call->option[BT_REPORT_FORMAT];
	struct bt_view *view = &made->view;
	*made = (struct bt_report_call){0};
	made->out = bt_out_find(format == NULL ? "table" : format);
	if (made->out == NULL) {
		bt_usage(call, "there is no format '%s': expected " BT_OUT_NAMES, format);
		return false;
	}
	view->options = bt_report_defaults();
	view->options.hours = made->out->hours;
	view->options.wide = call->option[BT_REPORT_WIDE] != NULL;
	view->options.who = call->option[BT_REPORT_ENDPOINTS] != NULL;
	view->options.credited = call->option[BT_REPORT_CREDITED] != NULL;
	view->endpoints = call->option[BT_REPORT_ENDPOINTS] != NULL;
	view->all = call->option[BT_REPORT_ALL] != NULL;
	view->live = call->option[BT_REPORT_LIVE] != NULL;
	view->context = call->option[BT_REPORT_CONTEXT] != NULL;
	return read_by(call, &view->options) && read_sort(call, &view->options) &&
	       read_times(call, view) && read_filter(made, call) && check(call, view) &&
	       read_identities(made, call);
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
	if (view->options.list == NULL)
		return;
	struct bt_report_list list;
	for (size_t i = 0; (list = bt_report_list(view->report, i)).name != NULL; i++)
		if (strcmp(list.name, view->options.list) == 0)
			return;
	bt_message("warning: the log knows no list '%s'", view->options.list);
}

enum bt_exit bt_report_show(
    struct bt_report_call *made, const struct bt_call *call, struct bt_report *report)
{
	struct bt_view *view = &made->view;
	struct bt_err err;

	if (!bt_report_rows(report, &view->rows, &view->count, &err)) {
		bt_message("%s", err.text);
		return BT_EXIT_FAILED;
	}
	view->report = report;
	view->coverage = bt_report_coverage(report);
	warn(view);
	if (!made->out->write(stdout, view)) {
		bt_message("out of memory");
		return BT_EXIT_FAILED;
	}
	return call->option[BT_REPORT_FAIL_ON_HITS] != NULL && bt_report_endpoints(report) > 0
		   ? BT_EXIT_NO
		   : BT_EXIT_OK;
}
