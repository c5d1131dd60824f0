/* SPDX-License-Identifier: BSD-3-Clause */
/* html-chart.c -- charts of a report, as SVG in a page */

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "html-chart.h"
#include "html-text.h"

enum {
	WIDTH = 1000,
	HEIGHT = 240,
	LEFT = 64, /* of the plot: room for numbers */
	TOP = 12,
	BOTTOM = 30, /* room for dates */
	LINES = 4,
	BARS_MIN = 24,
	BARS_MAX = 100,
	DATES = 6,
	ROWS_MAX = 25,
	ROW_HEIGHT = 24,
	NAME_WIDTH = 360,
	NAME_MAX_SHOWN = 48, /* characters */
};

static const int64_t hour = 3600000;

uint64_t bt_chart_step(uint64_t most, unsigned steps)
{
	static const unsigned factors[] = {2, 5, 10};
	uint64_t ten = 1, step = 1;
	for (unsigned i = 0; most / steps + (most % steps != 0) > step; i++) {
		if (ten > UINT64_MAX / 10)
			return most;
		step = ten * factors[i % 3];
		ten = i % 3 == 2 ? ten * 10 : ten;
	}
	return step;
}

/* ---- hits over time ---- */

struct bars {
	int64_t begin, width; /* of a bar, milliseconds */
	unsigned count;
	uint64_t hits[BARS_MAX], most;
};

static int64_t floor_to(int64_t time, int64_t width)
{
	return time - ((time % width) + width) % width;
}

static const struct {
	int hours;
	const char *name;
} widths[] = {
    {1, "an hour"},
    {3, "three hours"},
    {6, "six hours"},
    {12, "half a day"},
    {24, "a day"},
    {48, "two days"},
    {168, "a week"},
    {672, "four weeks"},
    {8736, "52 weeks"},
};

enum { WIDTHS = sizeof(widths) / sizeof(*widths) };

static const char *show_width(int64_t width)
{
	size_t i = 0;
	while (i + 1 < WIDTHS && widths[i].hours * hour != width)
		i++;
	return widths[i].name;
}

/* The narrowest bars that all hits fit into. */
static bool make_bars(struct bars *bars, const struct bt_view *view)
{
	size_t count, i = 0;
	const struct bt_report_hour *hours = bt_report_hours(view->report, &count);
	memset(bars, 0, sizeof(*bars));
	if (count == 0)
		return false;
	int64_t last = hours[count - 1].time;
	do {
		bars->width = widths[i].hours * hour;
		bars->begin = floor_to(hours[0].time, bars->width);
	} while (++i < WIDTHS && (last - bars->begin) / bars->width >= BARS_MAX);
	if ((last - bars->begin) / bars->width >= BARS_MAX)
		return false; /* times that nobody can have meant */
	bars->count = (unsigned)((last - bars->begin) / bars->width) + 1;
	if (bars->count < BARS_MIN) { /* a bar that fills the chart shows nothing */
		bars->begin -= (BARS_MIN - bars->count) * bars->width;
		bars->count = BARS_MIN;
	}
	for (i = 0; i < count; i++)
		bars->hits[(hours[i].time - bars->begin) / bars->width] += hours[i].hits;
	for (i = 0; i < bars->count; i++)
		bars->most = bars->hits[i] > bars->most ? bars->hits[i] : bars->most;
	return true;
}

/* "2026-11-26" or, of short periods, "11-26 14:00". */
static void show_date(char text[static BT_TIME_TEXT], int64_t time, const struct bars *bars,
    const struct bt_zone *zone)
{
	bt_time_show(text, time, zone);
	if (bars->width >= 12 * hour) {
		text[10] = '\0';
	} else {
		memmove(text, text + 5, 11);
		text[11] = '\0';
	}
}

static void put_grid(FILE *out, uint64_t most, double scale)
{
	uint64_t step = bt_chart_step(most, LINES);
	for (uint64_t value = 0; value <= most; value += step) {
		double y = HEIGHT - BOTTOM - (double)value * scale;
		fprintf(out,
		    "<line class=\"grid\" x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\"/>"
		    "<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%" PRIu64 "</text>\n",
		    LEFT, WIDTH, y, y, LEFT - 8, y + 4, value);
		if (value > UINT64_MAX - step)
			break;
	}
}

static void put_bars(FILE *out, const struct bars *bars, double scale, const struct bt_zone *zone)
{
	double width = (double)(WIDTH - LEFT) / bars->count;
	unsigned every = (bars->count + DATES - 1) / DATES;
	char date[BT_TIME_TEXT];
	for (unsigned i = 0; i < bars->count; i++) {
		double x = LEFT + i * width, height = (double)bars->hits[i] * scale;
		show_date(date, bars->begin + i * bars->width, bars, zone);
		if (bars->hits[i] > 0)
			fprintf(out,
			    "<rect class=\"bar\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" "
			    "height=\"%.1f\"><title>%s: %" PRIu64 "</title></rect>\n",
			    x + width * 0.1, HEIGHT - BOTTOM - height, width * 0.8,
			    height < 1 ? 1 : height, date, bars->hits[i]);
		if (i % every == 0)
			fprintf(out, "<text x=\"%.1f\" y=\"%d\">%s</text>\n", x, HEIGHT - 8, date);
	}
}

void bt_chart_hits(FILE *out, const struct bt_view *view)
{
	struct bars bars;
	if (!make_bars(&bars, view))
		return;
	double scale = (double)(HEIGHT - TOP - BOTTOM) / (double)bars.most;
	fprintf(out,
	    "<section aria-labelledby=\"time\"><h2 id=\"time\">Hits over time</h2>"
	    "<figure class=\"wide\">\n"
	    "<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-labelledby=\"time-title time-text\">"
	    "<title id=\"time-title\">Hits over time</title>"
	    "<desc id=\"time-text\">Bars of %s; the most in one are %" PRIu64 ".</desc>\n",
	    WIDTH, HEIGHT, show_width(bars.width), bars.most);
	put_grid(out, bars.most, scale);
	put_bars(out, &bars, scale, &view->zone);
	fprintf(out, "</svg>\n<figcaption class=\"note\">Each bar is %s, times in ",
	    show_width(bars.width));
	bt_html_text(out, view->zone.name);
	fputs(".</figcaption></figure></section>\n", out);
}

/* ---- endpoints ---- */

/* A long name is cut in the chart; the table has it whole. */
static void put_name(FILE *out, const struct bt_view *view, const char *name)
{
	char shown[NAME_MAX_SHOWN + 4];
	size_t size = strlen(name);
	bool live = view->live || !bt_by_is_name(view->options.by);
	if (size <= NAME_MAX_SHOWN) {
		bt_html_name(out, name, live);
		return;
	}
	snprintf(shown, sizeof(shown), "...%s", name + (size - NAME_MAX_SHOWN + 3));
	bt_html_name(out, shown, live);
}

static void put_row(FILE *out, const struct bt_view *view, size_t i, uint64_t most)
{
	const struct bt_report_row *row = &view->rows[i];
	double width = (double)row->endpoints * (WIDTH - NAME_WIDTH - 80) / (double)most;
	int y = (int)i * ROW_HEIGHT;
	fprintf(out, "<text class=\"name\" x=\"%d\" y=\"%d\" text-anchor=\"end\">", NAME_WIDTH - 12,
	    y + 16);
	put_name(out, view, row->name);
	fprintf(out,
	    "</text><rect class=\"bar\" x=\"%d\" y=\"%d\" width=\"%.1f\" height=\"%d\"/>"
	    "<text x=\"%.1f\" y=\"%d\">%" PRIu64 "</text>\n",
	    NAME_WIDTH, y + 4, width < 1 ? 1 : width, ROW_HEIGHT - 8, NAME_WIDTH + width + 8,
	    y + 16, row->endpoints);
}

void bt_chart_endpoints(FILE *out, const struct bt_view *view)
{
	size_t count = view->count < ROWS_MAX ? view->count : ROWS_MAX;
	uint64_t most = 0;
	for (size_t i = 0; i < count; i++)
		most = view->rows[i].endpoints > most ? view->rows[i].endpoints : most;
	if (most == 0)
		return;
	fprintf(out,
	    "<section aria-labelledby=\"who\"><h2 id=\"who\">Endpoints per %s</h2>"
	    "<figure class=\"wide\">\n"
	    "<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-labelledby=\"who-title who-text\">"
	    "<title id=\"who-title\">Endpoints per %s</title>"
	    "<desc id=\"who-text\">The table below has the same numbers.</desc>\n",
	    bt_by_name(view->options.by), WIDTH, (int)count * ROW_HEIGHT,
	    bt_by_name(view->options.by));
	for (size_t i = 0; i < count; i++)
		put_row(out, view, i, most);
	fputs("</svg>\n", out);
	if (count < view->count)
		fprintf(out, "<figcaption class=\"note\">The first %zu of %zu.</figcaption>", count,
		    view->count);
	fputs("</figure></section>\n", out);
}
