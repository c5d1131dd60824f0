/* SPDX-License-Identifier: BSD-3-Clause */
/* hit.c -- what is done with one client's question, and what is recorded of it */

#include <string.h>

#include "hit.h"

static void note_client(struct bt_event *event, const struct bt_client *client)
{
	memcpy(event->client, client->address, sizeof(event->client));
	memcpy(event->via, client->via, sizeof(event->via));
	memcpy(event->device, client->device, sizeof(event->device));
	event->port = client->port;
	event->transport = (uint8_t)client->transport;
}

static void note_names(struct bt_event *event, const struct bt_asked *asked)
{
	event->key_size = asked->name->len;
	memcpy(event->key, asked->name->bytes, asked->name->len);
	event->matched = (uint8_t)asked->how;
	if (asked->how == BT_MATCHED_NAME)
		return;
	event->target_size = asked->matched->len;
	memcpy(event->key + event->key_size, asked->matched->bytes, asked->matched->len);
}

static void note(struct bt_hit *hit, const struct bt_trie *trie, const struct bt_asked *asked)
{
	struct bt_event *event = &hit->event;
	memset(event, 0, offsetof(struct bt_event, key));
	event->time = asked->time;
	event->policy = bt_trie_digest(trie);
	event->qtype = asked->qtype;
	event->qclass = asked->qclass;
	event->list = hit->verdict.by.list;
	event->action = (uint8_t)hit->verdict.action;
	event->labels = hit->verdict.labels;
	bt_event_note_matches(event, bt_trie_policy(trie), &hit->verdict, asked->matches->list,
	    asked->matches->count, asked->matched->labels);
	note_names(event, asked);
	if (asked->client != NULL)
		note_client(event, asked->client);
}

bool bt_hit_judge(struct bt_hit *hit, const struct bt_view *view, const struct bt_asked *asked)
{
	struct bt_judgement judgement;
	struct bt_question question = {.key = asked->matched, .now = asked->time / 1000};
	if (asked->client != NULL)
		memcpy(question.client, asked->client->address, sizeof(question.client));
	bt_judge(&judgement, view->trie, view->decisions, &question, asked->matches);
	if (!judgement.verdict.listed)
		return false;
	hit->verdict = judgement.verdict;
	hit->events = BT_EVENTS_OFF;
	if (hit->verdict.action == BT_ACTION_ALLOW)
		return true;
	const struct bt_policy *policy = bt_trie_policy(view->trie);
	hit->events = bt_policy_list(policy, hit->verdict.by.list).events;
	note(hit, view->trie, asked);
	return true;
}
