/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * policy-store.h -- the policies that events in the rings refer to
 *
 * They are kept in memory for the writer, and as files policy-DIGEST in the folder of the rings for
 * the one who drains the rings of a dead process.
 *
 * Threads: add and save from any thread; everything else from the thread that writes.
 */
#ifndef BT_POLICY_STORE_H
#define BT_POLICY_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"
#include "segment.h"

struct bt_policy_store;

/* `folder` is copied. */
bool bt_policy_store_new(struct bt_policy_store **store, const char *folder, struct bt_err *err);

/* Frees the store and sets *store to NULL; the files stay. NULL is fine. */
void bt_policy_store_free(struct bt_policy_store **store);

/* Keeps a copy of the policy's bytes in memory, the last 16 of them. */
bool bt_policy_store_add(struct bt_policy_store *store, uint64_t digest, const void *bytes,
    size_t size, struct bt_err *err);

/* Writes the policy's bytes to its file, unless that is there. */
bool bt_policy_store_save(const struct bt_policy_store *store, uint64_t digest, const void *bytes,
    size_t size, struct bt_err *err);

/* A new segment begins: it holds no policy yet. */
void bt_policy_store_begin(struct bt_policy_store *store);

/*
 * Writes the policy into the segment unless it is in there. That the policy is not known is no
 * failure: its events are counted without the names of their lists.
 */
bool bt_policy_store_write(struct bt_policy_store *store, uint64_t digest,
    struct bt_segment_writer *segment, struct bt_err *err);

/* Octets of policies in the segment that is open. */
uint64_t bt_policy_store_octets(const struct bt_policy_store *store);

/* Removes the files of all policies from the folder: no ring refers to them any more. */
void bt_policy_store_clean(const struct bt_policy_store *store);

#endif
