/* SPDX-License-Identifier: BSD-3-Clause */
/* test-clients-build.c -- groups of clients in the policy: what comes out, and what is refused */

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

/* ---- what is put in comes out ---- */

static struct bt_policy_builder *with_everything(void)
{
	struct bt_sinkhole other = sinkhole;
	other.has_ipv6 = false;
	memset(other.ipv6, 0, sizeof(other.ipv6));
	other.ttl = 77;
	struct bt_policy_builder *builder = new_builder();
	const struct bt_list_info lists[] = {
	    {.name = "sink", .sinkhole = &other, .modified = -5},
	    {.name = "nx", .action = BT_ACTION_NXDOMAIN, .events = BT_EVENTS_OFF},
	    {.name = "ours", .action = BT_ACTION_ALLOW, .sinkhole = &sinkhole},
	};
	for (unsigned i = 0; i < 3; i++) {
		struct bt_list_info list = lists[i];
		const struct bt_pair pairs[] = {{"unused", "x"}, {"list", lists[i].name}};
		uint32_t unused;
		assert_true(bt_policy_add_meta(builder, pairs, 1, &unused, NULL));
		assert_true(bt_policy_add_meta(builder, pairs + 1, 1, &list.meta, NULL));
		assert_true(bt_policy_add_list(builder, &list, NULL));
	}
	assert_true(bt_policy_add_local(builder, NULL));
	for (uint16_t i = 0; i < 3; i++) {
		const struct bt_pair pair = {"name", lists[i].name};
		struct bt_member member = {.list = i, .scope = BT_SCOPE_EXACT};
		assert_true(bt_policy_add_meta(builder, &pair, 1, &member.meta, NULL));
		add_class(builder, &member, 1);
	}
	static const uint8_t exempt[] = {
	    BT_ACTION_NONE, BT_ACTION_NONE, BT_ACTION_NONE, BT_ACTION_SINKHOLE};
	static const uint8_t log_only[] = {
	    BT_ACTION_LOG, BT_ACTION_LOG, BT_ACTION_ALLOW, BT_ACTION_SINKHOLE};
	add_group(builder, "lab", exempt);
	add_group(builder, "guests", log_only);
	add_network(builder, "2001:db8::/32", 2);
	add_network(builder, "10.0.0.0/8", 1);
	add_network(builder, "10.0.0.0/16", 2);
	add_forwarder(builder, "::1");
	add_forwarder(builder, "127.0.0.0/8");
	bt_policy_set_enabled(builder, false);
	return builder;
}

static void expect_everything(const struct bt_policy *policy)
{
	static const struct {
		const char *network;
		unsigned group;
	} networks[] = {{"10.0.0.0/8", 1}, {"10.0.0.0/16", 2}, {"2001:db8::/32", 2}};
	static const char *const forwarders[] = {"::1", "127.0.0.0/8"};

	assert_false(bt_policy_enabled(policy));
	assert_int_equal(bt_policy_sinkhole(policy)->ede, BT_EDE_TEXT);
	assert_int_equal(bt_policy_sinkhole(policy)->ttl, 10);
	assert_int_equal(bt_policy_list(policy, 0).sinkhole->ttl, 77);
	assert_false(bt_policy_list(policy, 0).sinkhole->has_ipv6);
	assert_int_equal(bt_policy_list(policy, 0).sinkhole->ede, BT_EDE_TEXT);
	for (unsigned i = 1; i < 4; i++)
		assert_ptr_equal(bt_policy_list(policy, i).sinkhole, bt_policy_sinkhole(policy));
	assert_int_equal(bt_policy_lists(policy), 4);
	assert_string_equal(bt_policy_list(policy, 3).name, BT_LOCAL_LIST);
	assert_int_equal(bt_policy_list(policy, 0).modified, -5);
	assert_int_equal(bt_policy_list(policy, 1).events, BT_EVENTS_OFF);

	uint32_t local = bt_policy_local_class(policy);
	assert_int_equal(bt_policy_class_size(policy, local), 1);
	assert_int_equal(bt_policy_member(policy, local, 0).list, 3);
	assert_int_equal(bt_policy_member(policy, local, 0).scope, BT_SCOPE_SUBTREE);

	assert_int_equal(bt_policy_groups(policy), 3);
	assert_string_equal(bt_policy_group_name(policy, 1), "lab");
	assert_string_equal(bt_policy_group_name(policy, 2), "guests");
	assert_int_equal(bt_policy_action(policy, 0, 1), BT_ACTION_NXDOMAIN);
	assert_int_equal(bt_policy_action(policy, 1, 1), BT_ACTION_NONE);
	assert_int_equal(bt_policy_action(policy, 1, 3), BT_ACTION_SINKHOLE);
	assert_int_equal(bt_policy_action(policy, 2, 1), BT_ACTION_LOG);
	assert_int_equal(bt_policy_action(policy, 2, 2), BT_ACTION_ALLOW);
	assert_int_equal(bt_policy_networks(policy), 3);
	for (unsigned i = 0; i < 3; i++) {
		unsigned group;
		struct bt_network got = bt_policy_network(policy, i, &group);
		struct bt_network network = network_of(networks[i].network);
		assert_memory_equal(&got, &network, sizeof(got));
		assert_int_equal(group, networks[i].group);
	}
	assert_int_equal(bt_policy_forwarders(policy), 2);
	for (unsigned i = 0; i < 2; i++) {
		struct bt_network got = bt_policy_forwarder(policy, i);
		struct bt_network network = network_of(forwarders[i]);
		assert_memory_equal(&got, &network, sizeof(got));
	}
	assert_true(is_forwarder(policy, "127.0.0.53"));
	assert_false(is_forwarder(policy, "10.0.0.1"));
	assert_int_equal(group_of(policy, "127.0.0.53"), 0);
	assert_int_equal(group_of(policy, "10.0.0.1"), 2);
	assert_int_equal(group_of(policy, "10.1.0.1"), 1);
}

static void keeps_everything(void **state)
{
	(void)state;
	struct bt_policy *policy = build(with_everything());
	expect_everything(policy);
	close_built(policy);
}

/* A network twice in one group is there once, and so is a forwarder. */
static void keeps_equals_once(void **state)
{
	(void)state;
	struct bt_policy_builder *builder = with_groups(2);
	for (int i = 0; i < 3; i++) {
		add_network(builder, "10.0.0.0/8", 2);
		add_network(builder, "10.0.0.0/9", 1);
		add_forwarder(builder, "127.0.0.1");
		add_forwarder(builder, "::ffff:127.0.0.1");
	}
	add_network(builder, "::ffff:10.0.0.0/104", 2);
	struct bt_policy *policy = build(builder);
	assert_int_equal(bt_policy_networks(policy), 2);
	assert_int_equal(bt_policy_forwarders(policy), 1);
	assert_int_equal(group_of(policy, "10.0.0.1"), 1);
	assert_int_equal(group_of(policy, "10.128.0.1"), 2);
	close_built(policy);
}

/* The order in which networks come is not in the bytes. */
static void sorts_networks(void **state)
{
	static const char *const networks[] = {
	    "10.0.0.0/8", "2001:db8::/32", "10.0.0.0/16", "::/0", "192.0.2.1", "0.0.0.0/0"};
	enum { COUNT = sizeof(networks) / sizeof(*networks) };
	void *first = NULL;
	size_t first_size = 0;
	(void)state;
	for (unsigned turn = 0; turn < COUNT; turn++) {
		struct bt_policy_builder *builder = with_groups(COUNT);
		for (unsigned i = 0; i < COUNT; i++) {
			unsigned which = (i + turn) % COUNT;
			add_network(builder, networks[which], which + 1);
			add_forwarder(builder, networks[which]);
		}
		void *bytes;
		size_t size;
		assert_true(bt_policy_build(builder, &bytes, &size, NULL));
		bt_policy_builder_free(&builder);
		if (turn == 0) {
			first = bytes;
			first_size = size;
			continue;
		}
		assert_int_equal(size, first_size);
		assert_memory_equal(bytes, first, size);
		free(bytes);
	}
	free(first);
}

/* Everything is there after it too, and once is as often as one likes. */
static void renumbers_with_everything(void **state)
{
	(void)state;
	static const uint32_t times[] = {0, 3, 9, 5}, expected[] = {3, 2, 0, 1};
	struct bt_policy_builder *once = with_everything(), *twice = with_everything();
	uint32_t numbers[4], again[4], sorted[4];
	assert_int_equal(bt_policy_count_classes(once), 4);
	assert_true(bt_policy_renumber(&once, times, numbers, NULL));
	assert_memory_equal(numbers, expected, sizeof(expected));
	assert_true(bt_policy_renumber(&twice, times, numbers, NULL));
	for (unsigned i = 0; i < 4; i++)
		sorted[numbers[i]] = times[i];
	assert_true(bt_policy_renumber(&twice, sorted, again, NULL));
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(again[i], i);

	struct bt_policy *policy = build(once), *other = build(twice);
	size_t size, other_size;
	const void *bytes = bt_policy_bytes(policy, &size);
	const void *other_bytes = bt_policy_bytes(other, &other_size);
	assert_int_equal(size, other_size);
	assert_memory_equal(bytes, other_bytes, size);
	expect_everything(policy);
	assert_int_equal(bt_policy_local_class(policy), 3);
	for (unsigned i = 0; i < 3; i++) {
		struct bt_list_info list = bt_policy_list(policy, i);
		struct bt_member member = bt_policy_member(policy, numbers[i + 1], 0);
		assert_int_equal(member.list, i);
		assert_string_equal(bt_policy_value(policy, member, "list"), list.name);
		assert_string_equal(bt_policy_value(policy, member, "name"), list.name);
	}
	close_built(policy);
	close_built(other);
}

static void makes_room_for_local_decisions(void **state)
{
	(void)state;
	struct bt_policy_builder *builder = new_builder();
	add_list(builder, "one", BT_ACTION_SINKHOLE);
	assert_true(bt_policy_add_local(builder, NULL));
	assert_true(bt_policy_add_local(builder, NULL)); /* is there */
	struct bt_policy *policy = build(builder);
	assert_int_equal(bt_policy_lists(policy), 2);
	assert_int_equal(bt_policy_classes(policy), 1);
	assert_int_equal(bt_policy_local_class(policy), 0);
	assert_int_equal(bt_policy_list(policy, 1).action, BT_ACTION_SINKHOLE);
	close_built(policy);

	builder = new_builder();
	add_list(builder, BT_LOCAL_LIST, BT_ACTION_NXDOMAIN);
	add_list(builder, "one", BT_ACTION_SINKHOLE);
	assert_true(bt_policy_add_local(builder, NULL));
	policy = build(builder);
	assert_int_equal(bt_policy_lists(policy), 2);
	assert_int_equal(bt_policy_member(policy, bt_policy_local_class(policy), 0).list, 0);
	close_built(policy);

	policy = build(new_builder());
	assert_int_equal(bt_policy_local_class(policy), BT_POLICY_NO_CLASS);
	close_built(policy);
}

/* ---- what is refused ---- */

static void refuses_groups(void **state)
{
	(void)state;
	char long_name[BT_LIST_NAME_MAX + 2] = "";
	memset(long_name, 'x', BT_LIST_NAME_MAX + 1);
	static const uint8_t fine[] = {BT_ACTION_NONE, BT_ACTION_LOG};
	static const uint8_t bad[] = {BT_ACTION_LOG, BT_ACTIONS};
	const struct {
		const char *name;
		const uint8_t *actions;
		const char *reason;
	} rows[] = {
	    {"", fine, "group '': a name has 1 to 63 characters, not 0"},
	    {long_name, fine, "1 to 63 characters, not 64"},
	    {"a\nb", fine, "control character"},
	    {"a\xff", fine, "broken UTF-8"},
	    {"taken", fine, "group taken: two groups have this name"},
	    {"x", bad, "group x: unknown action 7"},
	};
	struct bt_policy_builder *builder = new_builder();
	add_list(builder, "one", BT_ACTION_SINKHOLE);
	add_list(builder, "two", BT_ACTION_SINKHOLE);
	add_group(builder, "taken", fine);
	add_group(builder, long_name + 1, fine); /* just not too long */
	add_group(builder, "one", fine);         /* as a list, which is something else */
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct bt_err err = {""};
		assert_false(bt_policy_add_group(builder, rows[i].name, rows[i].actions, &err));
		if (strstr(err.text, rows[i].reason) == NULL)
			fail_msg("'%s' does not say '%s'", err.text, rows[i].reason);
	}
	for (unsigned i = 4; i < BT_GROUPS_MAX; i++) {
		char name[16];
		snprintf(name, sizeof(name), "%u", i);
		add_group(builder, name, fine);
	}
	struct bt_err err;
	assert_false(bt_policy_add_group(builder, "more", fine, &err));
	assert_string_equal(err.text, "group more: more than 1023 groups");
	add_network(builder, "10.0.0.0/8", BT_GROUPS_MAX - 1);
	struct bt_policy *policy = build(builder);
	assert_int_equal(bt_policy_groups(policy), BT_GROUPS_MAX);
	assert_int_equal(group_of(policy, "10.0.0.1"), BT_GROUPS_MAX - 1);
	assert_int_equal(bt_policy_action(policy, BT_GROUPS_MAX - 1, 0), BT_ACTION_NONE);
	close_built(policy);
}

static void refuses_networks(void **state)
{
	(void)state;
	struct bt_policy_builder *builder = with_groups(2);
	struct bt_network network = network_of("10.0.0.0/8");
	struct bt_err err;
	assert_false(bt_policy_add_network(builder, &network, 3, &err));
	assert_non_null(strstr(err.text, "group 3, which is none"));
	network.address[15] = 1;
	assert_false(bt_policy_add_network(builder, &network, 1, &err));
	assert_false(bt_policy_add_forwarder(builder, &network, &err));
	network = (struct bt_network){.bits = 129};
	assert_false(bt_policy_add_network(builder, &network, 1, &err));

	void *bytes = &err;
	size_t size = 77;
	add_network(builder, "192.0.2.0/24", 1);
	add_network(builder, "192.0.2.0/25", 2); /* inside is fine */
	add_network(builder, "192.0.2.0/24", 2);
	assert_false(bt_policy_build(builder, &bytes, &size, &err));
	assert_string_equal(err.text, "network 192.0.2.0/24 is in two groups of clients");
	assert_ptr_equal(bytes, &err);
	assert_int_equal(size, 77);
	bt_policy_builder_free(&builder);
}

static void limits_networks(void **state)
{
	(void)state;
	struct bt_policy_builder *builder = with_groups(1);
	struct bt_network network = network_of("2001:db8::");
	struct bt_err err;
	for (uint32_t i = 0; i < BT_NETWORKS_MAX; i++) {
		memcpy(network.address + 12, &i, sizeof(i));
		assert_true(bt_policy_add_network(builder, &network, i % 2, &err));
	}
	network = network_of("10.0.0.0/8");
	assert_false(bt_policy_add_network(builder, &network, 1, &err));
	assert_string_equal(err.text, "network 10.0.0.0/8: more than 1048576 networks");
	add_forwarder(builder, "10.0.0.0/8"); /* are others */
	struct bt_policy *policy = build(builder);
	assert_int_equal(bt_policy_networks(policy), BT_NETWORKS_MAX);
	for (uint32_t i = 0; i < BT_NETWORKS_MAX; i += 997) {
		network = network_of("2001:db8::");
		memcpy(network.address + 12, &i, sizeof(i));
		assert_int_equal(bt_policy_group(policy, network.address), i % 2);
	}
	close_built(policy);
}

/* Where `what` begins among the octets; it is there. */
static uint8_t *find(uint8_t *bytes, size_t size, const void *what, size_t length)
{
	uint8_t *found = memmem(bytes, size, what, length);
	assert_non_null(found);
	return found;
}

/* What the builder does not write, and one change to the documented example cannot make. */
static void refuses_to_open(void **state)
{
	(void)state;
	static const uint8_t none = BT_ACTION_NONE;
	struct bt_policy_builder *builder = new_builder();
	add_list(builder, "one", BT_ACTION_SINKHOLE);
	add_group(builder, "lab", &none);
	add_group(builder, "lob", &none);
	add_network(builder, "10.0.0.0/8", 1);
	add_network(builder, "11.0.0.0/8", 2);
	uint8_t *bytes;
	size_t size;
	struct bt_err err;
	struct bt_policy *policy = NULL;
	assert_true(bt_policy_build(builder, (void **)&bytes, &size, NULL));
	bt_policy_builder_free(&builder);

	uint8_t *name = find(bytes, size, "lob", 4);
	name[1] = 'a';
	assert_false(bt_policy_open(&policy, bytes, size, &err));
	assert_string_equal(err.text, "policy: two groups are named lab");
	name[1] = 'o';

	static const uint8_t begin[] = {0xff, 0xff, 11, 0, 0, 0, 104};
	uint8_t *network = find(bytes, size, begin, sizeof(begin));
	network[2] = 10;
	assert_false(bt_policy_open(&policy, bytes, size, &err));
	assert_string_equal(err.text, "policy: network 1 is not above the one before");
	network[6] = 103;
	assert_false(bt_policy_open(&policy, bytes, size, &err));
	network[6] = 105;
	assert_null(policy);
	assert_true(bt_policy_open(&policy, bytes, size, &err));
	assert_int_equal(group_of(policy, "10.0.0.1"), 2);
	close_built(policy);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(keeps_everything),
	    cmocka_unit_test(keeps_equals_once),
	    cmocka_unit_test(sorts_networks),
	    cmocka_unit_test(renumbers_with_everything),
	    cmocka_unit_test(makes_room_for_local_decisions),
	    cmocka_unit_test(refuses_groups),
	    cmocka_unit_test(refuses_networks),
	    cmocka_unit_test(limits_networks),
	    cmocka_unit_test(refuses_to_open),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
