/* SPDX-License-Identifier: BSD-3-Clause */
/* cmd-compile.c -- lists, or a dump, to a trie file */

#include <errno.h>
#include <inttypes.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "argument-lists.h"
#include "cli.h"
#include "clock.h"
#include "compile.h"
#include "dump.h"
#include "escape.h"
#include "file.h"
#include "progress.h"
#include "state-dir.h"
#include "watched.h"

enum {
	BAD_LINES_SHOWN = 20, /* of each list */
	STATE_FILE_MODE = 0640,
};

enum { OUTPUT, ACTION, SCOPE, FORMAT, STRICT, ALL_ERRORS };

static const struct bt_option options[] = {
    [OUTPUT] = {"output", "TRIE", "write this file, not STATE/beacontrap.trie", 'o'},
    [ACTION] = {"action", "ACTION", "of the LISTs: sinkhole (default), nxdomain, allow, log, ...",
	0},
    [SCOPE] = {"scope", "SCOPE", "of the LISTs: exact, below, subtree (default: the format's)", 0},
    [FORMAT] = {"format", "FORMAT", "of the LISTs: auto (default)" BT_FORMAT_OTHERS, 0},
    [STRICT] = {"strict", NULL, "a bad line in a list is an error", 0},
    [ALL_ERRORS] = {"all-errors", NULL, "show every bad line, not only 20 of each list", 0},
    {NULL, NULL, NULL, 0},
};

/* ---- bad lines and progress ---- */

struct watch {
	const struct bt_compile_options *options;
	uint64_t *bad;       /* of each list; one more for lines of no known list */
	struct bt_err first; /* bad line of the list that is being read */
	bool all_errors;
	struct bt_progress *progress;
};

/* The list whose file `text`, "file:line: reason", is about. */
static unsigned list_of(const struct bt_compile_options *compile, const char *text)
{
	for (unsigned i = 0; i < compile->list_count; i++) {
		size_t size = strlen(compile->lists[i].file);
		if (strncmp(text, compile->lists[i].file, size) == 0 && text[size] == ':')
			return i;
	}
	return compile->list_count;
}

static void on_bad(void *ctx, const char *text)
{
	struct watch *watch = ctx;
	uint64_t before = watch->bad[list_of(watch->options, text)]++;
	if (before == 0)
		bt_fail(&watch->first, "%s", text);
	if (watch->all_errors || before < BAD_LINES_SHOWN) {
		bt_progress_clear(watch->progress);
		bt_message("%s", text);
	}
}

static void on_skipped(
    void *ctx, const struct bt_config_list *list, const char *reason, uint64_t count, unsigned line)
{
	const struct watch *watch = ctx;
	bt_progress_clear(watch->progress);
	bt_message("%s: skipped %" PRIu64 ": %s (line %u%s)", list->file, count, reason, line,
	    count == 1 ? "" : " and others");
}

static void show_hidden(const struct watch *watch)
{
	if (watch->all_errors)
		return;
	for (unsigned i = 0; i <= watch->options->list_count; i++)
		if (watch->bad[i] > BAD_LINES_SHOWN)
			bt_message("%s: and %" PRIu64 " more bad lines (--all-errors shows them)",
			    i < watch->options->list_count ? watch->options->lists[i].file
							   : "lists",
			    watch->bad[i] - BAD_LINES_SHOWN);
}

static void on_progress(void *ctx, const char *what, unsigned percent)
{
	struct watch *watch = ctx;
	bt_progress_show(watch->progress, what, percent);
}

/* ---- the file ---- */

/*
 * Unbound writes there, and begins as root but goes on as its user: by default this one. That this
 * fails is worth a word, not a failure: Unbound may as well go on as root.
 */
static void give_to_unbound(const char *path)
{
	const struct passwd *user = getpwnam("unbound");
	if (user == NULL)
		bt_message("%s: made, for root, since there is no user unbound; "
			   "if Unbound runs as another: chown -R USER: %s",
		    path, path);
	else if (lchown(path, user->pw_uid, user->pw_gid) != 0)
		bt_message("%s: made, for root: cannot give it to the user unbound: %s", path,
		    strerror(errno));
	else
		bt_message("%s: made, for the user unbound", path);
}

bool bt_compile_make_state(const char *path, struct bt_err *err)
{
	bool missing = access(path, F_OK) != 0;
	if (!bt_state_folder(path, err))
		return false;
	if (missing && geteuid() == 0)
		give_to_unbound(path);
	return true;
}

/*
 * The trie in force becomes the previous one, to fall back on, once the new one is in place; unless
 * it is broken, or says the same as the new one: then the previous one that is there already is
 * worth more.
 */
struct previous {
	struct bt_trie *trie; /* NULL: nothing to keep; it owns the bytes */
	void *bytes;
	size_t size;
};

static bool read_previous(
    struct previous *previous, const char *path, const struct bt_trie *fresh, struct bt_err *err)
{
	struct bt_trie *old;
	if (access(path, F_OK) != 0)
		return true;
	if (!bt_file_read(path, SIZE_MAX, &previous->bytes, &previous->size, err))
		return false;
	if (!bt_trie_open(&old, previous->bytes, previous->size, err)) {
		bt_message("%s: not kept as the previous trie: %s", path, err->text);
		free(previous->bytes);
	} else if (bt_trie_digest(old) == bt_trie_digest(fresh)) {
		bt_trie_close(&old);
	} else {
		previous->trie = old;
	}
	return true;
}

/* The new trie is in force by now: that nothing was kept is worth a word, not a failure. */
static void keep_previous(struct previous *previous, const char *path)
{
	char *to = NULL;
	struct bt_err err;
	if (previous->trie == NULL)
		return;
	if (asprintf(&to, "%s.prev", path) < 0) {
		bt_message("%s: the trie before is not kept: out of memory", path);
		to = NULL;
	} else if (!bt_file_replace(to, previous->bytes, previous->size, STATE_FILE_MODE, &err)) {
		bt_message("%s: the trie before is not kept: %s", path, err.text);
	}
	free(to);
	bt_trie_close(&previous->trie);
}

static mode_t mode_of_new_files(void)
{
	mode_t mask = umask(0);
	umask(mask);
	return 0666 & ~mask;
}

/* ---- since when names are listed ---- */

/* The trie is in place already: what goes wrong here costs a date. */
static void renew_watched(const char *state_dir, const struct bt_trie *trie)
{
	char *path = bt_path_join(state_dir, BT_WATCHED_FILE);
	struct bt_err err;
	bool lost = false;
	if (path == NULL)
		bt_message("warning: out of memory: since when names are listed is not kept");
	else if (!bt_watched_renew(path, trie, bt_clock_real(), &lost, &err))
		bt_message("warning: since when names are listed is not kept: %s", err.text);
	else if (lost)
		bt_message("warning: %s: was damaged: names count as listed from now on", path);
	free(path);
}

/* ---- the job ---- */

/* What to compile, and where to. */
struct job {
	struct bt_compile_options compile;
	const char *path;
	const char *state_dir; /* `path` is the trie in force there; NULL: it is some other file */
	bool quiet;            /* what came of it is not shown, if it is good */
	struct bt_progress progress;
};

/* Verifies the new trie as its readers will, and only then lets it take the old one's place. */
static bool put_in_place(struct job *job, void *bytes, size_t size, struct bt_err *err)
{
	struct bt_trie *trie;
	bt_progress_show(&job->progress, "verifying", BT_PERCENT_UNKNOWN);
	bool good = bt_trie_open(&trie, bytes, size, err);
	bt_progress_clear(&job->progress);
	if (!good) {
		free(bytes);
		return bt_fail_in(err, "the new trie cannot be used");
	}
	struct previous previous = {.trie = NULL};
	bool ok = job->state_dir == NULL || (bt_compile_make_state(job->state_dir, err) &&
						read_previous(&previous, job->path, trie, err));
	ok = ok && bt_file_replace(job->path, bytes, size,
		       job->state_dir != NULL ? STATE_FILE_MODE : mode_of_new_files(), err);
	if (ok)
		keep_previous(&previous, job->path);
	if (ok && job->state_dir != NULL)
		renew_watched(job->state_dir, trie);
	bt_trie_close(&previous.trie);
	bt_trie_close(&trie);
	return ok;
}

static void show_result(
    const struct job *job, const struct bt_compile_result *result, size_t size, double seconds)
{
	double each = result->names > 0 ? (double)size / (double)result->names : 0;
	bt_put_escaped(stdout, job->path);
	printf(": compiled\n"
	       "  lists       %u\n"
	       "  entries     %" PRIu64 "\n",
	    result->lists, result->entries);
	if (result->exceptions > 0)
		printf("  exceptions  %" PRIu64 "\n", result->exceptions);
	printf("  names       %" PRIu64 "\n"
	       "  duplicates  %" PRIu64 "\n"
	       "  bad lines   %" PRIu64 "\n",
	    result->names, result->duplicates, result->bad);
	if (result->skipped > 0)
		printf("  skipped     %" PRIu64 "\n", result->skipped);
	printf("  classes     %" PRIu32 "\n"
	       "  bytes       %zu (%.1f a name)\n"
	       "  seconds     %.3f\n",
	    result->classes, size, each, seconds);
}

static void show_failure(const struct job *job, const char *reason)
{
	struct stat st;
	bool old = stat(job->path, &st) == 0 && S_ISREG(st.st_mode);
	bt_message("%s", reason);
	if (job->state_dir == NULL)
		bt_message("%s: %s", job->path, old ? "left as it was" : "not written");
	else if (old)
		bt_message("%s: the old trie stays in force", job->path);
	else
		bt_message("%s: not written; without it nothing is blocked", job->path);
}

static enum bt_exit compile(struct job *job, bool all_errors)
{
	struct bt_compile_result result;
	struct bt_err err;
	void *bytes;
	size_t size;
	struct timespec start;
	struct watch watch = {
	    .options = &job->compile, .all_errors = all_errors, .progress = &job->progress};

	watch.bad = calloc(job->compile.list_count + 1u, sizeof(*watch.bad));
	if (watch.bad == NULL) {
		show_failure(job, "out of memory");
		return BT_EXIT_FAILED;
	}
	bt_progress_start(&job->progress);
	job->compile.bad = on_bad;
	job->compile.skipped = on_skipped;
	job->compile.progress = on_progress;
	job->compile.ctx = &watch;

	clock_gettime(CLOCK_MONOTONIC, &start);
	enum bt_exit status = BT_EXIT_OK;
	bool compiled = bt_compile(&job->compile, &bytes, &size, &result, &err);
	bt_progress_clear(&job->progress);
	show_hidden(&watch);
	if (!compiled && strcmp(err.text, watch.first.text) == 0)
		bt_fail(&err, "bad lines, and --strict");
	if (!compiled)
		status = BT_EXIT_NO;
	else if (!put_in_place(job, bytes, size, &err))
		status = BT_EXIT_FAILED;
	if (status == BT_EXIT_OK && !job->quiet)
		show_result(job, &result, size, bt_seconds_since(&start));
	else if (status != BT_EXIT_OK)
		show_failure(job, err.text);
	free(watch.bad);
	return status;
}

/* `path` NULL: into the state directory. */
static enum bt_exit compile_config(
    const struct bt_config *config, const char *path, struct job *job, bool all_errors)
{
	char *in_state = bt_path_join(config->state_dir, BT_TRIE_FILE);
	enum bt_exit status = BT_EXIT_FAILED;
	job->path = path != NULL ? path : in_state;
	job->state_dir = path != NULL ? NULL : config->state_dir;
	job->compile.lists = config->lists;
	job->compile.list_count = config->list_count;
	job->compile.sinkhole = &config->sinkhole;
	job->compile.config = config;
	job->compile.dated = true;
	if (in_state == NULL)
		bt_message("out of memory");
	else
		status = compile(job, all_errors);
	free(in_state);
	return status;
}

enum bt_exit bt_compile_state(const struct bt_config *config, bool quiet)
{
	struct job job = {.quiet = quiet};
	return compile_config(config, NULL, &job, false);
}

static enum bt_exit compile_configured(const struct bt_call *call)
{
	struct bt_config *config = bt_open_config(call);
	if (config == NULL) {
		bt_message("nothing compiled: a trie that is in force stays");
		return BT_EXIT_FAILED;
	}
	struct job job = {.compile = {.strict = call->option[STRICT] != NULL}};
	enum bt_exit status =
	    compile_config(config, call->option[OUTPUT], &job, call->option[ALL_ERRORS] != NULL);
	bt_config_free(&config);
	return status;
}

static enum bt_exit compile_arguments(const struct bt_call *call, const struct bt_config_list *like)
{
	unsigned count = (unsigned)call->arguments;
	struct bt_config_list *lists = bt_argument_lists(call->argument, count, like);
	if (lists == NULL)
		return BT_EXIT_FAILED;
	struct job job = {.path = call->option[OUTPUT],
	    .compile = {.lists = lists,
		.list_count = count,
		.sinkhole = &bt_argument_sinkhole,
		.strict = call->option[STRICT] != NULL}};
	enum bt_exit status = compile(&job, call->option[ALL_ERRORS] != NULL);
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
	struct job job = {.path = call->option[OUTPUT], .compile = {.dump = call->argument[0]}};
	return compile(&job, false);
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
