/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * generate.h -- names that nobody registered: larger lists, small ones, and hostile ones
 *
 * The same seed gives the same names.
 */
#ifndef BENCH_GENERATE_H
#define BENCH_GENERATE_H

#include <stdio.h>

#include "names.h"

/*
 * Writes `count` names more that are not in `known`, and adds them to it: two labels, the first
 * from a Markov chain of order 3 over the first labels of `real`'s names of two labels, the second
 * that of a name of `real` picked at random, whose family they get as well.
 */
bool generate_more(FILE *file, struct bt_intern *known, const struct names *real, size_t count,
    uint64_t seed, struct bt_err *err);

/* Writes `count` lines "name<TAB>family", or without families: made of syllables, some nested. */
bool generate_small(
    const char *path, size_t count, bool families, uint64_t seed, struct bt_err *err);

/*
 * What an attacker could have listed or ask for: one suffix with `children` children; chains of
 * 127 labels, each ancestor listed; names of 255 octets that differ at their end; labels of zeros,
 * dots and other octets that text must escape.
 */
bool generate_hostile(const char *path, size_t children, uint64_t seed, struct bt_err *err);

/* The suffix with many children, as text. */
#define GENERATE_WIDE "wide.example"

/* Labels at random, in front of the key: letters of one case, digits and hyphens, or any octets. */
bool generate_label(struct bt_key *key, unsigned size, bool any_octets, uint64_t *random);

/* Puts a label in front of the key's name. False if the name would be too long. */
bool generate_prepend(struct bt_key *key, const void *label, unsigned size);

#endif
