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

/* Which name a list has: the one asked, or one that the answer leads to. */
enum bt_matched {
	BT_MATCHED_NAME,
	BT_MATCHED_ALIAS,   /* the target of a CNAME or DNAME record */
	BT_MATCHED_SERVICE, /* the target of an HTTPS or SVCB record */
	BT_MATCHED_KINDS
};

enum { BT_DEVICE_SIZE = 6 /* octets of a MAC address */ };

struct bt_event {
	int64_t time;       /* milliseconds since 1970-01-01 UTC */
	uint64_t policy;    /* digest of the trie whose lists and classes these numbers mean */
	uint8_t client[16]; /* IPv6, or IPv4 as ::ffff:a.b.c.d */
	uint8_t via[16];    /* the forwarder that speaks for the client; zeros: none */
	uint8_t device[BT_DEVICE_SIZE]; /* the client's MAC address; zeros: not known */
	uint16_t port;                  /* the sender's */
	uint16_t qtype;
	uint16_t qclass;
	uint16_t list;       /* the deciding indicator's list */
	uint8_t action;      /* enum bt_action */
	uint8_t transport;   /* enum bt_transport */
	uint8_t labels;      /* of the deciding indicator: that many of the key's first labels */
	uint8_t match_count; /* all matches, the deciding one among them; the longest if too many */
	uint8_t matched;     /* enum bt_matched */
	uint8_t key_size, target_size;
	uint8_t reserved[3];
	struct bt_event_match matches[BT_EVENT_MATCHES_MAX];
	/*
	 * The name asked, as a key (name.h), and behind it the name that matched if that is
	 * another; last, so that a copy can stop with them.
	 */
	uint8_t key[512];
};

struct bt_policy;
struct bt_verdict; /* policy.h */
struct bt_match;   /* trie.h */

/*
 * Writes the event's matches: the deciding one, and those of the `count` that cover a name of
 * `labels` labels, the longest if there are too many.
 */
void bt_event_note_matches(struct bt_event *event, const struct bt_policy *policy,
    const struct bt_verdict *verdict, const struct bt_match *matches, unsigned count,
    unsigned labels);

/* Octets of an event that are in use: everything up to the end of the names. */
static inline size_t bt_event_size(const struct bt_event *event)
{
	return offsetof(struct bt_event, key) + event->key_size + event->target_size;
}

/* The name that matched, and its size: the matches are it and its ancestors. */
static inline const uint8_t *bt_event_name(const struct bt_event *event, unsigned *size)
{
	bool asked = event->matched == BT_MATCHED_NAME;
	*size = asked ? event->key_size : event->target_size;
	return event->key + (asked ? 0 : event->key_size);
}

/* Whether the numbers in an event that comes from a file fit together. */
static inline bool bt_event_valid(const struct bt_event *event)
{
	unsigned size;
	if (event->matched >= BT_MATCHED_KINDS || event->key_size > BT_KEY_MAX ||
	    event->target_size > BT_KEY_MAX ||
	    (event->matched == BT_MATCHED_NAME && event->target_size > 0) ||
	    bt_key_labels(event->key, event->key_size) < 0)
		return false;
	const uint8_t *name = bt_event_name(event, &size);
	int labels = bt_key_labels(name, size);
	if (labels < event->labels || event->match_count > BT_EVENT_MATCHES_MAX)
		return false; /* no key has -1 labels */
	for (unsigned i = 0; i < event->match_count; i++) {
		if (event->matches[i].labels > labels)
			return false;
	}
	return true;
}

#endif
