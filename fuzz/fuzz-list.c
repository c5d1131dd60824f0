/* SPDX-License-Identifier: BSD-3-Clause */
/* fuzz-list.c -- any octets as a list of each format: entries are names, reasons are one line */

#include <stdlib.h>
#include <string.h>

#include "list.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct seen {
	uint64_t entries, bad, skipped;
};

static void check_pairs(const struct bt_pair *pairs, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		if (pairs[i].key[0] == '\0' || pairs[i].value[0] == '\0' ||
		    strpbrk(pairs[i].value, "\n\r\033\177") != NULL)
			abort();
}

static bool on_entry(void *ctx, const struct bt_entry *entry, struct bt_err *err)
{
	struct seen *seen = ctx;
	(void)err;
	if (bt_key_labels(entry->key->bytes, entry->key->len) != entry->key->labels ||
	    entry->key->labels == 0 || entry->scope < BT_SCOPE_EXACT ||
	    entry->scope > BT_SCOPE_SUBTREE || entry->line == 0)
		abort();
	check_pairs(entry->pairs, entry->pair_count);
	seen->entries++;
	return true;
}

static bool on_list(void *ctx, const struct bt_pair *pairs, unsigned count, struct bt_err *err)
{
	const struct seen *seen = ctx;
	(void)err;
	if (seen->entries > 0 || count == 0)
		abort();
	check_pairs(pairs, count);
	return true;
}

static void on_bad(void *ctx, unsigned line, const char *reason)
{
	struct seen *seen = ctx;
	if (line == 0 || reason[0] == '\0' || strpbrk(reason, "\n\r\033") != NULL)
		abort();
	seen->bad++;
}

static void on_skipped(void *ctx, unsigned line, const char *reason)
{
	struct seen *seen = ctx;
	if (line == 0 || reason[0] == '\0')
		abort();
	seen->skipped++;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text =
	    malloc(size > 0 ? size : 1); /* of its own, so that a sanitizer knows its end */
	if (text == NULL)
		return 0;
	memcpy(text, data, size);
	for (int format = 0; format < BT_FORMATS; format++) {
		struct seen seen = {0};
		const struct bt_list_reader reader = {.entry = on_entry,
		    .list = on_list,
		    .bad = on_bad,
		    .skipped = on_skipped,
		    .ctx = &seen};
		struct bt_list_stats stats;
		struct bt_err err = {""};
		bool ok = bt_list_parse(
		    "list", text, size, (enum bt_format)format, &reader, &stats, &err);
		if (ok ? stats.entries != seen.entries || stats.bad != seen.bad ||
			     stats.skipped != seen.skipped || seen.entries == 0
		       : strncmp(err.text, "list:", 5) != 0)
			abort();
	}
	free(text);
	return 0;
}
