/* SPDX-License-Identifier: BSD-3-Clause */
/* doctor-policy.c -- is what the configuration says what the trie has? */

#include <stdlib.h>
#include <string.h>

#include "compile.h"
#include "doctor.h"

/* Each returns false with the first difference as its reason. */

static bool same_sinkhole(const struct bt_sinkhole *a, const struct bt_sinkhole *b)
{
	return a->has_ipv4 == b->has_ipv4 && a->has_ipv6 == b->has_ipv6 && a->ttl == b->ttl &&
	       a->ede == b->ede &&
	       (!a->has_ipv4 || memcmp(a->ipv4, b->ipv4, sizeof(a->ipv4)) == 0) &&
	       (!a->has_ipv6 || memcmp(a->ipv6, b->ipv6, sizeof(a->ipv6)) == 0);
}

static bool same_list(
    const struct bt_list_info *wanted, const struct bt_list_info *have, struct bt_err *what)
{
	if (wanted->action != have->action)
		return bt_fail(what, "list '%s' has action %s, not %s", have->name,
		    bt_action_name(have->action), bt_action_name(wanted->action));
	if (wanted->events != have->events)
		return bt_fail(what, "list '%s' has other `events`", have->name);
	if (!same_sinkhole(wanted->sinkhole, have->sinkhole))
		return bt_fail(what, "list '%s' has another sinkhole or TTL", have->name);
	return true;
}

static bool same_lists(
    const struct bt_policy *wanted, const struct bt_policy *have, struct bt_err *what)
{
	unsigned count = bt_policy_lists(wanted);
	for (unsigned i = 0; i < count; i++) {
		struct bt_list_info list = bt_policy_list(wanted, i);
		if (bt_policy_find_list(have, list.name) < 0)
			return bt_fail(what, "it lacks list '%s'", list.name);
	}
	for (unsigned i = 0; i < bt_policy_lists(have); i++) {
		struct bt_list_info list = bt_policy_list(have, i);
		if (bt_policy_find_list(wanted, list.name) < 0)
			return bt_fail(what, "it has list '%s'", list.name);
	}
	for (unsigned i = 0; i < count; i++) {
		struct bt_list_info a = bt_policy_list(wanted, i), b = bt_policy_list(have, i);
		if (strcmp(a.name, b.name) != 0)
			return bt_fail(
			    what, "its lists have another order: '%s' before '%s'", b.name, a.name);
		if (!same_list(&a, &b, what))
			return false;
	}
	return true;
}

/* Of the same lists. */
static bool same_groups(
    const struct bt_policy *wanted, const struct bt_policy *have, struct bt_err *what)
{
	unsigned count = bt_policy_groups(wanted);
	if (count != bt_policy_groups(have))
		return bt_fail(what, "it has %u groups of clients, not %u",
		    bt_policy_groups(have) - 1, count - 1);
	for (unsigned group = 0; group < count; group++) {
		const char *name = bt_policy_group_name(wanted, group);
		if (strcmp(name, bt_policy_group_name(have, group)) != 0)
			return bt_fail(what, "it has a group of clients '%s', not '%s'",
			    bt_policy_group_name(have, group), name);
		for (unsigned list = 0; list < bt_policy_lists(wanted); list++)
			if (bt_policy_action(wanted, group, list) !=
			    bt_policy_action(have, group, list))
				return bt_fail(what,
				    "list '%s' acts otherwise for the clients '%s'",
				    bt_policy_list(wanted, list).name, name);
	}
	return true;
}

static bool same_network(const struct bt_network *a, const struct bt_network *b)
{
	return a->bits == b->bits && memcmp(a->address, b->address, sizeof(a->address)) == 0;
}

static bool same_networks(
    const struct bt_policy *wanted, const struct bt_policy *have, struct bt_err *what)
{
	unsigned count = bt_policy_networks(wanted), group, other;
	bool same = count == bt_policy_networks(have);
	for (unsigned i = 0; same && i < count; i++) {
		struct bt_network a = bt_policy_network(wanted, i, &group);
		struct bt_network b = bt_policy_network(have, i, &other);
		same = group == other && same_network(&a, &b);
	}
	if (!same)
		return bt_fail(what, "its groups of clients have other networks");
	count = bt_policy_forwarders(wanted);
	same = count == bt_policy_forwarders(have);
	for (unsigned i = 0; same && i < count; i++) {
		struct bt_network a = bt_policy_forwarder(wanted, i);
		struct bt_network b = bt_policy_forwarder(have, i);
		same = same_network(&a, &b);
	}
	return same || bt_fail(what, "it has other trusted forwarders");
}

static bool same_policy(
    const struct bt_policy *wanted, const struct bt_policy *have, struct bt_err *what)
{
	if (bt_policy_enabled(wanted) != bt_policy_enabled(have))
		return bt_fail(
		    what, "it has enabled: %s", bt_policy_enabled(have) ? "true" : "false");
	return same_lists(wanted, have, what) && same_groups(wanted, have, what) &&
	       same_networks(wanted, have, what);
}

void bt_check_policy(struct bt_doctor *doctor)
{
	struct bt_policy *wanted = NULL;
	struct bt_err err;
	void *bytes = NULL;
	size_t size;
	if (doctor->trie == NULL)
		return;
	bool same = bt_compile_policy(doctor->config, &bytes, &size, &err) &&
		    bt_policy_open(&wanted, bytes, size, &err) &&
		    same_policy(wanted, bt_trie_policy(doctor->trie), &err);
	bt_policy_close(&wanted);
	free(bytes);
	if (same) {
		bt_found(doctor, BT_HEALTH_OK, "the trie has what is configured");
		return;
	}
	bt_found(doctor, BT_HEALTH_FAIL, "the trie is not of this configuration: %s", err.text);
	bt_advise(doctor, "run `beacontrap compile`");
}
