/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * markup.h -- HTML to the text that a reader sees
 *
 * Threads: no state.
 */
#ifndef BT_MARKUP_H
#define BT_MARKUP_H

#include <stdbool.h>
#include <stddef.h>

/* Whether the text begins as HTML does. */
bool bt_markup_begins(const char *text, size_t size);

/*
 * Takes tags, comments, scripts and styles out of the text, in place, and puts characters for their
 * references (HTML, 13.5). What stands in different blocks is kept apart; lines stay lines. Returns
 * what is left, in octets.
 */
size_t bt_markup_strip(char *text, size_t size);

#endif
