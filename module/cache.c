/* SPDX-License-Identifier: BSD-3-Clause */
/* cache.c -- take names out of Unbound's caches */

#include <config.h> /* Unbound's; ours is never included with angle brackets */
#include <services/authzone.h>
#include <services/cache/rrset.h>
#include <signal.h>
#include <sldns/rrdef.h>
#include <util/data/dname.h>
#include <util/data/msgreply.h>
#include <util/data/packed_rrset.h>
#include <util/module.h>
#include <util/storage/lruhash.h>
#include <util/storage/slabhash.h>

#include "cache.h"

enum {
	NAME_MAX_OCTETS = 255,
	BINS_A_HOLD = 64,
	PLACES = 32, /* found in one hold */
};

/* What identifies an entry, copied so that no lock needs to be held while it is removed. */
struct place {
	hashvalue_type hash;
	union {
		struct query_info question;
		struct ub_packed_rrset_key rrset;
	} key;
	uint8_t name[NAME_MAX_OCTETS];
};

/* One of the two caches. */
struct kind {
	const struct slabhash *(*cache)(const struct module_env *env);
	bool (*covered)(const struct bt_cache_purge *purge, const struct lruhash_entry *entry);
	void (*copy_key)(struct place *place, const struct lruhash_entry *entry);
};

/* ---- messages ---- */

static const struct slabhash *message_cache(const struct module_env *env)
{
	return env->msg_cache;
}

static bool message_covered(const struct bt_cache_purge *purge, const struct lruhash_entry *entry)
{
	const struct query_info *question = &((struct msgreply_entry *)entry->key)->key;
	return question->qname_len <= NAME_MAX_OCTETS &&
	       purge->covered(question->qname, question->qname_len);
}

static void copy_question(struct place *place, const struct lruhash_entry *entry)
{
	struct query_info *question = &place->key.question;
	*question = ((struct msgreply_entry *)entry->key)->key;
	memcpy(place->name, question->qname, question->qname_len);
	question->qname = place->name;
	question->local_alias = NULL;
}

static const struct kind messages = {message_cache, message_covered, copy_question};

/* ---- sets of records ---- */

static const struct slabhash *rrset_cache(const struct module_env *env)
{
	return &env->rrset_cache->table;
}

/* Octets before the name that a record of this type leads to; -1 if it leads to none. */
static int target_at(uint16_t type)
{
	switch (type) {
	case LDNS_RR_TYPE_CNAME:
	case LDNS_RR_TYPE_DNAME:
		return 0;
	case LDNS_RR_TYPE_SVCB:
	case LDNS_RR_TYPE_HTTPS:
		return 2; /* the priority */
	default:
		return -1;
	}
}

/* `record` is the length of the data in two octets, and the data. */
static bool target_covered(
    const struct bt_cache_purge *purge, uint8_t *record, size_t size, size_t at)
{
	at += 2;
	size_t octets = size > at ? dname_valid(record + at, size - at) : 0;
	return octets > 1 && purge->covered(record + at, octets); /* "." is the owner, or nothing */
}

static bool alias_covered(const struct bt_cache_purge *purge, const struct lruhash_entry *entry)
{
	const struct ub_packed_rrset_key *key = entry->key;
	const struct packed_rrset_data *data = entry->data;
	int at = target_at(ntohs(key->rk.type));
	if (at < 0 || key->rk.dname_len > NAME_MAX_OCTETS)
		return false;
	for (size_t i = 0; i < data->count; i++)
		if (target_covered(purge, data->rr_data[i], data->rr_len[i], (size_t)at))
			return true;
	return false;
}

static void copy_owner(struct place *place, const struct lruhash_entry *entry)
{
	struct packed_rrset_key *owner = &place->key.rrset.rk;
	*owner = ((struct ub_packed_rrset_key *)entry->key)->rk;
	memcpy(place->name, owner->dname, owner->dname_len);
	owner->dname = place->name;
}

static const struct kind aliases = {rrset_cache, alias_covered, copy_owner};

/* ---- a walk ---- */

/* False if there was no room for all. The entry's lock keeps what is read of it in place. */
static bool find_in_bin(struct lruhash_bin *bin, const struct kind *kind,
    const struct bt_cache_purge *purge, struct place places[PLACES], size_t *count)
{
	for (struct lruhash_entry *e = bin->overflow_list; e != NULL; e = e->overflow_next) {
		if (*count == PLACES)
			return false;
		lock_rw_rdlock(&e->lock);
		if (kind->covered(purge, e)) {
			struct place *place = &places[(*count)++];
			place->hash = e->hash;
			kind->copy_key(place, e);
		}
		lock_rw_unlock(&e->lock);
	}
	return true;
}

/*
 * Looks at the bins from *index on, and moves it. Returns how many entries it found. A table that
 * grows while it is walked moves entries only to bins further on, so that none is missed. The
 * table's lock comes before the bin's.
 */
static size_t find_in_table(struct lruhash *table, size_t *index, bool *ended,
    const struct kind *kind, const struct bt_cache_purge *purge, struct place places[PLACES])
{
	size_t count = 0, end = *index + BINS_A_HOLD;
	bool room = true;
	lock_quick_lock(&table->lock);
	if (end > table->size)
		end = table->size;
	while (room && *index < end) {
		struct lruhash_bin *bin = &table->array[*index];
		lock_quick_lock(&bin->lock);
		room = find_in_bin(bin, kind, purge, places, &count);
		lock_quick_unlock(&bin->lock);
		if (room)
			++*index;
	}
	*ended = *index >= table->size;
	lock_quick_unlock(&table->lock);
	return count;
}

/* One hold, and what it found removed. */
static void purge_slice(struct lruhash *table, size_t *index, bool *ended, const struct kind *kind,
    struct bt_cache_purge *purge)
{
	struct place places[PLACES];
	size_t count = find_in_table(table, index, ended, kind, purge, places);
	for (size_t i = 0; i < count; i++)
		lruhash_remove(table, places[i].hash, &places[i].key);
	purge->removed += count;
}

/* ---- Unbound at work ---- */

/*
 * On a reload, the caches may be deleted some time before deinit (daemon_apply_cfg), and nobody
 * tells us. But two things come before that, in this order (daemon_cleanup): Unbound gives signals
 * the handler again that they have in init, and takes the lock of the authority zones, which lies
 * in a struct that is never deleted before deinit. So whoever holds that lock and sees another
 * handler than in init is not disturbed until he lets go of it.
 */
static void (*handler_in_init)(int);

static void (*handler_now(void))(int)
{
	struct sigaction action;
	return sigaction(SIGHUP, NULL, &action) == 0 ? action.sa_handler : handler_in_init;
}

void bt_cache_prepare(void)
{
	struct sigaction action;
	handler_in_init = sigaction(SIGHUP, NULL, &action) == 0 ? action.sa_handler : SIG_ERR;
}

static bool hold_caches(struct module_env *env)
{
	lock_rw_rdlock(&env->auth_zones->lock);
	if (handler_now() != handler_in_init)
		return true;
	lock_rw_unlock(&env->auth_zones->lock);
	return false;
}

static void release_caches(struct module_env *env)
{
	lock_rw_unlock(&env->auth_zones->lock);
}

/* ---- the whole ---- */

/* False if Unbound stopped serving. The cache is looked up anew for each slice. */
static bool purge_cache(
    struct module_env *env, const struct kind *kind, struct bt_cache_purge *purge, bool live)
{
	size_t number = 0, index = 0;
	for (bool ended = false; !ended;) {
		if (live && !hold_caches(env))
			return false;
		const struct slabhash *cache = kind->cache(env);
		bool table_ended;
		purge_slice(cache->array[number], &index, &table_ended, kind, purge);
		if (table_ended) {
			number++;
			index = 0;
		}
		ended = number == cache->size;
		if (live)
			release_caches(env);
	}
	return true;
}

void bt_cache_purge(struct module_env *env, struct bt_cache_purge *purge)
{
	(void)(purge_cache(env, &messages, purge, false) &&
	       purge_cache(env, &aliases, purge, false));
}

bool bt_cache_purge_live(struct module_env *env, struct bt_cache_purge *purge)
{
	return purge_cache(env, &messages, purge, true) && purge_cache(env, &aliases, purge, true);
}
