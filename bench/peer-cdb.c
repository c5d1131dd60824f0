/* SPDX-License-Identifier: BSD-3-Clause */
/* peer-cdb.c -- tinycdb: a constant hash table in a mapped file, one lookup a label */

#include <cdb.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "peer.h"

enum { CLASS_SIZE = 2, CLASSES_MAX = 1 << 16 };

/* ---- build ---- */

static bool take(void *ctx, const struct line *line, struct bt_err *err)
{
	struct cdb_make *make = ctx;
	const uint8_t value[CLASS_SIZE] = {(uint8_t)line->class_id, (uint8_t)(line->class_id >> 8)};
	if (line->class_id >= CLASSES_MAX)
		return bt_fail(err, "more than 65536 classes");
	if (cdb_make_add(make, line->key->bytes, line->key->len, value, sizeof(value)) != 0)
		return bt_fail(err, "cdb_make_add: %s", strerror(errno));
	return true;
}

static bool build(const char *list, const char *path, struct bt_err *err)
{
	struct cdb_make make;
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0 || cdb_make_start(&make, fd) != 0) {
		bt_fail(err, "%s: %s", path, strerror(errno));
		if (fd >= 0)
			close(fd);
		return false;
	}
	bool ok = lines_each(list, take, &make, err);
	if (cdb_make_finish(&make) != 0 && ok)
		ok = bt_fail(err, "%s: cdb_make_finish: %s", path, strerror(errno));
	close(fd);
	return ok;
}

/* ---- open ---- */

static bool open_cdb(void **self, const char *path, struct bt_err *err)
{
	struct cdb *cdb = calloc(1, sizeof(*cdb));
	if (cdb == NULL)
		return bt_fail(err, "out of memory");
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || cdb_init(cdb, fd) != 0) {
		bt_fail(err, "%s: %s", path, strerror(errno));
		if (fd >= 0)
			close(fd);
		free(cdb);
		return false;
	}
	*self = cdb;
	return true;
}

static void close_cdb(void *self)
{
	struct cdb *cdb = self;
	int fd = cdb_fileno(cdb);
	cdb_free(cdb);
	close(fd);
	free(cdb);
}

/* ---- match ---- */

static unsigned match(
    void *self, const struct bt_key *key, struct bt_match matches[static BT_MATCHES_MAX])
{
	struct cdb *cdb = self;
	unsigned found = 0, size = 0;
	for (unsigned labels = 1; labels <= key->labels; labels++) {
		size += key->bytes[size] + 1u;
		if (cdb_find(cdb, key->bytes, size) <= 0)
			continue;
		const uint8_t *value = cdb_getdata(cdb);
		matches[found++] =
		    (struct bt_match){(uint32_t)(value[0] | value[1] << 8), (uint8_t)labels};
	}
	return found;
}

const struct peer peer_cdb = {
    .name = "tinycdb",
    .what = "constant hash table, one lookup a label, mapped",
    .build = build,
    .open = open_cdb,
    .close = close_cdb,
    .match = match,
};
