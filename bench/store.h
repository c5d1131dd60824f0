/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * store.h -- files of the peers that bring no file format of their own
 *
 * Read into private memory that asks for huge pages, as who wants speed would do it.
 */
#ifndef BENCH_STORE_H
#define BENCH_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"

enum {
	STORE_ALIGN = 64, /* of each part */
	STORE_PARTS = 6,
};

struct store_part {
	const void *bytes;
	size_t size;
};

struct store {
	uint8_t *bytes;
	size_t size;
	struct store_part parts[STORE_PARTS];
};

/* Writes the parts one after the other. */
bool store_write(
    const char *path, const struct store_part *parts, unsigned count, struct bt_err *err);

/* Reads them back. */
bool store_read(struct store *store, const char *path, struct bt_err *err);

void store_free(struct store *store);

/* Classes in `bits` bits each, one after the other. */
unsigned store_bits(uint32_t classes);
size_t store_packed_size(size_t count, unsigned bits);
void store_pack(uint8_t *packed, size_t i, unsigned bits, uint32_t class_id);

static inline uint32_t store_unpack(const uint8_t *packed, size_t i, unsigned bits)
{
	uint64_t word;
	__builtin_memcpy(&word, packed + i * bits / 8, sizeof(word));
	return (uint32_t)(word >> (i * bits % 8) & ((1ull << bits) - 1));
}

#endif
