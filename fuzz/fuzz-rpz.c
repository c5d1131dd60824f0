/* SPDX-License-Identifier: BSD-3-Clause */
/* fuzz-rpz.c -- any octets as a response policy zone: rules are names, reasons are one line */

#include <stdlib.h>
#include <string.h>

#include "list.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool on_entry(void *ctx, const struct bt_entry *entry, struct bt_err *err)
{
	(void)err;
	if (bt_key_labels(entry->key->bytes, entry->key->len) != entry->key->labels ||
	    entry->key->labels == 0 ||
	    (entry->scope != BT_SCOPE_EXACT && entry->scope != BT_SCOPE_BELOW) || entry->line == 0)
		abort();
	++*(uint64_t *)ctx;
	return true;
}

static void on_reason(void *ctx, unsigned line, const char *reason)
{
	(void)ctx;
	if (line == 0 || reason[0] == '\0' || strpbrk(reason, "\n\r\033") != NULL)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint64_t entries = 0;
	const struct bt_list_reader reader = {
	    .entry = on_entry, .bad = on_reason, .skipped = on_reason, .ctx = &entries};
	struct bt_list_stats stats;
	struct bt_err err = {""};
	char *text =
	    malloc(size > 0 ? size : 1); /* of its own, so that a sanitizer knows its end */
	if (text == NULL)
		return 0;
	memcpy(text, data, size);
	if (bt_list_parse("list", text, size, BT_FORMAT_RPZ, &reader, &stats, &err)
		? stats.entries != entries || entries == 0
		: strncmp(err.text, "list:", 5) != 0 || entries > 0)
		abort();
	free(text);
	return 0;
}
