/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * log-ftl.c -- query logs: Pi-hole's FTL database (docs.pi-hole.net/database/query-database)
 *
 * `queries` is a table in old ones, and a view in those since Pi-hole 5.
 */

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "log-format.h"

static const char magic[] = "SQLite format 3";

bool bt_log_is_database(const void *octets, size_t size)
{
	return size >= sizeof(magic) && memcmp(octets, magic, sizeof(magic)) == 0;
}

/* FTL numbers types by itself; what it has no number for is 100 above the real one. */
static uint16_t read_type(int64_t type)
{
	static const uint16_t types[] = {
	    0, 1, 28, 255, 33, 6, 12, 16, 35, 15, 43, 46, 48, 2, 0, 64, 65};
	if (type >= 0 && type < (int64_t)(sizeof(types) / sizeof(*types)))
		return types[type];
	return type > 100 && type <= 100 + UINT16_MAX ? (uint16_t)(type - 100) : 0;
}

/* A column as text, which stays until the next row. */
static struct bt_text text_of(sqlite3_stmt *row, int column)
{
	const char *text = (const char *)sqlite3_column_text(row, column);
	int size = sqlite3_column_bytes(row, column);
	return text == NULL ? (struct bt_text){"", ""} : (struct bt_text){text, text + size};
}

static enum bt_log_said read_row(
    struct bt_log_source *source, sqlite3_stmt *row, struct bt_log_query *query)
{
	double seconds = sqlite3_column_double(row, 0);
	struct bt_text name = text_of(row, 2), client = text_of(row, 3);
	if (!(seconds > 0 && seconds < 1e12))
		return bt_log_bad(source, "the timestamp is no time");
	if (!bt_log_address(client, query->client))
		return bt_log_bad(source, "the client is no address");
	query->time = (int64_t)(seconds * 1000 + 0.5);
	query->qtype = read_type(sqlite3_column_int64(row, 1));
	return bt_log_raw_name(source, name, query);
}

/* ---- a file that somebody made up ---- */

enum {
	STEPS = 100000,           /* of SQLite's machine, between two looks */
	LOOKS_WITHOUT_ROW = 2000, /* some seconds; an honest row takes a few hundred steps */
	LEAST_ROW = 4,            /* octets that a row takes in the file */
};

/* A view can go on for ever, with rows or without. */
struct guard {
	unsigned looks;
	uint64_t rows, most_rows;
};

static int look(void *ctx)
{
	struct guard *guard = ctx;
	return ++guard->looks > LOOKS_WITHOUT_ROW;
}

static bool is_endless(struct guard *guard)
{
	guard->looks = 0;
	return ++guard->rows > guard->most_rows;
}

/* Rows may still be in the file that SQLite keeps beside it. */
static uint64_t most_rows(const char *path)
{
	struct stat st;
	uint64_t octets = 0;
	char *beside = NULL;
	if (stat(path, &st) == 0)
		octets += (uint64_t)st.st_size;
	if (asprintf(&beside, "%s-wal", path) >= 0 && stat(beside, &st) == 0)
		octets += (uint64_t)st.st_size;
	free(beside);
	return octets / LEAST_ROW;
}

static bool each_row(struct bt_log_source *source, const char *path, sqlite3 *database,
    sqlite3_stmt *rows, bt_log_row *each, void *ctx, struct bt_err *err)
{
	struct guard guard = {.most_rows = most_rows(path)};
	struct bt_log_query query;
	int status;
	sqlite3_progress_handler(database, STEPS, look, &guard);
	while ((status = sqlite3_step(rows)) == SQLITE_ROW) {
		if (is_endless(&guard))
			return bt_fail(err, "it has more rows than there is room for in it");
		if (!each(ctx, read_row(source, rows, &query), &query))
			return true;
	}
	if (status == SQLITE_INTERRUPT)
		return bt_fail(err, "its next row takes too long: it is no table of Pi-hole's");
	return status == SQLITE_DONE || bt_fail(err, "%s", sqlite3_errmsg(database));
}

/* The file is somebody else's: nothing in its schema may do more than to be read. */
static bool open_database(sqlite3 **database, const char *path, struct bt_err *err)
{
	enum { WAIT = 5000 /* milliseconds that FTL may keep it locked */ };
	char *plain; /* as a path it means nothing else: no "file:", no ":memory:" */
	if (asprintf(&plain, "%s%s", path[0] == '/' ? "" : "./", path) < 0)
		return bt_fail(err, "out of memory");
	int status = sqlite3_open_v2(plain, database, SQLITE_OPEN_READONLY, NULL);
	free(plain);
	if (status != SQLITE_OK)
		return bt_fail(
		    err, "%s", *database != NULL ? sqlite3_errmsg(*database) : "out of memory");
	sqlite3_db_config(*database, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(*database, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	sqlite3_busy_timeout(*database, WAIT);
	return true;
}

static bool find_rows(sqlite3 *database, sqlite3_stmt **rows, struct bt_err *err)
{
	static const char sql[] = "SELECT timestamp, type, domain, client FROM queries";
	int status = sqlite3_prepare_v2(database, sql, sizeof(sql), rows, NULL);
	if (status == SQLITE_OK)
		return true;
	bt_fail(err, "%s", sqlite3_errmsg(database));
	if (status == SQLITE_ERROR) /* no such table, or column */
		bt_fail_in(err, "is no database of Pi-hole");
	if (status == SQLITE_CANTOPEN) /* what SQLite puts beside one that is in use */
		bt_fail_in(err, "copy it to a folder that can be written");
	return false;
}

bool bt_log_ftl(
    struct bt_log_source *source, const char *path, bt_log_row *each, void *ctx, struct bt_err *err)
{
	sqlite3 *database = NULL;
	sqlite3_stmt *rows = NULL;
	bool read = open_database(&database, path, err) && find_rows(database, &rows, err);
	read = read && each_row(source, path, database, rows, each, ctx, err);
	sqlite3_finalize(rows);
	sqlite3_close(database);
	return read;
}
