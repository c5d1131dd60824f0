/* SPDX-License-Identifier: BSD-3-Clause */
/* out-table.c -- a report for people */

#include <inttypes.h>
#include <string.h>

#include "cli.h"
#include "decided.h"
#include "escape.h"
#include "out.h"

enum {
	INDENT = 4, /* of endpoints, and of what does not fit into one line */
	GAP = 2,    /* between columns */
	CELL_TEXT = 64,
};

/* How the columns lie. */
struct layout {
	const struct bt_view *view;
	const struct bt_column *columns[BT_COLUMNS_MAX];
	size_t count;
	int name, widths[BT_COLUMNS_MAX];
	bool folded; /* too wide for the terminal: a name has a line of its own */
};

/* ---- cells ---- */

static const char *interval_show(char text[static CELL_TEXT], int64_t milliseconds)
{
	char duration[BT_TIME_TEXT];
	snprintf(text, CELL_TEXT, "%s", bt_duration_show(duration, milliseconds));
	return text;
}

/* What a cell looks like; texts are only escaped when they are written. */
static const char *show(
    char text[static CELL_TEXT], struct bt_cell cell, const struct bt_zone *zone)
{
	if (!cell.known)
		return "-";
	switch (cell.kind) {
	case BT_CELL_TEXT:
		return cell.text;
	case BT_CELL_COUNT:
		snprintf(text, CELL_TEXT, "%" PRIu64, cell.count);
		return text;
	case BT_CELL_TIME:
		return bt_time_show(text, cell.time, zone);
	case BT_CELL_DURATION:
		return interval_show(text, cell.time);
	default:
		snprintf(text, CELL_TEXT, "%.0f %%", cell.ratio * 100);
		return text;
	}
}

static bool is_number(const struct bt_column *column)
{
	static const struct bt_report_row none = {.name = "",
	    .wide = {.lists = "", .campaign = "", .family = "", .actor = "", .actions = ""}};
	enum bt_cell_kind kind = column->of_row(&none).kind;
	return kind == BT_CELL_COUNT || kind == BT_CELL_RATIO;
}

/* ---- layout ---- */

static int wider(int width, size_t other)
{
	return (int)other > width ? (int)other : width;
}

static void measure_row(struct layout *layout, const struct bt_report_row *row)
{
	const struct bt_view *view = layout->view;
	char text[CELL_TEXT];
	layout->name = wider(layout->name, strlen(row->name));
	for (size_t i = 0; i < layout->count; i++)
		layout->widths[i] = wider(layout->widths[i],
		    strlen(show(text, layout->columns[i]->of_row(row), &view->zone)));
	for (uint64_t j = 0; view->endpoints && j < row->endpoints; j++)
		layout->name = wider(layout->name, INDENT + strlen(row->who[j].name));
}

/* Names are never cut: on a terminal that is too narrow, they go on a line of their own. */
static struct layout lay_out(FILE *out, const struct bt_view *view)
{
	struct layout layout = {.view = view};
	layout.count = bt_columns_of(&view->options, layout.columns);
	layout.name = (int)strlen(bt_by_column(view->options.by));
	for (size_t i = 0; i < layout.count; i++)
		layout.widths[i] = (int)strlen(layout.columns[i]->name);
	for (size_t i = 0; i < view->count; i++)
		measure_row(&layout, &view->rows[i]);
	int width = layout.name;
	for (size_t i = 0; i < layout.count; i++)
		width += GAP + layout.widths[i];
	unsigned columns = bt_columns(out);
	layout.folded = columns > 0 && width > (int)columns;
	if (layout.folded)
		layout.name = INDENT;
	return layout;
}

/* ---- lines ---- */

/* The first cell is `indent` in. */
static void put_name(FILE *out, const struct layout *layout, int indent, const char *name)
{
	int room = layout->name;
	fprintf(out, "%*s", indent, "");
	bt_put_escaped(out, name);
	if (layout->folded)
		fputc('\n', out);
	else
		room -= indent + (int)strlen(name);
	fprintf(out, "%*s", room > 0 ? room : 0, "");
}

/* The last cell of a line has nothing behind it. */
static void put_cell(FILE *out, const struct layout *layout, size_t number, const char *text)
{
	int room = layout->widths[number] - (int)strlen(text);
	bool right = is_number(layout->columns[number]), last = number + 1 == layout->count;
	fprintf(out, "%*s", GAP + (right && room > 0 ? room : 0), "");
	bt_put_escaped(out, text);
	if (!right && !last && room > 0)
		fprintf(out, "%*s", room, "");
}

static void put_header(FILE *out, const struct layout *layout)
{
	put_name(out, layout, 0, bt_by_column(layout->view->options.by));
	for (size_t i = 0; i < layout->count; i++)
		put_cell(out, layout, i, layout->columns[i]->name);
	fputc('\n', out);
}

static void put_endpoint(
    FILE *out, const struct layout *layout, const struct bt_report_endpoint *who)
{
	char text[CELL_TEXT];
	size_t end = layout->count;
	while (end > 0 && layout->columns[end - 1]->of_endpoint == NULL)
		end--;
	put_name(out, layout, INDENT, who->name);
	for (size_t i = 0; i < end; i++) {
		const struct bt_column *column = layout->columns[i];
		put_cell(out, layout, i,
		    column->of_endpoint == NULL
			? ""
			: show(text, column->of_endpoint(who), &layout->view->zone));
	}
	fputc('\n', out);
}

/* "Not seen" is a statement about a time: never just "clean". */
static void put_nothing(FILE *out, const struct layout *layout, const struct bt_report_row *row)
{
	char time[BT_TIME_TEXT];
	if (row->wide.watched_since == 0)
		fputs("  none seen; since when it is watched for is not known", out);
	else
		fprintf(out, "  none since %s",
		    bt_time_show(time, row->wide.watched_since, &layout->view->zone));
}

static void put_row(FILE *out, const struct layout *layout, const struct bt_report_row *row)
{
	char text[CELL_TEXT];
	put_name(out, layout, 0, row->name);
	for (size_t i = 0; i < layout->count; i++) {
		struct bt_cell cell = layout->columns[i]->of_row(row);
		if (row->hits == 0 && cell.kind == BT_CELL_TIME && !layout->view->options.wide)
			break;
		put_cell(out, layout, i, show(text, cell, &layout->view->zone));
	}
	if (row->hits == 0 && !layout->view->options.wide)
		put_nothing(out, layout, row);
	fputc('\n', out);
	for (uint64_t i = 0; layout->view->endpoints && i < row->endpoints; i++)
		put_endpoint(out, layout, &row->who[i]);
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

/* What was counted: a number of endpoints says nothing without that. */
static void put_endpoint_kind(FILE *out, const struct bt_view *view)
{
	const struct bt_report_options *options = &view->options;
	uint64_t forwarders = bt_report_forwarders(view->report);
	bool folds = options->identify != NULL || options->fold;
	if (!folds && forwarders == 0 && !view->coverage.subnets)
		return;
	put_label(out, "Endpoints", 0);
	fprintf(out, "%" PRIu64 "%s", bt_report_endpoints(view->report),
	    options->identify != NULL ? " devices, or addresses that are of none"
	    : options->fold           ? " addresses, of IPv6 the first 64 bits"
				      : " addresses");
	if (view->coverage.subnets)
		fputs("; clients are recorded as their networks: of IPv4 24 bits, of IPv6 56", out);
	if (folds)
		fprintf(out, "; %" PRIu64 " whole addresses", bt_report_addresses(view->report));
	if (forwarders > 0)
		fprintf(out,
		    "; %" PRIu64
		    " of them forwarders: the clients behind these cannot be told apart",
		    forwarders);
	fputc('\n', out);
}

static void put_decisions(FILE *out, const struct bt_view *view)
{
	const struct bt_decision *decision;
	unsigned at = 0, shown = 0;
	int set = 0;
	while ((decision = bt_view_decision(view, &set, &at)) != NULL) {
		put_label(out, "Decided", shown++);
		bt_put_decision(out, decision);
	}
}

/* What other tools' logs lack, nobody knows. */
static void put_logs(FILE *out, const struct bt_report_coverage *coverage)
{
	put_label(out, "Coverage", 0);
	fprintf(out,
	    "%" PRIu64 " hits among %" PRIu64 " queries, %" PRIu64
	    " lines not read; what the logs lack is not known\n",
	    coverage->events, coverage->queries, coverage->unread);
}

/* Of which lists the lost events were: " (3cx 12, ads 5)". */
static void put_lost(FILE *out, const struct bt_view *view)
{
	struct bt_report_counted list;
	const char *before = " (";
	if (!bt_view_tells_lost(view))
		return;
	for (size_t i = 0; (list = bt_report_counted(view->report, i)).list != NULL; i++) {
		if (list.lost == 0)
			continue;
		fputs(before, out);
		bt_put_escaped(out, list.list);
		fprintf(out, " %" PRIu64, list.lost);
		before = ", ";
	}
	putc(')', out);
}

static void put_counted(FILE *out, const struct bt_view *view)
{
	struct bt_report_counted list;
	unsigned shown = 0;
	for (size_t i = 0; (list = bt_report_counted(view->report, i)).list != NULL; i++) {
		if (list.counted == 0)
			continue;
		put_label(out, "Counted", shown++);
		bt_put_escaped(out, list.list);
		fprintf(out, ": %" PRIu64 " hits, of which no event is kept\n", list.counted);
	}
}

static void put_coverage(FILE *out, const struct bt_view *view)
{
	const struct bt_report_coverage *coverage = &view->coverage;
	char down[BT_TIME_TEXT], unprotected[BT_TIME_TEXT], paused[BT_TIME_TEXT];
	put_label(out, "Coverage", 0);
	fprintf(out, "%" PRIu64 " events, %" PRIu64 " lost", coverage->events, coverage->lost);
	put_lost(out, view);
	fprintf(out,
	    ", %" PRIu64 " duplicates, %" PRIu64 " damaged blocks; not running %s, unprotected %s",
	    coverage->duplicates, coverage->damaged, bt_duration_show(down, coverage->down),
	    bt_duration_show(unprotected, coverage->unprotected));
	if (coverage->paused > 0)
		fprintf(out, ", paused %s", bt_duration_show(paused, coverage->paused));
	if (coverage->misdated > 0)
		fprintf(out,
		    "; %" PRIu64
		    " events are dated before their lists were made: the clock was wrong",
		    coverage->misdated);
	putc('\n', out);
}

void bt_out_footer(FILE *out, const struct bt_view *view)
{
	if (view->context && view->policy != NULL)
		put_context(out, view);
	fputc('\n', out);
	put_period(out, view);
	if (view->coverage.logs > 0)
		fprintf(out, "%-12s%u, of other tools\n", "Logs", view->coverage.logs);
	else
		put_resolvers(out, view);
	put_lists(out, view);
	put_endpoint_kind(out, view);
	put_decisions(out, view);
	if (view->coverage.logs > 0)
		put_logs(out, &view->coverage);
	else
		put_coverage(out, view);
	put_counted(out, view);
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
	put_header(out, &layout);
	fputs(bold ? "\033[0m" : "", out);
	for (size_t i = 0; i < view->count; i++)
		put_row(out, &layout, &view->rows[i]);
	if (view->count == 0)
		fputs("no hits\n", out);
	bt_out_footer(out, view);
	return true;
}
