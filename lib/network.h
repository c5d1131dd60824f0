/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * network.h -- addresses and networks, IPv4 and IPv6 alike
 *
 * An address is 16 octets: IPv6, or IPv4 mapped into it (::ffff:a.b.c.d, RFC 4291 2.5.5.2), as
 * events have it. So an IPv4 network of n bits is one of 96 + n bits here.
 *
 * Threads: no state.
 */
#ifndef BT_NETWORK_H
#define BT_NETWORK_H

#include <stdbool.h>
#include <stdint.h>

enum {
	BT_ADDRESS_SIZE = 16,
	BT_NETWORK_TEXT = 64, /* characters, with the zero octet */
};

/* All octets and bits behind the first `bits` are zero. */
struct bt_network {
	uint8_t address[BT_ADDRESS_SIZE];
	uint8_t bits; /* 0 to 128 */
};

/* The address of "192.0.2.1" or "2001:db8::1". False: it is none. */
bool bt_address_read(uint8_t address[static BT_ADDRESS_SIZE], const char *text);

/*
 * "10.0.0.0/8", "2001:db8::/32", or an address alone. Returns NULL and writes *network, or what is
 * wrong: static text that goes after "expected".
 */
const char *bt_network_read(struct bt_network *network, const char *text);

/* As bt_network_read reads it; a whole address without its bits. */
void bt_network_write(char text[static BT_NETWORK_TEXT], const struct bt_network *network);

/* Whether the octets are a network: what is behind its bits is zero. */
bool bt_network_is(const struct bt_network *network);

bool bt_network_has(
    const struct bt_network *network, const uint8_t address[static BT_ADDRESS_SIZE]);

#endif
