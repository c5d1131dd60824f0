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
	unsigned sinkholes, lists, entries;
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
	need(seen->sinkholes == 1 && seen->entries == 0);
	need(list->action < BT_ACTIONS && list->events <= BT_EVENTS_OFF);
	check_pairs(pairs, count);
	seen->lists++;
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
	    .sinkhole = on_sinkhole, .list = on_list, .entry = on_entry, .ctx = &seen};
	struct bt_err err = {""};
	bool is_dump = bt_is_dump(path);
	if (bt_dump_read(path, &reader, &err))
		need(is_dump);
	else
		need(strncmp(err.text, path, strlen(path)) == 0);
	close(fd);
	return 0;
}
