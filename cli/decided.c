/* SPDX-License-Identifier: BSD-3-Clause */
/* decided.c -- what was decided here, shown */

#include "decided.h"
#include "escape.h"
#include "json.h"
#include "timestamp.h"

/* "" if it is not known, or never. */
static const char *show_time(char text[static BT_TIME_TEXT], int64_t seconds)
{
	text[0] = '\0';
	return seconds == 0 ? text : bt_time_rfc3339(text, seconds * 1000);
}

/* "-" for all names. */
static const char *show_name(char text[static BT_TEXT_MAX + 1], const struct bt_decision *decision)
{
	text[0] = '-';
	text[1] = '\0';
	if (decision->kind != BT_DECIDED_PAUSE)
		bt_key_to_text(text, decision->key.bytes, decision->key.len);
	return text;
}

void bt_put_decision(FILE *out, const struct bt_decision *decision)
{
	char name[BT_TEXT_MAX + 1], client[BT_NETWORK_TEXT], time[BT_TIME_TEXT];
	bt_network_write(client, &decision->client);
	fprintf(out, "%s  %s", bt_decided_name(decision->kind), show_name(name, decision));
	if (decision->client.bits > 0)
		fprintf(out, "  for %s", client);
	if (decision->until != 0)
		fprintf(out, "  until %s", show_time(time, decision->until));
	if (decision->at != 0)
		fprintf(out, "  since %s", show_time(time, decision->at));
	if (decision->author[0] != '\0') {
		fputs("  by ", out);
		bt_put_escaped(out, decision->author);
	}
	if (decision->reason[0] != '\0') {
		fputs("  ", out);
		bt_put_escaped(out, decision->reason);
	}
	fputc('\n', out);
}

json_t *bt_decision_json(const struct bt_decision *decision)
{
	char name[BT_TEXT_MAX + 1], client[BT_NETWORK_TEXT] = "", at[BT_TIME_TEXT],
				    until[BT_TIME_TEXT];
	if (decision->client.bits > 0)
		bt_network_write(client, &decision->client);
	return json_pack("{ss so ss ss ss so so}", "action", bt_decided_name(decision->kind),
	    "name", bt_json_text(show_name(name, decision)), "client", client, "at",
	    show_time(at, decision->at), "until", show_time(until, decision->until), "author",
	    bt_json_text(decision->author), "reason", bt_json_text(decision->reason));
}
