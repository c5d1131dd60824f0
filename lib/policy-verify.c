/* SPDX-License-Identifier: BSD-3-Clause */
/* policy-verify.c -- the policy's bytes, checked and cut into sections: doc/policy-format.md */

#include <stdlib.h>
#include <string.h>

#include "endian.h"
#include "policy-format.h"
#include "policy-view.h"

static bool read_header(struct bt_policy *p, struct bt_err *err)
{
	const uint8_t *at = p->bytes;
	if (p->size < BT_POLICY_HEADER)
		return bt_fail(err, "policy: cut off: %zu octets, and its header alone has %d",
		    p->size, BT_POLICY_HEADER);
	if (memcmp(at, BT_POLICY_MAGIC, 8) != 0)
		return bt_fail(err, "policy: does not begin with \"" BT_POLICY_MAGIC "\"");
	uint32_t version = bt_get32(at + BT_POLICY_AT_VERSION);
	if (version != BT_POLICY_VERSION)
		return bt_fail(err, "policy: is of version %u; this program reads version %d",
		    version, BT_POLICY_VERSION);
	uint8_t flags = at[BT_POLICY_AT_FLAGS];
	if (at[BT_POLICY_AT_EDE] > BT_EDE_TEXT)
		return bt_fail(err, "policy: unknown EDE mode %u", at[BT_POLICY_AT_EDE]);
	if ((flags & ~BT_POLICY_DISABLED) != 0 || bt_get32(at + BT_POLICY_AT_ZERO) != 0 ||
	    bt_get16(at + BT_POLICY_AT_ZERO + 4) != 0)
		return bt_fail(err, "policy: unknown flags in the header");
	p->ede = at[BT_POLICY_AT_EDE];
	p->enabled = (flags & BT_POLICY_DISABLED) == 0;
	p->local_class = bt_get32(at + BT_POLICY_AT_LOCAL);
	return true;
}

/* ---- sections ---- */

static bool read_counts(struct bt_policy *p, struct bt_err *err)
{
	p->list_count = bt_get32(p->bytes + BT_POLICY_AT_LISTS);
	p->sinkhole_count = bt_get32(p->bytes + BT_POLICY_AT_SINKHOLES);
	p->group_count = bt_get32(p->bytes + BT_POLICY_AT_GROUPS);
	p->network_count = bt_get32(p->bytes + BT_POLICY_AT_NETWORKS);
	p->forwarder_count = bt_get32(p->bytes + BT_POLICY_AT_FORWARDERS);
	p->class_count = bt_get32(p->bytes + BT_POLICY_AT_CLASSES);
	p->member_count = bt_get32(p->bytes + BT_POLICY_AT_MEMBERS);
	p->meta_count = bt_get32(p->bytes + BT_POLICY_AT_METAS);
	p->pair_count = bt_get32(p->bytes + BT_POLICY_AT_PAIRS);
	p->string_size = bt_get32(p->bytes + BT_POLICY_AT_STRINGS);
	if (p->list_count > BT_LISTS_MAX)
		return bt_fail(err, "policy: %u lists, more than %d", p->list_count, BT_LISTS_MAX);
	if (p->group_count == 0 || p->group_count > BT_GROUPS_MAX)
		return bt_fail(
		    err, "policy: %u groups, expected 1 to %d", p->group_count, BT_GROUPS_MAX);
	if (p->network_count > BT_NETWORKS_MAX || p->forwarder_count > BT_NETWORKS_MAX)
		return bt_fail(err, "policy: more than %d networks", BT_NETWORKS_MAX);
	if (p->meta_count == 0 || p->string_size == 0 || p->sinkhole_count == 0)
		return bt_fail(
		    err, "policy: lacks the empty metadata, the empty string or a sinkhole");
	return true;
}

/* Cuts the bytes into sections. The sum of the sizes cannot overflow: each is below 2^37. */
static bool read_sections(struct bt_policy *p, struct bt_err *err)
{
	if (!read_counts(p, err))
		return false;
	const struct {
		const uint8_t **section;
		uint64_t count, size;
	} sections[] = {
	    {&p->lists, p->list_count, BT_POLICY_LIST},
	    {&p->sinkhole_rows, p->sinkhole_count, BT_POLICY_SINKHOLE},
	    {&p->groups, p->group_count, BT_POLICY_GROUP},
	    {&p->actions, p->group_count, p->list_count},
	    {&p->networks, p->network_count, BT_POLICY_NETWORK},
	    {&p->forwarders, p->forwarder_count, BT_POLICY_NETWORK},
	    {&p->class_index, (uint64_t)p->class_count + 1, 4},
	    {&p->members, p->member_count, BT_POLICY_MEMBER},
	    {&p->meta_index, (uint64_t)p->meta_count + 1, 4},
	    {&p->pairs, p->pair_count, BT_POLICY_PAIR},
	};
	enum { SECTIONS = sizeof(sections) / sizeof(*sections) };
	uint64_t size = BT_POLICY_HEADER + (uint64_t)p->string_size;
	for (unsigned i = 0; i < SECTIONS; i++)
		size += sections[i].count * sections[i].size;
	if (size != bt_get64(p->bytes + BT_POLICY_AT_SIZE) || size != p->size)
		return bt_fail(err,
		    "policy: its sections need %ju octets, its header says %ju, and there are %zu",
		    (uintmax_t)size, (uintmax_t)bt_get64(p->bytes + BT_POLICY_AT_SIZE), p->size);
	const uint8_t *at = p->bytes + BT_POLICY_HEADER;
	for (unsigned i = 0; i < SECTIONS; i++) {
		*sections[i].section = at;
		at += sections[i].count * sections[i].size;
	}
	p->strings = (const char *)at;
	return true;
}

/* ---- strings, metadata, lists, classes ---- */

static bool check_strings(const struct bt_policy *p, struct bt_err *err)
{
	const uint8_t *text = (const uint8_t *)p->strings;
	if (text[0] != 0 || text[p->string_size - 1] != 0)
		return bt_fail(err, "policy: strings do not begin or do not end with a zero octet");
	for (size_t at = 0, octets; at < p->string_size; at += octets) {
		octets = text[at] == 0 ? 1 : bt_policy_character(text + at, p->string_size - at);
		if (octets == 0)
			return bt_fail(err,
			    "policy: control character or broken UTF-8 in the strings at %zu", at);
	}
	return true;
}

/* Whether a string begins there. */
static bool is_string(const struct bt_policy *p, uint32_t offset)
{
	return offset < p->string_size && (offset == 0 || p->strings[offset - 1] == '\0');
}

/* An index of `count` + 1 numbers that begin with 0, end with `end` and go up by one at least. */
static bool check_index(const uint8_t *index, uint32_t first, uint32_t count, uint32_t end)
{
	if (bt_get32(index) != 0 || bt_get32(index + (size_t)count * 4) != end)
		return false;
	for (size_t i = first; i < count; i++)
		if (bt_get32(index + i * 4) >= bt_get32(index + (i + 1) * 4))
			return false;
	return true;
}

static bool check_metas(const struct bt_policy *p, struct bt_err *err)
{
	/* Number 0, the one without pairs, is the only empty one. */
	if (bt_get32(p->meta_index + 4) != 0 ||
	    !check_index(p->meta_index, 1, p->meta_count, p->pair_count))
		return bt_fail(err, "policy: the index of metadata is not in order");
	for (uint32_t i = 0; i < p->meta_count; i++)
		if (bt_policy_meta_size(p, i) > BT_PAIRS_MAX)
			return bt_fail(err, "policy: metadata entry %u has more than %d pairs", i,
			    BT_PAIRS_MAX);
	for (size_t i = 0; i < p->pair_count; i++) {
		const uint8_t *pair = p->pairs + i * BT_POLICY_PAIR;
		if (!is_string(p, bt_get32(pair + BT_POLICY_PAIR_AT_KEY)) ||
		    !is_string(p, bt_get32(pair + BT_POLICY_PAIR_AT_VALUE)))
			return bt_fail(err, "policy: pair %zu refers to no string", i);
	}
	return true;
}

static bool check_lists(const struct bt_policy *p, struct bt_err *err)
{
	for (size_t i = 0; i < p->list_count; i++) {
		const uint8_t *list = p->lists + i * BT_POLICY_LIST;
		if (!is_string(p, bt_get32(list + BT_POLICY_LIST_AT_NAME)))
			return bt_fail(err, "policy: the name of list %zu is no string", i);
		const char *name = p->strings + bt_get32(list + BT_POLICY_LIST_AT_NAME);
		size_t length = strlen(name);
		if (length == 0 || length > BT_LIST_NAME_MAX)
			return bt_fail(
			    err, "policy: the name of list %zu has %zu characters", i, length);
		if (bt_policy_find_list(p, name) != (int)i)
			return bt_fail(err, "policy: two lists are named %s", name);
		if (bt_get32(list + BT_POLICY_LIST_AT_META) >= p->meta_count ||
		    list[BT_POLICY_LIST_AT_ACTION] >= BT_ACTIONS ||
		    list[BT_POLICY_LIST_AT_EVENTS] > BT_EVENTS_OFF ||
		    bt_get16(list + BT_POLICY_LIST_AT_SINKHOLE) >= p->sinkhole_count ||
		    bt_get32(list + BT_POLICY_LIST_AT_ZERO) != 0)
			return bt_fail(
			    err, "policy: list %s has an unknown action or other value", name);
	}
	return true;
}

static bool check_members(struct bt_policy *p, uint32_t class_id)
{
	unsigned count = bt_policy_class_size(p, class_id);
	const uint8_t *at =
	    p->members + (size_t)bt_get32(p->class_index + (size_t)class_id * 4) * BT_POLICY_MEMBER;
	for (uint32_t i = 0, next = 0; i < count; i++, at += BT_POLICY_MEMBER) {
		uint32_t list = bt_get16(at + BT_POLICY_MEMBER_AT_LIST);
		uint8_t scope = at[BT_POLICY_MEMBER_AT_SCOPE];
		if (list < next || list >= p->list_count || !bt_scope_is_valid(scope) ||
		    at[BT_POLICY_MEMBER_AT_ZERO] != 0 ||
		    bt_get32(at + BT_POLICY_MEMBER_AT_META) >= p->meta_count)
			return false;
		p->excepts |= bt_scope_excepted(scope) != 0;
		next = list + 1;
	}
	return true;
}

static bool check_classes(struct bt_policy *p, struct bt_err *err)
{
	if (!check_index(p->class_index, 0, p->class_count, p->member_count))
		return bt_fail(err, "policy: the index of classes is not in order");
	for (uint32_t i = 0; i < p->class_count; i++)
		if (!check_members(p, i))
			return bt_fail(err, "policy: class %u has a member that cannot be", i);
	return true;
}

/* ---- sinkholes and clients ---- */

static bool read_sinkhole(const uint8_t *at, struct bt_sinkhole *sinkhole, struct bt_err *err)
{
	static const uint8_t none[16];
	uint8_t flags = at[BT_POLICY_SINKHOLE_AT_FLAGS];
	*sinkhole = (struct bt_sinkhole){
	    .has_ipv4 = (flags & BT_POLICY_HAS_IPV4) != 0,
	    .has_ipv6 = (flags & BT_POLICY_HAS_IPV6) != 0,
	    .ttl = bt_get32(at + BT_POLICY_SINKHOLE_AT_TTL),
	};
	memcpy(sinkhole->ipv4, at + BT_POLICY_SINKHOLE_AT_IPV4, sizeof(sinkhole->ipv4));
	memcpy(sinkhole->ipv6, at + BT_POLICY_SINKHOLE_AT_IPV6, sizeof(sinkhole->ipv6));
	if (sinkhole->ttl > BT_TTL_MAX)
		return bt_fail(err, "policy: TTL of %u s, more than %d", sinkhole->ttl, BT_TTL_MAX);
	if ((flags & ~(BT_POLICY_HAS_IPV4 | BT_POLICY_HAS_IPV6)) != 0 ||
	    memcmp(at + BT_POLICY_SINKHOLE_AT_ZERO, none, 3) != 0)
		return bt_fail(err, "policy: unknown flags of a sinkhole");
	if ((!sinkhole->has_ipv4 && memcmp(sinkhole->ipv4, none, 4) != 0) ||
	    (!sinkhole->has_ipv6 && memcmp(sinkhole->ipv6, none, 16) != 0))
		return bt_fail(err, "policy: a sinkhole address without its flag");
	return true;
}

static bool read_sinkholes(struct bt_policy *p, struct bt_err *err)
{
	p->sinkholes = calloc(p->sinkhole_count, sizeof(*p->sinkholes));
	if (p->sinkholes == NULL)
		return bt_fail(err, "policy: out of memory");
	for (size_t i = 0; i < p->sinkhole_count; i++) {
		const uint8_t *at = p->sinkhole_rows + i * BT_POLICY_SINKHOLE;
		if (!read_sinkhole(at, &p->sinkholes[i], err))
			return false;
		p->sinkholes[i].ede = p->ede;
	}
	return true;
}

static bool check_group_name(const struct bt_policy *p, unsigned group, struct bt_err *err)
{
	const uint8_t *row = p->groups + (size_t)group * BT_POLICY_GROUP;
	uint32_t offset = bt_get32(row + BT_POLICY_GROUP_AT_NAME);
	if (!is_string(p, offset))
		return bt_fail(err, "policy: the name of group %u is no string", group);
	const char *name = p->strings + offset;
	size_t length = strlen(name);
	if (group == 0 ? length != 0 : length == 0 || length > BT_LIST_NAME_MAX)
		return bt_fail(
		    err, "policy: the name of group %u has %zu characters", group, length);
	for (unsigned i = 1; i < group; i++)
		if (strcmp(bt_policy_group_name(p, i), name) == 0)
			return bt_fail(err, "policy: two groups are named %s", name);
	return true;
}

/* Group 0 has no name, and each list's own action. */
static bool check_groups(const struct bt_policy *p, struct bt_err *err)
{
	for (unsigned i = 0; i < p->group_count; i++) {
		if (!check_group_name(p, i, err))
			return false;
		const uint8_t *actions = p->actions + (size_t)i * p->list_count;
		for (size_t list = 0; list < p->list_count; list++) {
			uint8_t own = p->lists[list * BT_POLICY_LIST + BT_POLICY_LIST_AT_ACTION];
			if (i == 0 ? actions[list] != own
				   : actions[list] >= BT_ACTIONS && actions[list] != BT_ACTION_NONE)
				return bt_fail(err,
				    "policy: group %u has an unknown action for list %zu", i, list);
		}
	}
	return true;
}

/*
 * Networks are in ascending order and each is there once, so that the one around a network is the
 * one before it, or around that.
 */
static bool read_networks(
    const uint8_t *rows, uint32_t count, uint32_t groups, uint32_t **parents, struct bt_err *err)
{
	*parents = calloc((size_t)count + 1, sizeof(**parents));
	if (*parents == NULL)
		return bt_fail(err, "policy: out of memory");
	for (uint32_t i = 0; i < count; i++) {
		const uint8_t *row = rows + (size_t)i * BT_POLICY_NETWORK;
		struct bt_network network = bt_policy_read_network(row), other;
		if (!bt_network_is(&network) || row[BT_POLICY_NETWORK_AT_ZERO] != 0 ||
		    bt_get16(row + BT_POLICY_NETWORK_AT_GROUP) >= groups)
			return bt_fail(err, "policy: network %u is none", i);
		if (i > 0 && memcmp(row - BT_POLICY_NETWORK, row, BT_POLICY_NETWORK_AT_ZERO) >= 0)
			return bt_fail(err, "policy: network %u is not above the one before", i);
		uint32_t around = i;
		for (; around > 0; around = (*parents)[around - 1]) {
			other =
			    bt_policy_read_network(rows + ((size_t)around - 1) * BT_POLICY_NETWORK);
			if (bt_network_has(&other, network.address))
				break;
		}
		(*parents)[i] = around;
	}
	return true;
}

static bool note_acting(struct bt_policy *p, struct bt_err *err)
{
	p->acts = calloc((size_t)p->list_count + 1, sizeof(*p->acts));
	if (p->acts == NULL)
		return bt_fail(err, "policy: out of memory");
	size_t all = (size_t)p->group_count * p->list_count;
	for (size_t i = 0; i < all; i++)
		p->acts[i % p->list_count] |=
		    p->actions[i] != BT_ACTION_ALLOW && p->actions[i] != BT_ACTION_NONE;
	return true;
}

static bool read_clients(struct bt_policy *p, struct bt_err *err)
{
	return note_acting(p, err) && check_groups(p, err) &&
	       read_networks(
		   p->networks, p->network_count, p->group_count, &p->network_parents, err) &&
	       read_networks(p->forwarders, p->forwarder_count, 1, &p->forwarder_parents, err);
}

/* ---- the whole ---- */

static bool check_local(const struct bt_policy *p, struct bt_err *err)
{
	if (p->local_class == BT_POLICY_NO_CLASS)
		return true;
	int list = bt_policy_find_list(p, BT_LOCAL_LIST);
	if (p->local_class >= p->class_count || bt_policy_class_size(p, p->local_class) != 1)
		return bt_fail(err, "policy: the class of local decisions is none");
	struct bt_member only = bt_policy_member(p, p->local_class, 0);
	if (only.list != list || only.scope != BT_SCOPE_SUBTREE || only.meta != 0)
		return bt_fail(err, "policy: the class of local decisions is another list's");
	return true;
}

bool bt_policy_open(struct bt_policy **policy, const void *bytes, size_t size, struct bt_err *err)
{
	struct bt_policy *p = calloc(1, sizeof(*p));
	if (p == NULL)
		return bt_fail(err, "policy: out of memory");
	p->bytes = bytes;
	p->size = size;
	if (!read_header(p, err) || !read_sections(p, err) || !check_strings(p, err) ||
	    !check_metas(p, err) || !check_lists(p, err) || !check_classes(p, err) ||
	    !check_local(p, err) || !read_sinkholes(p, err) || !read_clients(p, err)) {
		bt_policy_close(&p);
		return false;
	}
	*policy = p;
	return true;
}

void bt_policy_close(struct bt_policy **policy)
{
	if (*policy == NULL)
		return;
	free((*policy)->sinkholes);
	free((*policy)->network_parents);
	free((*policy)->forwarder_parents);
	free((*policy)->acts);
	free(*policy);
	*policy = NULL;
}
