/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * log-unbound.c -- query logs: Unbound's, with log-queries or log-replies
 *
 *     [1700000000] unbound[123:0] info: 10.0.0.1 www.example.com. A IN
 *     Nov 26 10:00:00 unbound[123:0] query: 10.0.0.1 www.example.com. A IN
 *     Nov 26 10:00:00 host unbound: [123:0] info: 10.0.0.1 www.example.com. A IN NOERROR 0.1 0 45
 */

#include "log-format.h"

/* "CLIENT NAME TYPE CLASS", and more behind it if it is a reply. */
static enum bt_log_said read_body(struct bt_log_source *source, struct bt_text body, bool tagged,
    bool reply, struct bt_log_query *query)
{
	struct bt_text client = bt_text_word(&body);
	if (!bt_log_address(client, query->client))
		return tagged ? bt_log_bad(source, "the client is no address") : BT_LOG_OTHER;
	struct bt_text name = bt_text_word(&body), type = bt_text_word(&body);
	struct bt_text class = bt_text_word(&body);
	if (class.at == class.end)
		return bt_log_bad(source, "expected CLIENT NAME TYPE CLASS");
	query->qtype = bt_log_type(type);
	enum bt_log_said said = bt_log_name(source, name, query);
	reply = reply || body.at < body.end;
	return said == BT_LOG_QUERY && reply ? BT_LOG_REPLY : said;
}

enum bt_log_said bt_log_unbound(
    struct bt_log_source *source, const char *at, size_t size, struct bt_log_query *query)
{
	struct bt_text text = {at, at + size};
	if (!bt_log_stamp(source, &text, &query->time))
		return bt_log_bad(source, "does not begin with a time");
	enum bt_log_said said = bt_log_program(source, &text, "unbound");
	if (said != BT_LOG_QUERY)
		return said;
	if (text.at < text.end && *text.at == '[') /* syslog has the process a second time */
		bt_text_word(&text);
	/* With log-tag-queryreply, what a line is stands in the place of how important it is. */
	bool reply = bt_text_take(&text, "reply: ");
	bool tagged = reply || bt_text_take(&text, "query: ");
	if (!tagged && !bt_text_take(&text, "info: "))
		return BT_LOG_OTHER;
	return read_body(source, text, tagged, reply, query);
}
