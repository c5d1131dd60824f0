/* SPDX-License-Identifier: BSD-3-Clause */
/* fuzz-dump.c -- any octets as a dump: what is taken is in order, reasons are one line */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "dump.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct seen {
	unsigned sinkholes, lists, groups, entries;
};

static void need(bool truth)
{
	if (!truth)
		abort();
}

static void check_pairs(const struct bt_pair *pairs, unsigned count)
{
	size_t octets = 0;
	for (unsigned i = 0; i < count; i++)
		octets += strlen(pairs[i].key) + strlen(pairs[i].value);
	need(count > 0 || octets == 0);
}

static bool on_sinkhole(void *ctx, const struct bt_sinkhole *sinkhole, struct bt_err *err)
{
	struct seen *seen = ctx;
	(void)err;
	need(seen->sinkholes++ == 0 && seen->lists == 0 && sinkhole->ede <= BT_EDE_TEXT);
	return true;
}

static bool on_list(void *ctx, const struct bt_list_info *list, const struct bt_pair *pairs,
    unsigned count, struct bt_err *err)
{
	struct seen *seen = ctx;
	(void)err;
	need(seen->sinkholes == 1 && seen->entries == 0 && seen->groups == 0);
	need(list->sinkhole != NULL && list->action < BT_ACTIONS && list->events <= BT_EVENTS_OFF);
	check_pairs(pairs, count);
	seen->lists++;
	return true;
}

static bool on_disabled(void *ctx, struct bt_err *err)
{
	const struct seen *seen = ctx;
	(void)err;
	need(seen->sinkholes == 1);
	return true;
}

static bool on_group(void *ctx, const char *name, const uint8_t *actions, struct bt_err *err)
{
	struct seen *seen = ctx;
	(void)err;
	need(seen->sinkholes == 1 && name != NULL);
	for (unsigned i = 0; i < seen->lists; i++)
		need(actions[i] < BT_ACTIONS || actions[i] == BT_ACTION_NONE);
	seen->groups++;
	return true;
}

/* A network is written as it is read. */
static void check_network(const struct bt_network *network)
{
	char text[BT_NETWORK_TEXT];
	struct bt_network again;
	need(bt_network_is(network));
	bt_network_write(text, network);
	need(bt_network_read(&again, text) == NULL);
	need(memcmp(&again, network, sizeof(again)) == 0);
}

static bool on_network(
    void *ctx, const struct bt_network *network, unsigned group, struct bt_err *err)
{
	const struct seen *seen = ctx;
	(void)err;
	need(seen->sinkholes == 1 && group > 0 && group <= seen->groups);
	check_network(network);
	return true;
}

static bool on_forwarder(void *ctx, const struct bt_network *network, struct bt_err *err)
{
	const struct seen *seen = ctx;
	(void)err;
	need(seen->sinkholes == 1);
	check_network(network);
	return true;
}

static bool on_entry(void *ctx, unsigned list, const struct bt_entry *entry, struct bt_err *err)
{
	struct seen *seen = ctx;
	(void)err;
	need(list < seen->lists && entry->line > 0 && bt_scope_name(entry->scope) != NULL);
	need(bt_key_labels(entry->key->bytes, entry->key->len) == entry->key->labels);
	check_pairs(entry->pairs, entry->pair_count);
	seen->entries++;
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char path[64];
	int fd = memfd_create("dump", MFD_CLOEXEC);
	if (fd < 0 || (size > 0 && write(fd, data, size) != (ssize_t)size))
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);

	struct seen seen = {0};
	const struct bt_dump_reader reader = {
	    .sinkhole = on_sinkhole,
	    .list = on_list,
	    .disabled = on_disabled,
	    .group = on_group,
	    .network = on_network,
	    .forwarder = on_forwarder,
	    .entry = on_entry,
	    .ctx = &seen,
	};
	struct bt_err err = {""};
	bool is_dump = bt_is_dump(path);
	if (bt_dump_read(path, &reader, &err))
		need(is_dump);
	else
		need(strncmp(err.text, path, strlen(path)) == 0);
	close(fd);
	return 0;
}
