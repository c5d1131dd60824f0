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

enum { BT_CACHE_BATCH = 16 };

/* In wire form, and perhaps other octets behind it. */
struct bt_cached_name {
	const uint8_t *bytes;
	size_t size;
	bool covered; /* it is to go */
};

struct bt_cache_purge {
	/* Sets `covered` of BT_CACHE_BATCH names at most. Takes no lock, never waits. */
	void (*cover)(struct bt_cached_name *names, unsigned count);
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
 * call does a share of the work, a tenth of a second long, at the thread's pace (pace.h). Does
 * nothing, and returns false, when Unbound is not serving: it may be deleting the caches then.
 */
bool bt_cache_purge_live(struct module_env *env, struct bt_cache_purge *purge, bool anew);

#endif
