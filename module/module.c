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
#include "identity.h"
#include "name.h"
#include "state.h"

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

/* ---- clients ---- */

static void set_client(struct bt_event *event, const struct comm_reply *reply)
{
	const struct sockaddr_storage *addr = &reply->client_addr;
	memset(event->client, 0, sizeof(event->client));
	if (addr->ss_family == AF_INET6) {
		const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)addr;
		memcpy(event->client, &in6->sin6_addr, sizeof(event->client));
		event->port = ntohs(in6->sin6_port);
	} else if (addr->ss_family == AF_INET) {
		const struct sockaddr_in *in = (const struct sockaddr_in *)addr;
		event->client[10] = event->client[11] = 0xff;
		memcpy(event->client + 12, &in->sin_addr, sizeof(in->sin_addr));
		event->port = ntohs(in->sin_port);
	}
}

static enum bt_transport transport(const struct comm_point *point)
{
	if (point->type == comm_http)
		return BT_TRANSPORT_HTTPS;
	if (point->type == comm_udp)
		return BT_TRANSPORT_UDP;
	return point->ssl != NULL ? BT_TRANSPORT_TLS : BT_TRANSPORT_TCP;
}

/*
 * An event for each client that waits for this answer and has none yet. Clients that join later
 * stand before the recorded one in the list.
 */
static void record_clients(struct module_qstate *qstate, int id, struct bt_event *event)
{
	const struct timeval *now = qstate->env->now_tv;
	event->time = (int64_t)now->tv_sec * 1000 + now->tv_usec / 1000;
	event->qtype = qstate->qinfo.qtype;
	event->qclass = qstate->qinfo.qclass;

	unsigned worker = (unsigned)qstate->env->worker->thread_num;
	struct mesh_reply *first = qstate->mesh_info->reply_list;
	for (struct mesh_reply *r = first; r != NULL && (void *)r != qstate->minfo[id];
	     r = r->next) {
		set_client(event, &r->query_reply);
		event->transport = (uint8_t)transport(r->query_reply.c);
		bt_state_record(&state, worker, event);
	}
	if (first != NULL)
		qstate->minfo[id] = first;
}

/* ---- verdicts ---- */

/*
 * True if the query has been answered here. Internal sub-queries, which nobody waits for, are only
 * kept out of the cache: an answer of ours would make the sinkhole a name server, or break a
 * chain of trust.
 */
static bool judge(
    struct module_qstate *qstate, int id, const struct bt_trie *trie, const struct bt_key *key)
{
	struct bt_judgement judgement;
	if (!bt_state_judge(trie, key, &judgement))
		return false;
	const struct bt_verdict *verdict = &judgement.verdict;
	if (verdict->action == BT_ACTION_ALLOW)
		return false;

	keep_uncached(qstate, id);
	const struct mesh_state *mesh = qstate->mesh_info;
	if (mesh->reply_list == NULL && mesh->cb_list == NULL)
		return false;
	if (judgement.recorded)
		record_clients(qstate, id, &judgement.event);
	if (verdict->action == BT_ACTION_LOG)
		return false;

	const struct bt_policy *policy = bt_trie_policy(trie);
	bt_answer(qstate, verdict, bt_policy_sinkhole(policy),
	    bt_policy_list(policy, verdict->by.list).name, key->labels);
	return true;
}

/* Verdict and answer come from one trie, the one of this moment. */
static bool intervene(struct module_qstate *qstate, int id)
{
	struct bt_key key;
	if (!make_key(&key, &qstate->qinfo))
		return false;
	const struct bt_trie *trie = bt_state_enter(&state);
	bool answered = trie != NULL && judge(qstate, id, trie, &key);
	bt_state_leave();
	return answered;
}

/* A name can have entered the cache behind us while the answer was under way. */
static void remove_cached(struct module_qstate *qstate)
{
	msg_cache_remove(qstate->env, qstate->qinfo.qname, qstate->qinfo.qname_len,
	    qstate->qinfo.qtype, qstate->qinfo.qclass, qstate->query_flags);
}

/*
 * Before each store of an upstream response: with qname-minimisation, and for the addresses of name
 * servers, names are resolved and cached that no client asked for. Sets the flag again each time,
 * because subnetcache clears it on each outgoing query.
 */
static int on_response(struct module_qstate *qstate, struct dns_msg *response, int id, void *arg)
{
	struct bt_key key;
	(void)arg;
	if (qstate->minfo[id] != NULL ||
	    (response != NULL && make_key(&key, &response->qinfo) && bt_state_covers(&state, &key)))
		keep_uncached(qstate, id);
	return 1;
}

/* ---- caches ---- */

/* The environment that init was given, which lasts as long as the process. */
static struct module_env *unbound;

static bool covered_name(const uint8_t *name, size_t size)
{
	struct bt_key key;
	return bt_key_from_wire(&key, name, size) == BT_NAME_OK && bt_state_covers(&state, &key);
}

static void say_purged(const struct bt_cache_purge *purge)
{
	if (purge->removed > 0)
		log_info("beacontrap: %zu cached answers to listed names removed", purge->removed);
}

/* In a thread of ours, when the lists have changed. */
static bool purge_live(void)
{
	struct bt_cache_purge purge = {.covered = covered_name};
	bool done = bt_cache_purge_live(unbound, &purge);
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
	if (!dynlib->inplace_cb_register_wrapped(
		(void *)on_response, inplace_cb_query_response, NULL, env, id)) {
		log_err("beacontrap: cannot register with Unbound: out of memory");
		bt_state_stop(&state);
		return 0;
	}
	struct bt_cache_purge purge = {.covered = covered_name};
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
		    intervene(qstate, id) ? module_finished : module_wait_module;
		return;
	case module_event_moddone:
		/* clients may have joined a query that an internal one began */
		(void)intervene(qstate, id);
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
	const struct bt_trie *trie = bt_state_enter(&state);
	size_t size = trie != NULL ? bt_trie_size(trie) : 0;
	bt_state_leave();
	return size;
}
