/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * build.h -- names with their classes, and a policy, to the bytes of a trie file
 *
 * Add every name once or more (equal names must be merged into one class by the caller before:
 * entries.h does that), then finish. The same names, classes and policy give the same bytes,
 * whatever the order they were added in.
 *
 * Threads: a builder belongs to one thread.
 */
#ifndef BT_BUILD_H
#define BT_BUILD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"

struct bt_build_name {
	const uint8_t *key; /* borrowed until the build returns */
	uint8_t key_size;
	uint32_t class_id;
};

/*
 * Builds the file from `count` names sorted by key octets, without duplicates, and the policy's
 * bytes (policy-build.h). *bytes is malloc'ed and the caller's. Fails on unsorted or invalid keys,
 * on a class that the policy does not have, and when memory runs out.
 */
bool bt_build(void **bytes, size_t *size, const struct bt_build_name *names, size_t count,
    const void *policy, size_t policy_size, struct bt_err *err);

#endif
