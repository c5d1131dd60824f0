/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * log-input.h -- the octets of a file, seen through gzip, xz and zstd
 *
 * What a file is compressed with is told by its first octets (RFC 1952 2.3.1, the .xz file format
 * 2.1.1.1, RFC 8878 3.1.1). Compressed files may be several, one behind the other, as `cat` makes
 * them. The memory that decompression takes is bounded, whatever the file asks for.
 *
 * Threads: an input belongs to one thread.
 */
#ifndef BT_LOG_INPUT_H
#define BT_LOG_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "err.h"

enum { BT_LOG_HEAD = 1 << 20 /* octets that can be looked at before they are read */ };

struct bt_log_input;

/* Opens the file, or standard input for "-". *err begins with the path. */
bool bt_log_input_open(struct bt_log_input **input, const char *path, struct bt_err *err);

/* Frees the input and sets *input to NULL. NULL is fine. */
void bt_log_input_close(struct bt_log_input **input);

/* When the file changed last, Unix seconds; for what is no regular file, now. */
int64_t bt_log_input_modified(const struct bt_log_input *input);

/* Whether it is a file that another reader can open by its path, and will see the same. */
bool bt_log_input_is_plain(const struct bt_log_input *input);

/* The octets that come next, up to BT_LOG_HEAD of them: as many as there are. Before any reading.
 */
const char *bt_log_input_head(struct bt_log_input *input, size_t *size);

/* Up to `size` octets. 0: the end, or an error. */
size_t bt_log_input_read(struct bt_log_input *input, void *octets, size_t size);

/* NULL, or why reading ended before the end: text that lives as long as the input. */
const char *bt_log_input_error(const struct bt_log_input *input);

#endif
