/* SPDX-License-Identifier: BSD-3-Clause */
/* event.c -- the record of a hit: its matches */

#include "event.h"
#include "policy.h"
#include "trie.h"

/* Whether some list holds the name by match number `number`, and does not except it. */
static bool covers(const struct bt_policy *policy, const struct bt_match *matches, unsigned count,
    unsigned number, unsigned labels)
{
	struct bt_match match = matches[number];
	unsigned members = bt_policy_class_size(policy, match.class_id);
	for (unsigned i = 0; i < members; i++) {
		struct bt_member member = bt_policy_member(policy, match.class_id, i);
		if (bt_scope_covers(member.scope, match.labels, labels) &&
		    !bt_policy_is_excepted(policy, matches, count, member, match.labels, labels))
			return true;
	}
	return false;
}

void bt_event_note_matches(struct bt_event *event, const struct bt_policy *policy,
    const struct bt_verdict *verdict, const struct bt_match *matches, unsigned count,
    unsigned labels)
{
	event->matches[0] =
	    (struct bt_event_match){.class_id = verdict->class_id, .labels = verdict->labels};
	event->match_count = 1;
	for (unsigned i = count; i-- > 0 && event->match_count < BT_EVENT_MATCHES_MAX;) {
		struct bt_match match = matches[i];
		if ((match.class_id != verdict->class_id || match.labels != verdict->labels) &&
		    covers(policy, matches, count, i, labels))
			event->matches[event->match_count++] = (struct bt_event_match){
			    .class_id = match.class_id, .labels = match.labels};
	}
}
