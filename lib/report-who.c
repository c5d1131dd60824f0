/* SPDX-License-Identifier: BSD-3-Clause */
/* report-who.c -- events to report rows: who an endpoint is */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report-data.h"

/*
 * A client's key: its address; or an address with a mark behind it, of a forwarder; or, longer than
 * these, the name of a device behind zeros.
 */
enum {
	FORWARDER_KEY = BT_ADDRESS_SIZE + 1,
	DEVICE_KEY = FORWARDER_KEY + 1, /* and the name */
	NAME_MAX_OCTETS = 255,
	IPV6_FOLDED = 64, /* bits: a client's other ones change each day (RFC 8981) */
};

static const uint8_t ipv4_prefix[12] = {[10] = 0xff, [11] = 0xff};

static bool is_ipv4(const uint8_t address[static BT_ADDRESS_SIZE])
{
	return memcmp(address, ipv4_prefix, sizeof(ipv4_prefix)) == 0;
}

static size_t make_key(const struct bt_report *report, const struct bt_subject *subject,
    const struct bt_columns_endpoint *who, int64_t time,
    uint8_t key[static DEVICE_KEY + NAME_MAX_OCTETS])
{
	const struct bt_report_options *options = &report->options;
	const char *device = NULL;
	memset(key, 0, DEVICE_KEY);
	if (options->identify != NULL)
		device = options->identify(options->identities, who->client, who->device, time);
	if (device != NULL) {
		size_t size = strnlen(device, NAME_MAX_OCTETS);
		memcpy(key + DEVICE_KEY, device, size);
		return DEVICE_KEY + size;
	}
	memcpy(key, who->client, BT_ADDRESS_SIZE);
	if (subject->policy != NULL && bt_policy_forwarders(subject->policy) > 0 &&
	    bt_policy_is_forwarder(subject->policy, who->client))
		return FORWARDER_KEY;
	if (options->fold && !is_ipv4(who->client))
		memset(key + IPV6_FOLDED / 8, 0, BT_ADDRESS_SIZE - IPV6_FOLDED / 8);
	return BT_ADDRESS_SIZE;
}

bool bt_report_find_who(struct bt_report *report, const struct bt_subject *subject,
    const struct bt_columns_endpoint *endpoint, int64_t time, struct bt_who *who)
{
	uint8_t key[DEVICE_KEY + NAME_MAX_OCTETS];
	uint32_t row;
	who->client = BT_NOT_WANTED;
	if (report->options.client != NULL &&
	    !bt_network_has(report->options.client, endpoint->client))
		return true;
	size_t size = make_key(report, subject, endpoint, time, key);
	/* Rows by client are numbered as clients are. */
	return bt_intern_add(report->clients, key, size, &who->client) &&
	       (!report->folds || bt_intern_add(report->addresses, endpoint->client,
				      BT_ADDRESS_SIZE, &who->address)) &&
	       (report->options.by != BT_BY_CLIENT || bt_report_row(report, key, size, &row));
}

bool bt_report_is_forwarder(const struct bt_report *report, uint32_t client)
{
	size_t size;
	bt_intern_bytes(report->clients, client, &size);
	return size == FORWARDER_KEY;
}

char *bt_report_client_name(const struct bt_report *report, const uint8_t *key, size_t size)
{
	struct bt_network network = {.bits = 128};
	char text[BT_NETWORK_TEXT], *name;
	if (size >= DEVICE_KEY)
		return strndup((const char *)key + DEVICE_KEY, size - DEVICE_KEY);
	memcpy(network.address, key, sizeof(network.address));
	if (size == BT_ADDRESS_SIZE && report->options.fold && !is_ipv4(key))
		network.bits = IPV6_FOLDED;
	bt_network_write(text, &network);
	if (size == BT_ADDRESS_SIZE)
		return strdup(text);
	return asprintf(&name, "%s (forwarder)", text) < 0 ? NULL : name;
}

/* Each client's name once, for all rows. */
bool bt_report_name_clients(struct bt_report *report)
{
	uint32_t count = bt_intern_count(report->clients);
	report->client_names = calloc((size_t)count + 1, sizeof(char *));
	if (report->client_names == NULL)
		return false;
	for (; report->named_clients < count; report->named_clients++) {
		size_t size;
		const uint8_t *key = bt_intern_bytes(report->clients, report->named_clients, &size);
		char *name = bt_report_client_name(report, key, size);
		if (name == NULL)
			return false;
		report->client_names[report->named_clients] = name;
	}
	return true;
}
