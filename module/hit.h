/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * hit.h -- what is done with one client's question, and what is recorded of it
 *
 * Knows nothing of Unbound.
 *
 * Threads: no state; in a read section of state.h.
 */
#ifndef BT_HIT_H
#define BT_HIT_H

#include "client.h"
#include "judge.h"
#include "state.h"

struct bt_hit {
	struct bt_verdict verdict; /* `listed` */
	enum bt_events events;     /* what the deciding list wants of its hits */
	struct bt_event event;
};

/* A question, and the name that may match: the one asked, or one that its answer leads to. */
struct bt_asked {
	const struct bt_key *name, *matched;
	const struct bt_matches *matches; /* of the latter */
	enum bt_matched how;
	const struct bt_client *client; /* NULL: nobody, of no group */
	uint16_t qtype, qclass;
	int64_t time; /* milliseconds since 1970-01-01 UTC */
};

/*
 * True if a list, or a decision, covers the name that may match; then *hit is written, its event
 * only if the verdict is not to allow. Does not allocate, lock or call the system.
 */
bool bt_hit_judge(struct bt_hit *hit, const struct bt_view *view, const struct bt_asked *asked);

/* Whether an answer of ours takes the place of the name's own. */
static inline bool bt_hit_stops(const struct bt_hit *hit)
{
	return hit->verdict.action != BT_ACTION_ALLOW && hit->verdict.action != BT_ACTION_LOG;
}

#endif
