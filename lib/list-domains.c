/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * list-domains.c -- plain lists: a name a line
 *
 * Each name stands for itself and everything below it; so does "*.name", as the lists of wildcards
 * have it that are made for other resolvers.
 */

#include "list-formats.h"
#include "refang.h"

static bool read_line(struct bt_list_parse *parse, struct bt_line line, struct bt_err *err)
{
	struct bt_key key;
	struct bt_line word = bt_list_word(&line);
	const char *skipped = bt_list_why_no_name(parse, word);
	if (skipped != NULL) {
		bt_list_skip(parse, line.number, skipped);
		return true;
	}
	const char *reason = bt_refang_tree(&key, word.at, word.size);
	if (reason == NULL && line.size > 0)
		reason = "more than a name; expected one name a line";
	if (reason != NULL) {
		bt_list_bad(parse, line.number, reason);
		return true;
	}
	const struct bt_entry entry = {.key = &key, .scope = BT_SCOPE_SUBTREE, .line = line.number};
	return bt_list_emit(parse, &entry, err);
}

const struct bt_list_format bt_list_domains = {.comments = "#!;", .hash = true, .line = read_line};
