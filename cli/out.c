/* SPDX-License-Identifier: BSD-3-Clause */
/* out.c -- a report in the formats that it is written in */

#include <string.h>

#include "out.h"

static const struct bt_out outs[] = {
    {"table", bt_out_table, false},
    {"csv", bt_out_csv, false},
    {"json", bt_out_json, false},
    {"markdown", bt_out_markdown, false},
    {"html", bt_out_html, true},
};

const struct bt_out *bt_out_find(const char *name)
{
	for (size_t i = 0; i < sizeof(outs) / sizeof(*outs); i++)
		if (strcmp(outs[i].name, name) == 0)
			return &outs[i];
	return NULL;
}

const char *bt_client_show(char text[static BT_CLIENT_TEXT], const uint8_t client[static 16])
{
	struct bt_network network = {.bits = 128};
	memcpy(network.address, client, sizeof(network.address));
	bt_network_write(text, &network);
	return text;
}

int64_t bt_view_since(const struct bt_view *view)
{
	return view->options.since != INT64_MIN ? view->options.since : view->coverage.first;
}

int64_t bt_view_until(const struct bt_view *view)
{
	return view->options.until != INT64_MAX ? view->options.until : view->coverage.last;
}

const struct bt_decision *bt_view_decision(const struct bt_view *view, int *set, unsigned *at)
{
	for (; *set < view->decision_sets; ++*set, *at = 0) {
		const struct bt_decisions *decisions = view->decisions[*set];
		while (decisions != NULL && *at < decisions->count) {
			const struct bt_decision *decision = &decisions->list[(*at)++];
			if (bt_decision_holds(decision, view->options.now / 1000))
				return decision;
		}
	}
	return NULL;
}

bool bt_view_tells_lost(const struct bt_view *view)
{
	struct bt_report_counted list;
	for (size_t i = 0; (list = bt_report_counted(view->report, i)).list != NULL; i++)
		if (list.lost > 0 && strcmp(list.list, "?") != 0)
			return true;
	return false;
}

bool bt_view_has_list(const struct bt_view *view, const char *list)
{
	return view->options.list == NULL || strcmp(view->options.list, list) == 0;
}
