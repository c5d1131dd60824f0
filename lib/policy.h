/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * policy.h -- from matches to a verdict
 *
 * The policy is everything that turns matches into a verdict: the lists in their configured order
 * with their actions, the classes (which lists hold a name, with which scope and metadata), the
 * groups of clients for which lists act otherwise, and the addresses of the sinkhole. It is
 * compiled into the trie file (doc/policy-format.md), and a copy of its bytes travels in every
 * segment of the event log, so that a segment can be read alone, years later.
 *
 * Threads: an open policy never changes; any number of threads may read it.
 */
#ifndef BT_POLICY_H
#define BT_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"
#include "network.h"

enum bt_action {
	BT_ACTION_SINKHOLE,
	BT_ACTION_NXDOMAIN,
	BT_ACTION_NODATA,
	BT_ACTION_REFUSED,
	BT_ACTION_DROP,
	BT_ACTION_ALLOW,
	BT_ACTION_LOG,
	BT_ACTIONS,
	BT_ACTION_NONE = 0xff, /* of a group, for a list: not in force */
};

/* What of the tree an indicator covers: bits. */
enum bt_scope {
	BT_SCOPE_EXACT = 1,   /* the name itself */
	BT_SCOPE_BELOW = 2,   /* every name below it */
	BT_SCOPE_SUBTREE = 3, /* both */
};

/*
 * A membership has four of them, in two bits each, from these bits on: what its list's indicator
 * covers, from bit 0; where its list excepts, which is to say: where nothing that the list holds,
 * here or on another name, counts; and of either, what is important. An important indicator is out
 * only where an important exception is.
 */
enum { BT_SCOPE_EXCEPT_AT = 2, BT_SCOPE_IMPORTANT_AT = 4 };

static inline uint8_t bt_scope_of(uint8_t scope, bool except, bool important)
{
	unsigned all = except ? (unsigned)scope << BT_SCOPE_EXCEPT_AT : scope;
	return (uint8_t)(important ? all | all << BT_SCOPE_IMPORTANT_AT : all);
}

static inline uint8_t bt_scope_listed(uint8_t scope)
{
	return scope & BT_SCOPE_SUBTREE;
}

static inline uint8_t bt_scope_excepted(uint8_t scope)
{
	return scope >> BT_SCOPE_EXCEPT_AT & BT_SCOPE_SUBTREE;
}

/* Not nothing, and nothing important that is not there. */
static inline bool bt_scope_is_valid(uint8_t scope)
{
	return scope != 0 && (scope >> BT_SCOPE_IMPORTANT_AT & ~scope) == 0;
}

enum bt_ede { BT_EDE_OFF, BT_EDE_CODE, BT_EDE_TEXT };

enum bt_events { BT_EVENTS_FULL, BT_EVENTS_COUNT, BT_EVENTS_OFF };

enum {
	BT_LISTS_MAX = 1024,       /* lists in one configuration */
	BT_LIST_NAME_MAX = 63,     /* characters of a list's name */
	BT_MEMBERS_MAX = 1024,     /* memberships in one class: at most one a list */
	BT_POLICY_MAX = 256 << 20, /* octets of a policy */
	BT_PAIRS_MAX = 65535,      /* key-value pairs of one metadata entry */
	BT_TTL_MAX = 86400,        /* seconds that an answer of ours may live */
	BT_GROUPS_MAX = 1024,      /* of clients, with that of all others */
	BT_NETWORKS_MAX = 1 << 20, /* of all groups */
};

#define BT_POLICY_NO_CLASS UINT32_MAX
#define BT_LOCAL_LIST "local" /* the list that decisions made here are credited to */

struct bt_policy;
struct bt_match; /* trie.h */

/* The answer of action `sinkhole`, and the life of every answer of ours. */
struct bt_sinkhole {
	uint8_t ipv4[4];
	uint8_t ipv6[16];
	bool has_ipv4; /* false: A gets NODATA */
	bool has_ipv6;
	uint32_t ttl; /* seconds */
	enum bt_ede ede;
};

struct bt_list_info {
	const char *name; /* all strings live as long as the policy */
	enum bt_action action;
	enum bt_events events;
	uint32_t meta;    /* metadata that holds for the whole list */
	uint64_t entries; /* indicators that came from it */
	int64_t modified; /* when its file changed last, Unix seconds; 0 unknown */
	const struct bt_sinkhole *sinkhole; /* for a builder NULL: that of the policy */
};

/* One list's hold on a name. */
struct bt_member {
	uint16_t list; /* index of the list; lists stand in configured order */
	uint8_t scope; /* enum bt_scope; and what is excepted, and important */
	uint32_t meta; /* metadata of this indicator in this list, over the list's own */
};

struct bt_pair {
	const char *key; /* "campaign", "actor", "family", "reference", ...: blocklists/README.md */
	const char *value;
};

struct bt_verdict {
	enum bt_action action; /* meaningless unless `listed` */
	bool listed;           /* some list covers the name */
	uint8_t labels;        /* the deciding indicator: labels of its name, */
	struct bt_member by;   /* and the list, scope and metadata that it is credited to */
	uint32_t class_id;     /* its name's class */
};

/*
 * Verifies the policy's bytes and opens a view of them. The bytes are borrowed and must outlive
 * the policy.
 */
bool bt_policy_open(struct bt_policy **policy, const void *bytes, size_t size, struct bt_err *err);

/* Frees the view and sets *policy to NULL. NULL is fine. */
void bt_policy_close(struct bt_policy **policy);

/* The bytes that the policy was opened on. */
const void *bt_policy_bytes(const struct bt_policy *policy, size_t *size);

const struct bt_sinkhole *bt_policy_sinkhole(const struct bt_policy *policy);

/* False: every name passes. */
bool bt_policy_enabled(const struct bt_policy *policy);

/* The class of names that are blocked by a decision made here, or BT_POLICY_NO_CLASS. */
uint32_t bt_policy_local_class(const struct bt_policy *policy);

unsigned bt_policy_lists(const struct bt_policy *policy);
uint32_t bt_policy_classes(const struct bt_policy *policy);

/* List number `list` of bt_policy_lists(). */
struct bt_list_info bt_policy_list(const struct bt_policy *policy, unsigned list);

/*
 * Whether this is the list of local decisions while there are none: nobody configured it, and what
 * is shown to people leaves it out.
 */
bool bt_list_is_idle(const struct bt_list_info *list);

/* How many lists there are without that one. */
unsigned bt_policy_lists_shown(const struct bt_policy *policy);

/* Number of the list with that name, or -1. */
int bt_policy_find_list(const struct bt_policy *policy, const char *name);

/* Whether some list has an exception from what it holds. */
bool bt_policy_excepts(const struct bt_policy *policy);

/* Memberships of a class, by ascending list: at least one; 0 if there is no such class. */
unsigned bt_policy_class_size(const struct bt_policy *policy, uint32_t class_id);
struct bt_member bt_policy_member(const struct bt_policy *policy, uint32_t class_id, unsigned i);

/*
 * Key-value pairs of a metadata entry, in the order in which the list gives them; 0 if there is no
 * such entry. Strings are UTF-8 without control characters.
 */
unsigned bt_policy_meta_size(const struct bt_policy *policy, uint32_t meta);
struct bt_pair bt_policy_pair(const struct bt_policy *policy, uint32_t meta, unsigned i);

/*
 * First value of `key` for this membership: the indicator's own, else its list's, else NULL.
 */
const char *bt_policy_value(
    const struct bt_policy *policy, struct bt_member member, const char *key);

/* Whether a list is out for a name of `labels` labels, as far as these memberships of it say. */
struct bt_excepted {
	bool any, important;
};
void bt_scope_note_excepted(
    struct bt_excepted *excepted, uint8_t scope, unsigned listed_labels, unsigned labels);
bool bt_scope_is_excepted(
    const struct bt_excepted *excepted, uint8_t scope, unsigned listed_labels, unsigned labels);

/*
 * Whether a membership covers a name of `name_labels` labels when the listed name has
 * `listed_labels` and is that name or an ancestor of it.
 */
bool bt_scope_covers(uint8_t scope, unsigned listed_labels, unsigned name_labels);

/* ---- clients ---- */

/* How many groups there are: group 0 is everybody that no other has. */
unsigned bt_policy_groups(const struct bt_policy *policy);

/* "" for group 0. Lives as long as the policy. */
const char *bt_policy_group_name(const struct bt_policy *policy, unsigned group);

/* What a list does for a group: an action, or BT_ACTION_NONE. */
enum bt_action bt_policy_action(const struct bt_policy *policy, unsigned group, unsigned list);

/* Whether a list does more than to allow, for some group. */
bool bt_policy_acts(const struct bt_policy *policy, unsigned list);

/*
 * The group of the client with this address: that of the longest network that has it. Does not
 * allocate; some steps for each doubling of the number of networks.
 */
unsigned bt_policy_group(
    const struct bt_policy *policy, const uint8_t address[static BT_ADDRESS_SIZE]);

/* Whether this client speaks for others, and is to be believed who they are. */
bool bt_policy_is_forwarder(
    const struct bt_policy *policy, const uint8_t address[static BT_ADDRESS_SIZE]);

/* The networks of all groups, in ascending order, and the group of each. */
unsigned bt_policy_networks(const struct bt_policy *policy);
struct bt_network bt_policy_network(const struct bt_policy *policy, unsigned i, unsigned *group);

/* Those of forwarders, likewise. */
unsigned bt_policy_forwarders(const struct bt_policy *policy);
struct bt_network bt_policy_forwarder(const struct bt_policy *policy, unsigned i);

/* ---- verdicts ---- */

/*
 * Whether a membership of a listed name of `listed_labels` does not count for a name of `labels`
 * labels, since its list has an exception among the name's matches.
 */
bool bt_policy_is_excepted(const struct bt_policy *policy, const struct bt_match *matches,
    unsigned count, struct bt_member member, unsigned listed_labels, unsigned labels);

/*
 * The verdict for a name of `labels` labels that a client of this group asks for, from
 * bt_trie_match()'s matches. Lists that are not in force for the group are left out. `log`
 * memberships are set aside and decide only when nothing else covers the name; among the rest the
 * longest listed name wins, on it `exact` before a wider scope, then `allow`, then the list that
 * stands first. Before all that, what the list of a membership excepts for the name is left out.
 * Does not allocate; bounded by the matches and their memberships.
 */
struct bt_verdict bt_policy_decide(const struct bt_policy *policy, unsigned group,
    const struct bt_match *matches, unsigned count, unsigned labels);

/* "sinkhole", ...; and back, -1 if there is no such action. */
const char *bt_action_name(enum bt_action action);
int bt_action_from_name(const char *name);

/* "exact", "below", "subtree"; and back, -1. */
const char *bt_scope_name(uint8_t scope);
int bt_scope_from_name(const char *name);

/*
 * All that is in a membership's scope, joined by '+': "subtree", "except-below",
 * "subtree+important-exact+important-except-below"; and back, -1.
 */
enum { BT_SCOPE_TEXT = 80 };
const char *bt_scope_text(char text[static BT_SCOPE_TEXT], uint8_t scope);
int bt_scope_from_text(const char *text);

#endif
