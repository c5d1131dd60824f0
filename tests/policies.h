/* SPDX-License-Identifier: BSD-3-Clause */
/* policies.h -- policies for tests: their making, and the one that doc/policy-format.md shows */
#ifndef BT_TEST_POLICIES_H
#define BT_TEST_POLICIES_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "policy-build.h"

/* ---- building ---- */

static const struct bt_sinkhole sinkhole = {
    .ipv4 = {192, 0, 2, 1},
    .ipv6 = {0x20, 0x01, 0x0d, 0xb8, [15] = 1},
    .has_ipv4 = true,
    .has_ipv6 = true,
    .ttl = 10,
    .ede = BT_EDE_TEXT,
};

static inline struct bt_policy_builder *new_builder(void)
{
	struct bt_policy_builder *builder;
	assert_true(bt_policy_builder_new(&builder, &sinkhole, NULL));
	return builder;
}

static inline void add_list(
    struct bt_policy_builder *builder, const char *name, enum bt_action action)
{
	struct bt_list_info list = {.name = name, .action = action};
	struct bt_err err;
	if (!bt_policy_add_list(builder, &list, &err))
		fail_msg("%s", err.text);
}

static inline uint32_t add_class(
    struct bt_policy_builder *builder, const struct bt_member *members, unsigned count)
{
	uint32_t class_id;
	struct bt_err err;
	if (!bt_policy_add_class(builder, members, count, &class_id, &err))
		fail_msg("%s", err.text);
	return class_id;
}

static inline struct bt_policy *open_bytes(const void *bytes, size_t size)
{
	struct bt_policy *policy;
	struct bt_err err;
	if (!bt_policy_open(&policy, bytes, size, &err))
		fail_msg("%s", err.text);
	return policy;
}

/* Builds and opens; the builder is freed. Close with close_built(). */
static inline struct bt_policy *build(struct bt_policy_builder *builder)
{
	void *bytes;
	size_t size;
	assert_true(bt_policy_build(builder, &bytes, &size, NULL));
	bt_policy_builder_free(&builder);
	return open_bytes(bytes, size);
}

static inline void close_built(struct bt_policy *policy)
{
	size_t size;
	void *bytes = (void *)(uintptr_t)bt_policy_bytes(policy, &size);
	bt_policy_close(&policy);
	assert_null(policy);
	free(bytes);
}

static inline struct bt_network network_of(const char *text)
{
	struct bt_network network;
	const char *expected = bt_network_read(&network, text);
	if (expected != NULL)
		fail_msg("%s: expected %s", text, expected);
	return network;
}

static inline void add_network(struct bt_policy_builder *builder, const char *text, unsigned group)
{
	struct bt_network network = network_of(text);
	struct bt_err err;
	if (!bt_policy_add_network(builder, &network, group, &err))
		fail_msg("%s", err.text);
}

static inline void add_forwarder(struct bt_policy_builder *builder, const char *text)
{
	struct bt_network network = network_of(text);
	struct bt_err err;
	if (!bt_policy_add_forwarder(builder, &network, &err))
		fail_msg("%s", err.text);
}

static inline unsigned group_of(const struct bt_policy *policy, const char *text)
{
	uint8_t address[BT_ADDRESS_SIZE];
	assert_true(bt_address_read(address, text));
	return bt_policy_group(policy, address);
}

static inline bool is_forwarder(const struct bt_policy *policy, const char *text)
{
	uint8_t address[BT_ADDRESS_SIZE];
	assert_true(bt_address_read(address, text));
	return bt_policy_is_forwarder(policy, address);
}

static inline void add_group(
    struct bt_policy_builder *builder, const char *name, const uint8_t *actions)
{
	struct bt_err err;
	if (!bt_policy_add_group(builder, name, actions, &err))
		fail_msg("%s", err.text);
}

/* Without lists; groups "g1" to "gN". */
static inline struct bt_policy_builder *with_groups(unsigned count)
{
	struct bt_policy_builder *builder = new_builder();
	for (unsigned i = 1; i <= count; i++) {
		char name[16];
		snprintf(name, sizeof(name), "g%u", i);
		add_group(builder, name, NULL);
	}
	return builder;
}

/* The example of doc/policy-format.md. */
static inline struct bt_policy_builder *build_sample(void)
{
	static const struct bt_pair of_list[] = {{"actor", "Lazarus"}, {"tlp", "clear"}};
	static const struct bt_pair of_name[] = {{"family", "SmoothOperator"}, {"tlp", "amber"}};
	static const struct bt_sinkhole own = {
	    .ipv4 = {198, 51, 100, 7}, .has_ipv4 = true, .ttl = 60, .ede = BT_EDE_TEXT};
	static const uint8_t exempt[] = {BT_ACTION_NONE, BT_ACTION_NONE, BT_ACTION_SINKHOLE};
	struct bt_policy_builder *builder = new_builder();
	struct bt_list_info list = {
	    .name = "3cx",
	    .action = BT_ACTION_SINKHOLE,
	    .events = BT_EVENTS_FULL,
	    .entries = 21,
	    .modified = 1680134400,
	    .sinkhole = &own,
	};
	uint32_t meta;
	assert_true(bt_policy_add_meta(builder, of_list, 2, &list.meta, NULL));
	assert_true(bt_policy_add_list(builder, &list, NULL));
	add_list(builder, "ours", BT_ACTION_ALLOW);
	assert_true(bt_policy_add_meta(builder, of_name, 2, &meta, NULL));
	const struct bt_member first[] = {{.list = 0, .scope = BT_SCOPE_SUBTREE, .meta = meta}};
	const struct bt_member second[] = {
	    {.list = 0, .scope = BT_SCOPE_EXACT, .meta = 0}, {.list = 1, .scope = BT_SCOPE_BELOW}};
	assert_int_equal(add_class(builder, first, 1), 0);
	assert_int_equal(add_class(builder, second, 2), 1);
	assert_true(bt_policy_add_local(builder, NULL));
	add_group(builder, "lab", exempt);
	add_network(builder, "2001:db8:9::/48", 1);
	add_network(builder, "10.9.0.0/16", 1);
	add_forwarder(builder, "127.0.0.1");
	return builder;
}

#endif
