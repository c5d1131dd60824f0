/* SPDX-License-Identifier: BSD-3-Clause */
/* test-config-clients.c -- the configuration's clients, forwarders and answers of lists */

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "configs.h"

static void expect_network(const struct bt_network *network, const char *expected)
{
	char text[BT_NETWORK_TEXT];
	bt_network_write(text, network);
	assert_string_equal(text, expected);
}

static void reads_clients(void **state)
{
	struct bt_config *config =
	    load("clients:\n"
		 "  - { name: malware-lab, networks: [10.9.0.0/16], lists: none }\n"
		 "  - name: guests\n"
		 "    networks:\n"
		 "      - 10.20.0.0/16\n"
		 "      - \"2001:db8:20::/48\"\n"
		 "      - 192.0.2.7\n"
		 "      - 10.20.0.0/16\n" /* once more does no harm */
		 "    lists: [two]\n"
		 "    action: log\n"
		 "  - { name: nobody, networks: [] }\n"
		 "trusted-forwarders: [127.0.0.1, \"::1\", 10.0.0.0/8]\n"
		 "lists: [{name: one, file: f}, {name: two, file: f}]\n");
	const struct bt_config_clients *clients = config->clients;
	(void)state;
	assert_int_equal(config->clients_count, 3);
	assert_string_equal(clients[0].name, "malware-lab");
	assert_int_equal(clients[0].network_count, 1);
	expect_network(&clients[0].networks[0], "10.9.0.0/16");
	assert_int_equal(clients[0].actions[0], BT_ACTION_NONE);
	assert_int_equal(clients[0].actions[1], BT_ACTION_NONE);
	assert_string_equal(clients[1].name, "guests");
	assert_int_equal(clients[1].network_count, 4);
	expect_network(&clients[1].networks[0], "10.20.0.0/16");
	expect_network(&clients[1].networks[1], "2001:db8:20::/48");
	expect_network(&clients[1].networks[2], "192.0.2.7");
	assert_int_equal(clients[1].actions[0], BT_ACTION_NONE);
	assert_int_equal(clients[1].actions[1], BT_ACTION_LOG);
	assert_int_equal(clients[2].network_count, 0);
	assert_int_equal(clients[2].actions[0], BT_ACTION_SINKHOLE);
	assert_int_equal(config->forwarder_count, 3);
	expect_network(&config->forwarders[0], "127.0.0.1");
	expect_network(&config->forwarders[1], "::1");
	expect_network(&config->forwarders[2], "10.0.0.0/8");
	bt_config_free(&config);
}

/* ---- what is in force for a group ---- */

#define LISTS                                                                                      \
	"lists:\n"                                                                                 \
	"  - { name: sink, file: f }\n"                                                            \
	"  - { name: nx, file: f, action: nxdomain }\n"                                            \
	"  - { name: ours, file: f, action: allow }\n"                                             \
	"  - { name: theirs, file: f, action: allow }\n"                                           \
	"  - { name: trial, file: f, action: log }\n"

/* The group's keys, and the actions of these lists for it. */
static const struct {
	const char *keys, *actions;
} groups[] = {
    {"", "sinkhole nxdomain allow allow log"},
    {", lists: none", "- - - - -"},
    {", lists: []", "- - - - -"},
    {", lists: none, action: log", "- - - - -"},
    {", lists: [sink]", "sinkhole - allow allow -"},
    {", lists: [trial, nx]", "- nxdomain allow allow log"},
    {", lists: [nx, nx]", "- nxdomain allow allow -"},
    {", lists: [ours]", "- - allow - -"},
    {", lists: [sink, theirs]", "sinkhole - - allow -"},
    {", lists: [sink, nx, ours, theirs, trial]", "sinkhole nxdomain allow allow log"},
    {", action: log", "log log allow allow log"},
    {", action: refused", "refused refused allow allow refused"},
    {", action: sinkhole", "sinkhole sinkhole allow allow sinkhole"},
    {", lists: [nx], action: log", "- log allow allow -"},
    {", action: nodata, lists: [trial, ours]", "- - allow - nodata"},
};

/* Wherever the lists stand. */
static void settles_what_is_in_force(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2 * (sizeof(groups) / sizeof(*groups)); i++) {
		char text[1024], got[256] = "";
		snprintf(text, sizeof(text), "%sclients: [{name: g, networks: [10.0.0.0/8]%s}]\n%s",
		    i % 2 == 0 ? "" : LISTS, groups[i / 2].keys, i % 2 == 0 ? LISTS : "");
		struct bt_config *config = load(text);
		for (unsigned list = 0; list < config->list_count; list++) {
			uint8_t action = config->clients[0].actions[list];
			size_t used = strlen(got);
			snprintf(got + used, sizeof(got) - used, "%s%s", list > 0 ? " " : "",
			    action == BT_ACTION_NONE ? "-" : bt_action_name(action));
		}
		if (strcmp(got, groups[i / 2].actions) != 0)
			fail_msg("%s: %s, not %s", text, got, groups[i / 2].actions);
		bt_config_free(&config);
	}
}

/* ---- the answers of lists ---- */

static void expect_sinkhole(
    const struct bt_sinkhole *sinkhole, const char *ipv4, const char *ipv6, uint32_t ttl)
{
	uint8_t address[BT_ADDRESS_SIZE];
	assert_int_equal(sinkhole->has_ipv4, ipv4 != NULL);
	assert_int_equal(sinkhole->has_ipv6, ipv6 != NULL);
	assert_int_equal(sinkhole->ttl, ttl);
	if (ipv4 != NULL) {
		assert_true(bt_address_read(address, ipv4));
		assert_memory_equal(sinkhole->ipv4, address + 12, 4);
	}
	if (ipv6 != NULL) {
		assert_true(bt_address_read(address, ipv6));
		assert_memory_equal(sinkhole->ipv6, address, 16);
	}
}

#define ANSWERS                                                                                    \
	"lists:\n"                                                                                 \
	"  - { name: plain, file: f }\n"                                                           \
	"  - { name: all, file: f, sinkhole: { ipv4: 198.51.100.1, ipv6: \"2001:db8::2\", ttl: 5 " \
	"} }\n"                                                                                    \
	"  - { name: v4, file: f, sinkhole: { ipv4: 198.51.100.2 } }\n"                            \
	"  - { name: v6, file: f, sinkhole: { ipv6: none } }\n"                                    \
	"  - { name: ttl, file: f, action: nxdomain, sinkhole: { ttl: 0 } }\n"                     \
	"  - { name: none, sinkhole: {}, file: f }\n"

static void gives_lists_their_answers(void **state)
{
	static const char global[] =
	    "sinkhole: { ipv4: 192.0.2.1, ipv6: \"2001:db8::1\", ttl: 30, ede: code }\n";
	(void)state;
	for (int after = 0; after < 2; after++) {
		char text[1024];
		snprintf(
		    text, sizeof(text), "%s%s", after ? ANSWERS : global, after ? global : ANSWERS);
		struct bt_config *config = load(text);
		const struct bt_config_list *lists = config->lists;
		assert_int_equal(config->list_count, 6);
		expect_sinkhole(&config->sinkhole, "192.0.2.1", "2001:db8::1", 30);
		expect_sinkhole(&lists[0].sinkhole, "192.0.2.1", "2001:db8::1", 30);
		expect_sinkhole(&lists[1].sinkhole, "198.51.100.1", "2001:db8::2", 5);
		expect_sinkhole(&lists[2].sinkhole, "198.51.100.2", "2001:db8::1", 30);
		expect_sinkhole(&lists[3].sinkhole, "192.0.2.1", NULL, 30);
		expect_sinkhole(&lists[4].sinkhole, "192.0.2.1", "2001:db8::1", 0);
		expect_sinkhole(&lists[5].sinkhole, "192.0.2.1", "2001:db8::1", 30);
		for (unsigned i = 0; i < 6; i++)
			assert_int_equal(lists[i].sinkhole.ede, BT_EDE_CODE);
		bt_config_free(&config);
	}
	/* none everywhere, and an address for one list; and the defaults */
	struct bt_config *config =
	    load("sinkhole: {ipv4: none}\n"
		 "lists: [{name: a, file: f, sinkhole: {ipv4: 0.0.0.0}}, {name: b, file: f}]\n");
	expect_sinkhole(&config->lists[0].sinkhole, "0.0.0.0", "::", 10);
	expect_sinkhole(&config->lists[1].sinkhole, NULL, "::", 10);
	bt_config_free(&config);
}

/* ---- what is wrong, and where ---- */

#define LIST "lists: [{name: l, file: f}]\n"
#define GROUP(rest) "clients: [{name: g, networks: [10.0.0.0/8]" rest "}]\n"
#define A_NETWORK "expected a network such as 10.0.0.0/8 or 2001:db8::/32\n"
#define NAME "expected at most 63 letters, digits, '.', '_' and '-'\n"

static const struct {
	const char *text;
	size_t size;
	const char *expected;
} wrong[] = {
    {TEXT("clients: none\n"), "1:10: found a text, expected a sequence of groups of clients\n"},
    {TEXT("clients: {name: g}\n"),
	"1:10: found a mapping, expected a sequence of groups of clients\n"},
    {TEXT("clients:\n"), "1:9: found nothing, expected a sequence of groups of clients\n"},
    {TEXT("clients: [guests]\n"),
	"1:11: found a text, expected a mapping with keys such as \"name\"\n"},
    {TEXT("clients: [{}]\n"), "1:11: clients without name, expected the key \"name\"\n"
			      "1:11: clients without networks, expected the key \"networks\"\n"},
    {TEXT("clients: [{name: g}]\n"),
	"1:11: clients without networks, expected the key \"networks\"\n"},
    {TEXT(GROUP(", network: x")), "1:45: unknown key \"network\", expected \"networks\"?\n"},
    {TEXT(GROUP(", colour: red")),
	"1:45: unknown key \"colour\", expected name, networks, lists or action\n"},
    {TEXT(GROUP(", name: h")), "1:45: key \"name\" a second time, expected it once\n"},
    {TEXT("clients: []\nclients: []\n"), "2:1: key \"clients\" a second time, expected it once\n"},
    /* names */
    {TEXT("clients: [{name: a b, networks: []}]\n"), "1:18: name \"a b\", " NAME},
    {TEXT("clients: [{name: [], networks: []}]\n"),
	"1:18: found a sequence, expected letters, digits, '.', '_' and '-'\n"},
    {TEXT("clients:\n- {name: g, networks: []}\n- {networks: [], name: g}\n"),
	"3:24: a second group of the name \"g\", expected one of its own\n"},
    /* networks */
    {TEXT("clients: [{name: g, networks: 10.0.0.0/8}]\n"),
	"1:31: found a text, expected a sequence of networks\n"},
    {TEXT("clients: [{name: g, networks: {a: b}}]\n"),
	"1:31: found a mapping, expected a sequence of networks\n"},
    {TEXT("clients: [{name: g, networks: [[]]}]\n"),
	"1:32: found a sequence, expected a network\n"},
    {TEXT("clients: [{name: g, networks: [guests, 10.0.0.0/8, 10.0.0.1/8,\n"
	  "  10.0.0.0/33, \"::/129\", \"\"]}]\n"),
	"1:32: network \"guests\", " A_NETWORK
	"1:52: network \"10.0.0.1/8\", expected zeros in the bits of the address behind those that "
	"the network has\n"
	"2:3: network \"10.0.0.0/33\", expected 0 to 32 after the slash\n"
	"2:16: network \"::/129\", expected 0 to 128 after the slash\n"
	"2:26: found nothing, expected a network\n"},
    {TEXT("clients:\n"
	  "- {name: g, networks: [10.0.0.0/8, \"::/0\"]}\n"
	  "- {name: h, networks: [10.0.0.0/9]}\n"
	  "- {name: i, networks: [192.0.2.1, \"::ffff:10.0.0.0/104\"]}\n"),
	"4:3: network 10.0.0.0/8, which g has, expected each in one group\n"},
    {TEXT("clients:\n- {networks: [10.0.0.0/8]}\n- {name: h, networks: [10.0.0.0/8]}\n"),
	"2:3: clients without name, expected the key \"name\"\n"
	"3:3: network 10.0.0.0/8, which another group has, expected each in one group\n"},
    /* lists */
    {TEXT(LIST GROUP(", lists: all")),
	"2:52: lists \"all\", expected none or a sequence of lists\n"},
    {TEXT(LIST GROUP(", lists: l")), "2:52: lists \"l\", expected none or a sequence of lists\n"},
    {TEXT(LIST GROUP(", lists: \"\"")),
	"2:52: found nothing, expected none or a sequence of lists\n"},
    {TEXT(LIST GROUP(", lists: {l: l}")),
	"2:52: found a mapping, expected none or a sequence of lists\n"},
    {TEXT(LIST GROUP(", lists: [l, m, [l]]")),
	"2:56: list \"m\", expected the name of one of the lists\n"
	"2:59: found a sequence, expected the name of a list\n"},
    {TEXT(LIST GROUP(", lists: [local]")),
	"2:53: list \"local\", expected the name of one of the lists\n"},
    {TEXT(GROUP(", lists: [l]")), "1:53: list \"l\", expected the name of one of the lists\n"},
    /* actions */
    {TEXT(GROUP(", action: explode")), "1:53: unknown action \"explode\", expected sinkhole, "
				       "nxdomain, nodata, refused, drop, allow "
				       "or log\n"},
    {TEXT(GROUP(", action: allow")),
	"1:53: action \"allow\", expected another, or \"lists: none\"\n"},
    {TEXT(GROUP(", action: [log]")), "1:53: found a sequence, expected sinkhole, nxdomain, nodata, "
				     "refused, drop, allow or log\n"},
    /* forwarders */
    {TEXT("trusted-forwarders: 127.0.0.1\n"),
	"1:21: found a text, expected a sequence of networks\n"},
    {TEXT("trusted-forwarders: [127.0.0.1, localhost]\n"),
	"1:33: network \"localhost\", " A_NETWORK},
    {TEXT("trusted-forwarders: [127.0.0.1/8]\n"), "1:22: network \"127.0.0.1/8\", expected zeros "
						  "in the bits of the address behind those that "
						  "the network has\n"},
    /* answers of lists */
    {TEXT("lists: [{name: l, file: f, sinkhole: 192.0.2.1}]\n"),
	"1:38: found a text, expected a mapping with keys such as \"ipv4\"\n"},
    {TEXT("lists: [{name: l, file: f, sinkhole: {ede: off}}]\n"),
	"1:39: unknown key \"ede\", expected ipv4, ipv6 or ttl\n"},
    {TEXT("lists: [{name: l, file: f, sinkhole: {ipv4: \"::1\", ipv6: 192.0.2.1, ttl: 86401}}]\n"),
	"1:45: \"::1\", expected an IPv4 address or none\n"
	"1:58: \"192.0.2.1\", expected an IPv6 address or none\n"
	"1:74: ttl \"86401\", expected 0 to 86400 seconds\n"},
    /* the list of local decisions */
    {TEXT("lists: [{name: local, file: f}]\n"),
	"1:16: a list of the name \"local\", which is that of local decisions, expected another\n"},
    /* clients are told of when the lists are known */
    {TEXT(GROUP(", lists: [m]") "enabled: maybe\n" LIST),
	"2:10: enabled \"maybe\", expected true or false\n"
	"1:53: list \"m\", expected the name of one of the lists\n"},
};

static void tells_what_is_wrong(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		expect_problems(wrong[i].text, wrong[i].size, wrong[i].expected);
}

static void bounds_groups(void **state)
{
	static char text[1 << 17];
	(void)state;
	for (unsigned count = BT_GROUPS_MAX - 1; count <= BT_GROUPS_MAX; count++) {
		char *at = stpcpy(text, "clients: [");
		for (unsigned i = 0; i < count; i++)
			at += sprintf(at, "{name: g%u, networks: []}, ", i);
		strcpy(at, "]\n");
		if (count == BT_GROUPS_MAX) {
			expect_problems(text, strlen(text),
			    "1:10: 1024 groups of clients, expected at most 1023\n");
			continue;
		}
		struct bt_config *config = load(text);
		assert_int_equal(config->clients_count, count);
		assert_string_equal(config->clients[count - 1].name, "g1022");
		bt_config_free(&config);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(reads_clients),
	    cmocka_unit_test(settles_what_is_in_force),
	    cmocka_unit_test(gives_lists_their_answers),
	    cmocka_unit_test(tells_what_is_wrong),
	    cmocka_unit_test(bounds_groups),
	};
	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
