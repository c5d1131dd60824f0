/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * list-formats.h -- what the readers of the single formats share (private to lib/list*.c)
 *
 * A reader of a format hands over entries and bad lines. It returns false only when a callback
 * did, or when the text as a whole is unreadable; *err then begins with the path.
 */
#ifndef BT_LIST_FORMATS_H
#define BT_LIST_FORMATS_H

#include "lines.h"
#include "list.h"

enum {
	BT_LINE_MAX = 4096,         /* characters of a line, comments excepted */
	BT_YAML_LIST_MAX = 1 << 26, /* octets of a list in YAML, which costs much memory */
};

struct bt_list_parse {
	const char *path;
	const struct bt_list_reader *reader;
	uint64_t size; /* octets of the list */
	struct bt_list_stats stats;
	struct bt_err first_bad; /* "line 7: reason", for a list with nothing else in it */
};

/* A line that says something: no comment, no white space at its ends. */
bool bt_list_domains_line(struct bt_list_parse *parse, struct bt_line line, struct bt_err *err);
bool bt_list_hosts_line(struct bt_list_parse *parse, struct bt_line line, struct bt_err *err);

/* The whole text. */
bool bt_list_yaml(struct bt_list_parse *parse, const char *text, size_t size, struct bt_err *err);

/* For detection: whether a word is an address, and a key of our YAML lists. */
bool bt_list_is_address(struct bt_line word);
bool bt_list_is_key(const char *word, size_t size);

/* Hands over an entry, or counts a bad line. */
bool bt_list_emit(struct bt_list_parse *parse, const struct bt_entry *entry, struct bt_err *err);
void bt_list_bad(struct bt_list_parse *parse, unsigned line, const char *reason);

/* The next word of the line, which moves past it. A word of size 0: there is none. */
struct bt_line bt_list_word(struct bt_line *line);

#endif
