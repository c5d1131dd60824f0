/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pair-set.h -- a set of pairs of numbers
 *
 * Made for sets in which the second numbers of a first one are many, or close to each other: 64
 * neighbours share a slot of 16 octets.
 *
 * Threads: a set belongs to one thread.
 */
#ifndef BT_PAIR_SET_H
#define BT_PAIR_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* All zero is the empty set. */
struct bt_pair_set {
	struct bt_pair_word *slots; /* a power of two, at most two thirds in use */
	size_t slot_count, used;
};

/* *added says whether the pair (a, b) was not there before. False if memory runs out. */
bool bt_pair_set_add(struct bt_pair_set *set, uint32_t a, uint32_t b, bool *added);

/* Asks for the memory that bt_pair_set_add will look at. */
void bt_pair_set_prefetch(const struct bt_pair_set *set, uint32_t a, uint32_t b);

/* Frees what the set holds; it is empty then. */
void bt_pair_set_clear(struct bt_pair_set *set);

#endif
