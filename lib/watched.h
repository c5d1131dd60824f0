/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * watched.h -- since when each listed name has been listed, without a break
 *
 * So that a report can say "none since". Kept beside the trie and renewed with it: names that stay
 * keep their time, new ones get that of the moment, others go. The plugin does not look at it.
 *
 *     offset  octets
 *          0       8  magic: "btwatch\n"
 *          8       4  version: 1
 *         12       4  N, names
 *         16       8  check: XXH3 of what follows
 *         24   N * 8  XXH3 of each name's key, ascending
 *              N * 4  seconds since 1970, in the same order
 *
 * Integers are little-endian. Two names with one hash have the later time.
 *
 * Threads: a view may be used from any thread.
 */
#ifndef BT_WATCHED_H
#define BT_WATCHED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"
#include "trie.h"

#define BT_WATCHED_FILE "watched"

struct bt_watched;

/*
 * Renews the file for what is in the trie. `now` in milliseconds since 1970. A file that is not
 * there, or that is damaged, says nothing of earlier times: *lost is then true if it was damaged.
 */
bool bt_watched_renew(
    const char *path, const struct bt_trie *trie, int64_t now, bool *lost, struct bt_err *err);

/* Refuses a damaged file. */
bool bt_watched_open(struct bt_watched **watched, const char *path, struct bt_err *err);

/* Sets *watched to NULL. NULL is fine. */
void bt_watched_close(struct bt_watched **watched);

/* Milliseconds since 1970; 0: the name is not listed. */
int64_t bt_watched_since(const struct bt_watched *watched, const uint8_t *key, size_t size);

#endif
