/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * targets.h -- the names that an answer leads to
 *
 * Threads: from whoever owns the answer, or holds the lock of the records.
 */
#ifndef BT_TARGETS_H
#define BT_TARGETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "event.h"

struct reply_info;
struct ub_packed_rrset_key;

/* A name in wire form; what follows it in the `size` octets is no part of it. True: enough. */
typedef bool bt_target(void *ctx, const uint8_t *name, size_t size, enum bt_matched how);

/* Whether records of this type lead to names. */
bool bt_targets_may_be(const struct ub_packed_rrset_key *rrset);

/*
 * Calls each() for every target of a set of CNAME, DNAME, HTTPS or SVCB records, in their order,
 * until it returns true. Returns whether it did. The root is none: it stands for the owner, or for
 * nothing (RFC 9460 2.5).
 */
bool bt_targets_of(const struct ub_packed_rrset_key *rrset, bt_target *each, void *ctx);

/* The same for all sets in the answer section. */
bool bt_targets_each(const struct reply_info *answer, bt_target *each, void *ctx);

#endif
