/* SPDX-License-Identifier: BSD-3-Clause */
/* prepare.h -- the list as all peers read it: each name once, grown if that is asked for */
#ifndef BENCH_PREPARE_H
#define BENCH_PREPARE_H

#include "names.h"

struct prepared {
	uint64_t real, repeats, generated; /* names */
};

/*
 * Writes the list at `from` to `to`, with generated names up to `count` in all, and the names alone
 * to `bare`.
 */
bool prepare(struct prepared *prepared, const char *from, const char *to, const char *bare,
    size_t count, uint64_t seed, struct bt_err *err);

#endif
