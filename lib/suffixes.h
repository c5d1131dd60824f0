/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * suffixes.h -- names below which the names of others are: top-level domains, public suffixes
 *
 * What is one is said by libpsl, from the newer of the list that it was built with and that of the
 * system (Debian's package publicsuffix); without a network.
 *
 * Threads: they do not change; any number of threads may read them.
 */
#ifndef BT_SUFFIXES_H
#define BT_SUFFIXES_H

#include <stdbool.h>

#include "err.h"
#include "name.h"

struct bt_suffixes;

/*
 * Without `quick`, libpsl is asked of every name: some tenths of a microsecond each, and the same
 * answers. False if memory runs out, or libpsl has no list.
 */
bool bt_suffixes_new(struct bt_suffixes **suffixes, bool quick, struct bt_err *err);

/* Frees them and sets *suffixes to NULL. NULL is fine. */
void bt_suffixes_free(struct bt_suffixes **suffixes);

/* What a name is. */
enum bt_suffix { BT_SUFFIX_NONE, BT_SUFFIX_TOP, BT_SUFFIX_PUBLIC };

/*
 * A name of one label that nobody registered, such as "localhost", is none; neither is what is a
 * suffix by a wildcard alone in the list's private part, for there it is one customer's:
 * ec2-192-0-2-1.compute-1.amazonaws.com.
 */
enum bt_suffix bt_suffixes_kind(const struct bt_suffixes *suffixes, const struct bt_key *key);

#endif
