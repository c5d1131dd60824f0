/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * log-bind.c -- query logs: BIND's category `queries`, to a file or to the system's log
 *
 *     26-Nov-2026 10:00:00.123 queries: info: client @0x7f 10.0.0.1#53210 (www.example.com): \
 *         query: www.example.com IN A +E(0)K (10.0.0.53)
 */

#include "log-format.h"

/* Moves to behind the next `word`. */
static bool skip_to(struct bt_text *text, const char *word)
{
	const char *found = memmem(text->at, bt_text_size(text), word, strlen(word));
	if (found == NULL)
		return false;
	text->at = found + strlen(word);
	return true;
}

/* The category and the severity, if they are there; or, in a system's log, who says it. */
static enum bt_log_said skip_head(struct bt_log_source *source, struct bt_text *text)
{
	struct bt_text ahead = *text;
	if (bt_text_take(text, "client "))
		return BT_LOG_QUERY;
	struct bt_text category = bt_text_word(&ahead);
	if (category.at < category.end && category.end[-1] == ':' &&
	    memchr(category.at, '[', bt_text_size(&category)) == NULL) {
		*text = ahead;
		if (!bt_text_take(text, "client ")) {
			struct bt_text level = bt_text_word(text);
			if (level.at == level.end || level.end[-1] != ':')
				return BT_LOG_OTHER;
			return bt_text_take(text, "client ") ? BT_LOG_QUERY : BT_LOG_OTHER;
		}
		return BT_LOG_QUERY;
	}
	enum bt_log_said said = bt_log_program(source, text, "named");
	if (said != BT_LOG_QUERY)
		return said;
	bt_text_take(text, "queries: ");
	bt_text_take(text, "info: ");
	return bt_text_take(text, "client ") ? BT_LOG_QUERY : BT_LOG_OTHER;
}

enum bt_log_said bt_log_bind(
    struct bt_log_source *source, const char *at, size_t size, struct bt_log_query *query)
{
	struct bt_text text = {at, at + size};
	if (!bt_log_stamp(source, &text, &query->time))
		return bt_log_bad(source, "does not begin with a time");
	enum bt_log_said said = skip_head(source, &text);
	if (said != BT_LOG_QUERY)
		return said;
	if (text.at < text.end && *text.at == '@') /* the address of the client's object */
		bt_text_word(&text);
	struct bt_text client = bt_text_word(&text);
	if (!skip_to(&text, ": query: ")) /* a name cannot hold this: its spaces are escaped */
		return BT_LOG_OTHER;
	if (!bt_log_address(bt_text_until(&client, '#'), query->client))
		return bt_log_bad(source, "the client is no address");
	struct bt_text name = bt_text_word(&text), class = bt_text_word(&text);
	struct bt_text type = bt_text_word(&text);
	if (class.at == class.end || type.at == type.end)
		return bt_log_bad(source, "expected query: NAME CLASS TYPE");
	query->qtype = bt_log_type(type);
	return bt_log_name(source, name, query);
}
