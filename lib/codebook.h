/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * codebook.h -- short codes for what a trie's names repeat
 *
 * Each file has its own three tables, made from its names (build-codebook.c), of codes of one
 * octet:
 *
 *   strings   codes for up to seven octets each, as in FSST (Boncz, Neumann, Leis: FSST, PVLDB
 * 2020) branches  where a name leaves the one before it: how much they share, and its next octet
 *   classes   those that most often differ from the class of the name before
 *
 * A branch is a number that is higher the less two names share, and then the higher the octet is.
 * Codes of branches keep that order: each stands for an interval. Frequent branches are the only
 * ones in theirs; with the others, the tail begins with one or two octets: where in the interval.
 *
 * Threads: a codebook does not change after bt_codebook_open.
 */
#ifndef BT_CODEBOOK_H
#define BT_CODEBOOK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"

enum {
	BT_CODEBOOK_HEADER = 6, /* u16 each: numbers of strings, branches and classes */
	BT_STRING_MAX = 7,      /* octets */
	BT_STRINGS_MAX = 255,
	BT_STRING_NONE = 255, /* the next octet stands for itself */
	BT_BRANCHES_MAX = 256,
	BT_BRANCH_SIZE = 2,
	BT_BRANCH_EXTRA_MAX = 2,
	BT_CLASS_CODES_MAX = 255,
	BT_CLASS_NONE = 255, /* the class stands elsewhere */

	BT_BRANCH_ROWS =
	    16, /* of branches with less in common than that, the codes are in a table */
};

struct bt_codebook {
	uint64_t strings[BT_STRINGS_MAX + 1]; /* the first octet lowest; on top how many; or 0 */
	uint8_t near[BT_BRANCH_ROWS][256];    /* shared octets, next octet: code */
	uint16_t starts[BT_BRANCHES_MAX]; /* the intervals' first branches, ascending from 0 on */
	uint16_t others[BT_BRANCHES_MAX]; /* branches in the interval besides the first */
	uint8_t extra[BT_BRANCHES_MAX];   /* octets that tell which of them */
	unsigned branches;
	uint32_t classes[BT_CLASS_CODES_MAX];
	unsigned class_codes;
};

/* Reads a codebook from the `size` octets of its section; its classes must be below `classes`. */
bool bt_codebook_open(struct bt_codebook *codebook, const uint8_t *bytes, size_t size,
    uint32_t classes, struct bt_err *err);

/* The name has `shared` octets in common with the one before, 0 to 255, and then `octet`. */
static inline uint16_t bt_branch(unsigned shared, uint8_t octet)
{
	return (uint16_t)((255 - shared) << 8 | octet);
}

static inline unsigned bt_branch_shared(uint16_t branch)
{
	return 255 - (branch >> 8);
}

static inline uint8_t bt_branch_octet(uint16_t branch)
{
	return (uint8_t)branch;
}

/* Code of the interval that the branch is in. */
uint8_t bt_branch_search(const struct bt_codebook *codebook, uint16_t branch);

static inline uint8_t bt_branch_code(
    const struct bt_codebook *codebook, unsigned shared, uint8_t octet)
{
	return shared < BT_BRANCH_ROWS ? codebook->near[shared][octet]
				       : bt_branch_search(codebook, bt_branch(shared, octet));
}

static inline unsigned bt_string_size(uint64_t string)
{
	return (unsigned)(string >> 56);
}

#endif
