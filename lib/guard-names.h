/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * guard-names.h -- the names of a warning list
 *
 * Either one of MISP's (github.com/MISP/misp-warninglists: an object with `type` and `list`), if it
 * is of the type hostname or string; or any list that can be compiled: its content tells, and it
 * may be compressed. Of what is no name in it, nothing is said.
 *
 * Threads: every function may be called from any thread.
 */
#ifndef BT_GUARD_NAMES_H
#define BT_GUARD_NAMES_H

#include <stdbool.h>

#include "err.h"
#include "name.h"

/*
 * Hands each name to take(), which returns false if memory runs out. False: there is none, or it
 * cannot be read; *err begins with the path.
 */
bool bt_guard_names_read(const char *path, bool (*take)(void *ctx, const struct bt_key *key),
    void *ctx, struct bt_err *err);

/* The same of `size` octets in memory; `path` is only for messages. */
bool bt_guard_names_parse(const char *path, const char *text, size_t size,
    bool (*take)(void *ctx, const struct bt_key *key), void *ctx, struct bt_err *err);

#endif
