/* SPDX-License-Identifier: BSD-3-Clause */
/* segment-read.c -- segments of the event log, read: their header, and where blocks are */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "endian.h"
#include "file.h"
#include "segment-visit.h"

/* ---- where blocks are ---- */

const char *bt_block_look(
    const uint8_t *bytes, size_t size, size_t at, uint64_t seed, size_t *block_size)
{
	const uint8_t *header = bytes + at;
	size_t left = size - at;
	*block_size = 0;
	if (left < BT_BLOCK_HEADER)
		return "a block that is cut off";
	if (bt_get32(header + BT_BLOCK_MAGIC) != BT_BLOCK_MAGIC_VALUE)
		return "no block where one should begin";
	uint32_t payload = bt_get32(header + BT_BLOCK_PAYLOAD_SIZE);
	if (payload % 8 != 0 || payload > BT_PAYLOAD_MAX)
		return "a block of an impossible size";
	if (payload > left - BT_BLOCK_HEADER)
		return "a block that is cut off";
	*block_size = BT_BLOCK_HEADER + (size_t)payload;
	return bt_get64(header + BT_BLOCK_CHECK) == bt_block_check(header, *block_size, seed)
		   ? NULL
		   : "a block whose checksum is wrong";
}

/* The block at `at`. NULL if there is one; else why not. */
static const char *look(struct bt_segment_reader *reader, size_t at, struct bt_block *block)
{
	const uint8_t *header = reader->bytes + at;
	size_t size;
	const char *reason = bt_block_look(reader->bytes, reader->size, at, reader->seed, &size);
	if (reason != NULL) {
		reader->patience -= size < reader->patience ? size : reader->patience;
		return reason;
	}
	*block = (struct bt_block){
	    .type = header[BT_BLOCK_TYPE],
	    .encoding = header[BT_BLOCK_ENCODING],
	    .count = bt_get32(header + BT_BLOCK_COUNT),
	    .plain_size = bt_get32(header + BT_BLOCK_PLAIN_SIZE),
	    .payload = header + BT_BLOCK_HEADER,
	    .end = header + size,
	    .behind = header + size,
	};
	return NULL;
}

/*
 * The next whole block at `at` or behind it; the end of the bytes if there is none. Blocks begin
 * at multiples of 8. The patience keeps a file made of false blocks from costing the square of its
 * size; of a segment that is only damaged, no octet is hashed more than a few times.
 */
static size_t find(struct bt_segment_reader *reader, size_t at, struct bt_block *block)
{
	for (; at + BT_BLOCK_HEADER <= reader->size && reader->patience > 0; at += 8) {
		if (look(reader, at, block) == NULL)
			return at;
	}
	return reader->size;
}

static void damage(const struct bt_segment_reader *reader, size_t at, const char *reason)
{
	if (reader->visitor->damage != NULL)
		reader->visitor->damage(reader->visitor->ctx, at, reason);
}

/* Visits all blocks from `at` on. *whole becomes the end of the last whole one. */
static bool read_blocks(
    struct bt_segment_reader *reader, size_t at, bool open, size_t *whole, struct bt_err *err)
{
	while (at < reader->size) {
		struct bt_block block;
		const char *reason = look(reader, at, &block);
		if (reason != NULL) {
			size_t next = find(reader, at + 8, &block);
			if (next == reader->size && open)
				return true; /* its writer is in the middle of this block */
			damage(reader, at, reason);
			if (next == reader->size)
				return true;
			at = next;
		}
		struct bt_err local;
		*whole = (size_t)(block.behind - reader->bytes);
		switch (bt_segment_visit(reader, &block, &reason, &local)) {
		case BT_VISIT_NO_MEMORY:
			return bt_fail(err, "out of memory");
		case BT_VISIT_STOP:
			return true;
		case BT_VISIT_DAMAGED:
			damage(reader, at, reason);
			break;
		case BT_VISIT_GO_ON:
			break;
		}
		at = *whole;
	}
	return true;
}

/* ---- the header ---- */

static bool read_header(
    struct bt_segment_reader *reader, char resolver[static BT_RESOLVER_MAX + 1], size_t *blocks_at)
{
	const uint8_t *header = reader->bytes;
	size_t resolver_size = bt_get16(header + BT_HEADER_RESOLVER_SIZE);
	size_t size = BT_HEADER_SIZE + bt_pad8(resolver_size);
	reader->seed = bt_get64(header + BT_HEADER_SEED);
	if (resolver_size == 0 || resolver_size > BT_RESOLVER_MAX || size > reader->size ||
	    memchr(header + BT_HEADER_SIZE, 0, resolver_size) != NULL ||
	    bt_get64(header + BT_HEADER_CHECK) != bt_header_check(header, size))
		return false;
	memcpy(resolver, header + BT_HEADER_SIZE, resolver_size);
	resolver[resolver_size] = '\0';
	*blocks_at = size;
	return true;
}

static bool known_version(const uint8_t *bytes, size_t size, struct bt_err *err)
{
	if (size < BT_HEADER_SIZE || memcmp(bytes, BT_SEGMENT_MAGIC, 8) != 0)
		return bt_fail(err, "is not a segment of the event log");
	unsigned version = bt_get16(bytes + BT_HEADER_VERSION);
	unsigned kind = bt_get16(bytes + BT_HEADER_KIND);
	if (version != BT_SEGMENT_VERSION)
		return bt_fail(err, "is a segment of version %u; this program knows version %d",
		    version, BT_SEGMENT_VERSION);
	if (kind != BT_SEGMENT_KIND_EVENTS && kind != BT_SEGMENT_KIND_ROLLUP)
		return bt_fail(
		    err, "is a segment of kind %u, which this program does not know", kind);
	return true;
}

/* A damaged header costs the resolver's name; the blocks may be whole all the same. */
static bool read_damaged(
    struct bt_segment_reader *reader, bool open, size_t *whole, struct bt_err *err)
{
	struct bt_block block;
	size_t at = find(reader, BT_HEADER_SIZE, &block);
	damage(reader, 0, "a header whose checksum is wrong");
	if (at == reader->size)
		return bt_fail(err, "has a damaged header and no whole block");
	return (reader->visitor->header == NULL ||
		   reader->visitor->header(reader->visitor->ctx, "?",
		       bt_get64(reader->bytes + BT_HEADER_BOOT),
		       (int64_t)bt_get64(reader->bytes + BT_HEADER_CREATED)))
		   ? read_blocks(reader, at, open, whole, err)
		   : true;
}

static bool read_segment(
    struct bt_segment_reader *reader, bool open, size_t *whole, struct bt_err *err)
{
	char resolver[BT_RESOLVER_MAX + 1];
	size_t at;
	if (!read_header(reader, resolver, &at))
		return read_damaged(reader, open, whole, err);
	*whole = at;
	if (reader->visitor->header != NULL &&
	    !reader->visitor->header(reader->visitor->ctx, resolver,
		bt_get64(reader->bytes + BT_HEADER_BOOT),
		(int64_t)bt_get64(reader->bytes + BT_HEADER_CREATED)))
		return true;
	return read_blocks(reader, at, open, whole, err);
}

/* An open segment that a writer has just begun, or died beginning. */
static bool is_begun(const uint8_t *bytes, size_t size)
{
	if (memcmp(bytes, BT_SEGMENT_MAGIC, size < 8 ? size : 8) != 0)
		return false;
	if (size < BT_HEADER_SIZE)
		return true;
	size_t resolver_size = bt_get16(bytes + BT_HEADER_RESOLVER_SIZE);
	return bt_get16(bytes + BT_HEADER_VERSION) == BT_SEGMENT_VERSION &&
	       resolver_size <= BT_RESOLVER_MAX && size < BT_HEADER_SIZE + bt_pad8(resolver_size);
}

bool bt_segment_parse(const uint8_t *bytes, size_t size, bool open,
    const struct bt_segment_visitor *visitor, size_t *whole, struct bt_err *err)
{
	size_t end = 0;
	bool ok = open && is_begun(bytes, size);
	if (!ok && known_version(bytes, size, err)) {
		struct bt_segment_reader reader = {
		    .visitor = visitor,
		    .bytes = bytes,
		    .size = size,
		    .patience = 8 * (uint64_t)size,
		};
		ok = read_segment(&reader, open, &end, err);
		bt_segment_let_go(&reader);
	}
	if (ok && whole != NULL)
		*whole = end;
	return ok;
}

/* NULL unless it was open when its folder was listed, and has been closed and renamed since. */
static char *closed_now(const char *path)
{
	size_t suffix = strlen(BT_SEGMENT_SUFFIX_OPEN), length = strlen(path);
	char *closed;
	if (access(path, F_OK) == 0 ||
	    asprintf(&closed, "%.*s" BT_SEGMENT_SUFFIX_CLOSED, (int)(length - suffix), path) < 0)
		return NULL;
	if (access(closed, F_OK) == 0)
		return closed;
	free(closed);
	return NULL;
}

bool bt_segment_read(const char *path, const struct bt_segment_visitor *visitor, struct bt_err *err)
{
	size_t suffix = strlen(BT_SEGMENT_SUFFIX_OPEN), length = strlen(path);
	bool open = length >= suffix && strcmp(path + length - suffix, BT_SEGMENT_SUFFIX_OPEN) == 0;
	void *bytes;
	size_t size;
	bool ok = bt_file_read(path, SIZE_MAX, &bytes, &size, err);
	char *closed = !ok && open ? closed_now(path) : NULL;
	if (closed != NULL) {
		open = false;
		ok = bt_file_read(closed, SIZE_MAX, &bytes, &size, err);
		free(closed);
	}
	if (!ok)
		return false;
	ok = bt_segment_parse(bytes, size, open, visitor, NULL, err) || bt_fail_in(err, "%s", path);
	free(bytes);
	return ok;
}

bool bt_header_read(
    const char *path, uint8_t header[static BT_HEADER_SIZE_MAX], size_t *size, struct bt_err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0)
		return bt_fail(err, "%s: %s", path, strerror(errno));
	ssize_t got = pread(fd, header, BT_HEADER_SIZE_MAX, 0);
	int code = errno;
	close(fd);
	if (got < 0)
		return bt_fail(err, "%s: %s", path, strerror(code));
	if (!known_version(header, (size_t)got, err))
		return bt_fail_in(err, "%s", path);
	size_t resolver_size = bt_get16(header + BT_HEADER_RESOLVER_SIZE);
	size_t whole = BT_HEADER_SIZE + bt_pad8(resolver_size);
	if (resolver_size > BT_RESOLVER_MAX || whole > (size_t)got ||
	    bt_get64(header + BT_HEADER_CHECK) != bt_header_check(header, whole))
		return bt_fail(err, "%s: has a damaged header", path);
	*size = whole;
	return true;
}
