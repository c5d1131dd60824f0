/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * state-dir.h -- what a resolver keeps in its state directory besides tries and events
 *
 * Threads: every function may be called from any thread.
 */
#ifndef BT_STATE_DIR_H
#define BT_STATE_DIR_H

#include <stdbool.h>
#include <stdint.h>

#include "err.h"

/*
 * Locks `folder` for this process through its file "lock", until *fd is closed or the process
 * ends. Refused at once if somebody else has it.
 */
bool bt_state_lock(const char *folder, int *fd, struct bt_err *err);

/* Makes the folder with mode 2750 whatever the umask, unless it exists. */
bool bt_state_folder(const char *path, struct bt_err *err);

/*
 * The resolver's id: `given`, or if that is NULL what "resolver-id" in `folder` says; if there is
 * no such file, one is made up and written there. *id is malloc'ed and the caller's.
 */
bool bt_state_resolver(const char *folder, const char *given, char **id, struct bt_err *err);

#endif
