/* SPDX-License-Identifier: BSD-3-Clause */
/* out.c -- a report in the formats that it is written in */

#include <string.h>

#include "out.h"

static const struct bt_out outs[] = {
    {"table", bt_out_table},
    {"csv", bt_out_csv},
    {"json", bt_out_json},
};

const struct bt_out *bt_out_find(const char *name)
{
	for (size_t i = 0; i < sizeof(outs) / sizeof(*outs); i++)
		if (strcmp(outs[i].name, name) == 0)
			return &outs[i];
	return NULL;
}

const char *bt_client_show(char text[static INET6_ADDRSTRLEN], const uint8_t client[static 16])
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
	if (memcmp(client, mapped, sizeof(mapped)) == 0)
		inet_ntop(AF_INET, client + sizeof(mapped), text, INET6_ADDRSTRLEN);
	else
		inet_ntop(AF_INET6, client, text, INET6_ADDRSTRLEN);
	return text;
}

int64_t bt_view_since(const struct bt_view *view)
{
	return view->filter.since != INT64_MIN ? view->filter.since : view->coverage.first;
}

int64_t bt_view_until(const struct bt_view *view)
{
	return view->filter.until != INT64_MAX ? view->filter.until : view->coverage.last;
}

bool bt_view_has_list(const struct bt_view *view, const char *list)
{
	return view->filter.list == NULL || strcmp(view->filter.list, list) == 0;
}
