/* SPDX-License-Identifier: BSD-3-Clause */
/* out-markdown.c -- a report for tickets and wikis: tables as GitHub Flavored Markdown has them */

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "escape.h"
#include "out.h"

/* What would be markup is written as a character that is none. */
static void put_text(FILE *out, const char *text)
{
	char *safe = NULL;
	size_t size;
	FILE *memory = open_memstream(&safe, &size);
	if (memory == NULL)
		return;
	bt_put_escaped(memory, text);
	fclose(memory);
	for (const char *at = safe; *at != '\0'; at++) {
		if (*at == '<')
			fputs("&lt;", out);
		else if (*at == '&')
			fputs("&amp;", out);
		else
			fprintf(out, strchr("\\`*_{}[]()#+!|~>", *at) != NULL ? "\\%c" : "%c", *at);
	}
	free(safe);
}

/* In code, where there is no markup but the end of it and of the cell. */
static void put_name(FILE *out, const struct bt_view *view, const char *name)
{
	bool live = view->live || !bt_by_is_name(view->options.by);
	const char *dot = live ? NULL : strrchr(name, '.');
	if (strpbrk(name, "`|\\") != NULL || name[0] == '\0') {
		put_text(out, name);
		return;
	}
	fputc('`', out);
	if (dot == NULL)
		bt_put_escaped(out, name);
	else
		fprintf(out, "%.*s[.]%s", (int)(dot - name), name, dot + 1);
	fputc('`', out);
}

static void put_cell(FILE *out, struct bt_cell cell, const struct bt_view *view)
{
	char text[BT_TIME_TEXT];
	fputs(" | ", out);
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
		fputs(bt_time_show(text, cell.time, &view->zone), out);
		break;
	case BT_CELL_DURATION:
		fputs(bt_duration_show(text, cell.time), out);
		break;
	case BT_CELL_RATIO:
		fprintf(out, "%.0f %%", cell.ratio * 100);
		break;
	}
}

static void put_endpoints(FILE *out, const struct bt_view *view, const struct bt_report_row *row,
    const struct bt_column *const *columns, size_t count)
{
	for (uint64_t i = 0; i < row->endpoints; i++) {
		fputs("| \xe2\x86\xb3 ", out);
		put_text(out, row->who[i].name);
		for (size_t j = 0; j < count; j++) {
			if (columns[j]->of_endpoint != NULL)
				put_cell(out, columns[j]->of_endpoint(&row->who[i]), view);
			else
				fputs(" | ", out);
		}
		fputs(" |\n", out);
	}
}

/* Numbers to the right. */
static void put_rule(FILE *out, const struct bt_column *const *columns, size_t count)
{
	static const struct bt_report_row none = {.name = "",
	    .wide = {.lists = "", .campaign = "", .family = "", .actor = "", .actions = ""}};
	fputs("|---|", out);
	for (size_t i = 0; i < count; i++) {
		enum bt_cell_kind kind = columns[i]->of_row(&none).kind;
		fputs(kind == BT_CELL_COUNT || kind == BT_CELL_RATIO ? "--:|" : "---|", out);
	}
	fputc('\n', out);
}

bool bt_out_markdown(FILE *out, const struct bt_view *view)
{
	const struct bt_column *columns[BT_COLUMNS_MAX];
	size_t count = bt_columns_of(&view->options, columns);
	fprintf(out, "| %s", bt_by_column(view->options.by));
	for (size_t i = 0; i < count; i++)
		fprintf(out, " | %s", columns[i]->name);
	fputs(" |\n", out);
	put_rule(out, columns, count);
	for (size_t i = 0; i < view->count; i++) {
		fputs("| ", out);
		put_name(out, view, view->rows[i].name);
		for (size_t j = 0; j < count; j++)
			put_cell(out, columns[j]->of_row(&view->rows[i]), view);
		fputs(" |\n", out);
		if (view->endpoints)
			put_endpoints(out, view, &view->rows[i], columns, count);
	}
	fputs("\n```text", out);
	bt_out_footer(out, view);
	fputs("```\n", out);
	return true;
}
