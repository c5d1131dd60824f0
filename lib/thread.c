/* SPDX-License-Identifier: BSD-3-Clause */
/* thread.c -- a thread of ours beside those of the resolver */

#include <errno.h>
#include <signal.h>
#include <time.h>

#include "thread.h"

/* By a clock that nobody sets. */
void bt_thread_init(struct bt_thread *thread)
{
	pthread_condattr_t attributes;
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&thread->wake, &attributes);
	pthread_condattr_destroy(&attributes);
	pthread_mutex_init(&thread->lock, NULL);
	thread->running = thread->woken = thread->ending = false;
}

int bt_thread_start(struct bt_thread *thread, void *(*run)(void *arg), void *arg)
{
	sigset_t all, before;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int code = pthread_create(&thread->id, NULL, run, arg);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	thread->running = code == 0;
	return code;
}

bool bt_thread_wait(struct bt_thread *thread, unsigned ms)
{
	struct timespec until;
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += ms / 1000;
	until.tv_nsec += ms % 1000 * 1000000L;
	if (until.tv_nsec >= 1000000000L) {
		until.tv_nsec -= 1000000000L;
		until.tv_sec++;
	}
	pthread_mutex_lock(&thread->lock);
	int code = 0;
	while (!thread->woken && code != ETIMEDOUT)
		code = pthread_cond_timedwait(&thread->wake, &thread->lock, &until);
	thread->woken = false;
	bool ending = thread->ending;
	pthread_mutex_unlock(&thread->lock);
	return !ending;
}

static void wake(struct bt_thread *thread, bool end)
{
	pthread_mutex_lock(&thread->lock);
	thread->woken = true;
	thread->ending |= end;
	pthread_cond_signal(&thread->wake);
	pthread_mutex_unlock(&thread->lock);
}

void bt_thread_wake(struct bt_thread *thread)
{
	wake(thread, false);
}

void bt_thread_end(struct bt_thread *thread)
{
	if (thread->running) {
		wake(thread, true);
		pthread_join(thread->id, NULL);
	}
	pthread_cond_destroy(&thread->wake);
	pthread_mutex_destroy(&thread->lock);
}
