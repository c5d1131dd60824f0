/* SPDX-License-Identifier: BSD-3-Clause */
/* build-filter.h -- the filter of a set of names: trie-filter.h */
#ifndef BT_BUILD_FILTER_H
#define BT_BUILD_FILTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "build.h"
#include "err.h"

/* *lines is malloc'ed and the caller's. The names are in key order. */
bool bt_build_filter(uint8_t **lines, size_t *size, const struct bt_build_name *names, size_t count,
    uint64_t seed, struct bt_err *err);

#endif
