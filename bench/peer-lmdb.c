/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * peer-lmdb.c -- LMDB: a B+ tree in a mapped file
 *
 * A lookup asks for the last name that does not stand behind the key. If that is no ancestor, any
 * ancestor shares no more with the key than it does: the key is shortened to that, on a label
 * border, and looked up again. That takes as long as one mdb_get() a label for names of two labels,
 * and less for longer ones. One read transaction and its cursor stay open for all lookups.
 */

#include <errno.h>
#include <lmdb.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "ancestors.h"
#include "peer.h"

enum {
	CLASS_SIZE = 2,
	CLASSES_MAX = 1 << 16,
	ROOM = 1 << 20,  /* octets at least while it is built, */
	ROOM_EACH = 512, /* and more for each name */
};

struct lmdb {
	MDB_env *env;
	MDB_txn *txn;
	MDB_dbi dbi;
	MDB_cursor *cursor;
};

static bool fail(int code, const char *path, struct bt_err *err)
{
	return bt_fail(err, "%s: %s", path, mdb_strerror(code));
}

/* ---- build ---- */

static int put_all(const struct names *names, MDB_txn *txn, MDB_dbi dbi)
{
	int code = 0;
	for (size_t i = 0; code == 0 && i < names->count; i++) {
		const struct bt_build_name *row = &names->rows[i];
		uint8_t class_id[CLASS_SIZE] = {
		    (uint8_t)row->class_id, (uint8_t)(row->class_id >> 8)};
		MDB_val key = {row->key_size, (void *)(uintptr_t)row->key};
		MDB_val value = {sizeof(class_id), class_id};
		code = row->class_id < CLASSES_MAX ? mdb_put(txn, dbi, &key, &value, MDB_APPEND)
						   : MDB_BAD_VALSIZE;
	}
	return code;
}

static bool write_names(const struct names *names, const char *path, struct bt_err *err)
{
	struct lmdb lmdb = {NULL, NULL, 0, NULL};
	int code = mdb_env_create(&lmdb.env);
	if (code != 0)
		return fail(code, path, err);
	code = mdb_env_set_mapsize(lmdb.env, ROOM + names->count * ROOM_EACH);
	if (code == 0)
		code = mdb_env_open(lmdb.env, path, MDB_NOSUBDIR | MDB_NOLOCK | MDB_NOSYNC, 0600);
	if (code == 0)
		code = mdb_txn_begin(lmdb.env, NULL, 0, &lmdb.txn);
	if (code == 0)
		code = mdb_dbi_open(lmdb.txn, NULL, 0, &lmdb.dbi);
	if (code == 0)
		code = put_all(names, lmdb.txn, lmdb.dbi);
	if (code == 0)
		code = mdb_txn_commit(lmdb.txn);
	else if (lmdb.txn != NULL)
		mdb_txn_abort(lmdb.txn);
	mdb_env_close(lmdb.env);
	return code == 0 || fail(code, path, err);
}

static bool build(const char *list, const char *path, struct bt_err *err)
{
	struct names names;
	if (!names_read(&names, list, true, err))
		return false;
	bool ok = write_names(&names, path, err);
	names_free(&names);
	return ok;
}

/* ---- open ---- */

static void close_lmdb(void *self)
{
	struct lmdb *lmdb = self;
	if (lmdb->cursor != NULL)
		mdb_cursor_close(lmdb->cursor);
	if (lmdb->txn != NULL)
		mdb_txn_abort(lmdb->txn);
	if (lmdb->env != NULL)
		mdb_env_close(lmdb->env);
	free(lmdb);
}

/* The map is no larger than the file, so that all of it can be touched. */
static int open_file(struct lmdb *lmdb, const char *path)
{
	struct stat st;
	int code = mdb_env_create(&lmdb->env);
	if (code == 0 && stat(path, &st) != 0)
		code = errno;
	if (code == 0)
		code = mdb_env_set_mapsize(lmdb->env, (size_t)st.st_size);
	if (code == 0)
		code = mdb_env_open(lmdb->env, path, MDB_NOSUBDIR | MDB_RDONLY | MDB_NOLOCK, 0600);
	if (code == 0)
		code = mdb_txn_begin(lmdb->env, NULL, MDB_RDONLY, &lmdb->txn);
	if (code == 0)
		code = mdb_dbi_open(lmdb->txn, NULL, 0, &lmdb->dbi);
	if (code == 0)
		code = mdb_cursor_open(lmdb->txn, lmdb->dbi, &lmdb->cursor);
	return code;
}

static bool open_lmdb(void **self, const char *path, struct bt_err *err)
{
	struct lmdb *lmdb = calloc(1, sizeof(*lmdb));
	if (lmdb == NULL)
		return bt_fail(err, "out of memory");
	int code = open_file(lmdb, path);
	if (code != 0) {
		close_lmdb(lmdb);
		return fail(code, path, err);
	}
	*self = lmdb;
	return true;
}

/* ---- match ---- */

static unsigned match(
    void *self, const struct bt_key *key, struct bt_match matches[static BT_MATCHES_MAX])
{
	struct lmdb *lmdb = self;
	unsigned found = 0, labels;
	unsigned size = ancestor_within(key, key->len, &labels);
	while (size > 0) {
		MDB_val name = {size, (void *)(uintptr_t)key->bytes}, value;
		int code = mdb_cursor_get(lmdb->cursor, &name, &value, MDB_SET_RANGE);
		bool exact = code == 0 && name.mv_size == size &&
			     memcmp(name.mv_data, key->bytes, size) == 0;
		if (!exact) {
			code = mdb_cursor_get(
			    lmdb->cursor, &name, &value, code == 0 ? MDB_PREV : MDB_LAST);
			if (code != 0)
				break;
		}
		unsigned shared =
		    shared_octets(key->bytes, size, name.mv_data, (unsigned)name.mv_size);
		size = ancestor_within(key, shared, &labels);
		if (shared < name.mv_size)
			continue;
		const uint8_t *class_id = value.mv_data;
		matches[found++] =
		    (struct bt_match){(uint32_t)(class_id[0] | class_id[1] << 8), (uint8_t)labels};
		size = ancestor_within(key, size - 1, &labels);
	}
	reverse_matches(matches, found);
	return found;
}

const struct peer peer_lmdb = {
    .name = "lmdb",
    .what = "B+ tree, range search and shortened again, mapped, one read transaction",
    .build = build,
    .open = open_lmdb,
    .close = close_lmdb,
    .match = match,
};
