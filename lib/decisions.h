/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * decisions.h -- what was decided here, for now or for good: STATE/local.yaml
 *
 * `beacontrap allow`, `block` and `pause` write decisions into that file, the plugin and
 * `beacontrap lookup` read it. A decision stands before all lists. Of several about one name, and
 * names above it, the one about the longest name holds; about the same name one that allows.
 *
 * Threads: loaded decisions do not change; any number of threads may ask.
 */
#ifndef BT_DECISIONS_H
#define BT_DECISIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"
#include "name.h"
#include "network.h"

#define BT_DECISIONS_FILE "local.yaml" /* in the state directory */

/* In the order in which they are found: the last of those that hold. */
enum bt_decided { BT_DECIDED_BLOCK, BT_DECIDED_ALLOW, BT_DECIDED_PAUSE, BT_DECIDED_KINDS };

enum {
	BT_DECISIONS_MAX = 10000,
	BT_REASON_MAX = 500, /* octets, of an author's name too */
};

struct bt_decision {
	enum bt_decided kind;
	struct bt_key key;           /* the name, and all below it; not of a pause */
	struct bt_network client;    /* for these clients; no bits: for all */
	int64_t at;                  /* when it was made, Unix seconds */
	int64_t until;               /* when it ends; 0: never */
	const char *author, *reason; /* "": not known, none given */
};

struct bt_decisions {
	struct bt_decision *list; /* pauses last, others in key order */
	unsigned count, names;    /* of them all, and without the pauses */
	bool by_client;           /* some are for some clients */
	unsigned *around; /* of each: the last one before it about a name above, + 1; or 0 */
};

/*
 * Reads the file at `path`; if there is none there are no decisions. *err is
 * "path:line:column: reason".
 */
bool bt_decisions_load(struct bt_decisions **decisions, const char *path, struct bt_err *err);

/* The same from the text of such a file; NULL: there is none. `path` is for *err. */
bool bt_decisions_read(struct bt_decisions **decisions, const char *path, const void *text,
    size_t size, struct bt_err *err);

/* Frees them and sets *decisions to NULL. NULL is fine. */
void bt_decisions_free(struct bt_decisions **decisions);

/*
 * The decision about a name that holds for a client, at a time in Unix seconds; NULL: none. Does
 * not allocate; NULL for `decisions` is none at all.
 */
const struct bt_decision *bt_decisions_find(const struct bt_decisions *decisions,
    const struct bt_key *key, const uint8_t client[static BT_ADDRESS_SIZE], int64_t now);

/* The pause that holds for a client; NULL: none. */
const struct bt_decision *bt_decisions_pause(const struct bt_decisions *decisions,
    const uint8_t client[static BT_ADDRESS_SIZE], int64_t now);

/* Whether the name is blocked for some client, as far as decisions go. */
bool bt_decisions_block(
    const struct bt_decisions *decisions, const struct bt_key *key, int64_t now);

/* Whether the decision holds at that time. */
static inline bool bt_decision_holds(const struct bt_decision *decision, int64_t now)
{
	return decision->until == 0 || now < decision->until;
}

/* "block", "allow", "pause". */
const char *bt_decided_name(enum bt_decided kind);

#endif
