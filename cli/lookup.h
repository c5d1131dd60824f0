/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * lookup.h -- the parts of `beacontrap lookup` (private to cmd-lookup.c and lookup*.c)
 *
 * Threads: one thread.
 */
#ifndef BT_LOOKUP_H
#define BT_LOOKUP_H

#include <stdbool.h>

#include "cli.h"
#include "explain.h"

/* What the plugin would record: "not listed" and `allow` are none. */
bool bt_is_hit(const struct bt_verdict *verdict);

/* Writes an explanation to standard output: lines for people; an object. False: out of memory. */
bool bt_lookup_text(const struct bt_policy *policy, const struct bt_explanation *told);
bool bt_lookup_json(const struct bt_policy *policy, const struct bt_explanation *told);

/*
 * Looks up the names in a file ("-": standard input), one a line, and shows the hits: a line of
 * columns each, or with `json` an object each, commas between them. BT_EXIT_OK if there was one.
 */
enum bt_exit bt_lookup_file(const struct bt_trie *trie, const char *path, bool json);

#endif
