/* SPDX-License-Identifier: BSD-3-Clause */
/* build-huffman.h -- how many bits each of some codes should have */
#ifndef BT_BUILD_HUFFMAN_H
#define BT_BUILD_HUFFMAN_H

#include <stdint.h>

enum { BT_HUFFMAN_MAX = 2048 /* symbols */ };

/*
 * Sizes in bits, `most` at most, of prefix codes for `count` symbols that occur so often; 0 for
 * those that do not, 1 if there is but one. `most` is enough for as many codes.
 */
void bt_huffman(uint8_t *bits, const uint32_t *times, unsigned count, unsigned most);

#endif
