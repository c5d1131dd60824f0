/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * cost.h -- what a peer costs before the first lookup
 *
 * Measured in child processes that do nothing else, before the parent has grown.
 */
#ifndef BENCH_COST_H
#define BENCH_COST_H

#include "peer.h"

struct cost {
	double build_seconds; /* from the text list to the file, without a sync */
	size_t build_peak;    /* octets of resident memory, the whole process */
	size_t file;          /* octets */
	size_t resident;      /* octets of Pss that the open structure adds, all pages touched */
	size_t keys_alone;    /* octets of the file without the classes; 0: not told apart */
	double open_seconds;  /* the file in the page cache */
};

/* Builds the peer's file at `path` from the text list, opens it, and measures both. */
bool cost_measure(struct cost *cost, const struct peer *peer, const char *list, const char *path,
    struct bt_err *err);

/*
 * Runs job(ctx) in a child process; its result of `size` octets, which must not be more than a
 * pipe takes, comes back.
 */
bool run_in_child(bool (*job)(void *ctx, void *result, struct bt_err *err), void *ctx, void *result,
    size_t size, struct bt_err *err);

/* As bt_compile() of the names alone, without families, which reads the whole list at once. */
bool cost_compile(struct cost *cost, const char *list, struct bt_err *err);

#endif
