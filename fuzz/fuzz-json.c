/* SPDX-License-Identifier: BSD-3-Clause */
/* fuzz-json.c -- any octets as a list of each format in JSON: names, values of one line, reasons */

#include <stdlib.h>
#include <string.h>

#include "list.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_line(const char *text)
{
	if (text[0] == '\0' || strpbrk(text, "\n\r\033\177") != NULL)
		abort();
}

static bool on_entry(void *ctx, const struct bt_entry *entry, struct bt_err *err)
{
	(void)err;
	if (bt_key_labels(entry->key->bytes, entry->key->len) != entry->key->labels ||
	    entry->key->labels == 0 || entry->scope < BT_SCOPE_EXACT ||
	    entry->scope > BT_SCOPE_SUBTREE || entry->line == 0)
		abort();
	for (unsigned i = 0; i < entry->pair_count; i++)
		check_line(entry->pairs[i].value);
	++*(uint64_t *)ctx;
	return true;
}

static void on_reason(void *ctx, unsigned line, const char *reason)
{
	(void)ctx;
	if (line == 0)
		abort();
	check_line(reason);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const enum bt_format formats[] = {
	    BT_FORMAT_AUTO, BT_FORMAT_THREATFOX, BT_FORMAT_STIX, BT_FORMAT_MISP};
	char *text =
	    malloc(size > 0 ? size : 1); /* of its own, so that a sanitizer knows its end */
	if (text == NULL)
		return 0;
	memcpy(text, data, size);
	for (size_t i = 0; i < sizeof(formats) / sizeof(*formats); i++) {
		uint64_t entries = 0;
		const struct bt_list_reader reader = {
		    .entry = on_entry, .bad = on_reason, .skipped = on_reason, .ctx = &entries};
		struct bt_list_stats stats;
		struct bt_err err = {""};
		if (bt_list_parse("list", text, size, formats[i], &reader, &stats, &err)) {
			if (stats.entries != entries || entries == 0)
				abort();
		} else if (strncmp(err.text, "list:", 5) != 0) {
			abort();
		} else {
			check_line(err.text);
		}
	}
	free(text);
	return 0;
}
