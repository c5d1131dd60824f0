/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * err.h -- a reason that a person can act on
 *
 * A function that can fail for a reason that a user should read takes a `struct bt_err *` as its
 * last argument and returns bool: true is success and leaves *err alone; false means that *err
 * holds one line of text (no newline) and that no out-parameter was written.
 *
 * Threads: a struct bt_err belongs to one thread; nothing here is shared.
 */
#ifndef BT_ERR_H
#define BT_ERR_H

#include <stdbool.h>

struct bt_err {
	char text[512];
};

/*
 * Formats the reason into *err (NULL: the caller does not want to know) and returns false, so that
 * a function can say `return bt_fail(err, "...")`. Longer text is cut.
 */
__attribute__((format(printf, 2, 3))) bool bt_fail(struct bt_err *err, const char *format, ...);

/* Puts "prefix: " before the reason that is there already. Returns false. */
__attribute__((format(printf, 2, 3))) bool bt_fail_in(struct bt_err *err, const char *format, ...);

#endif
