/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * load-queries.h -- the names of a file as DNS queries for addresses, in wire form
 *
 * One thread makes them; after that they are constant.
 */
#ifndef BENCH_LOAD_QUERIES_H
#define BENCH_LOAD_QUERIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	QUERY_HEADER = 12,
	QUERY_MAX = QUERY_HEADER + 255 + 4,
};

struct queries {
	uint8_t *octets;
	size_t *start; /* count + 1 of them */
	size_t count;
};

/*
 * Reads one name a line. Prints the reason and returns false if the file cannot be read, has a line
 * that is no name, or has none. The caller calls queries_free() either way.
 */
bool queries_read(struct queries *queries, const char *path);

void queries_free(struct queries *queries);

#endif
