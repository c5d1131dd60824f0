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

/* The listed names that a name is or is below, the shortest first: the same for all who ask. */
struct bt_matches {
	unsigned count;
	struct bt_match list[BT_MATCHES_MAX];
};

struct bt_judgement {
	struct bt_verdict verdict;
	unsigned group; /* of the client */
	/* What was decided here and decides, what lets it pass for a while; NULL: none. As the
	   decisions, borrowed. */
	const struct bt_decision *decision, *pause;
};

/* Whether or not anything is in force. */
void bt_judge_match(
    struct bt_matches *matches, const struct bt_trie *trie, const struct bt_key *key);

/* `matches` are those of the key that is asked for. `decisions` may be NULL. */
void bt_judge(struct bt_judgement *judgement, const struct bt_trie *trie,
    const struct bt_decisions *decisions, const struct bt_question *question,
    const struct bt_matches *matches);

/*
 * Whether an answer for the name must not be cached, since it is not the same for everybody and
 * always: some client, at some time, gets another verdict than that it may pass unrecorded.
 */
bool bt_judge_covers(const struct bt_trie *trie, const struct bt_decisions *decisions,
    const struct bt_key *key, const struct bt_matches *matches, int64_t now);

#endif
