/* SPDX-License-Identifier: BSD-3-Clause */
/* out-csv.c -- a report for spreadsheets: RFC 4180, lines end in CR LF, times in UTC */

#include <inttypes.h>
#include <string.h>

#include "out.h"

/*
 * A cell that begins with one of these, and goes on, is run as a formula, and names come from the
 * network: an apostrophe in front makes it text.
 */
static bool would_run(const char *text)
{
	return text[0] != '\0' && text[1] != '\0' && strchr("=+-@\t\r", text[0]) != NULL;
}

static void put_text(FILE *out, const char *text)
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

static void put_cell(FILE *out, struct bt_cell cell)
{
	char time[BT_TIME_TEXT];
	fputc(',', out);
	if (!cell.known)
		return;
	switch (cell.kind) {
	case BT_CELL_TEXT:
		put_text(out, cell.text);
		break;
	case BT_CELL_COUNT:
		fprintf(out, "%" PRIu64, cell.count);
		break;
	case BT_CELL_TIME:
		fputs(bt_time_rfc3339(time, cell.time), out);
		break;
	case BT_CELL_DURATION:
		fprintf(out, "%" PRId64 ".%03d", cell.time / 1000, (int)(cell.time % 1000));
		break;
	case BT_CELL_RATIO:
		fprintf(out, "%.3f", cell.ratio);
		break;
	}
}

/* ---- lines ---- */

struct columns {
	const struct bt_column *list[BT_COLUMNS_MAX];
	size_t count;
};

static void put_header(FILE *out, const struct bt_view *view, const struct columns *columns)
{
	fputs(bt_by_column(view->options.by), out);
	if (view->endpoints)
		fputs(",endpoint", out);
	for (size_t i = 0; i < columns->count; i++)
		if (!view->endpoints || columns->list[i]->of_endpoint != NULL)
			fprintf(out, ",%s", columns->list[i]->name);
	fputs("\r\n", out);
}

static void put_endpoints(FILE *out, const struct bt_report_row *row, const struct columns *columns)
{
	for (uint64_t i = 0; i < row->endpoints; i++) {
		put_text(out, row->name);
		fputc(',', out);
		put_text(out, row->who[i].name);
		for (size_t j = 0; j < columns->count; j++)
			if (columns->list[j]->of_endpoint != NULL)
				put_cell(out, columns->list[j]->of_endpoint(&row->who[i]));
		fputs("\r\n", out);
	}
}

static void put_row(FILE *out, const struct bt_report_row *row, const struct columns *columns)
{
	put_text(out, row->name);
	for (size_t i = 0; i < columns->count; i++)
		put_cell(out, columns->list[i]->of_row(row));
	fputs("\r\n", out);
}

bool bt_out_csv(FILE *out, const struct bt_view *view)
{
	struct columns columns;
	columns.count = bt_columns_of(&view->options, columns.list);
	put_header(out, view, &columns);
	for (size_t i = 0; i < view->count; i++) {
		if (view->endpoints)
			put_endpoints(out, &view->rows[i], &columns);
		else
			put_row(out, &view->rows[i], &columns);
	}
	bt_out_footer(stderr, view);
	return true;
}
