/* SPDX-License-Identifier: BSD-3-Clause */
/* explain.c -- the verdict for a name, and why it is that one */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "explain.h"
#include "timestamp.h"

/* The holdings that are still in the running, while rule after rule takes some out. */
struct contest {
	const struct bt_policy *policy;
	struct bt_explanation *told;
	unsigned group;
	const struct bt_holding **left;
	size_t count;
};

static enum bt_action action_of(const struct contest *contest, const struct bt_holding *holding)
{
	return bt_policy_action(contest->policy, contest->group, holding->member.list);
}

static bool is_in_force(const struct contest *contest, const struct bt_holding *holding)
{
	return action_of(contest, holding) != BT_ACTION_NONE;
}

static bool is_not_excepted(const struct contest *contest, const struct bt_holding *holding)
{
	(void)contest;
	return !holding->excepted;
}

static bool is_no_log(const struct contest *contest, const struct bt_holding *holding)
{
	return action_of(contest, holding) != BT_ACTION_LOG;
}

/* Holdings stand most specific first, so the first one left is among the longest. */
static bool is_longest(const struct contest *contest, const struct bt_holding *holding)
{
	return holding->labels == contest->left[0]->labels;
}

static bool is_exact(const struct contest *contest, const struct bt_holding *holding)
{
	(void)contest;
	return bt_scope_listed(holding->member.scope) == BT_SCOPE_EXACT;
}

static bool is_allow(const struct contest *contest, const struct bt_holding *holding)
{
	return action_of(contest, holding) == BT_ACTION_ALLOW;
}

static bool is_first(const struct contest *contest, const struct bt_holding *holding)
{
	return holding == contest->left[0];
}

static void write_name(FILE *out, const struct contest *contest, const struct bt_holding *holding)
{
	char text[BT_TEXT_MAX + 1];
	const struct bt_key *key = &contest->told->key;
	bt_key_to_text(text, key->bytes, bt_key_ancestor(key, holding->labels));
	fputs(text, out);
}

static void write_list(FILE *out, const struct contest *contest, const struct bt_holding *holding)
{
	fputs(bt_policy_list(contest->policy, holding->member.list).name, out);
}

/* A rule, and the sentence about those that it keeps and those that it takes out. */
struct step {
	bool (*keeps)(const struct contest *contest, const struct bt_holding *holding);
	const char *kept; /* goes before those that stay; NULL: they are not named */
	const char *gone; /* goes before those that fall */
	void (*write)(FILE *out, const struct contest *contest, const struct bt_holding *holding);
};

static const struct step steps[] = {
    {is_in_force, NULL, "not in force for this group of clients: ", write_list},
    {is_not_excepted, NULL, "an exception of the same list stands before: ", write_name},
    {is_no_log, NULL, "log lists are set aside: ", write_list},
    {is_longest, "most specific: ", ", before ", write_name},
    {is_exact, "exact before a wider scope on the same name: list ", ", before ", write_list},
    {is_allow, "allow wins a tie: list ", ", before ", write_list},
    {is_first, "first list in the configuration: ", ", before ", write_list},
};

enum {
	STEPS = sizeof(steps) / sizeof(*steps),
	STEPS_FOR_ALL = 2, /* the first ones: these may take all out */
};

/* Those whose fate is `which`; holdings of one name stand side by side, and it is written once. */
static void write_those(
    FILE *out, const struct contest *contest, const struct step *step, const bool *kept, bool which)
{
	const struct bt_holding *last = NULL;
	for (size_t i = 0; i < contest->count; i++) {
		const struct bt_holding *holding = contest->left[i];
		if (kept[i] != which)
			continue;
		if (last != NULL && step->write == write_name && last->labels == holding->labels)
			continue;
		if (last != NULL)
			fputs(", ", out);
		step->write(out, contest, holding);
		last = holding;
	}
}

static bool say(struct bt_explanation *told, const char *text)
{
	told->steps[told->step_count] = strdup(text);
	return told->steps[told->step_count++] != NULL;
}

static bool tell(const struct contest *contest, const struct step *step, const bool *kept)
{
	struct bt_explanation *told = contest->told;
	size_t size;
	FILE *out = open_memstream(&told->steps[told->step_count], &size);
	if (out == NULL)
		return false;
	if (step->kept != NULL) {
		fputs(step->kept, out);
		write_those(out, contest, step, kept, true);
	}
	fputs(step->gone, out);
	write_those(out, contest, step, kept, false);
	told->step_count++;
	return fclose(out) == 0;
}

/* A rule that keeps all of them says nothing; nor does one that keeps none and may not. */
static bool apply(struct contest *contest, const struct step *step, bool *kept)
{
	size_t stay = 0;
	for (size_t i = 0; i < contest->count; i++)
		stay += kept[i] = step->keeps(contest, contest->left[i]);
	if ((stay == 0 && step >= steps + STEPS_FOR_ALL) || stay == contest->count)
		return true;
	if (!tell(contest, step, kept))
		return false;
	stay = 0;
	for (size_t i = 0; i < contest->count; i++)
		if (kept[i])
			contest->left[stay++] = contest->left[i];
	contest->count = stay;
	return true;
}

static bool run_contest(struct contest *contest, bool *kept)
{
	struct bt_explanation *told = contest->told;
	for (size_t i = 0; i < told->count; i++)
		if (told->holdings[i].covers)
			contest->left[contest->count++] = &told->holdings[i];
	if (contest->count == 0)
		return say(told, told->count > 0 ? "what is listed does not cover the name"
						 : "neither the name nor one above it is listed");
	bool alone = contest->count == 1;
	for (int i = 0; i < STEPS && contest->count > 0; i++)
		if (!apply(contest, &steps[i], kept))
			return false;
	if (contest->count == 0)
		return true;
	if (action_of(contest, contest->left[0]) == BT_ACTION_LOG)
		return say(
		    told, bt_policy_list(contest->policy, contest->left[0]->member.list).action ==
				  BT_ACTION_LOG
			      ? "only log lists cover the name: it is not blocked"
			      : "for this group of clients the list only logs: it is not blocked");
	return !alone || say(told, "nothing else covers the name");
}

/* *winner is the holding that the rules leave; NULL: none. */
static bool tell_steps(struct bt_explanation *told, const struct bt_policy *policy, unsigned group,
    const struct bt_holding **winner)
{
	struct contest contest = {.policy = policy, .told = told, .group = group};
	contest.left = calloc(told->count + 1, sizeof(*contest.left));
	bool *kept = calloc(told->count + 1, sizeof(*kept));
	bool ok = contest.left != NULL && kept != NULL && run_contest(&contest, kept);
	*winner = ok && contest.count > 0 ? contest.left[0] : NULL;
	free(contest.left);
	free(kept);
	return ok;
}

/* "decided here: WHAT until WHEN, by WHO: WHY" */
static bool tell_decision(struct bt_explanation *told, const struct bt_decision *decision)
{
	char name[BT_TEXT_MAX + 1], until[BT_TIME_TEXT];
	size_t size;
	FILE *out = open_memstream(&told->steps[told->step_count], &size);
	if (out == NULL)
		return false;
	fprintf(out, "decided here: %s", bt_decided_name(decision->kind));
	if (decision->kind != BT_DECIDED_PAUSE) {
		bt_key_to_text(name, decision->key.bytes, decision->key.len);
		fprintf(out, " %s", name);
	}
	if (decision->client.bits > 0) {
		char client[BT_NETWORK_TEXT];
		bt_network_write(client, &decision->client);
		fprintf(out, " for %s", client);
	}
	if (decision->until != 0)
		fprintf(out, " until %s", bt_time_rfc3339(until, decision->until * 1000));
	if (decision->author[0] != '\0')
		fprintf(out, ", by %s", decision->author);
	if (decision->reason[0] != '\0')
		fprintf(out, ": %s", decision->reason);
	told->step_count++;
	return fclose(out) == 0;
}

static bool tell_group(struct bt_explanation *told)
{
	char text[BT_LIST_NAME_MAX + 40];
	if (told->group[0] == '\0')
		return true;
	snprintf(text, sizeof(text), "the client is of the group %s", told->group);
	return say(told, text);
}

/* Marks what exceptions of its own list take out. */
static void note_excepted(struct bt_explanation *told)
{
	unsigned labels = told->key.labels;
	for (size_t i = 0; i < told->count; i++) {
		struct bt_holding *holding = &told->holdings[i];
		struct bt_excepted excepted = {.any = false};
		for (size_t j = 0; j < told->count; j++)
			if (told->holdings[j].member.list == holding->member.list)
				bt_scope_note_excepted(&excepted, told->holdings[j].member.scope,
				    told->holdings[j].labels, labels);
		holding->excepted =
		    bt_scope_is_excepted(&excepted, holding->member.scope, holding->labels, labels);
	}
}

/* Most specific first: the matches come the other way round. */
static bool gather(struct bt_explanation *told, const struct bt_policy *policy,
    const struct bt_judgement *judgement, const struct bt_matches *all)
{
	const struct bt_match *matches = all->list;
	bool by_list = told->verdict.listed && judgement->decision == NULL;
	size_t room = 0;
	for (unsigned i = 0; i < all->count; i++)
		room += bt_policy_class_size(policy, matches[i].class_id);
	told->holdings = calloc(room + 1, sizeof(*told->holdings));
	if (told->holdings == NULL)
		return false;
	for (unsigned i = all->count; i-- > 0;) {
		unsigned members = bt_policy_class_size(policy, matches[i].class_id);
		for (unsigned j = 0; j < members; j++) {
			struct bt_holding *holding = &told->holdings[told->count++];
			holding->member = bt_policy_member(policy, matches[i].class_id, j);
			holding->labels = matches[i].labels;
			holding->covers = bt_scope_covers(
			    holding->member.scope, holding->labels, told->key.labels);
			holding->decides = by_list && told->verdict.labels == holding->labels &&
					   told->verdict.by.list == holding->member.list;
		}
	}
	note_excepted(told);
	return true;
}

/* *winner as in tell_steps(). */
static bool tell_all(struct bt_explanation *told, const struct bt_policy *policy,
    const struct bt_judgement *judgement, const struct bt_holding **winner)
{
	*winner = NULL;
	if (!bt_policy_enabled(policy))
		return say(told, "enabled: false in the configuration: every name passes");
	if (!tell_group(told))
		return false;
	bool ok = judgement->decision != NULL
		      ? tell_decision(told, judgement->decision) &&
			    say(told, "what is decided here stands before all lists")
		      : tell_steps(told, policy, judgement->group, winner);
	return ok &&
	       (judgement->pause == NULL ||
		   (tell_decision(told, judgement->pause) &&
		       say(told, "in a pause what would be stopped passes, and is recorded")));
}

bool bt_explain(struct bt_explanation **explanation, const struct bt_trie *trie,
    const struct bt_decisions *decisions, const struct bt_question *question, struct bt_err *err)
{
	const struct bt_policy *policy = bt_trie_policy(trie);
	struct bt_judgement judgement;
	struct bt_matches matches;
	struct bt_explanation *told = calloc(1, sizeof(*told));
	if (told == NULL)
		return bt_fail(err, "out of memory");

	bt_judge_match(&matches, trie, question->key);
	bt_judge(&judgement, trie, decisions, question, &matches);
	told->key = *question->key;
	told->verdict = judgement.verdict;
	told->group = bt_policy_group_name(policy, judgement.group);
	const struct bt_holding *winner;
	if (!gather(told, policy, &judgement, &matches) ||
	    !tell_all(told, policy, &judgement, &winner)) {
		bt_explanation_free(&told);
		return bt_fail(err, "out of memory");
	}
	bool by_list = told->verdict.listed && judgement.decision == NULL;
	if (by_list ? winner == NULL || !winner->decides : winner != NULL) {
		bt_explanation_free(&told);
		return bt_fail(
		    err, "the verdict does not follow from the rules: a fault of this program");
	}
	*explanation = told;
	return true;
}

void bt_explanation_free(struct bt_explanation **explanation)
{
	struct bt_explanation *told = *explanation;
	if (told == NULL)
		return;
	for (unsigned i = 0; i < told->step_count; i++)
		free(told->steps[i]);
	free(told->holdings);
	free(told);
	*explanation = NULL;
}
