/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * state.h -- what the plugin has in force: configuration, trie, event writer
 *
 * Knows nothing of Unbound. One struct bt_state lives as long as the process, over reloads: a
 * reload that finds a broken configuration or trie goes on with the last good one. While it is
 * started, a thread of its own watches the trie's file and brings a good new one into force within
 * a second; a broken one changes nothing. status.json in the run directory says what is in force
 * (status.h).
 *
 * Threads: start and stop while no worker runs; the rest from any thread.
 */
#ifndef BT_STATE_H
#define BT_STATE_H

#include <stdbool.h>

#include "err.h"
#include "event.h"
#include "live.h"
#include "status.h"
#include "trie.h"
#include "watch.h"
#include "writer.h"

struct bt_config;

struct bt_state {
	/* Set before the first start; called from the watching thread too. */
	void (*log)(bool error, const char *text);
	/*
	 * Takes what the lists cover now out of the resolver's caches. False: that is not possible
	 * at the moment, call again. From the watching thread only.
	 */
	bool (*purge)(void);

	/* The state's own, zero at first. */
	struct bt_config *config; /* NULL only before the first start */
	struct bt_live live;      /* no trie: none could be loaded yet, every name passes */
	struct bt_writer *writer; /* NULL: stopped, or events cannot be recorded */
	struct bt_watch *watch;   /* NULL: stopped */
	struct bt_status status;
	char *trie_path;       /* of the file in force; the status points to it, */
	struct bt_err refused; /* and to this */
	unsigned purges_due;
};

/* What the trie and the policy say of a name. */
struct bt_judgement {
	struct bt_verdict verdict;
	bool recorded;         /* the deciding list wants its hits recorded */
	struct bt_event event; /* all but time, client, port, transport and query type */
};

/*
 * Loads the configuration (bt_config_path) and the trie in its state directory, starts the
 * event writer with a ring for each of `workers`, and watches the trie. Fails only when there is no
 * good configuration, now or from before. Everything else that is wrong is logged, and DNS goes on.
 */
bool bt_state_start(struct bt_state *state, unsigned workers, struct bt_err *err);

/* Ends the watch, drains and stops the event writer. Configuration and trie stay. */
void bt_state_stop(struct bt_state *state);

/*
 * Begins a read section (live.h) and returns the trie in force, which stays as it is until
 * bt_state_leave(), due in any case. NULL: none is, every name passes. What belongs to one query,
 * its verdict and its answer, is read from one trie, in one section.
 */
const struct bt_trie *bt_state_enter(struct bt_state *state);

void bt_state_leave(void);

/*
 * True if a list covers the name; then *judgement is written. Does not allocate, lock or call the
 * system.
 */
bool bt_state_judge(
    const struct bt_trie *trie, const struct bt_key *key, struct bt_judgement *judgement);

/*
 * True if an answer for the name must not be cached: a list covers it, and none allows it. For a
 * caller that needs no more; in a read section of its own.
 */
bool bt_state_covers(struct bt_state *state, const struct bt_key *key);

/* Puts the event into the worker's ring. Lost and counted if it is full. */
void bt_state_record(const struct bt_state *state, unsigned worker, const struct bt_event *event);

#endif
