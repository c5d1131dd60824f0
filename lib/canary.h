/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * canary.h -- what the plugin says of itself, as an answer to a question of DNS
 *
 * A TXT question for the canary's name is answered by the plugin alone, so that an answer proves
 * that the resolver has loaded it: `beacontrap doctor` asks. The record's strings are "KEY=VALUE".
 *
 * Threads: no state; nothing here allocates, locks or calls the system.
 */
#ifndef BT_CANARY_H
#define BT_CANARY_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "name.h"

/*
 * In a zone that is reserved for private use and that no resolver serves by itself. As text, and
 * as a key.
 */
#define BT_CANARY_NAME "canary.beacontrap.internal"
#define BT_CANARY_KEY                                                                              \
	"\010internal"                                                                             \
	"\012beacontrap"                                                                           \
	"\006canary"

enum {
	BT_CANARY_STRINGS = 4,
	BT_CANARY_TEXT = 80,    /* of a string, with its zero octet */
	BT_CANARY_VERSION = 64, /* likewise */
};

struct bt_canary {
	char version[BT_CANARY_VERSION]; /* of the plugin that runs */
	uint64_t digest, names;          /* of the trie that is loaded; 0: none is */
	bool enabled;                    /* what it lists is blocked, if there is one */
};

/* Whether this is the canary's name. Most keys differ in their length already. */
static inline bool bt_canary_is(const struct bt_key *key)
{
	return key->len == sizeof(BT_CANARY_KEY) - 1 &&
	       memcmp(key->bytes, BT_CANARY_KEY, sizeof(BT_CANARY_KEY) - 1) == 0;
}

/* The strings of the record. */
void bt_canary_write(
    char text[static BT_CANARY_STRINGS][BT_CANARY_TEXT], const struct bt_canary *canary);

/*
 * Takes what one string of a record says into *canary, which is zero at first; what it does not
 * know is left aside. False: this is no string of a canary.
 */
bool bt_canary_read(struct bt_canary *canary, const char *text);

#endif
