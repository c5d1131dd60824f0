/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * intern.h -- byte strings to dense numbers, each string kept once
 *
 * Numbers run from 0 in the order of first appearance. Open addressing over XXH3-64 hashes; the
 * strings lie in one arena, so that a million of them cost two allocations' worth of slack.
 *
 * Threads: a table belongs to one thread.
 */
#ifndef BT_INTERN_H
#define BT_INTERN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bt_intern;

/* NULL if memory runs out. */
struct bt_intern *bt_intern_new(void);

/* Frees the table and sets *table to NULL. NULL is fine. */
void bt_intern_free(struct bt_intern **table);

/* Forgets all strings, and keeps their memory for others. */
void bt_intern_clear(struct bt_intern *table);

/*
 * The number of these octets, which are copied if they are new. False if memory runs out or the
 * table is full (2^32 - 1 strings); then *id is not written.
 */
bool bt_intern_add(struct bt_intern *table, const void *bytes, size_t size, uint32_t *id);

/* As bt_intern_add, but only looks. False if the octets are not in the table. */
bool bt_intern_find(const struct bt_intern *table, const void *bytes, size_t size, uint32_t *id);

uint32_t bt_intern_count(const struct bt_intern *table);

/* The octets of number `id` < count; valid until the next bt_intern_add. */
const void *bt_intern_bytes(const struct bt_intern *table, uint32_t id, size_t *size);

#endif
