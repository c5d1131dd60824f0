/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * due.h -- whether a list has changed since the trie was compiled
 *
 * Threads: any.
 */
#ifndef BT_DUE_H
#define BT_DUE_H

#include <stdbool.h>
#include <sys/stat.h>

#include "policy.h"

/*
 * Whether the file of the list is another one than the trie was made of. `in`: what the trie says
 * of the list; `list` and `trie`: of the files.
 */
bool bt_is_due(const struct bt_list_info *in, const struct stat *list, const struct stat *trie);

#endif
