/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pace.h -- long work beside threads that must not wait
 *
 * Where a thread that works for long shares a processor with one that answers questions, these
 * wait until the system takes the first one off: some milliseconds, and on some systems whatever
 * the priorities are. So it rests by itself, again and again.
 *
 * Threads: each has its own pace.
 */
#ifndef BT_PACE_H
#define BT_PACE_H

#include <stdbool.h>

/* From now on, this thread rests in bt_pace(). */
void bt_pace_gently(void);

bool bt_pace_is_gentle(void);

/*
 * Called by long work, often, where it holds no lock: rests for some tenths of a millisecond if
 * this thread is to, and has worked for longer than that since it last rested. Else does nothing.
 */
void bt_pace(void);

/* Rests, whatever it has worked. */
void bt_rest(void);

#endif
