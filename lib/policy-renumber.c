/* SPDX-License-Identifier: BSD-3-Clause */
/* policy-renumber.c -- classes and metadata in an order that does not depend on how they came */

#include <stdlib.h>
#include <string.h>

#include "policy-builder.h"

static bool no_memory(struct bt_err *err)
{
	return bt_fail(err, "policy: out of memory");
}

struct renumbering {
	const struct bt_policy_builder *from;
	struct bt_policy_builder *to;
	uint32_t *metas; /* of each number in `from`: the one in `to`, or UNUSED */
};

#define UNUSED UINT32_MAX

static const char *string_at(const struct bt_policy_builder *b, const uint8_t offset[4])
{
	size_t size;
	return (const char *)bt_intern_bytes(b->strings, 0, &size) + bt_get32(offset);
}

static bool carry_meta(struct renumbering *r, uint32_t *meta, struct bt_err *err)
{
	uint32_t *number = &r->metas[*meta];
	if (*number == UNUSED) {
		size_t size;
		const uint8_t *at = bt_intern_bytes(r->from->metas, *meta, &size);
		unsigned count = (unsigned)(size / BT_POLICY_PAIR);
		struct bt_pair *pairs = malloc(count * sizeof(*pairs) + 1);
		if (pairs == NULL)
			return no_memory(err);
		for (unsigned i = 0; i < count; i++, at += BT_POLICY_PAIR) {
			pairs[i].key = string_at(r->from, at + BT_POLICY_PAIR_AT_KEY);
			pairs[i].value = string_at(r->from, at + BT_POLICY_PAIR_AT_VALUE);
		}
		bool added = bt_policy_add_meta(r->to, pairs, count, number, err);
		free(pairs);
		if (!added)
			return false;
	}
	*meta = *number;
	return true;
}

static bool carry_list(struct renumbering *r, unsigned number, struct bt_err *err)
{
	const uint8_t *at = bt_policy_list_row(r->from, number);
	struct bt_list_info list = {
	    .name = string_at(r->from, at + BT_POLICY_LIST_AT_NAME),
	    .action = at[BT_POLICY_LIST_AT_ACTION],
	    .events = at[BT_POLICY_LIST_AT_EVENTS],
	    .meta = bt_get32(at + BT_POLICY_LIST_AT_META),
	    .entries = bt_get64(at + BT_POLICY_LIST_AT_ENTRIES),
	    .modified = (int64_t)bt_get64(at + BT_POLICY_LIST_AT_MODIFIED),
	};
	if (!carry_meta(r, &list.meta, err) || !bt_policy_add_list(r->to, &list, err))
		return false;
	memcpy(bt_policy_list_row(r->to, number) + BT_POLICY_LIST_AT_SINKHOLE,
	    at + BT_POLICY_LIST_AT_SINKHOLE, 2);
	return true;
}

static bool carry_rows(struct bt_rows *to, const struct bt_rows *from)
{
	return bt_rows_add(to, from->bytes, from->size);
}

/* Sinkholes keep their numbers. */
static bool carry_others(struct renumbering *r, struct bt_err *err)
{
	const struct bt_policy_builder *from = r->from;
	for (uint32_t i = 0, number; i < bt_intern_count(from->sinkholes); i++) {
		size_t size;
		const void *at = bt_intern_bytes(from->sinkholes, i, &size);
		if (!bt_intern_add(r->to->sinkholes, at, size, &number))
			return no_memory(err);
	}
	for (size_t i = 0; i + 1 < bt_policy_count_groups(from); i++) {
		const uint8_t *at = from->groups.bytes + i * BT_POLICY_GROUP;
		if (!bt_policy_add_group(r->to, string_at(from, at + BT_POLICY_GROUP_AT_NAME),
			from->actions.bytes + i * from->list_count, err))
			return false;
	}
	r->to->ede = from->ede;
	r->to->enabled = from->enabled;
	return (carry_rows(&r->to->networks, &from->networks) &&
		   carry_rows(&r->to->forwarders, &from->forwarders)) ||
	       no_memory(err);
}

static bool carry_class(struct renumbering *r, uint32_t number, struct bt_err *err)
{
	struct bt_member members[BT_MEMBERS_MAX];
	size_t size;
	const uint8_t *at = bt_intern_bytes(r->from->classes, number, &size);
	unsigned count = (unsigned)(size / BT_POLICY_MEMBER);
	for (unsigned i = 0; i < count; i++, at += BT_POLICY_MEMBER) {
		members[i].list = bt_get16(at + BT_POLICY_MEMBER_AT_LIST);
		members[i].scope = at[BT_POLICY_MEMBER_AT_SCOPE];
		members[i].meta = bt_get32(at + BT_POLICY_MEMBER_AT_META);
		if (!carry_meta(r, &members[i].meta, err))
			return false;
	}
	return bt_policy_add_class(r->to, members, count, &number, err);
}

/* A class, and how many names have it. */
struct use {
	uint32_t class_id, times;
};

/* The most used first. */
static int by_use(const void *a, const void *b)
{
	const struct use *x = a, *y = b;
	if (x->times != y->times)
		return x->times > y->times ? -1 : 1;
	return x->class_id < y->class_id ? -1 : x->class_id > y->class_id;
}

static bool carry_all(struct renumbering *r, const struct use *uses, struct bt_err *err)
{
	for (unsigned i = 0; i < r->from->list_count; i++)
		if (!carry_list(r, i, err))
			return false;
	for (uint32_t i = 0; i < bt_intern_count(r->from->classes); i++)
		if (!carry_class(r, uses[i].class_id, err))
			return false;
	return carry_others(r, err);
}

bool bt_policy_renumber(struct bt_policy_builder **builder, const uint32_t *times,
    uint32_t *classes, struct bt_err *err)
{
	struct renumbering r = {.from = *builder};
	uint32_t count = bt_intern_count(r.from->classes);
	size_t size = bt_intern_count(r.from->metas) * sizeof(*r.metas);
	struct use *uses = malloc((size_t)count * sizeof(*uses) + 1);
	r.metas = malloc(size);
	if (r.metas == NULL || uses == NULL) {
		free(r.metas);
		free(uses);
		return no_memory(err);
	}
	memset(r.metas, 0xff, size); /* UNUSED */
	for (uint32_t i = 0; i < count; i++)
		uses[i] = (struct use){i, times[i]};
	qsort(uses, count, sizeof(*uses), by_use);
	for (uint32_t i = 0; i < count; i++)
		classes[uses[i].class_id] = i;
	r.to = bt_policy_builder_bare();
	bool carried = r.to != NULL ? carry_all(&r, uses, err) : no_memory(err);
	free(uses);
	if (carried) {
		uint32_t local = r.from->local_class;
		r.to->local_class = local != BT_POLICY_NO_CLASS ? classes[local] : local;
		bt_policy_builder_free(builder);
		*builder = r.to;
	} else {
		bt_policy_builder_free(&r.to);
	}
	free(r.metas);
	return carried;
}
