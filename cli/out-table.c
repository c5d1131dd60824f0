/* SPDX-License-Identifier: BSD-3-Clause */
/* out-table.c -- a report for people */

#include <inttypes.h>
#include <string.h>

#include "cli.h"
#include "escape.h"
#include "out.h"

enum {
	TIME_WIDTH = 23,  /* "2026-11-23 10:00:00.000" */
	COUNT_WIDTH = 13, /* "endpointCount" */
	INDENT = 4,
};

/* How the columns lie. */
struct layout {
	const struct bt_view *view;
	int name, hits; /* widths */
	bool folded;    /* too wide for the terminal: a name has a line of its own */
};

static int wider(int width, size_t other)
{
	return (int)other > width ? (int)other : width;
}

static int digits(uint64_t number)
{
	return snprintf(NULL, 0, "%" PRIu64, number);
}

/* Names are never cut: on a terminal that is too narrow, they go on a line of their own. */
static struct layout lay_out(FILE *out, const struct bt_view *view)
{
	struct layout layout = {
	    .view = view, .name = (int)strlen("DomainName"), .hits = (int)strlen("hits")};
	char client[INET6_ADDRSTRLEN];

	for (size_t i = 0; i < view->count; i++) {
		const struct bt_report_row *row = &view->rows[i];
		layout.name = wider(layout.name, strlen(row->domain));
		layout.hits = wider(layout.hits, (size_t)digits(row->hits));
		for (uint64_t j = 0; view->endpoints && j < row->endpoints; j++)
			layout.name = wider(layout.name,
			    INDENT + strlen(bt_client_show(client, row->who[j].client)));
	}
	unsigned columns = bt_columns(out);
	int width = layout.name + 2 + COUNT_WIDTH + 2 + layout.hits + 2 * (2 + TIME_WIDTH);
	layout.folded = columns > 0 && width > (int)columns;
	if (layout.folded)
		layout.name = INDENT;
	return layout;
}

/* One line of five cells; the first is `indent` in. */
static void put_line(FILE *out, const struct layout *layout, int indent, const char *name,
    const char *endpoints, const char *hits, const char *first, const char *last)
{
	int room = layout->name;
	fprintf(out, "%*s%s", indent, "", name);
	if (layout->folded)
		fputc('\n', out);
	else
		room -= indent + (int)strlen(name);
	fprintf(out, "%*s  %*s  %*s  %-*s  %s\n", room, "", COUNT_WIDTH, endpoints, layout->hits,
	    hits, TIME_WIDTH, first, last);
}

static void put_figures(FILE *out, const struct layout *layout, int indent, const char *name,
    const char *endpoints, uint64_t hits, int64_t first, int64_t last)
{
	const struct bt_zone *zone = &layout->view->zone;
	char hits_text[24], from[BT_TIME_TEXT] = "-", to[BT_TIME_TEXT] = "-";

	snprintf(hits_text, sizeof(hits_text), "%" PRIu64, hits);
	if (hits > 0) {
		bt_time_show(from, first, zone);
		bt_time_show(to, last, zone);
	}
	put_line(out, layout, indent, name, endpoints, hits_text, from, to);
}

static void put_row(FILE *out, const struct layout *layout, const struct bt_report_row *row)
{
	char endpoints[24], client[INET6_ADDRSTRLEN];

	snprintf(endpoints, sizeof(endpoints), "%" PRIu64, row->endpoints);
	put_figures(
	    out, layout, 0, row->domain, endpoints, row->hits, row->first_seen, row->last_seen);
	for (uint64_t i = 0; layout->view->endpoints && i < row->endpoints; i++) {
		const struct bt_report_endpoint *who = &row->who[i];
		put_figures(out, layout, INDENT, bt_client_show(client, who->client), "", who->hits,
		    who->first_seen, who->last_seen);
	}
}

/* ---- what surrounds the rows ---- */

static void put_context(FILE *out, const struct bt_view *view)
{
	for (unsigned i = 0; i < bt_policy_lists(view->policy); i++) {
		struct bt_list_info list = bt_policy_list(view->policy, i);
		unsigned pairs = bt_policy_meta_size(view->policy, list.meta);
		if (pairs == 0 || !bt_view_has_list(view, list.name))
			continue;
		fputs("\nList ", out);
		bt_put_escaped(out, list.name);
		fputs(":\n", out);
		for (unsigned j = 0; j < pairs; j++) {
			struct bt_pair pair = bt_policy_pair(view->policy, list.meta, j);
			fputs("    ", out);
			bt_put_escaped(out, pair.key);
			fputs(": ", out);
			bt_put_escaped(out, pair.value);
			fputc('\n', out);
		}
	}
}

/* Each thing on a line, the first behind its label. */
static void put_label(FILE *out, const char *label, size_t i)
{
	fprintf(out, "%-12s", i == 0 ? label : "");
}

static void put_period(FILE *out, const struct bt_view *view)
{
	char since[BT_TIME_TEXT], until[BT_TIME_TEXT];
	int64_t from = bt_view_since(view), to = bt_view_until(view);

	put_label(out, "Period", 0);
	if (from == 0 && to == 0)
		fputs("none: the log is empty\n", out);
	else
		fprintf(out, "%s to %s, times in %s\n",
		    from != 0 ? bt_time_show(since, from, &view->zone) : "-",
		    to != 0 ? bt_time_show(until, to, &view->zone) : "-", view->zone.name);
}

static void put_resolvers(FILE *out, const struct bt_view *view)
{
	const char *resolver;
	put_label(out, "Resolvers", 0);
	for (size_t i = 0; (resolver = bt_report_resolver(view->report, i)) != NULL; i++) {
		fputs(i > 0 ? ", " : "", out);
		bt_put_escaped(out, resolver);
	}
	fputs(bt_report_resolver(view->report, 0) == NULL ? "none\n" : "\n", out);
}

static void put_lists(FILE *out, const struct bt_view *view)
{
	struct bt_report_list list;
	char time[BT_TIME_TEXT];
	size_t i;

	for (i = 0; (list = bt_report_list(view->report, i)).name != NULL; i++) {
		put_label(out, "Lists", i);
		bt_put_escaped(out, list.name);
		fprintf(out, ": %s, %" PRIu64 " entries", list.action, list.entries);
		if (list.modified != 0)
			fprintf(out, ", changed %s",
			    bt_time_show(time, list.modified * 1000, &view->zone));
		fputc('\n', out);
	}
	if (i == 0)
		fprintf(out, "%-12snone\n", "Lists");
}

static void put_coverage(FILE *out, const struct bt_report_coverage *coverage)
{
	char down[BT_TIME_TEXT], unprotected[BT_TIME_TEXT], paused[BT_TIME_TEXT];
	put_label(out, "Coverage", 0);
	fprintf(out,
	    "%" PRIu64 " events, %" PRIu64 " lost, %" PRIu64 " duplicates, %" PRIu64
	    " damaged blocks; not running %s, unprotected %s",
	    coverage->events, coverage->lost, coverage->duplicates, coverage->damaged,
	    bt_duration_show(down, coverage->down),
	    bt_duration_show(unprotected, coverage->unprotected));
	if (coverage->paused > 0)
		fprintf(out, ", paused %s", bt_duration_show(paused, coverage->paused));
	putc('\n', out);
}

void bt_out_footer(FILE *out, const struct bt_view *view)
{
	if (view->context && view->policy != NULL)
		put_context(out, view);
	fputc('\n', out);
	put_period(out, view);
	put_resolvers(out, view);
	put_lists(out, view);
	put_coverage(out, &view->coverage);
	if (view->policy != NULL) {
		put_label(out, "Answer TTL", 0);
		fprintf(out, "%" PRIu32 " s\n", bt_policy_sinkhole(view->policy)->ttl);
	}
}

bool bt_out_table(FILE *out, const struct bt_view *view)
{
	struct layout layout = lay_out(out, view);
	bool bold = bt_colour(out);

	fprintf(out, "Times in %s\n\n%s", view->zone.name, bold ? "\033[1m" : "");
	put_line(out, &layout, 0, "DomainName", "endpointCount", "hits", "firstSeen", "lastSeen");
	fputs(bold ? "\033[0m" : "", out);
	for (size_t i = 0; i < view->count; i++)
		put_row(out, &layout, &view->rows[i]);
	if (view->count == 0)
		fputs("no hits\n", out);
	bt_out_footer(out, view);
	return true;
}
