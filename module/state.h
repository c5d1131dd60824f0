/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * state.h -- what the plugin has in force: configuration, trie, decisions, event writer
 *
 * Knows nothing of Unbound. One struct bt_state lives as long as the process, over reloads: a
 * reload that finds a broken configuration or trie goes on with the last good one. While it is
 * started, a thread of its own watches the files of the trie and of local decisions, and brings
 * good new ones into force within a second; broken ones change nothing. status.json in the run
 * directory says what is in force (status.h).
 *
 * Threads: start and stop while no worker runs; the rest from any thread.
 */
#ifndef BT_STATE_H
#define BT_STATE_H

#include <stdbool.h>

#include "canary.h"
#include "decisions.h"
#include "err.h"
#include "event.h"
#include "live.h"
#include "status.h"
#include "trie.h"
#include "watch.h"
#include "writer.h"

struct bt_config;

/* Where the purge of the resolver's caches is: it is to begin, or has. */
enum bt_purging { BT_PURGE_DONE, BT_PURGE_DUE, BT_PURGE_BEGUN };

struct bt_state {
	/* Set before the first start; called from the watching thread too. */
	void (*log)(bool error, const char *text);
	/*
	 * Takes what the lists cover now out of the resolver's caches; `anew`: that has changed.
	 * False: not yet, call again. From the watching thread only.
	 */
	bool (*purge)(bool anew);

	/* The state's own, zero at first. */
	struct bt_config *config;         /* NULL only before the first start */
	struct bt_live live;              /* no trie: none could be loaded yet, every name passes */
	struct bt_live decisions;         /* likewise */
	struct bt_writer *_Atomic writer; /* NULL: stopped, or events cannot be recorded, */
	_Atomic uint64_t unrecorded;      /* so many of them, which no ring knows of yet, */
	_Atomic uint64_t uncounted;       /* and so many hits that were to be counted only, */
	struct bt_err not_recording;      /* and why */
	int64_t tried;                    /* when, ms of real time */
	unsigned workers;
	struct bt_watch *watch; /* NULL: stopped */
	struct bt_status status;
	char *trie_path;       /* of the file in force; the status points to it, */
	struct bt_err refused; /* and to this */
	enum bt_purging purging;
	bool paused;
};

/* What is in force, as long as a read section lasts. */
struct bt_view {
	const struct bt_trie *trie;           /* NULL: none, every name passes */
	const struct bt_decisions *decisions; /* NULL: none */
};

/*
 * Loads the configuration (bt_config_path), trie and decisions in its state directory, starts the
 * event writer with a ring for each of `workers`, and watches both. Fails only when there is no
 * good configuration, now or from before. Everything else that is wrong is logged, and DNS goes on;
 * that events cannot be recorded is tried again each second.
 */
bool bt_state_start(struct bt_state *state, unsigned workers, struct bt_err *err);

/* Ends the watch, drains and stops the event writer. Configuration and trie stay. */
void bt_state_stop(struct bt_state *state);

/*
 * Begins a read section (live.h) and returns what is in force, which stays as it is until
 * bt_state_leave(), due in any case. What belongs to one query, its verdict and its answer, is read
 * from one view, in one section.
 */
struct bt_view bt_state_enter(struct bt_state *state);

void bt_state_leave(void);

/* What the canary says: of the trie that is loaded, also where its policy lets every name pass. */
void bt_state_canary(struct bt_state *state, struct bt_canary *canary);

/* Whether clients may get different answers to the same question. */
bool bt_view_by_client(const struct bt_view *view);

/*
 * Puts the event into the worker's ring. Lost and counted if it is full, or there is none: what is
 * lost without a ring is in the log as soon as there is one.
 */
void bt_state_record(struct bt_state *state, unsigned worker, const struct bt_event *event);

/* Counts the hit for the list that decided. What is counted without a ring keeps its number, not
 * its list. */
void bt_state_count(struct bt_state *state, unsigned worker, const struct bt_event *event);

#endif
