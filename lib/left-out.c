/* SPDX-License-Identifier: BSD-3-Clause */
/* left-out.c -- what of a list does not count, by reason */

#include <stdlib.h>
#include <string.h>

#include "left-out.h"

/* A few reasons, told again and again. */
static struct bt_left_out *find(struct bt_left_outs *all, const char *reason)
{
	for (unsigned i = 0; i < all->count; i++)
		if (all->list[i].reason == reason || strcmp(all->list[i].reason, reason) == 0)
			return &all->list[i];
	if (all->count == BT_LEFT_OUT_REASONS)
		return &all->list[all->count - 1];
	struct bt_left_out *made = &all->list[all->count++];
	made->reason = reason;
	made->count = 0;
	return made;
}

bool bt_left_out_add(struct bt_left_outs *all, const char *reason, bool refused, unsigned line,
    const struct bt_key *name)
{
	if (all->list == NULL)
		all->list = calloc(BT_LEFT_OUT_REASONS, sizeof(*all->list));
	if (all->list == NULL)
		return false;
	struct bt_left_out *of = find(all, reason);
	of->refused = refused;
	if (of->count < BT_LEFT_OUT_SHOWN) {
		of->first[of->count].line = line;
		of->first[of->count].has_name = name != NULL;
		if (name != NULL)
			of->first[of->count].name = *name;
	}
	of->count++;
	return true;
}

void bt_left_out_reset(struct bt_left_outs *all)
{
	all->count = 0;
}

void bt_left_out_free(struct bt_left_outs *all)
{
	free(all->list);
	*all = (struct bt_left_outs){NULL, 0};
}
