/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * live.h -- what readers see, while it is replaced: a trie, say
 *
 * A reader enters a read section, uses what it is given, and leaves. A swap publishes another and
 * comes back when no reader can hold the old one any more (read-copy-update, by liburcu-bp).
 * Readers never wait; a swap waits for the slowest of them and takes no signals meanwhile. So what
 * is needed after a read section is copied out in it, and inside it a thread neither swaps nor
 * waits for anything that the swapping thread does or holds.
 *
 * A thread's first read section registers it, which takes a lock and calls the system, once;
 * bt_live_register() does that ahead of time. Threads that are not in a read section hold nobody
 * up, and a thread that ends is forgotten by itself, in code that must be there still: a plugin is
 * linked with -z nodelete.
 *
 * After fork() the child may swap if no other thread was in a read section, or in a call of these,
 * at that moment; else it may wait for ever.
 *
 * Threads: all functions from any thread. Swaps at the same time follow one another.
 */
#ifndef BT_LIVE_H
#define BT_LIVE_H

/* Zero at first: nothing. */
struct bt_live {
	void *_Atomic what; /* the business of the functions below */
};

/* Makes this thread known, so that its first bt_live_enter() is as quick as the others. */
void bt_live_register(void);

/*
 * Begins a read section and returns what is live at this moment, which stays as it is until the
 * section ends; NULL: nothing is. bt_live_leave() is due in any case. No lock, no allocation,
 * no waiting, and no system call in a thread that is registered. Sections nest, and an inner one
 * may be given something newer.
 */
const void *bt_live_enter(struct bt_live *live);

/* Ends the read section that this thread entered last. */
void bt_live_leave(void);

/*
 * Publishes `what` (NULL: nothing from now on), which the live one owns from here, waits until
 * every read section that began before has ended, and returns what was there before, the caller's:
 * no reader can have it. Not from inside a read section.
 */
void *bt_live_swap(struct bt_live *live, void *what);

#endif
