/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * extract-file.h -- the text of a report
 *
 * Threads: one thread.
 */
#ifndef BT_EXTRACT_FILE_H
#define BT_EXTRACT_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "err.h"

/*
 * The text of a file of text, HTML or, by pdftotext if that is installed, PDF; "-" is standard
 * input. *text is malloc'ed and the caller's.
 */
bool bt_extract_file(const char *path, char **text, size_t *size, struct bt_err *err);

/* The last part of a path. */
const char *bt_file_name(const char *path);

#endif
