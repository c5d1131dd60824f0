/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * thread.h -- a thread of ours beside those of the resolver
 *
 * It blocks all signals, which are for the resolver's own threads, and waits until it is time to do
 * something, or until it is woken.
 *
 * Threads: wait from the thread itself, wake from any, the rest from one that owns it.
 */
#ifndef BT_THREAD_H
#define BT_THREAD_H

#include <pthread.h>
#include <stdbool.h>

/* The business of the functions below. */
struct bt_thread {
	pthread_t id;
	bool running;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	bool woken, ending;
};

void bt_thread_init(struct bt_thread *thread);

/* Runs `run` with `arg`. Returns 0, or what pthread_create says is wrong. */
int bt_thread_start(struct bt_thread *thread, void *(*run)(void *arg), void *arg);

/* Waits for so many milliseconds, or until it is woken. False: time to end. */
bool bt_thread_wait(struct bt_thread *thread, unsigned ms);

void bt_thread_wake(struct bt_thread *thread);

/* Tells it to end, waits until it has, and frees what init made. One that never ran is fine. */
void bt_thread_end(struct bt_thread *thread);

#endif
