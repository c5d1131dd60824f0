/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * build-codebook.h -- the codebook that suits a set of names, and coding with it
 *
 * Threads: none of it is shared.
 */
#ifndef BT_BUILD_CODEBOOK_H
#define BT_BUILD_CODEBOOK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "build-strings.h"
#include "build.h"
#include "codebook.h"
#include "err.h"

enum {
	BT_CODEBOOK_MAX = BT_CODEBOOK_HEADER + BT_STRINGS_MAX * (1 + BT_STRING_MAX) +
			  BT_BRANCHES_MAX * BT_BRANCH_SIZE + BT_CLASS_CODES_MAX * 4
};

struct bt_coder {
	struct bt_strings strings;
	struct bt_codebook book; /* as a reader has it */
	uint8_t *class_codes;    /* for each class */
	uint8_t bytes[BT_CODEBOOK_MAX];
	size_t size;
};

/*
 * Makes the codebook for `count` names in key order, of which shared[i] octets are those of the one
 * before, and writes it to bytes[]; the classes are below `classes`.
 */
bool bt_coder_new(struct bt_coder **coder, const struct bt_build_name *names, const uint8_t *shared,
    size_t count, uint32_t classes, struct bt_err *err);

/* Frees the coder and sets *coder to NULL. NULL is fine. */
void bt_coder_free(struct bt_coder **coder);

#endif
