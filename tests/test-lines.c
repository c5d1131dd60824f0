/* SPDX-License-Identifier: BSD-3-Clause */
/* test-lines.c -- lines of texts, of files and of pipes, in pieces */

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "lines.h"
#include "random.h"

static uint64_t seed;

/* A file without a name that holds the text. */
static int file_of(const char *text, size_t size)
{
	FILE *file = tmpfile();
	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, size, file), size);
	assert_int_equal(fflush(file), 0);
	int fd = dup(fileno(file));
	assert_true(fd >= 0);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	return fd;
}

/* ---- what is a line ---- */

static const struct {
	const char *text;
	const char *lines; /* "number:line|" each */
} cases[] = {
    {"", ""},
    {"\n", "1:|"},
    {"a", "1:a|"},
    {"a\n", "1:a|"},
    {"a\n\nb", "1:a|2:|3:b|"},
    {"a\r\nb\r\n", "1:a\r|2:b\r|"},
    {"\n\n", "1:|2:|"},
    {"\xef\xbb\xbf", ""},
    {"\xef\xbb\xbf"
     "a\nb",
	"1:a|2:b|"},
    {"\xef\xbb", "1:\xef\xbb|"},
    {"a\n\xef\xbb\xbf"
     "b",
	"1:a|2:\xef\xbb\xbf"
	"b|"},
};

static void expect(struct bt_lines *lines, const char *expected)
{
	char seen[256] = "";
	for (struct bt_line line; bt_lines_next(lines, &line);) {
		size_t used = strlen(seen);
		assert_false(line.cut);
		snprintf(seen + used, sizeof(seen) - used, "%u:%.*s|", line.number, (int)line.size,
		    line.at);
	}
	assert_string_equal(seen, expected);
	assert_int_equal(lines->error, 0);
}

static void splits_texts(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		size_t size = strlen(cases[i].text);
		char *exact = malloc(size > 0 ? size : 1); /* a sanitizer knows its end */
		assert_non_null(exact);
		memcpy(exact, cases[i].text, size);
		struct bt_lines lines;
		bt_lines_of_text(&lines, exact, size);
		expect(&lines, cases[i].lines);
		assert_true(bt_lines_rewind(&lines));
		expect(&lines, cases[i].lines);
		bt_lines_free(&lines);
		free(exact);
	}
}

static void splits_files(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		int fd = file_of(cases[i].text, strlen(cases[i].text));
		struct bt_lines lines;
		assert_true(bt_lines_of_file(&lines, fd));
		expect(&lines, cases[i].lines);
		assert_int_equal(lines.octets, strlen(cases[i].text));
		assert_true(bt_lines_rewind(&lines));
		expect(&lines, cases[i].lines);
		bt_lines_free(&lines);
		close(fd);
	}
}

/* A pipe gives what it has, an octet at a time here. */
static void splits_pipes(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		int ends[2];
		assert_int_equal(pipe(ends), 0);
		pid_t child = fork();
		assert_true(child >= 0);
		if (child == 0) {
			for (const char *at = cases[i].text; *at != '\0'; at++)
				if (write(ends[1], at, 1) != 1)
					_exit(1);
			_exit(0);
		}
		close(ends[1]);
		struct bt_lines lines;
		assert_true(bt_lines_of_file(&lines, ends[0]));
		expect(&lines, cases[i].lines);
		bt_lines_free(&lines);
		close(ends[0]);
	}
}

static void knows_what_is_ready(void **state)
{
	(void)state;
	int ends[2];
	struct bt_lines lines;
	struct bt_line line;
	assert_int_equal(pipe(ends), 0);
	assert_true(bt_lines_of_file(&lines, ends[0]));
	assert_false(bt_lines_ready(&lines));
	assert_int_equal(write(ends[1], "one\ntwo\nthr", 11), 11);
	assert_true(bt_lines_next(&lines, &line));
	assert_true(bt_lines_ready(&lines));
	assert_true(bt_lines_next(&lines, &line));
	assert_memory_equal(line.at, "two", 3);
	assert_false(bt_lines_ready(&lines)); /* half a line */
	assert_int_equal(write(ends[1], "ee", 2), 2);
	close(ends[1]);
	assert_true(bt_lines_next(&lines, &line));
	assert_int_equal(line.size, 5);
	assert_memory_equal(line.at, "three", 5);
	assert_true(bt_lines_ready(&lines)); /* the end */
	assert_false(bt_lines_next(&lines, &line));
	bt_lines_free(&lines);
	close(ends[0]);
}

/* ---- pieces ---- */

/* Line number `n`: its size, and of which letter it is. */
static size_t size_of_line(uint64_t *random)
{
	return random_below(random, 50) == 0 ? random_below(random, 3 * BT_LINES_PIECE)
					     : random_below(random, 200);
}

static void keeps_lines_across_pieces(void **state)
{
	enum { LINES = 400 };
	(void)state;
	uint64_t random = seed;
	static size_t sizes[LINES];
	size_t total = 0;
	for (unsigned i = 0; i < LINES; i++)
		total += (sizes[i] = size_of_line(&random)) + 1;
	char *text = malloc(total), *at = text;
	assert_non_null(text);
	for (unsigned i = 0; i < LINES; i++) {
		memset(at, 'a' + (int)(i % 26), sizes[i]);
		at[sizes[i]] = '\n';
		at += sizes[i] + 1;
	}
	int fd = file_of(text, total);
	struct bt_lines lines;
	struct bt_line line;
	assert_true(bt_lines_of_file(&lines, fd));
	at = text;
	for (unsigned i = 0; i < LINES; i++) {
		assert_true(bt_lines_next(&lines, &line));
		assert_int_equal(line.number, i + 1);
		assert_true(line.cut ? line.size < sizes[i] && line.size >= BT_LINES_PIECE / 2
				     : line.size == sizes[i]);
		assert_true(!line.cut || sizes[i] >= BT_LINES_PIECE);
		assert_memory_equal(line.at, at, line.size);
		at += sizes[i] + 1;
	}
	assert_false(bt_lines_next(&lines, &line));
	assert_int_equal(lines.octets, total);
	bt_lines_free(&lines);
	close(fd);
	free(text);
}

/* A line that never ends takes no more memory than a piece. */
static void cuts_long_lines(void **state)
{
	static const size_t sizes[] = {BT_LINES_PIECE - 1, BT_LINES_PIECE, BT_LINES_PIECE + 1,
	    2 * BT_LINES_PIECE, 5 * BT_LINES_PIECE + 7};
	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++)
		for (unsigned ended = 0; ended < 2; ended++) {
			char *text = malloc(sizes[i] + 6);
			assert_non_null(text);
			memset(text, 'x', sizes[i]);
			memcpy(text + sizes[i], "\nlast\n", 6);
			int fd = file_of(text, ended ? sizes[i] + 6 : sizes[i]);
			struct bt_lines lines;
			struct bt_line line;
			assert_true(bt_lines_of_file(&lines, fd));
			assert_true(bt_lines_next(&lines, &line));
			assert_int_equal(line.size,
			    sizes[i] < BT_LINES_PIECE ? sizes[i] : (size_t)BT_LINES_PIECE);
			assert_int_equal(line.cut, sizes[i] >= BT_LINES_PIECE);
			if (ended) {
				assert_true(bt_lines_next(&lines, &line));
				assert_int_equal(line.number, 2);
				assert_int_equal(line.size, 4);
				assert_memory_equal(line.at, "last", 4);
			}
			assert_false(bt_lines_next(&lines, &line));
			bt_lines_free(&lines);
			close(fd);
			free(text);
		}
}

/* ---- failures ---- */

static void tells_errors(void **state)
{
	(void)state;
	int fd = open("/", O_RDONLY | O_DIRECTORY);
	struct bt_lines lines;
	struct bt_line line;
	assert_true(fd >= 0);
	assert_true(bt_lines_of_file(&lines, fd));
	assert_false(bt_lines_next(&lines, &line));
	assert_int_equal(lines.error, EISDIR);
	bt_lines_free(&lines);
	bt_lines_free(&lines);
	close(fd);

	int ends[2];
	assert_int_equal(pipe(ends), 0);
	assert_true(bt_lines_of_file(&lines, ends[0]));
	assert_false(bt_lines_rewind(&lines));
	assert_int_equal(errno, ESPIPE);
	bt_lines_free(&lines);
	close(ends[0]);
	close(ends[1]);
}

/* A peer that goes without reading what it was sent: then what it wrote ends with an error. */
static void hands_out_no_half_line(void **state)
{
	(void)state;
	int ends[2];
	struct bt_lines lines;
	struct bt_line line;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	assert_int_equal(write(ends[0], "unread", 6), 6);
	assert_int_equal(write(ends[1], "whole\nhal", 9), 9);
	close(ends[1]);
	assert_true(bt_lines_of_file(&lines, ends[0]));
	assert_true(bt_lines_next(&lines, &line));
	assert_int_equal(line.size, 5);
	assert_memory_equal(line.at, "whole", 5);
	assert_int_equal(lines.error, 0);
	for (int i = 0; i < 2; i++) {
		assert_false(bt_lines_next(&lines, &line));
		assert_int_equal(lines.error, ECONNRESET);
	}
	bt_lines_free(&lines);
	close(ends[0]);
}

static void peeks(void **state)
{
	(void)state;
	size_t size;
	struct bt_lines lines;
	bt_lines_of_text(&lines,
	    "\xef\xbb\xbf"
	    "a\nb",
	    6);
	const char *at = bt_lines_peek(&lines, &size);
	assert_int_equal(size, 3);
	assert_memory_equal(at, "a\nb", 3);
	expect(&lines, "1:a|2:b|");
}

int main(void)
{
	seed = random_seed();
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(splits_texts),
	    cmocka_unit_test(splits_files),
	    cmocka_unit_test(splits_pipes),
	    cmocka_unit_test(knows_what_is_ready),
	    cmocka_unit_test(keeps_lines_across_pieces),
	    cmocka_unit_test(cuts_long_lines),
	    cmocka_unit_test(tells_errors),
	    cmocka_unit_test(hands_out_no_half_line),
	    cmocka_unit_test(peeks),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
