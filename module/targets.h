/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * targets.h -- the names that an answer leads to
 *
 * Threads: from the worker that owns the answer.
 */
#ifndef BT_TARGETS_H
#define BT_TARGETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "event.h"

struct reply_info;

/*
 * Calls each() for every target of a CNAME, DNAME, HTTPS or SVCB record in the answer section, a
 * name in wire form, in their order, until it returns true. Returns whether it did.
 */
bool bt_targets_each(const struct reply_info *answer,
    bool (*each)(void *ctx, const uint8_t *name, size_t size, enum bt_matched how), void *ctx);

#endif
