/* SPDX-License-Identifier: BSD-3-Clause */
/* ancestors.h -- for peers that find ancestors by what stands in front of a key in sorted order */
#ifndef BENCH_ANCESTORS_H
#define BENCH_ANCESTORS_H

#include "peer.h"

/* Octets at the front of a that are those of b as well. */
static inline unsigned shared_octets(
    const uint8_t *a, unsigned a_size, const uint8_t *b, unsigned b_size)
{
	unsigned most = a_size < b_size ? a_size : b_size, i = 0;
	while (i < most && a[i] == b[i])
		i++;
	return i;
}

/* Octets and labels of the longest ancestor-or-self of at most `size` octets. */
static inline unsigned ancestor_within(const struct bt_key *key, unsigned size, unsigned *labels)
{
	unsigned at = 0;
	*labels = 0;
	while (at < key->len && at + key->bytes[at] + 1u <= size) {
		at += key->bytes[at] + 1u;
		++*labels;
	}
	return at;
}

static inline void reverse_matches(struct bt_match *matches, unsigned count)
{
	for (unsigned i = 0; i < count / 2; i++) {
		struct bt_match match = matches[i];
		matches[i] = matches[count - 1 - i];
		matches[count - 1 - i] = match;
	}
}

#endif
