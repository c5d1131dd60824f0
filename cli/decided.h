/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * decided.h -- what was decided here, shown
 *
 * Threads: no state.
 */
#ifndef BT_DECIDED_H
#define BT_DECIDED_H

#include <jansson.h>
#include <stdio.h>

#include "decisions.h"

/* One line, with its newline. */
void bt_put_decision(FILE *out, const struct bt_decision *decision);

/* NULL if memory ran out. */
json_t *bt_decision_json(const struct bt_decision *decision);

#endif
