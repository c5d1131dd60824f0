/* SPDX-License-Identifier: BSD-3-Clause */
/* dnstaps.h -- Frame Streams files of dnstap messages, for tests */
#ifndef BT_TEST_DNSTAPS_H
#define BT_TEST_DNSTAPS_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "name.h"
#include "network.h"

enum { DNSTAP_QUERY = 5, DNSTAP_REPLY = 6, DNSTAP_FRAME_MAX = 1024 };

struct octets {
	uint8_t at[DNSTAP_FRAME_MAX];
	size_t size;
};

static inline void put_octet(struct octets *to, unsigned octet)
{
	to->at[to->size++] = (uint8_t)octet;
}

static inline void put_octets(struct octets *to, const void *octets, size_t size)
{
	memcpy(to->at + to->size, octets, size);
	to->size += size;
}

/* In network order. */
static inline void put_number(struct octets *to, unsigned size, uint32_t number)
{
	while (size-- > 0)
		put_octet(to, number >> 8 * size & 0xff);
}

static inline void put_varint(struct octets *to, uint64_t number)
{
	for (; number >= 0x80; number >>= 7)
		put_octet(to, (number & 0x7f) | 0x80);
	put_octet(to, (unsigned)number);
}

static inline void put_varint_field(struct octets *to, unsigned field, uint64_t number)
{
	put_varint(to, field << 3);
	put_varint(to, number);
}

static inline void put_octets_field(
    struct octets *to, unsigned field, const void *octets, size_t size)
{
	put_varint(to, field << 3 | 2);
	put_varint(to, size);
	put_octets(to, octets, size);
}

/* A nanosecond field: fixed32, least significant octet first. */
static inline void put_fixed_field(struct octets *to, unsigned field, uint32_t number)
{
	put_varint(to, field << 3 | 5);
	for (unsigned i = 0; i < 4; i++)
		put_octet(to, number >> 8 * i & 0xff);
}

/* A frame with the payload, or a control frame's. */
static inline void put_frame(struct octets *to, const struct octets *payload)
{
	put_number(to, 4, (uint32_t)payload->size);
	put_octets(to, payload->at, payload->size);
}

static inline void put_start(struct octets *to, const char *content)
{
	struct octets control = {.size = 0};
	put_number(&control, 4, 2);
	put_number(&control, 4, 1);
	put_number(&control, 4, (uint32_t)strlen(content));
	put_octets(&control, content, strlen(content));
	put_number(to, 4, 0);
	put_frame(to, &control);
}

static inline void put_stop(struct octets *to)
{
	struct octets control = {.size = 0};
	put_number(&control, 4, 3);
	put_number(to, 4, 0);
	put_frame(to, &control);
}

/* A DNS message with one question. */
static inline void put_dns(struct octets *to, const struct bt_key *key, uint16_t qtype, bool reply)
{
	uint8_t wire[BT_NAME_MAX];
	put_number(to, 2, 4711);
	put_number(to, 2, reply ? 0x8180 : 0x0100);
	put_number(to, 2, 1);
	put_number(to, 2, 0);
	put_number(to, 4, 0);
	put_octets(to, wire, bt_key_to_wire(wire, key->bytes, key->len));
	put_number(to, 2, qtype);
	put_number(to, 2, 1);
}

/* A Dnstap message (dnstap.proto) of a client's question or of the answer to it. */
static inline void put_dnstap(struct octets *to, unsigned type, int64_t milliseconds,
    const uint8_t client[16], const struct bt_key *key, uint16_t qtype)
{
	struct octets dns = {.size = 0}, message = {.size = 0};
	bool reply = type == DNSTAP_REPLY, ipv4 = client[10] == 0xff && client[11] == 0xff;
	put_dns(&dns, key, qtype, reply);
	put_varint_field(&message, 1, type);
	put_varint_field(&message, 2, ipv4 ? 1 : 2);
	put_varint_field(&message, 3, 1);
	put_octets_field(&message, 4, client + (ipv4 ? 12 : 0), ipv4 ? 4 : 16);
	put_varint_field(&message, 6, 53210);
	put_varint_field(&message, reply ? 12 : 8, (uint64_t)milliseconds / 1000);
	put_fixed_field(
	    &message, reply ? 13 : 9, (uint32_t)((uint64_t)milliseconds % 1000 * 1000000));
	put_octets_field(&message, reply ? 14 : 10, dns.at, dns.size);

	put_octets_field(to, 1, "dns1", 4);
	put_octets_field(to, 14, message.at, message.size);
	put_varint_field(to, 15, 1);
}

#endif
