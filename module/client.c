/* SPDX-License-Identifier: BSD-3-Clause */
/* client.c -- who asks */

#include <config.h> /* Unbound's; ours is never included with angle brackets */
#include <services/mesh.h>
#include <util/data/msgparse.h>
#include <util/netevent.h>

#include "client.h"

enum {
	OPTION_SUBNET = 8,
	OPTION_MAC = 65001,

	/* EDNS Client Subnet: family (2), bits of the address (1), bits of the answer's (1). */
	SUBNET_HEADER = 4,
	FAMILY_IPV4 = 1,
	FAMILY_IPV6 = 2,
	IPV4_SIZE = 4,
	IPV4_AT = BT_ADDRESS_SIZE - IPV4_SIZE,
};

static void set_ipv4(uint8_t address[BT_ADDRESS_SIZE], const void *octets)
{
	memset(address, 0, IPV4_AT);
	address[IPV4_AT - 2] = address[IPV4_AT - 1] = 0xff;
	memcpy(address + IPV4_AT, octets, IPV4_SIZE);
}

static void read_address(struct bt_client *client, const struct sockaddr_storage *from)
{
	if (from->ss_family == AF_INET6) {
		const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)from;
		memcpy(client->address, &in6->sin6_addr, sizeof(client->address));
		client->port = ntohs(in6->sin6_port);
	} else if (from->ss_family == AF_INET) {
		const struct sockaddr_in *in = (const struct sockaddr_in *)from;
		set_ipv4(client->address, &in->sin_addr);
		client->port = ntohs(in->sin_port);
	}
}

static enum bt_transport transport_of(const struct comm_point *point)
{
	if (point->type == comm_http)
		return BT_TRANSPORT_HTTPS;
	if (point->type == comm_udp)
		return BT_TRANSPORT_UDP;
	return point->ssl != NULL ? BT_TRANSPORT_TLS : BT_TRANSPORT_TCP;
}

/* A part of an address says of whom the client is a neighbour, not who it is. */
static bool read_subnet(uint8_t address[BT_ADDRESS_SIZE], const struct edns_option *option)
{
	const uint8_t *data = option->opt_data;
	if (option->opt_len < SUBNET_HEADER)
		return false;
	unsigned family = (unsigned)data[0] << 8 | data[1], bits = data[2];
	size_t size = option->opt_len - SUBNET_HEADER;
	if (family == FAMILY_IPV4 && bits == 8 * IPV4_SIZE && size == IPV4_SIZE)
		set_ipv4(address, data + SUBNET_HEADER);
	else if (family == FAMILY_IPV6 && bits == 8 * BT_ADDRESS_SIZE && size == BT_ADDRESS_SIZE)
		memcpy(address, data + SUBNET_HEADER, BT_ADDRESS_SIZE);
	else
		return false;
	return true;
}

static void read_options(struct bt_client *client, const struct edns_option *option)
{
	uint8_t address[BT_ADDRESS_SIZE];
	for (; option != NULL; option = option->next) {
		if (option->opt_code == OPTION_SUBNET && read_subnet(address, option)) {
			memcpy(client->via, client->address, sizeof(client->via));
			memcpy(client->address, address, sizeof(client->address));
			return;
		}
	}
}

static void read_device(struct bt_client *client, const struct edns_option *option)
{
	for (; option != NULL; option = option->next)
		if (option->opt_code == OPTION_MAC && option->opt_len == BT_DEVICE_SIZE)
			memcpy(client->device, option->opt_data, BT_DEVICE_SIZE);
}

void bt_client_read(
    struct bt_client *client, const struct mesh_reply *reply, const struct bt_policy *policy)
{
	memset(client, 0, sizeof(*client));
	client->transport = transport_of(reply->query_reply.c);
	read_address(client, &reply->query_reply.client_addr);
	const struct edns_option *options = reply->edns.opt_list_in;
	if (options == NULL || !bt_policy_is_forwarder(policy, client->address))
		return;
	read_device(client, options);
	read_options(client, options);
}
