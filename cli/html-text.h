/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * html-text.h -- text from outside, into HTML
 *
 * Threads: no state.
 */
#ifndef BT_HTML_TEXT_H
#define BT_HTML_TEXT_H

#include <stdbool.h>
#include <stdio.h>

/* In an element or a quoted attribute; what cannot be seen is written as in escape.h. */
void bt_html_text(FILE *out, const char *text);

/* A name; not `live`: with [.] for its last dot, so that nothing makes a link of it. */
void bt_html_name(FILE *out, const char *name, bool live);

#endif
