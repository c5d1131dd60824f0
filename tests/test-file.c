/* SPDX-License-Identifier: BSD-3-Clause */
/* test-file.c -- whole files in, whole files out */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "file.h"

static char folder[4096];

static const char *in_folder(const char *name)
{
	static char path[sizeof(folder) + 64];
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

static void put(const char *name, const char *text)
{
	FILE *file = fopen(in_folder(name), "w");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static void expect_content(const char *name, const char *text)
{
	void *bytes;
	size_t size;
	struct bt_err err = {""};
	if (!bt_file_read(in_folder(name), 1 << 20, &bytes, &size, &err))
		fail_msg("%s", err.text);
	assert_int_equal(size, strlen(text));
	assert_string_equal(bytes, text); /* the octet after the end is zero */
	free(bytes);
}

static unsigned files_in_folder(void)
{
	unsigned count = 0;
	DIR *dir = opendir(folder);
	assert_non_null(dir);
	for (struct dirent *entry; (entry = readdir(dir)) != NULL;)
		count += entry->d_name[0] != '.';
	closedir(dir);
	return count;
}

static int make_folder(void **state)
{
	(void)state;
	const char *tmp = getenv("TMPDIR");
	snprintf(folder, sizeof(folder), "%s/test-file.XXXXXX", tmp != NULL ? tmp : "/tmp");
	return mkdtemp(folder) == NULL ? -1 : 0;
}

static int remove_folder(void **state)
{
	(void)state;
	DIR *dir = opendir(folder);
	for (struct dirent *entry; dir != NULL && (entry = readdir(dir)) != NULL;)
		if (entry->d_name[0] != '.' && unlinkat(dirfd(dir), entry->d_name, 0) < 0)
			unlinkat(dirfd(dir), entry->d_name, AT_REMOVEDIR);
	if (dir != NULL)
		closedir(dir);
	return rmdir(folder);
}

/* ---- in ---- */

/* Refused, with the path in front, and without a word in the out-parameters. */
static void expect_refused(const char *path, size_t max, const char *reason)
{
	void *bytes = &bytes;
	size_t size = 77;
	struct bt_err err = {""};
	if (bt_file_read(path, max, &bytes, &size, &err))
		fail_msg("%s was read", path);
	assert_ptr_equal(bytes, &bytes);
	assert_int_equal(size, 77);
	assert_int_equal(strncmp(err.text, path, strlen(path)), 0);
	if (strstr(err.text, reason) == NULL)
		fail_msg("'%s' does not say '%s'", err.text, reason);
	assert_false(bt_file_read(path, max, &bytes, &size, NULL));
}

static void reads_files(void **state)
{
	(void)state;
	put("text", "hello\n");
	expect_content("text", "hello\n");
	put("empty", "");
	expect_content("empty", "");
	assert_int_equal(symlink("text", in_folder("link")), 0);
	expect_content("link", "hello\n");
}

static void respects_max(void **state)
{
	(void)state;
	void *bytes;
	size_t size;
	put("ten", "0123456789");
	assert_true(bt_file_read(in_folder("ten"), 10, &bytes, &size, NULL));
	assert_int_equal(size, 10);
	free(bytes);
	assert_true(bt_file_read(in_folder("ten"), SIZE_MAX, &bytes, &size, NULL));
	free(bytes);
	expect_refused(in_folder("ten"), 9, "10 octets, more than the 9");
	expect_refused(in_folder("ten"), 0, "more than the 0");
}

static void refuses_other_things(void **state)
{
	(void)state;
	expect_refused(in_folder("missing"), 100, "No such file");
	expect_refused(folder, 100, "is a folder");
	expect_refused("/dev/zero", 100, "not a regular file");
	assert_int_equal(mkfifo(in_folder("fifo"), 0600), 0);
	expect_refused(in_folder("fifo"), 100, "not a regular file"); /* and does not wait */
}

/*
 * Files whose size fstat does not tell: those of /proc say 0 and hold more, as a file does that
 * grows while it is read, and those of /sys say 4096 and hold less.
 */
static void reads_what_is_there(void **state)
{
	(void)state;
	void *bytes;
	size_t size;
	if (access("/proc/self/status", R_OK) == 0) {
		assert_true(bt_file_read("/proc/self/status", 1 << 20, &bytes, &size, NULL));
		assert_true(size > 100);
		assert_int_equal(strlen(bytes), size);
		free(bytes);
		assert_true(bt_file_read("/proc/sys/kernel/ostype", 6, &bytes, &size, NULL));
		assert_string_equal(bytes, "Linux\n");
		free(bytes);
		expect_refused("/proc/sys/kernel/ostype", 5, "grew to more than the 5");
		expect_refused("/proc/self/status", 100, "grew to more than the 100");
	}
	const char *short_file = "/sys/kernel/mm/transparent_hugepage/enabled";
	if (access(short_file, R_OK) == 0) {
		assert_true(bt_file_read(short_file, 4096, &bytes, &size, NULL));
		assert_in_range(size, 1, 4095);
		assert_int_equal(strlen(bytes), size);
		free(bytes);
	}
}

/* ---- out ---- */

static void replaces(void **state)
{
	(void)state;
	struct bt_err err;
	assert_true(bt_file_replace(in_folder("new"), "one", 3, 0640, &err));
	expect_content("new", "one");
	int old = open(in_folder("new"), O_RDONLY);
	assert_true(bt_file_replace(in_folder("new"), "second", 6, 0640, &err));
	expect_content("new", "second");
	assert_true(bt_file_replace(in_folder("new"), NULL, 0, 0640, &err));
	expect_content("new", "");

	/* who has the old file open goes on reading it */
	char text[8] = "";
	assert_int_equal(read(old, text, sizeof(text)), 3);
	assert_string_equal(text, "one");
	close(old);
	assert_int_equal(files_in_folder(), 1);
}

static void sets_the_exact_mode(void **state)
{
	(void)state;
	static const mode_t masks[] = {0, 022, 077, 0777};
	static const mode_t modes[] = {0640, 0600, 0644, 0666};
	for (unsigned i = 0; i < 16; i++) {
		mode_t before = umask(masks[i / 4]);
		bool ok = bt_file_replace(in_folder("file"), "x", 1, modes[i % 4], NULL);
		umask(before);
		assert_true(ok);
		struct stat st;
		assert_int_equal(stat(in_folder("file"), &st), 0);
		assert_int_equal(st.st_mode & 07777, modes[i % 4]);
	}
}

/* What root compiles, the resolver's group can read. */
static void takes_the_folders_group(void **state)
{
	(void)state;
	enum { SOME_GROUP = 65534 };
	struct stat st;
	if (geteuid() != 0)
		skip();
	assert_int_equal(chown(in_folder("."), (uid_t)-1, SOME_GROUP), 0);
	assert_true(bt_file_replace(in_folder("file"), "x", 1, 0640, NULL));
	assert_int_equal(stat(in_folder("file"), &st), 0);
	assert_int_equal(st.st_gid, SOME_GROUP);
}

static void takes_a_bare_name(void **state)
{
	(void)state;
	int before = open(".", O_RDONLY | O_DIRECTORY);
	assert_true(before >= 0);
	assert_int_equal(chdir(folder), 0);
	bool ok = bt_file_replace("bare", "x", 1, 0600, NULL);
	assert_int_equal(fchdir(before), 0);
	close(before);
	assert_true(ok);
	expect_content("bare", "x");
}

static void expect_not_written(const char *path, const char *reason)
{
	struct bt_err err = {""};
	unsigned files = files_in_folder();
	assert_false(bt_file_replace(path, "new", 3, 0600, &err));
	assert_int_equal(strncmp(err.text, path, strlen(path)), 0);
	if (strstr(err.text, reason) == NULL)
		fail_msg("'%s' does not say '%s'", err.text, reason);
	assert_int_equal(files_in_folder(), files);
}

static void replaces_only_files(void **state)
{
	(void)state;
	put("target", "old");
	assert_int_equal(symlink("target", in_folder("link")), 0);
	expect_not_written(in_folder("link"), "not a regular file");
	assert_int_equal(mkfifo(in_folder("fifo"), 0600), 0);
	expect_not_written(in_folder("fifo"), "not a regular file");
	assert_int_equal(mkdir(in_folder("sub"), 0700), 0);
	expect_not_written(in_folder("sub"), "not a regular file");
	expect_not_written(in_folder("missing/file"), "No such file");
	expect_not_written(in_folder("target/file"), "Not a directory");
	expect_content("target", "old");
}

/* A limit on the size of files fails a write just as a full disk does: after a part of it. */
static void survives_a_full_disk(void **state)
{
	(void)state;
	put("file", "old");
	char *big = calloc(1, 100000);
	assert_non_null(big);
	struct rlimit before, small;
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	small = before;
	small.rlim_cur = 4096;
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	struct bt_err err = {""};
	bool ok = bt_file_replace(in_folder("file"), big, 100000, 0600, &err);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	signal(SIGXFSZ, SIG_DFL);
	free(big);

	assert_false(ok);
	assert_non_null(strstr(err.text, strerror(EFBIG)));
	expect_content("file", "old");
	assert_int_equal(files_in_folder(), 1);
}

/* ---- parts ---- */

static void writes_all(void **state)
{
	(void)state;
	enum { SIZE = 1000000 }; /* more than a pipe takes at once */
	int ends[2];
	assert_int_equal(pipe(ends), 0);
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		char *bytes = malloc(SIZE);
		memset(bytes, 'x', SIZE);
		_exit(bt_write_all(ends[1], bytes, SIZE) ? 0 : 1);
	}
	close(ends[1]);
	size_t total = 0;
	char part[999];
	for (ssize_t got; (got = read(ends[0], part, sizeof(part))) > 0;)
		total += (size_t)got;
	close(ends[0]);
	int status;
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_int_equal(total, SIZE);

	assert_true(bt_write_all(-1, "", 0));
	errno = 0;
	assert_false(bt_write_all(-1, "x", 1));
	assert_int_equal(errno, EBADF);
	int full = open("/dev/full", O_WRONLY);
	if (full >= 0) {
		assert_false(bt_write_all(full, "x", 1));
		assert_int_equal(errno, ENOSPC);
		close(full);
	}
}

static void joins_paths(void **state)
{
	(void)state;
	static const char *const rows[][3] = {
	    {"/var/lib", "file", "/var/lib/file"},
	    {"/var/lib/", "file", "/var/lib/file"},
	    {"/", "file", "/file"},
	    {".", "a/b", "./a/b"},
	    {"", "file", "file"},
	    {"/var/lib", "/etc/file", "/etc/file"},
	    {"", "/etc/file", "/etc/file"},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		char *path = bt_path_join(rows[i][0], rows[i][1]);
		assert_non_null(path);
		assert_string_equal(path, rows[i][2]);
		free(path);
	}
}

#define IN_A_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    IN_A_FOLDER(reads_files),
	    IN_A_FOLDER(respects_max),
	    IN_A_FOLDER(refuses_other_things),
	    IN_A_FOLDER(reads_what_is_there),
	    IN_A_FOLDER(replaces),
	    IN_A_FOLDER(sets_the_exact_mode),
	    IN_A_FOLDER(takes_the_folders_group),
	    IN_A_FOLDER(takes_a_bare_name),
	    IN_A_FOLDER(replaces_only_files),
	    IN_A_FOLDER(survives_a_full_disk),
	    cmocka_unit_test(writes_all),
	    cmocka_unit_test(joins_paths),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
