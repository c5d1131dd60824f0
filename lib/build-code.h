/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * build-code.h -- the codes that suit a set of names
 *
 * Threads: none of it is shared.
 */
#ifndef BT_BUILD_CODE_H
#define BT_BUILD_CODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "build.h"
#include "err.h"
#include "trie-place.h"

/* A name's key, where as many octets can be read behind it as who looks it up reads. */
struct bt_name_key {
	uint8_t octets[BT_KEY_MAX + BT_PAIR_SIZE];
	unsigned labels;
};

void bt_name_key(struct bt_name_key *key, const struct bt_build_name *name);

struct bt_coder {
	struct bt_codes codes; /* as a reader has them */
	uint8_t *bytes;        /* the section */
	size_t size;
};

/*
 * Makes the codes for `count` names in key order, the root not among them, whose classes are below
 * `classes`. Of their places it matters how many letters are in them.
 */
bool bt_coder_new(struct bt_coder **coder, const struct bt_places *places,
    const struct bt_build_name *names, size_t count, uint32_t classes, struct bt_err *err);

/* Frees the coder and sets *coder to NULL. NULL is fine. */
void bt_coder_free(struct bt_coder **coder);

#endif
