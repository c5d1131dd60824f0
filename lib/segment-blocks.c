/* SPDX-License-Identifier: BSD-3-Clause */
/* segment-blocks.c -- a file of compressed blocks in the making */

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zstd.h>

#include "endian.h"
#include "file.h"
#include "pages.h"
#include "segment-blocks.h"

enum {
	LEVEL = 2, /* of zstd: a tenth of the time of level 9, and 3 % more octets */
	GATHERED_FIRST = 4096,
};

bool bt_gather(struct bt_gathered *to, const void *bytes, size_t size, uint32_t count)
{
	if (size > to->room - to->size) {
		size_t room = to->room == 0 ? GATHERED_FIRST : to->room;
		while (size > room - to->size)
			room *= 2;
		uint8_t *more = realloc(to->bytes, room);
		if (more == NULL)
			return false;
		to->bytes = more;
		to->room = room;
	}
	memcpy(to->bytes + to->size, bytes, size);
	to->size += size;
	to->count += count;
	return true;
}

bool bt_block_file_open(
    struct bt_block_file *file, const char *path, uint64_t seed, struct bt_err *err)
{
	*file = (struct bt_block_file){
	    .path = path,
	    .fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0640),
	    .seed = seed,
	    .zstd = ZSTD_createCCtx(),
	};
	if (file->fd < 0)
		return bt_fail(err, "%s: %s", path, strerror(errno));
	return file->zstd != NULL || bt_fail(err, "%s: out of memory", path);
}

bool bt_block_file_raw(
    struct bt_block_file *file, const uint8_t *bytes, size_t size, struct bt_err *err)
{
	return bt_write_all(file->fd, bytes, size) ||
	       bt_fail(err, "%s: cannot write: %s", file->path, strerror(errno));
}

bool bt_block_file_put(struct bt_block_file *file, enum bt_block_type type, uint32_t count,
    const uint8_t *plain, size_t size, struct bt_err *err)
{
	size_t room = ZSTD_compressBound(size);
	uint8_t *block = bt_pages_new(BT_BLOCK_HEADER + (room > size ? room : size) + 8);
	if (block == NULL)
		return bt_fail(err, "%s: out of memory", file->path);
	uint8_t *payload = block + BT_BLOCK_HEADER, encoding = BT_ENCODING_ZSTD;
	size_t packed = ZSTD_compressCCtx(file->zstd, payload, room, plain, size, LEVEL);
	if (ZSTD_isError(packed) || bt_pad8(packed) >= size) {
		encoding = BT_ENCODING_PLAIN;
		packed = size;
		memcpy(payload, plain, size);
	}
	memset(payload + packed, 0, bt_pad8(packed) - packed);
	size_t whole = BT_BLOCK_HEADER + bt_pad8(packed);
	bt_block_seal(block, whole, type, encoding, count, (uint32_t)size, file->seed);
	bool ok = bt_block_file_raw(file, block, whole, err);
	bt_pages_free(block);
	return ok;
}

bool bt_block_file_put_gathered(struct bt_block_file *file, enum bt_block_type type,
    const struct bt_gathered *from, struct bt_err *err)
{
	return from->count == 0 ||
	       bt_block_file_put(file, type, from->count, from->bytes, from->size, err);
}

bool bt_block_file_sync(struct bt_block_file *file, const struct stat *like, struct bt_err *err)
{
	const struct timespec times[2] = {like->st_atim, like->st_mtim};
	/* Not ours to give? Then we are who writes there anyway. */
	bool given = fchown(file->fd, like->st_uid, like->st_gid) == 0;
	(void)given;
	return (fchmod(file->fd, like->st_mode & 0777) == 0 && futimens(file->fd, times) == 0 &&
		   fsync(file->fd) == 0) ||
	       bt_fail(err, "%s: cannot sync: %s", file->path, strerror(errno));
}

void bt_block_file_close(struct bt_block_file *file)
{
	if (file->fd >= 0)
		close(file->fd);
	ZSTD_freeCCtx(file->zstd);
	*file = (struct bt_block_file){.fd = -1};
}
