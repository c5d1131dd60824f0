/* SPDX-License-Identifier: BSD-3-Clause */
/* state.c -- what the plugin has in force: configuration, trie, event writer */

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "file.h"
#include "state.h"

__attribute__((format(printf, 3, 4))) static void say(
    const struct bt_state *state, bool error, const char *format, ...)
{
	char text[1024];
	va_list args;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	state->log(error, text);
}

static bool load_config(struct bt_state *state, struct bt_err *err)
{
	struct bt_config *config;
	if (bt_config_load(&config, bt_config_path(NULL), NULL, NULL, err)) {
		bt_config_free(&state->config);
		state->config = config;
		return true;
	}
	if (state->config == NULL)
		return false;
	say(state, true, "%s; the configuration loaded before stays in force", err->text);
	return true;
}

static bool load_file(struct bt_state *state, const char *name, struct bt_err *err)
{
	char *path = bt_path_join(state->config->state_dir, name);
	if (path == NULL)
		return bt_fail(err, "out of memory");
	struct bt_trie *trie;
	bool loaded = bt_trie_load(&trie, path, err);
	free(path);
	if (loaded) {
		bt_trie_close(&state->trie);
		state->trie = trie;
	}
	return loaded;
}

static void load_trie(struct bt_state *state)
{
	struct bt_err err, err_prev;
	if (load_file(state, "beacontrap.trie", &err)) {
		say(state, false, "%llu names in force, of %u list%s",
		    (unsigned long long)bt_trie_names(state->trie),
		    bt_policy_lists_shown(bt_trie_policy(state->trie)),
		    bt_policy_lists_shown(bt_trie_policy(state->trie)) == 1 ? "" : "s");
	} else if (state->trie != NULL) {
		say(state, true, "%s; the trie loaded before stays in force", err.text);
	} else if (load_file(state, "beacontrap.trie.prev", &err_prev)) {
		say(state, true, "%s; the previous one, beacontrap.trie.prev, is in force",
		    err.text);
	} else {
		say(state, true,
		    "%s; UNPROTECTED: every name passes until `beacontrap compile` made a "
		    "trie and Unbound was reloaded",
		    err.text);
	}
	if (state->trie != NULL && !state->config->enabled)
		say(state, true, "enabled: false in %s; every name passes", state->config->path);
}

static void start_writer(struct bt_state *state, unsigned workers)
{
	struct bt_err err;
	struct bt_writer_options options = {
	    .state_dir = state->config->state_dir,
	    .run_dir = state->config->run_dir,
	    .resolver_id = state->config->resolver_id,
	    .rings = workers,
	    .log = state->log,
	};
	if (!bt_writer_start(&state->writer, &options, &err)) {
		say(state, true, "%s; hits are answered but NOT RECORDED", err.text);
		return;
	}
	if (state->trie != NULL && state->config->enabled &&
	    !bt_writer_policy(
		state->writer, bt_trie_digest(state->trie), bt_trie_policy(state->trie), &err))
		say(state, true, "%s; events of this trie may lack the names of their lists",
		    err.text);
}

bool bt_state_start(struct bt_state *state, unsigned workers, struct bt_err *err)
{
	if (!load_config(state, err))
		return false;
	load_trie(state);
	start_writer(state, workers);
	return true;
}

void bt_state_stop(struct bt_state *state)
{
	bt_writer_stop(&state->writer);
}

static bool in_force(const struct bt_state *state)
{
	return state->trie != NULL && state->config->enabled;
}

static bool covers(const struct bt_policy *policy, struct bt_match match, unsigned labels)
{
	unsigned members = bt_policy_class_size(policy, match.class_id);
	for (unsigned i = 0; i < members; i++)
		if (bt_scope_covers(
			bt_policy_member(policy, match.class_id, i).scope, match.labels, labels))
			return true;
	return false;
}

/*
 * The matches that cover the name: the deciding one, and then the longest, if there are too many
 * for an event.
 */
static void note_matches(struct bt_event *event, const struct bt_policy *policy,
    const struct bt_verdict *verdict, const struct bt_match *matches, unsigned count,
    unsigned labels)
{
	event->matches[0] =
	    (struct bt_event_match){.class_id = verdict->class_id, .labels = verdict->labels};
	event->match_count = 1;
	for (unsigned i = count; i-- > 0 && event->match_count < BT_EVENT_MATCHES_MAX;)
		if (matches[i].labels != verdict->labels && covers(policy, matches[i], labels))
			event->matches[event->match_count++] = (struct bt_event_match){
			    .class_id = matches[i].class_id, .labels = matches[i].labels};
}

bool bt_state_judge(
    const struct bt_state *state, const struct bt_key *key, struct bt_judgement *judgement)
{
	struct bt_match matches[BT_MATCHES_MAX];
	if (!in_force(state))
		return false;
	unsigned count = bt_trie_match(state->trie, key, matches);
	if (count == 0)
		return false;
	const struct bt_policy *policy = bt_trie_policy(state->trie);
	struct bt_verdict verdict = bt_policy_decide(policy, 0, matches, count, key->labels);
	if (!verdict.listed)
		return false;

	judgement->verdict = verdict;
	judgement->recorded = bt_policy_list(policy, verdict.by.list).events != BT_EVENTS_OFF;
	struct bt_event *event = &judgement->event;
	memset(event, 0, offsetof(struct bt_event, key));
	event->policy = bt_trie_digest(state->trie);
	event->list = verdict.by.list;
	event->action = (uint8_t)verdict.action;
	event->labels = verdict.labels;
	note_matches(event, policy, &verdict, matches, count, key->labels);
	event->key_size = key->len;
	memcpy(event->key, key->bytes, key->len);
	return true;
}

bool bt_state_covers(const struct bt_state *state, const struct bt_key *key)
{
	struct bt_match matches[BT_MATCHES_MAX];
	if (!in_force(state))
		return false;
	unsigned count = bt_trie_match(state->trie, key, matches);
	if (count == 0)
		return false;
	struct bt_verdict verdict =
	    bt_policy_decide(bt_trie_policy(state->trie), 0, matches, count, key->labels);
	return verdict.listed && verdict.action != BT_ACTION_ALLOW;
}

void bt_state_record(const struct bt_state *state, unsigned worker, const struct bt_event *event)
{
	if (state->writer == NULL)
		return;
	struct bt_ring *ring = bt_writer_ring(state->writer, worker);
	if (ring != NULL)
		(void)bt_ring_push(ring, event); /* a drop is counted in the ring */
}
