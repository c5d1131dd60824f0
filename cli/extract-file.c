/* SPDX-License-Identifier: BSD-3-Clause */
/* extract-file.c -- the text of a report */

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "extract-file.h"
#include "markup.h"

enum { FILE_MAX = 1 << 28 /* octets */, FIRST_ROOM = 1 << 16 };

extern char **environ;

const char *bt_file_name(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash == NULL || slash[1] == '\0' ? path : slash + 1;
}

/* To the end, whatever it is: a pipe has no size. */
static bool read_all(int fd, const char *path, char **bytes, size_t *size, struct bt_err *err)
{
	size_t room = FIRST_ROOM, used = 0;
	char *buffer = malloc(room);
	while (buffer != NULL) {
		if (used == room) {
			char *larger = room >= FILE_MAX ? NULL : realloc(buffer, 2 * room);
			if (larger == NULL)
				break;
			buffer = larger;
			room *= 2;
		}
		ssize_t got = read(fd, buffer + used, room - used);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0) {
			bt_fail(err, "%s: %s", path, strerror(errno));
			free(buffer);
			return false;
		}
		if (got == 0) {
			*bytes = buffer;
			*size = used;
			return true;
		}
		used += (size_t)got;
	}
	free(buffer);
	return bt_fail(err, room >= FILE_MAX ? "%s: is too large" : "%s: out of memory", path);
}

/* ---- PDF ---- */

static bool spawn(const char *path, int out, pid_t *pid, struct bt_err *err)
{
	char program[] = "pdftotext", encoding[] = "-enc", utf8[] = "UTF-8", end[] = "--",
	     to[] = "-";
	char *arguments[] = {program, encoding, utf8, end, (char *)path, to, NULL};
	posix_spawn_file_actions_t actions;
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
	int code = posix_spawnp(pid, program, &actions, NULL, arguments, environ);
	posix_spawn_file_actions_destroy(&actions);
	return code == 0 ||
	       bt_fail(err, "%s: is PDF, and pdftotext (of poppler-utils) cannot be run: %s", path,
		   strerror(code));
}

static bool read_pdf(const char *path, char **text, size_t *size, struct bt_err *err)
{
	int ends[2], status;
	pid_t pid;
	if (strcmp(path, "-") == 0)
		return bt_fail(err, "PDF is read from files only");
	if (pipe2(ends, O_CLOEXEC) != 0)
		return bt_fail(err, "%s: %s", path, strerror(errno));
	bool ok = spawn(path, ends[1], &pid, err);
	close(ends[1]);
	if (ok) {
		ok = read_all(ends[0], path, text, size, err);
		close(ends[0]);
		while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
			;
		if (ok && status != 0) {
			free(*text);
			ok = bt_fail(err, "%s: pdftotext cannot read it", path);
		}
	} else {
		close(ends[0]);
	}
	return ok;
}

/* ---- any ---- */

static bool read_file(const char *path, char **bytes, size_t *size, struct bt_err *err)
{
	if (strcmp(path, "-") == 0)
		return read_all(STDIN_FILENO, "standard input", bytes, size, err);
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return bt_fail(err, "%s: %s", path, strerror(errno));
	bool ok = read_all(fd, path, bytes, size, err);
	close(fd);
	return ok;
}

bool bt_extract_file(const char *path, char **text, size_t *size, struct bt_err *err)
{
	char *bytes;
	size_t count;
	if (!read_file(path, &bytes, &count, err))
		return false;
	if (count >= 5 && memcmp(bytes, "%PDF-", 5) == 0) {
		free(bytes);
		return read_pdf(path, text, size, err);
	}
	*size = bt_markup_begins(bytes, count) ? bt_markup_strip(bytes, count) : count;
	*text = bytes;
	return true;
}
