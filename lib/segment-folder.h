/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * segment-folder.h -- which segments a folder holds
 *
 * Threads: every function may be called from any thread.
 */
#ifndef BT_SEGMENT_FOLDER_H
#define BT_SEGMENT_FOLDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"

/* A file called RESOLVER-BOOT-NUMBER.seg or .open; boot and number are 0 if it is not. */
struct bt_segment_file {
	char *path;
	uint64_t boot;
	uint32_t number;
	bool open;
};

/*
 * All files in `folder` that end in .seg or .open, by name; free them with
 * bt_segment_files_free(). A folder that does not exist holds none. A segment that is renamed from
 * .open to .seg meanwhile is not missed; it may be named twice.
 */
bool bt_segment_files(
    const char *folder, struct bt_segment_file **files, size_t *count, struct bt_err *err);

/* Those that end in .roll: roll-ups. */
bool bt_segment_rollups(
    const char *folder, struct bt_segment_file **files, size_t *count, struct bt_err *err);

/* Frees the files and sets *files to NULL. NULL is fine. */
void bt_segment_files_free(struct bt_segment_file **files, size_t count);

#endif
