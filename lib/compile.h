/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * compile.h -- lists to a trie file
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

struct bt_compile_options {
	const struct bt_config_list *lists;
	unsigned list_count;
	const struct bt_sinkhole *sinkhole;
	bool strict; /* a bad line is fatal */
	/* Each bad line ("file:line: reason"), and progress: entries so far. May be NULL. */
	void (*bad)(void *ctx, const char *text);
	void (*progress)(void *ctx, const char *list, uint64_t entries);
	void *ctx;
};

struct bt_compile_result {
	uint64_t entries;    /* good entries of all lists */
	uint64_t names;      /* distinct names */
	uint64_t duplicates; /* repeats within a list */
	uint64_t bad;        /* bad lines */
	uint32_t classes;
};

/* The trie file's bytes: malloc'ed, the caller's. */
bool bt_compile(const struct bt_compile_options *options, void **bytes, size_t *size,
    struct bt_compile_result *result, struct bt_err *err);

#endif
