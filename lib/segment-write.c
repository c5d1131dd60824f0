/* SPDX-License-Identifier: BSD-3-Clause */
/* segment-write.c -- segments of the event log, written */

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "endian.h"
#include "file.h"
#include "segment-format.h"

enum {
	NAME_RESOLVER_MAX = 200, /* characters of the resolver's id in a file name */
	BLOCK_ROOM = BT_BLOCK_TARGET + BT_EVENT_ENCODED_MAX,
};

struct bt_segment_writer {
	int fd; /* appends */
	char *path;
	uint64_t size; /* where the last whole block ends */
	bool torn;     /* there is a part of a block after that */
	uint64_t seed;
	struct bt_segment_event last; /* the last event of the block */
	uint32_t count;               /* events in the block */
	size_t used;                  /* octets of the block, its header included */
	uint8_t block[BLOCK_ROOM];
};

uint64_t bt_header_check(const uint8_t *header, size_t size)
{
	uint8_t copy[BT_HEADER_SIZE_MAX];
	memcpy(copy, header, size);
	memset(copy + BT_HEADER_CHECK, 0, 8);
	return XXH3_64bits(copy, size);
}

/* Over the header up to the check itself, and, seeded with that, over the payload. */
uint64_t bt_block_check(const uint8_t *block, size_t size, uint64_t seed)
{
	uint64_t header = XXH3_64bits_withSeed(block, BT_BLOCK_CHECK, seed);
	return XXH3_64bits_withSeed(block + BT_BLOCK_HEADER, size - BT_BLOCK_HEADER, header);
}

bool bt_segment_sync_folder(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *folder = slash == NULL ? strdup(".") : strndup(path, (size_t)(slash - path) + 1);
	if (folder == NULL)
		return false;
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	free(folder);
	bool ok = fd >= 0 && fsync(fd) == 0;
	if (fd >= 0)
		close(fd);
	return ok;
}

/* ---- octets to the file ---- */

static bool fail_errno(const struct bt_segment_writer *writer, const char *what, struct bt_err *err)
{
	return bt_fail(err, "%s: %s: %s", writer->path, what, strerror(errno));
}

/* All of it or nothing: what is written of a block that does not fit is cut off again. */
static bool append(
    struct bt_segment_writer *writer, const uint8_t *bytes, size_t size, struct bt_err *err)
{
	if (bt_segment_removed(writer))
		return bt_fail(err, "%s: was removed while it was written", writer->path);
	if (writer->torn && ftruncate(writer->fd, (off_t)writer->size) != 0)
		return fail_errno(writer, "cannot cut a half-written block", err);
	writer->torn = !bt_write_all(writer->fd, bytes, size);
	if (writer->torn) {
		fail_errno(writer, "cannot write", err);
		writer->torn = ftruncate(writer->fd, (off_t)writer->size) != 0;
		return false;
	}
	writer->size += size;
	return true;
}

void bt_block_seal(uint8_t *block, size_t size, enum bt_block_type type, uint8_t encoding,
    uint32_t count, uint32_t plain, uint64_t seed)
{
	memset(block, 0, BT_BLOCK_HEADER);
	bt_put32(block + BT_BLOCK_MAGIC, BT_BLOCK_MAGIC_VALUE);
	block[BT_BLOCK_TYPE] = (uint8_t)type;
	block[BT_BLOCK_ENCODING] = encoding;
	bt_put32(block + BT_BLOCK_PAYLOAD_SIZE, (uint32_t)(size - BT_BLOCK_HEADER));
	bt_put32(block + BT_BLOCK_COUNT, count);
	bt_put32(block + BT_BLOCK_PLAIN_SIZE, plain);
	bt_put64(block + BT_BLOCK_CHECK, bt_block_check(block, size, seed));
}

/* Completes a block whose payload is there; `size` is that of both, a multiple of 8. */
static bool append_block(struct bt_segment_writer *writer, enum bt_block_type type, uint32_t count,
    uint8_t *block, size_t size, struct bt_err *err)
{
	bt_block_seal(block, size, type, BT_ENCODING_PLAIN, count,
	    (uint32_t)(size - BT_BLOCK_HEADER), writer->seed);
	return append(writer, block, size, err);
}

/* ---- beginning and end ---- */

/* Nothing that means something in a path or on a command line. */
static void safe_name(char *out, const char *resolver)
{
	size_t i = 0;
	for (; resolver[i] != '\0' && i < NAME_RESOLVER_MAX; i++) {
		char c = resolver[i];
		bool safe = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
			    (c >= '0' && c <= '9') || (i > 0 && (c == '.' || c == '-')) || c == '_';
		out[i] = safe ? c : '_';
	}
	out[i] = '\0';
}

static char *open_path(const char *folder, const char *resolver, uint64_t boot, uint32_t number)
{
	char safe[NAME_RESOLVER_MAX + 1];
	char *path;
	safe_name(safe, resolver);
	return asprintf(&path, "%s/%s-%016llx-%06u" BT_SEGMENT_SUFFIX_OPEN, folder, safe,
		   (unsigned long long)boot, number) < 0
		   ? NULL
		   : path;
}

static bool append_header(struct bt_segment_writer *writer, const char *resolver, uint64_t boot,
    uint32_t number, int64_t time, struct bt_err *err)
{
	uint8_t header[BT_HEADER_SIZE_MAX] = {0};
	size_t resolver_size = strlen(resolver);
	size_t size = BT_HEADER_SIZE + bt_pad8(resolver_size);

	memcpy(header + BT_HEADER_MAGIC, BT_SEGMENT_MAGIC, 8);
	bt_put16(header + BT_HEADER_VERSION, BT_SEGMENT_VERSION);
	bt_put16(header + BT_HEADER_KIND, BT_SEGMENT_KIND_EVENTS);
	bt_put16(header + BT_HEADER_RESOLVER_SIZE, (uint16_t)resolver_size);
	bt_put64(header + BT_HEADER_BOOT, boot);
	bt_put32(header + BT_HEADER_NUMBER, number);
	bt_put64(header + BT_HEADER_CREATED, (uint64_t)time);
	bt_put64(header + BT_HEADER_SEED, writer->seed);
	memcpy(header + BT_HEADER_SIZE, resolver, resolver_size);
	bt_put64(header + BT_HEADER_CHECK, bt_header_check(header, size));
	return append(writer, header, size, err);
}

static bool create_file(struct bt_segment_writer *writer, struct bt_err *err)
{
	if (getrandom(&writer->seed, sizeof(writer->seed), 0) != sizeof(writer->seed))
		return fail_errno(writer, "no random number", err);
	writer->fd = open(
	    writer->path, O_WRONLY | O_APPEND | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0640);
	if (writer->fd < 0)
		return fail_errno(writer, "cannot begin the segment", err);
	return fchmod(writer->fd, 0640) == 0 || fail_errno(writer, "cannot set its mode", err);
}

static void reset_block(struct bt_segment_writer *writer)
{
	memset(&writer->last, 0, sizeof(writer->last));
	writer->count = 0;
	writer->used = BT_BLOCK_HEADER;
}

static void free_writer(struct bt_segment_writer **writer)
{
	if ((*writer)->fd >= 0)
		close((*writer)->fd);
	free((*writer)->path);
	free(*writer);
	*writer = NULL;
}

bool bt_segment_create(struct bt_segment_writer **writer, const char *folder, const char *resolver,
    uint64_t boot, uint32_t number, int64_t time, struct bt_err *err)
{
	size_t resolver_size = strlen(resolver);
	if (resolver_size == 0 || resolver_size > BT_RESOLVER_MAX)
		return bt_fail(err, "a resolver's id has 1 to %d characters", BT_RESOLVER_MAX);
	struct bt_segment_writer *made = calloc(1, sizeof(*made));
	if (made == NULL)
		return bt_fail(err, "%s: out of memory", folder);
	made->fd = -1;
	made->path = open_path(folder, resolver, boot, number);
	reset_block(made);

	bool ok = made->path != NULL || bt_fail(err, "%s: out of memory", folder);
	ok = ok && create_file(made, err);
	if (ok && !append_header(made, resolver, boot, number, time, err)) {
		unlink(made->path);
		ok = false;
	}
	if (!ok) {
		free_writer(&made);
		return false;
	}
	*writer = made;
	return true;
}

uint64_t bt_segment_written(const struct bt_segment_writer *writer)
{
	return writer->size + (writer->count > 0 ? writer->used : 0);
}

bool bt_segment_removed(const struct bt_segment_writer *writer)
{
	struct stat st;
	return fstat(writer->fd, &st) == 0 && st.st_nlink == 0;
}

/* "x.open" to "x.seg", for good. */
static bool rename_closed(const char *path, struct bt_err *err)
{
	size_t stem = strlen(path) - strlen(BT_SEGMENT_SUFFIX_OPEN);
	char *closed;
	if (asprintf(&closed, "%.*s" BT_SEGMENT_SUFFIX_CLOSED, (int)stem, path) < 0)
		return bt_fail(err, "%s: out of memory", path);
	bool ok = true;
	if (access(closed, F_OK) == 0)
		ok = bt_fail(err, "%s: cannot close it, %s is there already", path, closed);
	else if (rename(path, closed) != 0 || !bt_segment_sync_folder(path))
		ok = bt_fail(err, "%s: cannot close it: %s", path, strerror(errno));
	free(closed);
	return ok;
}

static bool end(struct bt_segment_writer *writer, struct bt_err *err)
{
	bool ok = bt_segment_flush(writer, err);
	/* Its age begins now: the last write may have been by a clock that was set since. */
	(void)futimens(writer->fd, NULL);
	return ok;
}

static bool settle(int fd, const char *path, struct bt_err *err)
{
	if (fsync(fd) != 0)
		return bt_fail(err, "%s: cannot sync: %s", path, strerror(errno));
	return rename_closed(path, err);
}

bool bt_segment_close(struct bt_segment_writer **writer, struct bt_err *err)
{
	bool ok = end(*writer, err) && settle((*writer)->fd, (*writer)->path, err);
	free_writer(writer);
	return ok;
}

bool bt_segment_end(struct bt_segment_writer **writer, struct bt_err *err)
{
	bool ok = end(*writer, err);
	free_writer(writer);
	return ok;
}

bool bt_segment_settle(const char *path, struct bt_err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	bool ok = fd >= 0 || bt_fail(err, "%s: %s", path, strerror(errno));
	ok = ok && settle(fd, path, err);
	if (fd >= 0)
		close(fd);
	return ok;
}

/* ---- blocks ---- */

bool bt_segment_flush(struct bt_segment_writer *writer, struct bt_err *err)
{
	if (writer->count == 0)
		return true;
	size_t size = bt_pad8(writer->used);
	memset(writer->block + writer->used, 0, size - writer->used);
	if (!append_block(writer, BT_BLOCK_EVENTS, writer->count, writer->block, size, err))
		return false;
	reset_block(writer);
	return true;
}

bool bt_segment_event(struct bt_segment_writer *writer, uint64_t boot, uint32_t ring,
    uint64_t sequence, const struct bt_event *event, struct bt_err *err)
{
	if (writer->used > BT_BLOCK_TARGET - BT_EVENT_ENCODED_MAX && !bt_segment_flush(writer, err))
		return false;
	writer->used += bt_event_encode(
	    writer->block + writer->used, &writer->last, boot, ring, sequence, event);
	writer->count++;
	return true;
}

bool bt_segment_gap(struct bt_segment_writer *writer, uint64_t boot, uint32_t ring, uint64_t first,
    uint64_t last, int64_t time, struct bt_err *err)
{
	uint8_t block[BT_BLOCK_HEADER + BT_GAP_SIZE];
	bt_gap_encode(block + BT_BLOCK_HEADER, boot, ring, first, last, time);
	return bt_segment_flush(writer, err) &&
	       append_block(writer, BT_BLOCK_GAP, 1, block, sizeof(block), err);
}

bool bt_segment_beat(
    struct bt_segment_writer *writer, const struct bt_beat *beat, struct bt_err *err)
{
	uint8_t block[BT_BLOCK_HEADER + BT_BEAT_SIZE];
	bt_beat_encode(block + BT_BLOCK_HEADER, beat);
	return bt_segment_flush(writer, err) &&
	       append_block(writer, BT_BLOCK_BEAT, 1, block, sizeof(block), err);
}

bool bt_segment_counts(struct bt_segment_writer *writer, const struct bt_count *counts,
    unsigned count, struct bt_err *err)
{
	uint8_t block[BT_BLOCK_HEADER + BT_COUNTS_BATCH * BT_COUNT_SIZE];
	size_t size = BT_BLOCK_HEADER + (size_t)count * BT_COUNT_SIZE;
	for (unsigned i = 0; i < count; i++)
		bt_count_encode(block + BT_BLOCK_HEADER + (size_t)i * BT_COUNT_SIZE, &counts[i]);
	return bt_segment_flush(writer, err) &&
	       append_block(writer, BT_BLOCK_COUNTS, count, block, size, err);
}

bool bt_segment_policy(struct bt_segment_writer *writer, uint64_t digest, const void *bytes,
    size_t size, struct bt_err *err)
{
	if (size > BT_SEGMENT_POLICY_MAX)
		return bt_fail(err, "%s: a policy of %zu octets is too large", writer->path, size);
	size_t block_size = BT_BLOCK_HEADER + BT_POLICY_HEADER + bt_pad8(size);
	uint8_t *block = calloc(1, block_size);
	if (block == NULL)
		return bt_fail(err, "%s: out of memory", writer->path);
	uint8_t *at = block + BT_BLOCK_HEADER;
	bt_put64(at, digest);
	bt_put32(at + 8, (uint32_t)size);
	memcpy(at + BT_POLICY_HEADER, bytes, size);
	bool ok = bt_segment_flush(writer, err) &&
		  append_block(writer, BT_BLOCK_POLICY, 1, block, block_size, err);
	free(block);
	return ok;
}

/* ---- after a dead process ---- */

/* What there is to keep ends at `whole`; a file without even a header has nothing. */
static bool cut_and_close(
    const char *path, size_t size, size_t whole, uint64_t *cut, struct bt_err *err)
{
	if (whole == 0 && unlink(path) == 0) {
		*cut = size;
		return true;
	}
	int fd = whole == 0 ? -1 : open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
	bool ok = fd >= 0 && ftruncate(fd, (off_t)whole) == 0 && fsync(fd) == 0;
	if (!ok)
		bt_fail(err, "%s: cannot recover it: %s", path, strerror(errno));
	if (fd >= 0)
		close(fd);
	if (!ok || !rename_closed(path, err))
		return false;
	*cut = size - whole;
	return true;
}

bool bt_segment_recover(const char *path, uint64_t *cut, struct bt_err *err)
{
	static const struct bt_segment_visitor nobody;
	size_t suffix = strlen(BT_SEGMENT_SUFFIX_OPEN), length = strlen(path);
	if (length < suffix || strcmp(path + length - suffix, BT_SEGMENT_SUFFIX_OPEN) != 0)
		return bt_fail(err, "%s: is not an open segment", path);
	void *bytes;
	size_t size, whole = 0;
	if (!bt_file_read(path, SIZE_MAX, &bytes, &size, err))
		return false;
	bool ok = bt_segment_parse(bytes, size, true, &nobody, &whole, err) ||
		  bt_fail_in(err, "%s", path);
	free(bytes);
	return ok && cut_and_close(path, size, whole, cut, err);
}
