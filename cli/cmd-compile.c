/* SPDX-License-Identifier: BSD-3-Clause */
/* cmd-compile.c -- lists, or a dump, to a trie file */

#include "argument-lists.h"
#include "cli.h"
#include "compile-job.h"
#include "dump.h"

enum { OUTPUT, ACTION, SCOPE, FORMAT, STRICT, ALL_ERRORS, EXPLAIN, NO_GUARDS };

static const struct bt_option options[] = {
    [OUTPUT] = {"output", "TRIE", "write this file, not STATE/beacontrap.trie", 'o'},
    [ACTION] = {"action", "ACTION", "of the LISTs: sinkhole (default), nxdomain, allow, log, ...",
	0},
    [SCOPE] = {"scope", "SCOPE", "of the LISTs: exact, below, subtree (default: the format's)", 0},
    [FORMAT] = {"format", "FORMAT", "of the LISTs: auto (default)" BT_FORMAT_OTHERS, 0},
    [STRICT] = {"strict", NULL, "a bad line in a list is an error", 0},
    [ALL_ERRORS] = {"all-errors", NULL, "show every bad line, not only 20 of each list", 0},
    [EXPLAIN] = {"explain", NULL, "show what of the lists is refused or skipped, and why", 0},
    [NO_GUARDS] = {"no-guards", NULL, "refuse nothing", 0},
    {NULL, NULL, NULL, 0},
};

static struct bt_compile_job job_of(const struct bt_call *call)
{
	return (struct bt_compile_job){.path = call->option[OUTPUT],
	    .all_errors = call->option[ALL_ERRORS] != NULL,
	    .explain = call->option[EXPLAIN] != NULL,
	    .unguarded = call->option[NO_GUARDS] != NULL,
	    .compile = {.strict = call->option[STRICT] != NULL}};
}

static enum bt_exit compile_configured(const struct bt_call *call)
{
	struct bt_config *config = bt_open_config(call);
	if (config == NULL) {
		bt_message("nothing compiled: a trie that is in force stays");
		return BT_EXIT_FAILED;
	}
	struct bt_compile_job job = job_of(call);
	enum bt_exit status = bt_compile_configured(&job, config, call->option[OUTPUT]);
	bt_config_free(&config);
	return status;
}

static enum bt_exit compile_arguments(const struct bt_call *call, const struct bt_config_list *like)
{
	static const struct bt_config_guards suffixes = {.suffixes = true};
	unsigned count = (unsigned)call->arguments;
	struct bt_config_list *lists = bt_argument_lists(call->argument, count, like);
	if (lists == NULL)
		return BT_EXIT_FAILED;
	struct bt_compile_job job = job_of(call);
	job.compile.lists = lists;
	job.compile.list_count = count;
	job.compile.sinkhole = &bt_argument_sinkhole;
	job.compile.guards = job.unguarded ? NULL : &suffixes;
	enum bt_exit status = bt_compile_run(&job);
	bt_argument_lists_free(lists, count);
	return status;
}

static enum bt_exit compile_dump(const struct bt_call *call)
{
	if (call->arguments > 1)
		return bt_usage(call, "compile: a dump is all of a trie, and compiled alone");
	if (call->option[ACTION] != NULL || call->option[SCOPE] != NULL ||
	    call->option[FORMAT] != NULL)
		return bt_usage(
		    call, "compile: a dump itself says what --action, --scope and --format say");
	struct bt_compile_job job = job_of(call);
	job.compile.dump = call->argument[0];
	return bt_compile_run(&job);
}

static bool has_dump(const struct bt_call *call)
{
	for (int i = 0; i < call->arguments; i++)
		if (bt_is_dump(call->argument[i]))
			return true;
	return false;
}

static enum bt_exit run(const struct bt_call *call)
{
	const char *action = call->option[ACTION], *scope = call->option[SCOPE],
		   *format = call->option[FORMAT];
	int action_is = action != NULL ? bt_action_from_name(action) : BT_ACTION_SINKHOLE;
	int scope_is = scope != NULL ? bt_scope_from_name(scope) : 0;
	int format_is = format != NULL ? bt_format_from_name(format) : BT_FORMAT_AUTO;

	if (action_is < 0)
		return bt_usage(call, "there is no action '%s'", action);
	if (scope_is < 0)
		return bt_usage(call, "there is no scope '%s'", scope);
	if (format_is < 0)
		return bt_usage(call, "there is no list format '%s'", format);
	if (call->arguments > 0 && call->option[OUTPUT] == NULL)
		return bt_usage(
		    call, "compile: LISTs need --output, for they are not the configured ones");
	if (call->arguments >= BT_LISTS_MAX) /* one is that of local decisions */
		return bt_usage(call, "compile: more than %d lists", BT_LISTS_MAX - 1);
	if (has_dump(call))
		return compile_dump(call);
	if (call->arguments > 0) {
		struct bt_config_list like = {.action = (enum bt_action)action_is,
		    .format = (enum bt_format)format_is,
		    .scope = (uint8_t)scope_is};
		return compile_arguments(call, &like);
	}
	if (action != NULL || scope != NULL || format != NULL)
		return bt_usage(
		    call, "compile: --action, --scope and --format are for LIST arguments");
	return compile_configured(call);
}

const struct bt_command bt_cmd_compile = {
    .name = "compile",
    .arguments = "[LIST... | DUMP]",
    .summary = "Compile the configured lists, the LISTs, or a dump, into a trie",
    .options = options,
    .max_arguments = BT_ANY,
    .run = run,
};
