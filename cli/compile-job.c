/* SPDX-License-Identifier: BSD-3-Clause */
/* compile-job.c -- lists, or a dump, to a trie file in its place */

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <inttypes.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clock.h"
#include "compile-job.h"
#include "compile-watch.h"
#include "escape.h"
#include "file.h"
#include "state-dir.h"
#include "watched.h"

enum { STATE_FILE_MODE = 0640 };

/* ---- the file ---- */

/* The group of those who may read who asked, if Unbound's user is in it, or else that user's. */
static gid_t readers(const struct passwd *user)
{
	const struct group *group = getgrnam("beacontrap");
	for (char **member = group != NULL ? group->gr_mem : NULL;
	     member != NULL && *member != NULL; member++)
		if (strcmp(*member, user->pw_name) == 0)
			return group->gr_gid;
	return user->pw_gid;
}

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
	else if (lchown(path, user->pw_uid, readers(user)) != 0)
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

/* Verifies the new trie as its readers will, and only then lets it take the old one's place. */
static bool put_in_place(struct bt_compile_job *job, void *bytes, size_t size, struct bt_err *err)
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

static void show_result(const struct bt_compile_job *job, const struct bt_compile_result *result,
    size_t size, double seconds)
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
	if (result->skipped > result->refused)
		printf("  skipped     %" PRIu64 "\n", result->skipped - result->refused);
	if (result->refused > 0)
		printf("  refused     %" PRIu64 "\n", result->refused);
	printf("  classes     %" PRIu32 "\n"
	       "  bytes       %zu (%.1f a name)\n"
	       "  seconds     %.3f\n",
	    result->classes, size, each, seconds);
}

static void show_failure(const struct bt_compile_job *job, const char *reason)
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

enum bt_exit bt_compile_run(struct bt_compile_job *job)
{
	struct bt_compile_result result;
	struct bt_compile_watch watch = {.all_errors = job->all_errors, .explain = job->explain};
	struct bt_err err;
	void *bytes;
	size_t size;
	struct timespec start;
	if (!bt_compile_watch_begin(&watch, &job->compile, &job->progress)) {
		show_failure(job, "out of memory");
		return BT_EXIT_FAILED;
	}
	bt_progress_start(&job->progress);
	clock_gettime(CLOCK_MONOTONIC, &start);
	enum bt_exit status = BT_EXIT_OK;
	bool compiled = bt_compile(&job->compile, &bytes, &size, &result, &err);
	bt_progress_clear(&job->progress);
	bt_compile_watch_end(&watch);
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
	return status;
}

/*
 * Of two at once, the one that began first could be the last to write: a trie of lists that have
 * changed since. -1: there is no lock; then nothing can be written there, either, or nothing is
 * there yet.
 */
static int take_turn(const char *state_dir)
{
	char *path = bt_path_join(state_dir, "compile.lock");
	int fd = path != NULL ? open(path, O_RDONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640) : -1;
	free(path);
	if (fd < 0)
		return -1;
	(void)fchmod(fd, 0640); /* whatever the umask: the timer runs as another user */
	if (flock(fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
		bt_message("waiting for another compile");
		(void)flock(fd, LOCK_EX);
	}
	return fd;
}

enum bt_exit bt_compile_configured(
    struct bt_compile_job *job, const struct bt_config *config, const char *path)
{
	char *in_state = bt_path_join(config->state_dir, BT_TRIE_FILE);
	enum bt_exit status = BT_EXIT_FAILED;
	int turn = path == NULL ? take_turn(config->state_dir) : -1;
	job->path = path != NULL ? path : in_state;
	job->state_dir = path != NULL ? NULL : config->state_dir;
	job->compile.lists = config->lists;
	job->compile.list_count = config->list_count;
	job->compile.sinkhole = &config->sinkhole;
	job->compile.config = config;
	job->compile.guards = job->unguarded ? NULL : &config->guards;
	job->compile.dated = true;
	if (in_state == NULL)
		bt_message("out of memory");
	else
		status = bt_compile_run(job);
	if (turn >= 0)
		close(turn);
	free(in_state);
	return status;
}
