/* SPDX-License-Identifier: BSD-3-Clause */
/* policy.c -- from matches to a verdict */

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "endian.h"
#include "policy-format.h"
#include "policy.h"
#include "trie.h"

struct bt_policy {
	const uint8_t *bytes;
	size_t size;
	const uint8_t *lists;
	const uint8_t *class_index; /* of class_count + 1: where each class begins in members */
	const uint8_t *members;
	const uint8_t *meta_index;
	const uint8_t *pairs;
	const char *strings;
	uint32_t list_count;
	uint32_t class_count;
	uint32_t member_count;
	uint32_t meta_count;
	uint32_t pair_count;
	uint32_t string_size;
	struct bt_sinkhole sinkhole;
};

/* ---- names of things ---- */

static const char *const action_names[BT_ACTIONS] = {
    [BT_ACTION_SINKHOLE] = "sinkhole",
    [BT_ACTION_NXDOMAIN] = "nxdomain",
    [BT_ACTION_NODATA] = "nodata",
    [BT_ACTION_REFUSED] = "refused",
    [BT_ACTION_DROP] = "drop",
    [BT_ACTION_ALLOW] = "allow",
    [BT_ACTION_LOG] = "log",
};

static const char *const scope_names[] = {
    [BT_SCOPE_EXACT] = "exact",
    [BT_SCOPE_BELOW] = "below",
    [BT_SCOPE_SUBTREE] = "subtree",
};

const char *bt_action_name(enum bt_action action)
{
	return (unsigned)action < BT_ACTIONS ? action_names[action] : "unknown";
}

int bt_action_from_name(const char *name)
{
	for (int i = 0; i < BT_ACTIONS; i++)
		if (strcmp(name, action_names[i]) == 0)
			return i;
	return -1;
}

const char *bt_scope_name(uint8_t scope)
{
	return scope >= BT_SCOPE_EXACT && scope <= BT_SCOPE_SUBTREE ? scope_names[scope]
								    : "unknown";
}

int bt_scope_from_name(const char *name)
{
	for (int i = BT_SCOPE_EXACT; i <= BT_SCOPE_SUBTREE; i++)
		if (strcmp(name, scope_names[i]) == 0)
			return i;
	return -1;
}

/* ---- verify ---- */

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
	p->sinkhole.ttl = bt_get32(at + BT_POLICY_AT_TTL);
	p->sinkhole.ede = at[BT_POLICY_AT_EDE];
	p->sinkhole.has_ipv4 = (flags & BT_POLICY_HAS_IPV4) != 0;
	p->sinkhole.has_ipv6 = (flags & BT_POLICY_HAS_IPV6) != 0;
	memcpy(p->sinkhole.ipv4, at + BT_POLICY_AT_IPV4, sizeof(p->sinkhole.ipv4));
	memcpy(p->sinkhole.ipv6, at + BT_POLICY_AT_IPV6, sizeof(p->sinkhole.ipv6));
	if (p->sinkhole.ttl > BT_TTL_MAX)
		return bt_fail(
		    err, "policy: TTL of %u s, more than %d", p->sinkhole.ttl, BT_TTL_MAX);
	if (at[BT_POLICY_AT_EDE] > BT_EDE_TEXT)
		return bt_fail(err, "policy: unknown EDE mode %u", at[BT_POLICY_AT_EDE]);
	if ((flags & ~(BT_POLICY_HAS_IPV4 | BT_POLICY_HAS_IPV6)) != 0 ||
	    bt_get16(at + BT_POLICY_AT_ZERO) != 0)
		return bt_fail(err, "policy: unknown flags in the header");
	static const uint8_t none[16];
	if ((!p->sinkhole.has_ipv4 && memcmp(p->sinkhole.ipv4, none, 4) != 0) ||
	    (!p->sinkhole.has_ipv6 && memcmp(p->sinkhole.ipv6, none, 16) != 0))
		return bt_fail(err, "policy: a sinkhole address without its flag");
	return true;
}

/* Cuts the bytes into sections. The sum of the sizes cannot overflow: each is below 2^36. */
static bool read_sections(struct bt_policy *p, struct bt_err *err)
{
	p->list_count = bt_get32(p->bytes + BT_POLICY_AT_LISTS);
	p->class_count = bt_get32(p->bytes + BT_POLICY_AT_CLASSES);
	p->member_count = bt_get32(p->bytes + BT_POLICY_AT_MEMBERS);
	p->meta_count = bt_get32(p->bytes + BT_POLICY_AT_METAS);
	p->pair_count = bt_get32(p->bytes + BT_POLICY_AT_PAIRS);
	p->string_size = bt_get32(p->bytes + BT_POLICY_AT_STRINGS);
	if (p->list_count > BT_LISTS_MAX)
		return bt_fail(err, "policy: %u lists, more than %d", p->list_count, BT_LISTS_MAX);
	if (p->meta_count == 0 || p->string_size == 0)
		return bt_fail(err, "policy: lacks the empty metadata or the empty string");

	uint64_t class_index = BT_POLICY_HEADER + (uint64_t)p->list_count * BT_POLICY_LIST;
	uint64_t members = class_index + ((uint64_t)p->class_count + 1) * 4;
	uint64_t meta_index = members + (uint64_t)p->member_count * BT_POLICY_MEMBER;
	uint64_t pairs = meta_index + ((uint64_t)p->meta_count + 1) * 4;
	uint64_t strings = pairs + (uint64_t)p->pair_count * BT_POLICY_PAIR;
	uint64_t size = strings + p->string_size;
	if (size != bt_get64(p->bytes + BT_POLICY_AT_SIZE) || size != p->size)
		return bt_fail(err,
		    "policy: its sections need %ju octets, its header says %ju, and there are %zu",
		    (uintmax_t)size, (uintmax_t)bt_get64(p->bytes + BT_POLICY_AT_SIZE), p->size);

	p->lists = p->bytes + BT_POLICY_HEADER;
	p->class_index = p->bytes + class_index;
	p->members = p->bytes + members;
	p->meta_index = p->bytes + meta_index;
	p->pairs = p->bytes + pairs;
	p->strings = (const char *)p->bytes + strings;
	return true;
}

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

static const char *list_name(const struct bt_policy *p, size_t list)
{
	return p->strings + bt_get32(p->lists + list * BT_POLICY_LIST + BT_POLICY_LIST_AT_NAME);
}

static bool check_lists(const struct bt_policy *p, struct bt_err *err)
{
	for (size_t i = 0; i < p->list_count; i++) {
		const uint8_t *list = p->lists + i * BT_POLICY_LIST;
		if (!is_string(p, bt_get32(list + BT_POLICY_LIST_AT_NAME)))
			return bt_fail(err, "policy: the name of list %zu is no string", i);
		size_t length = strlen(list_name(p, i));
		if (length == 0 || length > BT_LIST_NAME_MAX)
			return bt_fail(
			    err, "policy: the name of list %zu has %zu characters", i, length);
		if (bt_policy_find_list(p, list_name(p, i)) != (int)i)
			return bt_fail(err, "policy: two lists are named %s", list_name(p, i));
		if (bt_get32(list + BT_POLICY_LIST_AT_META) >= p->meta_count ||
		    list[BT_POLICY_LIST_AT_ACTION] >= BT_ACTIONS ||
		    list[BT_POLICY_LIST_AT_EVENTS] > BT_EVENTS_OFF ||
		    bt_get16(list + BT_POLICY_LIST_AT_ZERO) != 0 ||
		    bt_get32(list + BT_POLICY_LIST_AT_ZERO + 2) != 0)
			return bt_fail(err, "policy: list %s has an unknown action or other value",
			    list_name(p, i));
	}
	return true;
}

static bool check_members(const struct bt_policy *p, uint32_t class_id)
{
	unsigned count = bt_policy_class_size(p, class_id);
	const uint8_t *at =
	    p->members + (size_t)bt_get32(p->class_index + (size_t)class_id * 4) * BT_POLICY_MEMBER;
	for (uint32_t i = 0, next = 0; i < count; i++, at += BT_POLICY_MEMBER) {
		uint32_t list = bt_get16(at + BT_POLICY_MEMBER_AT_LIST);
		uint8_t scope = at[BT_POLICY_MEMBER_AT_SCOPE];
		if (list < next || list >= p->list_count || scope < BT_SCOPE_EXACT ||
		    scope > BT_SCOPE_SUBTREE || at[BT_POLICY_MEMBER_AT_ZERO] != 0 ||
		    bt_get32(at + BT_POLICY_MEMBER_AT_META) >= p->meta_count)
			return false;
		next = list + 1;
	}
	return true;
}

static bool check_classes(const struct bt_policy *p, struct bt_err *err)
{
	if (!check_index(p->class_index, 0, p->class_count, p->member_count))
		return bt_fail(err, "policy: the index of classes is not in order");
	for (uint32_t i = 0; i < p->class_count; i++)
		if (!check_members(p, i))
			return bt_fail(err, "policy: class %u has a member that cannot be", i);
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
	    !check_metas(p, err) || !check_lists(p, err) || !check_classes(p, err)) {
		bt_policy_close(&p);
		return false;
	}
	*policy = p;
	return true;
}

void bt_policy_close(struct bt_policy **policy)
{
	free(*policy);
	*policy = NULL;
}

/* ---- read ---- */

const void *bt_policy_bytes(const struct bt_policy *policy, size_t *size)
{
	*size = policy->size;
	return policy->bytes;
}

const struct bt_sinkhole *bt_policy_sinkhole(const struct bt_policy *policy)
{
	return &policy->sinkhole;
}

unsigned bt_policy_lists(const struct bt_policy *policy)
{
	return policy->list_count;
}

uint32_t bt_policy_classes(const struct bt_policy *policy)
{
	return policy->class_count;
}

struct bt_list_info bt_policy_list(const struct bt_policy *policy, unsigned list)
{
	const uint8_t *at = policy->lists + (size_t)list * BT_POLICY_LIST;
	return (struct bt_list_info){
	    .name = list_name(policy, list),
	    .action = at[BT_POLICY_LIST_AT_ACTION],
	    .events = at[BT_POLICY_LIST_AT_EVENTS],
	    .meta = bt_get32(at + BT_POLICY_LIST_AT_META),
	    .entries = bt_get64(at + BT_POLICY_LIST_AT_ENTRIES),
	    .modified = (int64_t)bt_get64(at + BT_POLICY_LIST_AT_MODIFIED),
	};
}

int bt_policy_find_list(const struct bt_policy *policy, const char *name)
{
	for (uint32_t i = 0; i < policy->list_count; i++)
		if (strcmp(list_name(policy, i), name) == 0)
			return (int)i;
	return -1;
}

/* Where entry `i` of an index begins in its section; *count is how many there are. */
static size_t range_of(const uint8_t *index, uint32_t i, unsigned *count)
{
	uint32_t begin = bt_get32(index + (size_t)i * 4);
	*count = bt_get32(index + ((size_t)i + 1) * 4) - begin;
	return begin;
}

static struct bt_member read_member(const uint8_t *at)
{
	return (struct bt_member){
	    .list = bt_get16(at + BT_POLICY_MEMBER_AT_LIST),
	    .scope = at[BT_POLICY_MEMBER_AT_SCOPE],
	    .meta = bt_get32(at + BT_POLICY_MEMBER_AT_META),
	};
}

unsigned bt_policy_class_size(const struct bt_policy *policy, uint32_t class_id)
{
	unsigned count = 0;
	if (class_id < policy->class_count)
		range_of(policy->class_index, class_id, &count);
	return count;
}

struct bt_member bt_policy_member(const struct bt_policy *policy, uint32_t class_id, unsigned i)
{
	unsigned count;
	size_t begin = range_of(policy->class_index, class_id, &count);
	return read_member(policy->members + (begin + i) * BT_POLICY_MEMBER);
}

unsigned bt_policy_meta_size(const struct bt_policy *policy, uint32_t meta)
{
	unsigned count = 0;
	if (meta < policy->meta_count)
		range_of(policy->meta_index, meta, &count);
	return count;
}

struct bt_pair bt_policy_pair(const struct bt_policy *policy, uint32_t meta, unsigned i)
{
	unsigned count;
	size_t begin = range_of(policy->meta_index, meta, &count);
	const uint8_t *at = policy->pairs + (begin + i) * BT_POLICY_PAIR;
	return (struct bt_pair){
	    .key = policy->strings + bt_get32(at + BT_POLICY_PAIR_AT_KEY),
	    .value = policy->strings + bt_get32(at + BT_POLICY_PAIR_AT_VALUE),
	};
}

static const char *find_value(const struct bt_policy *policy, uint32_t meta, const char *key)
{
	unsigned count = bt_policy_meta_size(policy, meta);
	for (unsigned i = 0; i < count; i++) {
		struct bt_pair pair = bt_policy_pair(policy, meta, i);
		if (strcmp(pair.key, key) == 0)
			return pair.value;
	}
	return NULL;
}

const char *bt_policy_value(
    const struct bt_policy *policy, struct bt_member member, const char *key)
{
	const char *value = find_value(policy, member.meta, key);
	if (value == NULL)
		value = find_value(policy, bt_policy_list(policy, member.list).meta, key);
	return value;
}

/* ---- decide ---- */

bool bt_scope_covers(uint8_t scope, unsigned listed_labels, unsigned name_labels)
{
	if (listed_labels > name_labels)
		return false;
	return (scope & (listed_labels == name_labels ? BT_SCOPE_EXACT : BT_SCOPE_BELOW)) != 0;
}

static enum bt_action action_of(const struct bt_policy *policy, unsigned list)
{
	return policy->lists[(size_t)list * BT_POLICY_LIST + BT_POLICY_LIST_AT_ACTION];
}

/* Smaller wins on the same name; at equal ranks, the list that stands first. */
static unsigned rank_of(struct bt_member member, enum bt_action action)
{
	return (member.scope == BT_SCOPE_EXACT ? 0u : 2u) + (action == BT_ACTION_ALLOW ? 0u : 1u);
}

/*
 * The best membership of one listed name for `log` lists or for the others. Members stand in the
 * order of their lists, so the first of a rank is the one wanted.
 */
static bool decide_name(const struct bt_policy *policy, const struct bt_match *match,
    unsigned labels, bool log, struct bt_verdict *verdict)
{
	unsigned count, best = UINT_MAX;
	const uint8_t *at =
	    policy->members +
	    range_of(policy->class_index, match->class_id, &count) * BT_POLICY_MEMBER;
	for (; count > 0; count--, at += BT_POLICY_MEMBER) {
		struct bt_member member = read_member(at);
		enum bt_action action = action_of(policy, member.list);
		unsigned rank = rank_of(member, action);
		if ((action == BT_ACTION_LOG) != log || rank >= best ||
		    !bt_scope_covers(member.scope, match->labels, labels))
			continue;
		best = rank;
		*verdict = (struct bt_verdict){
		    .action = action,
		    .listed = true,
		    .labels = match->labels,
		    .by = member,
		    .class_id = match->class_id,
		};
	}
	return best != UINT_MAX;
}

struct bt_verdict bt_policy_decide(
    const struct bt_policy *policy, const struct bt_match *matches, unsigned count, unsigned labels)
{
	struct bt_verdict verdict = {.listed = false};
	for (unsigned i = count; i-- > 0;) /* the longest stands last */
		if (decide_name(policy, matches + i, labels, false, &verdict))
			return verdict;
	for (unsigned i = count; i-- > 0;)
		if (decide_name(policy, matches + i, labels, true, &verdict))
			return verdict;
	return verdict;
}
