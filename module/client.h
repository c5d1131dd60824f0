/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * client.h -- who asks
 *
 * The address that the query came from, behind PROXYv2 the real one; or, where that is a trusted
 * forwarder, the client that it names: by EDNS Client Subnet (RFC 7871) with a whole address, and
 * by the MAC address that dnsmasq adds (its --add-mac, EDNS option 65001). Whoever else sends these
 * options is not believed.
 *
 * Threads: from the worker that owns the reply.
 */
#ifndef BT_CLIENT_H
#define BT_CLIENT_H

#include "event.h"
#include "policy.h"

struct mesh_reply;

struct bt_client {
	uint8_t address[BT_ADDRESS_SIZE];
	uint8_t via[BT_ADDRESS_SIZE];   /* the forwarder; zeros: none */
	uint8_t device[BT_DEVICE_SIZE]; /* zeros: not known */
	uint16_t port;                  /* of the sender */
	enum bt_transport transport;
};

/* The client that waits for this reply. `policy` says who is a trusted forwarder. */
void bt_client_read(
    struct bt_client *client, const struct mesh_reply *reply, const struct bt_policy *policy);

#endif
