/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * log-dnsmasq.c -- query logs: dnsmasq's, and Pi-hole's, with log-queries or log-queries=extra
 *
 *     Nov 26 10:00:00 dnsmasq[123]: query[A] www.example.com from 10.0.0.1
 *     Nov 26 10:00:00 dnsmasq[123]: 42 10.0.0.1/53210 query[A] www.example.com from 10.0.0.1
 */

#include "log-format.h"

/* The serial number and the client of log-queries=extra, if they are there. */
static void skip_extra(struct bt_text *text)
{
	struct bt_text ahead = *text;
	uint64_t number;
	if (!bt_log_number(bt_text_word(&ahead), UINT32_MAX, &number))
		return;
	struct bt_text client = bt_text_word(&ahead);
	if (memchr(client.at, '/', bt_text_size(&client)) != NULL)
		*text = ahead;
}

/* Takes "NAME from ": the last of them, since dnsmasq writes spaces in a name as they are. */
static bool take_name(struct bt_text *text, struct bt_text *name)
{
	static const char from[] = " from ";
	size_t size = sizeof(from) - 1;
	for (const char *at = text->end; bt_text_size(&(struct bt_text){text->at, at}) >= size;
	     at--)
		if (memcmp(at - size, from, size) == 0) {
			*name = (struct bt_text){text->at, at - size};
			text->at = at;
			return true;
		}
	return false;
}

enum bt_log_said bt_log_dnsmasq(
    struct bt_log_source *source, const char *at, size_t size, struct bt_log_query *query)
{
	struct bt_text text = {at, at + size}, name;
	if (!bt_log_stamp(source, &text, &query->time))
		return bt_log_bad(source, "does not begin with a time");
	enum bt_log_said said = bt_log_program(source, &text, "dnsmasq");
	if (said != BT_LOG_QUERY)
		return said;
	skip_extra(&text);
	if (!bt_text_take(&text, "query["))
		return BT_LOG_OTHER;
	struct bt_text type = bt_text_until(&text, ']');
	if (!bt_text_take(&text, " ") || !take_name(&text, &name))
		return bt_log_bad(source, "expected query[TYPE] NAME from CLIENT");
	if (!bt_log_address(text, query->client))
		return bt_log_bad(source, "the client is no address");
	if (bt_text_is(name, "<name unprintable>"))
		return bt_log_bad(
		    source, "dnsmasq did not write the name, for it is not printable");
	query->qtype = bt_log_type(type);
	return bt_log_raw_name(source, name, query);
}
