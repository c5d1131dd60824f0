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
#include <time.h>

#include "cache.h"
#include "targets.h"

enum {
	NAME_MAX_OCTETS = 255,
	BINS_A_HOLD = 64,
	PLACES = 32, /* found in one hold */
	AHEAD = 8,   /* bins, whose first entries are on their way from memory */
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
	bool (*covered)(const struct bt_cache_purge *purge, struct lruhash_entry *entry);
	void (*copy_key)(struct place *place, const struct lruhash_entry *entry);
};

/* ---- messages ---- */

static const struct slabhash *message_cache(const struct module_env *env)
{
	return env->msg_cache;
}

static bool message_covered(const struct bt_cache_purge *purge, struct lruhash_entry *entry)
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

static bool target_covered(void *ctx, const uint8_t *name, size_t size, enum bt_matched how)
{
	const struct bt_cache_purge *purge = ctx;
	(void)how;
	return purge->covered(name, size);
}

/* Records are replaced under the entry's lock; their type is not. */
static bool alias_covered(const struct bt_cache_purge *purge, struct lruhash_entry *entry)
{
	const struct ub_packed_rrset_key *key = entry->key;
	if (!bt_targets_may_be(key) || key->rk.dname_len > NAME_MAX_OCTETS)
		return false;
	lock_rw_rdlock(&entry->lock);
	bool covered = bt_targets_of(key, target_covered, (void *)purge);
	lock_rw_unlock(&entry->lock);
	return covered;
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

/* False if there was no room for all. The bin's lock keeps entries and their keys in place. */
static bool find_in_bin(struct lruhash_bin *bin, const struct kind *kind,
    const struct bt_cache_purge *purge, struct place places[PLACES], size_t *count)
{
	for (struct lruhash_entry *e = bin->overflow_list; e != NULL; e = e->overflow_next) {
		if (*count == PLACES)
			return false;
		if (!kind->covered(purge, e))
			continue;
		struct place *place = &places[(*count)++];
		place->hash = e->hash;
		kind->copy_key(place, e);
	}
	return true;
}

/*
 * Looks at the bins from *index up to `end`, and moves it. Returns how many entries it found. The
 * table's lock comes before the bin's.
 */
static size_t find_in_table(struct lruhash *table, size_t *index, size_t end, bool *ended,
    const struct kind *kind, const struct bt_cache_purge *purge, struct place places[PLACES])
{
	size_t count = 0;
	bool room = true;
	lock_quick_lock(&table->lock);
	if (end > table->size)
		end = table->size;
	while (room && *index < end) {
		struct lruhash_bin *bin = &table->array[*index];
		if (*index + AHEAD < end) /* only a hint: another worker may change it meanwhile */
			__builtin_prefetch(bin[AHEAD].overflow_list);
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

/*
 * A few bins from `index` on, and what is found removed. A table that grows meanwhile moves entries
 * only to bins further on.
 */
static size_t purge_bins(struct lruhash *table, size_t index, const struct kind *kind,
    const struct bt_cache_purge *purge)
{
	size_t end = index + BINS_A_HOLD, removed = 0;
	for (bool ended = false; index < end && !ended;) {
		struct place places[PLACES];
		size_t count = find_in_table(table, &index, end, &ended, kind, purge, places);
		for (size_t i = 0; i < count; i++)
			lruhash_remove(table, places[i].hash, &places[i].key);
		removed += count;
	}
	return removed;
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

/* ---- the whole, in pieces ---- */

/*
 * A walk is done in pieces, a few bins each, by whoever comes along: workers between two queries
 * and, when these have nothing to do, a thread of ours. It must not be ours alone: where that
 * shares a processor with a worker, it is taken off in the middle of a piece, and the worker then
 * spins for its whole time slice on the lock that ours holds.
 *
 * Pieces are numbered: those of both caches in turn, of all tables of each in turn, and so on with
 * the next bins. With the number stands that of the walk, so that who is late cannot be mistaken.
 */
static struct {
	_Atomic uint64_t next;   /* walk and piece to be begun */
	_Atomic uint64_t ended;  /* walk, and how many of its pieces are done */
	_Atomic uint64_t pieces; /* of a walk */
	_Atomic uint64_t removed;
	uint64_t bins; /* of all tables, when the walk began; the thread's that began it */
} walk;

enum {
	PIECE_BITS = 40,
	PIECES_A_QUERY = 2, /* so that a busy worker stays one */
	ALONE_MS = 60,      /* between two calls, which are a tenth of a second apart */
	BESIDE_MS = 10,
};

static uint64_t piece_of(uint64_t number)
{
	return number & ((UINT64_C(1) << PIECE_BITS) - 1);
}

static const struct kind *const kinds[] = {&messages, &aliases};

enum { KINDS = sizeof(kinds) / sizeof(*kinds) };

static size_t table_size(struct lruhash *table)
{
	lock_quick_lock(&table->lock);
	size_t size = table->size;
	lock_quick_unlock(&table->lock);
	return size;
}

/* How many pieces all tables need, and how many bins they have. */
static uint64_t count_pieces(const struct module_env *env, uint64_t *bins)
{
	uint64_t most = 0;
	*bins = 0;
	for (unsigned k = 0; k < KINDS; k++) {
		const struct slabhash *cache = kinds[k]->cache(env);
		for (size_t i = 0; i < cache->size; i++) {
			uint64_t size = table_size(cache->array[i]);
			uint64_t rounds = (size + BINS_A_HOLD - 1) / BINS_A_HOLD;
			*bins += size;
			if (rounds * cache->size > most)
				most = rounds * cache->size;
		}
	}
	return most * KINDS;
}

/* What is under way of the walk before goes on beside it, and does no harm. */
static void begin_walk(const struct module_env *env)
{
	uint64_t number = (atomic_load(&walk.ended) >> PIECE_BITS) + 1;
	uint64_t pieces = count_pieces(env, &walk.bins);
	atomic_store(&walk.ended, number << PIECE_BITS);
	atomic_store(&walk.pieces, pieces);
	atomic_store(&walk.next, number << PIECE_BITS);
}

static bool is_walked(void)
{
	return piece_of(atomic_load(&walk.ended)) >= atomic_load(&walk.pieces);
}

static bool is_left(void)
{
	return piece_of(atomic_load(&walk.next)) < atomic_load(&walk.pieces);
}

static void end_piece(uint64_t number)
{
	uint64_t ended = atomic_load(&walk.ended);
	while (ended >> PIECE_BITS == number >> PIECE_BITS &&
	       !atomic_compare_exchange_weak(&walk.ended, &ended, ended + 1))
		;
}

/* False: there is nothing left to begin. */
static bool purge_piece(const struct module_env *env, const struct bt_cache_purge *purge)
{
	if (!is_left())
		return false;
	uint64_t number = atomic_fetch_add(&walk.next, 1), piece = piece_of(number);
	if (piece >= atomic_load(&walk.pieces))
		return false;
	const struct kind *kind = kinds[piece % KINDS];
	const struct slabhash *cache = kind->cache(env);
	piece /= KINDS;
	size_t removed = purge_bins(cache->array[piece % cache->size],
	    (size_t)(piece / cache->size) * BINS_A_HOLD, kind, purge);
	if (removed > 0)
		atomic_fetch_add(&walk.removed, removed);
	end_piece(number);
	return true;
}

void bt_cache_purge(struct module_env *env, struct bt_cache_purge *purge)
{
	begin_walk(env);
	while (purge_piece(env, purge))
		;
	purge->removed += atomic_exchange(&walk.removed, 0);
}

void bt_cache_purge_some(struct module_env *env, const struct bt_cache_purge *purge)
{
	for (unsigned i = 0; i < PIECES_A_QUERY && purge_piece(env, purge); i++)
		;
}

static int64_t now_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/*
 * A share of the walk, for some milliseconds: more of them where no worker has begun a piece since
 * the last call. In one stretch: each time that our thread wakes up it may take a lock from a
 * worker on the same processor. False: Unbound does not serve.
 */
static bool purge_share(struct module_env *env, const struct bt_cache_purge *purge)
{
	static uint64_t seen;
	int64_t end = now_ms() + (atomic_load(&walk.next) == seen ? ALONE_MS : BESIDE_MS);
	for (bool more = true; more && now_ms() < end;) {
		if (!hold_caches(env))
			return false;
		more = purge_piece(env, purge);
		release_caches(env);
	}
	seen = atomic_load(&walk.next);
	return true;
}

bool bt_cache_purge_live(struct module_env *env, struct bt_cache_purge *purge, bool anew)
{
	static bool due;
	due = due || anew;
	if (due) {
		if (!hold_caches(env))
			return false;
		begin_walk(env);
		release_caches(env);
		due = false;
	}
	if (!purge_share(env, purge))
		return false;
	purge->removed += atomic_exchange(&walk.removed, 0);
	if (!is_walked() || !hold_caches(env))
		return false;
	uint64_t bins;
	(void)count_pieces(env, &bins);
	release_caches(env);
	due = bins != walk.bins; /* tables grew, and moved entries to bins that nobody looked at */
	return !due;
}
