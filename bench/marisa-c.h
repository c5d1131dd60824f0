/* SPDX-License-Identifier: BSD-3-Clause */
/* marisa-c.h -- what bench/peer-marisa.c needs of the C++ library, in C */
#ifndef BENCH_MARISA_C_H
#define BENCH_MARISA_C_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct marisa_trie;

struct marisa_key {
	const uint8_t *octets;
	size_t size;
	uint32_t id; /* given by marisa_build() */
};

struct marisa_found {
	uint32_t id;
	uint32_t size;
};

/*
 * The keys' trie: malloc'ed bytes, NULL if it cannot be made. With the library's defaults, or as
 * small as it can be: 8 tries one over the other, and the smallest cache.
 */
void *marisa_build(struct marisa_key *keys, size_t count, int small, size_t *size);

/* A view of a trie's bytes, which are borrowed; NULL if they are none. */
struct marisa_trie *marisa_open(const void *bytes, size_t size);

void marisa_close(struct marisa_trie *marisa);

/* Keys that the octets begin with, shortest first; at most `most` of them. */
unsigned marisa_prefixes(struct marisa_trie *marisa, const uint8_t *octets, size_t size,
    struct marisa_found *found, unsigned most);

#ifdef __cplusplus
}
#endif

#endif
