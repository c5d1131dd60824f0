/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * cache.h -- take names out of Unbound's caches
 *
 * Cached answers go out before any module is asked, so nothing that a list covers may stay cached.
 */
#ifndef BT_CACHE_H
#define BT_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct module_env;

struct bt_cache_purge {
	/*
	 * True for a name that is to go: wire form, and perhaps other octets behind it. Takes no
	 * lock, never waits.
	 */
	bool (*covered)(const uint8_t *name, size_t size);
	size_t removed; /* messages and sets of records so far */
};

/*
 * Removes every message whose name is covered, and every alias (CNAME, DNAME, HTTPS, SVCB) that
 * leads to such a name, and with it each message that holds the alias. For init, in the thread that
 * Unbound called it in.
 */
void bt_cache_purge(struct module_env *env, struct bt_cache_purge *purge);

/* Remembers, in init, how Unbound can be told to serve: before bt_cache_purge_live. */
void bt_cache_prepare(void);

/*
 * The same while the workers run, by a thread of our own that calls it again and again, some times
 * a second, until it returns true; `anew`: from the beginning, as what is covered has changed. Each
 * call does a share of the work, some milliseconds long, and workers (bt_cache_purge_some) do
 * another. Does nothing, and returns false, when Unbound is not serving: it may be deleting the
 * caches then.
 */
bool bt_cache_purge_live(struct module_env *env, struct bt_cache_purge *purge, bool anew);

/* A part of that, by a worker that holds no lock; if there is nothing to do, in no time. */
void bt_cache_purge_some(struct module_env *env, const struct bt_cache_purge *purge);

#endif
