/* SPDX-License-Identifier: BSD-3-Clause */
/* cache.c -- take names out of Unbound's caches */

#include <config.h> /* Unbound's; ours is never included with angle brackets */
#include <services/authzone.h>
#include <services/cache/rrset.h>
#include <signal.h>
#include <util/data/msgreply.h>
#include <util/data/packed_rrset.h>
#include <util/module.h>
#include <util/storage/lruhash.h>
#include <util/storage/slabhash.h>

#include <stdatomic.h>

#include "cache.h"
#include "clock.h"
#include "pace.h"
#include "targets.h"

enum {
	NAME_MAX_OCTETS = 255,
	BINS = 64,    /* that are looked at in one step, */
	PLACES = 128, /* and so many entries in them at most, usually one a bin */
	NAMES_OCTETS = 1 << 13,
};

/* What identifies an entry. */
struct place {
	hashvalue_type hash;
	union {
		struct query_info question;
		struct ub_packed_rrset_key rrset;
	} key;
};

/*
 * A look at some bins. Nearly all its time goes into waiting for memory, entry by entry. So it has
 * several passes, and what the next one needs is asked for in between, all at once and while no
 * lock is held: first entries, then their names, which are then copied out.
 */
struct look {
	const struct kind *kind;
	const struct bt_cache_purge *purge;
	size_t from, end; /* bins */
	bool at_end;      /* they are the table's last */
	unsigned asked;
	const void *ask[3 * BINS]; /* addresses; what is not there any more does no harm */
	unsigned count;
	struct place places[PLACES]; /* of entries that may have to go, */
	size_t used;
	uint8_t names[NAMES_OCTETS]; /* and their names */
};

/* One of the two caches. */
struct kind {
	const struct slabhash *(*cache)(const struct module_env *env);
	ptrdiff_t looked_at; /* where what is looked at is, in octets from the entry */
	/* What else is needed to tell whether it has to go. NULL: nothing. */
	const void *(*name_of)(const struct lruhash_entry *entry);
	/* Notes its place if it may have to go. False: there is no room. */
	bool (*copy)(struct look *look, struct lruhash_entry *entry);
};

static void ask_for(struct look *look, const void *address)
{
	if (look->asked < sizeof(look->ask) / sizeof(*look->ask))
		look->ask[look->asked++] = address;
}

/* NULL: there is no room. */
static struct place *new_place(struct look *look, const struct lruhash_entry *entry,
    const uint8_t *name, size_t size, uint8_t **copy)
{
	if (look->count == PLACES || size > NAMES_OCTETS - look->used)
		return NULL;
	*copy = memcpy(look->names + look->used, name, size);
	look->used += size;
	look->places[look->count].hash = entry->hash;
	return &look->places[look->count++];
}

/* ---- messages ---- */

#define MESSAGE_ENTRY ((ptrdiff_t)offsetof(struct msgreply_entry, entry))

static const struct slabhash *message_cache(const struct module_env *env)
{
	return env->msg_cache;
}

/* The entry points to it as well, but would have to be read for that. */
static const struct query_info *question_of(const struct lruhash_entry *entry)
{
	const struct msgreply_entry *message = (const void *)((const char *)entry - MESSAGE_ENTRY);
	return &message->key;
}

static const void *question_name(const struct lruhash_entry *entry)
{
	return question_of(entry)->qname;
}

static bool copy_message(struct look *look, struct lruhash_entry *entry)
{
	const struct query_info *question = question_of(entry);
	uint8_t *name;
	if (question->qname_len > NAME_MAX_OCTETS)
		return true;
	struct place *place = new_place(look, entry, question->qname, question->qname_len, &name);
	if (place == NULL)
		return false;
	place->key.question = *question;
	place->key.question.qname = name;
	place->key.question.local_alias = NULL;
	return true;
}

static const struct kind messages = {message_cache,
    (ptrdiff_t)offsetof(struct msgreply_entry, key) - MESSAGE_ENTRY, question_name, copy_message};

/* ---- sets of records ---- */

#define RRSET_ENTRY ((ptrdiff_t)offsetof(struct ub_packed_rrset_key, entry))

static const struct slabhash *rrset_cache(const struct module_env *env)
{
	return &env->rrset_cache->table;
}

static bool target_covered(void *ctx, const uint8_t *name, size_t size, enum bt_matched how)
{
	const struct bt_cache_purge *purge = ctx;
	struct bt_cached_name target = {name, size, false};
	(void)how;
	purge->cover(&target, 1);
	return target.covered;
}

/* Records are replaced under the entry's lock; their type is not. */
static bool copy_alias(struct look *look, struct lruhash_entry *entry)
{
	const struct ub_packed_rrset_key *key = (const void *)((const char *)entry - RRSET_ENTRY);
	uint8_t *name;
	if (!bt_targets_may_be(key) || key->rk.dname_len > NAME_MAX_OCTETS)
		return true;
	lock_rw_rdlock(&entry->lock);
	bool covered = bt_targets_of(key, target_covered, (void *)look->purge);
	lock_rw_unlock(&entry->lock);
	if (!covered)
		return true;
	struct place *place = new_place(look, entry, key->rk.dname, key->rk.dname_len, &name);
	if (place == NULL)
		return false;
	place->key.rrset.rk = key->rk;
	place->key.rrset.rk.dname = name;
	return true;
}

static const struct kind aliases = {rrset_cache,
    (ptrdiff_t)offsetof(struct ub_packed_rrset_key, rk.type) - RRSET_ENTRY, NULL, copy_alias};

/* ---- a look ---- */

static void ask_for_entry(struct look *look, const struct lruhash_entry *entry)
{
	if (entry == NULL)
		return;
	ask_for(look, &entry->overflow_next);
	ask_for(look, (const char *)entry + look->kind->looked_at);
}

typedef bool pass(struct look *look, const struct lruhash_bin *bin);

static bool ask_for_first(struct look *look, const struct lruhash_bin *bin)
{
	ask_for_entry(look, bin->overflow_list);
	return true;
}

static bool ask_for_second(struct look *look, const struct lruhash_bin *bin)
{
	if (bin->overflow_list != NULL)
		ask_for_entry(look, bin->overflow_list->overflow_next);
	return true;
}

static bool ask_for_names(struct look *look, const struct lruhash_bin *bin)
{
	if (look->kind->name_of == NULL)
		return true;
	for (const struct lruhash_entry *e = bin->overflow_list; e != NULL; e = e->overflow_next)
		ask_for(look, look->kind->name_of(e));
	return true;
}

/* False: there is no room for all. */
static bool copy_out(struct look *look, const struct lruhash_bin *bin)
{
	unsigned before = look->count;
	for (struct lruhash_entry *e = bin->overflow_list; e != NULL; e = e->overflow_next) {
		if (look->kind->copy(look, e))
			continue;
		/* one bin alone always has room, in an honest table */
		if (before > 0)
			look->count = before;
		return before == 0;
	}
	return true;
}

/*
 * These locks are spun on. Where this thread waited for a worker on the same processor, that would
 * be for a whole time slice, and the worker could do nothing in it.
 */
static bool try_lock(lock_quick_type *lock)
{
#ifdef HAVE_PTHREAD_SPINLOCK_T
	return pthread_spin_trylock(lock) == 0;
#else
	return pthread_mutex_trylock(lock) == 0;
#endif
}

/*
 * The first bin is locked already. The look ends before a bin for which `look_at_bin` returns
 * false. False: somebody else uses a bin.
 */
static bool make_pass(struct look *look, struct lruhash_bin *bins, pass *look_at_bin)
{
	look->asked = 0;
	for (size_t i = look->from; i < look->end; i++) {
		if (i > look->from && !try_lock(&bins[i].lock))
			return false;
		bool done = look_at_bin(look, &bins[i]);
		if (i > look->from)
			lock_quick_unlock(&bins[i].lock);
		if (!done) {
			look->end = i;
			look->at_end = false;
		}
	}
	for (unsigned i = 0; i < look->asked; i++)
		__builtin_prefetch(look->ask[i]);
	return true;
}

/* Locks the first bin, which the table's lock is needed for. False: somebody else uses either. */
static bool take_first(struct look *look, struct lruhash *table, struct lruhash_bin **bins)
{
	if (!try_lock(&table->lock))
		return false;
	look->at_end = look->end >= table->size;
	if (look->at_end)
		look->end = table->size;
	*bins = table->array;
	bool taken = look->from >= look->end || try_lock(&(*bins)[look->from].lock);
	lock_quick_unlock(&table->lock);
	return taken;
}

/*
 * Nor are workers to spin for long on what this thread holds when it is taken off its processor.
 * Each question needs the table's lock, which is held for an instant, and hardly one a certain
 * bin's: that of the first is held throughout, and keeps the bins where they are, as a table that
 * grows takes them all. False: somebody else uses what is to be looked at.
 */
static bool look_at(struct look *look, struct lruhash *table)
{
	struct lruhash_bin *bins;
	if (!take_first(look, table, &bins))
		return false;
	if (look->from >= look->end)
		return true; /* it was larger when the walk began */
	bool done = make_pass(look, bins, ask_for_first) && make_pass(look, bins, ask_for_second) &&
		    make_pass(look, bins, ask_for_names) && make_pass(look, bins, copy_out);
	lock_quick_unlock(&bins[look->from].lock);
	return done;
}

/* Keeps the places of messages that have to go. */
static void judge_messages(struct look *look)
{
	struct bt_cached_name names[BT_CACHE_BATCH];
	unsigned kept = 0;
	for (unsigned first = 0, n; first < look->count; first += n) {
		for (n = 0; n < BT_CACHE_BATCH && first + n < look->count; n++) {
			const struct query_info *question = &look->places[first + n].key.question;
			names[n] =
			    (struct bt_cached_name){question->qname, question->qname_len, false};
		}
		look->purge->cover(names, n);
		for (unsigned i = 0; i < n; i++)
			if (names[i].covered)
				look->places[kept++] = look->places[first + i];
	}
	look->count = kept;
}

/* ---- a walk ---- */

/*
 * Goes through all tables of one cache after the other. A table that grows meanwhile moves entries
 * only to bins further on, or to where it was looked at already.
 */
static struct {
	unsigned kind;
	size_t table, bin; /* the next one */
} walk;

static const struct kind *const kinds[] = {&messages, &aliases};

enum { KINDS = sizeof(kinds) / sizeof(*kinds) };

enum step { STEP_DONE, STEP_BUSY, STEP_END };

static void begin_walk(void)
{
	walk.kind = 0;
	walk.table = walk.bin = 0;
}

static void next_table(const struct slabhash *cache)
{
	walk.bin = 0;
	if (++walk.table < cache->size)
		return;
	walk.table = 0;
	walk.kind++;
}

/* A few bins, and what is found there removed. Busy: somebody else uses the table. */
static enum step take_step(const struct module_env *env, struct bt_cache_purge *purge)
{
	struct look look; /* large: what is not needed is not written */
	if (walk.kind == KINDS)
		return STEP_END;
	look.kind = kinds[walk.kind];
	const struct slabhash *cache = look.kind->cache(env);
	if (walk.table >= cache->size) { /* it was another when the walk began */
		next_table(cache);
		return STEP_DONE;
	}
	struct lruhash *table = cache->array[walk.table];
	look.purge = purge;
	look.from = walk.bin;
	look.end = walk.bin + BINS;
	look.count = 0;
	look.used = 0;
	if (!look_at(&look, table))
		return STEP_BUSY;
	if (look.kind == &messages)
		judge_messages(&look);
	for (unsigned i = 0; i < look.count; i++)
		lruhash_remove(table, look.places[i].hash, &look.places[i].key);
	purge->removed += look.count;
	walk.bin = look.end;
	if (look.at_end)
		next_table(cache);
	return STEP_DONE;
}

void bt_cache_purge(struct module_env *env, struct bt_cache_purge *purge)
{
	begin_walk();
	while (take_step(env, purge) != STEP_END)
		;
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

bool bt_cache_purge_live(struct module_env *env, struct bt_cache_purge *purge, bool anew)
{
	enum { SHARE_MS = 100 };
	static bool due; /* a walk that is to begin: until Unbound serves, that of init has it */
	int64_t end = bt_clock_monotonic() + SHARE_MS;
	due = due || anew;
	while (bt_clock_monotonic() < end) {
		if (!hold_caches(env))
			return false;
		if (due)
			begin_walk();
		due = false;
		enum step step = take_step(env, purge);
		release_caches(env);
		if (step == STEP_END)
			return true;
		if (step == STEP_BUSY)
			bt_rest();
		else
			bt_pace();
	}
	return false;
}
