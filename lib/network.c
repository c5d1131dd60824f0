/* SPDX-License-Identifier: BSD-3-Clause */
/* network.c -- addresses and networks, IPv4 and IPv6 alike */

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "network.h"

enum { MAPPED_BITS = 96, BITS_MAX = 128 };

static const uint8_t mapped[MAPPED_BITS / 8] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

bool bt_address_read(uint8_t address[static BT_ADDRESS_SIZE], const char *text)
{
	uint8_t octets[BT_ADDRESS_SIZE];
	if (inet_pton(AF_INET6, text, octets) != 1) {
		if (inet_pton(AF_INET, text, octets + sizeof(mapped)) != 1)
			return false;
		memcpy(octets, mapped, sizeof(mapped));
	}
	memcpy(address, octets, sizeof(octets));
	return true;
}

/* The first `bits` of the address, and zeros. */
static void cut(uint8_t address[BT_ADDRESS_SIZE], unsigned bits)
{
	for (unsigned i = 0; i < BT_ADDRESS_SIZE; i++) {
		unsigned keep = bits > 8 * i ? bits - 8 * i : 0;
		address[i] &= (uint8_t)(keep >= 8 ? 0xff : 0xff << (8 - keep));
	}
}

/* -1: no number, or one above `most`. */
static int read_bits(const char *text, int most)
{
	size_t digits = strspn(text, "0123456789");
	int bits = digits >= 1 && digits <= 3 && text[digits] == '\0' ? atoi(text) : -1;
	return bits <= most ? bits : -1;
}

const char *bt_network_read(struct bt_network *network, const char *text)
{
	static const char *const expected = "a network such as 10.0.0.0/8 or 2001:db8::/32";
	char address[INET6_ADDRSTRLEN];
	size_t size = strcspn(text, "/");
	struct bt_network read = {.bits = BITS_MAX};
	if (size >= sizeof(address))
		return expected;
	memcpy(address, text, size);
	address[size] = '\0';
	if (!bt_address_read(read.address, address))
		return expected;
	if (text[size] == '/') {
		bool ipv4 = strchr(address, ':') == NULL;
		int bits = read_bits(text + size + 1, ipv4 ? BITS_MAX - MAPPED_BITS : BITS_MAX);
		if (bits < 0)
			return ipv4 ? "0 to 32 after the slash" : "0 to 128 after the slash";
		read.bits = (uint8_t)(ipv4 ? bits + MAPPED_BITS : bits);
	}
	if (!bt_network_is(&read))
		return "zeros in the bits of the address behind those that the network has";
	*network = read;
	return NULL;
}

void bt_network_write(char text[static BT_NETWORK_TEXT], const struct bt_network *network)
{
	char address[INET6_ADDRSTRLEN];
	unsigned bits = network->bits;
	bool ipv4 = bits >= MAPPED_BITS && memcmp(network->address, mapped, sizeof(mapped)) == 0;
	inet_ntop(ipv4 ? AF_INET : AF_INET6, network->address + (ipv4 ? sizeof(mapped) : 0),
	    address, sizeof(address));
	if (bits == BITS_MAX)
		snprintf(text, BT_NETWORK_TEXT, "%s", address);
	else
		snprintf(text, BT_NETWORK_TEXT, "%s/%u", address, ipv4 ? bits - MAPPED_BITS : bits);
}

bool bt_network_is(const struct bt_network *network)
{
	return network->bits <= BITS_MAX && bt_network_has(network, network->address);
}

bool bt_network_has(const struct bt_network *network, const uint8_t address[static BT_ADDRESS_SIZE])
{
	uint8_t begin[BT_ADDRESS_SIZE];
	memcpy(begin, address, sizeof(begin));
	cut(begin, network->bits);
	return memcmp(begin, network->address, sizeof(begin)) == 0;
}
