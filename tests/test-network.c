/* SPDX-License-Identifier: BSD-3-Clause */
/* test-network.c -- networks: read, written, and what is in them */

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "network.h"
#include "random.h"

#define A_NETWORK "a network such as 10.0.0.0/8 or 2001:db8::/32"
#define BITS_4 "0 to 32 after the slash"
#define BITS_6 "0 to 128 after the slash"
#define ZEROS "zeros in the bits of the address behind those that the network has"

static uint64_t seed;

static void reads_addresses(void **state)
{
	static const uint8_t ipv4[] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 1};
	static const uint8_t ipv6[] = {0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x53};
	uint8_t address[BT_ADDRESS_SIZE];
	(void)state;
	assert_true(bt_address_read(address, "192.0.2.1"));
	assert_memory_equal(address, ipv4, sizeof(ipv4));
	assert_true(bt_address_read(address, "::ffff:192.0.2.1"));
	assert_memory_equal(address, ipv4, sizeof(ipv4));
	assert_true(bt_address_read(address, "2001:DB8::53"));
	assert_memory_equal(address, ipv6, sizeof(ipv6));
	static const char *const wrong[] = {"", "192.0.2", "192.0.2.256", "192.0.2.1/32",
	    " 192.0.2.1", "192.0.2.1 ", "2001:db8", "2001:db8::1::", "2001:db8::1%eth0", "name"};
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		assert_false(bt_address_read(address, wrong[i]));
	assert_memory_equal(address, ipv6, sizeof(ipv6)); /* not written */
}

/* What is read, its bits, and how it is written. */
static const struct {
	const char *text;
	unsigned bits;
	const char *written;
} good[] = {
    {"10.0.0.0/8", 104, "10.0.0.0/8"},
    {"0.0.0.0/0", 96, "0.0.0.0/0"},
    {"192.0.2.128/25", 121, "192.0.2.128/25"},
    {"192.0.2.255/32", 128, "192.0.2.255"},
    {"192.0.2.1", 128, "192.0.2.1"},
    {"255.255.255.255", 128, "255.255.255.255"},
    {"::/0", 0, "::/0"},
    {"::", 128, "::"},
    {"::1/128", 128, "::1"},
    {"8000::/1", 1, "8000::/1"},
    {"2001:db8::/32", 32, "2001:db8::/32"},
    {"2001:0DB8:0:0::/32", 32, "2001:db8::/32"},
    {"fe80::/10", 10, "fe80::/10"},
    {"2001:db8::8/125", 125, "2001:db8::8/125"},
    {"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 128, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"},
    /* IPv4, however it is written; and its neighbours, which are not */
    {"::ffff:10.0.0.0/104", 104, "10.0.0.0/8"},
    {"::ffff:a00:0/104", 104, "10.0.0.0/8"},
    {"::ffff:0:0/96", 96, "0.0.0.0/0"},
    {"::fffe:0:0/95", 95, "::fffe:0:0/95"},
    {"::fffe:0:0/96", 96, "::fffe:0:0/96"},
    {"::10.0.0.0/104", 104, "::10.0.0.0/104"},
};

static void reads_and_writes_networks(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
		struct bt_network network, again;
		char text[BT_NETWORK_TEXT];
		const char *expected = bt_network_read(&network, good[i].text);
		if (expected != NULL)
			fail_msg("%s: expected %s", good[i].text, expected);
		assert_int_equal(network.bits, good[i].bits);
		assert_true(bt_network_is(&network));
		bt_network_write(text, &network);
		assert_string_equal(text, good[i].written);
		assert_null(bt_network_read(&again, text));
		assert_memory_equal(&again, &network, sizeof(network));
	}
}

static const struct {
	const char *text, *expected;
} wrong[] = {
    {"", A_NETWORK}, {"/", A_NETWORK}, {"/8", A_NETWORK}, {"guests", A_NETWORK},
    {"10.0.0/8", A_NETWORK}, {"10.0.0.0.0/8", A_NETWORK}, {"10.0.0.256", A_NETWORK},
    {"10.0.0.0-10.0.0.9", A_NETWORK}, {"010.0.0.0/8", A_NETWORK}, {" 10.0.0.0/8", A_NETWORK},
    {"10.0.0.0 /8", A_NETWORK}, {"2001:db8:/32", A_NETWORK}, {"2001:db8::%eth0/32", A_NETWORK},
    {"[2001:db8::]/32", A_NETWORK},
    {"::1:1:1:1:1:1:1:1:1:1:1:1:1:1:1:1:1:1:1:1:1:1:1:1:1/8", A_NETWORK}, {"10.0.0.0/", BITS_4},
    {"10.0.0.0/33", BITS_4}, {"10.0.0.0/-1", BITS_4}, {"10.0.0.0/+8", BITS_4},
    {"10.0.0.0/ 8", BITS_4}, {"10.0.0.0/8 ", BITS_4}, {"10.0.0.0/8/8", BITS_4},
    {"10.0.0.0/0x8", BITS_4}, {"10.0.0.0/255.0.0.0", BITS_4},
    {"10.0.0.0/08", BITS_4}, /* eight, or octal? */
    {"10.0.0.0/1000", BITS_4}, {"10.0.0.0/4294967304", BITS_4}, {"10.0.0.0/104", BITS_4},
    {"2001:db8::/", BITS_6}, {"2001:db8::/129", BITS_6}, {"2001:db8::/00", BITS_6},
    {"2001:db8::/1000", BITS_6}, {"2001:db8::/x", BITS_6}, {"10.0.0.1/8", ZEROS},
    {"10.128.0.0/8", ZEROS}, {"0.0.0.1/0", ZEROS}, {"192.0.2.1/31", ZEROS},
    {"2001:db8::1/32", ZEROS}, {"2001:db8::1/127", ZEROS},
    {"::ffff:10.0.0.0/8", ZEROS}, /* 8 of its 128 bits */
};

static void refuses_what_is_none(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		struct bt_network network, before;
		memset(&before, 0x5a, sizeof(before));
		network = before;
		const char *expected = bt_network_read(&network, wrong[i].text);
		if (expected == NULL)
			fail_msg("\"%s\" was taken", wrong[i].text);
		if (strcmp(expected, wrong[i].expected) != 0)
			fail_msg("\"%s\": expected %s, not %s", wrong[i].text, expected,
			    wrong[i].expected);
		assert_memory_equal(&network, &before, sizeof(before));
	}
}

/* ---- bit by bit ---- */

static bool bit(const uint8_t *octets, unsigned i)
{
	return octets[i / 8] >> (7 - i % 8) & 1;
}

static void flip(uint8_t *octets, unsigned i)
{
	octets[i / 8] = (uint8_t)(octets[i / 8] ^ 1 << (7 - i % 8));
}

static struct bt_network random_network(unsigned bits)
{
	struct bt_network network = {.bits = (uint8_t)bits};
	for (unsigned i = 0; i < bits; i++)
		if (random_below(&seed, 2) == 0)
			flip(network.address, i);
	return network;
}

/* Its own addresses; and with any bit changed, those where it is one behind the network's. */
static void has_its_addresses(void **state)
{
	(void)state;
	for (unsigned bits = 0; bits <= 128; bits++) {
		struct bt_network network = random_network(bits);
		uint8_t address[BT_ADDRESS_SIZE];
		memcpy(address, network.address, sizeof(address));
		for (unsigned i = bits; i < 128; i++)
			if (random_below(&seed, 2) == 0)
				flip(address, i);
		assert_true(bt_network_has(&network, network.address));
		assert_true(bt_network_has(&network, address));
		for (unsigned i = 0; i < 128; i++) {
			flip(address, i);
			assert_int_equal(bt_network_has(&network, address), i >= bits);
			flip(address, i);
		}
	}
}

static void has_as_the_oracle(void **state)
{
	(void)state;
	for (int round = 0; round < 20000; round++) {
		struct bt_network network = random_network(random_below(&seed, 129));
		struct bt_network other = random_network(128);
		unsigned same = 0, common = random_below(&seed, 129);
		for (unsigned i = 0; i < common; i++)
			if (bit(other.address, i) != bit(network.address, i))
				flip(other.address, i);
		while (same < 128 && bit(other.address, same) == bit(network.address, same))
			same++;
		assert_int_equal(bt_network_has(&network, other.address), same >= network.bits);
	}
}

static void is_one_or_not(void **state)
{
	(void)state;
	for (unsigned bits = 0; bits <= 255; bits++) {
		struct bt_network network = random_network(bits <= 128 ? bits : 128);
		network.bits = (uint8_t)bits;
		assert_int_equal(bt_network_is(&network), bits <= 128);
		for (unsigned i = 0; bits <= 128 && i < 128; i++) {
			flip(network.address, i);
			assert_int_equal(bt_network_is(&network), i < bits);
			flip(network.address, i);
		}
	}
}

/* Any network is what it is after it was written and read. */
static void comes_back(void **state)
{
	(void)state;
	for (int round = 0; round < 20000; round++) {
		struct bt_network network = random_network(random_below(&seed, 129)), again;
		bool ipv4 = network.bits >= 96 && random_below(&seed, 2) == 0;
		char text[BT_NETWORK_TEXT];
		if (ipv4) {
			memset(network.address, 0, 10);
			memset(network.address + 10, 0xff, 2);
		}
		bt_network_write(text, &network);
		assert_int_equal(strchr(text, ':') == NULL, ipv4);
		const char *expected = bt_network_read(&again, text);
		if (expected != NULL)
			fail_msg("%s: expected %s", text, expected);
		assert_memory_equal(&again, &network, sizeof(network));
	}
}

int main(void)
{
	seed = random_seed();
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(reads_addresses),
	    cmocka_unit_test(reads_and_writes_networks),
	    cmocka_unit_test(refuses_what_is_none),
	    cmocka_unit_test(has_its_addresses),
	    cmocka_unit_test(has_as_the_oracle),
	    cmocka_unit_test(is_one_or_not),
	    cmocka_unit_test(comes_back),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
