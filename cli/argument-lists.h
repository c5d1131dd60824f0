/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * argument-lists.h -- lists that are named on the command line, and a trie of them
 *
 * Threads: one thread.
 */
#ifndef BT_ARGUMENT_LISTS_H
#define BT_ARGUMENT_LISTS_H

#include "config.h"
#include "trie.h"

/* The answer of lists without a configuration: 0.0.0.0 and ::. */
extern const struct bt_sinkhole bt_argument_sinkhole;

/*
 * Files as lists, each called as its file, and otherwise like `like`; malloc'ed, the caller's. NULL
 * after a message.
 */
struct bt_config_list *bt_argument_lists(
    char *const *files, unsigned count, const struct bt_config_list *like);

void bt_argument_lists_free(struct bt_config_list *lists, unsigned count);

/*
 * A trie of these files, in memory, with this action; bad lines are said. With `past`, what has
 * expired counts as well. NULL after a message.
 */
struct bt_trie *bt_argument_trie(
    char *const *files, unsigned count, enum bt_action action, bool past);

#endif
