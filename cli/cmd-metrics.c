/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * cmd-metrics.c -- figures for Prometheus, in its text format 0.0.4
 * (https://prometheus.io/docs/instrumenting/exposition_formats)
 *
 * No label holds a domain or a client: their number has no bound.
 */

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli.h"
#include "file.h"
#include "report.h"
#include "segment-folder.h"
#include "timestamp.h"

enum { OUTPUT };

enum { DAY_MS = 86400000 };

static const struct bt_option options[] = {
    [OUTPUT] = {"output", "FILE",
	"write to FILE, as a whole, for node-exporter's textfile collector", 'o'},
    {NULL, NULL, NULL, 0},
};

/* ---- the format ---- */

static void put_family(FILE *out, const char *name, const char *help)
{
	fprintf(out, "# HELP beacontrap_%s %s\n# TYPE beacontrap_%s gauge\n", name, help, name);
}

/* A label's value, with what would end it escaped. */
static void put_label(FILE *out, const char *label, const char *value)
{
	fprintf(out, "{%s=\"", label);
	for (; *value != '\0'; value++) {
		if (*value == '\n')
			fputs("\\n", out);
		else
			fprintf(out, *value == '"' || *value == '\\' ? "\\%c" : "%c", *value);
	}
	fputs("\"}", out);
}

static void put_number(
    FILE *out, const char *name, const char *label, const char *value, double number)
{
	fprintf(out, "beacontrap_%s", name);
	if (label != NULL)
		put_label(out, label, value);
	fprintf(out, " %.17g\n", number);
}

static void put_one(FILE *out, const char *name, const char *help, double number)
{
	put_family(out, name, help);
	put_number(out, name, NULL, NULL, number);
}

/* ---- figures ---- */

/* Hits without an event, of the same. */
static void put_counted(FILE *out, const struct bt_report *report)
{
	struct bt_report_counted list;
	put_family(out, "hits_counted_day",
	    "Hits of the last 24 hours of which there is no event: the list has `events: count`.");
	for (size_t i = 0; (list = bt_report_counted(report, i)).list != NULL; i++)
		put_number(out, "hits_counted_day", "list", list.list, (double)list.counted);
	put_family(out, "hits_lost_day",
	    "Hits whose event was lost, by the list that decided, in the log's files of the last "
	    "day.");
	for (size_t i = 0; (list = bt_report_counted(report, i)).list != NULL; i++)
		put_number(out, "hits_lost_day", "list", list.list, (double)list.lost);
}

/* The log's last day, by list. */
static bool put_hits(FILE *out, const char *state_dir, int64_t now, struct bt_err *err)
{
	struct bt_report_options day = bt_report_defaults();
	const struct bt_report_row *rows;
	struct bt_report *report;
	size_t count;
	day.by = BT_BY_LIST;
	day.who = false;
	day.recent = true;
	day.since = now - DAY_MS;
	day.now = now;
	if (!bt_report_new(&report, &day, err))
		return false;
	bool ok =
	    bt_report_read(report, state_dir, err) && bt_report_rows(report, &rows, &count, err);
	if (ok) {
		struct bt_report_coverage coverage = bt_report_coverage(report);
		put_family(out, "hits_day", "Hits of the last 24 hours with a match in the list.");
		for (size_t i = 0; i < count; i++)
			put_number(out, "hits_day", "list", rows[i].name, (double)rows[i].hits);
		put_family(out, "endpoints_day", "Distinct clients of these hits.");
		for (size_t i = 0; i < count; i++)
			put_number(
			    out, "endpoints_day", "list", rows[i].name, (double)rows[i].endpoints);
		put_counted(out, report);
		put_one(out, "events_lost_day",
		    "Hits that were lost, in the log's files of the last day.",
		    (double)coverage.lost);
		put_one(out, "damaged_blocks_day", "Blocks that cannot be read, in these files.",
		    (double)coverage.damaged);
		put_one(out, "last_record_timestamp_seconds",
		    "The log's last record: a heartbeat comes each minute.",
		    (double)coverage.last / 1000);
	}
	bt_report_free(&report);
	return ok;
}

static bool put_log(FILE *out, const char *state_dir, struct bt_err *err)
{
	struct bt_segment_file *files;
	size_t count;
	double octets = 0;
	char *folder = bt_path_join(state_dir, "events");
	if (folder == NULL)
		return bt_fail(err, "out of memory");
	bool ok = bt_segment_files(folder, &files, &count, err);
	free(folder);
	if (!ok)
		return false;
	for (size_t i = 0; i < count; i++) {
		struct stat st;
		octets += stat(files[i].path, &st) == 0 ? (double)st.st_size : 0;
	}
	bt_segment_files_free(&files, count);
	put_one(out, "log_bytes", "Octets of the event log.", octets);
	put_one(out, "log_segments", "Files of the event log.", (double)count);
	return true;
}

static void put_lists(FILE *out, const struct bt_policy *policy)
{
	put_family(out, "list_entries", "Entries of the list.");
	for (unsigned i = 0; i < bt_policy_lists(policy); i++) {
		struct bt_list_info list = bt_policy_list(policy, i);
		if (!bt_list_is_idle(&list))
			put_number(out, "list_entries", "list", list.name, (double)list.entries);
	}
	put_family(out, "list_modified_timestamp_seconds", "When the list's file changed last.");
	for (unsigned i = 0; i < bt_policy_lists(policy); i++) {
		struct bt_list_info list = bt_policy_list(policy, i);
		if (!bt_list_is_idle(&list) && list.modified != 0)
			put_number(out, "list_modified_timestamp_seconds", "list", list.name,
			    (double)list.modified);
	}
}

/* Without a trie there are no figures of it: an alert can tell. */
static void put_trie(FILE *out, const char *state_dir)
{
	char *path = bt_path_join(state_dir, BT_TRIE_FILE);
	struct bt_trie *trie = NULL;
	struct stat st;
	struct bt_err err;
	if (path != NULL && stat(path, &st) == 0 && bt_trie_load(&trie, path, &err)) {
		put_one(out, "trie_names", "Names in the trie.", (double)bt_trie_names(trie));
		put_one(out, "trie_modified_timestamp_seconds", "When it was compiled.",
		    (double)st.st_mtime);
		put_one(out, "enabled", "1, or 0: the configuration lets every name pass.",
		    bt_policy_enabled(bt_trie_policy(trie)) ? 1 : 0);
		put_lists(out, bt_trie_policy(trie));
	}
	bt_trie_close(&trie);
	free(path);
}

static bool put_all(FILE *out, const char *state_dir, struct bt_err *err)
{
	if (!put_hits(out, state_dir, bt_time_now(), err) || !put_log(out, state_dir, err))
		return false;
	put_trie(out, state_dir);
	return true;
}

/* ---- output ---- */

/* All or nothing: a scrape must not see the half of it. */
static enum bt_exit write_out(const struct bt_call *call, const char *text, size_t size)
{
	struct bt_err err;
	if (call->option[OUTPUT] == NULL) {
		fwrite(text, 1, size, stdout);
		return BT_EXIT_OK;
	}
	if (bt_file_replace(call->option[OUTPUT], text, size, 0644, &err))
		return BT_EXIT_OK;
	bt_message("%s", err.text);
	return BT_EXIT_FAILED;
}

static enum bt_exit show(const struct bt_call *call, const char *state_dir)
{
	char *text = NULL;
	size_t size;
	struct bt_err err;
	FILE *memory = open_memstream(&text, &size);
	if (memory == NULL) {
		bt_message("out of memory");
		return BT_EXIT_FAILED;
	}
	bool ok = put_all(memory, state_dir, &err);
	if (fclose(memory) != 0)
		ok = bt_fail(&err, "out of memory");
	if (!ok)
		bt_message("%s", err.text);
	enum bt_exit status = ok ? write_out(call, text, size) : BT_EXIT_FAILED;
	free(text);
	return status;
}

static enum bt_exit run(const struct bt_call *call)
{
	if (call->arguments > 0)
		return show(call, call->argument[0]);
	struct bt_config *config = bt_open_config(call);
	if (config == NULL)
		return BT_EXIT_FAILED;
	enum bt_exit status = show(call, config->state_dir);
	bt_config_free(&config);
	return status;
}

const struct bt_command bt_cmd_metrics = {
    .name = "metrics",
    .arguments = "[DIR]",
    .summary = "Show figures for Prometheus",
    .options = options,
    .max_arguments = 1,
    .run = run,
};
