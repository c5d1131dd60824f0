/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * status.h -- what the running plugin has in force, for others to read
 *
 * One JSON object in the file status.json of the run directory, replaced as a whole at each change
 * and removed when the plugin stops. A process that is killed leaves it: `pid` says whose it was.
 * doc/unbound.md has its keys.
 *
 * Threads: every function may be called from any thread.
 */
#ifndef BT_STATUS_H
#define BT_STATUS_H

#include <stdbool.h>
#include <stdint.h>

#include "err.h"

#define BT_STATUS_FILE "status.json"

/* Times are milliseconds since 1970-01-01 UTC; 0: not so. Strings are borrowed. */
struct bt_status {
	const char *configuration; /* its path */
	bool enabled;
	bool recording;   /* the event writer runs */
	const char *trie; /* the file in force; NULL: none, and the next four are 0 */
	uint64_t digest, names;
	int64_t in_force_since;    /* when names and policy of this digest came into force */
	int64_t loaded;            /* when the file was last read and found good */
	int64_t unprotected_since; /* every name passes */
	const char *refused;       /* why the file that is there now is not in force; NULL: it is */
	int64_t refused_since;
};

/* Writes FOLDER/status.json, with this process's id and the version of this code. */
bool bt_status_write(const char *folder, const struct bt_status *status, struct bt_err *err);

/* Removes it. That it is not there is no failure. */
void bt_status_remove(const char *folder);

#endif
