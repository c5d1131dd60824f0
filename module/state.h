/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * state.h -- what the plugin has in force: configuration, trie, event writer
 *
 * Knows nothing of Unbound. One struct bt_state lives as long as the process, over reloads: a
 * reload that finds a broken configuration or trie goes on with the last good one.
 *
 * Threads: start and stop while no worker runs; judge and record from the workers.
 */
#ifndef BT_STATE_H
#define BT_STATE_H

#include <stdbool.h>

#include "err.h"
#include "event.h"
#include "trie.h"
#include "writer.h"

struct bt_config;

struct bt_state {
	struct bt_config *config; /* NULL only before the first start */
	struct bt_trie *trie;     /* NULL: none could be loaded yet, every name passes */
	struct bt_writer *writer; /* NULL: stopped, or events cannot be recorded */
	void (*log)(bool error, const char *text);
};

/* What the trie and the policy say of a name. */
struct bt_judgement {
	struct bt_verdict verdict;
	bool recorded;         /* the deciding list wants its hits recorded */
	struct bt_event event; /* all but time, client, port, transport and query type */
};

/*
 * Loads the configuration (bt_config_path) and the trie in its state directory, and starts the
 * event writer with a ring for each of `workers`. Fails only when there is no good configuration,
 * now or from before. Everything else that is wrong is logged, and DNS goes on.
 */
bool bt_state_start(struct bt_state *state, unsigned workers, struct bt_err *err);

/* Drains and stops the event writer. Configuration and trie stay. */
void bt_state_stop(struct bt_state *state);

/*
 * True if a list covers the name; then *judgement is written. Does not allocate, lock or call the
 * system.
 */
bool bt_state_judge(
    const struct bt_state *state, const struct bt_key *key, struct bt_judgement *judgement);

/*
 * True if an answer for the name must not be cached: a list covers it, and none allows it. For a
 * caller that needs no more.
 */
bool bt_state_covers(const struct bt_state *state, const struct bt_key *key);

/* Puts the event into the worker's ring. Lost and counted if it is full. */
void bt_state_record(const struct bt_state *state, unsigned worker, const struct bt_event *event);

#endif
