/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * escape.h -- text from outside, made safe to show
 *
 * Threads: every function may be called from any thread.
 */
#ifndef BT_ESCAPE_H
#define BT_ESCAPE_H

#include <stdio.h>

/*
 * Writes `text` so that it can neither steer a terminal nor forge a line: control characters, the
 * characters that turn or break a line of Unicode text, and octets that are not UTF-8 are written
 * as \t, \n, \r, \xNN or \uNNNN. The rest stays as it is.
 */
void bt_put_escaped(FILE *out, const char *text);

/* As bt_put_escaped, and a backslash is doubled: what was written can be told exactly. */
void bt_put_field(FILE *out, const char *text);

/* As bt_put_field, without '=': what goes before one. */
void bt_put_key(FILE *out, const char *text);

#endif
