/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * list-domains.c -- plain lists: a name a line
 *
 * Each name stands for itself and everything below it. '#' begins a comment, '!' and ';' do so at
 * the beginning of a line. "*." in front of a name says nothing more and is accepted.
 */

#include <string.h>

#include "list-formats.h"
#include "refang.h"

static bool read_line(struct bt_list_parse *parse, struct bt_line line, struct bt_err *err)
{
	struct bt_key key;
	if (line.at[0] == '!' || line.at[0] == ';')
		return true;
	struct bt_line word = bt_list_word(&line);
	if (line.size > 0) {
		bt_list_bad(parse, line.number, "more than one word; expected one name a line");
		return true;
	}
	if (word.size > 2 && memcmp(word.at, "*.", 2) == 0) {
		word.at += 2;
		word.size -= 2;
	}
	const char *reason = bt_refang_key(&key, word.at, word.size);
	if (reason != NULL) {
		bt_list_bad(parse, line.number, reason);
		return true;
	}
	const struct bt_entry entry = {
	    .key = &key, .scope = BT_SCOPE_SUBTREE, .line = line.number};
	return bt_list_emit(parse, &entry, err);
}

bool bt_list_domains(struct bt_list_parse *parse, const char *text, size_t size, struct bt_err *err)
{
	return bt_list_lines(parse, text, size, read_line, err);
}
