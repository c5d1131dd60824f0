/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * compile.h -- lists, or a dump, to a trie file
 *
 * Threads: a compile belongs to one thread.
 */
#ifndef BT_COMPILE_H
#define BT_COMPILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config.h"
#include "err.h"
#include "left-out.h"

enum { BT_PERCENT_UNKNOWN = 101 };

struct bt_compile_options {
	const struct bt_config_list *lists;
	unsigned list_count;
	const struct bt_sinkhole *sinkhole;
	const struct bt_config *config; /* NULL; else what else it says: clients, whether enabled */
	const char *dump; /* NULL; else the path of a dump (dump.h), which says all of the above */
	const struct bt_config_guards *guards; /* NULL: none */
	bool strict;                           /* a bad line is fatal; in a dump it always is */
	bool past;  /* what has expired counts: of what is looked for in the past, not blocked */
	bool dated; /* the trie says when each list's file changed last */
	/* Each bad line ("file:line: reason"), and progress: what is being done (a list's path, or
	   words), and how much of it in percent. May be NULL. */
	void (*bad)(void *ctx, const char *text);
	/* At the end of each list, for each reason: what of the list is left out for it. May be
	   NULL. */
	void (*left_out)(
	    void *ctx, const struct bt_config_list *list, const struct bt_left_out *what);
	void (*progress)(void *ctx, const char *what, unsigned percent);
	void *ctx;
};

struct bt_compile_result {
	unsigned lists;      /* without that of local decisions */
	uint64_t entries;    /* good entries of all lists, */
	uint64_t exceptions; /* and those of them that are exceptions */
	uint64_t names;      /* distinct names */
	uint64_t duplicates; /* repeats within a list */
	uint64_t bad;        /* bad lines */
	uint64_t skipped;    /* what was left out of the lists, */
	uint64_t refused;    /* and what of it by guards */
	uint32_t classes;
};

/*
 * The trie file's bytes: malloc'ed, the caller's. They follow from the lists' names, order and
 * other settings, from what is in them, and if `dated` from when they changed; not from where they
 * are. The order of a list's entries matters only where a name has metadata that differs: the first
 * stands.
 */
bool bt_compile(const struct bt_compile_options *options, void **bytes, size_t *size,
    struct bt_compile_result *result, struct bt_err *err);

/*
 * The policy's bytes that bt_compile() would put into the trie, without what is in the lists: to
 * be compared with one in force. malloc'ed, the caller's.
 */
bool bt_compile_policy(
    const struct bt_config *config, void **bytes, size_t *size, struct bt_err *err);

/* Whether the list comes from somewhere else, and has not come yet: then it compiles, as an empty
 * one. */
bool bt_list_is_awaited(const struct bt_config_list *list);

#endif
