/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * entries.h -- what the lists hold, gathered for the builder
 *
 * Takes the entries of all lists in any order; equal names of several lists, and repeats in one
 * list, become one name with one class. In one list, scopes of a repeated name are united and the
 * first metadata stands.
 *
 * An entry takes 20 octets and its key, and while it is finished its key once more; names take
 * less.
 *
 * Threads: a store belongs to one thread.
 */
#ifndef BT_ENTRIES_H
#define BT_ENTRIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "build.h"
#include "err.h"
#include "name.h"
#include "policy-build.h"

struct bt_entries;

bool bt_entries_new(struct bt_entries **entries, struct bt_err *err);

/* Frees the store and sets *entries to NULL. NULL is fine. */
void bt_entries_free(struct bt_entries **entries);

bool bt_entries_add(struct bt_entries *entries, const struct bt_key *key, struct bt_member member,
    struct bt_err *err);

/*
 * Sorts and merges. Classes go to *policy, in which they and metadata are numbered anew at the end
 * (bt_policy_renumber), and names are counted for their lists. names[] belongs to the store and
 * lives as long as it; *duplicates counts the entries that repeated a name in the same list. Call
 * it once.
 */
bool bt_entries_finish(struct bt_entries *entries, struct bt_policy_builder **policy,
    const struct bt_build_name **names, size_t *count, uint64_t *duplicates, struct bt_err *err);

#endif
