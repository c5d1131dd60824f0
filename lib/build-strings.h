/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * build-strings.h -- octets that texts have often, and texts as codes for them
 *
 * After Boncz, Neumann, Leis: FSST, Fast Random Access String Compression, PVLDB 13 (2020).
 *
 * Threads: training and one struct are for one thread at a time.
 */
#ifndef BT_BUILD_STRINGS_H
#define BT_BUILD_STRINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "codebook.h"
#include "err.h"

/* Sorted: of those that a text begins with, the last one is the longest. */
struct bt_strings {
	uint64_t strings[BT_STRINGS_MAX]; /* the first octet on top, zeros behind */
	uint8_t sizes[BT_STRINGS_MAX];
	unsigned first[257]; /* those that begin with octet o are from first[o] to first[o + 1] */
	unsigned count;
};

/* Text number `i`: where it is, and its octets in *size. */
typedef const uint8_t *bt_text(const void *ctx, size_t i, size_t *size);

/* Chooses the strings, from some of the `count` texts if there are many. */
bool bt_strings_train(
    struct bt_strings *strings, bt_text *text, const void *ctx, size_t count, struct bt_err *err);

enum { BT_STRINGS_TEXT_MAX = 254, BT_STRINGS_CODED_MAX = 2 * BT_STRINGS_TEXT_MAX };

/* Writes `size` octets (BT_STRINGS_TEXT_MAX at most) as codes and returns how many octets these
 * are. */
size_t bt_strings_encode(const struct bt_strings *strings, const uint8_t *text, size_t size,
    uint8_t to[static BT_STRINGS_CODED_MAX]);

#endif
