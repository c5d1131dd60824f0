/* SPDX-License-Identifier: BSD-3-Clause */
/* configs.h -- configurations for tests: a file of one, and what is wrong with it */
#ifndef BT_TEST_CONFIGS_H
#define BT_TEST_CONFIGS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config.h"

#define TEXT(literal) (literal), sizeof(literal) - 1

static char folder[4096], path[sizeof(folder) + 32];

static inline int make_folder(void **state)
{
	const char *temporary = getenv("TMPDIR");
	(void)state;
	snprintf(folder, sizeof(folder), "%s/test-config.XXXXXX",
	    temporary != NULL ? temporary : "/tmp");
	if (mkdtemp(folder) == NULL)
		return -1;
	snprintf(path, sizeof(path), "%s/conf.yaml", folder);
	return 0;
}

static inline int remove_folder(void **state)
{
	(void)state;
	unlink(path);
	return rmdir(folder);
}

static inline void put(const char *text, size_t size)
{
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, size, file), size);
	assert_int_equal(fclose(file), 0);
}

/* Problems, a line each, without the path in front. */
struct problems {
	char text[16384];
	unsigned count;
};

static inline void on_problem(void *ctx, const char *text)
{
	struct problems *problems = ctx;
	size_t used = strlen(problems->text), length = strlen(path);
	assert_memory_equal(text, path, length);
	assert_int_equal(text[length], ':');
	assert_null(strpbrk(text, "\n\033"));
	problems->count++;
	snprintf(problems->text + used, sizeof(problems->text) - used, "%s\n", text + length + 1);
}

/* Loads a text that is right. */
static inline struct bt_config *load(const char *text)
{
	static struct problems problems;
	struct bt_config *config = NULL;
	struct bt_err err = {""};
	memset(&problems, 0, sizeof(problems));
	put(text, strlen(text));
	if (!bt_config_load(&config, path, on_problem, &problems, &err))
		fail_msg("of \"%s\": %s", text, err.text);
	assert_int_equal(problems.count, 0);
	assert_string_equal(config->path, path);
	return config;
}

/* Loads a text that is wrong in all of these ways. */
static inline void expect_problems(const char *text, size_t size, const char *expected)
{
	static struct problems problems;
	struct bt_config *config = (struct bt_config *)&problems;
	struct bt_err err = {""};
	memset(&problems, 0, sizeof(problems));
	put(text, size);
	assert_false(bt_config_load(&config, path, on_problem, &problems, &err));
	assert_ptr_equal(config, &problems); /* not written */
	if (strcmp(problems.text, expected) != 0)
		fail_msg("of \"%s\"\nexpected\n%s\nfound\n%s", text, expected, problems.text);

	/* the first one is the reason, whoever listens */
	const char *first = err.text + strlen(path) + 1;
	assert_memory_equal(err.text, path, strlen(path));
	assert_int_equal(strchr(expected, '\n') - expected, strlen(first));
	assert_memory_equal(expected, first, strlen(first));
	assert_false(bt_config_load(&config, path, NULL, NULL, &err));
	assert_false(bt_config_load(&config, path, NULL, NULL, NULL));
}

#endif
