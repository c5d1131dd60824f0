/* SPDX-License-Identifier: BSD-3-Clause */
/* policy-builder.h -- a policy in the making; for policy-build.c and policy-renumber.c alone */
#ifndef BT_POLICY_BUILDER_H
#define BT_POLICY_BUILDER_H

#include "endian.h"
#include "intern.h"
#include "policy-build.h"
#include "policy-format.h"

/* A section of rows that are all of one size. */
struct bt_rows {
	uint8_t *bytes;
	size_t size, room;
};

/*
 * Each table's strings are kept as the file has them, one after the other, so that four of the
 * file's sections are these tables' octets: a class is its members, a metadata entry its pairs, a
 * sinkhole its row, and a string ends with its zero octet.
 */
struct bt_policy_builder {
	struct bt_intern *strings; /* number 0: the empty string */
	struct bt_intern *metas;   /* number 0: no pairs */
	struct bt_intern *classes;
	struct bt_intern *sinkholes; /* number 0: the policy's */
	struct bt_rows lists, groups, actions, networks, forwarders;
	unsigned list_count;
	uint32_t local_class;
	enum bt_ede ede;
	bool enabled;
	uint8_t *scratch; /* what is about to be added to a table */
	size_t scratch_room;
};

/* Without a sinkhole yet; NULL: out of memory. */
struct bt_policy_builder *bt_policy_builder_bare(void);

/* Appends some rows. False: out of memory. */
bool bt_rows_add(struct bt_rows *rows, const void *row, size_t size);

static inline uint8_t *bt_policy_list_row(const struct bt_policy_builder *b, size_t list)
{
	return b->lists.bytes + list * BT_POLICY_LIST;
}

/* With the one that everybody else is in. */
static inline unsigned bt_policy_count_groups(const struct bt_policy_builder *b)
{
	return 1 + (unsigned)(b->groups.size / BT_POLICY_GROUP);
}

#endif
