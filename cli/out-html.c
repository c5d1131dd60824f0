/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * out-html.c -- a report as one page: no scripts, nothing from elsewhere
 *
 * Well-formed XML as well as HTML (the polyglot rules of W3C's "Polyglot Markup"), so that any
 * parser can check it.
 */

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "decided.h"
#include "html-chart.h"
#include "html-style.h"
#include "html-text.h"
#include "out.h"

enum { LONG_TEXT = 12 /* characters */ };

/* ---- cells ---- */

static void put_time(FILE *out, int64_t time, const struct bt_view *view)
{
	char shown[BT_TIME_TEXT], machine[BT_TIME_TEXT];
	bt_time_show(shown, time, &view->zone);
	shown[19] = '\0'; /* to the second */
	fprintf(out, "<time datetime=\"%s\">%s</time>", bt_time_rfc3339(machine, time), shown);
}

static bool is_number(const struct bt_cell *cell)
{
	return cell->kind == BT_CELL_COUNT || cell->kind == BT_CELL_RATIO;
}

/* Numbers to the right; times on one line; long texts not in a column of single words. */
static const char *class_of(const struct bt_cell *cell)
{
	if (cell->kind == BT_CELL_TEXT)
		return cell->known && strlen(cell->text) > LONG_TEXT ? " class=\"x\"" : "";
	return is_number(cell) ? " class=\"n\"" : " class=\"t\"";
}

static void put_cell(FILE *out, struct bt_cell cell, const struct bt_view *view)
{
	char text[BT_TIME_TEXT];
	fprintf(out, "<td%s>", class_of(&cell));
	if (!cell.known) {
		fputs("<span class=\"none\">-</span></td>", out);
		return;
	}
	switch (cell.kind) {
	case BT_CELL_TEXT:
		if (strcmp(cell.text, "active") == 0)
			fputs("<span class=\"active\">active</span>", out);
		else
			bt_html_text(out, cell.text);
		break;
	case BT_CELL_COUNT:
		fprintf(out, "%" PRIu64, cell.count);
		break;
	case BT_CELL_TIME:
		put_time(out, cell.time, view);
		break;
	case BT_CELL_DURATION:
		fputs(bt_duration_show(text, cell.time), out);
		break;
	case BT_CELL_RATIO:
		fprintf(out, "%.0f %%", cell.ratio * 100);
		break;
	}
	fputs("</td>", out);
}

static void put_name(FILE *out, const struct bt_view *view, const char *name)
{
	bt_html_name(out, name, view->live || !bt_by_is_name(view->options.by));
}

/* ---- what it comes to ---- */

/* Entries of the lists that the view is of; 0: not known. */
static uint64_t listed(const struct bt_view *view)
{
	uint64_t entries = 0;
	unsigned lists = view->policy == NULL ? 0 : bt_policy_lists(view->policy);
	for (unsigned i = 0; i < lists; i++) {
		struct bt_list_info list = bt_policy_list(view->policy, i);
		if (bt_policy_acts(view->policy, i) && bt_view_has_list(view, list.name))
			entries += list.entries;
	}
	return view->options.domain == NULL ? entries : 0;
}

static size_t count_rows(const struct bt_view *view, enum bt_report_status status)
{
	size_t count = 0;
	for (size_t i = 0; i < view->count; i++)
		count += view->rows[i].status == status;
	return count;
}

/* In hundredths of a percent, and never all of it if anything is missing. */
static uint64_t recorded(const struct bt_report_coverage *coverage)
{
	double all = (double)coverage->events + (double)coverage->lost;
	uint64_t share = all > 0 ? (uint64_t)((double)coverage->events * 10000 / all) : 10000;
	return share == 10000 && coverage->lost > 0 ? 9999 : share;
}

static void put_share(FILE *out, uint64_t share)
{
	if (share == 10000)
		fputs("100&#160;%", out);
	else
		fprintf(out, "%" PRIu64 ".%02" PRIu64 "&#160;%%", share / 100, share % 100);
}

static void put_count(FILE *out, uint64_t count, const char *one, const char *many)
{
	fprintf(out, "%" PRIu64 " %s", count, count == 1 ? one : many);
}

/* The sentence that says it all. */
static void put_lead(FILE *out, const struct bt_view *view)
{
	uint64_t endpoints = bt_report_endpoints(view->report), of = listed(view);
	size_t active = count_rows(view, BT_STATUS_ACTIVE);
	size_t hit = active + count_rows(view, BT_STATUS_QUIET);
	uint64_t share = recorded(&view->coverage);
	fputs("<p class=\"lead\">", out);
	if (hit == 0) {
		fputs("Nobody was seen asking for what is listed", out);
	} else if (view->options.by == BT_BY_INDICATOR) {
		put_count(out, endpoints, "endpoint", "endpoints");
		fprintf(out, " asked for %zu", hit);
		if (of >= hit)
			fprintf(out, " of %" PRIu64, of);
		fputs(of == 1 || (of < hit && hit == 1) ? " indicator; " : " indicators; ", out);
		fprintf(out, active == 0 ? "none is still active" : "%zu still active", active);
	} else {
		put_count(out, endpoints, "endpoint", "endpoints");
		fprintf(out, " asked for what is listed, in %zu rows by %s; %zu still active", hit,
		    bt_by_name(view->options.by), active);
	}
	if (view->coverage.logs > 0) {
		fputs("; looked for in ", out);
		put_count(out, view->coverage.queries, "query", "queries");
		fputs(" of other tools", out);
	} else {
		fputs("; coverage ", out);
		put_share(out, share);
	}
	fputs(".</p>\n", out);
}

static void put_about(FILE *out, const struct bt_view *view)
{
	int64_t from = bt_view_since(view), to = bt_view_until(view);
	const char *resolver;
	fputs("<p class=\"about\">", out);
	if (from == 0 && to == 0) {
		fputs("The log is empty.", out);
	} else {
		put_time(out, from, view);
		fputs(" to ", out);
		put_time(out, to, view);
		fputs(", times in ", out);
		bt_html_text(out, view->zone.name);
		fputs(", as of ", out);
		put_time(out, view->options.now, view);
		fputs(".", out);
	}
	for (size_t i = 0; (resolver = bt_report_resolver(view->report, i)) != NULL; i++) {
		fputs(i == 0 ? " Seen by " : ", ", out);
		bt_html_text(out, resolver);
	}
	fputs(bt_report_resolver(view->report, 0) == NULL ? "</p>\n" : ".</p>\n", out);
}

static void put_log_figures(FILE *out, const struct bt_report_coverage *coverage)
{
	fprintf(out,
	    "<div><dt>Queries</dt><dd>%" PRIu64 "</dd></div>"
	    "<div%s><dt>Lines not read</dt><dd>%" PRIu64 "</dd></div>",
	    coverage->queries, coverage->unread > 0 ? " class=\"bad\"" : "", coverage->unread);
}

static void put_figures(FILE *out, const struct bt_view *view)
{
	uint64_t hits = 0, share = recorded(&view->coverage);
	for (size_t i = 0; i < view->count; i++)
		hits = view->options.by == BT_BY_INDICATOR ? hits + view->rows[i].hits : 0;
	fprintf(out, "<dl class=\"figures\"><div><dt>Endpoints</dt><dd>%" PRIu64 "</dd></div>",
	    bt_report_endpoints(view->report));
	if (view->options.by == BT_BY_INDICATOR)
		fprintf(out,
		    "<div><dt>Indicators hit</dt><dd>%zu</dd></div>"
		    "<div><dt>Still active</dt><dd>%zu</dd></div>"
		    "<div><dt>Hits</dt><dd>%" PRIu64 "</dd></div>",
		    view->count - count_rows(view, BT_STATUS_NEVER),
		    count_rows(view, BT_STATUS_ACTIVE), hits);
	if (view->coverage.logs > 0) {
		put_log_figures(out, &view->coverage);
	} else {
		fprintf(out, "<div%s><dt>Hits lost</dt><dd>%" PRIu64 "</dd></div>",
		    view->coverage.lost > 0 ? " class=\"bad\"" : "", view->coverage.lost);
		fputs("<div><dt>Hits recorded</dt><dd>", out);
		put_share(out, share);
		fputs("</dd></div>", out);
	}
	fputs("</dl>\n", out);
}

/* ---- rows ---- */

struct columns {
	const struct bt_column *list[BT_COLUMNS_MAX];
	size_t count;
};

static const char *heading(const struct bt_column *column)
{
	static const char *const words[][2] = {
	    {"endpointCount", "Endpoints"},
	    {"hits", "Hits"},
	    {"firstSeen", "First seen"},
	    {"lastSeen", "Last seen"},
	    {"status", "Status"},
	    {"newEndpoints", "New endpoints"},
	    {"daysActive", "Days active"},
	    {"medianInterval", "Interval"},
	    {"jitter", "Jitter"},
	    {"indicators", "Indicators"},
	    {"addresses", "Addresses"},
	    {"forwarders", "Forwarders"},
	    {"action", "Action"},
	    {"lists", "Lists"},
	    {"campaign", "Campaign"},
	    {"family", "Family"},
	    {"actor", "Actor"},
	    {"watchedSince", "Watched since"},
	};
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (strcmp(words[i][0], column->name) == 0)
			return words[i][1];
	return column->name;
}

static void put_head(FILE *out, const struct columns *columns, const char *first, bool endpoints)
{
	static const struct bt_report_row none = {.name = "",
	    .wide = {.lists = "", .campaign = "", .family = "", .actor = "", .actions = ""}};
	fprintf(out, "<thead><tr><th scope=\"col\">%s</th>", first);
	for (size_t i = 0; i < columns->count; i++) {
		struct bt_cell cell = columns->list[i]->of_row(&none);
		if (!endpoints || columns->list[i]->of_endpoint != NULL)
			fprintf(out, "<th scope=\"col\"%s>%s</th>",
			    is_number(&cell) ? " class=\"n\"" : "", heading(columns->list[i]));
	}
	fputs("</tr></thead>\n", out);
}

static void put_row(FILE *out, const struct bt_view *view, const struct columns *columns,
    const struct bt_report_row *row)
{
	fputs("<tr><th scope=\"row\">", out);
	put_name(out, view, row->name);
	if (row->hits == 0) {
		fputs("<br/><span class=\"note\">none since ", out);
		if (row->wide.watched_since != 0)
			put_time(out, row->wide.watched_since, view);
		else
			fputs("an unknown time", out);
		fputs("</span>", out);
	}
	fputs("</th>", out);
	for (size_t i = 0; i < columns->count; i++)
		put_cell(out, columns->list[i]->of_row(row), view);
	fputs("</tr>\n", out);
}

static const char *first_heading(enum bt_report_by by)
{
	static const char *const names[BT_BYS] = {
	    [BT_BY_INDICATOR] = "Indicator",
	    [BT_BY_LIST] = "List",
	    [BT_BY_CAMPAIGN] = "Campaign",
	    [BT_BY_FAMILY] = "Family",
	    [BT_BY_CLIENT] = "Client",
	    [BT_BY_QNAME] = "Queried name",
	    [BT_BY_DAY] = "Day (UTC)",
	};
	return names[by];
}

static void put_rows(FILE *out, const struct bt_view *view, const struct columns *columns)
{
	fprintf(out,
	    "<section aria-labelledby=\"rows\"><h2 id=\"rows\">By %s</h2><div class=\"wide\">"
	    "<table><caption>%zu rows; an endpoint is %s</caption>\n",
	    bt_by_name(view->options.by), view->count,
	    view->options.identify != NULL ? "a device, or an address that is of none"
	    : view->options.fold           ? "a client address, of IPv6 its first 64 bits"
					   : "a client address");
	put_head(out, columns, first_heading(view->options.by), false);
	fputs("<tbody>\n", out);
	for (size_t i = 0; i < view->count; i++)
		put_row(out, view, columns, &view->rows[i]);
	if (view->count == 0)
		fprintf(out, "<tr><td colspan=\"%zu\">no hits</td></tr>", columns->count + 1);
	fputs("</tbody></table></div></section>\n", out);
}

static void put_endpoints_of(FILE *out, const struct bt_view *view, const struct columns *columns,
    const struct bt_report_row *row)
{
	fputs("<details><summary>", out);
	put_name(out, view, row->name);
	fputs(" <span>", out);
	put_count(out, row->endpoints, "endpoint", "endpoints");
	fputs("</span></summary>\n<table>", out);
	put_head(out, columns, "Endpoint", true);
	fputs("<tbody>\n", out);
	for (uint64_t i = 0; i < row->endpoints; i++) {
		fputs("<tr><th scope=\"row\">", out);
		bt_html_text(out, row->who[i].name);
		fputs("</th>", out);
		for (size_t j = 0; j < columns->count; j++)
			if (columns->list[j]->of_endpoint != NULL)
				put_cell(out, columns->list[j]->of_endpoint(&row->who[i]), view);
		fputs("</tr>\n", out);
	}
	fputs("</tbody></table></details>\n", out);
}

static void put_endpoints(FILE *out, const struct bt_view *view, const struct columns *columns)
{
	fputs("<section aria-labelledby=\"endpoints\"><h2 id=\"endpoints\">Who asked</h2>\n", out);
	for (size_t i = 0; i < view->count; i++)
		if (view->rows[i].endpoints > 0)
			put_endpoints_of(out, view, columns, &view->rows[i]);
	fputs("</section>\n", out);
}

/* ---- how far to trust it ---- */

static void put_length(FILE *out, const char *what, int64_t length)
{
	char text[BT_TIME_TEXT];
	fprintf(out, "<dt>%s</dt><dd%s>%s</dd>\n", what, length > 0 ? " class=\"bad\"" : "",
	    bt_duration_show(text, length));
}

static void put_problems(FILE *out, const struct bt_view *view)
{
	const char *problem;
	for (size_t i = 0; (problem = bt_report_problem(view->report, i)) != NULL; i++) {
		fputs("<dt>Problem</dt><dd class=\"bad\">", out);
		bt_html_text(out, problem);
		fputs("</dd>\n", out);
	}
}

/* Behind a total, by list: those lost, or else those only counted. */
static void put_by_list(FILE *out, const struct bt_report *report, bool lost)
{
	struct bt_report_counted list;
	const char *before = ": ";
	for (size_t i = 0; (list = bt_report_counted(report, i)).list != NULL; i++) {
		uint64_t hits = lost ? list.lost : list.counted;
		if (hits == 0)
			continue;
		fputs(before, out);
		bt_html_text(out, list.list);
		fprintf(out, "&#160;%" PRIu64, hits);
		before = ", ";
	}
}

static void put_recording(FILE *out, const struct bt_view *view)
{
	const struct bt_report_coverage *coverage = &view->coverage;
	fprintf(out, "<dt>Hits recorded</dt><dd>%" PRIu64 "</dd>\n", coverage->events);
	if (coverage->counted > 0) {
		fprintf(out, "<dt>Hits only counted</dt><dd>%" PRIu64, coverage->counted);
		put_by_list(out, view->report, false);
		fputs("</dd>\n", out);
	}
	fprintf(out, "<dt>Hits lost</dt><dd%s>%" PRIu64, coverage->lost > 0 ? " class=\"bad\"" : "",
	    coverage->lost);
	if (bt_view_tells_lost(view))
		put_by_list(out, view->report, true);
	fputs("</dd>\n", out);
	if (coverage->misdated > 0)
		fprintf(out,
		    "<dt>Clock was wrong</dt><dd class=\"bad\">%" PRIu64
		    " events are dated before their lists were made</dd>\n",
		    coverage->misdated);
	if (coverage->subnets)
		fputs("<dt>Clients</dt><dd>are recorded as their networks: of IPv4 24 bits, of "
		      "IPv6 56</dd>\n",
		    out);
	put_length(out, "Not running", coverage->down);
	put_length(out, "Without lists", coverage->unprotected);
	put_length(out, "Paused", coverage->paused);
	fprintf(out,
	    "<dt>Log</dt><dd>%u segments and %u roll-ups of %u resolvers, %" PRIu64
	    " damaged blocks, %" PRIu64 " duplicates left out</dd>\n",
	    coverage->segments, coverage->rollups, coverage->resolvers, coverage->damaged,
	    coverage->duplicates);
}

/* What other tools' logs lack, nobody knows. */
static void put_logs(FILE *out, const struct bt_report_coverage *coverage)
{
	fprintf(out,
	    "<dt>Logs of other tools</dt><dd>%u; what they lack is not known</dd>\n"
	    "<dt>Queries</dt><dd>%" PRIu64 "</dd>\n"
	    "<dt>Hits</dt><dd>%" PRIu64 "</dd>\n"
	    "<dt>Lines not read</dt><dd%s>%" PRIu64 "</dd>\n",
	    coverage->logs, coverage->queries, coverage->events,
	    coverage->unread > 0 ? " class=\"bad\"" : "", coverage->unread);
}

static void put_coverage(FILE *out, const struct bt_view *view)
{
	const struct bt_report_coverage *coverage = &view->coverage;
	fputs("<section aria-labelledby=\"coverage\"><h2 id=\"coverage\">Coverage</h2>"
	      "<dl class=\"facts\">\n",
	    out);
	if (coverage->logs > 0)
		put_logs(out, coverage);
	else
		put_recording(out, view);
	if (view->policy != NULL)
		fprintf(out, "<dt>Answer TTL</dt><dd>%" PRIu32 " s</dd>\n",
		    bt_policy_sinkhole(view->policy)->ttl);
	put_problems(out, view);
	fputs("</dl></section>\n", out);
}

static void put_lists(FILE *out, const struct bt_view *view)
{
	struct bt_report_list list;
	fputs(
	    "<section aria-labelledby=\"lists\"><h2 id=\"lists\">Lists</h2><div class=\"wide\">"
	    "<table><thead><tr><th scope=\"col\">List</th><th scope=\"col\">Action</th>"
	    "<th scope=\"col\" class=\"n\">Entries</th><th scope=\"col\">Changed</th></tr></thead>"
	    "<tbody>\n",
	    out);
	for (size_t i = 0; (list = bt_report_list(view->report, i)).name != NULL; i++) {
		fputs("<tr><th scope=\"row\">", out);
		bt_html_text(out, list.name);
		fprintf(out, "</th><td>%s</td><td class=\"n\">%" PRIu64 "</td><td class=\"t\">",
		    list.action, list.entries);
		if (list.modified != 0)
			put_time(out, list.modified * 1000, view);
		fputs("</td></tr>\n", out);
	}
	fputs("</tbody></table></div></section>\n", out);
}

static void put_decisions(FILE *out, const struct bt_view *view)
{
	const struct bt_decision *decision;
	unsigned at = 0, shown = 0;
	int set = 0;
	while ((decision = bt_view_decision(view, &set, &at)) != NULL) {
		char *line = NULL;
		size_t size;
		FILE *memory = open_memstream(&line, &size);
		if (memory == NULL)
			break;
		bt_put_decision(memory, decision);
		fclose(memory);
		if (shown++ == 0)
			fputs("<section aria-labelledby=\"decided\"><h2 id=\"decided\">"
			      "Decided here</h2><ul>\n",
			    out);
		line[strcspn(line, "\n")] = '\0';
		fputs("<li>", out);
		bt_html_text(out, line);
		fputs("</li>\n", out);
		free(line);
	}
	if (shown > 0)
		fputs("</ul></section>\n", out);
}

static void put_context_of(FILE *out, const struct bt_view *view, const struct bt_list_info *list)
{
	unsigned pairs = bt_policy_meta_size(view->policy, list->meta);
	if (pairs == 0 || !bt_view_has_list(view, list->name))
		return;
	fputs("<section><h2>What the list ", out);
	bt_html_text(out, list->name);
	fputs(" says</h2><dl class=\"facts\">\n", out);
	for (unsigned i = 0; i < pairs; i++) {
		struct bt_pair pair = bt_policy_pair(view->policy, list->meta, i);
		fputs("<dt>", out);
		bt_html_text(out, pair.key);
		fputs("</dt><dd>", out);
		bt_html_text(out, pair.value);
		fputs("</dd>\n", out);
	}
	fputs("</dl></section>\n", out);
}

static void put_context(FILE *out, const struct bt_view *view)
{
	unsigned lists = view->context && view->policy != NULL ? bt_policy_lists(view->policy) : 0;
	for (unsigned i = 0; i < lists; i++) {
		struct bt_list_info list = bt_policy_list(view->policy, i);
		put_context_of(out, view, &list);
	}
}

/* ---- the page ---- */

bool bt_out_html(FILE *out, const struct bt_view *view)
{
	struct columns columns;
	columns.count = bt_columns_of(&view->options, columns.list);
	fprintf(out,
	    "<!DOCTYPE html>\n"
	    "<html lang=\"en\" xmlns=\"http://www.w3.org/1999/xhtml\">\n<head>"
	    "<meta charset=\"utf-8\"/>"
	    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
	    "style-src 'unsafe-inline'\"/>"
	    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>"
	    "<meta name=\"referrer\" content=\"no-referrer\"/>"
	    "<title>Blocked beacons</title>\n<style>\n%s</style></head>\n<body>\n"
	    "<header><h1>Blocked beacons</h1>\n",
	    bt_html_style);
	put_lead(out, view);
	put_about(out, view);
	put_figures(out, view);
	fputs("</header>\n<main>\n", out);
	bt_chart_hits(out, view);
	if (view->options.by != BT_BY_CLIENT)
		bt_chart_endpoints(out, view);
	put_rows(out, view, &columns);
	if (view->endpoints)
		put_endpoints(out, view, &columns);
	put_coverage(out, view);
	put_lists(out, view);
	put_decisions(out, view);
	put_context(out, view);
	fputs("</main>\n<footer>Made by beacontrap " BT_VERSION
	      ". Names are written so that nothing follows them by accident.</footer>\n"
	      "</body></html>\n",
	    out);
	return true;
}
