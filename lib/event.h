/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * event.h -- the record of a hit
 *
 * As it lies in a ring slot: fixed layout, native byte order (a ring never leaves its machine).
 * In segments it is encoded as doc/event-format.md says.
 */
#ifndef BT_EVENT_H
#define BT_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "name.h"

enum bt_transport { BT_TRANSPORT_UDP, BT_TRANSPORT_TCP, BT_TRANSPORT_TLS, BT_TRANSPORT_HTTPS };

enum { BT_EVENT_MATCHES_MAX = 8 };

struct bt_event_match {
	uint32_t class_id;
	uint8_t labels;
	uint8_t reserved[3];
};

struct bt_event {
	int64_t time;       /* milliseconds since 1970-01-01 UTC */
	uint64_t policy;    /* digest of the trie whose lists and classes these numbers mean */
	uint8_t client[16]; /* IPv6, or IPv4 as ::ffff:a.b.c.d */
	uint16_t port;      /* the client's */
	uint16_t qtype;
	uint16_t qclass;
	uint16_t list;       /* the deciding indicator's list */
	uint8_t action;      /* enum bt_action */
	uint8_t transport;   /* enum bt_transport */
	uint8_t labels;      /* of the deciding indicator: that many of the key's first labels */
	uint8_t match_count; /* all matches, the deciding one among them; the longest if too many */
	uint8_t reserved[3];
	uint8_t key_size;
	struct bt_event_match matches[BT_EVENT_MATCHES_MAX];
	/* The name asked, as a key (name.h); last, so that a copy can stop with it. */
	uint8_t key[BT_KEY_MAX + 2];
};

/* Octets of an event that are in use: everything up to the end of the key. */
static inline size_t bt_event_size(const struct bt_event *event)
{
	return offsetof(struct bt_event, key) + event->key_size;
}

/* Whether the numbers in an event that comes from a file fit together. */
static inline bool bt_event_valid(const struct bt_event *event)
{
	int labels = bt_key_labels(event->key, event->key_size);
	if (labels < event->labels || event->match_count > BT_EVENT_MATCHES_MAX)
		return false; /* no key has -1 labels */
	for (unsigned i = 0; i < event->match_count; i++) {
		if (event->matches[i].labels > labels)
			return false;
	}
	return true;
}

#endif
