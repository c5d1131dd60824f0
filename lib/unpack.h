/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * unpack.h -- the octets of a file, seen through gzip, xz and zstd
 *
 * What a file is compressed with is told by its first octets (RFC 1952 2.3.1, the .xz file format
 * 2.1.1.1, RFC 8878 3.1.1). Compressed files may be several, one behind the other, as `cat` makes
 * them. The memory that decompression takes is bounded, whatever the file asks for; for who asks,
 * so is what a small file can become.
 *
 * Threads: an input belongs to one thread.
 */
#ifndef BT_UNPACK_H
#define BT_UNPACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "err.h"

enum {
	BT_UNPACK_HEAD = 1 << 20,  /* octets that can be looked at before they are read */
	BT_UNPACK_RATIO = 256,     /* of a bounded file: how many times its size it may become, */
	BT_UNPACK_FREE = 64 << 20, /* once it is more than these octets */
};

struct bt_unpack;

/* Opens the file, or standard input for "-". *err begins with the path. */
bool bt_unpack_open(struct bt_unpack **input, const char *path, struct bt_err *err);

/* The same of a regular file alone; one that is compressed is bounded as BT_UNPACK_RATIO says. */
bool bt_unpack_open_bounded(struct bt_unpack **input, const char *path, struct bt_err *err);

/* Frees the input and sets *input to NULL. NULL is fine. */
void bt_unpack_close(struct bt_unpack **input);

/* When the file changed last, Unix seconds; for what is no regular file, now. */
int64_t bt_unpack_modified(const struct bt_unpack *input);

/* How large the file is, and how much of it was read so far: octets, as they are in the file. */
uint64_t bt_unpack_size(const struct bt_unpack *input);
uint64_t bt_unpack_taken(const struct bt_unpack *input);

/* Whether it is a file that another reader can open by its path, and will see the same. */
bool bt_unpack_is_plain(const struct bt_unpack *input);

/* The octets that come next, up to BT_UNPACK_HEAD of them: as many as there are. Before any
 * reading.
 */
const char *bt_unpack_head(struct bt_unpack *input, size_t *size);

/* Up to `size` octets. 0: the end, or an error. */
size_t bt_unpack_read(struct bt_unpack *input, void *octets, size_t size);

/*
 * All that comes: malloc'ed, the caller's; NULL if memory runs out. Where there are more than
 * `most` octets, more than that. Then ask for the error.
 */
char *bt_unpack_read_all(struct bt_unpack *input, size_t most, size_t *size);

/* Back to the first octet. False: see errno; a pipe cannot do it. */
bool bt_unpack_rewind(struct bt_unpack *input);

/* NULL, or why reading ended before the end: text that lives as long as the input. */
const char *bt_unpack_error(const struct bt_unpack *input);

#endif
