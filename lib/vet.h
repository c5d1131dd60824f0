/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * vet.h -- which indicators of a list count, whatever format they came in
 *
 * Left out are those that have expired, and those that are less certain than the list's
 * min-confidence asks for. Refused are those that a guard does not let through, but for names that
 * the list accepts.
 *
 * Threads: a vet belongs to one thread.
 */
#ifndef BT_VET_H
#define BT_VET_H

#include <stdbool.h>

#include "config.h"
#include "guard.h"
#include "list.h"

enum { BT_VET_DATE = sizeof("9999-12-31T23:59:59Z") };

struct bt_vet {
	const struct bt_guard *guard;   /* NULL: none */
	const struct bt_config *config; /* NULL: there are no groups */
	char now[BT_VET_DATE];

	/* of the list that is being read */
	const struct bt_config_list *list;
	bool takes_away;           /* from some clients the answer: it is guarded against */
	char expires[BT_VET_DATE]; /* "": never */
	unsigned confidence;       /* above 100: it is not said */
};

/* `now`: Unix seconds; 0, in 1970, nothing has expired. The guard and the configuration are
 * borrowed. */
void bt_vet_begin(
    struct bt_vet *vet, const struct bt_guard *guard, const struct bt_config *config, int64_t now);

/* From here on, of this list, number `number`; then what it says of itself. */
void bt_vet_list(struct bt_vet *vet, const struct bt_config_list *list, unsigned number);
void bt_vet_meta(struct bt_vet *vet, const struct bt_pair *pairs, unsigned count);

/* NULL: it counts. Else why it does not, as long as the guard lives, and whether it is refused. */
const char *bt_vet_entry(const struct bt_vet *vet, const struct bt_entry *entry, bool *refused);

#endif
