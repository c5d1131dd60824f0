/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * dump.h -- a trie as text, and back
 *
 * `beacontrap dump` writes all that is in a trie, and a dump compiles into the same bytes. The
 * manual has the format: lines of columns that tabs separate, first those that begin with '#',
 * about the trie and its lists, then one for each name and list that holds it.
 *
 * A dump is no list: it says what lists there are, and it may hold the root. What is wrong in it
 * fails the whole of it.
 *
 * Threads: a read belongs to one thread.
 */
#ifndef BT_DUMP_H
#define BT_DUMP_H

#include <stdbool.h>
#include <stddef.h>

#include "list.h"
#include "policy.h"

#define BT_DUMP_BEGIN "#beacontrap dump " /* and the version */
#define BT_DUMP_END "#end"
#define BT_DUMP_TIME "%Y-%m-%dT%H:%M:%SZ"

enum { BT_DUMP_VERSION = 2 };

/* As a dump calls them; by enum bt_ede and enum bt_events. */
extern const char *const bt_dump_ede[BT_EDE_TEXT + 1];
extern const char *const bt_dump_events[BT_EVENTS_OFF + 1];

/* In this order. Everything is borrowed for the length of the call; false stops the read. */
struct bt_dump_reader {
	bool (*sinkhole)(void *ctx, const struct bt_sinkhole *sinkhole, struct bt_err *err);
	/* The lists in their order. Of *list, `meta` and `entries` are not set. */
	bool (*list)(void *ctx, const struct bt_list_info *list, const struct bt_pair *pairs,
	    unsigned count, struct bt_err *err);
	bool (*disabled)(void *ctx, struct bt_err *err);
	/* Groups of clients, and an action for each list or BT_ACTION_NONE; their networks, by the
	   number of groups up to theirs; networks of forwarders. */
	bool (*group)(void *ctx, const char *name, const uint8_t *actions, struct bt_err *err);
	bool (*network)(
	    void *ctx, const struct bt_network *network, unsigned group, struct bt_err *err);
	bool (*forwarder)(void *ctx, const struct bt_network *network, struct bt_err *err);
	/* `list` is the number of lists before it. */
	bool (*entry)(void *ctx, unsigned list, const struct bt_entry *entry, struct bt_err *err);
	/* As a list reader's. */
	void (*progress)(void *ctx, uint64_t octets, uint64_t size);
	void *ctx;
};

/* Reads the dump at `path`. *err begins with the path, and the line where there is one. */
bool bt_dump_read(const char *path, const struct bt_dump_reader *reader, struct bt_err *err);

/* Whether this is how a dump begins. */
bool bt_dump_begins(const char *text, size_t size);

/* Whether the file is there and begins so. */
bool bt_is_dump(const char *path);

#endif
