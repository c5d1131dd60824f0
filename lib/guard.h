/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * guard.h -- names that no list may take offline
 *
 * A feed is as good as its worst day: one that lists `com`, `co.uk`, or where a whole company works
 * takes it offline. A guard protects names, and refuses indicators that would cover one of them:
 *
 *   - the root, and unless that is switched off top-level domains and the public suffixes of
 *     publicsuffix.org (libpsl), by what covers names below them;
 *   - the names of warning lists (MISP's, or any list), by what covers them; what is below them is
 *     not: evil.blogspot.com may be listed where blogspot.com is protected;
 *   - the resolver's own zones, by what is in them or above.
 *
 * Threads: making one takes one thread; asking it any number.
 */
#ifndef BT_GUARD_H
#define BT_GUARD_H

#include <stdbool.h>
#include <stdint.h>

#include "config.h"
#include "err.h"
#include "name.h"

struct bt_guard;

/*
 * Reads what the configuration says: the warning lists, too. *guard is the caller's. *err begins
 * with the path of the list that cannot be read.
 */
bool bt_guard_new(
    struct bt_guard **guard, const struct bt_config_guards *config, struct bt_err *err);

/* Frees it and sets *guard to NULL. NULL is fine. */
void bt_guard_free(struct bt_guard **guard);

/*
 * Why an indicator of this name and scope is refused: text that lives as long as the guard. NULL:
 * it is not.
 */
const char *bt_guard_refuses(const struct bt_guard *guard, const struct bt_key *key, uint8_t scope);

#endif
