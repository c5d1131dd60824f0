/* SPDX-License-Identifier: BSD-3-Clause */
/* policy-build.c -- lists, classes and metadata to the policy's bytes */

#include <stdlib.h>
#include <string.h>

#include "endian.h"
#include "intern.h"
#include "policy-builder.h"

static bool no_memory(struct bt_err *err)
{
	return bt_fail(err, "policy: out of memory");
}

struct bt_policy_builder *bt_policy_builder_bare(void)
{
	struct bt_policy_builder *b = calloc(1, sizeof(*b));
	if (b == NULL)
		return NULL;
	b->enabled = true;
	b->local_class = BT_POLICY_NO_CLASS;
	b->strings = bt_intern_new();
	b->metas = bt_intern_new();
	b->classes = bt_intern_new();
	b->sinkholes = bt_intern_new();
	uint32_t first;
	if (b->strings == NULL || b->metas == NULL || b->classes == NULL || b->sinkholes == NULL ||
	    !bt_intern_add(b->strings, "", 1, &first) || !bt_intern_add(b->metas, "", 0, &first))
		bt_policy_builder_free(&b);
	return b;
}

static bool add_sinkhole(
    struct bt_policy_builder *b, const struct bt_sinkhole *sinkhole, uint32_t *number)
{
	uint8_t at[BT_POLICY_SINKHOLE] = {0};
	bt_put32(at + BT_POLICY_SINKHOLE_AT_TTL, sinkhole->ttl);
	at[BT_POLICY_SINKHOLE_AT_FLAGS] = (uint8_t)((sinkhole->has_ipv4 ? BT_POLICY_HAS_IPV4 : 0) |
						    (sinkhole->has_ipv6 ? BT_POLICY_HAS_IPV6 : 0));
	if (sinkhole->has_ipv4)
		memcpy(at + BT_POLICY_SINKHOLE_AT_IPV4, sinkhole->ipv4, sizeof(sinkhole->ipv4));
	if (sinkhole->has_ipv6)
		memcpy(at + BT_POLICY_SINKHOLE_AT_IPV6, sinkhole->ipv6, sizeof(sinkhole->ipv6));
	return bt_intern_add(b->sinkholes, at, sizeof(at), number);
}

bool bt_policy_builder_new(
    struct bt_policy_builder **builder, const struct bt_sinkhole *sinkhole, struct bt_err *err)
{
	if (sinkhole->ttl > BT_TTL_MAX)
		return bt_fail(err, "policy: TTL of %u s, more than %d", sinkhole->ttl, BT_TTL_MAX);
	if ((unsigned)sinkhole->ede > BT_EDE_TEXT)
		return bt_fail(err, "policy: unknown EDE mode %u", (unsigned)sinkhole->ede);

	struct bt_policy_builder *b = bt_policy_builder_bare();
	uint32_t first;
	if (b == NULL || !add_sinkhole(b, sinkhole, &first)) {
		bt_policy_builder_free(&b);
		return no_memory(err);
	}
	b->ede = sinkhole->ede;
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
	bt_intern_free(&b->sinkholes);
	free(b->lists.bytes);
	free(b->groups.bytes);
	free(b->actions.bytes);
	free(b->networks.bytes);
	free(b->forwarders.bytes);
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

bool bt_rows_add(struct bt_rows *rows, const void *row, size_t size)
{
	if (size > rows->room - rows->size) {
		size_t room = rows->room * 2 + size * 8;
		uint8_t *larger = realloc(rows->bytes, room);
		if (larger == NULL)
			return false;
		rows->bytes = larger;
		rows->room = room;
	}
	if (size > 0)
		memcpy(rows->bytes + rows->size, row, size);
	rows->size += size;
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

/* The name of a list or a group: of what it is number `number`. */
static bool check_name(const char *what, unsigned number, const char *name, struct bt_err *err)
{
	size_t length = strlen(name);
	if (length == 0 || length > BT_LIST_NAME_MAX)
		return bt_fail(err, "%s '%s': a name has 1 to %d characters, not %zu", what, name,
		    BT_LIST_NAME_MAX, length);
	for (size_t at = 0, octets; at < length; at += octets) {
		octets = bt_policy_character((const uint8_t *)name + at, length - at);
		if (octets == 0)
			return bt_fail(err, "%s %u: control character or broken UTF-8 in its name",
			    what, number);
	}
	return true;
}

static bool check_list(
    const struct bt_policy_builder *b, const struct bt_list_info *list, struct bt_err *err)
{
	if (!check_name("list", b->list_count, list->name, err))
		return false;
	if (b->list_count == BT_LISTS_MAX)
		return bt_fail(err, "list %s: more than %d lists", list->name, BT_LISTS_MAX);
	if ((unsigned)list->action >= BT_ACTIONS || (unsigned)list->events > BT_EVENTS_OFF ||
	    list->meta >= bt_intern_count(b->metas))
		return bt_fail(err, "list %s: unknown action, events or metadata", list->name);
	if (list->sinkhole != NULL && list->sinkhole->ttl > BT_TTL_MAX)
		return bt_fail(err, "list %s: TTL of %u s, more than %d", list->name,
		    list->sinkhole->ttl, BT_TTL_MAX);
	return true;
}

/* Whether one of the rows of `size` octets begins with the name's offset. */
static bool is_name_taken(const struct bt_rows *rows, size_t size, const uint8_t name[4])
{
	for (size_t at = 0; at < rows->size; at += size)
		if (memcmp(rows->bytes + at, name, 4) == 0)
			return true;
	return false;
}

bool bt_policy_add_list(
    struct bt_policy_builder *builder, const struct bt_list_info *list, struct bt_err *err)
{
	struct bt_policy_builder *b = builder;
	if (!check_list(b, list, err))
		return false;
	uint8_t at[BT_POLICY_LIST] = {0};
	uint32_t sinkhole = 0;
	if (!add_string(b, list->name, at + BT_POLICY_LIST_AT_NAME) ||
	    (list->sinkhole != NULL && !add_sinkhole(b, list->sinkhole, &sinkhole)))
		return no_memory(err);
	if (is_name_taken(&b->lists, BT_POLICY_LIST, at + BT_POLICY_LIST_AT_NAME))
		return bt_fail(err, "list %s: two lists have this name", list->name);
	bt_put32(at + BT_POLICY_LIST_AT_META, list->meta);
	at[BT_POLICY_LIST_AT_ACTION] = (uint8_t)list->action;
	at[BT_POLICY_LIST_AT_EVENTS] = (uint8_t)list->events;
	bt_put64(at + BT_POLICY_LIST_AT_ENTRIES, list->entries);
	bt_put64(at + BT_POLICY_LIST_AT_MODIFIED, (uint64_t)list->modified);
	bt_put16(at + BT_POLICY_LIST_AT_SINKHOLE, (uint16_t)sinkhole);
	if (!bt_rows_add(&b->lists, at, sizeof(at)))
		return no_memory(err);
	b->list_count++;
	return true;
}

void bt_policy_set_entries(struct bt_policy_builder *builder, unsigned list, uint64_t entries)
{
	if (list < builder->list_count)
		bt_put64(bt_policy_list_row(builder, list) + BT_POLICY_LIST_AT_ENTRIES, entries);
}

void bt_policy_count_name(struct bt_policy_builder *builder, uint32_t class_id)
{
	if (class_id >= bt_intern_count(builder->classes))
		return;
	size_t size;
	const uint8_t *member = bt_intern_bytes(builder->classes, class_id, &size);
	for (const uint8_t *end = member + size; member < end; member += BT_POLICY_MEMBER) {
		size_t list = bt_get16(member + BT_POLICY_MEMBER_AT_LIST);
		if (bt_scope_listed(member[BT_POLICY_MEMBER_AT_SCOPE]) == 0)
			continue; /* an exception alone */
		uint8_t *at = bt_policy_list_row(builder, list) + BT_POLICY_LIST_AT_ENTRIES;
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
		    !bt_scope_is_valid(member->scope) ||
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

bool bt_policy_add_local(struct bt_policy_builder *builder, struct bt_err *err)
{
	const struct bt_list_info info = {.name = BT_LOCAL_LIST};
	struct bt_member member = {.scope = BT_SCOPE_SUBTREE};
	uint8_t name[4];
	if (!add_string(builder, BT_LOCAL_LIST, name))
		return no_memory(err);
	while (
	    member.list < builder->list_count &&
	    memcmp(bt_policy_list_row(builder, member.list) + BT_POLICY_LIST_AT_NAME, name, 4) != 0)
		member.list++;
	if (member.list == builder->list_count && !bt_policy_add_list(builder, &info, err))
		return false;
	return bt_policy_add_class(builder, &member, 1, &builder->local_class, err);
}

uint32_t bt_policy_count_classes(const struct bt_policy_builder *builder)
{
	return bt_intern_count(builder->classes);
}

/* ---- clients ---- */

void bt_policy_set_enabled(struct bt_policy_builder *builder, bool enabled)
{
	builder->enabled = enabled;
}

bool bt_policy_add_group(
    struct bt_policy_builder *builder, const char *name, const uint8_t *actions, struct bt_err *err)
{
	uint8_t at[BT_POLICY_GROUP];
	if (!check_name("group", bt_policy_count_groups(builder), name, err))
		return false;
	if (bt_policy_count_groups(builder) == BT_GROUPS_MAX)
		return bt_fail(err, "group %s: more than %d groups", name, BT_GROUPS_MAX - 1);
	for (unsigned i = 0; i < builder->list_count; i++)
		if (actions[i] >= BT_ACTIONS && actions[i] != BT_ACTION_NONE)
			return bt_fail(err, "group %s: unknown action %u", name, actions[i]);
	if (!add_string(builder, name, at + BT_POLICY_GROUP_AT_NAME))
		return no_memory(err);
	if (is_name_taken(&builder->groups, BT_POLICY_GROUP, at + BT_POLICY_GROUP_AT_NAME))
		return bt_fail(err, "group %s: two groups have this name", name);
	if (!bt_rows_add(&builder->actions, actions, builder->list_count) ||
	    !bt_rows_add(&builder->groups, at, sizeof(at)))
		return no_memory(err);
	return true;
}

static bool add_network(
    struct bt_rows *rows, const struct bt_network *network, unsigned group, struct bt_err *err)
{
	uint8_t at[BT_POLICY_NETWORK] = {0};
	char text[BT_NETWORK_TEXT];
	bt_network_write(text, network);
	if (!bt_network_is(network))
		return bt_fail(err, "network %s: its address has bits that it has not", text);
	memcpy(at, network->address, sizeof(network->address));
	at[BT_POLICY_NETWORK_AT_BITS] = network->bits;
	bt_put16(at + BT_POLICY_NETWORK_AT_GROUP, (uint16_t)group);
	if (rows->size / BT_POLICY_NETWORK == BT_NETWORKS_MAX)
		return bt_fail(err, "network %s: more than %d networks", text, BT_NETWORKS_MAX);
	return bt_rows_add(rows, at, sizeof(at)) || no_memory(err);
}

bool bt_policy_add_network(struct bt_policy_builder *builder, const struct bt_network *network,
    unsigned group, struct bt_err *err)
{
	if (group >= bt_policy_count_groups(builder))
		return bt_fail(err, "policy: a network of group %u, which is none", group);
	return add_network(&builder->networks, network, group, err);
}

bool bt_policy_add_forwarder(
    struct bt_policy_builder *builder, const struct bt_network *network, struct bt_err *err)
{
	return add_network(&builder->forwarders, network, 0, err);
}

static int by_network(const void *a, const void *b)
{
	return memcmp(a, b, BT_POLICY_NETWORK);
}

/* In ascending order, each once; to be in two groups is an error. */
static bool sort_networks(struct bt_rows *rows, struct bt_err *err)
{
	size_t count = rows->size / BT_POLICY_NETWORK, kept = 0;
	if (count > 0)
		qsort(rows->bytes, count, BT_POLICY_NETWORK, by_network);
	for (size_t i = 0; i < count; i++) {
		const uint8_t *row = rows->bytes + i * BT_POLICY_NETWORK;
		uint8_t *free_row = rows->bytes + kept * BT_POLICY_NETWORK;
		if (kept == 0 ||
		    memcmp(free_row - BT_POLICY_NETWORK, row, BT_POLICY_NETWORK_AT_ZERO) != 0) {
			memmove(free_row, row, BT_POLICY_NETWORK);
			kept++;
		} else if (memcmp(free_row - BT_POLICY_NETWORK, row, BT_POLICY_NETWORK) != 0) {
			struct bt_network network = bt_policy_read_network(row);
			char text[BT_NETWORK_TEXT];
			bt_network_write(text, &network);
			return bt_fail(err, "network %s is in two groups of clients", text);
		}
	}
	rows->size = kept * BT_POLICY_NETWORK;
	return true;
}

/* ---- the bytes ---- */

static void put_header(const struct bt_policy_builder *b, uint8_t *at, size_t size)
{
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
	bt_put32(at + BT_POLICY_AT_SINKHOLES, bt_intern_count(b->sinkholes));
	bt_put32(at + BT_POLICY_AT_GROUPS, bt_policy_count_groups(b));
	bt_put32(at + BT_POLICY_AT_NETWORKS, (uint32_t)(b->networks.size / BT_POLICY_NETWORK));
	bt_put32(at + BT_POLICY_AT_FORWARDERS, (uint32_t)(b->forwarders.size / BT_POLICY_NETWORK));
	bt_put32(at + BT_POLICY_AT_LOCAL, b->local_class);
	at[BT_POLICY_AT_EDE] = (uint8_t)b->ede;
	at[BT_POLICY_AT_FLAGS] = b->enabled ? 0 : BT_POLICY_DISABLED;
}

static uint8_t *put_bytes(uint8_t *at, const void *bytes, size_t size)
{
	if (size > 0)
		memcpy(at, bytes, size);
	return at + size;
}

static uint8_t *put_rows(uint8_t *at, const struct bt_rows *rows)
{
	return put_bytes(at, rows->bytes, rows->size);
}

/* Group 0, for which each list does what it does, before the others. */
static uint8_t *put_groups(const struct bt_policy_builder *b, uint8_t *at)
{
	memset(at, 0, BT_POLICY_GROUP); /* the empty string */
	at = put_rows(at + BT_POLICY_GROUP, &b->groups);
	for (unsigned i = 0; i < b->list_count; i++)
		*at++ = bt_policy_list_row(b, i)[BT_POLICY_LIST_AT_ACTION];
	return put_rows(at, &b->actions);
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

	if (!sort_networks(&builder->networks, err) || !sort_networks(&builder->forwarders, err))
		return false;
	size_t total = BT_POLICY_HEADER + b->lists.size + section_size(b->sinkholes) +
		       BT_POLICY_GROUP + b->groups.size + b->list_count + b->actions.size +
		       b->networks.size + b->forwarders.size + index_size(b->classes) +
		       section_size(b->classes) + index_size(b->metas) + section_size(b->metas) +
		       section_size(b->strings);
	if (total > BT_POLICY_MAX)
		return bt_fail(err, "policy: %zu octets of classes and metadata, more than %d",
		    total, BT_POLICY_MAX);
	uint8_t *policy = malloc(total);
	if (policy == NULL)
		return no_memory(err);
	put_header(b, policy, total);
	uint8_t *at = put_rows(policy + BT_POLICY_HEADER, &b->lists);
	at = put_bytes(at, section_bytes(b->sinkholes), section_size(b->sinkholes));
	at = put_groups(b, at);
	at = put_rows(at, &b->networks);
	at = put_rows(at, &b->forwarders);
	at = put_table(at, b->classes, BT_POLICY_MEMBER);
	at = put_table(at, b->metas, BT_POLICY_PAIR);
	put_bytes(at, section_bytes(b->strings), section_size(b->strings));
	*bytes = policy;
	*size = total;
	return true;
}
