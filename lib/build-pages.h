/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * build-pages.h -- names into pages
 *
 * Threads: none of it is shared.
 */
#ifndef BT_BUILD_PAGES_H
#define BT_BUILD_PAGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "build-code.h"
#include "build.h"
#include "err.h"
#include "trie-format.h"

struct bt_paging {
	struct bt_coder *coder; /* what the entries are coded with */
	uint64_t seed;
	uint32_t counts[BT_TABLES]; /* pages of each table */
	uint8_t *bytes;             /* of all pages */
	size_t size;
	uint8_t *tails;
	size_t tails_size, tails_room;
};

/*
 * For `count` names in key order, the root not among them, whose classes are below `classes`. Free
 * with bt_paging_free.
 */
bool bt_paging_make(struct bt_paging *paging, const struct bt_build_name *names, size_t count,
    uint32_t classes, struct bt_err *err);

void bt_paging_free(struct bt_paging *paging);

#endif
