/* SPDX-License-Identifier: BSD-3-Clause */
/* state-dir.c -- what a resolver keeps in its state directory besides tries and events */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file.h"
#include "segment.h"
#include "state-dir.h"

/* ---- lock ---- */

static bool lock_file(const char *folder, const char *path, int *fd, struct bt_err *err)
{
	int made = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0640);
	if (made < 0)
		return bt_fail(err, "%s: %s", path, strerror(errno));
	/* Fails where another user made it; the lock holds all the same. */
	(void)fchmod(made, 0640);
	if (flock(made, LOCK_EX | LOCK_NB) == 0) {
		*fd = made;
		return true;
	}
	if (errno == EWOULDBLOCK)
		bt_fail(err,
		    "%s: another running resolver uses this folder "
		    "(each resolver needs a state-dir and a run-dir of its own)",
		    folder);
	else
		bt_fail(err, "%s: cannot lock it: %s", path, strerror(errno));
	close(made);
	return false;
}

bool bt_state_lock(const char *folder, int *fd, struct bt_err *err)
{
	char *path = bt_path_join(folder, "lock");
	if (path == NULL)
		return bt_fail(err, "%s: out of memory", folder);
	bool ok = lock_file(folder, path, fd, err);
	free(path);
	return ok;
}

/* ---- folders ---- */

bool bt_state_folder(const char *path, struct bt_err *err)
{
	if (mkdir(path, 0750) != 0)
		return errno == EEXIST ||
		       bt_fail(err, "%s: cannot make it: %s", path, strerror(errno));
	return chmod(path, 02750) == 0 || bt_fail(err, "%s: %s", path, strerror(errno));
}

/* ---- the resolver's id ---- */

static bool check_id(const char *id, const char *where, struct bt_err *err)
{
	size_t size = strlen(id);
	if (size == 0 || size > BT_RESOLVER_MAX)
		return bt_fail(err, "%s: a resolver's id has 1 to %d characters, not %zu", where,
		    BT_RESOLVER_MAX, size);
	for (size_t i = 0; i < size; i++) {
		if ((unsigned char)id[i] <= ' ' || id[i] == 127)
			return bt_fail(
			    err, "%s: a resolver's id has no spaces or control characters", where);
	}
	return true;
}

/* The host's name, and something that tells two resolvers on one host apart. */
static bool make_up(const char *path, char **id, struct bt_err *err)
{
	char host[65] = "", *made;
	uint32_t suffix;
	if (gethostname(host, sizeof(host) - 1) != 0 || !check_id(host, "", NULL))
		strcpy(host, "resolver");
	if (getrandom(&suffix, sizeof(suffix), 0) != sizeof(suffix))
		return bt_fail(err, "no random number: %s", strerror(errno));
	int size = asprintf(&made, "%s-%08x\n", host, suffix);
	if (size < 0)
		return bt_fail(err, "%s: out of memory", path);
	if (!bt_file_replace(path, made, (size_t)size, 0640, err)) {
		free(made);
		return false;
	}
	made[size - 1] = '\0';
	*id = made;
	return true;
}

static bool read_or_make_up(const char *path, char **id, struct bt_err *err)
{
	if (access(path, F_OK) != 0 && errno == ENOENT)
		return make_up(path, id, err);
	void *bytes;
	size_t size;
	if (!bt_file_read(path, 4096, &bytes, &size, err))
		return false;
	char *text = bytes;
	text[strcspn(text, "\r\n")] = '\0';
	if (!check_id(text, path, err)) {
		free(bytes);
		return false;
	}
	*id = text;
	return true;
}

bool bt_state_resolver(const char *folder, const char *given, char **id, struct bt_err *err)
{
	if (given != NULL) {
		if (!check_id(given, "resolver-id", err))
			return false;
		char *copy = strdup(given);
		if (copy == NULL)
			return bt_fail(err, "%s: out of memory", folder);
		*id = copy;
		return true;
	}
	char *path = bt_path_join(folder, "resolver-id");
	if (path == NULL)
		return bt_fail(err, "%s: out of memory", folder);
	bool ok = read_or_make_up(path, id, err);
	free(path);
	return ok;
}
