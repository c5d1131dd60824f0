/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * list-text.c -- reports and mails in which names stand, defanged
 *
 * Plain names in them do not count: see prose.h. Each name stands for itself and everything below
 * it.
 */

#include <stdlib.h>
#include <string.h>

#include "list-formats.h"
#include "markup.h"
#include "prose.h"

enum { TEXT_MAX = 1 << 26 /* octets */ };

static bool read_prose(
    struct bt_list_parse *parse, const char *text, size_t size, struct bt_err *err)
{
	struct bt_prose prose = {.text = text, .size = size};
	struct bt_prose_find find;
	while (bt_prose_next(&prose, &find)) {
		const struct bt_entry entry = {
		    .key = &find.key, .scope = BT_SCOPE_SUBTREE, .line = find.line};
		if (find.kind == BT_PROSE_OTHER)
			bt_list_bad(parse, find.line, find.reason);
		else if (find.kind == BT_PROSE_NAME && find.has_path && !parse->reader->all_urls)
			bt_list_skip(parse, find.line, BT_LIST_URL_WITH_PATH);
		else if (find.kind == BT_PROSE_NAME && !bt_list_emit(parse, &entry, err))
			return false;
	}
	return true;
}

static bool read_text(
    struct bt_list_parse *parse, const char *text, size_t size, struct bt_err *err)
{
	if (!bt_markup_begins(text, size))
		return read_prose(parse, text, size, err);
	char *copy = malloc(size + 1);
	if (copy == NULL)
		return bt_fail(err, "%s: out of memory", parse->path);
	memcpy(copy, text, size);
	bool read = read_prose(parse, copy, bt_markup_strip(copy, size), err);
	free(copy);
	return read;
}

static bool begins_html(struct bt_line line)
{
	return bt_markup_begins(line.at, line.size);
}

/* A sentence. */
static bool is_prose(struct bt_line line)
{
	enum { WORDS = 5 };
	unsigned words = 0;
	struct bt_line word = bt_list_word(&line);
	if (bt_list_target(word) != BT_TARGET_NONE)
		return false;
	for (; word.size > 0; word = bt_list_word(&line))
		words++;
	return words >= WORDS;
}

const struct bt_list_format bt_list_text = {
    .begins = begins_html, .tells = is_prose, .text = read_text, .most = TEXT_MAX};
