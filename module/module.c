/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * module.c -- the six functions that Unbound's dynlib module calls
 *
 * Each query of a client comes to operate() as `new` unless its answer is cached. So whatever a
 * list covers must be neither answered from the cache nor put into it, by whichever way it got
 * there: doc/unbound.md tells which ways there are.
 */

#include <config.h> /* Unbound's; ours is never included with angle brackets */
#include <daemon/worker.h>
#include <dynlibmod/dynlibmod.h>
#include <services/cache/dns.h>
#include <services/mesh.h>
#include <sldns/rrdef.h>
#include <util/config_file.h>
#include <util/log.h>
#include <util/module.h>
#include <util/netevent.h>

#include "answer.h"
#include "cache.h"
#include "canary.h"
#include "hit.h"
#include "identity.h"
#include "judge.h"
#include "name.h"
#include "state.h"
#include "targets.h"

/* Lives as long as the process: a reload must be able to go on with the last good trie. */
static struct bt_state state;

static void log_line(bool error, const char *text)
{
	if (error)
		log_err("beacontrap: %s", text);
	else
		log_info("beacontrap: %s", text);
}

/* ---- per query ---- */

/*
 * minfo[id] is NULL for a query that has nothing to do with us. Otherwise nothing of it may be
 * cached, and minfo[id] points to the client that has been recorded already, or to `uncached`.
 */

static char uncached;

static void keep_uncached(struct module_qstate *qstate, int id)
{
	if (qstate->minfo[id] == NULL)
		qstate->minfo[id] = &uncached;
	qstate->no_cache_store = 1;
}

/* Chaosnet names (version.bind) have nothing to do with the lists. */
static bool make_key(struct bt_key *key, const struct query_info *question)
{
	return question->qclass != LDNS_RR_CLASS_CH &&
	       bt_key_from_wire(key, question->qname, question->qname_len) == BT_NAME_OK;
}

/* ---- names ---- */

static bool covers(const struct bt_view *view, const struct bt_key *key, struct bt_matches *matches,
    int64_t seconds)
{
	bt_judge_match(matches, view->trie, key);
	return bt_judge_covers(view->trie, view->decisions, key, matches, seconds);
}

static bool covered_name(const uint8_t *name, size_t size)
{
	struct bt_key key;
	struct bt_matches matches;
	if (bt_key_from_wire(&key, name, size) != BT_NAME_OK)
		return false;
	if (bt_canary_is(&key))
		return true;
	struct bt_view view = bt_state_enter(&state);
	bool covered = view.trie != NULL && covers(&view, &key, &matches, (int64_t)time(NULL));
	bt_state_leave();
	return covered;
}

static bool covered_target(void *ctx, const uint8_t *name, size_t size, enum bt_matched how)
{
	(void)ctx;
	(void)how;
	return covered_name(name, size);
}

/* ---- one query ---- */

/* A query, in a read section. */
struct query {
	struct module_qstate *qstate;
	int id;
	struct bt_view view;
	struct bt_key name;
	struct bt_matches matches; /* of the name */
	int64_t time;
	const struct reply_info *answer; /* from upstream; NULL: there is none yet */
	/* What is done about the clients that wait: */
	bool passed;  /* some are to get that answer, */
	bool stopped; /* some are not, by the verdict of the first of them, */
	bool mixed;   /* and they do not all get the same */
	struct bt_verdict verdict;
};

/* ---- where its answer leads ---- */

struct search {
	const struct query *query;
	struct bt_asked asked;
	struct bt_key target;
	struct bt_matches matches; /* of the target */
	struct bt_hit *hit;        /* what comes of it, */
	bool found;                /* if anything does */
};

/* What stops the client comes before what is only logged. */
static bool look_at_target(void *ctx, const uint8_t *name, size_t size, enum bt_matched how)
{
	struct search *search = ctx;
	const struct bt_view *view = &search->query->view;
	struct bt_hit hit;
	if (bt_key_from_wire(&search->target, name, size) != BT_NAME_OK ||
	    !covers(view, &search->target, &search->matches, search->query->time / 1000))
		return false;
	search->asked.how = how;
	if (!bt_hit_judge(&hit, view, &search->asked) || hit.verdict.action == BT_ACTION_ALLOW ||
	    (search->found && !bt_hit_stops(&hit)))
		return false;
	*search->hit = hit;
	search->found = true;
	return bt_hit_stops(&hit);
}

/* Whether a name that the answer leads to does something to the client who asked. */
static bool judge_targets(
    const struct query *query, const struct bt_asked *asked, struct bt_hit *hit)
{
	struct search search;
	if (query->answer == NULL)
		return false;
	search.query = query;
	search.asked = *asked;
	search.asked.matched = &search.target;
	search.asked.matches = &search.matches;
	search.hit = hit;
	search.found = false;
	(void)bt_targets_each(query->answer, look_at_target, &search);
	return search.found;
}

/* ---- its clients ---- */

static bool same_answer(const struct bt_verdict *a, const struct bt_verdict *b)
{
	return a->action == b->action && a->by.list == b->by.list && a->labels == b->labels;
}

/* Of one client; NULL: it is to get the answer. */
static void note_outcome(struct query *query, const struct bt_hit *hit)
{
	if (hit == NULL || !bt_hit_stops(hit)) {
		query->passed = true;
	} else {
		struct bt_verdict verdict = hit->verdict;
		if (hit->event.matched != BT_MATCHED_NAME)
			verdict.labels = query->name.labels; /* the answer is the name's own */
		query->mixed |= query->stopped && !same_answer(&verdict, &query->verdict);
		if (!query->stopped)
			query->verdict = verdict;
		query->stopped = true;
	}
	query->mixed |= query->passed && query->stopped;
}

static void record(const struct query *query, const struct bt_hit *hit)
{
	unsigned worker = (unsigned)query->qstate->env->worker->thread_num;
	if (hit->events == BT_EVENTS_FULL)
		bt_state_record(&state, worker, &hit->event);
	else if (hit->events == BT_EVENTS_COUNT)
		bt_state_count(&state, worker, &hit->event);
}

/*
 * One client; NULL: nobody. `known`: what its question matches has been recorded. What is allowed
 * is left alone, wherever its answer leads. Where a log list has the name, and the answer leads to
 * another that is listed, both are hits.
 */
static void judge(struct query *query, const struct bt_client *client, bool known)
{
	const struct bt_asked asked = {.name = &query->name,
	    .matched = &query->name,
	    .matches = &query->matches,
	    .client = client,
	    .qtype = query->qstate->qinfo.qtype,
	    .qclass = query->qstate->qinfo.qclass,
	    .time = query->time};
	struct bt_hit hit;
	bool found = bt_hit_judge(&hit, &query->view, &asked);
	if (found && hit.verdict.action == BT_ACTION_ALLOW) {
		note_outcome(query, NULL);
		return;
	}
	if (found && !known && client != NULL)
		record(query, &hit);
	if (!found || !bt_hit_stops(&hit)) {
		found = judge_targets(query, &asked, &hit);
		if (found && client != NULL)
			record(query, &hit);
	}
	note_outcome(query, found ? &hit : NULL);
}

/*
 * Each client that waits for this answer. Those that join after others were recorded stand before
 * these in the list.
 */
static void judge_clients(struct query *query)
{
	struct module_qstate *qstate = query->qstate;
	const struct bt_policy *policy = bt_trie_policy(query->view.trie);
	struct mesh_reply *first = qstate->mesh_info->reply_list;
	bool known = false;
	for (struct mesh_reply *r = first; r != NULL; r = r->next) {
		struct bt_client client;
		known = known || (void *)r == qstate->minfo[query->id];
		bt_client_read(&client, r, policy);
		judge(query, &client, known);
	}
	if (first != NULL)
		qstate->minfo[query->id] = first;
}

/* ---- verdicts ---- */

/*
 * True if the query has been answered here. Clients that get different answers wait together only
 * when that became so while they waited: none may get another's, and they have to ask again.
 * Internal sub-queries, which nobody waits for, are only kept out of the cache: an answer of ours
 * would make the sinkhole a name server, or break a chain of trust.
 */
static bool intervene(struct query *query)
{
	struct module_qstate *qstate = query->qstate;
	const struct mesh_state *mesh = qstate->mesh_info;
	if (!covers(&query->view, &query->name, &query->matches, query->time / 1000) &&
	    (query->answer == NULL || !bt_targets_each(query->answer, covered_target, NULL)))
		return false; /* most queries */
	keep_uncached(qstate, query->id);
	if (mesh->reply_list != NULL)
		judge_clients(query);
	else if (mesh->cb_list != NULL)
		judge(query, NULL, false);
	if (!query->stopped)
		return false;
	if (query->mixed) {
		bt_answer_failure(qstate);
		return true;
	}
	const struct bt_policy *policy = bt_trie_policy(query->view.trie);
	struct bt_list_info list = bt_policy_list(policy, query->verdict.by.list);
	bt_answer(qstate, &query->verdict, list.sinkhole, list.name, query->name.labels);
	return true;
}

/*
 * What the plugin says of itself: never an event, whatever lists say of the name, and nothing for
 * Unbound's own questions.
 */
static bool answer_canary(struct module_qstate *qstate, int id)
{
	const struct mesh_state *mesh = qstate->mesh_info;
	struct bt_canary canary;
	keep_uncached(qstate, id);
	if (qstate->qinfo.qclass != LDNS_RR_CLASS_IN ||
	    (mesh->reply_list == NULL && mesh->cb_list == NULL))
		return false;
	bt_state_canary(&state, &canary);
	bt_answer_canary(qstate, &canary);
	return true;
}

/* Clients that may get different answers must not wait for the same one. */
static void keep_clients_apart(struct module_env *env)
{
	struct bt_view view = bt_state_enter(&state);
	if (bt_view_by_client(&view))
		env->unique_mesh = 1;
	bt_state_leave();
}

/* Verdict and answer come from one view, that of this moment. */
static bool look_at(struct module_qstate *qstate, int id, bool last)
{
	const struct timeval *now = qstate->env->now_tv;
	struct query query; /* large: what is not needed is not written */
	query.qstate = qstate;
	query.id = id;
	query.time = (int64_t)now->tv_sec * 1000 + now->tv_usec / 1000;
	query.answer = NULL;
	query.passed = query.stopped = query.mixed = false;
	if (!make_key(&query.name, &qstate->qinfo))
		return false;
	if (bt_canary_is(&query.name))
		return answer_canary(qstate, id);
	if (last && qstate->return_msg != NULL && qstate->return_rcode == LDNS_RCODE_NOERROR)
		query.answer = qstate->return_msg->rep;
	query.view = bt_state_enter(&state);
	if (bt_view_by_client(&query.view))
		qstate->env->unique_mesh = 1;
	bool answered = query.view.trie != NULL && intervene(&query);
	bt_state_leave();
	return answered;
}

/* A name can have entered the cache behind us while the answer was under way. */
static void remove_cached(struct module_qstate *qstate)
{
	msg_cache_remove(qstate->env, qstate->qinfo.qname, qstate->qinfo.qname_len,
	    qstate->qinfo.qtype, qstate->qinfo.qclass, qstate->query_flags);
}

/* Its name, or one that it leads to. */
static bool is_covered_response(const struct dns_msg *response)
{
	const struct query_info *question = &response->qinfo;
	if (question->qclass == LDNS_RR_CLASS_CH)
		return false;
	return covered_name(question->qname, question->qname_len) ||
	       (response->rep != NULL && bt_targets_each(response->rep, covered_target, NULL));
}

/*
 * Before each store of an upstream response: with qname-minimisation, and for the addresses of name
 * servers, names are resolved and cached that no client asked for. Sets the flag again each time,
 * because subnetcache clears it on each outgoing query.
 */
static int on_response(struct module_qstate *qstate, struct dns_msg *response, int id, void *arg)
{
	(void)arg;
	if (qstate->minfo[id] != NULL || (response != NULL && is_covered_response(response)))
		keep_uncached(qstate, id);
	return 1;
}

/* ---- caches ---- */

/* Most names are in no list, and no decision is made here about any: they are done with in one go.
 */
static void cover_cached(struct bt_cached_name *names, unsigned count)
{
	static_assert(BT_CACHE_BATCH <= (int)BT_BATCH_MAX, "one batch is looked up at once");
	struct bt_key keys[BT_CACHE_BATCH];
	const struct bt_key *known[BT_CACHE_BATCH];
	struct bt_match matches[BT_CACHE_BATCH][BT_MATCHES_MAX];
	unsigned counts[BT_CACHE_BATCH], where[BT_CACHE_BATCH], n = 0;
	for (unsigned i = 0; i < count; i++) {
		known[n] = &keys[n];
		where[n] = i;
		names[i].covered = false;
		n += bt_key_from_wire(&keys[n], names[i].bytes, names[i].size) == BT_NAME_OK;
	}
	struct bt_view view = bt_state_enter(&state);
	if (view.trie != NULL)
		bt_trie_match_batch(view.trie, known, n, matches, counts);
	for (unsigned i = 0; i < n; i++) {
		bool may_be = view.trie != NULL && (counts[i] > 0 || view.decisions != NULL);
		struct bt_matches again;
		names[where[i]].covered =
		    bt_canary_is(&keys[i]) ||
		    (may_be && covers(&view, &keys[i], &again, (int64_t)time(NULL)));
	}
	bt_state_leave();
}

/* The environment that init was given, which lasts as long as the process. */
static struct module_env *unbound;

static void say_purged(const struct bt_cache_purge *purge)
{
	if (purge->removed > 0)
		log_info("beacontrap: %zu cached answers to listed names removed", purge->removed);
}

/* In a thread of ours, when the lists have changed. */
static bool purge_live(bool anew)
{
	struct bt_cache_purge purge = {.cover = cover_cached};
	bool done = bt_cache_purge_live(unbound, &purge, anew);
	say_purged(&purge);
	return done;
}

/* ---- what Unbound calls ---- */

int init(struct module_env *env, int id)
{
	struct bt_err err;
	if (!bt_identity_check(&err)) { /* before any struct of Unbound's is read */
		log_err("beacontrap: %s", err.text);
		return 0;
	}
	struct dynlibmod_env *dynlib = env->modinfo[id];
	unsigned workers = env->cfg->num_threads > 1 ? (unsigned)env->cfg->num_threads : 1;
	unbound = env;
	bt_cache_prepare();
	state.log = log_line;
	state.purge = purge_live;
	if (!bt_state_start(&state, workers, &err)) {
		log_err("beacontrap: %s", err.text);
		return 0;
	}
	keep_clients_apart(env);
	if (!dynlib->inplace_cb_register_wrapped(
		(void *)on_response, inplace_cb_query_response, NULL, env, id)) {
		log_err("beacontrap: cannot register with Unbound: out of memory");
		bt_state_stop(&state);
		return 0;
	}
	struct bt_cache_purge purge = {.cover = cover_cached};
	bt_cache_purge(env, &purge); /* reload_keep_cache */
	say_purged(&purge);
	return 1;
}

void deinit(struct module_env *env, int id)
{
	struct dynlibmod_env *dynlib = env->modinfo[id];
	dynlib->inplace_cb_delete_wrapped(env, inplace_cb_query_response, id);
	bt_state_stop(&state);
}

void operate(
    struct module_qstate *qstate, enum module_ev event, int id, struct outbound_entry *outbound)
{
	(void)outbound;
	switch (event) {
	case module_event_new:
	case module_event_pass:
		qstate->ext_state[id] =
		    look_at(qstate, id, false) ? module_finished : module_wait_module;
		return;
	case module_event_moddone:
		/* clients may have joined a query that an internal one began */
		(void)look_at(qstate, id, true);
		if (qstate->minfo[id] != NULL)
			remove_cached(qstate);
		qstate->ext_state[id] = module_finished;
		return;
	default:
		qstate->ext_state[id] = module_error;
		return;
	}
}

void inform_super(struct module_qstate *qstate, int id, struct module_qstate *super)
{
	(void)qstate;
	(void)id;
	(void)super;
}

void clear(struct module_qstate *qstate, int id)
{
	if (qstate != NULL)
		qstate->minfo[id] = NULL;
}

size_t get_mem(struct module_env *env, int id)
{
	(void)env;
	(void)id;
	struct bt_view view = bt_state_enter(&state);
	size_t size = view.trie != NULL ? bt_trie_size(view.trie) : 0;
	bt_state_leave();
	return size;
}
