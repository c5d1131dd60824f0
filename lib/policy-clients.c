/* SPDX-License-Identifier: BSD-3-Clause */
/* policy-clients.c -- which group a client is of */

#include <string.h>

#include "endian.h"
#include "policy-format.h"
#include "policy-view.h"

unsigned bt_policy_groups(const struct bt_policy *policy)
{
	return policy->group_count;
}

const char *bt_policy_group_name(const struct bt_policy *policy, unsigned group)
{
	const uint8_t *at = policy->groups + (size_t)group * BT_POLICY_GROUP;
	return policy->strings + bt_get32(at + BT_POLICY_GROUP_AT_NAME);
}

enum bt_action bt_policy_action(const struct bt_policy *policy, unsigned group, unsigned list)
{
	return policy->actions[(size_t)group * policy->list_count + list];
}

bool bt_policy_acts(const struct bt_policy *policy, unsigned list)
{
	return policy->acts[list];
}

/*
 * The longest network that has the address, as its number + 1; 0: none has. The last one that does
 * not begin above the address has it, or those around that have.
 */
static uint32_t find_network(const uint8_t *rows, const uint32_t *parents, uint32_t count,
    const uint8_t address[BT_ADDRESS_SIZE])
{
	uint32_t low = 0;
	for (uint32_t high = count; low < high;) {
		uint32_t middle = low + (high - low) / 2;
		if (memcmp(rows + (size_t)middle * BT_POLICY_NETWORK, address, BT_ADDRESS_SIZE) <=
		    0)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low > 0; low = parents[low - 1]) {
		struct bt_network network =
		    bt_policy_read_network(rows + ((size_t)low - 1) * BT_POLICY_NETWORK);
		if (bt_network_has(&network, address))
			break;
	}
	return low;
}

static unsigned group_of(const uint8_t *row)
{
	return bt_get16(row + BT_POLICY_NETWORK_AT_GROUP);
}

unsigned bt_policy_group(
    const struct bt_policy *policy, const uint8_t address[static BT_ADDRESS_SIZE])
{
	uint32_t found =
	    find_network(policy->networks, policy->network_parents, policy->network_count, address);
	return found > 0 ? group_of(policy->networks + ((size_t)found - 1) * BT_POLICY_NETWORK) : 0;
}

bool bt_policy_is_forwarder(
    const struct bt_policy *policy, const uint8_t address[static BT_ADDRESS_SIZE])
{
	return find_network(policy->forwarders, policy->forwarder_parents, policy->forwarder_count,
		   address) > 0;
}

unsigned bt_policy_networks(const struct bt_policy *policy)
{
	return policy->network_count;
}

struct bt_network bt_policy_network(const struct bt_policy *policy, unsigned i, unsigned *group)
{
	const uint8_t *row = policy->networks + (size_t)i * BT_POLICY_NETWORK;
	*group = group_of(row);
	return bt_policy_read_network(row);
}

unsigned bt_policy_forwarders(const struct bt_policy *policy)
{
	return policy->forwarder_count;
}

struct bt_network bt_policy_forwarder(const struct bt_policy *policy, unsigned i)
{
	return bt_policy_read_network(policy->forwarders + (size_t)i * BT_POLICY_NETWORK);
}
