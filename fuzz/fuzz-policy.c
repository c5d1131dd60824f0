/* SPDX-License-Identifier: BSD-3-Clause */
/* fuzz-policy.c -- any octets as a policy: refused, or everything in it can be read */

#include <stdlib.h>
#include <string.h>

#include "policy.h"
#include "trie.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_meta(const struct bt_policy *policy, uint32_t meta)
{
	for (unsigned i = 0; i < bt_policy_meta_size(policy, meta); i++) {
		struct bt_pair pair = bt_policy_pair(policy, meta, i);
		if (strchr(pair.key, '\n') != NULL || strchr(pair.value, '\n') != NULL)
			abort();
	}
}

static void read_class(const struct bt_policy *policy, uint32_t class_id)
{
	unsigned count = bt_policy_class_size(policy, class_id);
	if (count == 0 || count > bt_policy_lists(policy))
		abort();
	for (unsigned i = 0; i < count; i++) {
		struct bt_member member = bt_policy_member(policy, class_id, i);
		read_meta(policy, member.meta);
		bt_policy_value(policy, member, "family");
	}
	for (unsigned i = 0; i < 3 * bt_policy_groups(policy); i++) {
		const struct bt_match matches[] = {
		    {.class_id = 0, .labels = 0}, {.class_id = class_id, .labels = 1}};
		unsigned labels = i % 3, group = i / 3;
		struct bt_verdict verdict = bt_policy_decide(policy, group, matches, 2, labels);
		if (!verdict.listed)
			continue;
		if (!bt_scope_covers(verdict.by.scope, verdict.labels, labels) ||
		    verdict.action != bt_policy_action(policy, group, verdict.by.list) ||
		    verdict.action >= BT_ACTIONS)
			abort();
	}
}

/* Bits of the longest network that has the address, by looking at all; -1: none has. */
static int longest(
    const struct bt_policy *policy, bool forwarders, const uint8_t *address, unsigned *group)
{
	int bits = -1;
	unsigned count = forwarders ? bt_policy_forwarders(policy) : bt_policy_networks(policy);
	*group = 0;
	for (unsigned i = 0; i < count; i++) {
		unsigned of = 0;
		struct bt_network network =
		    forwarders ? bt_policy_forwarder(policy, i) : bt_policy_network(policy, i, &of);
		if (!bt_network_has(&network, address) || network.bits <= bits)
			continue;
		bits = network.bits;
		*group = of;
	}
	return bits;
}

static void look_up_client(const struct bt_policy *policy, const uint8_t *address)
{
	unsigned group, none;
	longest(policy, false, address, &group);
	if (bt_policy_group(policy, address) != group || group >= bt_policy_groups(policy) ||
	    bt_policy_is_forwarder(policy, address) != (longest(policy, true, address, &none) >= 0))
		abort();
}

/* The begin of each network, and one octet beside it. */
static void read_clients(const struct bt_policy *policy, size_t seed)
{
	unsigned networks = bt_policy_networks(policy);
	for (unsigned i = 0; i < networks + bt_policy_forwarders(policy); i++) {
		unsigned group;
		struct bt_network network = i < networks
						? bt_policy_network(policy, i, &group)
						: bt_policy_forwarder(policy, i - networks);
		look_up_client(policy, network.address);
		network.address[(i + seed) % BT_ADDRESS_SIZE]++;
		look_up_client(policy, network.address);
	}
	for (unsigned i = 0; i < bt_policy_groups(policy); i++)
		if ((strlen(bt_policy_group_name(policy, i)) == 0) != (i == 0))
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bt_policy *policy;
	struct bt_err err;
	if (!bt_policy_open(&policy, data, size, &err)) {
		if (err.text[0] == '\0')
			abort();
		return 0;
	}
	for (unsigned i = 0; i < bt_policy_lists(policy); i++) {
		struct bt_list_info list = bt_policy_list(policy, i);
		if (bt_policy_find_list(policy, list.name) != (int)i)
			abort();
		read_meta(policy, list.meta);
		if (list.sinkhole->ttl > BT_TTL_MAX)
			abort();
	}
	for (uint32_t i = 0; i < bt_policy_classes(policy); i++)
		read_class(policy, i);
	read_clients(policy, size);
	bt_policy_close(&policy);
	return 0;
}
