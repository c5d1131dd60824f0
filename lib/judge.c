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

void bt_judge_match(
    struct bt_matches *matches, const struct bt_trie *trie, const struct bt_key *key)
{
	matches->count = bt_trie_match(trie, key, matches->list);
}

void bt_judge(struct bt_judgement *judgement, const struct bt_trie *trie,
    const struct bt_decisions *decisions, const struct bt_question *question,
    const struct bt_matches *matches)
{
	const struct bt_policy *policy = bt_trie_policy(trie);
	const struct bt_key *key = question->key;
	struct bt_judgement *j = judgement;
	*j = (struct bt_judgement){.verdict = {.listed = false}};
	if (!bt_policy_enabled(policy))
		return;
	j->decision = bt_decisions_find(decisions, key, question->client, question->now);
	if (matches->count == 0 && j->decision == NULL)
		return; /* most questions */
	j->group = bt_policy_group(policy, question->client);
	if (j->decision != NULL)
		apply(j, policy);
	if (!j->verdict.listed)
		j->verdict =
		    bt_policy_decide(policy, j->group, matches->list, matches->count, key->labels);
	if (!j->verdict.listed || j->verdict.action == BT_ACTION_ALLOW)
		return;
	j->pause = bt_decisions_pause(decisions, question->client, question->now);
	if (j->pause != NULL)
		j->verdict.action = BT_ACTION_LOG;
}

/* Whether a list that does more than to allow, for any group, covers the name. */
static bool may_act(
    const struct bt_policy *policy, const struct bt_matches *matches, unsigned labels)
{
	for (unsigned i = 0; i < matches->count; i++) {
		struct bt_match match = matches->list[i];
		for (unsigned k = bt_policy_class_size(policy, match.class_id); k-- > 0;) {
			struct bt_member member = bt_policy_member(policy, match.class_id, k);
			if (bt_policy_acts(policy, member.list) &&
			    bt_scope_covers(member.scope, match.labels, labels))
				return true;
		}
	}
	return false;
}

bool bt_judge_covers(const struct bt_trie *trie, const struct bt_decisions *decisions,
    const struct bt_key *key, const struct bt_matches *matches, int64_t now)
{
	const struct bt_policy *policy = bt_trie_policy(trie);
	if (!bt_policy_enabled(policy))
		return false;
	unsigned groups = may_act(policy, matches, key->labels) ? bt_policy_groups(policy) : 0;
	for (unsigned group = 0; group < groups; group++) {
		struct bt_verdict verdict =
		    bt_policy_decide(policy, group, matches->list, matches->count, key->labels);
		if (verdict.listed && verdict.action != BT_ACTION_ALLOW)
			return true;
	}
	return bt_decisions_block(decisions, key, now);
}
