/* SPDX-License-Identifier: BSD-3-Clause */
/* state.c -- what the plugin has in force: configuration, trie, decisions, event writer */

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "config.h"
#include "file.h"
#include "state.h"

#define TRIE_FILE "beacontrap.trie"

enum { RETRY_MS = 1000 /* until it is tried again to record */ };

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

/* Whether the trie decides anything. */
static bool in_force(const struct bt_trie *trie)
{
	return trie != NULL && bt_policy_enabled(bt_trie_policy(trie));
}

/* For the one who alone may swap: the trie stays as long as he does not. */
static const struct bt_trie *current(struct bt_state *state)
{
	const struct bt_trie *trie = bt_live_enter(&state->live);
	bt_live_leave();
	return trie;
}

static bool is_protected(struct bt_state *state)
{
	return in_force(current(state));
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

/* ---- status ---- */

static const char *run_dir(const struct bt_state *state)
{
	const struct bt_config *config = state->config;
	return config->run_dir != NULL ? config->run_dir : config->state_dir;
}

static void write_status(struct bt_state *state)
{
	struct bt_err err;
	struct bt_status *status = &state->status;
	status->configuration = state->config->path;
	status->enabled = current(state) == NULL || is_protected(state);
	status->recording = state->writer != NULL;
	if (is_protected(state))
		status->unprotected_since = 0;
	else if (status->unprotected_since == 0)
		status->unprotected_since = bt_clock_real();
	if (!bt_status_write(run_dir(state), status, &err))
		say(state, true, "%s", err.text);
}

static void note_refused(struct bt_state *state, const struct bt_err *err)
{
	state->refused = *err;
	state->status.refused = state->refused.text;
	state->status.refused_since = bt_clock_real();
}

/* A good file was read at `path`, which becomes the status's. */
static void note_loaded(struct bt_state *state, const struct bt_trie *trie, char *path)
{
	struct bt_status *status = &state->status;
	status->loaded = bt_clock_real();
	if (bt_trie_digest(trie) != status->digest)
		status->in_force_since = status->loaded;
	status->digest = bt_trie_digest(trie);
	status->names = bt_trie_names(trie);
	free(state->trie_path);
	state->trie_path = path;
	status->trie = path;
}

/* ---- the trie ---- */

/* Events with the trie's digest are about to come. */
static void tell_writer(
    const struct bt_state *state, struct bt_writer *writer, const struct bt_trie *trie)
{
	struct bt_err err;
	bool told =
	    writer == NULL || (in_force(trie) ? bt_writer_policy(writer, bt_trie_digest(trie),
						    bt_trie_policy(trie), &err)
					      : bt_writer_policy(writer, 0, NULL, &err));
	if (!told)
		say(state, true, "%s; events of this trie may lack the names of their lists",
		    err.text);
}

/* The state has the trie from here. One that says the same as the one in force is not needed. */
static void publish(struct bt_state *state, struct bt_trie *trie)
{
	const struct bt_trie *before = current(state);
	if (before != NULL && bt_trie_digest(before) == bt_trie_digest(trie)) {
		bt_trie_close(&trie);
		return;
	}
	tell_writer(state, state->writer, trie);
	struct bt_trie *old = bt_live_swap(&state->live, trie);
	bt_trie_close(&old);
}

static bool load_file(struct bt_state *state, const char *name, struct bt_err *err)
{
	struct bt_trie *trie;
	char *path = bt_path_join(state->config->state_dir, name);
	if (path == NULL)
		return bt_fail(err, "out of memory");
	if (!bt_trie_load(&trie, path, err)) {
		free(path);
		return false;
	}
	note_loaded(state, trie, path);
	publish(state, trie);
	return true;
}

static void announce(struct bt_state *state)
{
	unsigned lists = bt_policy_lists_shown(bt_trie_policy(current(state)));
	say(state, false, "%llu names in force, of %u list%s",
	    (unsigned long long)state->status.names, lists, lists == 1 ? "" : "s");
	if (!is_protected(state))
		say(state, true, "enabled: false in %s; every name passes", state->config->path);
}

/* The file in its place; if it is not good, the one in force stays, or the previous one comes. */
static bool load_trie(struct bt_state *state)
{
	struct bt_err err, err_prev;
	if (load_file(state, TRIE_FILE, &err)) {
		state->status.refused = NULL;
		state->status.refused_since = 0;
		return true;
	}
	note_refused(state, &err);
	if (current(state) != NULL)
		say(state, true, "%s; the trie loaded before stays in force", err.text);
	else if (load_file(state, TRIE_FILE ".prev", &err_prev))
		say(state, true, "%s; the previous one, " TRIE_FILE ".prev, is in force", err.text);
	else
		say(state, true, "%s; UNPROTECTED: every name passes until there is a trie to read",
		    err.text);
	return false;
}

/* ---- decisions ---- */

static char *decisions_path(const struct bt_state *state)
{
	return bt_path_join(state->config->state_dir, BT_DECISIONS_FILE);
}

/* Those in the file; if it is not good, those that are in force stay. False: they do. */
static bool load_decisions(struct bt_state *state)
{
	struct bt_err err;
	struct bt_decisions *decisions;
	char *path = decisions_path(state);
	bool loaded = path != NULL ? bt_decisions_load(&decisions, path, &err)
				   : bt_fail(&err, BT_DECISIONS_FILE ": out of memory");
	free(path);
	if (!loaded) {
		const void *before = bt_live_enter(&state->decisions);
		bt_live_leave();
		say(state, true, "%s; %s", err.text,
		    before != NULL ? "the decisions read before stay in force"
				   : "NO LOCAL DECISION IS IN FORCE until it is mended");
		return false;
	}
	struct bt_decisions *old = bt_live_swap(&state->decisions, decisions);
	bt_decisions_free(&old);
	return true;
}

/* ---- the event writer ---- */

/* What could not be recorded is a loss that the log has from here on. Before workers see it. */
static void hand_over(struct bt_state *state, struct bt_writer *writer)
{
	uint64_t lost = atomic_exchange(&state->unrecorded, 0);
	bt_ring_lose(bt_writer_ring(writer, 0), lost, bt_clock_real());
	bt_ring_count(bt_writer_ring(writer, 0), 0, 0, bt_clock_real(),
	    atomic_exchange(&state->uncounted, 0));
	if (state->not_recording.text[0] != '\0')
		say(state, false, "hits are recorded again; %llu before were not",
		    (unsigned long long)lost);
	state->not_recording.text[0] = '\0';
}

/* False: not now. The reason is logged once. */
static bool start_writer(struct bt_state *state)
{
	struct bt_err err;
	struct bt_writer *writer;
	struct bt_writer_options options = {
	    .state_dir = state->config->state_dir,
	    .run_dir = state->config->run_dir,
	    .resolver_id = state->config->resolver_id,
	    .rings = state->workers,
	    .subnets = state->config->events.subnets,
	    .retention = state->config->events.retention,
	    .max_size = state->config->events.max_size,
	    .log = state->log,
	};
	if (!bt_writer_start(&writer, &options, &err)) {
		if (strcmp(err.text, state->not_recording.text) != 0)
			say(state, true, "%s; hits are answered but NOT RECORDED", err.text);
		state->not_recording = err;
		return false;
	}
	if (is_protected(state))
		tell_writer(state, writer, current(state));
	hand_over(state, writer);
	state->writer = writer;
	return true;
}

/* ---- the watching thread ---- */

/* The log is to say when nothing was stopped. */
static void note_pause(struct bt_state *state)
{
	static const uint8_t anybody[BT_ADDRESS_SIZE];
	const struct bt_decisions *decisions = bt_live_enter(&state->decisions);
	bool paused = bt_decisions_pause(decisions, anybody, bt_clock_real() / 1000) != NULL;
	bt_live_leave();
	if (paused == state->paused)
		return;
	state->paused = paused;
	say(state, false,
	    paused ? "paused: what lists would stop passes, and is recorded" : "the pause is over");
	if (state->writer != NULL)
		bt_writer_pause(state->writer, paused);
}

/* From the next look on: by then what workers were about to cache is there. */
static void purge(struct bt_state *state)
{
	state->purging = BT_PURGE_DUE;
}

/* False: there is more to do. */
static bool go_on_purging(struct bt_state *state)
{
	if (state->purging != BT_PURGE_DONE)
		state->purging =
		    state->purge(state->purging == BT_PURGE_DUE) ? BT_PURGE_DONE : BT_PURGE_BEGUN;
	return state->purging == BT_PURGE_DONE;
}

/* Whatever was in the way may be gone. */
static void try_to_record(struct bt_state *state)
{
	int64_t now = bt_clock_real();
	if (state->writer != NULL || (now >= state->tried && now < state->tried + RETRY_MS))
		return;
	state->tried = now;
	if (!start_writer(state))
		return;
	bt_writer_pause(state->writer, state->paused);
	write_status(state);
}

static bool look_around(void *ctx)
{
	struct bt_state *state = ctx;
	try_to_record(state);
	note_pause(state);
	return go_on_purging(state);
}

static void trie_changed(void *ctx)
{
	struct bt_state *state = ctx;
	uint64_t digest = state->status.digest;
	bool was_refused = state->status.refused != NULL, loaded = load_trie(state);
	if (state->status.digest != digest) {
		announce(state);
		purge(state);
	} else if (loaded && was_refused) {
		say(state, false, "%s is good again, and what is in force", state->trie_path);
	}
	write_status(state);
}

static void decisions_changed(void *ctx)
{
	struct bt_state *state = ctx;
	if (!load_decisions(state))
		return;
	say(state, false, "new local decisions in force");
	note_pause(state);
	purge(state);
}

/* Made before the files are loaded, so that no change is missed. */
static bool make_watch(struct bt_state *state, struct bt_err *err)
{
	char *trie = bt_path_join(state->config->state_dir, TRIE_FILE);
	char *decisions = decisions_path(state);
	bool ok = trie != NULL && decisions != NULL
		      ? bt_watch_new(&state->watch, look_around, state, err) &&
			    bt_watch_add(state->watch, trie, trie_changed, err) &&
			    bt_watch_add(state->watch, decisions, decisions_changed, err)
		      : bt_fail(err, "out of memory");
	free(trie);
	free(decisions);
	return ok;
}

static void start_watch(struct bt_state *state, bool made, struct bt_err *err)
{
	if (made && bt_watch_start(state->watch, err))
		return;
	bt_watch_stop(&state->watch);
	say(state, true, "%s; new tries and decisions need a reload", err->text);
}

/* ---- start and stop ---- */

bool bt_state_start(struct bt_state *state, unsigned workers, struct bt_err *err)
{
	struct bt_err watch_err;
	if (!load_config(state, err))
		return false;
	bool watched = make_watch(state, &watch_err);
	(void)load_trie(state);
	(void)load_decisions(state);
	if (current(state) != NULL)
		announce(state);
	state->workers = workers;
	(void)start_writer(state);
	state->paused = false;
	note_pause(state);
	write_status(state);
	start_watch(state, watched, &watch_err);
	return true;
}

void bt_state_stop(struct bt_state *state)
{
	bt_watch_stop(&state->watch);
	struct bt_writer *writer = atomic_exchange(&state->writer, NULL);
	bt_writer_stop(&writer);
	uint64_t unrecorded = state->unrecorded + state->uncounted;
	if (unrecorded > 0)
		say(state, true, "%llu hits were answered and not recorded",
		    (unsigned long long)unrecorded);
	bt_status_remove(run_dir(state));
}

/* ---- per query ---- */

struct bt_view bt_state_enter(struct bt_state *state)
{
	const struct bt_trie *trie = bt_live_enter(&state->live);
	const struct bt_decisions *decisions = bt_live_enter(&state->decisions);
	bt_live_leave(); /* the outer section holds both */
	return (struct bt_view){in_force(trie) ? trie : NULL, decisions};
}

void bt_state_leave(void)
{
	bt_live_leave();
}

void bt_state_canary(struct bt_state *state, struct bt_canary *canary)
{
	const struct bt_trie *trie = bt_live_enter(&state->live);
	*canary = (struct bt_canary){
	    .version = BT_VERSION,
	    .digest = trie != NULL ? bt_trie_digest(trie) : 0,
	    .names = trie != NULL ? bt_trie_names(trie) : 0,
	    .enabled = trie == NULL || in_force(trie),
	};
	bt_live_leave();
}

bool bt_view_by_client(const struct bt_view *view)
{
	return (view->trie != NULL && bt_policy_groups(bt_trie_policy(view->trie)) > 1) ||
	       (view->decisions != NULL && view->decisions->by_client);
}

/* The worker's ring, which learns what was before it. NULL: there is none, and that is counted. */
static struct bt_ring *ring_of(
    struct bt_state *state, unsigned worker, _Atomic uint64_t *without, int64_t time)
{
	struct bt_writer *writer = atomic_load_explicit(&state->writer, memory_order_acquire);
	if (writer == NULL) {
		atomic_fetch_add_explicit(without, 1, memory_order_relaxed);
		return NULL;
	}
	struct bt_ring *ring = bt_writer_ring(writer, worker);
	if (atomic_load_explicit(&state->unrecorded, memory_order_relaxed) > 0)
		bt_ring_lose(ring, atomic_exchange(&state->unrecorded, 0), time);
	if (atomic_load_explicit(&state->uncounted, memory_order_relaxed) > 0)
		bt_ring_count(ring, 0, 0, time, atomic_exchange(&state->uncounted, 0));
	return ring;
}

void bt_state_record(struct bt_state *state, unsigned worker, const struct bt_event *event)
{
	struct bt_ring *ring = ring_of(state, worker, &state->unrecorded, event->time);
	if (ring != NULL)
		(void)bt_ring_push(ring, event); /* a drop is counted in the ring */
}

void bt_state_count(struct bt_state *state, unsigned worker, const struct bt_event *event)
{
	struct bt_ring *ring = ring_of(state, worker, &state->uncounted, event->time);
	if (ring != NULL)
		bt_ring_count(ring, event->policy, event->list, event->time, 1);
}
