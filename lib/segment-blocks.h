/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * segment-blocks.h -- a file of compressed blocks in the making
 *
 * For what makes new files of closed segments.
 *
 * Threads: a file belongs to one thread.
 */
#ifndef BT_SEGMENT_BLOCKS_H
#define BT_SEGMENT_BLOCKS_H

#include <sys/stat.h>

#include "segment-format.h"

/* Records of one kind. All zero: none. */
struct bt_gathered {
	uint8_t *bytes;
	size_t size, room;
	uint32_t count;
};

/* Adds `count` records of `size` octets together. False if memory runs out. */
bool bt_gather(struct bt_gathered *to, const void *bytes, size_t size, uint32_t count);

struct bt_block_file {
	const char *path; /* borrowed */
	int fd;
	uint64_t seed; /* of the checks */
	struct ZSTD_CCtx_s *zstd;
};

/* An empty file. To be closed also if this fails. */
bool bt_block_file_open(
    struct bt_block_file *file, const char *path, uint64_t seed, struct bt_err *err);

/* Octets as they are. */
bool bt_block_file_raw(
    struct bt_block_file *file, const uint8_t *bytes, size_t size, struct bt_err *err);

/* A block with this payload, whose size is a multiple of 8; compressed if that makes it smaller. */
bool bt_block_file_put(struct bt_block_file *file, enum bt_block_type type, uint32_t count,
    const uint8_t *plain, size_t size, struct bt_err *err);

/* As one block, unless there are none. */
bool bt_block_file_put_gathered(struct bt_block_file *file, enum bt_block_type type,
    const struct bt_gathered *from, struct bt_err *err);

/* Everything is on the disk after it, with the mode, owner (if we may) and times of `like`. */
bool bt_block_file_sync(struct bt_block_file *file, const struct stat *like, struct bt_err *err);

void bt_block_file_close(struct bt_block_file *file);

#endif
