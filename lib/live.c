/* SPDX-License-Identifier: BSD-3-Clause */
/* live.c -- what readers see, while it is replaced */

#include <stdatomic.h>
#include <stddef.h>

#include "live.h"

/* gcc says it one way, clang the other. */
#ifdef __SANITIZE_THREAD__
#	define UNDER_TSAN
#elif defined(__has_feature)
#	if __has_feature(thread_sanitizer)
#		define UNDER_TSAN
#	endif
#endif

#ifndef UNDER_TSAN

/* ---- read sections, by liburcu-bp ---- */

#	include <urcu/urcu-bp.h>

void bt_live_register(void)
{
	urcu_bp_register_thread();
}

static void begin(void)
{
	urcu_bp_read_lock();
}

static void end(void)
{
	urcu_bp_read_unlock();
}

static void wait_for_readers(void)
{
	urcu_bp_synchronize_rcu();
}

#else

/* ---- read sections for ThreadSanitizer, which sees atomics and does not see into liburcu ---- */

/*
 * Each thread counts its way in and out. Everything is sequentially consistent: a reader whose
 * count is even when the swap looks at it counts itself in later, and so finds the new trie.
 */

#	include <sched.h>
#	include <stdlib.h>

struct reader {
	atomic_ulong moves;  /* odd: in a read section */
	unsigned depth;      /* the thread's own */
	struct reader *next; /* never changes once others see it */
};

/* One for each thread that ever read: those that ended stay, outside for ever. */
static struct reader *_Atomic readers;

static _Thread_local struct reader *self;

void bt_live_register(void)
{
	if (self != NULL)
		return;
	self = calloc(1, sizeof(*self));
	if (self == NULL)
		abort(); /* as liburcu does */
	self->next = atomic_load(&readers);
	while (!atomic_compare_exchange_weak(&readers, &self->next, self))
		;
}

static void begin(void)
{
	bt_live_register();
	if (self->depth++ == 0)
		atomic_fetch_add(&self->moves, 1);
}

static void end(void)
{
	if (--self->depth == 0)
		atomic_fetch_add(&self->moves, 1);
}

static void wait_for_readers(void)
{
	for (struct reader *reader = atomic_load(&readers); reader != NULL; reader = reader->next) {
		unsigned long moves = atomic_load(&reader->moves);
		while (moves % 2 != 0 && atomic_load(&reader->moves) == moves)
			sched_yield();
	}
}

#endif

/* ---- what is live ---- */

const void *bt_live_enter(struct bt_live *live)
{
	begin();
	return atomic_load(&live->what);
}

void bt_live_leave(void)
{
	end();
}

void *bt_live_swap(struct bt_live *live, void *what)
{
	void *old = atomic_exchange(&live->what, what);
	wait_for_readers();
	return old;
}
