/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * lines.h -- the lines of a file, or of a text in memory, one after the other
 *
 * A file is read a piece at a time, so that its size costs no memory. A byte order mark in front is
 * left out.
 *
 * Threads: none of it is shared.
 */
#ifndef BT_LINES_H
#define BT_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "err.h"

enum { BT_LINES_PIECE = 1 << 18 /* octets of a file that are in memory at once */ };

struct bt_line {
	const char *at; /* not terminated */
	size_t size;
	unsigned number; /* from 1 */
	bool cut;        /* only its beginning: all of it is more than a piece */
};

/* Up to `size` octets of what the lines are in; 0: the end. */
typedef size_t bt_lines_source(void *ctx, void *octets, size_t size);

/* Only `fd`, `octets` and `error` are for others to look at. */
struct bt_lines {
	int fd;                  /* -1: a text, or */
	bt_lines_source *source; /* what is not a file; NULL: it is one */
	void *ctx;
	bool opened;            /* here, not by the caller */
	char *piece;            /* of a file: malloc'ed */
	size_t room, most;      /* octets of the piece; what a long line may make of it */
	const char *begin;      /* of the text or the piece; */
	const char *at, *end;   /* and what of it was not handed out yet */
	unsigned number;        /* lines so far */
	bool begun, ended, cut; /* the mark is behind; no more to read; in a line that was cut */
	uint64_t octets;        /* read so far */
	int error;              /* errno of what ended the reading; 0: the end of the file */
};

/*
 * The lines of a regular file, and what it is. A line of more than BT_LINES_PIECE octets is cut;
 * with `most` above that, one of more than `most`. *err begins with the path.
 */
bool bt_lines_open(
    struct bt_lines *lines, const char *path, size_t most, struct stat *st, struct bt_err *err);

/* The same of a file of any kind, which the caller opened and closes. False if memory runs out. */
bool bt_lines_of_file(struct bt_lines *lines, int fd);

/* The same of what `source` gives; who rewinds the lines rewinds it before. */
bool bt_lines_of_source(struct bt_lines *lines, bt_lines_source *source, void *ctx);

/* The lines of `size` octets, which are borrowed. */
void bt_lines_of_text(struct bt_lines *lines, const char *text, size_t size);

/* Frees what is held; a second time does nothing. */
void bt_lines_free(struct bt_lines *lines);

/*
 * The next line, which stays where it is until the call after. Its newline is no part of it, a
 * carriage return before that is. False at the end, and where reading fails: `error`; a line that
 * was begun then is lost.
 */
bool bt_lines_next(struct bt_lines *lines, struct bt_line *line);

/* Whether the next call of bt_lines_next has no need to wait for what is still to be written. */
bool bt_lines_ready(const struct bt_lines *lines);

/* The octets that come next, as far as they are read: at least three, where the file has them. */
const char *bt_lines_peek(struct bt_lines *lines, size_t *size);

/* Back to the first line. False: see errno; a pipe cannot do it. */
bool bt_lines_rewind(struct bt_lines *lines);

#endif
