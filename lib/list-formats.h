/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * list-formats.h -- what a format is, and what the readers of all formats share (private to
 * lib/list*.c)
 *
 * A reader hands over entries and bad lines. It returns false only when a callback did, or when the
 * text as a whole is unreadable; *err then begins with the path.
 */
#ifndef BT_LIST_FORMATS_H
#define BT_LIST_FORMATS_H

#include "lines.h"
#include "list.h"
#include "unpack.h"

enum {
	BT_LINE_MAX = 4096, /* characters of a line, comments excepted */
};

struct bt_list_parse {
	const char *path;
	struct bt_unpack *input; /* NULL: a text in memory */
	const struct bt_list_format *format;
	const struct bt_list_reader *reader;
	uint64_t size; /* octets of the list */
	uint64_t told; /* of them, when progress() was called last */
	struct bt_list_stats stats;
	struct bt_err first_bad; /* "line 7: reason", for a list with nothing else in it */
	struct bt_err first_skipped;
};

/* A format, by one of three readers. */
struct bt_list_format {
	/*
	 * Detection. begins(): a list that begins with this line is of the format, whatever
	 * follows; comments are shown to it, too, up to the first line that says something.
	 * tells(): this line would be a good one in this format and in no other; the format that
	 * more than half of the first lines are of wins. looks(): the same as begins() of the
	 * octets in front, as many as are read. Each may be NULL.
	 */
	bool (*looks)(const char *at, size_t size);
	bool (*begins)(struct bt_line line);
	bool (*tells)(struct bt_line line);

	/* Of lines: what makes a comment of one where it stands first, and whether '#' begins one
	   inside a line, too. */
	const char *comments;
	bool hash;
	bool indented; /* white space in front of a line is part of it */

	/* A line that says something, without comment and white space at its ends. */
	bool (*line)(struct bt_list_parse *parse, struct bt_line line, struct bt_err *err);
	/* All lines, for a format in which they hang together: by bt_list_next(). */
	bool (*lines)(struct bt_list_parse *parse, struct bt_lines *lines, struct bt_err *err);
	/* The whole text, of at most `most` octets. */
	bool (*text)(
	    struct bt_list_parse *parse, const char *text, size_t size, struct bt_err *err);
	size_t most;
};

#define BT_LIST_FORMAT(constant, name) extern const struct bt_list_format bt_list_##name;
BT_FORMAT_ROWS(BT_LIST_FORMAT)

/*
 * The next line that says something, in the way of the parse's format. Lines that are too long are
 * bad ones. False at the end, or when reading failed: what bt_list_ended() then returns.
 */
bool bt_list_next(struct bt_list_parse *parse, struct bt_lines *lines, struct bt_line *line);
bool bt_list_ended(
    const struct bt_list_parse *parse, const struct bt_lines *lines, struct bt_err *err);

/* Back to the first line, for a format that has to look at all of them before. */
bool bt_list_rewind(const struct bt_list_parse *parse, struct bt_lines *lines, struct bt_err *err);

/* Hands over an entry, or counts a bad line, or what is left out for a reason that is static. */
bool bt_list_emit(struct bt_list_parse *parse, const struct bt_entry *entry, struct bt_err *err);
void bt_list_bad(struct bt_list_parse *parse, unsigned line, const char *reason);
void bt_list_skip(struct bt_list_parse *parse, unsigned line, const char *reason);

/*
 * The key of a name, or of a tree's: "*." may stand in front of that. False: it is bad, or a URL
 * that does not count, which was told.
 */
bool bt_list_key(struct bt_list_parse *parse, struct bt_key *key, struct bt_line name, bool tree);

/* Emits the tree of this name, or tells why it is none. */
bool bt_list_emit_tree(
    struct bt_list_parse *parse, struct bt_line name, bool except, struct bt_err *err);

/* ---- words ---- */

/* Where an address sends who asks: to no host, or to the own one; elsewhere; it is no address. */
enum bt_target { BT_TARGET_NOWHERE, BT_TARGET_ELSEWHERE, BT_TARGET_NONE };

enum bt_target bt_list_target(struct bt_line word);

/* Whether the word is this one, but for case. */
bool bt_list_is(struct bt_line word, const char *text);

/* What is before the first `c`, and moves the line past it; all of it if there is none. */
struct bt_line bt_list_until(struct bt_line *line, char c);

/* Cuts white space at both ends. */
void bt_list_trim(struct bt_line *line);

/* The next word of the line, which moves past it. A word of size 0: there is none. */
struct bt_line bt_list_word(struct bt_line *line);

/* ---- list-url.c ---- */

#define BT_LIST_URL_WITH_PATH "a URL with a path: its host may be in use for other things"

/*
 * The host that a URL is about, if it counts. NULL, or the reason for which it is to be skipped:
 * static text.
 */
const char *bt_list_host_of_url(
    const struct bt_list_parse *parse, struct bt_line *host, struct bt_line url);

/* Why a word that can be a name or a URL is to be skipped as a URL; NULL: it is not. */
const char *bt_list_why_no_name(const struct bt_list_parse *parse, struct bt_line word);

#endif
