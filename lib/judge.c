/* SPDX-License-Identifier: BSD-3-Clause */
/* judge.c -- from a question to a verdict */

#include "judge.h"

/* What is blocked here is credited to the list that stands for that. */
static void apply(struct bt_judgement *judgement, const struct bt_policy *policy)
{
	uint32_t local = bt_policy_local_class(policy);
	if (local == BT_POLICY_NO_CLASS)
		return;
	judgement->verdict = (struct bt_verdict){
	    .action = judgement->decision->kind == BT_DECIDED_ALLOW ? BT_ACTION_ALLOW
								    : BT_ACTION_SINKHOLE,
	    .listed = true,
	    .labels = judgement->decision->key.labels,
	    .by = bt_policy_member(policy, local, 0),
	    .class_id = local,
	};
}

void bt_judge(struct bt_judgement *judgement, const struct bt_trie *trie,
    const struct bt_decisions *decisions, const struct bt_question *question)
{
	const struct bt_policy *policy = bt_trie_policy(trie);
	const struct bt_key *key = question->key;
	struct bt_judgement *j = judgement;
	j->verdict = (struct bt_verdict){.listed = false};
	j->decision = j->pause = NULL;
	j->group = 0;
	j->count = 0;
	if (!bt_policy_enabled(policy))
		return;
	j->count = bt_trie_match(trie, key, j->matches);
	j->decision = bt_decisions_find(decisions, key, question->client, question->now);
	if (j->count == 0 && j->decision == NULL)
		return; /* most questions */
	j->group = bt_policy_group(policy, question->client);
	if (j->decision != NULL)
		apply(j, policy);
	if (!j->verdict.listed)
		j->verdict = bt_policy_decide(policy, j->group, j->matches, j->count, key->labels);
	if (!j->verdict.listed || j->verdict.action == BT_ACTION_ALLOW)
		return;
	j->pause = bt_decisions_pause(decisions, question->client, question->now);
	if (j->pause != NULL)
		j->verdict.action = BT_ACTION_LOG;
}

bool bt_judge_covers(const struct bt_trie *trie, const struct bt_decisions *decisions,
    const struct bt_key *key, int64_t now)
{
	const struct bt_policy *policy = bt_trie_policy(trie);
	struct bt_match matches[BT_MATCHES_MAX];
	if (!bt_policy_enabled(policy))
		return false;
	unsigned count = bt_trie_match(trie, key, matches);
	for (unsigned group = 0; count > 0 && group < bt_policy_groups(policy); group++) {
		struct bt_verdict verdict =
		    bt_policy_decide(policy, group, matches, count, key->labels);
		if (verdict.listed && verdict.action != BT_ACTION_ALLOW)
			return true;
	}
	return bt_decisions_block(decisions, key, now);
}
