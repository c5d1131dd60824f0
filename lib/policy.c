/* SPDX-License-Identifier: BSD-3-Clause */
/* policy.c -- from matches to a verdict */

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "endian.h"
#include "policy-format.h"
#include "policy-view.h"
#include "trie.h"

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

static const struct {
	const char *prefix;
	unsigned at;
} scope_parts[] = {
    {"", 0},
    {"except-", BT_SCOPE_EXCEPT_AT},
    {"important-", BT_SCOPE_IMPORTANT_AT},
    {"important-except-", BT_SCOPE_IMPORTANT_AT + BT_SCOPE_EXCEPT_AT},
};

enum { SCOPE_PARTS = sizeof(scope_parts) / sizeof(*scope_parts) };

const char *bt_scope_text(char text[static BT_SCOPE_TEXT], uint8_t scope)
{
	char *at = text;
	for (unsigned i = 0; i < SCOPE_PARTS; i++) {
		uint8_t part = scope >> scope_parts[i].at & BT_SCOPE_SUBTREE;
		/* what is important goes without saying that it is there */
		if (i < 2 && part == (scope >> scope_parts[i + 2].at & BT_SCOPE_SUBTREE))
			continue;
		if (part != 0)
			at += sprintf(at, "%s%s%s", at == text ? "" : "+", scope_parts[i].prefix,
			    bt_scope_name(part));
	}
	*at = '\0';
	return text;
}

/* "except-below" -> bits; 0: it is none. */
static uint8_t read_part(const char *text, size_t size)
{
	for (unsigned i = SCOPE_PARTS; i-- > 0;) {
		size_t prefix = strlen(scope_parts[i].prefix);
		if (size <= prefix || strncmp(text, scope_parts[i].prefix, prefix) != 0)
			continue;
		for (unsigned scope = BT_SCOPE_EXACT; scope <= BT_SCOPE_SUBTREE; scope++)
			if (strlen(scope_names[scope]) == size - prefix &&
			    strncmp(text + prefix, scope_names[scope], size - prefix) == 0)
				return bt_scope_of((uint8_t)scope, i % 2 == 1, i >= 2);
	}
	return 0;
}

int bt_scope_from_text(const char *text)
{
	int scope = 0;
	for (size_t size; *text != '\0'; text += size + (text[size] == '+')) {
		size = strcspn(text, "+");
		uint8_t part = read_part(text, size);
		if (part == 0)
			return -1;
		scope |= part;
	}
	return scope != 0 ? scope : -1;
}

/* ---- read ---- */

const void *bt_policy_bytes(const struct bt_policy *policy, size_t *size)
{
	*size = policy->size;
	return policy->bytes;
}

const struct bt_sinkhole *bt_policy_sinkhole(const struct bt_policy *policy)
{
	return &policy->sinkholes[0];
}

bool bt_policy_enabled(const struct bt_policy *policy)
{
	return policy->enabled;
}

bool bt_policy_excepts(const struct bt_policy *policy)
{
	return policy->excepts;
}

uint32_t bt_policy_local_class(const struct bt_policy *policy)
{
	return policy->local_class;
}

static const char *list_name(const struct bt_policy *p, size_t list)
{
	return p->strings + bt_get32(p->lists + list * BT_POLICY_LIST + BT_POLICY_LIST_AT_NAME);
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
	    .sinkhole = &policy->sinkholes[bt_get16(at + BT_POLICY_LIST_AT_SINKHOLE)],
	};
}

bool bt_list_is_idle(const struct bt_list_info *list)
{
	return list->entries == 0 && strcmp(list->name, BT_LOCAL_LIST) == 0;
}

unsigned bt_policy_lists_shown(const struct bt_policy *policy)
{
	int local = bt_policy_find_list(policy, BT_LOCAL_LIST);
	if (local < 0)
		return policy->list_count;
	struct bt_list_info list = bt_policy_list(policy, (unsigned)local);
	return policy->list_count - bt_list_is_idle(&list);
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

void bt_scope_note_excepted(
    struct bt_excepted *excepted, uint8_t scope, unsigned listed_labels, unsigned labels)
{
	uint8_t important = scope >> BT_SCOPE_IMPORTANT_AT;
	excepted->any |= bt_scope_covers(bt_scope_excepted(scope), listed_labels, labels);
	excepted->important |= bt_scope_covers(bt_scope_excepted(important), listed_labels, labels);
}

bool bt_scope_is_excepted(
    const struct bt_excepted *excepted, uint8_t scope, unsigned listed_labels, unsigned labels)
{
	return excepted->important ||
	       (excepted->any &&
		   !bt_scope_covers(scope >> BT_SCOPE_IMPORTANT_AT, listed_labels, labels));
}

/*
 * Few names have several matches: looking through them is cheap, and most policies have no
 * exception at all.
 */
bool bt_policy_is_excepted(const struct bt_policy *policy, const struct bt_match *matches,
    unsigned count, struct bt_member member, unsigned listed_labels, unsigned labels)
{
	struct bt_excepted excepted = {.any = false};
	for (unsigned i = 0; i < count; i++)
		for (unsigned k = bt_policy_class_size(policy, matches[i].class_id); k-- > 0;) {
			struct bt_member other = bt_policy_member(policy, matches[i].class_id, k);
			if (other.list == member.list)
				bt_scope_note_excepted(
				    &excepted, other.scope, matches[i].labels, labels);
		}
	return bt_scope_is_excepted(&excepted, member.scope, listed_labels, labels);
}

/* Smaller wins on the same name; at equal ranks, the list that stands first. */
static unsigned rank_of(struct bt_member member, uint8_t action)
{
	return (bt_scope_listed(member.scope) == BT_SCOPE_EXACT ? 0u : 2u) +
	       (action == BT_ACTION_ALLOW ? 0u : 1u);
}

/*
 * The best membership of one listed name for `log` lists or for the others. Members stand in the
 * order of their lists, so the first of a rank is the one wanted.
 */
static bool decide_name(const struct bt_policy *policy, const uint8_t *actions,
    const struct bt_match *matches, unsigned match_count, unsigned number, unsigned labels,
    bool log, struct bt_verdict *verdict)
{
	const struct bt_match *match = matches + number;
	unsigned count, best = UINT_MAX;
	const uint8_t *at =
	    policy->members +
	    range_of(policy->class_index, match->class_id, &count) * BT_POLICY_MEMBER;
	for (; count > 0; count--, at += BT_POLICY_MEMBER) {
		struct bt_member member = read_member(at);
		uint8_t action = actions[member.list];
		unsigned rank = rank_of(member, action);
		if (action == BT_ACTION_NONE || (action == BT_ACTION_LOG) != log || rank >= best ||
		    !bt_scope_covers(member.scope, match->labels, labels) ||
		    (policy->excepts && bt_policy_is_excepted(policy, matches, match_count, member,
					    match->labels, labels)))
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

struct bt_verdict bt_policy_decide(const struct bt_policy *policy, unsigned group,
    const struct bt_match *matches, unsigned count, unsigned labels)
{
	struct bt_verdict verdict = {.listed = false};
	const uint8_t *actions = policy->actions + (size_t)group * policy->list_count;
	for (unsigned i = count; i-- > 0;) /* the longest stands last */
		if (decide_name(policy, actions, matches, count, i, labels, false, &verdict))
			return verdict;
	for (unsigned i = count; i-- > 0;)
		if (decide_name(policy, actions, matches, count, i, labels, true, &verdict))
			return verdict;
	return verdict;
}
