/* SPDX-License-Identifier: BSD-3-Clause */
/* compiles.h -- lists in a folder, compiled for tests, and what the tries answer */
#ifndef BT_TEST_COMPILES_H
#define BT_TEST_COMPILES_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "compile.h"
#include "trie.h"

static char folder[4096];

/* The path of a file in the folder; good until 32 more were asked for. */
static inline char *in_folder(const char *name)
{
	static char paths[32][sizeof(folder) + 64];
	static unsigned next;
	char *path = paths[next++ % 32];
	snprintf(path, sizeof(paths[0]), "%s/%s", folder, name);
	return path;
}

static inline char *put(const char *name, const char *text, time_t modified)
{
	char *path = in_folder(name);
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
	const struct timespec times[2] = {{.tv_sec = modified}, {.tv_sec = modified}};
	assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
	return path;
}

static inline int make_folder(void **state)
{
	(void)state;
	const char *tmp = getenv("TMPDIR");
	snprintf(folder, sizeof(folder), "%s/test-compile.XXXXXX", tmp != NULL ? tmp : "/tmp");
	return mkdtemp(folder) == NULL ? -1 : 0;
}

static inline int remove_folder(void **state)
{
	(void)state;
	DIR *dir = opendir(folder);
	for (struct dirent *entry; dir != NULL && (entry = readdir(dir)) != NULL;)
		if (entry->d_name[0] != '.')
			unlinkat(dirfd(dir), entry->d_name, 0);
	if (dir != NULL)
		closedir(dir);
	return rmdir(folder);
}

/* ---- compiling ---- */

enum { LISTS_MAX = 4 };

/* A compile, what it said on the way, and what came out. */
struct run {
	struct bt_config_list lists[LISTS_MAX];
	unsigned count;
	bool strict, undated;
	const char *dump;
	const struct bt_config *config;
	unsigned bad_count;
	char bad[400]; /* bad lines, without the folder, each with a newline */
	char progress[400];
	struct bt_compile_result result;
	struct bt_err err;
	void *bytes;
	size_t size;
	struct bt_trie *trie;
};

static inline void add(struct run *run, const char *name, char *file, enum bt_action action)
{
	assert_true(run->count < LISTS_MAX);
	run->lists[run->count++] = (struct bt_config_list){
	    .name = (char *)(uintptr_t)name, .file = file, .action = action};
}

static inline void note_bad(void *ctx, const char *text)
{
	struct run *run = ctx;
	size_t used = strlen(run->bad);
	run->bad_count++;
	assert_int_equal(strncmp(text, folder, strlen(folder)), 0);
	snprintf(run->bad + used, sizeof(run->bad) - used, "%s\n", text + strlen(folder) + 1);
}

/* What is done, without the folder, and the percentages of it that are known. */
static inline void note_progress(void *ctx, const char *what, unsigned percent)
{
	struct run *run = ctx;
	size_t used = strlen(run->progress);
	if (strncmp(what, folder, strlen(folder)) == 0)
		what += strlen(folder) + 1;
	if (percent == BT_PERCENT_UNKNOWN)
		snprintf(run->progress + used, sizeof(run->progress) - used, "%s ", what);
	else
		snprintf(
		    run->progress + used, sizeof(run->progress) - used, "%s=%u ", what, percent);
}

static inline bool compile(struct run *run)
{
	static const struct bt_sinkhole sinkhole = {.has_ipv4 = true, .ttl = 10};
	const struct bt_compile_options options = {
	    .lists = run->lists,
	    .list_count = run->count,
	    .sinkhole = &sinkhole,
	    .config = run->config,
	    .dump = run->dump,
	    .strict = run->strict,
	    .dated = !run->undated,
	    .bad = note_bad,
	    .progress = note_progress,
	    .ctx = run,
	};
	return bt_compile(&options, &run->bytes, &run->size, &run->result, &run->err);
}

static inline void compile_and_open(struct run *run)
{
	if (!compile(run) || !bt_trie_open(&run->trie, run->bytes, run->size, &run->err))
		fail_msg("%s", run->err.text);
}

static inline void expect_failure(struct run *run, const char *path, const char *reason)
{
	run->bytes = run;
	if (compile(run))
		fail_msg("compiled, without '%s'", reason);
	assert_ptr_equal(run->bytes, run);
	assert_int_equal(run->result.names, 0);
	if (strncmp(run->err.text, path, strlen(path)) != 0 ||
	    strstr(run->err.text, reason) == NULL)
		fail_msg("'%s' does not say '%s' of '%s'", run->err.text, reason, path);
}

/* ---- asking ---- */

static inline struct bt_verdict ask(const struct run *run, const char *name)
{
	struct bt_key key;
	struct bt_match matches[BT_MATCHES_MAX];
	assert_int_equal(bt_key_from_text(&key, name, strlen(name)), BT_NAME_OK);
	unsigned count = bt_trie_match(run->trie, &key, matches);
	return bt_policy_decide(bt_trie_policy(run->trie), 0, matches, count, key.labels);
}

/* The deciding list's name, or "-". */
static inline const char *decider(const struct run *run, const char *name)
{
	struct bt_verdict verdict = ask(run, name);
	return verdict.listed ? bt_policy_list(bt_trie_policy(run->trie), verdict.by.list).name
			      : "-";
}

static inline const char *value(const struct run *run, const char *name, const char *key)
{
	struct bt_verdict verdict = ask(run, name);
	assert_true(verdict.listed);
	const char *found = bt_policy_value(bt_trie_policy(run->trie), verdict.by, key);
	return found != NULL ? found : "-";
}

#endif
