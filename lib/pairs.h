/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pairs.h -- pairs of numbers to dense numbers
 *
 * Threads: a table belongs to one thread.
 */
#ifndef BT_PAIRS_H
#define BT_PAIRS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* All zero is the empty table. */
struct bt_pairs {
	struct bt_pair_slot *slots; /* a power of two, at most three quarters in use */
	size_t slot_count;
	uint32_t count;
};

/*
 * The number of the pair (a, b): pairs are numbered from 0 as they come. False if memory runs out,
 * or the table is full (2^32 - 1 pairs); then *number is not written.
 */
bool bt_pairs_add(struct bt_pairs *pairs, uint32_t a, uint32_t b, uint32_t *number);

/* Asks for the memory that bt_pairs_add will look at. */
void bt_pairs_prefetch(const struct bt_pairs *pairs, uint32_t a, uint32_t b);

/* Frees what the table holds; it is empty then. */
void bt_pairs_clear(struct bt_pairs *pairs);

#endif
