/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * decide.h -- changing what was decided here: STATE/local.yaml
 *
 * The file is replaced as a whole, by one writer at a time. What has ended is left out on the way.
 *
 * Threads: any, and any process.
 */
#ifndef BT_DECIDE_H
#define BT_DECIDE_H

#include "decisions.h"

/*
 * Adds a decision to the file at `path`. It takes the place of those about the same name, or
 * pauses, for the same clients. *err begins with a path; a file that cannot be read stays as it is.
 */
bool bt_decide(const char *path, const struct bt_decision *decision, struct bt_err *err);

/*
 * Takes out all about this very name, or with NULL all pauses; of these, only what is for exactly
 * these clients, or with NULL whoever it is for. *removed: how many that hold still.
 */
bool bt_undecide(const char *path, const struct bt_key *key, const struct bt_network *client,
    unsigned *removed, struct bt_err *err);

#endif
