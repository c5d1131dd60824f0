/* SPDX-License-Identifier: BSD-3-Clause */
/* out-csv.c -- a report for spreadsheets: RFC 4180, lines end in CR LF, times in UTC */

#include <inttypes.h>
#include <string.h>

#include "out.h"

/*
 * A cell that begins with one of these is run as a formula, and names come from the network: an
 * apostrophe in front makes it text.
 */
static bool would_run(const char *text)
{
	return text[0] != '\0' && strchr("=+-@\t\r", text[0]) != NULL;
}

static void put_cell(FILE *out, const char *text)
{
	bool quoted = strpbrk(text, "\",\r\n") != NULL;
	if (quoted)
		fputc('"', out);
	if (would_run(text))
		fputc('\'', out);
	for (; *text != '\0'; text++) {
		if (*text == '"')
			fputc('"', out);
		fputc(*text, out);
	}
	if (quoted)
		fputc('"', out);
}

static void put_figures(FILE *out, uint64_t hits, int64_t first, int64_t last)
{
	char from[BT_TIME_TEXT] = "", to[BT_TIME_TEXT] = "";
	if (hits > 0) {
		bt_time_rfc3339(from, first);
		bt_time_rfc3339(to, last);
	}
	fprintf(out, ",%" PRIu64 ",%s,%s\r\n", hits, from, to);
}

static void put_endpoints(FILE *out, const struct bt_report_row *row)
{
	char client[INET6_ADDRSTRLEN];
	for (uint64_t i = 0; i < row->endpoints; i++) {
		const struct bt_report_endpoint *who = &row->who[i];
		put_cell(out, row->domain);
		fprintf(out, ",%s", bt_client_show(client, who->client));
		put_figures(out, who->hits, who->first_seen, who->last_seen);
	}
}

bool bt_out_csv(FILE *out, const struct bt_view *view)
{
	fprintf(out, "DomainName,%s,hits,firstSeen,lastSeen\r\n",
	    view->endpoints ? "endpoint" : "endpointCount");
	for (size_t i = 0; i < view->count; i++) {
		const struct bt_report_row *row = &view->rows[i];
		if (view->endpoints) {
			put_endpoints(out, row);
			continue;
		}
		put_cell(out, row->domain);
		fprintf(out, ",%" PRIu64, row->endpoints);
		put_figures(out, row->hits, row->first_seen, row->last_seen);
	}
	bt_out_footer(stderr, view);
	return true;
}
