/* SPDX-License-Identifier: BSD-3-Clause */
/* cache.c -- take names out of Unbound's message cache */

#include <config.h> /* Unbound's; ours is never included with angle brackets */
#include <util/data/msgreply.h>
#include <util/module.h>
#include <util/storage/lruhash.h>
#include <util/storage/slabhash.h>

#include "cache.h"

enum { NAME_MAX_OCTETS = 255 };

/* A message's place in the cache, copied so that no lock needs to be held while it is removed. */
struct place {
	hashvalue_type hash;
	struct query_info question;
	uint8_t name[NAME_MAX_OCTETS];
};

struct walk {
	bool (*covered)(void *ctx, const uint8_t *name, size_t size);
	void *ctx;
};

static bool is_covered(const struct walk *walk, struct lruhash_entry *entry)
{
	const struct query_info *question = &((struct msgreply_entry *)entry->key)->key;
	return question->qname_len <= NAME_MAX_OCTETS &&
	       walk->covered(walk->ctx, question->qname, question->qname_len);
}

/* The first covered message in a bin. The entry's lock keeps its key in place meanwhile. */
static bool find_in_bin(struct lruhash_bin *bin, const struct walk *walk, struct place *place)
{
	for (struct lruhash_entry *e = bin->overflow_list; e != NULL; e = e->overflow_next) {
		lock_rw_rdlock(&e->lock);
		bool found = is_covered(walk, e);
		if (found) {
			place->hash = e->hash;
			place->question = ((struct msgreply_entry *)e->key)->key;
			memcpy(place->name, place->question.qname, place->question.qname_len);
			place->question.qname = place->name;
			place->question.local_alias = NULL;
		}
		lock_rw_unlock(&e->lock);
		if (found)
			return true;
	}
	return false;
}

/* False once `index` is past the last bin. The table's lock comes before the bin's. */
static bool look_at_bin(
    struct lruhash *table, size_t index, const struct walk *walk, struct place *place, bool *found)
{
	lock_quick_lock(&table->lock);
	if (index >= table->size) {
		lock_quick_unlock(&table->lock);
		return false;
	}
	struct lruhash_bin *bin = &table->array[index];
	lock_quick_lock(&bin->lock);
	*found = find_in_bin(bin, walk, place);
	lock_quick_unlock(&bin->lock);
	lock_quick_unlock(&table->lock);
	return true;
}

/*
 * A table that grows while it is walked moves entries only to bins further on, so that none is
 * missed.
 */
static size_t purge_table(struct lruhash *table, const struct walk *walk)
{
	struct place place;
	size_t removed = 0;
	bool found = false;
	for (size_t index = 0; look_at_bin(table, index, walk, &place, &found);) {
		if (found) {
			lruhash_remove(table, place.hash, &place.question);
			removed++;
		} else {
			index++;
		}
	}
	return removed;
}

size_t bt_cache_purge(
    struct module_env *env, bool (*covered)(void *ctx, const uint8_t *name, size_t size), void *ctx)
{
	const struct walk walk = {covered, ctx};
	size_t removed = 0;
	for (size_t i = 0; i < env->msg_cache->size; i++)
		removed += purge_table(env->msg_cache->array[i], &walk);
	return removed;
}
