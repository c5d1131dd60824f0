/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * judge.h -- from a question to a verdict
 *
 * The one place where everything that has a say comes together, for the resolver and for
 * `beacontrap lookup` alike: whether anything is in force, what was decided here, who asks, which
 * lists match.
 *
 * Threads: no state; does not allocate, lock or call the system.
 */
#ifndef BT_JUDGE_H
#define BT_JUDGE_H

#include "decisions.h"
#include "trie.h"

/* Who asks for what, and when: Unix seconds. */
struct bt_question {
	const struct bt_key *key;
	uint8_t client[BT_ADDRESS_SIZE];
	int64_t now;
};

struct bt_judgement {
	struct bt_verdict verdict;
	unsigned group; /* of the client */
	/* What was decided here and decides, what lets it pass for a while; NULL: none. As the
	   decisions, borrowed. */
	const struct bt_decision *decision, *pause;
	unsigned count;
	struct bt_match matches[BT_MATCHES_MAX]; /* `count` of them, the shortest first */
};

/* `decisions` may be NULL. */
void bt_judge(struct bt_judgement *judgement, const struct bt_trie *trie,
    const struct bt_decisions *decisions, const struct bt_question *question);

/*
 * Whether an answer for the name must not be cached, since it is not the same for everybody and
 * always: some client, at some time, gets another verdict than that it may pass unrecorded.
 */
bool bt_judge_covers(const struct bt_trie *trie, const struct bt_decisions *decisions,
    const struct bt_key *key, int64_t now);

#endif
