/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * tail-format.h -- hits as lines, in the formats of `beacontrap tail`
 *
 * Threads: no state.
 */
#ifndef BT_TAIL_FORMAT_H
#define BT_TAIL_FORMAT_H

#include <stdio.h>

#include "tail.h"
#include "timestamp.h"

struct bt_tail_format {
	const char *name;
	/* A line each; false: out of memory. */
	bool (*event)(FILE *out, const struct bt_tailed *event, const struct bt_zone *zone);
	bool (*lost)(FILE *out, const struct bt_lost *lost, const struct bt_zone *zone);
};

extern const struct bt_tail_format bt_tail_text, bt_tail_json, bt_tail_ecs;

/* What lines say of an event, as text. */
struct bt_hit_texts {
	char id[BT_RESOLVER_MAX + 64]; /* resolver/boot/ring/sequence: the same for every copy */
	char time[BT_TIME_TEXT];       /* RFC 3339, UTC */
	char client[BT_NETWORK_TEXT], via[BT_NETWORK_TEXT], device[18]; /* "": not known */
	char name[BT_TEXT_MAX + 1], matched[BT_TEXT_MAX + 1], indicator[BT_TEXT_MAX + 1];
	char type[16], qclass[16];
	const char *transport, *how, *action, *list;
	struct bt_member by; /* the deciding membership, if it is known */
	bool known;
};

void bt_hit_texts(struct bt_hit_texts *texts, const struct bt_tailed *event);

/* Metadata of the deciding membership: "" if there is none. */
const char *bt_hit_value(
    const struct bt_hit_texts *texts, const struct bt_tailed *event, const char *key);

#endif
