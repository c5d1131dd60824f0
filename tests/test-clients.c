/* SPDX-License-Identifier: BSD-3-Clause */
/* test-clients.c -- groups of clients: who is of which, and what lists do for them */

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "policies.h"
#include "random.h"
#include "trie.h"

static uint64_t seed;

/* ---- who is of which group ---- */

static void has_one_group_without_any(void **state)
{
	(void)state;
	struct bt_policy *policy = build(new_builder());
	assert_int_equal(bt_policy_groups(policy), 1);
	assert_string_equal(bt_policy_group_name(policy, 0), "");
	assert_int_equal(bt_policy_networks(policy), 0);
	assert_int_equal(bt_policy_forwarders(policy), 0);
	assert_int_equal(group_of(policy, "192.0.2.1"), 0);
	assert_int_equal(group_of(policy, "::"), 0);
	assert_false(is_forwarder(policy, "127.0.0.1"));
	close_built(policy);
}

static void finds_the_longest_network(void **state)
{
	static const struct {
		const char *network;
		unsigned group;
	} networks[] = {
	    {"10.0.0.0/8", 1}, {"10.9.0.0/16", 2}, {"10.9.7.7", 3}, {"10.9.7.9", 1},
	    {"10.200.0.0/16", 3}, {"2001:db8::/32", 2}, {"2001:db8:20::/48", 1},
	    {"2001:db8:20::1", 0}, /* as everybody else again */
	};
	static const struct {
		const char *client;
		unsigned group;
	} clients[] = {
	    {"9.255.255.255", 0},
	    {"10.0.0.0", 1},
	    {"10.8.255.255", 1},
	    {"10.9.0.0", 2},
	    {"10.9.7.6", 2},
	    {"10.9.7.7", 3},
	    {"10.9.7.8", 2},
	    {"10.9.7.9", 1},
	    {"10.9.7.10", 2},
	    {"10.9.255.255", 2},
	    {"10.10.0.0", 1},
	    {"10.200.1.1", 3},
	    {"10.201.0.0", 1},
	    {"10.255.255.255", 1},
	    {"11.0.0.0", 0},
	    {"::ffff:10.9.7.7", 3},
	    {"::10.9.7.7", 0},
	    {"2001:db7:ffff:ffff:ffff:ffff:ffff:ffff", 0},
	    {"2001:db8::", 2},
	    {"2001:db8:1f:ffff:ffff:ffff:ffff:ffff", 2},
	    {"2001:db8:20::", 1},
	    {"2001:db8:20::1", 0},
	    {"2001:db8:20::2", 1},
	    {"2001:db8:21::", 2},
	    {"2001:db9::", 0},
	};
	(void)state;
	struct bt_policy_builder *builder = with_groups(3);
	for (size_t i = 0; i < sizeof(networks) / sizeof(*networks); i++)
		add_network(builder, networks[i].network, networks[i].group);
	struct bt_policy *policy = build(builder);
	for (size_t i = 0; i < sizeof(clients) / sizeof(*clients); i++)
		if (group_of(policy, clients[i].client) != clients[i].group)
			fail_msg("%s: group %u, not %u", clients[i].client,
			    group_of(policy, clients[i].client), clients[i].group);
	close_built(policy);
}

/* One network alone; clients that it has, and some that it has not. */
static void keeps_to_the_bounds(void **state)
{
	static const struct {
		const char *network, *in[3], *out[3];
	} rows[] = {
	    {"0.0.0.0/0", {"0.0.0.0", "192.0.2.1", "255.255.255.255"}, {"::", "::1", "2001:db8::"}},
	    {"::/0", {"::", "192.0.2.1", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"}, {NULL}},
	    {"::/128", {"::"}, {"::1", "0.0.0.0", "8000::"}},
	    {"255.255.255.255", {"255.255.255.255"}, {"255.255.255.254", "::", "127.255.255.255"}},
	    {"2001:db8::1/128", {"2001:db8::1"}, {"2001:db8::", "2001:db8::2", "2001:db9::1"}},
	    {"128.0.0.0/1", {"128.0.0.0", "255.255.255.255"}, {"127.255.255.255", "8000::"}},
	    {"8000::/1", {"8000::", "ffff::"}, {"7fff::", "192.0.2.1"}},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct bt_policy_builder *builder = with_groups(1);
		add_network(builder, rows[i].network, 1);
		add_forwarder(builder, rows[i].network);
		struct bt_policy *policy = build(builder);
		for (size_t j = 0; j < 3 && rows[i].in[j] != NULL; j++) {
			assert_int_equal(group_of(policy, rows[i].in[j]), 1);
			assert_true(is_forwarder(policy, rows[i].in[j]));
		}
		for (size_t j = 0; j < 3 && rows[i].out[j] != NULL; j++) {
			assert_int_equal(group_of(policy, rows[i].out[j]), 0);
			assert_false(is_forwarder(policy, rows[i].out[j]));
		}
		close_built(policy);
	}
	/* IPv4 is inside IPv6, and nearer */
	struct bt_policy_builder *builder = with_groups(2);
	add_network(builder, "0.0.0.0/0", 2);
	add_network(builder, "::/0", 1);
	struct bt_policy *policy = build(builder);
	assert_int_equal(group_of(policy, "0.0.0.0"), 2);
	assert_int_equal(group_of(policy, "255.255.255.255"), 2);
	assert_int_equal(group_of(policy, "::"), 1);
	assert_int_equal(group_of(policy, "::fffe:ffff:ffff"), 1);
	assert_int_equal(group_of(policy, "::1:0:0:0"), 1);
	close_built(policy);
}

/* ---- the same against an oracle ---- */

enum { GROUPS = 6, NETWORKS = 300 };

struct owned {
	struct bt_network network;
	unsigned group;
};

static void flip(uint8_t *octets, unsigned i)
{
	octets[i / 8] = (uint8_t)(octets[i / 8] ^ 1 << (7 - i % 8));
}

static void scatter(uint8_t *octets, unsigned from, unsigned to)
{
	for (unsigned i = from; i < to; i++)
		if (random_below(&seed, 2) == 0)
			flip(octets, i);
}

/* A new one, IPv4 or IPv6, or one inside one of those before. */
static struct bt_network next_network(const struct owned *owned, unsigned count)
{
	struct bt_network network = {.bits = 0};
	unsigned kind = random_below(&seed, 4), most = 128;
	if (count > 0 && kind > 1) {
		network = owned[random_below(&seed, count)].network;
		most = network.bits + 12u < 128 ? network.bits + 12u : 128;
	} else if (kind == 1) {
		memset(network.address + 10, 0xff, 2);
		network.bits = 96;
	}
	unsigned bits = network.bits + random_below(&seed, most - network.bits + 1u);
	scatter(network.address, network.bits, bits);
	network.bits = (uint8_t)bits;
	return network;
}

static bool is_there(const struct owned *owned, unsigned count, const struct bt_network *network)
{
	for (unsigned i = 0; i < count; i++)
		if (memcmp(&owned[i].network, network, sizeof(*network)) == 0)
			return true;
	return false;
}

/* Bit by bit, the longest of all. */
static int longest(const struct owned *owned, unsigned count, const uint8_t *address)
{
	int best = -1;
	for (unsigned i = 0; i < count; i++) {
		unsigned bits = owned[i].network.bits, same = 0;
		while (same < bits &&
		       ((owned[i].network.address[same / 8] ^ address[same / 8]) >> (7 - same % 8) &
			   1) == 0)
			same++;
		if (same == bits && (best < 0 || bits > owned[best].network.bits))
			best = (int)i;
	}
	return best;
}

static void finds_as_the_oracle(void **state)
{
	static struct owned owned[NETWORKS];
	(void)state;
	for (int round = 0; round < 40; round++) {
		struct bt_policy_builder *builder = with_groups(GROUPS);
		unsigned count = 0, wanted = 1 + random_below(&seed, NETWORKS);
		while (count < wanted) {
			struct bt_network network = next_network(owned, count);
			unsigned group = random_below(&seed, GROUPS + 1);
			if (is_there(owned, count, &network))
				network = next_network(owned, 0);
			if (is_there(owned, count, &network))
				break;
			owned[count++] = (struct owned){network, group};
			assert_true(bt_policy_add_network(builder, &network, group, NULL));
			assert_true(bt_policy_add_forwarder(builder, &network, NULL));
		}
		struct bt_policy *policy = build(builder);
		assert_int_equal(bt_policy_networks(policy), count);
		for (int ask = 0; ask < 2000; ask++) {
			const struct bt_network *near = &owned[random_below(&seed, count)].network;
			uint8_t address[BT_ADDRESS_SIZE];
			memcpy(address, near->address, sizeof(address));
			if (random_below(&seed, 2) == 0)
				scatter(address, near->bits, 128);
			if (random_below(&seed, 2) == 0)
				flip(address, random_below(&seed, 128));
			int expected = longest(owned, count, address);
			assert_int_equal(bt_policy_group(policy, address),
			    expected >= 0 ? owned[expected].group : 0);
			assert_int_equal(bt_policy_is_forwarder(policy, address), expected >= 0);
		}
		close_built(policy);
	}
}

/* ---- what lists do for a group ---- */

enum { SINK, NX, OURS, TRIAL, ALL_LISTS };

static const uint8_t own[] = {
    BT_ACTION_SINKHOLE, BT_ACTION_NXDOMAIN, BT_ACTION_ALLOW, BT_ACTION_LOG};

enum { EVERYBODY, EXEMPT, NX_ONLY, LOG_ONLY, NO_ALLOW, REFUSED_ALL };

static const struct {
	const char *name;
	uint8_t actions[ALL_LISTS];
} groups[] = {
    [EXEMPT] = {"exempt", {BT_ACTION_NONE, BT_ACTION_NONE, BT_ACTION_NONE, BT_ACTION_NONE}},
    [NX_ONLY] = {"nx-only", {BT_ACTION_NONE, BT_ACTION_NXDOMAIN, BT_ACTION_ALLOW, BT_ACTION_NONE}},
    [LOG_ONLY] = {"log-only", {BT_ACTION_LOG, BT_ACTION_LOG, BT_ACTION_ALLOW, BT_ACTION_LOG}},
    [NO_ALLOW] = {"no-allow",
	{BT_ACTION_SINKHOLE, BT_ACTION_NXDOMAIN, BT_ACTION_NONE, BT_ACTION_LOG}},
    [REFUSED_ALL] = {"refused",
	{BT_ACTION_REFUSED, BT_ACTION_REFUSED, BT_ACTION_ALLOW, BT_ACTION_REFUSED}},
};

enum { GROUP_COUNT = sizeof(groups) / sizeof(*groups) };

static struct bt_policy_builder *with_lists(void)
{
	struct bt_policy_builder *builder = new_builder();
	add_list(builder, "sink", own[SINK]);
	add_list(builder, "nx", own[NX]);
	add_list(builder, "ours", own[OURS]);
	add_list(builder, "trial", own[TRIAL]);
	for (unsigned i = 1; i < GROUP_COUNT; i++)
		add_group(builder, groups[i].name, groups[i].actions);
	return builder;
}

/* Lists that hold the name, which has two labels, or (as `above`) its parent, all as subtrees. */
static const struct {
	const char *rule;
	unsigned group, lists, above;
	int by; /* -1: nothing decides */
	enum bt_action action;
} decisions[] = {
    {"as configured", EVERYBODY, 1 << SINK, 0, SINK, BT_ACTION_SINKHOLE},
    {"as configured", EVERYBODY, 1 << SINK | 1 << OURS, 0, OURS, BT_ACTION_ALLOW},
    {"as configured", EVERYBODY, 1 << TRIAL, 0, TRIAL, BT_ACTION_LOG},
    {"exempt", EXEMPT, 1 << SINK, 0, -1, BT_ACTION_NONE},
    {"exempt", EXEMPT, 15, 15, -1, BT_ACTION_NONE},
    {"other lists", NX_ONLY, 1 << SINK, 0, -1, BT_ACTION_NONE},
    {"other lists", NX_ONLY, 1 << SINK, 1 << NX, NX, BT_ACTION_NXDOMAIN},
    {"other lists", NX_ONLY, 1 << SINK | 1 << NX | 1 << TRIAL, 0, NX, BT_ACTION_NXDOMAIN},
    {"other lists, and those that allow", NX_ONLY, 1 << NX | 1 << OURS, 0, OURS, BT_ACTION_ALLOW},
    {"other lists, and those that allow", NX_ONLY, 1 << OURS, 1 << NX, OURS, BT_ACTION_ALLOW},
    {"what is not in force shadows nothing", NX_ONLY, 1 << TRIAL, 1 << NX, NX, BT_ACTION_NXDOMAIN},
    {"log alone", LOG_ONLY, 1 << SINK, 0, SINK, BT_ACTION_LOG},
    {"log alone: the first list", LOG_ONLY, 1 << NX | 1 << TRIAL, 0, NX, BT_ACTION_LOG},
    {"log alone: the longest name", LOG_ONLY, 1 << TRIAL, 1 << SINK, TRIAL, BT_ACTION_LOG},
    {"log alone: sets aside", LOG_ONLY, 1 << SINK, 1 << OURS, OURS, BT_ACTION_ALLOW},
    {"no list that allows", NO_ALLOW, 1 << NX | 1 << OURS, 0, NX, BT_ACTION_NXDOMAIN},
    {"no list that allows", NO_ALLOW, 1 << OURS, 0, -1, BT_ACTION_NONE},
    {"what logs otherwise", REFUSED_ALL, 1 << TRIAL, 1 << SINK, TRIAL, BT_ACTION_REFUSED},
    {"what logs otherwise", REFUSED_ALL, 1 << OURS | 1 << TRIAL, 0, OURS, BT_ACTION_ALLOW},
};

static unsigned match_of(
    struct bt_policy_builder *builder, struct bt_match *match, unsigned lists, uint8_t labels)
{
	struct bt_member members[ALL_LISTS];
	unsigned count = 0;
	for (uint16_t i = 0; i < ALL_LISTS; i++)
		if (lists >> i & 1)
			members[count++] = (struct bt_member){.list = i, .scope = BT_SCOPE_SUBTREE};
	if (count > 0)
		*match = (struct bt_match){
		    .class_id = add_class(builder, members, count), .labels = labels};
	return count > 0;
}

static void decides_for_groups(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(decisions) / sizeof(*decisions); i++) {
		struct bt_policy_builder *builder = with_lists();
		struct bt_match matches[2];
		unsigned count = match_of(builder, matches, decisions[i].above, 1);
		count += match_of(builder, matches + count, decisions[i].lists, 2);
		struct bt_policy *policy = build(builder);
		struct bt_verdict verdict =
		    bt_policy_decide(policy, decisions[i].group, matches, count, 2);
		int by = verdict.listed ? verdict.by.list : -1;
		if (by != decisions[i].by)
			fail_msg(
			    "%zu, %s: list %d, not %d", i, decisions[i].rule, by, decisions[i].by);
		if (verdict.listed)
			assert_int_equal(verdict.action, decisions[i].action);
		close_built(policy);
	}
}

int main(void)
{
	seed = random_seed();
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(has_one_group_without_any),
	    cmocka_unit_test(finds_the_longest_network),
	    cmocka_unit_test(keeps_to_the_bounds),
	    cmocka_unit_test(finds_as_the_oracle),
	    cmocka_unit_test(decides_for_groups),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
