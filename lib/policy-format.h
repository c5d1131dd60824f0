/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * policy-format.h -- the policy's bytes, as doc/policy-format.md has them; for policy*.c alone
 *
 * A header, then sections without gaps, as bt_policy_sections() has them. All integers are
 * little-endian and need no alignment.
 */
#ifndef BT_POLICY_FORMAT_H
#define BT_POLICY_FORMAT_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "network.h"

#define BT_POLICY_MAGIC "BTPOLICY"

enum { BT_POLICY_VERSION = 2 };

/* Where the header's fields are. */
enum {
	BT_POLICY_AT_VERSION = 8,
	BT_POLICY_AT_LISTS = 12,
	BT_POLICY_AT_SIZE = 16,
	BT_POLICY_AT_CLASSES = 24,
	BT_POLICY_AT_MEMBERS = 28,
	BT_POLICY_AT_METAS = 32,
	BT_POLICY_AT_PAIRS = 36,
	BT_POLICY_AT_STRINGS = 40,
	BT_POLICY_AT_SINKHOLES = 44,
	BT_POLICY_AT_GROUPS = 48,
	BT_POLICY_AT_NETWORKS = 52,
	BT_POLICY_AT_FORWARDERS = 56,
	BT_POLICY_AT_LOCAL = 60,
	BT_POLICY_AT_EDE = 64,
	BT_POLICY_AT_FLAGS = 65,
	BT_POLICY_AT_ZERO = 66,
	BT_POLICY_HEADER = 72,
};

enum { BT_POLICY_DISABLED = 1 }; /* flags */

/* An answer's addresses. */
enum {
	BT_POLICY_SINKHOLE_AT_TTL = 0,
	BT_POLICY_SINKHOLE_AT_FLAGS = 4,
	BT_POLICY_SINKHOLE_AT_ZERO = 5,
	BT_POLICY_SINKHOLE_AT_IPV4 = 8,
	BT_POLICY_SINKHOLE_AT_IPV6 = 12,
	BT_POLICY_SINKHOLE = 28,
};

enum { BT_POLICY_HAS_IPV4 = 1, BT_POLICY_HAS_IPV6 = 2 };

/* Where a list's fields are. */
enum {
	BT_POLICY_LIST_AT_NAME = 0,
	BT_POLICY_LIST_AT_META = 4,
	BT_POLICY_LIST_AT_ACTION = 8,
	BT_POLICY_LIST_AT_EVENTS = 9,
	BT_POLICY_LIST_AT_SINKHOLE = 10,
	BT_POLICY_LIST_AT_ZERO = 12,
	BT_POLICY_LIST_AT_ENTRIES = 16,
	BT_POLICY_LIST_AT_MODIFIED = 24,
	BT_POLICY_LIST = 32,
};

/* A group's; its actions stand elsewhere, one octet a list. */
enum {
	BT_POLICY_GROUP_AT_NAME = 0,
	BT_POLICY_GROUP = 4,
};

/* A network's: its address first, so that their octets are in the order of networks. */
enum {
	BT_POLICY_NETWORK_AT_BITS = 16,
	BT_POLICY_NETWORK_AT_ZERO = 17,
	BT_POLICY_NETWORK_AT_GROUP = 18,
	BT_POLICY_NETWORK = 20,
};

/* Where a member's fields are, and a pair's. */
enum {
	BT_POLICY_MEMBER_AT_META = 0,
	BT_POLICY_MEMBER_AT_LIST = 4,
	BT_POLICY_MEMBER_AT_SCOPE = 6,
	BT_POLICY_MEMBER_AT_ZERO = 7,
	BT_POLICY_MEMBER = 8,

	BT_POLICY_PAIR_AT_KEY = 0,
	BT_POLICY_PAIR_AT_VALUE = 4,
	BT_POLICY_PAIR = 8,
};

static inline struct bt_network bt_policy_read_network(const uint8_t *row)
{
	struct bt_network network = {.bits = row[BT_POLICY_NETWORK_AT_BITS]};
	memcpy(network.address, row, sizeof(network.address));
	return network;
}

/*
 * Octets of the character at text[0]: UTF-8 (RFC 3629) that is no control character. 0 if it is
 * anything else, so that whoever shows a policy's strings need not think of terminals.
 */
static inline size_t bt_policy_character(const uint8_t *text, size_t size)
{
	static const uint32_t least[] = {
	    0, 0, 0xa0, 0x800, 0x10000}; /* 0x80 to 0x9f are controls */
	if (size == 0 || text[0] < ' ' || text[0] == 127)
		return 0;
	if (text[0] < 0x80)
		return 1;
	size_t octets = text[0] >= 0xf0 ? 4 : text[0] >= 0xe0 ? 3 : 2;
	if (text[0] < 0xc0 || text[0] >= 0xf8 || octets > size)
		return 0;
	uint32_t value = text[0] & (0x7fu >> octets);
	for (size_t i = 1; i < octets; i++) {
		if ((text[i] & 0xc0) != 0x80)
			return 0;
		value = value << 6 | (text[i] & 0x3f);
	}
	if (value < least[octets] || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff))
		return 0;
	return octets;
}

#endif
