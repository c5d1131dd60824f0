/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * list.h -- list files to entries, by callback
 *
 * A bad line never fails a list: it is handed to bad() with its reason and reading goes on. So does
 * it with what is no mistake, but says nothing about a name that could be applied here as it is
 * meant: skipped(). What fails a list is a file that is missing, unreadable, or without a single
 * good entry.
 *
 * Lists of lines are read piece by piece, whatever their size; YAML is kept whole and bounded. What
 * a compressed list may become is bounded by its size (unpack.h).
 *
 * Threads: a read belongs to one thread; reads of different files may run side by side.
 */
#ifndef BT_LIST_H
#define BT_LIST_H

#include <stdbool.h>
#include <stdint.h>

#include "err.h"
#include "format.h"
#include "name.h"
#include "policy.h"

/* One indicator, as a list gives it. Everything is borrowed for the length of the call. */
struct bt_entry {
	const struct bt_key *key;
	uint8_t scope;  /* enum bt_scope, as the format or the entry says */
	bool except;    /* no indicator: what else the list covers here, passes; */
	bool important; /* but for what is important and covered by no such exception */
	const struct bt_pair *pairs; /* metadata of this indicator alone */
	unsigned pair_count;
	unsigned line;
};

struct bt_list_reader {
	/* Each good entry. False stops the read, with *err set by the callback. */
	bool (*entry)(void *ctx, const struct bt_entry *entry, struct bt_err *err);
	/* Metadata of the whole list: at most once, before the first entry. May be NULL. */
	bool (*list)(void *ctx, const struct bt_pair *pairs, unsigned count, struct bt_err *err);
	/* Each bad line. May be NULL. */
	void (*bad)(void *ctx, unsigned line, const char *reason);
	/* Each thing that is left out. The reason is one of few, and static. May be NULL. */
	void (*skipped)(void *ctx, unsigned line, const char *reason);
	/* Now and then: how many octets of the list were read. May be NULL. */
	void (*progress)(void *ctx, uint64_t octets, uint64_t size);
	void *ctx;
	/* Of a table, over what its header says: what a column is for (domain, host, url;
	   indicator, which is what type says; or a key of metadata), and its name in the header or
	   its number, from 1. */
	const struct bt_pair *columns;
	unsigned column_count;
	bool all_urls; /* hosts of URLs with a path count, too */
};

struct bt_list_stats {
	uint64_t entries;      /* good entries, */
	uint64_t exceptions;   /* and those of them that are exceptions */
	uint64_t bad;          /* bad lines */
	uint64_t skipped;      /* and what was left out */
	int64_t modified;      /* the file's modification time, Unix seconds */
	enum bt_format format; /* as detected or as asked for */
};

/*
 * Reads the list at `path`, which may be compressed with gzip, xz or zstd. *stats may be NULL. *err
 * begins with the path (and the line, where there is one).
 */
bool bt_list_read(const char *path, enum bt_format format, const struct bt_list_reader *reader,
    struct bt_list_stats *stats, struct bt_err *err);

/* As bt_list_read, of `size` octets in memory; `path` is only for messages. */
bool bt_list_parse(const char *path, const char *text, size_t size, enum bt_format format,
    const struct bt_list_reader *reader, struct bt_list_stats *stats, struct bt_err *err);

#endif
