/* SPDX-License-Identifier: BSD-3-Clause */
/* test-policy-bytes.c -- the policy's bytes, as documented, and bytes that are no policy */

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

/* ---- the bytes ---- */

/* The example of doc/policy-format.md. */
/* clang-format off */
static const uint8_t sample[] = {
    'B', 'T', 'P', 'O', 'L', 'I', 'C', 'Y',             /* 0: magic */
    2, 0, 0, 0, 3, 0, 0, 0,                             /* 8: version, lists */
    0xd2, 1, 0, 0, 0, 0, 0, 0,                          /* 16: size */
    3, 0, 0, 0, 4, 0, 0, 0, 3, 0, 0, 0, 4, 0, 0, 0,     /* 24: classes, members, metas, pairs */
    0x48, 0, 0, 0, 2, 0, 0, 0,                          /* 40: strings, sinkholes */
    2, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0,                 /* 48: groups, networks, forwarders */
    2, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0,                 /* 60: local class, EDE, flags, zero */
    0x19, 0, 0, 0, 1, 0, 0, 0,                          /* 72: list 0: name, meta */
    0, 0, 1, 0, 0, 0, 0, 0,                             /* action, events, sinkhole, zero */
    21, 0, 0, 0, 0, 0, 0, 0, 0, 0xd1, 0x24, 0x64, 0, 0, 0, 0,
    0x1d, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0,  /* 104: list 1 */
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    0x3e, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,  /* 136: list 2 */
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    10, 0, 0, 0, 3, 0, 0, 0, 192, 0, 2, 1,              /* 168: sinkhole 0: TTL, flags, IPv4 */
    0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, /* IPv6 */
    60, 0, 0, 0, 1, 0, 0, 0, 198, 51, 100, 7,           /* 196: sinkhole 1 */
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 0x44, 0, 0, 0,                          /* 224: groups */
    0, 5, 0, 0xff, 0xff, 0,                             /* 232: actions */
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 9, 0, 0, /* 238: network 0 */
    112, 0, 1, 0,                                       /* bits, zero, group */
    0x20, 1, 0x0d, 0xb8, 0, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, /* 258: network 1 */
    48, 0, 1, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 127, 0, 0, 1, /* 278: forwarder */
    128, 0, 0, 0,
    0, 0, 0, 0, 1, 0, 0, 0, 3, 0, 0, 0, 4, 0, 0, 0,     /* 298: class index */
    2, 0, 0, 0, 0, 0, 3, 0,                             /* 314: members */
    0, 0, 0, 0, 0, 0, 1, 0,
    0, 0, 0, 0, 1, 0, 2, 0,
    0, 0, 0, 0, 2, 0, 3, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 4, 0, 0, 0,     /* 346: meta index */
    1, 0, 0, 0, 7, 0, 0, 0,                             /* 362: pairs */
    0x0f, 0, 0, 0, 0x13, 0, 0, 0,
    0x22, 0, 0, 0, 0x29, 0, 0, 0,
    0x0f, 0, 0, 0, 0x38, 0, 0, 0,
    0,                                                  /* 394: strings */
    'a', 'c', 't', 'o', 'r', 0,
    'L', 'a', 'z', 'a', 'r', 'u', 's', 0,
    't', 'l', 'p', 0,
    'c', 'l', 'e', 'a', 'r', 0,
    '3', 'c', 'x', 0,
    'o', 'u', 'r', 's', 0,
    'f', 'a', 'm', 'i', 'l', 'y', 0,
    'S', 'm', 'o', 'o', 't', 'h', 'O', 'p', 'e', 'r', 'a', 't', 'o', 'r', 0,
    'a', 'm', 'b', 'e', 'r', 0,
    'l', 'o', 'c', 'a', 'l', 0,
    'l', 'a', 'b', 0,
};
/* clang-format on */

static void has_documented_bytes(void **state)
{
	(void)state;
	for (int round = 0; round < 2; round++) {
		struct bt_policy_builder *builder = build_sample();
		void *bytes;
		size_t size;
		assert_true(bt_policy_build(builder, &bytes, &size, NULL));
		bt_policy_builder_free(&builder);
		assert_int_equal(size, sizeof(sample));
		assert_memory_equal(bytes, sample, size);
		free(bytes);
	}
}

/* A line of 16 octets, as the document shows them. */
static void write_line(char *line, size_t at, size_t end)
{
	line += sprintf(line, "%03zu ", at);
	for (size_t i = at; i < at + 16; i++)
		line += i < end ? sprintf(line, " %02x", sample[i]) : sprintf(line, "   ");
	line += sprintf(line, "  ");
	for (size_t i = at; i < at + 16 && i < end; i++)
		*line++ = sample[i] >= ' ' && sample[i] < 0x7f ? (char)sample[i] : '.';
	strcpy(line, "\n");
}

/* The document's example is these octets, and no others. */
static void is_documented(void **state)
{
	char path[4096], line[256], expected[128];
	const char *source = getenv("srcdir");
	size_t at = 0;
	(void)state;
	snprintf(path, sizeof(path), "%s/doc/policy-format.md", source != NULL ? source : ".");
	FILE *doc = fopen(path, "r");
	assert_non_null(doc);
	while (fgets(line, sizeof(line), doc) != NULL) {
		if (strspn(line, "0123456789") != 3 || strncmp(line + 3, "  ", 2) != 0)
			continue;
		assert_true(at < sizeof(sample));
		write_line(expected, at, sizeof(sample));
		assert_string_equal(line, expected);
		at += 16;
	}
	assert_int_equal(fclose(doc), 0);
	assert_true(at >= sizeof(sample));
}

/* ---- bytes that are no policy ---- */

/* Opens a copy that ends where its memory ends; NULL if it is refused. */
static struct bt_policy *try_open(const uint8_t *bytes, size_t size, struct bt_err *err)
{
	uint8_t *copy = malloc(size > 0 ? size : 1);
	assert_non_null(copy);
	memcpy(copy, bytes, size);
	struct bt_policy *policy = NULL;
	if (!bt_policy_open(&policy, copy, size, err))
		free(copy);
	return policy;
}

static size_t use_clients(const struct bt_policy *policy)
{
	size_t sum = 0;
	for (unsigned i = 0; i < bt_policy_groups(policy); i++) {
		sum += strlen(bt_policy_group_name(policy, i));
		for (unsigned list = 0; list < bt_policy_lists(policy); list++)
			sum += strlen(bt_action_name(bt_policy_action(policy, i, list)));
	}
	for (unsigned i = 0; i < bt_policy_networks(policy); i++) {
		unsigned group, same;
		struct bt_network network = bt_policy_network(policy, i, &group);
		assert_true(group < bt_policy_groups(policy));
		same = bt_policy_group(policy, network.address); /* or that of one inside */
		assert_true(same < bt_policy_groups(policy));
		sum += same;
	}
	for (unsigned i = 0; i < bt_policy_forwarders(policy); i++)
		assert_true(bt_policy_is_forwarder(policy, bt_policy_forwarder(policy, i).address));
	return sum;
}

/* Reads all that can be read. */
static size_t use(const struct bt_policy *policy)
{
	size_t sum = bt_policy_sinkhole(policy)->ttl + bt_policy_enabled(policy);
	sum += bt_policy_class_size(policy, bt_policy_local_class(policy));
	sum += use_clients(policy);
	for (unsigned i = 0; i < bt_policy_lists(policy); i++) {
		struct bt_list_info list = bt_policy_list(policy, i);
		sum += strlen(list.name) + strlen(bt_action_name(list.action)) +
		       (size_t)bt_policy_find_list(policy, list.name) + list.sinkhole->ttl;
	}
	for (uint32_t i = 0; i < bt_policy_classes(policy); i++) {
		struct bt_match match = {.class_id = i, .labels = 2};
		for (unsigned group = 0; group < bt_policy_groups(policy); group++) {
			sum += bt_policy_decide(policy, group, &match, 1, 2).labels;
			sum += bt_policy_decide(policy, group, &match, 1, 3).labels;
		}
		for (unsigned j = 0; j < bt_policy_class_size(policy, i); j++) {
			struct bt_member member = bt_policy_member(policy, i, j);
			const char *value = bt_policy_value(policy, member, "tlp");
			char scope[BT_SCOPE_TEXT];
			sum += strlen(bt_scope_text(scope, member.scope)) + (value != NULL);
			for (unsigned k = 0; k < bt_policy_meta_size(policy, member.meta); k++)
				sum += strlen(bt_policy_pair(policy, member.meta, k).key) +
				       strlen(bt_policy_pair(policy, member.meta, k).value);
		}
	}
	return sum;
}

/* Each rule of the format, broken alone. */
static const struct {
	size_t at;
	unsigned value; /* of four octets, or of `octets` */
	unsigned octets;
	const char *reason;
} broken[] = {
    {0, 'b', 1, "does not begin with"}, {8, 0, 4, "version 0"}, {8, 1, 4, "version 1"},
    {8, 3, 4, "version 3"}, {12, BT_LISTS_MAX + 1, 4, "1025 lists"},
    {12, 4, 4, "its sections need"}, {16, 0xd4, 4, "its sections need"},
    {20, 1, 4, "its sections need"}, {24, 4, 4, "its sections need"},
    {24, UINT32_MAX, 4, "its sections need"}, {28, UINT32_MAX, 4, "its sections need"},
    {32, 0, 4, "lacks the empty metadata"}, {36, UINT32_MAX, 4, "its sections need"},
    {40, 0, 4, "the empty string"}, {44, 0, 4, "or a sinkhole"},
    {44, UINT32_MAX, 4, "its sections need"}, {48, 0, 4, "0 groups"},
    {48, 3, 4, "its sections need"}, {48, BT_GROUPS_MAX + 1, 4, "1025 groups"},
    {52, 3, 4, "its sections need"}, {52, BT_NETWORKS_MAX + 1, 4, "more than 1048576 networks"},
    {56, 2, 4, "its sections need"}, {56, BT_NETWORKS_MAX + 1, 4, "more than 1048576 networks"},
    {60, 0, 4, "local decisions is another list's"},
    {60, 1, 4, "local decisions is none"}, /* it has two members */
    {60, 3, 4, "local decisions is none"}, {60, UINT32_MAX - 1, 4, "local decisions is none"},
    {64, 3, 1, "EDE mode 3"}, {65, 2, 1, "unknown flags in the header"},
    {66, 1, 1, "unknown flags in the header"}, {71, 1, 1, "unknown flags in the header"},
    /* lists */
    {72, 0x48, 4, "name of list 0 is no string"},
    {72, UINT32_MAX, 4, "name of list 0 is no string"},
    {72, 0x1a, 4, "name of list 0 is no string"}, /* the middle of one */
    {72, 0, 4, "name of list 0 has 0 characters"}, {104, 0x19, 4, "two lists are named 3cx"},
    {76, 3, 4, "list 3cx"}, {80, BT_ACTIONS, 1, "list 3cx"}, {81, BT_EVENTS_OFF + 1, 1, "list 3cx"},
    {82, 2, 2, "list 3cx"}, {84, 1, 1, "list 3cx"}, {87, 1, 1, "list 3cx"},
    /* sinkholes */
    {168, BT_TTL_MAX + 1, 4, "TTL of 86401"}, {172, 7, 1, "unknown flags of a sinkhole"},
    {172, 1, 1, "address without its flag"}, {172, 2, 1, "address without its flag"},
    {173, 1, 1, "unknown flags of a sinkhole"}, {175, 1, 1, "unknown flags of a sinkhole"},
    {196, BT_TTL_MAX + 1, 4, "TTL of 86401"}, {223, 1, 1, "address without its flag"},
    /* groups and their actions */
    {224, 1, 4, "name of group 0 has 5 characters"}, {224, 2, 4, "name of group 0 is no string"},
    {228, 0, 4, "name of group 1 has 0 characters"}, {228, 0x48, 4, "name of group 1 is no string"},
    {232, 1, 1, "group 0 has an unknown action for list 0"},
    {234, BT_ACTION_NONE, 1, "group 0 has an unknown action for list 2"},
    {235, BT_ACTIONS, 1, "group 1 has an unknown action for list 0"},
    {237, BT_ACTION_NONE - 1, 1, "group 1 has an unknown action for list 2"},
    /* networks */
    {238, 0x21, 1, "network 1 is not above"}, {253, 1, 1, "network 0 is none"},
    {254, 111, 1, "network 0 is none"}, {254, 129, 1, "network 0 is none"},
    {255, 1, 1, "network 0 is none"}, {256, 2, 2, "network 0 is none"},
    {274, 47, 1, "network 1 is none"}, {294, 127, 1, "network 0 is none"},
    {294, 129, 1, "network 0 is none"}, {295, 1, 1, "network 0 is none"},
    {296, 1, 2, "network 0 is none"},
    /* classes */
    {298, 1, 4, "index of classes"}, {302, 0, 4, "index of classes"},
    {302, 3, 4, "index of classes"}, {302, UINT32_MAX, 4, "index of classes"},
    {306, 4, 4, "index of classes"}, {310, 3, 4, "index of classes"},
    {310, 5, 4, "index of classes"},
    /* members */
    {314, 3, 4, "class 0"}, {318, 3, 2, "class 0"}, {320, 0, 1, "class 0"},
    {320, 0x20, 1, "class 0"}, {320, 0x83, 1, "class 0"}, {321, 1, 1, "class 0"},
    {326, 1, 2, "class 1"}, /* two of one list */
    {334, 0, 2, "class 1"}, {338, 1, 4, "local decisions is another list's"},
    {342, 1, 2, "local decisions is another list's"},
    {344, 1, 1, "local decisions is another list's"},
    /* metadata */
    {346, 1, 4, "index of metadata"}, {350, 1, 4, "index of metadata"},
    {354, 0, 4, "index of metadata"}, {354, 4, 4, "index of metadata"},
    {354, UINT32_MAX, 4, "index of metadata"}, {358, 3, 4, "index of metadata"},
    {362, 0x48, 4, "pair 0"}, {366, 2, 4, "pair 0"}, {390, UINT32_MAX, 4, "pair 3"},
    /* strings */
    {394, 'x', 1, "do not begin"}, {465, 'x', 1, "do not end"},
    {395, '\n', 1, "control character or broken UTF-8 in the strings at 1"},
    {395, 0x7f, 1, "strings at 1"}, {400, 0xc3, 1, "strings at 6"},
    {456, 'f', 1, "local decisions is another list's"}, /* the list is called "focal" */
};

static void refuses_broken_rules(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(broken) / sizeof(*broken); i++) {
		uint8_t bytes[sizeof(sample)];
		memcpy(bytes, sample, sizeof(bytes));
		for (unsigned j = 0; j < broken[i].octets; j++)
			bytes[broken[i].at + j] = (uint8_t)(broken[i].value >> (8 * j));
		struct bt_err err = {""};
		if (try_open(bytes, sizeof(bytes), &err) != NULL)
			fail_msg("%u at %zu was taken", broken[i].value, broken[i].at);
		if (strncmp(err.text, "policy: ", 8) != 0 ||
		    strstr(err.text, broken[i].reason) == NULL)
			fail_msg("%u at %zu: '%s' does not say '%s'", broken[i].value, broken[i].at,
			    err.text, broken[i].reason);
	}
}

static void refuses_other_sizes(void **state)
{
	(void)state;
	uint8_t longer[sizeof(sample) + 1] = {0};
	memcpy(longer, sample, sizeof(sample));
	for (size_t size = 0; size <= sizeof(longer); size++) {
		struct bt_err err = {""};
		struct bt_policy *policy = try_open(longer, size, &err);
		assert_int_equal(policy != NULL, size == sizeof(sample));
		if (policy != NULL)
			close_built(policy);
		else
			assert_string_not_equal(err.text, "");
	}
}

/* Every value of every octet: refused, or as safe to read as any other policy. */
static void survives_changes(void **state)
{
	(void)state;
	unsigned taken = 0;
	size_t sum = 0;
	for (size_t at = 0; at < sizeof(sample); at++) {
		for (unsigned value = 0; value < 256; value++) {
			uint8_t bytes[sizeof(sample)];
			memcpy(bytes, sample, sizeof(bytes));
			bytes[at] = (uint8_t)value;
			struct bt_policy *policy = try_open(bytes, sizeof(bytes), NULL);
			if (policy == NULL)
				continue;
			taken++;
			sum += use(policy);
			close_built(policy);
		}
	}
	assert_true(taken > sizeof(sample) && sum > 0);
}

static void survives_many_changes(void **state)
{
	(void)state;
	for (int round = 0; round < 50000; round++) {
		uint8_t bytes[sizeof(sample)];
		memcpy(bytes, sample, sizeof(bytes));
		for (unsigned changes = 1 + random_below(&seed, 4); changes > 0; changes--) {
			static const uint8_t common[] = {0, 1, 2, 3, 4, 0x7f, 0xff};
			unsigned at = random_below(&seed, sizeof(sample));
			bytes[at] = random_below(&seed, 2) == 0
					? common[random_below(&seed, 7)]
					: sample[random_below(&seed, sizeof(sample))];
		}
		struct bt_policy *policy = try_open(bytes, sizeof(bytes), NULL);
		if (policy == NULL)
			continue;
		assert_in_range(use(policy), 0, SIZE_MAX);
		close_built(policy);
	}
}

int main(void)
{
	seed = random_seed();
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(has_documented_bytes),
	    cmocka_unit_test(is_documented),
	    cmocka_unit_test(refuses_broken_rules),
	    cmocka_unit_test(refuses_other_sizes),
	    cmocka_unit_test(survives_changes),
	    cmocka_unit_test(survives_many_changes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
