/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * trie-names.h -- all names of a trie, as names
 *
 * A lookup never needs them as such: it compares bits. The program does, to show what a file
 * holds, and to check that what it holds are names.
 *
 * Threads: as trie.h.
 */
#ifndef BT_TRIE_NAMES_H
#define BT_TRIE_NAMES_H

#include "trie.h"

/*
 * Calls each(ctx, key octets, key size, class) for every listed name in key order until it returns
 * false; *stopped says whether a call did. Takes 20 octets of memory a name, and its key (while
 * more comes, up to three times). False,
 * before the first call, if the memory is not there, or an entry is no name.
 */
bool bt_trie_each(const struct bt_trie *trie,
    bool (*each)(void *ctx, const uint8_t *key, size_t size, uint32_t class_id), void *ctx,
    bool *stopped, struct bt_err *err);

/*
 * Whether every entry is a name, another one than the others, and lookups find it: what
 * bt_trie_open does not check, as lookups do not rely on it. Takes as much memory.
 */
bool bt_trie_check(const struct bt_trie *trie, struct bt_err *err);

#endif
