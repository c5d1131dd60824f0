/* SPDX-License-Identifier: BSD-3-Clause */
/* file.c -- whole files in, whole files out */

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file.h"
#include "large.h"
#include "pace.h"
#include "pages.h"

/* ---- in ---- */

enum { READ_OCTETS = 1 << 16 /* at once */ };

static void *new_buffer(size_t size)
{
	size_t begin = bt_large_begin(size);
	uint8_t *buffer = aligned_alloc(begin, (size + begin - 1) / begin * begin);
	/* The system may search for a large page, and keep the processor meanwhile: not for a
	   thread that is gentle. What it asks for afterwards, comes when it comes. */
	if (buffer != NULL && !bt_pace_is_gentle())
		bt_large_pages(buffer, size);
	return buffer;
}

/* Where from the memory is that a file is read into. */
struct source {
	void *(*new)(size_t size);
	void *(*resize)(void *memory, size_t size);
	void (*free)(void *memory);
};

static const struct source from_malloc = {new_buffer, realloc, free};
static const struct source from_pages = {bt_pages_new, bt_pages_resize, bt_pages_free};

/*
 * Reads to the end of the file, whatever fstat said its size was: it may grow or shrink meanwhile.
 * One octet more than `max` is asked for, so that a file that is too long shows itself.
 */
static bool read_all(
    const struct source *source, int fd, size_t expect, size_t max, void **bytes, size_t *size)
{
	size_t room = expect + 1, used = 0;
	uint8_t *buffer = source->new (room + 1);
	if (buffer == NULL)
		return false;
	for (;;) {
		if (used == room) {
			if (used > max) {
				errno = EFBIG;
				break;
			}
			room = room > max / 2 ? max + 1 : room * 2;
			uint8_t *larger = source->resize(buffer, room + 1);
			if (larger == NULL)
				break;
			buffer = larger;
		}
		size_t left = room - used;
		ssize_t got = read(fd, buffer + used, left < READ_OCTETS ? left : READ_OCTETS);
		bt_pace();
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			break;
		used += (size_t)got;
		if (got == 0) {
			buffer[used] = 0;
			*bytes = buffer;
			*size = used;
			return true;
		}
	}
	source->free(buffer);
	return false;
}

static bool read_file(const struct source *source, const char *path, size_t max, void **bytes,
    size_t *size, struct bt_err *err)
{
	if (max > SIZE_MAX / 2)
		max = SIZE_MAX / 2; /* leaves room for what is added to it */

	/* Without O_NONBLOCK, opening a FIFO would wait for its writer. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0)
		return bt_fail(err, "%s: %s", path, strerror(errno));

	struct stat st;
	bool ok = false;
	if (fstat(fd, &st) < 0)
		bt_fail(err, "%s: %s", path, strerror(errno));
	else if (S_ISDIR(st.st_mode))
		bt_fail(err, "%s: is a folder, not a file", path);
	else if (!S_ISREG(st.st_mode))
		bt_fail(err, "%s: is not a regular file", path);
	else if (st.st_size < 0 || (uintmax_t)st.st_size > max)
		bt_fail(err, "%s: %jd octets, more than the %zu that are read", path,
		    (intmax_t)st.st_size, max);
	else
		ok = read_all(source, fd, (size_t)st.st_size, max, bytes, size) ||
		     (errno == EFBIG
			     ? bt_fail(err, "%s: grew to more than the %zu octets that are read",
				   path, max)
			     : bt_fail(err, "%s: %s", path, strerror(errno)));
	close(fd);
	return ok;
}

bool bt_file_read(const char *path, size_t max, void **bytes, size_t *size, struct bt_err *err)
{
	bool ok = read_file(&from_malloc, path, max, bytes, size, err);
	if (ok)
		bt_large_pages(*bytes, *size);
	return ok;
}

bool bt_file_read_pages(
    const char *path, size_t max, void **bytes, size_t *size, struct bt_err *err)
{
	return read_file(&from_pages, path, max, bytes, size, err);
}

/* ---- out ---- */

bool bt_write_all(int fd, const void *bytes, size_t size)
{
	const uint8_t *at = bytes;
	while (size > 0) {
		ssize_t put = write(fd, at, size);
		if (put < 0 && errno == EINTR)
			continue;
		if (put == 0)
			errno = EIO; /* no file does that; without it this would spin */
		if (put <= 0)
			return false;
		at += put;
		size -= (size_t)put;
	}
	return true;
}

char *bt_path_join(const char *folder, const char *name)
{
	size_t size = strlen(folder);
	const char *slash = size == 0 || folder[size - 1] == '/' ? "" : "/";
	if (name[0] == '/')
		folder = slash = "";
	char *path;
	return asprintf(&path, "%s%s%s", folder, slash, name) < 0 ? NULL : path;
}

/* The folder that `path` is in, opened so that it can be synced. -1: see errno. */
static int open_folder(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *folder = slash == NULL ? strdup(".") : strndup(path, (size_t)(slash - path) + 1);
	if (folder == NULL)
		return -1;
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	free(folder);
	return fd;
}

/* A rename over a device or a link would take away what others rely on. */
static bool may_replace(const char *path, struct bt_err *err)
{
	struct stat st;
	if (lstat(path, &st) < 0)
		return errno == ENOENT || bt_fail(err, "%s: %s", path, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return bt_fail(err, "%s: exists and is not a regular file", path);
	return true;
}

/* As in a folder with the set-group-id bit: what root writes, the folder's group can read. */
static void give_to_group(int fd, int folder)
{
	struct stat st;
	if (fstat(folder, &st) == 0 && fchown(fd, (uid_t)-1, st.st_gid) < 0)
		return; /* not ours to give; then it has the writer's group, as any file of his */
}

static bool fill(int fd, int folder, const void *bytes, size_t size, mode_t mode)
{
	give_to_group(fd, folder);
	return bt_write_all(fd, bytes, size) && fchmod(fd, mode) == 0 && fsync(fd) == 0;
}

/* Writes and renames the temporary file, whose pattern is in `temporary`; gone if that fails. */
static bool replace(
    const char *path, char *temporary, int folder, const void *bytes, size_t size, mode_t mode)
{
	int fd = mkostemp(temporary, O_CLOEXEC);
	if (fd < 0)
		return false;
	bool ok = fill(fd, folder, bytes, size, mode);
	int reason = errno;
	if (close(fd) < 0 && ok) {
		ok = false;
		reason = errno;
	}
	if (ok && rename(temporary, path) < 0) {
		ok = false;
		reason = errno;
	}
	if (!ok)
		unlink(temporary);
	errno = reason;
	return ok;
}

/* EINVAL: a file system that has no such thing, and cannot do better. */
static bool sync_folder(int folder, const char *path, struct bt_err *err)
{
	return fsync(folder) == 0 || errno == EINVAL ||
	       bt_fail(
		   err, "%s: written, but may not survive a power cut: %s", path, strerror(errno));
}

bool bt_file_replace(
    const char *path, const void *bytes, size_t size, mode_t mode, struct bt_err *err)
{
	if (!may_replace(path, err))
		return false;
	char *temporary;
	if (asprintf(&temporary, "%s.XXXXXX", path) < 0)
		return bt_fail(err, "%s: out of memory", path);

	/* Opened first: a folder that cannot be synced fails before anything is changed. */
	int folder = open_folder(path);
	bool ok = folder >= 0 && replace(path, temporary, folder, bytes, size, mode);
	if (!ok)
		bt_fail(err, "%s: not written: %s", path, strerror(errno));
	free(temporary);
	ok = ok && sync_folder(folder, path, err);
	if (folder >= 0)
		close(folder);
	return ok;
}

bool bt_file_take(const char *path, const char *from, struct bt_err *err)
{
	if (!may_replace(path, err))
		return false;
	int folder = open_folder(path);
	bool ok = folder >= 0 && rename(from, path) == 0;
	if (!ok)
		bt_fail(err, "%s: not written: %s", path, strerror(errno));
	ok = ok && sync_folder(folder, path, err);
	if (folder >= 0)
		close(folder);
	return ok;
}
