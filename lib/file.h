/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * file.h -- whole files in, whole files out
 *
 * Threads: every function may be called from any thread.
 */
#ifndef BT_FILE_H
#define BT_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "err.h"

/*
 * Reads a regular file of at most `max` octets into malloc'ed memory, the caller's, with one zero
 * octet after the end that does not count. *err begins with the path.
 */
bool bt_file_read(const char *path, size_t max, void **bytes, size_t *size, struct bt_err *err);

/* The same into memory of pages.h. */
bool bt_file_read_pages(
    const char *path, size_t max, void **bytes, size_t *size, struct bt_err *err);

/*
 * Replaces `path` as a whole: a temporary file in the same folder is written, synced and renamed,
 * and the folder synced. On failure the old file stands and the temporary one is gone; only if the
 * last step, the folder's sync, fails is the new one in place, and *err says so. The new file has
 * exactly `mode`, whatever the umask, and the folder's group where the writer may give it. What
 * exists and is no regular file (a link, a device) is not replaced. *err begins with the path.
 */
bool bt_file_replace(
    const char *path, const void *bytes, size_t size, mode_t mode, struct bt_err *err);

/*
 * The same by the file `from`, which is in the same folder, written and synced: renamed with the
 * mode that it has. On failure it is where it was.
 */
bool bt_file_take(const char *path, const char *from, struct bt_err *err);

/* Writes all octets, however often the system takes only a part. False: see errno. */
bool bt_write_all(int fd, const void *bytes, size_t size);

/*
 * Joins a folder and a name ("name" alone if it begins with a slash): malloc'ed, the caller's;
 * NULL if memory runs out.
 */
char *bt_path_join(const char *folder, const char *name);

#endif
