/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * list-formats.h -- what the readers of the single formats share (private to lib/list*.c)
 *
 * A reader of a format takes the whole text and hands over entries and bad lines. It returns false
 * only when a callback did, or when the text as a whole is unreadable; *err then has the reason.
 */
#ifndef BT_LIST_FORMATS_H
#define BT_LIST_FORMATS_H

#include "list.h"

enum { BT_LINE_MAX = 4096 /* characters of a line in a list */ };

struct bt_list_parse {
	const char *path;
	const struct bt_list_reader *reader;
	struct bt_list_stats stats;
};

struct bt_line {
	const char *at; /* not terminated */
	size_t size;
	unsigned number; /* from 1 */
};

bool bt_list_domains(
    struct bt_list_parse *parse, const char *text, size_t size, struct bt_err *err);
bool bt_list_hosts(struct bt_list_parse *parse, const char *text, size_t size, struct bt_err *err);
bool bt_list_yaml(struct bt_list_parse *parse, const char *text, size_t size, struct bt_err *err);

/* Hands over an entry, or counts a bad line. */
bool bt_list_emit(
    struct bt_list_parse *parse, const struct bt_entry *entry, struct bt_err *err);
void bt_list_bad(struct bt_list_parse *parse, unsigned line, const char *reason);

/*
 * Calls each() for every line of `text`, without white space at its ends and without what follows
 * a '#' that stands first or after white space; empty lines are left out, too long ones are bad.
 */
bool bt_list_lines(struct bt_list_parse *parse, const char *text, size_t size,
    bool (*each)(struct bt_list_parse *parse, struct bt_line line, struct bt_err *err),
    struct bt_err *err);

/* The next word of the line, which moves past it. A word of size 0: there is none. */
struct bt_line bt_list_word(struct bt_line *line);

#endif
