/* SPDX-License-Identifier: BSD-3-Clause */
/* policy-build.c -- lists, classes and metadata to the policy's bytes */

#include <stdlib.h>
#include <string.h>

#include "endian.h"
#include "intern.h"
#include "policy-build.h"
#include "policy-format.h"

/*
 * Each table's strings are kept as the file has them, one after the other, so that three of the
 * file's sections are the three tables' octets: a class is its members, a metadata entry its
 * pairs, and a string ends with its zero octet.
 */
struct bt_policy_builder {
	struct bt_intern *strings; /* number 0: the empty string */
	struct bt_intern *metas;   /* number 0: no pairs */
	struct bt_intern *classes;
	struct bt_sinkhole sinkhole;
	uint8_t *lists;
	unsigned list_count, list_room;
	uint8_t *scratch; /* what is about to be added to a table */
	size_t scratch_room;
};

static bool no_memory(struct bt_err *err)
{
	return bt_fail(err, "policy: out of memory");
}

bool bt_policy_builder_new(
    struct bt_policy_builder **builder, const struct bt_sinkhole *sinkhole, struct bt_err *err)
{
	if (sinkhole->ttl > BT_TTL_MAX)
		return bt_fail(err, "policy: TTL of %u s, more than %d", sinkhole->ttl, BT_TTL_MAX);
	if ((unsigned)sinkhole->ede > BT_EDE_TEXT)
		return bt_fail(err, "policy: unknown EDE mode %u", (unsigned)sinkhole->ede);

	struct bt_policy_builder *b = calloc(1, sizeof(*b));
	if (b == NULL)
		return no_memory(err);
	b->sinkhole = *sinkhole;
	b->strings = bt_intern_new();
	b->metas = bt_intern_new();
	b->classes = bt_intern_new();
	uint32_t empty;
	if (b->strings == NULL || b->metas == NULL || b->classes == NULL ||
	    !bt_intern_add(b->strings, "", 1, &empty) || !bt_intern_add(b->metas, "", 0, &empty)) {
		bt_policy_builder_free(&b);
		return no_memory(err);
	}
	*builder = b;
	return true;
}

void bt_policy_builder_free(struct bt_policy_builder **builder)
{
	struct bt_policy_builder *b = *builder;
	if (b == NULL)
		return;
	bt_intern_free(&b->strings);
	bt_intern_free(&b->metas);
	bt_intern_free(&b->classes);
	free(b->lists);
	free(b->scratch);
	free(b);
	*builder = NULL;
}

/* ---- tables as sections ---- */

/* Where string number `id` begins in its section. */
static size_t offset_of(const struct bt_intern *table, uint32_t id)
{
	size_t size;
	const uint8_t *first = bt_intern_bytes(table, 0, &size);
	const uint8_t *string = bt_intern_bytes(table, id, &size);
	return (size_t)(string - first);
}

static size_t section_size(const struct bt_intern *table)
{
	uint32_t count = bt_intern_count(table);
	if (count == 0)
		return 0;
	size_t size;
	bt_intern_bytes(table, count - 1, &size);
	return offset_of(table, count - 1) + size;
}

static const void *section_bytes(const struct bt_intern *table)
{
	size_t size;
	return bt_intern_count(table) == 0 ? NULL : bt_intern_bytes(table, 0, &size);
}

static bool need_scratch(struct bt_policy_builder *b, size_t size)
{
	if (size <= b->scratch_room)
		return true;
	uint8_t *larger = realloc(b->scratch, size * 2);
	if (larger == NULL)
		return false;
	b->scratch = larger;
	b->scratch_room = size * 2;
	return true;
}

/*
 * Copies a string as the format allows it: what is no character becomes '?', and a control
 * character (a line's end in a description, mostly) a space. Strange metadata is no reason to
 * refuse a list.
 */
static void copy_clean(uint8_t *to, const char *text, size_t length)
{
	const uint8_t *from = (const uint8_t *)text;
	for (size_t at = 0, octets; at < length; at += octets) {
		octets = bt_policy_character(from + at, length - at);
		if (octets > 0) {
			memcpy(to + at, from + at, octets);
			continue;
		}
		to[at] = from[at] < 0x80 ? ' ' : '?';
		octets = 1;
	}
	to[length] = 0;
}

/* The string's offset in its section. */
static bool add_string(struct bt_policy_builder *b, const char *text, uint8_t offset[4])
{
	size_t length = strlen(text);
	uint32_t id;
	if (length > UINT32_MAX || !need_scratch(b, length + 1))
		return false;
	copy_clean(b->scratch, text, length);
	if (!bt_intern_add(b->strings, b->scratch, length + 1, &id))
		return false;
	size_t at = offset_of(b->strings, id);
	if (at > UINT32_MAX)
		return false;
	bt_put32(offset, (uint32_t)at);
	return true;
}

/* ---- adding ---- */

bool bt_policy_add_meta(struct bt_policy_builder *builder, const struct bt_pair *pairs,
    unsigned count, uint32_t *meta, struct bt_err *err)
{
	if (count > BT_PAIRS_MAX)
		return bt_fail(err, "policy: %u pairs of metadata for one entry, more than %d",
		    count, BT_PAIRS_MAX);
	uint8_t *bytes = malloc((size_t)count * BT_POLICY_PAIR + 1);
	bool ok = bytes != NULL;
	for (size_t i = 0; ok && i < count; i++) {
		uint8_t *pair = bytes + i * BT_POLICY_PAIR;
		ok = add_string(builder, pairs[i].key, pair + BT_POLICY_PAIR_AT_KEY) &&
		     add_string(builder, pairs[i].value, pair + BT_POLICY_PAIR_AT_VALUE);
	}
	ok = ok && bt_intern_add(builder->metas, bytes, (size_t)count * BT_POLICY_PAIR, meta);
	free(bytes);
	return ok || no_memory(err);
}

static bool check_list(
    const struct bt_policy_builder *b, const struct bt_list_info *list, struct bt_err *err)
{
	size_t length = strlen(list->name);
	if (length == 0 || length > BT_LIST_NAME_MAX)
		return bt_fail(err, "list '%s': a name has 1 to %d characters, not %zu", list->name,
		    BT_LIST_NAME_MAX, length);
	for (size_t at = 0, octets; at < length; at += octets) {
		octets = bt_policy_character((const uint8_t *)list->name + at, length - at);
		if (octets == 0)
			return bt_fail(err,
			    "list %u: control character or broken UTF-8 in its name",
			    b->list_count);
	}
	if (b->list_count == BT_LISTS_MAX)
		return bt_fail(err, "list %s: more than %d lists", list->name, BT_LISTS_MAX);
	if ((unsigned)list->action >= BT_ACTIONS || (unsigned)list->events > BT_EVENTS_OFF ||
	    list->meta >= bt_intern_count(b->metas))
		return bt_fail(err, "list %s: unknown action, events or metadata", list->name);
	return true;
}

static bool is_name_taken(const struct bt_policy_builder *b, const uint8_t offset[4])
{
	for (size_t i = 0; i < b->list_count; i++)
		if (memcmp(b->lists + i * BT_POLICY_LIST + BT_POLICY_LIST_AT_NAME, offset, 4) == 0)
			return true;
	return false;
}

bool bt_policy_add_list(
    struct bt_policy_builder *builder, const struct bt_list_info *list, struct bt_err *err)
{
	struct bt_policy_builder *b = builder;
	if (!check_list(b, list, err))
		return false;
	if (b->list_count == b->list_room) {
		unsigned room = b->list_room == 0 ? 8 : b->list_room * 2;
		uint8_t *larger = realloc(b->lists, (size_t)room * BT_POLICY_LIST);
		if (larger == NULL)
			return no_memory(err);
		b->lists = larger;
		b->list_room = room;
	}
	uint8_t at[BT_POLICY_LIST] = {0};
	if (!add_string(b, list->name, at + BT_POLICY_LIST_AT_NAME))
		return no_memory(err);
	if (is_name_taken(b, at + BT_POLICY_LIST_AT_NAME))
		return bt_fail(err, "list %s: two lists have this name", list->name);
	bt_put32(at + BT_POLICY_LIST_AT_META, list->meta);
	at[BT_POLICY_LIST_AT_ACTION] = (uint8_t)list->action;
	at[BT_POLICY_LIST_AT_EVENTS] = (uint8_t)list->events;
	bt_put64(at + BT_POLICY_LIST_AT_ENTRIES, list->entries);
	bt_put64(at + BT_POLICY_LIST_AT_MODIFIED, (uint64_t)list->modified);
	memcpy(b->lists + (size_t)b->list_count++ * BT_POLICY_LIST, at, sizeof(at));
	return true;
}

void bt_policy_set_entries(struct bt_policy_builder *builder, unsigned list, uint64_t entries)
{
	if (list < builder->list_count)
		bt_put64(builder->lists + (size_t)list * BT_POLICY_LIST + BT_POLICY_LIST_AT_ENTRIES,
		    entries);
}

void bt_policy_count_name(struct bt_policy_builder *builder, uint32_t class_id)
{
	if (class_id >= bt_intern_count(builder->classes))
		return;
	size_t size;
	const uint8_t *member = bt_intern_bytes(builder->classes, class_id, &size);
	for (const uint8_t *end = member + size; member < end; member += BT_POLICY_MEMBER) {
		size_t list = bt_get16(member + BT_POLICY_MEMBER_AT_LIST);
		uint8_t *at = builder->lists + list * BT_POLICY_LIST + BT_POLICY_LIST_AT_ENTRIES;
		bt_put64(at, bt_get64(at) + 1);
	}
}

bool bt_policy_add_class(struct bt_policy_builder *builder, const struct bt_member *members,
    unsigned count, uint32_t *class_id, struct bt_err *err)
{
	if (count == 0 || count > builder->list_count)
		return bt_fail(
		    err, "policy: a class of %u members with %u lists", count, builder->list_count);
	if (!need_scratch(builder, (size_t)count * BT_POLICY_MEMBER))
		return no_memory(err);
	uint32_t next = 0;
	for (unsigned i = 0; i < count; i++) {
		const struct bt_member *member = members + i;
		if (member->list < next || member->list >= builder->list_count ||
		    member->scope < BT_SCOPE_EXACT || member->scope > BT_SCOPE_SUBTREE ||
		    member->meta >= bt_intern_count(builder->metas))
			return bt_fail(err,
			    "policy: a class with a member that cannot be: list %u, "
			    "scope %u, metadata %u",
			    member->list, member->scope, member->meta);
		next = member->list + 1u;
		uint8_t *at = builder->scratch + (size_t)i * BT_POLICY_MEMBER;
		bt_put32(at + BT_POLICY_MEMBER_AT_META, member->meta);
		bt_put16(at + BT_POLICY_MEMBER_AT_LIST, member->list);
		at[BT_POLICY_MEMBER_AT_SCOPE] = member->scope;
		at[BT_POLICY_MEMBER_AT_ZERO] = 0;
	}
	if (!bt_intern_add(
		builder->classes, builder->scratch, (size_t)count * BT_POLICY_MEMBER, class_id))
		return no_memory(err);
	return true;
}

/* ---- order of first use ---- */

struct renumbering {
	const struct bt_policy_builder *from;
	struct bt_policy_builder *to;
	uint32_t *metas; /* of each number in `from`: the one in `to`, or UNUSED */
};

#define UNUSED UINT32_MAX

static const char *string_at(const struct bt_policy_builder *b, const uint8_t offset[4])
{
	return (const char *)section_bytes(b->strings) + bt_get32(offset);
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
	const uint8_t *at = r->from->lists + (size_t)number * BT_POLICY_LIST;
	struct bt_list_info list = {
	    .name = string_at(r->from, at + BT_POLICY_LIST_AT_NAME),
	    .action = at[BT_POLICY_LIST_AT_ACTION],
	    .events = at[BT_POLICY_LIST_AT_EVENTS],
	    .meta = bt_get32(at + BT_POLICY_LIST_AT_META),
	    .entries = bt_get64(at + BT_POLICY_LIST_AT_ENTRIES),
	    .modified = (int64_t)bt_get64(at + BT_POLICY_LIST_AT_MODIFIED),
	};
	return carry_meta(r, &list.meta, err) && bt_policy_add_list(r->to, &list, err);
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
	return true;
}

uint32_t bt_policy_count_classes(const struct bt_policy_builder *builder)
{
	return bt_intern_count(builder->classes);
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
	bool carried =
	    bt_policy_builder_new(&r.to, &r.from->sinkhole, err) && carry_all(&r, uses, err);
	free(uses);
	if (carried) {
		bt_policy_builder_free(builder);
		*builder = r.to;
	} else {
		bt_policy_builder_free(&r.to);
	}
	free(r.metas);
	return carried;
}

/* ---- the bytes ---- */

static void put_header(const struct bt_policy_builder *b, uint8_t *at, size_t size)
{
	const struct bt_sinkhole *s = &b->sinkhole;
	memset(at, 0, BT_POLICY_HEADER);
	memcpy(at, BT_POLICY_MAGIC, 8);
	bt_put32(at + BT_POLICY_AT_VERSION, BT_POLICY_VERSION);
	bt_put32(at + BT_POLICY_AT_LISTS, b->list_count);
	bt_put64(at + BT_POLICY_AT_SIZE, size);
	bt_put32(at + BT_POLICY_AT_CLASSES, bt_intern_count(b->classes));
	bt_put32(
	    at + BT_POLICY_AT_MEMBERS, (uint32_t)(section_size(b->classes) / BT_POLICY_MEMBER));
	bt_put32(at + BT_POLICY_AT_METAS, bt_intern_count(b->metas));
	bt_put32(at + BT_POLICY_AT_PAIRS, (uint32_t)(section_size(b->metas) / BT_POLICY_PAIR));
	bt_put32(at + BT_POLICY_AT_STRINGS, (uint32_t)section_size(b->strings));
	bt_put32(at + BT_POLICY_AT_TTL, s->ttl);
	at[BT_POLICY_AT_EDE] = (uint8_t)s->ede;
	at[BT_POLICY_AT_FLAGS] = (uint8_t)((s->has_ipv4 ? BT_POLICY_HAS_IPV4 : 0) |
					   (s->has_ipv6 ? BT_POLICY_HAS_IPV6 : 0));
	if (s->has_ipv4)
		memcpy(at + BT_POLICY_AT_IPV4, s->ipv4, sizeof(s->ipv4));
	if (s->has_ipv6)
		memcpy(at + BT_POLICY_AT_IPV6, s->ipv6, sizeof(s->ipv6));
}

static uint8_t *put_bytes(uint8_t *at, const void *bytes, size_t size)
{
	if (size > 0)
		memcpy(at, bytes, size);
	return at + size;
}

static size_t index_size(const struct bt_intern *table)
{
	return ((size_t)bt_intern_count(table) + 1) * 4;
}

/* A table's index, in units of `unit` octets, and the table. */
static uint8_t *put_table(uint8_t *at, const struct bt_intern *table, size_t unit)
{
	uint32_t count = bt_intern_count(table);
	for (uint32_t i = 0; i < count; i++, at += 4)
		bt_put32(at, (uint32_t)(offset_of(table, i) / unit));
	bt_put32(at, (uint32_t)(section_size(table) / unit));
	return put_bytes(at + 4, section_bytes(table), section_size(table));
}

bool bt_policy_build(
    struct bt_policy_builder *builder, void **bytes, size_t *size, struct bt_err *err)
{
	const struct bt_policy_builder *b = builder;
	if (section_size(b->classes) / BT_POLICY_MEMBER > UINT32_MAX ||
	    section_size(b->metas) / BT_POLICY_PAIR > UINT32_MAX ||
	    section_size(b->strings) > UINT32_MAX)
		return bt_fail(err, "policy: more classes or metadata than the format can hold");

	size_t lists = (size_t)b->list_count * BT_POLICY_LIST;
	size_t total = BT_POLICY_HEADER + lists + index_size(b->classes) +
		       section_size(b->classes) + index_size(b->metas) + section_size(b->metas) +
		       section_size(b->strings);
	if (total > BT_POLICY_MAX)
		return bt_fail(err, "policy: %zu octets of classes and metadata, more than %d",
		    total, BT_POLICY_MAX);
	uint8_t *policy = malloc(total);
	if (policy == NULL)
		return no_memory(err);
	put_header(b, policy, total);
	uint8_t *at = put_bytes(policy + BT_POLICY_HEADER, b->lists, lists);
	at = put_table(at, b->classes, BT_POLICY_MEMBER);
	at = put_table(at, b->metas, BT_POLICY_PAIR);
	put_bytes(at, section_bytes(b->strings), section_size(b->strings));
	*bytes = policy;
	*size = total;
	return true;
}
