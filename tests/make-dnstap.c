/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * make-dnstap.c -- a dnstap file for tests, from lines "EPOCH CLIENT TYPE NAME" on standard input
 *
 *     make-dnstap query|reply|both <questions >FILE
 */

#include <stdbool.h>
#include <stdio.h>

#include "dnstaps.h"

static bool write_octets(const struct octets *octets)
{
	return fwrite(octets->at, 1, octets->size, stdout) == octets->size;
}

static bool write_message(unsigned type, long long epoch, const uint8_t client[16],
    const struct bt_key *key, unsigned qtype)
{
	struct octets payload = {.size = 0}, frame = {.size = 0};
	put_dnstap(&payload, type, epoch * 1000, client, key, (uint16_t)qtype);
	put_frame(&frame, &payload);
	return write_octets(&frame);
}

int main(int argc, char **argv)
{
	bool both = argc == 2 && strcmp(argv[1], "both") == 0;
	bool query = both || (argc == 2 && strcmp(argv[1], "query") == 0);
	bool reply = both || (argc == 2 && strcmp(argv[1], "reply") == 0);
	struct octets start = {.size = 0}, stop = {.size = 0};
	char client[64], name[BT_NAME_MAX + 1];
	long long epoch;
	unsigned qtype;
	if (!query && !reply) {
		fputs("usage: make-dnstap query|reply|both\n", stderr);
		return 2;
	}
	put_start(&start, "protobuf:dnstap.Dnstap");
	put_stop(&stop);
	bool ok = write_octets(&start);
	while (ok && scanf("%lld %63s %u %255s", &epoch, client, &qtype, name) == 4) {
		uint8_t address[BT_ADDRESS_SIZE];
		struct bt_key key;
		ok = bt_address_read(address, client) &&
		     bt_key_from_text(&key, name, strlen(name)) == BT_NAME_OK;
		if (ok && query)
			ok = write_message(DNSTAP_QUERY, epoch, address, &key, qtype);
		if (ok && reply)
			ok = write_message(DNSTAP_REPLY, epoch, address, &key, qtype);
	}
	ok = ok && write_octets(&stop) && fflush(stdout) == 0;
	return ok ? 0 : 1;
}
