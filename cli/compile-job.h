/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * compile-job.h -- lists, or a dump, to a trie file in its place
 *
 * Threads: one thread.
 */
#ifndef BT_COMPILE_JOB_H
#define BT_COMPILE_JOB_H

#include <stdbool.h>

#include "cli.h"
#include "compile.h"
#include "progress.h"

/* What to compile, and where to. */
struct bt_compile_job {
	struct bt_compile_options compile; /* but for who is told */
	const char *path;
	const char *state_dir; /* `path` is the trie in force there; NULL: it is some other file */
	bool quiet;            /* what came of it is not shown, if it is good */
	bool all_errors;       /* every bad line is shown */
	bool explain;          /* what is left out is shown name by name */
	bool unguarded;        /* the configuration's guards do not count */
	struct bt_progress progress;
};

/* Compiles, with messages. If anything goes wrong, the old file stays. */
enum bt_exit bt_compile_run(struct bt_compile_job *job);

/* The same of what is configured. `path` NULL: into the state directory, one at a time. */
enum bt_exit bt_compile_configured(
    struct bt_compile_job *job, const struct bt_config *config, const char *path);

/* The state directory: made if it is missing. */
bool bt_compile_make_state(const char *path, struct bt_err *err);

#endif
