/* SPDX-License-Identifier: BSD-3-Clause */
/* lines.c -- the lines of a file, or of a text in memory, one after the other */

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lines.h"

static const char mark[] = {'\xef', '\xbb', '\xbf'};

/* ---- pieces ---- */

bool bt_lines_of_file(struct bt_lines *lines, int fd)
{
	*lines = (struct bt_lines){.fd = fd, .room = BT_LINES_PIECE, .most = BT_LINES_PIECE};
	lines->begin = lines->at = lines->end = lines->piece = malloc(lines->room);
	return lines->piece != NULL;
}

bool bt_lines_of_source(struct bt_lines *lines, bt_lines_source *source, void *ctx)
{
	bool made = bt_lines_of_file(lines, -1);
	lines->source = source;
	lines->ctx = ctx;
	return made;
}

/* Without O_NONBLOCK, opening a FIFO would wait for its writer. */
bool bt_lines_open(
    struct bt_lines *lines, const char *path, size_t most, struct stat *st, struct bt_err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0 || fstat(fd, st) < 0)
		bt_fail(err, "%s: %s", path, strerror(errno));
	else if (S_ISDIR(st->st_mode))
		bt_fail(err, "%s: is a folder, not a file", path);
	else if (!S_ISREG(st->st_mode))
		bt_fail(err, "%s: is not a regular file", path);
	else if (!bt_lines_of_file(lines, fd))
		bt_fail(err, "%s: out of memory", path);
	else {
		lines->opened = true;
		lines->most = most > lines->room ? most : lines->room;
		return true;
	}
	if (fd >= 0)
		close(fd);
	return false;
}

void bt_lines_of_text(struct bt_lines *lines, const char *text, size_t size)
{
	*lines = (struct bt_lines){.fd = -1, .begin = text, .at = text, .end = text + size};
	lines->ended = true;
	lines->octets = size;
}

void bt_lines_free(struct bt_lines *lines)
{
	if (lines->opened)
		close(lines->fd);
	lines->opened = false;
	free(lines->piece);
	lines->piece = NULL;
}

static size_t count_left(const struct bt_lines *lines)
{
	return (size_t)(lines->end - lines->at);
}

/* Takes more memory for a line that fills the piece. False: it is to be cut, or memory ran out. */
static bool grow(struct bt_lines *lines)
{
	if (lines->room == lines->most)
		return false;
	size_t room = lines->room < lines->most / 2 ? lines->room * 2 : lines->most;
	char *piece = realloc(lines->piece, room);
	if (piece == NULL) {
		lines->error = ENOMEM;
		lines->ended = true;
		return false;
	}
	lines->begin = lines->at = lines->piece = piece;
	lines->end = piece + lines->room;
	lines->room = room;
	return true;
}

static ssize_t read_octets(struct bt_lines *lines, void *octets, size_t size)
{
	ssize_t got;
	if (lines->source != NULL)
		return (ssize_t)lines->source(lines->ctx, octets, size);
	do
		got = read(lines->fd, octets, size);
	while (got < 0 && errno == EINTR);
	return got;
}

/* Moves what is left to the front of the piece, and fills what that leaves free. */
static void read_more(struct bt_lines *lines)
{
	size_t left = count_left(lines);
	memmove(lines->piece, lines->at, left);
	ssize_t got = read_octets(lines, lines->piece + left, lines->room - left);
	if (got < 0)
		lines->error = errno;
	lines->ended = got <= 0;
	size_t more = got > 0 ? (size_t)got : 0;
	lines->octets += more;
	lines->at = lines->piece;
	lines->end = lines->piece + left + more;
}

static void skip_mark(struct bt_lines *lines)
{
	lines->begun = true;
	while (!lines->ended && count_left(lines) < sizeof(mark))
		read_more(lines);
	if (count_left(lines) >= sizeof(mark) && memcmp(lines->at, mark, sizeof(mark)) == 0)
		lines->at += sizeof(mark);
}

const char *bt_lines_peek(struct bt_lines *lines, size_t *size)
{
	if (!lines->begun)
		skip_mark(lines);
	*size = count_left(lines);
	return lines->at;
}

bool bt_lines_rewind(struct bt_lines *lines)
{
	lines->at = lines->begin;
	lines->number = 0;
	lines->begun = lines->cut = false;
	if (lines->fd < 0 && lines->source == NULL)
		return true;
	lines->end = lines->begin;
	lines->ended = false;
	lines->octets = 0;
	lines->error = 0;
	return lines->source != NULL || lseek(lines->fd, 0, SEEK_SET) == 0;
}

/* ---- lines ---- */

/* NULL: there is none up to the end, or in all that a line may have. */
static const char *find_newline(struct bt_lines *lines)
{
	for (size_t searched = 0;;) {
		size_t left = count_left(lines);
		const char *newline = memchr(lines->at + searched, '\n', left - searched);
		if (newline != NULL || lines->ended || (left == lines->room && !grow(lines)))
			return newline;
		searched = left;
		read_more(lines);
	}
}

bool bt_lines_next(struct bt_lines *lines, struct bt_line *line)
{
	if (!lines->begun)
		skip_mark(lines);
	for (;;) {
		const char *newline = find_newline(lines);
		size_t size = newline != NULL ? (size_t)(newline - lines->at) : count_left(lines);
		if (newline == NULL && (size == 0 || lines->error != 0)) /* half a name is none */
			return false;
		bool rest = lines->cut; /* of a line that was handed out */
		lines->cut = newline == NULL && !lines->ended;
		const char *at = lines->at;
		lines->at += size + (newline != NULL);
		if (rest)
			continue;
		*line = (struct bt_line){at, size, ++lines->number, lines->cut};
		return true;
	}
}

bool bt_lines_ready(const struct bt_lines *lines)
{
	return lines->ended || memchr(lines->at, '\n', count_left(lines)) != NULL;
}
